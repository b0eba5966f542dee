/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Showing entries of the flow table, and ending them on request.
 */
#ifndef _MANX_FLOW_REPORT_H
#define _MANX_FLOW_REPORT_H

#include "tuple.h"

struct manx_flow;
struct manx_flows;
struct manx_ruleset;
struct net;
struct sk_buff;

/**
 * struct manx_flow_report - an entry as user space sees it
 * @key: original direction
 * @to: endpoint id, or MANX_ENDPOINT_*, that it goes to
 * @state: MANX_FLOW_STATE_*
 * @flags: MANX_FLOW_FLAGS_*
 * @expires: milliseconds
 * @generation: of the ruleset that last allowed it, or MANX_FLOW_REFUSED
 * @packets: by direction
 * @bytes: by direction
 * @way: MANX_WAY_*, by direction
 * @why: MANX_WHY_*, by direction; meaningful while @way is MANX_WAY_STACK
 */
struct manx_flow_report {
	struct manx_flow_key key;
	u32 to;
	u32 state;
	u32 flags;
	u32 expires;
	u32 generation;
	u64 packets[2];
	u64 bytes[2];
	u8 way[2];
	u8 why[2];
};

/**
 * struct manx_flow_filter - which entries are meant
 * @has: bit MANX_A_FLOW_* of each condition that there is
 * @from: see @has; likewise the rest
 * @to: endpoint that it goes to
 * @endpoint: one of both
 * @protocol: IP protocol number
 * @state: MANX_FLOW_STATE_*
 * @way: MANX_WAY_*, of the original direction
 * @family: of @src and @dst
 * @src: source address
 * @dst: destination address
 * @sport: source port, or ICMP type
 * @dport: destination port, or ICMP code
 */
struct manx_flow_filter {
	unsigned long has;
	u32 from;
	u32 to;
	u32 endpoint;
	u32 protocol;
	u32 state;
	u32 way;
	u8 family;
	union nf_inet_addr src;
	union nf_inet_addr dst;
	u32 sport;
	u32 dport;
};

/**
 * manx_report_flow() - look at an entry
 * @flow: entry
 * @report: filled
 *
 * Context: RCU read lock held.
 */
void manx_report_flow(const struct manx_flow *flow, struct manx_flow_report *report);

/**
 * manx_report_put() - write an entry into a message
 * @msg: message
 * @report: entry
 *
 * Return: 0 or -EMSGSIZE.
 */
int manx_report_put(struct sk_buff *msg, const struct manx_flow_report *report);

/**
 * manx_report_bucket() - call a function for entries of one bucket
 * @flows: table
 * @bucket: index
 * @skip: entries of the bucket to leave out
 * @filter: which others
 * @fn: gets each; what it returns, if not 0, ends the walk
 * @ctx: for @fn
 *
 * Each entry belongs to the bucket of its original direction. Entries that no
 * packet finds any more are not seen.
 *
 * Return: -1, or the number of entries to skip next time if @fn ended the walk.
 */
int manx_report_bucket(struct manx_flows *flows, u32 bucket, u32 skip,
		       const struct manx_flow_filter *filter,
		       int (*fn)(struct manx_flow *flow, const struct manx_flow_report *report,
				 void *ctx), void *ctx);

/**
 * manx_flows_end() - end entries, and what conntrack holds of them
 * @flows: table
 * @filter: which
 *
 * Context: may sleep.
 * Return: their number.
 */
u32 manx_flows_end(struct manx_flows *flows, const struct manx_flow_filter *filter);

/**
 * manx_report_send() - tell those who listen that a flow began or ended
 * @net: namespace
 * @cmd: MANX_CMD_FLOW_NEW_NTF or MANX_CMD_FLOW_END_NTF
 * @report: the entry
 *
 * Context: may sleep.
 */
void manx_report_send(struct net *net, u8 cmd, const struct manx_flow_report *report);

/* An entry was made; it is told later, by a work item. RCU read lock held. */
void manx_report_new(const struct manx_flow *flow);
/* An entry has ended. RCU read lock held. */
void manx_report_end(const struct manx_flow *flow);

#endif /* _MANX_FLOW_REPORT_H */
