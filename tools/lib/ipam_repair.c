// SPDX-License-Identifier: GPL-2.0-only
/*
 * Putting right what a check found. Each step rests on the records that it was found
 * in: whoever has changed one of them since is not disturbed.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ipam_view_internal.h"
#include "json.h"

/* 1 and *kv; 0 if there is none. */
static int get(struct manx_store *store, const char *key, struct manx_kv *kv,
	       struct manx_error *err)
{
	int ret = manx_store_get(store, key, kv, err);

	return ret == -ENOENT ? 0 : ret ? ret : 1;
}

static void guard(struct manx_txn *txn, const char *key, const struct manx_kv *kv)
{
	if (kv->key)
		manx_txn_guard_rev(txn, key, kv->mod_rev);
	else
		manx_txn_guard_absent(txn, key);
}

/* 1 done, 0 somebody was first. Frees @txn. */
static int end(struct manx_store *store, struct manx_txn *txn, struct manx_error *err)
{
	int ret = manx_store_commit(store, txn, NULL, err);

	manx_txn_free(txn);
	return ret == -EAGAIN ? 0 : ret ? ret : 1;
}

static bool belongs_to(const struct manx_kv *kv, const char *handle)
{
	cJSON *json = cJSON_Parse(kv->value);
	const cJSON *at = cJSON_GetObjectItemCaseSensitive(json, "metadata");
	const char *of;
	bool yes;

	at = cJSON_GetObjectItemCaseSensitive(at, "annotations");
	of = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(at, "manx.io/handle"));
	yes = !of || !strcmp(of, handle);
	cJSON_Delete(json);
	return yes;
}

/* What says that a handle is used: its endpoint, or its node. *used, and a guard on that. */
static int guard_user(struct manx_store *store, struct manx_txn *txn, const char *handle,
		      const struct manx_handle *h, bool *used, struct manx_error *err)
{
	struct manx_kv kv = { .key = NULL };
	char key[MANX_IPAM_KEY];
	int ret;

	if (h->endpoint)
		snprintf(key, sizeof(key), "%s", h->endpoint);
	else
		snprintf(key, sizeof(key), "r/%s/%.253s", manx_kind(MANX_KIND_NODE)->plural,
			 handle + strlen(MANX_IPAM_TUNNEL_HANDLE));
	ret = get(store, key, &kv, err);
	*used = ret == 1 && (!h->endpoint || belongs_to(&kv, handle));
	guard(txn, key, &kv);
	manx_kv_clear(&kv);
	return ret < 0 ? ret : 0;
}

static int release_handle(struct manx_store *store, const char *handle, int64_t rev,
			  struct manx_error *err)
{
	char key[MANX_IPAM_KEY];
	struct manx_handle h;
	struct manx_txn *txn;
	bool used = true;
	int ret = manx_handle_read(store, handle, &h, err);

	if (ret)
		return ret == -ENOENT ? 0 : ret;
	txn = manx_txn_new();
	if (h.rev == rev && (h.endpoint || !strncmp(handle, MANX_IPAM_TUNNEL_HANDLE,
						    strlen(MANX_IPAM_TUNNEL_HANDLE))))
		ret = guard_user(store, txn, handle, &h, &used, err);
	manx_guard_handle_unchanged(txn, handle, h.rev);
	manx_txn_del(txn, manx_handle_key(handle, key));
	for (size_t i = 0; i < h.addr.n; i++) {
		manx_txn_del(txn, manx_used_key(&h.addr.addr[i], key));
		manx_txn_del(txn, manx_borrowed_key(&h.addr.addr[i], key));
	}
	manx_handle_clear(&h);
	if (!ret && !used)
		return end(store, txn, err);
	manx_txn_free(txn);
	return ret;
}

static bool has(const struct manx_handle *h, const struct manx_addr *addr)
{
	for (size_t i = 0; i < h->addr.n; i++)
		if (!manx_addr_cmp(&h->addr.addr[i], addr))
			return true;
	return false;
}

