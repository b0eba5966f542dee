// SPDX-License-Identifier: GPL-2.0-only
/*
 * Dividing a pool: the parts take its place in one transaction, so there is no
 * moment without a pool, and no need to lock anything. Blocks and addresses stay.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ipam_view_internal.h"

/* As many as fit in one transaction. */
#define PARTS_MAX 64

static int check_parts(const struct manx_ippool *p, unsigned int parts, unsigned int *bits,
		       struct manx_error *err)
{
	for (*bits = 0; 1u << *bits < parts; ++*bits)
		;
	if (parts < 2 || parts > PARTS_MAX || 1u << *bits != parts)
		return manx_fail(err, -EINVAL, "%u: allowed are 2, 4, 8, ... up to %d", parts, PARTS_MAX);
	if (p->cidr.len + *bits > p->block_size)
		return manx_fail(err, -EINVAL,
				 "IPPool(%s): %u parts would be smaller than its blocks of /%u",
				 p->name, parts, p->block_size);
	return 0;
}

/* Part number @i of @pool: "split-<name>-<i>". */
static int put_part(struct manx_txn *txn, const struct manx_pool *pool, unsigned int i,
		    const struct manx_prefix *cidr, struct manx_error *err)
{
	char name[300], text[MANX_ADDR_STRLEN], key[MANX_IPAM_KEY];
	cJSON *json = cJSON_Duplicate(pool->resource.json, true);
	cJSON *meta = cJSON_GetObjectItemCaseSensitive(json, "metadata");
	cJSON *spec = cJSON_GetObjectItemCaseSensitive(json, "spec");
	char *value = NULL;
	bool ok;

	snprintf(name, sizeof(name), "split-%s-%u", pool->pool.name, i);
	ok = cJSON_ReplaceItemInObjectCaseSensitive(meta, "name", cJSON_CreateString(name)) &&
	     cJSON_ReplaceItemInObjectCaseSensitive(spec, "cidr", cJSON_CreateString(
						    manx_prefix_format(cidr, text)));
	if (ok)
		value = cJSON_PrintUnformatted(json);
	cJSON_Delete(json);
	if (!value)
		return manx_fail(err, -ENOMEM, "IPPool(%s): out of memory", pool->pool.name);
	if (!manx_name_is_valid(name)) {
		cJSON_free(value);
		return manx_fail(err, -EINVAL, "IPPool(%s): the names of its parts would be too long",
				 pool->pool.name);
	}
	manx_txn_guard_absent(txn, manx_pool_key(name, key));
	manx_txn_put(txn, key, value);
	cJSON_free(value);
	return 0;
}

static int split(struct manx_store *store, const struct manx_pool *pool, unsigned int parts,
		 struct manx_error *err)
{
	struct manx_space space;
	struct manx_txn *txn;
	char key[MANX_IPAM_KEY];
	unsigned int bits;
	int ret = check_parts(&pool->pool, parts, &bits, err);

	if (ret)
		return ret;
	space = manx_space_of_blocks(&pool->pool.cidr, (uint8_t)(pool->pool.cidr.len + bits));
	txn = manx_txn_new();
	manx_txn_guard_rev(txn, manx_pool_key(pool->pool.name, key), pool->rev);
	manx_txn_del(txn, key);
	for (unsigned int i = 0; i < parts && !ret; i++) {
		struct manx_prefix cidr = manx_space_at(&space, i);

		ret = put_part(txn, pool, i, &cidr, err);
	}
	if (!ret)
		ret = manx_store_commit(store, txn, NULL, err);
	manx_txn_free(txn);
	return ret;
}

int manx_ipam_split(struct manx_store *store, const char *name, unsigned int parts,
		    struct manx_error *err)
{
	const struct manx_pool *pool;
	struct manx_pools pools;
	int ret = manx_pools_read(store, &pools, err);

	if (ret)
		return ret;
	pool = manx_pools_find(&pools, name);
	ret = pool ? split(store, pool, parts, err) :
	      manx_fail(err, -ENOENT, "IPPool(%s): not found", name);
	manx_pools_clear(&pools);
	return ret;
}
