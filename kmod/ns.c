// SPDX-License-Identifier: GPL-2.0-only
/*
 * Birth and death of a namespace's state.
 *
 * Registered as a subsystem, not as a device: so the state is made before any
 * link of the namespace and freed after the last one is gone and a grace period
 * has passed (net/core/net_namespace.c, cleanup_net()).
 */
#include "ns.h"

#include <linux/memcontrol.h>
#include <linux/sched/mm.h>
#include <net/net_namespace.h>

#include "engine/compile.h"
#include "flow/table.h"
#include "txn.h"

unsigned int manx_net_id __read_mostly;

static void manx_ns_unpay(struct manx_ns *ns)
{
	mem_cgroup_put(ns->payer);
	ns->payer = NULL;
}

/*
 * A slice at a time, so that no writer waits for long. Without @payer, memory that
 * a worker allocates would be charged to nobody.
 */
static void manx_ns_step(struct work_struct *work)
{
	struct manx_ns *ns = container_of(to_delayed_work(work), struct manx_ns, catch_up);
	struct mem_cgroup *old;
	bool more;

	mutex_lock(&ns->lock);
	old = set_active_memcg(ns->payer);
	more = manx_tables_step(&ns->classes);
	set_active_memcg(old);
	if (!more)
		manx_ns_unpay(ns);
	mutex_unlock(&ns->lock);
	if (more)
		queue_delayed_work(system_unbound_wq, &ns->catch_up, msecs_to_jiffies(10));
}

void manx_ns_catch_up(struct manx_ns *ns)
{
	lockdep_assert_held(&ns->lock);
	manx_ns_unpay(ns);
	ns->payer = get_mem_cgroup_from_mm(current->mm);
	mod_delayed_work(system_unbound_wq, &ns->catch_up, 0);
}

static int __net_init manx_ns_net_init(struct net *net)
{
	struct manx_ns *ns = manx_ns(net);
	struct manx_ruleset *rs;
	int err;

	ns->net = net;
	mutex_init(&ns->lock);
	mutex_init(&ns->hooks_lock);
	xa_init(&ns->links);
	manx_bin_init(&ns->bin, ns);
	manx_classes_init(&ns->classes);
	INIT_DELAYED_WORK(&ns->catch_up, manx_ns_step);
	err = manx_names_init(&ns->names[MANX_SET_NAMES]);
	if (err)
		return err;
	err = manx_names_init(&ns->names[MANX_TABLE_NAMES]);
	if (err)
		goto err_names;
	rs = manx_ruleset_new(ns);
	if (!rs) {
		err = -ENOMEM;
		goto err_tables;
	}
	manx_events_init(&ns->events, net);
	RCU_INIT_POINTER(ns->ruleset, rs);
	return 0;

err_tables:
	manx_names_exit(&ns->names[MANX_TABLE_NAMES]);
err_names:
	manx_names_exit(&ns->names[MANX_SET_NAMES]);
	return err;
}

static void __net_exit manx_ns_net_exit(struct net *net)
{
	struct manx_ns *ns = manx_ns(net);

	WARN_ON_ONCE(!xa_empty(&ns->links) || rcu_access_pointer(ns->tunnel));
	manx_flows_stop(ns);
	manx_events_exit(&ns->events);
	cancel_delayed_work_sync(&ns->catch_up);
	mutex_lock(&ns->lock);
	manx_ns_unpay(ns);
	manx_txn_drop(ns);
	mutex_unlock(&ns->lock);
	manx_bin_exit(&ns->bin);
	manx_ruleset_free(ns, rcu_dereference_protected(ns->ruleset, true));
	manx_classes_exit(&ns->classes);
	manx_names_exit(&ns->names[MANX_TABLE_NAMES]);
	manx_names_exit(&ns->names[MANX_SET_NAMES]);
	xa_destroy(&ns->links);
	mutex_destroy(&ns->lock);
}

/* Entries of the flow table that wait for a grace period count at their table. */
static void __net_exit manx_ns_net_exit_batch(struct list_head *list)
{
	struct net *net;

	rcu_barrier();
	list_for_each_entry(net, list, exit_list)
		manx_flows_free(manx_ns(net));
}

static struct pernet_operations manx_ns_ops = {
	.init	= manx_ns_net_init,
	.exit	= manx_ns_net_exit,
	.exit_batch = manx_ns_net_exit_batch,
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
