// SPDX-License-Identifier: GPL-2.0-only
/*
 * The tunnel link: encapsulation.
 *
 * The routing table decides: a route through the tunnel names the other node as
 * its gateway (IPv6: as a v4-mapped address), and the packet leaves with an
 * outer IPv4 header to that node, provided that it is a registered peer.
 *
 * The outer header: DSCP and ECN of the inner one (RFC 6040, normal mode); TTL of its own
 * (RFC 2003, section 3.1); DF set, so that the path's MTU is found and outer
 * fragments stay rare. A packet that is too long for the path is answered with
 * an ICMP error where its sender can be told, that is IPv6, and IPv4 with DF;
 * other IPv4 packets go with DF clear and are fragmented outside.
 *
 * While the fast way is on and no hook but our own would see it, what has DF goes from
 * here to the neighbour: there is nothing left that the stack would do.
 */
#include <linux/if_arp.h>
#include <net/dst_cache.h>
#include <net/dst_metadata.h>
#include <net/icmp.h>
#include <net/inet_ecn.h>
#include <net/ip.h>
#include <net/ip6_route.h>
#include <net/ip_tunnels.h>
#include <net/netfilter/nf_conntrack.h>
#include <net/route.h>

#include "compat/compat.h"
#include "drop.h"
#include "gate.h"
#include "hooks.h"
#include "link.h"
#include "trace.h"
#include "tunnel.h"

/**
 * struct manx_outer - what the outer header will say
 * @daddr: the peer
 * @df: IP_DF in network byte order, or 0
 * @tos: DSCP and ECN
 * @ttl: 1 to 255
 * @protocol: IPPROTO_IPIP or IPPROTO_IPV6
 */
struct manx_outer {
	__be32 daddr;
	__be16 df;
	u8 tos;
	u8 ttl;
	u8 protocol;
};

__be32 manx_tunnel_node(struct dst_entry *dst, u8 family, const union nf_inet_addr *to)
{
	const struct in6_addr *gw;

	if (family == NFPROTO_IPV4)
		return dst->ops->family == AF_INET ?
		       rt_nexthop(container_of(dst, struct rtable, dst), to->ip) : 0;
	if (family != NFPROTO_IPV6 || dst->ops->family != AF_INET6)
		return 0;
	gw = rt6_nexthop(dst_rt6_info(dst), (struct in6_addr *)&to->in6);
	return ipv6_addr_v4mapped(gw) ? gw->s6_addr32[3] : 0;
}

/* The node behind a packet's next hop, or 0. */
static __be32 manx_next_node(const struct sk_buff *skb)
{
	union nf_inet_addr to;

	if (!skb_valid_dst(skb))
		return 0;
	if (skb->protocol == htons(ETH_P_IP)) {
		to.ip = ip_hdr(skb)->daddr;
		return manx_tunnel_node(skb_dst(skb), NFPROTO_IPV4, &to);
	}
	if (skb->protocol != htons(ETH_P_IPV6))
		return 0;
	to.in6 = ipv6_hdr(skb)->daddr;
	return manx_tunnel_node(skb_dst(skb), NFPROTO_IPV6, &to);
}

/* Apart, because most packets need no flowi4. */
static noinline struct rtable *manx_peer_lookup(struct net *net, const struct manx_link *link,
						const struct manx_peer *peer, u8 protocol,
						struct dst_cache *cache)
{
	struct flowi4 fl4 = {
		.daddr		= peer->addr,
		.saddr		= link->local,
		.flowi4_proto	= protocol,
	};
	struct rtable *rt = ip_route_output_key(net, &fl4);

	if (IS_ERR(rt))
		return NULL;
	if (rt->dst.dev == link->dev || rt->rt_type != RTN_UNICAST) {
		ip_rt_put(rt);
		return NULL;
	}
	dst_cache_set_ip4(cache, &rt->dst, fl4.saddr);
	return rt;
}

