// SPDX-License-Identifier: GPL-2.0-only
#include "node.h"

#include <errno.h>
#include <linux/manx_link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "follow.h"
#include "log.h"

#define ETHERNET_MTU 1500

/* Times that another writer of the same record may come first. */
#define TRIES 5

/* The kernel's addresses and routes, while the node's own are looked for. */
struct facts {
	struct manx_address *address;
	size_t n_addresses;
	struct manx_route *route;
	size_t n_routes;
};

static int read_facts(struct manxd *d, struct facts *f, struct manx_error *err)
{
	int rc = manx_addresses(d->rtnl, &f->address, &f->n_addresses, err);

	return rc ? rc : manx_routes(d->rtnl, 0, &f->route, &f->n_routes, err);
}

static void free_facts(struct facts *f)
{
	free(f->address);
	free(f->route);
}

/* Neither loopback nor link-local: what other nodes can send to. */
static bool is_global(const struct manx_addr *a)
{
	if (a->family == 4)
		return a->b[0] != 127 && !(a->b[0] == 169 && a->b[1] == 254) && a->b[0] < 224;
	return (a->b[0] & 0xe0) == 0x20 || (a->b[0] & 0xfe) == 0xfc;
}

static const struct manx_prefix *address_on(const struct facts *f, int index, int family)
{
	for (size_t i = 0; i < f->n_addresses; i++)
		if (f->address[i].index == index && f->address[i].addr.addr.family == family &&
		    is_global(&f->address[i].addr.addr))
			return &f->address[i].addr;
	return NULL;
}

/* The link of the best default route; 0 if there is none. */
static int default_link(const struct facts *f, int family)
{
	const struct manx_route *best = NULL;

	for (size_t i = 0; i < f->n_routes; i++) {
		const struct manx_route *r = &f->route[i];

		if (r->dst.addr.family == family && !r->dst.len && r->index &&
		    (!best || r->metric < best->metric))
			best = r;
	}
	return best ? best->index : 0;
}

static bool is_candidate(const struct manx_link *link)
{
	return link->up && strcmp(link->name, "lo") && strcmp(link->kind, MANX_LINK_KIND);
}

/* What the link of the default route has, else the first link that has any. */
static const struct manx_prefix *detect(const struct manxd *d, const struct facts *f, int family)
{
	const struct manx_prefix *found = address_on(f, default_link(f, family), family);

	for (size_t i = 0; !found && i < d->links.n; i++)
		if (is_candidate(&d->links.link[i]))
			found = address_on(f, d->links.link[i].index, family);
	return found;
}

/* An address of the environment; without a length it gets its interface's. */
static int from_environment(const struct facts *f, const char *name, int family,
			    struct manx_prefix *out, struct manx_error *err)
{
	const char *text = getenv(name);

	if (!text || !*text)
		return 0;
	if (!manx_prefix_parse(text, out) || out->addr.family != family)
		return manx_fail(err, -EINVAL,
				 "environment variable %s: \"%s\" is not an IPv%d address like %s",
				 name, text, family, family == 4 ? "192.0.2.1/24" : "2001:db8::1/64");
	for (size_t i = 0; !strchr(text, '/') && i < f->n_addresses; i++)
		if (!manx_addr_cmp(&f->address[i].addr.addr, &out->addr))
			out->len = f->address[i].addr.len;
	return 0;
}

/* Of @family, in the order of manxd_node_ensure(); *out family 0 if there is none. */
static int choose(const struct manxd *d, const struct facts *f, int family,
		  struct manx_prefix *out, struct manx_error *err)
{
	const struct manx_node *self = manxd_self(d);
	const struct manx_prefix *found;
	int rc;

	*out = (struct manx_prefix){ 0 };
	rc = from_environment(f, family == 4 ? "MANX_IP" : "MANX_IP6", family, out, err);
	if (rc || out->addr.family)
		return rc;
	if (self)
		*out = family == 4 ? self->ip4 : self->ip6;
	if (out->addr.family)
		return 0;
	found = detect(d, f, family);
	if (found)
		*out = *found;
	return 0;
}

/* Object @key of @parent, made if it is absent. */
static cJSON *object_in(cJSON *parent, const char *key)
{
	cJSON *child = cJSON_GetObjectItemCaseSensitive(parent, key);

	return child ? child : cJSON_AddObjectToObject(parent, key);
}

/* @text NULL: without the field. */
static bool set_text(cJSON *object, const char *key, const char *text)
{
	cJSON_DeleteItemFromObjectCaseSensitive(object, key);
	return !text || cJSON_AddStringToObject(object, key, text);
}

/* A copy of this node's record, or a new one. NULL without memory. */
static cJSON *copy_record(const struct manxd *d)
{
	const struct manxd_entry *entry = manxd_state_node(&d->state, d->node);
	cJSON *json, *metadata;

	if (entry)
		return cJSON_Duplicate(entry->resource.json, true);
	json = cJSON_CreateObject();
	metadata = object_in(json, "metadata");
	if (metadata && object_in(json, "spec") &&
	    set_text(json, "apiVersion", MANX_API_VERSION) && set_text(json, "kind", "Node") &&
	    set_text(metadata, "name", d->node))
		return json;
	cJSON_Delete(json);
	return NULL;
}

