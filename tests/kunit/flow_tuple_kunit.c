// SPDX-License-Identifier: GPL-2.0-only
/*
 * Keys of the flow table, and the limits of its shares.
 */
#include <kunit/test.h>
#include <linux/icmp.h>
#include <linux/icmpv6.h>

#include "kmod/flow/share.h"
#include "kmod/flow/tuple.h"

static struct manx_packet packet_of(u8 family, u8 protocol, u16 sport, u16 dport)
{
	struct manx_packet p = {
		.family = family, .protocol = protocol, .sport = sport, .dport = dport,
		.icmp_id = 77,
	};

	p.src.all[0] = htonl(0x0a410002);
	p.dst.all[0] = htonl(0x0a410003);
	if (family == NFPROTO_IPV6)
		p.dst.all[3] = htonl(9);
	return p;
}

/* The key of a reply is the key inverted; to invert twice changes nothing. */
static void check_inverse(struct kunit *test, struct manx_packet p, u16 sport, u16 dport)
{
	struct manx_flow_key key, reply, back, twice;
	struct manx_packet r = p;

	swap(r.src, r.dst);
	r.sport = sport;
	r.dport = dport;
	KUNIT_ASSERT_TRUE(test, manx_flow_of_headers(&p, 5, 2, &key));
	KUNIT_ASSERT_TRUE(test, manx_flow_of_headers(&r, 6, 3, &reply));
	manx_flow_key_invert(&key, 6, 3, &back);
	KUNIT_EXPECT_MEMEQ(test, &back, &reply, sizeof(back));
	manx_flow_key_invert(&back, 5, 2, &twice);
	KUNIT_EXPECT_MEMEQ(test, &twice, &key, sizeof(key));
}

static void manx_key_inverts(struct kunit *test)
{
	static const u8 v4[][2] = {
		{ ICMP_ECHO, ICMP_ECHOREPLY }, { ICMP_TIMESTAMP, ICMP_TIMESTAMPREPLY },
		{ ICMP_INFO_REQUEST, ICMP_INFO_REPLY }, { ICMP_ADDRESS, ICMP_ADDRESSREPLY },
	};
	unsigned int i;

	check_inverse(test, packet_of(NFPROTO_IPV4, IPPROTO_TCP, 1000, 80), 80, 1000);
	check_inverse(test, packet_of(NFPROTO_IPV6, IPPROTO_UDP, 1000, 53), 53, 1000);
	check_inverse(test, packet_of(NFPROTO_IPV4, IPPROTO_GRE, 0, 0), 0, 0);
	for (i = 0; i < ARRAY_SIZE(v4); i++) {
		check_inverse(test, packet_of(NFPROTO_IPV4, IPPROTO_ICMP, v4[i][0], 0),
			      v4[i][1], 0);
		check_inverse(test, packet_of(NFPROTO_IPV4, IPPROTO_ICMP, v4[i][1], 0),
			      v4[i][0], 0);
	}
	check_inverse(test, packet_of(NFPROTO_IPV6, IPPROTO_ICMPV6, ICMPV6_ECHO_REQUEST, 0),
		      ICMPV6_ECHO_REPLY, 0);
}

/* What the policy is asked is what the packet said. */
static void manx_key_gives_the_packet_back(struct kunit *test)
{
	struct manx_packet p = packet_of(NFPROTO_IPV4, IPPROTO_ICMP, ICMP_ECHO, 3), q;
	struct manx_flow_key key;

	KUNIT_ASSERT_TRUE(test, manx_flow_of_headers(&p, 0, 2, &key));
	manx_flow_packet(&key, &q);
	KUNIT_EXPECT_MEMEQ(test, &p, &q, sizeof(p));
	p = packet_of(NFPROTO_IPV6, IPPROTO_SCTP, 1, 2);
	p.icmp_id = 0;
	KUNIT_ASSERT_TRUE(test, manx_flow_of_headers(&p, 0, 2, &key));
	manx_flow_packet(&key, &q);
	KUNIT_EXPECT_MEMEQ(test, &p, &q, sizeof(p));
}

static void manx_key_needs_a_reply(struct kunit *test)
{
	struct manx_packet p = packet_of(NFPROTO_IPV4, IPPROTO_UDP, 1, 2);
	struct manx_flow_key key;

	p.fragment = true;
	KUNIT_EXPECT_FALSE(test, manx_flow_of_headers(&p, 0, 2, &key));
	p = packet_of(NFPROTO_IPV4, IPPROTO_ICMP, ICMP_DEST_UNREACH, 0);
	KUNIT_EXPECT_FALSE(test, manx_flow_of_headers(&p, 0, 2, &key));
	p = packet_of(NFPROTO_IPV4, IPPROTO_ICMP, 255, 0);
	KUNIT_EXPECT_FALSE(test, manx_flow_of_headers(&p, 0, 2, &key));
	p = packet_of(NFPROTO_IPV6, IPPROTO_ICMPV6, 135, 0);
	KUNIT_EXPECT_FALSE(test, manx_flow_of_headers(&p, 0, 2, &key));
}

static void manx_budget_keeps_its_limit(struct kunit *test)
{
	struct manx_flow_budget b = {};
	unsigned int i;

	for (i = 0; i < 100; i++)
		KUNIT_EXPECT_TRUE(test, manx_budget_charge(&b, 100));
	KUNIT_EXPECT_TRUE(test, manx_budget_full(&b, 100));
	KUNIT_EXPECT_FALSE(test, manx_budget_charge(&b, 100));
	KUNIT_EXPECT_EQ(test, atomic_read(&b.live), 100);
	KUNIT_EXPECT_EQ(test, atomic_read(&b.held), 100);

	/* one that was evicted makes room, while its memory waits: 100 / 8 + 64 times */
	for (i = 0; i < 76; i++) {
		manx_budget_unlive(&b);
		KUNIT_EXPECT_TRUE(test, manx_budget_charge(&b, 100));
	}
	manx_budget_unlive(&b);
	KUNIT_EXPECT_TRUE(test, manx_budget_full(&b, 100));
	KUNIT_EXPECT_FALSE(test, manx_budget_charge(&b, 100));
	manx_budget_release(&b);
	KUNIT_EXPECT_TRUE(test, manx_budget_charge(&b, 100));
	KUNIT_EXPECT_EQ(test, atomic_read(&b.held), 176);
}

static void manx_share_counts_fragments(struct kunit *test)
{
	struct manx_flow_share *share = manx_share_new();
	unsigned int i, passed = 0;

	KUNIT_ASSERT_NOT_NULL(test, share);
	for (i = 0; i < 1000; i++)
		passed += manx_share_fragment(share, 100);
	/* a second's worth at once, and what came in meanwhile */
	KUNIT_EXPECT_GE(test, passed, 100U);
	KUNIT_EXPECT_LE(test, passed, 200U);
	KUNIT_EXPECT_FALSE(test, manx_share_fragment(share, 0));
	manx_share_put(share);
}

static struct kunit_case manx_flow_tuple_cases[] = {
	KUNIT_CASE(manx_key_inverts),
	KUNIT_CASE(manx_key_gives_the_packet_back),
	KUNIT_CASE(manx_key_needs_a_reply),
	KUNIT_CASE(manx_budget_keeps_its_limit),
	KUNIT_CASE(manx_share_counts_fragments),
	{}
};

static struct kunit_suite manx_flow_tuple_suite = {
	.name = "manx_flow_tuple",
	.test_cases = manx_flow_tuple_cases,
};
kunit_test_suite(manx_flow_tuple_suite);
