// SPDX-License-Identifier: GPL-2.0-only
/*
 * Transactions, from the requests' handlers down to verdicts: one that fails for want
 * of memory, wherever that is, leaves the old policy in force and nothing else behind.
 */
#include <kunit/test.h>
#include <linux/rtnetlink.h>
#include <linux/slab.h>
#include <linux/user_namespace.h>
#include <net/genetlink.h>
#include <net/net_namespace.h>

#include "fail.h"
#include "kmod/apply.h"
#include "kmod/counters.h"
#include "kmod/flow/table.h"
#include "kmod/garbage.h"
#include "kmod/judge.h"
#include "kmod/netlink.h"
#include "kmod/ns.h"
#include "kmod/txn.h"

#define TXN_PORT	77
#define TXN_ENDPOINT	2
#define TXN_REQUESTS	5
#define TXN_MEMBERS	150
#define TXN_TIMES	401

/* A namespace of its own and the requests of the policies 0 and 1. */
struct txn_world {
	struct kunit *test;
	struct net *net;
	struct manx_ns *ns;
	struct sk_buff *request[2][TXN_REQUESTS];
	u64 left;	/* octets of garbage when the last transaction ended */
};

static void txn_put_prefix(struct sk_buff *skb, int type, u32 addr, u8 len)
{
	u8 wire[5] = { addr >> 24, addr >> 16, addr >> 8, addr, len };

	nla_put(skb, type, sizeof(wire), wire);
}

static struct sk_buff *txn_request(struct txn_world *w, u8 cmd)
{
	struct sk_buff *skb = genlmsg_new(16 * TXN_MEMBERS + 512, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(w->test, skb);
	genlmsg_put(skb, TXN_PORT, 1, &manx_nl_family, 0, cmd);
	return skb;
}

/* The header and what follows it are one message now. */
static struct sk_buff *txn_requested(struct sk_buff *skb)
{
	nlmsg_end(skb, nlmsg_hdr(skb));
	return skb;
}

/* Policy i has 10.0.0.i and the sender of the other one's packets is not in it. */
static struct sk_buff *txn_set(struct txn_world *w, u32 policy)
{
	struct sk_buff *skb = txn_request(w, MANX_CMD_SET_NEW);
	u32 i;

	nla_put_string(skb, MANX_A_SET_NAME, "them");
	txn_put_prefix(skb, MANX_A_SET_MEMBER, 0x0a000000 + policy, 32);
	for (i = 0; i < TXN_MEMBERS; i++)
		txn_put_prefix(skb, MANX_A_SET_MEMBER,
			       0x0a010000 + (i + policy * TXN_MEMBERS / 2) * 256, i % 5 ? 32 : 24);
	return txn_requested(skb);
}

static void txn_rule(struct sk_buff *skb, u32 id, u32 action, int set, bool udp)
{
	struct nlattr *nest = nla_nest_start(skb, MANX_A_TABLE_RULE);

	nla_put_u32(skb, MANX_A_RULE_ID, id);
	nla_put_u32(skb, MANX_A_RULE_ACTION, action);
	nla_put_string(skb, set, "them");
	txn_put_prefix(skb, MANX_A_RULE_DST_NET, 0x0a000000, 8);
	if (udp) {
		nla_put_u32(skb, MANX_A_RULE_PROTOCOL, IPPROTO_UDP);
		nla_put_u32(skb, MANX_A_RULE_DST_PORT, 1000 << 16 | 1010);
	}
	nla_nest_end(skb, nest);
}

static struct sk_buff *txn_table(struct txn_world *w, u32 policy)
{
	struct sk_buff *skb = txn_request(w, MANX_CMD_TABLE_NEW);

