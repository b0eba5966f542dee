// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a node knows of pools, settings and its own blocks, and how it learns it:
 * read when first needed, then kept right by what the watch tells and by what the
 * node does itself. Addresses are not watched, for each ADD of a cluster would
 * wake each node; those of an own block are read once.
 */
#include <errno.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "grow.h"
#include "ipam_internal.h"
#include "json.h"

int64_t manx_cache_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

struct manx_ipam_cache *manx_ipam_cache_new(struct manx_store *store, const char *node)
{
	struct manx_ipam_cache *cache = calloc(1, sizeof(*cache));

	if (!cache)
		return NULL;
	cache->store = store;
	cache->stale = MANX_STALE_ALL;
	snprintf(cache->node, sizeof(cache->node), "%s", node);
	return cache;
}

/* --- one block --- */

static void free_held(struct manx_held *held)
{
	free(held->pool);
	free(held->owner);
	free(held->used);
	free(held->freed);
	free(held);
}

bool manx_held_is_used(const struct manx_held *held, uint64_t i)
{
	return held->used[i / 8] & 1u << i % 8;
}

void manx_held_set(struct manx_held *held, uint64_t i, bool used)
{
	if (manx_held_is_used(held, i) == used)
		return;
	held->used[i / 8] ^= (uint8_t)(1u << i % 8);
	held->n_used += used ? 1 : -1ull;
}

struct manx_held *manx_cache_find(const struct manx_ipam_cache *cache,
				  const struct manx_prefix *cidr)
{
	for (size_t i = 0; i < cache->n_held; i++)
		if (manx_prefix_cmp(&cache->held[i]->cidr, cidr) == 0)
			return cache->held[i];
	return NULL;
}

struct manx_held *manx_cache_find_addr(const struct manx_ipam_cache *cache,
				       const struct manx_addr *addr)
{
	for (size_t i = 0; i < cache->n_held; i++)
		if (cache->held[i]->how == MANX_HELD_OWN &&
		    manx_prefix_contains(&cache->held[i]->cidr, addr))
			return cache->held[i];
	return NULL;
}

struct manx_held *manx_cache_add(struct manx_ipam_cache *cache, const struct manx_prefix *cidr,
				 enum manx_held_how how, struct manx_error *err)
{
	struct manx_held **more = manx_more(cache->held, cache->n_held, sizeof(*more));
	struct manx_held *held = calloc(1, sizeof(*held));

	if (more)
		cache->held = more;
	if (!more || !held) {
		free(held);
		manx_fail(err, -ENOMEM, "block: out of memory");
		return NULL;
	}
	held->cidr = *cidr;
	held->how = how;
	held->count = manx_space_of_addrs(cidr).count;
	cache->held[cache->n_held++] = held;
	return held;
}

void manx_cache_drop(struct manx_ipam_cache *cache, struct manx_held *held)
{
	size_t i = 0;

	while (i < cache->n_held && cache->held[i] != held)
		i++;
	if (i == cache->n_held)
		return;
	memmove(&cache->held[i], &cache->held[i + 1],
		(--cache->n_held - i) * sizeof(*cache->held));
	free_held(held);
	if (!cache->n_held) {	/* as manx_more() wants it */
		free(cache->held);
		cache->held = NULL;
	}
}

size_t manx_cache_count(const struct manx_ipam_cache *cache, uint8_t family)
{
	size_t n = 0;

	for (size_t i = 0; i < cache->n_held; i++)
		n += cache->held[i]->how != MANX_HELD_BORROW &&
		     cache->held[i]->cidr.addr.family == family;
	return n;
}

void manx_cache_claimed(struct manx_ipam_cache *cache, struct manx_held *held,
			const struct manx_pool *pool, int64_t rev)
{
	if (held->how != MANX_HELD_CLAIM && held->how != MANX_HELD_TAKE)
		return;
	held->how = MANX_HELD_OWN;
	held->rev = rev;
	free(held->owner);
	free(held->pool);
	held->owner = NULL;
	held->pool = strdup(pool->pool.name);
	if (cache->index_rev < rev)
		cache->index_rev = rev;
}

