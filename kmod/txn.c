// SPDX-License-Identifier: GPL-2.0-only
/*
 * Transactions: how a ruleset is replaced by another.
 *
 * A transaction works on a copy of the published ruleset that shares all
 * objects with it. Publishing is one pointer store; packets that are being
 * judged meanwhile finish with the old ruleset, which is freed after a grace
 * period. There is one open transaction a namespace; it dies with the socket
 * that opened it.
 */
#include "txn.h"

#include <linux/bsearch.h>
#include <linux/mm.h>
#include <linux/netlink.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <net/net_namespace.h>

#include "compat/compat.h"
#include "counters.h"
#include "event.h"
#include "ns.h"
#include "set.h"

static int manx_txn_open(struct manx_ns *ns, u32 portid, bool single)
{
	struct manx_ruleset *rs = rcu_dereference_protected(ns->ruleset,
							    lockdep_is_held(&ns->lock));
	struct manx_txn *txn = kzalloc(sizeof(*txn), GFP_KERNEL_ACCOUNT);

	if (!txn)
		return -ENOMEM;
	txn->portid = portid;
	txn->single = single;
	txn->next = manx_ruleset_clone(rs);
	if (!txn->next) {
		kfree(txn);
		return -ENOMEM;
	}
	ns->txn = txn;
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

void manx_txn_drop(struct manx_ns *ns)
{
	lockdep_assert_held(&ns->lock);
	if (!ns->txn)
		return;
	manx_ruleset_free(ns, ns->txn->next);
	kfree(ns->txn);
	ns->txn = NULL;
}

static int manx_check_sets(const struct manx_ruleset *rs, const struct manx_table *table,
			   const struct manx_rule *rule, const struct manx_criterion *c,
			   struct netlink_ext_ack *extack)
{
	u32 i;

	for (i = 0; i < c->n_sets; i++) {
		u32 id = c->set[i]->id;

		if (id < rs->n_set && rs->set[id])
			continue;
		NL_SET_ERR_MSG_FMT(extack, "table %.40s, rule %u: there is no set %.40s",
				   table->name->s, rule->id, c->set[i]->s);
		return -ENOENT;
	}
	return 0;
}

static int manx_check_table(const struct manx_ruleset *rs, const struct manx_table *table,
			    struct netlink_ext_ack *extack)
{
	unsigned int which;
	u32 i;
	int err;

	for (i = 0; i < table->n; i++) {
		const struct manx_rule *rule = &table->rule[i];

		for (which = MANX_MUST; which <= MANX_MUST_NOT; which++) {
			err = manx_check_sets(rs, table, rule, &rule->src[which], extack) ?:
			      manx_check_sets(rs, table, rule, &rule->dst[which], extack);
			if (err)
				return err;
		}
	}
	return 0;
}

static int manx_check_chain(const struct manx_ruleset *rs, const struct manx_endpoint *ep,
			    unsigned int dir, struct netlink_ext_ack *extack)
{
	u32 i;

	for (i = 0; i < ep->n_chain[dir]; i++) {
		const struct manx_name *name = ep->chain[dir][i];

		if (name->id >= rs->n_table || !rs->table[name->id]) {
			NL_SET_ERR_MSG_FMT(extack, "endpoint %u: there is no table %.40s", ep->id,
					   name->s);
			return -ENOENT;
		}
		if (rs->table[name->id]->direction != dir) {
			NL_SET_ERR_MSG_FMT(extack, "endpoint %u: table %.40s is of the other direction",
					   ep->id, name->s);
			return -EINVAL;
		}
	}
	return 0;
}

/* Does everything that is named exist? */
static int manx_txn_check(const struct manx_ruleset *rs, struct netlink_ext_ack *extack)
{
	unsigned int dir;
	u32 i;
	int err;

	for (i = 0; i < rs->n_table; i++) {
		err = rs->table[i] ? manx_check_table(rs, rs->table[i], extack) : 0;
		if (err)
			return err;
		cond_resched();
	}
	for (i = 0; i < rs->n_endpoints; i++) {
		for (dir = 0; dir <= MANX_DIRECTION_MAX; dir++) {
			err = manx_check_chain(rs, rs->endpoint[i], dir, extack);
			if (err)
				return err;
		}
	}
	return 0;
}

struct manx_rule_index {
	u32 id;
	u32 index;
};

static int manx_rule_index_cmp(const void *a, const void *b)
{
	const struct manx_rule_index *x = a, *y = b;

	return x->id < y->id ? -1 : x->id > y->id;
}

/* Where each rule id stands in a table; to be kvfree()d. */
static struct manx_rule_index *manx_rule_indices(const struct manx_table *table)
{
	struct manx_rule_index *ri = kvmalloc_array(table->n + 1, sizeof(*ri), GFP_KERNEL_ACCOUNT);
	u32 i;

	if (!ri)
		return NULL;
	for (i = 0; i < table->n; i++)
		ri[i] = (struct manx_rule_index){ table->rule[i].id, i };
	sort(ri, table->n, sizeof(*ri), manx_rule_index_cmp, NULL);
	return ri;
}

static int manx_table_ids_unique(const struct manx_table *table, struct netlink_ext_ack *extack)
{
	struct manx_rule_index *ri = manx_rule_indices(table);
	int err = 0;
	u32 i;

	if (!ri)
		return -ENOMEM;
	for (i = 1; i < table->n && !err; i++) {
		if (ri[i].id == ri[i - 1].id) {
			NL_SET_ERR_MSG_FMT(extack, "table %.40s: two rules have id %u",
					   table->name->s, ri[i].id);
			err = -EEXIST;
		}
	}
	kvfree(ri);
	return err;
}

/* Make new objects ready to be read: sets searchable, tables counting. */
static int manx_txn_seal(struct manx_ruleset *rs, struct netlink_ext_ack *extack)
{
	u32 i;
	int err;

	rs->n_members = 0;
	for (i = 0; i < rs->n_set; i++) {
		err = rs->set[i] ? manx_set_seal(rs->set[i]) : 0;
		if (err)
			return err;
		rs->n_members += rs->set[i] ? rs->set[i]->n : 0;
		cond_resched();
	}
	for (i = 0; i < rs->n_table; i++) {
		struct manx_table *table = rs->table[i];

		if (!table || table->counters)
			continue;
		err = manx_table_ids_unique(table, extack);
		if (err)
			return err;
		table->counters = manx_counters_alloc(table->n + 1);
		if (!table->counters)
			return -ENOMEM;
		cond_resched();
	}
	return 0;
}

/* @to counts on from what @from has counted; both have the same name. */
static int manx_table_carry(const struct manx_table *from, struct manx_table *to)
{
	struct manx_rule_index *ri = manx_rule_indices(from);
	struct manx_rule_index *hit, key;
	u32 i;

	if (!ri)
		return -ENOMEM;
	to->counters->base[to->n] = manx_counters_read(from->counters, from->n);
	for (i = 0; i < to->n; i++) {
		key.id = to->rule[i].id;
		hit = bsearch(&key, ri, from->n, sizeof(key), manx_rule_index_cmp);
		if (hit)
			to->counters->base[i] = manx_counters_read(from->counters, hit->index);
	}
	kvfree(ri);
	return 0;
}

/*
 * Rules keep their counts under the same id. Called again after the grace
 * period, for what was counted by the old tables meanwhile.
 */
static int manx_txn_carry(const struct manx_ruleset *old, struct manx_ruleset *next)
{
	u32 i, n = min(old->n_table, next->n_table);
	int err = 0;

	for (i = 0; i < n && !err; i++)
		if (old->table[i] && next->table[i] && old->table[i] != next->table[i])
			err = manx_table_carry(old->table[i], next->table[i]);
	return err;
}

/* Everything that can fail, before anything is visible. */
static int manx_txn_ready(const struct manx_txn *txn, const struct manx_ruleset *old,
			  struct netlink_ext_ack *extack)
{
	if (txn->failed) {
		NL_SET_ERR_MSG(extack, "a request of this transaction was refused");
		return -ECANCELED;
	}
	return manx_txn_check(txn->next, extack) ?: manx_txn_seal(txn->next, extack) ?:
	       manx_txn_carry(old, txn->next);
}

int manx_txn_commit(struct manx_ns *ns, struct netlink_ext_ack *extack)
{
	struct manx_ruleset *next = ns->txn->next, *old;
	int err;

	lockdep_assert_held(&ns->lock);
	old = rcu_dereference_protected(ns->ruleset, lockdep_is_held(&ns->lock));
	err = manx_txn_ready(ns->txn, old, extack);
	if (err) {
		if (err == -ENOMEM)
			NL_SET_ERR_MSG(extack, "out of memory");
		manx_txn_drop(ns);
		return err;
	}
	next->generation = old->generation + 1 ?: 1;
	rcu_assign_pointer(ns->ruleset, next);
	ns->txn->next = NULL;
	manx_txn_drop(ns);
	synchronize_rcu();
	manx_txn_carry(old, next);
	manx_ruleset_free(ns, old);
	manx_event_generation(ns->net, next->generation);
	return 0;
}

struct manx_ruleset *manx_txn_edit(struct manx_ns *ns, u32 portid,
				   struct netlink_ext_ack *extack)
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
	return ns->txn->next;
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

/* A socket is gone, and with it its transaction. */
static int manx_txn_notify(struct notifier_block *nb, unsigned long event, void *data)
{
	struct netlink_notify *n = data;
	struct manx_ns *ns;

	if (event != NETLINK_URELEASE || n->protocol != NETLINK_GENERIC)
		return NOTIFY_DONE;
	ns = manx_ns(n->net);
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
