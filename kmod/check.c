// SPDX-License-Identifier: GPL-2.0-only
/*
 * Does everything exist that the objects of a ruleset name, and does its
 * configuration fit together.
 */
#include "check.h"

#include <linux/sched.h>
#include <linux/sched/signal.h>

#include "compat/compat.h"
#include "table.h"
#include "txn.h"

static int manx_check_sets(const struct manx_ruleset *rs, const struct manx_table *table,
			   const struct manx_rule *rule, const struct manx_criterion *c,
			   struct netlink_ext_ack *extack)
{
	u32 i;

	for (i = 0; i < c->n_sets; i++) {
		if (manx_ruleset_set(rs, c->set[i]))
			continue;
		NL_SET_ERR_MSG_FMT(extack, "table %.40s, rule %u: there is no set %.40s",
				   table->name->s, rule->id, c->set[i]->s);
		return -ENOENT;
	}
	return 0;
}

static int manx_check_rules(const struct manx_ruleset *rs, const struct manx_table *table,
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
		const struct manx_table *table = manx_ruleset_table(rs, name);

		if (!table) {
			NL_SET_ERR_MSG_FMT(extack, "endpoint %u: there is no table %.40s", ep->id,
					   name->s);
			return -ENOENT;
		}
		if (table->direction != dir) {
			NL_SET_ERR_MSG_FMT(extack, "endpoint %u: table %.40s is of the other direction",
					   ep->id, name->s);
			return -EINVAL;
		}
	}
	return 0;
}

static int manx_check_endpoint(const struct manx_ruleset *rs, const struct manx_endpoint *ep,
			       struct netlink_ext_ack *extack)
{
	return manx_check_chain(rs, ep, MANX_DIRECTION_INGRESS, extack) ?:
	       manx_check_chain(rs, ep, MANX_DIRECTION_EGRESS, extack);
}

static int manx_check_go_on(void)
{
	cond_resched();
	return fatal_signal_pending(current) ? -EINTR : 0;
}

static int manx_check_fresh(const struct manx_ruleset *rs, const struct manx_object *object,
			    struct netlink_ext_ack *extack)
{
	const struct manx_table *table;

	switch (object->kind) {
	case MANX_OBJECT_TABLE:
		table = container_of(object, struct manx_table, object);
		return manx_table_ids_unique(table, extack) ?:
		       manx_check_rules(rs, table, extack);
	case MANX_OBJECT_ENDPOINT:
		return manx_check_endpoint(rs, container_of(object, struct manx_endpoint, object),
					   extack);
	default:
		return 0;
	}
}

static int manx_check_all_rules(const struct manx_ruleset *rs, struct netlink_ext_ack *extack)
{
	struct manx_table *table;
	int err = 0;
	u32 id;

	manx_map_for_each(&rs->tables, id, table) {
		err = manx_check_rules(rs, table, extack) ?: manx_check_go_on();
		if (err)
			break;
	}
	return err;
}

static int manx_check_all_endpoints(const struct manx_ruleset *rs, struct netlink_ext_ack *extack)
{
	struct manx_endpoint *ep;
	int err = 0;
	u32 id;

	manx_map_for_each(&rs->endpoints, id, ep) {
		err = manx_check_endpoint(rs, ep, extack) ?: manx_check_go_on();
		if (err)
			break;
	}
	return err;
}

/* Is @name of a dead object in use? Then by more than that object itself. */
static bool manx_check_is_named(const struct manx_name *name)
{
	return refcount_read(&name->refs) > 1;
}

/* May rules miss a set, or chains a table, that the transaction took away? */
static void manx_check_dead(const struct manx_ruleset *rs, const struct manx_object *object,
			    bool *rules, bool *chains)
{
	const struct manx_table *table, *now;
	const struct manx_set *set;

	if (object->kind == MANX_OBJECT_SET) {
		set = container_of(object, struct manx_set, object);
		*rules |= !manx_ruleset_set(rs, set->name) && manx_check_is_named(set->name);
	} else if (object->kind == MANX_OBJECT_TABLE) {
		table = container_of(object, struct manx_table, object);
		now = manx_ruleset_table(rs, table->name);
		*chains |= now ? now->direction != table->direction :
				 manx_check_is_named(table->name);
	}
}

/* At commit: a transaction may move both masks, in either order. */
static int manx_check_marks(const struct manx_config *config, struct netlink_ext_ack *extack)
{
	if (!(config->mark_stay & config->mark_mask))
		return 0;
	NL_SET_ERR_MSG_FMT(extack, "mark-stay 0x%x and mark-mask 0x%x have bits in common",
			   config->mark_stay, config->mark_mask);
	return -EINVAL;
}

int manx_check(const struct manx_txn *txn, struct netlink_ext_ack *extack)
{
	bool rules = false, chains = false;
	const struct manx_object *object;
	int err;

	err = manx_check_marks(&txn->next->config, extack);
	if (err)
		return err;
	list_for_each_entry(object, &txn->fresh, node) {
		err = manx_check_fresh(txn->next, object, extack) ?: manx_check_go_on();
		if (err)
			return err;
	}
	list_for_each_entry(object, &txn->dead, node)
		manx_check_dead(txn->next, object, &rules, &chains);
	err = rules ? manx_check_all_rules(txn->next, extack) : 0;
	return err || !chains ? err : manx_check_all_endpoints(txn->next, extack);
}
