// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a verdict depends on, read from a packet. Pure: reads the skb through
 * copies, so it works on shared and non-linear ones and changes nothing.
 */
#include "packet.h"

#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <net/ip.h>
#include <net/ipv6.h>

static bool manx_packet_parse_l4(const struct sk_buff *skb, unsigned int off,
				 struct manx_packet *p)
{
	__be16 ports[2];
	u8 icmp[2];

	switch (p->protocol) {
	case IPPROTO_TCP:
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
	case IPPROTO_SCTP:
	case IPPROTO_DCCP:
		if (skb_copy_bits(skb, off, ports, sizeof(ports)))
			return false;
		p->sport = ntohs(ports[0]);
		p->dport = ntohs(ports[1]);
		break;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		if (skb_copy_bits(skb, off, icmp, sizeof(icmp)))
			return false;
		p->sport = icmp[0];
		p->dport = icmp[1];
		break;
	}
	return true;
}

static bool manx_packet_parse4(const struct sk_buff *skb, unsigned int nhoff,
			       struct manx_packet *p)
{
	const struct iphdr *iph;
	struct iphdr buf;
	unsigned int len;

	iph = skb_header_pointer(skb, nhoff, sizeof(buf), &buf);
	if (!iph || iph->version != 4 || iph->ihl < 5)
		return false;
	len = skb->len - nhoff;
	if (iph->ihl * 4 > len)
		return false;
	/* tot_len 0 with GSO: longer than 64 KiB (BIG TCP) */
	if (iph->tot_len || !skb_is_gso(skb))
		if (ntohs(iph->tot_len) > len || ntohs(iph->tot_len) < iph->ihl * 4)
			return false;
	p->src.ip = iph->saddr;
	p->dst.ip = iph->daddr;
	p->protocol = iph->protocol;
	p->fragment = iph->frag_off & htons(IP_OFFSET);
	return p->fragment || manx_packet_parse_l4(skb, nhoff + iph->ihl * 4, p);
}

static bool manx_packet_parse6(const struct sk_buff *skb, unsigned int nhoff,
			       struct manx_packet *p)
{
	const struct ipv6hdr *iph;
	struct ipv6hdr buf;
	__be16 frag_off;
	u8 nexthdr;
	int off;

	iph = skb_header_pointer(skb, nhoff, sizeof(buf), &buf);
	if (!iph || iph->version != 6)
		return false;
	/* payload_len 0: a jumbogram, or GSO longer than 64 KiB */
	if (iph->payload_len && ntohs(iph->payload_len) > skb->len - nhoff - sizeof(buf))
		return false;
	p->src.in6 = iph->saddr;
	p->dst.in6 = iph->daddr;
	nexthdr = iph->nexthdr;
	off = ipv6_skip_exthdr(skb, nhoff + sizeof(buf), &nexthdr, &frag_off);
	if (off < 0)
		return false;
	p->protocol = nexthdr;
	p->fragment = frag_off & htons(IP6_OFFSET);
	return p->fragment || manx_packet_parse_l4(skb, off, p);
}

bool manx_packet_parse(const struct sk_buff *skb, unsigned int nhoff, u8 family,
		       struct manx_packet *p)
{
	memset(p, 0, sizeof(*p));
	p->family = family;
	if (skb->len < nhoff)
		return false;
	if (family == NFPROTO_IPV4)
		return manx_packet_parse4(skb, nhoff, p);
	return family == NFPROTO_IPV6 && manx_packet_parse6(skb, nhoff, p);
}

bool manx_packet_is_nd(const struct manx_packet *p)
{
	return p->family == NFPROTO_IPV6 && p->protocol == IPPROTO_ICMPV6 && !p->fragment &&
	       ((p->sport >= ICMPV6_MGM_QUERY && p->sport <= 137) ||
		p->sport == ICMPV6_MLD2_REPORT);
}

bool manx_packet_is_icmp_error(const struct manx_packet *p)
{
	if (p->fragment)
		return false;
	if (p->family == NFPROTO_IPV4 && p->protocol == IPPROTO_ICMP)
		return icmp_is_err(p->sport);
	return p->family == NFPROTO_IPV6 && p->protocol == IPPROTO_ICMPV6 &&
	       icmpv6_is_err(p->sport);
}
