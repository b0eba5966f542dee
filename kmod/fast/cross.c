// SPDX-License-Identifier: GPL-2.0-only
/*
 * The crossing: a packet is rewritten as the stack would forward it, and handed
 * on: to another pod, to the tunnel, or to a device of the host.
 *
 * In this order: what cannot pass as it is goes to the stack before anything is
 * touched; then headers are made writable (a tap may hold a clone), the TTL goes
 * down, and what belongs to the sender's namespace is taken off. Kept are the
 * checksum's state, GSO fields, the hash, and the socket: whoever consumes the
 * packet releases it, so that the sender's small queues and pacing work across
 * the crossing.
 *
 * Taps open on the primary or the tunnel that a packet leaves by see it as sent
 * there (dev_queue_xmit_nit()); one on the primary that it comes in by takes it to
 * the stack (gate.h). Taps on "any" see neither.
 */
#include "cross.h"

#include <linux/etherdevice.h>
#include <net/ip.h>
#include <net/ipv6.h>
#include <net/netfilter/nf_conntrack.h>

#include "../drop.h"
#include "../gate.h"
#include "../tunnel.h"
#include "poll.h"
#include "tap.h"

/* The IP header, and room for the Ethernet header before it, are ours to write. */
static bool manx_cross_own(struct sk_buff *skb, const struct manx_packet *p)
{
	return pskb_may_pull(skb, p->transport) && !skb_cow_head(skb, ETH_HLEN);
}

static void manx_cross_hop(struct sk_buff *skb, const struct manx_packet *p)
{
	if (p->family == NFPROTO_IPV4)
		ip_decrease_ttl(ip_hdr(skb));
	else
		ipv6_hdr(skb)->hop_limit--;
}

static void manx_cross_ethernet(struct sk_buff *skb, const u8 *source, const u8 *destination)
{
	struct ethhdr *eth;

	skb_set_mac_header(skb, -ETH_HLEN);
	eth = eth_hdr(skb);
	ether_addr_copy(eth->h_dest, destination);
	ether_addr_copy(eth->h_source, source);
	eth->h_proto = skb->protocol;
	skb_reset_mac_len(skb);
}

/* @len: octets of the frame */
static void manx_cross_receive(const struct manx_crosser *c, struct sk_buff *skb,
			       struct manx_link *link, unsigned int len)
{
	struct net_device *peer = skb->dev;

	if (c->receives)
		netif_receive_skb(skb);
	else if (unlikely(!manx_poll_deliver(skb, c->from, c->rs->config.queue_packets)))
		return (void)atomic64_inc(&link->drops[MANX_DROP_REASON_BACKLOG]);
	dev_sw_netstats_rx_add(peer, len);
}

static void manx_cross_to_pod(const struct manx_crosser *c, struct sk_buff *skb,
			      struct net_device *out)
{
	struct manx_link *link = manx_link(out);
	const struct manx_endpoint *ep = manx_ruleset_endpoint(c->rs, link->endpoint);
	struct net_device *peer = rcu_dereference(link->peer);
	unsigned int len = skb->len + ETH_HLEN;

	if (unlikely(!peer || !ep || !(peer->flags & IFF_UP))) {
		manx_drop(skb, c->ns, link, MANX_DROP_REASON_LINK_DOWN, c->p);
		return;
	}
	manx_cross_ethernet(skb, out->dev_addr, ep->has_mac ? ep->mac : peer->dev_addr);
	if (manx_has_tap(out)) {
		__skb_push(skb, ETH_HLEN);
		manx_show_tap(skb, out);
		__skb_pull(skb, ETH_HLEN);
	}
	skb_scrub_packet(skb, true);
	skb->priority = 0;
	skb_set_queue_mapping(skb, 0);
	skb->dev = peer;
	dev_sw_netstats_tx_add(out, 1, len);
	manx_cross_receive(c, skb, link, len);
}

/* As what ip_forward() and ip6_forward() hand on. */
static void manx_cross_route(const struct manx_crosser *c, struct sk_buff *skb)
{
	skb_scrub_packet(skb, true);
	/* not "invalid" for rules in POST_ROUTING: conntrack has not been asked */
	nf_ct_set(skb, NULL, IP_CT_UNTRACKED);
	skb->dev = c->in;
	skb->mark = c->rs->config.mark_accept;
	skb_set_queue_mapping(skb, 0);
	skb_dst_set_noref(skb, c->dst);
	if (c->p->family == NFPROTO_IPV4) {
		memset(IPCB(skb), 0, sizeof(*IPCB(skb)));
		IPCB(skb)->iif = c->in->ifindex;
		IPCB(skb)->flags = IPSKB_FORWARDED;
		skb->priority = rt_tos2priority(ip_hdr(skb)->tos);
	} else {
		memset(IP6CB(skb), 0, sizeof(*IP6CB(skb)));
		IP6CB(skb)->iif = c->in->ifindex;
		IP6CB(skb)->flags = IP6SKB_FORWARDED;
		skb->priority = 0;
	}
}

static void manx_cross_to_tunnel(const struct manx_crosser *c, struct sk_buff *skb,
				 struct net_device *out)
{
	manx_cross_route(c, skb);
	skb->dev = out;
	if (manx_has_tap(out))
		manx_show_tap(skb, out);
	manx_tunnel_send(skb, manx_link(out), true);
}

void manx_cross(const struct manx_crosser *c, struct sk_buff *skb)
{
	struct net_device *out = c->dst->dev;

	if (unlikely(!manx_cross_own(skb, c->p))) {
		manx_drop(skb, c->ns, NULL, MANX_DROP_REASON_NO_MEMORY, c->p);
		return;
	}
	skb_forward_csum(skb);
	manx_cross_hop(skb, c->p);
	if (likely(manx_is_primary(out))) {
		manx_cross_to_pod(c, skb, out);
	} else if (manx_is_tunnel(out)) {
		manx_cross_to_tunnel(c, skb, out);
	} else {
		manx_cross_route(c, skb);
		dst_output(c->ns->net, NULL, skb);
	}
}
