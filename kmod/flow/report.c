// SPDX-License-Identifier: GPL-2.0-only
/*
 * Showing entries of the flow table, and ending them on request.
 *
 * The table goes on changing while it is walked: a walk sees every entry that is
 * there from its begin to its end, unless the bucket that it had to stop in
 * changes, and of the others some. A bucket is one RCU section. Entries do not move
 * to other buckets during a walk; when they have between two messages of a dump,
 * the second is marked (NLM_F_DUMP_INTR).
 */
#include "report.h"

#include <linux/rculist.h>
#include <net/genetlink.h>
#include <net/netfilter/nf_conntrack_core.h>

#include "../netlink.h"
#include "../ns.h"
#include "table.h"

static u32 manx_report_state(const struct manx_flow *flow)
{
	if (!manx_flow_is_replied(flow))
		return MANX_FLOW_STATE_NEW;
	if (flow->side[0].key.protocol != IPPROTO_TCP)
		return MANX_FLOW_STATE_REPLIED;
	switch (READ_ONCE(flow->tcp)) {
	case MANX_TCP_ESTABLISHED:
		return MANX_FLOW_STATE_ESTABLISHED;
	case MANX_TCP_FIN_ORIGINAL:
	case MANX_TCP_FIN_REPLY:
		return MANX_FLOW_STATE_CLOSING;
	case MANX_TCP_CLOSED:
		return MANX_FLOW_STATE_CLOSED;
	default:
		return MANX_FLOW_STATE_REPLIED;
	}
}

/* IPVS changes the reply tuple and sets none of conntrack's bits. */
static bool manx_is_translated(const struct manx_flow *flow)
{
	struct nf_conn *ct = manx_flow_conntrack(flow);
	struct nf_conntrack_tuple inverse;
	bool translated;

	if (!ct)
		return false;
	translated = nf_ct_invert_tuple(&inverse, &ct->tuplehash[IP_CT_DIR_ORIGINAL].tuple) &&
		     !nf_ct_tuple_equal(&inverse, &ct->tuplehash[IP_CT_DIR_REPLY].tuple);
	nf_ct_put(ct);
	return translated;
}

static u32 manx_report_flags(const struct manx_flow *flow)
{
	return (test_bit(MANX_FLOW_PICKED_UP, &flow->flags) ? MANX_FLOW_FLAGS_PICKED_UP : 0) |
	       (test_bit(MANX_FLOW_UNTRACKED, &flow->flags) ? MANX_FLOW_FLAGS_UNTRACKED : 0) |
	       (manx_is_translated(flow) ? MANX_FLOW_FLAGS_TRANSLATED : 0);
}

/* While the node has no fast way, what entries have learned of it does not count. */
static void manx_report_ways(const struct manx_flow *flow, struct manx_flow_report *report)
{
	bool off = rcu_dereference(flow->flows->ns->ruleset)->config.fast == MANX_FAST_OFF;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(report->way); i++) {
		report->way[i] = off ? MANX_WAY_STACK : READ_ONCE(flow->way[i]);
		report->why[i] = off ? MANX_WHY_OFF : READ_ONCE(flow->why[i]);
		/* it knows the way, and is kept from it packet by packet */
		if (report->why[i] == MANX_WHY_DEVICE)
			report->way[i] = MANX_WAY_STACK;
	}
}

void manx_report_flow(const struct manx_flow *flow, struct manx_flow_report *report)
{
	long left = READ_ONCE(flow->expires) - jiffies;
	unsigned int i;

	*report = (struct manx_flow_report){
		.key		= flow->side[MANX_FLOW_ORIGINAL].key,
		.to		= manx_flow_end_of(flow, MANX_FLOW_REPLY),
		.state		= manx_report_state(flow),
		.flags		= manx_report_flags(flow),
		.expires	= left > 0 ? jiffies_to_msecs(left) : 0,
		.generation	= READ_ONCE(flow->generation),
	};
	for (i = 0; i < ARRAY_SIZE(report->packets); i++) {
		report->packets[i] = READ_ONCE(flow->packets[i]);
		report->bytes[i] = READ_ONCE(flow->bytes[i]);
	}
	manx_report_ways(flow, report);
}

