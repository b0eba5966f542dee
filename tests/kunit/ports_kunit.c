// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ports: every port and every ICMP type and code of some rules, against the
 * oracle; how few rows and pages that takes.
 */
#include <kunit/test.h>
#include <linux/err.h>
#include <linux/slab.h>

#include "fail.h"
#include "kmod/engine/ports.h"
#include "oracle.h"
#include "world.h"

#define KINDS	24
#define ROWS	512

/* Rows as bit masks of items. */
struct rows {
	u32 n;
	u64 row[ROWS];
};

static int intern(void *ctx, const u32 *item, u32 n)
{
	struct rows *r = ctx;
	u64 mask = 0;
	u32 i;

	for (i = 0; i < n; i++) {
		if (i && item[i] <= item[i - 1])
			return -EINVAL;
		mask |= 1ULL << item[i];
	}
	for (i = 0; i < r->n; i++)
		if (r->row[i] == mask)
			return i;
	if (r->n == ROWS)
		return -EXFULL;
	r->row[r->n] = mask;
	return r->n++;
}

static const struct world_shape shape = {
	.n_sets = 1, .ports = 220, .protocol = 220, .not = 90, .version = 50,
};

/* What the rules' conditions on ports alone say about a packet. */
static u64 oracle_row(struct world *w, const struct manx_packet *p, bool source)
{
	struct manx_rule r;
	u64 mask = 0;
	u32 i;

	for (i = 0; i < w->table.n; i++) {
		r = w->table.rule[i];
		if (source)
			memset(r.dst, 0, sizeof(r.dst));
		else
			memset(r.src, 0, sizeof(r.src));
		if (source) {
			memset(r.protocol, 0xff, sizeof(r.protocol));
			memset(r.icmp_type, 0xff, sizeof(r.icmp_type));
			r.ip_version = 0;
		}
		if (oracle_matches(w->o, &r, p))
			mask |= 1ULL << (i + 1);
	}
	return mask;
}

static void compare(struct world *w, const struct manx_ports *ports, const struct rows *rows,
		    const struct manx_packet *p, bool source)
{
	u32 row = manx_ports_get(ports, p, source);

	KUNIT_ASSERT_LT(w->test, row, rows->n);
	KUNIT_ASSERT_EQ_MSG(w->test, rows->row[row], oracle_row(w, p, source),
			    "family %u protocol %u ports %u %u%s", p->family, p->protocol, p->sport,
			    p->dport, p->fragment ? " fragment" : "");
}

/* Ports at both ends of each range, and beside them. */
static void compare_edges(struct world *w, const struct manx_ports *ports, const struct rows *rows,
			  struct manx_packet *p, bool source)
{
	u32 i, j, which, end;

	for (i = 0; i < w->table.n; i++) {
		for (which = 0; which < 2; which++) {
			const struct manx_criterion *c = source ? &w->table.rule[i].src[which] :
								  &w->table.rule[i].dst[which];

			for (j = 0; j < c->n_ports * 6; j++) {
				end = j % 2 ? c->port[j / 6] >> 16 : c->port[j / 6];
				p->sport = end + j % 6 / 2 - 1;
				p->dport = p->sport;
				compare(w, ports, rows, p, source);
			}
		}
	}
}

static void compare_all(struct world *w, const struct manx_ports *ports, const struct rows *rows,
			bool source)
{
	struct manx_packet p;
	u32 protocol, family, i;

	for (i = 0; i < 512 * 12; i++) {
		family = i & 1;
		protocol = i / 2 % 256;
		p = (struct manx_packet){
			.family		= family ? NFPROTO_IPV6 : NFPROTO_IPV4,
			.protocol	= protocol,
			.fragment	= i < 512,
		};
		if (i >= 1024) {
			p.sport = world_below(w, 256);
			p.dport = world_below(w, 256);
		}
		compare(w, ports, rows, &p, source);
	}
	p = (struct manx_packet){ .family = NFPROTO_IPV4, .protocol = IPPROTO_TCP };
	compare_edges(w, ports, rows, &p, source);
	p.protocol = IPPROTO_UDP;
	compare_edges(w, ports, rows, &p, source);
	p.protocol = IPPROTO_ICMP;
	for (i = 0; i < 65536; i += world_below(w, 5) + 1) {
		p.sport = i >> 8;
		p.dport = i & 0xff;
		compare(w, ports, rows, &p, source);
	}
}

