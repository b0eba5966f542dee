// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table of flows: which entries give way, and which stand in nobody's.
 */
#include <kunit/test.h>
#include <linux/kthread.h>
#include <linux/rtnetlink.h>

#include "kmod/flow/report.h"
#include "kmod/flow/table.h"
#include "kmod/ns.h"

#define FROM 2
#define TO 3
#define TABLE_SIZE 128

struct table {
	struct manx_ns *ns;
	struct manx_flow_share *share;
	struct manx_ruleset *rs;
};

static int table_init(struct kunit *test)
{
	struct table *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);
	int err;

	KUNIT_ASSERT_NOT_NULL(test, t);
	t->ns = manx_ns(&init_net);
	t->share = manx_share_new();
	KUNIT_ASSERT_NOT_NULL(test, t->share);
	t->rs = kunit_kzalloc(test, sizeof(*t->rs), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, t->rs);
	t->rs->config = manx_config_default;
	t->rs->config.max_flows_from = 2;
	/* or the worker would ask the node's about the ends of the entries */
	t->rs->generation = rcu_dereference_protected(t->ns->ruleset, true)->generation;
	rtnl_lock();
	err = manx_flows_start(t->ns);
	rtnl_unlock();
	test->priv = t;
	return err;
}

static void table_exit(struct kunit *test)
{
	struct table *t = test->priv;

	manx_share_put(t->share);
	manx_flows_stop(t->ns);
	rcu_barrier();
	manx_flows_free(t->ns);
	t->ns->flows = NULL;
}

/* An entry from one share to another, of a source port. Under RCU, bottom halves disabled. */
static struct manx_flow *entry_of(struct table *t, struct manx_flow_share *share,
				  struct manx_flow_share *other, u8 protocol, u16 port,
				  u32 generation)
{
	struct manx_flow_new new = {
		.key = {
			.from = FROM, .family = NFPROTO_IPV4, .protocol = protocol,
			.sport = port, .dport = 53,
		},
		.share = { share, other },
		.tcp = MANX_TCP_SYN,
		.timeout = 60 * HZ,
		.dir = MANX_FLOW_REPLY,
		.len = 40,
		.generation = generation,
	};

	manx_flow_key_invert(&new.key, 0, other ? TO : 0, &new.reply);
	return manx_flow_make(t->ns->flows, &t->rs->config, &new);
}

static struct manx_flow *entry(struct table *t, u8 protocol, u16 port,
			       struct manx_flow_share *other)
{
	return entry_of(t, t->share, other, protocol, port, t->rs->generation);
}

static struct manx_flow *found(struct table *t, const struct manx_flow_key *key)
{
	struct manx_flow_side *side;

	side = manx_flows_find(t->ns->flows, key);
	return side ? manx_flow_of_side(side) : NULL;
}

static void answer(struct manx_flow *flow, bool lasts)
{
	set_bit(MANX_FLOW_REPLIED, &flow->flags);
	if (lasts)
		set_bit(MANX_FLOW_LASTING, &flow->flags);
	manx_quota_mark(flow);
}

/* One question, one answer, a port each: a resolver must not use up its share. */
static void udp_gives_way_unless_it_lasts(struct kunit *test)
{
	struct table *t = test->priv;
	struct manx_flow *flow[4];
	unsigned int i;

	local_bh_disable();
	rcu_read_lock();
	for (i = 0; i < ARRAY_SIZE(flow); i++) {
		flow[i] = entry(t, IPPROTO_UDP, 1000 + i, NULL);
		KUNIT_EXPECT_FALSE(test, IS_ERR_OR_NULL(flow[i]));
		if (IS_ERR_OR_NULL(flow[i]))
			goto out;
		answer(flow[i], i >= 2);
	}
	KUNIT_EXPECT_NULL(test, found(t, &flow[0]->side[0].key));
	KUNIT_EXPECT_NULL(test, found(t, &flow[1]->side[0].key));
	KUNIT_EXPECT_PTR_EQ(test, found(t, &flow[2]->side[0].key), flow[2]);
	KUNIT_EXPECT_EQ(test, PTR_ERR(entry(t, IPPROTO_UDP, 2000, NULL)), -ENOSPC);
	KUNIT_EXPECT_PTR_EQ(test, found(t, &flow[2]->side[1].key), flow[2]);
out:
	rcu_read_unlock();
	local_bh_enable();
}

