// SPDX-License-Identifier: GPL-2.0-only
/*
 * Address management as one process sees it: giving and taking back.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ipam_fixture.h"
#include "model.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

static void assert_words(const struct manx_error *err, const char *words)
{
	if (!strstr(err->text, words))
		fail_msg("\"%s\" does not say \"%s\"", err->text, words);
}

static void assert_no_address(struct manx_store *store, const char *node, const char *words)
{
	struct manx_error err = { 0 };
	struct manx_ipam_result res;

	assert_int_equal(ipam_try(store, node, "none", 4, &res, &err), -ENOSPC);
	assert_int_equal(res.n, 0);
	assert_words(&err, words);
	assert_null(fixture_value(store, "h/none"));
}

static void test_uid(void **state)
{
	char a[MANX_UID_LEN + 1], b[MANX_UID_LEN + 1];

	(void)state;
	assert_int_equal(manx_uid_new(a, NULL), 0);
	assert_int_equal(manx_uid_new(b, NULL), 0);
	assert_int_equal(strspn(a, "0123456789abcdef"), MANX_UID_LEN);
	assert_string_not_equal(a, b);
}

static void test_records(void **state)
{
	struct manx_store *store = ((struct fixture *)*state)->store;
	char uid[MANX_UID_LEN + 1], expected[400];
	struct manx_ipam_result res;
	struct manx_ipam_request req = {
		.node = "n1", .handle = "net.c1.eth0", .uid = uid, .use = MANX_USE_WORKLOAD,
		.want4 = true,
	};

	ipam_pool(store, "p", "10.0.0.0/26", 26, "");
	manx_uid_new(uid, NULL);
	assert_int_equal(manx_ipam_assign(store, &req, &res, NULL, NULL, NULL), 0);
	assert_string_equal(fixture_value(store, "b/4/0a000000-26"),
			    "{\"owner\":\"n1\",\"pool\":\"p\"}");
	assert_non_null(fixture_value(store, "i/n1/4/0a000000-26"));
	snprintf(expected, sizeof(expected),
		 "{\"handle\":\"net.c1.eth0\",\"uid\":\"%s\",\"node\":\"n1\",\"state\":\"used\"}", uid);
	assert_string_equal(fixture_value(store, "a/4/0a000000"), expected);
	snprintf(expected, sizeof(expected),
		 "{\"uid\":\"%s\",\"node\":\"n1\",\"addresses\":[\"10.0.0.0\"]}", uid);
	assert_string_equal(fixture_value(store, "h/net.c1.eth0"), expected);
	assert_int_equal(fixture_count(store, "x/"), 0);
	ipam_assert_sound(store);

	ipam_release(store, "net.c1.eth0");
	assert_int_equal(fixture_count(store, "a/"), 0);
	assert_int_equal(fixture_count(store, "h/"), 0);
	assert_int_equal(fixture_count(store, "b/"), 1);
}

/* Not even an address that was released just now is given again before its turn. */
static void test_order(void **state)
{
	struct manx_store *store = ((struct fixture *)*state)->store;
	static const char *const then[] = { "10.0.0.5", "10.0.0.6", "10.0.0.7", "10.0.0.0", "10.0.0.2" };
	char handle[16];

	ipam_pool(store, "p", "10.0.0.0/29", 29, "");
	for (int i = 0; i < 3; i++) {
		ipam_assign(store, "n1", "same", 4);
		ipam_release(store, "same");
	}
	assert_string_equal(ipam_assign(store, "n1", "a", 4), "10.0.0.3");
	assert_string_equal(ipam_assign(store, "n1", "b", 4), "10.0.0.4");
	assert_string_equal(ipam_assign(store, "n1", "c", 4), "10.0.0.5");
	ipam_release(store, "c");
	assert_string_equal(ipam_assign(store, "n1", "d", 4), "10.0.0.6");
	ipam_release(store, "d");
	fixture_put(store, "l/4/0a000000-29", "{\"address\":\"10.0.0.4\"}");
	fixture_put(store, "a/4/0a000001", "{}");
	for (size_t i = 0; i < ARRAY_SIZE(then); i++) {
		snprintf(handle, sizeof(handle), "h%zu", i);
		assert_string_equal(ipam_assign(store, "n1", handle, 4), then[i]);
	}
	assert_no_address(store, "n1", "p (10.0.0.0/29)");
	/* a hint that says nothing does no harm */
	ipam_release(store, "h4");
	fixture_put(store, "l/4/0a000000-29", "nonsense");
	assert_string_equal(ipam_assign(store, "n1", "e", 4), "10.0.0.2");
}

