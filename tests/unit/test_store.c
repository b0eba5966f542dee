// SPDX-License-Identifier: GPL-2.0-only
/*
 * The datastore as one process sees it: opening, reading, guards.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cmocka.h>

#include "store_fixture.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* What statfs(2) pretends to have found, 0: the truth. */
static unsigned int pretended_fs;

int statfs(const char *path, struct statfs *buf)
{
	int ret = (int)syscall(SYS_statfs, path, buf);

	if (ret == 0 && pretended_fs)
		buf->f_type = pretended_fs;
	return ret;
}

static int try_open(const char *path, struct manx_error *err)
{
	struct manx_store *store;
	int ret = fixture_sqlite(&store, path, err);

	manx_store_close(store);
	return ret;
}

static void assert_refused(const char *path, int code, const char *words)
{
	struct manx_error err = { 0 };

	assert_int_equal(try_open(path, &err), code);
	if (!strstr(err.text, words))
		fail_msg("\"%s\" does not say \"%s\"", err.text, words);
}

static void assert_mode(const char *base, const char *suffix, mode_t mode)
{
	char path[160];
	struct stat st;

	snprintf(path, sizeof(path), "%s%s", base, suffix);
	if (stat(path, &st))
		fail_msg("%s does not exist", path);
	assert_int_equal(st.st_mode & 07777, mode);
}

static void assert_modes(const char *db, mode_t mask)
{
	static const char *const suffix[] = { "", "-wal", "-shm", "-lock", "-notify", "-reserve" };
	struct manx_error err = { 0 };
	struct manx_store *store;
	mode_t before = umask(mask);

	if (fixture_sqlite(&store, db, &err))
		fail_msg("%s", err.text);
	umask(before);
	fixture_put(store, "k", "{}");
	for (size_t i = 0; i < ARRAY_SIZE(suffix); i++)
		assert_mode(db, suffix[i], 0600);
	manx_store_close(store);
}

static void test_modes(void **state)
{
	struct fixture *f = *state;
	char path[128];

	snprintf(path, sizeof(path), "%s/new/manx.db", f->dir);
	assert_modes(path, 0);
	snprintf(path, sizeof(path), "%s/new", f->dir);
	assert_mode(path, "", 0700);
	snprintf(path, sizeof(path), "%s/new/other.db", f->dir);
	assert_modes(path, 0777);
}

static void test_identity(void **state)
{
	struct fixture *f = *state;
	char guid[64];

	assert_string_equal(fixture_value(f->store, "m/format"), "{\"format\":1}");
	snprintf(guid, sizeof(guid), "%s", fixture_value(f->store, "m/guid"));
	assert_int_equal(strlen(guid), strlen("{\"guid\":\"\"}") + 32);
	manx_store_close(f->store);
	fixture_open(f);
	assert_string_equal(fixture_value(f->store, "m/guid"), guid);
}

static void test_wrong_place(void **state)
{
	static const struct {
		unsigned int magic;
		const char *name;
	} cases[] = {
		{ 0x6969, "NFS" }, { 0x01021997, "9p" }, { 0xff534d42, "CIFS" },
		{ 0xfe534d42, "SMB" }, { 0x65735546, "FUSE" },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		pretended_fs = cases[i].magic;
		assert_refused(f->db, -EMEDIUMTYPE, cases[i].name);
		assert_refused(f->db, -EMEDIUMTYPE, "set MANX_SQLITE");
	}
	pretended_fs = 0x794c7630;	/* overlayfs */
	assert_int_equal(try_open(f->db, NULL), 0);
	pretended_fs = 0;
	assert_refused("manx.db", -EINVAL, "absolute path");
	assert_refused("/", -EINVAL, "absolute path");
	assert_refused("/nowhere/at/all/manx.db", -ENOENT, "/nowhere/at/all");
	assert_refused("/dev/null/manx.db", -ENOTDIR, "/dev/null");
}

static int open_as_nobody(void *path)
{
	struct manx_error err = { 0 };

	if (geteuid() == 0 && (setgid(65534) || setuid(65534)))
		return 1;
	return try_open(path, &err) == -EACCES && strstr(err.text, "run as root") ? 0 : 2;
}

static void test_permission(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(chmod(f->dir, 0), 0);
	assert_int_equal(fixture_wait(fixture_fork(open_as_nobody, f->db)), 0);
	assert_int_equal(chmod(f->dir, 0700), 0);
}

static void write_file(const char *path, const char *text, size_t n)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, n, file), n);
	assert_int_equal(fclose(file), 0);
}

static void test_wrong_content(void **state)
{
	struct fixture *f = *state;
	char path[128], garbage[8192];

	snprintf(path, sizeof(path), "%s/other.db", f->dir);
	fixture_sql(path, "CREATE TABLE songs (title TEXT)");
	assert_refused(path, -EPROTO, "another program");

	fixture_sql(f->db, "UPDATE kv SET value = '{\"format\":2}' WHERE key = 'm/format'");
	assert_refused(f->db, -EPROTO, "format 2");
	assert_refused(f->db, -EPROTO, "newer manx");
	fixture_sql(f->db, "DELETE FROM kv WHERE key = 'm/format'");
	assert_refused(f->db, -EUCLEAN, "m/format");

	snprintf(path, sizeof(path), "%s/garbage.db", f->dir);
	memset(garbage, 'x', sizeof(garbage));
	write_file(path, garbage, sizeof(garbage));
	assert_refused(path, -EUCLEAN, "damaged");
	snprintf(path, sizeof(path), "%s/empty.db", f->dir);
	write_file(path, "", 0);
	assert_int_equal(try_open(path, NULL), 0);
}

/* A database that lost its second half must be refused or fail with words, sooner or later. */
static void test_truncated(void **state)
{
	struct fixture *f = *state;
	struct manx_error err = { 0 };
	struct manx_kvs kvs;
	char key[32], value[1024];
	struct stat st;
	int ret;

	memset(value, 'v', sizeof(value) - 1);
	value[sizeof(value) - 1] = '\0';
	for (int i = 0; i < 64; i++) {
		snprintf(key, sizeof(key), "k/%02d", i);
		fixture_put(f->store, key, value);
	}
	manx_store_close(f->store);
	f->store = NULL;
	fixture_sql(f->db, "PRAGMA wal_checkpoint(TRUNCATE)");
	assert_int_equal(stat(f->db, &st), 0);
	assert_int_equal(truncate(f->db, st.st_size / 2), 0);
	ret = fixture_sqlite(&f->store, f->db, &err);
	if (!ret)
		ret = manx_store_list(f->store, "k/", &kvs, &err);
	assert_int_equal(ret, -EUCLEAN);
	assert_non_null(strstr(err.text, "damaged"));
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

	/* a revision of the future is one of another store */
	rev = revision(store);
	fixture_put(store, "x", "{}");
	assert_commit(store, guard_unchanged("r/p/", rev), "4", NULL);
	assert_commit(store, guard_unchanged("r/p/", rev + 100), "no", "r/p/");
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

	assert_int_equal(fixture_sqlite(&other, f->db, &err), 0);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_STORE(test_modes),
		WITH_STORE(test_identity),
		WITH_STORE(test_wrong_place),
		WITH_STORE(test_permission),
		WITH_STORE(test_wrong_content),
		WITH_STORE(test_truncated),
		WITH_STORE(test_read),
		WITH_STORE(test_guards),
		WITH_STORE(test_guard_unchanged),
		WITH_STORE(test_standing_guards),
		WITH_STORE(test_revisions),
		WITH_STORE(test_bad_transactions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
