// SPDX-License-Identifier: GPL-2.0-only
/*
 * Compiled tables against the oracle: random rules of several shapes, in both
 * forms, while sets change; classes without row; allocations that fail; limits.
 */
#include <kunit/test.h>
#include <linux/rcupdate.h>

#include "fail.h"
#include "kmod/engine/compiled.h"
#include "world.h"

/* What Calico's policies become: sets as peers, a few ports. */
static const struct world_shape policy = {
	.n_sets = 12, .sets = 150, .ports = 200, .protocol = 200, .not = 20, .log = 10,
};

/* ClassBench: prefixes on both sides and ranges of both ports, no sets. */
static const struct world_shape bench = {
	.n_sets = 1, .nets = 230, .ports = 160, .protocol = 230,
};

/* All conditions, and their negations. */
static const struct world_shape all = {
	.n_sets = 20, .sets = 110, .nets = 90, .ports = 130, .protocol = 160, .not = 60,
	.log = 30, .version = 60,
};

/* Hardly a rule decides, most are "log". */
static const struct world_shape logs = {
	.n_sets = 12, .sets = 90, .nets = 30, .ports = 160, .protocol = 120, .log = 240,
};

/* Many sets, so that addresses can be in many that the table names. */
static const struct world_shape crowd = {
	.n_sets = 40, .sets = 250, .ports = 200, .protocol = 200, .not = 20, .log = 10,
};

static const enum manx_form forms[] = { MANX_FORM_SMALLEST, MANX_FORM_CELLS, MANX_FORM_BITS };

static void load(struct world *w, u32 n, u32 n_sets)
{
	world_begin(w);
	KUNIT_ASSERT_EQ(w->test, world_churn(w, n, n_sets), 0);
	KUNIT_ASSERT_GE(w->test, world_commit(w), 0);
}

/* Compiled in one form, or not at all if cells are too many: false. */
static bool compile(struct world *w, enum manx_form form)
{
	KUNIT_ASSERT_EQ(w->test, manx_table_compile_as(&w->c, &w->table, form, NULL), 0);
	if (form == MANX_FORM_CELLS && manx_table_form(&w->table) != MANX_TABLE_FORM_CELLS) {
		manx_table_release(&w->c, &w->table);
		return false;
	}
	if (form == MANX_FORM_BITS)
		KUNIT_EXPECT_EQ(w->test, manx_table_form(&w->table), MANX_TABLE_FORM_BIT_VECTORS);
	return true;
}

/* Sets change while packets are looked up, and the worker comes now and then. */
static void churn(struct world *w, u32 rounds, u32 n_sets)
{
	u32 i;

	for (i = 0; i < rounds; i++) {
		world_begin(w);
		KUNIT_ASSERT_EQ(w->test, world_churn(w, 1 + world_below(w, 12), n_sets), 0);
		if (world_below(w, 4)) {
			KUNIT_ASSERT_GE(w->test, world_commit(w), 0);
			world_check(w, 40, "after a commit");
		} else {
			world_abort(w);
			world_check(w, 40, "after an abort");
		}
		if (!world_below(w, 3))
			manx_tables_step(&w->c);
	}
	world_settle(w);
	world_check(w, 100, "settled");
}

/* Returns how many tables were compiled to cells because a test asked. */
static u32 compare(struct kunit *test, u64 seed, u32 rules, const struct world_shape *shape)
{
	u32 i, cells = 0;

	for (i = 0; i < ARRAY_SIZE(forms); i++) {
		struct world *w = world_new(test, seed);

		world_rules(w, rules, shape);
		load(w, 60, shape->n_sets);
		if (compile(w, forms[i])) {
			cells += forms[i] == MANX_FORM_CELLS;
			world_check(w, 150, "compiled");
			if (shape->sets)
				churn(w, 25, shape->n_sets);
		}
		world_free(w);
	}
	return cells;
}

static void compile_policy(struct kunit *test)
{
	u32 seed, cells = 0;

	for (seed = 1; seed <= 8; seed++)
		cells += compare(test, seed, seed * seed, &policy);
	KUNIT_EXPECT_GT(test, cells, 4);
}

