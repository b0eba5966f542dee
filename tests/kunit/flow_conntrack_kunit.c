// SPDX-License-Identifier: GPL-2.0-only
/*
 * Flows by conntrack's word: direction, tuple, what is about them.
 */
#include <kunit/test.h>
#include <linux/slab.h>
#include <net/netfilter/nf_conntrack.h>

#include "kmod/flow/tuple.h"

#define FROM 2
#define TO 3

struct tracked {
	struct sk_buff *skb;
	struct nf_conn *ct;
	struct manx_packet p;
};

/* A packet from 10.0.0.2 to 10.0.0.1: a reply, says conntrack. */
static void tracked_init(struct kunit *test, struct tracked *t, u8 protocol)
{
	struct nf_conntrack_tuple *original, *reply;

	t->skb = alloc_skb(0, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, t->skb);
	t->ct = kunit_kzalloc(test, sizeof(*t->ct), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, t->ct);
	original = &t->ct->tuplehash[IP_CT_DIR_ORIGINAL].tuple;
	original->src.l3num = NFPROTO_IPV4;
	original->src.u3.ip = htonl(0x0a000001);
	original->src.u.all = htons(1000);
	original->dst.u3.ip = htonl(0x0a000002);
	original->dst.u.all = htons(80);
	original->dst.protonum = protocol;
	reply = &t->ct->tuplehash[IP_CT_DIR_REPLY].tuple;
	reply->src.l3num = NFPROTO_IPV4;
	reply->src.u3 = original->dst.u3;
	reply->src.u.all = original->dst.u.all;
	reply->dst.u3 = original->src.u3;
	reply->dst.u.all = original->src.u.all;
	reply->dst.protonum = protocol;
	t->ct->status = IPS_CONFIRMED | IPS_SEEN_REPLY;
	nf_ct_set(t->skb, t->ct, IP_CT_ESTABLISHED_REPLY);
	t->p = (struct manx_packet){ .family = NFPROTO_IPV4, .protocol = protocol };
	t->p.src = reply->src.u3;
	t->p.dst = reply->dst.u3;
}

static void tracked_exit(struct tracked *t)
{
	t->skb->_nfct = 0;
	kfree_skb(t->skb);
}

static const struct manx_passage way = { .from = TO, .to = FROM };

/* What closes and opens again from the other side is another connection. */
static void syn_begins_a_flow(struct kunit *test)
{
	struct manx_flow_id id;
	struct tracked t;

	tracked_init(test, &t, IPPROTO_TCP);
	t.p.sport = 80;
	t.p.dport = 1000;
	t.p.tcp_flags = MANX_TCP_ACK_FLAG;
	KUNIT_EXPECT_TRUE(test, manx_flow_of_packet(t.skb, &t.p, &way, &id));
	KUNIT_EXPECT_EQ(test, id.dir, MANX_FLOW_REPLY);
	t.p.tcp_flags = MANX_TCP_SYN_FLAG | MANX_TCP_ACK_FLAG;
	KUNIT_EXPECT_TRUE(test, manx_flow_of_packet(t.skb, &t.p, &way, &id));
	KUNIT_EXPECT_EQ(test, id.dir, MANX_FLOW_REPLY);
	t.p.tcp_flags = MANX_TCP_SYN_FLAG;
	KUNIT_EXPECT_TRUE(test, manx_flow_of_packet(t.skb, &t.p, &way, &id));
	KUNIT_EXPECT_EQ(test, id.dir, MANX_FLOW_ORIGINAL);
	KUNIT_EXPECT_EQ(test, id.key.from, TO);
	KUNIT_EXPECT_EQ(test, id.key.sport, 80);
	KUNIT_EXPECT_EQ(test, id.key.dport, 1000);
	tracked_exit(&t);
}

/* An entry for each of conntrack's, but policy knows no such ports. */
static void gre_has_keys(struct kunit *test)
{
	struct manx_flow_id id;
	struct manx_packet p;
	struct tracked t;

	tracked_init(test, &t, IPPROTO_GRE);
	KUNIT_EXPECT_TRUE(test, manx_flow_of_packet(t.skb, &t.p, &way, &id));
	KUNIT_EXPECT_EQ(test, id.key.sport, 80);
	KUNIT_EXPECT_EQ(test, id.key.dport, 1000);
	manx_flow_packet(&id.key, &p);
	KUNIT_EXPECT_EQ(test, p.sport, 0);
	KUNIT_EXPECT_EQ(test, p.dport, 0);
	tracked_exit(&t);
}

/* The flow that an error is about, in the direction of the error. */
static void errors_name_their_flow(struct kunit *test)
{
	struct manx_flow_id id;
	struct tracked t;

	tracked_init(test, &t, IPPROTO_UDP);
	t.p.protocol = IPPROTO_ICMP;
	KUNIT_EXPECT_FALSE(test, manx_flow_relates(t.skb, &t.p, &way, &id));
	nf_ct_set(t.skb, t.ct, IP_CT_RELATED_REPLY);
	KUNIT_EXPECT_TRUE(test, manx_flow_relates(t.skb, &t.p, &way, &id));
	KUNIT_EXPECT_EQ(test, id.dir, MANX_FLOW_REPLY);
	KUNIT_EXPECT_EQ(test, id.key.protocol, IPPROTO_UDP);
	KUNIT_EXPECT_EQ(test, id.key.from, TO);
	KUNIT_EXPECT_EQ(test, id.key.sport, 80);
	KUNIT_EXPECT_EQ(test, id.key.dport, 1000);
	/* an endpoint that is no end of the flow */
	t.p.src.ip = htonl(0x0a000003);
	KUNIT_EXPECT_FALSE(test, manx_flow_relates(t.skb, &t.p, &way, &id));
	tracked_exit(&t);
}

static struct kunit_case conntrack_cases[] = {
	KUNIT_CASE(syn_begins_a_flow),
	KUNIT_CASE(gre_has_keys),
	KUNIT_CASE(errors_name_their_flow),
	{}
};

static struct kunit_suite conntrack_suite = {
	.name = "manx_flow_conntrack",
	.test_cases = conntrack_cases,
};

kunit_test_suite(conntrack_suite);
