// SPDX-License-Identifier: GPL-2.0-only
/* manxctl ipam release: one address, or what reports say is leaked. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ipam_cmd.h"
#include "json.h"

static int release_addr(const char *text, const struct manx_addr *addr)
{
	struct manx_error err = { 0 };
	struct manx_store *store;
	int status = manxctl_open_store(&store, false);

	if (status)
		return status;
	if (manx_ipam_release_addr(store, addr, &err))
		status = manxctl_fail(&err);
	else
		printf("Successfully released IP address %s\n", text);
	manx_store_close(store);
	return status;
}

/* *json: the report, of this datastore and version. */
static int read_report(const char *file, const char *guid, bool force, cJSON **json)
{
	const char *version = "", *of = "";
	struct manx_error err = { 0 };
	struct manx_json top, leaks;
	char *text;
	size_t len;
	int rc = manxctl_read_file(file, &text, &len, &err);

	*json = NULL;
	if (rc) {
		free(text);
		return manxctl_fail(&err);
	}
	rc = manx_json_parse(text, len, json, &err);
	free(text);
	top = manx_json_top(*json);
	if (!rc)
		rc = manx_json_string(&top, "version", &version, &err);
	if (!rc)
		rc = manx_json_string(&top, "clusterGUID", &of, &err);
	if (!rc)
		rc = manx_json_array(&top, "leaks", &leaks, &err);
	if (!rc && (!leaks.v || strcmp(of, guid)))
		rc = manx_fail(&err, -EINVAL, "is no report of this datastore: make one by \"manxctl ipam check -o\"");
	if (!rc && !force && strcmp(version, MANX_VERSION))
		rc = manx_fail(&err, -EINVAL, "was made by version %.40s of manxctl, this is " MANX_VERSION ": make another, or use --force",
			       version);
	if (!rc)
		return MANXCTL_OK;
	manx_error_prefix(&err, "%s", file);
	return manxctl_fail(&err);
}

static const char *key_of(const cJSON *leak)
{
	return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(leak, "key"));
}

static double rev_of(const cJSON *leak)
{
	return cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(leak, "revision"));
}

/* With several reports only what all of them say counts. */
static bool is_in(const cJSON *report, const cJSON *leak)
{
	const cJSON *other;

	cJSON_ArrayForEach(other, cJSON_GetObjectItemCaseSensitive(report, "leaks"))
		if (key_of(other) && !strcmp(key_of(other), key_of(leak)) &&
		    rev_of(other) == rev_of(leak))
			return true;
	return false;
}

static int release_all(struct manx_store *store, cJSON *const *report, size_t n)
{
	size_t released = 0, skipped = 0, errors = 0;
	const cJSON *leak;

	cJSON_ArrayForEach(leak, cJSON_GetObjectItemCaseSensitive(report[0], "leaks")) {
		struct manx_error err = { 0 };
		bool everywhere = key_of(leak);
		int rc = 0;

		for (size_t i = 1; i < n && everywhere; i++)
			everywhere = is_in(report[i], leak);
		if (everywhere)
			rc = manx_ipam_release_leak(store, key_of(leak), (int64_t)rev_of(leak),
						    &err);
		if (rc < 0)
			manxctl_fail(&err);
		released += rc == 1;
		skipped += rc == 0;
		errors += rc < 0;
	}
	printf("Released %zu handles; %zu skipped; %zu errors\n", released, skipped, errors);
	return errors ? MANXCTL_FAILURE : MANXCTL_OK;
}

static int release_reports(const struct manxctl_args *args)
{
	cJSON **report = calloc(args->files.n, sizeof(*report));
	struct manx_ipam_view *view;
	struct manx_store *store;
	int status = report ? manxctl_ipam_open(&store, &view) : manxctl_no_memory();

	if (status) {
		free(report);
		return status;
	}
	for (size_t i = 0; i < args->files.n && !status; i++)
		status = read_report(args->files.word[i], manx_ipam_view_guid(view),
				     args->given & MANXCTL_HAS(FORCE), &report[i]);
	if (!status)
		status = release_all(store, report, args->files.n);
	for (size_t i = 0; i < args->files.n; i++)
		cJSON_Delete(report[i]);
	free(report);
	manx_ipam_view_free(view);
	manx_store_close(store);
	return status;
}

int manxctl_ipam_release(const struct manxctl_args *args)
{
	const char *ip = args->value[MANXCTL_IP];
	struct manx_addr addr;

	if (args->n_words > 1)
		return manxctl_usage("ipam", "\"%s\" is one word too many", args->words[1]);
	if (!ip == !args->files.n)
		return manxctl_usage("ipam", "release needs either --ip or --from-report");
	if (!ip)
		return release_reports(args);
	if (!manx_addr_parse(ip, &addr))
		return manxctl_ipam_bad_value(args, MANXCTL_IP, "is no address");
	return release_addr(ip, &addr);
}
