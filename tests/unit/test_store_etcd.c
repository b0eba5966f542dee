// SPDX-License-Identifier: GPL-2.0-only
/*
 * The datastore in etcd, for what no file has: limits of the server, answers that are
 * lost, members that die, certificates and passwords.
 */
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "etcd_compact.h"
#include "etcd_fixture.h"
#include "etcd_lease.h"
#include "relay.h"
#include "store_etcd.h"
#include "store_fixture.h"
#include "store_presence.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* One member that most tests share. */
static struct etcd alone;

static int start_alone(void **state)
{
	(void)state;
	etcd_start(&alone, 1);
	return 0;
}

static int stop_alone(void **state)
{
	(void)state;
	etcd_stop(&alone);
	return 0;
}

static struct manx_store *open_with(const struct manx_store_conf *conf)
{
	struct manx_error err = { 0 };
	struct manx_store *store;

	if (manx_store_open(&store, conf, &err))
		fail_msg("%s", err.text);
	return store;
}

static struct manx_store *open_cluster(struct etcd *etcd)
{
	struct manx_store_conf conf = etcd_conf(etcd);

	return open_with(&conf);
}

static void assert_open_fails(const struct manx_store_conf *conf, int code, const char *words)
{
	struct manx_error err = { 0 };
	struct manx_store *store;
	int ret = manx_store_open(&store, conf, &err);

	if (ret != code || !strstr(err.text, words))
		fail_msg("%d \"%s\" instead of %d \"%s\"", ret, err.text, code, words);
}

static int put(struct manx_store *store, const char *key, const char *value,
	       struct manx_error *err)
{
	struct manx_txn *txn = manx_txn_new();
	int ret;

	if (value)
		manx_txn_put(txn, key, value);
	else
		manx_txn_del(txn, key);
	ret = manx_store_commit(store, txn, NULL, err);
	manx_txn_free(txn);
	return ret;
}

static struct manx_watch *watch_from(struct manx_store *store, int64_t rev)
{
	struct manx_error err = { 0 };
	struct manx_watch *watch;

	if (manx_watch_open(store, "", "~", rev, &watch, &err))
		fail_msg("%s", err.text);
	return watch;
}

/* 1 and *kv, or an error; 0 when @ms are over. */
static int next_event(struct manx_watch *watch, struct manx_kv *kv, int ms,
		      struct manx_error *err)
{
	double start = fixture_ms();
	int ret;

	while (!(ret = manx_watch_next(watch, kv, err)) && fixture_ms() - start < ms) {
		struct pollfd p = { .fd = manx_watch_fd(watch), .events = POLLIN };

		poll(&p, 1, 200);
	}
	return ret;
}

static void assert_event(struct manx_watch *watch, const char *key, int ms)
{
	struct manx_error err = { 0 };
	struct manx_kv kv = { 0 };

	if (next_event(watch, &kv, ms, &err) != 1)
		fail_msg("%s did not come: %s", key, err.text);
	assert_string_equal(kv.key, key);
	manx_kv_clear(&kv);
}

static void assert_watch_fails(struct manx_watch *watch, int code, const char *words)
{
	struct manx_error err = { 0 };
	struct manx_kv kv = { 0 };
	int ret = next_event(watch, &kv, 20000, &err);

	if (ret != code || !strstr(err.text, words))
		fail_msg("%d \"%s\" instead of %d \"%s\"", ret, err.text, code, words);
}

static void test_settings(void **state)
{
	static const char *const bad[] = {
		"", ",", "127.0.0.1:2379", "ftp://a:1", "http://a", "http://:1", "http://a:x",
		"http://a:70000", "http://u@a:1", "http://a:1/x", "http://a b:1", "http://::1:1",
	};
	struct manx_store_conf conf = { .type = MANX_STORE_ETCDV3 };
	char dead[64];
	double start;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		conf.endpoints = (char *)bad[i];
		assert_open_fails(&conf, -EINVAL, "ETCD_ENDPOINTS");
	}
	snprintf(dead, sizeof(dead), "http://127.0.0.1:%d", etcd_free_port());
	conf.endpoints = dead;
	start = fixture_ms();
	assert_open_fails(&conf, -EHOSTUNREACH, "cannot be reached");
	assert_in_range(fixture_ms() - start, 0, 6000);
}

