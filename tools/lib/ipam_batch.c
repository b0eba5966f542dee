// SPDX-License-Identifier: GPL-2.0-only
/*
 * Giving addresses to many at a time: all that fit go into one transaction, which
 * costs hardly more than one address alone. A guard that does not hold names its
 * key: whom it concerns picks anew or has failed, the others go again with what
 * they have picked.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ipam_internal.h"
#include "store_internal.h"

/* Endpoints of one transaction. */
#define TOGETHER 40

/**
 * struct work - one job
 * @pick: what was chosen, one for each address in the job's result
 * @tries: transactions that it spoilt
 * @done: nothing is left to be done
 * @in: part of the transaction that is being made
 * @aside: what its caller guards does not hold: it goes alone from now on
 * @guard, @end: its guards in the transaction
 * @endpoint: what its caller has put there; borrowed until the transaction is over
 */
struct work {
	struct manx_ipam_job *job;
	struct manx_pick pick[2];
	unsigned int tries;
	bool done, in, aside;
	size_t guard, end;
	const char *endpoint;
};

/**
 * struct batch - all jobs
 * @most: of one transaction
 * @contended: transactions in a row that others have spoilt
 */
struct batch {
	struct manx_store *store;
	struct manx_ipam_cache *cache;
	struct work *work;
	size_t n, most;
	struct manx_txn *txn;
	unsigned int contended;
};

static int check_request(const struct manx_ipam_request *req, const char *node,
			 struct manx_error *err)
{
	int ret = manx_ipam_check_handle(req->handle, err);

	if (ret)
		return ret;
	if (!manx_name_is_valid(req->node) || strcmp(req->node, node))
		return manx_fail(err, -EINVAL, "node \"%s\" is no name of a node", req->node);
	if (strlen(req->uid) != MANX_UID_LEN ||
	    strspn(req->uid, "0123456789abcdef") != MANX_UID_LEN)
		return manx_fail(err, -EINVAL, "uid \"%s\": must be %d hexadecimal digits",
				 req->uid, MANX_UID_LEN);
	return 0;
}

/* The addresses are free again, but for those that were to be taken from others. */
static void unpick(struct work *w)
{
	for (size_t i = 0; i < w->job->res.n; i++) {
		struct manx_pick *pick = &w->pick[i];

		if (!pick->moved.handle)
			manx_held_set(pick->held, pick->i, false);
		manx_moved_clear(&pick->moved);
	}
	w->job->res.n = 0;
}

static void unpick_all(struct batch *b)
{
	for (size_t i = 0; i < b->n; i++)
		if (!b->work[i].done)
			unpick(&b->work[i]);
}

/* Over, with @ret; what it has in its result stays only if that is 0. */
static void end_work(struct work *w, int ret, const struct manx_error *err)
{
	if (ret)
		unpick(w);
	for (size_t i = 0; i < 2; i++)
		manx_moved_clear(&w->pick[i].moved);
	w->job->ret = ret;
	if (ret && err != &w->job->err)
		w->job->err = *err;
	w->done = true;
	w->in = false;
}

/* The handle may have what this very attempt, or another one, got before: 1 it is over. */
static int check_repeated(struct batch *b, struct work *w)
{
	const struct manx_ipam_request *req = w->job->req;
	struct manx_error err = { 0 };
	struct manx_handle h;
	int ret = manx_handle_read(b->store, req->handle, &h, &err);

	if (ret == -ENOENT)
		return 0;
	unpick(w);
	if (!ret && strcmp(h.uid, req->uid))
		ret = manx_fail(&err, -EEXIST,
				"handle %s has addresses already: release it first (CNI DEL)",
				req->handle);
	else if (!ret)
		w->job->res = h.addr;
	manx_handle_clear(&h);
	/* nothing of the result was picked here */
	w->job->ret = ret;
	w->job->err = err;
	w->done = true;
	w->in = false;
	return 1;
}

static int pick_family(struct batch *b, struct work *w, uint8_t family, struct manx_error *err)
{
	const struct manx_ipam_request *req = w->job->req;
	const struct manx_addr *want = family == 4 ? &req->addr4 : &req->addr6;
	struct manx_pick *pick = &w->pick[w->job->res.n];
	struct manx_ask ask = manx_cache_ask(b->cache);
	struct manx_pool_choice choice = { .n = 0 };
	const char *why = "";
	int ret;

	if (want->family) {
		ret = manx_pick_requested(b->cache, req, want, pick, err);
	} else {
		ret = manx_pools_choose(&ask, req, family, &choice, err);
		if (!ret)
			ret = manx_pick_addr(b->cache, &choice, pick, &why, err);
		if (!ret)
			ret = manx_pool_choice_exhausted(&choice, family, req->node, why, err);
		manx_pool_choice_clear(&choice);
	}
	if (ret == 1)
		w->job->res.addr[w->job->res.n++] = pick->addr;
	return ret < 0 ? ret : 0;
}

