// SPDX-License-Identifier: GPL-2.0-only
#include "routes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tunnel.h"

/* The routes that there should be. */
struct plan {
	struct manx_route *route;
	size_t n, size;
};

static int add(struct plan *plan, const struct manx_route *route)
{
	if (plan->n == plan->size) {
		size_t size = plan->size ? 2 * plan->size : 64;
		struct manx_route *more = reallocarray(plan->route, size, sizeof(*more));

		if (!more)
			return -ENOMEM;
		plan->route = more;
		plan->size = size;
	}
	plan->route[plan->n] = *route;
	plan->route[plan->n++].protocol = MANXD_ROUTE_PROTOCOL;
	return 0;
}

struct manx_route manxd_route_to_endpoint(const struct manx_addr *addr, int index)
{
	return (struct manx_route){
		.dst = manx_addr_host(addr),
		.index = index,
		.protocol = MANXD_ROUTE_PROTOCOL,
	};
}

/* Endpoints whose links are up; on a link that is down the kernel takes no route. */
static int plan_endpoints(const struct manxd *d, struct plan *plan)
{
	struct manxd_entry *const *entry;
	size_t n = manxd_state_weps(&d->state, d->node, &entry);

	for (size_t i = 0; i < n; i++) {
		const struct manx_wep *wep = &entry[i]->wep;
		const struct manx_link *link = manxd_links_endpoint(&d->links, wep->id);

		for (size_t a = 0; link && link->up && a < wep->n_addr; a++) {
			struct manx_route r = manxd_route_to_endpoint(&wep->addr[a], link->index);

			if (add(plan, &r))
				return -ENOMEM;
		}
	}
	return 0;
}

/* ::ffff:a.b.c.d, how an IPv6 route names a next hop beyond the tunnel. */
static struct manx_addr mapped(const struct manx_addr *ip4)
{
	struct manx_addr a = { .family = 6 };

	a.b[10] = a.b[11] = 0xff;
	memcpy(a.b + 12, ip4->b, 4);
	return a;
}

static void go_direct(const struct manxd *d, const struct manx_prefix *own,
		      const struct manx_addr *via, struct manx_route *r)
{
	r->via = *via;
	/* beyond the subnet the kernel finds the link, if there is one */
	r->index = manx_prefix_contains(own, via) ? d->underlay.index : 0;
}

static bool go_by_tunnel(const struct manxd *d, const struct manx_node *node,
			 struct manx_route *r)
{
	r->via = r->dst.addr.family == 6 ? mapped(&node->ip4.addr) : node->ip4.addr;
	r->index = d->tunnel;
	r->onlink = true;
	return d->tunnel && node->ip4.addr.family;
}

static bool find_way4(const struct manxd *d, const struct manx_ippool *pool,
		      const struct manx_node *node, struct manx_route *r)
{
	const struct manx_prefix *own = &manxd_self(d)->ip4;

	if (!node->ip4.addr.family)
		return false;
	if (pool->ipip == MANX_ENCAP_ALWAYS ||
	    (pool->ipip == MANX_ENCAP_CROSS_SUBNET && !manx_prefix_contains(own, &node->ip4.addr)))
		return go_by_tunnel(d, node, r);
	go_direct(d, own, &node->ip4.addr, r);
	return true;
}

static bool find_way6(const struct manxd *d, const struct manx_node *node, struct manx_route *r)
{
	if (!manxd_tunnel_spares_ip6(d, node) && go_by_tunnel(d, node, r))
		return true;
	if (!node->ip6.addr.family)
		return false;
	r->onlink = false;
	go_direct(d, &manxd_self(d)->ip6, &node->ip6.addr, r);
	return true;
}

/* To @dst, which @owner has; no route if there is no such node, pool, or way. */
static int plan_remote(const struct manxd *d, const struct manx_prefix *dst, const char *owner,
		       const struct manx_ippool *pool, struct plan *plan)
{
	const struct manxd_entry *node = manxd_state_node(&d->state, owner);
	struct manx_route r = { .dst = *dst };
	bool found;

	if (!node || !pool || !manxd_self(d))
		return 0;
	found = dst->addr.family == 4 ? find_way4(d, pool, &node->node, &r) :
					find_way6(d, &node->node, &r);
	return found ? add(plan, &r) : 0;
}

static int plan_block(const struct manxd *d, const struct manx_block *block, struct plan *plan)
{
	struct manx_route hole = { .dst = block->cidr, .blackhole = true };

	if (strcmp(block->node, d->node))
		return plan_remote(d, &block->cidr, block->node,
				   manxd_state_pool(&d->state, block->pool), plan);
	/* a block of one address is that endpoint's own route, or nobody's */
	return block->cidr.len < manx_addr_bits(&block->cidr.addr) ? add(plan, &hole) : 0;
}

