/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The state that packets are judged by: sets, tables, endpoints and peers of
 * one network namespace, at one generation.
 *
 * A ruleset never changes once it is published. Packets reach it through
 * manx_ns.ruleset under RCU and judge both ends of a packet with one and the
 * same ruleset; a commit publishes a new one by one pointer. Objects are shared
 * between rulesets and counted; only the commit side, under manx_ns.lock,
 * counts, and it frees a ruleset only after a grace period.
 */
#ifndef _MANX_RULESET_H
#define _MANX_RULESET_H

#include <linux/if_ether.h>
#include <linux/rcupdate.h>
#include <linux/refcount.h>
#include <net/dst_cache.h>
#include <uapi/linux/manx.h>

#include "config.h"
#include "nets.h"
#include "packet.h"

/*
 * Ceilings of what one namespace may hold, so that an unprivileged user
 * namespace cannot take the host's memory; objects are charged to their cgroup
 * besides.
 */
#define MANX_MAX_SETS		65536
#define MANX_MAX_MEMBERS	(1U << 22)	/* of all sets */
#define MANX_MAX_TABLES		65536
#define MANX_MAX_RULES		(1U << 20)	/* of all tables */
#define MANX_MAX_ENDPOINTS	65536
#define MANX_MAX_PEERS		65536
/* A rule as an attribute: fits into a dump's message, which has 32 KiB. */
#define MANX_MAX_RULE_SIZE	16384
/* An endpoint's lists as attributes: with its counters one page's message. */
#define MANX_MAX_LISTS_SIZE	2560

struct manx_compiled;
struct manx_ns;

/**
 * struct manx_name - name of a set or a table, with the number that rules use
 * @node: in manx_names.bucket
 * @refs: users, under manx_ns.lock
 * @id: index into manx_ruleset.set or .table while anybody uses the name
 * @s: the name
 */
struct manx_name {
	struct hlist_node node;
	u32 refs;
	u32 id;
	char s[];
};

/**
 * struct manx_set - addresses and prefixes
 * @refs: rulesets that hold it, under manx_ns.lock
 * @name: counted
 * @member: ascending and unique if @sorted
 * @n: number of @member
 * @room: members that @member has space for
 * @sorted: see @member
 * @sealed: sorted and @nets built; a set in a published ruleset is sealed
 * @nets: lookup form
 */
struct manx_set {
	u32 refs;
	struct manx_name *name;
	struct manx_prefix *member;
	u32 n;
	u32 room;
	bool sorted;
	bool sealed;
	struct manx_nets nets;
};

/**
 * struct manx_criterion - nets, sets and ports of one side of a rule
 * @net: prefixes as they were given, ascending
 * @n_nets: number of @net
 * @n_sets: number of @set
 * @n_ports: number of @port
 * @set: names of sets, counted; their objects are in the ruleset under id
 * @port: ranges, (first << 16) | last
 * @nets: lookup form of @net
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
	struct manx_nets nets;
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
 * @refs: rulesets that hold it, under manx_ns.lock
 * @name: counted
 * @direction: MANX_DIRECTION_*
 * @default_action: MANX_ACTION_DENY or MANX_ACTION_PASS
 * @n: number of @rule
 * @room: rules that @rule has space for
 * @rule: in order
 * @counters: per rule, the default last; made when the table is sealed
 * @compiled: what packets look up; see engine/compile.h
 */
