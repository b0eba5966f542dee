/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The state of one network namespace: one node.
 */
#ifndef _MANX_NS_H
#define _MANX_NS_H

#include <linux/mutex.h>
#include <linux/netdevice.h>
#include <linux/xarray.h>
#include <net/netns/generic.h>
#include <uapi/linux/manx.h>

#include "engine/class.h"
#include "event.h"
#include "garbage.h"
#include "ruleset.h"

/* indices of manx_ns.names */
#define MANX_SET_NAMES		0
#define MANX_TABLE_NAMES	1

#define MANX_REASONS (MANX_DROP_REASON_MAX + 1)

struct manx_flows;
struct manx_txn;

/**
 * struct manx_ns - one network namespace
 * @net: whose this is; lives as long as @net does
 * @lock: of writers: all but @ruleset in this group. Taken inside RTNL never,
 *	outside RTNL never: the two do not nest. A long commit holds it, so nothing
 *	that others wait for takes it
 * @ruleset: read under RCU; replaced under @lock
 * @txn: the open transaction, or NULL
 * @writer: port id that @txn belongs to, or 0; read without @lock
 * @edits: number of transactions so far
 * @names: of sets [0] and tables [1]; readable under RCU
 * @classes: combinations of sets; readable under RCU as far as it says
 * @catch_up: tells tables of new classes
 * @payer: memory cgroup that @catch_up charges: of who last gave it something to
 *	do, referenced until it has done it; or NULL. Under @lock
 * @bin: what transactions left behind
 * @links: endpoint id -> primary; written under RTNL, read under RCU
 * @tunnel: the tunnel link, or NULL; written under RTNL, read under RCU
 * @hooks_lock: of @hooks and @tracks; taken inside RTNL and inside @lock
 * @hooks: links that need the netfilter hooks
 * @tracks: the hooks want connection tracking, and have it; read without the lock (gate.h)
 * @flows: the flow table; NULL until the first link, made under RTNL, then constant
 * @drops: by reason, of packets that belong to no link
 * @events: towards user space
 */
struct manx_ns {
	struct net *net;
	struct mutex lock;
	struct manx_ruleset __rcu *ruleset;
	struct manx_txn *txn;
	u32 writer;
	u64 edits;
	struct manx_names names[2];
	struct manx_classes classes;
	struct delayed_work catch_up;
	struct mem_cgroup *payer;
	struct manx_bin bin;
	struct xarray links;
	struct net_device __rcu *tunnel;
	struct mutex hooks_lock;
	unsigned int hooks;
	bool tracks;
	struct manx_flows *flows;
	atomic64_t drops[MANX_REASONS];
	struct manx_events events;
};

extern unsigned int manx_net_id;

/**
 * manx_ns() - state of a namespace
 * @net: namespace
 *
 * Return: never NULL while the module is loaded; valid as long as @net.
 */
static inline struct manx_ns *manx_ns(const struct net *net)
{
	return net_generic(net, manx_net_id);
}

/**
 * manx_ns_rcu() - state of a namespace, for packets
 * @net: namespace
 *
 * As manx_ns(), without a read lock of its own.
 *
 * Context: RCU read lock held.
 */
static inline struct manx_ns *manx_ns_rcu(const struct net *net)
{
	return rcu_dereference(net->gen)->ptr[manx_net_id];
}

/**
 * manx_ns_catch_up() - let the worker tell tables of new classes
 * @ns: namespace, lock held
 *
 * Until it has done so, packets of these classes take the slower way. What it
 * needs for that is charged to the memory cgroup of the caller.
 */
void manx_ns_catch_up(struct manx_ns *ns);

int manx_ns_init(void);
void manx_ns_exit(void);

#endif /* _MANX_NS_H */
