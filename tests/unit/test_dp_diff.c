// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is sent to the module when something changes: the difference, and no
 * more than that.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dp_impl.h"
#include "json.h"

static void load(const char *text, struct manx_dp_state *st)
{
	struct manx_error err;
	cJSON *json;

	if (manx_json_parse(text, strlen(text), &json, &err) ||
	    manx_dp_state_from_json(json, st, &err))
		fail_msg("%s", err.text);
	cJSON_Delete(json);
}

static const char *command(uint8_t cmd)
{
	static const char *const names[] = {
		[MANX_CMD_SET_NEW] = "set-new", [MANX_CMD_SET_DEL] = "set-del",
		[MANX_CMD_MEMBER_ADD] = "member-add", [MANX_CMD_MEMBER_DEL] = "member-del",
		[MANX_CMD_TABLE_NEW] = "table-new", [MANX_CMD_TABLE_DEL] = "table-del",
		[MANX_CMD_ENDPOINT_NEW] = "endpoint-new", [MANX_CMD_ENDPOINT_DEL] = "endpoint-del",
		[MANX_CMD_PEER_NEW] = "peer-new", [MANX_CMD_PEER_DEL] = "peer-del",
	};

	return names[cmd];
}

/* "set-new set "a"; member-add set "b" 10.0.0.1/32", one piece a change */
static void describe(const struct manx_dp_diff *d, char *buf, size_t size)
{
	char addr[MANX_ADDR_STRLEN];
	size_t at = 0;

	*buf = '\0';
	for (size_t i = 0; i < d->n; i++) {
		const struct manx_dp_change *c = &d->change[i];
		struct manx_error title = { .code = -1 };

		manx_dp_change_blame(c, &title);
		/* "set "a": " without the words that are not there */
		title.text[strlen(title.text) - 2] = '\0';
		at += (size_t)snprintf(buf + at, size - at, "%s%s %s", i ? "; " : "",
				       command(c->cmd), title.text);
		for (size_t m = 0; m < c->members.n; m++)
			at += (size_t)snprintf(buf + at, size - at, " %s",
					       manx_prefix_format(&c->members.p[m], addr));
	}
}

static void expect(const char *have_text, const char *want_text, const char *changes)
{
	struct manx_dp_state have, want;
	struct manx_dp_diff d;
	struct manx_error err;
	char said[1024];

	load(have_text, &have);
	load(want_text, &want);
	assert_int_equal(manx_dp_diff(&have, &want, &d, &err), 0);
	describe(&d, said, sizeof(said));
	assert_string_equal(said, changes);
	assert_int_equal(manx_dp_diff_count(&d), d.n + (d.config.given != 0));
	manx_dp_diff_clear(&d);
	manx_dp_state_clear(&have);
	manx_dp_state_clear(&want);
}

#define SET(name, members) "{\"name\":\"" name "\",\"members\":[" members "]}"
#define SETS(list) "{\"sets\":[" list "]}"
#define TABLE(name, rules) "{\"name\":\"" name "\",\"direction\":\"ingress\"," \
	"\"defaultAction\":\"deny\",\"rules\":[" rules "]}"
#define TABLES(list) "{\"tables\":[" list "]}"

static void nothing_changed(void **state)
{
	static const char text[] =
		"{\"sets\":[" SET("a", "\"10.0.0.1\"") "],"
		"\"tables\":[" TABLE("t", "{\"id\":1,\"action\":\"allow\"}") "],"
		"\"endpoints\":[{\"id\":2,\"addresses\":[\"10.0.0.1\"],\"ingress\":[\"t\"]}],"
		"\"peers\":[\"192.0.2.1\"]}";

	(void)state;
	expect(text, text, "");
	expect("{}", "{}", "");
}

