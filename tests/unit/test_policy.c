// SPDX-License-Identifier: GPL-2.0-only
/*
 * The policy compiler, judged by what its tables do with packets.
 */
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "policy_cluster.h"

static void test_no_policy_is_open(void **state)
{
	struct cluster *c = cluster_compile(NULL, 0);

	(void)state;
	assert_int_equal(c->out.n_endpoints, 4);
	assert_int_equal(c->out.n_sets, 0);
	assert_int_equal(c->out.n_tables, 2);
	assert_string_equal(c->out.table[0].name, "profile/egress/allow-all");
	assert_string_equal(c->out.table[1].name, "profile/ingress/allow-all");
	assert_true(tcp(c, WEB, IN, "192.0.2.1", "10.0.0.2"));
	assert_true(tcp(c, WEB, OUT, "fd00::2", "2001:db8::1"));
	cluster_free(c);
}

static void test_selected_is_closed(void **state)
{
	struct manx_policy p[] = {
		POLICY(.name = "deny", .ns = "shop", .selector = "app == 'web'",
		       .ingress_applies = true),
	};
	struct cluster *c = cluster_compile(p, 1);

	(void)state;
	assert_false(tcp(c, WEB, IN, "10.0.0.3", "10.0.0.2"));
	assert_true(tcp(c, WEB, OUT, "10.0.0.2", "10.0.0.3"));
	assert_true(tcp(c, DB, IN, "10.0.0.2", "10.0.0.3"));
	assert_true(tcp(c, BARE, IN, "10.0.0.2", "10.0.0.5"));
	cluster_free(c);
}

static void test_directions_that_do_not_apply(void **state)
{
	struct manx_policy_rule allow[] = { ANY_RULE(ALLOW) };
	struct manx_policy p[] = {
		POLICY(.name = "out", .egress_applies = true, INGRESS(allow)),
	};
	struct cluster *c;

	(void)state;
	p[0].ingress_applies = false;
	c = cluster_compile(p, 1);
	assert_true(tcp(c, WEB, IN, "10.0.0.3", "10.0.0.2"));
	assert_false(tcp(c, WEB, OUT, "10.0.0.2", "10.0.0.3"));
	assert_int_equal(endpoint_of(&c->out, WEB)->ingress.n, 1);
	assert_int_equal(endpoint_of(&c->out, WEB)->egress.n, 2);
	cluster_free(c);
}

/* Subjects and peers of namespaced and global policies; who may send to web. */
static const struct peers_case {
	const char *ns, *selector, *not_selector, *ns_selector;
	bool web2, far, probe, bare, outside;
} peers_cases[] = {
	/*                                             web2   far    probe  bare   outside */
	{ "shop", "", "", "",                           true,  true,  true,  true,  true },
	{ "shop", "app == 'web'", "", "",               true,  true,  false, false, false },
	{ "shop", "all()", "", "",                      true,  true,  false, false, false },
	{ "shop", "", "app == 'x'", "",                 true,  true,  false, false, false },
	{ "shop", "", "app == 'web'", "",               false, false, false, false, false },
	{ "shop", "", "", "all()",                      true,  true,  true,  true,  false },
	{ "shop", "", "", "global()",                   false, false, false, false, false },
	{ "shop", "has(app)", "", "projectcalico.org/name == 'test'",
							false, false, true,  false, false },
	{ "shop", "", "has(app)", "kubernetes.io/metadata.name == 'test'",
							false, false, false, true,  false },
	{ NULL,   "app == 'web'", "", "",               true,  true,  true,  false, false },
	{ NULL,   "", "app == 'web'", "",               false, false, false, true,  true },
	{ NULL,   "!has(app)", "", "",                  false, false, false, true,  false },
	{ NULL,   "projectcalico.org/namespace == 'test'", "", "",
							false, false, true,  true,  false },
	{ NULL,   "projectcalico.org/orchestrator == 'k8s'", "", "",
							true,  true,  true,  true,  false },
};

static void test_peers(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(peers_cases); i++) {
		const struct peers_case *t = &peers_cases[i];
		struct manx_policy_rule rule[] = {
			FROM(ALLOW, .selector = t->selector, .not_selector = t->not_selector,
			     .ns_selector = t->ns_selector),
		};
		struct manx_policy p[] = {
			POLICY(.name = "p", .ns = t->ns, INGRESS(rule)),
		};
		struct cluster *c = cluster_compile(p, 1);

		assert_int_equal(tcp(c, WEB, IN, "10.0.0.4", "10.0.0.2"), t->web2);
		assert_int_equal(tcp(c, WEB, IN, "10.0.1.2", "10.0.0.2"), t->far);
		assert_int_equal(tcp(c, WEB, IN, "fd00::1:2", "fd00::2"), t->far);
		assert_int_equal(tcp(c, WEB, IN, "10.0.1.3", "10.0.0.2"), t->probe);
		assert_int_equal(tcp(c, WEB, IN, "10.0.0.5", "10.0.0.2"), t->bare);
		assert_int_equal(tcp(c, WEB, IN, "192.0.2.1", "10.0.0.2"), t->outside);
		/* the subject of a namespaced policy lies in its namespace */
		assert_int_equal(endpoint_of(&c->out, BARE)->ingress.n, t->ns ? 1 : 2);
		cluster_free(c);
	}
}

