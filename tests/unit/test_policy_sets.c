// SPDX-License-Identifier: GPL-2.0-only
/*
 * Network sets, labels that are inherited from namespaces, and tiers, judged by
 * what the compiled tables do with packets.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "policy_cluster.h"

/* The networks: 192.0.2/24 global, 198.51.100/24 in shop, 203.0.113/24 in test. */
static struct manx_prefix nets[5];
static struct manx_netset sets[4];
static struct manx_namespace spaces[2];

static const char *const set_labels[] = {
	"{\"kind\":\"office\",\"pcns.env\":\"own\"}", "{\"kind\":\"office\"}", "{\"kind\":\"office\"}", "{}",
};

static void setup_world(void)
{
	static const char *const texts[] = {
		"192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32", "0.0.0.0/0",
	};
	static const char *const in[] = { NULL, "shop", "test", NULL };

	for (size_t i = 0; i < 5; i++)
		assert_true(manx_prefix_parse(texts[i], &nets[i]));
	for (size_t i = 0; i < 4; i++)
		sets[i] = (struct manx_netset){
			.name = "s", .ns = in[i], .labels.json = cJSON_Parse(set_labels[i]),
			.net = &nets[i == 3 ? 4 : i], .n_net = 1,
		};
	spaces[0] = (struct manx_namespace){ "shop", { cJSON_Parse("{\"env\":\"live\"}") } };
	spaces[1] = (struct manx_namespace){ "empty", { NULL } };
}

static void teardown_world(void)
{
	for (size_t i = 0; i < 4; i++)
		cJSON_Delete((cJSON *)sets[i].labels.json);
	cJSON_Delete((cJSON *)spaces[0].labels.json);
}

/* Who may send to web: the sets global, shop, test; the pods far of shop and bare of test; anybody else. */
static const struct sets_case {
	const char *ns, *selector, *not_selector, *ns_selector;
	bool global, shop, test, far, bare, other;
} sets_cases[] = {
	/*                                                  global shop   test   far    bare   other */
	{ NULL, "kind == 'office'", "", "",                  true,  true,  true,  false, false, false },
	{ "shop", "kind == 'office'", "", "",                false, true,  false, false, false, false },
	{ "shop", "kind == 'office'", "", "all()",           false, true,  true,  false, false, false },
	{ "shop", "kind == 'office'", "", "global()",        true,  false, false, false, false, false },
	{ "shop", "", "", "projectcalico.org/name == 'test'", false, false, true, false, true,  false },
	{ "shop", "kind == 'home'", "", "",                  false, false, false, false, false, false },
	{ NULL, "", "kind == 'office'", "",                  false, false, false, true,  true,  true },
	{ NULL, "has(projectcalico.org/namespace)", "", "",  false, true,  true,  true,  true,  false },
	{ NULL, "has(projectcalico.org/orchestrator)", "", "", false, false, false, true, true, false },
	/* inherited labels, and an own one before them */
	{ NULL, "", "", "env == 'live'",                     false, true,  false, true,  false, false },
	{ NULL, "pcns.env == 'live'", "", "",                false, true,  false, true,  false, false },
	{ NULL, "pcns.env == 'own'", "", "",                 true,  false, false, false, false, false },
	{ NULL, "pcns.projectcalico.org/name == 'test'", "", "", false, false, true, false, true, false },
	{ NULL, "kind == 'office'", "", "env != 'live'",     true,  false, true,  false, false, false },
};

static void test_sets(void **state)
{
	const struct manx_policy_input more = {
		.netset = sets, .n_netsets = 3, .space = spaces, .n_spaces = 2,
	};

	(void)state;
	setup_world();
	for (size_t i = 0; i < ARRAY_SIZE(sets_cases); i++) {
		const struct sets_case *t = &sets_cases[i];
		struct manx_policy_rule rule[] = {
			FROM(ALLOW, .selector = t->selector, .not_selector = t->not_selector,
			     .ns_selector = t->ns_selector),
		};
		struct manx_policy p[] = { POLICY(.name = "p", .ns = t->ns, INGRESS(rule)) };
		struct cluster *c = cluster_compile_with(p, 1, &more);
		const struct {
			const char *from;
			bool allowed;
		} who[] = {
			{ "192.0.2.9", t->global }, { "198.51.100.9", t->shop }, { "203.0.113.9", t->test },
			{ "10.0.1.2", t->far }, { "10.0.0.5", t->bare }, { "8.8.8.8", t->other },
		};

		for (size_t w = 0; w < ARRAY_SIZE(who); w++)
			if (tcp(c, WEB, IN, who[w].from, "10.0.0.2") != who[w].allowed)
				fail_msg("case %zu: from %s should be %d", i, who[w].from, who[w].allowed);
		/* a set is never the subject of a policy */
		assert_int_equal(c->out.n_endpoints, 4);
		cluster_free(c);
	}
	teardown_world();
}

