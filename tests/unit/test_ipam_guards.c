// SPDX-License-Identifier: GPL-2.0-only
/*
 * Each guard of address management: somebody else changes the very fact that a
 * transaction rests on, after it was read and before the transaction gets in.
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
#define OTHER_UID "00000000000000000000000000000002"
#define BLOCK_OF(node) "{\"owner\":\"" node "\",\"pool\":\"p\"}"
#define USED_BY(handle) "{\"handle\":\"" handle "\",\"uid\":\"" OTHER_UID \
	"\",\"node\":\"n2\",\"state\":\"used\"}"
#define HANDLE(addr) "{\"uid\":\"" OTHER_UID "\",\"node\":\"n2\",\"addresses\":[\"" addr "\"]}"
#define ENDPOINT(handle) "{\"metadata\":{\"annotations\":{\"manx.io/handle\":\"" handle "\"}}}"
#define POOL(name, cidr, more) "{\"apiVersion\":\"projectcalico.org/v3\",\"kind\":\"IPPool\"," \
	"\"metadata\":{\"name\":\"" name "\"},\"spec\":{\"cidr\":\"" cidr "\"," \
	"\"blockSize\":30" more "}}"

/* Pool p has two blocks of four addresses; the first is n1's, with one address given. */
static int setup(void **state)
{
	struct fixture *f;

	fixture_listen();
	if (fixture_setup(state))
		return -1;
	f = *state;
	ipam_pool(f->store, "p", "10.0.0.0/29", 30, "");
	fixture_put(f->store, "b/4/0a000000-30", BLOCK_OF("n1"));
	fixture_put(f->store, "i/n1/4/0a000000-30", "{}");
	assert_string_equal(ipam_assign(f->store, "n1", "first", 4), "10.0.0.0");
	return 0;
}

/* An address for handle "h" of @node, which must be sound in the end. */
static void assert_sound_assign(struct fixture *f, const char *node)
{
	ipam_assign(f->store, node, "h", 4);
	assert_true(fixture_interfered());
	ipam_assert_sound(f->store);
}

static void test_address_taken(void **state)
{
	struct fixture *f = *state;

	fixture_interfere(f->db, "a/4/0a000001", USED_BY("other"));
	fixture_interfere(f->db, "h/other", HANDLE("10.0.0.1"));
	ipam_assign(f->store, "n1", "h", 4);
	assert_true(fixture_interfered());
	assert_string_equal(fixture_value(f->store, "a/4/0a000001"), USED_BY("other"));
	assert_int_equal(fixture_count(f->store, "a/"), 3);
}

static void test_handle_taken(void **state)
{
	struct fixture *f = *state;
	struct manx_error err = { 0 };
	struct manx_ipam_result res;

	fixture_interfere(f->db, "h/h", HANDLE("10.0.0.1"));
	fixture_interfere(f->db, "a/4/0a000002", USED_BY("h"));
	assert_int_equal(ipam_try(f->store, "n1", "h", 4, &res, &err), -EEXIST);
	assert_string_equal(fixture_value(f->store, "h/h"), HANDLE("10.0.0.1"));
	assert_int_equal(fixture_count(f->store, "a/"), 2);
}

static void test_block_changes_hands(void **state)
{
	struct fixture *f = *state;

	fixture_interfere(f->db, "b/4/0a000000-30", BLOCK_OF("n2"));
	fixture_interfere(f->db, "i/n2/4/0a000000-30", "{}");
	ipam_assign(f->store, "n1", "h", 4);
	fixture_put(f->store, "i/n1/4/0a000000-30", NULL);
	fixture_put(f->store, "x/4/0a000000", "{\"node\":\"n1\"}");	/* of "first" */
	ipam_assert_sound(f->store);
}

static void test_block_given_back(void **state)
{
	struct fixture *f = *state;

	ipam_release(f->store, "first");
	fixture_interfere(f->db, "b/4/0a000000-30", NULL);
	fixture_interfere(f->db, "i/n1/4/0a000000-30", NULL);
	assert_sound_assign(f, "n1");
}

