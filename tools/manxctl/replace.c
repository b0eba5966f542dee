// SPDX-License-Identifier: GPL-2.0-only
/* manxctl replace: change resources in the datastore. */
#include "write.h"

int cmd_replace(int argc, char **argv)
{
	return manxctl_write_command(argc, argv, MANXCTL_REPLACE);
}
