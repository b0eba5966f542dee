// SPDX-License-Identifier: GPL-2.0-only
/*
 * The fast way.
 *
 * A packet goes it if its flow has an entry that knows the way (flow/way.c), that
 * the present ruleset has allowed, and if the packet is a plain one: no fragment,
 * no options or extension headers, a header that adds up, nothing behind its end,
 * hops left, no longer than the route takes, and for TCP nothing that opens or ends
 * the connection. Everything else takes the stack way, where exceptions, with their
 * errors and limits, are the kernel's own: to go there is always right.
 *
 * What a commit changes is judged by the first packet afterwards, on the stack
 * way, which brings the entry to the new generation.
 *
 * Both ways count the same: the flow, and the links at both ends.
 */
#include "fast.h"

#include <linux/etherdevice.h>
#include <linux/percpu.h>
#include <linux/tcp.h>
#include <net/ip.h>
#include <net/ipv6.h>
#include <net/l3mdev.h>
#include <net/netfilter/nf_conntrack.h>

#include "../flow/pass.h"
#include "../flow/table.h"
#include "../flow/way.h"
#include "../gate.h"
#include "../source.h"
#include "../tunnel.h"
#include "cross.h"
#include "fit.h"

/* Opens or ends a connection: conntrack is to see it. */
#define MANX_TCP_EDGES	(MANX_TCP_SYN_FLAG | MANX_TCP_FIN_FLAG | MANX_TCP_RST_FLAG)

/* A frame's linear part may end with its Ethernet header (PACKET_TX_RING). */
static bool manx_headers_are_linear(struct sk_buff *skb, const struct manx_packet *p)
{
	unsigned int len = p->transport;

	/* for the length of the segments */
	if (skb_is_gso(skb) && p->protocol == IPPROTO_TCP)
		len += sizeof(struct tcphdr);
	return pskb_may_pull(skb, skb_network_offset(skb) + len);
}

static bool manx_is_plain(struct sk_buff *skb, const struct manx_packet *p)
{
	if (p->part || manx_packet_is_icmp_error(p) ||
	    skb->len - skb_network_offset(skb) != p->len || !manx_headers_are_linear(skb, p))
		return false;
	if (p->family == NFPROTO_IPV4)
		return p->transport == sizeof(struct iphdr) && ip_hdr(skb)->ttl > 1 &&
		       !ip_fast_csum(ip_hdr(skb), sizeof(struct iphdr) / 4);
	return p->transport == sizeof(struct ipv6hdr) && ipv6_hdr(skb)->hop_limit > 1;
}

/* The entry of a packet, if its packets go the fast way; and their direction. */
static struct manx_flow *manx_fast_flow(const struct manx_crosser *c, unsigned int *dir)
{
	struct manx_flow_side *side;
	struct manx_flow_key key manx_uninitialized;
	struct manx_flow *flow;

	if (!manx_flow_of_ports(c->p, manx_domain_of(c->in), c->from, &key))
		return NULL;
	side = manx_flows_find(c->ns->flows, &key);
	if (!side)
		return NULL;
	flow = manx_flow_of_side(side);
	*dir = side->dir;
	return READ_ONCE(flow->way[side->dir]) != MANX_WAY_STACK &&
	       READ_ONCE(flow->generation) == c->rs->generation ? flow : NULL;
}

/* Does its way still stand? If not for good, the entry forgets it. */
static bool manx_way_stands(const struct manx_crosser *c, const struct sk_buff *skb,
			    struct manx_flow *flow, unsigned int dir)
{
	if (READ_ONCE(flow->way[dir]) == MANX_WAY_DIRECT)
		return c->rs->config.fast == MANX_FAST_DIRECT &&
		       manx_gate_hooks(c->ns->net, skb, c->p->family);
	if (c->p->protocol == IPPROTO_TCP && c->p->tcp_flags & MANX_TCP_EDGES) {
		manx_way_leave(flow, MANX_FLOW_ORIGINAL, MANX_WHY_CLOSING);
		manx_way_leave(flow, MANX_FLOW_REPLY, MANX_WHY_CLOSING);
		return false;
	}
	if (likely(manx_way_refresh(flow)))
		return true;
	manx_way_leave(flow, MANX_FLOW_ORIGINAL, MANX_WHY_NEW);
	manx_way_leave(flow, MANX_FLOW_REPLY, MANX_WHY_NEW);
	return false;
}

/* The route, if it still leads to the other end of the flow. */
static struct dst_entry *manx_fast_route(const struct manx_crosser *c, struct manx_flow *flow,
					 unsigned int dir)
{
	struct dst_entry *dst = manx_way_route(flow, dir, c->ns->net);
	u32 to = manx_flow_end_of(flow, !dir);
	const struct net_device *out;

	if (unlikely(!dst)) {
		manx_way_leave(flow, dir, MANX_WHY_NEW);
		return NULL;
	}
	/* rp_filter and rules have judged what came through the other device */
	if (READ_ONCE(flow->route[dir].iif) != c->in->ifindex)
		return NULL;
	/* the core may take the device away from the route meanwhile */
	out = READ_ONCE(dst->dev);
	return to == (manx_is_primary(out) ? manx_link(out)->endpoint :
					     MANX_ENDPOINT_OUTSIDE) ? dst : NULL;
}