static void test_block_claimed(void **state)
{
	struct fixture *f = *state;

	fixture_interfere(f->db, "b/4/0a000004-30", BLOCK_OF("n3"));
	fixture_interfere(f->db, "i/n3/4/0a000004-30", "{}");
	assert_sound_assign(f, "n2");
	assert_string_equal(fixture_value(f->store, "b/4/0a000004-30"), BLOCK_OF("n3"));
	assert_int_equal(fixture_count(f->store, "x/"), 1);
}

/* Two blocks that overlap would give addresses twice, whatever their sizes. */
static void test_block_overlapped(void **state)
{
	struct fixture *f = *state;

	fixture_interfere(f->db, "b/4/0a000006-31", BLOCK_OF("n3"));
	fixture_interfere(f->db, "i/n3/4/0a000006-31", "{}");
	assert_sound_assign(f, "n2");
	assert_null(fixture_value(f->store, "b/4/0a000004-30"));
}

static void test_pool_disabled(void **state)
{
	struct fixture *f = *state;
	struct manx_error err = { 0 };
	struct manx_ipam_result res;

	fixture_interfere(f->db, "r/ippools/p", POOL("p", "10.0.0.0/29", ",\"disabled\":true"));
	assert_int_equal(ipam_try(f->store, "n1", "h", 4, &res, &err), -ENOSPC);
	assert_int_equal(fixture_count(f->store, "a/"), 1);
}

#define CONFIG(spec) "{\"apiVersion\":\"projectcalico.org/v3\",\"kind\":\"IPAMConfiguration\"," \
	"\"metadata\":{\"name\":\"default\"},\"spec\":{" spec "}}"

static void test_config_changed(void **state)
{
	struct fixture *f = *state;
	struct manx_error err = { 0 };
	struct manx_ipam_result res;

	fixture_put(f->store, "b/4/0a000004-30", BLOCK_OF("n3"));
	fixture_put(f->store, "i/n3/4/0a000004-30", "{}");
	fixture_interfere(f->db, "r/ipamconfigurations/default", CONFIG("\"strictAffinity\":true"));
	assert_int_equal(ipam_try(f->store, "n2", "h", 4, &res, &err), -ENOSPC);
	assert_int_equal(fixture_count(f->store, "x/"), 0);
}

static void test_budget_used(void **state)
{
	struct fixture *f = *state;
	struct manx_error err = { 0 };
	struct manx_ipam_result res;

	fixture_put(f->store, "r/ipamconfigurations/default",
		    CONFIG("\"strictAffinity\":true,\"maxBlocksPerHost\":1"));
	fixture_interfere(f->db, "b/4/0a010000-30", BLOCK_OF("n2"));
	fixture_interfere(f->db, "i/n2/4/0a010000-30", "{}");
	assert_int_equal(ipam_try(f->store, "n2", "h", 4, &res, &err), -ENOSPC);
	assert_int_equal(fixture_count(f->store, "i/n2/"), 1);
}

static void test_node_removed(void **state)
{
	struct fixture *f = *state;
	struct manx_error err = { 0 };
	struct manx_ipam_result res;

	fixture_interfere(f->db, "m/gone/n1", "{}");
	assert_int_equal(ipam_try(f->store, "n1", "h", 4, &res, &err), -ESHUTDOWN);
	assert_int_equal(fixture_count(f->store, "a/"), 1);
	fixture_put(f->store, "m/gone/n1", NULL);
	fixture_interfere(f->db, "r/nodes/n1", NULL);
	assert_int_equal(ipam_try(f->store, "n1", "h", 4, &res, &err), -ESHUTDOWN);
	assert_true(fixture_interfered());
	assert_int_equal(fixture_count(f->store, "a/"), 1);
}