static int manx_report_put_tuple(struct sk_buff *msg, const struct manx_flow_key *key)
{
	int size = key->family == NFPROTO_IPV4 ? 4 : 16;
	struct manx_packet p;

	manx_flow_packet(key, &p);
	if (nla_put_u32(msg, MANX_A_FLOW_PROTOCOL, p.protocol) ||
	    nla_put(msg, MANX_A_FLOW_SOURCE, size, &p.src) ||
	    nla_put(msg, MANX_A_FLOW_DESTINATION, size, &p.dst) ||
	    nla_put_u32(msg, MANX_A_FLOW_SOURCE_PORT, p.sport) ||
	    nla_put_u32(msg, MANX_A_FLOW_DESTINATION_PORT, p.dport))
		return -EMSGSIZE;
	if ((p.protocol == IPPROTO_ICMP || p.protocol == IPPROTO_ICMPV6) &&
	    nla_put_u32(msg, MANX_A_FLOW_ICMP_ID, p.icmp_id))
		return -EMSGSIZE;
	return key->domain ? nla_put_u32(msg, MANX_A_FLOW_DOMAIN, key->domain) : 0;
}

static int manx_report_put_counts(struct sk_buff *msg, const struct manx_flow_report *r)
{
	if (nla_put_u64_64bit(msg, MANX_A_FLOW_PACKETS, r->packets[0], MANX_A_FLOW_PAD) ||
	    nla_put_u64_64bit(msg, MANX_A_FLOW_BYTES, r->bytes[0], MANX_A_FLOW_PAD) ||
	    nla_put_u64_64bit(msg, MANX_A_FLOW_REPLY_PACKETS, r->packets[1], MANX_A_FLOW_PAD) ||
	    nla_put_u64_64bit(msg, MANX_A_FLOW_REPLY_BYTES, r->bytes[1], MANX_A_FLOW_PAD))
		return -EMSGSIZE;
	return 0;
}

static int manx_report_put_way(struct sk_buff *msg, const struct manx_flow_report *r,
			       unsigned int dir, int way, int why)
{
	if (nla_put_u32(msg, way, r->way[dir]))
		return -EMSGSIZE;
	return r->way[dir] == MANX_WAY_STACK ? nla_put_u32(msg, why, r->why[dir]) : 0;
}

int manx_report_put(struct sk_buff *msg, const struct manx_flow_report *report)
{
	if (nla_put_u32(msg, MANX_A_FLOW_FROM, report->key.from) ||
	    nla_put_u32(msg, MANX_A_FLOW_TO, report->to) ||
	    manx_report_put_tuple(msg, &report->key) ||
	    nla_put_u32(msg, MANX_A_FLOW_STATE, report->state) ||
	    nla_put_u32(msg, MANX_A_FLOW_FLAGS, report->flags) ||
	    nla_put_u32(msg, MANX_A_FLOW_EXPIRES, report->expires) ||
	    manx_report_put_counts(msg, report) ||
	    nla_put_u32(msg, MANX_A_FLOW_JUDGED, report->generation) ||
	    manx_report_put_way(msg, report, MANX_FLOW_ORIGINAL, MANX_A_FLOW_WAY,
				MANX_A_FLOW_WHY) ||
	    manx_report_put_way(msg, report, MANX_FLOW_REPLY, MANX_A_FLOW_REPLY_WAY,
				MANX_A_FLOW_REPLY_WHY))
		return -EMSGSIZE;
	return 0;
}

/* --- walking --- */

