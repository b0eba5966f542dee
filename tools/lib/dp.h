/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The dataplane as user space sees it: the objects of the generic netlink
 * family "manx", read and changed as whole states.
 */
#ifndef MANX_DP_H
#define MANX_DP_H

#include <linux/manx.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "addr.h"
#include "error.h"

/* prefixes, names and port ranges of a rule; arrays and names owned */
struct manx_dp_prefixes {
	struct manx_prefix *p;
	size_t n;
};
struct manx_dp_names {
	char **s;
	size_t n;
};
struct manx_dp_range {
	uint16_t first, last;	/* host byte order, inclusive */
};
struct manx_dp_ranges {
	struct manx_dp_range *r;
	size_t n;
};

/**
 * struct manx_dp_side - one side of a rule; [0] must match, [1] must not
 */
struct manx_dp_side {
	struct manx_dp_prefixes net[2];
	struct manx_dp_names set[2];
	struct manx_dp_ranges port[2];
};

/**
 * struct manx_dp_rule - see attribute set "rule" of the specification
 * @action: MANX_ACTION_*
 * @ip_version: 0, 4, 6
 * @protocol, @icmp_type, @icmp_code: [0] must match, [1] must not; -1 if absent
 * @packets: counter, read only
 */
struct manx_dp_rule {
	uint32_t id;
	uint32_t action;
	int ip_version;
	int protocol[2];
	int icmp_type[2], icmp_code[2];
	struct manx_dp_side src, dst;
	uint64_t packets;
};

struct manx_dp_set {
	char *name;
	struct manx_dp_prefixes members;
};

struct manx_dp_table {
	char *name;
	uint32_t direction;		/* MANX_DIRECTION_* */
	uint32_t default_action;	/* MANX_ACTION_DENY or _PASS */
	struct manx_dp_rule *rule;
	size_t n_rules;
	/* read only from here */
	uint64_t default_packets;
	uint32_t form;			/* MANX_TABLE_FORM_* */
	uint64_t memory;		/* octets */
};

struct manx_dp_drop {
	uint32_t reason;		/* MANX_DROP_REASON_* */
	uint64_t packets;
};

struct manx_dp_endpoint {
	uint32_t id;
	char *name;			/* may be NULL */
	struct manx_dp_prefixes addr;
	struct manx_dp_prefixes source;
	bool has_mac;
	uint8_t mac[6];
	uint32_t flags;			/* MANX_ENDPOINT_FLAGS_* */
	struct manx_dp_names ingress, egress;
	/* read only from here */
	uint32_t ifindex;		/* 0: no link */
	uint64_t rx_packets, rx_bytes, tx_packets, tx_bytes;
	struct manx_dp_drop *drop;
	size_t n_drops;
	uint32_t flows_from, flows_to;
};

/* Options of a namespace, see attribute set "node"; all of them are numbers. */
enum manx_dp_option {
	MANX_DP_MARK_MASK, MANX_DP_ENDPOINT_TO_NODE,
	MANX_DP_MAX_MEMBERS, MANX_DP_MAX_RULES, MANX_DP_MAX_CLASSES, MANX_DP_MAX_MEMORY,
	MANX_DP_MAX_FLOWS, MANX_DP_MAX_FLOWS_FROM, MANX_DP_MAX_FLOWS_TO, MANX_DP_FRAGMENT_RATE,
	MANX_DP_KEEP_ESTABLISHED, MANX_DP_REFUSE_PICKUP, MANX_DP_AUDIT,
	MANX_DP_FAST, MANX_DP_MARK_STAY, MANX_DP_QUEUE_PACKETS,
	MANX_DP_TCP_OPENING, MANX_DP_TCP_ESTABLISHED, MANX_DP_TCP_CLOSING,
	MANX_DP_UDP, MANX_DP_UDP_REPLIED, MANX_DP_ICMP, MANX_DP_OTHER,
	MANX_DP_OPTIONS
};

/**
 * struct manx_dp_config - values of options
 * @given: bit 1 << MANX_DP_* of each that has a value
 * @value: by MANX_DP_*; what is not given is 0
 */
struct manx_dp_config {
	uint32_t given;
	uint64_t value[MANX_DP_OPTIONS];
};

/**
 * struct manx_dp_node - configuration and totals of a namespace
 * @members, @rules, @classes, @flows, @memory: how much of what is limited is
 *	in use; memory in octets
 */
struct manx_dp_node {
	struct manx_dp_config config;
	/* read only from here */
	uint32_t generation;
	char version[32];
	uint32_t members, rules, classes, flows;
	uint64_t memory;
	struct manx_dp_drop *drop;
	size_t n_drops;
};

