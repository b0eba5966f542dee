// SPDX-License-Identifier: GPL-2.0-only
/* manxctl node: what calicoctl has beneath that word. */
#include <string.h>

#include "manxctl.h"

int cmd_node(int argc, char **argv)
{
	if (argc < 2 || strcmp(argv[1], "status"))
		return manxctl_usage("node", "expected status");
	return cmd_status(argc - 1, argv + 1);
}
