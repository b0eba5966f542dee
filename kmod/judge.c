// SPDX-License-Identifier: GPL-2.0-only
/*
 * The one function that decides whether a packet may pass.
 *
 * A chain is a list of tables. In a table the first rule that matches and is
 * not "log" decides; "pass", by a rule or as the table's default, asks the next
 * table; a packet that all tables passed on is denied. Of the rules "log" that match,
 * in the order in which they are passed, the first MANX_JUDGE_LOGS are counted and
 * reported: a packet costs no more, however many there are.
 *
 * Which rule of a table it is, the engine knows: see engine/lookup.c.
 */
#include "judge.h"

#include "compat/compat.h"
#include "counters.h"
#include "engine/lookup.h"
#include "event.h"
#include "ns.h"

/* Rules "log" that one judgement counts and reports. */
#define MANX_JUDGE_LOGS 16

/**
 * struct manx_case - what one judgement works with
 * @ns: namespace
 * @rs: ruleset
 * @p: packet
 * @counts: count and report rules
 * @logs: how many rules "log" may still be counted and reported
 * @key: of @p, for all tables
 */
struct manx_case {
	struct manx_ns *ns;
	const struct manx_ruleset *rs;
	const struct manx_packet *p;
	bool counts;
	u32 logs;
	struct manx_key key;
};

/* Rules "log" matched on the way to the one that decides. */
static noinline void manx_judge_logs(struct manx_case *c, const struct manx_table *table, u32 end,
				     u32 endpoint)
{
	u32 rule[MANX_JUDGE_LOGS], n = manx_table_logs(table, &c->key, end, rule, c->logs), i;

	for (i = 0; i < n; i++) {
		manx_counters_inc(table->counters, rule[i]);
		manx_event_log(&c->ns->events, endpoint, table->direction, table->name->s,
			       table->rule[rule[i]].id, c->p);
	}
	c->logs -= n;
}

/* Index of the deciding rule, or table->n for the default. */
static u32 manx_table_lookup(struct manx_case *c, const struct manx_table *table, u32 endpoint)
{
	struct manx_found found = manx_table_find(table, &c->key);

	if (unlikely(found.logs && c->counts && c->logs))
		manx_judge_logs(c, table, found.rule, endpoint);
	return found.rule;
}

static void manx_judge_chain(struct manx_case *c, const struct manx_endpoint *ep,
			     enum manx_direction dir, struct manx_verdict *v)
{
	u32 i, r;

	for (i = 0; i < ep->n_chain[dir]; i++) {
		const struct manx_table *table = manx_ruleset_table(c->rs, ep->chain[dir][i]);

		r = manx_table_lookup(c, table, ep->id);
		if (c->counts)
			manx_counters_inc(table->counters, r);
		v->action = r < table->n ? table->rule[r].action : table->default_action;
		if (v->action != MANX_ACTION_PASS) {
			v->table = table;
			v->rule = r;
			return;
		}
	}
	v->action = MANX_ACTION_DENY;
}

static void manx_judge_end(struct manx_case *c, u32 id, enum manx_direction dir,
			   struct manx_verdict *v)
{
	const struct manx_endpoint *ep = manx_ruleset_endpoint(c->rs, id);

	*v = (struct manx_verdict){
		.action		= MANX_ACTION_DENY,
		.reason		= MANX_DROP_REASON_CLOSED,
		.direction	= dir,
		.endpoint	= id,
	};
	if (!ep)
		return;
	v->reason = dir == MANX_DIRECTION_EGRESS ? MANX_DROP_REASON_POLICY_EGRESS :
						   MANX_DROP_REASON_POLICY_INGRESS;
	manx_judge_chain(c, ep, dir, v);
}

static void manx_judge_to_node(struct manx_case *c, u32 src, struct manx_verdict *v)
{
	*v = (struct manx_verdict){
		.action		= c->rs->config.endpoint_to_node,
		.reason		= MANX_DROP_REASON_TO_NODE,
		.direction	= MANX_DIRECTION_EGRESS,
		.endpoint	= src,
	};
	if (manx_packet_is_nd(c->p))
		v->action = MANX_ACTION_ALLOW;
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

static void manx_judge_case(struct manx_case *c, u32 src, u32 dst, struct manx_verdict *v)
{
	v->action = MANX_ACTION_ALLOW;
	if (manx_is_endpoint(src)) {
		/* ND cannot be subject to policy: without it no address works. */
		if (dst != MANX_ENDPOINT_NODE || !manx_packet_is_nd(c->p))
			manx_judge_end(c, src, MANX_DIRECTION_EGRESS, v);
		if (v->action == MANX_ACTION_ALLOW && dst == MANX_ENDPOINT_NODE)
			manx_judge_to_node(c, src, v);
	}
	if (v->action != MANX_ACTION_ALLOW || !manx_is_endpoint(dst))
		return;
	if (src == MANX_ENDPOINT_NODE && manx_is_open(c->rs, dst))
		return;
	manx_judge_end(c, dst, MANX_DIRECTION_INGRESS, v);
}

void manx_judge(struct manx_ns *ns, const struct manx_ruleset *rs, const struct manx_packet *p,
		u32 src, u32 dst, enum manx_judge_mode mode, struct manx_verdict *v)
{
	struct manx_case c manx_uninitialized;

	c.ns = ns;
	c.rs = rs;
	c.p = p;
	c.counts = mode == MANX_JUDGE_COUNT;
	c.logs = MANX_JUDGE_LOGS;
	manx_key_init(&c.key, p, &rs->addresses, &ns->classes);
	for (;;) {
		manx_judge_case(&c, src, dst, v);
		if (c.counts || v->action == MANX_ACTION_ALLOW)
			break;
		c.counts = true;
	}
	if (v->action == MANX_ACTION_ALLOW)
		manx_verdict_allow(v);
}