	nla_put_string(skb, MANX_A_TABLE_NAME, "t");
	nla_put_u32(skb, MANX_A_TABLE_DIRECTION, MANX_DIRECTION_INGRESS);
	nla_put_u32(skb, MANX_A_TABLE_DEFAULT_ACTION, MANX_ACTION_DENY);
	txn_rule(skb, 1, MANX_ACTION_LOG, MANX_A_RULE_SRC_SET, false);
	txn_rule(skb, 2 + policy, MANX_ACTION_DENY, MANX_A_RULE_NOT_SRC_SET, !policy);
	txn_rule(skb, 4, MANX_ACTION_ALLOW, MANX_A_RULE_SRC_SET, true);
	return txn_requested(skb);
}

static struct sk_buff *txn_endpoint(struct txn_world *w, u32 policy)
{
	struct sk_buff *skb = txn_request(w, MANX_CMD_ENDPOINT_NEW);

	nla_put_u32(skb, MANX_A_ENDPOINT_ID, TXN_ENDPOINT);
	txn_put_prefix(skb, MANX_A_ENDPOINT_ADDRESS, 0x0a000064, 32);
	nla_put_string(skb, MANX_A_ENDPOINT_INGRESS, "t");
	return txn_requested(skb);
}

/* Something that only one of the policies has. */
static struct sk_buff *txn_other(struct txn_world *w, u32 policy)
{
	struct sk_buff *skb = txn_request(w, policy ? MANX_CMD_SET_DEL : MANX_CMD_SET_NEW);

	nla_put_string(skb, MANX_A_SET_NAME, "other");
	if (!policy)
		txn_put_prefix(skb, MANX_A_SET_MEMBER, 0x0a010000, 16);
	return txn_requested(skb);
}

static struct sk_buff *txn_peer(struct txn_world *w, u32 policy)
{
	struct sk_buff *skb = txn_request(w, policy ? MANX_CMD_PEER_DEL : MANX_CMD_PEER_NEW);

