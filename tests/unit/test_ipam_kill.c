// SPDX-License-Identifier: GPL-2.0-only
/*
 * Processes that give addresses, take them back, remove a node and delete a pool are
 * killed at any point, thousands of times. What they were told is kept in memory that
 * outlives them, and is then held against the store.
 *
 *	MANX_KILLS=N	so many on each engine (SQLite 1500, etcd 500)
 *	MANX_SEED=N	of what is done, and of who is killed when; 1
 */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cmocka.h>

#include "etcd_fixture.h"
#include "ipam_fixture.h"
#include "ipam_view.h"
#include "model.h"

#define WORKERS 8
#define SLOTS 6
#define PER_ROUND 100
#define ORPHANS (PER_ROUND * SLOTS + WORKERS * SLOTS)

/* The last two: one is of a node that the other one, the operator, removes all the time. */
#define DOOMED (WORKERS - 2)
#define OPERATOR (WORKERS - 1)
#define GONER "goner"

enum state { NONE, ASKING, HELD, ENDING };

/**
 * struct slot - a container
 * @handle: never the same again
 * @addr: what it was told, while it is HELD
 */
struct slot {
	enum state state;
	char handle[40];
	struct manx_addr addr;
};

/**
 * struct shared - what outlives the processes
 * @made: containers so far
 * @given, @taken, @removed: what was told to be done
 */
struct shared {
	struct slot slot[WORKERS][SLOTS];
	unsigned long made[WORKERS], given, taken, removed;
};

/**
 * struct test - one engine
 * @orphan: handles of those that died while they asked, or gave back; for whom the
 *	runtime asks to delete them some time later
 */
struct test {
	struct fixture f;
	struct shared *shared;
	pid_t pid[WORKERS];
	unsigned int seed;
	char orphan[ORPHANS][40];
	size_t n_orphans;
};

/**
 * struct worker - a process
 * @node: whose name it takes; two have the same
 */
struct worker {
	struct test *t;
	int number;
	unsigned int seed;
	char node[20];
	struct manx_store *store;
	struct manx_ipam_cache *cache;
};

static int fill(void *ctx, const struct manx_ipam_result *res, struct manx_txn *txn,
		const char **endpoint_key, struct manx_error *err)
{
	static char key[80];
	char value[300], text[MANX_ADDR_STRLEN];
	struct slot *slot = ctx;

	(void)err;
	snprintf(key, sizeof(key), "e/%.15s/default/%s", strchr(slot->handle, '.') + 1,
		 slot->handle);
	snprintf(value, sizeof(value), "{\"metadata\":{\"annotations\":{\"manx.io/handle\":\"%s\"}},"
		 "\"spec\":{\"ipNetworks\":[\"%s/32\"]}}", slot->handle,
		 manx_addr_format(&res->addr[0], text));
	manx_txn_put(txn, key, value);
	*endpoint_key = key;
	return 0;
}

/* True for what may happen to who has done nothing wrong. */
static int is_fair(int ret)
{
	return !ret || ret == -ENOSPC || ret == -EAGAIN || ret == -ESHUTDOWN;
}

static int fault(const struct worker *w, const char *what, const struct manx_error *err)
{
	fprintf(stderr, "process %d: %s: %s\n", w->number, what, err->text);
	return 1;
}

static int put(struct manx_store *store, const char *key, const char *value,
	       struct manx_error *err)
{
	struct manx_txn *txn = manx_txn_new();
	int ret;

	manx_txn_guard_absent(txn, key);
	manx_txn_put(txn, key, value);
	ret = manx_store_commit(store, txn, NULL, err);
	manx_txn_free(txn);
	return ret == -EAGAIN ? 0 : ret;
}