/* A proxy that the environment names is not asked, nor is a .netrc. */
static void test_environment(void **state)
{
	(void)state;
	setenv("http_proxy", "http://127.0.0.1:1", 1);
	setenv("all_proxy", "http://127.0.0.1:1", 1);
	manx_store_close(open_cluster(&alone));
	unsetenv("http_proxy");
	unsetenv("all_proxy");
}

/* What others wrote below our prefix is not taken for a store, nor overwritten. */
static void test_foreign(void **state)
{
	struct manx_store_conf conf = etcd_conf(&alone);
	struct manx_store *store = open_cluster(&alone);

	(void)state;
	fixture_put(store, "m/format", NULL);
	assert_open_fails(&conf, -EUCLEAN, "m/format");
	etcd_ctl(&alone, "put /manx/v1/m/format '{\"format\":2}'");
	assert_open_fails(&conf, -EPROTO, "newer manx");
	etcd_ctl(&alone, "put /manx/v1/m/format '{\"format\":1}'");
	/* what manx cannot have written is an error, not a value */
	etcd_ctl(&alone, "put '/manx/v1/k/a b' x");
	assert_int_equal(manx_store_list(store, "k/", &(struct manx_kvs){ 0 }, NULL), -EUCLEAN);
	etcd_ctl(&alone, "del '/manx/v1/k/a b'");
	/* what lies beside it is not seen */
	etcd_ctl(&alone, "put /manx/v10/x x");
	etcd_ctl(&alone, "put /manx/v1 x");
	assert_int_equal(fixture_count(store, ""), 2);
	manx_store_close(store);
}

static void test_limits(void **state)
{
	struct manx_store *store = open_cluster(&alone);
	struct manx_txn *txn = manx_txn_new();
	struct manx_error err = { 0 };
	char key[16], *large = calloc(1, 3 << 20);

	(void)state;
	assert_non_null(large);
	for (int i = 0; i < 129; i++) {
		snprintf(key, sizeof(key), "n/%d", i);
		manx_txn_put(txn, key, "{}");
		if (i == 127)
			assert_int_equal(manx_store_commit(store, txn, NULL, &err), 0);
	}
	assert_int_equal(manx_store_commit(store, txn, NULL, &err), -E2BIG);
	assert_non_null(strstr(err.text, "128 operations"));
	manx_txn_free(txn);

	memset(large, 'x', 1 << 20);
	assert_int_equal(put(store, "large", large, &err), 0);
	assert_non_null(fixture_value(store, "large"));
	memset(large, 'x', (2 << 20) - 100000);
	assert_int_equal(put(store, "larger", large, &err), -E2BIG);
	memset(large, 'x', (3 << 20) - 1);
	assert_int_equal(put(store, "larger", large, &err), -E2BIG);
	free(large);
	manx_store_close(store);
}

static void put_hundred(struct manx_store *store, int first)
{
	struct manx_txn *txn = manx_txn_new();
	struct manx_error err = { 0 };
	char key[16];

	for (int i = first; i < first + 100; i++) {
		snprintf(key, sizeof(key), "many/%d", i);
		manx_txn_put(txn, key, "{\"short\":true}");
	}
	if (manx_store_commit(store, txn, NULL, &err))
		fail_msg("%s", err.text);
	manx_txn_free(txn);
}

static void assert_comes_back(struct manx_store *store, size_t length)
{
	struct manx_error err = { 0 };
	struct manx_kv kv;
	char *value = malloc(length + 1);

	assert_non_null(value);
	memset(value, 'x', length);
	value[length] = '\0';
	fixture_put(store, "long", value);
	if (manx_store_get(store, "long", &kv, &err))
		fail_msg("%s", err.text);
	assert_string_equal(kv.value, value);
	manx_kv_clear(&kv);
	free(value);
}

/* However long an answer is, nothing of it waits in libcurl until the time is over. */
static void test_lengths(void **state)
{
	static const size_t length[] = {
		1, 15000, 16384, 17000, 18400, 32768, 33000, 40000, 50000, 66000, 100000, 700000,
	};
	struct manx_store *store = open_cluster(&alone);
	double start;

	(void)state;
	manx_store_etcd(store)->times.try = manx_store_etcd(store)->times.total = 20000;
	start = fixture_ms();
	for (size_t i = 0; i < ARRAY_SIZE(length); i++)
		assert_comes_back(store, length[i]);
	for (int i = 0; i < 2000; i += 100)
		put_hundred(store, i);
	for (int i = 0; i < 5; i++)
		assert_int_equal(fixture_count(store, "many/"), 2000);
	assert_in_range(fixture_ms() - start, 0, 15000);
	manx_store_close(store);
}

