/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tracepoints.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM manx

#if !defined(_MANX_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _MANX_TRACE_H

#include <linux/netdevice.h>
#include <linux/tracepoint.h>
#include <uapi/linux/manx.h>

#include "flow/table.h"
#include "judge.h"
#include "packet.h"

#define manx_show_reason(reason)					\
	__print_symbolic(reason,					\
		{ MANX_DROP_REASON_CLOSED,		"closed" },		\
		{ MANX_DROP_REASON_POLICY_EGRESS,	"policy-egress" },	\
		{ MANX_DROP_REASON_POLICY_INGRESS,	"policy-ingress" },	\
		{ MANX_DROP_REASON_TO_NODE,		"to-node" },		\
		{ MANX_DROP_REASON_ETHERTYPE,		"ethertype" },		\
		{ MANX_DROP_REASON_DEST_MAC,		"dest-mac" },		\
		{ MANX_DROP_REASON_SOURCE_MAC,		"source-mac" },		\
		{ MANX_DROP_REASON_SOURCE_ADDRESS,	"source-address" },	\
		{ MANX_DROP_REASON_MALFORMED,		"malformed" },		\
		{ MANX_DROP_REASON_NEIGHBOUR,		"neighbour" },		\
		{ MANX_DROP_REASON_ENCAP,		"encap" },		\
		{ MANX_DROP_REASON_TOO_BIG,		"too-big" },		\
		{ MANX_DROP_REASON_LINK_DOWN,		"link-down" },		\
		{ MANX_DROP_REASON_BACKLOG,		"backlog" },		\
		{ MANX_DROP_REASON_NO_MEMORY,		"no-memory" },		\
		{ MANX_DROP_REASON_NO_PEER,		"no-peer" },		\
		{ MANX_DROP_REASON_NO_ROUTE,		"no-route" },		\
		{ MANX_DROP_REASON_INNER_SOURCE,	"inner-source" },	\
		{ MANX_DROP_REASON_FLOW_LIMIT,		"flow-limit" },		\
		{ MANX_DROP_REASON_FRAGMENT_RATE,	"fragment-rate" },	\
		{ MANX_DROP_REASON_NOT_SYN,		"not-syn" })

#define manx_show_action(action)					\
	__print_symbolic(action,					\
		{ MANX_ACTION_ALLOW,	"allow" },			\
		{ MANX_ACTION_DENY,	"deny" },			\
		{ MANX_ACTION_REJECT,	"reject" })

TRACE_EVENT(manx_drop,
	TP_PROTO(const struct sk_buff *skb, const struct net_device *dev, u32 endpoint,
		 u32 reason),
	TP_ARGS(skb, dev, endpoint, reason),
	TP_STRUCT__entry(
		__field(const void *, skb)
		__field(int, ifindex)
		__field(u32, len)
		__field(u32, endpoint)
		__field(u32, reason)
	),
	TP_fast_assign(
		__entry->skb = skb;
		__entry->ifindex = dev ? dev->ifindex : 0;
		__entry->len = skb->len;
		__entry->endpoint = endpoint;
		__entry->reason = reason;
	),
	TP_printk("skb=%p ifindex=%d len=%u endpoint=%u reason=%s", __entry->skb,
		  __entry->ifindex, __entry->len, __entry->endpoint,
		  manx_show_reason(__entry->reason))
);

TRACE_EVENT(manx_verdict,
	TP_PROTO(const struct sk_buff *skb, const struct manx_packet *p, u32 src, u32 dst,
		 const struct manx_verdict *v, u32 generation),
	TP_ARGS(skb, p, src, dst, v, generation),
	TP_STRUCT__entry(
		__field(const void *, skb)
		__field(u32, src)
		__field(u32, dst)
		__field(u32, generation)
		__field(u16, sport)
		__field(u16, dport)
		__field(u8, protocol)
		__field(u8, action)
		__array(u8, saddr, sizeof(struct in6_addr))
		__array(u8, daddr, sizeof(struct in6_addr))
	),
	TP_fast_assign(
		__entry->skb = skb;
		__entry->src = src;
		__entry->dst = dst;
		__entry->generation = generation;
		__entry->sport = p->sport;
		__entry->dport = p->dport;
		__entry->protocol = p->protocol;
		__entry->action = v->action;
		if (p->family == NFPROTO_IPV4) {
			ipv6_addr_set_v4mapped(p->src.ip, (struct in6_addr *)__entry->saddr);
			ipv6_addr_set_v4mapped(p->dst.ip, (struct in6_addr *)__entry->daddr);
		} else {
			memcpy(__entry->saddr, &p->src, sizeof(struct in6_addr));
			memcpy(__entry->daddr, &p->dst, sizeof(struct in6_addr));
		}
	),
	TP_printk("skb=%p %u->%u proto=%u [%pI6c]:%u > [%pI6c]:%u %s generation=%u",
		  __entry->skb, __entry->src, __entry->dst, __entry->protocol,
		  __entry->saddr, __entry->sport, __entry->daddr, __entry->dport,
		  manx_show_action(__entry->action), __entry->generation)
);

