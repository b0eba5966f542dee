// SPDX-License-Identifier: GPL-2.0-only
/*
 * The datastore as store.h promises it, held against every engine: SQLite, and a
 * real etcd on the loopback.
 */
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "etcd_fixture.h"
#include "store_fixture.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* What the stores of this round are; NULL: a database. */
static const struct manx_store_conf *engine;

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	if (!f)
		return -1;
	fixture_make(f, fixture_memory());
	f->conf = engine;
	fixture_open(f);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	fixture_wipe(f);
	fixture_remove(f);
	free(f);
	return 0;
}

/* Another connection to the same store. */
static void fixture_other(const struct fixture *f, struct manx_store **other)
{
	struct fixture copy = *f;

	fixture_open(&copy);
	*other = copy.store;
}

static void test_identity(void **state)
{
	struct fixture *f = *state;
	struct manx_store *other;
	char guid[64];

	assert_string_equal(fixture_value(f->store, "m/format"), "{\"format\":1}");
	snprintf(guid, sizeof(guid), "%s", fixture_value(f->store, "m/guid"));
	assert_int_equal(strlen(guid), strlen("{\"guid\":\"\"}") + 32);
	fixture_other(f, &other);
	assert_string_equal(fixture_value(other, "m/guid"), guid);
	manx_store_close(other);
}

static void test_read(void **state)
{
	static const char *const keys[] = {
		"e/node1/a", "e/node1/b", "e/node10/a", "e/node2/a", "e0", "f",
	};
	struct fixture *f = *state;
	struct manx_kvs kvs;
	struct manx_kv kv;
	int64_t first = 0, rev = 0;

	for (size_t i = ARRAY_SIZE(keys); i-- > 0;)
		rev = fixture_put(f->store, keys[i], keys[i]);
	first = rev;
	rev = fixture_put(f->store, keys[0], "again");
	assert_int_equal(rev, first + 1);

	assert_int_equal(manx_store_get(f->store, keys[0], &kv, NULL), 0);
	assert_string_equal(kv.value, "again");
	assert_int_equal(kv.create_rev, first);
	assert_int_equal(kv.mod_rev, rev);
	manx_kv_clear(&kv);
	assert_int_equal(manx_store_get(f->store, "e/node1", &kv, NULL), -ENOENT);

	assert_int_equal(manx_store_list(f->store, "e/node1/", &kvs, NULL), 0);
	assert_int_equal(kvs.n, 2);
	assert_int_equal(kvs.rev, rev);
	assert_string_equal(kvs.kv[1].key, "e/node1/b");
	manx_kvs_clear(&kvs);
	assert_int_equal(manx_store_range(f->store, "e/", "f", 0, &kvs, NULL), 0);
	assert_int_equal(kvs.n, 5);
	for (size_t i = 0; i < kvs.n; i++)
		assert_string_equal(kvs.kv[i].key, keys[i]);
	manx_kvs_clear(&kvs);
	assert_int_equal(manx_store_range(f->store, "e/node1/b", "z", 2, &kvs, NULL), 0);
	assert_int_equal(kvs.n, 2);
	assert_string_equal(kvs.kv[0].key, "e/node1/b");
	manx_kvs_clear(&kvs);
	assert_int_equal(fixture_count(f->store, ""), ARRAY_SIZE(keys) + 2);
}

static int64_t revision(struct manx_store *store)
{
	struct manx_kvs kvs;
	int64_t rev;

	assert_int_equal(manx_store_list(store, "m/", &kvs, NULL), 0);
	rev = kvs.rev;
	manx_kvs_clear(&kvs);
	return rev;
}

/* What a scan has shown so far. */
struct scanned {
	struct manx_store *other;
	size_t n, pages, total;
	int64_t rev;
	char last[32];
};

