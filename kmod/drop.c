// SPDX-License-Identifier: GPL-2.0-only
/*
 * Dropping packets.
 */
#include "drop.h"

#include "event.h"
#include "trace.h"

static const struct {
	const char *name;
	enum skb_drop_reason core;
} manx_reasons[MANX_REASONS] = {
	[MANX_DROP_REASON_CLOSED]	  = { "closed", SKB_DROP_REASON_NETFILTER_DROP },
	[MANX_DROP_REASON_POLICY_EGRESS]  = { "policy-egress", SKB_DROP_REASON_NETFILTER_DROP },
	[MANX_DROP_REASON_POLICY_INGRESS] = { "policy-ingress", SKB_DROP_REASON_NETFILTER_DROP },
	[MANX_DROP_REASON_TO_NODE]	  = { "to-node", SKB_DROP_REASON_NETFILTER_DROP },
	[MANX_DROP_REASON_ETHERTYPE]	  = { "ethertype", SKB_DROP_REASON_UNHANDLED_PROTO },
	[MANX_DROP_REASON_DEST_MAC]	  = { "dest-mac", SKB_DROP_REASON_OTHERHOST },
	[MANX_DROP_REASON_SOURCE_MAC]	  = { "source-mac", SKB_DROP_REASON_NETFILTER_DROP },
	[MANX_DROP_REASON_SOURCE_ADDRESS] = { "source-address", SKB_DROP_REASON_NETFILTER_DROP },
	[MANX_DROP_REASON_MALFORMED]	  = { "malformed", SKB_DROP_REASON_IP_INHDR },
	[MANX_DROP_REASON_NEIGHBOUR]	  = { "neighbour", SKB_DROP_REASON_NOT_SPECIFIED },
	[MANX_DROP_REASON_ENCAP]	  = { "encap", SKB_DROP_REASON_NETFILTER_DROP },
	[MANX_DROP_REASON_TOO_BIG]	  = { "too-big", SKB_DROP_REASON_PKT_TOO_BIG },
	[MANX_DROP_REASON_LINK_DOWN]	  = { "link-down", SKB_DROP_REASON_NOT_SPECIFIED },
	[MANX_DROP_REASON_BACKLOG]	  = { "backlog", SKB_DROP_REASON_CPU_BACKLOG },
	[MANX_DROP_REASON_NO_MEMORY]	  = { "no-memory", SKB_DROP_REASON_NOMEM },
	[MANX_DROP_REASON_NO_PEER]	  = { "no-peer", SKB_DROP_REASON_NOT_SPECIFIED },
	[MANX_DROP_REASON_NO_ROUTE]	  = { "no-route", SKB_DROP_REASON_NOT_SPECIFIED },
	[MANX_DROP_REASON_INNER_SOURCE]	  = { "inner-source", SKB_DROP_REASON_NETFILTER_DROP },
	[MANX_DROP_REASON_FLOW_LIMIT]	  = { "flow-limit", SKB_DROP_REASON_NETFILTER_DROP },
	[MANX_DROP_REASON_FRAGMENT_RATE]  = { "fragment-rate", SKB_DROP_REASON_NETFILTER_DROP },
	[MANX_DROP_REASON_NOT_SYN]	  = { "not-syn", SKB_DROP_REASON_NETFILTER_DROP },
};

const char *manx_reason_name(enum manx_drop_reason reason)
{
	return manx_reasons[reason].name;
}

void manx_count_drop(const struct sk_buff *skb, struct manx_ns *ns, struct manx_link *link,
		     enum manx_drop_reason reason, const struct manx_packet *p)
{
	u32 endpoint = link && manx_is_primary(link->dev) ? link->endpoint : 0;

	atomic64_inc(link ? &link->drops[reason] : &ns->drops[reason]);
	trace_manx_drop(skb, link ? link->dev : NULL, endpoint, reason);
	manx_event_drop(&ns->events, endpoint, reason, p);
}

void manx_count_refused(const struct sk_buff *skb, struct manx_ns *ns, struct manx_link *link,
			const struct manx_verdict *v, const struct manx_packet *p)
{
	atomic64_inc(link ? &link->drops[v->reason] : &ns->drops[v->reason]);
	trace_manx_drop(skb, link ? link->dev : NULL, v->endpoint, v->reason);
	manx_event_verdict(&ns->events, MANX_EVENT_TYPE_DROP, v, p);
}

/* The bits of a mark are, from the lowest: accept, pass, drop, scratch. */
static u32 manx_mark_drop(const struct manx_config *config)
{
	u32 mask = config->mark_mask;

	mask &= mask - 1;
	mask &= mask - 1;
	return mask & -mask;
}

/* Limits and what is not an endpoint's are no matter of policy. */
static bool manx_is_policy(u8 reason)
{
	return reason == MANX_DROP_REASON_POLICY_EGRESS ||
	       reason == MANX_DROP_REASON_POLICY_INGRESS || reason == MANX_DROP_REASON_TO_NODE;
}

bool manx_audits(const struct manx_ruleset *rs, const struct manx_verdict *v)
{
	return rs->config.audit && manx_is_policy(v->reason);
}

bool __manx_audit(struct sk_buff *skb, struct manx_ns *ns, const struct manx_ruleset *rs,
		  const struct manx_verdict *v, const struct manx_packet *p)
{
	if (!manx_is_policy(v->reason))
		return false;
	skb->mark = (skb->mark & ~rs->config.mark_mask) | rs->config.mark_accept |
		    manx_mark_drop(&rs->config);
	manx_event_verdict(&ns->events, MANX_EVENT_TYPE_AUDIT, v, p);
	return true;
}

void manx_drop(struct sk_buff *skb, struct manx_ns *ns, struct manx_link *link,
	       enum manx_drop_reason reason, const struct manx_packet *p)
{
	manx_count_drop(skb, ns, link, reason, p);
	kfree_skb_reason(skb, manx_reasons[reason].core);
}
