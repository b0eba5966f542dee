// SPDX-License-Identifier: GPL-2.0-only
/* manxctl dp: the module, without a datastore. */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "dp_cmd.h"
#include "json.h"

int manxctl_dp_open(struct manx_dp **dp)
{
	struct manx_error err = { 0 };

	return manx_dp_open(dp, &err) ? manxctl_fail(&err) : MANXCTL_OK;
}

static int parse(const char *text, size_t len, struct manx_dp_state *st, struct manx_error *err)
{
	cJSON *json;
	int rc = manx_json_parse(text, len, &json, err);

	if (rc)
		return rc;
	rc = manx_dp_state_from_json(json, st, err);
	cJSON_Delete(json);
	return rc;
}

/* @path "-": standard input */
static int read_state(const char *path, struct manx_dp_state *st, struct manx_error *err)
{
	char *text;
	size_t len;
	int rc = manxctl_read_file(path, &text, &len, err);

	if (!rc && parse(text, len, st, err))
		rc = manx_error_prefix(err, "%s", strcmp(path, "-") ? path : "standard input");
	free(text);
	return rc;
}

static int load(int argc, char **argv)
{
	static const struct option options[] = { { "sync", no_argument, NULL, 's' }, { 0 } };
	struct manx_error err = { 0 };
	struct manx_dp_state st;
	struct manx_dp_applied applied;
	struct manx_dp *dp;
	bool sync = false;
	int c, status;

	while ((c = getopt_long(argc, argv, ":", options, NULL)) != -1) {
		if (c != 's')
			return manxctl_bad_option("dp", c, argv);
		sync = true;
	}
	if (argc != optind + 1)
		return manxctl_usage("dp", "dp load: expected one file, \"-\" for standard input");
	if (read_state(argv[optind], &st, &err))
		return manxctl_fail(&err);
	status = manxctl_dp_open(&dp);
	if (!status) {
		if (manx_dp_apply(dp, &st, sync, &applied, &err))
			status = manxctl_fail(&err);
		else
			printf("generation %u\n", applied.generation);
		manx_dp_close(dp);
	}
	manx_dp_state_clear(&st);
	return status;
}

int cmd_dp(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*run)(int argc, char **argv);
	} subcommands[] = {
		{ "show", manxctl_dp_show }, { "load", load }, { "link", manxctl_dp_link },
		{ "tunnel", manxctl_dp_tunnel }, { "monitor", manxctl_dp_monitor },
		{ "flows", manxctl_dp_flows }, { "flush", manxctl_dp_flush },
		{ "set", manxctl_dp_set },
	};
	static const char expected[] = "show, load, set, flows, flush, link, tunnel or monitor";

	if (argc < 2)
		return manxctl_usage("dp", "dp: expected %s", expected);
	for (size_t i = 0; i < sizeof(subcommands) / sizeof(subcommands[0]); i++)
		if (strcmp(argv[1], subcommands[i].name) == 0)
			return subcommands[i].run(argc - 1, argv + 1);
	return manxctl_usage("dp", "dp %s: expected %s", argv[1], expected);
}
