// SPDX-License-Identifier: GPL-2.0-only
/*
 * Blocks of other nodes: an address is borrowed out of one that has some left; one
 * that holds none for long is taken over.
 *
 * Not every block is read: the search begins where the node always begins, goes
 * page by page, ends at the first that serves, and passes over those that were full
 * a moment ago. How long a block was empty is measured by this node's own clock
 * alone, from when it saw it so: at the same revision, so no other owner came between.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ipam_internal.h"

/* Blocks read at once. */
#define PAGE 32

/* Taken over when it was seen empty so long ago. */
#define EMPTY_MS 60000
/* Not looked at when it was seen full so short a time ago. */
#define FULL_MS 10000

static bool is_full(struct manx_ipam_cache *cache, const struct manx_kv *kv)
{
	const struct manx_seen *seen = manx_cache_seen(cache, kv->key, kv->mod_rev);

	return seen && !seen->empty && manx_cache_now() - seen->since < FULL_MS;
}

static bool was_empty_long(struct manx_ipam_cache *cache, const struct manx_kv *kv)
{
	const struct manx_seen *seen = manx_cache_seen(cache, kv->key, kv->mod_rev);

	return seen && seen->empty && manx_cache_now() - seen->since >= EMPTY_MS;
}

/* @held, another's, was read: 1 if it serves. */
static int use(struct manx_ipam_cache *cache, const struct manx_pool *pool,
	       const struct manx_kv *kv, struct manx_held *held, struct manx_pick *pick,
	       const char **why)
{
	const char *no_claim;

	if (!held->n_used && was_empty_long(cache, kv) &&
	    manx_pick_may_claim(cache, held->cidr.addr.family, &no_claim)) {
		held->how = MANX_HELD_TAKE;
		return manx_pick_from(cache, pool, held, pick);
	}
	if (!held->n_used)
		manx_cache_see(cache, kv->key, kv->mod_rev, true);
	else
		manx_cache_unsee(cache, kv->key);
	if (cache->config.strict_affinity) {
		if (!**why)
			*why = "; strictAffinity forbids to borrow";
		return 0;
	}
	if (manx_pick_from(cache, pool, held, pick))
		return 1;
	manx_cache_see(cache, kv->key, kv->mod_rev, false);
	return 0;
}

static int look_at(struct manx_ipam_cache *cache, const struct manx_pool *pool,
		   const struct manx_kv *kv, struct manx_pick *pick, const char **why,
		   struct manx_error *err)
{
	struct manx_held *held = NULL;
	struct manx_block block;
	int ret = manx_block_decode(kv, &block, err);

	if (ret)
		return ret;
	if (strcmp(block.node, cache->node) && manx_prefix_covers(&pool->pool.cidr, &block.cidr) &&
	    !manx_cache_find(cache, &block.cidr)) {
		held = manx_cache_add(cache, &block.cidr, MANX_HELD_BORROW, err);
		ret = held ? 0 : -ENOMEM;
	}
	if (held) {
		held->rev = kv->mod_rev;
		held->owner = block.node;
		held->pool = block.pool;
		block.node = block.pool = NULL;
		ret = manx_cache_read(cache, held, err);
		if (ret == 1)
			ret = use(cache, pool, kv, held, pick, why);
		if (ret != 1)
			manx_cache_drop(cache, held);
	}
	manx_block_clear(&block);
	return ret;
}

/* Among those from number @first to @last. */
static int look_between(struct manx_ipam_cache *cache, const struct manx_pool *pool,
			struct manx_key_range range, struct manx_pick *pick, const char **why,
			struct manx_error *err)
{
	bool more = true;
	int ret = 0;

	while (more && !ret) {
		struct manx_kvs kvs;

		ret = manx_store_range(cache->store, range.from, range.to, PAGE, &kvs, err);
		for (size_t i = 0; i < kvs.n && !ret; i++)
			if (!is_full(cache, &kvs.kv[i]))
				ret = look_at(cache, pool, &kvs.kv[i], pick, why, err);
		more = kvs.n == PAGE;
		if (more)
			snprintf(range.from, sizeof(range.from), "%s~", kvs.kv[PAGE - 1].key);
		manx_kvs_clear(&kvs);
	}
	return ret;
}

int manx_pick_other(struct manx_ipam_cache *cache, const struct manx_pool *pool,
		    struct manx_pick *pick, const char **why, struct manx_error *err)
{
	struct manx_space space = manx_space_of_blocks(&pool->pool.cidr, pool->pool.block_size);
	uint64_t start = manx_pick_start(cache, &space);
	int ret;

	/* who must not borrow and remembers nothing can only be told no */
	if (cache->config.strict_affinity && cache->alone) {
		if (!**why)
			*why = "; strictAffinity forbids to borrow";
		return 0;
	}
	ret = look_between(cache, pool, manx_space_range(&space, start, space.count - 1), pick,
			   why, err);
	if (ret || !start)
		return ret;
	return look_between(cache, pool, manx_space_range(&space, 0, start - 1), pick, why, err);
}
