// SPDX-License-Identifier: GPL-2.0-only
/*
 * Everything at one revision, and what is counted in it.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ipam_view_internal.h"

int64_t manx_ipam_view_rev(const struct manx_ipam_view *view)
{
	return view->kvs.rev;
}

const char *manx_ipam_view_guid(const struct manx_ipam_view *view)
{
	return view->guid;
}

/* First entry whose key is not before @key. */
static size_t lower_bound(const struct manx_ipam_view *view, const char *key)
{
	size_t low = 0, high = view->kvs.n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (strcmp(view->kvs.kv[mid].key, key) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

size_t manx_view_range(const struct manx_ipam_view *view, const char *from, const char *to,
		       size_t *first)
{
	*first = lower_bound(view, from);
	return lower_bound(view, to) - *first;
}

size_t manx_view_prefix(const struct manx_ipam_view *view, const char *prefix, size_t *first)
{
	char to[MANX_IPAM_KEY];

	snprintf(to, sizeof(to), "%s\x7f", prefix);
	return manx_view_range(view, prefix, to, first);
}

const struct manx_kv *manx_view_get(const struct manx_ipam_view *view, const char *key)
{
	size_t at = lower_bound(view, key);

	return at < view->kvs.n && !strcmp(view->kvs.kv[at].key, key) ? &view->kvs.kv[at] : NULL;
}

const cJSON *manx_view_json(const struct manx_ipam_view *view, const struct manx_kv *kv)
{
	return view->json[kv - view->kvs.kv];
}

const char *manx_view_text(const struct manx_ipam_view *view, const struct manx_kv *kv,
			   const char *name)
{
	const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(
						manx_view_json(view, kv), name));

	return text ? text : "";
}

static int parse_all(struct manx_ipam_view *view, struct manx_error *err)
{
	view->json = calloc(view->kvs.n + 1, sizeof(*view->json));
	if (!view->json)
		return manx_fail(err, -ENOMEM, "addresses: out of memory");
	for (size_t i = 0; i < view->kvs.n; i++)
		view->json[i] = cJSON_Parse(view->kvs.kv[i].value);
	return 0;
}

static void add_block(struct manx_ipam_view *view, const struct manx_kv *kv)
{
	struct manx_view_block *b = &view->block[view->n_blocks];

	if (!manx_prefix_from_key(kv->key + 2, &b->cidr))
		return;
	b->kv = kv;
	b->owner = manx_view_text(view, kv, "owner");
	b->pool = manx_view_text(view, kv, "pool");
	view->n_blocks++;
}

static int read_blocks(struct manx_ipam_view *view, struct manx_error *err)
{
	size_t first, n = manx_view_prefix(view, "b/", &first);

	view->block = calloc(n + 1, sizeof(*view->block));
	if (!view->block)
		return manx_fail(err, -ENOMEM, "addresses: out of memory");
	for (size_t i = 0; i < n; i++)
		add_block(view, &view->kvs.kv[first + i]);
	return 0;
}

/* Those of the same revision; reservations are of a moment before, and only counted. */
static int read_pools(struct manx_ipam_view *view, struct manx_error *err)
{
	size_t first, n = manx_view_prefix(view, "r/ippools/", &first);

	manx_pools_clear(&view->cache->pools);
	return manx_pools_decode(&view->kvs.kv[first], n, view->kvs.rev, &view->cache->pools, err);
}

static void read_guid(struct manx_ipam_view *view)
{
	const struct manx_kv *kv = manx_view_get(view, "m/guid");

	if (kv)
		snprintf(view->guid, sizeof(view->guid), "%s", manx_view_text(view, kv, "guid"));
}

int manx_ipam_view_read(struct manx_store *store, struct manx_ipam_view **out,
			struct manx_error *err)
{
	struct manx_ipam_view *view = calloc(1, sizeof(*view));
	int ret;

	*out = NULL;
	if (!view)
		return manx_fail(err, -ENOMEM, "addresses: out of memory");
	view->cache = manx_ipam_cache_new(store, "view");
	ret = view->cache ? 0 : manx_fail(err, -ENOMEM, "addresses: out of memory");
	if (!ret)
		ret = manx_cache_refresh(view->cache, err);
	if (!ret)
		ret = manx_store_range(store, "a/", "y", 0, &view->kvs, err);
	if (!ret)
		ret = parse_all(view, err);
	if (!ret)
		ret = read_blocks(view, err);
	if (!ret)
		ret = read_pools(view, err);
	if (ret) {
		manx_ipam_view_free(view);
		return ret;
	}
	read_guid(view);
	*out = view;
	return 0;
}

void manx_ipam_view_free(struct manx_ipam_view *view)
{
	if (!view)
		return;
	for (size_t i = 0; view->json && i < view->kvs.n; i++)
		cJSON_Delete(view->json[i]);
	free(view->json);
	free(view->block);
	manx_kvs_clear(&view->kvs);
	manx_ipam_cache_free(view->cache);
	free(view);
}

const struct manx_view_block *manx_view_block_of(const struct manx_ipam_view *view,
						 const struct manx_addr *addr)
{
	size_t low = 0, high = view->n_blocks;

	while (low < high) {	/* the last one that begins at @addr or before */
		size_t mid = low + (high - low) / 2;

		if (manx_addr_cmp(&view->block[mid].cidr.addr, addr) <= 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low && manx_prefix_contains(&view->block[low - 1].cidr, addr) ?
	       &view->block[low - 1] : NULL;
}

const struct manx_pool *manx_view_pool_of(const struct manx_ipam_view *view,
					  const struct manx_addr *addr)
{
	const struct manx_pools *pools = &view->cache->pools;

	for (size_t i = 0; i < pools->n; i++)
		if (manx_prefix_contains(&pools->pool[i].pool.cidr, addr))
			return &pools->pool[i];
	return NULL;
}

static double size_of(const struct manx_prefix *p)
{
	return ldexp(1, manx_addr_bits(&p->addr) - p->len);
}

/* Reservations may overlap: what another one covers is not counted again. */
static double count_reserved(const struct manx_ipam_view *view, const struct manx_prefix *cidr)
{
	const struct manx_ipam_cache *c = view->cache;
	double n = 0;

	for (size_t r = 0; r < c->n_reserved; r++)
		for (size_t i = 0; i < c->reserved[r].n_net; i++) {
			const struct manx_prefix *net = &c->reserved[r].net[i];
			const struct manx_prefix *most = manx_cache_reserved(c, net);

			if (manx_prefix_covers(net, cidr))
				return size_of(cidr);
			if (manx_prefix_covers(cidr, net) && most == net)
				n += size_of(net);
		}
	return n;
}

static uint64_t count_used(const struct manx_ipam_view *view, const struct manx_prefix *cidr,
			   const char *family, size_t *first)
{
	struct manx_space space = manx_space_of_blocks(cidr, cidr->len);
	struct manx_key_range range;

	space.keys = family;
	range = manx_space_keys(&space);
	return manx_view_range(view, range.from, range.to, first);
}

/* Those that nobody may have count as reserved, not as used. */
static void count_quarantined(const struct manx_ipam_view *view, size_t first,
			      struct manx_ipam_usage *usage)
{
	uint64_t n = 0;

	for (size_t i = 0; i < usage->used; i++) {
		const struct manx_kv *kv = &view->kvs.kv[first + i];

		/* few are, so few are parsed */
		n += strstr(kv->value, "quarantined") &&
		     !strcmp(manx_view_text(view, kv, "state"), "quarantined");
	}
	usage->used -= n;
	usage->reserved += (double)n;
}

static void tell_block(const struct manx_ipam_view *view, const struct manx_view_block *b,
		       const char *pool,
		       void (*fn)(void *ctx, const struct manx_ipam_usage *usage), void *ctx)
{
	struct manx_ipam_usage usage = {
		.name = pool, .owner = b->owner, .cidr = b->cidr, .total = size_of(&b->cidr),
		.reserved = count_reserved(view, &b->cidr),
	};
	size_t first;

	usage.used = count_used(view, &b->cidr, "a/", &first);
	for (size_t i = 0; i < usage.used; i++)
		usage.borrowed += strcmp(manx_view_text(view, &view->kvs.kv[first + i], "node"),
					 b->owner) != 0;
	count_quarantined(view, first, &usage);
	fn(ctx, &usage);
}

void manx_ipam_view_usage(const struct manx_ipam_view *view, bool blocks,
			  void (*fn)(void *ctx, const struct manx_ipam_usage *usage), void *ctx)
{
	const struct manx_pools *pools = &view->cache->pools;
	size_t first;

	for (size_t p = 0; p < pools->n; p++) {
		const struct manx_ippool *pool = &pools->pool[p].pool;
		struct manx_ipam_usage usage = {
			.name = pool->name, .cidr = pool->cidr, .total = size_of(&pool->cidr),
			.reserved = count_reserved(view, &pool->cidr),
		};

		usage.used = count_used(view, &pool->cidr, "a/", &first);
		for (size_t i = 0; i < view->n_blocks; i++)
			usage.blocks += manx_prefix_covers(&pool->cidr, &view->block[i].cidr);
		count_quarantined(view, first, &usage);
		fn(ctx, &usage);
		for (size_t i = 0; blocks && i < view->n_blocks; i++)
			if (manx_prefix_covers(&pool->cidr, &view->block[i].cidr))
				tell_block(view, &view->block[i], pool->name, fn, ctx);
	}
}

static void describe(const struct manx_ipam_view *view, const struct manx_addr *addr,
		     const struct manx_kv *kv, struct manx_ipam_use *use)
{
	const struct manx_view_block *block = manx_view_block_of(view, addr);
	const struct manx_pool *pool = manx_view_pool_of(view, addr);
	const struct manx_kv *handle = NULL;
	char key[MANX_IPAM_KEY];

	*use = (struct manx_ipam_use){
		.addr = *addr, .handle = kv ? manx_view_text(view, kv, "handle") : "",
		.node = kv ? manx_view_text(view, kv, "node") : "",
		.owner = block ? block->owner : NULL, .pool = pool ? pool->pool.name : NULL,
		.endpoint = "", .note = kv ? manx_view_text(view, kv, "note") : "",
	};
	if (*use->handle)
		handle = manx_view_get(view, manx_handle_key(use->handle, key));
	if (handle)
		use->endpoint = manx_view_text(view, handle, "endpoint");
}

void manx_ipam_view_uses(const struct manx_ipam_view *view,
			 void (*fn)(void *ctx, const struct manx_ipam_use *use), void *ctx)
{
	size_t first, n = manx_view_prefix(view, "a/", &first);

	for (size_t i = 0; i < n; i++) {
		const struct manx_kv *kv = &view->kvs.kv[first + i];
		struct manx_ipam_use use;
		struct manx_addr addr;

		if (!manx_addr_from_key(kv->key + 2, &addr))
			continue;
		describe(view, &addr, kv, &use);
		fn(ctx, &use);
	}
}

bool manx_ipam_view_find(const struct manx_ipam_view *view, const struct manx_addr *addr,
			 struct manx_ipam_use *use)
{
	char key[MANX_IPAM_KEY];
	const struct manx_kv *kv = manx_view_get(view, manx_used_key(addr, key));

	describe(view, addr, kv, use);
	return kv;
}

const char *manx_ipam_view_reserved(const struct manx_ipam_view *view,
				    const struct manx_addr *addr)
{
	const struct manx_ipam_cache *c = view->cache;

	for (size_t r = 0; r < c->n_reserved; r++)
		for (size_t i = 0; i < c->reserved[r].n_net; i++)
			if (manx_prefix_contains(&c->reserved[r].net[i], addr))
				return c->reserved[r].name;
	return NULL;
}
