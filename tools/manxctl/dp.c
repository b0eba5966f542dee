// SPDX-License-Identifier: GPL-2.0-only
/* manxctl dp: the module, without a datastore. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dp_cmd.h"
#include "json.h"

/* A state of a million members is some 30 MB. */
#define FILE_MAX (256UL << 20)

int manxctl_dp_open(struct manx_dp **dp)
{
	struct manx_error err = { 0 };

	return manx_dp_open(dp, &err) ? manxctl_fail(&err) : MANXCTL_OK;
}

/* All of @f with a NUL behind; *text is the caller's. */
static int read_all(FILE *f, char **text, size_t *len, struct manx_error *err)
{
	size_t size = 0;

	*len = 0;
	do {
		if (*len + 1 >= size) {
			char *more = size < FILE_MAX ? realloc(*text, size + size / 2 + 65536) : NULL;

			if (!more)
				return manx_fail(err, -EFBIG, "too large");
			*text = more;
			size += size / 2 + 65536;
		}
		*len += fread(*text + *len, 1, size - *len - 1, f);
		if (ferror(f))
			return manx_fail_errno(err, -errno, "reading");
	} while (!feof(f));
	(*text)[*len] = '\0';
	return 0;
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
	FILE *f = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
	char *text = NULL;
	size_t len;
	int rc;

	if (!f)
		return manx_fail_errno(err, -errno, "%s", path);
	rc = read_all(f, &text, &len, err);
	if (!rc)
		rc = parse(text, len, st, err);
	free(text);
	if (f != stdin)
		fclose(f);
	return rc ? manx_error_prefix(err, "%s", f == stdin ? "standard input" : path) : 0;
}

static int load(int argc, char **argv)
{
	struct manx_error err = { 0 };
	struct manx_dp_state st;
	struct manx_dp *dp;
	uint32_t generation;
	int status;

	if (argc != 2)
		return manxctl_usage("dp", "dp load: expected one file, \"-\" for standard input");
	if (read_state(argv[1], &st, &err))
		return manxctl_fail(&err);
	status = manxctl_dp_open(&dp);
	if (!status) {
		if (manx_dp_apply(dp, &st, &generation, &err))
			status = manxctl_fail(&err);
		else
			printf("generation %u\n", generation);
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
	};

	if (argc < 2)
		return manxctl_usage("dp", "dp: expected show, load, link, tunnel or monitor");
	for (size_t i = 0; i < sizeof(subcommands) / sizeof(subcommands[0]); i++)
		if (strcmp(argv[1], subcommands[i].name) == 0)
			return subcommands[i].run(argc - 1, argv + 1);
	return manxctl_usage("dp", "dp %s: expected show, load, link, tunnel or monitor", argv[1]);
}
