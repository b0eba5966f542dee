// SPDX-License-Identifier: GPL-2.0-only
/*
 * The roles that "manxctl datastore roles" prints, in an etcd that asks for users:
 * each can do what it is for, and nothing else.
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

#include "datastore.h"
#include "etcd_compact.h"
#include "etcd_fixture.h"
#include "etcd_roles.h"
#include "ipam_fixture.h"
#include "model.h"
#include "store_presence.h"

static struct etcd etcd;

static void run_script(const char *filter, const char *node)
{
	char command[400];
	FILE *pipe;

	snprintf(command, sizeof(command), "grep -E '%s' | ETCDCTL_API=3 ETCDCTL_ENDPOINTS=%s sh -e >/dev/null",
		 filter, etcd.endpoints);
	pipe = popen(command, "w");
	assert_non_null(pipe);
	manx_etcd_roles(pipe, node);
	if (pclose(pipe))
		fail_msg("%s", command);
}

static void add_user(const char *name, const char *role)
{
	char args[200];

	snprintf(args, sizeof(args), "user add %s:secret", name);
	etcd_ctl(&etcd, args);
	snprintf(args, sizeof(args), "user grant-role %s %s", name, role);
	etcd_ctl(&etcd, args);
}

static int set_up(void **state)
{
	(void)state;
	etcd_start(&etcd, 1);
	run_script(".", NULL);
	run_script("manx-node-n1", "n1");
	etcd_ctl(&etcd, "role add root");
	add_user("root", "root");
	add_user("node", "manx-node");
	add_user("n1", "manx-node-n1");
	add_user("operator", "manx-operator");
	add_user("reader", "manx-reader");
	etcd_ctl(&etcd, "auth enable");
	setenv("ETCD_TEST", etcd.endpoints, 1);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	etcd_stop(&etcd);
	return 0;
}

static struct manx_store *open_as(const char *user)
{
	struct manx_store_conf conf = etcd_conf(&etcd);
	struct manx_error err = { 0 };
	struct manx_store *store;

	conf.username = (char *)user;
	conf.password = "secret";
	if (manx_store_open(&store, &conf, &err))
		fail_msg("%s: %s", user, err.text);
	return store;
}

static void assert_put(struct manx_store *store, const char *key, int code)
{
	struct manx_txn *txn = manx_txn_new();
	struct manx_error err = { 0 };
	int ret;

	manx_txn_put(txn, key, "{}");
	ret = manx_store_commit(store, txn, NULL, &err);
	if (ret != code)
		fail_msg("%s: %d (%s) instead of %d", key, ret, err.text, code);
	if (code && !strstr(err.text, "role"))
		fail_msg("\"%s\" does not tell what is needed", err.text);
	manx_txn_free(txn);
	if (!code)
		fixture_put(store, key, NULL);
}

static int put_endpoint(void *ctx, const struct manx_ipam_result *res, struct manx_txn *txn,
			const char **key, struct manx_error *err)
{
	(void)res, (void)err;
	*key = ctx;
	manx_txn_put(txn, ctx, "{}");
	return 0;
}

/* What manxd does: it is there, compacts, gives and takes back addresses, watches. */
static void work_as_node(struct manx_store *store, const char *node)
{
	struct manx_compactor compactor = { .store = store, .node = node };
	char uid[MANX_UID_LEN + 1], endpoint[80], key[80];
	struct manx_ipam_request req = {
		.node = node, .handle = "net.1.eth0", .uid = uid, .use = MANX_USE_WORKLOAD, .want4 = true,
	};
	struct manx_error err = { 0 };
	struct manx_presence presence;
	struct manx_ipam_result res;
	struct manx_watch *watch;

	snprintf(endpoint, sizeof(endpoint), "e/%s/default/pod", node);
	snprintf(key, sizeof(key), "r/nodes/%s", node);
	ipam_node(store, node, "{ rack: '0' }");
	if (manx_uid_new(uid, &err) || manx_presence_open(&presence, store, node, "boot", &err) ||
	    manx_presence_keep(&presence, &err) ||
	    manx_ipam_assign(store, &req, &res, put_endpoint, endpoint, &err) ||
	    manx_ipam_release(store, req.handle, uid, NULL, &err) ||
	    manx_ipam_release_blocks(store, node, &err) ||
	    manx_watch_open(store, "b/", "x0", 1, &watch, &err))
		fail_msg("%s: %s", node, err.text);
	manx_watch_close(watch);
	for (int i = 0; i < 4; i++) {
		fixture_put(store, key, "{}");
		if (manx_compact(&compactor, &err))
			fail_msg("%s: %s", node, err.text);
	}
	assert_true(compactor.compacted > 0);
	manx_compact_stop(&compactor);
	manx_presence_close(&presence);
	assert_int_equal(fixture_count(store, "n/") + fixture_count(store, "m/compactor"), 0);
}

