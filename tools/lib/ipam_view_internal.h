/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What counting and checking share.
 */
#ifndef MANX_IPAM_VIEW_INTERNAL_H
#define MANX_IPAM_VIEW_INTERNAL_H

#include "ipam_internal.h"
#include "ipam_view.h"

/**
 * struct manx_view_block - a block, with strings of its record, "" if that is damaged
 */
struct manx_view_block {
	struct manx_prefix cidr;
	const struct manx_kv *kv;
	const char *owner, *pool;
};

/**
 * struct manx_ipam_view - everything at one revision
 * @cache: holds pools and reservations
 * @kvs: all keys but the presence of nodes, in order
 * @json: the value of each, NULL if it is none
 * @block: in the order of their addresses
 */
struct manx_ipam_view {
	struct manx_ipam_cache *cache;
	struct manx_kvs kvs;
	cJSON **json;
	struct manx_view_block *block;
	size_t n_blocks;
	char guid[64];
};

/* Number of keys with from <= key < to, or that begin with @prefix; *first: the first of them. */
size_t manx_view_range(const struct manx_ipam_view *view, const char *from, const char *to,
		       size_t *first);
size_t manx_view_prefix(const struct manx_ipam_view *view, const char *prefix, size_t *first);
/* NULL if there is none. */
const struct manx_kv *manx_view_get(const struct manx_ipam_view *view, const char *key);
const cJSON *manx_view_json(const struct manx_ipam_view *view, const struct manx_kv *kv);
/* A string in the value of @kv; "" if there is none. */
const char *manx_view_text(const struct manx_ipam_view *view, const struct manx_kv *kv,
			   const char *name);
/* NULL if none holds @addr. */
const struct manx_view_block *manx_view_block_of(const struct manx_ipam_view *view,
						 const struct manx_addr *addr);
const struct manx_pool *manx_view_pool_of(const struct manx_ipam_view *view,
					  const struct manx_addr *addr);

#endif /* MANX_IPAM_VIEW_INTERNAL_H */
