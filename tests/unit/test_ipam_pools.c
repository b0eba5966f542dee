// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pools: which one serves a request, and what a change of them may not do.
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

#define UID "00000000000000000000000000000001"

static void assert_words(const struct manx_error *err, const char *words)
{
	if (!strstr(err->text, words))
		fail_msg("\"%s\" does not say \"%s\"", err->text, words);
}

/* Ask once and give back at once. @cidr: where the address must lie, or the words of @code. */
static void assert_choice(struct manx_store *store, struct manx_ipam_request *req, int code,
			  const char *cidr)
{
	struct manx_error err = { 0 };
	struct manx_ipam_result res;
	struct manx_prefix p;
	int ret;

	req->handle = "h";
	req->uid = UID;
	ret = manx_ipam_assign(store, req, &res, NULL, NULL, &err);
	if (ret != code)
		fail_msg("%d, not %d: %s", ret, code, err.text);
	if (ret) {
		assert_words(&err, cidr);
		return;
	}
	assert_true(manx_prefix_parse(cidr, &p));
	if (!manx_prefix_contains(&p, &res.addr[0]))
		fail_msg("not in %s", cidr);
	ipam_release(store, "h");
}

static void test_automatic(void **state)
{
	struct manx_store *store = ((struct fixture *)*state)->store;
	struct manx_ipam_request req = {
		.node = "n1", .use = MANX_USE_WORKLOAD, .want4 = true,
	};

	assert_choice(store, &req, -ESHUTDOWN, "node n1 has no record");
	ipam_node(store, "n1", "{}");
	assert_choice(store, &req, -ENOSPC, "no IPv4 pool is configured");
	ipam_pool(store, "a", "10.0.1.0/24", 26, "  disabled: true\n");
	ipam_pool(store, "b", "10.0.2.0/24", 26, "  assignmentMode: Manual\n");
	ipam_pool(store, "c", "10.0.3.0/24", 26, "  allowedUses: [Tunnel]\n");
	ipam_pool(store, "d6", "fd00::/64", 122, "");
	assert_choice(store, &req, -ENOSPC, "a (disabled)");
	assert_choice(store, &req, -ENOSPC, "b (assignmentMode Manual)");
	assert_choice(store, &req, -ENOSPC, "c (allowedUses lacks Workload)");
	ipam_pool(store, "e", "10.0.4.0/24", 26, "  allowedUses: [Workload]\n");
	assert_choice(store, &req, 0, "10.0.4.0/24");
	req.use = MANX_USE_TUNNEL;
	assert_choice(store, &req, 0, "10.0.3.0/24");
}

static void test_node_selector(void **state)
{
	struct manx_store *store = ((struct fixture *)*state)->store;
	struct manx_ipam_request req = {
		.node = "n1", .use = MANX_USE_WORKLOAD, .want4 = true,
	};

	ipam_pool(store, "rack-0", "192.168.0.0/24", 26, "  nodeSelector: rack == '0'\n");
	ipam_pool(store, "rack-1", "192.168.1.0/24", 26, "  nodeSelector: rack == '1'\n");
	assert_choice(store, &req, -ENOSPC, "rack-0 (nodeSelector rack ==");
	ipam_node(store, "n1", "{ rack: '1' }");
	assert_choice(store, &req, 0, "192.168.1.0/24");
	ipam_node(store, "n1", "{ rack: '0' }");
	assert_choice(store, &req, 0, "192.168.0.0/24");
	ipam_node(store, "n1", "{ rack: '2' }");
	assert_choice(store, &req, -ENOSPC, "rack-0 (nodeSelector rack ==");
	assert_choice(store, &req, -ENOSPC, "n1");
}

static void test_asked_for(void **state)
{
	struct manx_store *store = ((struct fixture *)*state)->store;
	const char *pools[] = { "manual", NULL, NULL };
	struct manx_ipam_request req = {
		.node = "n1", .use = MANX_USE_WORKLOAD, .want4 = true, .pools4 = pools,
	};

	ipam_pool(store, "manual", "10.0.1.0/31", 31, "  assignmentMode: Manual\n");
	ipam_pool(store, "other", "10.0.2.0/24", 26, "  nodeSelector: rack == '1'\n");
	ipam_pool(store, "off", "10.0.3.0/24", 26, "  disabled: true\n");
	ipam_pool(store, "six", "fd00::/64", 122, "");
	assert_choice(store, &req, 0, "10.0.1.0/31");
	pools[0] = "10.0.2.0/24";
	assert_choice(store, &req, 0, "10.0.2.0/24");
	pools[0] = "off";
	assert_choice(store, &req, -ENOENT, "off");
	pools[0] = "nowhere";
	assert_choice(store, &req, -ENOENT, "nowhere");
	pools[0] = "10.9.0.0/24";
	assert_choice(store, &req, -ENOENT, "10.9.0.0/24");
	pools[0] = "six";
	assert_choice(store, &req, -ENOENT, "six");
	/* one that is wrong spoils all; the order asked for is the order tried */
	pools[0] = "other";
	pools[1] = "off";
	assert_choice(store, &req, -ENOENT, "off");
	pools[1] = "manual";
	assert_choice(store, &req, 0, "10.0.2.0/24");
	pools[0] = "manual";
	pools[1] = "other";
	ipam_assign(store, "n1", "elsewhere", 6);
	assert_choice(store, &req, 0, "10.0.1.0/31");
}