/* Long before what is kept, and of another history. */
static void test_compaction(void **state)
{
	struct manx_store *store = open_cluster(&alone);
	int64_t first = fixture_put(store, "c", "1"), last = first;
	struct manx_watch *old = watch_from(store, first), *running = watch_from(store, first);
	char command[64];

	(void)state;
	assert_int_equal(manx_watch_next(running, &(struct manx_kv){ 0 }, NULL), 0);
	for (int i = 0; i < 10; i++)
		last = fixture_put(store, "c", "{}");
	for (int i = 0; i < 10; i++)
		assert_event(running, "c", 10000);
	snprintf(command, sizeof(command), "compaction %lld", (long long)last);
	etcd_ctl(&alone, command);
	assert_watch_fails(old, -ESTALE, "compacted");
	fixture_put(store, "d", "{}");
	assert_event(running, "d", 10000);
	manx_watch_close(old);
	manx_watch_close(running);
	manx_store_close(store);
}

/* A member that is gone for a while costs the watch nothing. */
static void test_restart(void **state)
{
	struct manx_store *store = open_cluster(&alone);
	struct manx_watch *watch = watch_from(store, fixture_put(store, "r", "1"));
	struct manx_txn *txn = manx_txn_new();

	(void)state;
	fixture_put(store, "r", "2");
	assert_event(watch, "r", 10000);
	etcd_member_kill(&alone, 0);
	fixture_sleep(100);
	assert_int_equal(manx_watch_next(watch, &(struct manx_kv){ 0 }, NULL), 0);
	etcd_member_start(&alone, 0);
	manx_txn_guard_absent(txn, "s");
	manx_txn_put(txn, "s", "1");
	while (manx_store_commit(store, txn, NULL, NULL))
		;
	manx_txn_free(txn);
	assert_event(watch, "s", 10000);
	fixture_put(store, "r", "3");
	assert_event(watch, "r", 10000);
	manx_watch_close(watch);
	manx_store_close(store);
}

/* A stream that is open and silent, as behind a firewall that forgot it, is left. */
static void test_silence(void **state)
{
	struct relay relay;
	struct manx_store_conf conf = { .type = MANX_STORE_ETCDV3 };
	struct manx_store *store, *direct = open_cluster(&alone);
	struct manx_watch *watch;
	char endpoints[200];

	(void)state;
	relay_start(&relay, alone.member[0].client);
	snprintf(endpoints, sizeof(endpoints), "http://127.0.0.1:%d,%s", relay.port, alone.endpoints);
	conf.endpoints = endpoints;
	store = open_with(&conf);
	manx_store_etcd(store)->times.progress = 150;
	manx_store_etcd(store)->times.silence = 600;
	watch = watch_from(store, fixture_put(store, "silent", "1"));
	fixture_put(direct, "silent", "2");
	assert_event(watch, "silent", 10000);
	/* nothing happens for longer than that, but signs of life come */
	assert_int_equal(next_event(watch, &(struct manx_kv){ 0 }, 1500, NULL), 0);
	assert_int_equal(relay_connections(&relay), 2);
	relay_swallow(&relay);
	fixture_put(direct, "silent", "3");
	assert_event(watch, "silent", 10000);
	manx_watch_close(watch);
	manx_store_close(store);
	manx_store_close(direct);
	relay_stop(&relay);
}

/*
 * The answer is lost after etcd did it: the same transaction goes to another member,
 * whose guards fail; what stands there tells that it was done.
 */
