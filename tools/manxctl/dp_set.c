// SPDX-License-Identifier: GPL-2.0-only
/* manxctl dp set: options and limits of this namespace. */
#include <inttypes.h>

#include "dp_cmd.h"

int manxctl_dp_set(int argc, char **argv)
{
	struct manx_dp_config config = { 0 };
	struct manx_error err = { 0 };
	struct manx_dp *dp;
	uint32_t generation;
	int status;

	if (argc < 2)
		return manxctl_usage("dp", "dp set: expected OPTION VALUE");
	for (int i = 1; i < argc; i += 2) {
		if (i + 1 == argc)
			return manxctl_usage("dp", "dp set: %s: its value is missing", argv[i]);
		if (manx_dp_config_set(&config, argv[i], argv[i + 1], &err))
			return manxctl_usage("dp", "dp set: %s", err.text);
	}
	status = manxctl_dp_open(&dp);
	if (status)
		return status;
	if (manx_dp_configure(dp, &config, &generation, &err))
		status = manxctl_fail(&err);
	else
		printf("generation %" PRIu32 "\n", generation);
	manx_dp_close(dp);
	return status;
}
