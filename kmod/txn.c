// SPDX-License-Identifier: GPL-2.0-only
/*
 * Transactions: how a ruleset is replaced by another.
 *
 * nf_tables gives each object two slots and switches between them with a
 * generation cursor; so a writer has to wait for a grace period before it may
 * fill the other slots again. Here a transaction makes a new version of the
 * ruleset instead, which shares all that it does not change: it copies the paths
 * to what it changes (Driscoll et al., Making Data Structures Persistent, 1989).
 * Publishing is one pointer store; packets that are being judged meanwhile
 * finish with the old version. What that alone holds is freed after a grace
 * period by a work item (garbage.c), which no writer waits for. A transaction
 * that is given up frees what it made.
 *
 * So the cost of a commit is that of what it changes, whatever else there is,
 * and nothing but the pointer store is ever visible of it.
 *
 * There is one open transaction a namespace; it dies with the socket that opened
 * it.
 */
#include "txn.h"

#include <linux/netlink.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <net/net_namespace.h>

#include "apply.h"
#include "check.h"
#include "compat/compat.h"
#include "event.h"
#include "flow/table.h"
#include "garbage.h"
#include "hooks.h"
#include "ns.h"

static struct manx_ruleset *manx_txn_current(struct manx_ns *ns)
{
	return rcu_dereference_protected(ns->ruleset, lockdep_is_held(&ns->lock));
}

static int manx_txn_open(struct manx_ns *ns, u32 portid, bool single)
{
	struct manx_txn *txn = kzalloc(sizeof(*txn), GFP_KERNEL_ACCOUNT);

	if (!txn)
		return -ENOMEM;
	txn->next = kmemdup(manx_txn_current(ns), sizeof(*txn->next), GFP_KERNEL_ACCOUNT);
	txn->garbage = manx_garbage_new();
	if (!txn->next || !txn->garbage) {
		kfree(txn->garbage);
		kfree(txn->next);
		kfree(txn);
		return -ENOMEM;
	}
	txn->portid = portid;
	txn->single = single;
	txn->edit.id = ++ns->edits;
	INIT_LIST_HEAD(&txn->fresh);
	INIT_LIST_HEAD(&txn->scrap);
	INIT_LIST_HEAD(&txn->dead);
	ns->txn = txn;
	WRITE_ONCE(ns->writer, portid);
	return 0;
}

int manx_txn_begin(struct manx_ns *ns, u32 portid, struct netlink_ext_ack *extack)
{
	int err;

	lockdep_assert_held(&ns->lock);
	if (!ns->txn) {
		err = manx_txn_open(ns, portid, false);
		if (err)
			NL_SET_ERR_MSG(extack, "out of memory");
		return err;
	}
	if (ns->txn->portid == portid) {
		NL_SET_ERR_MSG(extack, "this socket has a transaction open already");
		return -EALREADY;
	}
	NL_SET_ERR_MSG_FMT(extack, "another transaction is open, by port %u", ns->txn->portid);
	return -EBUSY;
}

/* The transaction is over; what it leaves behind is in @txn->garbage. */
static void manx_txn_close(struct manx_ns *ns)
{
	struct manx_txn *txn = ns->txn;

	WRITE_ONCE(ns->writer, 0);
	ns->txn = NULL;
	txn->garbage->edit = txn->edit;
	list_splice(&txn->scrap, &txn->garbage->objects);
	manx_garbage_queue(&ns->bin, txn->garbage);
	kfree(txn);
}

void manx_txn_drop(struct manx_ns *ns)
{
	struct manx_txn *txn = ns->txn;
	struct manx_object *object;

	lockdep_assert_held(&ns->lock);
	if (!txn)
		return;
	/* the published sets keep their members */
	list_for_each_entry(object, &txn->dead, node)
		if (object->kind == MANX_OBJECT_SET)
			container_of(object, struct manx_set, object)->copied = false;
	manx_apply_abort(ns);
	txn->garbage->aborted = true;
	txn->garbage->ruleset = txn->next;
	list_splice(&txn->fresh, &txn->garbage->objects);
	manx_txn_close(ns);
}

/*
 * What waits for readers of earlier versions counts against limits until it is
 * freed. So a limit is reached only when it is reached without that.
 */
static int manx_txn_apply(struct manx_ns *ns, struct netlink_ext_ack *extack)
{
	struct manx_edit before = ns->txn->edit;
	int err = manx_apply(ns, extack);

	if (err != -ENOSPC)
		return err;
	manx_apply_undo(ns);
	ns->txn->edit = before;
	if (!manx_garbage_flush(ns))
		return err;
	extack->_msg = NULL;
	return manx_apply(ns, extack);
}

/* Everything that can fail, before anything is visible. */
static int manx_txn_ready(struct manx_ns *ns, struct netlink_ext_ack *extack)
{
	int err;

	if (ns->txn->failed) {
		NL_SET_ERR_MSG(extack, "a request of this transaction was refused");
		return -ECANCELED;
	}
	err = manx_check(ns->txn, extack) ?: manx_txn_apply(ns, extack);
	if (err == -ENOMEM && !extack->_msg)
		NL_SET_ERR_MSG(extack, "out of memory");
	if (err == -EINTR)
		NL_SET_ERR_MSG(extack, "interrupted");
	return err;
}