/**
 * struct manx_dp_state - everything; each array sorted by name, id, address
 */
struct manx_dp_state {
	struct manx_dp_node node;
	struct manx_dp_set *set;
	size_t n_sets;
	struct manx_dp_table *table;
	size_t n_tables;
	struct manx_dp_endpoint *endpoint;
	size_t n_endpoints;
	struct manx_addr *peer;
	size_t n_peers;
};

void manx_dp_state_clear(struct manx_dp_state *st);

struct manx_dp;

/*
 * Connect to the module in the current network namespace. -ENOENT with the
 * remedy ("modprobe manx") when it is not loaded. What is asked and changed
 * through it answers -EPERM without CAP_NET_ADMIN.
 */
int manx_dp_open(struct manx_dp **dp, struct manx_error *err);
void manx_dp_close(struct manx_dp *dp);

/*
 * Everything, of one generation (read again if a commit came between); -EAGAIN
 * if commits never cease. *st need not be initialised; manx_dp_state_clear() it.
 */
int manx_dp_read(struct manx_dp *dp, struct manx_dp_state *st, struct manx_error *err);
/*
 * Just the endpoints; one if @id is not 0, none (success) if it does not exist.
 * *n entries, sorted by id; free with manx_dp_endpoints_free().
 */
int manx_dp_read_endpoints(struct manx_dp *dp, uint32_t id, struct manx_dp_endpoint **ep,
			   size_t *n, struct manx_error *err);
void manx_dp_endpoints_free(struct manx_dp_endpoint *ep, size_t n);

/**
 * struct manx_dp_applied - what became of a state
 * @generation: of the state that is in force now
 * @changes: objects, or options together, that were changed
 * @requests: messages to the module, those for reading included
 */
struct manx_dp_applied {
	uint32_t generation;
	size_t changes;
	uint32_t requests;
};

/*
 * Make the module's state equal @want in one transaction that contains only
 * what differs, of a set only the members that came and went. Read-only fields
 * of @want are ignored; the order of its objects and of members does not matter,
 * that of rules and chains does. Options that are not given stay as they are.
 *
 * With @sync it returns only when no packet is judged by the old state any more; a
 * commit that deletes an endpoint or changes its addresses always does so.
 *
 * On success *want is empty: the connection keeps it, and compares the next one
 * with it if the module is still of that generation, instead of reading all the
 * module has. On failure *want is the caller's still, but sorted.
 *
 * -EINVAL if an object is there twice, -EMSGSIZE if one rule or endpoint is too
 * large for a message, -EBUSY while another writer has a transaction open (waits
 * up to 5 s for it), else the module's own words.
 */
int manx_dp_apply(struct manx_dp *dp, struct manx_dp_state *want, bool sync,
		  struct manx_dp_applied *applied, struct manx_error *err);

/* Change the options that are given, in a transaction of their own. *generation: now */
int manx_dp_configure(struct manx_dp *dp, const struct manx_dp_config *config,
		      uint32_t *generation, struct manx_error *err);
/*
 * Give the option @name ("max-flows", "timeout.udp") the value @text: a number,
 * for octets with K, M, G or T behind it (powers of 1024), a word like on, deny
 * or direct, or a mask. -EINVAL, telling what is allowed.
 */
int manx_dp_config_set(struct manx_dp_config *config, const char *name, const char *text,
		       struct manx_error *err);
/* The value of @option as manx_dp_config_set() takes it. */
#define MANX_DP_VALUE_STRLEN 24
const char *manx_dp_config_text(const struct manx_dp_config *config, enum manx_dp_option option,
				char buf[MANX_DP_VALUE_STRLEN]);
const char *manx_dp_option_name(enum manx_dp_option option);

/**
 * struct manx_dp_flow - an entry of the flow table, see attribute set "flow"
 * @from, @to: endpoint ids; 0 outside, 1 the node
 * @source_port, @destination_port: host byte order; ICMP: type and code
 * @icmp_id: -1 if it has none
 * @domain: ifindex of a VRF, 0 for none
 * @expires: ms
 * @way, @reply_way: MANX_WAY_*
 * @why, @reply_why: MANX_WHY_*, where the way is MANX_WAY_STACK
 */
struct manx_dp_flow {
	uint32_t from, to;
	int protocol;
	struct manx_addr source, destination;
	uint32_t source_port, destination_port;
	int64_t icmp_id;
	uint32_t domain;
	uint32_t state, flags;
	uint32_t expires;
	uint64_t packets, bytes, reply_packets, reply_bytes;
	uint32_t judged;
	uint32_t way, reply_way, why, reply_why;
};