/* Where to begin: after the address that was given last. */
static int read_last(struct manx_ipam_cache *cache, struct manx_held *held,
		     struct manx_error *err)
{
	struct manx_space space = manx_space_of_addrs(&held->cidr);
	char key[MANX_IPAM_KEY];
	struct manx_addr last;
	const char *text;
	struct manx_kv kv;
	cJSON *json;
	int ret;

	if (cache->spread) {
		held->next = manx_ipam_random(held->count);
		return 0;
	}
	ret = manx_store_get(cache->store, manx_last_key(&held->cidr, key), &kv, err);
	if (ret)
		return ret == -ENOENT ? 0 : ret;
	json = cJSON_Parse(kv.value);
	text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, "address"));
	/* only a hint: one that says nothing does no harm */
	if (text && manx_addr_parse(text, &last) && manx_prefix_contains(&held->cidr, &last))
		held->next = (manx_space_index(&space, &last) + 1) % held->count;
	cJSON_Delete(json);
	manx_kv_clear(&kv);
	return 0;
}

static int mark_used(struct manx_held *held, const struct manx_kvs *kvs, struct manx_error *err)
{
	struct manx_space space = manx_space_of_addrs(&held->cidr);
	struct manx_addr addr;

	for (size_t i = 0; i < kvs->n; i++) {
		if (!manx_addr_from_key(kvs->kv[i].key + 2, &addr) ||
		    !manx_prefix_contains(&held->cidr, &addr))
			return manx_fail(err, -EUCLEAN, "store: key %s is damaged", kvs->kv[i].key);
		manx_held_set(held, manx_space_index(&space, &addr), true);
	}
	return 0;
}

static int read_used(struct manx_ipam_cache *cache, struct manx_held *held,
		     struct manx_error *err)
{
	struct manx_space space = manx_space_of_addrs(&held->cidr);
	struct manx_key_range range = manx_space_keys(&space);
	struct manx_kvs kvs;
	int ret = manx_store_range(cache->store, range.from, range.to, 0, &kvs, err);

	if (ret)
		return ret;
	held->used = calloc(held->count / 8 + 1, 1);
	held->n_used = 0;
	ret = held->used ? mark_used(held, &kvs, err) :
	      manx_fail(err, -ENOMEM, "block: out of memory");
	manx_kvs_clear(&kvs);
	if (!ret)
		ret = read_last(cache, held, err);
	if (ret) {
		free(held->used);
		held->used = NULL;
	}
	return ret;
}

/* 1 if the record says that the block is ours. */
static int read_record(struct manx_ipam_cache *cache, struct manx_held *held,
		       struct manx_error *err)
{
	char key[MANX_IPAM_KEY];
	struct manx_block block;
	struct manx_kv kv;
	int ret = manx_store_get(cache->store, manx_block_key(&held->cidr, key), &kv, err);

	if (ret)
		return ret == -ENOENT ? 0 : ret;
	ret = manx_block_decode(&kv, &block, err);
	if (!ret && strcmp(block.node, cache->node) == 0) {
		held->how = MANX_HELD_OWN;
		held->rev = kv.mod_rev;
		free(held->pool);
		held->pool = block.pool;
		block.pool = NULL;
		ret = 1;
	}
	manx_block_clear(&block);
	manx_kv_clear(&kv);
	return ret;
}

int manx_cache_read(struct manx_ipam_cache *cache, struct manx_held *held,
		    struct manx_error *err)
{
	int ret = 1;

	if (held->how == MANX_HELD_UNREAD)
		ret = read_record(cache, held, err);
	if (!ret)
		manx_cache_drop(cache, held);
	if (ret != 1 || held->used)
		return ret;
	ret = read_used(cache, held, err);
	return ret ? ret : 1;
}

/* --- what may be given --- */

const struct manx_prefix *manx_cache_reserved(const struct manx_ipam_cache *cache,
					      const struct manx_prefix *cidr)
{
	for (size_t r = 0; r < cache->n_reserved; r++)
		for (size_t i = 0; i < cache->reserved[r].n_net; i++)
			if (manx_prefix_covers(&cache->reserved[r].net[i], cidr))
				return &cache->reserved[r].net[i];
	return NULL;
}