/* Route to a peer, from the peer's cache; with a reference. */
static struct rtable *manx_peer_route(struct net *net, const struct manx_link *link,
				      struct manx_peer *peer, u8 protocol)
{
	__be32 source manx_uninitialized;
	/* by protocol, because IPsec policy may tell them apart */
	struct dst_cache *cache = &peer->route[protocol == IPPROTO_IPV6];

	return dst_cache_get_ip4(cache, &source) ?:
	       manx_peer_lookup(net, link, peer, protocol, cache);
}

/* Does every packet that @skb becomes fit into @mtu? */
static bool manx_fits(const struct sk_buff *skb, unsigned int mtu)
{
	if (skb_is_gso(skb))
		return skb_gso_validate_network_len(skb, mtu);
	return skb->len <= mtu;
}

/*
 * A packet longer than the path allows: tell its sender, or let it be
 * fragmented outside. Returns false if it was refused.
 */
static bool manx_fit_path(struct sk_buff *skb, const struct rtable *rt, struct manx_outer *outer)
{
	unsigned int mtu = dst_mtu(&rt->dst);

	mtu = max_t(unsigned int, mtu, IPV4_MIN_MTU + sizeof(struct iphdr)) - sizeof(struct iphdr);
	if (likely(manx_fits(skb, mtu)))
		return true;
	if (skb->protocol == htons(ETH_P_IP) && !(ip_hdr(skb)->frag_off & htons(IP_DF))) {
		outer->df = 0;
		return true;
	}
	skb_dst_update_pmtu_no_confirm(skb, mtu);
	if (skb->protocol == htons(ETH_P_IP)) {
		icmp_ndo_send(skb, ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, htonl(mtu));
		return false;
	}
	if (mtu >= IPV6_MIN_MTU) {
		icmpv6_ndo_send(skb, ICMPV6_PKT_TOOBIG, 0, mtu);
		return false;
	}
	/* IPv6 promises 1280 octets (RFC 8200, section 5): fragment outside. */
	if (manx_fits(skb, IPV6_MIN_MTU)) {
		outer->df = 0;
		return true;
	}
	icmpv6_ndo_send(skb, ICMPV6_PKT_TOOBIG, 0, IPV6_MIN_MTU);
	return false;
}

static void manx_push_outer(struct sk_buff *skb, const struct manx_link *link,
			    const struct manx_outer *outer, struct net *net)
{
	struct iphdr *iph;

	__skb_push(skb, sizeof(*iph));
	skb_reset_network_header(skb);
	iph = ip_hdr(skb);
	iph->version = 4;
	iph->ihl = sizeof(*iph) / 4;
	iph->tos = outer->tos;
	iph->frag_off = outer->df;
	iph->id = 0;
	iph->ttl = outer->ttl;
	iph->protocol = outer->protocol;
	iph->saddr = link->local;
	iph->daddr = outer->daddr;
	/* RFC 6864: an id is needed only where fragments may arise. */
	if (!outer->df)
		__ip_select_ident(net, iph, max_t(u16, skb_shinfo(skb)->gso_segs, 1));
}

/*
 * Would the stack do nothing but send it to the neighbour? What has DF and fits the
 * path is not cut.
 */
static bool manx_is_straight(const struct manx_ruleset *rs, const struct sk_buff *skb,
			     const struct rtable *rt, const struct manx_outer *outer)
{
	return rs->config.fast != MANX_FAST_OFF && outer->df && skb->len <= IP_MAX_MTU &&
	       !dst_xfrm(&rt->dst) && !rt->dst.lwtstate && !netif_is_l3_slave(rt->dst.dev) &&
	       manx_gate_node_out(rs->ns, skb);
}

