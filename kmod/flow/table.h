/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The flow table: entries, finding them, making and ending them.
 */
#ifndef _MANX_FLOW_TABLE_H
#define _MANX_FLOW_TABLE_H

#include <linux/bitops.h>
#include <linux/jiffies.h>
#include <linux/mutex.h>
#include <linux/siphash.h>
#include <linux/workqueue.h>

#include "share.h"
#include "tuple.h"

struct manx_config;
struct manx_ns;
struct manx_ruleset;

/* writers take the lock of a hash, or a bucket's index, modulo this; a power of two */
#define MANX_FLOW_LOCKS 256

/*
 * No ruleset's generation: policy refuses the flow, so each of its packets is judged. The
 * entry is there because the node only audits, and the packets pass; or because the flow was
 * allowed once, and nothing else knows in which direction to judge what is still sent.
 */
#define MANX_FLOW_REFUSED 0

/**
 * struct manx_flow_side - an entry as packets of one direction find it
 * @node: in a bucket
 * @key: what these packets look like
 * @hash: of @key
 * @dir: MANX_FLOW_ORIGINAL or MANX_FLOW_REPLY: index in manx_flow.side
 */
struct manx_flow_side {
	struct hlist_node node;
	struct manx_flow_key key;
	u32 hash;
	u8 dir;
};

/**
 * enum manx_flow_bit - bits of manx_flow.flags
 * @MANX_FLOW_DEAD: it is being removed by whoever set this
 * @MANX_FLOW_REPLIED: a packet of the reply direction was seen
 * @MANX_FLOW_KEPT: it is not evictable
 * @MANX_FLOW_PICKED_UP: the first packet seen was not that of a beginning
 * @MANX_FLOW_UNTRACKED: conntrack did not know it when it began
 * @MANX_FLOW_LASTING: it was replied to, and had packets a while after it began
 * @MANX_FLOW_STAYS: its packets go through the stack for good
 */
enum manx_flow_bit {
	MANX_FLOW_DEAD,
	MANX_FLOW_REPLIED,
	MANX_FLOW_KEPT,
	MANX_FLOW_PICKED_UP,
	MANX_FLOW_UNTRACKED,
	MANX_FLOW_LASTING,
	MANX_FLOW_STAYS,
};

/**
 * struct manx_flow_route - where packets of one direction go; see way.c
 * @dst: route, referenced; NULL while they go through the stack
 * @cookie: for dst_check()
 * @genid: of the namespace's IPv6 routes, of which @dst is one
 * @iif: device that the packet with this route came through
 */
struct manx_flow_route {
	struct dst_entry __rcu *dst;
	u32 cookie;
	int genid;
	int iif;
};

/**
 * struct manx_flow - an entry
 * @side: its two directions; constant
 * @flows: the table
 * @share: of the links at its ends, by direction: [0] where it began; NULL for
 *	outside and the node. Referenced
 * @quota: that it is charged to, of one of @share
 * @begun: when it was made, jiffies
 * @routes: manx_source_generation() when an end outside was seen not to be ours
 * @packets: by direction. These counters are written without lock or atomic
 *	operation, by whichever CPU a packet is on: a flow's packets of one
 *	direction usually keep to one, and a lost count harms nobody
 * @bytes: by direction, octets of IP packets
 * @expires: jiffies
 * @flags: see enum manx_flow_bit
 * @generation: of the ruleset that last allowed it, or MANX_FLOW_REFUSED
 * @tcp: enum manx_tcp
 * @ct: the host's entry, or NULL; referenced by whoever has put it here
 * @way: MANX_WAY_*, by direction: how its packets go. READ_ONCE() and WRITE_ONCE()
 * @why: MANX_WHY_*, by direction: what kept them in the stack; meaningful while @way
 *	is MANX_WAY_STACK. READ_ONCE() and WRITE_ONCE()
 * @refreshed: when its nf_conn was last kept alive, jiffies
 * @route: by direction
 * @evictable: in manx_flow_quota.evictable
 * @rcu: packets may still read it after it was removed
 */
struct manx_flow {
	struct manx_flow_side side[2];
	struct manx_flows *flows;
	struct manx_flow_share *share[2];
	struct manx_flow_quota *quota;
	unsigned long begun;
	u32 routes;
	u64 packets[2] ____cacheline_aligned;
	u64 bytes[2];
	unsigned long expires;
	unsigned long flags;
	u32 generation;
	u32 tcp;
	struct nf_conn *ct;
	u8 way[2];
	u8 why[2];
	unsigned long refreshed;
	struct manx_flow_route route[2];
	struct list_head evictable;
	struct rcu_head rcu;
};

