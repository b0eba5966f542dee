// SPDX-License-Identifier: GPL-2.0-only
/*
 * Events towards user space.
 */
#include "event.h"

#include <linux/jiffies.h>
#include <linux/percpu.h>
#include <linux/rtnetlink.h>
#include <linux/string.h>
#include <net/genetlink.h>
#include <net/net_namespace.h>

#include "flow/report.h"
#include "judge.h"
#include "netlink.h"

/* Records a CPU can hold until the work runs; a power of two. */
#define MANX_EVENT_RING		64
/* Tokens: events a second and CPU, and how many may come at once. */
#define MANX_EVENT_RATE		100
#define MANX_EVENT_BURST	MANX_EVENT_RING

/**
 * struct manx_event_record - one log, drop, audit or flow event
 * @cmd: flow: MANX_CMD_FLOW_NEW_NTF or _END_NTF, with @flow alone; 0 for others
 * @type: MANX_EVENT_TYPE_*
 * @endpoint: id
 * @direction: MANX_DIRECTION_*, if there is a chain to name
 * @reason: drop and audit: MANX_DROP_REASON_*
 * @rule: id of the rule, if @has_rule
 * @has_direction: see @direction
 * @has_rule: a rule of @table decided, else its default
 * @packet: all zero (family 0) if unknown
 * @table: name of the table; empty if none decided
 * @flow: the entry
 */
struct manx_event_record {
	u8 cmd;
	u8 type;
	u8 direction;
	u8 reason;
	bool has_direction;
	bool has_rule;
	union {
		struct {
			u32 endpoint;
			u32 rule;
			struct manx_packet packet;
			char table[MANX_NAME_MAX + 1];
		};
		struct manx_flow_report flow;
	};
};

/**
 * struct manx_events_cpu - ring with one writer, its CPU, and one reader, the work
 * @head: records written; by the CPU, released after the record
 * @tail: records read; by the work
 * @lost: events without token or room, for the groups "events" [0] and "flows" [1];
 *	taken by the work with xchg
 * @tokens: left
 * @refilled: when @tokens was filled last, jiffies
 * @ring: the records
 */
struct manx_events_cpu {
	u32 head;
	u32 tail;
	atomic_t lost[2];
	u32 tokens;
	unsigned long refilled;
	struct manx_event_record ring[MANX_EVENT_RING];
};

/* Emptied before the family goes, see manx_event_exit(). */
static struct workqueue_struct *manx_event_queue;

static bool manx_event_token(struct manx_events_cpu *ec)
{
	unsigned long passed = jiffies - ec->refilled;
	unsigned long fresh = passed * MANX_EVENT_RATE / HZ;

	if (passed > HZ)
		fresh = MANX_EVENT_BURST;
	if (fresh) {
		ec->refilled = jiffies;
		ec->tokens = min_t(unsigned long, ec->tokens + fresh, MANX_EVENT_BURST);
	}
	if (!ec->tokens)
		return false;
	ec->tokens--;
	return true;
}

static void manx_event_record(struct manx_events *ev, const struct manx_event_record *record)
{
	struct manx_events_cpu *ec = this_cpu_ptr(ev->cpu);

	/* Pairs with the release of @tail: the slot has been read. */
	if (ec->head - smp_load_acquire(&ec->tail) >= MANX_EVENT_RING || !manx_event_token(ec)) {
		atomic_inc(&ec->lost[!!record->cmd]);
	} else {
		ec->ring[ec->head % MANX_EVENT_RING] = *record;
		/* Pairs with the acquire in manx_events_drain(). */
		smp_store_release(&ec->head, ec->head + 1);
	}
	queue_work(manx_event_queue, &ev->work);
}

void manx_event_log(struct manx_events *ev, u32 endpoint, u32 direction,
		    const char *table, u32 rule, const struct manx_packet *p)
{
	struct manx_event_record record;

	if (!manx_nl_has_listeners(ev->net))
		return;
	record = (struct manx_event_record){
		.type		= MANX_EVENT_TYPE_LOG,
		.endpoint	= endpoint,
		.direction	= direction,
		.has_direction	= true,
		.rule		= rule,
		.has_rule	= true,
		.packet		= *p,
	};
	strscpy(record.table, table, sizeof(record.table));
	manx_event_record(ev, &record);
}

