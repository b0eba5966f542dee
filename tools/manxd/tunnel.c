// SPDX-License-Identifier: GPL-2.0-only
#include "tunnel.h"

#include <errno.h>
#include <linux/manx_link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "follow.h"
#include "ipam.h"
#include "log.h"
#include "node.h"
#include "selector.h"
#include "sysctl.h"

#define TUNNEL_NAME "manx.ipip"

bool manxd_tunnel_spares_ip6(const struct manxd *d, const struct manx_node *node)
{
	const struct manx_node *self = manxd_self(d);

	return self && self->ip6.addr.family && node->ip6.addr.family &&
	       manx_prefix_contains(&self->ip6, &node->ip6.addr);
}

static bool encapsulates(const struct manx_ippool *pool)
{
	return !pool->disabled && pool->cidr.addr.family == 4 && pool->ipip != MANX_ENCAP_NEVER;
}

/* Some other node cannot be reached by IPv6, but by IPv4. */
static bool ip6_needs_tunnel(const struct manxd *d)
{
	struct manxd_entry *const *node;
	size_t n = manxd_state_kind(&d->state, MANX_KIND_NODE, &node);

	for (size_t i = 0; i < n; i++)
		if (strcmp(node[i]->node.name, d->node) && node[i]->node.ip4.addr.family &&
		    !manxd_tunnel_spares_ip6(d, &node[i]->node))
			return true;
	return false;
}

bool manxd_tunnel_needed(const struct manxd *d)
{
	const struct manx_node *self = manxd_self(d);
	struct manxd_entry *const *pool;
	size_t n = manxd_state_kind(&d->state, MANX_KIND_IPPOOL, &pool);
	bool ip6 = false;

	if (!self || !self->ip4.addr.family)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (encapsulates(&pool[i]->pool))
			return true;
		ip6 |= !pool[i]->pool.disabled && pool[i]->pool.cidr.addr.family == 6;
	}
	return ip6 && ip6_needs_tunnel(d);
}

static uint32_t tunnel_mtu(const struct manxd *d)
{
	return d->underlay.mtu - MANXD_TUNNEL_OVERHEAD;
}

uint32_t manxd_tunnel_endpoint_mtu(const struct manxd *d)
{
	return manxd_tunnel_needed(d) ? tunnel_mtu(d) : d->underlay.mtu;
}

/* --- the address --- */

static const char *node_label(const void *ctx, const char *key)
{
	const struct manx_labels *labels = ctx;

	return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(labels->json, key));
}

static bool selects_self(const struct manxd *d, const struct manx_ippool *pool)
{
	struct manx_selector *sel;
	bool matches;

	if (manx_selector_parse(pool->node_selector, &sel, NULL))
		return false;
	matches = manx_selector_match(sel, node_label, &manxd_self(d)->labels);
	manx_selector_free(sel);
	return matches;
}

static bool gives_tunnel_addresses(const struct manxd *d, const struct manx_ippool *pool)
{
	return encapsulates(pool) && !pool->manual && (pool->uses & MANX_USE_TUNNEL) &&
	       selects_self(d, pool);
}

/* Names of the pools that the address may come from, NULL-terminated; NULL without memory. */
static const char **address_pools(const struct manxd *d, size_t *n)
{
	struct manxd_entry *const *pool;
	size_t all = manxd_state_kind(&d->state, MANX_KIND_IPPOOL, &pool);
	const char **name = calloc(all + 1, sizeof(*name));

	*n = 0;
	for (size_t i = 0; name && i < all; i++)
		if (gives_tunnel_addresses(d, &pool[i]->pool))
			name[(*n)++] = pool[i]->pool.name;
	return name;
}

/* Key of the address's handle in IPAM: "h/" and the handle. */
static void make_key(const struct manxd *d, char *buf, size_t size)
{
	snprintf(buf, size, "h/" MANX_IPAM_TUNNEL_HANDLE "%s", d->node);
}

