// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which flow a packet belongs to, by the host's connection tracking.
 */
#include "flow.h"

#include <net/netfilter/nf_conntrack.h>

/*
 * The tuple between the two translations is the same at every hook and in both
 * directions: the source of the original direction, and the destination as the
 * source of the replies (for an untranslated flow, both are the packet's own).
 */
static void manx_flow_tuple(const struct nf_conn *ct, struct manx_packet *p)
{
	const struct nf_conntrack_tuple *orig = &ct->tuplehash[IP_CT_DIR_ORIGINAL].tuple;
	const struct nf_conntrack_tuple *reply = &ct->tuplehash[IP_CT_DIR_REPLY].tuple;

	p->src = orig->src.u3;
	p->dst = reply->src.u3;
	p->fragment = false;
	switch (p->protocol) {
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		p->sport = orig->dst.u.icmp.type;
		p->dport = orig->dst.u.icmp.code;
		break;
	case IPPROTO_TCP:
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
	case IPPROTO_SCTP:
	case IPPROTO_DCCP:
		p->sport = ntohs(orig->src.u.all);
		p->dport = ntohs(reply->src.u.all);
		break;
	}
}

/*
 * Is the packet about an existing flow, not of one: an ICMP error that quotes
 * it, or a reset that a firewall sent in its name? Expected connections of
 * helpers carry the same mark, but are flows of their own. conntrack looks at
 * the quoted packet only; so an endpoint is believed just about flows of which
 * it is an end.
 */
static bool manx_flow_related(const struct nf_conn *ct, enum ip_conntrack_info info,
			      const struct manx_packet *p, u32 from)
{
	enum ip_conntrack_dir dir = CTINFO2DIR(info);

	if (info != IP_CT_RELATED && info != IP_CT_RELATED_REPLY)
		return false;
	if (test_bit(IPS_EXPECTED_BIT, &ct->status))
		return false;
	return from <= MANX_ENDPOINT_NODE ||
	       nf_inet_addr_cmp(&p->src, &ct->tuplehash[dir].tuple.src.u3) ||
	       nf_inet_addr_cmp(&p->src, &ct->tuplehash[!dir].tuple.dst.u3);
}

void manx_flow_of(const struct sk_buff *skb, const struct manx_packet *p, u32 from, u32 to,
		  struct manx_flow *flow)
{
	enum ip_conntrack_info info;
	const struct nf_conn *ct = nf_ct_get(skb, &info);

	flow->p = *p;
	flow->src = from;
	flow->dst = to;
	flow->related = false;
	if (!ct || nf_ct_is_template(ct) || nf_ct_l3num(ct) != p->family)
		return;
	flow->related = manx_flow_related(ct, info, p, from);
	if (flow->related || manx_packet_is_icmp_error(p) || nf_ct_protonum(ct) != p->protocol)
		return;
	manx_flow_tuple(ct, &flow->p);
	if (CTINFO2DIR(info) == IP_CT_DIR_REPLY)
		swap(flow->src, flow->dst);
}
