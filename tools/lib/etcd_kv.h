/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * etcd: reading ranges, transactions. Keys are those of store.h; in etcd they
 * stand below MANX_ETCD_PREFIX.
 */
#ifndef MANX_ETCD_KV_H
#define MANX_ETCD_KV_H

#include "etcd_client.h"
#include "store_internal.h"

#define MANX_ETCD_PREFIX "/manx/v1/"

/* MANX_ETCD_PREFIX and @key, the caller's; without data if there is no memory. */
ProtobufCBinaryData manx_etcd_key(const char *key);

/*
 * Append @kv, as it came, to @kvs. -EUCLEAN: it is nothing that manx writes.
 * @is_deleted: it has no value.
 */
int manx_etcd_add(const struct manx_etcd *etcd, const Etcd__KeyValue *kv, bool is_deleted,
		  struct manx_kvs *kvs, struct manx_error *err);

/*
 * Keys from @from to @to (NULL: @from alone), all as of one revision, which is
 * kvs->rev, in pages. @limit as in manx_store_range().
 */
int manx_etcd_range(struct manx_etcd *etcd, const char *from, const char *to, size_t limit,
		    struct manx_kvs *kvs, struct manx_error *err);

/* See manx_store_scan(). */
int manx_etcd_scan(struct manx_etcd *etcd, const char *from, const char *to, manx_page_fn page,
		   void *ctx, struct manx_error *err);

/*
 * Commit @txn besides what @store compares in every write; see manx_store_commit().
 * What @txn puts belongs to @lease, 0: to none. @changed (NULL, or as many as writes):
 * those that a watch tells; the deletion of an absent key is not told.
 */
int manx_etcd_commit(struct manx_etcd *etcd, struct manx_store *store,
		     const struct manx_txn *txn, int64_t lease, int64_t *rev, bool *changed,
		     struct manx_error *err);

#endif /* MANX_ETCD_KV_H */
