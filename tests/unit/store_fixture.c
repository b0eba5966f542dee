// SPDX-License-Identifier: GPL-2.0-only
#include "store_fixture.h"

#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <setjmp.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

const char *fixture_memory(void)
{
	return access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm";
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

static void remove_tree(const char *dir)
{
	nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* Directories in @base whose makers were killed: those of "manx-WHAT-PID-...". */
static void sweep(const char *base)
{
	const struct dirent *entry;
	DIR *dir = opendir(base);

	while (dir && (entry = readdir(dir))) {
		int pid, end = 0;
		char path[300];

		sscanf(entry->d_name, "manx-%*[a-z]-%d-%n", &pid, &end);
		if (!end || pid <= 0 || !kill(pid, 0) || errno != ESRCH)
			continue;
		snprintf(path, sizeof(path), "%s/%s", base, entry->d_name);
		remove_tree(path);
	}
	if (dir)
		closedir(dir);
}

void fixture_dir(char dir[64], const char *base, const char *what)
{
	sweep(base);
	snprintf(dir, 64, "%s/manx-%s-%d-XXXXXX", base, what, getpid());
	if (!mkdtemp(dir))
		fail_msg("%s cannot be made", dir);
}

void fixture_make(struct fixture *f, const char *base)
{
	fixture_dir(f->dir, base, "unit");
	snprintf(f->db, sizeof(f->db), "%s/manx.db", f->dir);
	f->conf = NULL;
	f->store = NULL;
}

void fixture_wipe(struct fixture *f)
{
	struct manx_error err = { 0 };
	struct manx_kvs kvs;

	if (manx_store_list(f->store, "", &kvs, &err))
		fail_msg("%s", err.text);
	for (size_t i = 0; i < kvs.n;) {
		struct manx_txn *txn = manx_txn_new();

		/* these are what else every write compares */
		manx_txn_del(txn, "m/format");
		manx_txn_del(txn, "m/guid");
		manx_txn_del(txn, "m/lock");
		for (int n = 0; n < 100 && i < kvs.n; n++, i++)
			if (strncmp(kvs.kv[i].key, "m/", 2))
				manx_txn_del(txn, kvs.kv[i].key);
		if (manx_store_commit(f->store, txn, NULL, &err))
			fail_msg("%s", err.text);
		manx_txn_free(txn);
	}
	manx_kvs_clear(&kvs);
	manx_store_close(f->store);
	f->store = NULL;
}

int fixture_sqlite(struct manx_store **store, const char *path, struct manx_error *err)
{
	return manx_store_open(store, &(struct manx_store_conf){ .sqlite = (char *)path }, err);
}

void fixture_open(struct fixture *f)
{
	struct manx_error err = { 0 };

	if (f->conf ? manx_store_open(&f->store, f->conf, &err)
		    : fixture_sqlite(&f->store, f->db, &err))
		fail_msg("%s", err.text);
}

void fixture_remove(struct fixture *f)
{
	manx_store_close(f->store);
	remove_tree(f->dir);
}

int fixture_setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	if (!f)
		return -1;
	fixture_make(f, fixture_memory());
	fixture_open(f);
	*state = f;
	return 0;
}

int fixture_teardown(void **state)
{
	fixture_remove(*state);
	free(*state);
	return 0;
}

pid_t fixture_fork(int (*fn)(void *ctx), void *ctx)
{
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid < 0)
		fail_msg("fork: errno %d", errno);
	if (pid == 0)
		_exit(fn(ctx));
	return pid;
}

int fixture_wait(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return 255;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int64_t fixture_put(struct manx_store *store, const char *key, const char *value)
{
	struct manx_txn *txn = manx_txn_new();
	struct manx_error err = { 0 };
	int64_t rev = 0;

	if (value)
		manx_txn_put(txn, key, value);
	else
		manx_txn_del(txn, key);
	if (manx_store_commit(store, txn, &rev, &err))
		fail_msg("%s: %s", key, err.text);
	manx_txn_free(txn);
	return rev;
}

const char *fixture_value(struct manx_store *store, const char *key)
{
	static char text[4096];
	struct manx_error err = { 0 };
	struct manx_kv kv;
	int ret = manx_store_get(store, key, &kv, &err);

	if (ret == -ENOENT)
		return NULL;
	if (ret)
		fail_msg("%s: %s", key, err.text);
	snprintf(text, sizeof(text), "%s", kv.value);
	manx_kv_clear(&kv);
	return text;
}

size_t fixture_count(struct manx_store *store, const char *prefix)
{
	struct manx_error err = { 0 };
	struct manx_kvs kvs;
	size_t n;

	if (manx_store_list(store, prefix, &kvs, &err))
		fail_msg("%s: %s", prefix, err.text);
	n = kvs.n;
	manx_kvs_clear(&kvs);
	return n;
}

void fixture_sql(const char *db, const char *sql)
{
	sqlite3 *other;

	if (sqlite3_open(db, &other) || sqlite3_exec(other, sql, NULL, NULL, NULL))
		fail_msg("%s: %s", sql, sqlite3_errmsg(other));
	sqlite3_close(other);
}

/* SQL to be run before the next transaction, see fixture_interfere(). */
static struct {
	const char *db;
	char *sql[2];
	size_t n;
} interference;

static int before_statement(unsigned int type, void *ctx, void *stmt, void *text)
{
	size_t n = interference.n;

	(void)type, (void)ctx, (void)stmt;
	if (strcmp(text, "BEGIN IMMEDIATE"))
		return 0;
	interference.n = 0;
	for (size_t i = 0; i < n; i++) {
		fixture_sql(interference.db, interference.sql[i]);
		sqlite3_free(interference.sql[i]);
	}
	return 0;
}

static int listen_to(sqlite3 *db, char **message, const struct sqlite3_api_routines *api)
{
	(void)message, (void)api;
	return sqlite3_trace_v2(db, SQLITE_TRACE_STMT, before_statement, NULL);
}

void fixture_listen(void)
{
	sqlite3_auto_extension((void (*)(void))listen_to);
}

void fixture_interfere(const char *db, const char *key, const char *value)
{
	static const char *const put =
		"BEGIN; INSERT INTO log SELECT max(rev) + 1, 0, %Q, %Q, max(rev) + 1 FROM log;"
		" INSERT OR REPLACE INTO kv SELECT key, value, rev, rev FROM log"
		" ORDER BY rev DESC LIMIT 1; COMMIT";
	static const char *const del =
		"BEGIN; INSERT INTO log SELECT max(rev) + 1, 0, %Q, NULL, 0 FROM log;"
		" DELETE FROM kv WHERE key = %Q; COMMIT";

	assert_true(interference.n < 2);
	interference.db = db;
	interference.sql[interference.n++] = value ? sqlite3_mprintf(put, key, value)
						   : sqlite3_mprintf(del, key, key);
}

bool fixture_interfered(void)
{
	return interference.n == 0;
}

double fixture_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1e3 + now.tv_nsec / 1e6;
}

void fixture_sleep(unsigned int ms)
{
	struct timespec left = { ms / 1000, ms % 1000 * 1000000L };

	while (nanosleep(&left, &left) && errno == EINTR)
		;
}
