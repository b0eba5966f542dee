/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The state that packets are judged by: sets, tables, endpoints and peers of
 * one network namespace, at one generation.
 *
 * A ruleset is a version: nothing that can be reached from it changes once it is
 * published. Packets reach it through manx_ns.ruleset under RCU and judge both
 * ends of a packet with one and the same ruleset; so do dumps. A transaction
 * makes the next version, which shares with the present one all that it does
 * not change: maps share their nodes (map.h, engine/), and an object belongs to
 * every version from the one that it was made for to the one before it was
 * replaced. Nobody counts who uses an object: what a version does without is
 * known when it is published, and freed after a grace period (garbage.h).
 */
#ifndef _MANX_RULESET_H
#define _MANX_RULESET_H

#include <linux/if_ether.h>
#include <linux/list.h>
#include <linux/rcupdate.h>
#include <net/dst_cache.h>
#include <uapi/linux/manx.h>

#include "config.h"
#include "engine/address.h"
#include "map.h"
#include "name.h"
#include "nets.h"
#include "packet.h"

/*
 * Ceilings of what one namespace may hold, beside those of its configuration
 * (config.h), so that an unprivileged user namespace cannot take the host's
 * memory; objects are charged to their cgroup besides.
 */
#define MANX_MAX_SETS		65536
#define MANX_MAX_TABLES		65536
#define MANX_MAX_ENDPOINTS	65536
#define MANX_MAX_PEERS		65536
/* A rule as an attribute: fits into a dump's message, which has 32 KiB. */
#define MANX_MAX_RULE_SIZE	16384
/* An endpoint's lists as attributes: with its counters one page's message. */
#define MANX_MAX_LISTS_SIZE	2560

struct manx_compiled;
struct manx_ns;

enum manx_object_kind {
	MANX_OBJECT_SET,
	MANX_OBJECT_TABLE,
	MANX_OBJECT_ENDPOINT,
	MANX_OBJECT_PEER,
};

/**
 * struct manx_object - what sets, tables, endpoints and peers begin with
 * @node: in a list of the transaction that made it, then in none, then in one of
 *	that which replaced it; under manx_ns.lock, later of its garbage
 * @edit: id of the edit that made it
 * @bytes: octets that it occupies
 * @kind: what it is
 *
 * Changed only by the transaction that made it, before it is published.
 */
struct manx_object {
	struct list_head node;
	u64 edit;
	u64 bytes;
	enum manx_object_kind kind;
};

/**
 * struct manx_set - addresses and prefixes
 * @object: first member
 * @name: counted
 * @copied: its members went on into the set that takes its place
 * @members: keys; their values say nothing
 */
struct manx_set {
	struct manx_object object;
	struct manx_name *name;
	bool copied;
	struct manx_hamt members;
};

/**
 * struct manx_criterion - nets, sets and ports of one side of a rule
 * @net: prefixes as they were given, ascending
 * @n_nets: number of @net
 * @n_sets: number of @set
 * @n_ports: number of @port
 * @set: names of sets, counted; their objects are in the ruleset under their id
 * @port: ranges, (first << 16) | last
 *
 * Within each list any entry matches; every list that is not empty must match.
 */
struct manx_criterion {
	struct manx_prefix *net;
	u32 n_nets;
	u32 n_sets;
	u32 n_ports;
	struct manx_name **set;
	u32 *port;
};

/**
 * struct manx_rule - one rule
 * @id: unique in its table
 * @action: MANX_ACTION_*
 * @ip_version: 0, 4 or 6
 * @protocol: must and must not be; -1 for no such condition
 * @icmp_type: likewise
 * @icmp_code: likewise; -1 matches every code
 * @src: must and must not match
 * @dst: must and must not match
 */
struct manx_rule {
	u32 id;
	u8 action;
	u8 ip_version;
	s16 protocol[2];
	s16 icmp_type[2];
	s16 icmp_code[2];
	struct manx_criterion src[2];
	struct manx_criterion dst[2];
};

/* indices of the pairs above */
#define MANX_MUST	0
#define MANX_MUST_NOT	1

/**
 * struct manx_table - ordered rules of one direction
 * @object: first member
 * @name: counted
 * @successor: the table that takes its place, or NULL; set when it is replaced
 * @origin: where each rule, the default last, stands in the table that this one
 *	takes the place of, or U32_MAX; until that one is freed
 * @direction: MANX_DIRECTION_*
 * @default_action: MANX_ACTION_DENY or MANX_ACTION_PASS
 * @n: number of @rule
 * @room: rules that @rule has space for
 * @rule: in order
 * @counters: per rule, the default last; made by the commit
 * @compiled: what packets look up; see engine/compile.h
 */
struct manx_table {
	struct manx_object object;
	struct manx_name *name;
	struct manx_table *successor;
	u32 *origin;
	u8 direction;
	u8 default_action;
	u32 n;
	u32 room;
	struct manx_rule *rule;
	struct manx_counters *counters;
	struct manx_compiled __rcu *compiled;
};

/**
 * struct manx_endpoint - what is behind a link
 * @object: first member
 * @id: 2 and above
 * @flags: MANX_ENDPOINT_FLAGS_*
 * @n_addr: number of @addr
 * @n_source: number of @source
 * @n_chain: number of tables for each direction
 * @has_mac: @mac is set
 * @mac: the only source MAC address it may use
 * @name: for people, may be empty
 * @addr: its addresses, host prefixes
 * @source: prefixes from which it may send besides
 * @chain: names of tables for each direction, in order, counted
 */
