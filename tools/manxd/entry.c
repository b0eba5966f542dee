// SPDX-License-Identifier: GPL-2.0-only
#include "entry.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"

static int decode_pool(const struct manx_kv *kv, struct manxd_entry *e, struct manx_error *err)
{
	int rc = manx_resource_from_store(manx_kind(MANX_KIND_IPPOOL), kv->key, kv->value,
					  &e->resource, err);

	return rc ? rc : manx_ippool_decode(&e->resource, &e->pool, err);
}

static int decode_node(const struct manx_kv *kv, struct manxd_entry *e, struct manx_error *err)
{
	int rc = manx_resource_from_store(manx_kind(MANX_KIND_NODE), kv->key, kv->value,
					  &e->resource, err);

	return rc ? rc : manx_node_decode(&e->resource, &e->node, err);
}

static int decode_wep(const struct manx_kv *kv, struct manxd_entry *e, struct manx_error *err)
{
	int rc = manx_resource_from_store(manx_kind(MANX_KIND_WORKLOADENDPOINT), kv->key,
					  kv->value, &e->resource, err);

	return rc ? rc : manx_wep_decode(&e->resource, &e->wep, err);
}

static int decode_policy(const struct manx_kv *kv, struct manxd_entry *e, enum manx_kind_id id,
			 struct manx_error *err)
{
	int rc = manx_resource_from_store(manx_kind(id), kv->key, kv->value, &e->resource, err);

	return rc ? rc : manx_policy_decode(&e->resource, &e->policy, err);
}

static int decode_global_policy(const struct manx_kv *kv, struct manxd_entry *e,
				struct manx_error *err)
{
	return decode_policy(kv, e, MANX_KIND_GLOBALNETWORKPOLICY, err);
}

static int decode_namespaced_policy(const struct manx_kv *kv, struct manxd_entry *e,
				    struct manx_error *err)
{
	return decode_policy(kv, e, MANX_KIND_NETWORKPOLICY, err);
}

static int decode_netset(const struct manx_kv *kv, struct manxd_entry *e, enum manx_kind_id id,
			 struct manx_error *err)
{
	int rc = manx_resource_from_store(manx_kind(id), kv->key, kv->value, &e->resource, err);

	return rc ? rc : manx_netset_decode(&e->resource, &e->netset, err);
}

static int decode_global_netset(const struct manx_kv *kv, struct manxd_entry *e,
				struct manx_error *err)
{
	return decode_netset(kv, e, MANX_KIND_GLOBALNETWORKSET, err);
}

static int decode_namespaced_netset(const struct manx_kv *kv, struct manxd_entry *e,
				    struct manx_error *err)
{
	return decode_netset(kv, e, MANX_KIND_NETWORKSET, err);
}

static int decode_tier(const struct manx_kv *kv, struct manxd_entry *e, struct manx_error *err)
{
	int rc = manx_resource_from_store(manx_kind(MANX_KIND_TIER), kv->key, kv->value,
					  &e->resource, err);

	return rc ? rc : manx_tier_decode(&e->resource, &e->tier, err);
}

static int decode_space(const struct manx_kv *kv, struct manxd_entry *e, struct manx_error *err)
{
	int rc = manx_resource_from_store(manx_kind(MANX_KIND_NAMESPACE), kv->key, kv->value,
					  &e->resource, err);

	return rc ? rc : manx_namespace_decode(&e->resource, &e->space, err);
}

static int decode_block(const struct manx_kv *kv, struct manxd_entry *e, struct manx_error *err)
{
	return manx_block_decode(kv, &e->block, err);
}

