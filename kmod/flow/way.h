/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which way the packets of a flow go: through the host's stack, or past it.
 */
#ifndef _MANX_FLOW_WAY_H
#define _MANX_FLOW_WAY_H

#include <net/dst.h>
#include <net/ip6_fib.h>
#include <net/route.h>
#include <uapi/linux/manx.h>

#include "../packet.h"
#include "passage.h"
#include "table.h"

/**
 * manx_way_learn() - see whether the next packets of a flow may go the fast way
 * @flow: entry of the packet
 * @dir: of the packet
 * @rs: ruleset
 * @skb: at FORWARD, with its route, and its nf_conn if it has one
 * @p: its headers
 * @way: where it comes from and goes to
 *
 * Context: RCU read lock held, bottom halves disabled.
 */
void manx_way_learn(struct manx_flow *flow, unsigned int dir, const struct manx_ruleset *rs,
		    const struct sk_buff *skb, const struct manx_packet *p,
		    const struct manx_passage *way);

/**
 * manx_way_leave() - a flow's packets go through the stack again
 * @flow: entry
 * @dir: direction
 * @why: MANX_WHY_*
 *
 * Context: RCU read lock held.
 */
static inline void manx_way_leave(struct manx_flow *flow, unsigned int dir, u8 why)
{
	struct manx_flow_route *route = &flow->route[dir];

	WRITE_ONCE(flow->way[dir], MANX_WAY_STACK);
	WRITE_ONCE(flow->why[dir], why);
	if (rcu_access_pointer(route->dst))
		dst_release(xchg((__force struct dst_entry **)&route->dst, NULL));
}

/* Both directions, of an entry that is no longer in the table. */
static inline void manx_way_end(struct manx_flow *flow)
{
	manx_way_leave(flow, MANX_FLOW_ORIGINAL, MANX_WHY_NEW);
	manx_way_leave(flow, MANX_FLOW_REPLY, MANX_WHY_NEW);
}

/**
 * manx_way_refresh() - keep the nf_conn of a flow that it does not see alive
 * @flow: entry on the way "established"
 *
 * Looks at the nf_conn each time, and does more once a second at most.
 *
 * Context: RCU read lock held.
 * Return: false if the nf_conn is gone, or about to.
 */
bool manx_way_refresh(struct manx_flow *flow);

/* As dst_check(), for IPv4 without a call: ipv4_dst_check(). */
static inline bool manx_route_stands(const struct manx_flow *flow, struct dst_entry *dst,
				     u32 cookie, const struct net *net)
{
	if (flow->side[0].key.family == NFPROTO_IPV6)
		return dst_check(dst, cookie);
	return dst->obsolete == DST_OBSOLETE_FORCE_CHK &&
	       container_of(dst, struct rtable, dst)->rt_genid == rt_genid_ipv4(net);
}

/**
 * manx_way_route() - the route of a flow's packets
 * @flow: entry
 * @dir: direction, whose way is not the stack
 * @net: namespace
 *
 * Context: RCU read lock held.
 * Return: valid within the read section, or NULL if it has changed.
 */
static inline struct dst_entry *manx_way_route(const struct manx_flow *flow, unsigned int dir,
					       struct net *net)
{
	const struct manx_flow_route *route = &flow->route[dir];
	struct dst_entry *dst = rcu_dereference(route->dst);
	u32 cookie;

	if (!dst)
		return NULL;
	/* pairs with manx_way_set(): the cookie of another route comes with that route */
	smp_rmb();
	cookie = READ_ONCE(route->cookie);
	if (flow->side[0].key.family == NFPROTO_IPV6 &&
	    READ_ONCE(route->genid) != rt_genid_ipv6(net))
		return NULL;
	/* pairs with manx_way_set(): still this route, so the cookie was its own */
	smp_rmb();
	return rcu_access_pointer(route->dst) == dst &&
	       manx_route_stands(flow, dst, cookie, net) ? dst : NULL;
}

#endif /* _MANX_FLOW_WAY_H */