static bool is_cooling(const struct manx_ipam_cache *cache, const struct manx_held *held,
		       uint64_t i, int64_t now)
{
	return cache->config.cooldown && held->freed && held->freed[i] &&
	       now - held->freed[i] < cache->config.cooldown * 1000LL;
}

void manx_ipam_cache_ask(struct manx_ipam_cache *cache, manx_ipam_elsewhere_fn fn, void *ctx)
{
	cache->elsewhere = fn;
	cache->elsewhere_ctx = ctx;
}

bool manx_cache_is_elsewhere(const struct manx_ipam_cache *cache, const struct manx_prefix *block,
			     const struct manx_addr *addr)
{
	return cache->elsewhere && cache->elsewhere(cache->elsewhere_ctx, block, addr);
}

int manx_held_next(const struct manx_ipam_cache *cache, const struct manx_held *held,
		   uint64_t *i)
{
	struct manx_space space = manx_space_of_addrs(&held->cidr);
	int64_t now = held->freed ? manx_cache_now() : 0;

	for (uint64_t n = 0; n < held->count && held->n_used < held->count; n++) {
		struct manx_prefix unit;

		*i = (held->next + n) % held->count;
		if (manx_held_is_used(held, *i) || is_cooling(cache, held, *i, now))
			continue;
		unit = manx_space_at(&space, *i);
		if (cache->n_reserved && manx_cache_reserved(cache, &unit))
			continue;
		if (!manx_cache_is_elsewhere(cache, &held->cidr, &unit.addr))
			return 1;
	}
	return 0;
}

void manx_cache_freed(struct manx_ipam_cache *cache, const struct manx_addr *addr)
{
	struct manx_held *held = manx_cache_find_addr(cache, addr);
	struct manx_space space;
	uint64_t i;

	if (!held || !held->used)
		return;
	space = manx_space_of_addrs(&held->cidr);
	i = manx_space_index(&space, addr);
	manx_held_set(held, i, false);
	/* without memory the address does not cool down, but goes round like all others */
	if (!held->freed)
		held->freed = calloc(held->count, sizeof(*held->freed));
	if (held->freed)
		held->freed[i] = manx_cache_now();
}

/* --- handles --- */

static int by_handle(const void *a, const void *b)
{
	return strcmp(((const struct manx_kept *)a)->handle, ((const struct manx_kept *)b)->handle);
}

static void free_kept(void *node)
{
	struct manx_kept *kept = node;

	free(kept->handle);
	manx_handle_clear(&kept->h);
	free(kept);
}

void manx_cache_keep(struct manx_ipam_cache *cache, const struct manx_ipam_request *req,
		     const struct manx_ipam_result *res, const char *endpoint, int64_t rev)
{
	struct manx_kept *kept = calloc(1, sizeof(*kept));

	if (!kept)
		return;
	manx_cache_unkeep(cache, req->handle);
	kept->handle = strdup(req->handle);
	kept->h.addr = *res;
	kept->h.rev = rev;
	snprintf(kept->h.uid, sizeof(kept->h.uid), "%s", req->uid);
	if (endpoint)
		kept->h.endpoint = strdup(endpoint);
	if (!kept->handle || (endpoint && !kept->h.endpoint) ||
	    !tsearch(kept, &cache->kept, by_handle))
		free_kept(kept);
}

const struct manx_kept *manx_cache_kept(const struct manx_ipam_cache *cache, const char *handle)
{
	const struct manx_kept want = { .handle = (char *)handle };
	struct manx_kept *const *found = tfind(&want, &cache->kept, by_handle);

	return found ? *found : NULL;
}

void manx_cache_unkeep(struct manx_ipam_cache *cache, const char *handle)
{
	struct manx_kept *kept = (struct manx_kept *)manx_cache_kept(cache, handle);

	if (!kept)
		return;
	tdelete(kept, &cache->kept, by_handle);
	free_kept(kept);
}

/* --- others' blocks --- */

