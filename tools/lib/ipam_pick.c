// SPDX-License-Identifier: GPL-2.0-only
/*
 * Choosing one address, and the guards and writes that take it.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ipam_internal.h"

/* Blocks read at once while looking for one to borrow from. */
#define PAGE 32

/**
 * struct search - one address is looked for
 * @store, @node, @spread: as in manx_pick_addr()
 * @own: index of this node's blocks of the family
 */
struct search {
	struct manx_store *store;
	const char *node;
	bool spread;
	struct manx_kvs own;
};

/* FNV-1a, 32 bits: nodes begin at different places, each always at the same. */
static uint32_t hash(const char *s)
{
	uint32_t h = 0x811c9dc5;

	for (; *s; s++)
		h = (h ^ (unsigned char)*s) * 0x01000193;
	return h;
}

/* Where to begin in a block: after the address that was given last. */
static int first_to_try(const struct search *s, const struct manx_space *block, uint64_t *start,
			struct manx_error *err)
{
	char key[MANX_IPAM_KEY];
	struct manx_addr last;
	const char *text;
	struct manx_kv kv;
	cJSON *json;
	int ret;

	*start = 0;
	if (s->spread) {
		*start = manx_ipam_random(block->count);
		return 0;
	}
	ret = manx_store_get(s->store, manx_last_key(&block->cidr, key), &kv, err);
	if (ret)
		return ret == -ENOENT ? 0 : ret;
	json = cJSON_Parse(kv.value);
	text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, "address"));
	/* only a hint: one that says nothing does no harm */
	if (text && manx_addr_parse(text, &last) && manx_prefix_contains(&block->cidr, &last))
		*start = (manx_space_index(block, &last) + 1) % block->count;
	cJSON_Delete(json);
	manx_kv_clear(&kv);
	return 0;
}

static int look_at_addrs(const struct search *s, const struct manx_pool *pool,
			 const struct manx_prefix *block, struct manx_pick *pick,
			 struct manx_error *err)
{
	struct manx_space space = manx_space_of_addrs(block);
	uint64_t start, i;
	int ret = first_to_try(s, &space, &start, err);

	if (ret)
		return ret;
	ret = manx_space_find_free(s->store, &space, start, &i, err);
	if (ret != 1)
		return ret;
	pick->pool = pool;
	pick->block = *block;
	pick->addr = manx_space_at(&space, i).addr;
	return 1;
}

/* Look in the claimed block under @kv: our own, or one to @borrow from. */
static int look_in_block(const struct search *s, const struct manx_pool *pool,
			 const struct manx_kv *kv, bool borrow, struct manx_pick *pick,
			 struct manx_error *err)
{
	struct manx_block block;
	int ret = manx_block_decode(kv, &block, err);
	bool ours;

	if (ret)
		return ret;
	ours = strcmp(block.node, s->node) == 0;
	if (ours != borrow && manx_prefix_covers(&pool->pool.cidr, &block.cidr))
		ret = look_at_addrs(s, pool, &block.cidr, pick, err);
	manx_block_clear(&block);
	pick->block_rev = kv->mod_rev;
	pick->borrowed = borrow;
	return ret;
}

/* The index says that @block is ours; its record decides. */
static int look_in_own(const struct search *s, const struct manx_pool *pool,
		       const struct manx_prefix *block, struct manx_pick *pick,
		       struct manx_error *err)
{
	char key[MANX_IPAM_KEY];
	struct manx_kv kv;
	int ret = manx_store_get(s->store, manx_block_key(block, key), &kv, err);

	if (ret)
		return ret == -ENOENT ? 0 : ret;
	ret = look_in_block(s, pool, &kv, false, pick, err);
	manx_kv_clear(&kv);
	return ret;
}

static int try_own(const struct search *s, const struct manx_pool *pool, struct manx_pick *pick,
		   struct manx_error *err)
{
	size_t prefix = strlen("i//") + strlen(s->node);
	size_t first = s->spread && s->own.n ? manx_ipam_random(s->own.n) : 0;
	int ret = 0;

	for (size_t i = 0; i < s->own.n && !ret; i++) {
		const char *key = s->own.kv[(first + i) % s->own.n].key;
		struct manx_prefix block;

		if (manx_prefix_from_key(key + prefix, &block) &&
		    manx_prefix_covers(&pool->pool.cidr, &block))
			ret = look_in_own(s, pool, &block, pick, err);
	}
	return ret;
}

static int try_claim(const struct search *s, const struct manx_pool *pool,
		     struct manx_pick *pick, struct manx_error *err)
{
	struct manx_space space = manx_space_of_blocks(&pool->pool.cidr, pool->pool.block_size);
	struct manx_prefix block;
	uint64_t i;
	int ret = manx_space_find_free(s->store, &space, hash(s->node) % space.count, &i, err);