static void manx_txn_publish(struct manx_ns *ns)
{
	struct manx_ruleset *old = manx_txn_current(ns), *next = ns->txn->next;
	struct manx_object *object;
	struct manx_table *table;

	list_for_each_entry(object, &ns->txn->dead, node) {
		if (object->kind != MANX_OBJECT_TABLE)
			continue;
		table = container_of(object, struct manx_table, object);
		table->successor = manx_ruleset_table(next, table->name);
	}
	next->memory = old->memory + ns->txn->edit.bytes;
	next->generation = old->generation + 1 ?: 1;
	rcu_assign_pointer(ns->ruleset, next);
	ns->txn->garbage->released = manx_classes_commit(&ns->classes);
	ns->txn->garbage->ruleset = old;
	list_splice(&ns->txn->dead, &ns->txn->garbage->objects);
	manx_txn_close(ns);
	manx_event_generation(ns->net, next->generation);
}

int manx_txn_commit(struct manx_ns *ns, struct netlink_ext_ack *extack)
{
	u32 max_flows = manx_txn_current(ns)->config.max_flows;
	bool sync = ns->txn->sync;
	int err;

	lockdep_assert_held(&ns->lock);
	err = manx_txn_ready(ns, extack);
	if (err < 0) {
		manx_txn_drop(ns);
		return err;
	}
	manx_txn_publish(ns);
	if (err)
		manx_ns_catch_up(ns);
	manx_flows_fit(ns, max_flows);
	manx_hooks_follow(ns);
	/* an endpoint has gone, or its addresses */
	if (sync)
		manx_flows_sweep(ns);
	return sync;
}

struct manx_txn *manx_txn_edit(struct manx_ns *ns, u32 portid, struct netlink_ext_ack *extack)
{
	int err;

	lockdep_assert_held(&ns->lock);
	if (ns->txn && ns->txn->portid != portid) {
		NL_SET_ERR_MSG_FMT(extack, "another transaction is open, by port %u",
				   ns->txn->portid);
		return ERR_PTR(-EBUSY);
	}
	if (!ns->txn) {
		err = manx_txn_open(ns, portid, true);
		if (err) {
			NL_SET_ERR_MSG(extack, "out of memory");
			return ERR_PTR(err);
		}
	}
	return ns->txn;
}

int manx_txn_done(struct manx_ns *ns, int err, struct netlink_ext_ack *extack)
{
	if (!ns->txn->single) {
		ns->txn->failed |= !!err;
		return err;
	}
	if (!err)
		return manx_txn_commit(ns, extack);
	manx_txn_drop(ns);
	return err;
}

/* --- objects --- */

void *manx_txn_new_object(struct manx_txn *txn, enum manx_object_kind kind, size_t size)
{
	struct manx_object *object = kzalloc(size, GFP_KERNEL_ACCOUNT);

	if (!object)
		return NULL;
	object->kind = kind;
	object->edit = txn->edit.id;
	list_add_tail(&object->node, &txn->fresh);
	manx_txn_grown(txn, object, size);
	return object;
}

void manx_txn_grown(struct manx_txn *txn, struct manx_object *object, u64 bytes)
{
	object->bytes += bytes;
	txn->edit.bytes += bytes;
}

void manx_txn_gone(struct manx_txn *txn, struct manx_object *object)
{
	txn->edit.bytes -= object->bytes;
	if (object->edit == txn->edit.id)
		list_move_tail(&object->node, &txn->scrap);
	else
		list_add_tail(&object->node, &txn->dead);
}

static bool manx_txn_fits(const struct manx_ns *ns)
{
	const struct manx_ruleset *next = ns->txn->next;

	/* next->memory is still that of the published ruleset */
	return next->memory + ns->txn->edit.bytes + (s64)ns->classes.octets <=
	       (s64)next->config.max_memory;
}

int manx_txn_check_memory(struct manx_ns *ns, const char *kind, const char *name,
			  struct netlink_ext_ack *extack)
{
	u64 max = ns->txn->next->config.max_memory;

	if (manx_txn_fits(ns) || (manx_garbage_flush(ns) && manx_txn_fits(ns)))
		return 0;
	NL_SET_ERR_MSG_FMT(extack, "%s %.30s: more than %llu octets (max-memory)", kind, name, max);
	return -ENOSPC;
}

struct manx_name *manx_txn_name(struct manx_ns *ns, bool tables, const char *s)
{
	struct manx_names *names = &ns->names[tables ? MANX_TABLE_NAMES : MANX_SET_NAMES];
	u32 max = tables ? MANX_MAX_TABLES : MANX_MAX_SETS;
	struct manx_name *name = manx_name_get(names, s, max);

	if (PTR_ERR(name) == -ENOSPC && manx_garbage_flush(ns))
		name = manx_name_get(names, s, max);
	return name;
}

/* --- sockets --- */

/* A socket is gone, and with it its transaction. */
static int manx_txn_notify(struct notifier_block *nb, unsigned long event, void *data)
{
	struct netlink_notify *n = data;
	struct manx_ns *ns;

	if (event != NETLINK_URELEASE || n->protocol != NETLINK_GENERIC)
		return NOTIFY_DONE;
	ns = manx_ns(n->net);
	/* sockets that have nothing to do with us must not wait for a commit */
	if (READ_ONCE(ns->writer) != n->portid)
		return NOTIFY_DONE;
	mutex_lock(&ns->lock);
	if (ns->txn && ns->txn->portid == n->portid)
		manx_txn_drop(ns);
	mutex_unlock(&ns->lock);
	return NOTIFY_DONE;
}

static struct notifier_block manx_txn_notifier = {
	.notifier_call = manx_txn_notify,
};

int manx_txn_init(void)
{
	return netlink_register_notifier(&manx_txn_notifier);
}

void manx_txn_exit(void)
{
	netlink_unregister_notifier(&manx_txn_notifier);
}
