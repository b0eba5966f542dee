// SPDX-License-Identifier: GPL-2.0-only
/*
 * Export and import of a datastore, and its lock, with every engine on either side.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "datastore.h"
#include "etcd_fixture.h"
#include "store_fixture.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* Besides these there are many small ones: several pages, several transactions. */
static const struct {
	const char *key, *value;
} odd[] = {
	{ "a/4/0a000001", "{\"handle\":\"k8s-pod-network.1\"}" },
	{ "h/with\"quote\\and'more", "{\"n\":9007199254740993,\"m\":18446744073709551615}" },
	{ "i/node/4/0a000000-26", "{}" },
	{ "l/4/0a000000-26", "{ \"spaced\" : [ 1.50, 1e3 ] }" },
	{ "m/gone/node7", "{}" },
	{ "r/tiers/a", "{\n\t\"lines\": true\n}" },
	{ "r/tiers/b", "not JSON, \"text\" \\ \t end" },
	{ "r/tiers/c", "" },
	{ "r/tiers/d", "[1,2]" },
	{ "r/tiers/e", "{\"u\":\"\xc3\xa4\\u00e4\\n\"}" },
	{ "x/4/0a000040", "{\"node\":\"n\"}" },
};

#define MANY 600

static struct etcd etcd;

/* The engines of this round. */
static bool from_etcd, to_etcd;

static struct manx_store_conf conf;

struct pair {
	struct fixture from, to;
	FILE *file;
};

static void make(struct fixture *f, bool in_etcd)
{
	fixture_make(f, fixture_memory());
	if (in_etcd)
		f->conf = &conf;
	fixture_open(f);
}

static void fill(struct manx_store *store)
{
	char key[64], value[64];

	for (int i = 0; i < MANY;) {
		struct manx_txn *txn = manx_txn_new();

		for (int k = 0; k < 100; k++, i++) {
			snprintf(key, sizeof(key), "e/node/default/pod-%d", i);
			snprintf(value, sizeof(value), "{\"n\":%d}", i);
			manx_txn_put(txn, key, value);
		}
		assert_int_equal(manx_store_commit(store, txn, NULL, NULL), 0);
		manx_txn_free(txn);
	}
	for (size_t i = 0; i < ARRAY_SIZE(odd); i++)
		fixture_put(store, odd[i].key, odd[i].value);
	/* these are not exported */
	fixture_put(store, "n/node", "{\"bootId\":\"1\"}");
	fixture_put(store, "m/compactor", "{}");
}

static int set_up(void **state)
{
	struct pair *p = calloc(1, sizeof(*p));

	make(&p->from, from_etcd);
	fill(p->from.store);
	p->file = tmpfile();
	*state = p;
	return 0;
}

/* Nothing of it is left in etcd. */
static void clear(struct fixture *f)
{
	if (!f->store)
		return;
	if (f->conf) {
		struct manx_txn *txn = manx_txn_new();

		manx_txn_del(txn, "m/lock");
		manx_txn_del(txn, "m/compactor");
		manx_txn_del(txn, "m/gone/node7");
		assert_int_equal(manx_store_commit(f->store, txn, NULL, NULL), 0);
		manx_txn_free(txn);
		fixture_wipe(f);
	}
	fixture_remove(f);
	f->store = NULL;
}

static int tear_down(void **state)
{
	struct pair *p = *state;

	clear(&p->from);
	clear(&p->to);
	fclose(p->file);
	free(p);
	return 0;
}

/* Everything of @p->from into its file, whose size it is; then @p->to is there, empty. */
static long export(struct pair *p, manx_progress_fn progress)
{
	struct manx_error err = { 0 };
	long size;
	size_t n;

	if (manx_datastore_export(p->from.store, p->file, progress, &n, &err))
		fail_msg("%s", err.text);
	assert_int_equal(n, MANY + ARRAY_SIZE(odd));
	size = ftell(p->file);
	rewind(p->file);
	return size;
}

static void make_to(struct pair *p)
{
	make(&p->to, to_etcd);
}

static int import(struct pair *p, manx_progress_fn progress, struct manx_error *err)
{
	size_t n;

	rewind(p->file);
	return manx_datastore_import(p->to.store, p->file, progress, &n, err);
}

static void must_import(struct pair *p)
{
	struct manx_error err = { 0 };

	if (import(p, NULL, &err))
		fail_msg("%s", err.text);
}