/* While it goes on, others write: keys that are still to come, and new ones. */
static int scan_page(void *ctx, const struct manx_kvs *page, size_t total, struct manx_error *err)
{
	struct scanned *s = ctx;

	(void)err;
	if (s->pages++)
		assert_int_equal(page->rev, s->rev);
	s->rev = page->rev;
	s->total = total;
	for (size_t i = 0; i < page->n; i++) {
		assert_true(strcmp(page->kv[i].key, s->last) > 0);
		assert_string_equal(page->kv[i].value, "{}");
		snprintf(s->last, sizeof(s->last), "%s", page->kv[i].key);
	}
	s->n += page->n;
	if (s->other && s->pages == 1) {
		fixture_put(s->other, "e/1199", "{\"new\":1}");
		fixture_put(s->other, "e/1198", NULL);
		fixture_put(s->other, "e/1150x", "{}");
	}
	return s->pages == 7 ? -ECANCELED : 0;
}

static void test_scan(void **state)
{
	struct fixture *f = *state;
	struct scanned s = { 0 };
	struct manx_error err = { 0 };

	assert_int_equal(manx_store_scan(f->store, "e/", "f", scan_page, &s, &err), 0);
	assert_true(s.pages == 1 && !s.n && !s.total);
	for (int i = 0; i < 1200;) {
		struct manx_txn *txn = manx_txn_new();
		char key[16];

		for (int k = 0; k < 100; k++, i++) {
			snprintf(key, sizeof(key), "e/%04d", i);
			manx_txn_put(txn, key, "{}");
		}
		assert_int_equal(manx_store_commit(f->store, txn, NULL, NULL), 0);
		manx_txn_free(txn);
	}
	s = (struct scanned){ 0 };
	fixture_other(f, &s.other);
	assert_int_equal(manx_store_scan(f->store, "e/", "f", scan_page, &s, &err), 0);
	assert_int_equal(s.n, 1200);
	assert_int_equal(s.total, 1200);
	assert_int_equal(s.pages, 3);
	assert_string_equal(s.last, "e/1199");
	assert_string_equal(fixture_value(f->store, "e/1199"), "{\"new\":1}");
	manx_store_close(s.other);
	s = (struct scanned){ .pages = 6 };
	s.rev = revision(f->store);
	assert_int_equal(manx_store_scan(f->store, "e/", "f", scan_page, &s, &err), -ECANCELED);
	/* and the store is as usable as before */
	fixture_put(f->store, "k", "{}");
}

/* Commit @txn, which puts @mark and deletes "gone"; it must (not) be let through. */
static void assert_commit(struct manx_store *store, struct manx_txn *txn, const char *mark,
			  const char *culprit)
{
	struct manx_error err = { 0 };
	int64_t before = revision(store), rev = -1;
	int ret;

	manx_txn_put(txn, mark, "{}");
	manx_txn_del(txn, "gone");
	ret = manx_store_commit(store, txn, &rev, &err);
	manx_txn_free(txn);
	if (culprit) {
		assert_int_equal(ret, -EAGAIN);
		if (!strstr(err.text, culprit))
			fail_msg("\"%s\" does not name %s", err.text, culprit);
		assert_int_equal(revision(store), before);
		assert_null(fixture_value(store, mark));
		assert_non_null(fixture_value(store, "gone"));
		return;
	}
	if (ret)
		fail_msg("%s: %s", mark, err.text);
	assert_int_equal(rev, before + 1);
	assert_non_null(fixture_value(store, mark));
	assert_null(fixture_value(store, "gone"));
	fixture_put(store, "gone", "{}");
}

static struct manx_txn *guard_absent(const char *key)
{
	struct manx_txn *txn = manx_txn_new();

	manx_txn_guard_absent(txn, key);
	return txn;
}

static struct manx_txn *guard_rev(const char *key, int64_t rev)
{
	struct manx_txn *txn = manx_txn_new();

	manx_txn_guard_rev(txn, key, rev);
	return txn;
}

static struct manx_txn *guard_empty(const char *from, const char *to)
{
	struct manx_txn *txn = manx_txn_new();

	manx_txn_guard_empty(txn, from, to);
	return txn;
}

