// SPDX-License-Identifier: GPL-2.0-only
/*
 * What does not fit together among the records of addresses.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ipam_view_internal.h"

/**
 * struct check - a check under way
 */
struct check {
	const struct manx_ipam_view *view;
	void (*fn)(void *ctx, const struct manx_ipam_problem *problem);
	void *ctx;
};

__attribute__((format(printf, 5, 6)))
static void tell(const struct check *c, enum manx_ipam_problem_kind kind, const char *key,
		 const struct manx_kv *kv, const char *fmt, ...)
{
	struct manx_ipam_problem problem = { .kind = kind, .key = key };
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	problem.rev = kv ? kv->mod_rev : 0;
	problem.text = text;
	c->fn(c->ctx, &problem);
}

/* True if the list @name in @json has @text. */
static bool lists(const cJSON *json, const char *name, const char *text)
{
	const cJSON *item;

	cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(json, name))
		if (cJSON_IsString(item) && !strcmp(item->valuestring, text))
			return true;
	return false;
}

static void check_address(const struct check *c, const struct manx_kv *kv)
{
	const struct manx_ipam_view *view = c->view;
	const char *handle = manx_view_text(view, kv, "handle");
	const char *node = manx_view_text(view, kv, "node");
	char key[MANX_IPAM_KEY], text[MANX_ADDR_STRLEN];
	const struct manx_view_block *block;
	const struct manx_kv *holder;
	struct manx_addr addr;

	if (!manx_addr_from_key(kv->key + 2, &addr) || !*handle) {
		tell(c, MANX_IPAM_DAMAGED, kv->key, kv, "cannot be read");
		return;
	}
	manx_addr_format(&addr, text);
	holder = manx_view_get(view, manx_handle_key(handle, key));
	if (!holder || !lists(manx_view_json(view, holder), "addresses", text))
		tell(c, MANX_IPAM_STRAY, kv->key, kv, "%s is given to handle %s, which does not %s",
		     text, handle, holder ? "have it" : "exist");
	if (!manx_view_pool_of(view, &addr))
		tell(c, MANX_IPAM_OUTSIDE, kv->key, kv, "%s of handle %s lies in no pool", text, handle);
	block = manx_view_block_of(view, &addr);
	if (!block)
		tell(c, MANX_IPAM_OUTSIDE, kv->key, kv, "%s of handle %s lies in no block", text, handle);
	manx_borrowed_key(&addr, key);
	if (block && strcmp(block->owner, node) && !manx_view_get(view, key))
		tell(c, MANX_IPAM_INDEX, key, NULL, "is missing: node %s has borrowed %s", node, text);
}

/* Whether the endpoint under @key is there, and of @handle. */
static bool lives(const struct manx_ipam_view *view, const char *key, const char *handle)
{
	const struct manx_kv *kv = manx_view_get(view, key);
	const cJSON *json = kv ? manx_view_json(view, kv) : NULL;
	const char *of;

	json = cJSON_GetObjectItemCaseSensitive(json, "metadata");
	json = cJSON_GetObjectItemCaseSensitive(json, "annotations");
	of = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, "manx.io/handle"));
	return kv && (!of || !strcmp(of, handle));
}

/* A tunnel's address is in use as long as its node is there. */
static bool has_node(const struct manx_ipam_view *view, const char *handle)
{
	char key[MANX_IPAM_KEY];

	snprintf(key, sizeof(key), "r/%s/%.253s", manx_kind(MANX_KIND_NODE)->plural,
		 handle + strlen(MANX_IPAM_TUNNEL_HANDLE));
	return manx_view_get(view, key);
}

static void check_handle(const struct check *c, const struct manx_kv *kv)
{
	const struct manx_ipam_view *view = c->view;
	const char *handle = kv->key + 2, *endpoint = manx_view_text(view, kv, "endpoint");
	const cJSON *item;

	cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(manx_view_json(view, kv),
								  "addresses")) {
		char key[MANX_IPAM_KEY];
		const struct manx_kv *used = NULL;
		struct manx_addr addr;

		if (cJSON_IsString(item) && manx_addr_parse(item->valuestring, &addr))
			used = manx_view_get(view, manx_used_key(&addr, key));
		if (!used || strcmp(manx_view_text(view, used, "handle"), handle))
			tell(c, MANX_IPAM_UNCLAIMED, kv->key, kv, "has %s, which is %s",
			     cJSON_IsString(item) ? item->valuestring : "something",
			     used ? "another's" : "not given to anybody");
	}
	if (*endpoint && !lives(view, endpoint, handle))
		tell(c, MANX_IPAM_LEAKED, kv->key, kv, "is of endpoint %s, which is gone", endpoint);
	else if (!*endpoint && !strncmp(handle, MANX_IPAM_TUNNEL_HANDLE,
					strlen(MANX_IPAM_TUNNEL_HANDLE)) && !has_node(view, handle))
		tell(c, MANX_IPAM_LEAKED, kv->key, kv, "is of a node that is gone");
}