struct manx_seen *manx_cache_seen(struct manx_ipam_cache *cache, const char *key, int64_t rev)
{
	for (size_t i = 0; i < cache->n_seen; i++)
		if (strcmp(cache->seen[i].key, key) == 0)
			return cache->seen[i].rev == rev ? &cache->seen[i] : NULL;
	return NULL;
}

void manx_cache_unsee(struct manx_ipam_cache *cache, const char *key)
{
	for (size_t i = 0; i < cache->n_seen; i++)
		if (strcmp(cache->seen[i].key, key) == 0)
			cache->seen[i].rev = 0;
}

/* Without memory it is looked at once more. */
void manx_cache_see(struct manx_ipam_cache *cache, const char *key, int64_t rev, bool empty)
{
	struct manx_seen *seen = NULL;

	for (size_t i = 0; i < cache->n_seen && !seen; i++)
		if (strcmp(cache->seen[i].key, key) == 0)
			seen = &cache->seen[i];
	if (!seen) {
		seen = manx_more(cache->seen, cache->n_seen, sizeof(*seen));
		if (!seen)
			return;
		cache->seen = seen;
		seen += cache->n_seen++;
	} else if (empty && seen->empty && seen->rev == rev) {
		return;		/* since then */
	}
	*seen = (struct manx_seen){ .rev = rev, .since = manx_cache_now(), .empty = empty };
	snprintf(seen->key, sizeof(seen->key), "%s", key);
}

/* --- reading anew --- */

static void clear_reserved(struct manx_ipam_cache *cache)
{
	for (size_t i = 0; i < cache->n_reserved; i++) {
		manx_ipreservation_clear(&cache->reserved[i]);
		manx_resource_clear(&cache->reserved_resource[i]);
	}
	free(cache->reserved);
	free(cache->reserved_resource);
	cache->reserved = NULL;
	cache->reserved_resource = NULL;
	cache->n_reserved = 0;
}

static int add_reserved(struct manx_ipam_cache *cache, const struct manx_kv *kv,
			struct manx_error *err)
{
	struct manx_resource *r = &cache->reserved_resource[cache->n_reserved];
	int ret = manx_resource_from_store(manx_kind(MANX_KIND_IPRESERVATION), kv->key, kv->value,
					   r, err);

	if (ret)
		return ret;
	ret = manx_ipreservation_decode(r, &cache->reserved[cache->n_reserved], err);
	if (ret)
		manx_resource_clear(r);
	else
		cache->n_reserved++;
	return ret;
}

static int refresh_reserved(struct manx_ipam_cache *cache, struct manx_error *err)
{
	struct manx_kvs kvs;
	char prefix[64];
	int ret;

	clear_reserved(cache);
	manx_kind_prefix(manx_kind(MANX_KIND_IPRESERVATION), NULL, prefix, sizeof(prefix));
	ret = manx_store_list(cache->store, prefix, &kvs, err);
	if (ret)
		return ret;
	cache->reserved = calloc(kvs.n + 1, sizeof(*cache->reserved));
	cache->reserved_resource = calloc(kvs.n + 1, sizeof(*cache->reserved_resource));
	if (!cache->reserved || !cache->reserved_resource)
		ret = manx_fail(err, -ENOMEM, "reservations: out of memory");
	for (size_t i = 0; i < kvs.n && !ret; i++)
		ret = add_reserved(cache, &kvs.kv[i], err);
	manx_kvs_clear(&kvs);
	return ret;
}

/* The resource @name of @kind: 1 and *rev, which is 0 if there is none. */
static int read_resource(struct manx_store *store, enum manx_kind_id id, const char *name,
			 struct manx_resource *r, int64_t *rev, struct manx_error *err)
{
	char key[MANX_IPAM_KEY];
	struct manx_kv kv;
	int ret;

	*rev = 0;
	snprintf(key, sizeof(key), "r/%s/%s", manx_kind(id)->plural, name);
	ret = manx_store_get(store, key, &kv, err);
	if (ret)
		return ret == -ENOENT ? 0 : ret;
	ret = manx_resource_from_store(manx_kind(id), key, kv.value, r, err);
	if (!ret)
		*rev = kv.mod_rev;
	manx_kv_clear(&kv);
	return ret ? ret : 1;
}

