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
 * struct manx_verdict - what was decided
 * @action: MANX_ACTION_ALLOW, MANX_ACTION_DENY or MANX_ACTION_REJECT
 * @reason: why not, unless allowed
 * @endpoint: id of the endpoint whose chain said no; 0 if allowed
 */
struct manx_verdict {
	u8 action;
	u8 reason;
	u32 endpoint;
};

/**
 * manx_judge() - may a packet pass from one end to the other
 * @ns: namespace, for log events
 * @rs: the ruleset; both ends are judged by the same one
 * @p: the packet, in the direction of its flow: the tuple between destination
 *	and source NAT
 * @src: endpoint id that the flow comes from, or MANX_ENDPOINT_*
 * @dst: endpoint id that it goes to, or MANX_ENDPOINT_*
 *
 * The egress chain of the source, then the ingress chain of the destination.
 * An endpoint without object is closed, before any other rule. From the node to
 * its own endpoints is allowed; from an endpoint to its node ends in the
 * namespace's default action, but ND and MLD, which the node needs, pass.
 * Counts in the tables' counters.
 *
 * Context: RCU read lock held, bottom halves disabled.
 */
struct manx_verdict manx_judge(struct manx_ns *ns, const struct manx_ruleset *rs,
			       const struct manx_packet *p, u32 src, u32 dst);

#endif /* _MANX_JUDGE_H */
