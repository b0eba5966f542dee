// SPDX-License-Identifier: GPL-2.0-only
/*
 * Choosing one address, and the guards and writes that take it.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ipam_internal.h"
#include "store_internal.h"

/* FNV-1a, 32 bits: nodes begin at different places, each always at the same. */
static uint32_t hash(const char *s)
{
	uint32_t h = 0x811c9dc5;

	for (; *s; s++)
		h = (h ^ (unsigned char)*s) * 0x01000193;
	return h;
}

uint64_t manx_pick_start(const struct manx_ipam_cache *cache, const struct manx_space *space)
{
	return hash(cache->node) % space->count;
}

int manx_pick_from(struct manx_ipam_cache *cache, const struct manx_pool *pool,
		   struct manx_held *held, struct manx_pick *pick)
{
	struct manx_space space = manx_space_of_addrs(&held->cidr);
	uint64_t i;

	if (!manx_held_next(cache, held, &i))
		return 0;
	manx_held_set(held, i, true);
	held->next = (i + 1) % held->count;
	pick->pool = pool;
	pick->held = held;
	pick->i = i;
	pick->addr = manx_space_at(&space, i).addr;
	return 1;
}

/* Blocks that are held already: ours, or if @borrowed those of others. */
static int try_held(struct manx_ipam_cache *cache, const struct manx_pool *pool, bool borrowed,
		    struct manx_pick *pick, struct manx_error *err)
{
	size_t first = cache->spread && cache->n_held ? manx_ipam_random(cache->n_held) : 0;

	for (size_t n = 0; n < cache->n_held;) {
		struct manx_held *held = cache->held[(first + n) % cache->n_held];
		int ret = 1;

		if ((held->how == MANX_HELD_BORROW) == borrowed &&
		    manx_prefix_covers(&pool->pool.cidr, &held->cidr)) {
			ret = manx_cache_read(cache, held, err);
			if (ret == 1 && manx_pick_from(cache, pool, held, pick))
				return 1;
		}
		if (ret < 0)
			return ret;
		n += ret;	/* else it was dropped, and another one is in its place */
	}
	return 0;
}

static int try_own(struct manx_ipam_cache *cache, const struct manx_pool *pool,
		   struct manx_pick *pick, const char **why, struct manx_error *err)
{
	(void)why;
	return try_held(cache, pool, false, pick, err);
}

bool manx_pick_may_claim(const struct manx_ipam_cache *cache, uint8_t family, const char **why)
{
	if (cache->config.no_new_blocks)
		*why = "; autoAllocateBlocks of the IPAMConfiguration is false";
	else if (cache->config.max_blocks &&
		 manx_cache_count(cache, family) >= cache->config.max_blocks)
		*why = "; the node has maxBlocksPerHost blocks";
	else
		return true;
	return false;
}

/* The number behind the blocks that @reserved covers. */
static uint64_t behind(const struct manx_space *space, const struct manx_prefix *reserved)
{
	struct manx_addr first = manx_prefix_mask(reserved).addr;

	return (manx_space_index(space, &first) + (1ull << (space->unit - reserved->len))) %
	       space->count;
}

static size_t count_reserved(const struct manx_ipam_cache *cache)
{
	size_t n = 0;

	for (size_t i = 0; i < cache->n_reserved; i++)
		n += cache->reserved[i].n_net;
	return n;
}

/* 1 and *block, which nobody has, no reservation covers, and we are not about to claim. */
static int find_block(struct manx_ipam_cache *cache, const struct manx_pool *pool,
		      struct manx_prefix *block, struct manx_error *err)
{
	struct manx_space space = manx_space_of_blocks(&pool->pool.cidr, pool->pool.block_size);
	uint64_t start = manx_pick_start(cache, &space), i;
	size_t passes = cache->n_held + count_reserved(cache) + 1;

	for (; passes; passes--) {
		const struct manx_prefix *reserved;
		int ret = manx_space_find_free(cache->store, &space, start, &i, err);

		if (ret != 1)
			return ret;
		*block = manx_space_at(&space, i);
		reserved = manx_cache_reserved(cache, block);
		if (reserved && reserved->len <= pool->pool.cidr.len)
			return 0;
		if (!reserved && !manx_cache_find(cache, block))
			return 1;
		start = reserved ? behind(&space, reserved) : (i + 1) % space.count;
	}
	return 0;
}

int manx_pick_block(struct manx_ipam_cache *cache, const struct manx_pool *pool,
		    struct manx_held **held, const char **why, struct manx_error *err)
{
	struct manx_prefix block;
	int ret = 0;

