/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Events towards user space.
 *
 * The packet path never allocates and takes no lock for an event: it writes a
 * fixed record into a ring of its CPU, if the CPU's token bucket has a token,
 * and a work item turns records into messages. What finds no token or no room
 * is counted, and the count is sent to the group that the event was for.
 */
#ifndef _MANX_EVENT_H
#define _MANX_EVENT_H

#include <linux/types.h>
#include <linux/workqueue.h>
#include <uapi/linux/manx.h>

#include "packet.h"

struct manx_events_cpu;
struct manx_flow_report;
struct manx_verdict;
struct net;

/**
 * struct manx_events - of one namespace
 * @net: the namespace
 * @cpu: ring and bucket of each CPU; NULL until the first link, then constant
 * @work: empties the rings; cancelled before the namespace goes
 */
struct manx_events {
	struct net *net;
	struct manx_events_cpu __percpu *cpu;
	struct work_struct work;
};

int manx_event_init(void);
void manx_event_exit(void);

void manx_events_init(struct manx_events *ev, struct net *net);
void manx_events_exit(struct manx_events *ev);

/**
 * manx_events_start() - make the rings, if they are not there
 * @ev: of a namespace that gets its first link; others cost nothing
 *
 * Context: RTNL held.
 * Return: 0 or -ENOMEM.
 */
int manx_events_start(struct manx_events *ev);

/**
 * manx_event_log() - a packet passed a rule with action log
 * @ev: of the namespace
 * @endpoint: id of the endpoint whose chain it is
 * @direction: MANX_DIRECTION_*
 * @table: name of the table; copied
 * @rule: id of the rule
 * @p: the packet
 *
 * Context: bottom halves disabled. While nobody listens it costs one test.
 */
void manx_event_log(struct manx_events *ev, u32 endpoint, u32 direction,
		    const char *table, u32 rule, const struct manx_packet *p);

/**
 * manx_event_drop() - a packet was dropped
 * @ev: of the namespace
 * @endpoint: id of the endpoint whose link it was, or 0
 * @reason: why
 * @p: the packet, NULL if its headers were not read
 *
 * Context: bottom halves disabled. While nobody listens it costs one test.
 */
void manx_event_drop(struct manx_events *ev, u32 endpoint, enum manx_drop_reason reason,
		     const struct manx_packet *p);

/**
 * manx_event_verdict() - policy refused a packet
 * @ev: of the namespace
 * @type: MANX_EVENT_TYPE_DROP, or _AUDIT if the packet passes nevertheless
 * @v: verdict; the names of table and rule are copied
 * @p: the packet
 *
 * Context: RCU read lock held, bottom halves disabled. While nobody listens it
 * costs one test.
 */
void manx_event_verdict(struct manx_events *ev, enum manx_event_type type,
			const struct manx_verdict *v, const struct manx_packet *p);

/**
 * manx_event_flow_wanted() - does anybody listen to what happens to flows
 * @ev: of the namespace
 */
bool manx_event_flow_wanted(const struct manx_events *ev);

/**
 * manx_event_flow() - a flow began or ended
 * @ev: of the namespace
 * @cmd: MANX_CMD_FLOW_NEW_NTF or MANX_CMD_FLOW_END_NTF
 * @report: the entry; copied
 *
 * Sent to the group "flows"; takes a token as other events do.
 *
 * Context: bottom halves disabled.
 */
void manx_event_flow(struct manx_events *ev, u8 cmd, const struct manx_flow_report *report);

/**
 * manx_event_generation() - a transaction was committed
 * @net: namespace
 * @generation: its number
 *
 * Context: may sleep.
 */
void manx_event_generation(struct net *net, u32 generation);

/**
 * manx_event_endpoint() - a link was made, or is gone
 * @net: namespace of the primary
 * @type: MANX_EVENT_TYPE_ENDPOINT_BOUND or _UNBOUND
 * @endpoint: id
 * @ifindex: of the primary
 *
 * Context: may sleep.
 */
void manx_event_endpoint(struct net *net, enum manx_event_type type, u32 endpoint,
			 int ifindex);

#endif /* _MANX_EVENT_H */