static void test_lost_answer(void **state)
{
	struct manx_store_conf conf = { .type = MANX_STORE_ETCDV3 };
	struct manx_store *store, *direct = open_cluster(&alone);
	struct manx_txn *txn = manx_txn_new();
	struct manx_error err = { 0 };
	struct relay relay;
	char endpoints[200];
	int64_t before, rev = 0;
	double start;

	(void)state;
	before = fixture_put(direct, "lost/old", "{}");
	relay_start(&relay, alone.member[0].client);
	snprintf(endpoints, sizeof(endpoints), "http://127.0.0.1:%d,%s", relay.port, alone.endpoints);
	conf.endpoints = endpoints;
	store = open_with(&conf);
	relay_swallow(&relay);
	manx_txn_guard_absent(txn, "lost/new");
	manx_txn_guard_rev(txn, "lost/old", before);
	manx_txn_put(txn, "lost/new", "{\"uid\":1}");
	manx_txn_del(txn, "lost/old");
	start = fixture_ms();
	if (manx_store_commit(store, txn, &rev, &err))
		fail_msg("%s", err.text);
	assert_in_range(fixture_ms() - start, 1900, 3000);
	assert_int_equal(rev, before + 1);
	assert_null(fixture_value(direct, "lost/old"));
	/* it is not done a second time */
	assert_int_equal(manx_store_commit(store, txn, &rev, &err), -EAGAIN);
	manx_txn_free(txn);
	manx_store_close(store);
	manx_store_close(direct);
	relay_stop(&relay);
}

/* The same, but another one has changed it since: that was not us. */
static void test_lost_answer_overtaken(void **state)
{
	struct manx_store_conf conf = { .type = MANX_STORE_ETCDV3 };
	struct manx_store *store, *direct = open_cluster(&alone);
	struct manx_txn *txn = manx_txn_new();
	struct manx_error err = { 0 };
	struct relay relay;
	char endpoints[200];

	(void)state;
	relay_start(&relay, alone.member[0].client);
	snprintf(endpoints, sizeof(endpoints), "http://127.0.0.1:%d,%s", relay.port, alone.endpoints);
	conf.endpoints = endpoints;
	store = open_with(&conf);
	manx_store_etcd(store)->times.try = 300;
	relay_stop_requests(&relay);
	fixture_put(direct, "over/1", "{\"uid\":2}");
	manx_txn_guard_absent(txn, "over/1");
	manx_txn_put(txn, "over/1", "{\"uid\":1}");
	manx_txn_put(txn, "over/2", "{\"uid\":1}");
	assert_int_equal(manx_store_commit(store, txn, NULL, &err), -EAGAIN);
	assert_non_null(strstr(err.text, "over/1 exists"));
	assert_null(fixture_value(direct, "over/2"));
	manx_txn_free(txn);
	manx_store_close(store);
	manx_store_close(direct);
	relay_stop(&relay);
}

/* Nobody answers any more: that it is unknown is said, after a bounded time. */
static void test_unknown_outcome(void **state)
{
	struct manx_store_conf conf = { .type = MANX_STORE_ETCDV3 };
	struct manx_error err = { 0 };
	struct manx_store *store;
	struct relay relay;
	char endpoints[64];
	double start;

	(void)state;
	relay_start(&relay, alone.member[0].client);
	snprintf(endpoints, sizeof(endpoints), "http://127.0.0.1:%d", relay.port);
	conf.endpoints = endpoints;
	store = open_with(&conf);
	manx_store_etcd(store)->times.try = 300;
	manx_store_etcd(store)->times.total = 1000;
	relay_stop_requests(&relay);
	start = fixture_ms();
	assert_int_equal(put(store, "k", "{}", &err), -ETIMEDOUT);
	assert_non_null(strstr(err.text, "outcome unknown"));
	assert_in_range(fixture_ms() - start, 900, 3000);
	manx_store_close(store);
	relay_stop(&relay);
}

/* Restored from an older backup, or another cluster: what was read means nothing now. */
static void test_other_cluster(void **state)
{
	struct etcd etcd = { 0 };
	struct manx_store *store;
	struct manx_watch *watch;
	int64_t rev;

	(void)state;
	etcd_start(&etcd, 1);
	store = open_cluster(&etcd);
	for (int i = 0; i < 50; i++)
		rev = fixture_put(store, "k", "{}");
	watch = watch_from(store, rev);
	fixture_put(store, "k", "{}");
	assert_event(watch, "k", 10000);
	etcd_member_kill(&etcd, 0);
	etcd_member_wipe(&etcd, 0);
	etcd_member_start(&etcd, 0);
	assert_watch_fails(watch, -ESTALE, "went back");
	manx_watch_close(watch);
	manx_store_close(store);

	store = open_cluster(&etcd);
	rev = fixture_put(store, "k", "{}");
	watch = watch_from(store, rev);
	fixture_put(store, "k", "{}");
	assert_event(watch, "k", 10000);
	etcd_member_kill(&etcd, 0);
	etcd_member_wipe(&etcd, 0);
	snprintf(etcd.token, sizeof(etcd.token), "second");
	etcd_member_start(&etcd, 0);
	assert_watch_fails(watch, -ESTALE, "another cluster");
	manx_watch_close(watch);
	/* and who writes is told, for nothing that it read is there */
	assert_int_equal(put(store, "k", "{}", NULL), -EUCLEAN);
	manx_store_close(open_cluster(&etcd));
	assert_int_equal(put(store, "k", "{}", NULL), -EAGAIN);
	assert_int_equal(put(store, "k", "{}", NULL), 0);
	manx_store_close(store);
	etcd_stop(&etcd);
}