/* Named by the record, of a pool that gives such addresses, and still allocated. */
static bool address_is_good(const struct manxd *d)
{
	const struct manx_addr *addr = &manxd_self(d)->tunnel;
	const struct manx_ippool *pool = manxd_state_pool_of(&d->state, addr);
	struct manx_kv kv = { 0 };
	char key[300];

	if (!addr->family || !pool || !gives_tunnel_addresses(d, pool))
		return false;
	make_key(d, key, sizeof(key));
	if (manx_store_get(d->store, key, &kv, NULL) == -ENOENT)
		return false;
	manx_kv_clear(&kv);
	return true;
}

/* Adds the Node resource that names the address to the transaction that claims it. */
static int fill_node(void *ctx, const struct manx_ipam_result *res, struct manx_txn *txn,
		     const char **endpoint_key, struct manx_error *err)
{
	struct manxd *d = ctx;
	const struct manxd_entry *self = manxd_state_node(&d->state, d->node);
	char *value;
	int rc = manxd_node_with_tunnel(d, &res->addr[0], &value, err);

	(void)endpoint_key;
	if (rc)
		return rc;
	manx_txn_guard_rev(txn, self->key, self->mod_rev);
	manx_txn_put(txn, self->key, value);
	free(value);
	return 0;
}

static int claim_address(struct manxd *d, const char *handle, const char *const *pools,
			 struct manx_error *err)
{
	char uid[MANX_UID_LEN + 1];
	struct manx_ipam_request req = {
		.node = d->node, .handle = handle, .uid = uid, .use = MANX_USE_TUNNEL,
		.want4 = true, .pools4 = pools,
	};
	struct manx_ipam_job job = { .req = &req, .fill = fill_node, .ctx = d };
	int rc = manx_uid_new(uid, err);

	/* what this node held under the handle is not in its record, or not good any more */
	if (!rc)
		rc = manx_ipam_release(d->store, handle, NULL, NULL, err);
	if (!rc)
		manx_ipam_assign_batch(d->store, d->ipam, &job, 1);
	if (!rc && job.ret) {
		rc = job.ret;
		*err = job.err;
	}
	return rc ? manx_error_prefix(err, "address of the tunnel") : 0;
}

static int drop_address(struct manxd *d, const char *handle, struct manx_error *err)
{
	const struct manxd_entry *self = manxd_state_node(&d->state, d->node);
	const struct manx_addr none = { 0 };
	struct manx_txn *txn;
	char *value;
	int rc = manxd_node_with_tunnel(d, &none, &value, err);

	if (rc)
		return rc;
	txn = manx_txn_new();
	manx_txn_guard_rev(txn, self->key, self->mod_rev);
	manx_txn_put(txn, self->key, value);
	rc = manx_store_commit(d->store, txn, NULL, err);
	manx_txn_free(txn);
	free(value);
	if (!rc)
		rc = manx_ipam_release(d->store, handle, NULL, NULL, err);
	/* what may have kept a block of a disabled pool */
	if (!rc)
		d->todo |= MANXD_WORK_BLOCKS;
	return rc;
}

static int apply_address(struct manxd *d, struct manx_error *err)
{
	const char **pools, *handle;
	char key[300];
	size_t n;
	int rc = 0;

	if (address_is_good(d))
		return 0;
	pools = address_pools(d, &n);
	if (!pools)
		return manx_fail(err, -ENOMEM, "out of memory for pools");
	make_key(d, key, sizeof(key));
	handle = key + strlen("h/");
	if (n)
		rc = claim_address(d, handle, pools, err);
	else if (manxd_self(d)->tunnel.family)
		rc = drop_address(d, handle, err);
	free(pools);
	return rc ? rc : manxd_follow_store(d, err);
}

/* --- the device --- */

static bool is_tunnel(const struct manx_link *link)
{
	return !strcmp(link->kind, MANX_LINK_KIND) && link->mode == MANX_LINK_TUNNEL;
}

static int remove_device(struct manxd *d, struct manx_error *err)
{
	struct manx_link link;
	int rc = manx_link_by_name(d->rtnl, TUNNEL_NAME, &link, err);

	d->tunnel = 0;
	if (rc == -ENODEV || (!rc && !is_tunnel(&link)))
		return 0;
	if (rc)
		return rc;
	rc = manx_link_del(d->rtnl, link.index, err);
	if (!rc)
		manxd_log(LOG_INFO, "removed the tunnel %s", TUNNEL_NAME);
	return rc;
}