void manx_event_drop(struct manx_events *ev, u32 endpoint, enum manx_drop_reason reason,
		     const struct manx_packet *p)
{
	struct manx_event_record record;

	if (!manx_nl_has_listeners(ev->net))
		return;
	record = (struct manx_event_record){
		.type		= MANX_EVENT_TYPE_DROP,
		.endpoint	= endpoint,
		.reason		= reason,
	};
	if (p)
		record.packet = *p;
	manx_event_record(ev, &record);
}

/* Apart, so that nobody pays for the record when nobody listens. */
static noinline void manx_event_record_verdict(struct manx_events *ev, enum manx_event_type type,
					       const struct manx_verdict *v,
					       const struct manx_packet *p)
{
	struct manx_event_record record = {
		.type		= type,
		.endpoint	= v->endpoint,
		.reason		= v->reason,
		.direction	= v->direction,
		.has_direction	= true,
		.packet		= *p,
	};
	if (v->table) {
		strscpy(record.table, v->table->name->s, sizeof(record.table));
		record.has_rule = v->rule < v->table->n;
	}
	if (record.has_rule)
		record.rule = v->table->rule[v->rule].id;
	manx_event_record(ev, &record);
}

void manx_event_verdict(struct manx_events *ev, enum manx_event_type type,
			const struct manx_verdict *v, const struct manx_packet *p)
{
	if (manx_nl_has_listeners(ev->net))
		manx_event_record_verdict(ev, type, v, p);
}

bool manx_event_flow_wanted(const struct manx_events *ev)
{
	return genl_has_listeners(&manx_nl_family, ev->net, MANX_NLGRP_FLOWS);
}

void manx_event_flow(struct manx_events *ev, u8 cmd, const struct manx_flow_report *report)
{
	struct manx_event_record record = { .cmd = cmd };

	record.flow = *report;
	manx_event_record(ev, &record);
}

static int manx_event_put_packet(struct sk_buff *msg, const struct manx_packet *p)
{
	int size = p->family == NFPROTO_IPV4 ? 4 : 16;

	if (!p->family)
		return 0;
	if (nla_put_u32(msg, MANX_A_EVENT_PROTOCOL, p->protocol) ||
	    nla_put(msg, MANX_A_EVENT_SOURCE, size, &p->src) ||
	    nla_put(msg, MANX_A_EVENT_DESTINATION, size, &p->dst) ||
	    nla_put_u32(msg, MANX_A_EVENT_SOURCE_PORT, p->sport) ||
	    nla_put_u32(msg, MANX_A_EVENT_DESTINATION_PORT, p->dport))
		return -EMSGSIZE;
	return 0;
}

static int manx_event_put_record(struct sk_buff *msg, const struct manx_event_record *record)
{
	if (nla_put_u32(msg, MANX_A_EVENT_ENDPOINT, record->endpoint) ||
	    (record->type != MANX_EVENT_TYPE_LOG &&
	     nla_put_u32(msg, MANX_A_EVENT_REASON, record->reason)) ||
	    (record->has_direction &&
	     nla_put_u32(msg, MANX_A_EVENT_DIRECTION, record->direction)) ||
	    (record->table[0] && nla_put_string(msg, MANX_A_EVENT_TABLE, record->table)) ||
	    (record->has_rule && nla_put_u32(msg, MANX_A_EVENT_RULE, record->rule)))
		return -EMSGSIZE;
	return manx_event_put_packet(msg, &record->packet);
}

/* one attribute of an event, and its value */
struct manx_event_number {
	int attr;
	u32 value;
};

/* Sends a group @type with up to two numbers (attr 0: none) and @record, if not NULL. */
static void manx_event_send_to(struct net *net, unsigned int group, u32 type,
			       const struct manx_event_record *record,
			       struct manx_event_number one, struct manx_event_number two)
{
	struct sk_buff *msg;
	void *hdr;