static struct manx_txn *guard_unchanged(const char *prefix, int64_t rev)
{
	struct manx_txn *txn = manx_txn_new();

	manx_txn_guard_unchanged(txn, prefix, rev);
	return txn;
}

static void test_guards(void **state)
{
	struct manx_store *store = ((struct fixture *)*state)->store;
	struct manx_txn *txn;
	int64_t rev;

	fixture_put(store, "gone", "{}");
	rev = fixture_put(store, "b/k", "{}");
	assert_commit(store, guard_absent("b/none"), "1", NULL);
	assert_commit(store, guard_absent("b/k"), "no", "b/k");
	assert_commit(store, guard_rev("b/k", rev), "2", NULL);
	assert_commit(store, guard_rev("b/k", rev + 1), "no", "b/k");
	assert_commit(store, guard_rev("b/none", rev), "no", "b/none");
	assert_commit(store, guard_rev("b/none", 0), "no", "b/none");
	assert_commit(store, guard_empty("b/l", "b/z"), "3", NULL);
	assert_commit(store, guard_empty("b/a", "b/k"), "4", NULL);
	assert_commit(store, guard_empty("b/k", "b/l"), "no", "b/k");
	assert_commit(store, guard_empty("b/a", "b/k~"), "no", "b/a");

	/* one that holds does not excuse one that does not, in any order */
	txn = guard_absent("b/none");
	manx_txn_guard_rev(txn, "b/k", rev - 1);
	assert_commit(store, txn, "no", "b/k");
	txn = guard_rev("b/k", rev - 1);
	manx_txn_guard_absent(txn, "b/none");
	assert_commit(store, txn, "no", "b/k");

	/* created again is not the same */
	fixture_put(store, "b/k", NULL);
	assert_commit(store, guard_rev("b/k", rev), "no", "b/k");
	fixture_put(store, "b/k", "{}");
	assert_commit(store, guard_rev("b/k", rev), "no", "b/k");
}

static void test_guard_unchanged(void **state)
{
	struct manx_store *store = ((struct fixture *)*state)->store;
	int64_t rev;

	fixture_put(store, "gone", "{}");
	rev = fixture_put(store, "r/p/a", "{}");
	fixture_put(store, "r/pz", "{}");
	assert_commit(store, guard_unchanged("r/p/", rev), "1", NULL);
	assert_commit(store, guard_unchanged("r/p/", rev - 1), "no", "r/p/");
	fixture_put(store, "r/p/a", "{\"v\":2}");
	assert_commit(store, guard_unchanged("r/p/", rev), "no", "r/p/");

	rev = fixture_put(store, "r/p/b", "{}");
	assert_commit(store, guard_unchanged("r/p/", rev), "2", NULL);
	fixture_put(store, "r/p/b", NULL);
	assert_commit(store, guard_unchanged("r/p/", rev), "3", NULL);
	fixture_put(store, "r/p/b", "{}");
	assert_commit(store, guard_unchanged("r/p/", rev), "no", "r/p/");
	rev = revision(store);
	fixture_put(store, "x", "{}");
	assert_commit(store, guard_unchanged("r/p/", rev), "4", NULL);
}

/* The lock, the format and the identity of the store are guards of every write. */
static void test_standing_guards(void **state)
{
	struct fixture *f = *state;
	struct manx_store *store = f->store, *other;
	struct manx_txn *txn = manx_txn_new();
	struct manx_error err = { 0 };

	manx_txn_put(txn, "k", "{}");
	fixture_put(store, "m/lock", "{}");
	assert_int_equal(manx_store_commit(store, txn, NULL, &err), -EROFS);
	assert_non_null(strstr(err.text, "manxctl datastore unlock"));
	assert_null(fixture_value(store, "k"));
	fixture_put(store, "m/lock", NULL);
	assert_int_equal(manx_store_commit(store, txn, NULL, &err), 0);

	fixture_other(f, &other);
	fixture_put(other, "m/guid", "{\"guid\":\"another\"}");
	fixture_put(other, "k", NULL);
	assert_int_equal(manx_store_commit(store, txn, NULL, &err), -EAGAIN);
	assert_non_null(strstr(err.text, "replaced"));
	assert_null(fixture_value(store, "k"));
	assert_int_equal(manx_store_commit(store, txn, NULL, &err), 0);

	fixture_put(other, "m/format", "{\"format\":2}");
	assert_int_equal(manx_store_commit(store, txn, NULL, &err), -EPROTO);
	assert_non_null(strstr(err.text, "newer manx"));
	manx_store_close(other);
	manx_txn_free(txn);
}