/*
 * 0 if it has all that it wants; else it is over, or waits: what @others have picked
 * may come back, if theirs was a repeated call.
 */
static int pick(struct batch *b, struct work *w, bool others)
{
	struct manx_error err = { 0 };
	int ret = 0;

	if (w->job->res.n)
		return 0;
	if (w->job->req->want4)
		ret = pick_family(b, w, 4, &err);
	if (!ret && w->job->req->want6)
		ret = pick_family(b, w, 6, &err);
	if (ret == -ENOSPC && others)
		unpick(w);
	else if (ret && !check_repeated(b, w))
		end_work(w, ret, &err);
	return ret;
}

/* All that one job adds; its guards come first. */
static int build(struct batch *b, struct work *w, struct manx_error *err)
{
	struct manx_ipam_job *job = w->job;
	int ret = 0;

	w->endpoint = NULL;
	manx_guard_handle_absent(b->txn, job->req->handle);
	manx_guard_node_not_removed(b->txn, b->cache);
	manx_guard_config_unchanged(b->txn, b->cache);
	for (size_t i = 0; i < job->res.n; i++)
		manx_pick_take(b->txn, b->cache, &w->pick[i], job->req);
	if (b->txn && job->fill)
		ret = job->fill(job->ctx, &job->res, b->txn, &w->endpoint, err);
	if (ret)
		return ret;
	manx_handle_put(b->txn, job->req, &job->res, w->endpoint);
	for (size_t i = 0; i < job->res.n; i++)
		manx_pick_move(b->txn, &w->pick[i]);
	return 0;
}

/* Whether what was added behind @writes writes a key that others write. */
static bool collides(const struct manx_txn *txn, size_t writes)
{
	for (size_t i = writes; txn && i < txn->n_writes; i++)
		for (size_t j = 0; j < writes; j++)
			if (txn->write[i].key && txn->write[j].key &&
			    !strcmp(txn->write[i].key, txn->write[j].key))
				return true;
	return false;
}

/* Blocks that the transaction gives of, each of which gets a hint in the end. */
static size_t count_blocks(const struct batch *b)
{
	size_t n = 0;

	for (size_t i = 0; i < b->n; i++)
		n += b->work[i].in ? b->work[i].job->res.n : 0;
	return n < TOGETHER / 10 ? n : TOGETHER / 10;
}

static bool fits(const struct batch *b)
{
	return b->txn->n_guards + MANX_STANDING_MAX <= MANX_TXN_MAX &&
	       b->txn->n_writes + count_blocks(b) <= MANX_TXN_MAX;
}

/* 1: it is in; 0: it is over, or must wait for the next transaction; -1: so must all others. */
static int add(struct batch *b, struct work *w, size_t before)
{
	size_t guards = b->txn->n_guards, writes = b->txn->n_writes;
	struct manx_error err = { 0 };
	int ret;

	if (pick(b, w, before))
		return 0;
	ret = build(b, w, &err);
	if (ret) {
		manx_txn_cut(b->txn, guards, writes);
		end_work(w, ret, &err);
		return 0;
	}
	w->in = true;
	if (before && (collides(b->txn, writes) || !fits(b))) {
		ret = fits(b) ? 0 : -1;
		w->in = false;
		manx_txn_cut(b->txn, guards, writes);
		return ret;
	}
	w->guard = guards;
	w->end = b->txn->n_guards;
	return 1;
}

static size_t add_all(struct batch *b)
{
	size_t n = 0;
	int ret = 1;

	for (size_t i = 0; i < b->n; i++)
		b->work[i].in = false;
	for (size_t i = 0; i < b->n && n < b->most && ret >= 0; i++) {
		struct work *w = &b->work[i];

		if (w->done || w->aside)
			continue;
		ret = add(b, w, n);
		n += ret == 1;
	}
	for (size_t i = 0; i < b->n && !n; i++)
		if (!b->work[i].done && b->work[i].aside)
			n += add(b, &b->work[i], 0) == 1;
	return n;
}

/* Where the next address of a block is looked for; only a hint, so it may be left out. */
static void add_hints(struct batch *b)
{
	char key[MANX_IPAM_KEY], text[MANX_ADDR_STRLEN];

	for (size_t n = b->n; n-- > 0;) {
		const struct work *w = &b->work[n];

		for (size_t i = 0; w->in && i < w->job->res.n; i++) {
			manx_last_key(&w->pick[i].held->cidr, key);
			if (b->txn->n_writes == MANX_TXN_MAX || manx_txn_writes(b->txn, key))
				continue;
			manx_addr_format(&w->pick[i].addr, text);
			manx_put_record(b->txn, key, (const char *[]){ "address", text, NULL });
		}
	}
}

