// SPDX-License-Identifier: GPL-2.0-only
/*
 * The end of a table, while writers and workers go on.
 */
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/slab.h>

#include "kmod/engine/compile.h"
#include "kmod/engine/compiled.h"
#include "kmod/engine/rows.h"
#include "kmod/ns.h"

/* Compiled, with one rule that names a set; namespace lock held. */
static struct manx_table *table_new(struct kunit *test, struct manx_ns *ns)
{
	struct manx_table *table = kzalloc(sizeof(*table), GFP_KERNEL);
	struct manx_criterion *c;

	KUNIT_ASSERT_NOT_NULL(test, table);
	table->object.kind = MANX_OBJECT_TABLE;
	table->name = manx_name_get(&ns->names[MANX_TABLE_NAMES], "end", MANX_MAX_TABLES);
	table->rule = kzalloc(sizeof(*table->rule), GFP_KERNEL);
	KUNIT_ASSERT_FALSE(test, IS_ERR(table->name) || !table->rule);
	table->n = 1;
	memset(table->rule->protocol, 0xff, sizeof(table->rule->protocol));
	memset(table->rule->icmp_type, 0xff, sizeof(table->rule->icmp_type));
	c = &table->rule->src[MANX_MUST];
	c->set = kzalloc(sizeof(*c->set), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, c->set);
	c->set[0] = manx_name_get(&ns->names[MANX_SET_NAMES], "end", MANX_MAX_SETS);
	KUNIT_ASSERT_FALSE(test, IS_ERR(c->set[0]));
	c->n_sets = 1;
	KUNIT_ASSERT_EQ(test, manx_table_compile(&ns->classes, table, NULL), 0);
	return table;
}

/* The worker may compile a table that has been replaced, until it is gone. */
static void table_free_recompile(struct kunit *test)
{
	struct manx_ns *ns = manx_ns(&init_net);
	struct manx_classes *c = &ns->classes;
	struct manx_garbage *g = manx_garbage_new();
	struct manx_table *table;
	struct manx_compiled *ct;
	struct manx_name *set;

	KUNIT_ASSERT_NOT_NULL(test, g);
	mutex_lock(&ns->lock);
	/* as if there was the set, so that the table is not the last one to name it */
	set = manx_name_get(&ns->names[MANX_SET_NAMES], "end", MANX_MAX_SETS);
	KUNIT_ASSERT_FALSE(test, IS_ERR(set));
	table = table_new(test, ns);
	ct = rcu_dereference_protected(table->compiled, true);
	list_add(&table->object.node, &g->objects);
	manx_garbage_queue(&ns->bin, g);
	msleep(50);
	/* it waits for the lock; what it has freed already is not to be looked at */
	manx_table_recompile(c, ct->binding);
	KUNIT_EXPECT_FALSE(test, list_empty(&c->retired));
	mutex_unlock(&ns->lock);
	flush_work(&ns->bin.work);
	manx_name_put(set);
	mutex_lock(&ns->lock);
	while (manx_tables_step(c))
		msleep(20);
	KUNIT_EXPECT_EQ(test, c->octets, 0);
	mutex_unlock(&ns->lock);
}

static struct kunit_case table_cases[] = {
	KUNIT_CASE(table_free_recompile),
	{}
};

static struct kunit_suite table_suite = {
	.name = "manx_table",
	.test_cases = table_cases,
};

kunit_test_suite(table_suite);
