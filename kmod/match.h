/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Does a rule match a packet.
 */
#ifndef _MANX_MATCH_H
#define _MANX_MATCH_H

#include "packet.h"
#include "ruleset.h"

/**
 * manx_rule_matches() - do all conditions of a rule hold
 * @rs: ruleset that holds the sets
 * @rule: rule
 * @p: packet
 *
 * A condition on ports or ICMP types does not hold for a fragment that does not
 * carry them, nor does its negation: such a packet matches no rule that asks.
 *
 * Context: RCU read lock held.
 */
bool manx_rule_matches(const struct manx_ruleset *rs, const struct manx_rule *rule,
		       const struct manx_packet *p);

#endif /* _MANX_MATCH_H */
