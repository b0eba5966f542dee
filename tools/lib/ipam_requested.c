// SPDX-License-Identifier: GPL-2.0-only
/*
 * An address that was asked for. Reservations and selectors do not hold it back;
 * its block is claimed if it is nobody's. One that an earlier, dead sandbox of the
 * same pod still has changes hands in the transaction that gives it.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ipam_internal.h"
#include "json.h"
#include "store_internal.h"

void manx_moved_clear(struct manx_moved *moved)
{
	free(moved->handle);
	manx_handle_clear(&moved->h);
	*moved = (struct manx_moved){ .handle = NULL };
}

static int find_pool(const struct manx_ipam_cache *cache, const struct manx_ipam_request *req,
		     const struct manx_addr *want, const struct manx_pool **pool,
		     struct manx_error *err)
{
	char text[MANX_ADDR_STRLEN];

	*pool = NULL;
	for (size_t i = 0; i < cache->pools.n && !*pool; i++)
		if (manx_prefix_contains(&cache->pools.pool[i].pool.cidr, want))
			*pool = &cache->pools.pool[i];
	manx_addr_format(want, text);
	if (!*pool)
		return manx_fail(err, -EADDRNOTAVAIL, "%s was asked for, but lies in no pool", text);
	if ((*pool)->pool.disabled)
		return manx_fail(err, -EADDRNOTAVAIL, "%s was asked for, but pool %s is not enabled",
				 text, (*pool)->pool.name);
	if (!((*pool)->pool.uses & req->use))
		return manx_fail(err, -EADDRNOTAVAIL,
				 "%s was asked for, but allowedUses of pool %s lacks %s", text,
				 (*pool)->pool.name,
				 req->use == MANX_USE_TUNNEL ? "Tunnel" : "Workload");
	return 0;
}

/* Hold the block of @kv, another's; its record was read. */
static int hold_others(struct manx_ipam_cache *cache, const struct manx_kv *kv,
		       struct manx_held **held, struct manx_error *err)
{
	struct manx_block block;
	int ret = manx_block_decode(kv, &block, err);

	if (ret)
		return ret;
	if (strcmp(block.node, cache->node) == 0)
		*held = manx_cache_add(cache, &block.cidr, MANX_HELD_UNREAD, err);
	else if (cache->config.strict_affinity)
		ret = manx_fail(err, -EADDRNOTAVAIL, "its block is node %s's, and strictAffinity forbids to borrow",
				block.node);
	else
		*held = manx_cache_add(cache, &block.cidr, MANX_HELD_BORROW, err);
	if (*held && (*held)->how == MANX_HELD_BORROW) {
		(*held)->rev = kv->mod_rev;
		(*held)->owner = block.node;
		(*held)->pool = block.pool;
		block.node = block.pool = NULL;
	}
	manx_block_clear(&block);
	return ret ? ret : *held ? 0 : -ENOMEM;
}

static int hold(struct manx_ipam_cache *cache, const struct manx_prefix *cidr,
		struct manx_held **held, struct manx_error *err)
{
	char key[MANX_IPAM_KEY];
	const char *why = "";
	struct manx_kv kv;
	int ret;

	*held = manx_cache_find(cache, cidr);
	if (*held)
		return 0;
	ret = manx_store_get(cache->store, manx_block_key(cidr, key), &kv, err);
	if (!ret) {
		ret = hold_others(cache, &kv, held, err);
		manx_kv_clear(&kv);
		return ret;
	}
	if (ret != -ENOENT)
		return ret;
	if (!manx_pick_may_claim(cache, cidr->addr.family, &why))
		return manx_fail(err, -EADDRNOTAVAIL, "its block is nobody's%s", why);
	*held = manx_cache_add(cache, cidr, MANX_HELD_CLAIM, err);
	return *held ? 0 : -ENOMEM;
}

static int in_use(const struct manx_addr *want, const char *handle, const char *node, int code,
		  struct manx_error *err)
{
	char text[MANX_ADDR_STRLEN];

	return manx_fail(err, code, "%s was asked for, but %s on node %s has it%s",
			 manx_addr_format(want, text), handle, node,
			 code == -EBUSY ? ", which is of the same pod and lives" : "");
}

/* What holds @want is gone by the name of @handle: may it be taken from there? */
static int judge(struct manx_ipam_cache *cache, const struct manx_ipam_request *req,
		 const struct manx_addr *want, const char *node, struct manx_moved *moved,
		 struct manx_error *err)
{
	int ret = manx_handle_read(cache->store, moved->handle, &moved->h, err), verdict = -1;
	struct manx_kv kv;

