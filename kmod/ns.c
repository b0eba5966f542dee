// SPDX-License-Identifier: GPL-2.0-only
/*
 * Birth and death of a namespace's state.
 *
 * Registered as a subsystem, not as a device: so the state is made before any
 * link of the namespace and freed after the last one is gone and a grace period
 * has passed (net/core/net_namespace.c, cleanup_net()).
 */
#include "ns.h"

#include <net/net_namespace.h>

#include "txn.h"

unsigned int manx_net_id __read_mostly;

static int __net_init manx_ns_net_init(struct net *net)
{
	struct manx_ns *ns = manx_ns(net);
	struct manx_ruleset *rs;
	unsigned int i;

	ns->net = net;
	mutex_init(&ns->lock);
	xa_init(&ns->links);
	for (i = 0; i < ARRAY_SIZE(ns->names); i++)
		ida_init(&ns->names[i].ids);
	rs = manx_ruleset_new(ns);
	if (!rs)
		return -ENOMEM;
	manx_events_init(&ns->events, net);
	RCU_INIT_POINTER(ns->ruleset, rs);
	return 0;
}

static void __net_exit manx_ns_net_exit(struct net *net)
{
	struct manx_ns *ns = manx_ns(net);
	unsigned int i;

	WARN_ON_ONCE(!xa_empty(&ns->links) || rcu_access_pointer(ns->tunnel));
	manx_events_exit(&ns->events);
	mutex_lock(&ns->lock);
	manx_txn_drop(ns);
	manx_ruleset_free(ns, rcu_dereference_protected(ns->ruleset, true));
	mutex_unlock(&ns->lock);
	for (i = 0; i < ARRAY_SIZE(ns->names); i++)
		ida_destroy(&ns->names[i].ids);
	xa_destroy(&ns->links);
	mutex_destroy(&ns->lock);
}

static struct pernet_operations manx_ns_ops = {
	.init	= manx_ns_net_init,
	.exit	= manx_ns_net_exit,
	.id	= &manx_net_id,
	.size	= sizeof(struct manx_ns),
};

int manx_ns_init(void)
{
	return register_pernet_subsys(&manx_ns_ops);
}

void manx_ns_exit(void)
{
	unregister_pernet_subsys(&manx_ns_ops);
}
