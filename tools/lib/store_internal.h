/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What an engine of the store sees of a transaction, and what engines share.
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

/*
 * What every engine does first in a commit: 0 if @txn (which may be NULL) was
 * built without a fault. -ENOMEM; -EINVAL for a key that is none, or a key
 * written twice, which not every engine can do.
 */
int manx_txn_check(const struct manx_txn *txn, struct manx_error *err);
/* True if @txn only deletes. */
bool manx_txn_only_deletes(const struct manx_txn *txn);

/* Fill @kv with copies; -ENOMEM leaves it empty. @value may be NULL. */
int manx_kv_set(struct manx_kv *kv, const char *key, const char *value, int64_t create_rev,
		int64_t mod_rev);
/* Room for one more at the end of @kvs, zeroed; NULL without memory. */
struct manx_kv *manx_kvs_grow(struct manx_kvs *kvs);

#endif /* MANX_STORE_INTERNAL_H */
