// SPDX-License-Identifier: GPL-2.0-only
/*
 * Addresses: the sets of an address, by host class and net class, against the
 * oracle's list of members, while prefixes that nest and repeat come and go.
 */
#include <kunit/test.h>

#include "fail.h"
#include "world.h"

/* Is an address in a set, as the classes have it? */
static bool classes_say(struct world *w, u8 family, const union nf_inet_addr *addr, u32 set)
{
	u32 host = manx_addresses_host(&w->now, family, addr);
	u32 net = manx_addresses_net(&w->now, family, addr);

	return (host && manx_class_has(manx_class_find(&w->c, host), set)) ||
	       (net && manx_class_has(manx_class_find(&w->c, net), set));
}

static bool oracle_says(struct world *w, u8 family, const union nf_inet_addr *addr, u32 set)
{
	u32 i;

	for (i = 0; i < w->o->n; i++)
		if (w->o->member[i].set == set &&
		    manx_prefix_contains(&w->o->member[i].p, family, addr))
			return true;
	return false;
}

static void check(struct world *w, u32 n)
{
	struct manx_packet p;
	u32 i, set;

	for (i = 0; i < n; i++) {
		p = world_packet(w);
		for (set = 0; set < 10; set++) {
			u32 id = w->name[set]->id;

			KUNIT_ASSERT_EQ_MSG(w->test, classes_say(w, p.family, &p.src, id),
					    oracle_says(w, p.family, &p.src, id),
					    "%pI6c family %u set %u", &p.src, p.family, id);
		}
	}
}

static void address_churn(struct kunit *test)
{
	struct world *w = world_new(test, 1000);
	u32 i;

	for (i = 0; i < 150; i++) {
		world_begin(w);
		KUNIT_ASSERT_EQ(test, world_churn(w, 1 + world_below(w, 15), 10), 0);
		if (i % 5)
			KUNIT_ASSERT_GE(test, world_commit(w), 0);
		else
			world_abort(w);
		check(w, 25);
	}
	world_free(w);
}

/* When the last member has gone no class is left. */
static void address_empty(struct kunit *test)
{
	struct world *w = world_new(test, 1100);
	struct manx_prefix p;
	u32 set;

	world_begin(w);
	KUNIT_ASSERT_EQ(test, world_churn(w, 200, 10), 0);
	KUNIT_ASSERT_GE(test, world_commit(w), 0);
	world_begin(w);
	while (w->o_next->n) {
		p = w->o_next->member[0].p;
		for (set = 0; w->name[set]->id != w->o_next->member[0].set; set++)
			;
		KUNIT_ASSERT_EQ(test, world_change(w, set, &p, false), 0);
	}
	KUNIT_ASSERT_GE(test, world_commit(w), 0);
	KUNIT_EXPECT_EQ(test, w->now.exact.n, 0);
	KUNIT_EXPECT_EQ(test, w->now.nets.n, 0);
	KUNIT_EXPECT_EQ(test, w->c.n, 0);
	world_free(w);
}

/* 0.0.0.0/0 and ::/0 cover all, and what was beneath is as before without them. */
static void address_all(struct kunit *test)
{
	struct manx_prefix all[2] = { { .family = NFPROTO_IPV4 }, { .family = NFPROTO_IPV6 } };
	struct world *w = world_new(test, 1200);
	u32 i, classes;

	world_begin(w);
	KUNIT_ASSERT_EQ(test, world_churn(w, 80, 8), 0);
	KUNIT_ASSERT_GE(test, world_commit(w), 0);
	classes = w->c.n;
	for (i = 0; i < 4; i++) {
		world_begin(w);
		KUNIT_ASSERT_EQ(test, world_change(w, 8, &all[0], i % 2 == 0), 0);
		KUNIT_ASSERT_EQ(test, world_change(w, 9, &all[1], i % 2 == 0), 0);
		KUNIT_ASSERT_GE(test, world_commit(w), 0);
		check(w, 100);
	}
	KUNIT_EXPECT_EQ(test, w->c.n, classes);
	world_free(w);
}

/* Without memory anywhere, and then given up, nothing has changed. */
static void address_fail(struct kunit *test)
{
	struct world *w = world_new(test, 1300);
	struct manx_prefix p = { .family = NFPROTO_IPV4, .len = 8 };
	u32 n, classes;
	int err;

	p.addr.ip = htonl(0x0a000000);
	world_begin(w);
	KUNIT_ASSERT_EQ(test, world_churn(w, 120, 8), 0);
	KUNIT_ASSERT_GE(test, world_commit(w), 0);
	classes = w->c.n;
	for (n = 1; ; n++) {
		world_begin(w);
		manx_fail_at(n);
		err = world_change(w, 9, &p, true);
		if (!manx_fail_end())
			break;
		KUNIT_ASSERT_EQ(test, err, -ENOMEM);
		world_abort(w);
		KUNIT_ASSERT_EQ(test, w->c.n, classes);
		check(w, 10);
	}
	KUNIT_EXPECT_GT(test, n, 10);
	KUNIT_ASSERT_EQ(test, err, 0);
	KUNIT_ASSERT_GE(test, world_commit(w), 0);
	check(w, 50);
	world_free(w);
}

static struct kunit_case address_cases[] = {
	KUNIT_CASE(address_churn),
	KUNIT_CASE(address_empty),
	KUNIT_CASE(address_all),
	KUNIT_CASE(address_fail),
	{}
};

static struct kunit_suite address_suite = {
	.name = "manx_address",
	.test_cases = address_cases,
};
kunit_test_suite(address_suite);
