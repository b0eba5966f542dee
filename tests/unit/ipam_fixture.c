// SPDX-License-Identifier: GPL-2.0-only
#include "ipam_fixture.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "model.h"

static void parse(const char *text, struct manx_resources *rs)
{
	struct manx_error err = { 0 };

	if (manx_resources_parse(text, strlen(text), "test", rs, NULL, NULL, &err))
		fail_msg("%s", err.text);
}

int ipam_put_pool(struct manx_store *store, const char *name, const char *cidr, int block_size,
		  const char *more, int64_t mod_rev, struct manx_error *err)
{
	struct manx_resources rs;
	char text[1024];
	int ret;

	snprintf(text, sizeof(text),
		 "apiVersion: projectcalico.org/v3\nkind: IPPool\nmetadata: { name: %s }\n"
		 "spec:\n  cidr: %s\n  blockSize: %d\n%s", name, cidr, block_size, more);
	parse(text, &rs);
	ret = manx_ipam_put_pool(store, &rs.r[0], mod_rev, err);
	manx_resources_clear(&rs);
	return ret;
}

/* The record of Node @name, with labels as one line of YAML, to be freed. */
static char *node_value(const char *name, const char *labels)
{
	struct manx_resources rs;
	char text[1024], *value;

	snprintf(text, sizeof(text),
		 "apiVersion: projectcalico.org/v3\nkind: Node\nmetadata: { name: %s, labels: %s }\n"
		 "spec: {}\n", name, labels);
	parse(text, &rs);
	value = manx_resource_to_store(&rs.r[0]);
	manx_resources_clear(&rs);
	return value;
}

/* Once: a node that is removed later stays so. */
static void make_nodes(struct manx_store *store)
{
	struct manx_txn *txn = manx_txn_new();
	struct manx_error err = { 0 };

	for (int i = 1; i <= IPAM_NODES; i++) {
		char name[16], key[32], *value;

		snprintf(name, sizeof(name), "n%d", i);
		snprintf(key, sizeof(key), "r/nodes/%s", name);
		value = node_value(name, "{}");
		manx_txn_put(txn, key, value);
		free(value);
	}
	manx_txn_guard_empty(txn, "r/ippools/", "r/ippools0");
	manx_txn_guard_absent(txn, "r/nodes/n1");
	if (manx_store_commit(store, txn, NULL, &err) && err.code != -EAGAIN)
		fail_msg("%s", err.text);
	manx_txn_free(txn);
}

void ipam_pool(struct manx_store *store, const char *name, const char *cidr, int block_size,
	       const char *more)
{
	struct manx_error err = { 0 };

	make_nodes(store);
	if (ipam_put_pool(store, name, cidr, block_size, more, 0, &err))
		fail_msg("%s", err.text);
}

void ipam_node(struct manx_store *store, const char *name, const char *labels)
{
	char *value = node_value(name, labels), key[300];

	snprintf(key, sizeof(key), "r/nodes/%s", name);
	fixture_put(store, key, value);
	free(value);
}

int64_t ipam_rev(struct manx_store *store, const char *key)
{
	struct manx_kv kv;
	int64_t rev;

	if (manx_store_get(store, key, &kv, NULL))
		return 0;
	rev = kv.mod_rev;
	manx_kv_clear(&kv);
	return rev;
}

int ipam_try(struct manx_store *store, const char *node, const char *handle, int family,
	     struct manx_ipam_result *res, struct manx_error *err)
{
	char uid[MANX_UID_LEN + 1];
	struct manx_ipam_request req = {
		.node = node, .handle = handle, .uid = uid, .use = MANX_USE_WORKLOAD,
		.want4 = family == 4, .want6 = family == 6,
	};
	int ret = manx_uid_new(uid, err);

	return ret ? ret : manx_ipam_assign(store, &req, res, NULL, NULL, err);
}

const char *ipam_assign(struct manx_store *store, const char *node, const char *handle,
			int family)
{
	static char text[MANX_ADDR_STRLEN];
	struct manx_error err = { 0 };
	struct manx_ipam_result res;

	if (ipam_try(store, node, handle, family, &res, &err))
		fail_msg("%s: %s", handle, err.text);
	assert_int_equal(res.n, 1);
	assert_int_equal(res.addr[0].family, family);
	return manx_addr_format(&res.addr[0], text);
}

void ipam_release(struct manx_store *store, const char *handle)
{
	struct manx_error err = { 0 };

	if (manx_ipam_release(store, handle, NULL, NULL, &err))
		fail_msg("%s: %s", handle, err.text);
}