/* The handle is released and taken anew, by the same container: that one lives. */
static void test_release_of_another(void **state)
{
	struct fixture *f = *state;
	struct manx_ipam_result res;
	struct manx_ipam_request req = {
		.node = "n1", .handle = "h", .uid = UID, .use = MANX_USE_WORKLOAD, .want4 = true,
	};

	assert_int_equal(manx_ipam_assign(f->store, &req, &res, NULL, NULL, NULL), 0);
	fixture_interfere(f->db, "h/h", HANDLE("10.0.0.1"));
	fixture_interfere(f->db, "a/4/0a000001", USED_BY("h"));
	assert_int_equal(manx_ipam_release(f->store, "h", UID, NULL, NULL), 0);
	assert_true(fixture_interfered());
	assert_string_equal(fixture_value(f->store, "h/h"), HANDLE("10.0.0.1"));
	assert_string_equal(fixture_value(f->store, "a/4/0a000001"), USED_BY("h"));
}

static void test_release_meets_new_endpoint(void **state)
{
	struct fixture *f = *state;

	fixture_put(f->store, "e/n1/ns/pod", ENDPOINT("first"));
	fixture_interfere(f->db, "e/n1/ns/pod", ENDPOINT("new"));
	assert_int_equal(manx_ipam_release(f->store, "first", NULL, "e/n1/ns/pod", NULL), 0);
	assert_string_equal(fixture_value(f->store, "e/n1/ns/pod"), ENDPOINT("new"));
	assert_int_equal(fixture_count(f->store, "h/"), 0);
}

static void test_release_meets_new_handle(void **state)
{
	struct fixture *f = *state;

	fixture_put(f->store, "e/n1/ns/pod", ENDPOINT("h"));
	fixture_interfere(f->db, "h/h", HANDLE("10.0.0.1"));
	assert_int_equal(manx_ipam_release(f->store, "h", UID, "e/n1/ns/pod", NULL), 0);
	assert_non_null(fixture_value(f->store, "e/n1/ns/pod"));
	assert_non_null(fixture_value(f->store, "h/h"));
}

static void disable_and_empty(struct fixture *f)
{
	ipam_release(f->store, "first");
	assert_int_equal(ipam_put_pool(f->store, "p", "10.0.0.0/29", 30, "  disabled: true\n",
				       ipam_rev(f->store, "r/ippools/p"), NULL), 0);
}

static void test_give_back_meets_address(void **state)
{
	struct fixture *f = *state;

	disable_and_empty(f);
	fixture_interfere(f->db, "a/4/0a000003", USED_BY("other"));
	assert_int_equal(manx_ipam_release_blocks(f->store, "n1", NULL), 0);
	assert_true(fixture_interfered());
	assert_non_null(fixture_value(f->store, "b/4/0a000000-30"));
}

static void test_give_back_meets_owner(void **state)
{
	struct fixture *f = *state;

	disable_and_empty(f);
	fixture_interfere(f->db, "b/4/0a000000-30", BLOCK_OF("n2"));
	assert_int_equal(manx_ipam_release_blocks(f->store, "n1", NULL), 0);
	assert_non_null(fixture_value(f->store, "b/4/0a000000-30"));
}

static void test_put_meets_pool(void **state)
{
	struct fixture *f = *state;
	struct manx_error err = { 0 };

	fixture_interfere(f->db, "r/ippools/q", POOL("q", "10.1.0.0/24", ""));
	assert_int_equal(ipam_put_pool(f->store, "new", "10.1.0.0/16", 30, "", 0, &err), -EEXIST);
	assert_non_null(strstr(err.text, "IPPool(q)"));
	assert_null(fixture_value(f->store, "r/ippools/new"));
	fixture_interfere(f->db, "r/ippools/new", POOL("new", "10.2.0.0/24", ""));
	assert_int_equal(ipam_put_pool(f->store, "new", "10.3.0.0/16", 30, "", 0, &err), -EEXIST);
	assert_non_null(strstr(fixture_value(f->store, "r/ippools/new"), "10.2.0.0"));
}

