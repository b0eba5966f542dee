// SPDX-License-Identifier: GPL-2.0-only
/*
 * Objects of a ruleset: making, sharing, finding, freeing.
 */
#include "ruleset.h"

#include <linux/idr.h>
#include <linux/jhash.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "counters.h"
#include "ns.h"

static struct hlist_head *manx_name_bucket(struct manx_names *names, const char *s)
{
	return &names->bucket[jhash(s, strlen(s), 0) % ARRAY_SIZE(names->bucket)];
}

struct manx_name *manx_name_find(struct manx_ns *ns, bool tables, const char *s)
{
	struct manx_name *name;

	lockdep_assert_held(&ns->lock);
	hlist_for_each_entry(name, manx_name_bucket(&ns->names[tables], s), node)
		if (!strcmp(name->s, s))
			return name;
	return NULL;
}

struct manx_name *manx_name_get(struct manx_ns *ns, bool tables, const char *s)
{
	struct manx_name *name = manx_name_find(ns, tables, s);
	struct manx_names *names = &ns->names[tables];
	size_t size = strlen(s) + 1;
	int id;

	if (name) {
		name->refs++;
		return name;
	}
	name = kzalloc(struct_size(name, s, size), GFP_KERNEL_ACCOUNT);
	if (!name)
		return ERR_PTR(-ENOMEM);
	id = ida_alloc_max(&names->ids, (tables ? MANX_MAX_TABLES : MANX_MAX_SETS) - 1,
			   GFP_KERNEL_ACCOUNT);
	if (id < 0) {
		kfree(name);
		return ERR_PTR(id);
	}
	name->id = id;
	name->refs = 1;
	memcpy(name->s, s, size);
	hlist_add_head(&name->node, manx_name_bucket(names, s));
	return name;
}

void manx_name_put(struct manx_ns *ns, bool tables, struct manx_name *name)
{
	lockdep_assert_held(&ns->lock);
	if (!name || --name->refs)
		return;
	hlist_del(&name->node);
	ida_free(&ns->names[tables].ids, name->id);
	kfree(name);
}

void manx_set_put(struct manx_ns *ns, struct manx_set *set)
{
	if (!set || --set->refs)
		return;
	manx_name_put(ns, false, set->name);
	manx_nets_free(&set->nets);
	kvfree(set->member);
	kfree(set);
}

static void manx_criterion_clear(struct manx_ns *ns, struct manx_criterion *c)
{
	u32 i;

	for (i = 0; i < c->n_sets; i++)
		manx_name_put(ns, false, c->set[i]);
	manx_nets_free(&c->nets);
	kvfree(c->net);
	kvfree(c->set);
	kvfree(c->port);
}

void manx_rule_clear(struct manx_ns *ns, struct manx_rule *rule)
{
	unsigned int i;

	for (i = MANX_MUST; i <= MANX_MUST_NOT; i++) {
		manx_criterion_clear(ns, &rule->src[i]);
		manx_criterion_clear(ns, &rule->dst[i]);
	}
	memset(rule, 0, sizeof(*rule));
}

void manx_table_put(struct manx_ns *ns, struct manx_table *table)
{
	u32 i;

	if (!table || --table->refs)
		return;
	for (i = 0; i < table->n; i++) {
		manx_rule_clear(ns, &table->rule[i]);
		cond_resched();
	}
	kvfree(table->rule);
	manx_counters_free(table->counters);
	manx_name_put(ns, true, table->name);
	kfree(table);
}

void manx_endpoint_put(struct manx_ns *ns, struct manx_endpoint *ep)
{
	unsigned int dir;
	u32 i;

	if (!ep || --ep->refs)
		return;
	for (dir = 0; dir < ARRAY_SIZE(ep->chain); dir++) {
		for (i = 0; i < ep->n_chain[dir]; i++)
			manx_name_put(ns, true, ep->chain[dir][i]);
		kvfree(ep->chain[dir]);
	}
	kvfree(ep->addr);
	kvfree(ep->source);
	kfree(ep);
}

void manx_peer_put(struct manx_peer *peer)
{
	if (!peer || --peer->refs)
		return;
	dst_cache_destroy(&peer->route[0]);
	dst_cache_destroy(&peer->route[1]);
	kfree(peer);
}

int manx_array_reach(void ***array, u32 *n, u32 id)
{
	u32 len = max(id + 1, *n * 2);
	void **longer;

	if (id < *n)
		return 0;
	longer = kvcalloc(len, sizeof(*longer), GFP_KERNEL_ACCOUNT);
	if (!longer)
		return -ENOMEM;
	if (*n)
		memcpy(longer, *array, *n * sizeof(*longer));
	kvfree(*array);
	*array = longer;
	*n = len;
	return 0;
}

int manx_array_insert(void ***array, u32 *n, u32 i, void *entry)
{
	void **longer = kvmalloc_array(*n + 1, sizeof(*longer), GFP_KERNEL_ACCOUNT);

	if (!longer)
		return -ENOMEM;
	memcpy(longer, *array, i * sizeof(*longer));
	longer[i] = entry;
	memcpy(longer + i + 1, *array + i, (*n - i) * sizeof(*longer));
	kvfree(*array);
	*array = longer;
	++*n;
	return 0;
}