static void compile_all(struct kunit *test)
{
	u32 seed, cells = 0;

	for (seed = 1; seed <= 14; seed++)
		cells += compare(test, 100 + seed, seed < 8 ? seed : seed * 8, &all);
	KUNIT_EXPECT_GT(test, cells, 4);
}

static void compile_bench(struct kunit *test)
{
	u32 seed;

	for (seed = 1; seed <= 3; seed++)
		compare(test, 200 + seed, seed * 40, &bench);
}

/* More than one block of bit vectors. */
static void compile_blocks(struct kunit *test)
{
	struct world *w = world_new(test, 300);

	world_rules(w, 9000, &policy);
	load(w, 100, policy.n_sets);
	compile(w, MANX_FORM_BITS);
	world_check(w, 100, "policy");
	manx_table_release(&w->c, &w->table);
	world_rules(w, 9000, &bench);
	compile(w, MANX_FORM_BITS);
	world_check(w, 100, "bench");
	world_free(w);
}

static void compile_logs(struct kunit *test)
{
	struct world *w;
	u32 seed;

	for (seed = 1; seed <= 6; seed++)
		compare(test, 350 + seed, seed * 20, &logs);
	w = world_new(test, 360);
	world_rules(w, 9000, &logs);
	load(w, 100, logs.n_sets);
	compile(w, MANX_FORM_BITS);
	world_check(w, 100, "many rules \"log\"");
	world_free(w);
}

static void compile_empty(struct kunit *test)
{
	static const struct world_shape none = { .n_sets = 1, .log = 128 };
	struct world *w = world_new(test, 400);
	u32 i;

	for (i = 0; i < ARRAY_SIZE(forms) * 4; i++) {
		world_rules(w, i / ARRAY_SIZE(forms), &none);
		compile(w, forms[i % ARRAY_SIZE(forms)]);
		world_check(w, 10, "no conditions");
		manx_table_release(&w->c, &w->table);
	}
	KUNIT_EXPECT_EQ(test, w->c.octets, 0);
	world_free(w);
}

/* Every subset of sets becomes a class, more than a commit makes rows for. */
static void many_classes(struct world *w, u32 from, u32 to)
{
	struct manx_prefix p = { .family = NFPROTO_IPV4, .len = 32 };
	u32 i, j;

	world_begin(w);
	for (i = from; i < to; i++) {
		p.addr.ip = htonl(0x0a000000 | i % 3 << 12 | i / 3 % 40);
		for (j = 0; j < 10; j++)
			if (world_below(w, 2))
				KUNIT_ASSERT_EQ(w->test, world_change(w, j, &p, i % 4), 0);
	}
}

static void compile_unknown(struct kunit *test)
{
	u32 i, f, octets;

	for (f = 0; f < ARRAY_SIZE(forms); f++) {
		struct world *w = world_new(test, 500 + f);
		int more = 0;

		world_rules(w, 30, &policy);
		if (!compile(w, forms[f])) {
			world_free(w);
			continue;
		}
		for (i = 0; i < 6; i++) {
			many_classes(w, i * 100, i * 100 + 100);
			more |= world_commit(w);
			world_check(w, 200, "unknown");
		}
		KUNIT_EXPECT_EQ(test, more, 1);
		world_settle(w);
		world_check(w, 200, "known");
		octets = w->c.octets;
		KUNIT_EXPECT_FALSE(test, manx_tables_step(&w->c));
		KUNIT_EXPECT_EQ(test, octets, w->c.octets);
		world_free(w);
	}
}