/* As manxd does when it begins: the node has a record. It may be gone again at once. */
static int begin(struct worker *w)
{
	struct manx_error err = { 0 };
	int ret = 0;

	if (w->number % 2)	/* reads everything each time */
		return 0;
	if (w->number == DOOMED)
		ret = put(w->store, "r/nodes/" GONER,
			  "{\"apiVersion\":\"projectcalico.org/v3\",\"kind\":\"Node\","
			  "\"metadata\":{\"name\":\"" GONER "\"},\"spec\":{}}", &err);
	manx_ipam_cache_free(w->cache);
	w->cache = manx_ipam_cache_new(w->store, w->node);
	if (!ret)
		ret = manx_ipam_claim_ahead(w->store, w->cache, &err);
	return is_fair(ret) ? 0 : fault(w, "begin", &err);
}

/* Who was told that its node was removed must not go on with what it knows. */
static int begin_anew(struct worker *w, int ret)
{
	return ret == -ESHUTDOWN && w->cache ? begin(w) : 0;
}

static int add(struct worker *w, struct slot *slot)
{
	char uid[MANX_UID_LEN + 1];
	struct manx_ipam_request req = {
		.node = w->node, .handle = slot->handle, .uid = uid,
		.use = MANX_USE_WORKLOAD, .want4 = true,
	};
	struct manx_ipam_job job = { .req = &req, .fill = fill, .ctx = slot };
	struct shared *s = w->t->shared;

	manx_uid_new(uid, NULL);
	snprintf(slot->handle, sizeof(slot->handle), "h%d-%lu.%s", w->number,
		 ++s->made[w->number], w->node);
	slot->state = ASKING;
	manx_ipam_assign_batch(w->store, w->cache, &job, 1);
	if (!is_fair(job.ret))
		return fault(w, slot->handle, &job.err);
	slot->addr = job.res.addr[0];
	slot->state = job.ret ? NONE : HELD;
	__atomic_add_fetch(&s->given, !job.ret, __ATOMIC_RELAXED);
	return begin_anew(w, job.ret);
}

static int del(struct worker *w, struct slot *slot)
{
	struct manx_ipam_return ret = { .handle = slot->handle };

	slot->state = ENDING;
	manx_ipam_release_batch(w->store, w->cache, &ret, 1);
	if (!is_fair(ret.ret))
		return fault(w, slot->handle, &ret.err);
	if (!ret.ret)
		slot->state = NONE;
	__atomic_add_fetch(&w->t->shared->taken, 1, __ATOMIC_RELAXED);
	return 0;
}

static int has(struct manx_store *store, const char *prefix, const char *rest)
{
	char key[100];

	snprintf(key, sizeof(key), "%s%s", prefix, rest);
	return fixture_value(store, key) != NULL;
}

/* What is gone has left nothing, unless it came again. */
static int is_clean(struct manx_store *store)
{
	return has(store, "r/nodes/", GONER) || has(store, "m/gone/", GONER) ||
	       !(fixture_count(store, "i/" GONER "/") + fixture_count(store, "e/" GONER "/")) ||
	       has(store, "r/nodes/", GONER);
}

/* The node is removed; a pool is made, and deleted. */
static int operate(struct worker *w)
{
	struct manx_error err = { 0 };
	int64_t rev = ipam_rev(w->store, "r/nodes/" GONER);
	int ret = rev ? manx_ipam_remove_node(w->store, GONER, rev, true, &err) : 0;

	if (!is_fair(ret))
		return fault(w, "removal", &err);
	__atomic_add_fetch(&w->t->shared->removed, rev && !ret, __ATOMIC_RELAXED);
	if (!is_clean(w->store) && manx_fail(&err, -EUCLEAN, "something of " GONER " is left"))
		return fault(w, "removal", &err);
	ret = put(w->store, "r/ippools/q", "{\"apiVersion\":\"projectcalico.org/v3\","
		  "\"kind\":\"IPPool\",\"metadata\":{\"name\":\"q\"},\"spec\":{\"cidr\":"
		  "\"10.1.0.0/28\",\"blockSize\":30}}", &err);
	if (ret)
		return fault(w, "pool", &err);
	fixture_sleep((unsigned int)rand_r(&w->seed) % 10);
	ret = manx_ipam_delete_pool(w->store, "q", &err);
	return is_fair(ret) || ret == -EBUSY || ret == -ENOENT ? 0 : fault(w, "pool", &err);
}