/* Networks that overlap, repeat, and are all there is. */
static void test_members(void **state)
{
	struct manx_policy_rule rule[] = { FROM(ALLOW, .selector = "all()") };
	struct manx_policy p[] = { POLICY(.name = "p", INGRESS(rule)) };
	const struct manx_policy_input more = { .netset = sets, .n_netsets = 4 };
	struct cluster *c;

	(void)state;
	setup_world();
	sets[0].n_net = 4;
	c = cluster_compile_with(p, 1, &more);
	/* 6 pods with 9 addresses, 4 networks of set 0, two of them again, and 0.0.0.0/0 */
	assert_int_equal(c->out.n_sets, 1);
	assert_int_equal(c->out.set[0].members.n, 9 + 4 + 1);
	assert_true(tcp(c, WEB, IN, "8.8.8.8", "10.0.0.2"));
	assert_true(tcp(c, WEB, IN, "2001:db8::1", "fd00::2"));
	assert_false(tcp(c, WEB, IN, "2001:db9::1", "fd00::2"));
	cluster_free(c);
	sets[0].n_net = 1;
	teardown_world();
}

static const struct manx_tier tiers[] = {
	{ .name = "late", .order = INFINITY }, { .name = "early", .order = 10 },
	{ .name = "soft", .order = 20, .pass = true }, { .name = "alike", .order = 20 },
};
static const struct manx_policy_input with_tiers = { .tier = tiers, .n_tiers = ARRAY_SIZE(tiers) };

#define NAMES_OF(...) (const char *const[]){ __VA_ARGS__, NULL }

/* Tiers come by order and name, those that are missing last, whatever their policies' order. */
static void test_tier_order(void **state)
{
	struct manx_policy p[] = {
		POLICY(.name = "a", .tier = "gone", .order = 1, .ingress_applies = true),
		POLICY(.name = "b", .tier = "late", .order = 1, .ingress_applies = true),
		POLICY(.name = "c", .ingress_applies = true),
		POLICY(.name = "d", .tier = "soft", .order = 500, .ingress_applies = true),
		POLICY(.name = "e", .tier = "early", .order = 900, .ingress_applies = true),
		POLICY(.name = "f", .tier = "kube-baseline", .ingress_applies = true),
		POLICY(.name = "g", .tier = "kube-admin", .ingress_applies = true),
		POLICY(.name = "h", .tier = "alike", .ingress_applies = true),
		POLICY(.name = "i", .tier = "early", .order = 100, .egress_applies = true),
	};
	const char *const *names = NAMES_OF("early/", "alike/", "soft/", "kube-admin/", "default/",
					    "kube-baseline/", "late/", "gone/", "profile/");
	struct cluster *c = cluster_compile_with(p, ARRAY_SIZE(p), &with_tiers);
	const struct manx_dp_names *chain = &endpoint_of(&c->out, WEB)->ingress;

	(void)state;
	assert_int_equal(chain->n, 9);
	for (size_t i = 0; i < chain->n; i++) {
		bool pass = !strncmp(chain->s[i], "soft/", 5) || !strncmp(chain->s[i], "kube-", 5);

		if (strncmp(chain->s[i], names[i], strlen(names[i])))
			fail_msg("table %zu is %s, not of %s", i, chain->s[i], names[i]);
		assert_int_equal(table_of(&c->out, chain->s[i])->default_action,
				 pass ? MANX_ACTION_PASS : MANX_ACTION_DENY);
	}
	assert_int_equal(endpoint_of(&c->out, WEB)->egress.n, 2);
	cluster_free(c);
}

static void test_tier_verdicts(void **state)
{
	struct manx_policy_rule first[] = {
		FROM(ALLOW, .selector = "app == 'db'"), FROM(DENY, .ns_selector = "global()"),
		FROM(PASS, .selector = "app == 'web'"),
	};
	struct manx_policy_rule second[] = { FROM(ALLOW, .ns_selector = "all()") };
	struct manx_policy p[] = {
		POLICY(.name = "a", .tier = "soft", .selector = "app == 'web'", INGRESS(first)),
		POLICY(.name = "b", .selector = "app == 'web'", INGRESS(second)),
	};
	struct cluster *c = cluster_compile_with(p, 2, &with_tiers);

	(void)state;
	/* allowed by the first, passed to the second, at its end passed to the second */
	assert_true(tcp(c, WEB, IN, "10.0.0.3", "10.0.0.2"));
	assert_true(tcp(c, WEB, IN, "10.0.0.4", "10.0.0.2"));
	assert_true(tcp(c, WEB, IN, "10.0.0.5", "10.0.0.2"));
	assert_false(tcp(c, WEB, IN, "8.8.8.8", "10.0.0.2"));
	cluster_free(c);
	/* a tier that denies lets nothing through to the next */
	p[0].tier = "early";
	c = cluster_compile_with(p, 2, &with_tiers);
	assert_true(tcp(c, WEB, IN, "10.0.0.3", "10.0.0.2"));
	assert_true(tcp(c, WEB, IN, "10.0.0.4", "10.0.0.2"));
	assert_false(tcp(c, WEB, IN, "10.0.0.5", "10.0.0.2"));
	cluster_free(c);
	/* the end of the last tier that passes is the profile */
	c = cluster_compile_with(&(struct manx_policy){ .name = "k", .tier = "kube-baseline", .selector = "",
							.ns_selector = "", .ingress_applies = true }, 1, &with_tiers);
	assert_true(tcp(c, WEB, IN, "8.8.8.8", "10.0.0.2"));
	cluster_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sets),
		cmocka_unit_test(test_members),
		cmocka_unit_test(test_tier_order),
		cmocka_unit_test(test_tier_verdicts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
