// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "addr.h"
#include "conf.h"
#include "model.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

static struct manx_addr addr(const char *s)
{
	struct manx_addr a;

	if (!manx_addr_parse(s, &a))
		fail_msg("%s is no address", s);
	return a;
}

static struct manx_prefix prefix(const char *s)
{
	struct manx_prefix p;

	if (!manx_prefix_parse(s, &p))
		fail_msg("%s is no prefix", s);
	return p;
}

static void test_text(void **state)
{
	static const struct {
		const char *text, *canonical;
	} cases[] = {
		{ "10.0.0.1", "10.0.0.1/32" }, { "10.0.0.1/8", "10.0.0.1/8" }, { "0.0.0.0/0", "0.0.0.0/0" },
		{ "::", "::/128" }, { "::/0", "::/0" }, { "FD00:0:0:0:0:0:0:01/64", "fd00::1/64" },
		{ "1:0:2:0:0:3:0:4", "1:0:2::3:0:4/128" }, { "::ffff:1.2.3.4", "::ffff:1.2.3.4/128" },
		{ "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255/128",
		  "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128" },
	};
	static const char *const wrong[] = {
		"", "/", "10.0.0", "10.0.0.256", "010.0.0.1", "10.0.0.1/", "10.0.0.1/33", "10.0.0.1/08",
		"10.0.0.1/-1", "10.0.0.1/+8", "10.0.0.1/8 ", " 10.0.0.1", "10.0.0.1/8/8", "10.0.0.1/256",
		"::1/129", "::1/4294967296", "fe80::1%eth0", ":::", "1:2", "g::", "10.0.0.1\n", "::1/1e1",
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	};
	struct manx_prefix p = prefix("1.2.3.4/5"), before = p;
	char buf[MANX_ADDR_STRLEN];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct manx_prefix got = prefix(cases[i].text);

		assert_string_equal(manx_prefix_format(&got, buf), cases[i].canonical);
	}
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		if (manx_prefix_parse(wrong[i], &p))
			fail_msg("\"%s\" was accepted", wrong[i]);
	assert_memory_equal(&p, &before, sizeof(p));
	assert_string_equal(manx_addr_format(&(struct manx_addr){ .family = 4 }, buf), "0.0.0.0");
}

static void test_masks(void **state)
{
	struct manx_prefix p = prefix("10.0.0.129/25"), m = manx_prefix_mask(&p);
	struct manx_prefix all4 = prefix("0.0.0.0/0"), all6 = prefix("::/0");
	struct manx_prefix net6 = prefix("fd00:0:0:8000::/49"), host = prefix("10.0.0.128");
	struct manx_addr a = addr("10.0.0.200"), a6 = addr("fd00:0:0:ffff::1");
	char buf[MANX_ADDR_STRLEN];

	(void)state;
	assert_false(manx_prefix_is_masked(&p));
	assert_true(manx_prefix_is_masked(&m));
	assert_string_equal(manx_prefix_format(&m, buf), "10.0.0.128/25");
	assert_true(manx_prefix_contains(&p, &a));
	assert_true(manx_prefix_contains(&all4, &a));
	assert_false(manx_prefix_contains(&all6, &a));
	assert_true(manx_prefix_contains(&net6, &a6));
	assert_false(manx_prefix_contains(&net6, &(struct manx_addr){ .family = 6 }));
	assert_true(manx_prefix_covers(&m, &host));
	assert_false(manx_prefix_covers(&host, &m));
	assert_true(manx_prefix_overlaps(&host, &m));
	assert_true(manx_prefix_overlaps(&m, &host));
	assert_false(manx_prefix_overlaps(&all4, &all6));
	p = manx_addr_host(&a6);
	assert_int_equal(p.len, 128);
	assert_int_equal(manx_addr_bits(&a), 32);
}

