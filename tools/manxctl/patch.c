// SPDX-License-Identifier: GPL-2.0-only
/* manxctl patch: change fields of a resource. */
#include <errno.h>
#include <string.h>

#include "edit.h"
#include "json.h"
#include "yaml_tree.h"

/* The reader of resources finds what JSON's own takes: keys that are given twice. */
static int check_keys(const char *text, struct manx_error *err)
{
	struct manx_yaml_reader *reader;
	struct manx_yaml *doc = NULL;
	int rc = manx_yaml_open(&reader, text, strlen(text), "patch", err);

	if (rc)
		return rc;
	rc = manx_yaml_next(reader, &doc, err);
	if (rc > 0)
		manx_yaml_free(doc);
	manx_yaml_close(reader);
	return rc < 0 ? rc : 0;
}

static int parse(const char *text, cJSON **json, struct manx_error *err)
{
	int rc = manx_json_parse(text, strlen(text), json, err);

	if (rc)
		return manx_error_prefix(err, "patch");
	rc = check_keys(text, err);
	if (!rc && !cJSON_IsObject(*json))
		rc = manx_fail(err, -EINVAL, "patch: an object is expected, like {\"spec\": {\"disabled\": true}}");
	if (rc)
		cJSON_Delete(*json);
	return rc;
}

static int merge(cJSON *json, void *ctx, struct manx_error *err)
{
	return manxctl_merge(json, ctx, err);
}

static int run(const struct manxctl_args *args, const struct manx_kind *kind)
{
	const struct manx_resource r = {
		.kind = kind, .name = args->words[1], .ns = kind->namespaced ? args->ns : NULL,
	};
	struct manx_resources one = { (struct manx_resource *)&r, 1 };
	struct manxctl_tally t = manxctl_tally("patch", "patched", &one);
	struct manx_error err = { 0 };
	bool changed = false;
	cJSON *patch;
	int rc = parse(args->value[MANXCTL_PATCH], &patch, &err);

	if (!rc) {
		rc = manxctl_edit(args, kind, merge, patch, &changed, &err);
		cJSON_Delete(patch);
	}
	if (rc && !err.code)
		return MANXCTL_FAILURE;
	if (!rc)
		manxctl_report(&r, changed ? "patched" : "unchanged");
	manxctl_count(&t, &r, rc ? &err : NULL);
	return manxctl_sum(&t);
}

int cmd_patch(int argc, char **argv)
{
	struct manxctl_args args;
	const struct manx_kind *kind;
	const char *type;
	int status = manxctl_edit_args(argc, argv, &args, &kind);

	if (status)
		return status;
	type = args.value[MANXCTL_TYPE];
	if (args.n_words > 2)
		status = manxctl_usage("patch", "\"%s\": one name at a time", args.words[2]);
	else if (!args.value[MANXCTL_PATCH])
		status = manxctl_usage("patch", "-p PATCH is missing");
	else if (type && strcmp(type, "strategic") && strcmp(type, "merge"))
		status = manxctl_usage("patch", "--type \"%s\": allowed are strategic, merge", type);
	else
		status = run(&args, kind);
	manxctl_args_clear(&args);
	return status;
}