static int make_device(struct manxd *d, struct manx_error *err)
{
	const struct manx_addr *local = &manxd_self(d)->ip4.addr;
	char text[MANX_ADDR_STRLEN];
	int rc = manx_link_add_tunnel(d->rtnl, TUNNEL_NAME, local, 0, tunnel_mtu(d), err);

	if (!rc)
		manxd_log(LOG_INFO, "made the tunnel %s, local address %s, MTU %u", TUNNEL_NAME,
			  manx_addr_format(local, text), tunnel_mtu(d));
	return rc;
}

/* One of the right kind and local address, or none. */
static int check_device(struct manxd *d, const struct manx_link *link, struct manx_error *err)
{
	if (!is_tunnel(link))
		return manx_fail(err, -EEXIST,
				 "link %s is not manx's: delete or rename it (ip link delete %s)",
				 TUNNEL_NAME, TUNNEL_NAME);
	if (manx_addr_cmp(&link->local, &manxd_self(d)->ip4.addr))
		return manx_link_del(d->rtnl, link->index, err);
	return 0;
}

/* Exactly the address that the Node resource names. */
static int set_addresses(struct manxd *d, int index, struct manx_error *err)
{
	struct manx_prefix want = manx_addr_host(&manxd_self(d)->tunnel);
	struct manx_address *have;
	size_t n;
	int rc = manx_addresses(d->rtnl, &have, &n, err);

	if (rc)
		return rc;
	for (size_t i = 0; !rc && i < n; i++)
		if (have[i].index == index && have[i].addr.addr.family == 4 &&
		    (!want.addr.family || manx_prefix_cmp(&have[i].addr, &want)))
			rc = manx_address_del(d->rtnl, index, &have[i].addr, err);
	free(have);
	if (!rc && want.addr.family)
		rc = manx_address_add(d->rtnl, index, &want, err);
	return rc;
}

static int apply_device(struct manxd *d, struct manx_error *err)
{
	struct manx_link link;
	int rc = manx_link_by_name(d->rtnl, TUNNEL_NAME, &link, err);

	d->tunnel = 0;
	if (!rc)
		rc = check_device(d, &link, err);
	if (!rc)
		rc = manx_link_by_name(d->rtnl, TUNNEL_NAME, &link, err);
	if (rc == -ENODEV) {
		rc = make_device(d, err);
		if (!rc)
			rc = manx_link_by_name(d->rtnl, TUNNEL_NAME, &link, err);
	}
	if (!rc)
		rc = manxd_sysctl_tunnel(TUNNEL_NAME, err);
	if (!rc && link.mtu != tunnel_mtu(d))
		rc = manx_link_set_mtu(d->rtnl, link.index, tunnel_mtu(d), err);
	if (!rc)
		rc = set_addresses(d, link.index, err);
	if (!rc && !link.up)
		rc = manx_link_up(d->rtnl, link.index, err);
	if (!rc)
		d->tunnel = link.index;
	return rc ? manx_error_prefix(err, "tunnel") : 0;
}

static int fail_gone(const struct manxd *d, struct manx_error *err)
{
	return manx_fail(err, -ENOENT,
			 "Node(%s) was deleted from the datastore: restart manxd to register this node again, or stop it for good",
			 d->node);
}

/* The device does not wait for its address: without one, packets still flow. */
int manxd_tunnel_apply(struct manxd *d, struct manx_error *err)
{
	struct manx_error address_err = { 0 };
	int address_rc, rc;

	rc = manxd_node_find_underlay(d, err);
	if (rc)
		return rc;
	if (!manxd_self(d))
		return fail_gone(d, err);
	address_rc = apply_address(d, &address_err);
	if (!manxd_self(d))
		return fail_gone(d, err);
	rc = manxd_tunnel_needed(d) ? apply_device(d, err) : remove_device(d, err);
	if (!rc && address_rc)
		*err = address_err;
	return rc ? rc : address_rc;
}
