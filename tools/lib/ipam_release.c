// SPDX-License-Identifier: GPL-2.0-only
/*
 * Taking addresses back, of many handles at a time. What is released is what was
 * read: a handle that was released and taken anew meanwhile stays. Nothing is put,
 * so that it works when the store is full.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ipam_internal.h"
#include "json.h"
#include "store_internal.h"

/* Handles of one transaction. */
#define TOGETHER 40

/**
 * struct back - one handle
 * @h: what it holds, if @known
 * @cold: what is kept of it does not hold: it is read
 * @in: part of the transaction that is being made
 * @guard, @end: its guards in the transaction
 */
struct back {
	struct manx_ipam_return *ret;
	struct manx_handle h;
	unsigned int tries;
	bool known, done, in, cold;
	size_t guard, end;
};

/* False if the endpoint in @kv says that it belongs to another handle. */
static bool belongs_to(const struct manx_kv *kv, const char *handle)
{
	cJSON *json = cJSON_Parse(kv->value);
	const cJSON *at = cJSON_GetObjectItemCaseSensitive(json, "metadata");
	const char *owner;
	bool ours;

	at = cJSON_GetObjectItemCaseSensitive(at, "annotations");
	owner = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(at, "manx.io/handle"));
	ours = !owner || strcmp(owner, handle) == 0;
	cJSON_Delete(json);
	return ours;
}

/*
 * Endpoints are named after the pod: a pod that was made again has put its own
 * in the place of the one that is released here.
 */
int manx_release_endpoint(struct manx_store *store, struct manx_txn *txn, const char *key,
			  const char *handle, struct manx_error *err)
{
	struct manx_kv kv;
	int ret;

	if (!key)
		return 0;
	ret = manx_store_get(store, key, &kv, err);
	if (ret)
		return ret == -ENOENT ? 0 : ret;
	if (belongs_to(&kv, handle)) {
		manx_txn_guard_rev(txn, key, kv.mod_rev);
		manx_txn_del(txn, key);
	}
	manx_kv_clear(&kv);
	return 0;
}

static void end_back(struct back *b, int ret, const struct manx_error *err)
{
	b->ret->ret = ret;
	if (ret && err != &b->ret->err)
		b->ret->err = *err;
	b->done = true;
}

static void release_addresses(struct manx_txn *txn, const char *handle,
			      const struct manx_handle *h)
{
	char key[MANX_IPAM_KEY];

	manx_guard_handle_unchanged(txn, handle, h->rev);
	manx_txn_del(txn, manx_handle_key(handle, key));
	for (size_t i = 0; i < h->addr.n; i++) {
		manx_txn_del(txn, manx_used_key(&h->addr.addr[i], key));
		manx_txn_del(txn, manx_borrowed_key(&h->addr.addr[i], key));
	}
}

/* By what is kept of it, without reading; false if that does not do. */
static bool build_kept(const struct manx_ipam_cache *cache, struct back *b, struct manx_txn *txn)
{
	const char *endpoint = b->ret->endpoint_key;
	const struct manx_kept *kept = NULL;

	if (cache && !b->cold)
		kept = manx_cache_kept(cache, b->ret->handle);
	if (!kept || (b->ret->uid && strcmp(kept->h.uid, b->ret->uid)))
		return false;
	if (endpoint && (!kept->h.endpoint || strcmp(endpoint, kept->h.endpoint)))
		return false;
	manx_handle_clear(&b->h);
	b->h = kept->h;
	b->h.endpoint = NULL;
	b->known = true;
	release_addresses(txn, b->ret->handle, &b->h);
	if (kept->h.endpoint) {	/* it was written with the handle */
		manx_txn_guard_rev(txn, kept->h.endpoint, kept->h.rev);
		manx_txn_del(txn, kept->h.endpoint);
	}
	return true;
}

static int build(struct manx_store *store, struct back *b, struct manx_txn *txn,
		 struct manx_error *err)
{
	const char *handle = b->ret->handle;
	char key[MANX_IPAM_KEY];
	int ret;

	manx_handle_clear(&b->h);
	ret = manx_handle_read(store, handle, &b->h, err);
	b->known = !ret;
	if (ret && ret != -ENOENT)
		return ret;
	if (b->known && b->ret->uid && strcmp(b->h.uid, b->ret->uid))
		return 0;
	if (b->known)
		release_addresses(txn, handle, &b->h);
	else
		manx_txn_guard_absent(txn, manx_handle_key(handle, key));
	return manx_release_endpoint(store, txn,
				     b->ret->endpoint_key ? b->ret->endpoint_key : b->h.endpoint,
				     handle, err);
}

