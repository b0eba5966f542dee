// SPDX-License-Identifier: GPL-2.0-only
/*
 * The one function that decides whether a packet may pass.
 *
 * A chain is a list of tables. In a table the first rule that matches and is
 * not "log" decides; "pass", by a rule or as the table's default, asks the next
 * table; a packet that all tables passed on is denied.
 *
 * Rules are walked one by one here. What may replace the walk is
 * manx_table_lookup() alone: it turns a table and a packet into the index of
 * the deciding rule.
 */
#include "judge.h"

#include "counters.h"
#include "event.h"
#include "match.h"
#include "ns.h"

/*
 * Index of the deciding rule, or table->n for the default. Rules with action
 * log that the packet passes on its way are counted and reported.
 */
static u32 manx_table_lookup(struct manx_ns *ns, const struct manx_ruleset *rs,
			     const struct manx_table *table, const struct manx_packet *p,
			     u32 endpoint)
{
	u32 i;

	for (i = 0; i < table->n; i++) {
		const struct manx_rule *rule = &table->rule[i];

		if (!manx_rule_matches(rs, rule, p))
			continue;
		if (rule->action != MANX_ACTION_LOG)
			break;
		manx_counters_inc(table->counters, i);
		manx_event_log(&ns->events, endpoint, table->direction, table->name->s,
			       rule->id, p);
	}
	return i;
}

static u8 manx_judge_chain(struct manx_ns *ns, const struct manx_ruleset *rs,
			   const struct manx_endpoint *ep, enum manx_direction dir,
			   const struct manx_packet *p)
{
	u32 i;

	for (i = 0; i < ep->n_chain[dir]; i++) {
		const struct manx_table *table = rs->table[ep->chain[dir][i]->id];
		u32 r = manx_table_lookup(ns, rs, table, p, ep->id);
		u8 action = r < table->n ? table->rule[r].action : table->default_action;

		manx_counters_inc(table->counters, r);
		if (action != MANX_ACTION_PASS)
			return action;
	}
	return MANX_ACTION_DENY;
}

static struct manx_verdict manx_judge_end(struct manx_ns *ns, const struct manx_ruleset *rs,
					  u32 id, enum manx_direction dir,
					  const struct manx_packet *p)
{
	const struct manx_endpoint *ep = manx_ruleset_endpoint(rs, id);
	struct manx_verdict v = { .action = MANX_ACTION_DENY, .endpoint = id };

	if (!ep) {
		v.reason = MANX_DROP_REASON_CLOSED;
		return v;
	}
	v.action = manx_judge_chain(ns, rs, ep, dir, p);
	v.reason = dir == MANX_DIRECTION_EGRESS ? MANX_DROP_REASON_POLICY_EGRESS :
						  MANX_DROP_REASON_POLICY_INGRESS;
	return v;
}

static struct manx_verdict manx_judge_to_node(const struct manx_ruleset *rs,
					      const struct manx_packet *p, u32 src)
{
	struct manx_verdict v = {
		.action		= manx_packet_is_nd(p) ? MANX_ACTION_ALLOW : rs->config.endpoint_to_node,
		.reason		= MANX_DROP_REASON_TO_NODE,
		.endpoint	= src,
	};

	return v;
}

/* Without chains an endpoint is closed, even to its node. */
static bool manx_is_open(const struct manx_ruleset *rs, u32 id)
{
	const struct manx_endpoint *ep = manx_ruleset_endpoint(rs, id);

	return ep && (ep->n_chain[MANX_DIRECTION_INGRESS] || ep->n_chain[MANX_DIRECTION_EGRESS]);
}

static bool manx_is_endpoint(u32 id)
{
	return id > MANX_ENDPOINT_NODE;
}

struct manx_verdict manx_judge(struct manx_ns *ns, const struct manx_ruleset *rs,
			       const struct manx_packet *p, u32 src, u32 dst)
{
	static const struct manx_verdict allow = { .action = MANX_ACTION_ALLOW };
	struct manx_verdict v = allow;

	if (manx_is_endpoint(src)) {
		/* ND cannot be subject to policy: without it no address works. */
		if (dst != MANX_ENDPOINT_NODE || !manx_packet_is_nd(p))
			v = manx_judge_end(ns, rs, src, MANX_DIRECTION_EGRESS, p);
		if (v.action == MANX_ACTION_ALLOW && dst == MANX_ENDPOINT_NODE)
			v = manx_judge_to_node(rs, p, src);
	}
	if (v.action != MANX_ACTION_ALLOW || !manx_is_endpoint(dst))
		return v.action == MANX_ACTION_ALLOW ? allow : v;
	if (src == MANX_ENDPOINT_NODE && manx_is_open(rs, dst))
		return allow;
	v = manx_judge_end(ns, rs, dst, MANX_DIRECTION_INGRESS, p);
	return v.action == MANX_ACTION_ALLOW ? allow : v;
}
