/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The datastore: keys and values with revisions, guarded multi-key
 * transactions, and a watch. One interface for every engine: store_sqlite*.c,
 * store_etcd*.c. Not thread-safe: one struct manx_store belongs to one thread.
 *
 * A revision is a positive number that grows with each committed transaction
 * that changes something, by one unless the store is shared with others; all
 * keys written by one transaction carry the same one.
 *
 * Keys are printable ASCII without blanks, at most 1024 octets; values are JSON
 * objects:
 *   r/<plural>/<name>, r/<plural>/<namespace>/<name>   resources
 *   e/<node>/<namespace>/<name>   workload endpoints
 *   b/<prefix key>                block: owner, pool; the only claim of ownership
 *   i/<node>/<prefix key>         index: blocks of a node
 *   a/<address key>               address: handle, uid, node; the only claim
 *   h/<handle>                    handle: uid, node, addresses, endpoint key
 *   x/<address key>               index: borrowed address -> node
 *   l/<prefix key>                hint: the address of a block that was given last
 *   m/format, m/guid              what this store is
 *   m/lock                        exists while nothing may be written
 *
 * Every write compares the last three besides its own guards.
 */
#ifndef MANX_STORE_H
#define MANX_STORE_H

#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "store_conf.h"

/**
 * struct manx_kv - one key at one revision
 * @key: NUL-terminated
 * @value: NUL-terminated JSON; NULL in a deletion event
 * @create_rev: revision at which the key came into being
 * @mod_rev: revision of its last change
 */
struct manx_kv {
	char *key;
	char *value;
	int64_t create_rev;
	int64_t mod_rev;
};

/**
 * struct manx_kvs - keys in byte order, all read at one revision
 * @kv: array, owned by this struct
 * @n: number of entries
 * @rev: revision of the store when they were read
 */
struct manx_kvs {
	struct manx_kv *kv;
	size_t n;
	int64_t rev;
};

struct manx_store;
struct manx_txn;
struct manx_watch;

/*
 * Open the store that @conf names, making an empty one if there is none (SQLite:
 * directory 0700, file 0600). Refuses a database on a network file system and a
 * store with a newer format, with the remedy. A store does not survive fork(2):
 * open after it.
 * Errors: -EMEDIUMTYPE wrong file system, -EPROTO format or another program's
 * database, -EUCLEAN damaged, -EACCES, -EROFS, -ETIMEDOUT, -ENOSPC, -EINVAL
 * wrong setting.
 */
int manx_store_open(struct manx_store **store, const struct manx_store_conf *conf,
		    struct manx_error *err);
void manx_store_close(struct manx_store *store);

/* -ENOENT (without words in @err) if absent. Free with manx_kv_clear(). */
int manx_store_get(struct manx_store *store, const char *key, struct manx_kv *kv,
		   struct manx_error *err);
/* Every key that begins with @prefix. Free with manx_kvs_clear(). */
int manx_store_list(struct manx_store *store, const char *prefix, struct manx_kvs *kvs,
		    struct manx_error *err);
/* Every key from @from (included) to @to (excluded), at most @limit (0: all). */
int manx_store_range(struct manx_store *store, const char *from, const char *to, size_t limit,
		     struct manx_kvs *kvs, struct manx_error *err);
/*
 * Every key from @from to @to, in order, all read at one revision but not all at
 * once: @page is called for each page (at least once, perhaps without a key) with
 * the number of keys on all of them. What it returns other than 0 ends the scan and
 * is returned. It must not use @store. -ESTALE: the store was compacted meanwhile.
 */
typedef int (*manx_page_fn)(void *ctx, const struct manx_kvs *page, size_t total,
			    struct manx_error *err);
int manx_store_scan(struct manx_store *store, const char *from, const char *to,
		    manx_page_fn page, void *ctx, struct manx_error *err);
void manx_kv_clear(struct manx_kv *kv);
void manx_kvs_clear(struct manx_kvs *kvs);

/*
 * A transaction: guards, then writes; all guards hold and all writes happen,
 * or nothing happens. Building never fails visibly: running out of memory is
 * remembered and returned by the commit, and so is a @value of NULL, so that
 * the text that a caller could not make needs no other check. Strings are copied.
 */
struct manx_txn *manx_txn_new(void);
void manx_txn_free(struct manx_txn *txn);
void manx_txn_guard_absent(struct manx_txn *txn, const char *key);
/* The key exists and was last changed at @mod_rev. */
void manx_txn_guard_rev(struct manx_txn *txn, const char *key, int64_t mod_rev);
/* No key k with from <= k < to exists. */
void manx_txn_guard_empty(struct manx_txn *txn, const char *from, const char *to);
/*
 * Nothing that begins with @prefix was created or changed after @rev; deletions do
 * not show, because no engine but one could tell them.
 */
void manx_txn_guard_unchanged(struct manx_txn *txn, const char *prefix, int64_t rev);
void manx_txn_put(struct manx_txn *txn, const char *key, const char *value);
/* Deleting an absent key is not an error. */
void manx_txn_del(struct manx_txn *txn, const char *key);
/*
 * -EAGAIN: a guard did not hold (@err names the key), or the store was replaced
 * by another one; nothing was written, and all that was read must be read again.
 * -EROFS: the store is locked; only a transaction that writes m/lock gets through.
 * -ENOSPC: the disk is full; a transaction of deletions still gets through.
 * -ETIMEDOUT: other writers or programs kept it locked for 30 s; or, of etcd, the
 * outcome is unknown: this transaction, and no other, may be committed again.
 * -EINVAL: a key is none, or is written twice. -E2BIG: more than the store takes
 * at once. Waiting uses the signal SIGRTMIN + 5.
 * On success *rev (may be NULL) is the new revision. The txn can be committed
 * again unchanged, or freed.
 */
int manx_store_commit(struct manx_store *store, struct manx_txn *txn, int64_t *rev,
		      struct manx_error *err);

/*
 * Watch changes after revision @rev of keys from @from (included) to @to
 * (excluded). manx_watch_fd() becomes readable when there may be something, or
 * after at most 2 s when another process died between its commit and its
 * notification. manx_watch_next() returns 1 and fills *kv (value NULL: deleted),
 * 0 when there is nothing more now, or a negative errno; -ESTALE: the store no
 * longer reaches back to @rev, or is another one: list again. Call it until it
 * returns 0: only then is the descriptor armed again, and all that was committed by
 * @store itself before the call has been told (-ETIMEDOUT: it does not come).
 * Events come in commit order. The store must outlive the watch.
 */
int manx_watch_open(struct manx_store *store, const char *from, const char *to, int64_t rev,
		    struct manx_watch **watch, struct manx_error *err);
int manx_watch_fd(const struct manx_watch *watch);
int manx_watch_next(struct manx_watch *watch, struct manx_kv *kv, struct manx_error *err);
void manx_watch_close(struct manx_watch *watch);

#endif /* MANX_STORE_H */
