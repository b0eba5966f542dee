// SPDX-License-Identifier: GPL-2.0-only
/* manxctl apply: bring resources into the datastore. */
#include "write.h"

int cmd_apply(int argc, char **argv)
{
	return manxctl_write_command(argc, argv, MANXCTL_APPLY);
}
