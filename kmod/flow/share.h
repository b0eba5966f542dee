/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What an endpoint may take of the flow table.
 */
#ifndef _MANX_FLOW_SHARE_H
#define _MANX_FLOW_SHARE_H

#include <linux/atomic.h>
#include <linux/list.h>
#include <linux/rcupdate.h>
#include <linux/refcount.h>
#include <linux/spinlock.h>

struct manx_config;
struct manx_flow;
struct manx_flows;

/**
 * struct manx_flow_budget - entries charged against a limit
 * @live: that packets can find
 * @held: these, and those that wait for a grace period to be freed
 *
 * @live is what the limit is about; @held may exceed it by an eighth, so that
 * an evicted entry makes room at once while memory stays bounded.
 */
struct manx_flow_budget {
	atomic_t live;
	atomic_t held;
};

/**
 * struct manx_flow_quota - entries of one kind of one endpoint
 * @budget: their number
 * @lock: protects @evictable; bottom halves disabled. Innermost
 * @evictable: entries that nobody would miss, longest there first
 */
struct manx_flow_quota {
	struct manx_flow_budget budget;
	spinlock_t lock;
	struct list_head evictable;
};

/* Index into manx_flow_share.quota. */
#define MANX_FLOW_FROM	0	/* flows that the endpoint starts */
#define MANX_FLOW_TO	1	/* those that come to it from outside or from the node */

/**
 * struct manx_flow_share - what one link has in the flow table
 * @refs: of its link, and of each entry of which it is an end
 * @dead: the link is gone, its entries with it
 * @quota: see above
 * @zone: of conntrack, that has flows of it besides the default one: id, and
 *	directions << 16; or 0
 * @fragments: when the fragments that were let pass are paid for, ns
 * @rcu: packets may still read it when the last reference is dropped
 */
struct manx_flow_share {
	refcount_t refs;
	bool dead;
	struct manx_flow_quota quota[2];
	u32 zone;
	atomic64_t fragments;
	struct rcu_head rcu;
};

/**
 * manx_share_new() - for a new link
 *
 * Context: may sleep.
 * Return: with one reference, or NULL.
 */
struct manx_flow_share *manx_share_new(void);

/**
 * manx_share_end() - the link is going
 * @share: its entries are no longer found
 *
 * The link keeps its reference until it is freed: a packet that has a route
 * through it may come yet.
 */
void manx_share_end(struct manx_flow_share *share);

/* Takes a reference, unless the link has ended or @share is NULL; RCU read lock held. */
bool manx_share_get(struct manx_flow_share *share);
/* Drops a reference; NULL is allowed. */
void manx_share_put(struct manx_flow_share *share);

/* Entries that are charged to a quota, MANX_FLOW_FROM or MANX_FLOW_TO. */
static inline u32 manx_share_flows(const struct manx_flow_share *share, unsigned int which)
{
	return atomic_read(&share->quota[which].budget.live);
}

/**
 * manx_budget_charge() - take the place of one entry
 * @b: budget
 * @limit: how many @b may have
 *
 * Return: false if there is none; then nothing was taken.
 */
bool manx_budget_charge(struct manx_flow_budget *b, u32 limit);
/* The entry is no longer found. */
void manx_budget_unlive(struct manx_flow_budget *b);
/* Its memory is free. */
void manx_budget_release(struct manx_flow_budget *b);
/* Is @limit reached? */
bool manx_budget_full(const struct manx_flow_budget *b, u32 limit);

/**
 * manx_quota_mark() - note whether an entry may be evicted
 * @flow: entry in the table, whose state may have changed
 *
 * What becomes evictable goes to the end of the list.
 *
 * Context: RCU read lock held.
 */
void manx_quota_mark(struct manx_flow *flow);

/**
 * manx_flow_is_worth_keeping() - is an entry not evictable
 * @flow: entry
 */
bool manx_flow_is_worth_keeping(const struct manx_flow *flow);

/* The entry is going: takes it from the list. It is marked dead. */
void manx_quota_forget(struct manx_flow *flow);

/**
 * manx_share_make_room() - evict what stands in the way of one more entry
 * @flows: table
 * @quota: that the entry will be charged to
 * @limit: of @quota
 * @max_flows: limit of @flows
 *
 * The oldest evictable entry of @quota itself, if that is used up or has an eighth
 * of the table. Else, or if it has none to give and the whole table is full, one of
 * the endpoint that has the most, among a sample of the table. The nf_conn of what
 * is evicted goes with it, unless it is assured.
 *
 * Context: RCU read lock held, bottom halves disabled.
 * Return: false if no room could be made.
 */
bool manx_share_make_room(struct manx_flows *flows, struct manx_flow_quota *quota, u32 limit,
			  u32 max_flows);

/**
 * manx_share_fragment() - may an endpoint send one more fragment now
 * @share: of its link
 * @rate: how many it may a second; as many may come at once
 */
bool manx_share_fragment(struct manx_flow_share *share, u32 rate);

#endif /* _MANX_FLOW_SHARE_H */
