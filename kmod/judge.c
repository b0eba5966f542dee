// SPDX-License-Identifier: GPL-2.0-only
/*
 * The one function that decides whether a packet may pass.
 *
 * A chain is a list of tables. In a table the first rule that matches and is
 * not "log" decides; "pass", by a rule or as the table's default, asks the next
 * table; a packet that all tables passed on is denied.
 *
 * Which rule of a table it is, the engine knows: see engine/lookup.c.
 */
#include "judge.h"

#include "counters.h"
#include "engine/lookup.h"
#include "event.h"
#include "ns.h"

/**
 * struct manx_case - what one judgement works with
 * @ns: namespace
 * @rs: ruleset
 * @p: packet
 * @key: of @p, for all tables
 * @counts: count and report rules
 */
struct manx_case {
	struct manx_ns *ns;
	const struct manx_ruleset *rs;
	const struct manx_packet *p;
	struct manx_key *key;
	bool counts;
};

/* A rule "log" matched on the way to the one that decides. */
static void manx_judge_log(const struct manx_case *c, const struct manx_table *table, u32 i,
			   u32 endpoint)
{
	manx_counters_inc(table->counters, i);
	manx_event_log(&c->ns->events, endpoint, table->direction, table->name->s,
		       table->rule[i].id, c->p);
}

/* Index of the deciding rule, or table->n for the default. */
static u32 manx_table_lookup(const struct manx_case *c, const struct manx_table *table,
			     u32 endpoint)
{
	struct manx_found found = manx_table_find(table, c->key);
	u32 i;

	if (found.logs && c->counts) {
		i = manx_table_next_log(table, c->key, 0, found.rule);
		for (; i < found.rule; i = manx_table_next_log(table, c->key, i + 1, found.rule))
			manx_judge_log(c, table, i, endpoint);
	}
	return found.rule;
}

static void manx_judge_chain(const struct manx_case *c, const struct manx_endpoint *ep,
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

static struct manx_verdict manx_judge_end(const struct manx_case *c, u32 id,
					  enum manx_direction dir)
{
	const struct manx_endpoint *ep = manx_ruleset_endpoint(c->rs, id);
	struct manx_verdict v = {
		.action		= MANX_ACTION_DENY,
		.reason		= MANX_DROP_REASON_CLOSED,
		.direction	= dir,
		.endpoint	= id,
	};

	if (!ep)
		return v;
	v.reason = dir == MANX_DIRECTION_EGRESS ? MANX_DROP_REASON_POLICY_EGRESS :
						  MANX_DROP_REASON_POLICY_INGRESS;
	manx_judge_chain(c, ep, dir, &v);
	return v;
}

static struct manx_verdict manx_judge_to_node(const struct manx_case *c, u32 src)
{
	struct manx_verdict v = {
		.action		= c->rs->config.endpoint_to_node,
		.reason		= MANX_DROP_REASON_TO_NODE,
		.direction	= MANX_DIRECTION_EGRESS,
		.endpoint	= src,
	};

	if (manx_packet_is_nd(c->p))
		v.action = MANX_ACTION_ALLOW;
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

static struct manx_verdict manx_judge_case(const struct manx_case *c, u32 src, u32 dst)
{
	static const struct manx_verdict allow = { .action = MANX_ACTION_ALLOW };
	struct manx_verdict v = allow;

	if (manx_is_endpoint(src)) {
		/* ND cannot be subject to policy: without it no address works. */
		if (dst != MANX_ENDPOINT_NODE || !manx_packet_is_nd(c->p))
			v = manx_judge_end(c, src, MANX_DIRECTION_EGRESS);
		if (v.action == MANX_ACTION_ALLOW && dst == MANX_ENDPOINT_NODE)
			v = manx_judge_to_node(c, src);
	}
	if (v.action != MANX_ACTION_ALLOW || !manx_is_endpoint(dst))
		return v.action == MANX_ACTION_ALLOW ? allow : v;
	if (src == MANX_ENDPOINT_NODE && manx_is_open(c->rs, dst))
		return allow;
	v = manx_judge_end(c, dst, MANX_DIRECTION_INGRESS);
	return v.action == MANX_ACTION_ALLOW ? allow : v;
}

struct manx_verdict manx_judge(struct manx_ns *ns, const struct manx_ruleset *rs,
			       const struct manx_packet *p, u32 src, u32 dst,
			       enum manx_judge_mode mode)
{
	struct manx_key key;
	struct manx_case c = {
		.ns	= ns,
		.rs	= rs,
		.p	= p,
		.key	= &key,
		.counts	= mode == MANX_JUDGE_COUNT,
	};
	struct manx_verdict v;

	manx_key_init(&key, p, &rs->addresses, &ns->classes);
	for (;;) {
		v = manx_judge_case(&c, src, dst);
		if (c.counts || v.action == MANX_ACTION_ALLOW)
			return v;
		c.counts = true;
	}
}