	if (!genl_has_listeners(&manx_nl_family, net, group))
		return;
	msg = manx_nl_event_new(&hdr);
	if (!msg)
		return;
	if (nla_put_u32(msg, MANX_A_EVENT_TYPE, type) ||
	    (one.attr && nla_put_u32(msg, one.attr, one.value)) ||
	    (two.attr && nla_put_u32(msg, two.attr, two.value)) ||
	    (record && manx_event_put_record(msg, record)))
		nlmsg_free(msg);
	else
		manx_nl_event_send(net, group, msg, hdr);
}

static void manx_event_send(struct net *net, u32 type, const struct manx_event_record *record,
			    struct manx_event_number one, struct manx_event_number two)
{
	manx_event_send_to(net, MANX_NLGRP_EVENTS, type, record, one, two);
}

static const struct manx_event_number manx_event_none;

static void manx_event_send_record(struct net *net, const struct manx_event_record *record)
{
	if (record->cmd)
		manx_report_send(net, record->cmd, &record->flow);
	else
		manx_event_send(net, record->type, record, manx_event_none, manx_event_none);
}

/* Whoever listens to a group is told what it has missed of it. */
static void manx_event_send_lost(struct net *net, unsigned int group, u32 lost)
{
	if (lost)
		manx_event_send_to(net, group, MANX_EVENT_TYPE_LOST, NULL,
				   (struct manx_event_number){ MANX_A_EVENT_LOST, lost },
				   manx_event_none);
}

static void manx_events_drain(struct work_struct *work)
{
	struct manx_events *ev = container_of(work, struct manx_events, work);
	const struct manx_event_record *record;
	struct manx_events_cpu *ec;
	u32 lost[2] = {};
	int cpu;

	for_each_possible_cpu(cpu) {
		ec = per_cpu_ptr(ev->cpu, cpu);
		/* Pairs with the release in manx_event_record(). */
		while (ec->tail != smp_load_acquire(&ec->head)) {
			record = &ec->ring[ec->tail % MANX_EVENT_RING];
			manx_event_send_record(ev->net, record);
			/* The slot may be written again. */
			smp_store_release(&ec->tail, ec->tail + 1);
		}
		lost[0] += atomic_xchg(&ec->lost[0], 0);
		lost[1] += atomic_xchg(&ec->lost[1], 0);
	}
	manx_event_send_lost(ev->net, MANX_NLGRP_EVENTS, lost[0]);
	manx_event_send_lost(ev->net, MANX_NLGRP_FLOWS, lost[1]);
}

void manx_event_generation(struct net *net, u32 generation)
{
	manx_event_send(net, MANX_EVENT_TYPE_GENERATION, NULL,
			(struct manx_event_number){ MANX_A_EVENT_GENERATION, generation },
			manx_event_none);
}

void manx_event_endpoint(struct net *net, enum manx_event_type type, u32 endpoint, int ifindex)
{
	manx_event_send(net, type, NULL,
			(struct manx_event_number){ MANX_A_EVENT_ENDPOINT, endpoint },
			(struct manx_event_number){ MANX_A_EVENT_IFINDEX, ifindex });
}

void manx_events_init(struct manx_events *ev, struct net *net)
{
	ev->net = net;
	INIT_WORK(&ev->work, manx_events_drain);
}

int manx_events_start(struct manx_events *ev)
{
	ASSERT_RTNL();
	if (!ev->cpu)
		ev->cpu = alloc_percpu_gfp(struct manx_events_cpu, GFP_KERNEL_ACCOUNT);
	return ev->cpu ? 0 : -ENOMEM;
}

void manx_events_exit(struct manx_events *ev)
{
	cancel_work_sync(&ev->work);
	free_percpu(ev->cpu);
}

int manx_event_init(void)
{
	manx_event_queue = alloc_workqueue("manx_events", WQ_UNBOUND, 0);
	return manx_event_queue ? 0 : -ENOMEM;
}

/* No link is left, so nothing is queued any more; what is waiting is sent. */
void manx_event_exit(void)
{
	destroy_workqueue(manx_event_queue);
}
