// SPDX-License-Identifier: GPL-2.0-only
/* manxctl delete: take resources out of the datastore. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ipam.h"
#include "schema.h"
#include "write.h"

/**
 * struct target - one resource to be deleted
 * @ns: NULL for global kinds
 * @version: that it must have, 0 for any
 * @force: a node that is there, or has endpoints
 * @title: for messages
 */
struct target {
	struct manx_store *store;
	const struct manx_kind *kind;
	const char *name;
	const char *ns;
	int64_t version;
	bool force;
	char title[600];
};

/* Whether a policy of kind @id stands in the tier; none may come to it meanwhile. */
static int guard_tier_of(const struct target *t, enum manx_kind_id id, struct manx_txn *txn,
			 struct manx_error *err)
{
	char prefix[64];
	struct manx_kvs kvs;
	int rc = manx_kind_prefix(manx_kind(id), NULL, prefix, sizeof(prefix));

	if (!rc)
		rc = manx_store_list(t->store, prefix, &kvs, err);
	if (rc)
		return rc;
	for (size_t i = 0; i < kvs.n && !rc; i++) {
		struct manx_resource r;
		char title[600];

		rc = manx_resource_from_store(manx_kind(id), kvs.kv[i].key, kvs.kv[i].value, &r,
					      err);
		if (rc)
			break;
		if (!strcmp(manx_field_text(manx_field_at(r.json, "spec"), "tier"), t->name))
			rc = manx_fail(err, -EBUSY, "%s: has %s: delete its policies first", t->title,
				       manx_resource_title(&r, title, sizeof(title)));
		manx_resource_clear(&r);
	}
	manx_txn_guard_unchanged(txn, prefix, kvs.rev);
	manx_kvs_clear(&kvs);
	return rc;
}

static int guard_tier(const struct target *t, struct manx_txn *txn, struct manx_error *err)
{
	int rc = guard_tier_of(t, MANX_KIND_NETWORKPOLICY, txn, err);

	return rc ? rc : guard_tier_of(t, MANX_KIND_GLOBALNETWORKPOLICY, txn, err);
}

static int check_version(const struct target *t, int64_t mod_rev, struct manx_error *err)
{
	const struct manx_resource named = {
		.kind = t->kind, .name = t->name, .ns = t->ns, .version = t->version,
	};

	return manxctl_check_version(&named, mod_rev, err);
}

/* Its deletion is no single transaction, so a version is looked at before it begins. */
static int delete_pool(const struct target *t, const char *key, struct manx_error *err)
{
	struct manx_kv kv;
	int rc = t->version ? manx_store_get(t->store, key, &kv, err) : 0;

	if (!rc && t->version) {
		rc = check_version(t, kv.mod_rev, err);
		manx_kv_clear(&kv);
	}
	return rc && rc != -ENOENT ? rc : manx_ipam_delete_pool(t->store, t->name, err);
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
	rc = check_version(t, kv.mod_rev, err);
	if (!rc && t->kind->id == MANX_KIND_TIER)
		rc = guard_tier(t, txn, err);
	if (!rc)
		rc = manx_store_commit(t->store, txn, NULL, err);
	manx_txn_free(txn);
	manx_kv_clear(&kv);
	return rc;
}

/* One whose record is gone already may have been interrupted. */
static int delete_node(const struct target *t, const char *key, struct manx_error *err)
{
	struct manx_kv kv = { .mod_rev = 0 };
	int rc = manx_store_get(t->store, key, &kv, err);

	if (rc && rc != -ENOENT)
		return rc;
	rc = rc ? 0 : check_version(t, kv.mod_rev, err);
	if (!rc)
		rc = manx_ipam_remove_node(t->store, t->name, kv.mod_rev, t->force, err);
	manx_kv_clear(&kv);
	return rc == -ENOENT ? manx_fail(err, rc, "%s: not found", t->title) : rc;
}

static int check_kind(const struct target *t, struct manx_error *err)
{
	if (t->kind->read_only)
		return manx_fail(err, -EPERM, "%s: is only shown, nobody deletes it", t->title);
	if (t->kind->id == MANX_KIND_WORKLOADENDPOINT)
		return manx_fail(err, -EPERM, "%s: an endpoint is deleted by the container runtime: stop its pod",
				 t->title);
	if (t->kind->id == MANX_KIND_TIER && manx_tier_built_in(t->name))
		return manx_fail(err, -EPERM, "%s: is always there", t->title);
	return 0;
}

