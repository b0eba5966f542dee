/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The configuration of a namespace: what NODE_SET sets, limits above all. It is
 * part of a ruleset and changes with it.
 */
#ifndef _MANX_CONFIG_H
#define _MANX_CONFIG_H

#include <linux/types.h>
#include <uapi/linux/manx.h>

/**
 * struct manx_config - how a namespace is configured
 * @mark_mask: fwmark bits of manx
 * @mark_accept: the lowest of them
 * @endpoint_to_node: MANX_ACTION_ALLOW or MANX_ACTION_DENY
 * @max_members: of all sets
 * @max_rules: of all tables
 * @max_classes: distinct combinations of sets
 * @max_memory: octets of sets, classes, rules with their counters and compiled tables
 * @max_flows: entries of the flow table
 * @max_flows_from: of those, what one endpoint may start
 * @max_flows_to: of those, what may come to one endpoint from outside or the node
 * @fragment_rate: fragments a second that an endpoint may send
 * @keep_established: a flow that was allowed and answered is not judged again
 * @refuse_pickup: TCP in mid-stream of an unknown flow is dropped
 * @audit: what policy denies passes, and is counted and reported
 * @fast: enum manx_fast, which flows may leave the host's stack aside
 * @mark_stay: fwmark bits that keep a flow in it; none of @mark_mask
 * @queue_packets: of one endpoint, that may wait on one CPU for delivery into
 *	endpoints; 0: the host's receive backlog is used
 * @timeout: of flow entries, seconds, by MANX_A_TIMEOUTS_*; [0] is not used
 */
struct manx_config {
	u32 mark_mask;
	u32 mark_accept;
	u8 endpoint_to_node;
	bool keep_established;
	bool refuse_pickup;
	bool audit;
	u8 fast;
	u32 mark_stay;
	u32 queue_packets;
	u32 max_members;
	u32 max_rules;
	u32 max_classes;
	u64 max_memory;
	u32 max_flows;
	u32 max_flows_from;
	u32 max_flows_to;
	u32 fragment_rate;
	u32 timeout[MANX_A_TIMEOUTS_MAX + 1];
};

/*
 * What a namespace begins with. Limits are raised above it only by who may
 * configure the initial namespace: an unprivileged user namespace must not be
 * able to take the host's memory.
 */
extern const struct manx_config manx_config_default;

#endif /* _MANX_CONFIG_H */