	nla_put_in_addr(skb, MANX_A_PEER_ADDRESS, htonl(0x0a0a0001));
	return txn_requested(skb);
}

/* Has the handler of the request do what it asks for. */
static int txn_send(struct txn_world *w, struct sk_buff *skb)
{
	struct genlmsghdr *genl = nlmsg_data(nlmsg_hdr(skb));
	struct nlattr *attrs[MANX_A_NODE_MAX + 1] = {};
	struct netlink_ext_ack extack = {};
	struct genl_info info = {
		.snd_portid	= TXN_PORT,
		.family		= &manx_nl_family,
		.nlhdr		= nlmsg_hdr(skb),
		.genlhdr	= genl,
		.attrs		= attrs,
		.extack		= &extack,
	};
	unsigned int i;

	genl_info_net_set(&info, w->net);
	for (i = 0; i < ARRAY_SIZE(manx_nl_ops); i++)
		if (manx_nl_ops[i].cmd == genl->cmd)
			break;
	KUNIT_ASSERT_LT(w->test, i, ARRAY_SIZE(manx_nl_ops));
	KUNIT_ASSERT_EQ(w->test, 0, nla_parse(attrs, manx_nl_ops[i].maxattr, genlmsg_data(genl),
					      genlmsg_len(genl), manx_nl_ops[i].policy, &extack));
	return manx_nl_ops[i].doit(skb, &info);
}

/* One transaction with a policy's requests. */
static int txn_load(struct txn_world *w, u32 policy)
{
	struct netlink_ext_ack extack = {};
	u32 i;
	int err;

	mutex_lock(&w->ns->lock);
	err = manx_txn_begin(w->ns, TXN_PORT, &extack);
	mutex_unlock(&w->ns->lock);
	if (err)
		return err;
	for (i = 0; i < TXN_REQUESTS && !err; i++)
		err = txn_send(w, w->request[policy][i]);
	mutex_lock(&w->ns->lock);
	if (err)
		manx_txn_drop(w->ns);
	else
		err = manx_txn_commit(w->ns, &extack);
	/* the worker frees nothing without the lock */
	w->left = atomic64_read(&w->ns->bin.octets);
	mutex_unlock(&w->ns->lock);
	return min(err, 0);
}

static bool txn_passes(struct txn_world *w, u32 source)
{
	const struct manx_packet p = {
		.family = NFPROTO_IPV4, .protocol = IPPROTO_UDP, .sport = 999, .dport = 1005,
		.src.ip = htonl(source), .dst.ip = htonl(0x0a000064), .len = 28,
	};
	struct manx_verdict v;

	local_bh_disable();
	rcu_read_lock();
	manx_judge(w->ns, rcu_dereference(w->ns->ruleset), &p, MANX_ENDPOINT_OUTSIDE,
		   TXN_ENDPOINT, MANX_JUDGE_COUNT, &v);
	rcu_read_unlock();
	local_bh_enable();
	return v.action == MANX_ACTION_ALLOW;
}

static void txn_expect(struct txn_world *w, u32 policy)
{
	const struct manx_ruleset *rs = rcu_dereference_protected(w->ns->ruleset, true);

	KUNIT_ASSERT_EQ(w->test, txn_passes(w, 0x0a000000), !policy);
	KUNIT_ASSERT_EQ(w->test, txn_passes(w, 0x0a000001), policy);
	KUNIT_ASSERT_FALSE(w->test, txn_passes(w, 0x0a020000));
	KUNIT_ASSERT_EQ(w->test, rs->sets.n, policy ? 1 : 2);
	KUNIT_ASSERT_EQ(w->test, rs->peers.n, !policy);
	KUNIT_ASSERT_EQ(w->test, rs->n_rules, 3);
}

static void txn_start(struct txn_world *w, struct kunit *test)
{
	u32 i;

	w->test = test;
	w->net = copy_net_ns(CLONE_NEWNET, &init_user_ns, &init_net);
	KUNIT_ASSERT_FALSE(test, IS_ERR(w->net));
	w->ns = manx_ns(w->net);
	for (i = 0; i < 2; i++) {
		w->request[i][0] = txn_set(w, i);
		w->request[i][1] = txn_table(w, i);
		w->request[i][2] = txn_endpoint(w, i);
		w->request[i][3] = txn_other(w, i);
		w->request[i][4] = txn_peer(w, i);
	}
}

static void txn_stop(struct txn_world *w)
{
	u32 i, j;

	for (i = 0; i < 2; i++)
		for (j = 0; j < TXN_REQUESTS; j++)
			nlmsg_free(w->request[i][j]);
	put_net(w->net);
}

/* Delete everything there is under policy 1; then no memory is counted any more. */
static void txn_clear(struct txn_world *w)
{
	static const struct {
		u8 cmd;
		int attr;
		const char *name;
	} things[] = {
		{ MANX_CMD_ENDPOINT_DEL, MANX_A_ENDPOINT_ID, NULL },
		{ MANX_CMD_TABLE_DEL, MANX_A_TABLE_NAME, "t" },
		{ MANX_CMD_SET_DEL, MANX_A_SET_NAME, "them" },
	};
	const struct manx_ruleset *rs;
	struct sk_buff *skb;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(things); i++) {
		skb = txn_request(w, things[i].cmd);
		if (things[i].name)
			nla_put_string(skb, things[i].attr, things[i].name);
		else
			nla_put_u32(skb, things[i].attr, TXN_ENDPOINT);
		KUNIT_EXPECT_EQ(w->test, txn_send(w, txn_requested(skb)), 0);
		nlmsg_free(skb);
	}
	flush_work(&w->ns->bin.work);
	rs = rcu_dereference_protected(w->ns->ruleset, true);
	KUNIT_EXPECT_EQ(w->test, rs->memory, 0);
	KUNIT_EXPECT_EQ(w->test, rs->n_members, 0);
	KUNIT_EXPECT_EQ(w->test, rs->n_rules, 0);
	KUNIT_EXPECT_EQ(w->test, w->ns->classes.n, 0);
}

