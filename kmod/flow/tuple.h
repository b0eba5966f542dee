/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which flow a packet is of: keys of the flow table.
 */
#ifndef _MANX_FLOW_TUPLE_H
#define _MANX_FLOW_TUPLE_H

#include <linux/skbuff.h>
#include <net/netfilter/nf_conntrack.h>

#include "../packet.h"
#include "passage.h"
#include "tcp.h"

/* Do packets of a protocol begin with two ports? */
static inline bool manx_has_ports(u8 protocol)
{
	switch (protocol) {
	case IPPROTO_TCP:
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
	case IPPROTO_SCTP:
	case IPPROTO_DCCP:
		return true;
	default:
		return false;
	}
}

/**
 * struct manx_flow_key - one direction of a flow
 * @src: source address; what a family does not use is 0
 * @dst: destination address
 * @domain: L3 domain that packets of this direction come from
 * @from: endpoint id, or MANX_ENDPOINT_*, that they come from
 * @sport: source port, host byte order; ICMP: identifier; GRE: conntrack's key
 * @dport: destination port, host byte order; ICMP: (type << 8) | code; GRE:
 *	conntrack's key
 * @family: NFPROTO_IPV4 or NFPROTO_IPV6
 * @protocol: IP protocol number
 * @zero: nothing; keys are compared as octets
 *
 * Addresses and ports are those between destination and source NAT.
 */
struct manx_flow_key {
	union nf_inet_addr src;
	union nf_inet_addr dst;
	u32 domain;
	u32 from;
	u16 sport;
	u16 dport;
	u8 family;
	u8 protocol;
	u16 zero;
} __aligned(8);

/**
 * struct manx_flow_id - which flow a packet is of
 * @key: in the direction of the packet
 * @ct: what conntrack knows of the flow, or NULL
 * @dir: direction of the packet in its flow, by @ct; a packet that conntrack does
 *	not know is taken for one of the original direction, and so is a SYN
 */
struct manx_flow_id {
	struct manx_flow_key key;
	struct nf_conn *ct;
	u8 dir;
};

/**
 * manx_flow_of_packet() - which flow a packet is of
 * @skb: packet; its nf_conn, if it has one, tells the tuple between the two NATs
 * @p: its headers
 * @way: where it comes from and goes to
 * @id: filled
 *
 * Context: RCU read lock held.
 * Return: false if the packet can belong to no entry: a fragment without ports,
 * or an ICMP message that is neither request nor reply.
 */
bool manx_flow_of_packet(const struct sk_buff *skb, const struct manx_packet *p,
			 const struct manx_passage *way, struct manx_flow_id *id);

/**
 * manx_flow_of_headers() - which flow a packet is of, untranslated
 * @p: its headers
 * @domain: L3 domain that it comes from
 * @from: endpoint id, or MANX_ENDPOINT_*, that it comes from
 * @key: filled
 *
 * Return: as manx_flow_of_packet().
 */
bool manx_flow_of_headers(const struct manx_packet *p, u32 domain, u32 from,
			  struct manx_flow_key *key);

/* manx_flow_of_headers(), for most packets without a call. */
static __always_inline bool manx_flow_of_ports(const struct manx_packet *p, u32 domain, u32 from,
					       struct manx_flow_key *key)
{
	if (unlikely(p->fragment || !manx_has_ports(p->protocol)))
		return manx_flow_of_headers(p, domain, from, key);
	*key = (struct manx_flow_key){
		.src		= p->src,
		.dst		= p->dst,
		.domain		= domain,
		.from		= from,
		.sport		= p->sport,
		.dport		= p->dport,
		.family		= p->family,
		.protocol	= p->protocol,
	};
	return true;
}

/**
 * manx_flow_of_quoted() - which flow the packet is of that an ICMP error quotes
 * @skb: the error
 * @nhoff: offset of its IP header from skb->data
 * @p: headers of the error
 * @way: where the error comes from and goes to
 * @key: filled, in the direction of the quoted packet, which is the other one
 *
 * Return: false if the quoted headers are not whole, or name no flow.
 */
bool manx_flow_of_quoted(const struct sk_buff *skb, unsigned int nhoff,
			 const struct manx_packet *p, const struct manx_passage *way,
			 struct manx_flow_key *key);

/**
 * manx_flow_key_invert() - the other direction
 * @key: one direction
 * @domain: L3 domain that packets of the other direction come from
 * @from: endpoint id, or MANX_ENDPOINT_*, that they come from
 * @other: filled
 */
void manx_flow_key_invert(const struct manx_flow_key *key, u32 domain, u32 from,
			  struct manx_flow_key *other);

/**
 * manx_flow_packet() - what the policy is asked about a flow
 * @key: its original direction
 * @p: filled: addresses, ports, family, protocol
 */
void manx_flow_packet(const struct manx_flow_key *key, struct manx_packet *p);

/* Does conntrack say so? Else manx_flow_relates() does not either. */
static inline bool manx_flow_may_relate(const struct sk_buff *skb)
{
	enum ip_conntrack_info info;

	return nf_ct_get(skb, &info) && (info == IP_CT_RELATED || info == IP_CT_RELATED_REPLY);
}

/**
 * manx_flow_relates() - is a packet about an existing flow, and not of one
 * @skb: packet
 * @p: its headers
 * @way: where it comes from and goes to
 * @id: filled with the flow, in the direction that the packet goes
 *
 * An ICMP error that quotes it, or a reset that a firewall sent in its name, by
 * the word of conntrack. It looks at the quoted packet only; so an endpoint is
 * believed just about flows of which it is an end.
 */
bool manx_flow_relates(const struct sk_buff *skb, const struct manx_packet *p,
		       const struct manx_passage *way, struct manx_flow_id *id);

#endif /* _MANX_FLOW_TUPLE_H */
