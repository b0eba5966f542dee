// SPDX-License-Identifier: GPL-2.0-only
/*
 * The datastore in an etcd of three members, of which one dies, or stands still, in
 * the middle of a request: nothing that was acknowledged is lost, nothing is done
 * twice, and the next success is not far.
 *
 * MANX_FAILOVERS (default 3) is how often.
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
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "etcd_fixture.h"
#include "store_etcd.h"
#include "store_fixture.h"

/*
 * Until a commit succeeds, ms, if etcd has a leader again in the time that this takes on
 * an idle machine. Where it takes longer the commit may as much.
 */
#define GAP_MAX 3000
#define ELECTION_MAX 2000
#define PATIENCE 30000

enum fault { KILL_LEADER, STOP_LEADER, KILL_MINE, FAULTS };

static const char *const fault_name[FAULTS] = {
	"leader killed", "leader paused", "our member killed",
};

/**
 * struct world - the test
 * @n: keys that were acknowledged
 * @n_seen: of them, those that the watch has told
 */
struct world {
	struct etcd etcd;
	struct manx_store *store;
	struct manx_watch *watch;
	int n, n_seen;
};

static void follow(struct world *w)
{
	struct manx_error err = { 0 };
	struct manx_kv kv;
	char key[32];
	int ret;

	while ((ret = manx_watch_next(w->watch, &kv, &err)) == 1) {
		snprintf(key, sizeof(key), "k/%d", w->n_seen++);
		assert_string_equal(kv.key, key);
		manx_kv_clear(&kv);
	}
	if (ret)
		fail_msg("%s", err.text);
}

/* One key that must be new, with a value that says who wrote it; how long it took, ms. */
static double put_next(struct world *w)
{
	struct manx_txn *txn = manx_txn_new();
	struct manx_error err = { 0 };
	char key[32], value[64];
	double start = fixture_ms(), ms;

	snprintf(key, sizeof(key), "k/%d", w->n);
	snprintf(value, sizeof(value), "{\"uid\":\"%d.%d\"}", getpid(), w->n);
	manx_txn_guard_absent(txn, key);
	manx_txn_put(txn, key, value);
	if (manx_store_commit(w->store, txn, NULL, &err))
		fail_msg("%s: %s", key, err.text);
	ms = fixture_ms() - start;
	manx_txn_free(txn);
	w->n++;
	follow(w);
	return ms;
}

/**
 * struct strike - what befalls a member
 * @ms: from now
 * @witness: client's port of another member
 * @back: pipe that is told when the witness has taken a write again, ms from the strike
 */
struct strike {
	pid_t pid;
	int signal;
	unsigned int ms;
	int witness;
	int back[2];
};

/* From another process, so that it hits in the middle of something. */
static int strike(void *ctx)
{
	struct strike *s = ctx;
	char command[160];
	double start, ms;
	int status;

	snprintf(command, sizeof(command),
		 "ETCDCTL_API=3 etcdctl --endpoints 127.0.0.1:%d --command-timeout 500ms"
		 " put witness 1 >/dev/null 2>&1", s->witness);
	fixture_sleep(s->ms);
	start = fixture_ms();
	if (kill(s->pid, s->signal))
		return 1;
	do {
		status = system(command);
		ms = fixture_ms() - start;
	} while (status && ms < PATIENCE);
	return status || write(s->back[1], &ms, sizeof(ms)) != sizeof(ms);
}

/* Put keys until @pid ends and a little longer; the longest that one took. */
static double put_until(struct world *w, pid_t pid)
{
	double gap = 0, end = 0;
	int status;

	while (!end || fixture_ms() < end) {
		double one = put_next(w);

		gap = one > gap ? one : gap;
		if (!end && waitpid(pid, &status, WNOHANG) == pid) {
			assert_int_equal(status, 0);
			end = fixture_ms() + 300;
		}
	}
	return gap;
}

static size_t victim(struct world *w, enum fault fault)
{
	return fault == KILL_MINE ? manx_store_etcd(w->store)->at : etcd_leader(&w->etcd);
}

static void recover(struct world *w, size_t i, enum fault fault)
{
	if (fault == STOP_LEADER) {
		kill(w->etcd.member[i].pid, SIGCONT);
	} else {
		etcd_member_kill(&w->etcd, i);
		etcd_member_start(&w->etcd, i);
	}
	etcd_settle(&w->etcd);
}

/* How long no commit succeeded, ms, less what etcd's election took longer than usual. */
static double fail_over(struct world *w, enum fault fault)
{
	size_t i = victim(w, fault);
	struct strike s = {
		.pid = w->etcd.member[i].pid, .signal = fault == STOP_LEADER ? SIGSTOP : SIGKILL,
		.ms = 50 + (unsigned int)rand() % 50,
		.witness = w->etcd.member[(i + 1) % w->etcd.n].client,
	};
	double gap, back;

	assert_int_equal(pipe(s.back), 0);
	gap = put_until(w, fixture_fork(strike, &s));
	assert_int_equal(read(s.back[0], &back, sizeof(back)), sizeof(back));
	close(s.back[0]);
	close(s.back[1]);
	recover(w, i, fault);
	print_message("%s: %.0f ms without a success, etcd itself %.0f ms\n", fault_name[fault],
		      gap, back);
	return back > ELECTION_MAX ? gap - (back - ELECTION_MAX) : gap;
}

static void assert_all_there(struct world *w)
{
	struct manx_kvs kvs;
	char value[64];
	double start = fixture_ms();

	assert_int_equal(manx_store_list(w->store, "k/", &kvs, NULL), 0);
	assert_int_equal(kvs.n, w->n);
	for (size_t i = 0; i < kvs.n; i++) {
		snprintf(value, sizeof(value), "{\"uid\":\"%d.%s\"}", getpid(), kvs.kv[i].key + 2);
		assert_string_equal(kvs.kv[i].value, value);
		assert_int_equal(kvs.kv[i].create_rev, kvs.kv[i].mod_rev);
	}
	manx_kvs_clear(&kvs);
	while (w->n_seen < w->n && fixture_ms() - start < 20000) {
		struct pollfd p = { .fd = manx_watch_fd(w->watch), .events = POLLIN };

		poll(&p, 1, 200);
		follow(w);
	}
	assert_int_equal(w->n_seen, w->n);
}

static void test_failover(void **state)
{
	const char *count = getenv("MANX_FAILOVERS");
	int rounds = count && *count ? atoi(count) : FAULTS;
	double longest = 0;
	struct manx_error err = { 0 };
	struct manx_store_conf conf;
	struct world w = { 0 };

	(void)state;
	etcd_start(&w.etcd, 3);
	conf = etcd_conf(&w.etcd);
	etcd_settle(&w.etcd);
	if (manx_store_open(&w.store, &conf, &err) ||
	    manx_watch_open(w.store, "k/", "k0", fixture_put(w.store, "begin", "{}"), &w.watch, &err))
		fail_msg("%s", err.text);
	for (int i = 0; i < rounds; i++) {
		double ms = fail_over(&w, i % FAULTS);

		longest = ms > longest ? ms : longest;
	}
	assert_all_there(&w);
	print_message("%d commits\n", w.n);
	assert_in_range(longest, 0, GAP_MAX);
	manx_watch_close(w.watch);
	manx_store_close(w.store);
	etcd_stop(&w.etcd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_failover),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