void manx_array_remove(void **array, u32 *n, u32 i)
{
	--*n;
	memmove(array + i, array + i + 1, (*n - i) * sizeof(*array));
}

struct manx_ruleset *manx_ruleset_new(struct manx_ns *ns)
{
	struct manx_ruleset *rs = kzalloc(sizeof(*rs), GFP_KERNEL_ACCOUNT);

	if (!rs)
		return NULL;
	rs->ns = ns;
	rs->generation = 1;
	rs->config = manx_config_default;
	return rs;
}

/* A copy of an array of pointers; never NULL but for want of memory. */
static void *manx_array_clone(void *array, u32 n)
{
	void **copy = kvmalloc_array(n + 1, sizeof(*copy), GFP_KERNEL_ACCOUNT);

	if (copy && n)
		memcpy(copy, array, n * sizeof(*copy));
	return copy;
}

struct manx_ruleset *manx_ruleset_clone(const struct manx_ruleset *rs)
{
	struct manx_ruleset *copy = kmemdup(rs, sizeof(*rs), GFP_KERNEL_ACCOUNT);
	u32 i;

	if (!copy)
		return NULL;
	copy->set = manx_array_clone(rs->set, rs->n_set);
	copy->table = manx_array_clone(rs->table, rs->n_table);
	copy->endpoint = manx_array_clone(rs->endpoint, rs->n_endpoints);
	copy->peer = manx_array_clone(rs->peer, rs->n_peers);
	if (!copy->set || !copy->table || !copy->endpoint || !copy->peer) {
		kvfree(copy->set);
		kvfree(copy->table);
		kvfree(copy->endpoint);
		kvfree(copy->peer);
		kfree(copy);
		return NULL;
	}
	for (i = 0; i < rs->n_set; i++)
		if (rs->set[i])
			rs->set[i]->refs++;
	for (i = 0; i < rs->n_table; i++)
		if (rs->table[i])
			rs->table[i]->refs++;
	for (i = 0; i < rs->n_endpoints; i++)
		rs->endpoint[i]->refs++;
	for (i = 0; i < rs->n_peers; i++)
		rs->peer[i]->refs++;
	return copy;
}

void manx_ruleset_free(struct manx_ns *ns, struct manx_ruleset *rs)
{
	u32 i;

	if (!rs)
		return;
	for (i = 0; i < rs->n_endpoints; i++)
		manx_endpoint_put(ns, rs->endpoint[i]);
	for (i = 0; i < rs->n_table; i++)
		manx_table_put(ns, rs->table[i]);
	for (i = 0; i < rs->n_set; i++)
		manx_set_put(ns, rs->set[i]);
	for (i = 0; i < rs->n_peers; i++)
		manx_peer_put(rs->peer[i]);
	kvfree(rs->endpoint);
	kvfree(rs->table);
	kvfree(rs->set);
	kvfree(rs->peer);
	kfree(rs);
}

u32 manx_ruleset_search(u32 key, void *const *array, u32 n, u32 (*value)(const void *entry))
{
	u32 lo = 0, hi = n;

	while (lo < hi) {
		u32 mid = lo + (hi - lo) / 2;

		if (value(array[mid]) < key)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

u32 manx_endpoint_key(const void *ep)
{
	return ((const struct manx_endpoint *)ep)->id;
}

u32 manx_peer_key(const void *peer)
{
	return ntohl(((const struct manx_peer *)peer)->addr);
}

struct manx_endpoint *manx_ruleset_endpoint(const struct manx_ruleset *rs, u32 id)
{
	u32 i = manx_ruleset_search(id, (void *const *)rs->endpoint, rs->n_endpoints,
				    manx_endpoint_key);

	return i < rs->n_endpoints && rs->endpoint[i]->id == id ? rs->endpoint[i] : NULL;
}

struct manx_peer *manx_ruleset_peer(const struct manx_ruleset *rs, __be32 addr)
{
	u32 i = manx_ruleset_search(ntohl(addr), (void *const *)rs->peer, rs->n_peers,
				    manx_peer_key);

	return i < rs->n_peers && rs->peer[i]->addr == addr ? rs->peer[i] : NULL;
}

static bool manx_any_contains(const struct manx_prefix *p, u32 n, u8 family,
			      const union nf_inet_addr *addr)
{
	u32 i;

	for (i = 0; i < n; i++)
		if (manx_prefix_contains(&p[i], family, addr))
			return true;
	return false;
}

bool manx_endpoint_has(const struct manx_endpoint *ep, u8 family,
		       const union nf_inet_addr *addr)
{
	return manx_any_contains(ep->addr, ep->n_addr, family, addr);
}

bool manx_endpoint_may_send(const struct manx_endpoint *ep, u8 family,
			    const union nf_inet_addr *addr)
{
	return manx_endpoint_has(ep, family, addr) ||
	       manx_any_contains(ep->source, ep->n_source, family, addr);
}
