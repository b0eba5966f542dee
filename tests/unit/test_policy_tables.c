// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the policy compiler makes: endpoints, tables and sets, which of them are
 * shared, and names and ids that last.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "policy_cluster.h"

static void test_unusable_ids_are_left_out(void **state)
{
	struct manx_wep wep[] = {
		{ .ns = "a", .name = "late", .node = "n1", .id = 5 },
		{ .ns = "a", .name = "early", .node = "n1", .id = 5 },
		{ .ns = "a", .name = "none", .node = "n1" },
		{ .ns = "a", .name = "node", .node = "n1", .id = 1 },
	};
	struct manx_policy_input in = { .node = "n1", .wep = wep, .n_weps = ARRAY_SIZE(wep) };
	struct manx_dp_state out = { 0 };

	(void)state;
	assert_int_equal(manx_policy_compile(&in, &out, NULL), 0);
	assert_int_equal(out.n_endpoints, 1);
	assert_string_equal(out.endpoint[0].name, "early");
	assert_false(out.endpoint[0].has_mac);
	manx_dp_state_clear(&out);
}

static void test_endpoint(void **state)
{
	struct cluster *c = cluster_compile(NULL, 0);
	const struct manx_dp_endpoint *ep = endpoint_of(&c->out, WEB);
	char text[MANX_ADDR_STRLEN];

	(void)state;
	assert_string_equal(ep->name, "web");
	assert_true(ep->has_mac);
	assert_int_equal(ep->addr.n, 2);
	assert_string_equal(manx_prefix_format(&ep->addr.p[0], text), "10.0.0.2/32");
	assert_string_equal(manx_prefix_format(&ep->addr.p[1], text), "fd00::2/128");
	for (size_t i = 1; i < c->out.n_endpoints; i++)
		assert_true(c->out.endpoint[i - 1].id < c->out.endpoint[i].id);
	cluster_free(c);
}

static void test_sharing(void **state)
{
	struct manx_policy_rule rule[] = {
		FROM(ALLOW, .selector = "app == 'web'"), FROM(ALLOW, .selector = "app=='web'"),
		FROM(DENY, .not_selector = "app == \"web\""),
	};
	struct manx_policy p[] = {
		POLICY(.name = "web", .selector = "app == 'web'", INGRESS(rule)),
		POLICY(.name = "nobody", .selector = "app == 'none'", INGRESS(rule)),
	};
	struct cluster *c = cluster_compile(p, 2);

	(void)state;
	assert_string_equal(endpoint_of(&c->out, WEB)->ingress.s[0],
			    endpoint_of(&c->out, WEB2)->ingress.s[0]);
	assert_int_equal(c->out.n_tables, 3);
	assert_int_equal(c->out.n_sets, 1);
	/* web, web2, far, probe; three of them IPv4 only or dual */
	assert_int_equal(c->out.set[0].members.n, 6);
	assert_memory_equal(c->out.set[0].name, "s:", 2);
	cluster_free(c);
}

static void test_sets_of_different_limits(void **state)
{
	struct manx_policy_rule rule[] = {
		FROM(ALLOW, .selector = "has(app)"),
		FROM(ALLOW, .selector = "has(app)", .ns_selector = "all()"),
		FROM(ALLOW, .selector = "app == 'nobody'"),
	};
	struct manx_policy p[] = {
		POLICY(.name = "p", .ns = "shop", INGRESS(rule)),
		POLICY(.name = "p", INGRESS(rule)),
	};
	struct cluster *c = cluster_compile(p, 2);

	(void)state;
	/* two limits of has(app) in shop, has(app) anywhere; nobody in shop and anywhere */
	assert_int_equal(c->out.n_sets, 5);
	for (size_t i = 1; i < c->out.n_sets; i++)
		assert_true(strcmp(c->out.set[i - 1].name, c->out.set[i].name) < 0);
	cluster_free(c);
}

/* Names and ids come from who the policy is and where the rule stands. */
static void test_names_survive_an_edit(void **state)
{
	struct manx_policy_rule before[] = { ANY_RULE(ALLOW), ANY_RULE(DENY) };
	struct manx_policy_rule after[] = {
		FROM(DENY, .selector = "has(app)"), ANY_RULE(DENY), ANY_RULE(ALLOW),
	};
	struct manx_policy p[] = { POLICY(.name = "p", .ns = "shop", INGRESS(before)) };
	struct manx_policy q[] = { POLICY(.name = "p", .ns = "shop", .order = 7, INGRESS(after)) };
	struct cluster *b = cluster_compile(p, 1), *a = cluster_compile(q, 1);
	const struct manx_dp_table *tb, *ta;

	(void)state;
	tb = table_of(&b->out, endpoint_of(&b->out, WEB)->ingress.s[0]);
	ta = table_of(&a->out, endpoint_of(&a->out, WEB)->ingress.s[0]);
	assert_string_equal(tb->name, ta->name);
	assert_memory_equal(ta->name, "default/ingress/", 16);
	assert_int_equal(strlen(ta->name), 16 + 16);
	assert_int_equal(tb->rule[0].id, ta->rule[0].id);
	assert_int_equal(tb->rule[1].id, ta->rule[1].id);
	assert_int_not_equal(ta->rule[1].id, ta->rule[2].id);
	cluster_free(b);

	q[0].name = "other";
	b = cluster_compile(q, 1);
	assert_string_not_equal(endpoint_of(&b->out, WEB)->ingress.s[0], ta->name);
	cluster_free(b);
	cluster_free(a);
}