/* The store holds what fill() puts. */
static void assert_filled(struct manx_store *store)
{
	for (size_t i = 0; i < ARRAY_SIZE(odd); i++)
		assert_string_equal(fixture_value(store, odd[i].key), odd[i].value);
	assert_int_equal(fixture_count(store, "e/"), MANY);
	for (int i = 0; i < MANY; i += 99) {
		char key[64], value[64];

		snprintf(key, sizeof(key), "e/node/default/pod-%d", i);
		snprintf(value, sizeof(value), "{\"n\":%d}", i);
		assert_string_equal(fixture_value(store, key), value);
	}
	assert_int_equal(fixture_count(store, "r/"), 5);
	assert_int_equal(fixture_count(store, "n/") + fixture_count(store, "m/compactor"), 0);
}

/* There is nothing, and it can be written. */
static void assert_empty(struct manx_store *store)
{
	assert_int_equal(fixture_count(store, ""), 2);
	fixture_put(store, "r/tiers/x", "{}");
	fixture_put(store, "r/tiers/x", NULL);
}

static void test_round_trip(void **state)
{
	struct pair *p = *state;
	char guid[80];

	snprintf(guid, sizeof(guid), "%s", fixture_value(p->from.store, "m/guid"));
	export(p, NULL);
	make_to(p);
	assert_string_not_equal(fixture_value(p->to.store, "m/guid"), guid);
	must_import(p);
	assert_filled(p->to.store);
	assert_string_equal(fixture_value(p->to.store, "m/guid"), guid);
	fixture_put(p->to.store, "r/tiers/x", "{}");
}

static struct manx_store *other;
static size_t calls, total_told;

static void disturb(size_t done, size_t total)
{
	total_told = total;
	if (calls++)
		return;
	assert_true(done < total);
	fixture_put(other, "e/node/default/pod-599", "{\"late\":1}");
	fixture_put(other, "x/4/0a000040", NULL);
	fixture_put(other, "r/tiers/late", "{}");
}

/* Of one revision, whatever others write meanwhile. */
static void test_one_revision(void **state)
{
	struct pair *p = *state;
	struct fixture copy = p->from;

	fixture_open(&copy);
	other = copy.store;
	calls = 0;
	export(p, disturb);
	assert_true(calls > 1);
	assert_int_equal(total_told, MANY + ARRAY_SIZE(odd) + 4);
	assert_string_equal(fixture_value(other, "e/node/default/pod-599"), "{\"late\":1}");
	manx_store_close(other);
	make_to(p);
	must_import(p);
	assert_filled(p->to.store);
}

/* The text of the file, the caller's. */
static char *text_of(FILE *file, long size)
{
	char *text = calloc(1, (size_t)size + 1);

	rewind(file);
	assert_int_equal(fread(text, 1, (size_t)size, file), size);
	return text;
}

/* An import of @text is refused and leaves nothing behind. */
static void assert_refused(struct pair *p, const char *text, size_t n, int code, const char *words)
{
	FILE *good = p->file;
	struct manx_error err = { 0 };
	int ret;

	p->file = tmpfile();
	assert_int_equal(fwrite(text, 1, n, p->file), n);
	ret = import(p, NULL, &err);
	if (ret != code || !strstr(err.text, words))
		fail_msg("%d \"%s\" instead of %d \"%s\"", ret, err.text, code, words);
	fclose(p->file);
	p->file = good;
	assert_empty(p->to.store);
}

/* @text with @new for @old, the first after @after. */
static void assert_edited(struct pair *p, const char *text, const char *after, const char *old,
			  const char *new, int code, const char *words)
{
	const char *at = strstr(strstr(text, after), old);
	char *edited;

	assert_non_null(at);
	if (asprintf(&edited, "%.*s%s%s", (int)(at - text), text, new, at + strlen(old)) < 0)
		fail_msg("out of memory");
	assert_refused(p, edited, strlen(edited), code, words);
	free(edited);
}

