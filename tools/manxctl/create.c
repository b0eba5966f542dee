// SPDX-License-Identifier: GPL-2.0-only
/* manxctl create: bring new resources into the datastore. */
#include "write.h"

int cmd_create(int argc, char **argv)
{
	return manxctl_write_command(argc, argv, MANXCTL_CREATE);
}
