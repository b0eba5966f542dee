/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A small cluster to compile policies for, and a judge that says what the
 * tables that come out do with packets: a walk over the rules, as
 * uapi/netlink/specs/manx.yaml defines them.
 */
#ifndef MANX_TEST_POLICY_CLUSTER_H
#define MANX_TEST_POLICY_CLUSTER_H

#include <math.h>
#include <stdbool.h>

#include "policy.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#define IN  MANX_DIRECTION_INGRESS
#define OUT MANX_DIRECTION_EGRESS

#define N_PODS 6

/* Ids of the pods that live on node n1, whose endpoints are compiled. */
enum { WEB = 2, DB = 3, WEB2 = 4, BARE = 7 };

struct cluster {
	struct manx_wep wep[N_PODS];
	struct manx_policy_input in;
	struct manx_dp_state out;
	struct manx_error err;
};

/* Rules and policies that match everything, but for what the arguments say. */
#define ENTITY(...) { .selector = "", .not_selector = "", .ns_selector = "", __VA_ARGS__ }
#define RULE(act, ...) { .action = MANX_POLICY_##act, .protocol = -1, .not_protocol = -1, \
	.icmp_type = -1, .icmp_code = -1, .not_icmp_type = -1, .not_icmp_code = -1, __VA_ARGS__ }
#define ANY_RULE(act) RULE(act, .src = ENTITY(), .dst = ENTITY())
#define FROM(act, ...) RULE(act, .src = ENTITY(__VA_ARGS__), .dst = ENTITY())
#define POLICY(...) { .order = INFINITY, .ns_selector = "", .selector = "", __VA_ARGS__ }
#define INGRESS(r) .ingress_applies = true, .ingress = (r), .n_ingress = ARRAY_SIZE(r)
#pragma GCC diagnostic ignored "-Woverride-init"

/* Compile @policy for the cluster; must succeed. */
struct cluster *cluster_compile(const struct manx_policy *policy, size_t n);
/* The same with the network sets, namespaces and tiers of @more. */
struct cluster *cluster_compile_with(const struct manx_policy *policy, size_t n,
				     const struct manx_policy_input *more);
void cluster_free(struct cluster *c);

struct packet {
	int protocol;
	const char *src, *dst;
	int port;			/* of the destination, or the ICMP type */
};

/* These fail the test if there is none. */
const struct manx_dp_table *table_of(const struct manx_dp_state *st, const char *name);
const struct manx_dp_endpoint *endpoint_of(const struct manx_dp_state *st, uint32_t id);

/* The verdict of endpoint @id's chain. */
bool allowed(const struct cluster *c, uint32_t id, uint32_t direction, const struct packet *p);
/* The same for TCP from @src to @dst, port 80. */
bool tcp(const struct cluster *c, uint32_t id, uint32_t direction, const char *src,
	 const char *dst);

#endif /* MANX_TEST_POLICY_CLUSTER_H */
