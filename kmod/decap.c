// SPDX-License-Identifier: GPL-2.0-only
/*
 * Receiving IPIP.
 *
 * Handlers stand in front of the kernel's own (priority -1) and take only what
 * a registered peer sent to our tunnel's address; everything else is returned
 * untouched, so that ipip and sit work beside us.
 *
 * A peer may speak for the addresses that we route to it, and for its own
 * address, and for nobody else: a packet that claims to come from one of our
 * endpoints, from ourselves or from a third node is dropped.
 *
 * IPIP between peers is not tracked: a connection between two nodes would be one entry
 * whose cache line every CPU writes for every packet.
 *
 * While the fast way is on, packets of flows that know their way go on from here past
 * the stack. And where no hook but our own, and conntrack's, would see the outer packet, it
 * is taken in PRE_ROUTING, once the stack has delivered one of the same peer that came through the
 * same device, for as long as the node's routes stay: so that it is for the node, and may
 * come from there, is the stack's decision still. Only raw sockets of these protocols
 * do not see what is taken so.
 */
#include <linux/icmp.h>
#include <net/dst_metadata.h>
#include <net/inet_ecn.h>
#include <net/ip_tunnels.h>
#include <net/netfilter/nf_conntrack.h>
#include <net/protocol.h>
#include <net/route.h>
#include <net/xfrm.h>

#include "compat/compat.h"
#include "drop.h"
#include "fast/fast.h"
#include "fast/tap.h"
#include "gate.h"
#include "link.h"
#include "source.h"
#include "trace.h"
#include "tunnel.h"

/* The peer that sent a packet to the tunnel of @ns, which is @link; or NULL. */
static struct manx_peer *manx_sender(const struct manx_ns *ns, __be32 remote, __be32 local,
				     struct manx_link **link)
{
	struct net_device *dev = rcu_dereference(ns->tunnel);

	if (!dev || manx_link(dev)->local != local)
		return NULL;
	*link = manx_link(dev);
	return manx_ruleset_peer(rcu_dereference(ns->ruleset), remote);
}

/* May the node say what it says to come from there? */
static bool manx_inner_source_ok(const struct manx_packet *p, const struct manx_link *link,
				 __be32 node)
{
	return (p->family == NFPROTO_IPV4 && p->src.ip == node) ||
	       manx_source_is_behind(link->dev, p, node);
}

/*
 * Past the stack, unless somebody listens on the tunnel: taps are shown packets where
 * the stack receives them.
 */
static bool manx_inner_is_fast(struct sk_buff *skb, const struct manx_link *link,
			       const struct manx_packet *p, __be32 node)
{
	if (rcu_dereference(link->ns->ruleset)->config.fast == MANX_FAST_OFF ||
	    manx_has_tap(link->dev))
		return false;
	/* what it says is about the outer packet */
	if (p->family == NFPROTO_IPV4)
		memset(IPCB(skb), 0, sizeof(*IPCB(skb)));
	else
		memset(IP6CB(skb), 0, sizeof(*IP6CB(skb)));
	return manx_fast_received(skb, link->ns, p, node);
}

/* Consumes @skb, whose outer header has been pulled. */
static void manx_decap_receive(struct sk_buff *skb, struct manx_link *link,
			       const struct iphdr *outer)
{
	struct manx_packet p manx_uninitialized;
	unsigned int len = skb->len;

	skb->dev = link->dev;
	skb_reset_mac_header(skb);
	skb_reset_network_header(skb);
	if (!pskb_inet_may_pull(skb) || IP_ECN_decapsulate(outer, skb) > 1 ||
	    !manx_packet_parse(skb, 0, skb->protocol == htons(ETH_P_IP) ? NFPROTO_IPV4 :
							  NFPROTO_IPV6, &p)) {
		manx_drop(skb, link->ns, link, MANX_DROP_REASON_MALFORMED, NULL);
		return;
	}
	skb->pkt_type = PACKET_HOST;
	trace_manx_decap(skb, link->dev, outer->saddr, outer->daddr, outer->protocol);
	if (manx_inner_is_fast(skb, link, &p, outer->saddr)) {
		dev_sw_netstats_rx_add(link->dev, len);
	} else if (!manx_inner_source_ok(&p, link, outer->saddr)) {
		manx_drop(skb, link->ns, link, MANX_DROP_REASON_INNER_SOURCE, NULL);
	} else {
		dev_sw_netstats_rx_add(link->dev, len);
		skb_scrub_packet(skb, false);
		gro_cells_receive(&link->cells, skb);
	}
}

/*
 * As iptunnel_pull_header(), but that the packet is not scrubbed yet: on the fast way it
 * will be.
 */
static bool manx_strip(struct sk_buff *skb, __be16 inner)
{
	skb->protocol = inner;
	skb_clear_hash_if_not_l4(skb);
	__vlan_hwaccel_clear_tag(skb);
	skb_set_queue_mapping(skb, 0);
	return !iptunnel_pull_offloads(skb);
}

