// SPDX-License-Identifier: GPL-2.0-only
#include "write.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "ipam.h"
#include "schema.h"

static int check(const struct manx_resource *old, const struct manx_resource *r,
		 struct manx_error *err)
{
	char title[600];

	manx_resource_title(r, title, sizeof(title));
	if (r->kind->read_only)
		return manx_fail(err, -EPERM, "%s: is only shown, nobody writes it", title);
	if (!old && r->kind->id == MANX_KIND_WORKLOADENDPOINT)
		return manx_fail(err, -EINVAL, "%s: an endpoint is made by the container runtime through the CNI plugin, not by hand",
				 title);
	return manx_resource_check_change(old, r, err);
}

static bool is_policy(const struct manx_kind *kind)
{
	return kind->id == MANX_KIND_NETWORKPOLICY || kind->id == MANX_KIND_GLOBALNETWORKPOLICY;
}

/* A policy stands in a tier that there is, and goes on to be there while it is written. */
static int guard_tier(struct manx_store *store, const struct manx_resource *r,
		      struct manx_txn *txn, struct manx_error *err)
{
	const char *tier = manx_field_text(manx_field_at(r->json, "spec"), "tier");
	struct manx_kv kv;
	char key[300], title[600];
	int rc;

	if (!is_policy(r->kind) || manx_tier_built_in(tier))
		return 0;
	snprintf(key, sizeof(key), "r/tiers/%s", tier);
	rc = manx_store_get(store, key, &kv, err);
	if (rc == -ENOENT)
		return manx_fail(err, -EINVAL, "%s: spec.tier: \"%s\" does not exist: create the Tier first",
				 manx_resource_title(r, title, sizeof(title)), tier);
	if (rc)
		return rc;
	manx_txn_guard_rev(txn, key, kv.mod_rev);
	manx_kv_clear(&kv);
	return 0;
}

/* @mod_rev: 0 to create */
static int put(struct manx_store *store, const struct manx_resource *r, const char *key,
	       int64_t mod_rev, struct manx_error *err)
{
	struct manx_txn *txn;
	char *value;
	int rc;

	if (r->kind->id == MANX_KIND_IPPOOL)
		return manx_ipam_put_pool(store, r, mod_rev, err);
	txn = manx_txn_new();
	value = manx_resource_to_store(r);
	if (mod_rev)
		manx_txn_guard_rev(txn, key, mod_rev);
	else
		manx_txn_guard_absent(txn, key);
	manx_txn_put(txn, key, value);
	rc = guard_tier(store, r, txn, err);
	if (!rc)
		rc = manx_store_commit(store, txn, NULL, err);
	manx_txn_free(txn);
	free(value);
	return rc;
}

int manxctl_check_version(const struct manx_resource *r, int64_t mod_rev, struct manx_error *err)
{
	char title[600];

	if (!r->version || r->version == mod_rev)
		return 0;
	return manx_fail(err, -ESTALE, "%s: conflict: metadata.resourceVersion: \"%" PRId64 "\" is not the present one (%" PRId64 "): get it again, and repeat the change",
			 manx_resource_title(r, title, sizeof(title)), r->version, mod_rev);
}

static int create(struct manxctl_change *c, const char *key, struct manx_error *err)
{
	struct manx_kv kv;
	char title[600];
	int rc = check(NULL, c->r, err);

	manx_resource_title(c->r, title, sizeof(title));
	if (!rc && c->mode == MANXCTL_REPLACE)
		rc = manx_fail(err, -ENOENT, "%s: not found: create it first", title);
	if (!rc)
		rc = put(c->store, c->r, key, 0, err);
	c->what = "created";
	/* somebody else may have made it meanwhile: then it is a change */
	if (rc == -EEXIST && !manx_store_get(c->store, key, &kv, NULL)) {
		manx_kv_clear(&kv);
		rc = -EAGAIN;
	}
	return rc;
}

int manxctl_overwrite(struct manx_store *store, const struct manx_resource *old,
		      const struct manx_kv *kv, const struct manx_resource *r,
		      struct manx_error *err)
{
	int rc = check(old, r, err);

	return rc ? rc : put(store, r, kv->key, kv->mod_rev, err);
}

static int update(struct manxctl_change *c, const struct manx_kv *kv, struct manx_error *err)
{
	struct manx_resource old;
	char title[600];
	int rc;

	c->what = "unchanged";
	if (c->mode == MANXCTL_CREATE)
		return c->skip ? 0 : manx_fail(err, -EEXIST, "%s: exists already",
					       manx_resource_title(c->r, title, sizeof(title)));
	rc = manxctl_check_version(c->r, kv->mod_rev, err);
	if (!rc)
		rc = manx_resource_from_store(c->r->kind, kv->key, kv->value, &old, err);
	if (rc)
		return rc;
	if (!cJSON_Compare(old.json, c->r->json, true)) {
		c->what = "configured";
		rc = manxctl_overwrite(c->store, &old, kv, c->r, err);
	}
	manx_resource_clear(&old);
	return rc;
}

int manxctl_write(struct manxctl_change *c, struct manx_error *err)
{
	char key[1024];
	struct manx_kv kv;
	int rc;

	if (c->r->kind->read_only)
		return check(NULL, c->r, err);
	rc = manx_resource_key(c->r, key, sizeof(key), err);
	if (!rc)
		rc = manx_store_get(c->store, key, &kv, err);
	if (rc == -ENOENT)
		return create(c, key, err);
	if (rc)
		return rc;
	rc = update(c, &kv, err);
	manx_kv_clear(&kv);
	return rc;
}

static int write_once(void *ctx, struct manx_error *err)
{
	return manxctl_write(ctx, err);
}

static const struct {
	const char *verb, *done;
} words[] = {
	[MANXCTL_CREATE] = { "create", "created" },
	[MANXCTL_APPLY] = { "apply", "applied" },
	[MANXCTL_REPLACE] = { "replace", "replaced" },
};

static int write_all(const struct manx_resources *rs, enum manxctl_mode mode, bool skip)
{
	struct manxctl_tally t = manxctl_tally(words[mode].verb, words[mode].done, rs);
	struct manx_store *store;
	int status = manxctl_open_store(&store, mode != MANXCTL_REPLACE);

	if (status)
		return status;
	for (size_t i = 0; i < rs->n; i++) {
		struct manxctl_change c = { store, &rs->r[i], mode, skip, NULL };
		struct manx_error err = { 0 };
		int rc = manxctl_retry(write_once, &c, &err);

		if (!rc)
			manxctl_report(&rs->r[i], c.what);
		manxctl_count(&t, &rs->r[i], rc ? &err : NULL);
	}
	manx_store_close(store);
	return manxctl_sum(&t);
}

int manxctl_write_command(int argc, char **argv, enum manxctl_mode mode)
{
	struct manxctl_args args;
	struct manx_resources rs = { 0 };
	int status = manxctl_args_read(argc, argv, &args);

	if (status)
		return status;
	status = manxctl_args_files(argv[0], &args, &rs);
	if (!status)
		status = write_all(&rs, mode, args.given & MANXCTL_HAS(SKIP_EXISTS));
	manx_resources_clear(&rs);
	manxctl_args_clear(&args);
	return status;
}