/* Both nodes of a full first pool go on to the second before anybody borrows. */
static void test_next_pool(void **state)
{
	struct manx_store *store = ((struct fixture *)*state)->store;

	ipam_pool(store, "a", "10.0.1.0/32", 32, "");
	ipam_pool(store, "b", "10.0.2.0/31", 31, "");
	assert_string_equal(ipam_assign(store, "n1", "1", 4), "10.0.1.0");
	assert_string_equal(ipam_assign(store, "n1", "2", 4), "10.0.2.0");
	assert_string_equal(ipam_assign(store, "n2", "3", 4), "10.0.2.1");
	assert_int_equal(fixture_count(store, "x/"), 1);
	ipam_assert_sound(store);
}

static void assert_pool_refused(struct manx_store *store, const char *name, const char *cidr,
				int size, int64_t mod_rev, int code, const char *words)
{
	struct manx_error err = { 0 };
	size_t before = fixture_count(store, "r/ippools/");

	assert_int_equal(ipam_put_pool(store, name, cidr, size, "", mod_rev, &err), code);
	assert_words(&err, words);
	assert_int_equal(fixture_count(store, "r/ippools/"), before);
}

static void test_put(void **state)
{
	struct manx_store *store = ((struct fixture *)*state)->store;
	int64_t rev;

	ipam_pool(store, "a", "10.0.0.0/16", 26, "");
	rev = ipam_rev(store, "r/ippools/a");
	assert_pool_refused(store, "a", "10.0.0.0/16", 26, 0, -EEXIST, "IPPool(a) exists");
	assert_pool_refused(store, "b", "10.0.7.0/24", 26, 0, -EEXIST, "IPPool(a)");
	assert_pool_refused(store, "b", "10.0.0.0/8", 26, 0, -EEXIST, "10.0.0.0/16");
	assert_pool_refused(store, "a", "10.0.0.0/16", 26, rev + 1, -EAGAIN, "changed");
	assert_pool_refused(store, "b", "10.1.0.0/16", 26, rev, -EAGAIN, "deleted");
	assert_pool_refused(store, "a", "10.0.0.0/17", 26, rev, -EINVAL, "spec.cidr");
	assert_pool_refused(store, "a", "10.0.0.0/16", 27, rev, -EINVAL, "spec.blockSize");
	ipam_pool(store, "b", "10.1.0.0/16", 26, "");
	ipam_pool(store, "six", "::a00:0/112", 122, "");

	ipam_assign(store, "n1", "h", 4);
	assert_int_equal(ipam_put_pool(store, "a", "10.0.0.0/16", 26, "  disabled: true\n", rev,
				       NULL), 0);
	assert_non_null(strstr(fixture_value(store, "r/ippools/a"), "\"disabled\":true"));
}

/* Blocks that outlived their pool bind the next one. */
static void test_put_over_blocks(void **state)
{
	struct manx_store *store = ((struct fixture *)*state)->store;

	fixture_put(store, "b/4/0a000040-26", "{\"owner\":\"n1\",\"pool\":\"old\"}");
	assert_pool_refused(store, "a", "10.0.0.0/24", 27, 0, -EEXIST, "10.0.0.64/26");
	assert_pool_refused(store, "a", "10.0.0.0/24", 25, 0, -EEXIST, "10.0.0.64/26");
	assert_pool_refused(store, "a", "10.0.0.96/27", 28, 0, -EEXIST, "10.0.0.64/26");
	ipam_pool(store, "a", "10.0.0.0/24", 26, "");
	ipam_pool(store, "b", "10.0.1.0/24", 27, "");
}