static void test_revisions(void **state)
{
	struct manx_store *store = ((struct fixture *)*state)->store;
	struct manx_txn *txn = manx_txn_new();
	struct manx_kvs kvs;
	int64_t rev = 0;

	manx_txn_put(txn, "k/1", "{}");
	manx_txn_put(txn, "k/2", "{}");
	manx_txn_del(txn, "k/none");
	assert_int_equal(manx_store_commit(store, txn, &rev, NULL), 0);
	assert_int_equal(manx_store_commit(store, txn, NULL, NULL), 0);
	manx_txn_free(txn);
	assert_int_equal(manx_store_list(store, "k/", &kvs, NULL), 0);
	assert_int_equal(kvs.n, 2);
	for (size_t i = 0; i < kvs.n; i++) {
		assert_int_equal(kvs.kv[i].create_rev, rev);
		assert_int_equal(kvs.kv[i].mod_rev, rev + 1);
	}
	manx_kvs_clear(&kvs);

	/* nothing changed, no revision */
	assert_int_equal(fixture_put(store, "k/none", NULL), rev + 1);
	assert_int_equal(fixture_put(store, "k/3", "{}"), rev + 2);
}

static void assert_txn_refused(struct manx_store *store, struct manx_txn *txn, int code)
{
	struct manx_error err = { 0 };

	assert_int_equal(manx_store_commit(store, txn, NULL, &err), code);
	assert_int_not_equal(err.text[0], 0);
	assert_null(fixture_value(store, "good"));
	manx_txn_free(txn);
}

static void test_bad_transactions(void **state)
{
	static const char *const bad_key[] = { "", "a b", "a\n", "\x7f", "\xc3\xa4" };
	struct manx_store *store = ((struct fixture *)*state)->store;
	struct manx_txn *txn;
	char *longest = calloc(1, 1026);

	for (size_t i = 0; i < ARRAY_SIZE(bad_key); i++) {
		txn = manx_txn_new();
		manx_txn_put(txn, "good", "{}");
		manx_txn_put(txn, bad_key[i], "{}");
		assert_txn_refused(store, txn, -EINVAL);
	}
	assert_non_null(longest);
	memset(longest, 'k', 1024);
	fixture_put(store, longest, "{}");
	longest[1024] = 'k';
	txn = manx_txn_new();
	manx_txn_put(txn, longest, "{}");
	assert_txn_refused(store, txn, -EINVAL);
	free(longest);

	txn = manx_txn_new();
	manx_txn_put(txn, "good", "{}");
	manx_txn_put(txn, "twice", "{}");
	manx_txn_del(txn, "twice");
	assert_txn_refused(store, txn, -EINVAL);
	txn = manx_txn_new();
	manx_txn_put(txn, "good", NULL);
	assert_txn_refused(store, txn, -ENOMEM);
	/* what remains of a manx_txn_new() without memory */
	manx_txn_put(NULL, "good", "{}");
	manx_txn_guard_empty(NULL, "a", "b");
	assert_txn_refused(store, NULL, -ENOMEM);
}

static bool readable(int fd, int timeout_ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, timeout_ms) == 1;
}

static struct manx_watch *watch_from(struct manx_store *store, int64_t rev)
{
	struct manx_error err = { 0 };
	struct manx_watch *watch;

	if (manx_watch_open(store, "", "~", rev, &watch, &err))
		fail_msg("%s", err.text);
	return watch;
}