static int step(struct worker *w)
{
	struct slot *slot = &w->t->shared->slot[w->number][rand_r(&w->seed) % SLOTS];
	struct manx_error err = { 0 };
	int ret = slot->state == HELD ? del(w, slot) : slot->state == NONE ? add(w, slot) : 0;

	if (ret || !w->cache || rand_r(&w->seed) % 8)
		return ret;
	ret = manx_ipam_claim_ahead(w->store, w->cache, &err);
	return is_fair(ret) ? begin_anew(w, ret) : fault(w, "block", &err);
}

static int work(void *ctx)
{
	struct worker *w = ctx;
	struct manx_error err = { 0 };
	int ret = 0;

	prctl(PR_SET_PDEATHSIG, SIGKILL);	/* at the latest with the test */
	if (w->t->f.conf ? manx_store_open(&w->store, w->t->f.conf, &err)
			 : fixture_sqlite(&w->store, w->t->f.db, &err))
		return fault(w, "store", &err);
	ret = begin(w);
	if (w->number == OPERATOR)	/* what its forerunner has begun */
		manx_ipam_remove_node(w->store, GONER, 0, true, NULL);
	while (!ret)
		ret = w->number == OPERATOR ? operate(w) : step(w);
	return ret;
}

static void start(struct test *t, int number)
{
	struct worker w = { .t = t, .number = number, .seed = t->seed = t->seed * 1103515245 + 12345 };

	if (number == DOOMED)
		strcpy(w.node, GONER);
	else
		snprintf(w.node, sizeof(w.node), "n%d", number / 2 + 1);
	t->pid[number] = fixture_fork(work, &w);
}

static void end(struct test *t, int number)
{
	int status;

	kill(t->pid[number], SIGKILL);
	status = fixture_wait(t->pid[number]);
	t->pid[number] = 0;
	if (status != 128 + SIGKILL)
		fail_msg("process %d ended by itself: %d", number, status);
	for (int i = 0; i < SLOTS; i++) {
		struct slot *slot = &t->shared->slot[number][i];

		if (slot->state != ASKING && slot->state != ENDING)
			continue;
		assert_true(t->n_orphans < ORPHANS);
		strcpy(t->orphan[t->n_orphans++], slot->handle);
		slot->state = NONE;
	}
}

static void report(void *ctx, const struct manx_ipam_problem *problem)
{
	(*(int *)ctx)++;
	print_error("%s %s\n", problem->key, problem->text);
}

/* What "ipam check" says. */
static void check(struct manx_store *store)
{
	struct manx_error err = { 0 };
	struct manx_ipam_view *view;
	int problems = 0;

	if (manx_ipam_view_read(store, &view, &err))
		fail_msg("%s", err.text);
	manx_ipam_view_check(view, report, &problems);
	manx_ipam_view_free(view);
	assert_int_equal(problems, 0);
}

static void verify_held(struct manx_store *store, const struct slot *slot)
{
	char key[MANX_ADDR_STRLEN], whole[100], want[60];
	const char *value;

	snprintf(whole, sizeof(whole), "a/%s", manx_addr_key(&slot->addr, key));
	snprintf(want, sizeof(want), "\"handle\":\"%s\"", slot->handle);
	value = fixture_value(store, whole);
	if (!value || !strstr(value, want))
		fail_msg("%s was told to %s, but is %s", whole, slot->handle, value ? value : "free");
	if (!has(store, "h/", slot->handle))
		fail_msg("%s is gone", slot->handle);
}