static void test_node(void **state)
{
	struct manx_store *boss = open_as("operator"), *store = open_as("node");

	(void)state;
	ipam_pool(boss, "pool", "10.0.0.0/24", 26, "");
	work_as_node(store, "n9");
	assert_put(store, "e/n2/default/pod", 0);
	assert_put(store, "r/ippools/pool", -EACCES);
	assert_put(store, "r/globalnetworkpolicies/p", -EACCES);
	assert_put(store, "m/lock", -EACCES);
	assert_put(store, "m/guid", -EACCES);
	assert_put(store, "m/gone/n1", -EACCES);
	manx_store_close(store);
	fixture_put(boss, "r/ippools/pool", NULL);
	manx_store_close(boss);
}

/* The role of one node writes for no other. */
static void test_one_node(void **state)
{
	struct manx_store *boss = open_as("operator"), *store = open_as("n1");

	(void)state;
	ipam_pool(boss, "pool", "10.0.0.0/24", 26, "");
	work_as_node(store, "n1");
	assert_put(store, "e/n1/default/pod", 0);
	assert_put(store, "e/n2/default/pod", -EACCES);
	assert_put(store, "e/n10/default/pod", -EACCES);
	assert_put(store, "n/n2", -EACCES);
	assert_put(store, "n/n10", -EACCES);
	assert_put(store, "r/nodes/n2", -EACCES);
	assert_put(store, "r/nodes/n10", -EACCES);
	assert_put(store, "r/ippools/pool", -EACCES);
	assert_put(store, "m/lock", -EACCES);
	manx_store_close(store);
	fixture_put(boss, "r/ippools/pool", NULL);
	manx_store_close(boss);
}

static void test_operator(void **state)
{
	struct manx_store *store = open_as("operator");
	struct manx_error err = { 0 };

	(void)state;
	assert_int_equal(manx_datastore_lock(store, &err), 1);
	assert_int_equal(manx_datastore_unlock(store, &err), 1);
	assert_put(store, "r/tiers/t", 0);
	assert_put(store, "m/gone/n1", 0);
	manx_store_close(store);
	/* but nothing that is not manx's */
	assert_int_not_equal(system("ETCDCTL_API=3 etcdctl --command-timeout 5s --endpoints $ETCD_TEST --user operator:secret put /other x >/dev/null 2>&1"), 0);
	assert_int_not_equal(system("ETCDCTL_API=3 etcdctl --command-timeout 5s --endpoints $ETCD_TEST --user reader:secret get /manx >/dev/null 2>&1"), 0);
}

static void test_reader(void **state)
{
	struct manx_store *store = open_as("reader");
	FILE *file = tmpfile();
	struct manx_error err = { 0 };
	size_t n;

	(void)state;
	if (manx_datastore_export(store, file, NULL, &n, &err))
		fail_msg("%s", err.text);
	fclose(file);
	assert_put(store, "r/tiers/t", -EACCES);
	assert_put(store, "a/4/0a000001", -EACCES);
	assert_int_equal(manx_datastore_lock(store, &err), -EACCES);
	manx_store_close(store);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_node), cmocka_unit_test(test_one_node),
		cmocka_unit_test(test_operator), cmocka_unit_test(test_reader),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