static void test_delete(void **state)
{
	struct manx_store *store = ((struct fixture *)*state)->store;
	struct manx_error err = { 0 };

	ipam_pool(store, "a", "10.0.0.0/29", 30, "");
	ipam_pool(store, "keep", "10.0.0.8/29", 30, "");
	assert_int_equal(manx_ipam_delete_pool(store, "none", &err), -ENOENT);
	assert_words(&err, "IPPool(none)");
	ipam_assign(store, "n1", "1", 4);
	ipam_assign(store, "n1", "2", 4);
	ipam_assign(store, "n2", "3", 4);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(manx_ipam_delete_pool(store, "a", &err), -EBUSY);
		assert_words(&err, "3 of its addresses");
		assert_words(&err, "n1 2");
		assert_words(&err, "n2 1");
	}
	assert_non_null(strstr(fixture_value(store, "r/ippools/a"), "\"disabled\":true"));
	ipam_assign(store, "n1", "4", 4);	/* not from there any more */
	assert_int_equal(fixture_count(store, "b/4/0a00000"), 3);
	ipam_release(store, "1");
	ipam_release(store, "2");
	assert_int_equal(manx_ipam_delete_pool(store, "a", &err), -EBUSY);
	assert_words(&err, "1 of its addresses are in use (n2 1)");
	assert_int_equal(fixture_count(store, "i/n1/"), 1);
	ipam_release(store, "3");
	assert_int_equal(manx_ipam_delete_pool(store, "a", NULL), 0);
	assert_null(fixture_value(store, "r/ippools/a"));
	assert_int_equal(fixture_count(store, "b/"), 1);
	assert_int_equal(fixture_count(store, "l/"), 1);
	ipam_assert_sound(store);
}

static void test_release_blocks(void **state)
{
	struct manx_store *store = ((struct fixture *)*state)->store;

	ipam_pool(store, "a", "10.0.0.0/31", 32, "");
	ipam_pool(store, "b", "10.0.1.0/31", 32, "");
	ipam_assign(store, "n1", "1", 4);
	ipam_assign(store, "n1", "2", 4);
	ipam_assign(store, "n1", "3", 4);
	ipam_assign(store, "n2", "4", 4);
	ipam_release(store, "2");
	ipam_release(store, "3");
	ipam_release(store, "4");
	assert_int_equal(manx_ipam_release_blocks(store, "n1", NULL), 0);
	assert_int_equal(fixture_count(store, "b/"), 4);
	/* the pool is disabled: the empty one of two goes, and nobody else's */
	assert_int_equal(ipam_put_pool(store, "a", "10.0.0.0/31", 32, "  disabled: true\n",
				       ipam_rev(store, "r/ippools/a"), NULL), 0);
	assert_int_equal(manx_ipam_release_blocks(store, "n1", NULL), 0);
	assert_int_equal(fixture_count(store, "b/4/0a0000"), 1);
	assert_int_equal(fixture_count(store, "b/4/0a0001"), 2);
	ipam_assert_sound(store);
	/* the pool is gone */
	fixture_put(store, "r/ippools/b", NULL);
	assert_int_equal(manx_ipam_release_blocks(store, "n1", NULL), 0);
	assert_int_equal(fixture_count(store, "i/n1/"), 1);
	assert_int_equal(fixture_count(store, "i/n2/"), 1);
}

static int remove_node(struct manx_store *store, const char *name, bool force)
{
	char key[80];

	snprintf(key, sizeof(key), "r/nodes/%s", name);
	return manx_ipam_remove_node(store, name, ipam_rev(store, key), force, NULL);
}

/* All that a node has goes with it, but for what others have of it. */
static void test_remove_node(void **state)
{
	struct manx_store *store = ((struct fixture *)*state)->store;

	ipam_pool(store, "a", "10.0.0.0/29", 30, "");
	ipam_node(store, "n1", "{}");
	ipam_node(store, "n2", "{}");
	ipam_assign(store, "n1", "1", 4);
	ipam_assign(store, "n2", "2", 4);
	for (int i = 3; i < 8; i++) {
		char handle[8];

		snprintf(handle, sizeof(handle), "%d", i);
		ipam_assign(store, i == 3 ? "n1" : "n2", handle, 4);
	}
	assert_int_equal(fixture_count(store, "x/"), 1);
	fixture_put(store, "e/n1/ns/a", "{}");
	fixture_put(store, "n/n1", "{}");
	assert_int_equal(remove_node(store, "n1", false), -EBUSY);
	fixture_put(store, "n/n1", NULL);
	assert_int_equal(remove_node(store, "n1", false), -EBUSY);
	assert_int_equal(remove_node(store, "n1", true), 0);
	assert_null(fixture_value(store, "r/nodes/n1"));
	assert_null(fixture_value(store, "m/gone/n1"));
	assert_int_equal(fixture_count(store, "e/") + fixture_count(store, "i/n1/"), 0);
	assert_int_equal(fixture_count(store, "h/"), 5);
	assert_int_equal(fixture_count(store, "b/"), 2);
	ipam_assert_sound(store);
	/* what is left of its block is lent on, and given to who takes it over */
	ipam_assign(store, "n2", "8", 4);
	ipam_assert_sound(store);
	assert_int_equal(remove_node(store, "n1", false), -ENOENT);
	assert_int_equal(remove_node(store, "n/9", false), -EINVAL);
	assert_int_equal(remove_node(store, "n2", false), 0);
	assert_int_equal(fixture_count(store, "a/") + fixture_count(store, "h/"), 0);
	assert_int_equal(fixture_count(store, "b/4/"), 0);
}

