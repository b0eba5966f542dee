// SPDX-License-Identifier: GPL-2.0-only
/*
 * ARP and ND, answered by the module. Requests are read through copies, so
 * nothing is assumed about the skb; answers are new skbs.
 */
#include "neigh.h"

#include <linux/etherdevice.h>
#include <linux/if_arp.h>
#include <linux/if_ether.h>
#include <net/arp.h>
#include <net/ip6_checksum.h>
#include <net/ndisc.h>

/* ARP for IPv4 over Ethernet (RFC 826) */
struct manx_arp {
	struct arphdr hdr;
	u8 sha[ETH_ALEN];
	__be32 sip;
	u8 tha[ETH_ALEN];
	__be32 tip;
} __packed;

/* the part of a neighbour advertisement behind the IPv6 header */
struct manx_na {
	struct icmp6hdr hdr;
	struct in6_addr target;
	u8 opt_type;
	u8 opt_len;
	u8 opt_mac[ETH_ALEN];
} __packed;

/*
 * May @n be told where @target is? A link-local address for which the node asks
 * on this link is the pod's: it makes one itself, the endpoint does not list it.
 */
static bool manx_neigh_wanted(const struct manx_neigh *n, u8 family,
			      const union nf_inet_addr *target)
{
	if (!n->from_pod && family == NFPROTO_IPV6 &&
	    ipv6_addr_type(&target->in6) & IPV6_ADDR_LINKLOCAL)
		return true;
	return manx_endpoint_has(n->ep, family, target) != n->from_pod;
}

static bool manx_neigh_receive(struct net_device *dev, struct sk_buff *skb)
{
	unsigned int len = skb->len + ETH_HLEN;

	skb->dev = dev;
	skb->pkt_type = PACKET_HOST;
	skb->ip_summed = CHECKSUM_UNNECESSARY;
	if (__netif_rx(skb) != NET_RX_SUCCESS)
		return false;
	dev_sw_netstats_rx_add(dev, len);
	return true;
}

static bool manx_arp_valid(const struct manx_arp *arp, const struct ethhdr *eth)
{
	return arp->hdr.ar_hrd == htons(ARPHRD_ETHER) &&
	       arp->hdr.ar_pro == htons(ETH_P_IP) &&
	       arp->hdr.ar_hln == ETH_ALEN && arp->hdr.ar_pln == 4 &&
	       arp->hdr.ar_op == htons(ARPOP_REQUEST) &&
	       ether_addr_equal(arp->sha, eth->h_source) &&
	       is_valid_ether_addr(arp->sha) &&
	       arp->sip != arp->tip &&
	       !ipv4_is_multicast(arp->sip) && !ipv4_is_loopback(arp->sip) &&
	       arp->tip && !ipv4_is_multicast(arp->tip) &&
	       !ipv4_is_loopback(arp->tip) && !ipv4_is_lbcast(arp->tip);
}

bool manx_neigh_arp(const struct manx_neigh *n, const struct sk_buff *skb)
{
	union nf_inet_addr sip = {}, tip = {};
	struct manx_arp arp;
	struct ethhdr eth;
	struct sk_buff *reply;

	if (skb_copy_bits(skb, 0, &eth, sizeof(eth)) ||
	    skb_copy_bits(skb, ETH_HLEN, &arp, sizeof(arp)) || !manx_arp_valid(&arp, &eth))
		return false;
	sip.ip = arp.sip;
	tip.ip = arp.tip;
	/* A node without IPv4 address asks from 0.0.0.0; a pod probes from there. */
	if (n->from_pod && (!sip.ip || !manx_endpoint_may_send(n->ep, NFPROTO_IPV4, &sip)))
		return false;
	if (!manx_neigh_wanted(n, NFPROTO_IPV4, &tip))
		return false;
	reply = arp_create(ARPOP_REPLY, ETH_P_ARP, arp.sip, n->dev, arp.tip, arp.sha, n->mac,
			   arp.sha);
	if (!reply)
		return false;
	skb_reset_mac_header(reply);
	__skb_pull(reply, skb_network_offset(reply));
	return manx_neigh_receive(n->dev, reply);
}

/*
 * The source link-layer address option of a solicitation, else the address in
 * the Ethernet header. False if the options contradict themselves.
 */
static bool manx_ns_source_mac(const struct sk_buff *skb, unsigned int off, unsigned int end,
			       u8 *mac)
{
	u8 opt[2 + ETH_ALEN];

	for (; off < end; off += opt[1] * 8) {
		if (end - off < sizeof(opt) || skb_copy_bits(skb, off, opt, sizeof(opt)))
			return false;
		if (!opt[1] || opt[1] * 8 > end - off)
			return false;
		if (opt[0] == ND_OPT_SOURCE_LL_ADDR)
			ether_addr_copy(mac, opt + 2);
	}
	return is_valid_ether_addr(mac);
}