/* The next event, or the test fails. */
static void await_event(struct manx_watch *watch, struct manx_kv *kv)
{
	double start = fixture_ms();
	struct manx_error err = { 0 };
	int ret;

	while (!(ret = manx_watch_next(watch, kv, &err))) {
		if (fixture_ms() - start > 10000)
			fail_msg("no event came");
		readable(manx_watch_fd(watch), 1000);
	}
	if (ret < 0)
		fail_msg("%s", err.text);
}

/* The next event must be this one; @value NULL: a deletion. */
static void assert_event(struct manx_watch *watch, const char *key, const char *value,
			 int64_t rev)
{
	struct manx_kv kv = { 0 };

	await_event(watch, &kv);
	assert_string_equal(kv.key, key);
	assert_int_equal(kv.mod_rev, rev);
	if (value)
		assert_string_equal(kv.value, value);
	else
		assert_null(kv.value);
	manx_kv_clear(&kv);
}

/* For a while, because an event may be on its way. */
static void assert_quiet(struct manx_watch *watch)
{
	double start = fixture_ms();
	struct manx_kv kv;

	do {
		assert_int_equal(manx_watch_next(watch, &kv, NULL), 0);
		assert_null(kv.key);
		readable(manx_watch_fd(watch), 50);
	} while (fixture_ms() - start < 100);
}

static void test_watch(void **state)
{
	struct manx_store *store = ((struct fixture *)*state)->store;
	int64_t rev = fixture_put(store, "k/before", "{}");
	struct manx_watch *watch = watch_from(store, rev);
	struct manx_txn *txn = manx_txn_new();

	assert_true(readable(manx_watch_fd(watch), 100));
	assert_quiet(watch);

	manx_txn_put(txn, "k/b", "{\"v\":1}");
	manx_txn_put(txn, "k/a", "{}");
	manx_txn_del(txn, "k/before");
	manx_txn_del(txn, "k/never");
	assert_int_equal(manx_store_commit(store, txn, NULL, NULL), 0);
	manx_txn_free(txn);
	fixture_put(store, "k/b", "{\"v\":2}");
	assert_true(readable(manx_watch_fd(watch), 1000));
	assert_event(watch, "k/b", "{\"v\":1}", rev + 1);
	assert_event(watch, "k/a", "{}", rev + 1);
	assert_event(watch, "k/before", NULL, rev + 1);
	assert_event(watch, "k/b", "{\"v\":2}", rev + 2);
	assert_quiet(watch);
	manx_watch_close(watch);

	/* one that begins in the past has something to read at once */
	watch = watch_from(store, rev + 1);
	assert_event(watch, "k/b", "{\"v\":2}", rev + 2);
	assert_quiet(watch);
	manx_watch_close(watch);
}

#define MANY 300

static int write_many(void *ctx)
{
	struct fixture f = *(struct fixture *)ctx;
	char key[32], value[32];

	fixture_open(&f);
	for (int i = 0; i < MANY; i++) {
		snprintf(key, sizeof(key), "k/%d", i);
		snprintf(value, sizeof(value), "%.3f", fixture_ms());
		fixture_put(f.store, key, value);
	}
	manx_store_close(f.store);
	return 0;
}

/* Everything that another process commits arrives, once, in order, and soon. */
static void test_watch_other_process(void **state)
{
	struct fixture *f = *state;
	int64_t rev = fixture_put(f->store, "k", "{}");
	struct manx_watch *watch = watch_from(f->store, rev);
	pid_t pid = fixture_fork(write_many, f);
	double start = fixture_ms();
	double late, latest = 0, sum = 0;
	struct manx_kv kv;
	char key[32];
	int n = 0;

	while (n < MANY && fixture_ms() - start < 30000) {
		if (!readable(manx_watch_fd(watch), 1000))
			continue;
		while (manx_watch_next(watch, &kv, NULL) == 1) {
			snprintf(key, sizeof(key), "k/%d", n);
			assert_string_equal(kv.key, key);
			assert_int_equal(kv.mod_rev, rev + 1 + n);
			late = fixture_ms() - strtod(kv.value, NULL);
			latest = late > latest ? late : latest;
			sum += late;
			manx_kv_clear(&kv);
			n++;
		}
	}
	assert_int_equal(n, MANY);
	print_message("from before the commit to the event: mean %.2f ms, at most %.2f ms\n",
		      sum / n, latest);
	assert_int_equal(fixture_wait(pid), 0);
	manx_watch_close(watch);
}

