// SPDX-License-Identifier: GPL-2.0-only
/*
 * The datastore on a full disk: nothing more goes in, everything can be released.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cmocka.h>

#include "store_fixture.h"

/* Exit status of a child that may not mount. */
#define NOT_ALLOWED 77


static bool write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool ok = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	if (fd >= 0)
		close(fd);
	return ok;
}

/* In a user namespace: be root there, which those may who may make one. */
static bool become_root(void)
{
	char uid[32], gid[32];

	snprintf(uid, sizeof(uid), "0 %u 1", geteuid());
	snprintf(gid, sizeof(gid), "0 %u 1", getegid());
	return unshare(CLONE_NEWUSER) == 0 && write_text("/proc/self/setgroups", "deny") &&
	       write_text("/proc/self/uid_map", uid) && write_text("/proc/self/gid_map", gid);
}

/* A small disk at @dir that only this process sees. */
static bool mount_small_disk(const char *dir)
{
	return (geteuid() == 0 || become_root()) && unshare(CLONE_NEWNS) == 0 &&
	       mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
	       mount("none", dir, "tmpfs", 0, "size=24m") == 0;
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

/* Whatever is left of the disk. */
static void fill_disk(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	char page[4096];

	memset(page, 'x', sizeof(page));
	while (fd >= 0 && write(fd, page, sizeof(page)) > 0)
		;
	close(fd);
}

/* Keys that fitted; negative if the store did not say that the disk is full. */
static int put_until_full(struct manx_store *store, const char *prefix, size_t size)
{
	static char value[32768];
	struct manx_error err = { 0 };
	char key[16];

	memset(value, 'v', size);
	value[size] = '\0';
	for (int n = 0; n < 10000; n++) {
		int ret;

		snprintf(key, sizeof(key), "%s/%d", prefix, n);
		ret = put(store, key, value, &err);
		if (ret == -ENOSPC && strstr(err.text, "database"))
			return n;
		if (ret)
			break;
	}
	fprintf(stderr, "not full but: %s\n", err.text);
	return -1;
}

/* In a child, where cmocka's own would return to the parent's tests. */
#define CHECK(condition) do { \
	if (!(condition)) { \
		fprintf(stderr, "line %d: %s: %s\n", __LINE__, #condition, err.text); \
		return 1; \
	} \
} while (0)

static int use_full_disk(void *ctx)
{
	struct fixture f = *(struct fixture *)ctx;
	struct manx_error err = { 0 };
	char hog[96], key[16];
	int n;

	if (!mount_small_disk(f.dir))
		return NOT_ALLOWED;
	CHECK(fixture_sqlite(&f.store, f.db, &err) == 0);
	n = put_until_full(f.store, "k", 32767);
	CHECK(n > 100);
	snprintf(hog, sizeof(hog), "%s/hog", f.dir);
	fill_disk(hog);
	CHECK(put_until_full(f.store, "small", 2) >= 0);
	CHECK(put(f.store, "more", "{}", &err) == -ENOSPC);
	for (int i = 0; i < n / 2; i++) {
		snprintf(key, sizeof(key), "k/%d", i);
		CHECK(put(f.store, key, NULL, &err) == 0);
	}
	/* one that comes now, as a plugin would, can release too */
	manx_store_close(f.store);
	CHECK(fixture_sqlite(&f.store, f.db, &err) == 0);
	for (int i = n / 2; i < n; i++) {
		snprintf(key, sizeof(key), "k/%d", i);
		CHECK(put(f.store, key, NULL, &err) == 0);
	}
	CHECK(unlink(hog) == 0);
	CHECK(put(f.store, "more", "{}", &err) == 0);
	manx_store_close(f.store);
	return 0;
}

static void test_full_disk(void **state)
{
	struct fixture f;
	int status;

	(void)state;
	fixture_make(&f, "/tmp");
	status = fixture_wait(fixture_fork(use_full_disk, &f));
	fixture_remove(&f);
	if (status == NOT_ALLOWED)
		skip();
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_full_disk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
