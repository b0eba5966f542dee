// SPDX-License-Identifier: GPL-2.0-only
/*
 * The order of rules in bit vectors.
 */
#include <linux/bitmap.h>
#include <linux/slab.h>

#include "kmod/engine/bits.h"
#include "kmod/engine/order.h"
#include "world.h"

/* As firewalls have them: often one side is open. */
static const struct world_shape firewall = { .n_sets = 1, .nets = 128 };

/* In how many words rules leave the source open. */
static u32 order_open(const struct manx_rule *rule, const u32 *order, u32 n)
{
	u32 i, words = 0, last = U32_MAX;

	for (i = 0; i < n; i++) {
		if (rule[order ? order[i] : i].src[MANX_MUST].n_nets || last == i / 64)
			continue;
		last = i / 64;
		words++;
	}
	return words;
}

static void order_check(struct world *w, u32 n)
{
	u32 *order = kunit_kcalloc(w->test, n + 1, sizeof(*order), GFP_KERNEL), i;
	unsigned long *seen = kunit_kcalloc(w->test, BITS_TO_LONGS(n + 1), sizeof(*seen),
					    GFP_KERNEL);

	KUNIT_ASSERT_TRUE(w->test, order && seen);
	world_rules(w, n, &firewall);
	KUNIT_ASSERT_EQ(w->test, manx_order_rules(&w->table, order), 0);
	for (i = 0; i < n; i++) {
		KUNIT_ASSERT_LT(w->test, order[i], n);
		KUNIT_ASSERT_FALSE(w->test, __test_and_set_bit(order[i], seen));
		KUNIT_ASSERT_EQ(w->test, order[i] / MANX_BITS_BLOCK, i / MANX_BITS_BLOCK);
		if (i % 64)
			KUNIT_ASSERT_LT(w->test, order[i - 1], order[i]);
	}
	/* half of the rules, and one word of each block with others as well */
	if (n > 640)
		KUNIT_EXPECT_LT(w->test, order_open(w->table.rule, order, n) * 10,
				order_open(w->table.rule, NULL, n) * 7);
}

static void order_rules(struct kunit *test)
{
	static const u32 sizes[] = { 1, 63, 64, 65, 128, 1000, 4095, 4096, 4097, 9000 };
	struct world *w = world_new(test, 1000);
	u32 i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++)
		order_check(w, sizes[i]);
	world_free(w);
}

static struct kunit_case order_cases[] = {
	KUNIT_CASE(order_rules),
	{}
};

static struct kunit_suite order_suite = {
	.name = "manx_order",
	.test_cases = order_cases,
};

kunit_test_suite(order_suite);
