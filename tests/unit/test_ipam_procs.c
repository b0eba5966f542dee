// SPDX-License-Identifier: GPL-2.0-only
/*
 * Address management by many processes at once.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "ipam_fixture.h"

#define PROCS IPAM_NODES

/**
 * struct worker - what a child process is told
 * @f: the database; the child opens it itself
 * @number: from 0
 * @node: whose name it takes
 * @seconds: how long to work
 * @gate, @ungate: a pipe that ends when the work begins, so that all begin at once
 * @out: pipe for what it found out
 */
struct worker {
	struct fixture f;
	int number;
	char node[32];
	double seconds;
	int gate, ungate;
	int out;
};

static int begin(struct worker *w)
{
	struct manx_error err = { 0 };
	int ret = fixture_sqlite(&w->f.store, w->f.db, &err);
	char c;

	close(w->ungate);
	if (ret)
		fprintf(stderr, "%s\n", err.text);
	return ret || read(w->gate, &c, 1) != 0;
}

/* Start PROCS workers, who are @nodes nodes, with @fn; the read end of their common pipe. */
static int start(const struct fixture *f, int nodes, double seconds, int (*fn)(void *), pid_t *pid)
{
	int out[2], gate[2];

	assert_int_equal(pipe(out) || pipe2(gate, O_CLOEXEC), 0);
	for (int i = 0; i < PROCS; i++) {
		struct worker w = { .number = i, .seconds = seconds, .gate = gate[0],
				    .ungate = gate[1], .out = out[1] };

		strcpy(w.f.db, f->db);
		snprintf(w.node, sizeof(w.node), "n%d", i % nodes + 1);
		pid[i] = fixture_fork(fn, &w);
	}
	close(out[1]);
	close(gate[0]);
	fixture_sleep(20);	/* most of them stand at the gate now */
	close(gate[1]);
	return out[0];
}

static void finish(const pid_t *pid)
{
	for (int i = 0; i < PROCS; i++)
		assert_int_equal(fixture_wait(pid[i]), 0);
}

/* Take addresses until there are none. Tells how many it got. */
static int take_all(void *ctx)
{
	struct worker *w = ctx;
	char handle[32];

	if (begin(w))
		return 1;
	for (int n = 0;; n++) {
		struct manx_error err = { 0 };
		struct manx_ipam_result res;
		int ret;

		snprintf(handle, sizeof(handle), "h-%d-%d", w->number, n);
		ret = ipam_try(w->f.store, w->node, handle, 4, &res, &err);
		if (ret == -ENOSPC)
			return write(w->out, &n, sizeof(n)) != sizeof(n);
		if (ret) {
			fprintf(stderr, "%s: %s\n", handle, err.text);
			return 1;
		}
	}
}

/* All are given, none twice, and everybody sees when it is over. */
static void exhaust_together(const struct fixture *f, int nodes)
{
	int n, sum = 0, fd;
	pid_t pid[PROCS];

	fd = start(f, nodes, 0, take_all, pid);
	while (read(fd, &n, sizeof(n)) == sizeof(n))
		sum += n;
	close(fd);
	finish(pid);
	assert_int_equal(sum, 256);
	assert_int_equal(fixture_count(f->store, "a/"), 256);
	ipam_assert_sound(f->store);
}

static void test_exhaust_one_node(void **state)
{
	struct fixture *f = *state;

	ipam_pool(f->store, "p", "10.0.0.0/24", 28, "");
	exhaust_together(f, 1);
}

static void test_exhaust_many_nodes(void **state)
{
	struct fixture *f = *state;

	ipam_pool(f->store, "p", "10.0.0.0/24", 28, "");
	exhaust_together(f, PROCS);
}

/* Fewer blocks than nodes: most addresses are borrowed. */
static void test_exhaust_borrowing(void **state)
{
	struct fixture *f = *state;

	ipam_pool(f->store, "p", "10.0.0.0/25", 26, "");
	ipam_pool(f->store, "q", "10.0.1.0/25", 26, "");
	exhaust_together(f, PROCS);
	assert_in_range(fixture_count(f->store, "x/"), 1, 255);
}

