// SPDX-License-Identifier: GPL-2.0-only
/*
 * etcd engine of the datastore.
 */
#include "store_etcd.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "etcd_kv.h"
#include "etcd_watch.h"
#include "uid.h"

/*
 * How long a watch may be behind our own writes, ms: then it goes on with another member;
 * then it is of no use.
 */
#define BEHIND		500
#define BEHIND_MAX	5000

/**
 * struct store_etcd - a store in etcd
 * @base: what every store begins with
 * @etcd: the client
 * @watches: that are open
 */
struct store_etcd {
	struct manx_store base;
	struct manx_etcd *etcd;
	LIST_HEAD(, store_watch) watches;
};

/**
 * struct store_watch - a watch
 * @base: what every watch begins with
 * @watch: the client's
 * @from, @to: its keys
 * @due: revision of the last write of this store that it must tell
 */
struct store_watch {
	struct manx_watch base;
	struct manx_etcd_watch *watch;
	char *from, *to;
	int64_t due;
	LIST_ENTRY(store_watch) link;
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

static int scan(struct manx_store *store, const char *from, const char *to, manx_page_fn page,
		void *ctx, struct manx_error *err)
{
	return manx_etcd_scan(client(store), from, to, page, ctx, err);
}

/* Watches of @key must tell @rev before they are at an end. */
static void expect(struct store_etcd *s, const char *key, int64_t rev)
{
	struct store_watch *w;

	LIST_FOREACH(w, &s->watches, link)
		if (strcmp(key, w->from) >= 0 && strcmp(key, w->to) < 0)
			w->due = rev;
}

static int commit(struct manx_store *store, const struct manx_txn *txn, int64_t *rev,
		  struct manx_error *err)
{
	bool *changed = calloc(txn->n_writes + 1, sizeof(*changed));
	int ret = -ENOMEM;

	if (!changed)
		return manx_fail(err, ret, "%s: out of memory", store->name);
	ret = manx_etcd_commit(client(store), store, txn, 0, rev, changed, err);
	for (size_t i = 0; i < txn->n_writes && !ret; i++)
		if (changed[i])
			expect((struct store_etcd *)store, txn->write[i].key, *rev);
	free(changed);
	return ret;
}

static void close_watch(struct manx_watch *watch)
{
	struct store_watch *w = (struct store_watch *)watch;

	manx_etcd_watch_close(w->watch);
	LIST_REMOVE(w, link);
	free(w->from);
	free(w->to);
	free(w);
}

static int open_watch(struct manx_store *store, const char *from, const char *to, int64_t rev,
		      struct manx_watch **watch, struct manx_error *err)
{
	struct store_watch *w = calloc(1, sizeof(*w));
	int ret;

	if (!w)
		return manx_fail(err, -ENOMEM, "watch: out of memory");
	w->base.ops = store->ops;
	LIST_INSERT_HEAD(&((struct store_etcd *)store)->watches, w, link);
	w->from = strdup(from);
	w->to = strdup(to);
	if (w->from && w->to)
		ret = manx_etcd_watch_open(client(store), from, to, rev, &w->watch, err);
	else
		ret = manx_fail(err, -ENOMEM, "watch: out of memory");
	if (ret)
		close_watch(&w->base);
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
	struct store_watch *w = (struct store_watch *)watch;
	int64_t begin = manx_etcd_now(), renewed = begin, now;
	struct pollfd readable = { .fd = manx_etcd_watch_fd(w->watch), .events = POLLIN };
	int ret;

	/* the caller takes what it wrote for seen, as a watch of a file would have it */
	while (!(ret = manx_etcd_watch_next(w->watch, kv, err)) &&
	       manx_etcd_watch_rev(w->watch) < w->due) {
		now = manx_etcd_now();
		if (now - begin >= BEHIND_MAX)
			return manx_fail(err, -ETIMEDOUT,
					 "watch of etcd: does not tell what was written %d s ago",
					 BEHIND_MAX / 1000);
		if (now - renewed >= BEHIND) {
			manx_etcd_watch_renew(w->watch);
			renewed = now;
		}
		poll(&readable, 1, BEHIND);
	}
	return ret;
}

static const struct manx_store_ops ops = {
	.close = close_store,
	.get = get,
	.range = range,
	.scan = scan,
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
	LIST_INIT(&s->watches);
	*store = &s->base;
	ret = manx_etcd_open(&s->etcd, conf, err);
	if (ret)
		return ret;
	s->base.name = strdup(s->etcd->name);
	if (!s->base.name)
		return manx_fail(err, -ENOMEM, "etcd: out of memory");
	return make_if_absent(&s->base, err);
}