/* Network and broadcast addresses are used, to the last one, and none twice. */
static void test_exhaustion(void **state)
{
	static const struct {
		const char *cidr;
		int size, family, count;
	} cases[] = {
		{ "10.21.0.0/31", 31, 4, 2 }, { "10.1.0.0/27", 29, 4, 32 },
		{ "10.2.0.4/32", 32, 4, 1 }, { "10.3.0.0/30", 32, 4, 4 },
		{ "255.255.255.240/28", 30, 4, 16 }, { "fd00::/123", 124, 6, 32 },
	};
	struct manx_error err = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct manx_ipam_result res;
		struct fixture *f;
		char handle[16];

		fixture_setup((void **)&f);
		ipam_pool(f->store, "p", cases[i].cidr, cases[i].size, "");
		for (int n = 0; n < cases[i].count; n++) {
			snprintf(handle, sizeof(handle), "h%d", n);
			ipam_assign(f->store, "n1", handle, cases[i].family);
		}
		assert_int_equal(fixture_count(f->store, "a/"), cases[i].count);
		assert_int_equal(ipam_try(f->store, "n1", "no", cases[i].family, &res, &err),
				 -ENOSPC);
		assert_words(&err, cases[i].cidr);
		ipam_release(f->store, "h0");
		ipam_assign(f->store, "n1", "again", cases[i].family);
		ipam_assert_sound(f->store);
		fixture_teardown((void **)&f);
	}
}

/* Nodes begin at places of their own and go on from there, in a pool of any size. */
static void test_claim(void **state)
{
	struct manx_store *store = ((struct fixture *)*state)->store;
	char first[MANX_ADDR_STRLEN], handle[16];
	struct manx_prefix pool;
	struct manx_addr addr;

	ipam_pool(store, "p4", "10.0.0.0/8", 30, "");
	ipam_pool(store, "p6", "fd00:1::/48", 122, "");
	snprintf(first, sizeof(first), "%s", ipam_assign(store, "n1", "first", 4));
	assert_string_not_equal(ipam_assign(store, "n2", "b", 4), first);
	for (int i = 1; i < 6; i++) {
		struct manx_addr expected;
		char text[MANX_ADDR_STRLEN];

		snprintf(handle, sizeof(handle), "h%d", i);
		assert_true(manx_addr_parse(first, &addr));
		assert_true(manx_addr_add(&addr, (uint64_t)i, &expected));
		assert_string_equal(ipam_assign(store, "n1", handle, 4),
				    manx_addr_format(&expected, text));
	}
	assert_int_equal(fixture_count(store, "i/n1/"), 2);
	assert_true(manx_addr_parse(ipam_assign(store, "n1", "six", 6), &addr));
	assert_true(manx_prefix_parse("fd00:1::/48", &pool));
	assert_true(manx_prefix_contains(&pool, &addr));
	ipam_assert_sound(store);
}