struct manx_table {
	u32 refs;
	struct manx_name *name;
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
 * @refs: rulesets that hold it, under manx_ns.lock
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
	u32 refs;
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
 * @refs: rulesets that hold it, under manx_ns.lock
 * @addr: underlay address, network byte order
 * @route: routes to it from our tunnel's local address, for IPv4 [0] and IPv6 [1]
 *	inside
 */
struct manx_peer {
	u32 refs;
	__be32 addr;
	struct dst_cache route[2];
};

/**
 * struct manx_ruleset - everything, at one generation
 * @ns: whose
 * @generation: counts commits, never 0
 * @n_members: of all sets
 * @n_rules: of all tables
 * @config: limits and switches
 * @n_set: length of @set
 * @n_table: length of @table
 * @n_endpoints: length of @endpoint
 * @n_peers: length of @peer
 * @set: by manx_name.id, with holes
 * @table: by manx_name.id, with holes
 * @endpoint: ascending by id
 * @peer: ascending by address in host byte order
 */
struct manx_ruleset {
	struct manx_ns *ns;
	u32 generation;
	u32 n_members;
	u32 n_rules;
	struct manx_config config;
	u32 n_set;
	u32 n_table;
	u32 n_endpoints;
	u32 n_peers;
	struct manx_set **set;
	struct manx_table **table;
	struct manx_endpoint **endpoint;
	struct manx_peer **peer;
};

/**
 * manx_array_reach() - make an array of pointers long enough for an index
 * @array: kvmalloc()ed, replaced if it is too short; new entries are NULL
 * @n: its length
 * @id: index
 *
 * Return: 0 or -ENOMEM.
 */
int manx_array_reach(void ***array, u32 *n, u32 id);

/**
 * manx_array_insert() - put an entry between others
 * @array: kvmalloc()ed, replaced
 * @n: its length, one more afterwards
 * @i: where
 * @entry: what
 *
 * Return: 0 or -ENOMEM.
 */
int manx_array_insert(void ***array, u32 *n, u32 i, void *entry);

/**
 * manx_array_remove() - take an entry out
 * @array: array
 * @n: its length, one less afterwards
 * @i: which
 */
void manx_array_remove(void **array, u32 *n, u32 i);

/**
 * manx_name_get() - the name object of a string
 * @ns: namespace, lock held
 * @tables: of tables, else of sets
 * @s: name
 *
 * Return: counted, or an ERR_PTR: -ENOMEM, -ENOSPC.
 */
struct manx_name *manx_name_get(struct manx_ns *ns, bool tables, const char *s);

/**
 * manx_name_find() - the name object of a string, if there is one
 * @ns: namespace, lock held
 * @tables: of tables, else of sets
 * @s: name
 *
 * Return: not counted, or NULL.
 */
struct manx_name *manx_name_find(struct manx_ns *ns, bool tables, const char *s);

/**
 * manx_name_put() - drop a count
 * @ns: namespace, lock held
 * @tables: of tables, else of sets
 * @name: may be NULL
 */
void manx_name_put(struct manx_ns *ns, bool tables, struct manx_name *name);

/* Drop a count under manx_ns.lock; the last one frees. NULL is allowed. */
void manx_set_put(struct manx_ns *ns, struct manx_set *set);
void manx_table_put(struct manx_ns *ns, struct manx_table *table);
void manx_endpoint_put(struct manx_ns *ns, struct manx_endpoint *ep);
void manx_peer_put(struct manx_peer *peer);

/**
 * manx_rule_clear() - release what a rule owns
 * @ns: namespace, lock held
 * @rule: may be zeroed or half filled
 */
void manx_rule_clear(struct manx_ns *ns, struct manx_rule *rule);

/**
 * manx_ruleset_new() - the empty ruleset of generation 1
 * @ns: whose
 *
 * Return: owned by the caller, or NULL.
 */
struct manx_ruleset *manx_ruleset_new(struct manx_ns *ns);

/**
 * manx_ruleset_clone() - a copy that shares all objects
 * @rs: ruleset, namespace lock held
 *
 * Return: owned by the caller, or NULL.
 */
struct manx_ruleset *manx_ruleset_clone(const struct manx_ruleset *rs);

/**
 * manx_ruleset_free() - release a ruleset and its counts
 * @ns: namespace, lock held
 * @rs: no reader can reach it any more; may be NULL
 *
 * Context: may sleep.
 */
void manx_ruleset_free(struct manx_ns *ns, struct manx_ruleset *rs);

/**
 * manx_ruleset_endpoint() - find an endpoint
 * @rs: ruleset, RCU read lock or namespace lock held
 * @id: id
 *
 * Return: valid as long as @rs, or NULL.
 */
struct manx_endpoint *manx_ruleset_endpoint(const struct manx_ruleset *rs, u32 id);

/**
 * manx_ruleset_peer() - find a registered peer
 * @rs: ruleset, RCU read lock or namespace lock held
 * @addr: underlay address
 *
 * Return: valid as long as @rs, or NULL.
 */
struct manx_peer *manx_ruleset_peer(const struct manx_ruleset *rs, __be32 addr);

/**
 * manx_ruleset_search() - where in an ascending array of pointers a key stands
 * @key: key
 * @array: array
 * @n: its length
 * @value: the key of an entry
 *
 * Return: index of the first entry whose key is not below @key.
 */
u32 manx_ruleset_search(u32 key, void *const *array, u32 n, u32 (*value)(const void *entry));

u32 manx_endpoint_key(const void *ep);
u32 manx_peer_key(const void *peer);

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