DECLARE_EVENT_CLASS(manx_flow_change,
	TP_PROTO(const struct manx_flow *flow, u32 why),
	TP_ARGS(flow, why),
	TP_STRUCT__entry(
		__field(u32, from)
		__field(u32, to)
		__field(u16, sport)
		__field(u16, dport)
		__field(u8, protocol)
		__field(u8, why)
		__array(u8, saddr, sizeof(struct in6_addr))
		__array(u8, daddr, sizeof(struct in6_addr))
	),
	TP_fast_assign(
		const struct manx_flow_key *key = &flow->side[MANX_FLOW_ORIGINAL].key;

		__entry->from = key->from;
		__entry->to = manx_flow_end_of(flow, MANX_FLOW_REPLY);
		__entry->sport = key->sport;
		__entry->dport = key->dport;
		__entry->protocol = key->protocol;
		__entry->why = why;
		if (key->family == NFPROTO_IPV4) {
			ipv6_addr_set_v4mapped(key->src.ip, (struct in6_addr *)__entry->saddr);
			ipv6_addr_set_v4mapped(key->dst.ip, (struct in6_addr *)__entry->daddr);
		} else {
			memcpy(__entry->saddr, &key->src, sizeof(struct in6_addr));
			memcpy(__entry->daddr, &key->dst, sizeof(struct in6_addr));
		}
	),
	TP_printk("%u->%u proto=%u [%pI6c]:%u > [%pI6c]:%u %s", __entry->from, __entry->to,
		  __entry->protocol, __entry->saddr, __entry->sport, __entry->daddr,
		  __entry->dport,
		  __print_symbolic(__entry->why,
			{ MANX_FLOW_END_NOT,		"new" },
			{ MANX_FLOW_END_EXPIRED,	"expired" },
			{ MANX_FLOW_END_EVICTED,	"evicted" },
			{ MANX_FLOW_END_FORBIDDEN,	"forbidden" },
			{ MANX_FLOW_END_REPLACED,	"replaced" },
			{ MANX_FLOW_END_GONE,		"gone" }))
);

DEFINE_EVENT(manx_flow_change, manx_flow_new,
	TP_PROTO(const struct manx_flow *flow, u32 why),
	TP_ARGS(flow, why)
);

DEFINE_EVENT(manx_flow_change, manx_flow_end,
	TP_PROTO(const struct manx_flow *flow, u32 why),
	TP_ARGS(flow, why)
);

DECLARE_EVENT_CLASS(manx_tunnel_packet,
	TP_PROTO(const struct sk_buff *skb, const struct net_device *dev, __be32 saddr,
		 __be32 daddr, u8 protocol),
	TP_ARGS(skb, dev, saddr, daddr, protocol),
	TP_STRUCT__entry(
		__field(const void *, skb)
		__field(int, ifindex)
		__field(u32, len)
		__array(u8, saddr, 4)
		__array(u8, daddr, 4)
		__field(u8, protocol)
	),
	TP_fast_assign(
		__entry->skb = skb;
		__entry->ifindex = dev->ifindex;
		__entry->len = skb->len;
		memcpy(__entry->saddr, &saddr, 4);
		memcpy(__entry->daddr, &daddr, 4);
		__entry->protocol = protocol;
	),
	TP_printk("skb=%p ifindex=%d len=%u outer=%pI4>%pI4 protocol=%u", __entry->skb,
		  __entry->ifindex, __entry->len, __entry->saddr, __entry->daddr,
		  __entry->protocol)
);

DEFINE_EVENT(manx_tunnel_packet, manx_encap,
	TP_PROTO(const struct sk_buff *skb, const struct net_device *dev, __be32 saddr,
		 __be32 daddr, u8 protocol),
	TP_ARGS(skb, dev, saddr, daddr, protocol)
);

DEFINE_EVENT(manx_tunnel_packet, manx_decap,
	TP_PROTO(const struct sk_buff *skb, const struct net_device *dev, __be32 saddr,
		 __be32 daddr, u8 protocol),
	TP_ARGS(skb, dev, saddr, daddr, protocol)
);

#endif /* _MANX_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
