// SPDX-License-Identifier: GPL-2.0-only
/*
 * The pair: what enters and leaves a pod.
 *
 * The peer's transmit is the entry: whatever a pod sends is classified by the
 * frame itself and its source is checked before the node's stack sees it. The
 * primary's transmit is the choke point in the other direction: everything
 * that enters a pod passes it, and an IP packet that no hook has accepted for it is
 * judged there as one from outside. So a path that nobody thought of is closed,
 * not open.
 */
#include <linux/etherdevice.h>
#include <linux/if_vlan.h>
#include <linux/udp.h>
#include <net/ip.h>
#include <net/ipv6.h>

#include "compat/compat.h"
#include "drop.h"
#include "fast/fast.h"
#include "flow/pass.h"
#include "flow/share.h"
#include "flow/table.h"
#include "hooks.h"
#include "link.h"
#include "neigh.h"
#include "trace.h"

/* VXLAN's registered port (RFC 7348) */
#define MANX_VXLAN_PORT 4789

/* What becomes of a frame, besides MANX_DROP_REASON_*: */
#define MANX_PASS	(-1)	/* goes to the other end */
#define MANX_CONSUMED	(-2)	/* was answered */

/*
 * Hand a frame, Ethernet header at skb->data, to the other end. Consumes @skb.
 * @link: the primary, which counts
 */
static void manx_pair_deliver(struct sk_buff *skb, struct net_device *from,
			      struct net_device *to, struct manx_link *link)
{
	unsigned int len = skb->len;

	if (!is_skb_forwardable(to, skb)) {
		manx_drop(skb, link->ns, link, to->flags & IFF_UP ? MANX_DROP_REASON_TOO_BIG :
			  MANX_DROP_REASON_LINK_DOWN, NULL);
		return;
	}
	/* Also within one namespace: marks never pass between pod and node. */
	skb_scrub_packet(skb, true);
	skb->priority = 0;
	skb->protocol = eth_type_trans(skb, to);
	skb_postpull_rcsum(skb, eth_hdr(skb), ETH_HLEN);
	skb_set_queue_mapping(skb, 0);
	dev_sw_netstats_tx_add(from, 1, len);
	if (likely(__netif_rx(skb) == NET_RX_SUCCESS)) {
		dev_sw_netstats_rx_add(to, len);
		return;
	}
	/* the backlog has freed it */
	atomic64_inc(&link->drops[MANX_DROP_REASON_BACKLOG]);
}

/* The frame's Ethernet header and type; false if it is tagged or too short. */
static bool manx_frame_type(struct sk_buff *skb, struct ethhdr *eth)
{
	if (skb_vlan_tag_present(skb))
		return false;
	/* nearly always, and then without a call */
	if (likely(skb_headlen(skb) >= sizeof(*eth)))
		memcpy(eth, skb->data, sizeof(*eth));
	else if (skb_copy_bits(skb, 0, eth, sizeof(*eth)))
		return false;
	switch (eth->h_proto) {
	case htons(ETH_P_IP):
	case htons(ETH_P_IPV6):
	case htons(ETH_P_ARP):
		/* The sender's word on type and offsets counts for nothing. */
		skb->protocol = eth->h_proto;
		skb_reset_mac_header(skb);
		skb_set_network_header(skb, ETH_HLEN);
		return true;
	default:
		return false;
	}
}

static u8 manx_frame_family(const struct ethhdr *eth)
{
	return eth->h_proto == htons(ETH_P_IP) ? NFPROTO_IPV4 : NFPROTO_IPV6;
}

static bool manx_is_encap(const struct manx_packet *p)
{
	return p->protocol == IPPROTO_IPIP || p->protocol == IPPROTO_IPV6 ||
	       (p->protocol == IPPROTO_UDP && p->dport == MANX_VXLAN_PORT);
}

/*
 * Sources that are nobody's address: the pod's link-local one and "::" for ND
 * and MLD, and link-local to link-local, which is never forwarded.
 */