/* Who writes and then looks sees what it wrote. */
static void test_watch_own(void **state)
{
	struct manx_store *store = ((struct fixture *)*state)->store;
	struct manx_watch *watch = watch_from(store, fixture_put(store, "k", "{}"));
	struct manx_error err = { 0 };
	struct manx_kv kv;

	for (int i = 0; i < 20; i++) {
		/* every fourth time there is nothing to delete */
		fixture_put(store, "k", i % 4 < 2 ? "{}" : NULL);
		if (i % 4 == 3) {
			assert_int_equal(manx_watch_next(watch, &kv, &err), 0);
			continue;
		}
		assert_int_equal(manx_watch_next(watch, &kv, &err), 1);
		assert_string_equal(kv.key, "k");
		manx_kv_clear(&kv);
		assert_int_equal(manx_watch_next(watch, &kv, &err), 0);
	}
	manx_watch_close(watch);
}

/* Only what lies in the range arrives. */
static void test_watch_range(void **state)
{
	struct manx_store *store = ((struct fixture *)*state)->store;
	int64_t rev = fixture_put(store, "k", "{}");
	struct manx_watch *watch;
	struct manx_error err = { 0 };

	if (manx_watch_open(store, "b/", "e", rev, &watch, &err))
		fail_msg("%s", err.text);
	fixture_put(store, "a/1", "{}");
	fixture_put(store, "b/1", "{}");
	fixture_put(store, "b", "{}");
	fixture_put(store, "e", "{}");
	fixture_put(store, "d/z", "{}");
	fixture_put(store, "d/z", NULL);
	assert_event(watch, "b/1", "{}", rev + 2);
	assert_event(watch, "d/z", "{}", rev + 5);
	assert_event(watch, "d/z", NULL, rev + 6);
	assert_quiet(watch);
	manx_watch_close(watch);
}

#define KEYS 1203

/* More keys than one page holds; and they are of one moment, whatever happens meanwhile. */
static int keep_writing(void *ctx)
{
	struct fixture f = *(struct fixture *)ctx;
	char value[32];

	fixture_open(&f);
	for (int i = 0; fixture_value(f.store, "stop") == NULL; i++) {
		struct manx_txn *txn = manx_txn_new();

		snprintf(value, sizeof(value), "{\"i\":%d}", i);
		manx_txn_put(txn, "k/0000", value);
		manx_txn_put(txn, "k/1202", value);
		if (manx_store_commit(f.store, txn, NULL, NULL))
			return 1;
		manx_txn_free(txn);
	}
	manx_store_close(f.store);
	return 0;
}

static void put_many(struct manx_store *store)
{
	char key[16];

	for (int i = 0; i < KEYS;) {
		struct manx_txn *txn = manx_txn_new();

		for (int n = 0; n < 100 && i < KEYS; n++, i++) {
			snprintf(key, sizeof(key), "k/%04d", i);
			manx_txn_put(txn, key, "{}");
		}
		assert_int_equal(manx_store_commit(store, txn, NULL, NULL), 0);
		manx_txn_free(txn);
	}
}