/* Take and give back at random until the time is over. */
static int churn(void *ctx)
{
	struct worker *w = ctx;
	double end = fixture_ms() + w->seconds * 1000;
	bool held[6] = { false };
	char handle[32];
	int given = 0;

	if (begin(w))
		return 1;
	srand((unsigned int)w->number);
	while (fixture_ms() < end) {
		struct manx_error err = { 0 };
		struct manx_ipam_result res;
		int i = rand() % 6, ret;

		snprintf(handle, sizeof(handle), "h-%d-%d", w->number, i);
		ret = held[i] ? manx_ipam_release(w->f.store, handle, NULL, NULL, &err)
			      : ipam_try(w->f.store, w->node, handle, 4, &res, &err);
		if (ret && ret != -ENOSPC) {
			fprintf(stderr, "%s: %s\n", handle, err.text);
			return 1;
		}
		given += !ret && !held[i];
		held[i] = ret ? held[i] : !held[i];
	}
	return write(w->out, &given, sizeof(given)) != sizeof(given);
}

static void test_churn(void **state)
{
	struct fixture *f = *state;
	int n, sum = 0, fd;
	pid_t pid[PROCS];

	ipam_pool(f->store, "p", "10.0.0.0/27", 29, "");
	fd = start(f, 4, 0.6, churn, pid);
	while (read(fd, &n, sizeof(n)) == sizeof(n))
		sum += n;
	close(fd);
	finish(pid);
	assert_int_not_equal(sum, 0);
	ipam_assert_sound(f->store);
}

/* Killed at any point, a process leaves nothing half done and nobody waiting. */
static void test_killed(void **state)
{
	struct fixture *f = *state;
	pid_t pid[PROCS];

	ipam_pool(f->store, "p", "10.0.0.0/26", 29, "");
	for (int round = 0; round < 5; round++) {
		int fd = start(f, 4, 10, churn, pid);

		fixture_sleep(60 + (unsigned int)rand() % 60);
		for (int i = 0; i < PROCS; i++)
			kill(pid[i], SIGKILL);
		for (int i = 0; i < PROCS; i++)
			assert_int_equal(fixture_wait(pid[i]), 128 + SIGKILL);
		close(fd);
		ipam_assert_sound(f->store);
		for (int i = 0; i < PROCS * 6; i++) {
			char handle[32];

			snprintf(handle, sizeof(handle), "h-%d-%d", i / 6, i % 6);
			ipam_release(f->store, handle);
		}
		assert_int_equal(fixture_count(f->store, "a/"), 0);
	}
}

/* Pools that overlap, all at once: tells whether its own was taken. */
static int put_overlapping(void *ctx)
{
	struct worker *w = ctx;
	struct manx_error err = { 0 };
	char name[16], cidr[32];
	int ret, taken;

	if (begin(w))
		return 1;
	snprintf(name, sizeof(name), "p%d", w->number);
	snprintf(cidr, sizeof(cidr), "10.0.0.0/%d", 16 + w->number);
	ret = ipam_put_pool(w->f.store, name, cidr, 26, "", 0, &err);
	if (ret && (ret != -EEXIST || !strstr(err.text, "overlaps"))) {
		fprintf(stderr, "%s: %s\n", name, err.text);
		return 1;
	}
	taken = !ret;
	return write(w->out, &taken, sizeof(taken)) != sizeof(taken);
}

static void test_overlap_race(void **state)
{
	struct fixture *f = *state;

	for (int round = 0; round < 10; round++) {
		int n, sum = 0, fd;
		pid_t pid[PROCS];
		struct manx_kvs kvs;

		fd = start(f, 1, 0, put_overlapping, pid);
		while (read(fd, &n, sizeof(n)) == sizeof(n))
			sum += n;
		close(fd);
		finish(pid);
		assert_int_equal(sum, 1);
		assert_int_equal(manx_store_list(f->store, "r/ippools/", &kvs, NULL), 0);
		assert_int_equal(kvs.n, 1);
		assert_int_equal(manx_ipam_delete_pool(f->store, kvs.kv[0].key + 10, NULL), 0);
		manx_kvs_clear(&kvs);
	}
}