/* What a flow must have; numbers -1 and addresses of family 0 where it does not matter. */
struct manx_dp_flow_filter {
	int64_t from, to, endpoint;
	int64_t protocol, source_port, destination_port, state, way;
	struct manx_addr source, destination;
};
#define MANX_DP_FLOW_ANY { -1, -1, -1, -1, -1, -1, -1, -1, { 0 }, { 0 } }

/*
 * Let one more thing matter: @key is from, to, endpoint, protocol, source,
 * destination, sport, dport, state or way. -EINVAL, telling what is allowed, also
 * if it was given before.
 */
int manx_dp_flow_filter_set(struct manx_dp_flow_filter *filter, const char *key,
			    const char *text, struct manx_error *err);
/*
 * Hand each flow that fits to @fn until it returns something else than 0, which
 * is then returned. Flows that begin or end meanwhile may be missing.
 */
int manx_dp_flows(struct manx_dp *dp, const struct manx_dp_flow_filter *filter,
		  int (*fn)(void *ctx, const struct manx_dp_flow *flow), void *ctx,
		  struct manx_error *err);
/* End each flow that fits; *ended: how many. */
int manx_dp_flush(struct manx_dp *dp, const struct manx_dp_flow_filter *filter,
		  uint32_t *ended, struct manx_error *err);

/**
 * struct manx_dp_event - something that happened, see attribute set "event"
 * @type: MANX_EVENT_TYPE_*
 * @endpoint: 0 if it concerns none
 * @reason: with MANX_EVENT_TYPE_DROP, MANX_EVENT_TYPE_AUDIT
 * @table, @rule: which decided; "" if none did, and for the default of @table
 *	@rule is -1
 * @protocol: of the packet, -1 if there is none
 * @source, @destination: of the packet, family 0 if there is none
 * @source_port, @destination_port: host byte order; ICMP: type and code
 * @lost: events that were not sent (MANX_EVENT_TYPE_LOST)
 */
struct manx_dp_event {
	uint32_t type;
	uint32_t generation;
	uint32_t endpoint;
	uint32_t ifindex;
	uint32_t direction;
	uint32_t reason;
	char table[MANX_NAME_MAX + 1];
	int64_t rule;
	int protocol;
	struct manx_addr source, destination;
	uint32_t source_port, destination_port;
	uint32_t lost;
};

/**
 * struct manx_dp_listener - who receives events
 * @event: of the multicast group "events"
 * @flow: of the group "flows", if it was subscribed to
 */
struct manx_dp_listener {
	void (*event)(void *ctx, const struct manx_dp_event *ev);
	void (*flow)(void *ctx, const struct manx_dp_flow *flow, bool ended);
	void *ctx;
};

/*
 * Receive events on @dp from now on, with @flows also of flows; a connection
 * used for this must not be used for anything else.
 */
int manx_dp_subscribe(struct manx_dp *dp, bool flows, struct manx_error *err);
/*
 * Wait at most @timeout_ms (-1: for ever) and hand on what came. -EAGAIN if
 * nothing came, -EINTR on a signal, -ENOBUFS if the socket's buffer ran over.
 */
int manx_dp_events(struct manx_dp *dp, int timeout_ms, const struct manx_dp_listener *listener,
		   struct manx_error *err);

/* JSON of a state: what `manxctl dp show -o json` prints and `dp load` reads. */
struct cJSON;
/* NULL without memory; the caller's. */
struct cJSON *manx_dp_flow_to_json(const struct manx_dp_flow *flow);
/* @counters: with what is read only. NULL without memory; the caller's. */
struct cJSON *manx_dp_state_to_json(const struct manx_dp_state *st, bool counters);
/*
 * What is read only is skipped, absent configuration is the default. -EINVAL,
 * naming the place, for anything unknown, of the wrong type or out of range;
 * *st is then empty. *st need not be initialised.
 */
int manx_dp_state_from_json(const struct cJSON *json, struct manx_dp_state *st,
			    struct manx_error *err);

/* Words for numbers; "?" if unknown. */
const char *manx_dp_reason_name(uint32_t reason);
const char *manx_dp_action_name(uint32_t action);
const char *manx_dp_direction_name(uint32_t direction);
const char *manx_dp_event_name(uint32_t type);
const char *manx_dp_form_name(uint32_t form);
const char *manx_dp_flow_state_name(uint32_t state);
const char *manx_dp_way_name(uint32_t way);
const char *manx_dp_why_name(uint32_t why);
/* Of bit 1 << @bit of a flow's flags; NULL beyond the last. */
const char *manx_dp_flow_flag_name(uint32_t bit);
/* NULL if only a number is known. */
const char *manx_dp_protocol_name(int protocol);

#endif /* MANX_DP_H */