static bool manx_ns_checksum_ok(const struct sk_buff *skb, const struct ipv6hdr *iph)
{
	unsigned int off = ETH_HLEN + sizeof(*iph), len = ntohs(iph->payload_len);

	if (skb->ip_summed == CHECKSUM_PARTIAL || skb_csum_unnecessary(skb))
		return true;
	return !csum_ipv6_magic(&iph->saddr, &iph->daddr, len, IPPROTO_ICMPV6,
				skb_checksum(skb, off, len, 0));
}

/* Reads a solicitation that may be answered; @mac: who asks. */
static bool manx_ns_read(const struct sk_buff *skb, struct ipv6hdr *iph, struct in6_addr *target,
			 u8 *mac)
{
	unsigned int off = ETH_HLEN + sizeof(*iph);
	struct ethhdr eth;
	struct nd_msg ns;

	if (skb_copy_bits(skb, 0, &eth, sizeof(eth)) ||
	    skb_copy_bits(skb, ETH_HLEN, iph, sizeof(*iph)) ||
	    skb_copy_bits(skb, off, &ns, sizeof(ns)))
		return false;
	if (iph->nexthdr != IPPROTO_ICMPV6 || iph->hop_limit != 255 ||
	    ntohs(iph->payload_len) < sizeof(ns) || ntohs(iph->payload_len) > skb->len - off)
		return false;
	if (ns.icmph.icmp6_type != NDISC_NEIGHBOUR_SOLICITATION || ns.icmph.icmp6_code)
		return false;
	if (ipv6_addr_any(&iph->saddr) || ipv6_addr_is_multicast(&iph->saddr) ||
	    ipv6_addr_any(&ns.target) || ipv6_addr_is_multicast(&ns.target) ||
	    ipv6_addr_loopback(&ns.target) || ipv6_addr_equal(&ns.target, &iph->saddr))
		return false;
	*target = ns.target;
	ether_addr_copy(mac, eth.h_source);
	return manx_ns_source_mac(skb, off + sizeof(ns), off + ntohs(iph->payload_len), mac) &&
	       manx_ns_checksum_ok(skb, iph);
}

static struct sk_buff *manx_na_create(const struct manx_neigh *n, const struct ipv6hdr *ns,
				      const struct in6_addr *target, const u8 *to)
{
	struct ipv6hdr *iph;
	struct sk_buff *skb;
	struct manx_na *na;
	struct ethhdr *eth;

	skb = alloc_skb(LL_RESERVED_SPACE(n->dev) + sizeof(*iph) + sizeof(*na), GFP_ATOMIC);
	if (!skb)
		return NULL;
	skb_reserve(skb, LL_RESERVED_SPACE(n->dev));
	eth = skb_push(skb, ETH_HLEN);
	skb_reset_mac_header(skb);
	ether_addr_copy(eth->h_dest, to);
	ether_addr_copy(eth->h_source, n->mac);
	eth->h_proto = htons(ETH_P_IPV6);
	skb->protocol = htons(ETH_P_IPV6);
	__skb_pull(skb, ETH_HLEN);

	skb_reset_network_header(skb);
	iph = skb_put_zero(skb, sizeof(*iph));
	iph->version = 6;
	iph->payload_len = htons(sizeof(*na));
	iph->nexthdr = IPPROTO_ICMPV6;
	iph->hop_limit = 255;
	iph->saddr = *target;
	iph->daddr = ns->saddr;

	skb_set_transport_header(skb, sizeof(*iph));
	na = skb_put_zero(skb, sizeof(*na));
	na->hdr.icmp6_type = NDISC_NEIGHBOUR_ADVERTISEMENT;
	na->hdr.icmp6_router = n->from_pod;
	na->hdr.icmp6_solicited = 1;
	na->hdr.icmp6_override = 1;
	na->target = *target;
	na->opt_type = ND_OPT_TARGET_LL_ADDR;
	na->opt_len = 1;
	ether_addr_copy(na->opt_mac, n->mac);
	na->hdr.icmp6_cksum = csum_ipv6_magic(&iph->saddr, &iph->daddr, sizeof(*na), IPPROTO_ICMPV6,
					      csum_partial(na, sizeof(*na), 0));
	return skb;
}

bool manx_neigh_nd(const struct manx_neigh *n, const struct sk_buff *skb)
{
	union nf_inet_addr target = {};
	struct sk_buff *reply;
	struct ipv6hdr iph;
	u8 mac[ETH_ALEN];

	if (!manx_ns_read(skb, &iph, &target.in6, mac))
		return false;
	if (!manx_neigh_wanted(n, NFPROTO_IPV6, &target))
		return false;
	reply = manx_na_create(n, &iph, &target.in6, mac);
	if (!reply)
		return false;
	return manx_neigh_receive(n->dev, reply);
}