	if (ret != 1)
		return ret;
	block = manx_space_at(&space, i);
	pick->block_rev = 0;
	pick->borrowed = false;
	return look_at_addrs(s, pool, &block, pick, err);
}

/* Others' blocks among those from number @first to @last. */
static int borrow_between(const struct search *s, const struct manx_pool *pool,
			  const struct manx_space *space, uint64_t first, uint64_t last,
			  struct manx_pick *pick, struct manx_error *err)
{
	struct manx_key_range range = manx_space_range(space, first, last);
	bool more = true;
	int ret = 0;

	while (more && !ret) {
		struct manx_kvs kvs;

		ret = manx_store_range(s->store, range.from, range.to, PAGE, &kvs, err);
		for (size_t i = 0; i < kvs.n && !ret; i++)
			ret = look_in_block(s, pool, &kvs.kv[i], true, pick, err);
		more = kvs.n == PAGE;
		if (more)
			snprintf(range.from, sizeof(range.from), "%s~", kvs.kv[PAGE - 1].key);
		manx_kvs_clear(&kvs);
	}
	return ret;
}

static int try_borrow(const struct search *s, const struct manx_pool *pool,
		      struct manx_pick *pick, struct manx_error *err)
{
	struct manx_space space = manx_space_of_blocks(&pool->pool.cidr, pool->pool.block_size);
	uint64_t start = hash(s->node) % space.count;
	int ret = borrow_between(s, pool, &space, start, space.count - 1, pick, err);

	if (ret || !start)
		return ret;
	return borrow_between(s, pool, &space, 0, start - 1, pick, err);
}

int manx_pick_addr(struct manx_store *store, const char *node,
		   const struct manx_pool_choice *choice, uint8_t family, bool spread,
		   struct manx_pick *pick, struct manx_error *err)
{
	static int (*const ways[])(const struct search *s, const struct manx_pool *pool,
				   struct manx_pick *pick, struct manx_error *err) = {
		try_own, try_claim, try_borrow,
	};
	struct search s = { .store = store, .node = node, .spread = spread };
	char prefix[MANX_IPAM_KEY];
	int ret;

	*pick = (struct manx_pick){ .pool = NULL };
	snprintf(prefix, sizeof(prefix), "i/%s/%u/", node, family);
	ret = manx_store_list(store, prefix, &s.own, err);
	for (size_t w = 0; w < sizeof(ways) / sizeof(ways[0]) && !ret; w++)
		for (size_t i = 0; i < choice->n && !ret; i++)
			ret = ways[w](&s, choice->pool[i], pick, err);
	manx_kvs_clear(&s.own);
	return ret;
}

/*
 * A new block must be the only one in its CIDR, whatever its size: two that
 * overlap would give the same address twice.
 */
static void take_block(struct manx_txn *txn, const struct manx_pick *pick, const char *node)
{
	struct manx_space space = manx_space_of_blocks(&pick->block, pick->block.len);
	struct manx_key_range range = manx_space_keys(&space);
	char key[MANX_IPAM_KEY];

	if (pick->block_rev) {
		/* changes with the claim only, never by an address that is given */
		manx_txn_guard_rev(txn, manx_block_key(&pick->block, key), pick->block_rev);
		return;
	}
	manx_txn_guard_empty(txn, range.from, range.to);
	manx_put_record(txn, manx_block_key(&pick->block, key),
			(const char *[]){ "owner", node, "pool", pick->pool->pool.name, NULL });
	manx_put_record(txn, manx_index_key(node, &pick->block, key), (const char *[]){ NULL });
}

void manx_pick_take(struct manx_txn *txn, const struct manx_pick *pick,
		    const struct manx_ipam_request *req)
{
	char key[MANX_IPAM_KEY], addr[MANX_ADDR_STRLEN];

	manx_txn_guard_rev(txn, manx_pool_key(pick->pool->pool.name, key), pick->pool->rev);
	take_block(txn, pick, req->node);
	manx_txn_guard_absent(txn, manx_used_key(&pick->addr, key));
	manx_put_record(txn, key, (const char *[]){ "handle", req->handle, "uid", req->uid,
						    "node", req->node, "state", "used", NULL });
	manx_addr_format(&pick->addr, addr);
	manx_put_record(txn, manx_last_key(&pick->block, key),
			(const char *[]){ "address", addr, NULL });
	if (pick->borrowed)
		manx_put_record(txn, manx_borrowed_key(&pick->addr, key),
				(const char *[]){ "node", req->node, NULL });
}
