// SPDX-License-Identifier: GPL-2.0-only
/*
 * Removing a node. First it is fenced, by the transaction that takes its record
 * away: whatever it begins from then on fails, for each of its transactions rests
 * on the record and on the absence of m/gone/<node>. Then what it holds goes, in as
 * many transactions as it takes, each of which can be repeated; the fence goes last,
 * so that who was interrupted goes on with the next call.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ipam_internal.h"
#include "json.h"

/* Keys read at once. */
#define PAGE 256

/* "e/<node>/" up to "e/<node>0": '0' follows '/'. */
static struct manx_node_range {
	char from[300], to[300];
} range_of(const char *family, const char *node)
{
	struct manx_node_range range;

	snprintf(range.from, sizeof(range.from), "%s/%s/", family, node);
	snprintf(range.to, sizeof(range.to), "%s/%s0", family, node);
	return range;
}

static int is_fenced(struct manx_store *store, const char *node, struct manx_error *err)
{
	char key[MANX_IPAM_KEY];
	struct manx_kv kv;
	int ret = manx_store_get(store, manx_gone_key(node, key), &kv, err);

	if (ret)
		return ret == -ENOENT ? 0 : ret;
	manx_kv_clear(&kv);
	return 1;
}

/* Why the transaction that fences was refused, in words. */
static int explain(const char *node, const struct manx_error *why, struct manx_error *err)
{
	if (!strncmp(why->text, "n/", 2))
		return manx_fail(err, -EBUSY,
				 "Node(%s): its manxd is there: stop it first, or remove it with --force",
				 node);
	if (!strncmp(why->text, "something lies between e/", 25))
		return manx_fail(err, -EBUSY,
				 "Node(%s): has endpoints (\"manxctl get wep -A\" shows them): remove its pods first, or give up what they have with --force",
				 node);
	return manx_fail(err, -EAGAIN, "Node(%s) was changed meanwhile: %s", node, why->text);
}

static int fence(struct manx_store *store, const char *node, int64_t mod_rev, bool force,
		 struct manx_error *err)
{
	struct manx_node_range endpoints = range_of("e", node);
	struct manx_txn *txn = manx_txn_new();
	struct manx_error why = { 0 };
	char key[MANX_IPAM_KEY];
	int ret;

	if (!force) {
		snprintf(key, sizeof(key), "n/%s", node);
		manx_txn_guard_absent(txn, key);
		manx_txn_guard_empty(txn, endpoints.from, endpoints.to);
	}
	snprintf(key, sizeof(key), "r/%s/%s", manx_kind(MANX_KIND_NODE)->plural, node);
	manx_txn_guard_rev(txn, key, mod_rev);
	manx_txn_del(txn, key);
	manx_txn_put(txn, manx_gone_key(node, key), "{}");
	ret = manx_store_commit(store, txn, NULL, &why);
	manx_txn_free(txn);
	if (ret == -EAGAIN)
		return explain(node, &why, err);
	if (ret && err)
		*err = why;
	return ret;
}

static bool is_of(const struct manx_kv *kv, const char *node)
{
	cJSON *json = cJSON_Parse(kv->value);
	const char *of = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, "node"));
	bool yes = of && !strcmp(of, node);

	cJSON_Delete(json);
	return yes;
}

/* Of one page of handles, those of @node. */
static int release_page(struct manx_store *store, const struct manx_kvs *kvs, const char *node,
			struct manx_error *err)
{
	struct manx_ipam_return ret[PAGE];
	size_t n = 0;

	for (size_t i = 0; i < kvs->n; i++)
		if (is_of(&kvs->kv[i], node))
			ret[n++] = (struct manx_ipam_return){ .handle = kvs->kv[i].key + 2 };
	manx_ipam_release_batch(store, NULL, ret, n);
	for (size_t i = 0; i < n; i++) {
		if (!ret[i].ret)
			continue;
		if (err)
			*err = ret[i].err;
		return ret[i].ret;
	}
	return 0;
}

static int delete_page(struct manx_store *store, const struct manx_kvs *kvs, const char *node,
		       struct manx_error *err)
{
	int ret = 0;

	(void)node;
	for (size_t i = 0; i < kvs->n && !ret;) {
		struct manx_txn *txn = manx_txn_new();

		for (size_t n = 0; n < 100 && i < kvs->n; n++, i++)
			manx_txn_del(txn, kvs->kv[i].key);
		ret = manx_store_commit(store, txn, NULL, err);
		manx_txn_free(txn);
	}
	return ret;
}

