// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whose address a source is, by the namespace's routes: the route back to a
 * source tells who may use it. This is what reverse path filtering does, for
 * the two cases that cannot be left to the administrator's rp_filter.
 */
#include "source.h"

#include <linux/inetdevice.h>
#include <net/addrconf.h>
#include <net/ip6_fib.h>
#include <net/ip6_route.h>
#include <net/ip_fib.h>
#include <net/nexthop.h>

#include "link.h"

/* Looks at the route to p->src; what it returns is the answer. */
struct manx_route_test {
	bool (*v4)(const struct manx_route_test *t, const struct fib_result *res);
	bool (*v6)(const struct manx_route_test *t, const struct dst_entry *dst);
	const struct net_device *tunnel;
	__be32 node;
};

static bool manx_source_test(struct net *net, const struct manx_packet *p,
			     const struct manx_route_test *t)
{
	struct flowi4 fl4 = { .daddr = p->src.ip, .flowi4_iif = LOOPBACK_IFINDEX };
	struct flowi6 fl6 = { .daddr = p->src.in6, .flowi6_iif = LOOPBACK_IFINDEX };
	struct dst_entry *dst;
	struct fib_result res;
	bool yes;

	if (p->family == NFPROTO_IPV4)
		return !fib_lookup(net, &fl4, &res, 0) && t->v4(t, &res);
	if (!(ipv6_addr_type(&p->src.in6) & IPV6_ADDR_UNICAST))
		return false;
	dst = ip6_route_lookup(net, &fl6, NULL, 0);
	yes = !dst->error && t->v6(t, dst);
	dst_release(dst);
	return yes;
}

static bool manx_ours4(const struct manx_route_test *t, const struct fib_result *res)
{
	const struct net_device *dev = FIB_RES_DEV(*res);

	return res->type == RTN_LOCAL || (dev && manx_is_primary(dev));
}

static bool manx_ours6(const struct manx_route_test *t, const struct dst_entry *dst)
{
	return dst_rt6_info(dst)->rt6i_flags & RTF_LOCAL || manx_is_primary(dst->dev);
}

bool manx_source_is_ours(struct net *net, const struct manx_packet *p)
{
	static const struct manx_route_test test = { .v4 = manx_ours4, .v6 = manx_ours6 };

	return manx_source_test(net, p, &test);
}

/* Does any way of the route lead through the tunnel to the node? */
static bool manx_behind4(const struct manx_route_test *t, const struct fib_result *res)
{
	int i;

	for (i = 0; res->type == RTN_UNICAST && i < fib_info_num_path(res->fi); i++) {
		const struct fib_nh_common *nhc = fib_info_nhc(res->fi, i);

		if (nhc->nhc_dev == t->tunnel && nhc->nhc_gw_family == AF_INET &&
		    nhc->nhc_gw.ipv4 == t->node)
			return true;
	}
	return false;
}

static bool manx_behind6(const struct manx_route_test *t, const struct dst_entry *dst)
{
	const struct in6_addr *gw = &dst_rt6_info(dst)->rt6i_gateway;

	return dst->dev == t->tunnel && ipv6_addr_v4mapped(gw) && gw->s6_addr32[3] == t->node;
}

bool manx_source_is_behind(const struct net_device *tunnel, const struct manx_packet *p,
			   __be32 node)
{
	const struct manx_route_test test = {
		.v4 = manx_behind4, .v6 = manx_behind6, .tunnel = tunnel, .node = node,
	};

	return manx_source_test(dev_net(tunnel), p, &test);
}
