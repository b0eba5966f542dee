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
 * remedy ("modprobe manx") when it is not loaded, -EPERM without CAP_NET_ADMIN.
 */
int manx_dp_open(struct manx_dp **dp, struct manx_error *err);
void manx_dp_close(struct manx_dp *dp);

/* Everything, of one generation (read again if a commit came between). */
int manx_dp_read(struct manx_dp *dp, struct manx_dp_state *st, struct manx_error *err);
/* Just the endpoints; one if @id is not 0. *n entries, free with manx_dp_endpoints_free(). */
int manx_dp_read_endpoints(struct manx_dp *dp, uint32_t id, struct manx_dp_endpoint **ep,
			   size_t *n, struct manx_error *err);
void manx_dp_endpoints_free(struct manx_dp_endpoint *ep, size_t n);

/*
 * Make the module's state equal @want in one transaction that contains only
 * what differs; nothing is sent if nothing differs. Read-only fields of @want
 * are ignored. -EBUSY while another writer has a transaction open (waits up
 * to 5 s for it), else the module's own words. *generation may be NULL.
 */
int manx_dp_apply(struct manx_dp *dp, const struct manx_dp_state *want, uint32_t *generation,
		  struct manx_error *err);

/* JSON of a state: what `manxctl dp show -o json` prints and `dp load` reads. */
struct cJSON;
struct cJSON *manx_dp_state_to_json(const struct manx_dp_state *st, bool counters);
int manx_dp_state_from_json(const struct cJSON *json, struct manx_dp_state *st,
			    struct manx_error *err);

/* Words for numbers; "?" if unknown. */
const char *manx_dp_reason_name(uint32_t reason);
const char *manx_dp_action_name(uint32_t action);

#endif /* MANX_DP_H */
