/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The datastore from an engine's side: what it must do, what it sees of a
 * transaction, and what engines share.
 */
#ifndef MANX_STORE_INTERNAL_H
#define MANX_STORE_INTERNAL_H

#include <stdbool.h>

#include "store.h"

/* Longest key, octets. */
#define MANX_KEY_MAX 1024
/* Sorts after every octet that a key may hold: <prefix>MANX_KEY_END ends the range of a prefix. */
#define MANX_KEY_END "\x7f"

enum manx_guard_kind {
	MANX_GUARD_ABSENT,
	MANX_GUARD_REV,
	MANX_GUARD_EMPTY,
	MANX_GUARD_UNCHANGED,
};

/**
 * struct manx_guard - what must hold for the writes to happen
 * @kind: which of the four guards of store.h
 * @key: the key, or where the range begins
 * @end: where the range ends (not part of it); NULL for guards of one key
 * @rev: revision of MANX_GUARD_REV and MANX_GUARD_UNCHANGED
 */
struct manx_guard {
	enum manx_guard_kind kind;
	char *key;
	char *end;
	int64_t rev;
};

/**
 * struct manx_write - one key to be written
 * @key: which
 * @value: JSON, NULL to delete
 */
struct manx_write {
	char *key;
	char *value;
};

/**
 * struct manx_txn - a transaction being built
 * @guard: guards, in the order in which they were added
 * @write: writes; no key occurs twice once manx_txn_check() has passed
 * @error: -ENOMEM if memory ran out while it was built, else 0
 */
struct manx_txn {
	struct manx_guard *guard;
	size_t n_guards;
	struct manx_write *write;
	size_t n_writes;
	int error;
};

/**
 * struct manx_store_ops - an engine; the calls of store.h that need one
 * @commit: of a transaction that has passed manx_txn_check()
 */
struct manx_store_ops {
	void (*close)(struct manx_store *store);
	int (*get)(struct manx_store *store, const char *key, struct manx_kv *kv,
		   struct manx_error *err);
	int (*range)(struct manx_store *store, const char *from, const char *to, size_t limit,
		     struct manx_kvs *kvs, struct manx_error *err);
	int (*scan)(struct manx_store *store, const char *from, const char *to,
		    manx_page_fn page, void *ctx, struct manx_error *err);
	int (*commit)(struct manx_store *store, const struct manx_txn *txn, int64_t *rev,
		      struct manx_error *err);
	int (*watch_open)(struct manx_store *store, const char *from, const char *to, int64_t rev,
			  struct manx_watch **watch, struct manx_error *err);
	int (*watch_fd)(const struct manx_watch *watch);
	int (*watch_next)(struct manx_watch *watch, struct manx_kv *kv, struct manx_error *err);
	void (*watch_close)(struct manx_watch *watch);
};

/**
 * struct manx_store - what the store of each engine begins with
 * @ops: its engine
 * @name: what it is and where, for messages: "database /var/lib/manx/manx.db"
 * @format, @guid: values of m/format and m/guid that every write compares
 * @failed: the guard that the last commit was refused for, in its transaction;
 *	NULL if it was none of these
 */
struct manx_store {
	const struct manx_store_ops *ops;
	char *name;
	char *format, *guid;
	const struct manx_guard *failed;
};

/**
 * struct manx_watch - what the watch of each engine begins with
 * @ops: its engine
 */
struct manx_watch {
	const struct manx_store_ops *ops;
};

/* Open by an engine; on failure *@store may be set and is closed by the caller. */
int manx_store_etcd_open(struct manx_store **store, const struct manx_store_conf *conf,
			 struct manx_error *err);
int manx_sqlite_open(struct manx_store **store, const struct manx_store_conf *conf,
		     struct manx_error *err);

/**
 * struct manx_standing - a guard that every write has, whoever made it
 * @key: which
 * @value: what it must hold; NULL: it must not exist
 */
struct manx_standing {
	const char *key;
	const char *value;
};

#define MANX_STANDING_MAX 3

/*
 * Those of @txn: who writes one of these keys is not held back by it. Their number.
 * What they point to lives as long as @store is not used.
 */
size_t manx_store_standing(const struct manx_store *store, const struct manx_txn *txn,
			   struct manx_standing standing[MANX_STANDING_MAX]);
/*
 * Words and code for @standing that did not hold: @found is there instead, NULL
 * nothing. Another guid is what is compared from now on.
 */
int manx_store_refuse(struct manx_store *store, const struct manx_standing *standing,
		      const char *found, struct manx_error *err);

/* The format that we write, as m/format holds it. */
#define MANX_STORE_FORMAT 1
#define MANX_STORE_FORMAT_TEXT "{\"format\":1}"
/*
 * 0 if @value of m/format, NULL if there is none, is a format that we read; -EPROTO
 * newer, -EUCLEAN none. @name: see struct manx_store.
 */
int manx_store_check_format(const char *name, const char *value, struct manx_error *err);

/*
 * What is done first in a commit: 0 if @txn (which may be NULL) was built without
 * a fault. -ENOMEM; -EINVAL for a key that is none, or a key written twice, which
 * not every engine can do.
 */
int manx_txn_check(const struct manx_txn *txn, struct manx_error *err);
/*
 * Undo what was added to @txn since it had @guards and @writes. What ran out of
 * memory before stays remembered.
 */
void manx_txn_cut(struct manx_txn *txn, size_t guards, size_t writes);
/* Whether @txn has a guard on @key; whether it writes @key. */
bool manx_txn_guards(const struct manx_txn *txn, const char *key);
bool manx_txn_writes(const struct manx_txn *txn, const char *key);
/* Most guards, and most writes, that every engine takes at once, its own included. */
#define MANX_TXN_MAX 128

/* True if @txn only deletes. */
bool manx_txn_only_deletes(const struct manx_txn *txn);

/* Keys on a page of manx_store_scan(), at most. */
#define MANX_STORE_PAGE 500

/* Fill @kv with copies; -ENOMEM leaves it empty. @value may be NULL. */
int manx_kv_set(struct manx_kv *kv, const char *key, const char *value, int64_t create_rev,
		int64_t mod_rev);
/* Room for one more at the end of @kvs, zeroed; NULL without memory. */
struct manx_kv *manx_kvs_grow(struct manx_kvs *kvs);

#endif /* MANX_STORE_INTERNAL_H */
