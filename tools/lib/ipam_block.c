// SPDX-License-Identifier: GPL-2.0-only
/*
 * Giving blocks back.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "ipam_internal.h"

/*
 * Exact against somebody who takes an address of the block at the same time: if
 * he is first, the range is not empty; if we are, his guard on the block fails.
 */
int manx_block_give_back(struct manx_store *store, const struct manx_kv *kv,
			 struct manx_error *err)
{
	struct manx_held held = { .rev = kv->mod_rev };
	struct manx_block block;
	struct manx_txn *txn;
	char key[MANX_IPAM_KEY];
	int ret = manx_block_decode(kv, &block, err);

	if (ret)
		return ret;
	held.cidr = block.cidr;
	txn = manx_txn_new();
	manx_guard_block_claim(txn, &held);
	manx_guard_block_empty(txn, &block.cidr);
	manx_txn_del(txn, kv->key);
	manx_txn_del(txn, manx_index_key(block.node, &block.cidr, key));
	manx_txn_del(txn, manx_last_key(&block.cidr, key));
	ret = manx_store_commit(store, txn, NULL, err);
	manx_txn_free(txn);
	manx_block_clear(&block);
	if (ret == -EAGAIN)
		return 0;
	return ret ? ret : 1;
}

/* True if addresses may still be given out of @block; @ask: of its node. */
static bool in_service(const struct manx_ask *ask, const struct manx_block *block)
{
	const struct manx_pool *pool = manx_pools_find(ask->pools, block->pool);

	return pool && !pool->pool.disabled &&
	       manx_prefix_covers(&pool->pool.cidr, &block->cidr) &&
	       (pool->pool.manual || manx_pool_selects(ask, &pool->pool));
}

/* @key is in the index of @node's blocks; the block's record decides. */
static int release_indexed(struct manx_store *store, const char *node,
			   const struct manx_ask *ask, const char *key, struct manx_error *err)
{
	char block_key[MANX_IPAM_KEY];
	struct manx_block block;
	struct manx_kv kv;
	int ret;

	snprintf(block_key, sizeof(block_key), "b/%s", key + strlen("i//") + strlen(node));
	ret = manx_store_get(store, block_key, &kv, err);
	if (ret)
		return ret == -ENOENT ? 0 : ret;
	ret = manx_block_decode(&kv, &block, err);
	if (!ret) {
		if (strcmp(block.node, node) == 0 && !in_service(ask, &block))
			ret = manx_block_give_back(store, &kv, err);
		manx_block_clear(&block);
	}
	manx_kv_clear(&kv);
	return ret < 0 ? ret : 0;
}

static int check_node(const char *node, struct manx_error *err)
{
	if (manx_name_is_valid(node))
		return 0;
	return manx_fail(err, -EINVAL, "node \"%s\" is no name of a node", node);
}

/* Of @node's blocks without addresses those that no pool has in service. */
static int release_blocks(struct manx_store *store, const char *node,
			  const struct manx_ask *ask, struct manx_error *err)
{
	char prefix[MANX_IPAM_KEY];
	struct manx_kvs index;
	int ret;

	snprintf(prefix, sizeof(prefix), "i/%s/", node);
	ret = manx_store_list(store, prefix, &index, err);
	if (ret)
		return ret;
	for (size_t i = 0; i < index.n && !ret; i++)
		ret = release_indexed(store, node, ask, index.kv[i].key, err);
	manx_kvs_clear(&index);
	return ret;
}

int manx_ipam_release_blocks(struct manx_store *store, const char *node, struct manx_error *err)
{
	struct manx_ipam_cache *cache;
	struct manx_ask ask;
	int ret = check_node(node, err);

	if (ret)
		return ret;
	cache = manx_ipam_cache_new(store, node);
	if (!cache)
		return manx_fail(err, -ENOMEM, "blocks: out of memory");
	ret = manx_cache_refresh(cache, err);
	ask = manx_cache_ask(cache);
	if (!ret)
		ret = release_blocks(store, node, &ask, err);
	manx_ipam_cache_free(cache);
	return ret;
}