/* No class without row has more sets than a packet may go through; how many have. */
static u32 crowd_unknown(struct world *w)
{
	const struct manx_compiled *ct = rcu_dereference_protected(w->table.compiled, true);
	const struct manx_rowmap *map;
	u32 part, id, longest, n = 0;
	const u16 *page;

	for (part = 0; part < MANX_KEY_PARTS; part++) {
		map = rcu_dereference_protected(ct->map[part], true);
		for (id = 0; map && id < map->n * MANX_ROWMAP_PAGE; id++) {
			page = map->page[id / MANX_ROWMAP_PAGE];
			if (!page || page[id % MANX_ROWMAP_PAGE] != MANX_ROW_UNKNOWN)
				continue;
			longest = min(manx_class_find(&w->c, id)->n, ct->side[part / 2].n_sets);
			KUNIT_EXPECT_LE(w->test, longest, MANX_UNKNOWN_SETS);
			n++;
		}
	}
	return n;
}

/* Addresses with few sets, of which rows can wait, and with many. */
static void crowd_classes(struct world *w, u32 from, u32 to)
{
	struct manx_prefix p = { .family = NFPROTO_IPV4, .len = 32 };
	u32 i, j, sets;

	world_begin(w);
	for (i = from; i < to; i++) {
		p.addr.ip = htonl(0x0a000000 | i % 3 << 12 | i / 3 % 40);
		sets = i % 60 ? 1 + i % 4 : 10 + world_below(w, 12);
		for (j = 0; j < sets; j++)
			KUNIT_ASSERT_EQ(w->test, world_change(w, world_below(w, crowd.n_sets), &p,
							      true), 0);
	}
}

static void compile_crowd(struct kunit *test)
{
	u32 i, f, unknown = 0;

	for (f = 0; f < ARRAY_SIZE(forms); f++) {
		struct world *w = world_new(test, 570 + f);

		world_rules(w, 200, &crowd);
		if (!compile(w, forms[f])) {
			world_free(w);
			continue;
		}
		for (i = 0; i < 3; i++) {
			crowd_classes(w, i * 120, i * 120 + 120);
			KUNIT_EXPECT_EQ(test, world_commit(w), 1);
			unknown += crowd_unknown(w);
			world_check(w, 200, "crowd");
		}
		world_settle(w);
		KUNIT_EXPECT_EQ(test, crowd_unknown(w), 0);
		world_check(w, 200, "crowd, known");
		world_free(w);
	}
	KUNIT_EXPECT_GT(test, unknown, 0);
}

/* Memory is counted down to nothing. */
static void compile_all_gone(struct kunit *test)
{
	struct world *w = world_new(test, 550);
	struct manx_prefix p;
	u32 i;

	world_rules(w, 30, &policy);
	compile(w, MANX_FORM_SMALLEST);
	load(w, 100, policy.n_sets);
	world_settle(w);
	world_begin(w);
	while (w->o_next->n) {
		p = w->o_next->member[0].p;
		for (i = 0; w->name[i]->id != w->o_next->member[0].set; i++)
			;
		KUNIT_ASSERT_EQ(test, world_change(w, i, &p, false), 0);
	}
	KUNIT_ASSERT_GE(test, world_commit(w), 0);
	world_settle(w);
	manx_table_release(&w->c, &w->table);
	KUNIT_EXPECT_EQ(test, w->c.n, 0);
	KUNIT_EXPECT_EQ(test, w->c.octets, 0);
	KUNIT_EXPECT_EQ(test, w->now.exact.bytes + w->now.nets.bytes, 0);
	world_free(w);
}

static void compile_fail(struct kunit *test)
{
	u32 n, f, points = 0;
	u64 octets;
	int err;

	for (f = 0; f < ARRAY_SIZE(forms); f++) {
		struct world *w = world_new(test, 600);

		world_rules(w, 12, &all);
		load(w, 40, all.n_sets);
		octets = w->c.octets;
		for (n = 1; ; n++) {
			manx_fail_at(n);
			err = manx_table_compile_as(&w->c, &w->table, forms[f], NULL);
			if (!manx_fail_end())
				break;
			if (err)
				KUNIT_ASSERT_EQ(test, err, -ENOMEM);
			else	/* what is behind is a row that can wait */
				manx_table_release(&w->c, &w->table);
			KUNIT_ASSERT_NULL(test, rcu_access_pointer(w->table.compiled));
			KUNIT_ASSERT_EQ(test, w->c.octets, octets);
		}
		KUNIT_ASSERT_EQ(test, err, 0);
		world_check(w, 100, "after failures");
		points += n;
		world_free(w);
	}
	KUNIT_EXPECT_GT(test, points, 150);
}