	if (manx_pick_may_claim(cache, pool->pool.cidr.addr.family, why))
		ret = find_block(cache, pool, &block, err);
	if (ret != 1)
		return ret;
	*held = manx_cache_add(cache, &block, MANX_HELD_CLAIM, err);
	if (!*held)
		return -ENOMEM;
	ret = manx_cache_read(cache, *held, err);
	if (ret < 0)
		manx_cache_drop(cache, *held);
	return ret;
}

/* One whose addresses are all reserved, one by one, is of no use; it is dropped in the end. */
static int try_claim(struct manx_ipam_cache *cache, const struct manx_pool *pool,
		     struct manx_pick *pick, const char **why, struct manx_error *err)
{
	struct manx_held *held;
	int ret;

	do {
		ret = manx_pick_block(cache, pool, &held, why, err);
	} while (ret == 1 && !manx_pick_from(cache, pool, held, pick));
	return ret;
}

static int try_borrow(struct manx_ipam_cache *cache, const struct manx_pool *pool,
		      struct manx_pick *pick, const char **why, struct manx_error *err)
{
	int ret = try_held(cache, pool, true, pick, err);

	return ret ? ret : manx_pick_other(cache, pool, pick, why, err);
}

int manx_pick_addr(struct manx_ipam_cache *cache, const struct manx_pool_choice *choice,
		   struct manx_pick *pick, const char **why, struct manx_error *err)
{
	static int (*const ways[])(struct manx_ipam_cache *cache, const struct manx_pool *pool,
				   struct manx_pick *pick, const char **why,
				   struct manx_error *err) = {
		try_own, try_claim, try_borrow,
	};
	int ret = 0;

	*pick = (struct manx_pick){ .pool = NULL };
	*why = "";
	for (size_t w = 0; w < sizeof(ways) / sizeof(ways[0]) && !ret; w++)
		for (size_t i = 0; i < choice->n && !ret; i++)
			ret = ways[w](cache, choice->pool[i], pick, why, err);
	return ret;
}

static void put_block(struct manx_txn *txn, const struct manx_ipam_cache *cache,
		      const struct manx_held *held, const struct manx_pool *pool)
{
	char key[MANX_IPAM_KEY];

	manx_guard_budget(txn, cache, held->cidr.addr.family);
	manx_put_record(txn, manx_block_key(&held->cidr, key),
			(const char *[]){ "owner", cache->node, "pool", pool->pool.name, NULL });
	manx_put_record(txn, manx_index_key(cache->node, &held->cidr, key),
			(const char *[]){ NULL });
}

void manx_pick_take_block(struct manx_txn *txn, const struct manx_ipam_cache *cache,
			  const struct manx_held *held, const struct manx_pool *pool)
{
	char key[MANX_IPAM_KEY];

	if (manx_txn_writes(txn, manx_block_key(&held->cidr, key)))
		return;
	if (held->how == MANX_HELD_CLAIM) {
		manx_guard_block_absent(txn, held);
		put_block(txn, cache, held, pool);
		return;
	}
	manx_guard_block_claim(txn, held);
	if (held->how != MANX_HELD_TAKE)
		return;
	manx_guard_block_empty(txn, &held->cidr);
	put_block(txn, cache, held, pool);
	manx_txn_del(txn, manx_index_key(held->owner, &held->cidr, key));
}

void manx_pick_take(struct manx_txn *txn, const struct manx_ipam_cache *cache,
		    const struct manx_pick *pick, const struct manx_ipam_request *req)
{
	const struct manx_moved *moved = &pick->moved;
	char key[MANX_IPAM_KEY];

	manx_guard_pool_enabled(txn, pick->pool);
	manx_pick_take_block(txn, cache, pick->held, pick->pool);
	manx_used_key(&pick->addr, key);
	if (moved->handle) {
		manx_guard_handle_unchanged(txn, moved->handle, moved->h.rev);
		manx_txn_guard_rev(txn, key, moved->addr_rev);
		if (moved->endpoint_rev && !manx_txn_guards(txn, moved->h.endpoint))
			manx_txn_guard_rev(txn, moved->h.endpoint, moved->endpoint_rev);
	} else {
		manx_guard_address_absent(txn, &pick->addr);
	}
	manx_put_record(txn, key, (const char *[]){
		"handle", req->handle, "uid", req->uid, "node", req->node,
		"state", req->note ? "quarantined" : "used",
		req->note ? "note" : NULL, req->note, NULL,
	});
	if (pick->held->how == MANX_HELD_BORROW)
		manx_put_record(txn, manx_borrowed_key(&pick->addr, key),
				(const char *[]){ "node", req->node, NULL });
}