static void check_endpoint(const struct check *c, const struct manx_kv *kv)
{
	const struct manx_ipam_view *view = c->view;
	const cJSON *json = manx_view_json(view, kv), *item;
	const cJSON *notes = cJSON_GetObjectItemCaseSensitive(
		cJSON_GetObjectItemCaseSensitive(json, "metadata"), "annotations");
	const char *handle = cJSON_GetStringValue(
		cJSON_GetObjectItemCaseSensitive(notes, "manx.io/handle"));
	const cJSON *spec = cJSON_GetObjectItemCaseSensitive(json, "spec");

	if (!handle)	/* made by hand: its addresses are not from here */
		return;
	cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(spec, "ipNetworks")) {
		const struct manx_kv *used = NULL;
		char key[MANX_IPAM_KEY];
		struct manx_prefix host;

		if (cJSON_IsString(item) && manx_prefix_parse(item->valuestring, &host))
			used = manx_view_get(view, manx_used_key(&host.addr, key));
		if (!used || strcmp(manx_view_text(view, used, "handle"), handle))
			tell(c, MANX_IPAM_UNCLAIMED, kv->key, kv, "uses %s, which is %s",
			     cJSON_IsString(item) ? item->valuestring : "something",
			     used ? "another's" : "not given to anybody");
	}
}

static void check_block(const struct check *c, const struct manx_kv *kv)
{
	const struct manx_ipam_view *view = c->view;
	const char *owner = manx_view_text(view, kv, "owner");
	char key[MANX_IPAM_KEY], text[MANX_ADDR_STRLEN];
	struct manx_prefix cidr;
	const struct manx_view_block *around;

	if (!manx_prefix_from_key(kv->key + 2, &cidr) || !*manx_view_text(view, kv, "pool")) {
		tell(c, MANX_IPAM_DAMAGED, kv->key, kv, "cannot be read");
		return;
	}
	manx_prefix_format(&cidr, text);
	if (!manx_view_pool_of(view, &cidr.addr))
		tell(c, MANX_IPAM_OUTSIDE, kv->key, kv, "block %s lies in no pool", text);
	around = manx_view_block_of(view, &cidr.addr);
	if (around && around->kv != kv)
		tell(c, MANX_IPAM_DAMAGED, kv->key, kv, "block %s overlaps %s", text, around->kv->key);
	manx_index_key(owner, &cidr, key);
	if (*owner && !manx_view_get(view, key))
		tell(c, MANX_IPAM_INDEX, key, NULL, "is missing: node %s owns %s", owner, text);
}

/* "i/<node>/<4|6>/<block>": what follows the node is the block's key. */
static void check_index(const struct check *c, const struct manx_kv *kv)
{
	const char *rest = strchr(kv->key + 2, '/');
	char key[MANX_IPAM_KEY];
	const struct manx_kv *block;
	size_t n = rest ? (size_t)(rest - kv->key - 2) : 0;
	const char *owner;

	snprintf(key, sizeof(key), "b%s", rest ? rest : "");
	block = manx_view_get(c->view, key);
	owner = block ? manx_view_text(c->view, block, "owner") : "";
	if (strlen(owner) != n || strncmp(owner, kv->key + 2, n))
		tell(c, MANX_IPAM_INDEX, kv->key, kv, "lies: the block is %s%s",
		     *owner ? "of node " : "not there, or nobody's", owner);
}

static void check_borrowed(const struct check *c, const struct manx_kv *kv)
{
	const struct manx_ipam_view *view = c->view;
	const struct manx_view_block *block = NULL;
	const struct manx_kv *used = NULL;
	char key[MANX_IPAM_KEY];
	struct manx_addr addr;
	const char *node = "";

	if (manx_addr_from_key(kv->key + 2, &addr)) {
		used = manx_view_get(view, manx_used_key(&addr, key));
		block = manx_view_block_of(view, &addr);
	}
	if (used)
		node = manx_view_text(view, used, "node");
	if (!used || strcmp(node, manx_view_text(view, kv, "node")) ||
	    (block && !strcmp(block->owner, node)))
		tell(c, MANX_IPAM_INDEX, kv->key, kv, "lies: the address is not borrowed so");
}

void manx_ipam_view_check(const struct manx_ipam_view *view,
			  void (*fn)(void *ctx, const struct manx_ipam_problem *problem),
			  void *ctx)
{
	static const struct {
		const char *prefix;
		void (*fn)(const struct check *c, const struct manx_kv *kv);
	} parts[] = {
		{ "h/", check_handle }, { "a/", check_address }, { "e/", check_endpoint },
		{ "b/", check_block }, { "i/", check_index }, { "x/", check_borrowed },
	};
	struct check c = { .view = view, .fn = fn, .ctx = ctx };

	for (size_t p = 0; p < sizeof(parts) / sizeof(parts[0]); p++) {
		size_t first, n = manx_view_prefix(view, parts[p].prefix, &first);

		for (size_t i = 0; i < n; i++)
			parts[p].fn(&c, &view->kvs.kv[first + i]);
	}
}