/* Take an address and give it back, until the pool gives none. */
static int take_and_release(void *ctx)
{
	struct worker *w = ctx;
	struct manx_error err = { 0 };
	struct manx_ipam_result res;
	char handle[32];
	int n = 0, ret;

	if (begin(w))
		return 1;
	snprintf(handle, sizeof(handle), "h-%d", w->number);
	do {
		ret = ipam_try(w->f.store, w->node, handle, 4, &res, &err);
		n += !ret;
		if (!ret)
			ret = manx_ipam_release(w->f.store, handle, NULL, NULL, &err);
	} while (!ret);
	if (ret != -ENOSPC)
		fprintf(stderr, "%s: %s\n", handle, err.text);
	return ret != -ENOSPC || write(w->out, &n, sizeof(n)) != sizeof(n);
}

/* A pool that is deleted while it is used is refused or gone, and then nothing of it is left. */
static void test_delete_race(void **state)
{
	struct manx_store *store = ((struct fixture *)*state)->store;
	int given = 0, busy = 0;

	for (int round = 0; round < 10; round++) {
		struct manx_error err = { 0 };
		pid_t pid[PROCS];
		int fd, n, ret;

		ipam_pool(store, "p", "10.0.0.0/26", 29, "");
		fd = start(*state, 4, 0, take_and_release, pid);
		fixture_sleep((unsigned int)round * 3);
		while ((ret = manx_ipam_delete_pool(store, "p", &err)) == -EBUSY)
			busy++;
		if (ret)
			fail_msg("%s", err.text);
		assert_int_equal(fixture_count(store, "a/"), 0);
		while (read(fd, &n, sizeof(n)) == sizeof(n))
			given += n;
		close(fd);
		finish(pid);
		assert_int_equal(fixture_count(store, "a/") + fixture_count(store, "h/"), 0);
		assert_int_equal(fixture_count(store, "b/") + fixture_count(store, "i/"), 0);
	}
	assert_int_not_equal(given, 0);
	print_message("%d addresses given, deletion refused %d times\n", given, busy);
}

/* Assign for a while, at most 40 addresses at a time. Tells how long each took, in ms. */
static int measure(void *ctx)
{
	struct worker *w = ctx;
	double end, before, took;
	char handle[32];

	if (begin(w))
		return 1;
	end = fixture_ms() + w->seconds * 1000;
	for (int n = 0; (before = fixture_ms()) < end; n++) {
		struct manx_error err = { 0 };
		struct manx_ipam_result res;

		snprintf(handle, sizeof(handle), "h-%d-%d", w->number, n);
		if (ipam_try(w->f.store, w->node, handle, 4, &res, &err)) {
			fprintf(stderr, "%s: %s\n", handle, err.text);
			return 1;
		}
		took = fixture_ms() - before;
		if (write(w->out, &took, sizeof(took)) != sizeof(took))
			return 1;
		snprintf(handle, sizeof(handle), "h-%d-%d", w->number, n - 40);
		if (manx_ipam_release(w->f.store, handle, NULL, NULL, NULL))
			return 1;
	}
	return 0;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Printed, not judged: the machine has other work, and this runs under sanitizers. */
static void print_speed(int nodes)
{
	static double took[100000];
	const double seconds = 0.5;
	struct fixture f;
	pid_t pid[PROCS];
	size_t n = 0;
	int fd;

	fixture_make(&f, "/tmp");	/* a disk: each commit waits for it */
	fixture_open(&f);
	ipam_pool(f.store, "p", "10.0.0.0/16", 26, "");
	fd = start(&f, nodes, seconds, measure, pid);
	while (n < 100000 && read(fd, &took[n], sizeof(took[0])) == sizeof(took[0]))
		n++;
	close(fd);
	finish(pid);
	fixture_remove(&f);
	assert_int_not_equal(n, 0);
	qsort(took, n, sizeof(took[0]), by_value);
	print_message("%d processes, %d node(s): %.0f assignments/s (each with a release), p50 %.1f ms, p99 %.1f ms, max %.1f ms\n",
		      PROCS, nodes, (double)n / seconds, took[n / 2], took[n * 99 / 100],
		      took[n - 1]);
}

static void test_speed(void **state)
{
	(void)state;
	print_speed(PROCS);
	print_speed(1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_STORE(test_exhaust_one_node),
		WITH_STORE(test_exhaust_many_nodes),
		WITH_STORE(test_exhaust_borrowing),
		WITH_STORE(test_churn),
		WITH_STORE(test_killed),
		WITH_STORE(test_overlap_race),
		WITH_STORE(test_delete_race),
		cmocka_unit_test(test_speed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