static int refresh_config(struct manx_ipam_cache *cache, struct manx_error *err)
{
	struct manx_resource r;
	int ret = read_resource(cache->store, MANX_KIND_IPAMCONFIGURATION, "default", &r,
				&cache->config_rev, err);

	cache->config = (struct manx_ipamconfig){ 0 };
	if (ret != 1)
		return ret;
	ret = manx_ipamconfig_decode(&r, &cache->config, err);
	manx_resource_clear(&r);
	return ret;
}

static int refresh_node(struct manx_ipam_cache *cache, struct manx_error *err)
{
	int ret;

	if (cache->record.json)
		manx_resource_clear(&cache->record);
	cache->record = (struct manx_resource){ .json = NULL };
	cache->decoded = (struct manx_node){ .name = NULL };
	ret = read_resource(cache->store, MANX_KIND_NODE, cache->node, &cache->record,
			    &cache->node_rev, err);
	return ret == 1 ? manx_node_decode(&cache->record, &cache->decoded, err) : ret;
}

static int refresh_pools(struct manx_ipam_cache *cache, struct manx_error *err)
{
	manx_pools_clear(&cache->pools);
	return manx_pools_read(cache->store, &cache->pools, err);
}

/* A block that the index lists; its record is read when it is needed. */
static int add_indexed(struct manx_ipam_cache *cache, const char *key, struct manx_error *err)
{
	size_t prefix = strlen("i//") + strlen(cache->node);
	struct manx_prefix cidr;

	if (!manx_prefix_from_key(key + prefix, &cidr) || manx_cache_find(cache, &cidr))
		return 0;	/* an index that lies is not believed */
	return manx_cache_add(cache, &cidr, MANX_HELD_UNREAD, err) ? 0 : -ENOMEM;
}

static bool is_indexed(const struct manx_kvs *index, const struct manx_ipam_cache *cache,
		       const struct manx_held *held)
{
	char key[MANX_IPAM_KEY];

	manx_index_key(cache->node, &held->cidr, key);
	for (size_t i = 0; i < index->n; i++)
		if (strcmp(index->kv[i].key, key) == 0)
			return true;
	return false;
}

static int refresh_index(struct manx_ipam_cache *cache, struct manx_error *err)
{
	char prefix[MANX_IPAM_KEY];
	struct manx_kvs index;
	int ret;

	snprintf(prefix, sizeof(prefix), "i/%s/", cache->node);
	ret = manx_store_list(cache->store, prefix, &index, err);
	if (ret)
		return ret;
	for (size_t i = cache->n_held; i-- > 0;) {
		struct manx_held *held = cache->held[i];

		if (held->how <= MANX_HELD_OWN && !is_indexed(&index, cache, held))
			manx_cache_drop(cache, held);
	}
	for (size_t i = 0; i < index.n && !ret; i++)
		ret = add_indexed(cache, index.kv[i].key, err);
	cache->index_rev = index.rev;
	manx_kvs_clear(&index);
	return ret;
}

int manx_cache_refresh(struct manx_ipam_cache *cache, struct manx_error *err)
{
	static const struct {
		unsigned int stale;
		int (*fn)(struct manx_ipam_cache *cache, struct manx_error *err);
	} parts[] = {
		{ MANX_STALE_POOLS, refresh_pools }, { MANX_STALE_CONFIG, refresh_config },
		{ MANX_STALE_RESERVED, refresh_reserved }, { MANX_STALE_NODE, refresh_node },
		{ MANX_STALE_INDEX, refresh_index },
	};

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		int ret = cache->stale & parts[i].stale ? parts[i].fn(cache, err) : 0;

		if (ret)
			return ret;
		cache->stale &= ~parts[i].stale;
	}
	return 0;
}

int manx_cache_require_node(struct manx_ipam_cache *cache, struct manx_error *err)
{
	if (cache->node_rev)
		return 0;
	cache->stale |= MANX_STALE_NODE;
	return manx_fail(err, -ESHUTDOWN,
			 "node %s has no record, or was removed: start manxd on it, or apply a Node",
			 cache->node);
}