static void members_alone(void **state)
{
	(void)state;
	expect(SETS(SET("a", "\"10.0.0.1\",\"10.0.0.2\"") "," SET("b", "\"10.0.0.1\"")),
	       SETS(SET("a", "\"10.0.0.1\",\"10.0.0.2\",\"10.0.0.3\"") "," SET("b", "\"10.0.0.1\"")),
	       "member-add set \"a\" 10.0.0.3/32");
	expect(SETS(SET("a", "\"10.0.0.1\",\"10.0.0.2\",\"fd00::/8\"")),
	       SETS(SET("a", "\"10.0.0.1\",\"10.0.0.2\"")), "member-del set \"a\" fd00::/8");
	expect(SETS(SET("a", "\"10.0.0.1\",\"10.0.0.2\",\"10.0.0.3\"")),
	       SETS(SET("a", "\"10.0.0.1\",\"10.0.0.2\",\"10.0.0.4\"")),
	       "member-del set \"a\" 10.0.0.3/32; member-add set \"a\" 10.0.0.4/32");
	/* the same address with another length is another member */
	expect(SETS(SET("a", "\"10.0.0.0/8\",\"10.0.0.1\"")),
	       SETS(SET("a", "\"10.0.0.0/9\",\"10.0.0.0/8\",\"10.0.0.1\"")),
	       "member-add set \"a\" 10.0.0.0/9");
	expect(SETS(SET("a", "\"10.0.0.0/9\",\"10.0.0.1\"")),
	       SETS(SET("a", "\"10.0.0.0/8\",\"10.0.0.1\"")),
	       "member-del set \"a\" 10.0.0.0/9; member-add set \"a\" 10.0.0.0/8");
}

static void whole_set_if_that_is_shorter(void **state)
{
	(void)state;
	expect(SETS(SET("a", "\"10.0.0.1\",\"10.0.0.2\"")), SETS(SET("a", "\"10.0.0.3\"")),
	       "set-new set \"a\"");
	expect(SETS(SET("a", "\"10.0.0.1\"")), SETS(SET("a", "")), "set-new set \"a\"");
	expect(SETS(SET("a", "")), SETS(SET("a", "\"10.0.0.1\"")),
	       "member-add set \"a\" 10.0.0.1/32");
}

static void objects_that_come_and_go(void **state)
{
	(void)state;
	expect(SETS(SET("b", "") "," SET("c", "")), SETS(SET("a", "") "," SET("b", "")),
	       "set-new set \"a\"; set-del set \"c\"");
	expect("{\"peers\":[\"192.0.2.1\"],\"endpoints\":[{\"id\":2}]}",
	       "{\"peers\":[\"192.0.2.2\"],\"endpoints\":[{\"id\":3,\"name\":\"x\"}]}",
	       "endpoint-del endpoint 2 (no name); endpoint-new endpoint 3 (x); "
	       "peer-del peer 192.0.2.1; peer-new peer 192.0.2.2");
}

static void tables_whose_rules_changed(void **state)
{
	(void)state;
	expect(TABLES(TABLE("a", "{\"id\":1,\"action\":\"allow\"}") ","
		      TABLE("b", "{\"id\":1,\"action\":\"allow\"}")),
	       TABLES(TABLE("a", "{\"id\":1,\"action\":\"allow\"}") ","
		      TABLE("b", "{\"id\":1,\"action\":\"allow\",\"protocol\":\"tcp\"}")),
	       "table-new table \"b\"");
	/* a set that a rule names may change without the table */
	expect("{\"sets\":[" SET("s", "\"10.0.0.1\",\"10.0.0.2\"") "],\"tables\":["
	       TABLE("a", "{\"id\":1,\"action\":\"allow\",\"source\":{\"sets\":[\"s\"]}}") "]}",
	       "{\"sets\":[" SET("s", "\"10.0.0.1\"") "],\"tables\":["
	       TABLE("a", "{\"id\":1,\"action\":\"allow\",\"source\":{\"sets\":[\"s\"]}}") "]}",
	       "member-del set \"s\" 10.0.0.2/32");
	expect(TABLES(TABLE("a", "{\"id\":1,\"action\":\"allow\"},{\"id\":2,\"action\":\"deny\"}")),
	       TABLES(TABLE("a", "{\"id\":2,\"action\":\"deny\"},{\"id\":1,\"action\":\"allow\"}")),
	       "table-new table \"a\"");
}

