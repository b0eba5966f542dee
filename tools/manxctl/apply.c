// SPDX-License-Identifier: GPL-2.0-only
/* manxctl apply: bring resources into the datastore. */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>

#include "ipam.h"
#include "manxctl.h"

/**
 * struct change - one resource on its way into the store
 * @verb: what happened, once it has
 */
struct change {
	struct manx_store *store;
	const struct manx_resource *r;
	const char *verb;
};

static int check(const struct manx_resource *old, const struct manx_resource *r,
		 struct manx_error *err)
{
	char title[600];

	if (!old && r->kind->id == MANX_KIND_WORKLOADENDPOINT)
		return manx_fail(err, -EINVAL, "%s: an endpoint is made by the container runtime through the CNI plugin, not by hand",
				 manx_resource_title(r, title, sizeof(title)));
	return manx_resource_check_change(old, r, err);
}

static int put(const struct change *c, const char *key, int64_t mod_rev, struct manx_error *err)
{
	struct manx_txn *txn;
	char *value;
	int rc;

	if (c->r->kind->id == MANX_KIND_IPPOOL)
		return manx_ipam_put_pool(c->store, c->r, mod_rev, err);
	txn = manx_txn_new();
	value = manx_resource_to_store(c->r);
	if (mod_rev)
		manx_txn_guard_rev(txn, key, mod_rev);
	else
		manx_txn_guard_absent(txn, key);
	manx_txn_put(txn, key, value);
	rc = manx_store_commit(c->store, txn, NULL, err);
	manx_txn_free(txn);
	free(value);
	return rc;
}

static int create(struct change *c, const char *key, struct manx_error *err)
{
	struct manx_kv kv;
	int rc = check(NULL, c->r, err);

	if (!rc)
		rc = put(c, key, 0, err);
	c->verb = "created";
	/* somebody else may have made it meanwhile: then it is a change */
	if (rc == -EEXIST && !manx_store_get(c->store, key, &kv, NULL)) {
		manx_kv_clear(&kv);
		rc = -EAGAIN;
	}
	return rc;
}

static int update(struct change *c, const struct manx_kv *kv, struct manx_error *err)
{
	struct manx_resource old;
	int rc = manx_resource_from_store(c->r->kind, kv->key, kv->value, &old, err);

	if (rc)
		return rc;
	if (cJSON_Compare(old.json, c->r->json, true)) {
		c->verb = "unchanged";
	} else {
		c->verb = "configured";
		rc = check(&old, c->r, err);
		if (!rc)
			rc = put(c, kv->key, kv->mod_rev, err);
	}
	manx_resource_clear(&old);
	return rc;
}

static int apply_once(void *ctx, struct manx_error *err)
{
	struct change *c = ctx;
	char key[1024];
	struct manx_kv kv;
	int rc = manx_resource_key(c->r, key, sizeof(key), err);

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

static int apply_all(const struct manx_resources *rs)
{
	struct manx_store *store;
	int status = manxctl_open_store(&store, true);

	if (status)
		return status;
	for (size_t i = 0; i < rs->n; i++) {
		struct change c = { .store = store, .r = &rs->r[i] };
		struct manx_error err = { 0 };

		if (manxctl_retry(apply_once, &c, &err))
			status = manxctl_worse(status, manxctl_fail(&err));
		else
			manxctl_report(&rs->r[i], c.verb);
	}
	manx_store_close(store);
	return status;
}

int cmd_apply(int argc, char **argv)
{
	static const struct option options[] = { { "filename", required_argument, NULL, 'f' }, { 0 } };
	struct manxctl_words files = { 0 };
	struct manx_resources rs = { 0 };
	int c, status = MANXCTL_OK;

	opterr = 0;
	while (!status && (c = getopt_long(argc, argv, ":f:", options, NULL)) != -1) {
		if (c != 'f')
			status = manxctl_bad_option(argv[0], c, argv);
		else if (!manxctl_words_add(&files, optarg))
			status = manxctl_no_memory();
	}
	if (!status && optind < argc)
		status = manxctl_usage(argv[0], "\"%s\": files are named by -f", argv[optind]);
	if (!status && !files.n)
		status = manxctl_usage(argv[0], "-f FILE is missing");
	if (!status)
		status = manxctl_read_files(&files, true, &rs);
	if (!status)
		status = apply_all(&rs);
	manx_resources_clear(&rs);
	free(files.word);
	return status;
}