static void test_input_order_does_not_matter(void **state)
{
	struct manx_policy_rule web[] = { FROM(ALLOW, .selector = "app == 'web'") };
	struct manx_policy_rule db[] = { FROM(DENY, .not_selector = "app == 'db'") };
	struct manx_policy p[] = {
		POLICY(.name = "one", .ns = "shop", INGRESS(web)),
		POLICY(.name = "two", .order = 3, INGRESS(db)),
	};
	struct manx_policy swapped[] = { p[1], p[0] };
	struct manx_wep reversed[N_PODS];
	struct cluster *c = cluster_compile(p, 2);
	struct manx_policy_input in = {
		.node = "n1", .wep = reversed, .n_weps = N_PODS, .policy = swapped, .n_policies = 2,
	};
	struct manx_dp_state out = { 0 };
	cJSON *x, *y;

	(void)state;
	for (size_t i = 0; i < N_PODS; i++)
		reversed[i] = c->wep[N_PODS - 1 - i];
	assert_int_equal(manx_policy_compile(&in, &out, NULL), 0);
	x = manx_dp_state_to_json(&c->out, false);
	y = manx_dp_state_to_json(&out, false);
	assert_true(cJSON_Compare(x, y, true));
	cJSON_Delete(x);
	cJSON_Delete(y);
	manx_dp_state_clear(&out);
	cluster_free(c);
}

static int compare_ids(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

/* Of so many 32-bit hashes some are equal (4.6 pairs expected). */
static void test_rule_ids_are_unique(void **state)
{
	static struct manx_policy_rule rule[200000];
	struct manx_policy p[] = { POLICY(.name = "p", INGRESS(rule)) };
	const struct manx_dp_table *t;
	struct cluster *c;
	uint32_t *id = calloc(ARRAY_SIZE(rule), sizeof(*id));

	(void)state;
	assert_non_null(id);
	for (size_t i = 0; i < ARRAY_SIZE(rule); i++)
		rule[i] = (struct manx_policy_rule)ANY_RULE(DENY);
	c = cluster_compile(p, 1);
	t = table_of(&c->out, endpoint_of(&c->out, WEB)->ingress.s[0]);
	assert_int_equal(t->n_rules, ARRAY_SIZE(rule));
	for (size_t i = 0; i < t->n_rules; i++)
		id[i] = t->rule[i].id;
	qsort(id, t->n_rules, sizeof(*id), compare_ids);
	assert_int_not_equal(id[0], 0);
	for (size_t i = 1; i < t->n_rules; i++)
		assert_int_not_equal(id[i - 1], id[i]);
	free(id);
	cluster_free(c);
}

static void test_bad_selector_is_named(void **state)
{
	struct manx_policy_rule rule[] = { FROM(ALLOW, .selector = "app = 'web'") };
	struct manx_policy p[] = { POLICY(.name = "p", .ns = "shop", INGRESS(rule)) };
	struct manx_policy_input in = { .node = "n1", .policy = p, .n_policies = 1 };
	struct manx_wep wep = { .ns = "shop", .name = "w", .node = "n1", .id = 2 };
	struct manx_dp_state out = { 0 };
	struct manx_error err = { 0 };

	(void)state;
	/* a rule that nobody needs is not looked at */
	assert_int_equal(manx_policy_compile(&in, &out, &err), 0);
	manx_dp_state_clear(&out);
	in.wep = &wep;
	in.n_weps = 1;
	assert_int_not_equal(manx_policy_compile(&in, &out, &err), 0);
	assert_non_null(strstr(err.text, "p/shop/NetworkPolicy: ingress[0]: source: selector"));
	assert_null(out.table);
	assert_null(out.endpoint);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_unusable_ids_are_left_out),
		cmocka_unit_test(test_endpoint),
		cmocka_unit_test(test_sharing),
		cmocka_unit_test(test_sets_of_different_limits),
		cmocka_unit_test(test_names_survive_an_edit),
		cmocka_unit_test(test_input_order_does_not_matter),
		cmocka_unit_test(test_rule_ids_are_unique),
		cmocka_unit_test(test_bad_selector_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
