// SPDX-License-Identifier: GPL-2.0-only
/* manxctl ipam configure: the fields of the IPAMConfiguration, as options. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "edit.h"
#include "ipam_cmd.h"
#include "write.h"

#define TEXT "apiVersion: " MANX_API_VERSION "\nkind: IPAMConfiguration\nmetadata: {name: default}\n"

static const struct {
	enum manxctl_option_id id;
	const char *field;
	bool number;
} settings[] = {
	{ MANXCTL_STRICT_AFFINITY, "strictAffinity", false },
	{ MANXCTL_AUTO_BLOCKS, "autoAllocateBlocks", false },
	{ MANXCTL_MAX_BLOCKS, "maxBlocksPerHost", true },
	{ MANXCTL_COOLDOWN, "ipCooldownSeconds", true },
};

#define N_SETTINGS (sizeof(settings) / sizeof(settings[0]))

/* What is given, as a patch. -1 leaves a number as it is, which is calicoctl's way. */
static int make_patch(const struct manxctl_args *args, cJSON *spec)
{
	for (size_t i = 0; i < N_SETTINGS; i++) {
		const char *value = args->value[settings[i].id];
		char *end;
		long n;

		if (!value)
			continue;
		n = strtol(value, &end, 10);
		if (settings[i].number && (*end || end == value || n < -1))
			return manxctl_ipam_bad_value(args, settings[i].id, "is no whole number");
		if (!settings[i].number && strcmp(value, "true") && strcmp(value, "false"))
			return manxctl_ipam_bad_value(args, settings[i].id, "allowed are true, false");
		if (settings[i].number && n >= 0)
			cJSON_AddNumberToObject(spec, settings[i].field, (double)n);
		else if (!settings[i].number)
			cJSON_AddBoolToObject(spec, settings[i].field, !strcmp(value, "true"));
	}
	return MANXCTL_OK;
}

static int create(void *ctx, struct manx_error *err)
{
	return manxctl_write(ctx, err);
}

/* There must be one to be changed. */
static int ensure(struct manx_error *err)
{
	struct manxctl_change c = { .mode = MANXCTL_CREATE, .skip = true };
	struct manx_resources rs;
	int rc = manx_resources_parse(TEXT, strlen(TEXT), "configure", &rs, NULL, NULL, err);

	if (rc)
		return rc;
	if (manxctl_open_store(&c.store, true)) {
		manx_resources_clear(&rs);
		err->code = 0;	/* it has been said */
		return -EIO;
	}
	c.r = &rs.r[0];
	rc = manxctl_retry(create, &c, err);
	manx_store_close(c.store);
	manx_resources_clear(&rs);
	return rc;
}

static int merge(cJSON *json, void *ctx, struct manx_error *err)
{
	return manxctl_merge(json, ctx, err);
}

static int apply(cJSON *patch)
{
	char *words[] = { "ipamconfig", "default", NULL };
	const struct manxctl_args named = { .ns = "default", .words = words, .n_words = 2 };
	struct manx_error err = { 0 };
	bool changed = false;
	int rc = ensure(&err);

	if (!rc)
		rc = manxctl_edit(&named, manx_kind(MANX_KIND_IPAMCONFIGURATION), merge, patch,
				  &changed, &err);
	if (rc)
		return err.code ? manxctl_fail(&err) : MANXCTL_FAILURE;
	puts(changed ? "Successfully set the IPAM configuration" : "The IPAM configuration is so already");
	return MANXCTL_OK;
}

int manxctl_ipam_configure(const struct manxctl_args *args)
{
	cJSON *patch = cJSON_CreateObject(), *spec = cJSON_AddObjectToObject(patch, "spec");
	int status;

	if (!spec)
		status = manxctl_no_memory();
	else if (args->n_words > 1)
		status = manxctl_usage("ipam", "\"%s\" is one word too many", args->words[1]);
	else if (!args->given)
		status = manxctl_usage("ipam", "configure what? --strictaffinity, --max-blocks-per-host, ...");
	else
		status = make_patch(args, spec);
	if (!status)
		status = apply(patch);
	cJSON_Delete(patch);
	return status;
}