/* The database is full: nothing more goes in, what is there can be released. */
static void test_no_space(void **state)
{
	struct etcd etcd = { .quota = 4 << 20 };
	struct manx_error err = { 0 };
	struct manx_store *store;
	static char value[100000];
	char key[16];
	int n = 0;

	(void)state;
	etcd_start(&etcd, 1);
	store = open_cluster(&etcd);
	memset(value, 'v', sizeof(value) - 1);
	do
		snprintf(key, sizeof(key), "k/%03d", n);
	while (!put(store, key, value, &err) && ++n < 500);
	assert_int_equal(err.code, -ENOSPC);
	assert_non_null(strstr(err.text, "can still be released"));
	assert_in_range(n, 10, 100);
	assert_int_equal(put(store, "small", "{}", &err), -ENOSPC);
	for (int i = 0; i < n; i++) {
		snprintf(key, sizeof(key), "k/%03d", i);
		if (put(store, key, NULL, &err))
			fail_msg("%s", err.text);
	}
	assert_int_equal(fixture_count(store, "k/"), 0);
	manx_store_close(store);
	etcd_stop(&etcd);
}

static void add_users(const struct etcd *etcd)
{
	etcd_ctl(etcd, "user add root:rootpw");
	etcd_ctl(etcd, "user grant-role root root");
	etcd_ctl(etcd, "user add node:s3cret");
	etcd_ctl(etcd, "role add reader");
	etcd_ctl(etcd, "role grant-permission reader read --prefix=true /manx/v1/");
	etcd_ctl(etcd, "user grant-role node reader");
	etcd_ctl(etcd, "auth enable");
}

/* Of wrong ones, and of one who may only read. */
static void assert_others_refused(struct etcd *etcd)
{
	struct manx_store_conf conf = etcd_conf(etcd);
	struct manx_error err = { 0 };
	struct manx_store *store;

	conf.username = "root";
	conf.password = "wrong";
	assert_open_fails(&conf, -EACCES, "ETCD_PASSWORD");
	conf.username = "nobody";
	assert_open_fails(&conf, -EACCES, "ETCD_PASSWORD");
	conf.username = NULL;
	assert_open_fails(&conf, -EACCES, "ETCD_USERNAME");
	conf.username = "node";
	conf.password = "s3cret";
	store = open_with(&conf);
	assert_string_equal(fixture_value(store, "k"), "4");
	assert_int_equal(put(store, "k", "5", &err), -EACCES);
	assert_non_null(strstr(err.text, "manxctl datastore roles"));
	assert_null(strstr(err.text, "s3cret"));
	manx_store_close(store);
}

static void test_password(void **state)
{
	struct etcd etcd = { 0 };
	struct manx_store_conf conf;
	struct manx_store *store;
	struct manx_watch *watch;

	(void)state;
	etcd_start(&etcd, 1);
	/* a user that etcd does not need is no error */
	conf = etcd_conf(&etcd);
	conf.username = "root";
	conf.password = "rootpw";
	store = open_with(&conf);
	add_users(&etcd);
	/* which may change */
	fixture_put(store, "k", "0");
	manx_store_close(store);

	store = open_with(&conf);
	watch = watch_from(store, fixture_put(store, "k", "1"));
	fixture_put(store, "k", "2");
	assert_event(watch, "k", 10000);
	/* a token that etcd does not know any more is got anew, by both */
	strcpy(manx_store_etcd(store)->token, "no.1");
	fixture_put(store, "k", "3");
	assert_event(watch, "k", 10000);
	manx_watch_close(watch);
	strcpy(manx_store_etcd(store)->token, "no.1");
	watch = watch_from(store, fixture_put(store, "k", "4") - 1);
	strcpy(manx_store_etcd(store)->token, "no.1");
	assert_event(watch, "k", 10000);
	manx_watch_close(watch);
	manx_store_close(store);

	assert_others_refused(&etcd);
	etcd_stop(&etcd);
}