/* As ip_local_out() and ip_output(), without hooks. Consumes @skb. */
static int manx_send_straight(struct sk_buff *skb, struct rtable *rt,
			      const struct manx_ruleset *rs)
{
	struct iphdr *iph = ip_hdr(skb);
	struct neighbour *neigh;
	bool is_v6gw = false;

	iph->tot_len = htons(skb->len);
	iph->check = 0;
	iph->check = ip_fast_csum(iph, sizeof(*iph) / 4);
	skb->mark &= ~rs->config.mark_mask;
	skb->dev = rt->dst.dev;
	neigh = ip_neigh_for_gw(rt, skb, &is_v6gw);
	if (IS_ERR(neigh)) {
		kfree_skb_reason(skb, SKB_DROP_REASON_NEIGH_CREATEFAIL);
		return PTR_ERR(neigh);
	}
	return neigh_output(neigh, skb, is_v6gw);
}

/* From here @skb is on its way to the underlay; consumes it. */
static void manx_send_outer(struct sk_buff *skb, const struct manx_link *link,
			    const struct manx_ruleset *rs, struct rtable *rt,
			    const struct manx_outer *outer)
{
	struct net *net = dev_net(link->dev);
	unsigned int len = skb->len;
	int err;

	nf_ct_set(skb, NULL, IP_CT_UNTRACKED);
	skb_clear_hash_if_not_l4(skb);
	skb_set_inner_ipproto(skb, outer->protocol);
	skb_dst_set(skb, &rt->dst);
	memset(IPCB(skb), 0, sizeof(*IPCB(skb)));
	manx_push_outer(skb, link, outer, net);
	skb->protocol = htons(ETH_P_IP);
	trace_manx_encap(skb, link->dev, link->local, outer->daddr, outer->protocol);
	if (manx_is_straight(rs, skb, rt, outer))
		err = manx_send_straight(skb, rt, rs);
	else
		err = ip_local_out(net, NULL, skb);
	/* a macro that evaluates its argument twice */
	if (net_xmit_eval(err) == 0)
		dev_sw_netstats_tx_add(link->dev, 1, len);
}

static u8 manx_outer_ttl(const struct manx_link *link, const struct rtable *rt,
			 const struct net *net)
{
	return link->ttl ?: dst_metric_raw(&rt->dst, RTAX_HOPLIMIT) ?:
	       READ_ONCE(net->ipv4.sysctl_ip_default_ttl);
}

/* For all but large packets and unfinished checksums without a call. */
static bool manx_offloads(struct sk_buff *skb)
{
	if (unlikely(skb_is_gso(skb) || skb->ip_summed == CHECKSUM_PARTIAL))
		return !iptunnel_handle_offloads(skb, SKB_GSO_IPXIP4);
	skb->ip_summed = CHECKSUM_NONE;
	skb->encapsulation = 0;
	return true;
}

/*
 * @scrubbed: nothing of where it comes from is left but its route
 * Returns a reason to drop, or -1 when @skb was sent.
 */
static int manx_encap(struct sk_buff *skb, struct manx_link *link, bool scrubbed)
{
	const struct manx_ruleset *rs = rcu_dereference(link->ns->ruleset);
	struct net *net = dev_net(link->dev);
	struct manx_outer outer = { .df = htons(IP_DF) };
	struct manx_peer *peer;
	struct rtable *rt;

	if (!pskb_inet_may_pull(skb))
		return MANX_DROP_REASON_MALFORMED;
	outer.daddr = manx_next_node(skb);
	peer = outer.daddr ? manx_ruleset_peer(rs, outer.daddr) : NULL;
	if (!peer) {
		dst_link_failure(skb);
		return MANX_DROP_REASON_NO_PEER;
	}
	outer.protocol = skb->protocol == htons(ETH_P_IP) ? IPPROTO_IPIP : IPPROTO_IPV6;
	rt = manx_peer_route(net, link, peer, outer.protocol);
	if (!rt) {
		dst_link_failure(skb);
		return MANX_DROP_REASON_NO_ROUTE;
	}
	if (!manx_fit_path(skb, rt, &outer)) {
		ip_rt_put(rt);
		return MANX_DROP_REASON_TOO_BIG;
	}
	/* not INET_ECN_encapsulate(), which hides congestion (RFC 3168, not 6040) */
	outer.tos = outer.protocol == IPPROTO_IPIP ? ip_hdr(skb)->tos :
						     ipv6_get_dsfield(ipv6_hdr(skb));
	outer.ttl = manx_outer_ttl(link, rt, net);
	if (skb_cow_head(skb, LL_RESERVED_SPACE(rt->dst.dev) + sizeof(struct iphdr) +
			      rt->dst.header_len) ||
	    !manx_offloads(skb)) {
		ip_rt_put(rt);
		return MANX_DROP_REASON_NO_MEMORY;
	}
	if (!scrubbed)
		skb_scrub_packet(skb, false);
	manx_send_outer(skb, link, rs, rt, &outer);
	return -1;
}

