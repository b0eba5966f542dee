// SPDX-License-Identifier: GPL-2.0-only
/*
 * The datastore in a file shared by processes: watching, queueing, dying.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cmocka.h>

#include "store_file.h"
#include "store_fixture.h"
#include "store_sqlite.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

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

/* The next event must be this one; @value NULL: a deletion. */
static void assert_event(struct manx_watch *watch, const char *key, const char *value,
			 int64_t rev)
{
	struct manx_error err = { 0 };
	struct manx_kv kv;
	int ret = manx_watch_next(watch, &kv, &err);

	if (ret != 1)
		fail_msg("%s: %d %s", key, ret, err.text);
	assert_string_equal(kv.key, key);
	assert_int_equal(kv.mod_rev, rev);
	if (value)
		assert_string_equal(kv.value, value);
	else
		assert_null(kv.value);
	manx_kv_clear(&kv);
}

static void assert_quiet(struct manx_watch *watch)
{
	struct manx_kv kv;

	assert_int_equal(manx_watch_next(watch, &kv, NULL), 0);
	assert_null(kv.key);
}

/* A writer that died before it could tell is found by looking, which costs little. */
static void test_watch_without_notice(void **state)
{
	struct fixture *f = *state;
	struct manx_watch *watch = watch_from(f->store, 1);
	double start, now;
	int wakes = 0;

	assert_true(readable(manx_watch_fd(watch), 100));
	assert_quiet(watch);
	fixture_sql(f->db, "INSERT INTO log VALUES (2, 0, 'k/silent', '{}', 2)");
	assert_false(readable(manx_watch_fd(watch), 0));
	start = fixture_ms();
	while ((now = fixture_ms()) - start < 2500) {
		if (!readable(manx_watch_fd(watch), (int)(2500 - (now - start))))
			continue;
		if (!wakes++)
			assert_event(watch, "k/silent", "{}", 2);
		assert_quiet(watch);
	}
	assert_in_range(wakes, 1, 2);
	manx_watch_close(watch);
}

static void assert_stale(struct manx_store *store, int64_t rev)
{
	struct manx_watch *watch = watch_from(store, rev);
	struct manx_error err = { 0 };
	struct manx_kv kv;

	for (int i = 0; i < 2; i++)	/* and it stays so */
		assert_int_equal(manx_watch_next(watch, &kv, &err), -ESTALE);
	assert_int_not_equal(err.text[0], 0);
	manx_watch_close(watch);
}

#define STRING_OF(x) #x
#define STRING(x) STRING_OF(x)

/* The log is kept for so many revisions and no more. */
static void test_log_is_bounded(void **state)
{
	int64_t last = 1, to = MANX_LOG_KEEP + 2 * MANX_LOG_SLACK;
	struct manx_watch *watch;
	struct fixture f;
	struct manx_kv kv;
	int64_t n = 0;

	(void)state;
	fixture_make(&f, fixture_memory());
	fixture_open(&f);
	watch = watch_from(f.store, 0);
	/* most of the history at once, as if each had been a commit */
	fixture_sql(f.db, "WITH RECURSIVE r(n) AS (VALUES (2) UNION ALL SELECT n + 1 FROM r"
			  " WHERE n < " STRING(MANX_LOG_KEEP) ")"
			  " INSERT INTO log SELECT n, 0, 'k', '{}', 2 FROM r");
	while (last < to)
		last = fixture_put(f.store, "k", "{}");
	assert_int_equal(manx_watch_next(watch, &kv, NULL), -ESTALE);
	manx_watch_close(watch);
	assert_stale(f.store, last - MANX_LOG_KEEP - MANX_LOG_SLACK - 1);
	assert_stale(f.store, last + 1);

	watch = watch_from(f.store, last - MANX_LOG_KEEP);
	while (manx_watch_next(watch, &kv, NULL) == 1) {
		n++;
		assert_int_equal(kv.mod_rev, last - MANX_LOG_KEEP + n);
		manx_kv_clear(&kv);
	}
	assert_int_equal(n, MANX_LOG_KEEP);
	manx_watch_close(watch);
	fixture_remove(&f);
}