	if (!ret && moved->h.endpoint && req->is_dead)
		ret = manx_store_get(cache->store, moved->h.endpoint, &kv, err);
	else if (!ret)
		ret = -ENOENT;
	if (!ret) {
		verdict = req->is_dead(req->ctx, &kv);
		moved->endpoint_rev = kv.mod_rev;
		manx_kv_clear(&kv);
	}
	if (ret && ret != -ENOENT)
		return ret;
	if (verdict == 1)
		return 0;
	return in_use(want, moved->handle, node, verdict ? -EADDRINUSE : -EBUSY, err);
}

/* Somebody may have @want: 0 if nobody has, or it may be taken from him (@moved). */
static int check_holder(struct manx_ipam_cache *cache, const struct manx_ipam_request *req,
			const struct manx_addr *want, struct manx_moved *moved,
			struct manx_error *err)
{
	const char *handle, *node;
	char key[MANX_IPAM_KEY];
	struct manx_kv kv;
	cJSON *json;
	int ret = manx_store_get(cache->store, manx_used_key(want, key), &kv, err);

	if (ret)
		return ret == -ENOENT ? 0 : ret;
	json = cJSON_Parse(kv.value);
	handle = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, "handle"));
	node = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, "node"));
	moved->handle = strdup(handle ? handle : "");
	moved->addr_rev = kv.mod_rev;
	if (!handle || !node)
		ret = in_use(want, "something", node ? node : "unknown", -EADDRINUSE, err);
	else if (!moved->handle)
		ret = manx_fail(err, -ENOMEM, "address: out of memory");
	else
		ret = judge(cache, req, want, node, moved, err);
	cJSON_Delete(json);
	manx_kv_clear(&kv);
	if (ret)
		manx_moved_clear(moved);
	return ret;
}

int manx_pick_requested(struct manx_ipam_cache *cache, const struct manx_ipam_request *req,
			const struct manx_addr *want, struct manx_pick *pick,
			struct manx_error *err)
{
	char text[MANX_ADDR_STRLEN];
	struct manx_held *held = NULL;
	struct manx_prefix cidr;
	struct manx_space space;
	int ret;

	*pick = (struct manx_pick){ .addr = *want };
	ret = find_pool(cache, req, want, &pick->pool, err);
	if (ret)
		return ret;
	cidr = manx_prefix_mask(&(struct manx_prefix){ *want, pick->pool->pool.block_size });
	do {	/* an index that lied is not believed a second time */
		ret = hold(cache, &cidr, &held, err);
		if (ret) {
			manx_error_prefix(err, "%s was asked for", manx_addr_format(want, text));
			return ret;
		}
		ret = manx_cache_read(cache, held, err);
	} while (!ret);
	if (ret < 0)
		return ret;
	space = manx_space_of_addrs(&cidr);
	pick->held = held;
	pick->i = manx_space_index(&space, want);
	ret = 0;
	if (manx_held_is_used(held, pick->i))
		ret = check_holder(cache, req, want, &pick->moved, err);
	if (!ret && !pick->moved.handle && !req->note && req->use == MANX_USE_WORKLOAD &&
	    manx_cache_is_elsewhere(cache, &cidr, want))
		ret = manx_fail(err, -EADDRINUSE, "%s was asked for, but this node routes it elsewhere",
				manx_addr_format(want, text));
	if (ret < 0)
		return ret;
	manx_held_set(held, pick->i, true);
	return 1;
}

void manx_pick_move(struct manx_txn *txn, const struct manx_pick *pick)
{
	const struct manx_moved *moved = &pick->moved;
	char key[MANX_IPAM_KEY];

	if (!moved->handle || manx_txn_writes(txn, manx_handle_key(moved->handle, key)))
		return;
	manx_txn_del(txn, key);
	for (size_t i = 0; i < moved->h.addr.n; i++) {
		if (!manx_txn_writes(txn, manx_used_key(&moved->h.addr.addr[i], key)))
			manx_txn_del(txn, key);
		if (!manx_txn_writes(txn, manx_borrowed_key(&moved->h.addr.addr[i], key)))
			manx_txn_del(txn, key);
	}
	if (moved->endpoint_rev && !manx_txn_writes(txn, moved->h.endpoint))
		manx_txn_del(txn, moved->h.endpoint);
}
