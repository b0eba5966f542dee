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
 */
#include <linux/icmp.h>
#include <net/inet_ecn.h>
#include <net/ip_tunnels.h>
#include <net/protocol.h>
#include <net/route.h>
#include <net/xfrm.h>

#include "drop.h"
#include "link.h"
#include "source.h"
#include "trace.h"
#include "tunnel.h"

/* The tunnel that packets between @remote and @local belong to, or NULL. */
static struct manx_link *manx_tunnel_of(struct net *net, __be32 remote, __be32 local)
{
	struct manx_ns *ns = manx_ns(net);
	struct net_device *dev = rcu_dereference(ns->tunnel);

	if (!dev || manx_link(dev)->local != local ||
	    !manx_ruleset_peer(rcu_dereference(ns->ruleset), remote))
		return NULL;
	return manx_link(dev);
}

/* What the inner packet may not be: a reason to drop, or -1. */
static int manx_inner_refused(const struct sk_buff *skb, const struct manx_link *link,
			      __be32 node)
{
	u8 family = skb->protocol == htons(ETH_P_IP) ? NFPROTO_IPV4 : NFPROTO_IPV6;
	struct manx_packet p;

	if (!manx_packet_parse(skb, 0, family, &p))
		return MANX_DROP_REASON_MALFORMED;
	if (family == NFPROTO_IPV4 && p.src.ip == node)
		return -1;
	return manx_source_is_behind(link->dev, &p, node) ? -1 : MANX_DROP_REASON_INNER_SOURCE;
}

/* Consumes @skb, whose outer header has been pulled. */
static void manx_decap_receive(struct sk_buff *skb, struct manx_link *link,
			       const struct iphdr *outer)
{
	unsigned int len = skb->len;
	int reason;

	skb->dev = link->dev;
	skb_reset_mac_header(skb);
	skb_reset_network_header(skb);
	if (!pskb_inet_may_pull(skb) || IP_ECN_decapsulate(outer, skb) > 1) {
		manx_drop(skb, link->ns, link, MANX_DROP_REASON_MALFORMED, NULL);
		return;
	}
	reason = manx_inner_refused(skb, link, outer->saddr);
	if (reason >= 0) {
		manx_drop(skb, link->ns, link, reason, NULL);
		return;
	}
	skb->pkt_type = PACKET_HOST;
	trace_manx_decap(skb, link->dev, outer->saddr, outer->daddr, outer->protocol);
	dev_sw_netstats_rx_add(link->dev, len);
	gro_cells_receive(&link->cells, skb);
}

/* Handler of tunnel4: 0 if @skb was taken, anything else if it is not ours. */
static int manx_decap(struct sk_buff *skb, __be16 inner)
{
	struct iphdr outer = *ip_hdr(skb);
	struct manx_link *link = manx_tunnel_of(dev_net(skb->dev), outer.saddr, outer.daddr);

	if (!link)
		return -ENOENT;
	if (!(link->dev->flags & IFF_UP)) {
		manx_drop(skb, link->ns, link, MANX_DROP_REASON_LINK_DOWN, NULL);
		return 0;
	}
	if (!xfrm4_policy_check(NULL, XFRM_POLICY_IN, skb)) {
		manx_drop(skb, link->ns, link, MANX_DROP_REASON_POLICY_INGRESS, NULL);
		return 0;
	}
	if (iptunnel_pull_header(skb, 0, inner, false)) {
		manx_drop(skb, link->ns, link, MANX_DROP_REASON_NO_MEMORY, NULL);
		return 0;
	}
	manx_decap_receive(skb, link, &outer);
	return 0;
}

static int manx_decap4(struct sk_buff *skb)
{
	return manx_decap(skb, htons(ETH_P_IP));
}

static int manx_decap6(struct sk_buff *skb)
{
	return manx_decap(skb, htons(ETH_P_IPV6));
}

/*
 * An ICMP error about an outer packet of ours, which stands at skb->data. What
 * the route learns, manx_fit_path() tells the senders.
 */
static int manx_decap_err(struct sk_buff *skb, u32 info)
{
	const struct iphdr *outer = (const struct iphdr *)skb->data;
	struct net *net = dev_net(skb->dev);

	if (!manx_tunnel_of(net, outer->daddr, outer->saddr))
		return -ENOENT;
	if (icmp_hdr(skb)->type == ICMP_DEST_UNREACH && icmp_hdr(skb)->code == ICMP_FRAG_NEEDED)
		ipv4_update_pmtu(skb, net, info, 0, outer->protocol);
	else if (icmp_hdr(skb)->type == ICMP_REDIRECT)
		ipv4_redirect(skb, net, 0, outer->protocol);
	return 0;
}

static struct xfrm_tunnel manx_handler4 __read_mostly = {
	.handler	= manx_decap4,
	.err_handler	= manx_decap_err,
	.priority	= -1,
};

static struct xfrm_tunnel manx_handler6 __read_mostly = {
	.handler	= manx_decap6,
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
