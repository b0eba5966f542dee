// SPDX-License-Identifier: GPL-2.0-only
/*
 * manx: container networking in one module. Loading and unloading.
 *
 * DOC: Locking and lifetime
 *
 * RTNL orders everything about links: struct manx_link, manx_ns.links,
 * manx_ns.tunnel, the hooks of a namespace. manx_ns.lock, a mutex of each
 * namespace, orders writers of rulesets: transactions, names, classes, and the
 * worker that tells tables of classes. Neither is taken inside the other.
 *
 * A long commit holds manx_ns.lock, so nobody takes it who has nothing to write.
 * Packets run under RCU with bottom halves disabled; they read the namespace's
 * ruleset once and judge with it. Dumps and requests that only read do the same,
 * one message at a time. What waits for the lock can be killed, as can a commit
 * until it publishes. The end of a socket asks for it only if the socket has the
 * open transaction (manx_ns.writer). Flow entries have locks of their own, taken
 * with bottom halves disabled and never around any of these (flow/table.h).
 *
 * A ruleset is a version that nothing changes. What a commit replaces, whether
 * nodes of trees, objects or references on classes, goes into a garbage object
 * and is freed after a grace period by one work item a namespace, in the order of
 * the commits; so does what an aborted transaction made. The work item takes
 * manx_ns.lock for a moment where names and classes are concerned, so nobody
 * waits for it with the lock held. A commit waits for a grace period only if it
 * is asked to, or if an endpoint or an address of one goes, and then without the
 * lock.
 *
 * A link is freed by the core, after a grace period (unregister_netdevice_many()
 * waits between ndo_uninit and the destructor). A namespace's state is freed
 * after its links: first the workers end, then the transaction, then what is in
 * the garbage, and last the published ruleset. Nothing holds a reference on a
 * namespace: all that points to one is destroyed with it.
 */
#include <linux/init.h>
#include <linux/module.h>

#include "event.h"
#include "fast/poll.h"
#include "flow/table.h"
#include "link.h"
#include "netlink.h"
#include "ns.h"
#include "tunnel.h"
#include "txn.h"
#include "version.h"

/*
 * Each step may be used by the next ones as soon as it exists: memory for entries
 * of flow tables, state of namespaces (by everything), the end of transactions
 * with their sockets, the family (user space comes in, events can go out), events,
 * delivery into pods, reception of IPIP (finds no tunnel yet) and last the links, with which packets
 * flow. Unloading goes the way back, so that nothing sends an event when the
 * family is gone.
 */
static const struct {
	int (*init)(void);
	void (*exit)(void);
} manx_parts[] = {
	{ manx_flow_init,	manx_flow_exit },
	{ manx_ns_init,		manx_ns_exit },
	{ manx_txn_init,	manx_txn_exit },
	{ manx_nl_init,		manx_nl_exit },
	{ manx_event_init,	manx_event_exit },
	{ manx_poll_init,	manx_poll_exit },
	{ manx_decap_init,	manx_decap_exit },
	{ manx_link_init,	manx_link_exit },
};

static void manx_undo(unsigned int n)
{
	while (n--)
		manx_parts[n].exit();
	/* callbacks of freed links and routes may still be on their way */
	rcu_barrier();
}

static int __init manx_init(void)
{
	unsigned int i;
	int err;

	for (i = 0; i < ARRAY_SIZE(manx_parts); i++) {
		err = manx_parts[i].init();
		if (err) {
			manx_undo(i);
			return err;
		}
	}
	return 0;
}

static void __exit manx_exit(void)
{
	manx_undo(ARRAY_SIZE(manx_parts));
}

module_init(manx_init);
module_exit(manx_exit);

MODULE_DESCRIPTION("manx container networking");
MODULE_AUTHOR("The manx authors");
MODULE_LICENSE("GPL");
MODULE_VERSION(MANX_VERSION);