/* Nobody works now. What the processes were told is so; nothing else is there. */
static void verify(struct test *t)
{
	struct manx_store *store = t->f.store;
	size_t held = 0;

	assert_true(is_clean(store));
	manx_ipam_remove_node(store, GONER, ipam_rev(store, "r/nodes/" GONER), true, NULL);
	assert_false(has(store, "m/gone/", GONER));
	ipam_assert_sound(store);
	for (size_t i = 0; i < t->n_orphans; i++)
		ipam_release(store, t->orphan[i]);
	t->n_orphans = 0;
	memset(t->shared->slot[DOOMED], 0, sizeof(t->shared->slot[DOOMED]));
	for (int w = 0; w < WORKERS; w++)
		for (int i = 0; i < SLOTS; i++)
			if (t->shared->slot[w][i].state == HELD) {
				verify_held(store, &t->shared->slot[w][i]);
				held++;
			}
	assert_int_equal(fixture_count(store, "a/"), held);
	assert_int_equal(fixture_count(store, "h/"), held);
	assert_int_equal(fixture_count(store, "e/"), held);
	assert_int_equal(fixture_count(store, "i/" GONER "/"), 0);
	ipam_assert_sound(store);
	check(store);
}

static unsigned long setting(const char *name, unsigned long otherwise)
{
	return getenv(name) ? strtoul(getenv(name), NULL, 0) : otherwise;
}

static void run(struct test *t, unsigned long kills)
{
	unsigned int seed = t->seed;

	ipam_pool(t->f.store, "p", "10.0.0.0/27", 29, "");
	for (unsigned long n = 0; n < kills;) {
		for (int i = 0; i < WORKERS; i++)
			start(t, i);
		for (int k = 0; k < PER_ROUND && n < kills; k++, n++) {
			int victim = rand_r(&seed) % WORKERS;

			usleep((useconds_t)(rand_r(&seed) % 10000));
			end(t, victim);
			start(t, victim);
		}
		for (int i = 0; i < WORKERS; i++)
			end(t, i);
		if (t->f.conf)	/* what was sent last may still be on its way */
			fixture_sleep(200);
		verify(t);
	}
	print_message("%lu kills, seed %lu: %lu addresses given, %lu taken back, %lu nodes removed\n",
		      kills, setting("MANX_SEED", 1), t->shared->given, t->shared->taken,
		      t->shared->removed);
	assert_true(t->shared->given > kills && t->shared->removed);
}

static struct etcd etcd;

static int set_up(struct test *t, const struct manx_store_conf *conf)
{
	fixture_make(&t->f, fixture_memory());
	t->f.conf = conf;
	fixture_open(&t->f);
	t->seed = (unsigned int)setting("MANX_SEED", 1);
	t->shared = mmap(NULL, sizeof(*t->shared), PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return t->shared == MAP_FAILED;
}

static int set_up_sqlite(void **state)
{
	*state = calloc(1, sizeof(struct test));
	return !*state || set_up(*state, NULL);
}

static int set_up_etcd(void **state)
{
	static struct manx_store_conf conf;

	etcd_start(&etcd, 1);
	conf = etcd_conf(&etcd);
	*state = calloc(1, sizeof(struct test));
	return !*state || set_up(*state, &conf);
}

static int tear_down(void **state)
{
	struct test *t = *state;

	for (int i = 0; i < WORKERS; i++)
		etcd_kill(t->pid[i]);	/* a test that fails leaves them */
	munmap(t->shared, sizeof(*t->shared));
	fixture_remove(&t->f);
	if (t->f.conf)
		etcd_stop(&etcd);
	free(t);
	return 0;
}

static void test_sqlite(void **state)
{
	run(*state, setting("MANX_KILLS", 1500));
}

static void test_etcd(void **state)
{
	run(*state, setting("MANX_KILLS", 500));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_sqlite, set_up_sqlite, tear_down),
		cmocka_unit_test_setup_teardown(test_etcd, set_up_etcd, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