static bool manx_source_is_local(const struct manx_endpoint *ep, const struct manx_packet *p)
{
	if (p->family == NFPROTO_IPV4)
		return !p->src.ip && (ep->flags & MANX_ENDPOINT_FLAGS_ALLOW_DHCP) &&
		       p->protocol == IPPROTO_UDP && p->dport == 67;
	if (ipv6_addr_any(&p->src.in6))
		return manx_packet_is_nd(p);
	if (ipv6_addr_is_multicast(&p->src.in6) ||
	    !(ipv6_addr_type(&p->src.in6) & IPV6_ADDR_LINKLOCAL))
		return false;
	return manx_packet_is_nd(p) || (ipv6_addr_type(&p->dst.in6) & IPV6_ADDR_LINKLOCAL);
}

static bool manx_mac_ok(const struct manx_endpoint *ep, const struct net_device *peer,
			const u8 *mac)
{
	return ether_addr_equal(mac, ep->has_mac ? ep->mac : peer->dev_addr);
}

/* ARP or a solicitation, sent by the pod or by the node. */
static int manx_neigh_frame(struct sk_buff *skb, const struct ethhdr *eth,
			    const struct manx_neigh *n)
{
	bool answered = eth->h_proto == htons(ETH_P_ARP) ? manx_neigh_arp(n, skb) :
							   manx_neigh_nd(n, skb);

	return answered ? MANX_CONSUMED : MANX_DROP_REASON_NEIGHBOUR;
}

static bool manx_is_icmp6(const struct manx_packet *p, u16 type)
{
	return p->family == NFPROTO_IPV6 && p->protocol == IPPROTO_ICMPV6 && !p->fragment &&
	       p->sport == type;
}

static bool manx_is_solicitation(const struct manx_packet *p)
{
	return manx_is_icmp6(p, NDISC_NEIGHBOUR_SOLICITATION) ||
	       manx_is_icmp6(p, NDISC_NEIGHBOUR_ADVERTISEMENT);
}

/* What only a router may say: a node that listened would route through a pod. */
static bool manx_is_router_word(const struct manx_packet *p)
{
	return manx_is_icmp6(p, NDISC_ROUTER_ADVERTISEMENT) || manx_is_icmp6(p, NDISC_REDIRECT);
}

/* The Ethernet part: MANX_PASS or a reason to drop. */
static int manx_frame_open(struct sk_buff *skb, const struct manx_endpoint *ep, struct ethhdr *eth)
{
	/*
	 * Pages that the sender still has mapped (PACKET_TX_RING, MSG_ZEROCOPY)
	 * are copied before they are read: what is checked is what is delivered.
	 */
	if (skb_orphan_frags(skb, GFP_ATOMIC))
		return MANX_DROP_REASON_NO_MEMORY;
	if (!manx_frame_type(skb, eth))
		return MANX_DROP_REASON_ETHERTYPE;
	return ep ? MANX_PASS : MANX_DROP_REASON_CLOSED;
}

/* ARP is dealt with; an IP header is read into @p, whose family is 0 until then. */
static int manx_frame_parse(struct sk_buff *skb, const struct ethhdr *eth,
			    const struct manx_neigh *n, struct manx_packet *p)
{
	if (eth->h_proto == htons(ETH_P_ARP))
		return manx_neigh_frame(skb, eth, n);
	if (manx_packet_parse(skb, ETH_HLEN, manx_frame_family(eth), p))
		return MANX_PASS;
	p->family = 0;
	return MANX_DROP_REASON_MALFORMED;
}

/* What a pod sends: MANX_PASS, MANX_CONSUMED or a reason to drop. */
static int manx_entry(struct sk_buff *skb, struct net_device *dev, struct net_device *primary,
		      const struct manx_endpoint *ep, struct manx_packet *p)
{
	const struct manx_neigh n = {
		.dev = dev, .mac = primary->dev_addr, .ep = ep, .from_pod = true,
	};
	struct ethhdr eth;
	int what = manx_frame_open(skb, ep, &eth);

	if (what != MANX_PASS)
		return what;
	if (!ether_addr_equal(eth.h_dest, primary->dev_addr) &&
	    !is_multicast_ether_addr(eth.h_dest))
		return MANX_DROP_REASON_DEST_MAC;
	if (!manx_mac_ok(ep, dev, eth.h_source))
		return MANX_DROP_REASON_SOURCE_MAC;
	what = manx_frame_parse(skb, &eth, &n, p);
	if (what != MANX_PASS)
		return what;
	if (!manx_endpoint_may_send(ep, p->family, &p->src) && !manx_source_is_local(ep, p))
		return MANX_DROP_REASON_SOURCE_ADDRESS;
	if (manx_is_solicitation(p))
		return manx_neigh_frame(skb, &eth, &n);
	if (manx_is_router_word(p))
		return MANX_DROP_REASON_NEIGHBOUR;
	if (manx_is_encap(p) && !(ep->flags & MANX_ENDPOINT_FLAGS_ALLOW_ENCAP))
		return MANX_DROP_REASON_ENCAP;
	return MANX_PASS;
}