/* Theirs that we do not trust, ours that they do not get. */
static void assert_certificates_refused(struct etcd *etcd)
{
	struct manx_store_conf conf = etcd_conf(etcd);
	double start = fixture_ms();
	char other[96];

	conf.ca_file = conf.cert_file;
	assert_open_fails(&conf, -EHOSTUNREACH, "certificate");
	conf.ca_file = NULL;	/* what the system trusts */
	assert_open_fails(&conf, -EHOSTUNREACH, "certificate");
	conf = etcd_conf(etcd);
	conf.cert_file = conf.key_file = NULL;
	assert_open_fails(&conf, -EHOSTUNREACH, "certificate");
	/* the certificate is for 127.0.0.1 */
	conf = etcd_conf(etcd);
	snprintf(other, sizeof(other), "https://localhost:%d", etcd->member[0].client);
	conf.endpoints = other;
	assert_open_fails(&conf, -EHOSTUNREACH, "localhost");
	/* trying again cannot help, so it is not tried again */
	assert_in_range(fixture_ms() - start, 0, 4000);
}

/* The certificate's name is the user. */
static void test_certificate(void **state)
{
	struct etcd etcd = { .is_tls = true };
	struct manx_store_conf conf;
	struct manx_store *store;
	struct manx_watch *watch;

	(void)state;
	etcd_start(&etcd, 1);
	add_users(&etcd);
	conf = etcd_conf(&etcd);
	store = open_with(&conf);
	watch = watch_from(store, fixture_put(store, "k", "1"));
	for (int i = 0; i < 20; i++) {
		fixture_put(store, "k", "2");
		assert_event(watch, "k", 10000);
	}
	manx_watch_close(watch);
	manx_store_close(store);
	/* both: the password's user goes before the certificate's */
	conf.username = "node";
	conf.password = "s3cret";
	store = open_with(&conf);
	assert_int_equal(put(store, "k", "3", NULL), -EACCES);
	manx_store_close(store);
	assert_certificates_refused(&etcd);
	etcd_stop(&etcd);
}

/* Thousands of watchers go through etcd's own proxy. */
static void test_proxy(void **state)
{
	struct manx_store_conf conf = { .type = MANX_STORE_ETCDV3 };
	char listen[32], endpoint[64], log[96];
	char *argv[] = { "etcd", "grpc-proxy", "start", "--endpoints", NULL, "--listen-addr",
			 listen, NULL };
	struct manx_store *store = NULL;
	struct manx_watch *watch;
	double start = fixture_ms();
	pid_t pid;

	(void)state;
	snprintf(listen, sizeof(listen), "127.0.0.1:%d", etcd_free_port());
	snprintf(endpoint, sizeof(endpoint), "http://%s", listen);
	snprintf(log, sizeof(log), "%s/proxy.log", alone.dir);
	argv[4] = strstr(alone.endpoints, "127");
	pid = etcd_run(argv, log);
	conf.endpoints = endpoint;
	while (manx_store_open(&store, &conf, NULL))
		assert_true(fixture_ms() - start < 20000);
	manx_store_etcd(store)->times.progress = 150;
	manx_store_etcd(store)->times.silence = 600;
	watch = watch_from(store, fixture_put(store, "p", "1"));
	fixture_put(store, "p", "2");
	assert_event(watch, "p", 10000);
	assert_int_equal(next_event(watch, &(struct manx_kv){ 0 }, 1500, NULL), 0);
	fixture_put(store, "p", "3");
	assert_event(watch, "p", 10000);
	manx_watch_close(watch);
	manx_store_close(store);
	etcd_kill(pid);
}

