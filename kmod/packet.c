// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a verdict depends on, read from a packet. Pure: changes nothing, and copies
 * what is not linear, so it works on any skb.
 */
#include "packet.h"

#include <linux/ip.h>
#include <linux/ipv6.h>
#include <net/ip.h>
#include <net/ipv6.h>
#include <net/ndisc.h>

/* Flags of a TCP header stand in octet 13, the identifier of an ICMP message in 4 and 5. */
#define MANX_TCP_FLAGS	13
#define MANX_ICMP_ID	4
#define MANX_PORTS	4	/* octets of both ports */
/* what is read of a transport header, and of an IPv4 packet at most */
#define MANX_L4		(MANX_TCP_FLAGS + 1)
#define MANX_HEAD4	(60 + 16)

static u16 manx_be16(const u8 *octets)
{
	return octets[0] << 8 | octets[1];
}

static bool manx_packet_parse_icmp(const u8 *head, unsigned int len, struct manx_packet *p)
{
	if (len < 2)
		return false;
	p->sport = head[0];
	p->dport = head[1];
	if (len >= MANX_ICMP_ID + 2)
		p->icmp_id = manx_be16(head + MANX_ICMP_ID);
	return true;
}

/* @head: transport header; @len: octets of it that are there, the packet's last or enough */
static __always_inline bool manx_packet_parse_l4(const u8 *head, unsigned int len, struct manx_packet *p)
{
	switch (p->protocol) {
	case IPPROTO_TCP:
		if (len > MANX_TCP_FLAGS)
			p->tcp_flags = head[MANX_TCP_FLAGS];
		break;
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
	case IPPROTO_SCTP:
	case IPPROTO_DCCP:
		break;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		return manx_packet_parse_icmp(head, len, p);
	default:
		return true;
	}
	if (len < MANX_PORTS)
		return false;
	p->sport = manx_be16(head);
	p->dport = manx_be16(head + 2);
	return true;
}

/*
 * @head: the packet, in one piece up to its transport header's MANX_L4 octets or its end
 * @rest: octets of @skb from @head on
 */
static __always_inline bool manx_packet_parse4(const struct sk_buff *skb, const u8 *head, unsigned int rest,
			       bool quoted, struct manx_packet *p)
{
	const struct iphdr *iph = (const struct iphdr *)head;
	unsigned int len;

	if (rest < sizeof(*iph) || iph->version != 4 || iph->ihl < 5)
		return false;
	/* tot_len 0 with GSO: longer than 64 KiB (BIG TCP) */
	len = ntohs(iph->tot_len);
	if (quoted || (!len && skb_is_gso(skb)))
		len = rest;
	if (len > rest || len < iph->ihl * 4)
		return false;
	p->src.ip = iph->saddr;
	p->dst.ip = iph->daddr;
	p->len = len;
	p->transport = iph->ihl * 4;
	p->protocol = iph->protocol;
	p->part = ip_is_fragment(iph);
	p->fragment = iph->frag_off & htons(IP_OFFSET);
	return p->fragment || manx_packet_parse_l4(head + p->transport, len - p->transport, p);
}

/* Of a packet whose headers are not in one piece. */
static noinline bool manx_packet_parse4_pieces(const struct sk_buff *skb, unsigned int nhoff,
					       unsigned int rest, bool quoted,
					       struct manx_packet *p)
{
	u32 head[MANX_HEAD4 / sizeof(u32)];

	return !skb_copy_bits(skb, nhoff, head, min_t(unsigned int, rest, sizeof(head))) &&
	       manx_packet_parse4(skb, (const u8 *)head, rest, quoted, p);
}

static bool manx_packet_parse6(const struct sk_buff *skb, unsigned int nhoff, bool quoted,
			       struct manx_packet *p)
{
	const struct ipv6hdr *iph;
	unsigned int len, end;
	struct ipv6hdr buf;
	u8 l4[MANX_L4];
	const u8 *head;
	__be16 frag_off;
	u8 nexthdr;
	int off;

	iph = skb_header_pointer(skb, nhoff, sizeof(buf), &buf);
	if (!iph || iph->version != 6)
		return false;
	/* payload_len 0: a jumbogram (RFC 2675), or GSO longer than 64 KiB */
	len = ntohs(iph->payload_len);
	if (quoted || (!len && (skb_is_gso(skb) || iph->nexthdr == NEXTHDR_HOP)))
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
	p->len = sizeof(buf) + len;
	p->transport = off - nhoff;
	p->part = frag_off;
	p->fragment = frag_off & htons(IP6_OFFSET);
	/* ipv6_skip_exthdr() stops at the header of a later fragment, whose first octet it is */
	if (p->fragment)
		return off + sizeof(struct frag_hdr) <= end &&
		       !skb_copy_bits(skb, off, &p->protocol, sizeof(p->protocol));
	p->protocol = nexthdr;
	/* an extension header tells of more octets than there are */
	if (off > end)
		return false;
	len = min_t(unsigned int, end - off, sizeof(l4));
	head = skb_header_pointer(skb, off, len, l4);
	return head && manx_packet_parse_l4(head, len, p);
}

static __always_inline bool manx_packet_read(const struct sk_buff *skb, unsigned int nhoff, u8 family,
			     bool quoted, struct manx_packet *p)
{
	unsigned int rest;

	memset(p, 0, sizeof(*p));
	p->family = family;
	if (skb->len < nhoff)
		return false;
	rest = skb->len - nhoff;
	if (likely(family == NFPROTO_IPV4)) {
		if (likely(nhoff + min_t(unsigned int, rest, MANX_HEAD4) <= skb_headlen(skb)))
			return manx_packet_parse4(skb, skb->data + nhoff, rest, quoted, p);
		return manx_packet_parse4_pieces(skb, nhoff, rest, quoted, p);
	}
	return family == NFPROTO_IPV6 && manx_packet_parse6(skb, nhoff, quoted, p);
}

bool manx_packet_parse(const struct sk_buff *skb, unsigned int nhoff, u8 family,
		       struct manx_packet *p)
{
	return manx_packet_read(skb, nhoff, family, false, p);
}

bool manx_packet_parse_quoted(const struct sk_buff *skb, unsigned int nhoff, u8 family,
			      struct manx_packet *p)
{
	return manx_packet_read(skb, nhoff, family, true, p);
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