/**
 * struct manx_flow_buckets - lists of entries by hash
 * @mask: number of @head, less one; below it at least %MANX_FLOW_LOCKS
 * @old: what entries are being moved here from, or NULL
 * @head: of &struct manx_flow_side
 */
struct manx_flow_buckets {
	u32 mask;
	struct manx_flow_buckets __rcu *old;
	struct hlist_head head[];
};

/**
 * struct manx_flows - the flow table of a namespace
 * @ns: whose
 * @buckets: replaced by @gc alone, under @moving
 * @wanted: to be put into the place of @buckets by @gc, or NULL; xchg()
 * @moving: held while entries move from one @buckets to another; who walks them all
 *	holds it, too. Outside RCU
 * @moves: how often they have, at least 1; under @moving
 * @seed: random, so that nobody outside can choose what collides
 * @budget: entries
 * @gc: removes what has expired, in slices
 * @gc_bucket: where it goes on; by @gc alone
 * @sweep: @gc is to look at everything now
 * @lock: of buckets, see MANX_FLOW_LOCKS; bottom halves disabled. Two of them are
 *	taken in the order of their addresses. That of a hash is the same for every
 *	number of buckets
 */
struct manx_flows {
	struct manx_ns *ns;
	struct manx_flow_buckets __rcu *buckets;
	hsiphash_key_t seed;
	struct manx_flow_budget budget;
	struct delayed_work gc;
	u32 gc_bucket;
	bool sweep;
	struct manx_flow_buckets *wanted;
	struct mutex moving;
	u32 moves;
	spinlock_t lock[MANX_FLOW_LOCKS];
};

/**
 * enum manx_flow_end - why an entry ends, and what becomes of its nf_conn
 * @MANX_FLOW_END_NOT: it does not
 * @MANX_FLOW_END_EXPIRED: nothing
 * @MANX_FLOW_END_EVICTED: it is deleted unless it is assured
 * @MANX_FLOW_END_FORBIDDEN: nothing: it tells the direction of what may come still
 * @MANX_FLOW_END_REPLACED: nothing
 * @MANX_FLOW_END_GONE: an end is gone or on request: it is deleted
 */
enum manx_flow_end {
	MANX_FLOW_END_NOT,
	MANX_FLOW_END_EXPIRED,
	MANX_FLOW_END_EVICTED,
	MANX_FLOW_END_FORBIDDEN,
	MANX_FLOW_END_REPLACED,
	MANX_FLOW_END_GONE,
};

static inline struct manx_flow *manx_flow_of_side(struct manx_flow_side *side)
{
	return container_of(side - side->dir, struct manx_flow, side[0]);
}

static inline bool manx_flow_is_dead(const struct manx_flow *flow)
{
	return test_bit(MANX_FLOW_DEAD, &flow->flags);
}

static inline bool manx_flow_is_replied(const struct manx_flow *flow)
{
	return test_bit(MANX_FLOW_REPLIED, &flow->flags);
}

/* The end where packets of a direction come from. */
static inline u32 manx_flow_end_of(const struct manx_flow *flow, unsigned int dir)
{
	return flow->side[dir].key.from;
}

int manx_flow_init(void);
void manx_flow_exit(void);

/**
 * manx_flows_start() - make the table of a namespace, if there is none
 * @ns: gets its first link; a namespace without links has no table
 *
 * Context: RTNL held.
 * Return: 0 or -ENOMEM.
 */
int manx_flows_start(struct manx_ns *ns);

/**
 * manx_flows_fit() - let the number of buckets follow a limit that has changed
 * @ns: may have no table
 * @old: limit that the table was made for
 *
 * Their memory is charged to the caller's cgroup; a worker moves the entries. If
 * there is no memory, the number stays what it is.
 *
 * Context: may sleep.
 */
void manx_flows_fit(struct manx_ns *ns, u32 old);

/**
 * manx_flows_walk() - begin to walk all buckets
 * @flows: table
 *
 * No entry moves between them until manx_flows_walked().
 *
 * Context: may sleep, not under RCU.
 * Return: number of buckets.
 */
