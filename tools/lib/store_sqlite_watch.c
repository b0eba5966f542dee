// SPDX-License-Identifier: GPL-2.0-only
/*
 * SQLite engine of the datastore: following the log.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "store_sqlite.h"

/* Changes read at once; the last revision is always read to its end. */
#define BATCH 256

/* For a writer that died between its commit and its notification. */
#define LOOK_SECONDS 2

/**
 * struct manx_log_watch - a reader of the log
 * @base: what every watch begins with
 * @store: whose log
 * @from, @to: keys that are handed out
 * @epoll: what the caller waits for: @inotify or @timer
 * @inotify: on <db>-notify
 * @timer: fires at once, then every LOOK_SECONDS
 * @rev: everything up to here has been read
 * @batch: changes that were read
 * @next: the first in @batch that was not handed out
 */
struct manx_log_watch {
	struct manx_watch base;
	struct manx_sqlite *store;
	char *from, *to;
	int epoll, inotify, timer;
	int64_t rev;
	struct manx_kvs batch;
	size_t next;
};

static int watch_file(struct manx_log_watch *watch)
{
	char notify[PATH_MAX];
	int n = snprintf(notify, sizeof(notify), "%s-notify", watch->store->path);

	if (n < 0 || (size_t)n >= sizeof(notify))
		return -ENAMETOOLONG;
	watch->inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (watch->inotify < 0 ||
	    inotify_add_watch(watch->inotify, notify, IN_MODIFY) < 0)
		return -errno;
	return 0;
}

static int start_timer(struct manx_log_watch *watch)
{
	const struct itimerspec when = { { LOOK_SECONDS, 0 }, { 0, 1 } };

	watch->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (watch->timer < 0 || timerfd_settime(watch->timer, 0, &when, NULL))
		return -errno;
	return 0;
}

static int join(struct manx_log_watch *watch)
{
	struct epoll_event event = { .events = EPOLLIN };

	watch->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (watch->epoll < 0 ||
	    epoll_ctl(watch->epoll, EPOLL_CTL_ADD, watch->inotify, &event) ||
	    epoll_ctl(watch->epoll, EPOLL_CTL_ADD, watch->timer, &event))
		return -errno;
	return 0;
}

static int prepare(struct manx_log_watch *watch, const char *from, const char *to)
{
	int ret;

	watch->from = strdup(from);
	watch->to = strdup(to);
	if (!watch->from || !watch->to)
		return -ENOMEM;
	ret = watch_file(watch);
	if (!ret)
		ret = start_timer(watch);
	return ret ? ret : join(watch);
}

int manx_sqlite_watch_open(struct manx_store *store, const char *from, const char *to,
			   int64_t rev, struct manx_watch **watch, struct manx_error *err)
{
	struct manx_log_watch *w = malloc(sizeof(*w));
	int ret;

	if (!w)
		return manx_fail(err, -ENOMEM, "watch: out of memory");
	*w = (struct manx_log_watch){
		.base = { store->ops }, .store = manx_sqlite(store),
		.epoll = -1, .inotify = -1, .timer = -1, .rev = rev,
	};
	ret = prepare(w, from, to);
	if (!ret) {
		*watch = &w->base;
		return 0;
	}
	manx_sqlite_watch_close(&w->base);
	if (ret == -EMFILE)
		return manx_fail(err, ret,
				 "watch: too many files or inotify instances: raise fs.inotify.max_user_instances (sysctl)");
	return manx_fail_errno(err, ret, "watch of %s", store->name);
}

int manx_sqlite_watch_fd(const struct manx_watch *watch)
{
	return ((const struct manx_log_watch *)watch)->epoll;
}

/* Before the log is read, so that what comes after it makes the descriptor readable. */
static void drain(struct manx_log_watch *watch)
{
	char events[4096] __attribute__((aligned(8)));
	uint64_t ticks;
	ssize_t n;

	do
		n = read(watch->inotify, events, sizeof(events));
	while (n > 0);
	n = read(watch->timer, &ticks, sizeof(ticks));
	(void)n;
}

/* Whole revisions into the batch. They have no gap, so the first must be the next one. */
static int read_changes(struct manx_log_watch *watch, struct manx_error *err)
{
	struct manx_sqlite *store = watch->store;
	sqlite3_stmt *stmt = manx_sql(store, MANX_SQL_CHANGES);
	struct manx_kvs *batch = &watch->batch;
	int ret = 0;

	if (!stmt)
		return manx_sql_fail(store, err);
	sqlite3_bind_int64(stmt, 1, watch->rev);
	batch->rev = watch->rev;
	while (!ret && sqlite3_step(stmt) == SQLITE_ROW) {
		const char *key = (const char *)sqlite3_column_text(stmt, 0);
		int64_t rev = sqlite3_column_int64(stmt, 3);

		if (rev > batch->rev + 1)
			ret = -ESTALE;
		else if (batch->n >= BATCH && rev != batch->rev)
			break;
		batch->rev = rev;
		if (!ret && key && strcmp(key, watch->from) >= 0 && strcmp(key, watch->to) < 0)
			ret = manx_sql_add_row(store, stmt, batch, err);
	}
	if (sqlite3_reset(stmt) != SQLITE_OK && !ret)
		ret = manx_sql_fail(store, err);
	return ret;
}

/* The log of another history may end before what was read of this one. */
static int check_reach(struct manx_log_watch *watch, struct manx_error *err)
{
	int64_t newest;
	int ret;

	if (watch->batch.rev > watch->rev)
		return 0;
	ret = manx_sql_log_ends(watch->store, NULL, &newest, err);
	if (ret)
		return ret;
	return newest >= watch->rev ? 0 : -ESTALE;
}

static int fill(struct manx_log_watch *watch, struct manx_error *err)
{
	struct manx_sqlite *store = watch->store;
	int ret;

	manx_kvs_clear(&watch->batch);
	watch->next = 0;
	ret = manx_sql_run(store, MANX_SQL_BEGIN, err);
	if (ret)
		return ret;
	ret = read_changes(watch, err);
	if (!ret)
		ret = check_reach(watch, err);
	ret = manx_sql_end(store, ret, err);
	if (!ret) {
		watch->rev = watch->batch.rev;
		return 0;
	}
	manx_kvs_clear(&watch->batch);
	if (ret == -ESTALE)
		manx_fail(err, ret,
			  "database %s: changes after revision %lld are not kept any more",
			  store->path, (long long)watch->rev);
	return ret;
}

int manx_sqlite_watch_next(struct manx_watch *base, struct manx_kv *kv, struct manx_error *err)
{
	struct manx_log_watch *watch = (struct manx_log_watch *)base;

	if (watch->next == watch->batch.n) {
		int ret;

		drain(watch);
		ret = fill(watch, err);
		if (ret || !watch->batch.n)
			return ret;
	}
	*kv = watch->batch.kv[watch->next];
	watch->batch.kv[watch->next++] = (struct manx_kv){ 0 };
	return 1;
}

void manx_sqlite_watch_close(struct manx_watch *base)
{
	struct manx_log_watch *watch = (struct manx_log_watch *)base;

	manx_kvs_clear(&watch->batch);
	if (watch->epoll >= 0)
		close(watch->epoll);
	if (watch->inotify >= 0)
		close(watch->inotify);
	if (watch->timer >= 0)
		close(watch->timer);
	free(watch->from);
	free(watch->to);
	free(watch);
}