static int plan_blocks(const struct manxd *d, struct plan *plan)
{
	struct manxd_entry *const *entry;
	size_t n = manxd_state_range(&d->state, "b/", &entry);
	int rc = 0;

	for (size_t i = 0; !rc && i < n; i++)
		rc = plan_block(d, &entry[i]->block, plan);
	return rc;
}

static int plan_borrowed(const struct manxd *d, struct plan *plan)
{
	struct manxd_entry *const *entry;
	size_t n = manxd_state_range(&d->state, "x/", &entry);
	int rc = 0;

	for (size_t i = 0; !rc && i < n; i++) {
		const struct manxd_borrowed *b = &entry[i]->borrowed;
		struct manx_prefix dst = manx_addr_host(&b->addr);

		if (strcmp(b->node, d->node))
			rc = plan_remote(d, &dst, b->node,
					 manxd_state_pool_of(&d->state, &b->addr), plan);
	}
	return rc;
}

static int compare_dst(const void *a, const void *b)
{
	const struct manx_route *x = a, *y = b;
	int rc = manx_prefix_cmp(&x->dst, &y->dst);

	return rc ? rc : (x->metric > y->metric) - (x->metric < y->metric);
}

/* Sorted, one route a destination: of two claims the first planned one holds. */
static int make_plan(const struct manxd *d, struct plan *plan)
{
	size_t kept = 0;

	if (plan_endpoints(d, plan) || plan_blocks(d, plan) || plan_borrowed(d, plan))
		return -ENOMEM;
	if (!plan->n)
		return 0;
	qsort(plan->route, plan->n, sizeof(*plan->route), compare_dst);
	for (size_t i = 1; i < plan->n; i++)
		if (compare_dst(&plan->route[kept], &plan->route[i]))
			plan->route[++kept] = plan->route[i];
	plan->n = kept + 1;
	return 0;
}

/* @want.index 0: the kernel chose a link. */
static bool is_same(const struct manx_route *want, const struct manx_route *have)
{
	if (want->blackhole || have->blackhole)
		return want->blackhole == have->blackhole;
	return !manx_addr_cmp(&want->via, &have->via) && want->onlink == have->onlink &&
	       (!want->index || want->index == have->index);
}

static const struct manx_route *find(const struct manx_route *sorted, size_t n,
				     const struct manx_route *key)
{
	return n ? bsearch(key, sorted, n, sizeof(*sorted), compare_dst) : NULL;
}

/*
 * Beyond this node's subnets the kernel takes no gateway: then the routers in
 * between must know the way to the block, and a route that was good before the
 * pool or the node changed must not stand in theirs.
 */
static int write_route(struct manxd *d, const struct manx_route *want,
		       const struct manx_route *old, struct manx_error *err)
{
	int rc = old ? manx_route_change(d->rtnl, want, err) :
		       manx_route_replace(d->rtnl, want, err);

	if (want->index || want->blackhole || (rc != -ENETUNREACH && rc != -EHOSTUNREACH))
		return rc;
	return old ? manx_route_del(d->rtnl, old, err) : 0;
}

/* *first: what was refused first. */
static void change_routes(struct manxd *d, const struct plan *plan, const struct manx_route *have,
			  size_t n, struct manx_error *first)
{
	struct manx_error err;

	for (size_t i = 0; i < plan->n; i++) {
		const struct manx_route *old = find(have, n, &plan->route[i]);

		if (old && is_same(&plan->route[i], old))
			continue;
		if (write_route(d, &plan->route[i], old, &err) && !first->code)
			*first = err;
	}
	for (size_t i = 0; i < n; i++) {
		if (find(plan->route, plan->n, &have[i]))
			continue;
		if (manx_route_del(d->rtnl, &have[i], &err) && !first->code)
			*first = err;
	}
}

int manxd_routes_apply(struct manxd *d, struct manx_error *err)
{
	struct manx_error first = { 0 };
	struct plan plan = { 0 };
	struct manx_route *have = NULL;
	size_t n = 0;
	int rc = make_plan(d, &plan);

	if (rc)
		manx_fail(err, rc, "out of memory for routes");
	else
		rc = manx_routes(d->rtnl, MANXD_ROUTE_PROTOCOL, &have, &n, err);
	if (!rc) {
		if (n)
			qsort(have, n, sizeof(*have), compare_dst);
		change_routes(d, &plan, have, n, &first);
		rc = first.code;
		if (rc)
			*err = first;
	}
	free(plan.route);
	free(have);
	return rc;
}
