// SPDX-License-Identifier: GPL-2.0-only
/*
 * The datastore in a file: opening, what may be wrong with it. What all engines do
 * alike is in test_store_engines.c.
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

/* A revision of the future is one of another store. */
static void test_guard_of_future(void **state)
{
	struct manx_store *store = ((struct fixture *)*state)->store;
	struct manx_txn *txn = manx_txn_new();
	struct manx_error err = { 0 };
	int64_t rev = fixture_put(store, "k", "{}");

	manx_txn_guard_unchanged(txn, "r/", rev);
	assert_int_equal(manx_store_commit(store, txn, NULL, &err), 0);
	manx_txn_guard_unchanged(txn, "r/", rev + 1);
	assert_int_equal(manx_store_commit(store, txn, NULL, &err), -EAGAIN);
	assert_non_null(strstr(err.text, "r/"));
	manx_txn_free(txn);
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
		WITH_STORE(test_guard_of_future),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