static void test_global_subject_by_namespace(void **state)
{
	struct manx_policy p[] = {
		POLICY(.name = "p", .ns_selector = "projectcalico.org/name == 'test'",
		       .ingress_applies = true),
	};
	struct cluster *c = cluster_compile(p, 1);

	(void)state;
	assert_int_equal(endpoint_of(&c->out, WEB)->ingress.n, 1);
	assert_int_equal(endpoint_of(&c->out, BARE)->ingress.n, 2);
	cluster_free(c);
}

static struct manx_prefix net(const char *text)
{
	struct manx_prefix p = { 0 };

	assert_true(manx_prefix_parse(text, &p));
	return p;
}

/* Lists of nets and the families that are left; "" is no rule at all. */
static const struct families_case {
	const char *net[2], *not_net[2];
	int ip_version, protocol;
	const char *families;
} families_cases[] = {
	{ { NULL }, { NULL }, 0, -1, "46" },
	{ { NULL }, { NULL }, 6, -1, "6" },
	{ { NULL }, { NULL }, 0, IPPROTO_ICMP, "4" },
	{ { NULL }, { NULL }, 0, IPPROTO_ICMPV6, "6" },
	{ { "10.0.0.0/8" }, { NULL }, 0, -1, "4" },
	{ { "10.0.0.0/8", "fd00::/16" }, { NULL }, 0, -1, "46" },
	{ { "10.0.0.0/8", "fd00::/16" }, { NULL }, 4, -1, "4" },
	{ { "fd00::/16" }, { NULL }, 4, -1, "" },
	{ { NULL }, { "192.0.2.0/24" }, 0, -1, "4" },
	{ { NULL }, { "192.0.2.0/24", "2001:db8::/32" }, 0, -1, "46" },
	{ { NULL }, { "192.0.2.0/24" }, 6, -1, "" },
	{ { NULL }, { "0.0.0.0/0" }, 0, -1, "" },
	{ { NULL }, { "0.0.0.0/0", "2001:db8::/32" }, 0, -1, "6" },
	{ { "10.0.0.0/8" }, { "2001:db8::/32" }, 0, -1, "" },
};

static void test_families(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(families_cases); i++) {
		const struct families_case *t = &families_cases[i];
		struct manx_prefix nets[2], not_nets[2];
		struct manx_policy_rule rule[] = { ANY_RULE(ALLOW) };
		struct manx_policy p[] = { POLICY(.name = "p", INGRESS(rule)) };
		int protocol = t->protocol < 0 ? IPPROTO_TCP : t->protocol;
		struct packet p4 = { protocol, "10.9.9.9", "10.0.0.2", 80 };
		struct packet p6 = { protocol, "fd00::9", "fd00::2", 80 };
		struct manx_entity *e = &rule[0].src;
		struct cluster *c;

		rule[0].ip_version = t->ip_version;
		rule[0].protocol = t->protocol;
		for (e->net = nets; e->n_net < 2 && t->net[e->n_net]; e->n_net++)
			nets[e->n_net] = net(t->net[e->n_net]);
		for (e->not_net = not_nets; e->n_not_net < 2 && t->not_net[e->n_not_net];
		     e->n_not_net++)
			not_nets[e->n_not_net] = net(t->not_net[e->n_not_net]);
		c = cluster_compile(p, 1);
		assert_int_equal(allowed(c, WEB, IN, &p4), !!strchr(t->families, '4'));
		assert_int_equal(allowed(c, WEB, IN, &p6), !!strchr(t->families, '6'));
		assert_int_equal(table_of(&c->out, endpoint_of(&c->out, WEB)->ingress.s[0])->n_rules,
				 *t->families ? 1 : 0);
		cluster_free(c);
	}
}

static void test_ports_protocols_icmp(void **state)
{
	struct manx_port_range web[] = { { 80, 80 }, { 8000, 8100 } }, except[] = { { 8080, 8080 } };
	struct manx_policy_rule rule[] = {
		RULE(ALLOW, .protocol = IPPROTO_TCP, .src = ENTITY(),
		     .dst = ENTITY(.port = web, .n_port = 2, .not_port = except, .n_not_port = 1)),
		RULE(ALLOW, .protocol = IPPROTO_ICMP, .icmp_type = 8, .src = ENTITY(),
		     .dst = ENTITY()),
		RULE(ALLOW, .not_protocol = IPPROTO_TCP, .ip_version = 6, .src = ENTITY(),
		     .dst = ENTITY()),
	};
	struct manx_policy p[] = { POLICY(.name = "p", INGRESS(rule)) };
	static const struct {
		struct packet packet;
		bool allowed;
	} cases[] = {
		{ { IPPROTO_TCP, "192.0.2.1", "10.0.0.2", 80 }, true },
		{ { IPPROTO_TCP, "192.0.2.1", "10.0.0.2", 81 }, false },
		{ { IPPROTO_TCP, "192.0.2.1", "10.0.0.2", 8000 }, true },
		{ { IPPROTO_TCP, "192.0.2.1", "10.0.0.2", 8080 }, false },
		{ { IPPROTO_UDP, "192.0.2.1", "10.0.0.2", 80 }, false },
		{ { IPPROTO_ICMP, "192.0.2.1", "10.0.0.2", 8 }, true },
		{ { IPPROTO_ICMP, "192.0.2.1", "10.0.0.2", 13 }, false },
		{ { IPPROTO_UDP, "2001:db8::1", "fd00::2", 53 }, true },
		{ { IPPROTO_TCP, "2001:db8::1", "fd00::2", 53 }, false },
	};
	struct cluster *c = cluster_compile(p, 1);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(allowed(c, WEB, IN, &cases[i].packet), cases[i].allowed);
	cluster_free(c);
}