struct manx_ask manx_cache_ask(const struct manx_ipam_cache *cache)
{
	return (struct manx_ask){
		.store = cache->store, .pools = &cache->pools, .node = cache->decoded,
		.node_known = cache->record.json,
	};
}

/* --- what the watch tells --- */

/* One of our blocks came or went, maybe by our own doing. */
static void change_index(struct manx_ipam_cache *cache, const struct manx_kv *kv)
{
	struct manx_prefix cidr;
	struct manx_held *held;

	if (!manx_prefix_from_key(kv->key + strlen("i//") + strlen(cache->node), &cidr))
		return;
	held = manx_cache_find(cache, &cidr);
	if (!kv->value && held && held->how == MANX_HELD_OWN && held->rev < kv->mod_rev)
		manx_cache_drop(cache, held);
	else if (kv->value && !held && add_indexed(cache, kv->key, NULL))
		cache->stale |= MANX_STALE_INDEX;
	/* the budget counts from here on */
	if (kv->value && kv->mod_rev > cache->index_rev)
		cache->index_rev = kv->mod_rev;
}

/* Somebody borrowed an address of one of our blocks, or gave it back. */
static void change_borrowed(struct manx_ipam_cache *cache, const struct manx_kv *kv)
{
	struct manx_held *held;
	struct manx_space space;
	struct manx_addr addr;

	if (!manx_addr_from_key(kv->key + 2, &addr))
		return;
	held = manx_cache_find_addr(cache, &addr);
	if (!held || !held->used)
		return;
	space = manx_space_of_addrs(&held->cidr);
	if (kv->value)
		manx_held_set(held, manx_space_index(&space, &addr), true);
	else
		manx_cache_freed(cache, &addr);
}

static bool is_of(const char *key, enum manx_kind_id id, const char *name)
{
	char prefix[MANX_IPAM_KEY];

	snprintf(prefix, sizeof(prefix), "r/%s/%s", manx_kind(id)->plural, name);
	return strncmp(key, prefix, strlen(prefix)) == 0;
}

void manx_ipam_cache_change(struct manx_ipam_cache *cache, const struct manx_kv *kv)
{
	char own[MANX_IPAM_KEY];
	int n = snprintf(own, sizeof(own), "i/%s/", cache->node);

	if (strncmp(kv->key, own, (size_t)n) == 0)
		change_index(cache, kv);
	else if (strncmp(kv->key, "x/", 2) == 0)
		change_borrowed(cache, kv);
	else if (is_of(kv->key, MANX_KIND_IPPOOL, ""))
		cache->stale |= MANX_STALE_POOLS;
	else if (is_of(kv->key, MANX_KIND_IPAMCONFIGURATION, ""))
		cache->stale |= MANX_STALE_CONFIG;
	else if (is_of(kv->key, MANX_KIND_IPRESERVATION, ""))
		cache->stale |= MANX_STALE_RESERVED;
	else if (is_of(kv->key, MANX_KIND_NODE, cache->node))
		cache->stale |= MANX_STALE_NODE;
}

void manx_ipam_cache_forget(struct manx_ipam_cache *cache)
{
	while (cache->n_held)
		free_held(cache->held[--cache->n_held]);
	free(cache->held);
	free(cache->seen);
	cache->held = NULL;
	cache->seen = NULL;
	cache->n_seen = 0;
	tdestroy(cache->kept, free_kept);
	cache->kept = NULL;
	cache->stale = MANX_STALE_ALL;
}

const struct manx_ipam_counts *manx_ipam_cache_counts(const struct manx_ipam_cache *cache)
{
	return &cache->counts;
}

void manx_ipam_cache_free(struct manx_ipam_cache *cache)
{
	if (!cache)
		return;
	manx_ipam_cache_forget(cache);
	clear_reserved(cache);
	manx_pools_clear(&cache->pools);
	if (cache->record.json)
		manx_resource_clear(&cache->record);
	free(cache);
}