static void test_borrow(void **state)
{
	struct manx_store *store = ((struct fixture *)*state)->store;

	ipam_pool(store, "p", "10.0.0.0/30", 31, "");
	ipam_assign(store, "n1", "a1", 4);
	ipam_assign(store, "n2", "b1", 4);
	ipam_assign(store, "n2", "b2", 4);
	assert_int_equal(fixture_count(store, "b/"), 2);
	assert_int_equal(fixture_count(store, "x/"), 0);
	ipam_assign(store, "n2", "b3", 4);
	assert_int_equal(fixture_count(store, "x/"), 1);
	ipam_assert_sound(store);
	assert_no_address(store, "n1", "p (10.0.0.0/30)");
	assert_no_address(store, "n3", "p (10.0.0.0/30)");
	ipam_release(store, "b3");
	assert_int_equal(fixture_count(store, "x/"), 0);
	assert_int_equal(fixture_count(store, "a/"), 3);
	ipam_assign(store, "n1", "a2", 4);
	assert_int_equal(fixture_count(store, "x/"), 0);
	ipam_assert_sound(store);
}

/* An index that lies is not believed. */
static void test_index_is_no_truth(void **state)
{
	struct manx_store *store = ((struct fixture *)*state)->store;

	ipam_pool(store, "p", "10.0.0.0/30", 31, "");
	ipam_assign(store, "n1", "a", 4);
	fixture_put(store, "i/n2/4/0a000000-31", "{}");
	fixture_put(store, "i/n2/4/0a000002-31", "{}");
	fixture_put(store, "i/n2/4/nonsense", "{}");
	ipam_assign(store, "n2", "b", 4);
	assert_int_equal(fixture_count(store, "b/"), 2);
	assert_int_equal(fixture_count(store, "x/"), 0);
}

static void test_two_families(void **state)
{
	struct manx_store *store = ((struct fixture *)*state)->store;
	struct manx_error err = { 0 };
	struct manx_ipam_result res;
	struct manx_ipam_request req = {
		.node = "n1", .handle = "h1", .uid = "00000000000000000000000000000001",
		.use = MANX_USE_WORKLOAD, .want4 = true, .want6 = true,
	};

	ipam_pool(store, "p4", "10.0.0.0/30", 30, "");
	assert_int_equal(manx_ipam_assign(store, &req, &res, NULL, NULL, &err), -ENOSPC);
	assert_words(&err, "no IPv6 pool");
	assert_int_equal(fixture_count(store, "a/") + fixture_count(store, "b/"), 0);

	ipam_pool(store, "p6", "fd00::/128", 128, "");
	assert_int_equal(manx_ipam_assign(store, &req, &res, NULL, NULL, NULL), 0);
	assert_int_equal(res.n, 2);
	assert_int_equal(res.addr[0].family, 4);
	assert_int_equal(res.addr[1].family, 6);
	req.handle = "h2";
	assert_int_equal(manx_ipam_assign(store, &req, &res, NULL, NULL, &err), -ENOSPC);
	assert_words(&err, "IPv6");
	assert_words(&err, "p6 (fd00::/128)");
	assert_int_equal(res.n, 0);
	assert_int_equal(fixture_count(store, "a/4/"), 1);
	ipam_assert_sound(store);
	ipam_release(store, "h1");
	assert_int_equal(fixture_count(store, "a/"), 0);
}

static void test_repeated(void **state)
{
	struct manx_store *store = ((struct fixture *)*state)->store;
	struct manx_error err = { 0 };
	struct manx_ipam_result res, again;
	struct manx_ipam_request req = {
		.node = "n1", .handle = "h", .uid = "00000000000000000000000000000001",
		.use = MANX_USE_WORKLOAD, .want4 = true,
	};

	ipam_pool(store, "p", "10.0.0.0/30", 30, "");
	assert_int_equal(manx_ipam_assign(store, &req, &res, NULL, NULL, NULL), 0);
	assert_int_equal(manx_ipam_assign(store, &req, &again, NULL, NULL, NULL), 0);
	assert_int_equal(again.n, 1);
	assert_int_equal(manx_addr_cmp(&res.addr[0], &again.addr[0]), 0);
	req.uid = "00000000000000000000000000000002";
	assert_int_equal(manx_ipam_assign(store, &req, &again, NULL, NULL, &err), -EEXIST);
	assert_words(&err, "h has addresses");
	assert_int_equal(again.n, 0);
	assert_int_equal(fixture_count(store, "a/"), 1);

	/* a release of an attempt that is over does nothing */
	assert_int_equal(manx_ipam_release(store, "h", req.uid, NULL, NULL), 0);
	assert_int_equal(fixture_count(store, "a/"), 1);
	assert_int_equal(manx_ipam_release(store, "h", "00000000000000000000000000000001", NULL,
					   NULL), 0);
	assert_int_equal(fixture_count(store, "a/"), 0);
	assert_int_equal(manx_ipam_release(store, "h", NULL, NULL, NULL), 0);
}