static void test_order(void **state)
{
	static const char *const rising[] = {
		"0.0.0.0/0", "0.0.0.0/32", "9.255.255.255", "10.0.0.0/8", "10.0.0.0/24", "10.0.0.1",
		"255.255.255.255", "::/0", "::1", "fd00::/8", "fd00::/64", "fd00::1",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rising); i++) {
		for (size_t j = 0; j < ARRAY_SIZE(rising); j++) {
			struct manx_prefix a = prefix(rising[i]), b = prefix(rising[j]);
			int c = manx_prefix_cmp(&a, &b);

			assert_int_equal((c > 0) - (c < 0), (i > j) - (i < j));
		}
	}
}

static void test_add(void **state)
{
	static const struct {
		const char *from;
		uint64_t n;
		const char *to;		/* NULL: leaves the range */
	} cases[] = {
		{ "10.0.0.0", 0, "10.0.0.0" }, { "10.0.0.255", 1, "10.0.1.0" },
		{ "10.255.255.255", 1, "11.0.0.0" }, { "0.0.0.0", UINT32_MAX, "255.255.255.255" },
		{ "0.0.0.1", UINT32_MAX, NULL }, { "255.255.255.255", 1, NULL },
		{ "0.0.0.0", UINT64_MAX, NULL }, { "::", UINT64_MAX, "::ffff:ffff:ffff:ffff" },
		{ "::ffff:ffff:ffff:ffff", 1, "::1:0:0:0:0" },
		{ "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 1, NULL },
		{ "ffff:ffff:ffff:ffff::", UINT64_MAX, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct manx_addr from = addr(cases[i].from), to = from, want;
		bool fits = manx_addr_add(&from, cases[i].n, &to);

		assert_int_equal(fits, cases[i].to != NULL);
		want = addr(cases[i].to ? cases[i].to : cases[i].from);
		assert_int_equal(manx_addr_cmp(&to, &want), 0);
	}
}

static void test_offset(void **state)
{
	struct manx_prefix p4 = prefix("10.0.0.77/26"), p6 = prefix("fd00::aa00:0:0:0/66");
	struct manx_addr a = addr("10.0.0.127"), b = addr("fd00::bfff:ffff:ffff:ffff"), c;
	uint64_t n = manx_addr_offset(&p6, &b);

	(void)state;
	assert_int_equal(manx_addr_offset(&p4, &a), 63);
	p6 = manx_prefix_mask(&p6);
	assert_true(manx_addr_add(&p6.addr, n, &c));
	assert_int_equal(manx_addr_cmp(&b, &c), 0);
}

static void test_keys(void **state)
{
	static const struct {
		const char *text, *key;
	} cases[] = {
		{ "10.244.0.0/26", "4/0af40000-26" }, { "0.0.0.0/0", "4/00000000-0" },
		{ "fd00::/122", "6/fd000000000000000000000000000000-122" },
	};
	static const char *const wrong[] = {
		"", "4", "4/", "4/0af4000", "4/0AF40000-26", "4/0af40000", "4/0af40000-", "4/0af40000-33",
		"4/0af40000-026", "4/0af40000-26x", "5/0af40000-26", "4/0af40000/26", "6/0af40000-26",
	};
	struct manx_prefix p;
	struct manx_addr a = addr("fd00::1"), b;
	char buf[MANX_ADDR_STRLEN];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct manx_prefix q = prefix(cases[i].text);

		assert_string_equal(manx_prefix_key(&q, buf), cases[i].key);
		assert_true(manx_prefix_from_key(buf, &p));
		assert_int_equal(manx_prefix_cmp(&p, &q), 0);
	}
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		if (manx_prefix_from_key(wrong[i], &p))
			fail_msg("\"%s\" was accepted", wrong[i]);
	assert_string_equal(manx_addr_key(&a, buf), "6/fd000000000000000000000000000001");
	assert_true(manx_addr_from_key(buf, &b));
	assert_int_equal(manx_addr_cmp(&a, &b), 0);
	assert_false(manx_addr_from_key("4/0af40000-26", &b));
}

static void test_error_text(void **state)
{
	struct manx_error err = { 0 };
	char longer[5000];

	(void)state;
	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	assert_int_equal(manx_fail(&err, -EINVAL, "a\033[2J\n\x7f %s", "\xc3\xa9\xc3\xff\xc2\x9b"), -EINVAL);
	assert_string_equal(err.text, "a\\x1b[2J\\x0a\\x7f \xc3\xa9\\xc3\\xff\\xc2\\x9b");
	assert_int_equal(manx_error_prefix(&err, "file:%d", 3), -EINVAL);
	assert_string_equal(err.text, "file:3: a\\x1b[2J\\x0a\\x7f \xc3\xa9\\xc3\\xff\\xc2\\x9b");
	assert_int_equal(manx_fail_errno(&err, -ENOENT, "here"), -ENOENT);
	assert_string_equal(err.text, "here: No such file or directory");
	manx_fail(&err, -EIO, "%s", longer);
	assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
	manx_fail(&err, -EIO, "%s\xe2\x82\xac", longer + sizeof(longer) - sizeof(err.text) + 1);
	assert_int_equal(err.text[sizeof(err.text) - 3], 'x');
	assert_int_equal(manx_fail(NULL, -EIO, "nobody listens"), -EIO);
	assert_int_equal(manx_error_prefix(NULL, "nobody"), -EINVAL);
}

static void test_places(void **state)
{
	char dir[] = "/tmp/manx-test-XXXXXX", path[256], small[8], name[254];
	struct manx_error err = { 0 };
	struct stat st;
	FILE *f;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/state", dir);
	assert_int_equal(manx_make_dir(path, &err), 0);
	assert_int_equal(manx_make_dir(path, &err), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	setenv("MANX_STATE_DIR", path, 1);
	unsetenv("MANX_NODENAME");
	setenv("MANX_RUN_DIR", "", 1);
	snprintf(path, sizeof(path), "%s/state/nodename", dir);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs("Node-1.Example\n", f);
	fclose(f);
	assert_int_equal(manx_node_name(name, sizeof(name), &err), 0);
	assert_string_equal(name, "node-1.example");
	assert_int_equal(manx_node_name(small, sizeof(small), &err), -ENAMETOOLONG);
	assert_int_equal(manx_make_dir(path, &err), -ENOTDIR);
	setenv("MANX_NODENAME", "a_b", 1);
	assert_int_equal(manx_node_name(name, sizeof(name), &err), -EINVAL);
	assert_non_null(strstr(err.text, "MANX_NODENAME: \"a_b\""));
	unlink(path);
	snprintf(path, sizeof(path), "%s/state", dir);
	rmdir(path);
	assert_int_equal(manx_state_path(path, sizeof(path), "manx.db", &err), 0);
	assert_string_equal(path + strlen(dir), "/state/manx.db");
	assert_int_equal(manx_state_path(small, sizeof(small), "manx.db", &err), -ENAMETOOLONG);
	unsetenv("MANX_CONF_DIR");
	assert_int_equal(manx_conf_path(path, sizeof(path), "manx.yaml", &err), 0);
	assert_string_equal(path, "/etc/manx/manx.yaml");
	assert_int_equal(manx_agent_path(path, sizeof(path), &err), 0);
	assert_string_equal(path, "/run/manx/agent.sock");
	rmdir(dir);
}

static void test_names(void **state)
{
	static const char *const good[] = { "a", "0", "a-b", "a.b", "a--b.c0", "default-ipv4-ippool" };
	static const char *const bad[] = {
		"", ".", "-", "-a", "a-", "a.", ".a", "a..b", "a-.b", "a.-b", "A", "a_b", "a/b", "a b", "\xc3\xa9",
	};
	char longest[255];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		assert_true(manx_name_is_valid(good[i]));
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (manx_name_is_valid(bad[i]))
			fail_msg("\"%s\" was accepted", bad[i]);
	memset(longest, 'a', 254);
	longest[254] = '\0';
	assert_false(manx_name_is_valid(longest));
	longest[253] = '\0';
	assert_true(manx_name_is_valid(longest));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_masks),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_add),
		cmocka_unit_test(test_offset),
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_error_text),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