static void txn_no_memory(struct kunit *test)
{
	struct txn_world w = {};
	u32 n, failures = 0;
	int err;

	txn_start(&w, test);
	KUNIT_ASSERT_EQ(test, txn_load(&w, 0), 0);
	txn_expect(&w, 0);
	for (n = 1; ; n++) {
		manx_fail_at(n);
		err = txn_load(&w, 1);
		if (!manx_fail_end())
			break;
		if (err) {
			KUNIT_ASSERT_EQ_MSG(test, err, -ENOMEM, "allocation %u", n);
			failures++;
		} else {
			/* the engine can do without, at the cost of time */
			txn_expect(&w, 1);
			KUNIT_ASSERT_EQ(test, txn_load(&w, 0), 0);
		}
		txn_expect(&w, 0);
	}
	KUNIT_ASSERT_EQ(test, err, 0);
	KUNIT_EXPECT_GT(test, failures, 100);
	txn_expect(&w, 1);
	txn_clear(&w);
	txn_stop(&w);
}

/* Hundreds of replacements: nothing stays behind, and counts go on. */
static void txn_over_and_over(struct kunit *test)
{
	const struct manx_table *table;
	struct txn_world w = {};
	struct manx_ruleset *rs;
	u64 allowed;
	u32 i;

	txn_start(&w, test);
	KUNIT_ASSERT_EQ(test, txn_load(&w, 0), 0);
	txn_expect(&w, 0);
	for (i = 1; i <= TXN_TIMES; i++) {
		KUNIT_ASSERT_EQ(test, manx_garbage_wait(&w.ns->bin), 0);
		KUNIT_ASSERT_EQ(test, txn_load(&w, i % 2), 0);
		txn_expect(&w, i % 2);
	}
	flush_work(&w.ns->bin.work);
	rs = rcu_dereference_protected(w.ns->ruleset, true);
	KUNIT_EXPECT_EQ(test, rs->generation, TXN_TIMES + 2);
	i = 0;
	table = manx_map_next(&rs->tables, &i);
	KUNIT_ASSERT_NOT_NULL(test, table);
	/* the last rule has the same id in both policies */
	KUNIT_ASSERT_EQ(test, table->rule[2].id, 4);
	allowed = manx_counters_read(table->counters, 2);
	KUNIT_EXPECT_EQ(test, allowed, TXN_TIMES + 1);
	txn_clear(&w);
	txn_stop(&w);
}

/* Sends a request that consists of numbers. */
static int txn_limit(struct txn_world *w, int attr, u64 value)
{
	struct sk_buff *skb = txn_request(w, MANX_CMD_NODE_SET);
	int err;

	if (attr == MANX_A_NODE_MAX_MEMORY)
		nla_put_u64_64bit(skb, attr, value, MANX_A_NODE_PAD);
	else
		nla_put_u32(skb, attr, value);
	err = txn_send(w, txn_requested(skb));
	nlmsg_free(skb);
	return err;
}