static void test_put_meets_block(void **state)
{
	struct fixture *f = *state;
	struct manx_error err = { 0 };

	fixture_interfere(f->db, "b/4/0a020000-26", BLOCK_OF("n2"));
	assert_int_equal(ipam_put_pool(f->store, "new", "10.2.0.0/16", 30, "", 0, &err), -EEXIST);
	assert_non_null(strstr(err.text, "10.2.0.0/26"));
	assert_null(fixture_value(f->store, "r/ippools/new"));
}

static void test_put_meets_change(void **state)
{
	struct fixture *f = *state;
	int64_t rev = ipam_rev(f->store, "r/ippools/p");

	fixture_interfere(f->db, "r/ippools/p", POOL("p", "10.0.0.0/29", ",\"disabled\":true"));
	assert_int_equal(ipam_put_pool(f->store, "p", "10.0.0.0/29", 30, "", rev, NULL), -EAGAIN);
	assert_non_null(strstr(fixture_value(f->store, "r/ippools/p"), "\"disabled\":true"));
}

static void test_delete_meets_block(void **state)
{
	struct fixture *f = *state;
	struct manx_error err = { 0 };

	disable_and_empty(f);
	assert_int_equal(manx_ipam_release_blocks(f->store, "n1", NULL), 0);
	assert_int_equal(fixture_count(f->store, "b/"), 0);
	fixture_interfere(f->db, "b/4/0a000004-30", BLOCK_OF("n2"));
	fixture_interfere(f->db, "a/4/0a000004", USED_BY("other"));
	assert_int_equal(manx_ipam_delete_pool(f->store, "p", &err), -EBUSY);
	assert_non_null(fixture_value(f->store, "r/ippools/p"));
}

/* A change that comes between is not undone by the deletion, which has to be refused. */
static void test_delete_meets_change(void **state)
{
	struct fixture *f = *state;

	fixture_interfere(f->db, "r/ippools/p", POOL("p", "10.0.0.0/29", ",\"ipipMode\":\"Always\""));
	assert_int_equal(manx_ipam_delete_pool(f->store, "p", NULL), -EBUSY);
	assert_true(fixture_interfered());
	assert_non_null(strstr(fixture_value(f->store, "r/ippools/p"), "Always"));
	assert_non_null(strstr(fixture_value(f->store, "r/ippools/p"), "\"disabled\":true"));
}

/* Another pool has the name by now, with addresses in use. */
static void test_delete_meets_new_pool(void **state)
{
	struct fixture *f = *state;

	disable_and_empty(f);
	assert_int_equal(manx_ipam_release_blocks(f->store, "n1", NULL), 0);
	fixture_put(f->store, "b/4/0a050000-30", BLOCK_OF("n2"));
	fixture_put(f->store, "a/4/0a050001", USED_BY("other"));
	fixture_interfere(f->db, "r/ippools/p", POOL("p", "10.5.0.0/24", ""));
	assert_int_equal(manx_ipam_delete_pool(f->store, "p", NULL), -EBUSY);
	assert_non_null(fixture_value(f->store, "r/ippools/p"));
}

#define WITH_POOL(test) cmocka_unit_test_setup_teardown(test, setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_POOL(test_address_taken),
		WITH_POOL(test_handle_taken),
		WITH_POOL(test_block_changes_hands),
		WITH_POOL(test_block_given_back),
		WITH_POOL(test_block_claimed),
		WITH_POOL(test_block_overlapped),
		WITH_POOL(test_pool_disabled),
		WITH_POOL(test_config_changed),
		WITH_POOL(test_budget_used),
		WITH_POOL(test_node_removed),
		WITH_POOL(test_release_of_another),
		WITH_POOL(test_release_meets_new_endpoint),
		WITH_POOL(test_release_meets_new_handle),
		WITH_POOL(test_give_back_meets_address),
		WITH_POOL(test_give_back_meets_owner),
		WITH_POOL(test_put_meets_pool),
		WITH_POOL(test_put_meets_block),
		WITH_POOL(test_put_meets_change),
		WITH_POOL(test_delete_meets_block),
		WITH_POOL(test_delete_meets_change),
		WITH_POOL(test_delete_meets_new_pool),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