#define MANX_FILTER(filter, attr, condition)	\
	(!((filter)->has & BIT(MANX_A_FLOW_##attr)) || (condition))

static bool manx_filter_matches(const struct manx_flow_filter *f,
				const struct manx_flow_report *r)
{
	struct manx_packet p;

	manx_flow_packet(&r->key, &p);
	return MANX_FILTER(f, FROM, r->key.from == f->from) && MANX_FILTER(f, TO, r->to == f->to) &&
	       MANX_FILTER(f, ENDPOINT, r->key.from == f->endpoint || r->to == f->endpoint) &&
	       MANX_FILTER(f, PROTOCOL, p.protocol == f->protocol) &&
	       MANX_FILTER(f, STATE, r->state == f->state) &&
	       MANX_FILTER(f, WAY, r->way[MANX_FLOW_ORIGINAL] == f->way) &&
	       MANX_FILTER(f, SOURCE, p.family == f->family &&
			   nf_inet_addr_cmp(&p.src, &f->src)) &&
	       MANX_FILTER(f, DESTINATION, p.family == f->family &&
			   nf_inet_addr_cmp(&p.dst, &f->dst)) &&
	       MANX_FILTER(f, SOURCE_PORT, p.sport == f->sport) &&
	       MANX_FILTER(f, DESTINATION_PORT, p.dport == f->dport);
}

int manx_report_bucket(struct manx_flows *flows, u32 bucket, u32 skip,
		       const struct manx_flow_filter *filter,
		       int (*fn)(struct manx_flow *flow, const struct manx_flow_report *report,
				 void *ctx), void *ctx)
{
	const struct manx_flow_buckets *b;
	const struct manx_ruleset *rs;
	struct manx_flow_report report;
	struct manx_flow_side *side;
	enum manx_flow_end why;
	struct manx_flow *flow;
	int seen = 0, stop = 0;

	rcu_read_lock();
	rs = rcu_dereference(flows->ns->ruleset);
	b = rcu_dereference(flows->buckets);
	hlist_for_each_entry_rcu(side, &b->head[bucket & b->mask], node) {
		flow = manx_flow_of_side(side);
		if (side->dir != MANX_FLOW_ORIGINAL || seen++ < skip ||
		    manx_flow_is_over(rs, flow, &why))
			continue;
		manx_report_flow(flow, &report);
		stop = manx_filter_matches(filter, &report) ? fn(flow, &report, ctx) : 0;
		if (stop)
			break;
	}
	rcu_read_unlock();
	return stop ? seen - 1 : -1;
}

static int manx_flow_end_one(struct manx_flow *flow, const struct manx_flow_report *report,
			     void *ctx)
{
	u32 *ended = ctx;

	*ended += manx_flow_remove(flow, MANX_FLOW_END_GONE);
	return 0;
}

u32 manx_flows_end(struct manx_flows *flows, const struct manx_flow_filter *filter)
{
	u32 i, ended = 0, n = manx_flows_walk(flows);

	for (i = 0; i < n; i++) {
		manx_report_bucket(flows, i, 0, filter, manx_flow_end_one, &ended);
		cond_resched();
	}
	manx_flows_walked(flows);
	return ended;
}

/* --- events --- */

void manx_report_send(struct net *net, u8 cmd, const struct manx_flow_report *report)
{
	struct sk_buff *msg = genlmsg_new(GENLMSG_DEFAULT_SIZE, GFP_KERNEL);
	void *hdr = msg ? genlmsg_put(msg, 0, 0, &manx_nl_family, 0, cmd) : NULL;

	if (!hdr || manx_report_put(msg, report)) {
		nlmsg_free(msg);
		return;
	}
	genlmsg_end(msg, hdr);
	genlmsg_multicast_netns(&manx_nl_family, net, msg, 0, MANX_NLGRP_FLOWS, GFP_KERNEL);
}

/*
 * When the last link has gone nothing is told any more: the module may be going,
 * too, and what carries events goes before the tables. The core waits a grace
 * period between the two.
 */
static void manx_report_event(const struct manx_flow *flow, u8 cmd)
{
	struct manx_ns *ns = flow->flows->ns;
	struct manx_flow_report report;

	if (!READ_ONCE(ns->hooks) || !manx_event_flow_wanted(&ns->events))
		return;
	manx_report_flow(flow, &report);
	local_bh_disable();
	manx_event_flow(&ns->events, cmd, &report);
	local_bh_enable();
}

void manx_report_new(const struct manx_flow *flow)
{
	manx_report_event(flow, MANX_CMD_FLOW_NEW_NTF);
}

void manx_report_end(const struct manx_flow *flow)
{
	manx_report_event(flow, MANX_CMD_FLOW_END_NTF);
}