static void endpoints_that_changed(void **state)
{
	(void)state;
	expect("{\"endpoints\":[{\"id\":2,\"addresses\":[\"10.0.0.1\",\"fd00::1\"]},{\"id\":3}]}",
	       "{\"endpoints\":[{\"id\":2,\"addresses\":[\"fd00::1\",\"10.0.0.1\"]},{\"id\":3,\"ingress\":[\"t\"]}]}",
	       "endpoint-new endpoint 3 (no name)");
}

static void options_that_are_given(void **state)
{
	struct manx_dp_state have = { 0 }, want = { 0 };
	struct manx_dp_diff d;
	struct manx_error err;

	(void)state;
	/* not given: stays */
	manx_dp_config_put(&have.node.config, MANX_DP_AUDIT, 1);
	assert_int_equal(manx_dp_diff(&have, &want, &d, &err), 0);
	assert_int_equal(manx_dp_diff_count(&d), 0);
	/* given: only what differs is sent, all of it in one request */
	manx_dp_config_put(&have.node.config, MANX_DP_UDP, 30);
	manx_dp_config_put(&have.node.config, MANX_DP_MAX_FLOWS, 5);
	manx_dp_config_put(&want.node.config, MANX_DP_AUDIT, 0);
	manx_dp_config_put(&want.node.config, MANX_DP_UDP, 30);
	manx_dp_config_put(&want.node.config, MANX_DP_MAX_FLOWS, 6);
	assert_int_equal(manx_dp_diff(&have, &want, &d, &err), 0);
	assert_int_equal(manx_dp_diff_count(&d), 1);
	assert_int_equal(d.config.given, 1u << MANX_DP_AUDIT | 1u << MANX_DP_MAX_FLOWS);
	assert_int_equal(d.config.value[MANX_DP_MAX_FLOWS], 6);
	/* a module that does not know an option does what is standard */
	manx_dp_config_put(&want.node.config, MANX_DP_FRAGMENT_RATE, 1000);
	assert_int_equal(manx_dp_diff(&have, &want, &d, &err), 0);
	assert_false(manx_dp_config_has(&d.config, MANX_DP_FRAGMENT_RATE));
}

static void twice_is_refused(void **state)
{
	struct manx_dp_state have = { 0 }, want;
	struct manx_error err = { 0 };
	struct manx_dp_diff d;

	(void)state;
	load(SETS(SET("a", "") "," SET("a", "\"10.0.0.1\"")), &want);
	assert_int_equal(manx_dp_diff(&have, &want, &d, &err), -EINVAL);
	assert_string_equal(err.text, "set \"a\": given twice");
	assert_null(d.change);
	manx_dp_state_clear(&want);
}

/* --- sets of any size --- */

static uint32_t random_state = 1;

static uint32_t draw(uint32_t n)
{
	random_state = random_state * 1664525 + 1013904223;
	return (random_state >> 8) % n;
}

static void fill(struct manx_dp_prefixes *p, uint32_t n, uint32_t range)
{
	for (uint32_t i = 0; i < n; i++) {
		uint32_t v = draw(range);
		struct manx_prefix prefix = {
			.addr = { .family = 4, .b = { 10, v >> 16, v >> 8 & 0xff, v & 0xff } },
			.len = 32,
		};

		assert_true(manx_dp_prefixes_add(p, &prefix));
	}
	manx_dp_prefixes_sort(p);
}

static bool holds(const struct manx_dp_prefixes *p, const struct manx_prefix *prefix)
{
	for (size_t i = 0; i < p->n; i++)
		if (manx_prefix_cmp(&p->p[i], prefix) == 0)
			return true;
	return false;
}

