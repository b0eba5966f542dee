// SPDX-License-Identifier: GPL-2.0-only
/* manxctl ipam check: what does not fit together, and a report of it. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "ipam_cmd.h"
#include "json.h"

/**
 * struct checking - a check under way
 * @leaks: what ipam release --from-report reads
 * @indexes: keys to be repaired
 * @n: problems of each kind
 */
struct checking {
	bool tell_problems, tell_all, failed;
	cJSON *leaks, *indexes;
	size_t n[MANX_IPAM_PROBLEM_KINDS];
	size_t uses;
};

static const char *const words[MANX_IPAM_PROBLEM_KINDS] = {
	[MANX_IPAM_LEAKED] = "handles whose endpoint is gone",
	[MANX_IPAM_STRAY] = "addresses that their handle does not have",
	[MANX_IPAM_UNCLAIMED] = "addresses that are used, but not given",
	[MANX_IPAM_OUTSIDE] = "addresses and blocks outside of all pools or blocks",
	[MANX_IPAM_INDEX] = "entries of indexes that are wrong or missing",
	[MANX_IPAM_DAMAGED] = "records that are damaged",
};

static void add_use(void *ctx, const struct manx_ipam_use *use)
{
	struct checking *c = ctx;
	char text[MANX_ADDR_STRLEN];

	c->uses++;
	if (c->tell_all)
		printf("  %s: node %s, handle %s\n", manx_addr_format(&use->addr, text), use->node,
		       use->handle);
}

static void add_leak(struct checking *c, const struct manx_ipam_problem *p)
{
	cJSON *leak = manx_json_add_object(c->leaks);

	if (!cJSON_AddStringToObject(leak, "key", p->key) ||
	    !manx_json_add_u64(leak, "revision", (uint64_t)p->rev) ||
	    !cJSON_AddStringToObject(leak, "text", p->text))
		c->failed = true;
}

static void add_problem(void *ctx, const struct manx_ipam_problem *p)
{
	struct checking *c = ctx;

	c->n[p->kind]++;
	if (c->tell_problems)
		printf("  %s %s\n", p->key, p->text);
	if (p->kind == MANX_IPAM_LEAKED || p->kind == MANX_IPAM_STRAY)
		add_leak(c, p);
	if (p->kind == MANX_IPAM_INDEX &&
	    !cJSON_AddItemToArray(c->indexes, cJSON_CreateString(p->key)))
		c->failed = true;
}

static int write_report(const char *file, const struct manx_ipam_view *view,
			const struct checking *c)
{
	cJSON *json = cJSON_CreateObject();
	char *text = NULL;
	FILE *f;
	bool ok;

	if (cJSON_AddStringToObject(json, "version", MANX_VERSION) &&
	    cJSON_AddStringToObject(json, "clusterGUID", manx_ipam_view_guid(view)) &&
	    manx_json_add_u64(json, "revision", (uint64_t)manx_ipam_view_rev(view)) &&
	    cJSON_AddItemReferenceToObject(json, "leaks", c->leaks) &&
	    cJSON_AddItemReferenceToObject(json, "indexes", c->indexes))
		text = cJSON_Print(json);
	cJSON_Delete(json);
	if (!text || c->failed) {
		cJSON_free(text);
		return manxctl_no_memory();
	}
	f = fopen(file, "we");
	ok = f && fputs(text, f) >= 0 && fputc('\n', f) != EOF;
	ok = (!f || !fclose(f)) && ok;
	cJSON_free(text);
	if (!ok)
		fprintf(stderr, "manxctl: %s: %s\n", file, strerror(errno));
	return ok ? MANXCTL_OK : MANXCTL_FAILURE;
}

static int repair(struct manx_store *store, const struct checking *c)
{
	const cJSON *key;
	size_t done = 0;

	cJSON_ArrayForEach(key, c->indexes) {
		struct manx_error err = { 0 };
		int rc = manx_ipam_repair(store, key->valuestring, &err);

		if (rc < 0)
			return manxctl_fail(&err);
		done += (size_t)rc;
	}
	printf("Repaired %zu entries of indexes\n", done);
	return MANXCTL_OK;
}

/* The exit status tells whether there is a problem that was not repaired. */
static int sum_up(const struct checking *c, bool repaired)
{
	size_t all = 0;

	for (int kind = 0; kind < MANX_IPAM_PROBLEM_KINDS; kind++) {
		if (c->n[kind])
			printf("Found %zu %s\n", c->n[kind], words[kind]);
		all += c->n[kind];
	}
	printf("Found %zu problems among %zu addresses\n", all, c->uses);
	if (repaired)
		all -= c->n[MANX_IPAM_INDEX];
	return all ? MANXCTL_FAILURE : MANXCTL_OK;
}

static int check(const struct manxctl_args *args, struct manx_store *store,
		 const struct manx_ipam_view *view, struct checking *c)
{
	bool repairs = args->given & MANXCTL_HAS(REPAIR);
	int status = MANXCTL_OK, sum;

	manx_ipam_view_uses(view, add_use, c);
	manx_ipam_view_check(view, add_problem, c);
	if (args->value[MANXCTL_REPORT])
		status = write_report(args->value[MANXCTL_REPORT], view, c);
	if (repairs)
		status = manxctl_worse(status, repair(store, c));
	sum = sum_up(c, repairs);
	return manxctl_worse(status, sum);
}

int manxctl_ipam_check(const struct manxctl_args *args)
{
	struct checking c = {
		.tell_problems = args->given & MANXCTL_HAS(SHOW_PROBLEM_IPS),
		.tell_all = args->given & MANXCTL_HAS(SHOW_ALL_IPS),
	};
	struct manx_ipam_view *view;
	struct manx_store *store;
	int status;

	if (args->n_words > 1)
		return manxctl_usage("ipam", "\"%s\" is one word too many", args->words[1]);
	status = manxctl_ipam_open(&store, &view);
	if (status)
		return status;
	c.leaks = cJSON_CreateArray();
	c.indexes = cJSON_CreateArray();
	status = c.leaks && c.indexes ? check(args, store, view, &c) : manxctl_no_memory();
	cJSON_Delete(c.leaks);
	cJSON_Delete(c.indexes);
	manx_ipam_view_free(view);
	manx_store_close(store);
	return status;
}
