// SPDX-License-Identifier: GPL-2.0-only
/* manxctl get: show resources. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "get_table.h"
#include "grow.h"
#include "manxctl.h"

/**
 * struct query - what is asked for
 * @name: NULL for all
 * @ns: NULL for every namespace
 * @output: "table", "wide", "json", "yaml"
 */
struct query {
	const struct manx_kind *kind;
	const char *name;
	const char *ns;
	const char *output;
};

static bool wanted(const struct query *q, const struct manx_resource *r)
{
	if (q->name && strcmp(q->name, r->name))
		return false;
	return !q->ns || !r->ns || !strcmp(q->ns, r->ns);
}

/* Take the resource of @kv if it is wanted. */
static int take(const struct query *q, const struct manx_kv *kv, struct manx_resources *out,
		struct manx_error *err)
{
	struct manx_resource r, *grown;
	int rc = manx_resource_from_store(q->kind, kv->key, kv->value, &r, err);

	if (rc)
		return rc;
	if (!wanted(q, &r)) {
		manx_resource_clear(&r);
		return 0;
	}
	grown = manx_more(out->r, out->n, sizeof(*grown));
	if (!grown) {
		manx_resource_clear(&r);
		return manx_fail(err, -ENOMEM, "out of memory");
	}
	out->r = grown;
	out->r[out->n++] = r;
	return 0;
}

static int take_all(struct manx_store *store, const struct query *q, struct manx_resources *out,
		    struct manx_error *err)
{
	struct manx_kvs kvs;
	char prefix[600];
	int rc;

	if (manx_kind_prefix(q->kind, q->ns, prefix, sizeof(prefix)))
		return manx_fail(err, -ENAMETOOLONG, "namespace \"%s\" is too long", q->ns);
	rc = manx_store_list(store, prefix, &kvs, err);
	if (rc)
		return rc;
	for (size_t i = 0; i < kvs.n && !rc; i++)
		rc = take(q, &kvs.kv[i], out, err);
	manx_kvs_clear(&kvs);
	return rc;
}

static int not_found(const struct query *q, struct manx_error *err)
{
	const struct manx_resource r = { .kind = q->kind, .name = q->name, .ns = q->ns };
	char title[600];

	return manx_fail(err, -ENOENT, "%s: not found", manx_resource_title(&r, title, sizeof(title)));
}

static int take_one(struct manx_store *store, const struct query *q, struct manx_resources *out,
		    struct manx_error *err)
{
	struct manx_kv kv;
	char key[1024];
	int rc = manxctl_key(q->kind, q->ns, q->name, key, sizeof(key), err);

	if (!rc)
		rc = manx_store_get(store, key, &kv, err);
	if (rc == -ENOENT)
		return not_found(q, err);
	if (rc)
		return rc;
	rc = take(q, &kv, out, err);
	manx_kv_clear(&kv);
	return rc;
}

/* Keys of endpoints begin with their node, and -A leaves the namespace open. */
static int read_resources(struct manx_store *store, const struct query *q,
			  struct manx_resources *out, struct manx_error *err)
{
	bool direct = q->kind->id != MANX_KIND_WORKLOADENDPOINT && (q->ns || !q->kind->namespaced);
	int rc;

	if (q->name && direct)
		return take_one(store, q, out, err);
	rc = take_all(store, q, out, err);
	return !rc && q->name && !out->n ? not_found(q, err) : rc;
}

static int show(const struct query *q, const struct manx_resources *rs)
{
	bool one = q->name && rs->n == 1;
	struct manx_error err = { 0 };
	int rc;

	if (!strcmp(q->output, "json"))
		rc = manx_resources_write_json(stdout, rs, !one);
	else if (!strcmp(q->output, "yaml"))
		rc = manx_resources_write_yaml(stdout, rs, !one);
	else
		rc = manxctl_get_table(q->kind, rs, !q->ns, !strcmp(q->output, "wide"));
	if (!rc)
		return MANXCTL_OK;
	manx_fail_errno(&err, rc, "output");
	return manxctl_fail(&err);
}

static int run(const struct query *q)
{
	struct manx_resources rs = { 0 };
	struct manx_error err = { 0 };
	struct manx_store *store;
	int status = manxctl_open_store(&store, false);

	if (status)
		return status;
	if (read_resources(store, q, &rs, &err))
		status = manxctl_fail(&err);
	else
		status = show(q, &rs);
	manx_resources_clear(&rs);
	manx_store_close(store);
	return status;
}

static int check(struct query *q, char **words)
{
	static const char *const outputs[] = { "table", "wide", "json", "yaml" };
	size_t i = 0;

	if (!words[0])
		return manxctl_usage("get", "KIND is missing");
	q->kind = manxctl_find_kind("get", words[0]);
	if (!q->kind)
		return MANXCTL_USAGE;
	q->name = words[1];
	if (q->name && words[2])
		return manxctl_usage("get", "\"%s\": one name at a time", words[2]);
	if (q->name && !manx_name_is_valid(q->name))
		return manxctl_usage("get", "\"%s\" is no name of a resource", q->name);
	if (q->ns && !manx_name_is_valid(q->ns))
		return manxctl_usage("get", "\"%s\" is no name of a namespace", q->ns);
	while (i < 4 && strcmp(q->output, outputs[i]))
		i++;
	if (i == 4)
		return manxctl_usage("get", "-o \"%s\": allowed are table, wide, json, yaml", q->output);
	return MANXCTL_OK;
}

int cmd_get(int argc, char **argv)
{
	static const struct option options[] = {
		{ "namespace", required_argument, NULL, 'n' },
		{ "all-namespaces", no_argument, NULL, 'A' },
		{ "output", required_argument, NULL, 'o' },
		{ 0 },
	};
	struct query q = { .ns = "default", .output = "table" };
	int c, status;

	opterr = 0;
	while ((c = getopt_long(argc, argv, ":n:Ao:", options, NULL)) != -1) {
		switch (c) {
		case 'n':
			q.ns = optarg;
			break;
		case 'A':
			q.ns = NULL;
			break;
		case 'o':
			q.output = optarg;
			break;
		default:
			return manxctl_bad_option(argv[0], c, argv);
		}
	}
	status = check(&q, argv + optind);
	if (!status && !q.kind->namespaced)
		q.ns = NULL;
	return status ? status : run(&q);
}