static void succeed(struct batch *b, int64_t rev)
{
	b->contended = 0;
	b->cache->counts.commits++;
	for (size_t n = 0; n < b->n; n++) {
		struct work *w = &b->work[n];

		if (!w->in)
			continue;
		for (size_t i = 0; i < w->job->res.n; i++)
			manx_cache_claimed(b->cache, w->pick[i].held, w->pick[i].pool, rev);
		b->cache->counts.addresses += w->job->res.n;
		if (!b->cache->alone)
			manx_cache_keep(b->cache, w->job->req, &w->job->res, w->endpoint, rev);
		end_work(w, 0, NULL);
	}
}

/* Nothing is known of what became of it, or why. */
static void fail_all(struct batch *b, bool all, int ret, const struct manx_error *err)
{
	for (size_t i = 0; i < b->n; i++)
		if (!b->work[i].done && (all || b->work[i].in))
			end_work(&b->work[i], ret, err);
	unpick_all(b);
	manx_ipam_cache_forget(b->cache);
}

static void drop(struct batch *b, struct manx_held *held)
{
	for (size_t n = 0; n < b->n; n++) {
		struct work *w = &b->work[n];
		bool in = false;

		for (size_t i = 0; !w->done && i < w->job->res.n; i++)
			in |= w->pick[i].held == held;
		if (in)
			unpick(w);
	}
	manx_cache_drop(b->cache, held);
}

/* The address is somebody else's. */
static void lose_address(struct batch *b, const char *key)
{
	char other[MANX_IPAM_KEY];

	for (size_t n = 0; n < b->n; n++) {
		struct work *w = &b->work[n];

		for (size_t i = 0; w->in && i < w->job->res.n; i++) {
			struct manx_pick lost = w->pick[i];

			if (strcmp(manx_used_key(&lost.addr, other), key))
				continue;
			unpick(w);
			manx_held_set(lost.held, lost.i, true);
			return;
		}
	}
}

/* A block is not what it was thought to be. */
static void lose_blocks(struct batch *b, const char *key)
{
	char other[MANX_IPAM_KEY];

	for (size_t i = b->cache->n_held; i-- > 0;) {
		struct manx_held *held = b->cache->held[i];

		manx_block_key(&held->cidr, other);
		if (held->how == MANX_HELD_TAKE)	/* not empty, or not his */
			manx_cache_see(b->cache, other, held->rev, false);
		if (held->how == MANX_HELD_CLAIM || held->how == MANX_HELD_TAKE ||
		    !strcmp(other, key))
			drop(b, held);
	}
	b->cache->stale |= MANX_STALE_INDEX;
}

/* Those whose handle exists are over; true if there was one. */
static bool end_repeated(struct batch *b)
{
	bool found = false;

	for (size_t i = 0; i < b->n; i++)
		if (b->work[i].in)
			found |= check_repeated(b, &b->work[i]);
	return found;
}

/* Who added the guard number @at if it is his @own; all, if it was a common one. */
static void blame(struct batch *b, size_t at, bool own, bool aside,
		  const struct manx_error *err)
{
	struct manx_error last = *err;

	for (size_t i = 0; i < b->n; i++) {
		struct work *w = &b->work[i];

		if (!w->in || (own && (at < w->guard || at >= w->end)))
			continue;
		w->aside |= aside;
		if (++w->tries < MANX_IPAM_TRIES)
			continue;
		manx_ipam_fail_contended(w->job->req->handle, &last);
		end_work(w, -EAGAIN, &last);
		last = *err;
	}
}

static unsigned int stale_by(const char *key)
{
	static const struct {
		enum manx_kind_id id;
		unsigned int stale;
	} kinds[] = {
		{ MANX_KIND_IPPOOL, MANX_STALE_POOLS },
		{ MANX_KIND_IPAMCONFIGURATION, MANX_STALE_CONFIG },
		{ MANX_KIND_NODE, MANX_STALE_NODE },
	};
	char prefix[64];

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		manx_kind_prefix(manx_kind(kinds[i].id), NULL, prefix, sizeof(prefix));
		if (!strncmp(key, prefix, strlen(prefix)))
			return kinds[i].stale;
	}
	return 0;
}

/* True if @guard was about blocks and addresses, for which nodes compete. */
static bool meet_others(struct batch *b, const struct manx_guard *guard)
{
	switch (guard->key[0]) {
	case 'a':
		if (guard->kind == MANX_GUARD_ABSENT)
			lose_address(b, guard->key);
		else
			lose_blocks(b, "");
		return true;
	case 'b':
		lose_blocks(b, guard->key);
		return true;
	case 'i':
		b->cache->stale |= MANX_STALE_INDEX;
		return true;
	default:
		return false;
	}
}

