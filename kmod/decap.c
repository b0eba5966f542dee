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
#include <linux/inetdevice.h>
#include <net/addrconf.h>
#include <net/inet_ecn.h>
#include <net/ip6_fib.h>
#include <net/ip6_route.h>
#include <net/ip_fib.h>
#include <net/ip_tunnels.h>
#include <net/nexthop.h>
#include <net/protocol.h>
#include <net/route.h>
#include <net/xfrm.h>

#include "drop.h"
#include "link.h"
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

/* Is any way of a route through @dev to @gw? */
static bool manx_route4_via(const struct fib_info *fi, const struct net_device *dev, __be32 gw)
{
	int i;

	for (i = 0; i < fib_info_num_path(fi); i++) {
		const struct fib_nh_common *nhc = fib_info_nhc((struct fib_info *)fi, i);

		if (nhc->nhc_dev == dev && nhc->nhc_gw_family == AF_INET &&
		    nhc->nhc_gw.ipv4 == gw)
			return true;
	}
	return false;
}

static bool manx_inner4_ok(const struct manx_link *link, __be32 saddr, __be32 node)
{
	struct flowi4 fl4 = { .daddr = saddr, .flowi4_iif = LOOPBACK_IFINDEX };
	struct fib_result res;

	if (saddr == node)
		return true;
	if (fib_lookup(dev_net(link->dev), &fl4, &res, 0))
		return false;
	return res.type == RTN_UNICAST && manx_route4_via(res.fi, link->dev, node);
}

static bool manx_inner6_ok(const struct manx_link *link, const struct in6_addr *saddr,
			   __be32 node)
{
	struct flowi6 fl6 = { .daddr = *saddr, .flowi6_iif = LOOPBACK_IFINDEX };
	const struct rt6_info *rt;
	const struct in6_addr *gw;
	struct dst_entry *dst;
	bool ok;

	if (!(ipv6_addr_type(saddr) & IPV6_ADDR_UNICAST))
		return false;
	dst = ip6_route_lookup(dev_net(link->dev), &fl6, NULL, 0);
	rt = dst_rt6_info(dst);
	gw = &rt->rt6i_gateway;
	ok = !dst->error && dst->dev == link->dev && ipv6_addr_v4mapped(gw) &&
	     gw->s6_addr32[3] == node;
	dst_release(dst);
	return ok;
}

static bool manx_inner_ok(const struct sk_buff *skb, const struct manx_link *link, __be32 node)
{
	if (skb->protocol == htons(ETH_P_IP))
		return ip_hdr(skb)->version == 4 && manx_inner4_ok(link, ip_hdr(skb)->saddr, node);
	return ipv6_hdr(skb)->version == 6 &&
	       manx_inner6_ok(link, &ipv6_hdr(skb)->saddr, node);
}

/* Consumes @skb, whose outer header has been pulled. */
static void manx_decap_receive(struct sk_buff *skb, struct manx_link *link,
			       const struct iphdr *outer)
{
	unsigned int len = skb->len;

	skb->dev = link->dev;
	skb_reset_mac_header(skb);
	skb_reset_network_header(skb);
	if (!pskb_inet_may_pull(skb) || IP_ECN_decapsulate(outer, skb) > 1) {
		manx_drop(skb, link->ns, link, MANX_DROP_REASON_MALFORMED, NULL);
		return;
	}
	if (!manx_inner_ok(skb, link, outer->saddr)) {
		manx_drop(skb, link->ns, link, MANX_DROP_REASON_INNER_SOURCE, NULL);
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
