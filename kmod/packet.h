/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a verdict depends on, read from a packet.
 */
#ifndef _MANX_PACKET_H
#define _MANX_PACKET_H

#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/netfilter.h>
#include <linux/skbuff.h>
#include <linux/types.h>

/* Who a packet comes from or goes to, besides endpoint ids (2 and above). */
#define MANX_ENDPOINT_OUTSIDE	0
#define MANX_ENDPOINT_NODE	1
/* a link without an endpoint id; no endpoint object can have this one */
#define MANX_ENDPOINT_NONE	U32_MAX

/**
 * struct manx_packet - addresses and ports of an IP packet
 * @src: source address
 * @dst: destination address
 * @len: octets of the IP packet
 * @sport: source port, host byte order; ICMP: type
 * @dport: destination port, host byte order; ICMP: code
 * @icmp_id: ICMP and ICMPv6: the identifier, of messages that have one; host
 *	byte order
 * @transport: offset of the transport header from that of the IP packet
 * @family: NFPROTO_IPV4 or NFPROTO_IPV6
 * @protocol: IP protocol number; for IPv6 that behind the extension headers
 * @tcp_flags: TCP: octet 13 of its header; 0 if the packet ends before
 * @fragment: not the first fragment, so ports are unknown (and 0)
 * @part: a fragment, be it the first one
 */
struct manx_packet {
	union nf_inet_addr src;
	union nf_inet_addr dst;
	u32 len;
	u16 sport;
	u16 dport;
	u16 icmp_id;
	u16 transport;
	u8 family;
	u8 protocol;
	u8 tcp_flags;
	bool fragment;
	bool part;
};

/**
 * manx_packet_parse() - read the headers of an IP packet
 * @skb: packet; not changed
 * @nhoff: offset of the IP header from skb->data
 * @family: NFPROTO_* that the layer below announced
 * @p: filled
 *
 * Checks version, header length and total length against the packet before
 * anything else is read. Ports are read for TCP, UDP, UDP-Lite, SCTP and DCCP,
 * type and code for ICMP and ICMPv6.
 *
 * Context: any.
 * Return: false if the packet is truncated or contradicts itself.
 */
bool manx_packet_parse(const struct sk_buff *skb, unsigned int nhoff, u8 family,
		       struct manx_packet *p);

/**
 * manx_packet_parse_quoted() - read the headers that an ICMP error quotes
 * @skb: packet; not changed
 * @nhoff: offset of the quoted IP header from skb->data
 * @family: NFPROTO_* of the error
 * @p: filled
 *
 * As manx_packet_parse(), but what is quoted may end after the ports: it is not
 * held against the length that its header tells.
 *
 * Context: any.
 * Return: false if less is quoted.
 */
bool manx_packet_parse_quoted(const struct sk_buff *skb, unsigned int nhoff, u8 family,
			      struct manx_packet *p);

/**
 * manx_packet_is_nd() - what a host says to find neighbours, routers, groups
 * @p: packet
 *
 * Return: true for neighbour and router solicitations, neighbour
 * advertisements (RFC 4861) and MLD (RFC 2710, 3810); not for what only routers
 * say.
 */
bool manx_packet_is_nd(const struct manx_packet *p);

/**
 * manx_packet_is_icmp_error() - an ICMP or ICMPv6 error message
 * @p: packet
 *
 * Return: true for the messages that quote the packet that caused them.
 */
static inline bool manx_packet_is_icmp_error(const struct manx_packet *p)
{
	if (p->fragment)
		return false;
	if (p->protocol == IPPROTO_ICMP)
		return p->family == NFPROTO_IPV4 && icmp_is_err(p->sport);
	return p->protocol == IPPROTO_ICMPV6 && p->family == NFPROTO_IPV6 &&
	       icmpv6_is_err(p->sport);
}

#endif /* _MANX_PACKET_H */