/* A guard did not hold. */
static void refused(struct batch *b, const struct manx_error *err)
{
	const struct manx_guard *guard = b->store->failed;
	size_t at = guard ? (size_t)(guard - b->txn->guard) : 0;
	bool known = true;

	b->cache->counts.conflicts++;
	if (!guard) {	/* the store is another one */
		blame(b, 0, false, false, err);
		unpick_all(b);
		manx_ipam_cache_forget(b->cache);
		return;
	}
	if (!strncmp(guard->key, "m/gone/", 7)) {
		fail_all(b, true, -ESHUTDOWN, err);
		return;
	}
	if (guard->kind == MANX_GUARD_ABSENT && !strncmp(guard->key, "h/", 2) && end_repeated(b))
		return;
	if (meet_others(b, guard)) {
		b->contended++;
		b->cache->spread = b->cache->alone;
	} else if (stale_by(guard->key)) {
		b->cache->stale |= stale_by(guard->key);
	} else {	/* what a caller, or what a move from another handle rests on */
		known = false;
		for (size_t i = 0; i < b->n; i++)
			if (b->work[i].in && at >= b->work[i].guard && at < b->work[i].end)
				unpick(&b->work[i]);
	}
	blame(b, at, !known || guard->key[0] == 'a', !known, err);
	if (b->cache->alone) {
		unpick_all(b);
		manx_ipam_cache_forget(b->cache);
	}
}

static void commit(struct batch *b, size_t n)
{
	struct manx_error err = { 0 };
	int64_t rev;
	int ret;

	add_hints(b);
	ret = manx_store_commit(b->store, b->txn, &rev, &err);
	if (!ret)
		succeed(b, rev);
	else if (ret == -EAGAIN)
		refused(b, &err);
	else if (ret == -E2BIG && n > 1)
		b->most = 1;
	else
		fail_all(b, false, ret, &err);
}

/* What was only thought of claiming, and what is another's, is not kept. */
static void tidy(struct manx_ipam_cache *cache)
{
	for (size_t i = cache->n_held; i-- > 0;)
		if (cache->held[i]->how > MANX_HELD_OWN)
			manx_cache_drop(cache, cache->held[i]);
}

/* One transaction; false if nothing is left to be done. */
static bool step(struct batch *b)
{
	struct manx_error err = { 0 };
	size_t left = 0, n;
	int ret;

	for (size_t i = 0; i < b->n; i++)
		left += !b->work[i].done;
	if (!left)
		return false;
	manx_ipam_pause(b->contended);
	if (b->cache->stale) {	/* picks point into what is read anew */
		unpick_all(b);
		tidy(b->cache);
	}
	ret = manx_cache_refresh(b->cache, &err);
	if (!ret)
		ret = manx_cache_require_node(b->cache, &err);
	b->txn = ret ? NULL : manx_txn_new();
	if (!ret && !b->txn)
		ret = manx_fail(&err, -ENOMEM, "transaction: out of memory");
	if (ret) {
		fail_all(b, true, ret, &err);
		return false;
	}
	n = add_all(b);
	if (n)
		commit(b, n);
	manx_txn_free(b->txn);
	return true;
}

static void run(struct batch *b, struct manx_ipam_job *job)
{
	for (size_t i = 0; i < b->n; i++) {
		struct work *w = &b->work[i];
		int ret;

		w->job = &job[i];
		job[i].res = (struct manx_ipam_result){ .n = 0 };
		job[i].ret = 0;
		job[i].err = (struct manx_error){ 0 };
		ret = check_request(job[i].req, b->cache->node, &job[i].err);
		if (ret)
			end_work(w, ret, &job[i].err);
	}
	while (step(b))
		;
	tidy(b->cache);
}

void manx_ipam_assign_batch(struct manx_store *store, struct manx_ipam_cache *cache,
			    struct manx_ipam_job *job, size_t n)
{
	struct manx_ipam_cache *own = NULL;
	struct batch b = { .store = store, .cache = cache, .n = n, .most = TOGETHER };

	if (!n)
		return;
	if (!cache) {
		own = b.cache = manx_ipam_cache_new(store, job[0].req->node);
		if (own)
			own->alone = true;
	}
	b.work = calloc(n, sizeof(*b.work));
	if (b.work && b.cache)
		run(&b, job);
	else
		for (size_t i = 0; i < n; i++)
			job[i].ret = manx_fail(&job[i].err, -ENOMEM, "addresses: out of memory");
	free(b.work);
	manx_ipam_cache_free(own);
}
