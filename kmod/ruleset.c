// SPDX-License-Identifier: GPL-2.0-only
/*
 * Rulesets and their objects: making and freeing.
 */
#include "ruleset.h"

#include <linux/mm.h>
#include <linux/slab.h>

#include "counters.h"
#include "engine/compile.h"
#include "ns.h"
#include "set.h"

static void manx_set_free(struct manx_set *set, struct manx_edit *e)
{
	manx_set_release(set, e);
	manx_name_put(set->name);
	kfree(set);
}

static void manx_criterion_clear(struct manx_criterion *c)
{
	u32 i;

	for (i = 0; i < c->n_sets; i++)
		manx_name_put(c->set[i]);
	kvfree(c->net);
	kvfree(c->set);
	kvfree(c->port);
}

static void manx_table_free(struct manx_table *table)
{
	unsigned int which;
	u32 i;

	for (i = 0; i < table->n; i++) {
		for (which = MANX_MUST; which <= MANX_MUST_NOT; which++) {
			manx_criterion_clear(&table->rule[i].src[which]);
			manx_criterion_clear(&table->rule[i].dst[which]);
		}
		cond_resched();
	}
	kvfree(table->rule);
	kvfree(table->origin);
	manx_counters_free(table->counters);
	manx_name_put(table->name);
	kfree(table);
}

static void manx_endpoint_free(struct manx_endpoint *ep)
{
	unsigned int dir;
	u32 i;

	for (dir = 0; dir < ARRAY_SIZE(ep->chain); dir++) {
		for (i = 0; i < ep->n_chain[dir]; i++)
			manx_name_put(ep->chain[dir][i]);
		kvfree(ep->chain[dir]);
	}
	kvfree(ep->addr);
	kvfree(ep->source);
	kfree(ep);
}

static void manx_peer_free(struct manx_peer *peer)
{
	dst_cache_destroy(&peer->route[0]);
	dst_cache_destroy(&peer->route[1]);
	kfree(peer);
}

void manx_object_free(struct manx_object *object, struct manx_edit *e)
{
	switch (object->kind) {
	case MANX_OBJECT_SET:
		manx_set_free(container_of(object, struct manx_set, object), e);
		break;
	case MANX_OBJECT_TABLE:
		manx_table_free(container_of(object, struct manx_table, object));
		break;
	case MANX_OBJECT_ENDPOINT:
		manx_endpoint_free(container_of(object, struct manx_endpoint, object));
		break;
	case MANX_OBJECT_PEER:
		manx_peer_free(container_of(object, struct manx_peer, object));
		break;
	}
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

static void manx_objects_free(struct manx_map *m)
{
	struct manx_object *object;
	u32 key;

	manx_map_for_each(m, key, object) {
		manx_object_free(object, NULL);
		cond_resched();
	}
	manx_map_free(m);
}

void manx_ruleset_free(struct manx_ns *ns, struct manx_ruleset *rs)
{
	struct manx_table *table;
	u32 id;

	mutex_lock(&ns->lock);
	manx_map_for_each(&rs->tables, id, table)
		manx_table_release(&ns->classes, table);
	mutex_unlock(&ns->lock);
	manx_objects_free(&rs->endpoints);
	manx_objects_free(&rs->tables);
	manx_objects_free(&rs->sets);
	manx_objects_free(&rs->peers);
	manx_addresses_free(&rs->addresses);
	kfree(rs);
}

void manx_ruleset_abort(struct manx_ruleset *rs, struct manx_edit *e)
{
	manx_addresses_abort(&rs->addresses, e);
	manx_map_abort(&rs->endpoints, e);
	manx_map_abort(&rs->tables, e);
	manx_map_abort(&rs->sets, e);
	manx_map_abort(&rs->peers, e);
	kfree(rs);
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