static int delete_once(void *ctx, struct manx_error *err)
{
	const struct target *t = ctx;
	char key[1024];
	int rc = check_kind(t, err);

	if (rc)
		return rc;
	rc = manxctl_key(t->kind, t->ns, t->name, key, sizeof(key), err);
	if (!rc && t->kind->id == MANX_KIND_IPPOOL)
		return delete_pool(t, key, err);
	if (!rc && t->kind->id == MANX_KIND_NODE)
		return delete_node(t, key, err);
	return rc ? rc : delete_key(t, key, err);
}

/* A pool of which addresses are in use is waited for; what for is said when it changes. */
static int wait_for_pool(struct target *t, struct manx_error *err)
{
	char said[sizeof(err->text)] = "";
	int rc;

	while ((rc = manxctl_retry(delete_once, t, err)) == -EBUSY) {
		if (strcmp(said, err->text))
			fprintf(stderr, "manxctl: waiting: %s\n", err->text);
		strcpy(said, err->text);
		sleep(1);
		t->version = 0;	/* to be disabled has changed it */
	}
	return rc;
}

static void delete_one(struct manx_store *store, const struct manx_resource *r,
		       unsigned int given, struct manxctl_tally *tally)
{
	struct target t = {
		.store = store, .kind = r->kind, .name = r->name, .ns = r->ns,
		.version = r->version, .force = given & MANXCTL_HAS(FORCE),
	};
	struct manx_error err = { 0 };
	int rc;

	manx_resource_title(r, t.title, sizeof(t.title));
	if (given & MANXCTL_HAS(WAIT) && r->kind->id == MANX_KIND_IPPOOL)
		rc = wait_for_pool(&t, &err);
	else
		rc = manxctl_retry(delete_once, &t, &err);
	if (rc == -ENOENT && given & MANXCTL_HAS(SKIP_NOT_EXISTS))
		rc = 0;
	else if (!rc)
		manxctl_report(r, "deleted");
	manxctl_count(tally, r, rc ? &err : NULL);
}

static int delete_all(const struct manx_resources *rs, unsigned int given)
{
	struct manxctl_tally tally = manxctl_tally("delete", "deleted", rs);
	struct manx_store *store;
	int status = manxctl_open_store(&store, false);

	if (status)
		return status;
	for (size_t i = 0; i < rs->n; i++)
		delete_one(store, &rs->r[i], given, &tally);
	manx_store_close(store);
	return manxctl_sum(&tally);
}

/* KIND NAME...: resources of which only that much is known. */
static int delete_named(const struct manxctl_args *args)
{
	const struct manx_kind *kind = manxctl_args_kind("delete", args);
	struct manx_resources rs = { 0 };
	int status;

	if (!kind)
		return MANXCTL_USAGE;
	if (args->n_words < 2)
		return manxctl_usage("delete", "name of the %s is missing", kind->kind);
	rs.r = calloc((size_t)args->n_words, sizeof(*rs.r));
	if (!rs.r)
		return manxctl_no_memory();
	for (char **name = args->words + 1; *name; name++) {
		if (!manx_name_is_valid(*name)) {
			free(rs.r);
			return manxctl_usage("delete", "\"%s\" is no name of a resource", *name);
		}
		rs.r[rs.n++] = (struct manx_resource){
			.kind = kind, .name = *name, .ns = kind->namespaced ? args->ns : NULL,
		};
	}
	status = delete_all(&rs, args->given);
	free(rs.r);
	return status;
}

static int delete_files(const struct manxctl_args *args)
{
	struct manx_resources rs;
	int status = manxctl_read_files(args, false, &rs);

	if (status)
		return status;
	status = delete_all(&rs, args->given);
	manx_resources_clear(&rs);
	return status;
}

int cmd_delete(int argc, char **argv)
{
	struct manxctl_args args;
	int status = manxctl_args_read(argc, argv, &args);

	if (status)
		return status;
	if (args.files.n && args.n_words)
		status = manxctl_usage("delete", "\"%s\": either -f FILE or KIND NAME", args.words[0]);
	else if (!args.files.n && !args.n_words)
		status = manxctl_usage("delete", "KIND NAME or -f FILE is missing");
	else
		status = args.files.n ? delete_files(&args) : delete_named(&args);
	manxctl_args_clear(&args);
	return status;
}