static int open_and_tell(void *ctx)
{
	struct fixture f = *(struct fixture *)ctx;
	struct manx_error err = { 0 };
	char key[64];

	if (fixture_sqlite(&f.store, f.db, &err)) {
		fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	snprintf(key, sizeof(key), "k/%d%.32s", getpid(),
		 fixture_value(f.store, "m/guid") + strlen("{\"guid\":\""));
	fixture_put(f.store, key, "{}");
	manx_store_close(f.store);
	return 0;
}

/* Who opens a new database together with others gets the same one. */
static void test_open_race(void **state)
{
	(void)state;
	for (int round = 0; round < 10; round++) {
		struct fixture f;
		struct manx_kvs kvs;
		pid_t pid[8];

		fixture_make(&f, fixture_memory());
		for (size_t i = 0; i < ARRAY_SIZE(pid); i++)
			pid[i] = fixture_fork(open_and_tell, &f);
		for (size_t i = 0; i < ARRAY_SIZE(pid); i++)
			assert_int_equal(fixture_wait(pid[i]), 0);
		fixture_open(&f);
		assert_int_equal(manx_store_list(f.store, "k/", &kvs, NULL), 0);
		assert_int_equal(kvs.n, ARRAY_SIZE(pid));
		for (size_t i = 1; i < kvs.n; i++)
			assert_string_equal(kvs.kv[i].key + strlen(kvs.kv[i].key) - 32,
					    kvs.kv[0].key + strlen(kvs.kv[0].key) - 32);
		manx_kvs_clear(&kvs);
		fixture_remove(&f);
	}
}

static int make_and_wait(void *ctx)
{
	int out = *(int *)ctx;
	struct fixture f;

	prctl(PR_SET_PDEATHSIG, SIGKILL);	/* at the latest with the test */
	fixture_make(&f, fixture_memory());
	fixture_open(&f);
	if (write(out, f.dir, sizeof(f.dir)) != sizeof(f.dir))
		return 1;
	for (;;)
		pause();
}

/* What a test that was killed left behind goes with the next one; that of the living stays. */
static void test_sweep(void **state)
{
	char lives[64], killed[64];
	struct fixture f;
	pid_t pid[2];
	int fd[2];

	(void)state;
	assert_int_equal(pipe(fd), 0);
	pid[0] = fixture_fork(make_and_wait, &fd[1]);
	assert_int_equal(read(fd[0], lives, sizeof(lives)), sizeof(lives));
	pid[1] = fixture_fork(make_and_wait, &fd[1]);
	assert_int_equal(read(fd[0], killed, sizeof(killed)), sizeof(killed));
	kill(pid[1], SIGKILL);
	fixture_wait(pid[1]);
	fixture_make(&f, fixture_memory());
	assert_int_equal(access(killed, F_OK), -1);
	assert_int_equal(access(lives, F_OK), 0);
	assert_int_equal(access(f.dir, F_OK), 0);
	kill(pid[0], SIGKILL);
	fixture_wait(pid[0]);
	fixture_dir(killed, fixture_memory(), "unit");
	assert_int_equal(access(lives, F_OK), -1);
	assert_int_equal(rmdir(killed), 0);
	fixture_remove(&f);
	close(fd[0]);
	close(fd[1]);
}

struct killed {
	struct fixture f;
	int round;
	int out;
};

/* Two keys a transaction, each acknowledged through the pipe after its commit. */
static int write_until_killed(void *ctx)
{
	struct killed *k = ctx;
	char a[32], b[32];

	fixture_open(&k->f);
	for (int i = 0;; i++) {
		struct manx_txn *txn = manx_txn_new();

		snprintf(a, sizeof(a), "a/%d/%d", k->round, i);
		snprintf(b, sizeof(b), "b/%d/%d", k->round, i);
		manx_txn_put(txn, a, "{}");
		manx_txn_put(txn, b, "{}");
		if (manx_store_commit(k->f.store, txn, NULL, NULL) ||
		    write(k->out, &i, sizeof(i)) != sizeof(i))
			return 1;
		manx_txn_free(txn);
	}
}

static int last_acknowledged(int fd)
{
	int i, last = -1;

	while (read(fd, &i, sizeof(i)) == sizeof(i))
		last = i;
	return last;
}

/* What was acknowledged is there, whole, and the dead stand in nobody's way. */
static void test_killed_writer(void **state)
{
	struct fixture *f = *state;
	int total = 0;

	for (int round = 0; round < 25; round++) {
		struct killed k = { .f = { .store = NULL }, .round = round };
		int fd[2], last;
		char prefix[32];
		double start;
		pid_t pid;
		size_t n;

		assert_int_equal(pipe(fd), 0);
		strcpy(k.f.db, f->db);
		k.out = fd[1];
		pid = fixture_fork(write_until_killed, &k);
		close(fd[1]);
		fixture_sleep(15 + (unsigned int)rand() % 20);
		kill(pid, SIGKILL);
		start = fixture_ms();
		fixture_put(f->store, "alive", "{}");
		assert_true(fixture_ms() - start < 1000);
		assert_int_equal(fixture_wait(pid), 128 + SIGKILL);
		last = last_acknowledged(fd[0]);
		close(fd[0]);
		snprintf(prefix, sizeof(prefix), "a/%d/", round);
		n = fixture_count(f->store, prefix);
		assert_in_range(n, last + 1, last + 2);
		prefix[0] = 'b';
		assert_int_equal(fixture_count(f->store, prefix), n);
		total += last + 1;
	}
	assert_int_not_equal(total, 0);
	print_message("%d commits acknowledged by writers that were killed\n", total);
}

struct holder {
	char path[96];
	int out;
};

static int hold_lock(void *ctx)
{
	struct holder *h = ctx;
	int fd = open(h->path, O_RDWR);

	if (fd < 0 || manx_flock(fd, 1000) || write(h->out, "x", 1) != 1)
		return 1;
	pause();
	return 0;
}

static int take_lock(void *ctx)
{
	int fd = open(ctx, O_RDWR);

	return fd < 0 || manx_flock(fd, 10000);
}

/* The queue of the writers: bounded waiting, and the dead leave it. */
static void test_lock(void **state)
{
	struct fixture *f = *state;
	struct holder h;
	sigset_t all, before;
	int fd[2], lock;
	pid_t holder, waiter;
	double start;
	char c;

	snprintf(h.path, sizeof(h.path), "%s-lock", f->db);
	assert_int_equal(pipe(fd), 0);
	h.out = fd[1];
	holder = fixture_fork(hold_lock, &h);
	assert_int_equal(read(fd[0], &c, 1), 1);
	lock = open(h.path, O_RDWR | O_CLOEXEC);
	assert_true(lock >= 0);

	/* as in a daemon that reads its signals from a descriptor */
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &before);
	start = fixture_ms();
	assert_int_equal(manx_flock(lock, 200), -ETIMEDOUT);
	assert_in_range(fixture_ms() - start, 200, 1000);
	sigprocmask(SIG_SETMASK, &before, NULL);

	waiter = fixture_fork(take_lock, h.path);
	fixture_sleep(50);
	kill(holder, SIGKILL);
	assert_int_equal(fixture_wait(holder), 128 + SIGKILL);
	assert_int_equal(fixture_wait(waiter), 0);
	assert_int_equal(manx_flock(lock, 1000), 0);
	close(lock);
	close(fd[0]);
	close(fd[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_STORE(test_watch_without_notice),
		cmocka_unit_test(test_log_is_bounded),
		cmocka_unit_test(test_open_race),
		cmocka_unit_test(test_sweep),
		WITH_STORE(test_killed_writer),
		WITH_STORE(test_lock),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
