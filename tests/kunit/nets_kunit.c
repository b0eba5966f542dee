// SPDX-License-Identifier: GPL-2.0-only
/*
 * Prefixes: their form on the wire, their order and what they contain.
 */
#include <kunit/test.h>
#include <linux/inet.h>
#include <linux/string.h>

#include "kmod/nets.h"

/* "10.0.0.0" or "fd00::" and a length */
static struct manx_prefix prefix(struct kunit *test, const char *text, u8 len)
{
	struct manx_prefix p = { .len = len };

	if (in4_pton(text, -1, (u8 *)&p.addr.ip, -1, NULL)) {
		p.family = NFPROTO_IPV4;
		return p;
	}
	KUNIT_ASSERT_TRUE_MSG(test, in6_pton(text, -1, p.addr.in6.s6_addr, -1, NULL), "%s", text);
	p.family = NFPROTO_IPV6;
	return p;
}

static bool contains(struct kunit *test, const struct manx_prefix *p, const char *addr)
{
	struct manx_prefix host = prefix(test, addr, 0);

	return manx_prefix_contains(p, host.family, &host.addr);
}

static void nets_wire(struct kunit *test)
{
	static const u8 host4[] = { 10, 0, 0, 1, 32 }, any4[] = { 0, 0, 0, 0, 0 };
	static const u8 odd[] = { 10, 0, 0, 128, 25 }, net6[17] = { 0xfd, [16] = 8 };
	static const struct {
		const u8 *data;
		int size;
	} forms[] = { { host4, 5 }, { any4, 5 }, { odd, 5 }, { net6, 17 } };
	u8 out[MANX_PREFIX_WIRE_MAX];
	struct manx_prefix p;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(forms); i++) {
		KUNIT_ASSERT_EQ(test, manx_prefix_parse(&p, forms[i].data, forms[i].size), 0);
		KUNIT_EXPECT_EQ(test, p.family, forms[i].size == 5 ? NFPROTO_IPV4 : NFPROTO_IPV6);
		KUNIT_EXPECT_EQ(test, p.len, forms[i].data[forms[i].size - 1]);
		KUNIT_ASSERT_EQ(test, manx_prefix_wire(&p, out), forms[i].size);
		KUNIT_EXPECT_MEMEQ(test, out, forms[i].data, forms[i].size);
	}
}

static void nets_wire_refused(struct kunit *test)
{
	static const u8 beyond4[] = { 10, 0, 0, 0, 33 }, bits4[] = { 10, 0, 0, 1, 31 };
	static const u8 any_bits4[] = { 128, 0, 0, 0, 0 }, beyond6[17] = { [16] = 129 };
	static const u8 bits6[17] = { 0xfd, [15] = 1, [16] = 127 }, none[18] = {};
	struct manx_prefix p;
	int size;

	KUNIT_EXPECT_EQ(test, manx_prefix_parse(&p, beyond4, 5), -EINVAL);
	KUNIT_EXPECT_EQ(test, manx_prefix_parse(&p, bits4, 5), -EINVAL);
	KUNIT_EXPECT_EQ(test, manx_prefix_parse(&p, any_bits4, 5), -EINVAL);
	KUNIT_EXPECT_EQ(test, manx_prefix_parse(&p, beyond6, 17), -EINVAL);
	KUNIT_EXPECT_EQ(test, manx_prefix_parse(&p, bits6, 17), -EINVAL);
	for (size = 0; size <= sizeof(none); size++)
		KUNIT_EXPECT_EQ(test, manx_prefix_parse(&p, none, size),
				size == 5 || size == 17 ? 0 : -EINVAL);
}

static void nets_order(struct kunit *test)
{
	const struct manx_prefix sorted[] = {
		prefix(test, "0.0.0.0", 0), prefix(test, "9.255.0.0", 16),
		prefix(test, "10.0.0.0", 8), prefix(test, "10.0.0.0", 32),
		prefix(test, "10.0.0.1", 32), prefix(test, "200.0.0.0", 8),
		prefix(test, "::", 0), prefix(test, "fd00::", 8), prefix(test, "fd00::", 64),
		prefix(test, "fd00::1", 128),
	};
	int i, j;

	for (i = 0; i < ARRAY_SIZE(sorted); i++)
		for (j = 0; j < ARRAY_SIZE(sorted); j++) {
			int d = manx_prefix_cmp(&sorted[i], &sorted[j]);

			KUNIT_EXPECT_EQ_MSG(test, (d > 0) - (d < 0), (i > j) - (i < j),
					    "%d and %d", i, j);
		}
	KUNIT_EXPECT_TRUE(test, manx_prefix_is_host(&sorted[3]));
	KUNIT_EXPECT_FALSE(test, manx_prefix_is_host(&sorted[2]));
	KUNIT_EXPECT_TRUE(test, manx_prefix_is_host(&sorted[9]));
	KUNIT_EXPECT_FALSE(test, manx_prefix_is_host(&sorted[8]));
}

static void nets_prefix_contains(struct kunit *test)
{
	struct manx_prefix p = prefix(test, "10.0.0.128", 25);

	KUNIT_EXPECT_TRUE(test, contains(test, &p, "10.0.0.128"));
	KUNIT_EXPECT_TRUE(test, contains(test, &p, "10.0.0.255"));
	KUNIT_EXPECT_FALSE(test, contains(test, &p, "10.0.0.127"));
	KUNIT_EXPECT_FALSE(test, contains(test, &p, "10.0.1.128"));
	p = prefix(test, "0.0.0.0", 0);
	KUNIT_EXPECT_TRUE(test, contains(test, &p, "255.255.255.255"));
	KUNIT_EXPECT_FALSE(test, contains(test, &p, "::"));
	p = prefix(test, "fd00::8000:0", 97);
	KUNIT_EXPECT_TRUE(test, contains(test, &p, "fd00::8000:1"));
	KUNIT_EXPECT_FALSE(test, contains(test, &p, "fd00::1"));
	p = prefix(test, "::", 0);
	KUNIT_EXPECT_TRUE(test, contains(test, &p, "fd00::1"));
	KUNIT_EXPECT_FALSE(test, contains(test, &p, "10.0.0.1"));
}

static struct kunit_case nets_cases[] = {
	KUNIT_CASE(nets_wire),
	KUNIT_CASE(nets_wire_refused),
	KUNIT_CASE(nets_order),
	KUNIT_CASE(nets_prefix_contains),
	{}
};

static struct kunit_suite nets_suite = {
	.name = "manx_nets",
	.test_cases = nets_cases,
};
kunit_test_suite(nets_suite);
