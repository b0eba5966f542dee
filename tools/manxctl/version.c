// SPDX-License-Identifier: GPL-2.0-only
/* manxctl version */
#include <stdio.h>

#include "manxctl.h"

int cmd_version(int argc, char **argv)
{
	if (argc > 1)
		return manxctl_usage("version", "\"%s\": no argument is expected", argv[1]);
	puts("manxctl " MANX_VERSION);
	return MANXCTL_OK;
}