struct fill {
	struct manx_store *store;
	int calls, spoil, ret;
	const char *guard;
};

static int fill(void *ctx, const struct manx_ipam_result *res, struct manx_txn *txn,
		const char **endpoint_key, struct manx_error *err)
{
	struct fill *f = ctx;
	char key[32], text[MANX_ADDR_STRLEN];

	assert_int_equal(res->n, 1);
	if (f->calls++ < f->spoil) {	/* somebody else takes the address just now */
		snprintf(key, sizeof(key), "a/%s", manx_addr_key(&res->addr[0], text));
		fixture_put(f->store, key, "{}");
	}
	if (f->guard)
		manx_txn_guard_rev(txn, f->guard, 1);
	manx_txn_put(txn, "e/n1/ns/pod", "{}");
	*endpoint_key = "e/n1/ns/pod";
	return f->ret ? manx_fail(err, f->ret, "cannot") : 0;
}

static void test_fill(void **state)
{
	struct manx_store *store = ((struct fixture *)*state)->store;
	struct fill f = { .store = store, .ret = -EPERM };
	struct manx_error err = { 0 };
	struct manx_ipam_result res;
	struct manx_ipam_request req = {
		.node = "n1", .handle = "h", .uid = "00000000000000000000000000000001",
		.use = MANX_USE_WORKLOAD, .want4 = true,
	};

	ipam_pool(store, "p", "10.0.0.0/29", 29, "");
	assert_int_equal(manx_ipam_assign(store, &req, &res, fill, &f, &err), -EPERM);
	assert_string_equal(err.text, "cannot");
	assert_int_equal(fixture_count(store, "e/") + fixture_count(store, "b/"), 0);

	/* a guard that never holds: bounded, and it says which */
	f = (struct fill){ .store = store, .guard = "e/other" };
	assert_int_equal(manx_ipam_assign(store, &req, &res, fill, &f, &err), -EAGAIN);
	assert_words(&err, "e/other");
	assert_int_not_equal(f.calls, 0);
	assert_int_equal(fixture_count(store, "e/") + fixture_count(store, "b/"), 0);

	f = (struct fill){ .store = store, .spoil = 3 };
	assert_int_equal(manx_ipam_assign(store, &req, &res, fill, &f, NULL), 0);
	assert_int_equal(f.calls, 4);
	assert_int_equal(fixture_count(store, "a/"), 4);
	assert_non_null(strstr(fixture_value(store, "h/h"), "\"endpoint\":\"e/n1/ns/pod\""));
	assert_non_null(fixture_value(store, "e/n1/ns/pod"));
	ipam_release(store, "h");	/* the endpoint that the record names goes with it */
	assert_null(fixture_value(store, "e/n1/ns/pod"));
}

#define ENDPOINT(handle) "{\"metadata\":{\"annotations\":{\"manx.io/handle\":\"" handle "\"}}}"