void manx_tunnel_send(struct sk_buff *skb, struct manx_link *link, bool scrubbed)
{
	int reason = manx_encap(skb, link, scrubbed);

	if (reason >= 0) {
		dev_core_stats_tx_dropped_inc(link->dev);
		manx_drop(skb, link->ns, link, reason, NULL);
	}
}

static netdev_tx_t manx_tunnel_xmit(struct sk_buff *skb, struct net_device *dev)
{
	rcu_read_lock();
	manx_tunnel_send(skb, manx_link(dev), false);
	rcu_read_unlock();
	return NETDEV_TX_OK;
}

static int manx_tunnel_init(struct net_device *dev)
{
	struct manx_link *link = manx_link(dev);
	int err;

	if (rtnl_dereference(link->ns->tunnel))
		return -EEXIST;
	err = gro_cells_init(&link->cells, dev);
	if (err)
		return err;
	err = manx_hooks_get(link->ns);
	if (err) {
		gro_cells_destroy(&link->cells);
		return err;
	}
	rcu_assign_pointer(link->ns->tunnel, dev);
	return 0;
}

/* The core waits a grace period after this, before it frees the link. */
static void manx_tunnel_uninit(struct net_device *dev)
{
	struct manx_link *link = manx_link(dev);

	RCU_INIT_POINTER(link->ns->tunnel, NULL);
	manx_hooks_put(link->ns);
	synchronize_net();
	gro_cells_destroy(&link->cells);
}

const struct net_device_ops manx_tunnel_ops = {
	.ndo_init		= manx_tunnel_init,
	.ndo_uninit		= manx_tunnel_uninit,
	.ndo_start_xmit		= manx_tunnel_xmit,
	.ndo_get_stats64	= dev_get_tstats64,
};

#define MANX_TUNNEL_FEATURES (NETIF_F_SG | NETIF_F_FRAGLIST | NETIF_F_HIGHDMA | \
			      NETIF_F_GSO_SOFTWARE | NETIF_F_HW_CSUM)

void manx_tunnel_setup(struct net_device *dev)
{
	dev->netdev_ops = &manx_tunnel_ops;
	dev->header_ops = &ip_tunnel_header_ops;
	dev->type = ARPHRD_TUNNEL;
	dev->flags = IFF_NOARP;
	dev->hard_header_len = 0;
	dev->addr_len = 4;
	memset(dev->broadcast, 0, sizeof(dev->broadcast));
	dev->needed_headroom = LL_MAX_HEADER + sizeof(struct iphdr);
	dev->min_mtu = IPV4_MIN_MTU;
	dev->max_mtu = IP_MAX_MTU - sizeof(struct iphdr);
	dev->features = MANX_TUNNEL_FEATURES;
	dev->hw_features = MANX_TUNNEL_FEATURES;
	dev->vlan_features = 0;
	dev->hw_enc_features = 0;
	manx_dev_set_lltx(dev);
	manx_dev_set_netns_immutable(dev);
	netif_keep_dst(dev);
}
