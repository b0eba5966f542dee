// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which flow a packet is of.
 *
 * The tuple between destination and source NAT is the same at every hook and in
 * both directions: the source of conntrack's original direction, and the source
 * of the replies as destination. A packet that conntrack does not track shows it
 * in its headers at FORWARD and LOCAL_OUT, where manx has its hooks.
 *
 * In its default zone conntrack does not know VRFs. There its word on which side
 * began may be about the same addresses of another VRF, and counts for nothing.
 */
#include "tuple.h"

#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <net/netfilter/nf_conntrack_zones.h>

/* The message that answers, or is answered by, one of this type; 0 for none. */
static u8 manx_icmp_opposite(u8 family, u8 type)
{
	/* plus one: 0 is the type of an echo reply */
	static const u8 v4[] = {
		[ICMP_ECHO]		= ICMP_ECHOREPLY + 1,
		[ICMP_ECHOREPLY]	= ICMP_ECHO + 1,
		[ICMP_TIMESTAMP]	= ICMP_TIMESTAMPREPLY + 1,
		[ICMP_TIMESTAMPREPLY]	= ICMP_TIMESTAMP + 1,
		[ICMP_INFO_REQUEST]	= ICMP_INFO_REPLY + 1,
		[ICMP_INFO_REPLY]	= ICMP_INFO_REQUEST + 1,
		[ICMP_ADDRESS]		= ICMP_ADDRESSREPLY + 1,
		[ICMP_ADDRESSREPLY]	= ICMP_ADDRESS + 1,
	};

	if (family == NFPROTO_IPV4)
		return type < ARRAY_SIZE(v4) ? v4[type] : 0;
	switch (type) {
	case ICMPV6_ECHO_REQUEST:
		return ICMPV6_ECHO_REPLY + 1;
	case ICMPV6_ECHO_REPLY:
		return ICMPV6_ECHO_REQUEST + 1;
	default:
		return 0;
	}
}

static bool manx_is_icmp(u8 family, u8 protocol)
{
	return protocol == (family == NFPROTO_IPV4 ? IPPROTO_ICMP : IPPROTO_ICMPV6);
}

/* One for each caller: for most packets this is where the key is made. */
static __always_inline bool manx_key_of_headers(const struct manx_packet *p, u32 domain, u32 from,
						struct manx_flow_key *key)
{
	if (p->fragment)
		return false;
	*key = (struct manx_flow_key){
		.src		= p->src,
		.dst		= p->dst,
		.domain		= domain,
		.from		= from,
		.family		= p->family,
		.protocol	= p->protocol,
	};
	if (manx_is_icmp(p->family, p->protocol)) {
		key->sport = p->icmp_id;
		key->dport = p->sport << 8 | p->dport;
		return manx_icmp_opposite(p->family, p->sport);
	}
	if (manx_has_ports(p->protocol)) {
		key->sport = p->sport;
		key->dport = p->dport;
	}
	return true;
}

bool manx_flow_of_headers(const struct manx_packet *p, u32 domain, u32 from,
			  struct manx_flow_key *key)
{
	return manx_key_of_headers(p, domain, from, key);
}

/* What conntrack knows about the packet's flow, if it is about this very packet. */
static struct nf_conn *manx_conntrack_of(const struct sk_buff *skb, const struct manx_packet *p,
					 enum ip_conntrack_info *info)
{
	struct nf_conn *ct = nf_ct_get(skb, info);

	if (!ct || nf_ct_is_template(ct) || nf_ct_l3num(ct) != p->family ||
	    nf_ct_protonum(ct) != p->protocol)
		return NULL;
	return ct;
}

/* Puts addresses and ports of one direction, as between the NATs, into a key. */
static void manx_key_translate(const struct nf_conn *ct, unsigned int dir,
			       struct manx_flow_key *key)
{
	const struct nf_conntrack_tuple *original = &ct->tuplehash[IP_CT_DIR_ORIGINAL].tuple;
	const struct nf_conntrack_tuple *reply = &ct->tuplehash[IP_CT_DIR_REPLY].tuple;
	const struct nf_conntrack_tuple *src = dir == IP_CT_DIR_ORIGINAL ? original : reply;
	const struct nf_conntrack_tuple *dst = dir == IP_CT_DIR_ORIGINAL ? reply : original;

	key->src = src->src.u3;
	key->dst = dst->src.u3;
	if (manx_is_icmp(key->family, key->protocol)) {
		/* source NAT may change the identifier, destination NAT does not */
		key->sport = ntohs(original->src.u.icmp.id);
		key->dport = src->dst.u.icmp.type << 8 | src->dst.u.icmp.code;
	} else if (manx_has_ports(key->protocol) || key->protocol == IPPROTO_GRE) {
		/* an entry of ours for each of conntrack's: they are what a share bounds */
		key->sport = ntohs(src->src.u.all);
		key->dport = ntohs(dst->src.u.all);
	}
}