/* What @have is after the changes, as the module makes them. */
static void change(struct manx_dp_prefixes *have, const struct manx_dp_diff *d)
{
	for (size_t i = 0; i < d->n; i++) {
		const struct manx_dp_change *c = &d->change[i];
		const struct manx_dp_set *set = c->object;
		const struct manx_dp_prefixes *add = &c->members;

		if (c->cmd == MANX_CMD_MEMBER_DEL) {
			size_t kept = 0;

			for (size_t m = 0; m < c->members.n; m++)
				assert_true(holds(have, &c->members.p[m]));
			for (size_t m = 0; m < have->n; m++)
				if (!holds(&c->members, &have->p[m]))
					have->p[kept++] = have->p[m];
			have->n = kept;
			continue;
		}
		if (c->cmd == MANX_CMD_SET_NEW) {
			free(have->p);
			*have = (struct manx_dp_prefixes){ 0 };
			add = &set->members;
		}
		for (size_t m = 0; m < add->n; m++)
			assert_true(manx_dp_prefixes_add(have, &add->p[m]));
		manx_dp_prefixes_sort(have);
	}
}

static void random_sets_arrive(void **state)
{
	char name[] = "s";

	(void)state;
	for (int i = 0; i < 2000; i++) {
		struct manx_dp_set a = { .name = name }, b = { .name = name };
		struct manx_dp_state have = { .set = &a, .n_sets = 1 };
		struct manx_dp_state want = { .set = &b, .n_sets = 1 };
		struct manx_dp_diff d;
		struct manx_error err;
		size_t sent = 0, n;

		fill(&a.members, draw(20), 30);
		fill(&b.members, draw(20), 30);
		n = b.members.n;
		assert_int_equal(manx_dp_diff(&have, &want, &d, &err), 0);
		for (size_t c = 0; c < d.n; c++)
			sent += d.change[c].cmd == MANX_CMD_SET_NEW ? n : d.change[c].members.n;
		assert_true(sent <= n);
		change(&a.members, &d);
		assert_true(manx_dp_prefixes_equal(&a.members, &b.members));
		manx_dp_diff_clear(&d);
		free(a.members.p);
		free(b.members.p);
	}
}

/* One pod more in a large cluster: one member, whatever else there is. */
static void one_member_of_many(void **state)
{
	char name[] = "s", other[] = "t";
	struct manx_dp_set a[2] = { { .name = name }, { .name = other } };
	struct manx_dp_set b[2] = { { .name = name }, { .name = other } };
	struct manx_dp_state have = { .set = a, .n_sets = 2 }, want = { .set = b, .n_sets = 2 };
	struct manx_prefix more;
	struct manx_dp_diff d;
	struct manx_error err;

	(void)state;
	for (int i = 0; i < 2; i++) {
		random_state = 7;
		fill(&a[i].members, 50000, 1 << 20);
		random_state = 7;
		fill(&b[i].members, 50000, 1 << 20);
	}
	assert_true(manx_prefix_parse("fd00::7/128", &more));
	assert_true(manx_dp_prefixes_add(&b[1].members, &more));
	assert_int_equal(manx_dp_diff(&have, &want, &d, &err), 0);
	assert_int_equal(d.n, 1);
	assert_int_equal(d.change[0].cmd, MANX_CMD_MEMBER_ADD);
	assert_ptr_equal(d.change[0].object, &b[1]);
	assert_int_equal(d.change[0].members.n, 1);
	manx_dp_diff_clear(&d);
	for (int i = 0; i < 2; i++) {
		free(a[i].members.p);
		free(b[i].members.p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_changed),
		cmocka_unit_test(members_alone),
		cmocka_unit_test(whole_set_if_that_is_shorter),
		cmocka_unit_test(objects_that_come_and_go),
		cmocka_unit_test(tables_whose_rules_changed),
		cmocka_unit_test(endpoints_that_changed),
		cmocka_unit_test(options_that_are_given),
		cmocka_unit_test(twice_is_refused),
		cmocka_unit_test(random_sets_arrive),
		cmocka_unit_test(one_member_of_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