static int release_stray(struct manx_store *store, const struct manx_kv *kv,
			 const struct manx_addr *addr, struct manx_error *err)
{
	cJSON *json = cJSON_Parse(kv->value);
	const char *handle = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, "handle"));
	struct manx_txn *txn = manx_txn_new();
	char key[MANX_IPAM_KEY];
	struct manx_handle h;
	bool used = !handle;
	int ret = handle ? manx_handle_read(store, handle, &h, err) : 0;

	if (handle && !ret) {
		used = has(&h, addr);
		manx_guard_handle_unchanged(txn, handle, h.rev);
		manx_handle_clear(&h);
	} else if (ret == -ENOENT) {
		manx_guard_handle_absent(txn, handle);
		ret = 0;
	}
	manx_txn_guard_rev(txn, kv->key, kv->mod_rev);
	manx_txn_del(txn, kv->key);
	manx_txn_del(txn, manx_borrowed_key(addr, key));
	cJSON_Delete(json);
	if (!ret && !used)
		return end(store, txn, err);
	manx_txn_free(txn);
	return ret;
}

int manx_ipam_release_leak(struct manx_store *store, const char *key, int64_t rev,
			   struct manx_error *err)
{
	struct manx_addr addr;
	struct manx_kv kv;
	int ret;

	if (!strncmp(key, "h/", 2))
		return release_handle(store, key + 2, rev, err);
	if (strncmp(key, "a/", 2) || !manx_addr_from_key(key + 2, &addr))
		return manx_fail(err, -EINVAL, "\"%s\" is neither a handle nor an address", key);
	ret = get(store, key, &kv, err);
	if (ret != 1)
		return ret;
	ret = kv.mod_rev == rev ? release_stray(store, &kv, &addr, err) : 0;
	manx_kv_clear(&kv);
	return ret;
}

/* "i/<node>/<block>" */
static int repair_index(struct manx_store *store, const char *key, struct manx_error *err)
{
	const char *rest = strchr(key + 2, '/');
	size_t n = rest ? (size_t)(rest - key - 2) : 0;
	struct manx_kv kv = { .key = NULL };
	struct manx_block block = { .node = NULL };
	struct manx_txn *txn = manx_txn_new();
	char of[MANX_IPAM_KEY];
	int ret;

	snprintf(of, sizeof(of), "b%s", rest ? rest : "");
	ret = rest ? get(store, of, &kv, err) : 0;
	if (ret == 1)
		ret = manx_block_decode(&kv, &block, err);
	guard(txn, of, &kv);
	if (block.node && strlen(block.node) == n && !strncmp(block.node, key + 2, n))
		manx_txn_put(txn, key, "{}");
	else
		manx_txn_del(txn, key);
	manx_block_clear(&block);
	manx_kv_clear(&kv);
	if (ret >= 0)
		return end(store, txn, err);
	manx_txn_free(txn);
	return ret;
}

/* The block that holds @addr, of whatever size: 1 and *kv, 0 none. */
static int find_block(struct manx_store *store, const struct manx_addr *addr, struct manx_kv *kv,
		      struct manx_error *err)
{
	uint8_t bits = manx_addr_bits(addr), least = bits == 32 ? 20 : 116;
	int ret = 0;

	for (uint8_t len = bits; len >= least && !ret; len--) {
		struct manx_prefix cidr = manx_prefix_mask(&(struct manx_prefix){ *addr, len });
		char key[MANX_IPAM_KEY];

		ret = get(store, manx_block_key(&cidr, key), kv, err);
	}
	return ret;
}

/* "x/<address>" */
static int repair_borrowed(struct manx_store *store, const char *key, struct manx_error *err)
{
	struct manx_kv used = { .key = NULL }, block_kv = { .key = NULL };
	struct manx_txn *txn = manx_txn_new();
	struct manx_block block = { .node = NULL };
	char used_key[MANX_IPAM_KEY];
	struct manx_addr addr;
	const char *node = NULL;
	cJSON *json = NULL;
	int ret = 0;

	if (manx_addr_from_key(key + 2, &addr)) {
		ret = get(store, manx_used_key(&addr, used_key), &used, err);
		if (ret == 1)
			ret = find_block(store, &addr, &block_kv, err);
		if (ret == 1)
			ret = manx_block_decode(&block_kv, &block, err);
		guard(txn, used_key, &used);
	}
	if (block_kv.key)
		guard(txn, block_kv.key, &block_kv);
	if (used.value)
		json = cJSON_Parse(used.value);
	node = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, "node"));
	if (node && block.node && strcmp(node, block.node))
		manx_put_record(txn, key, (const char *[]){ "node", node, NULL });
	else
		manx_txn_del(txn, key);
	cJSON_Delete(json);
	manx_block_clear(&block);
	manx_kv_clear(&used);
	manx_kv_clear(&block_kv);
	if (ret >= 0)
		return end(store, txn, err);
	manx_txn_free(txn);
	return ret;
}