/* Does what was decided about a frame; consumes @skb. */
static void manx_pair_finish(struct sk_buff *skb, int what, struct net_device *from,
			     struct net_device *to, struct manx_link *link,
			     const struct manx_packet *p)
{
	if (likely(what == MANX_PASS)) {
		manx_pair_deliver(skb, from, to, link);
	} else if (what == MANX_CONSUMED) {
		consume_skb(skb);
	} else {
		dev_core_stats_tx_dropped_inc(from);
		manx_drop(skb, link->ns, link, what, p->family ? p : NULL);
	}
}

/* Past the host's stack if the flow may, else into it. */
static void manx_peer_send(struct sk_buff *skb, struct net_device *dev,
			   struct net_device *primary)
{
	struct manx_link *link = manx_link(primary);
	const struct manx_ruleset *rs = rcu_dereference(link->ns->ruleset);
	struct manx_packet p manx_uninitialized;
	int what;

	p.family = 0;
	what = manx_entry(skb, dev, primary, manx_ruleset_endpoint(rs, link->endpoint), &p);
	if (likely(what == MANX_PASS)) {
		if (rs->config.fast != MANX_FAST_OFF && manx_fast_from_pod(skb, primary, rs, &p))
			return;
		what = manx_flow_admit(link, rs, skb, ETH_HLEN, &p);
	}
	manx_pair_finish(skb, what, dev, primary, link, &p);
}

static netdev_tx_t manx_peer_xmit(struct sk_buff *skb, struct net_device *dev)
{
	struct net_device *primary;

	rcu_read_lock();
	primary = rcu_dereference(manx_link(dev)->peer);
	if (likely(primary)) {
		manx_peer_send(skb, dev, primary);
	} else {
		/* the pair is being removed, and its counters with it */
		kfree_skb_reason(skb, SKB_DROP_REASON_NOT_SPECIFIED);
	}
	rcu_read_unlock();
	return NETDEV_TX_OK;
}

/*
 * The mark tells that a hook has accepted the packet, and its route for which link: a
 * copy that tc makes of it may go to another.
 */
static bool manx_is_accepted(const struct sk_buff *skb, const struct manx_link *link,
			     const struct manx_ruleset *rs)
{
	return skb->mark & rs->config.mark_accept && skb_dst(skb) &&
	       skb_dst(skb)->dev == link->dev;
}

/* An IP packet that reached the choke point: accepted before, or judged now. */
static int manx_choke(struct sk_buff *skb, struct manx_link *link,
		      const struct manx_ruleset *rs, const struct manx_packet *p)
{
	const struct manx_passage way = {
		.from = MANX_ENDPOINT_OUTSIDE, .to = link->endpoint, .out = link->dev,
	};
	struct manx_verdict v;

	if (likely(manx_is_accepted(skb, link, rs)))
		return MANX_PASS;
	manx_flow_judge(link->ns, rs, skb, p, &way, &v);
	if (v.action == MANX_ACTION_ALLOW || manx_audit(skb, link->ns, rs, &v, p))
		return MANX_PASS;
	return v.reason;
}

/* What goes into a pod: MANX_PASS, MANX_CONSUMED or a reason to drop. */
static int manx_exit(struct sk_buff *skb, struct net_device *dev, struct net_device *peer,
		     const struct manx_ruleset *rs, struct manx_packet *p)
{
	struct manx_link *link = manx_link(dev);
	const struct manx_endpoint *ep = manx_ruleset_endpoint(rs, link->endpoint);
	const struct manx_neigh n = {
		.dev = dev, .mac = ep && ep->has_mac ? ep->mac : peer->dev_addr, .ep = ep,
	};
	struct ethhdr eth;
	int what = manx_frame_open(skb, ep, &eth);

	if (what == MANX_PASS)
		what = manx_frame_parse(skb, &eth, &n, p);
	if (what != MANX_PASS)
		return what;
	if (manx_is_solicitation(p))
		return manx_neigh_frame(skb, &eth, &n);
	return manx_choke(skb, link, rs, p);
}