u32 manx_flows_walk(struct manx_flows *flows);
/* Ends manx_flows_walk(). */
void manx_flows_walked(struct manx_flows *flows);

/**
 * manx_flows_stop() - end all entries of a namespace
 * @ns: without links, no packet is under way
 *
 * Nothing holds an nf_conn afterwards.
 */
void manx_flows_stop(struct manx_ns *ns);

/**
 * manx_flows_free() - free the table
 * @ns: whose; manx_flows_stop() was called, and rcu_barrier()
 */
void manx_flows_free(struct manx_ns *ns);

/**
 * manx_flows_sweep() - look at all entries soon
 * @ns: an endpoint has gone or changed its addresses; may have no table
 *
 * Entries of such endpoints are not found by packets any more; this is to free
 * them, and to delete their nf_conns.
 */
void manx_flows_sweep(struct manx_ns *ns);

/* Number of entries; a namespace without links has none. */
u32 manx_flows_number(struct manx_ns *ns);

/**
 * manx_flows_find() - find the entry of a packet
 * @flows: table
 * @key: of the packet
 *
 * Context: RCU read lock held.
 * Return: NULL if there is none that is alive, not expired, and between links
 * that exist.
 */
struct manx_flow_side *manx_flows_find(struct manx_flows *flows,
				       const struct manx_flow_key *key);

/**
 * struct manx_flow_new - what an entry is made of
 * @key: original direction
 * @reply: the other
 * @share: of the links at its ends, NULL for outside and the node
 * @ct: nf_conn of the packet, or NULL
 * @flags: bits of enum manx_flow_bit
 * @tcp: enum manx_tcp
 * @timeout: jiffies that it may live without packet
 * @dir: direction of the packet that makes it
 * @len: octets of that
 * @generation: as in &struct manx_flow
 * @routes: likewise
 */
struct manx_flow_new {
	struct manx_flow_key key;
	struct manx_flow_key reply;
	struct manx_flow_share *share[2];
	struct nf_conn *ct;
	unsigned long flags;
	u8 tcp;
	u8 dir;
	u32 len;
	unsigned long timeout;
	u32 generation;
	u32 routes;
};

/**
 * manx_flow_make() - put an entry into the table
 * @flows: table
 * @config: its limits
 * @new: what it is
 *
 * Makes room if a limit is reached. An older entry that looks the same from one
 * side, but has other ends, is replaced.
 *
 * Context: RCU read lock held, bottom halves disabled.
 * Return: the entry, an ERR_PTR: -ENOSPC (limit), -ENOMEM; or NULL if another CPU
 * has just made the same one.
 */
struct manx_flow *manx_flow_make(struct manx_flows *flows, const struct manx_config *config,
				 const struct manx_flow_new *new);

/**
 * manx_flow_remove() - end an entry
 * @flow: entry; freed after a grace period
 * @why: what becomes of its nf_conn
 *
 * Context: RCU read lock held.
 * Return: false if somebody else is ending it.
 */
bool manx_flow_remove(struct manx_flow *flow, enum manx_flow_end why);

/**
 * manx_flow_track() - follow the nf_conn of a packet
 * @flow: of the packet
 * @ct: what the packet carries
 *
 * Several can be of one entry, e.g. a pod's connection to a service and one from
 * the same port straight to what is behind it. The first that conntrack has
 * confirmed stays the entry's until it dies.
 *
 * Context: RCU read lock held.
 */
void manx_flow_track(struct manx_flow *flow, struct nf_conn *ct);

/**
 * manx_flow_conntrack() - the nf_conn of an entry
 * @flow: entry
 *
 * Context: RCU read lock held.
 * Return: referenced, for nf_ct_put(); or NULL.
 */
struct nf_conn *manx_flow_conntrack(const struct manx_flow *flow);

/**
 * manx_flow_ends_exist() - do the ends of an entry exist, with its addresses
 * @rs: ruleset
 * @flow: entry
 *
 * Context: RCU read lock held.
 */
bool manx_flow_ends_exist(const struct manx_ruleset *rs, const struct manx_flow *flow);

/**
 * manx_flow_is_over() - is it an entry that no packet finds, and why
 * @rs: ruleset
 * @flow: entry
 * @why: set if it is
 *
 * Context: RCU read lock held.
 */
bool manx_flow_is_over(const struct manx_ruleset *rs, const struct manx_flow *flow,
		       enum manx_flow_end *why);

#endif /* _MANX_FLOW_TABLE_H */