struct manx_endpoint {
	struct manx_object object;
	u32 id;
	u32 flags;
	u32 n_addr;
	u32 n_source;
	u32 n_chain[2];
	bool has_mac;
	u8 mac[ETH_ALEN];
	char name[MANX_NAME_MAX + 1];
	struct manx_prefix *addr;
	struct manx_prefix *source;
	struct manx_name **chain[2];
};

/**
 * struct manx_peer - another node
 * @object: first member
 * @addr: underlay address, network byte order
 * @route: routes to it from our tunnel's local address, for IPv4 [0] and IPv6 [1]
 *	inside
 * @arrival: where the stack last found its packets to be for the node: index of the
 *	device << 32 | generation of the namespace's IPv4 routes; 0: nowhere yet
 */
struct manx_peer {
	struct manx_object object;
	__be32 addr;
	struct dst_cache route[2];
	atomic64_t arrival;
};

/**
 * struct manx_ruleset - everything, at one generation
 * @ns: whose
 * @generation: counts commits, never 0
 * @n_members: of all sets
 * @n_rules: of all tables
 * @memory: octets of everything but what manx_classes.octets counts
 * @config: limits and switches
 * @addresses: which sets an address is in
 * @sets: &struct manx_set by manx_name.id; packets never look at them
 * @tables: &struct manx_table by manx_name.id
 * @endpoints: &struct manx_endpoint by id
 * @peers: &struct manx_peer by address in host byte order
 */
struct manx_ruleset {
	struct manx_ns *ns;
	u32 generation;
	u32 n_members;
	u32 n_rules;
	s64 memory;
	struct manx_config config;
	struct manx_addresses addresses;
	struct manx_map sets;
	struct manx_map tables;
	struct manx_map endpoints;
	struct manx_map peers;
};

/**
 * manx_ruleset_new() - the empty ruleset of generation 1
 * @ns: whose
 *
 * Return: owned by the caller, or NULL.
 */
struct manx_ruleset *manx_ruleset_new(struct manx_ns *ns);

/**
 * manx_object_free() - release an object
 * @object: no reader can reach it any more; a table has been released
 *	(manx_table_release())
 * @e: NULL; or the edit that made it, if that was given up: then what the
 *	object shares with published ones stays
 *
 * Context: may sleep.
 */
void manx_object_free(struct manx_object *object, struct manx_edit *e);

/**
 * manx_ruleset_free() - release a ruleset and all that is in it
 * @ns: namespace, lock not held
 * @rs: the last one; no reader can reach it any more
 *
 * Context: may sleep.
 */
void manx_ruleset_free(struct manx_ns *ns, struct manx_ruleset *rs);

/**
 * manx_ruleset_abort() - release a ruleset that was never published
 * @rs: made by @e; its objects are the caller's
 * @e: edit
 *
 * Context: may sleep.
 */
void manx_ruleset_abort(struct manx_ruleset *rs, struct manx_edit *e);

/**
 * manx_ruleset_set() - find a set
 * @rs: ruleset, RCU read lock or namespace lock held
 * @name: its name, may be NULL
 *
 * Return: valid as long as @rs, or NULL.
 */
static inline struct manx_set *manx_ruleset_set(const struct manx_ruleset *rs,
						const struct manx_name *name)
{
	struct manx_set *set = name ? manx_map_get(&rs->sets, name->id) : NULL;

	/* a reader may hold a name that is on its way out, its number used again */
	return set && set->name == name ? set : NULL;
}

/* Likewise, a table. */
static inline struct manx_table *manx_ruleset_table(const struct manx_ruleset *rs,
						    const struct manx_name *name)
{
	struct manx_table *table = name ? manx_map_get(&rs->tables, name->id) : NULL;

	return table && table->name == name ? table : NULL;
}

/**
 * manx_ruleset_endpoint() - find an endpoint
 * @rs: ruleset, RCU read lock or namespace lock held
 * @id: id
 *
 * Return: valid as long as @rs, or NULL.
 */
static inline struct manx_endpoint *manx_ruleset_endpoint(const struct manx_ruleset *rs, u32 id)
{
	return manx_map_get(&rs->endpoints, id);
}

/**
 * manx_ruleset_peer() - find a registered peer
 * @rs: ruleset, RCU read lock or namespace lock held
 * @addr: underlay address
 *
 * Return: valid as long as @rs, or NULL.
 */
static inline struct manx_peer *manx_ruleset_peer(const struct manx_ruleset *rs, __be32 addr)
{
	return manx_map_get(&rs->peers, ntohl(addr));
}

/**
 * manx_endpoint_has() - is an address one of the endpoint's own
 * @ep: endpoint
 * @family: NFPROTO_*
 * @addr: address
 */
bool manx_endpoint_has(const struct manx_endpoint *ep, u8 family,
		       const union nf_inet_addr *addr);

/**
 * manx_endpoint_may_send() - may the endpoint use an address as source
 * @ep: endpoint
 * @family: NFPROTO_*
 * @addr: address
 *
 * Return: true for its addresses and its source prefixes.
 */
bool manx_endpoint_may_send(const struct manx_endpoint *ep, u8 family,
			    const union nf_inet_addr *addr);

#endif /* _MANX_RULESET_H */