/* Does it know who began the packet's flow? */
static bool manx_conntrack_knows(const struct nf_conn *ct, const struct manx_passage *way)
{
	return !(way->domain[0] | way->domain[1]) || nf_ct_zone(ct)->id != NF_CT_DEFAULT_ZONE_ID;
}

bool manx_flow_of_packet(const struct sk_buff *skb, const struct manx_packet *p,
			 const struct manx_passage *way, struct manx_flow_id *id)
{
	enum ip_conntrack_info info;

	id->ct = manx_conntrack_of(skb, p, &info);
	id->dir = id->ct ? CTINFO2DIR(info) : MANX_FLOW_ORIGINAL;
	if (!manx_key_of_headers(p, way->domain[0], way->from, &id->key))
		return false;
	if (id->ct) {
		manx_key_translate(id->ct, id->dir, &id->key);
		if (unlikely(!manx_conntrack_knows(id->ct, way)))
			id->dir = MANX_FLOW_ORIGINAL;
	}
	/* conntrack remembers the connection before for a while: this is another one */
	if (p->protocol == IPPROTO_TCP && manx_tcp_opens(p->tcp_flags))
		id->dir = MANX_FLOW_ORIGINAL;
	return true;
}

/*
 * The error goes back to where the quoted packet came from. Its quoted header has
 * been translated like itself, so at LOCAL_IN, behind source NAT, it no longer
 * shows the tuple between the NATs: conntrack does, if it relates the error.
 */
bool manx_flow_of_quoted(const struct sk_buff *skb, unsigned int nhoff,
			 const struct manx_packet *p, const struct manx_passage *way,
			 struct manx_flow_key *key)
{
	/* type, code, checksum and four octets more, both families */
	unsigned int inner = nhoff + p->transport + sizeof(struct icmphdr);
	enum ip_conntrack_info info;
	struct nf_conn *ct = nf_ct_get(skb, &info);
	struct manx_packet quoted;

	if (!manx_packet_parse_quoted(skb, inner, p->family, &quoted) ||
	    !manx_flow_of_headers(&quoted, way->domain[1], way->to, key))
		return false;
	if (ct && (info == IP_CT_RELATED || info == IP_CT_RELATED_REPLY) &&
	    nf_ct_l3num(ct) == p->family && nf_ct_protonum(ct) == quoted.protocol)
		manx_key_translate(ct, !CTINFO2DIR(info), key);
	return true;
}

void manx_flow_key_invert(const struct manx_flow_key *key, u32 domain, u32 from,
			  struct manx_flow_key *other)
{
	*other = (struct manx_flow_key){
		.src		= key->dst,
		.dst		= key->src,
		.domain		= domain,
		.from		= from,
		.sport		= key->dport,
		.dport		= key->sport,
		.family		= key->family,
		.protocol	= key->protocol,
	};
	if (manx_is_icmp(key->family, key->protocol)) {
		other->sport = key->sport;
		other->dport = (manx_icmp_opposite(key->family, key->dport >> 8) - 1) << 8 |
			       (key->dport & 0xff);
	}
}

void manx_flow_packet(const struct manx_flow_key *key, struct manx_packet *p)
{
	*p = (struct manx_packet){
		.src		= key->src,
		.dst		= key->dst,
		.family		= key->family,
		.protocol	= key->protocol,
	};
	if (manx_has_ports(key->protocol)) {
		p->sport = key->sport;
		p->dport = key->dport;
	} else if (manx_is_icmp(key->family, key->protocol)) {
		p->sport = key->dport >> 8;
		p->dport = key->dport & 0xff;
		p->icmp_id = key->sport;
	}
}

bool manx_flow_relates(const struct sk_buff *skb, const struct manx_packet *p,
		       const struct manx_passage *way, struct manx_flow_id *id)
{
	enum ip_conntrack_info info;
	struct nf_conn *ct = nf_ct_get(skb, &info);
	enum ip_conntrack_dir dir;

	/* expected connections of helpers are flows of their own */
	if (!ct || (info != IP_CT_RELATED && info != IP_CT_RELATED_REPLY) ||
	    nf_ct_l3num(ct) != p->family || test_bit(IPS_EXPECTED_BIT, &ct->status) ||
	    !manx_conntrack_knows(ct, way))
		return false;
	dir = CTINFO2DIR(info);
	*id = (struct manx_flow_id){
		.key = {
			.domain		= way->domain[0],
			.from		= way->from,
			.family		= p->family,
			.protocol	= nf_ct_protonum(ct),
		},
		.ct = ct,
		.dir = dir,
	};
	manx_key_translate(ct, dir, &id->key);
	if (manx_is_icmp(p->family, id->key.protocol) &&
	    !manx_icmp_opposite(p->family, id->key.dport >> 8))
		return false;
	return way->from <= MANX_ENDPOINT_NODE ||
	       nf_inet_addr_cmp(&p->src, &ct->tuplehash[dir].tuple.src.u3) ||
	       nf_inet_addr_cmp(&p->src, &ct->tuplehash[!dir].tuple.dst.u3);
}
