/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Dropping packets: each with one reason, counted once.
 */
#ifndef _MANX_DROP_H
#define _MANX_DROP_H

#include <linux/skbuff.h>
#include <uapi/linux/manx.h>

#include "judge.h"
#include "link.h"

/**
 * manx_drop() - count, report and free a packet
 * @skb: packet, consumed
 * @ns: namespace of the node
 * @link: primary or tunnel that it belongs to, or NULL
 * @reason: why
 * @p: its headers, NULL if they were not read
 *
 * The reason is counted at @link, or at the namespace. The core is told the
 * nearest of its own reasons, because a module cannot register reasons
 * (include/net/dropreason.h); ours is in the tracepoint manx:manx_drop.
 *
 * Context: RCU read lock held, bottom halves disabled.
 */
void manx_drop(struct sk_buff *skb, struct manx_ns *ns, struct manx_link *link,
	       enum manx_drop_reason reason, const struct manx_packet *p);

/**
 * manx_count_drop() - manx_drop() for a packet that somebody else will free
 * @skb: packet
 * @ns: namespace of the node
 * @link: primary or tunnel that it belongs to, or NULL
 * @reason: why
 * @p: its headers, NULL if they were not read
 */
void manx_count_drop(const struct sk_buff *skb, struct manx_ns *ns, struct manx_link *link,
		     enum manx_drop_reason reason, const struct manx_packet *p);

/**
 * manx_count_refused() - manx_count_drop() for what a verdict refused
 * @skb: packet, as it is here
 * @ns: namespace of the node
 * @link: primary that it belongs to, or NULL
 * @v: verdict, its action is not allow
 * @p: its headers
 *
 * The event names the chain, the table and the rule besides.
 *
 * Context: RCU read lock held, bottom halves disabled.
 */
void manx_count_refused(const struct sk_buff *skb, struct manx_ns *ns, struct manx_link *link,
			const struct manx_verdict *v, const struct manx_packet *p);

bool __manx_audit(struct sk_buff *skb, struct manx_ns *ns, const struct manx_ruleset *rs,
		  const struct manx_verdict *v, const struct manx_packet *p);

/**
 * manx_audits() - does a node only audit what a verdict is about
 * @rs: ruleset by which was judged
 * @v: verdict, its action is not allow
 *
 * Only what policy refuses passes: an endpoint that the node knows nothing about
 * stays closed, and limits hold.
 */
bool manx_audits(const struct manx_ruleset *rs, const struct manx_verdict *v);

/**
 * manx_audit() - does a refused packet pass, because its node only audits
 * @skb: packet
 * @ns: namespace of the node
 * @rs: ruleset by which it was judged
 * @v: verdict, its action is not allow
 * @p: its headers
 *
 * If so, as manx_audits() says, the packet has the bit for "drop" in its mark
 * beside the one for "accept" afterwards, and is reported.
 *
 * Context: RCU read lock held, bottom halves disabled.
 */
static inline bool manx_audit(struct sk_buff *skb, struct manx_ns *ns,
			      const struct manx_ruleset *rs, const struct manx_verdict *v,
			      const struct manx_packet *p)
{
	return unlikely(rs->config.audit) && __manx_audit(skb, ns, rs, v, p);
}

/**
 * manx_reason_name() - short name of a reason, as in the specification
 * @reason: below MANX_REASONS
 */
const char *manx_reason_name(enum manx_drop_reason reason);

#endif /* _MANX_DROP_H */
