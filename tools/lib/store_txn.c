// SPDX-License-Identifier: GPL-2.0-only
/*
 * Datastore: keys and values, and transactions while they are built.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "grow.h"
#include "store_internal.h"

/* Printable ASCII without blanks, 1 to MANX_KEY_MAX octets. */
static bool key_is_valid(const char *key)
{
	size_t n = 0;

	for (; key[n]; n++)
		if (key[n] <= ' ' || key[n] > '~' || n == MANX_KEY_MAX)
			return false;
	return n > 0;
}

int manx_kv_set(struct manx_kv *kv, const char *key, const char *value, int64_t create_rev,
		int64_t mod_rev)
{
	kv->key = strdup(key);
	kv->value = value ? strdup(value) : NULL;
	kv->create_rev = create_rev;
	kv->mod_rev = mod_rev;
	if (kv->key && (kv->value || !value))
		return 0;
	manx_kv_clear(kv);
	return -ENOMEM;
}

void manx_kv_clear(struct manx_kv *kv)
{
	free(kv->key);
	free(kv->value);
	*kv = (struct manx_kv){ 0 };
}

struct manx_kv *manx_kvs_grow(struct manx_kvs *kvs)
{
	struct manx_kv *kv = manx_more(kvs->kv, kvs->n, sizeof(*kv));

	if (!kv)
		return NULL;
	kvs->kv = kv;
	kv[kvs->n] = (struct manx_kv){ 0 };
	return &kv[kvs->n++];
}

void manx_kvs_clear(struct manx_kvs *kvs)
{
	for (size_t i = 0; i < kvs->n; i++)
		manx_kv_clear(&kvs->kv[i]);
	free(kvs->kv);
	*kvs = (struct manx_kvs){ 0 };
}

struct manx_txn *manx_txn_new(void)
{
	return calloc(1, sizeof(struct manx_txn));
}

void manx_txn_free(struct manx_txn *txn)
{
	if (!txn)
		return;
	for (size_t i = 0; i < txn->n_guards; i++) {
		free(txn->guard[i].key);
		free(txn->guard[i].end);
	}
	for (size_t i = 0; i < txn->n_writes; i++) {
		free(txn->write[i].key);
		free(txn->write[i].value);
	}
	free(txn->guard);
	free(txn->write);
	free(txn);
}

/* Takes @end, which is NULL for guards of one key. */
static void add_guard(struct manx_txn *txn, enum manx_guard_kind kind, const char *key, char *end,
		      int64_t rev)
{
	struct manx_guard *guard = manx_more(txn->guard, txn->n_guards, sizeof(*guard));

	if (!guard) {
		free(end);
		txn->error = -ENOMEM;
		return;
	}
	txn->guard = guard;
	guard += txn->n_guards++;
	*guard = (struct manx_guard){ .kind = kind, .key = strdup(key), .end = end, .rev = rev };
	if (!guard->key)
		txn->error = -ENOMEM;
}

void manx_txn_guard_absent(struct manx_txn *txn, const char *key)
{
	if (txn)
		add_guard(txn, MANX_GUARD_ABSENT, key, NULL, 0);
}

void manx_txn_guard_rev(struct manx_txn *txn, const char *key, int64_t mod_rev)
{
	if (txn)
		add_guard(txn, MANX_GUARD_REV, key, NULL, mod_rev);
}

void manx_txn_guard_empty(struct manx_txn *txn, const char *from, const char *to)
{
	char *end = strdup(to);

	if (txn && end) {
		add_guard(txn, MANX_GUARD_EMPTY, from, end, 0);
		return;
	}
	free(end);
	if (txn)
		txn->error = -ENOMEM;
}

void manx_txn_guard_unchanged(struct manx_txn *txn, const char *prefix, int64_t rev)
{
	char *end;

	if (!txn)
		return;
	if (asprintf(&end, "%s" MANX_KEY_END, prefix) < 0)
		txn->error = -ENOMEM;
	else
		add_guard(txn, MANX_GUARD_UNCHANGED, prefix, end, rev);
}

static void add_write(struct manx_txn *txn, const char *key, const char *value)
{
	struct manx_write *write = manx_more(txn->write, txn->n_writes, sizeof(*write));

	if (!write) {
		txn->error = -ENOMEM;
		return;
	}
	txn->write = write;
	write += txn->n_writes++;
	*write = (struct manx_write){ strdup(key), value ? strdup(value) : NULL };
	if (!write->key || (value && !write->value))
		txn->error = -ENOMEM;
}

void manx_txn_put(struct manx_txn *txn, const char *key, const char *value)
{
	if (!txn)
		return;
	if (value)
		add_write(txn, key, value);
	else
		txn->error = -ENOMEM;
}

void manx_txn_del(struct manx_txn *txn, const char *key)
{
	if (txn)
		add_write(txn, key, NULL);
}

void manx_txn_cut(struct manx_txn *txn, size_t guards, size_t writes)
{
	if (!txn)
		return;
	while (txn->n_guards > guards) {
		struct manx_guard *guard = &txn->guard[--txn->n_guards];

		free(guard->key);
		free(guard->end);
	}
	while (txn->n_writes > writes) {
		struct manx_write *write = &txn->write[--txn->n_writes];

		free(write->key);
		free(write->value);
	}
	/* as manx_more() wants it */
	if (!txn->n_guards) {
		free(txn->guard);
		txn->guard = NULL;
	}
	if (!txn->n_writes) {
		free(txn->write);
		txn->write = NULL;
	}
}

bool manx_txn_guards(const struct manx_txn *txn, const char *key)
{
	for (size_t i = 0; txn && i < txn->n_guards; i++)
		if (txn->guard[i].key && strcmp(txn->guard[i].key, key) == 0)
			return true;
	return false;
}

bool manx_txn_writes(const struct manx_txn *txn, const char *key)
{
	for (size_t i = 0; txn && i < txn->n_writes; i++)
		if (txn->write[i].key && strcmp(txn->write[i].key, key) == 0)
			return true;
	return false;
}

bool manx_txn_only_deletes(const struct manx_txn *txn)
{
	for (size_t i = 0; i < txn->n_writes; i++)
		if (txn->write[i].value)
			return false;
	return true;
}

static int by_key(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int check_writes(const struct manx_txn *txn, struct manx_error *err)
{
	const char **key = calloc(txn->n_writes, sizeof(*key));
	int ret = 0;

	if (!key)
		return manx_fail(err, -ENOMEM, "transaction: out of memory");
	for (size_t i = 0; i < txn->n_writes; i++)
		key[i] = txn->write[i].key;
	qsort(key, txn->n_writes, sizeof(*key), by_key);
	for (size_t i = 0; i < txn->n_writes && !ret; i++) {
		if (!key_is_valid(key[i]))
			ret = manx_fail(err, -EINVAL, "\"%s\" cannot be a key", key[i]);
		else if (i && strcmp(key[i - 1], key[i]) == 0)
			ret = manx_fail(err, -EINVAL, "transaction writes %s twice", key[i]);
	}
	free(key);
	return ret;
}

int manx_txn_check(const struct manx_txn *txn, struct manx_error *err)
{
	if (!txn || txn->error)
		return manx_fail(err, -ENOMEM, "transaction: out of memory");
	return txn->n_writes ? check_writes(txn, err) : 0;
}