static bool has_duplicates(const struct manx_txn *txn, size_t writes)
{
	for (size_t i = writes; i < txn->n_writes; i++)
		for (size_t j = 0; j < writes; j++)
			if (txn->write[i].key && txn->write[j].key &&
			    !strcmp(txn->write[i].key, txn->write[j].key))
				return true;
	return false;
}

/* True if it is in the transaction; else it is over, or waits for the next one. */
static bool add(struct manx_store *store, const struct manx_ipam_cache *cache, struct back *b,
		struct manx_txn *txn, bool first)
{
	size_t guards = txn->n_guards, writes = txn->n_writes;
	struct manx_error err = { 0 };
	int ret = build_kept(cache, b, txn) ? 0 : build(store, b, txn, &err);

	b->guard = guards;
	b->end = txn->n_guards;
	if (ret || txn->n_writes == writes) {	/* nothing is to be taken back */
		manx_txn_cut(txn, guards, writes);
		end_back(b, ret, &err);
		return false;
	}
	if (first || (!has_duplicates(txn, writes) && txn->n_writes <= MANX_TXN_MAX &&
		      txn->n_guards + MANX_STANDING_MAX <= MANX_TXN_MAX))
		return true;
	manx_txn_cut(txn, guards, writes);
	return false;
}

static void succeed(struct manx_ipam_cache *cache, struct back *b)
{
	if (cache)
		manx_cache_unkeep(cache, b->ret->handle);
	if (cache && b->known) {
		cache->counts.released++;
		for (size_t i = 0; i < b->h.addr.n; i++)
			manx_cache_freed(cache, &b->h.addr.addr[i]);
	}
	end_back(b, 0, NULL);
}

/* The guard number @at did not hold. */
static void refused(struct back *b, size_t n, size_t at, const struct manx_error *err)
{
	for (size_t i = 0; i < n; i++) {
		struct manx_error last = *err;

		b[i].cold |= b[i].in;	/* one that was changed seldom comes alone */
		if (!b[i].in || at < b[i].guard || at >= b[i].end ||
		    ++b[i].tries < MANX_IPAM_TRIES)
			continue;
		manx_ipam_fail_contended(b[i].ret->handle, &last);
		end_back(&b[i], -EAGAIN, &last);
	}
}

static void commit(struct manx_store *store, struct manx_ipam_cache *cache, struct manx_txn *txn,
		   struct back *b, size_t n)
{
	struct manx_error err = { 0 };
	int ret = manx_store_commit(store, txn, NULL, &err);

	if (cache && !ret)
		cache->counts.commits++;
	if (cache && ret == -EAGAIN)
		cache->counts.conflicts++;
	for (size_t i = 0; i < n && ret != -EAGAIN; i++) {
		if (b[i].in && !ret)
			succeed(cache, &b[i]);
		else if (b[i].in)
			end_back(&b[i], ret, &err);
	}
	if (ret == -EAGAIN && store->failed)
		refused(b, n, (size_t)(store->failed - txn->guard), &err);
}

/* One transaction; false if nothing is left to be done. */
static bool step(struct manx_store *store, struct manx_ipam_cache *cache, struct back *b,
		 size_t n)
{
	struct manx_txn *txn = manx_txn_new();
	size_t left = 0, in = 0;

	for (size_t i = 0; i < n; i++) {
		b[i].in = false;
		left += !b[i].done;
	}
	for (size_t i = 0; i < n && txn && in < TOGETHER; i++) {
		b[i].in = !b[i].done && add(store, cache, &b[i], txn, !in);
		in += b[i].in;
	}
	if (in)
		commit(store, cache, txn, b, n);
	for (size_t i = 0; i < n && !txn; i++)
		if (!b[i].done)
			end_back(&b[i], manx_fail(&b[i].ret->err, -ENOMEM, "release: out of memory"),
				 &b[i].ret->err);
	manx_txn_free(txn);
	return left;
}

void manx_ipam_release_batch(struct manx_store *store, struct manx_ipam_cache *cache,
			     struct manx_ipam_return *ret, size_t n)
{
	struct back *b = calloc(n + 1, sizeof(*b));

	for (size_t i = 0; i < n; i++) {
		int bad;

		ret[i].err = (struct manx_error){ 0 };
		if (!b) {
			ret[i].ret = manx_fail(&ret[i].err, -ENOMEM, "release: out of memory");
			continue;
		}
		b[i].ret = &ret[i];
		bad = manx_ipam_check_handle(ret[i].handle, &ret[i].err);
		if (bad)
			end_back(&b[i], bad, &ret[i].err);
	}
	while (b && step(store, cache, b, n))
		;
	for (size_t i = 0; b && i < n; i++)
		manx_handle_clear(&b[i].h);
	free(b);
}