/* A commit that fails anywhere leaves the old policy in force. */
static void commit_fail(struct kunit *test)
{
	struct world *w = world_new(test, 700);
	u32 round, n, classes;
	struct rnd_state rnd;
	int err;

	world_rules(w, 30, &policy);
	load(w, 30, policy.n_sets);
	compile(w, MANX_FORM_SMALLEST);
	for (round = 0; round < 6; round++) {
		classes = w->c.n;
		rnd = w->rnd;
		for (n = 1; ; n++) {
			w->rnd = rnd;
			world_begin(w);
			manx_fail_at(n);
			err = world_churn(w, 6, policy.n_sets);
			if (!err)
				err = world_commit(w);
			if (!manx_fail_end())
				break;
			if (err >= 0)	/* rows can wait */
				break;
			KUNIT_ASSERT_EQ(test, err, -ENOMEM);
			world_abort(w);
			KUNIT_ASSERT_EQ(test, w->c.n, classes);
			world_check(w, 20, "after a failure");
		}
		KUNIT_ASSERT_GE(test, err, 0);
		world_check(w, 50, "after failures");
	}
	world_settle(w);
	world_check(w, 50, "settled");
	world_free(w);
}

static void step_fail(struct kunit *test)
{
	struct world *w = world_new(test, 800);
	u32 n;

	world_rules(w, 30, &policy);
	compile(w, MANX_FORM_SMALLEST);
	many_classes(w, 0, 100);
	KUNIT_ASSERT_EQ(test, world_commit(w), 1);
	for (n = 1; n < 200; n += 3) {
		manx_fail_at(n);
		manx_tables_step(&w->c);
		manx_fail_end();
		world_check(w, 20, "step without memory");
	}
	world_settle(w);
	world_check(w, 100, "settled");
	world_free(w);
}

static void compile_limits(struct kunit *test)
{
	struct world *w = world_new(test, 900);
	u64 octets;

	world_rules(w, 50, &all);
	load(w, 40, all.n_sets);
	octets = w->c.octets;
	w->c.max_octets = octets + 3000;
	KUNIT_EXPECT_EQ(test, manx_table_compile(&w->c, &w->table, NULL), -ENOSPC);
	KUNIT_EXPECT_EQ(test, w->c.octets, octets);
	w->c.max_octets = U64_MAX;
	KUNIT_EXPECT_EQ(test, manx_table_compile(&w->c, &w->table, NULL), 0);
	KUNIT_EXPECT_GE(test, w->c.octets, octets + manx_table_octets(&w->table));
	many_classes(w, 0, 100);
	w->c.max_octets = w->c.octets;
	KUNIT_EXPECT_EQ(test, world_commit(w), -ENOSPC);
	world_abort(w);
	w->c.max_octets = U64_MAX;
	world_check(w, 100, "no memory for classes");
	w->c.max = w->c.n;
	world_begin(w);
	KUNIT_EXPECT_EQ(test, world_churn(w, 100, WORLD_SETS), -ENOSPC);
	world_abort(w);
	world_check(w, 50, "after a refusal");
	world_free(w);
}

static struct kunit_case compile_cases[] = {
	KUNIT_CASE(compile_logs),
	KUNIT_CASE(compile_empty),
	KUNIT_CASE(compile_policy),
	KUNIT_CASE(compile_all),
	KUNIT_CASE(compile_bench),
	KUNIT_CASE(compile_blocks),
	KUNIT_CASE(compile_unknown),
	KUNIT_CASE(compile_crowd),
	KUNIT_CASE(compile_all_gone),
	KUNIT_CASE(compile_fail),
	KUNIT_CASE(commit_fail),
	KUNIT_CASE(step_fail),
	KUNIT_CASE(compile_limits),
	{}
};

static struct kunit_suite compile_suite = {
	.name		= "manx_compile",
	.test_cases	= compile_cases,
};
kunit_test_suite(compile_suite);