static int decode_borrowed(const struct manx_kv *kv, struct manxd_entry *e, struct manx_error *err)
{
	const char *node = NULL;
	struct manx_json top;
	cJSON *json;
	int rc;

	if (!manx_addr_from_key(kv->key + strlen("x/"), &e->borrowed.addr))
		return manx_fail(err, -EINVAL, "the key names no address");
	rc = manx_json_parse(kv->value, strlen(kv->value), &json, err);
	if (rc)
		return rc;
	top = manx_json_top(json);
	rc = manx_json_string(&top, "node", &node, err);
	if (!rc && !node)
		rc = manx_fail(err, -EINVAL, "node is missing");
	if (!rc) {
		e->borrowed.node = strdup(node);
		rc = e->borrowed.node ? 0 : manx_fail(err, -ENOMEM, "out of memory");
	}
	cJSON_Delete(json);
	return rc;
}

static const struct family {
	const char *prefix;
	enum manxd_entry_kind kind;
	unsigned int changes;
	int (*decode)(const struct manx_kv *kv, struct manxd_entry *e, struct manx_error *err);
} families[] = {
	{ "e/", MANXD_WEP, MANXD_CHANGED_POLICY, decode_wep },
	{ "b/", MANXD_BLOCK, MANXD_CHANGED_NETWORK, decode_block },
	{ "x/", MANXD_BORROWED, MANXD_CHANGED_NETWORK, decode_borrowed },
	{ "r/globalnetworkpolicies/", MANXD_POLICY, MANXD_CHANGED_POLICY, decode_global_policy },
	{ "r/networkpolicies/", MANXD_POLICY, MANXD_CHANGED_POLICY, decode_namespaced_policy },
	{ "r/networksets/", MANXD_NETSET, MANXD_CHANGED_POLICY, decode_namespaced_netset },
	{ "r/globalnetworksets/", MANXD_NETSET, MANXD_CHANGED_POLICY, decode_global_netset },
	{ "r/tiers/", MANXD_TIER, MANXD_CHANGED_POLICY, decode_tier },
	{ "r/namespaces/", MANXD_SPACE, MANXD_CHANGED_POLICY, decode_space },
	{ "r/ippools/", MANXD_POOL, MANXD_CHANGED_NETWORK | MANXD_CHANGED_POOLS, decode_pool },
	{ "r/nodes/", MANXD_NODE, MANXD_CHANGED_NETWORK, decode_node },
};

static const struct family *family_of(const char *key)
{
	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++)
		if (!strncmp(key, families[i].prefix, strlen(families[i].prefix)))
			return &families[i];
	return NULL;
}

bool manxd_entry_is_known(const char *key)
{
	return family_of(key) != NULL;
}

unsigned int manxd_entry_changes(const struct manx_kv *kv)
{
	const struct family *family = family_of(kv->key);
	bool gone = family->kind == MANXD_WEP && !kv->value;

	return family->changes | (gone ? MANXD_CHANGED_GONE : 0);
}

int manxd_entry_decode(const struct manx_kv *kv, struct manxd_entry **out, struct manx_error *err)
{
	const struct family *family = family_of(kv->key);
	struct manxd_entry *entry = calloc(1, sizeof(*entry));
	int rc;

	if (!entry)
		return manx_fail(err, -ENOMEM, "out of memory for %s", kv->key);
	entry->kind = family->kind;
	entry->mod_rev = kv->mod_rev;
	entry->key = strdup(kv->key);
	rc = entry->key ? family->decode(kv, entry, err) :
			  manx_fail(err, -ENOMEM, "out of memory for %s", kv->key);
	if (rc)
		manxd_entry_free(entry);
	else
		*out = entry;
	return rc;
}

void manxd_entry_free(struct manxd_entry *entry)
{
	switch (entry->kind) {
	case MANXD_POLICY:
		manx_policy_clear(&entry->policy);
		break;
	case MANXD_NETSET:
		manx_netset_clear(&entry->netset);
		break;
	case MANXD_BLOCK:
		manx_block_clear(&entry->block);
		break;
	case MANXD_BORROWED:
		free(entry->borrowed.node);
		break;
	case MANXD_POOL:
	case MANXD_NODE:
	case MANXD_WEP:
	case MANXD_TIER:
	case MANXD_SPACE:
		break;
	}
	manx_resource_clear(&entry->resource);
	free(entry->key);
	free(entry);
}