/* What is lent out stays a block, but nobody's. */
static int disown(struct manx_store *store, const struct manx_kv *kv,
		  const struct manx_block *block, struct manx_error *err)
{
	struct manx_held held = { .cidr = block->cidr, .rev = kv->mod_rev };
	struct manx_txn *txn = manx_txn_new();
	char key[MANX_IPAM_KEY];
	int ret;

	manx_guard_block_claim(txn, &held);
	manx_put_record(txn, kv->key, (const char *[]){ "owner", "", "pool", block->pool, NULL });
	manx_txn_del(txn, manx_index_key(block->node, &block->cidr, key));
	ret = manx_store_commit(store, txn, NULL, err);
	manx_txn_free(txn);
	return ret;
}

static int give_up(struct manx_store *store, const struct manx_kv *kv, const char *node,
		   struct manx_error *err)
{
	struct manx_block block;
	int ret = manx_block_decode(kv, &block, err);

	if (ret)
		return ret;
	if (!strcmp(block.node, node) || !*block.node) {
		ret = manx_block_give_back(store, kv, err);
		if (!ret && *block.node)
			ret = disown(store, kv, &block, err);
	}
	manx_block_clear(&block);
	return ret < 0 ? ret : 0;
}

/*
 * The index of a node is no truth: the records of all blocks are looked at; and those
 * that are nobody's and empty by now go with it.
 */
static int give_up_page(struct manx_store *store, const struct manx_kvs *kvs, const char *node,
			struct manx_error *err)
{
	int ret = 0;

	for (size_t i = 0; i < kvs->n && !ret; i++)
		ret = give_up(store, &kvs->kv[i], node, err);
	return ret;
}

static int for_each_page(struct manx_store *store, const char *from, const char *to,
			 const char *node,
			 int (*fn)(struct manx_store *store, const struct manx_kvs *kvs,
				   const char *node, struct manx_error *err),
			 struct manx_error *err)
{
	char *at = strdup(from);
	bool more = true;
	int ret = at ? 0 : manx_fail(err, -ENOMEM, "Node(%s): out of memory", node);

	while (more && !ret) {
		struct manx_kvs kvs;

		ret = manx_store_range(store, at, to, PAGE, &kvs, err);
		if (ret)
			break;
		more = kvs.n == PAGE;
		free(at);
		if (!more || asprintf(&at, "%s!", kvs.kv[PAGE - 1].key) < 0)
			at = NULL;
		if (more && !at)
			ret = manx_fail(err, -ENOMEM, "Node(%s): out of memory", node);
		if (!ret)
			ret = fn(store, &kvs, node, err);
		manx_kvs_clear(&kvs);
	}
	free(at);
	return ret;
}

static int unfence(struct manx_store *store, const char *node, struct manx_error *err)
{
	struct manx_node_range endpoints = range_of("e", node), index = range_of("i", node);
	struct manx_txn *txn = manx_txn_new();
	char key[MANX_IPAM_KEY];
	int ret;

	manx_txn_guard_empty(txn, endpoints.from, endpoints.to);
	manx_txn_guard_empty(txn, index.from, index.to);
	manx_txn_del(txn, manx_gone_key(node, key));
	ret = manx_store_commit(store, txn, NULL, err);
	manx_txn_free(txn);
	return ret;
}

/* Everything but the fence; may be repeated at any point. */
static int clean_up(struct manx_store *store, const char *node, struct manx_error *err)
{
	struct manx_node_range endpoints = range_of("e", node), index = range_of("i", node);
	int ret = for_each_page(store, "h/", "h0", node, release_page, err);

	if (!ret)	/* those without a handle */
		ret = for_each_page(store, endpoints.from, endpoints.to, node, delete_page, err);
	if (!ret)
		ret = for_each_page(store, "b/", "b0", node, give_up_page, err);
	if (!ret)	/* entries that lie */
		ret = for_each_page(store, index.from, index.to, node, delete_page, err);
	return ret ? ret : unfence(store, node, err);
}

int manx_ipam_remove_node(struct manx_store *store, const char *node, int64_t mod_rev, bool force,
			  struct manx_error *err)
{
	int ret = -EAGAIN;

	if (!manx_name_is_valid(node))
		return manx_fail(err, -EINVAL, "node \"%s\" is no name of a node", node);
	if (mod_rev) {
		ret = fence(store, node, mod_rev, force, err);
		if (ret)
			return ret;
	} else {
		ret = is_fenced(store, node, err);
		if (ret != 1)
			return ret ? ret : -ENOENT;
	}
	ret = -EAGAIN;
	for (unsigned int try = 0; try < MANX_IPAM_TRIES && ret == -EAGAIN; try++) {
		manx_ipam_pause(try);
		ret = clean_up(store, node, err);
	}
	return ret;
}
