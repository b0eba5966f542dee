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
#include <net/ndisc.h>

/* @off: of the transport header; @end: of the packet, whatever @skb holds besides */
static bool manx_packet_parse_l4(const struct sk_buff *skb, unsigned int off, unsigned int end,
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
		if (off + sizeof(ports) > end || skb_copy_bits(skb, off, ports, sizeof(ports)))
			return false;
		p->sport = ntohs(ports[0]);
		p->dport = ntohs(ports[1]);
		break;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		if (off + sizeof(icmp) > end || skb_copy_bits(skb, off, icmp, sizeof(icmp)))
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
	/* tot_len 0 with GSO: longer than 64 KiB (BIG TCP) */
	len = ntohs(iph->tot_len);
	if (!len && skb_is_gso(skb))
		len = skb->len - nhoff;
	if (len > skb->len - nhoff || len < iph->ihl * 4)
		return false;
	p->src.ip = iph->saddr;
	p->dst.ip = iph->daddr;
	p->protocol = iph->protocol;
	p->fragment = iph->frag_off & htons(IP_OFFSET);
	return p->fragment || manx_packet_parse_l4(skb, nhoff + iph->ihl * 4, nhoff + len, p);
}

static bool manx_packet_parse6(const struct sk_buff *skb, unsigned int nhoff,
			       struct manx_packet *p)
{
	const struct ipv6hdr *iph;
	struct ipv6hdr buf;
	unsigned int len, end;
	__be16 frag_off;
	u8 nexthdr;
	int off;

	iph = skb_header_pointer(skb, nhoff, sizeof(buf), &buf);
	if (!iph || iph->version != 6)
		return false;
	/* payload_len 0: a jumbogram (RFC 2675), or GSO longer than 64 KiB */
	len = ntohs(iph->payload_len);
	if (!len && (skb_is_gso(skb) || iph->nexthdr == NEXTHDR_HOP))
		len = skb->len - nhoff - sizeof(buf);
	if (len > skb->len - nhoff - sizeof(buf))
		return false;
	p->src.in6 = iph->saddr;
	p->dst.in6 = iph->daddr;
	nexthdr = iph->nexthdr;
	off = ipv6_skip_exthdr(skb, nhoff + sizeof(buf), &nexthdr, &frag_off);
	if (off < 0)
		return false;
	end = nhoff + sizeof(buf) + len;
	p->fragment = frag_off & htons(IP6_OFFSET);
	/* ipv6_skip_exthdr() stops at the header of a later fragment, whose first octet it is */
	if (p->fragment)
		return off + sizeof(struct frag_hdr) <= end &&
		       !skb_copy_bits(skb, off, &p->protocol, sizeof(p->protocol));
	p->protocol = nexthdr;
	return manx_packet_parse_l4(skb, off, end, p);
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
	if (p->family != NFPROTO_IPV6 || p->protocol != IPPROTO_ICMPV6 || p->fragment)
		return false;
	switch (p->sport) {
	case ICMPV6_MGM_QUERY:
	case ICMPV6_MGM_REPORT:
	case ICMPV6_MGM_REDUCTION:
	case ICMPV6_MLD2_REPORT:
	case NDISC_ROUTER_SOLICITATION:
	case NDISC_NEIGHBOUR_SOLICITATION:
	case NDISC_NEIGHBOUR_ADVERTISEMENT:
		return true;
	default:
		return false;
	}
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