/* Interrupted after the fence, the next call goes on; meanwhile the node gets nothing. */
static void test_remove_resumed(void **state)
{
	struct manx_store *store = ((struct fixture *)*state)->store;
	struct manx_error err = { 0 };
	struct manx_ipam_result res;

	ipam_pool(store, "a", "10.0.0.0/29", 30, "");
	ipam_assign(store, "n1", "1", 4);
	fixture_put(store, "i/n1/4/0a050000-30", "{}");
	fixture_put(store, "m/gone/n1", "{}");
	assert_int_equal(ipam_try(store, "n1", "2", 4, &res, &err), -ESHUTDOWN);
	assert_int_equal(remove_node(store, "n1", false), 0);
	assert_int_equal(fixture_count(store, "a/") + fixture_count(store, "h/"), 0);
	assert_int_equal(fixture_count(store, "b/") + fixture_count(store, "i/"), 0);
	assert_null(fixture_value(store, "m/gone/n1"));
}

/* A manxd that goes on after its node was removed gets nothing. */
static void test_removed_alive(void **state)
{
	struct manx_store *store = ((struct fixture *)*state)->store;
	struct manx_ipam_cache *cache = manx_ipam_cache_new(store, "n1");
	struct manx_ipam_request req = {
		.node = "n1", .handle = "h", .uid = UID, .use = MANX_USE_WORKLOAD, .want4 = true,
	};
	struct manx_ipam_job job = { .req = &req };

	ipam_pool(store, "a", "10.0.0.0/29", 30, "");
	ipam_node(store, "n1", "{}");
	manx_ipam_assign_batch(store, cache, &job, 1);
	assert_int_equal(job.ret, 0);
	assert_int_equal(remove_node(store, "n1", false), 0);
	req.handle = "h2";
	manx_ipam_assign_batch(store, cache, &job, 1);
	assert_int_equal(job.ret, -ESHUTDOWN);
	assert_int_equal(fixture_count(store, "a/") + fixture_count(store, "b/"), 0);
	ipam_node(store, "n1", "{}");
	manx_ipam_assign_batch(store, cache, &job, 1);
	assert_int_equal(job.ret, 0);
	manx_ipam_cache_free(cache);
}

/* Nor does one that begins then, and knows of no removal, before the node has a record anew. */
static void test_removed_afresh(void **state)
{
	struct manx_store *store = ((struct fixture *)*state)->store;
	struct manx_error err = { 0 };
	struct manx_ipam_result res;

	ipam_pool(store, "a", "10.0.0.0/29", 30, "");
	ipam_assign(store, "n1", "1", 4);
	assert_int_equal(remove_node(store, "n1", true), 0);
	assert_int_equal(ipam_try(store, "n1", "2", 4, &res, &err), -ESHUTDOWN);
	assert_non_null(strstr(err.text, "start manxd on it, or apply a Node"));
	assert_int_equal(fixture_count(store, "a/") + fixture_count(store, "h/"), 0);
	assert_int_equal(fixture_count(store, "b/") + fixture_count(store, "i/"), 0);
	ipam_node(store, "n1", "{}");
	ipam_assign(store, "n1", "2", 4);
}

static void test_tunnel_address(void **state)
{
	struct manx_store *store = ((struct fixture *)*state)->store;
	struct manx_ipam_result res;
	struct manx_ipam_request req = {
		.node = "n1", .handle = "ipip-tunnel-addr-n1", .uid = UID,
		.use = MANX_USE_TUNNEL, .want4 = true,
	};

	ipam_pool(store, "w", "10.0.0.0/24", 26, "  allowedUses: [Workload]\n");
	ipam_pool(store, "x", "10.0.1.0/24", 26, "");
	assert_int_equal(manx_ipam_assign(store, &req, &res, NULL, NULL, NULL), 0);
	assert_int_equal(res.addr[0].b[2], 1);
	assert_non_null(fixture_value(store, "h/ipip-tunnel-addr-n1"));
	ipam_release(store, "ipip-tunnel-addr-n1");
	assert_int_equal(fixture_count(store, "a/"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_STORE(test_automatic),
		WITH_STORE(test_node_selector),
		WITH_STORE(test_asked_for),
		WITH_STORE(test_next_pool),
		WITH_STORE(test_put),
		WITH_STORE(test_put_over_blocks),
		WITH_STORE(test_delete),
		WITH_STORE(test_release_blocks),
		WITH_STORE(test_remove_node),
		WITH_STORE(test_remove_resumed),
		WITH_STORE(test_removed_alive),
		WITH_STORE(test_removed_afresh),
		WITH_STORE(test_tunnel_address),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