static void test_refused_files(void **state)
{
	struct pair *p = *state;
	long size = export(p, NULL);
	char *text = text_of(p->file, size);

	make_to(p);
	assert_refused(p, "", 0, -EBADMSG, "not complete");
	assert_refused(p, "apiVersion: v1\n", 15, -EBADMSG, "line 1");
	assert_refused(p, "{}\n", 3, -EBADMSG, "no export");
	assert_refused(p, text, (size_t)size - 1, -EBADMSG, "not complete");
	assert_refused(p, text, (size_t)size / 2, -EBADMSG, "not complete");
	assert_refused(p, text, (size_t)(strrchr(text, '{') - text), -EBADMSG, "not complete");
	assert_edited(p, text, "", "\"format\":1", "\"format\":2", -EPROTO, "install the newer");
	assert_edited(p, text, "", "\"format\":1", "\"format\":0", -EINVAL, "format");
	assert_edited(p, text, "pod-77\"", ":77}", ":78}", -EBADMSG, "sum");
	assert_edited(p, text, "pod-77\"", ":77}", ":77", -EBADMSG, "line ");
	assert_edited(p, text, "pod-77\"", "pod-77\"", "pod-76\"", -EBADMSG, "out of order");
	assert_edited(p, text, "pod-77\"", "\"value\"", "\"valeu\"", -EBADMSG, "valeu");
	assert_edited(p, text, "pod-77\"", "\"value\"", " \"value\"", -EBADMSG, "not written as");
	assert_edited(p, text, "\"x/4", "\"x/4", "\"y/4", -EPROTO, "newer manx");
	assert_edited(p, text, "\"x/4", "\"x/4", "\"x/ 4", -EBADMSG, "no record");
	assert_edited(p, text, "\"records\"", ":6", ":7", -EBADMSG, "number of records");
	assert_edited(p, text, "\"sum\"", "}\n", "}\n\n", -EBADMSG, "goes on");
	/* who edits it says so */
	must_import(p);
	free(text);
}

static void test_not_empty(void **state)
{
	struct pair *p = *state;
	struct manx_error err = { 0 };

	export(p, NULL);
	make_to(p);
	fixture_put(p->to.store, "n/node", "{}");
	fixture_put(p->to.store, "r/tiers/mine", "{}");
	assert_int_equal(import(p, NULL, &err), -ENOTEMPTY);
	assert_non_null(strstr(err.text, "r/tiers/mine"));
	assert_int_equal(fixture_count(p->to.store, ""), 4);
	fixture_put(p->to.store, "r/tiers/mine", NULL);
	fixture_put(p->to.store, "n/node", NULL);
	must_import(p);
	assert_int_equal(import(p, NULL, &err), -ENOTEMPTY);
}

static size_t die_after;

static void die(size_t done, size_t total)
{
	(void)done, (void)total;
	if (!--die_after)
		_exit(7);
}

static int import_child(void *ctx)
{
	struct pair *p = ctx;
	struct manx_error err = { 0 };

	/* a store does not survive fork(); what is inherited is left as it is */
	fixture_open(&p->to);
	return import(p, die, &err) ? 1 : 0;
}

static int discard_child(void *ctx)
{
	struct pair *p = ctx;

	fixture_open(&p->to);
	return manx_datastore_discard(p->to.store, die, NULL) ? 1 : 0;
}

/* 7: it died. */
static int run_child(struct pair *p, int (*fn)(void *ctx), size_t after)
{
	struct manx_store *store = p->to.store;
	int status;

	die_after = after;
	status = fixture_wait(fixture_fork(fn, p));
	p->to.store = store;
	return status;
}

static void assert_half_done(struct pair *p, const char *words)
{
	struct manx_error err = { 0 };
	struct manx_txn *txn = manx_txn_new();
	FILE *good = p->file;
	const char *text;

	manx_txn_put(txn, "r/tiers/y", "{}");
	assert_int_equal(manx_store_commit(p->to.store, txn, NULL, &err), -EROFS);
	assert_non_null(strstr(err.text, "import that is not done: manxctl datastore import"));
	manx_txn_free(txn);
	assert_int_equal(manx_datastore_unlock(p->to.store, &err), -EBUSY);
	assert_int_equal(manx_datastore_lock(p->to.store, &err), -EBUSY);
	assert_non_null(strstr(err.text, "--discard"));
	text = "{\"kind\":\"ManxDatastore\",\"format\":1,\"guid\":\"x\",\"revision\":1}\n{\"records\":0}\n";
	p->file = tmpfile();
	fputs(text, p->file);
	assert_int_equal(import(p, NULL, &err), -EBUSY);
	assert_non_null(strstr(err.text, words));
	fclose(p->file);
	p->file = good;
}

/* Killed after each of its transactions, an import is gone on with. */
static void test_killed(void **state)
{
	struct pair *p = *state;
	struct manx_error err = { 0 };
	struct manx_txn *txn;
	int status = 7;

	export(p, NULL);
	make_to(p);
	assert_int_equal(run_child(p, import_child, 1), 7);
	assert_int_equal(fixture_count(p->to.store, "e/"), 99);
	assert_half_done(p, "another file stopped after 100 of 611 records");
	for (int i = 0; i < 20 && status == 7; i++)
		status = run_child(p, import_child, 1);
	assert_int_equal(status, 0);
	assert_filled(p->to.store);
	/* who knew it before learns that it is another one now */
	txn = manx_txn_new();
	manx_txn_del(txn, "r/tiers/x");
	assert_int_equal(manx_store_commit(p->to.store, txn, NULL, &err), -EAGAIN);
	assert_int_equal(manx_store_commit(p->to.store, txn, NULL, &err), 0);
	manx_txn_free(txn);
}

