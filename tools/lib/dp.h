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
	uint64_t default_packets;
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
};

/**
 * struct manx_dp_node - configuration and totals of a namespace
 */
struct manx_dp_node {
	uint32_t generation;
	uint32_t mark_mask;
	uint32_t endpoint_to_node;	/* MANX_ACTION_ALLOW or _DENY */
	char version[32];
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

/*
 * Make the module's state equal @want in one transaction that contains only
 * what differs; nothing is sent if nothing differs. Read-only fields of @want
 * are ignored; the order of its objects and of members does not matter, that of
 * rules and chains does. node.mark_mask 0 leaves the mask as it is. -EINVAL if
 * an object is there twice, -EMSGSIZE if one rule or endpoint is too large for
 * a message, -EBUSY while another writer has a transaction open (waits up to
 * 5 s for it), else the module's own words. *generation, of the state that is
 * in force now, may be NULL.
 */
int manx_dp_apply(struct manx_dp *dp, const struct manx_dp_state *want, uint32_t *generation,
		  struct manx_error *err);

/**
 * struct manx_dp_event - something that happened, see attribute set "event"
 * @type: MANX_EVENT_TYPE_*
 * @endpoint: 0 if it concerns none
 * @table, @rule: with MANX_EVENT_TYPE_LOG, else "" and 0
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
	uint32_t rule;
	int protocol;
	struct manx_addr source, destination;
	uint32_t source_port, destination_port;
	uint32_t lost;
};

/*
 * Receive events on @dp from now on; a connection used for this must not be
 * used for anything else.
 */
int manx_dp_subscribe(struct manx_dp *dp, struct manx_error *err);
/*
 * Wait at most @timeout_ms (-1: for ever) and hand what came to @fn. -EAGAIN if
 * nothing came, -EINTR on a signal, -ENOBUFS if the socket's buffer ran over.
 */
int manx_dp_events(struct manx_dp *dp, int timeout_ms,
		   void (*fn)(void *ctx, const struct manx_dp_event *ev), void *ctx,
		   struct manx_error *err);

/* JSON of a state: what `manxctl dp show -o json` prints and `dp load` reads. */
struct cJSON;
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
/* NULL if only a number is known. */
const char *manx_dp_protocol_name(int protocol);

#endif /* MANX_DP_H */