static netdev_tx_t manx_primary_xmit(struct sk_buff *skb, struct net_device *dev)
{
	struct manx_link *link = manx_link(dev);
	struct manx_packet p = { .family = 0 };
	struct net_device *peer;
	int what = MANX_DROP_REASON_LINK_DOWN;

	rcu_read_lock();
	peer = rcu_dereference(link->peer);
	if (likely(peer))
		what = manx_exit(skb, dev, peer, rcu_dereference(link->ns->ruleset), &p);
	manx_pair_finish(skb, what, dev, peer, link, &p);
	rcu_read_unlock();
	return NETDEV_TX_OK;
}

/* Carrier of both ends follows whether both are up. Under RTNL. */
static int manx_pair_open(struct net_device *dev)
{
	struct net_device *peer = rtnl_dereference(manx_link(dev)->peer);

	/* none yet, while newlink brings the peer up before it makes the primary */
	if (peer && peer->flags & IFF_UP) {
		netif_carrier_on(dev);
		netif_carrier_on(peer);
	}
	return 0;
}

static int manx_pair_stop(struct net_device *dev)
{
	struct net_device *peer = rtnl_dereference(manx_link(dev)->peer);

	netif_carrier_off(dev);
	if (peer)
		netif_carrier_off(peer);
	return 0;
}

static int manx_pair_iflink(const struct net_device *dev)
{
	struct net_device *peer;
	int ifindex;

	rcu_read_lock();
	peer = rcu_dereference(manx_link(dev)->peer);
	ifindex = peer ? READ_ONCE(peer->ifindex) : 0;
	rcu_read_unlock();
	return ifindex;
}

static int manx_primary_init(struct net_device *dev)
{
	struct manx_link *link = manx_link(dev);
	int err;

	link->share = manx_share_new();
	if (!link->share)
		return -ENOMEM;
	err = manx_hooks_get(link->ns);
	if (err)
		goto err_share;
	if (link->endpoint != MANX_ENDPOINT_NONE)
		err = xa_insert(&link->ns->links, link->endpoint, dev, GFP_KERNEL_ACCOUNT);
	if (err)
		goto err_hooks;
	return 0;

err_hooks:
	manx_hooks_put(link->ns);
err_share:
	/* without init, the core calls no destructor */
	manx_share_put(link->share);
	/* somebody else's id: the words came from newlink already */
	return err == -EBUSY ? -EEXIST : err;
}

static void manx_primary_uninit(struct net_device *dev)
{
	struct manx_link *link = manx_link(dev);

	if (link->endpoint != MANX_ENDPOINT_NONE) {
		xa_erase(&link->ns->links, link->endpoint);
		/* not after a registration that failed: nobody was told of it */
		if (dev->reg_state == NETREG_UNREGISTERING)
			manx_event_endpoint(link->ns->net, MANX_EVENT_TYPE_ENDPOINT_UNBOUND,
					    link->endpoint, dev->ifindex);
	}
	manx_share_end(link->share);
	manx_flows_sweep(link->ns);
	manx_hooks_put(link->ns);
}

const struct net_device_ops manx_primary_ops = {
	.ndo_init		= manx_primary_init,
	.ndo_uninit		= manx_primary_uninit,
	.ndo_open		= manx_pair_open,
	.ndo_stop		= manx_pair_stop,
	.ndo_start_xmit		= manx_primary_xmit,
	.ndo_get_stats64	= dev_get_tstats64,
	.ndo_get_iflink		= manx_pair_iflink,
	.ndo_set_mac_address	= eth_mac_addr,
	.ndo_features_check	= passthru_features_check,
};

const struct net_device_ops manx_peer_ops = {
	.ndo_open		= manx_pair_open,
	.ndo_stop		= manx_pair_stop,
	.ndo_start_xmit		= manx_peer_xmit,
	.ndo_get_stats64	= dev_get_tstats64,
	.ndo_get_iflink		= manx_pair_iflink,
	.ndo_set_mac_address	= eth_mac_addr,
	.ndo_features_check	= passthru_features_check,
};