/* Takes an outer packet, whose header has been pulled, to its tunnel; consumes @skb. */
static void manx_decap_open(struct sk_buff *skb, struct manx_link *link)
{
	struct iphdr outer = *ip_hdr(skb);
	__be16 inner = outer.protocol == IPPROTO_IPIP ? htons(ETH_P_IP) : htons(ETH_P_IPV6);

	if (!(link->dev->flags & IFF_UP))
		manx_drop(skb, link->ns, link, MANX_DROP_REASON_LINK_DOWN, NULL);
	else if (!xfrm4_policy_check(NULL, XFRM_POLICY_IN, skb))
		manx_drop(skb, link->ns, link, MANX_DROP_REASON_POLICY_INGRESS, NULL);
	else if (!manx_strip(skb, inner))
		manx_drop(skb, link->ns, link, MANX_DROP_REASON_NO_MEMORY, NULL);
	else
		manx_decap_receive(skb, link, &outer);
}

/* --- from the stack --- */

static s64 manx_arrival(const struct net_device *dev, u32 generation)
{
	return (s64)dev->ifindex << 32 | generation;
}

/* The stack has found that what the peer sends this way is for the node. */
static void manx_learn_arrival(struct manx_peer *peer, const struct sk_buff *skb)
{
	s64 now = manx_arrival(skb->dev, skb_rtable(skb)->rt_genid);

	if (unlikely(atomic64_read(&peer->arrival) != now))
		atomic64_set(&peer->arrival, now);
}

/* Handler of tunnel4: 0 if @skb was taken, anything else if it is not ours. */
static int manx_decap(struct sk_buff *skb)
{
	const struct iphdr *outer = ip_hdr(skb);
	struct manx_link *link;
	struct manx_peer *peer = manx_sender(manx_ns(dev_net(skb->dev)), outer->saddr,
					     outer->daddr, &link);

	if (!peer)
		return -ENOENT;
	if (skb_valid_dst(skb))
		manx_learn_arrival(peer, skb);
	manx_decap_open(skb, link);
	return 0;
}

/* --- before the stack --- */

bool manx_tunnel_receive(struct sk_buff *skb, struct manx_ns *ns, bool early)
{
	const struct iphdr *outer = ip_hdr(skb);
	unsigned int inner = outer->protocol == IPPROTO_IPIP ? sizeof(struct iphdr) :
							       sizeof(struct ipv6hdr);
	struct manx_link *link;
	struct manx_peer *peer;

	if (ip_is_fragment(outer))
		return false;
	peer = manx_sender(ns, outer->saddr, outer->daddr, &link);
	if (!peer)
		return false;
	nf_ct_set(skb, NULL, IP_CT_UNTRACKED);
	if (!early || outer->ihl != sizeof(*outer) / 4 || !manx_gate_node_in(ns) ||
	    atomic64_read(&peer->arrival) != manx_arrival(skb->dev, rt_genid_ipv4(ns->net)) ||
	    !pskb_may_pull(skb, sizeof(*outer) + inner))
		return false;
	__skb_pull(skb, sizeof(*outer));
	manx_decap_open(skb, link);
	return true;
}

/* --- handlers --- */

/*
 * An ICMP error about an outer packet of ours, which stands at skb->data. What
 * the route learns, manx_fit_path() tells the senders.
 */
static int manx_decap_err(struct sk_buff *skb, u32 info)
{
	const struct iphdr *outer = (const struct iphdr *)skb->data;
	struct net *net = dev_net(skb->dev);
	struct manx_link *link;

	if (!manx_sender(manx_ns(net), outer->daddr, outer->saddr, &link))
		return -ENOENT;
	if (icmp_hdr(skb)->type == ICMP_DEST_UNREACH && icmp_hdr(skb)->code == ICMP_FRAG_NEEDED)
		ipv4_update_pmtu(skb, net, info, 0, outer->protocol);
	else if (icmp_hdr(skb)->type == ICMP_REDIRECT)
		ipv4_redirect(skb, net, 0, outer->protocol);
	return 0;
}

static struct xfrm_tunnel manx_handler4 __read_mostly = {
	.handler	= manx_decap,
	.err_handler	= manx_decap_err,
	.priority	= -1,
};

static struct xfrm_tunnel manx_handler6 __read_mostly = {
	.handler	= manx_decap,
	.err_handler	= manx_decap_err,
	.priority	= -1,
};

int manx_decap_init(void)
{
	int err = xfrm4_tunnel_register(&manx_handler4, AF_INET);

	if (err)
		return err;
	err = xfrm4_tunnel_register(&manx_handler6, AF_INET6);
	if (err)
		xfrm4_tunnel_deregister(&manx_handler4, AF_INET);
	return err;
}

/* Deregistering waits for handlers that are running. */
void manx_decap_exit(void)
{
	xfrm4_tunnel_deregister(&manx_handler6, AF_INET6);
	xfrm4_tunnel_deregister(&manx_handler4, AF_INET);
}
