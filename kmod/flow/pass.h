/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What becomes of a packet: by its flow's entry, or by the policy.
 */
#ifndef _MANX_FLOW_PASS_H
#define _MANX_FLOW_PASS_H

#include "../judge.h"
#include "passage.h"

struct manx_flow;
struct manx_link;
struct manx_ns;
struct sk_buff;

/**
 * manx_flow_pass() - may a packet pass a hook
 * @ns: namespace
 * @rs: its ruleset
 * @skb: packet, network header set
 * @p: its headers
 * @way: where it comes from and goes to
 * @v: filled
 *
 * A packet of an entry passes; the entry is judged again when the policy has
 * changed since. Anything else is judged, and an entry made of what is allowed.
 *
 * Context: RCU read lock held, bottom halves disabled.
 */
void manx_flow_pass(struct manx_ns *ns, const struct manx_ruleset *rs, const struct sk_buff *skb,
		    const struct manx_packet *p, const struct manx_passage *way,
		    struct manx_verdict *v);

/**
 * manx_flow_judge() - judge a packet as its flow is judged, without the table
 * @ns: namespace
 * @rs: its ruleset
 * @skb: packet
 * @p: its headers
 * @way: where it comes from and goes to
 * @v: filled
 *
 * In the flow's original direction, if conntrack knows it and the endpoint that
 * the packet goes to is an end of it.
 *
 * Context: as manx_flow_pass().
 */
void manx_flow_judge(struct manx_ns *ns, const struct manx_ruleset *rs, const struct sk_buff *skb,
		     const struct manx_packet *p, const struct manx_passage *way,
		     struct manx_verdict *v);

/**
 * manx_flow_seen() - a packet of an entry passes without the host's stack
 * @flow: entry, allowed by @rs
 * @dir: direction of the packet
 * @rs: ruleset
 * @p: its headers
 *
 * Context: RCU read lock held, bottom halves disabled.
 * Return: false if it is not one of this flow after all: it opens the next
 * connection.
 */
bool manx_flow_seen(struct manx_flow *flow, unsigned int dir, const struct manx_ruleset *rs,
		    const struct manx_packet *p);

/**
 * manx_flow_admit() - may what a pod sends go on to the node's stack
 * @link: primary of the pod
 * @rs: ruleset
 * @skb: packet
 * @nhoff: offset of its IP header from skb->data
 * @p: its headers
 *
 * Before the host's conntrack knows of it: whether a packet that would make a new
 * flow finds room in the endpoint's share, and whether a fragment comes within
 * the rate.
 *
 * Context: RCU read lock held, bottom halves disabled.
 * Return: 0 or more: a reason to drop it, MANX_DROP_REASON_*; -1 to let it go on.
 */
int manx_flow_admit(const struct manx_link *link, const struct manx_ruleset *rs,
		    const struct sk_buff *skb, unsigned int nhoff, const struct manx_packet *p);

#endif /* _MANX_FLOW_PASS_H */