/* What was replaced a moment ago takes nobody's place: policies that just fit, in turn. */
static void txn_replaces_at_the_limit(struct kunit *test)
{
	struct txn_world w = {};
	u64 memory = 0;
	u32 classes = 0, i;

	txn_start(&w, test);
	for (i = 0; i < 4; i++) {
		KUNIT_ASSERT_EQ(test, txn_load(&w, i % 2), 0);
		flush_work(&w.ns->bin.work);
		classes = max(classes, w.ns->classes.n);
		memory = max_t(u64, memory, w.ns->classes.octets +
			       rcu_dereference_protected(w.ns->ruleset, true)->memory);
	}
	KUNIT_ASSERT_EQ(test, txn_limit(&w, MANX_A_NODE_MAX_CLASSES, classes), 0);
	for (i = 0; i < 20; i++) {
		KUNIT_ASSERT_EQ_MSG(test, txn_load(&w, i % 2), 0, "%u classes", classes);
		txn_expect(&w, i % 2);
	}
	KUNIT_ASSERT_EQ(test, txn_limit(&w, MANX_A_NODE_MAX_CLASSES, classes - 1), 0);
	KUNIT_ASSERT_EQ(test, txn_load(&w, 0), -ENOSPC);
	txn_expect(&w, 1);
	KUNIT_ASSERT_EQ(test, txn_limit(&w, MANX_A_NODE_MAX_CLASSES, 65535), 0);
	KUNIT_ASSERT_EQ(test, txn_limit(&w, MANX_A_NODE_MAX_MEMORY, memory * 3 / 2), 0);
	for (i = 0; i < 20; i++) {
		KUNIT_ASSERT_EQ_MSG(test, txn_load(&w, i % 2), 0, "%llu octets", memory);
		txn_expect(&w, i % 2);
	}
	KUNIT_ASSERT_EQ(test, txn_limit(&w, MANX_A_NODE_MAX_MEMORY, memory / 2), 0);
	KUNIT_ASSERT_EQ(test, txn_load(&w, 0), -ENOSPC);
	txn_expect(&w, 1);
	KUNIT_ASSERT_EQ(test, txn_limit(&w, MANX_A_NODE_MAX_MEMORY, 1 << 30), 0);
	txn_clear(&w);
	txn_stop(&w);
}

/* Limits of a transaction that is given up are limits of nobody. */
static void txn_limits_are_undone(struct kunit *test)
{
	struct netlink_ext_ack extack = {};
	struct txn_world w = {};
	u64 octets;

	txn_start(&w, test);
	KUNIT_ASSERT_EQ(test, txn_load(&w, 0), 0);
	octets = w.ns->classes.max_octets;
	mutex_lock(&w.ns->lock);
	KUNIT_ASSERT_EQ(test, manx_txn_begin(w.ns, TXN_PORT, &extack), 0);
	mutex_unlock(&w.ns->lock);
	KUNIT_ASSERT_EQ(test, txn_limit(&w, MANX_A_NODE_MAX_CLASSES, 1), 0);
	KUNIT_ASSERT_EQ(test, txn_limit(&w, MANX_A_NODE_MAX_MEMORY, 1), 0);
	mutex_lock(&w.ns->lock);
	KUNIT_EXPECT_EQ(test, manx_apply(w.ns, &extack), 0);
	KUNIT_EXPECT_EQ(test, w.ns->classes.max, 1);
	manx_txn_drop(w.ns);
	KUNIT_EXPECT_EQ(test, w.ns->classes.max, 65535);
	KUNIT_EXPECT_EQ(test, w.ns->classes.max_octets, octets);
	mutex_unlock(&w.ns->lock);
	KUNIT_ASSERT_EQ(test, txn_load(&w, 1), 0);
	txn_clear(&w);
	txn_stop(&w);
}

static u32 txn_buckets(struct txn_world *w)
{
	u32 n;

	flush_delayed_work(&w->ns->flows->gc);
	n = manx_flows_walk(w->ns->flows);
	manx_flows_walked(w->ns->flows);
	return n;
}

static void txn_fits_the_flow_table(struct kunit *test)
{
	struct txn_world w = {};
	int err;

	txn_start(&w, test);
	KUNIT_ASSERT_EQ(test, txn_limit(&w, MANX_A_NODE_MAX_FLOWS, 5000), 0);
	rtnl_lock();
	err = manx_flows_start(w.ns);
	rtnl_unlock();
	KUNIT_ASSERT_EQ(test, err, 0);
	KUNIT_EXPECT_EQ(test, txn_buckets(&w), 4096);
	KUNIT_ASSERT_EQ(test, txn_limit(&w, MANX_A_NODE_MAX_FLOWS, 100000), 0);
	KUNIT_EXPECT_EQ(test, txn_buckets(&w), 65536);
	KUNIT_ASSERT_EQ(test, txn_limit(&w, MANX_A_NODE_MAX_FLOWS, 1), 0);
	KUNIT_EXPECT_EQ(test, txn_buckets(&w), 1024);
	txn_stop(&w);
}