/* Conntrack has seen it: it may know the packet as one of another connection. */
static bool manx_is_tracked_as(const struct sk_buff *skb, const struct manx_flow *flow)
{
	enum ip_conntrack_info info;
	const struct nf_conn *ct = nf_ct_get(skb, &info);

	return !ct || ct == READ_ONCE(flow->ct);
}

/*
 * May it say its source? Out of the tunnel, if answers go to the node that it came
 * from: mostly the flow knows their route.
 */
static bool manx_source_stands(const struct manx_crosser *c, const struct manx_flow *flow,
			       unsigned int dir)
{
	struct dst_entry *back;

	if (c->wire)
		return READ_ONCE(flow->routes) ==
		       manx_source_generation(c->ns->net, c->p->family);
	if (!c->node || (c->p->family == NFPROTO_IPV4 && c->p->src.ip == c->node))
		return true;
	back = manx_way_route(flow, !dir, c->ns->net);
	return (back && READ_ONCE(back->dev) == c->in &&
		manx_tunnel_node(back, c->p->family, &c->p->src) == c->node) ||
	       manx_source_is_behind(c->in, c->p, c->node);
}

/* Fills c->dst and counts the packet if it may go the fast way. */
static bool manx_fast_may(struct manx_crosser *c, struct sk_buff *skb)
{
	struct manx_flow *flow;
	unsigned int dir;
	bool device;

	if (!manx_is_plain(skb, c->p))
		return false;
	flow = manx_fast_flow(c, &dir);
	if (!flow || !manx_way_stands(c, skb, flow, dir))
		return false;
	if (c->from == MANX_ENDPOINT_OUTSIDE && !manx_is_tracked_as(skb, flow))
		return false;
	if (!manx_source_stands(c, flow, dir))
		return false;
	c->dst = manx_fast_route(c, flow, dir);
	if (!c->dst)
		return false;
	/* what the stack has received has been seen by whatever is attached there */
	device = ((manx_is_primary(c->in) || c->node) && !manx_gate_in(c->in)) ||
		 !manx_cross_open(c);
	if (unlikely(device != (READ_ONCE(flow->why[dir]) == MANX_WHY_DEVICE)))
		WRITE_ONCE(flow->why[dir], device ? MANX_WHY_DEVICE : MANX_WHY_OFF);
	return !device && manx_cross_fits(c, skb) && manx_gate_ipsec(c->ns->net, skb) &&
	       manx_flow_seen(flow, dir, c->rs, c->p);
}

bool manx_fast_from_pod(struct sk_buff *skb, struct net_device *primary,
			const struct manx_ruleset *rs, const struct manx_packet *p)
{
	struct manx_link *link = manx_link(primary);
	struct manx_crosser c = {
		.ns = link->ns, .rs = rs, .in = primary, .from = link->endpoint, .p = p,
	};
	struct net_device *peer = skb->dev;
	unsigned int len = skb->len;

	/* a packet of the pod's own tap may say anything about its headers */
	skb_set_transport_header(skb, ETH_HLEN + p->transport);
	/* to a group's address, the stack does not forward it; nor what is too long for the primary */
	if (is_multicast_ether_addr(eth_hdr(skb)->h_dest) || !is_skb_forwardable(primary, skb) ||
	    !manx_fast_may(&c, skb))
		return false;
	dev_sw_netstats_tx_add(peer, 1, len);
	dev_sw_netstats_rx_add(primary, len);
	__skb_pull(skb, ETH_HLEN);
	manx_cross(&c, skb);
	return true;
}

/* Datagrams that were reassembled leave in fragments again; and a socket has its packet. */
static bool manx_is_received_plain(const struct sk_buff *skb, const struct manx_packet *p)
{
	return !skb->sk && !(p->family == NFPROTO_IPV4 ? IPCB(skb)->frag_max_size :
							 IP6CB(skb)->frag_max_size);
}

/* A pod that is received from here may send, and be received from here again. */
static DEFINE_PER_CPU(bool, manx_receiving);

bool manx_fast_received(struct sk_buff *skb, struct manx_ns *ns, const struct manx_packet *p,
			__be32 node)
{
	struct manx_crosser c = {
		.ns = ns, .rs = rcu_dereference(ns->ruleset), .in = skb->dev,
		.from = MANX_ENDPOINT_OUTSIDE, .wire = !manx_is_tunnel(skb->dev),
		.node = node, .p = p,
		.receives = !__this_cpu_read(manx_receiving),
	};

	if (!manx_is_received_plain(skb, p))
		return false;
	skb_set_transport_header(skb, skb_network_offset(skb) + p->transport);
	if (!manx_fast_may(&c, skb))
		return false;
	__this_cpu_write(manx_receiving, true);
	manx_cross(&c, skb);
	__this_cpu_write(manx_receiving, !c.receives);
	return true;
}
