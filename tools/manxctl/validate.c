// SPDX-License-Identifier: GPL-2.0-only
/* manxctl validate: check files without a datastore. */
#include "args.h"

int cmd_validate(int argc, char **argv)
{
	struct manxctl_args args;
	struct manx_resources rs = { 0 };
	struct manxctl_tally t;
	int status = manxctl_args_read(argc, argv, &args);

	if (status)
		return status;
	status = manxctl_args_files(argv[0], &args, &rs);
	if (!status) {
		t = manxctl_tally("validate", "validated", &rs);
		t.n_done = t.n;
		status = manxctl_sum(&t);
	}
	manx_resources_clear(&rs);
	manxctl_args_clear(&args);
	return status;
}