static void test_discard(void **state)
{
	struct pair *p = *state;
	struct manx_error err = { 0 };

	export(p, NULL);
	make_to(p);
	assert_int_equal(manx_datastore_discard(p->to.store, NULL, &err), -ENOENT);
	assert_int_equal(run_child(p, import_child, 5), 7);
	assert_int_equal(run_child(p, discard_child, 2), 7);
	assert_int_equal(import(p, NULL, &err), -EBUSY);
	assert_non_null(strstr(err.text, "is being deleted"));
	assert_half_done(p, "is being deleted");
	if (manx_datastore_discard(p->to.store, NULL, &err))
		fail_msg("%s", err.text);
	assert_empty(p->to.store);
	must_import(p);
	assert_filled(p->to.store);
}

static void test_lock(void **state)
{
	struct pair *p = *state;
	struct manx_error err = { 0 };
	struct manx_txn *txn = manx_txn_new();

	export(p, NULL);
	make_to(p);
	assert_int_equal(manx_datastore_unlock(p->to.store, &err), 0);
	assert_int_equal(manx_datastore_lock(p->to.store, &err), 1);
	assert_int_equal(manx_datastore_lock(p->to.store, &err), 0);
	manx_txn_del(txn, "r/tiers/y");
	assert_int_equal(manx_store_commit(p->to.store, txn, NULL, &err), -EROFS);
	assert_non_null(strstr(err.text, "manxctl datastore unlock"));
	/* who had locked it unlocks it */
	must_import(p);
	assert_filled(p->to.store);
	assert_int_equal(manx_store_commit(p->to.store, txn, NULL, &err), -EROFS);
	assert_int_equal(manx_datastore_unlock(p->to.store, &err), 1);
	assert_int_equal(manx_store_commit(p->to.store, txn, NULL, &err), 0);
	manx_txn_free(txn);
	/* a lock by hand is one, too */
	fixture_put(p->to.store, "m/lock", "by hand");
	assert_int_equal(manx_datastore_lock(p->to.store, &err), 0);
	assert_int_equal(manx_datastore_unlock(p->to.store, &err), 1);
}

/* An import that another one overtakes stops. */
static struct pair *rival;

static void overtake(size_t done, size_t total)
{
	struct fixture copy = rival->to;
	char value[1024];

	(void)total;
	if (done != 200)
		return;
	fixture_open(&copy);
	snprintf(value, sizeof(value), "%s", fixture_value(copy.store, "m/lock"));
	fixture_put(copy.store, "m/lock", value);
	manx_store_close(copy.store);
}

static void test_rival(void **state)
{
	struct pair *p = *state;
	struct manx_error err = { 0 };

	export(p, NULL);
	make_to(p);
	rival = p;
	assert_int_equal(import(p, overtake, &err), -EAGAIN);
	assert_non_null(strstr(err.text, "stopped after 200 of 611 records"));
	assert_non_null(strstr(err.text, "somebody else writes"));
	assert_int_equal(fixture_count(p->to.store, "a/") + fixture_count(p->to.store, "e/"), 200);
	must_import(p);
	assert_filled(p->to.store);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest reading[] = { TEST(test_one_revision) };
	const struct CMUnitTest files[] = { TEST(test_refused_files) };
	const struct CMUnitTest tests[] = {
		TEST(test_round_trip),
		TEST(test_one_revision),
		TEST(test_not_empty),
		TEST(test_killed),
		TEST(test_discard),
		TEST(test_lock),
		TEST(test_rival),
	};
	int failed = cmocka_run_group_tests_name("sqlite to sqlite", tests, NULL, NULL);

	failed += cmocka_run_group_tests(files, NULL, NULL);
	etcd_start(&etcd, 1);
	conf = etcd_conf(&etcd);
	to_etcd = true;
	failed += cmocka_run_group_tests_name("sqlite to etcd", tests, NULL, NULL);
	from_etcd = true;
	to_etcd = false;
	failed += cmocka_run_group_tests_name("etcd to sqlite", reading, NULL, NULL);
	etcd_stop(&etcd);
	return failed;
}
