/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The one function that decides whether a packet may pass.
 */
#ifndef _MANX_JUDGE_H
#define _MANX_JUDGE_H

#include <uapi/linux/manx.h>

#include "packet.h"
#include "ruleset.h"

struct manx_ns;

/**
 * enum manx_judge_mode - what a judgement leaves behind
 * @MANX_JUDGE_COUNT: counts, and reports rules "log": a flow's first packet, and
 *	each packet that is denied
 * @MANX_JUDGE_SILENT: does so only if the packet may not pass: a flow that has
 *	been allowed is judged again
 */
enum manx_judge_mode {
	MANX_JUDGE_COUNT,
	MANX_JUDGE_SILENT,
};

/**
 * struct manx_verdict - what was decided
 * @action: MANX_ACTION_ALLOW, MANX_ACTION_DENY or MANX_ACTION_REJECT
 * @reason: why not, unless allowed
 * @direction: MANX_DIRECTION_* of the chain that said no
 * @endpoint: id of the endpoint whose chain said no; 0 if allowed
 * @table: that said no, valid as long as the ruleset; NULL if allowed, or if no
 *	table said it: the chain ended, or there is none
 * @rule: index of the rule in @table, its number of rules for the default
 */
struct manx_verdict {
	u8 action;
	u8 reason;
	u8 direction;
	u32 endpoint;
	const struct manx_table *table;
	u32 rule;
};

/* Sets a verdict to "allow". */
static inline void manx_verdict_allow(struct manx_verdict *v)
{
	*v = (struct manx_verdict){ .action = MANX_ACTION_ALLOW };
}

/**
 * manx_judge() - may a packet pass from one end to the other
 * @ns: namespace, for log events
 * @rs: the ruleset; both ends are judged by the same one
 * @p: the packet, in the direction of its flow: the tuple between destination
 *	and source NAT
 * @src: endpoint id that the flow comes from, or MANX_ENDPOINT_*
 * @dst: endpoint id that it goes to, or MANX_ENDPOINT_*
 * @mode: whether it counts
 * @v: filled
 *
 * The egress chain of the source, then the ingress chain of the destination.
 * An endpoint without object is closed, before any other rule. From the node to
 * its own endpoints is allowed; from an endpoint to its node ends in the
 * namespace's default action, but ND and MLD, which the node needs, pass.
 * In audit mode a verdict is the same; see manx_audit().
 *
 * Context: RCU read lock held, bottom halves disabled.
 */
void manx_judge(struct manx_ns *ns, const struct manx_ruleset *rs, const struct manx_packet *p,
		u32 src, u32 dst, enum manx_judge_mode mode, struct manx_verdict *v);

#endif /* _MANX_JUDGE_H */
