// SPDX-License-Identifier: GPL-2.0-only
/*
 * Records of address management: their keys and their JSON.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ipam_internal.h"
#include "json.h"

const char *manx_block_key(const struct manx_prefix *block, char *buf)
{
	char text[MANX_ADDR_STRLEN];

	snprintf(buf, MANX_IPAM_KEY, "b/%s", manx_prefix_key(block, text));
	return buf;
}

const char *manx_index_key(const char *node, const struct manx_prefix *block, char *buf)
{
	char text[MANX_ADDR_STRLEN];

	snprintf(buf, MANX_IPAM_KEY, "i/%s/%s", node, manx_prefix_key(block, text));
	return buf;
}

const char *manx_last_key(const struct manx_prefix *block, char *buf)
{
	char text[MANX_ADDR_STRLEN];

	snprintf(buf, MANX_IPAM_KEY, "l/%s", manx_prefix_key(block, text));
	return buf;
}

const char *manx_used_key(const struct manx_addr *addr, char *buf)
{
	char text[MANX_ADDR_STRLEN];

	snprintf(buf, MANX_IPAM_KEY, "a/%s", manx_addr_key(addr, text));
	return buf;
}

const char *manx_borrowed_key(const struct manx_addr *addr, char *buf)
{
	char text[MANX_ADDR_STRLEN];

	snprintf(buf, MANX_IPAM_KEY, "x/%s", manx_addr_key(addr, text));
	return buf;
}

const char *manx_handle_key(const char *handle, char *buf)
{
	snprintf(buf, MANX_IPAM_KEY, "h/%s", handle);
	return buf;
}

/* Put @json, which may be NULL, and delete it. */
static void put_json(struct manx_txn *txn, const char *key, cJSON *json)
{
	char *text = json ? cJSON_PrintUnformatted(json) : NULL;

	manx_txn_put(txn, key, text);
	cJSON_free(text);
	cJSON_Delete(json);
}

/* Adds @members to @json; NULL, with @json deleted, without memory. */
static cJSON *add_strings(cJSON *json, const char *const *members)
{
	for (; json && *members; members += 2) {
		if (cJSON_AddStringToObject(json, members[0], members[1]))
			continue;
		cJSON_Delete(json);
		return NULL;
	}
	return json;
}

void manx_put_record(struct manx_txn *txn, const char *key, const char *const *members)
{
	put_json(txn, key, add_strings(cJSON_CreateObject(), members));
}

void manx_handle_put(struct manx_txn *txn, const struct manx_ipam_request *req,
		     const struct manx_ipam_result *res, const char *endpoint)
{
	const char *members[] = {
		"uid", req->uid, "node", req->node, endpoint ? "endpoint" : NULL, endpoint, NULL,
	};
	char text[2][MANX_ADDR_STRLEN];
	const char *addr[2] = { text[0], text[1] };
	cJSON *json = add_strings(cJSON_CreateObject(), members), *list;
	char key[MANX_IPAM_KEY];

	for (size_t i = 0; i < res->n; i++)
		manx_addr_format(&res->addr[i], text[i]);
	list = cJSON_CreateStringArray(addr, (int)res->n);
	if (!json || !cJSON_AddItemToObject(json, "addresses", list)) {
		cJSON_Delete(list);
		cJSON_Delete(json);
		json = NULL;
	}
	put_json(txn, manx_handle_key(req->handle, key), json);
}

/* Parse the value of @kv; the caller deletes *json. */
static int parse(const struct manx_kv *kv, cJSON **json, struct manx_json *top,
		 struct manx_error *err)
{
	int ret = manx_json_parse(kv->value, strlen(kv->value), json, err);

	if (ret)
		return manx_error_prefix(err, "store: record %s", kv->key);
	*top = manx_json_top(*json);
	return 0;
}

static int damaged(const struct manx_kv *kv, struct manx_error *err)
{
	return manx_fail(err, -EUCLEAN, "store: record %s is damaged: %s", kv->key, kv->value);
}

static int take_block(const struct manx_kv *kv, const struct manx_json *top,
		      struct manx_block *b, struct manx_error *err)
{
	const char *owner = NULL, *pool = NULL;
	int ret = manx_json_string(top, "owner", &owner, err);

	if (!ret)
		ret = manx_json_string(top, "pool", &pool, err);
	if (ret || !owner || !pool || strncmp(kv->key, "b/", 2) ||
	    !manx_prefix_from_key(kv->key + 2, &b->cidr))
		return damaged(kv, err);
	b->node = strdup(owner);
	b->pool = strdup(pool);
	if (b->node && b->pool)
		return 0;
	manx_block_clear(b);
	return manx_fail(err, -ENOMEM, "block: out of memory");
}

int manx_block_decode(const struct manx_kv *kv, struct manx_block *b, struct manx_error *err)
{
	struct manx_json top;
	cJSON *json;
	int ret;

	*b = (struct manx_block){ 0 };
	ret = parse(kv, &json, &top, err);
	if (ret)
		return ret;
	ret = take_block(kv, &top, b, err);
	cJSON_Delete(json);
	return ret;
}

void manx_block_clear(struct manx_block *b)
{
	free(b->node);
	free(b->pool);
	*b = (struct manx_block){ 0 };
}

static bool take_addresses(const struct manx_json *list, struct manx_ipam_result *res)
{
	const cJSON *item;

	cJSON_ArrayForEach(item, list->v) {
		if (res->n == 2 || !cJSON_IsString(item) ||
		    !manx_addr_parse(item->valuestring, &res->addr[res->n]))
			return false;
		res->n++;
	}
	return true;
}

static int take_handle(const struct manx_kv *kv, const struct manx_json *top,
		       struct manx_handle *h, struct manx_error *err)
{
	const char *uid = NULL, *endpoint = NULL;
	struct manx_json list = { .v = NULL };
	int ret = manx_json_string(top, "uid", &uid, err);

	if (!ret)
		ret = manx_json_string(top, "endpoint", &endpoint, err);
	if (!ret)
		ret = manx_json_array(top, "addresses", &list, err);
	if (ret || !uid || strlen(uid) != MANX_UID_LEN || !take_addresses(&list, &h->addr))
		return damaged(kv, err);
	strcpy(h->uid, uid);
	h->rev = kv->mod_rev;
	if (!endpoint)
		return 0;
	h->endpoint = strdup(endpoint);
	return h->endpoint ? 0 : manx_fail(err, -ENOMEM, "handle: out of memory");
}

int manx_handle_read(struct manx_store *store, const char *handle, struct manx_handle *h,
		     struct manx_error *err)
{
	char key[MANX_IPAM_KEY];
	struct manx_json top;
	struct manx_kv kv;
	cJSON *json;
	int ret = manx_store_get(store, manx_handle_key(handle, key), &kv, err);

	*h = (struct manx_handle){ .endpoint = NULL };
	if (ret)
		return ret;
	ret = parse(&kv, &json, &top, err);
	if (!ret) {
		ret = take_handle(&kv, &top, h, err);
		cJSON_Delete(json);
	}
	manx_kv_clear(&kv);
	return ret;
}

void manx_handle_clear(struct manx_handle *h)
{
	free(h->endpoint);
	*h = (struct manx_handle){ .endpoint = NULL };
}