/* Member @name of the record under @key, until the next call; NULL if there is no such record. */
static const char *member(struct manx_store *store, const char *key, const char *name)
{
	static char text[1024];
	const char *value = fixture_value(store, key), *s;
	cJSON *json;

	if (!value)
		return NULL;
	json = cJSON_Parse(value);
	s = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, name));
	if (!s)
		fail_msg("%s has no %s: %s", key, name, value);
	snprintf(text, sizeof(text), "%s", s);
	cJSON_Delete(json);
	return text;
}

/* The claimed block that holds @addr. */
static void block_of(const struct manx_kvs *blocks, const struct manx_addr *addr,
		     struct manx_block *block)
{
	size_t found = 0;

	for (size_t i = 0; i < blocks->n; i++) {
		struct manx_prefix p;

		if (!manx_prefix_from_key(blocks->kv[i].key + 2, &p))
			fail_msg("key %s", blocks->kv[i].key);
		if (!manx_prefix_contains(&p, addr))
			continue;
		assert_int_equal(manx_block_decode(&blocks->kv[i], block, NULL), 0);
		found++;
	}
	assert_int_equal(found, 1);
}

static void check_address(struct manx_store *store, const char *handle,
			  const struct manx_kvs *blocks, const char *addr_text, const char *node)
{
	char text[MANX_ADDR_STRLEN], key[80];
	struct manx_block block;
	struct manx_addr addr;

	assert_true(manx_addr_parse(addr_text, &addr));
	manx_addr_key(&addr, text);
	snprintf(key, sizeof(key), "a/%s", text);
	if (!fixture_value(store, key) || strcmp(member(store, key, "handle"), handle))
		fail_msg("%s does not belong to %s", key, handle);
	block_of(blocks, &addr, &block);
	snprintf(key, sizeof(key), "x/%s", text);
	if (strcmp(block.node, node))
		assert_string_equal(member(store, key, "node"), node);
	else
		assert_null(fixture_value(store, key));
	manx_block_clear(&block);
}

static size_t check_handles(struct manx_store *store, const struct manx_kvs *blocks)
{
	struct manx_kvs handles;
	size_t n = 0;

	assert_int_equal(manx_store_list(store, "h/", &handles, NULL), 0);
	for (size_t i = 0; i < handles.n; i++) {
		cJSON *json = cJSON_Parse(handles.kv[i].value);
		const cJSON *node = cJSON_GetObjectItemCaseSensitive(json, "node"), *item;

		cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(json, "addresses")) {
			check_address(store, handles.kv[i].key + 2, blocks, item->valuestring,
				      node->valuestring);
			n++;
		}
		cJSON_Delete(json);
	}
	manx_kvs_clear(&handles);
	return n;
}

/* 1 if it has an owner. */
static size_t check_block(struct manx_store *store, const struct manx_kv *kv)
{
	struct manx_prefix cidr;
	struct manx_block block;
	size_t owned;
	char key[400];

	assert_int_equal(manx_block_decode(kv, &block, NULL), 0);
	owned = *block.node != 0;
	snprintf(key, sizeof(key), "i/%s/%s", block.node, kv->key + 2);
	if (*block.node && !fixture_value(store, key))
		fail_msg("%s is missing", key);
	snprintf(key, sizeof(key), "r/ippools/%s", block.pool);
	if (fixture_value(store, key)) {
		cJSON *json = cJSON_Parse(fixture_value(store, key));
		const cJSON *spec = cJSON_GetObjectItemCaseSensitive(json, "spec");

		spec = cJSON_GetObjectItemCaseSensitive(spec, "cidr");
		assert_true(manx_prefix_parse(spec->valuestring, &cidr));
		assert_true(manx_prefix_covers(&cidr, &block.cidr));
		cJSON_Delete(json);
	} else {
		fail_msg("%s lies in pool %s, which does not exist", kv->key, block.pool);
	}
	manx_block_clear(&block);
	return owned;
}

void ipam_assert_sound(struct manx_store *store)
{
	struct manx_kvs blocks;
	size_t owned = 0;

	assert_int_equal(manx_store_list(store, "b/", &blocks, NULL), 0);
	assert_int_equal(check_handles(store, &blocks), fixture_count(store, "a/"));
	for (size_t i = 0; i < blocks.n; i++)
		owned += check_block(store, &blocks.kv[i]);
	assert_int_equal(owned, fixture_count(store, "i/"));
	manx_kvs_clear(&blocks);
}
