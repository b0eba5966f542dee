// SPDX-License-Identifier: GPL-2.0-only
/*
 * Making and changing pools: what must hold between pools and blocks is checked
 * in the transaction that makes the change.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "ipam_internal.h"

static int check_overlap(const struct manx_pools *pools, const struct manx_ippool *pool,
			 struct manx_error *err)
{
	char mine[MANX_ADDR_STRLEN], other[MANX_ADDR_STRLEN];

	for (size_t i = 0; i < pools->n; i++) {
		const struct manx_ippool *p = &pools->pool[i].pool;

		if (strcmp(p->name, pool->name) && manx_prefix_overlaps(&p->cidr, &pool->cidr))
			return manx_fail(err, -EEXIST,
					 "IPPool(%s): spec.cidr: %s overlaps IPPool(%s) with %s: choose another CIDR",
					 pool->name, manx_prefix_format(&pool->cidr, mine), p->name,
					 manx_prefix_format(&p->cidr, other));
	}
	return 0;
}

static int check_block(const struct manx_ippool *pool, const char *key, struct manx_error *err)
{
	char cidr[MANX_ADDR_STRLEN];
	struct manx_prefix block;

	if (!manx_prefix_from_key(key + strlen("b/"), &block) ||
	    !manx_prefix_overlaps(&pool->cidr, &block) || block.len == pool->block_size)
		return 0;
	return manx_fail(err, -EEXIST,
			 "IPPool(%s): spec.blockSize: %u, but %s is a block already: use its size, or wait until its addresses are released",
			 pool->name, pool->block_size, manx_prefix_format(&block, cidr));
}

/* No block of another size may lie in the pool, or around it; *rev: when that was true. */
static int check_blocks(struct manx_store *store, const struct manx_ippool *pool, int64_t *rev,
			struct manx_error *err)
{
	char prefix[8];
	struct manx_kvs blocks;
	int ret;

	snprintf(prefix, sizeof(prefix), "b/%u/", pool->cidr.addr.family);
	ret = manx_store_list(store, prefix, &blocks, err);
	*rev = blocks.rev;
	for (size_t i = 0; i < blocks.n && !ret; i++)
		ret = check_block(pool, blocks.kv[i].key, err);
	manx_kvs_clear(&blocks);
	return ret;
}

/* What is there under the name must be what the caller thinks. */
static int check_current(const struct manx_resource *pool, const struct manx_pool *old,
			 int64_t mod_rev, struct manx_error *err)
{
	if (!mod_rev && old)
		return manx_fail(err, -EEXIST, "IPPool(%s) exists already", pool->name);
	if (mod_rev && (!old || old->rev != mod_rev))
		return manx_fail(err, -EAGAIN, "IPPool(%s) was %s meanwhile: read it again",
				 pool->name, old ? "changed" : "deleted");
	return old ? manx_resource_check_change(&old->resource, pool, err) : 0;
}

static int commit_pool(struct manx_store *store, const struct manx_resource *pool,
		       const struct manx_ippool *p, int64_t mod_rev, int64_t pools_rev,
		       int64_t blocks_rev, struct manx_error *err)
{
	struct manx_txn *txn = manx_txn_new();
	char *value = manx_resource_to_store(pool);
	char key[MANX_IPAM_KEY];
	int ret;

	manx_txn_put(txn, manx_pool_key(pool->name, key), value);
	cJSON_free(value);
	/* this pool is still what check_current() saw, and no other pool is in its way */
	if (mod_rev)
		manx_txn_guard_rev(txn, key, mod_rev);
	else
		manx_txn_guard_absent(txn, key);
	manx_kind_prefix(pool->kind, NULL, key, sizeof(key));
	manx_txn_guard_unchanged(txn, key, pools_rev);
	snprintf(key, sizeof(key), "b/%u/", p->cidr.addr.family);
	manx_txn_guard_unchanged(txn, key, blocks_rev);
	ret = manx_store_commit(store, txn, NULL, err);
	manx_txn_free(txn);
	return ret;
}

/* *again: somebody claimed a block or changed a pool between reading and writing. */
static int put_once(struct manx_store *store, const struct manx_resource *pool, int64_t mod_rev,
		    bool *again, struct manx_error *err)
{
	struct manx_pools pools;
	struct manx_ippool p;
	int64_t blocks_rev;
	int ret = manx_ippool_decode(pool, &p, err);

	*again = false;
	if (!ret)
		ret = manx_pools_read(store, &pools, err);
	if (ret)
		return ret;
	ret = check_current(pool, manx_pools_find(&pools, pool->name), mod_rev, err);
	if (!ret)
		ret = check_overlap(&pools, &p, err);
	if (!ret)
		ret = check_blocks(store, &p, &blocks_rev, err);
	if (!ret) {
		ret = commit_pool(store, pool, &p, mod_rev, pools.rev, blocks_rev, err);
		*again = ret == -EAGAIN;
	}
	manx_pools_clear(&pools);
	return ret;
}

int manx_ipam_put_pool(struct manx_store *store, const struct manx_resource *pool,
		       int64_t mod_rev, struct manx_error *err)
{
	bool again = true;
	int ret = -EAGAIN;

	for (unsigned int try = 0; try < MANX_IPAM_TRIES && again; try++) {
		manx_ipam_pause(try);
		ret = put_once(store, pool, mod_rev, &again, err);
	}
	return ret;
}