/* Another processor has decided to remove an entry, and not done it yet. */
static void what_is_dying_is_in_nobodys_way(struct kunit *test)
{
	struct table *t = test->priv;
	struct manx_flow *old, *new;

	local_bh_disable();
	rcu_read_lock();
	old = entry(t, IPPROTO_TCP, 1000, NULL);
	if (!IS_ERR_OR_NULL(old)) {
		set_bit(MANX_FLOW_DEAD, &old->flags);
		new = entry(t, IPPROTO_TCP, 1000, NULL);
		KUNIT_EXPECT_FALSE(test, IS_ERR_OR_NULL(new));
		KUNIT_EXPECT_PTR_EQ(test, found(t, &old->side[0].key), new);
		clear_bit(MANX_FLOW_DEAD, &old->flags);
		KUNIT_EXPECT_TRUE(test, manx_flow_remove(old, MANX_FLOW_END_REPLACED));
		KUNIT_EXPECT_PTR_EQ(test, found(t, &old->side[1].key), new);
	}
	rcu_read_unlock();
	local_bh_enable();
}

static void no_entry_to_a_link_that_is_gone(struct kunit *test)
{
	struct manx_flow_share *gone = manx_share_new();
	struct table *t = test->priv;

	KUNIT_ASSERT_NOT_NULL(test, gone);
	local_bh_disable();
	rcu_read_lock();
	manx_share_end(gone);
	KUNIT_EXPECT_EQ(test, PTR_ERR(entry(t, IPPROTO_TCP, 1000, gone)), -ENOSPC);
	rcu_read_unlock();
	local_bh_enable();
	manx_share_put(gone);
	KUNIT_EXPECT_EQ(test, atomic_read(&t->ns->flows->budget.held), 0);
}

/* Answered or not: what passes only because its node audits goes first. */
static void what_is_refused_gives_way(struct kunit *test)
{
	struct table *t = test->priv;
	struct manx_flow *refused, *flow;

	local_bh_disable();
	rcu_read_lock();
	refused = entry_of(t, t->share, NULL, IPPROTO_ICMP, 1000, MANX_FLOW_REFUSED);
	flow = entry(t, IPPROTO_ICMP, 1001, NULL);
	KUNIT_EXPECT_FALSE(test, IS_ERR_OR_NULL(refused));
	KUNIT_EXPECT_FALSE(test, IS_ERR_OR_NULL(flow));
	if (!IS_ERR_OR_NULL(refused) && !IS_ERR_OR_NULL(flow)) {
		answer(refused, true);
		answer(flow, true);
		KUNIT_EXPECT_FALSE(test, IS_ERR_OR_NULL(entry(t, IPPROTO_ICMP, 1002, NULL)));
		KUNIT_EXPECT_NULL(test, found(t, &refused->side[0].key));
		KUNIT_EXPECT_PTR_EQ(test, found(t, &flow->side[0].key), flow);
	}
	rcu_read_unlock();
	local_bh_enable();
}

#define MANY 300

/* looks for entries while they move */
struct search {
	struct table *t;
	struct manx_flow_key key[MANY];
	u32 looked;
	u32 missed;
};

static void search_once(struct search *s)
{
	unsigned int i;

	for (i = 0; i < MANY; i++) {
		local_bh_disable();
		rcu_read_lock();
		s->missed += !found(s->t, &s->key[i]);
		rcu_read_unlock();
		local_bh_enable();
	}
	s->looked++;
}

static int search(void *data)
{
	while (!kthread_should_stop()) {
		search_once(data);
		cond_resched();
	}
	return 0;
}

/* The limit as a commit sets it. Returns the number of buckets that come of it. */
static u32 resize(struct table *t, u32 limit)
{
	struct manx_ruleset *rs = rcu_dereference_protected(t->ns->ruleset, true);
	u32 old = rs->config.max_flows, n;

	rs->config.max_flows = limit;
	manx_flows_fit(t->ns, old);
	flush_delayed_work(&t->ns->flows->gc);
	n = manx_flows_walk(t->ns->flows);
	manx_flows_walked(t->ns->flows);
	return n;
}

/*
 * Two endpoints flood, each within its share, and the table is full. One that has
 * little keeps it, and gets what it needs; of the two neither gets all.
 */