/* Checked and in the form of the store; consumes @json. */
static int to_value(const struct manxd *d, cJSON *json, char **value, struct manx_error *err)
{
	char *text = cJSON_PrintUnformatted(json);
	struct manx_resource r;
	int rc;

	cJSON_Delete(json);
	if (!text)
		return manx_fail(err, -ENOMEM, "out of memory for the node's record");
	rc = manx_resource_from_store(manx_kind(MANX_KIND_NODE), d->node, text, &r, err);
	free(text);
	if (rc)
		return manx_error_prefix(err, "own record");
	*value = manx_resource_to_store(&r);
	manx_resource_clear(&r);
	return *value ? 0 : manx_fail(err, -ENOMEM, "out of memory for the node's record");
}

int manxd_node_with_tunnel(const struct manxd *d, const struct manx_addr *tunnel, char **value,
			   struct manx_error *err)
{
	char text[MANX_ADDR_STRLEN];
	cJSON *json = copy_record(d);
	cJSON *bgp = object_in(object_in(json, "spec"), "bgp");

	if (bgp && set_text(bgp, "ipv4IPIPTunnelAddr",
			    tunnel->family ? manx_addr_format(tunnel, text) : NULL))
		return to_value(d, json, value, err);
	cJSON_Delete(json);
	return manx_fail(err, -ENOMEM, "out of memory for the node's record");
}

static int with_addresses(const struct manxd *d, const struct manx_prefix *ip4,
			  const struct manx_prefix *ip6, char **value, struct manx_error *err)
{
	char text4[MANX_ADDR_STRLEN], text6[MANX_ADDR_STRLEN];
	cJSON *json = copy_record(d);
	cJSON *bgp = object_in(object_in(json, "spec"), "bgp");

	if (bgp &&
	    set_text(bgp, "ipv4Address",
		     ip4->addr.family ? manx_prefix_format(ip4, text4) : NULL) &&
	    set_text(bgp, "ipv6Address",
		     ip6->addr.family ? manx_prefix_format(ip6, text6) : NULL))
		return to_value(d, json, value, err);
	cJSON_Delete(json);
	return manx_fail(err, -ENOMEM, "out of memory for the node's record");
}

static int put_record(struct manxd *d, const char *value, struct manx_error *err)
{
	const struct manxd_entry *entry = manxd_state_node(&d->state, d->node);
	struct manx_txn *txn = manx_txn_new();
	char key[300];
	int rc;

	snprintf(key, sizeof(key), "r/nodes/%s", d->node);
	if (entry)
		manx_txn_guard_rev(txn, key, entry->mod_rev);
	else
		manx_txn_guard_absent(txn, key);
	manx_txn_put(txn, key, value);
	rc = manx_store_commit(d->store, txn, NULL, err);
	manx_txn_free(txn);
	/* also after -EAGAIN: the record that came first is what to start from */
	if (!rc || rc == -EAGAIN)
		if (manxd_follow_store(d, err))
			return err->code;
	return rc;
}

static int write_addresses(struct manxd *d, const struct facts *f, struct manx_error *err)
{
	const struct manx_node *self = manxd_self(d);
	struct manx_prefix ip4, ip6;
	char *value;
	int rc = choose(d, f, 4, &ip4, err);

	if (!rc)
		rc = choose(d, f, 6, &ip6, err);
	if (rc)
		return rc;
	if (!ip4.addr.family && !ip6.addr.family)
		return manx_fail(err, -EADDRNOTAVAIL,
				 "no interface has an address that other nodes could send to: set MANX_IP to this node's address, like 192.0.2.1/24");
	if (self && !manx_prefix_cmp(&self->ip4, &ip4) && !manx_prefix_cmp(&self->ip6, &ip6))
		return 0;
	rc = with_addresses(d, &ip4, &ip6, &value, err);
	if (rc)
		return rc;
	rc = put_record(d, value, err);
	free(value);
	return rc;
}

int manxd_node_ensure(struct manxd *d, struct manx_error *err)
{
	struct facts f = { 0 };
	int rc = read_facts(d, &f, err);

	if (!rc) {
		rc = -EAGAIN;
		for (int i = 0; i < TRIES && rc == -EAGAIN; i++)
			rc = write_addresses(d, &f, err);
	}
	free_facts(&f);
	return rc;
}

int manxd_node_find_underlay(struct manxd *d, struct manx_error *err)
{
	const struct manx_node *self = manxd_self(d);
	const struct manx_addr *own = self && self->ip4.addr.family ? &self->ip4.addr :
				      self ? &self->ip6.addr : NULL;
	const struct manx_link *link = NULL;
	bool first = !d->underlay.mtu;
	struct manx_address *address;
	char text[MANX_ADDR_STRLEN];
	size_t n;
	int rc = manx_addresses(d->rtnl, &address, &n, err);

	if (rc)
		return rc;
	for (size_t i = 0; own && !link && i < n; i++)
		if (!manx_addr_cmp(&address[i].addr.addr, own))
			link = manxd_links_index(&d->links, address[i].index);
	free(address);
	if (own && !link && (first || d->underlay.index))
		manxd_log(LOG_WARNING, "no interface has this node's address %s: set MANX_IP, or spec.bgp of Node(%s)",
			  manx_addr_format(own, text), d->node);
	d->underlay.index = link ? link->index : 0;
	d->underlay.mtu = link && link->mtu ? link->mtu : ETHERNET_MTU;
	return 0;
}