/* Two machines of one name: the second is refused; who starts again is not. */
static void test_presence(void **state)
{
	struct manx_store *store = open_cluster(&alone), *other = open_cluster(&alone);
	struct manx_presence first, second, again;
	struct manx_error err = { 0 };

	(void)state;
	assert_int_equal(manx_presence_open(&first, store, "node1", "boot-1", &err), 0);
	assert_non_null(strstr(fixture_value(other, "n/node1"), "\"bootId\":\"boot-1\""));
	assert_int_equal(manx_presence_open(&second, other, "node1", "boot-2", &err), -EEXIST);
	assert_non_null(strstr(err.text, "MANX_NODENAME"));
	manx_presence_close(&second);
	assert_non_null(fixture_value(other, "n/node1"));
	assert_int_equal(manx_presence_open(&again, other, "node1", "boot-1", &err), 0);
	assert_int_equal(manx_presence_keep(&first, &err), 0);
	/* the first one's lease is no longer that of the key */
	manx_presence_close(&first);
	assert_non_null(fixture_value(other, "n/node1"));

	/* who was away for too long comes back, if nobody else came */
	assert_int_equal(manx_etcd_lease_revoke(manx_store_etcd(other), again.lease, &err), 0);
	assert_null(fixture_value(other, "n/node1"));
	assert_int_equal(manx_presence_keep(&again, &err), 0);
	assert_non_null(fixture_value(other, "n/node1"));
	assert_int_equal(manx_etcd_lease_revoke(manx_store_etcd(other), again.lease, &err), 0);
	assert_int_equal(manx_presence_open(&second, store, "node1", "boot-2", &err), 0);
	assert_int_equal(manx_presence_keep(&again, &err), -EEXIST);
	manx_presence_close(&again);
	manx_presence_close(&second);
	assert_null(fixture_value(other, "n/node1"));
	manx_store_close(store);
	manx_store_close(other);
}

static void assert_reaches(struct manx_store *store, int64_t rev, bool reaches)
{
	struct manx_watch *watch = watch_from(store, rev);

	if (reaches)
		assert_event(watch, "w", 10000);
	else
		assert_watch_fails(watch, -ESTALE, "compacted");
	manx_watch_close(watch);
}

/* One of several compacts, to where things stood two rounds ago. */
static void test_compactor(void **state)
{
	struct manx_store *store = open_cluster(&alone), *other = open_cluster(&alone);
	struct manx_compactor mine = { .store = store, .node = "node1" };
	struct manx_compactor theirs = { .store = other, .node = "node2" };
	struct manx_error err = { 0 };
	int64_t rev[4];

	(void)state;
	for (int i = 0; i < 4; i++) {
		rev[i] = fixture_put(store, "w", "{}");
		fixture_put(store, "w", "{}");
		if (manx_compact(&mine, &err) || manx_compact(&theirs, &err))
			fail_msg("%s", err.text);
		assert_int_not_equal(mine.lease, 0);
		assert_int_equal(theirs.lease, 0);
		assert_reaches(store, rev[i], true);
	}
	/* rounds 0 and 1 are gone, 2 and 3 are not */
	assert_int_not_equal(mine.compacted, 0);
	assert_int_equal(theirs.compacted, 0);
	assert_reaches(store, rev[1] - 1, false);
	assert_reaches(store, rev[2], true);
	/* who stops leaves it to another one, who has looked on so far */
	manx_compact_stop(&mine);
	assert_int_equal(manx_compact(&theirs, &err), 0);
	assert_int_not_equal(theirs.lease, 0);
	assert_int_not_equal(theirs.compacted, 0);
	assert_reaches(store, rev[2] - 1, false);
	manx_compact_stop(&theirs);
	manx_store_close(store);
	manx_store_close(other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_settings),
		cmocka_unit_test(test_environment),
		cmocka_unit_test(test_foreign),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_compaction),
		cmocka_unit_test(test_restart),
		cmocka_unit_test(test_presence),
		cmocka_unit_test(test_compactor),
		cmocka_unit_test(test_silence),
		cmocka_unit_test(test_lost_answer),
		cmocka_unit_test(test_lost_answer_overtaken),
		cmocka_unit_test(test_unknown_outcome),
		cmocka_unit_test(test_proxy),
		cmocka_unit_test(test_other_cluster),
		cmocka_unit_test(test_no_space),
		cmocka_unit_test(test_password),
		cmocka_unit_test(test_certificate),
	};

	return cmocka_run_group_tests(tests, start_alone, stop_alone);
}