int manx_ipam_repair(struct manx_store *store, const char *key, struct manx_error *err)
{
	if (!strncmp(key, "i/", 2))
		return repair_index(store, key, err);
	if (!strncmp(key, "x/", 2))
		return repair_borrowed(store, key, err);
	return manx_fail(err, -EINVAL, "\"%s\" is no index", key);
}

/* The handle without @addr; gone if that was its last one. */
static void put_rest(struct manx_txn *txn, const char *handle, const struct manx_kv *kv,
		     const struct manx_handle *h, const struct manx_addr *addr)
{
	char key[MANX_IPAM_KEY], text[MANX_ADDR_STRLEN];
	cJSON *json = cJSON_Parse(kv->value), *list = cJSON_CreateArray();
	char *value = NULL;

	manx_handle_key(handle, key);
	for (size_t i = 0; i < h->addr.n; i++)
		if (manx_addr_cmp(&h->addr.addr[i], addr))
			cJSON_AddItemToArray(list, cJSON_CreateString(
				manx_addr_format(&h->addr.addr[i], text)));
	if (h->addr.n > 1 && cJSON_ReplaceItemInObjectCaseSensitive(json, "addresses", list))
		value = cJSON_PrintUnformatted(json);
	else
		cJSON_Delete(list);
	if (h->addr.n > 1)
		manx_txn_put(txn, key, value);
	else
		manx_txn_del(txn, key);
	cJSON_free(value);
	cJSON_Delete(json);
}

static int release_addr_once(struct manx_store *store, const struct manx_addr *addr,
			     struct manx_error *err)
{
	struct manx_kv used, kv = { .key = NULL };
	char key[MANX_IPAM_KEY], text[MANX_ADDR_STRLEN], handle[MANX_HANDLE_MAX + 1] = "";
	struct manx_handle h = { .endpoint = NULL };
	struct manx_txn *txn;
	cJSON *json;
	int ret = get(store, manx_used_key(addr, key), &used, err);

	if (!ret)
		return manx_fail(err, -ENOENT, "%s is not in use", manx_addr_format(addr, text));
	if (ret < 0)
		return ret;
	json = cJSON_Parse(used.value);
	if (cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, "handle")))
		snprintf(handle, sizeof(handle), "%s",
			 cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, "handle")));
	cJSON_Delete(json);
	txn = manx_txn_new();
	manx_txn_guard_rev(txn, key, used.mod_rev);
	manx_txn_del(txn, key);
	manx_txn_del(txn, manx_borrowed_key(addr, key));
	ret = *handle ? get(store, manx_handle_key(handle, key), &kv, err) : 0;
	if (ret == 1)
		ret = manx_handle_read(store, handle, &h, err);
	if (!ret && kv.key && has(&h, addr)) {
		manx_guard_handle_unchanged(txn, handle, kv.mod_rev);
		put_rest(txn, handle, &kv, &h, addr);
	}
	manx_handle_clear(&h);
	manx_kv_clear(&kv);
	manx_kv_clear(&used);
	if (!ret || ret == -ENOENT)
		return end(store, txn, err);
	manx_txn_free(txn);
	return ret;
}

int manx_ipam_release_addr(struct manx_store *store, const struct manx_addr *addr,
			   struct manx_error *err)
{
	int ret = 0;

	for (unsigned int try = 0; try < MANX_IPAM_TRIES && !ret; try++) {
		manx_ipam_pause(try);
		ret = release_addr_once(store, addr, err);
	}
	return ret == 1 ? 0 : ret ? ret : -EAGAIN;
}
