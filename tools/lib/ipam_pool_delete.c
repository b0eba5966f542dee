// SPDX-License-Identifier: GPL-2.0-only
/*
 * Deleting pools: first nobody may take an address any more, then the blocks
 * go that hold none, then the pool, if no block is left in it.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "ipam_internal.h"

/* Keys read at once. */
#define PAGE 256

/* Nodes that a message names. */
#define NODES_TOLD 5

/* Call @fn for every key of @range, page by page. */
static int for_each_key(struct manx_store *store, const struct manx_key_range *range,
			int (*fn)(struct manx_store *store, const struct manx_kv *kv, void *ctx,
				  struct manx_error *err),
			void *ctx, struct manx_error *err)
{
	struct manx_key_range rest = *range;
	bool more = true;
	int ret = 0;

	while (more && ret >= 0) {
		struct manx_kvs kvs;

		ret = manx_store_range(store, rest.from, rest.to, PAGE, &kvs, err);
		more = kvs.n == PAGE;
		if (more)
			snprintf(rest.from, sizeof(rest.from), "%s~", kvs.kv[PAGE - 1].key);
		for (size_t i = 0; i < kvs.n && ret >= 0; i++)
			ret = fn(store, &kvs.kv[i], ctx, err);
		manx_kvs_clear(&kvs);
	}
	return ret < 0 ? ret : 0;
}

/* Nobody may take an address of @pool from here on. */
static int disable(struct manx_store *store, const struct manx_pool *pool, int64_t *rev,
		   struct manx_error *err)
{
	cJSON *spec = cJSON_GetObjectItemCaseSensitive(pool->resource.json, "spec");
	struct manx_txn *txn;
	char key[MANX_IPAM_KEY];
	char *value;
	int ret;

	*rev = pool->rev;
	if (pool->pool.disabled)
		return 0;
	cJSON_DeleteItemFromObjectCaseSensitive(spec, "disabled");
	if (!cJSON_AddTrueToObject(spec, "disabled"))
		return manx_fail(err, -ENOMEM, "IPPool(%s): out of memory", pool->pool.name);
	value = manx_resource_to_store(&pool->resource);
	txn = manx_txn_new();
	manx_txn_guard_rev(txn, manx_pool_key(pool->pool.name, key), pool->rev);
	manx_txn_put(txn, key, value);
	cJSON_free(value);
	ret = manx_store_commit(store, txn, rev, err);
	manx_txn_free(txn);
	return ret;
}

/**
 * struct tally - addresses in use, by node
 * @total: all of them
 * @node: the first nodes met, with their number of addresses
 * @nodes: entries of @node in use
 */
struct tally {
	uint64_t total;
	struct {
		char name[256];
		uint64_t n;
	} node[NODES_TOLD];
	size_t nodes;
};

static int count_used(struct manx_store *store, const struct manx_kv *kv, void *ctx,
		      struct manx_error *err)
{
	struct tally *tally = ctx;
	cJSON *json = cJSON_Parse(kv->value);
	const char *node = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, "node"));
	size_t i = 0;

	(void)store, (void)err;
	tally->total++;
	while (node && i < tally->nodes && strcmp(tally->node[i].name, node))
		i++;
	if (node && i < NODES_TOLD) {
		if (i == tally->nodes)
			snprintf(tally->node[tally->nodes++].name, sizeof(tally->node[i].name),
				 "%s", node);
		tally->node[i].n++;
	}
	cJSON_Delete(json);
	return 0;
}

/* -EBUSY; -EAGAIN if the last address was released just now. */
static int fail_busy(struct manx_store *store, const struct manx_ippool *pool,
		     struct manx_error *err)
{
	struct manx_space space = manx_space_of_blocks(&pool->cidr, pool->block_size);
	struct manx_key_range range;
	struct tally tally = { .total = 0 };
	char nodes[600] = "";
	size_t at = 0;
	int ret;

	space.keys = "a/";
	range = manx_space_keys(&space);
	ret = for_each_key(store, &range, count_used, &tally, err);
	if (ret || !tally.total)
		return ret ? ret : -EAGAIN;
	for (size_t i = 0; i < tally.nodes && at < sizeof(nodes); i++)
		at += (size_t)snprintf(nodes + at, sizeof(nodes) - at, "%s%s %" PRIu64,
				       i ? ", " : "", tally.node[i].name, tally.node[i].n);
	return manx_fail(err, -EBUSY,
			 "IPPool(%s): %" PRIu64 " of its addresses are in use (%s%s): it is disabled now; delete it again when they are released",
			 pool->name, tally.total, nodes,
			 tally.nodes == NODES_TOLD ? ", ..." : "");
}

static int give_back(struct manx_store *store, const struct manx_kv *kv, void *ctx,
		     struct manx_error *err)
{
	(void)ctx;
	return manx_block_give_back(store, kv, err);
}

/* -EAGAIN: the pool was changed, or a block lies in it. */
static int delete_empty(struct manx_store *store, const char *name, int64_t rev,
			const struct manx_key_range *blocks, struct manx_error *err)
{
	struct manx_txn *txn = manx_txn_new();
	char key[MANX_IPAM_KEY];
	int ret;

	manx_txn_guard_rev(txn, manx_pool_key(name, key), rev);
	manx_txn_guard_empty(txn, blocks->from, blocks->to);
	manx_txn_del(txn, key);
	ret = manx_store_commit(store, txn, NULL, err);
	manx_txn_free(txn);
	return ret;
}

static int delete_pool(struct manx_store *store, const struct manx_pool *pool,
		       struct manx_error *err)
{
	const struct manx_ippool *p = &pool->pool;
	struct manx_space space = manx_space_of_blocks(&p->cidr, p->block_size);
	struct manx_key_range blocks = manx_space_keys(&space);
	int64_t rev;
	int ret = disable(store, pool, &rev, err);

	if (!ret)
		ret = for_each_key(store, &blocks, give_back, NULL, err);
	if (ret)
		return ret;
	ret = delete_empty(store, p->name, rev, &blocks, err);
	return ret == -EAGAIN ? fail_busy(store, p, err) : ret;
}

static int delete_once(struct manx_store *store, const char *name, struct manx_error *err)
{
	const struct manx_pool *pool;
	struct manx_pools pools;
	int ret = manx_pools_read(store, &pools, err);

	if (ret)
		return ret;
	pool = manx_pools_find(&pools, name);
	ret = pool ? delete_pool(store, pool, err)
		   : manx_fail(err, -ENOENT, "IPPool(%s) does not exist", name);
	manx_pools_clear(&pools);
	return ret;
}

int manx_ipam_delete_pool(struct manx_store *store, const char *name, struct manx_error *err)
{
	int ret = -EAGAIN;

	for (unsigned int try = 0; try < MANX_IPAM_TRIES && ret == -EAGAIN; try++) {
		manx_ipam_pause(try);
		ret = delete_once(store, name, err);
	}
	return ret;
}