static u64 txn_set_octets(struct txn_world *w)
{
	const struct manx_ruleset *rs = rcu_dereference_protected(w->ns->ruleset, true);
	const struct manx_set *set;
	u64 octets = 0;
	u32 id;

	manx_map_for_each(&rs->sets, id, set)
		octets += set->members.bytes;
	return octets;
}

/* A writer is ahead of the worker by a limited number of octets, not only of commits. */
static void txn_waits_for_octets(struct kunit *test)
{
	struct txn_world w = {};
	atomic64_t *octets;
	u64 replaced;

	txn_start(&w, test);
	octets = &w.ns->bin.octets;
	KUNIT_ASSERT_EQ(test, txn_load(&w, 0), 0);
	replaced = txn_set_octets(&w);
	flush_work(&w.ns->bin.work);
	KUNIT_ASSERT_EQ(test, atomic64_read(octets), 0);
	KUNIT_ASSERT_EQ(test, txn_load(&w, 1), 0);
	KUNIT_EXPECT_GE(test, w.left, replaced);
	flush_work(&w.ns->bin.work);
	KUNIT_ASSERT_EQ(test, atomic64_read(octets), 0);
	/* an aborted transaction leaves what it made */
	KUNIT_ASSERT_EQ(test, txn_limit(&w, MANX_A_NODE_MAX_CLASSES, 1), 0);
	KUNIT_ASSERT_EQ(test, txn_load(&w, 0), -ENOSPC);
	KUNIT_EXPECT_GE(test, w.left, replaced);
	flush_work(&w.ns->bin.work);
	KUNIT_EXPECT_EQ(test, atomic64_read(octets), 0);
	atomic64_add(1 << 30, octets);
	manx_kill_at(1);
	kfree(kmalloc(8, GFP_KERNEL));
	KUNIT_EXPECT_EQ(test, manx_garbage_wait(&w.ns->bin), -ERESTARTSYS);
	KUNIT_EXPECT_TRUE(test, manx_fail_end());
	atomic64_sub(1 << 30, octets);
	KUNIT_EXPECT_EQ(test, manx_garbage_wait(&w.ns->bin), 0);
	txn_clear(&w);
	txn_stop(&w);
}

/* Whoever is killed in a commit, wherever that is, leaves nothing behind. */
static void txn_killed(struct kunit *test)
{
	u32 n, killed = 0, limit = 0;
	struct txn_world w = {};
	int err;

	txn_start(&w, test);
	KUNIT_ASSERT_EQ(test, txn_load(&w, 0), 0);
	for (n = 1; n < 10000; n++) {
		manx_kill_at(n);
		err = txn_load(&w, 1);
		if (!manx_fail_end())
			break;
		if (err) {
			KUNIT_ASSERT_EQ_MSG(test, err, -EINTR, "allocation %u", n);
			killed++;
		} else {
			/* after the last look at signals */
			txn_expect(&w, 1);
			KUNIT_ASSERT_EQ(test, txn_load(&w, 0), 0);
			limit++;
		}
		txn_expect(&w, 0);
	}
	KUNIT_ASSERT_EQ(test, err, 0);
	KUNIT_EXPECT_GT(test, killed, 100);
	KUNIT_EXPECT_LT(test, limit, killed);
	txn_clear(&w);
	txn_stop(&w);
}

static struct kunit_case txn_cases[] = {
	KUNIT_CASE(txn_waits_for_octets),
	KUNIT_CASE(txn_fits_the_flow_table),
	KUNIT_CASE(txn_killed),
	KUNIT_CASE(txn_limits_are_undone),
	KUNIT_CASE(txn_replaces_at_the_limit),
	KUNIT_CASE(txn_no_memory),
	KUNIT_CASE(txn_over_and_over),
	{}
};

static struct kunit_suite txn_suite = {
	.name = "manx_txn",
	.test_cases = txn_cases,
};
kunit_test_suite(txn_suite);
