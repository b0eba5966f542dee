// SPDX-License-Identifier: GPL-2.0-only
/*
 * What must hold for an address to be given or taken back: one function for each
 * guard, by its name in the model of the protocol. None holds back a writer twice.
 *
 * Programs built for tests leave out the guard that the environment names, so that
 * it can be seen that each one is needed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ipam_internal.h"
#include "store_internal.h"

#ifdef MANX_TEST_GUARDS
static bool is_on(const char *guard)
{
	const char *off = getenv("MANX_TEST_NO_GUARD");

	return !off || strcmp(off, guard);
}
#else
#define is_on(guard) true
#endif

/* The record under @key is that of @rev; 0: there is none. */
static void as_read(struct manx_txn *txn, const char *key, int64_t rev)
{
	if (manx_txn_guards(txn, key))
		return;
	if (rev)
		manx_txn_guard_rev(txn, key, rev);
	else
		manx_txn_guard_absent(txn, key);
}

static void absent(struct manx_txn *txn, const char *key)
{
	if (!manx_txn_guards(txn, key))
		manx_txn_guard_absent(txn, key);
}

const char *manx_gone_key(const char *node, char *buf)
{
	snprintf(buf, MANX_IPAM_KEY, "m/gone/%s", node);
	return buf;
}

/* A removed node has no record, and who has read none begins nothing; while it is being removed, it is told to be gone. */
void manx_guard_node_not_removed(struct manx_txn *txn, const struct manx_ipam_cache *cache)
{
	char key[MANX_IPAM_KEY];

	if (!is_on("node_not_removed"))
		return;
	snprintf(key, sizeof(key), "r/%s/%s", manx_kind(MANX_KIND_NODE)->plural, cache->node);
	as_read(txn, key, cache->node_rev);
	absent(txn, manx_gone_key(cache->node, key));
}

void manx_guard_config_unchanged(struct manx_txn *txn, const struct manx_ipam_cache *cache)
{
	char key[MANX_IPAM_KEY];

	if (!is_on("config_unchanged"))
		return;
	snprintf(key, sizeof(key), "r/%s/default",
		 manx_kind(MANX_KIND_IPAMCONFIGURATION)->plural);
	as_read(txn, key, cache->config_rev);
}

void manx_guard_pool_enabled(struct manx_txn *txn, const struct manx_pool *pool)
{
	char key[MANX_IPAM_KEY];

	if (is_on("pool_enabled"))
		as_read(txn, manx_pool_key(pool->pool.name, key), pool->rev);
}

/* It changes with the claim only, never by an address that is given. */
void manx_guard_block_claim(struct manx_txn *txn, const struct manx_held *held)
{
	char key[MANX_IPAM_KEY];

	if (is_on("block_claim"))
		as_read(txn, manx_block_key(&held->cidr, key), held->rev);
}

/* Two blocks that overlap would give the same address twice. */
void manx_guard_block_absent(struct manx_txn *txn, const struct manx_held *held)
{
	struct manx_space space = manx_space_of_blocks(&held->cidr, held->cidr.len);
	struct manx_key_range range = manx_space_keys(&space);

	if (is_on("block_absent") && !manx_txn_guards(txn, range.from))
		manx_txn_guard_empty(txn, range.from, range.to);
}

void manx_guard_block_empty(struct manx_txn *txn, const struct manx_prefix *block)
{
	struct manx_space space = manx_space_of_addrs(block);
	struct manx_key_range range = manx_space_keys(&space);

	if (is_on("block_empty"))
		manx_txn_guard_empty(txn, range.from, range.to);
}

void manx_guard_address_absent(struct manx_txn *txn, const struct manx_addr *addr)
{
	char key[MANX_IPAM_KEY];

	if (is_on("address_absent"))
		manx_txn_guard_absent(txn, manx_used_key(addr, key));
}

void manx_guard_handle_absent(struct manx_txn *txn, const char *handle)
{
	char key[MANX_IPAM_KEY];

	if (is_on("handle_absent"))
		absent(txn, manx_handle_key(handle, key));
}

void manx_guard_handle_unchanged(struct manx_txn *txn, const char *handle, int64_t rev)
{
	char key[MANX_IPAM_KEY];

	if (is_on("handle_unchanged"))
		as_read(txn, manx_handle_key(handle, key), rev);
}

void manx_guard_budget(struct manx_txn *txn, const struct manx_ipam_cache *cache,
		       uint8_t family)
{
	char prefix[MANX_IPAM_KEY];

	snprintf(prefix, sizeof(prefix), "i/%s/%u/", cache->node, family);
	if (cache->config.max_blocks && is_on("budget") && !manx_txn_guards(txn, prefix))
		manx_txn_guard_unchanged(txn, prefix, cache->index_rev);
}
