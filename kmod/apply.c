// SPDX-License-Identifier: GPL-2.0-only
/*
 * From what a transaction says to what packets look up.
 */
#include "apply.h"

#include <linux/sched.h>
#include <linux/sched/signal.h>

#include "compat/compat.h"
#include "engine/compile.h"
#include "ns.h"
#include "table.h"
#include "txn.h"

/**
 * struct manx_members - what the change of a set works with
 * @ns: namespace
 * @set: id of the set
 */
struct manx_members {
	struct manx_ns *ns;
	u32 set;
};

/* One prefix has come into a set, or has gone. */
static int manx_apply_member(void *ctx, const struct manx_prefix *p, u32 old, u32 new)
{
	const struct manx_members *m = ctx;
	struct manx_txn *txn = m->ns->txn;

	if (fatal_signal_pending(current))
		return -EINTR;
	return (new ? manx_addresses_add : manx_addresses_del)
		(&txn->next->addresses, &txn->edit, &m->ns->classes, p, m->set);
}

static int manx_apply_members(struct manx_ns *ns, const struct manx_name *name,
			      const struct manx_hamt *old, const struct manx_hamt *new,
			      struct netlink_ext_ack *extack)
{
	struct manx_members m = { .ns = ns, .set = name->id };
	s64 bytes = ns->txn->edit.bytes;
	int err;

	err = manx_hamt_diff(old, new, manx_apply_member, &m);
	if (err == -ENOSPC)
		NL_SET_ERR_MSG_FMT(extack, "set %.30s: more than %u classes (max-classes)",
				   name->s, ns->classes.max);
	if (err || ns->txn->edit.bytes <= bytes)
		return err;
	return manx_txn_check_memory(ns, "set", name->s, extack);
}

static int manx_apply_set(struct manx_ns *ns, const struct manx_ruleset *rs,
			  const struct manx_set *set, struct netlink_ext_ack *extack)
{
	const struct manx_set *old = manx_ruleset_set(rs, set->name);
	static const struct manx_hamt none;

	return manx_apply_members(ns, set->name, old ? &old->members : &none, &set->members,
				  extack);
}

static int manx_apply_dead_set(struct manx_ns *ns, const struct manx_set *set,
			       struct netlink_ext_ack *extack)
{
	static const struct manx_hamt none;

	if (manx_ruleset_set(ns->txn->next, set->name))
		return 0;
	return manx_apply_members(ns, set->name, &set->members, &none, extack);
}

static int manx_apply_table(struct manx_ns *ns, const struct manx_ruleset *rs,
			    struct manx_table *table, struct netlink_ext_ack *extack)
{
	return manx_table_carry(manx_ruleset_table(rs, table->name), table) ?:
	       manx_table_compile(&ns->classes, table, extack);
}

static int manx_apply_fresh(struct manx_ns *ns, const struct manx_ruleset *rs,
			    enum manx_object_kind kind, struct netlink_ext_ack *extack)
{
	struct manx_object *object;
	int err = 0;

	list_for_each_entry(object, &ns->txn->fresh, node) {
		if (object->kind != kind)
			continue;
		if (kind == MANX_OBJECT_SET)
			err = manx_apply_set(ns, rs, container_of(object, struct manx_set, object),
					     extack);
		else
			err = manx_apply_table(ns, rs,
					       container_of(object, struct manx_table, object),
					       extack);
		cond_resched();
		if (!err && fatal_signal_pending(current))
			err = -EINTR;
		if (err)
			break;
	}
	return err;
}

static int manx_apply_dead(struct manx_ns *ns, struct netlink_ext_ack *extack)
{
	struct manx_object *object;
	int err = 0;

	list_for_each_entry(object, &ns->txn->dead, node) {
		if (object->kind == MANX_OBJECT_SET)
			err = manx_apply_dead_set(ns, container_of(object, struct manx_set, object),
						  extack);
		if (err)
			break;
	}
	return err;
}

/* What the engine may take: @bytes is how much the transaction has grown other things. */
static void manx_apply_limits(struct manx_classes *c, const struct manx_ruleset *rs, s64 bytes)
{
	s64 left = (s64)rs->config.max_memory - rs->memory - bytes;

	c->max = rs->config.max_classes;
	c->max_octets = max_t(s64, left, 0);
}

int manx_apply(struct manx_ns *ns, struct netlink_ext_ack *extack)
{
	const struct manx_ruleset *rs = rcu_dereference_protected(ns->ruleset,
								  lockdep_is_held(&ns->lock));
	struct manx_ruleset *next = ns->txn->next;
	struct manx_classes *c = &ns->classes;
	int err;

	/* next->memory is still that of the published ruleset */
	manx_apply_limits(c, next, ns->txn->edit.bytes);
	err = manx_apply_dead(ns, extack) ?: manx_apply_fresh(ns, rs, MANX_OBJECT_SET, extack);
	if (err)
		return err;
	manx_apply_limits(c, next, ns->txn->edit.bytes);
	err = manx_apply_fresh(ns, rs, MANX_OBJECT_TABLE, extack);
	if (err)
		return err;
	err = manx_tables_refresh(c);
	if (err == -ENOSPC)
		NL_SET_ERR_MSG_FMT(extack, "new classes: more than %llu octets (max-memory)",
				   next->config.max_memory);
	return err;
}

static void manx_apply_undo_table(struct manx_ns *ns, struct manx_table *table)
{
	manx_table_release(&ns->classes, table);
	manx_table_carry_undo(table);
}

void manx_apply_undo(struct manx_ns *ns)
{
	const struct manx_ruleset *rs = rcu_dereference_protected(ns->ruleset,
								  lockdep_is_held(&ns->lock));
	struct manx_txn *txn = ns->txn;
	struct manx_object *object;

	list_for_each_entry(object, &txn->fresh, node)
		if (object->kind == MANX_OBJECT_TABLE)
			manx_apply_undo_table(ns, container_of(object, struct manx_table, object));
	manx_classes_abort(&ns->classes);
	manx_addresses_abort(&txn->next->addresses, &txn->edit);
	txn->next->addresses = rs->addresses;
}

void manx_apply_abort(struct manx_ns *ns)
{
	const struct manx_ruleset *rs = rcu_dereference_protected(ns->ruleset,
								  lockdep_is_held(&ns->lock));
	struct manx_object *object;

	list_for_each_entry(object, &ns->txn->fresh, node)
		if (object->kind == MANX_OBJECT_TABLE)
			manx_table_release(&ns->classes,
					   container_of(object, struct manx_table, object));
	manx_classes_abort(&ns->classes);
	/* the worker goes by them, too */
	manx_apply_limits(&ns->classes, rs, 0);
}