static void test_many_keys(void **state)
{
	struct fixture *f = *state;
	struct manx_kvs kvs;
	pid_t pid;

	put_many(f->store);
	assert_int_equal(manx_store_range(f->store, "k/", "k0", 501, &kvs, NULL), 0);
	assert_int_equal(kvs.n, 501);
	assert_string_equal(kvs.kv[500].key, "k/0500");
	manx_kvs_clear(&kvs);
	pid = fixture_fork(keep_writing, f);
	for (int round = 0; round < 20; round++) {
		assert_int_equal(manx_store_list(f->store, "k/", &kvs, NULL), 0);
		assert_int_equal(kvs.n, KEYS);
		assert_string_equal(kvs.kv[0].value, kvs.kv[KEYS - 1].value);
		assert_true(kvs.rev >= kvs.kv[0].mod_rev);
		for (size_t i = 1; i < kvs.n; i++)
			assert_true(strcmp(kvs.kv[i - 1].key, kvs.kv[i].key) < 0);
		manx_kvs_clear(&kvs);
	}
	fixture_put(f->store, "stop", "{}");
	assert_int_equal(fixture_wait(pid), 0);
}

#define WRITERS 4
#define TURNS 25

/* Each adds to one number as often as it must, under a guard. */
static int count_up(void *ctx)
{
	struct fixture f = *(struct fixture *)ctx;
	int done = 0;

	fixture_open(&f);
	while (done < TURNS) {
		struct manx_txn *txn = manx_txn_new();
		struct manx_kv kv;
		char value[32];
		int ret;

		if (manx_store_get(f.store, "number", &kv, NULL))
			return 1;
		snprintf(value, sizeof(value), "%d", atoi(kv.value) + 1);
		manx_txn_guard_rev(txn, "number", kv.mod_rev);
		manx_txn_put(txn, "number", value);
		ret = manx_store_commit(f.store, txn, NULL, NULL);
		done += ret == 0;
		manx_txn_free(txn);
		manx_kv_clear(&kv);
		if (ret && ret != -EAGAIN)
			return 1;
	}
	manx_store_close(f.store);
	return 0;
}

/* Nothing is lost and nothing happens twice when all want the same key. */
static void test_contention(void **state)
{
	struct fixture *f = *state;
	pid_t pid[WRITERS];
	char all[16];

	fixture_put(f->store, "number", "0");
	for (int i = 0; i < WRITERS; i++)
		pid[i] = fixture_fork(count_up, f);
	for (int i = 0; i < WRITERS; i++)
		assert_int_equal(fixture_wait(pid[i]), 0);
	snprintf(all, sizeof(all), "%d", WRITERS * TURNS);
	assert_string_equal(fixture_value(f->store, "number"), all);
}

static void assert_stale(struct manx_store *store, int64_t rev)
{
	struct manx_watch *watch = watch_from(store, rev);
	struct manx_error err = { 0 };
	double start = fixture_ms();
	struct manx_kv kv;
	int ret;

	while (!(ret = manx_watch_next(watch, &kv, &err)) && fixture_ms() - start < 10000)
		readable(manx_watch_fd(watch), 1000);
	assert_int_equal(ret, -ESTALE);
	/* and it stays so */
	assert_int_equal(manx_watch_next(watch, &kv, &err), -ESTALE);
	assert_int_not_equal(err.text[0], 0);
	manx_watch_close(watch);
}

/* What was read of a store with a later revision was read of another one. */
static void test_watch_of_future(void **state)
{
	struct manx_store *store = ((struct fixture *)*state)->store;

	assert_stale(store, fixture_put(store, "k", "{}") + 1000);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_identity),
		TEST(test_read),
		TEST(test_scan),
		TEST(test_guards),
		TEST(test_guard_unchanged),
		TEST(test_standing_guards),
		TEST(test_revisions),
		TEST(test_bad_transactions),
		TEST(test_watch),
		TEST(test_watch_other_process),
		TEST(test_watch_own),
		TEST(test_watch_range),
		TEST(test_watch_of_future),
		TEST(test_many_keys),
		TEST(test_contention),
	};
	struct etcd etcd = { 0 };
	struct manx_store_conf conf;
	int failed = cmocka_run_group_tests_name("sqlite", tests, NULL, NULL);

	etcd_start(&etcd, 1);
	conf = etcd_conf(&etcd);
	engine = &conf;
	failed += cmocka_run_group_tests_name("etcd", tests, NULL, NULL);
	etcd_stop(&etcd);
	return failed;
}
