// SPDX-License-Identifier: GPL-2.0-only
/*
 * etcd engine of the datastore.
 */
#include "store_etcd.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "etcd_kv.h"
#include "etcd_watch.h"
#include "uid.h"

/**
 * struct store_etcd - a store in etcd
 * @base: what every store begins with
 * @etcd: the client
 */
struct store_etcd {
	struct manx_store base;
	struct manx_etcd *etcd;
};

/**
 * struct store_watch - a watch
 * @base: what every watch begins with
 * @watch: the client's
 */
struct store_watch {
	struct manx_watch base;
	struct manx_etcd_watch *watch;
};

static struct manx_etcd *client(struct manx_store *store)
{
	return ((struct store_etcd *)store)->etcd;
}

static struct manx_etcd_watch *watch_of(const struct manx_watch *watch)
{
	return ((const struct store_watch *)watch)->watch;
}

static void close_store(struct manx_store *store)
{
	manx_etcd_close(client(store));
	free(store);
}

static int get(struct manx_store *store, const char *key, struct manx_kv *kv,
	       struct manx_error *err)
{
	struct manx_kvs kvs = { 0 };
	int ret = manx_etcd_range(client(store), key, NULL, 1, &kvs, err);

	if (!ret && !kvs.n)
		ret = -ENOENT;
	if (!ret && strcmp(kvs.kv[0].key, key))
		ret = manx_fail(err, -EPROTO, "%s: answers with another key", store->name);
	if (!ret) {
		*kv = kvs.kv[0];
		kvs.kv[0] = (struct manx_kv){ 0 };
	}
	manx_kvs_clear(&kvs);
	return ret;
}

static int range(struct manx_store *store, const char *from, const char *to, size_t limit,
		 struct manx_kvs *kvs, struct manx_error *err)
{
	return manx_etcd_range(client(store), from, to, limit, kvs, err);
}

static int commit(struct manx_store *store, const struct manx_txn *txn, int64_t *rev,
		  struct manx_error *err)
{
	return manx_etcd_commit(client(store), store, txn, 0, rev, err);
}

static int open_watch(struct manx_store *store, const char *from, const char *to, int64_t rev,
		      struct manx_watch **watch, struct manx_error *err)
{
	struct store_watch *w = calloc(1, sizeof(*w));
	int ret;

	if (!w)
		return manx_fail(err, -ENOMEM, "watch: out of memory");
	w->base.ops = store->ops;
	ret = manx_etcd_watch_open(client(store), from, to, rev, &w->watch, err);
	if (ret)
		free(w);
	else
		*watch = &w->base;
	return ret;
}

static int watch_fd(const struct manx_watch *watch)
{
	return manx_etcd_watch_fd(watch_of(watch));
}

static int watch_next(struct manx_watch *watch, struct manx_kv *kv, struct manx_error *err)
{
	return manx_etcd_watch_next(watch_of(watch), kv, err);
}

static void close_watch(struct manx_watch *watch)
{
	manx_etcd_watch_close(watch_of(watch));
	free(watch);
}

static const struct manx_store_ops ops = {
	.close = close_store,
	.get = get,
	.range = range,
	.commit = commit,
	.watch_open = open_watch,
	.watch_fd = watch_fd,
	.watch_next = watch_next,
	.watch_close = close_watch,
};

struct manx_etcd *manx_store_etcd(struct manx_store *store)
{
	return store->ops == &ops ? client(store) : NULL;
}

/* Unless another one does it at the same moment. */
static int make_ours(struct manx_store *store, struct manx_error *err)
{
	struct manx_txn *txn = manx_txn_new();
	char uid[MANX_UID_LEN + 1], *guid = NULL;
	int64_t rev;
	int ret = manx_uid_new(uid, err);

	if (!ret && asprintf(&guid, "{\"guid\":\"%s\"}", uid) < 0)
		guid = NULL;
	if (!ret) {
		manx_txn_guard_empty(txn, "", "~");
		manx_txn_put(txn, "m/format", MANX_STORE_FORMAT_TEXT);
		manx_txn_put(txn, "m/guid", guid);
		ret = manx_txn_check(txn, err);
	}
	if (!ret)
		ret = commit(store, txn, &rev, err);
	free(guid);
	manx_txn_free(txn);
	return ret == -EAGAIN ? 0 : ret;
}

/* What is there without a format is not overwritten: identify() in store.c refuses it. */
static int make_if_absent(struct manx_store *store, struct manx_error *err)
{
	struct manx_kv kv = { 0 };
	int ret = get(store, "m/format", &kv, err);

	manx_kv_clear(&kv);
	return ret == -ENOENT ? make_ours(store, err) : ret;
}

int manx_store_etcd_open(struct manx_store **store, const struct manx_store_conf *conf,
			 struct manx_error *err)
{
	struct store_etcd *s = calloc(1, sizeof(*s));
	int ret;

	if (!s)
		return manx_fail(err, -ENOMEM, "etcd: out of memory");
	s->base.ops = &ops;
	*store = &s->base;
	ret = manx_etcd_open(&s->etcd, conf, err);
	if (ret)
		return ret;
	s->base.name = strdup(s->etcd->name);
	if (!s->base.name)
		return manx_fail(err, -ENOMEM, "etcd: out of memory");
	return make_if_absent(&s->base, err);
}