static void ports_random(struct kunit *test)
{
	const struct manx_rule *kind[KINDS];
	struct rows *rows = kunit_kzalloc(test, sizeof(*rows), GFP_KERNEL);
	u32 seed, source, i;

	for (seed = 0; seed < 8; seed++) {
		struct world *w = world_new(test, 2000 + seed);

		world_rules(w, 1 + seed * (KINDS - 1) / 7, &shape);
		for (source = 0; source < 2; source++) {
			struct manx_ports_builder b = {
				.source = source, .kind = kind, .n = w->table.n, .intern = intern,
				.ctx = rows,
			};
			struct manx_ports *ports;

			for (i = 0; i < w->table.n; i++)
				kind[i] = &w->table.rule[i];
			rows->n = 0;
			ports = manx_ports_build(&b);
			KUNIT_ASSERT_FALSE(test, IS_ERR(ports));
			compare_all(w, ports, rows, source);
			manx_ports_free(ports);
		}
		world_free(w);
	}
}

/* Five hundred ports one by one: a page for 256 of them, a row for each. */
static void ports_pages(struct kunit *test)
{
	struct manx_rule *rule = kunit_kcalloc(test, 1, sizeof(*rule), GFP_KERNEL);
	struct rows *rows = kunit_kzalloc(test, sizeof(*rows), GFP_KERNEL);
	const struct manx_rule *kind = rule;
	struct manx_ports_builder b = {
		.kind = &kind, .n = 1, .intern = intern, .ctx = rows,
	};
	u32 port[500], i;
	struct manx_ports *ports;

	memset(rule->protocol, 0xff, sizeof(rule->protocol));
	memset(rule->icmp_type, 0xff, sizeof(rule->icmp_type));
	rule->protocol[MANX_MUST] = IPPROTO_TCP;
	rule->dst[MANX_MUST].port = port;
	rule->dst[MANX_MUST].n_ports = ARRAY_SIZE(port);
	for (i = 0; i < ARRAY_SIZE(port); i++)
		port[i] = (i * 2) << 16 | (i * 2);
	ports = manx_ports_build(&b);
	KUNIT_ASSERT_FALSE(test, IS_ERR(ports));
	KUNIT_EXPECT_EQ(test, rows->n, 2);
	KUNIT_EXPECT_EQ(test, ports->n_maps, 1);
	KUNIT_EXPECT_EQ(test, ports->n_pages, DIV_ROUND_UP(1000, 256));
	manx_ports_free(ports);
}

static void ports_fail(struct kunit *test)
{
	struct rows *rows = kunit_kzalloc(test, sizeof(*rows), GFP_KERNEL);
	struct world *w = world_new(test, 2100);
	const struct manx_rule *kind[KINDS];
	struct manx_ports_builder b = {
		.kind = kind, .n = KINDS, .intern = intern, .ctx = rows,
	};
	struct manx_ports *ports;
	u32 n, i;

	world_rules(w, KINDS, &shape);
	for (i = 0; i < KINDS; i++)
		kind[i] = &w->table.rule[i];
	for (n = 1; ; n++) {
		rows->n = 0;
		manx_fail_at(n);
		ports = manx_ports_build(&b);
		if (!manx_fail_end())
			break;
		if (IS_ERR(ports))
			KUNIT_ASSERT_EQ(test, PTR_ERR(ports), -ENOMEM);
		else	/* it was only to become smaller */
			manx_ports_free(ports);
	}
	KUNIT_EXPECT_GT(test, n, 10);
	KUNIT_ASSERT_FALSE(test, IS_ERR(ports));
	manx_ports_free(ports);
	world_free(w);
}

static struct kunit_case ports_cases[] = {
	KUNIT_CASE(ports_random),
	KUNIT_CASE(ports_pages),
	KUNIT_CASE(ports_fail),
	{}
};

static struct kunit_suite ports_suite = {
	.name = "manx_ports",
	.test_cases = ports_cases,
};
kunit_test_suite(ports_suite);