/* An endpoint that belongs to somebody else by now stays. */
static void test_release_endpoint(void **state)
{
	struct manx_store *store = ((struct fixture *)*state)->store;

	ipam_pool(store, "p", "10.0.0.0/29", 29, "");
	ipam_assign(store, "n1", "old", 4);
	fixture_put(store, "e/n1/ns/pod", ENDPOINT("new"));
	assert_int_equal(manx_ipam_release(store, "old", NULL, "e/n1/ns/pod", NULL), 0);
	assert_int_equal(fixture_count(store, "h/"), 0);
	assert_non_null(fixture_value(store, "e/n1/ns/pod"));
	assert_int_equal(manx_ipam_release(store, "new", NULL, "e/n1/ns/pod", NULL), 0);
	assert_null(fixture_value(store, "e/n1/ns/pod"));
	assert_int_equal(manx_ipam_release(store, "new", NULL, "e/n1/ns/none", NULL), 0);
}

static void test_bad_requests(void **state)
{
	static const struct manx_ipam_request bad[] = {
		{ .node = "n1", .handle = "", .uid = "00000000000000000000000000000001" },
		{ .node = "n1", .handle = "a/b", .uid = "00000000000000000000000000000001" },
		{ .node = "n1", .handle = "a\nb", .uid = "00000000000000000000000000000001" },
		{ .node = "n/1", .handle = "h", .uid = "00000000000000000000000000000001" },
		{ .node = "", .handle = "h", .uid = "00000000000000000000000000000001" },
		{ .node = "n1", .handle = "h", .uid = "1" },
		{ .node = "n1", .handle = "h", .uid = "0000000000000000000000000000000x" },
	};
	struct manx_store *store = ((struct fixture *)*state)->store;
	struct manx_ipam_result res;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct manx_error err = { 0 };

		assert_int_equal(manx_ipam_assign(store, &bad[i], &res, NULL, NULL, &err), -EINVAL);
		assert_int_not_equal(err.text[0], 0);
	}
	assert_int_equal(manx_ipam_release(store, "a/b", NULL, NULL, NULL), -EINVAL);
	assert_int_equal(manx_ipam_release_blocks(store, "a/b", NULL), -EINVAL);
}

/* Records that something else wrote: words, no crash, no wrong address. */
static void test_damaged_records(void **state)
{
	static const struct {
		const char *key, *value;
	} cases[] = {
		{ "h/none", "x" }, { "h/none", "{}" }, { "h/none", "{\"uid\":1}" },
		{ "h/none", "{\"uid\":\"00000000000000000000000000000001\",\"addresses\":[1]}" },
		{ "b/4/0a000000-29", "x" }, { "b/4/0a000000-29", "{\"owner\":\"n1\"}" },
		{ "a/4/0a000000x", "{}" }, { "r/ippools/p", "{}" },
		{ "r/ippools/q", "[" },
	};
	struct manx_store *store = ((struct fixture *)*state)->store;

	ipam_pool(store, "p", "10.0.0.0/29", 29, "");
	ipam_assign(store, "n1", "first", 4);
	fixture_put(store, "l/4/0a000000-29", NULL);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *value = fixture_value(store, cases[i].key);
		char *before = value ? strdup(value) : NULL;
		struct manx_error err = { 0 };
		struct manx_ipam_result res;
		int ret;

		fixture_put(store, cases[i].key, cases[i].value);
		ret = ipam_try(store, "n1", "none", 4, &res, &err);
		if (ret >= 0 || ret == -EAGAIN || !err.text[0])
			fail_msg("%s %s: %d %s", cases[i].key, cases[i].value, ret, err.text);
		fixture_put(store, cases[i].key, before);
		free(before);
	}
	ipam_assign(store, "n1", "none", 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_uid),
		WITH_STORE(test_records),
		WITH_STORE(test_order),
		cmocka_unit_test(test_exhaustion),
		WITH_STORE(test_claim),
		WITH_STORE(test_borrow),
		WITH_STORE(test_index_is_no_truth),
		WITH_STORE(test_two_families),
		WITH_STORE(test_repeated),
		WITH_STORE(test_fill),
		WITH_STORE(test_release_endpoint),
		WITH_STORE(test_bad_requests),
		WITH_STORE(test_damaged_records),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