static void test_nets_are_masked_and_sorted(void **state)
{
	struct manx_prefix nets[] = { net("10.2.3.4/16"), net("10.1.2.3/16"), net("10.2.0.0/16") };
	struct manx_policy_rule rule[] = { FROM(ALLOW, .net = nets, .n_net = 3) };
	struct manx_policy p[] = { POLICY(.name = "p", INGRESS(rule)) };
	struct cluster *c = cluster_compile(p, 1);
	const struct manx_dp_prefixes *out;
	char text[MANX_ADDR_STRLEN];

	(void)state;
	out = &table_of(&c->out, endpoint_of(&c->out, WEB)->ingress.s[0])->rule[0].src.net[0];
	assert_int_equal(out->n, 2);
	assert_string_equal(manx_prefix_format(&out->p[0], text), "10.1.0.0/16");
	assert_string_equal(manx_prefix_format(&out->p[1], text), "10.2.0.0/16");
	cluster_free(c);
}

/* spec.order, then "<name>/<namespace>/<kind>"; the first that decides wins. */
static void test_order(void **state)
{
	static const struct {
		const char *name, *ns;
		double order;
	} cases[][2] = {	/* the first of each pair must win */
		{ { "z", NULL, 10 }, { "a", NULL, 20 } },
		{ { "z", NULL, -1 }, { "a", NULL, 0 } },
		{ { "z", NULL, 1000 }, { "a", NULL, INFINITY } },
		{ { "a", NULL, INFINITY }, { "b", NULL, INFINITY } },
		{ { "p10", NULL, 5 }, { "p2", NULL, 5 } },
		{ { "a", "shop", 5 }, { "b", NULL, 5 } },
		{ { "a", NULL, 5 }, { "a", "shop", 5 } },
		{ { "a-b", NULL, 5 }, { "a", NULL, 5 } },
	};
	struct manx_policy_rule allow[] = { ANY_RULE(ALLOW) }, deny[] = { ANY_RULE(DENY) };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		for (int swap = 0; swap < 2; swap++)
			for (int wins = 0; wins < 2; wins++) {
				struct manx_policy p[2];
				struct cluster *c;

				for (int k = 0; k < 2; k++)
					p[k ^ swap] = (struct manx_policy)
						POLICY(.name = cases[i][k].name,
						       .ns = cases[i][k].ns,
						       .order = cases[i][k].order,
						       .ingress_applies = true,
						       .ingress = (k ? !wins : wins) ? allow : deny,
						       .n_ingress = 1);
				c = cluster_compile(p, 2);
				assert_int_equal(tcp(c, WEB, IN, "192.0.2.1", "10.0.0.2"), wins);
				cluster_free(c);
			}
}

static void test_pass_and_log(void **state)
{
	struct manx_policy_rule pass[] = { ANY_RULE(LOG), ANY_RULE(PASS) };
	struct manx_policy_rule deny[] = { ANY_RULE(DENY) }, log[] = { ANY_RULE(LOG) };
	struct manx_policy p[] = {
		POLICY(.name = "a", .selector = "app == 'web'", INGRESS(pass)),
		POLICY(.name = "b", INGRESS(deny)),
		POLICY(.name = "c", .selector = "app == 'db'", .order = 1, INGRESS(log)),
	};
	struct cluster *c = cluster_compile(p, 3);

	(void)state;
	assert_true(tcp(c, WEB, IN, "192.0.2.1", "10.0.0.2"));
	assert_false(tcp(c, BARE, IN, "192.0.2.1", "10.0.0.5"));
	assert_false(tcp(c, DB, IN, "192.0.2.1", "10.0.0.3"));
	cluster_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_policy_is_open),
		cmocka_unit_test(test_selected_is_closed),
		cmocka_unit_test(test_directions_that_do_not_apply),
		cmocka_unit_test(test_peers),
		cmocka_unit_test(test_global_subject_by_namespace),
		cmocka_unit_test(test_families),
		cmocka_unit_test(test_ports_protocols_icmp),
		cmocka_unit_test(test_nets_are_masked_and_sorted),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_pass_and_log),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
