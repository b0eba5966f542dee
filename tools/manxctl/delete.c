// SPDX-License-Identifier: GPL-2.0-only
/* manxctl delete: take resources out of the datastore. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ipam.h"
#include "manxctl.h"

/**
 * struct target - one resource to be deleted
 * @ns: NULL for global kinds
 * @title: for messages
 */
struct target {
	struct manx_store *store;
	const struct manx_kind *kind;
	const char *name;
	const char *ns;
	char title[600];
};

/* A node with endpoints is in use: its pods would lose their routes. */
static int guard_node(const struct target *t, struct manx_txn *txn, struct manx_error *err)
{
	char from[300], to[300];
	struct manx_kvs kvs;
	int rc;

	/* '0' follows '/': this is everything below the node */
	snprintf(from, sizeof(from), "e/%s/", t->name);
	snprintf(to, sizeof(to), "e/%s0", t->name);
	rc = manx_store_range(t->store, from, to, 1, &kvs, err);
	if (rc)
		return rc;
	if (kvs.n)
		rc = manx_fail(err, -EBUSY, "%s: has endpoints (\"manxctl get wep -A\" shows them): remove its pods first",
			       t->title);
	manx_kvs_clear(&kvs);
	manx_txn_guard_empty(txn, from, to);
	return rc;
}

static int delete_key(const struct target *t, const char *key, struct manx_error *err)
{
	struct manx_txn *txn;
	struct manx_kv kv;
	int rc = manx_store_get(t->store, key, &kv, err);

	if (rc == -ENOENT)
		return manx_fail(err, rc, "%s: not found", t->title);
	if (rc)
		return rc;
	txn = manx_txn_new();
	manx_txn_guard_rev(txn, key, kv.mod_rev);
	manx_txn_del(txn, key);
	if (t->kind->id == MANX_KIND_NODE)
		rc = guard_node(t, txn, err);
	if (!rc)
		rc = manx_store_commit(t->store, txn, NULL, err);
	manx_txn_free(txn);
	manx_kv_clear(&kv);
	return rc;
}

/*
 * After the record: a node that still had one would take the address again. What
 * a deletion that was cut short has left is given back by the next one, which
 * finds no record.
 */
static int clean_up_node(const struct target *t, int rc, struct manx_error *err)
{
	struct manx_error first = *err;
	int cleaned;

	if (rc && rc != -ENOENT)
		return rc;
	cleaned = manx_ipam_release_node(t->store, t->name, err);
	if (cleaned)
		return manx_error_prefix(err, "%s: its addresses", t->title);
	*err = first;
	return rc;
}

static int delete_once(void *ctx, struct manx_error *err)
{
	const struct target *t = ctx;
	char key[1024];
	int rc;

	if (t->kind->id == MANX_KIND_WORKLOADENDPOINT)
		return manx_fail(err, -EPERM, "%s: an endpoint is deleted by the container runtime: stop its pod",
				 t->title);
	if (t->kind->id == MANX_KIND_IPPOOL)
		return manx_ipam_delete_pool(t->store, t->name, err);
	rc = manxctl_key(t->kind, t->ns, t->name, key, sizeof(key), err);
	if (!rc)
		rc = delete_key(t, key, err);
	return t->kind->id == MANX_KIND_NODE ? clean_up_node(t, rc, err) : rc;
}

static int delete_one(struct manx_store *store, const struct manx_resource *r)
{
	struct target t = { .store = store, .kind = r->kind, .name = r->name, .ns = r->ns };
	struct manx_error err = { 0 };

	manx_resource_title(r, t.title, sizeof(t.title));
	if (manxctl_retry(delete_once, &t, &err))
		return manxctl_fail(&err);
	manxctl_report(r, "deleted");
	return MANXCTL_OK;
}

static int delete_all(const struct manx_resources *rs)
{
	struct manx_store *store;
	int status = manxctl_open_store(&store, false);

	if (status)
		return status;
	for (size_t i = 0; i < rs->n; i++)
		status = manxctl_worse(status, delete_one(store, &rs->r[i]));
	manx_store_close(store);
	return status;
}

/* KIND NAME...: resources of which only that much is known. */
static int delete_named(char **words, const char *ns)
{
	const struct manx_kind *kind = manxctl_find_kind("delete", words[0]);
	struct manx_resource r = { .kind = kind };
	struct manx_store *store;
	int status;

	if (!kind)
		return MANXCTL_USAGE;
	if (!words[1])
		return manxctl_usage("delete", "name of the %s is missing", kind->kind);
	for (char **name = words + 1; *name; name++)
		if (!manx_name_is_valid(*name))
			return manxctl_usage("delete", "\"%s\" is no name of a resource", *name);
	status = manxctl_open_store(&store, false);
	if (status)
		return status;
	r.ns = kind->namespaced ? ns : NULL;
	for (char **name = words + 1; *name; name++) {
		r.name = *name;
		status = manxctl_worse(status, delete_one(store, &r));
	}
	manx_store_close(store);
	return status;
}

static int delete_files(const struct manxctl_words *files)
{
	struct manx_resources rs;
	int status = manxctl_read_files(files, false, &rs);

	if (status)
		return status;
	status = delete_all(&rs);
	manx_resources_clear(&rs);
	return status;
}

static int run(char **words, const struct manxctl_words *files, const char *ns)
{
	if (!manx_name_is_valid(ns))
		return manxctl_usage("delete", "\"%s\" is no name of a namespace", ns);
	if (files->n && words[0])
		return manxctl_usage("delete", "\"%s\": either -f FILE or KIND NAME", words[0]);
	if (!files->n && !words[0])
		return manxctl_usage("delete", "KIND NAME or -f FILE is missing");
	return files->n ? delete_files(files) : delete_named(words, ns);
}

int cmd_delete(int argc, char **argv)
{
	static const struct option options[] = {
		{ "filename", required_argument, NULL, 'f' },
		{ "namespace", required_argument, NULL, 'n' },
		{ 0 },
	};
	struct manxctl_words files = { 0 };
	const char *ns = "default";
	int c, status = MANXCTL_OK;

	opterr = 0;
	while (!status && (c = getopt_long(argc, argv, ":f:n:", options, NULL)) != -1) {
		if (c == 'n')
			ns = optarg;
		else if (c != 'f')
			status = manxctl_bad_option(argv[0], c, argv);
		else if (!manxctl_words_add(&files, optarg))
			status = manxctl_no_memory();
	}
	if (!status)
		status = run(argv + optind, &files, ns);
	free(files.word);
	return status;
}
