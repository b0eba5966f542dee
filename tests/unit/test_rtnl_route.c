// SPDX-License-Identifier: GPL-2.0-only
/*
 * Routes in a network namespace of the test's own: whose is replaced, whose is not.
 */
#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "procsys.h"
#include "rtnl.h"

#define LO		1
#define OURS		80
#define SOMEBODY	4	/* RTPROT_STATIC */

static struct manx_rtnl *rt;

static int setup(void **state)
{
	struct manx_error err;

	(void)state;
	if (unshare(CLONE_NEWUSER | CLONE_NEWNET))
		return 0;	/* not here: the tests are passed over */
	if (manx_rtnl_open(&rt, -1, &err) || manx_link_up(rt, LO, &err))
		fail_msg("%s", err.text);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	manx_rtnl_close(rt);
	return 0;
}

static struct manx_route route(const char *dst, uint8_t protocol, uint32_t metric)
{
	struct manx_route r = { .index = LO, .protocol = protocol, .metric = metric };

	assert_true(manx_prefix_parse(dst, &r.dst));
	return r;
}

/* Protocol of the route to @dst with @metric; 0 if there is none, -1 of several. */
static int protocol_of(const char *dst, uint32_t metric, bool *blackhole)
{
	struct manx_route want = route(dst, 0, metric), *r;
	struct manx_error err;
	int found = 0;
	size_t n;

	assert_int_equal(manx_routes(rt, 0, &r, &n, &err), 0);
	for (size_t i = 0; i < n; i++)
		if (r[i].metric == metric && manx_prefix_cmp(&r[i].dst, &want.dst) == 0) {
			found = found ? -1 : r[i].protocol;
			*blackhole = r[i].blackhole;
		}
	free(r);
	return found;
}

static void replaces_its_own(void **state)
{
	static const char *const dst[] = { "10.1.0.0/24", "fd01::/64" };

	(void)state;
	if (!rt)
		skip();
	for (int i = 0; i < 2; i++) {
		struct manx_route r = route(dst[i], OURS, 0);
		struct manx_error err;
		bool blackhole = true;

		assert_int_equal(manx_route_replace(rt, &r, &err), 0);
		assert_int_equal(protocol_of(dst[i], 0, &blackhole), OURS);
		assert_false(blackhole);
		r.blackhole = true;
		r.index = 0;
		if (manx_route_replace(rt, &r, &err))
			fail_msg("%s", err.text);
		assert_int_equal(protocol_of(dst[i], 0, &blackhole), OURS);
		assert_true(blackhole);
		r = route(dst[i], OURS, 0);
		assert_int_equal(manx_route_change(rt, &r, &err), 0);
		assert_int_equal(protocol_of(dst[i], 0, &blackhole), OURS);
		assert_false(blackhole);
		assert_int_equal(manx_route_del(rt, &r, &err), 0);
	}
}

static void spares_others(void **state)
{
	static const char *const dst[] = { "10.2.0.0/24", "fd02::/64" };

	(void)state;
	if (!rt)
		skip();
	for (int i = 0; i < 2; i++) {
		struct manx_route theirs = route(dst[i], SOMEBODY, 0);
		struct manx_route ours = route(dst[i], OURS, 0);
		struct manx_error err = { 0 };
		bool blackhole = false;

		theirs.blackhole = true;
		theirs.index = 0;
		assert_int_equal(manx_route_replace(rt, &theirs, &err), 0);
		assert_int_equal(manx_route_replace(rt, &ours, &err), -EEXIST);
		assert_non_null(strstr(err.text, dst[i]));
		assert_non_null(strstr(err.text, "another one is there that manx has not made: "
					"delete it (ip route del "));
		assert_int_equal(protocol_of(dst[i], 0, &blackhole), SOMEBODY);
		assert_true(blackhole);
		/* with another metric there is room for both */
		ours.metric = 7;
		assert_int_equal(manx_route_replace(rt, &ours, &err), 0);
		assert_int_equal(protocol_of(dst[i], 7, &blackhole), OURS);
		/* and once it is gone, for ours */
		assert_int_equal(manx_route_del(rt, &theirs, &err), 0);
		ours.metric = 0;
		assert_int_equal(manx_route_replace(rt, &ours, &err), 0);
		assert_int_equal(protocol_of(dst[i], 0, &blackhole), OURS);
	}
}

/* Settings of the namespace: what is wrong names the file and the value. */
static void settings_are_written(void **state)
{
	struct manx_error err;

	(void)state;
	assert_int_equal(manx_procsys_write("ipv4/conf/%s/forwarding", "no-such-link", "1", &err),
			 -ENOENT);
	assert_string_equal(err.text,
			    "cannot write \"1\" to /proc/sys/net/ipv4/conf/no-such-link/forwarding: No such file or directory");
	assert_int_equal(manx_procsys_write("ipv4/no_such_setting", NULL, "0", &err), -ENOENT);
	assert_string_equal(err.text,
			    "cannot write \"0\" to /proc/sys/net/ipv4/no_such_setting: No such file or directory");
}

/* The longest match, of whatever kind. */
static void looks_up(void **state)
{
	static const struct {
		const char *addr, *dst;
		bool is_local;
		int protocol;
	} cases[] = {
		{ "10.9.0.1", "10.9.0.1/32", false, SOMEBODY },
		{ "10.9.0.2", "10.9.0.0/24", false, OURS },
		{ "127.0.0.1", "127.0.0.1/32", true, 2 },
		{ "fd09::1", "fd09::1/128", false, SOMEBODY },
		{ "fd09::2", "fd09::/64", false, OURS },
	};
	struct manx_error err = { 0 };
	struct manx_addr addr;
	struct manx_match way;

	(void)state;
	if (!rt)
		skip();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct manx_route r = route(cases[i].dst, (uint8_t)cases[i].protocol, 0);

		if (!cases[i].is_local && manx_route_replace(rt, &r, &err))
			fail_msg("%s: %s", cases[i].dst, err.text);
	}
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[MANX_ADDR_STRLEN];

		assert_true(manx_addr_parse(cases[i].addr, &addr));
		if (manx_route_lookup(rt, &addr, &way, &err))
			fail_msg("%s: %s", cases[i].addr, err.text);
		assert_string_equal(manx_prefix_format(&way.dst, text), cases[i].dst);
		assert_int_equal(way.is_local, cases[i].is_local);
		assert_int_equal(way.protocol, cases[i].protocol);
		assert_int_equal(way.index, LO);
	}
	manx_addr_parse("192.0.2.1", &addr);
	assert_int_not_equal(manx_route_lookup(rt, &addr, &way, &err), 0);
	/* a block's own, which drops */
	for (size_t i = 0; i < 2; i++) {
		struct manx_route hole = { .blackhole = true, .protocol = OURS };

		assert_true(manx_prefix_parse(i ? "fd08::/122" : "10.8.0.0/26", &hole.dst));
		assert_int_equal(manx_route_replace(rt, &hole, &err), 0);
		manx_addr_parse(i ? "fd08::5" : "10.8.0.5", &addr);
		assert_int_not_equal(manx_route_lookup(rt, &addr, &way, &err), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(replaces_its_own),
		cmocka_unit_test(spares_others),
		cmocka_unit_test(looks_up),
		cmocka_unit_test(settings_are_written),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
