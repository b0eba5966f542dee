// SPDX-License-Identifier: GPL-2.0-only
/*
 * A block ahead: other nodes learn of a block some time after it was claimed, and
 * until then do not reach its first address. So the next block is claimed before
 * the last one is full, when nobody waits for it.
 */
#include <errno.h>

#include "ipam_internal.h"

/* True if less than a quarter is free of all that the node has of @pool; false if it has none. */
static int is_short(struct manx_ipam_cache *cache, const struct manx_pool *pool,
		    struct manx_error *err)
{
	uint64_t left = 0, size = 0;

	for (size_t i = 0; i < cache->n_held;) {
		struct manx_held *held = cache->held[i];
		int ret = 1;

		if (manx_prefix_covers(&pool->pool.cidr, &held->cidr)) {
			ret = manx_cache_read(cache, held, err);
			if (ret == 1 && held->how == MANX_HELD_OWN) {
				size = held->count;
				left += held->count - held->n_used;
			}
		}
		if (ret < 0)
			return ret;
		i += (size_t)ret;
	}
	return size && left < (size + 3) / 4;
}

static int claim(struct manx_store *store, struct manx_ipam_cache *cache,
		 const struct manx_pool *pool, struct manx_error *err)
{
	struct manx_held *held;
	const char *why = "";
	struct manx_txn *txn;
	int64_t rev;
	int ret = manx_pick_block(cache, pool, &held, &why, err);

	if (ret != 1)
		return ret;
	txn = manx_txn_new();
	manx_guard_node_not_removed(txn, cache);
	manx_guard_config_unchanged(txn, cache);
	manx_guard_pool_enabled(txn, pool);
	manx_pick_take_block(txn, cache, held, pool);
	ret = manx_store_commit(store, txn, &rev, err);
	manx_txn_free(txn);
	if (!ret) {
		manx_cache_claimed(cache, held, pool, rev);
		return 0;
	}
	manx_cache_drop(cache, held);
	/* somebody was first, so what was read is old; another time, then */
	if (ret == -EAGAIN)
		cache->stale |= MANX_STALE_POOLS | MANX_STALE_CONFIG | MANX_STALE_NODE |
				MANX_STALE_INDEX;
	return ret == -EAGAIN ? 0 : ret;
}

int manx_ipam_claim_ahead(struct manx_store *store, struct manx_ipam_cache *cache,
			  struct manx_error *err)
{
	int ret = manx_cache_refresh(cache, err);

	if (!ret)
		ret = manx_cache_require_node(cache, err);
	for (size_t i = 0; i < cache->pools.n && !ret; i++) {
		const struct manx_pool *pool = &cache->pools.pool[i];

		if (pool->pool.disabled)
			continue;
		ret = is_short(cache, pool, err);
		if (ret == 1)
			ret = claim(store, cache, pool, err);
	}
	return ret;
}