static void floods_displace_the_greediest(struct kunit *test)
{
	struct manx_flow_share *flood[2] = { manx_share_new(), manx_share_new() };
	struct table *t = test->priv;
	unsigned int i, refused = 0;

	KUNIT_ASSERT_NOT_NULL(test, flood[0]);
	KUNIT_ASSERT_NOT_NULL(test, flood[1]);
	/* as few buckets as can be, or a sample finds hardly an entry in them */
	resize(t, TABLE_SIZE);
	t->rs->config.max_flows = TABLE_SIZE;
	t->rs->config.max_flows_from = TABLE_SIZE;
	for (i = 0; i < 1000; i++) {
		local_bh_disable();
		rcu_read_lock();
		refused += IS_ERR_OR_NULL(entry_of(t, flood[i & 1], NULL, IPPROTO_TCP, 2000 + i,
						   t->rs->generation));
		if (i % 100 == 99)
			refused += IS_ERR_OR_NULL(entry(t, IPPROTO_TCP, i, NULL));
		rcu_read_unlock();
		local_bh_enable();
		/* room for what comes, the same for all */
		if (i % 32 == 31)
			rcu_barrier();
	}
	KUNIT_EXPECT_EQ(test, refused, 0);
	KUNIT_EXPECT_EQ(test, manx_share_flows(t->share, MANX_FLOW_FROM), 10);
	for (i = 0; i < 2; i++)
		KUNIT_EXPECT_GT(test, manx_share_flows(flood[i], MANX_FLOW_FROM), 32);
	resize(t, manx_config_default.max_flows);
	manx_share_put(flood[0]);
	manx_share_put(flood[1]);
}

/* The number of buckets follows the limit, and nobody misses an entry meanwhile. */
static void buckets_follow_the_limit(struct kunit *test)
{
	struct search *s = kunit_kzalloc(test, sizeof(*s), GFP_KERNEL);
	struct table *t = test->priv;
	struct task_struct *task;
	struct manx_flow *flow;
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, s);
	s->t = t;
	t->rs->config.max_flows_from = MANY + 1;
	for (i = 0; i < MANY; i++) {
		local_bh_disable();
		rcu_read_lock();
		flow = entry(t, IPPROTO_TCP, 1000 + i, NULL);
		if (!IS_ERR_OR_NULL(flow))
			s->key[i] = flow->side[i % 2].key;
		rcu_read_unlock();
		local_bh_enable();
		KUNIT_ASSERT_FALSE(test, IS_ERR_OR_NULL(flow));
	}
	task = kthread_run(search, s, "search");
	KUNIT_ASSERT_FALSE(test, IS_ERR(task));
	for (i = 0; i < 2; i++) {
		KUNIT_EXPECT_EQ(test, resize(t, 2), 1024);
		KUNIT_EXPECT_EQ(test, resize(t, 1 << 20), 1 << 19);
	}
	KUNIT_EXPECT_EQ(test, resize(t, manx_config_default.max_flows), 1 << 17);
	kthread_stop(task);
	search_once(s);
	KUNIT_EXPECT_GT(test, s->looked, 2);
	KUNIT_EXPECT_EQ(test, s->missed, 0);
	local_bh_disable();
	rcu_read_lock();
	flow = entry(t, IPPROTO_TCP, 1000, NULL);
	rcu_read_unlock();
	local_bh_enable();
	/* it is there already */
	KUNIT_EXPECT_NULL(test, flow);
}

/* What is told of a new entry includes the packet that made it. */
static void entries_begin_with_a_packet(struct kunit *test)
{
	struct manx_flow_report report = {};
	struct table *t = test->priv;
	struct manx_flow *flow;

	local_bh_disable();
	rcu_read_lock();
	flow = entry(t, IPPROTO_TCP, 1000, NULL);
	if (!IS_ERR_OR_NULL(flow))
		manx_report_flow(flow, &report);
	rcu_read_unlock();
	local_bh_enable();
	KUNIT_EXPECT_EQ(test, report.packets[MANX_FLOW_ORIGINAL], 0);
	KUNIT_EXPECT_EQ(test, report.packets[MANX_FLOW_REPLY], 1);
	KUNIT_EXPECT_EQ(test, report.bytes[MANX_FLOW_REPLY], 40);
}

static struct kunit_case table_cases[] = {
	KUNIT_CASE(entries_begin_with_a_packet),
	KUNIT_CASE(buckets_follow_the_limit),
	KUNIT_CASE(udp_gives_way_unless_it_lasts),
	KUNIT_CASE(what_is_refused_gives_way),
	KUNIT_CASE(floods_displace_the_greediest),
	KUNIT_CASE(what_is_dying_is_in_nobodys_way),
	KUNIT_CASE(no_entry_to_a_link_that_is_gone),
	{}
};

static struct kunit_suite table_suite = {
	.name = "manx_flow_table",
	.init = table_init,
	.exit = table_exit,
	.test_cases = table_cases,
};

kunit_test_suite(table_suite);
