/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Inside of the SQLite engine: a connection and its prepared statements.
 *
 * Table kv holds what is, one row a key. Table log holds what happened, one row
 * a written key, numbered within its revision; there is no revision without a
 * row and none is missing between the oldest and the newest, so a reader sees
 * by the first number it gets whether something was trimmed away.
 */
#ifndef MANX_STORE_SQLITE_H
#define MANX_STORE_SQLITE_H

#include <sqlite3.h>

#include "store_file.h"
#include "store_internal.h"

/* Revisions that the log keeps at least; it may hold MANX_LOG_SLACK more. */
#define MANX_LOG_KEEP 10000
#define MANX_LOG_SLACK 128

enum manx_sql {
	MANX_SQL_BEGIN,
	MANX_SQL_BEGIN_WRITE,
	MANX_SQL_COMMIT,
	MANX_SQL_ROLLBACK,
	MANX_SQL_FORMAT,	/* -> value of m/format */
	MANX_SQL_LOG_ENDS,	/* -> oldest and newest revision */
	MANX_SQL_GET,		/* key -> key, value, create_rev, mod_rev */
	MANX_SQL_RANGE,		/* from, to, limit (-1: none) -> as GET, by key */
	MANX_SQL_COUNT,		/* from, to -> number of keys */
	MANX_SQL_CHANGES,	/* rev -> key, value, create_rev, rev of all changes after it */
	MANX_SQL_CHANGED,	/* rev, from, to -> one key that was put after it */
	MANX_SQL_PUT,		/* key, value, rev */
	MANX_SQL_LOG_PUT,	/* rev, n, key */
	MANX_SQL_DEL,		/* key */
	MANX_SQL_LOG_DEL,	/* rev, n, key */
	MANX_SQL_TRIM,		/* last revision to go */
	MANX_SQLS,
};

/**
 * struct manx_sqlite - one connection
 * @base: what every store begins with
 * @db: SQLite's
 * @path: of the database, for messages
 * @files: beside it
 * @stmt: prepared when first used
 */
struct manx_sqlite {
	struct manx_store base;
	sqlite3 *db;
	char *path;
	struct manx_store_files files;
	sqlite3_stmt *stmt[MANX_SQLS];
};

static inline struct manx_sqlite *manx_sqlite(struct manx_store *store)
{
	return (struct manx_sqlite *)store;
}

/* Statement @which, reset and without bindings; NULL: see manx_sql_fail(). */
sqlite3_stmt *manx_sql(struct manx_sqlite *store, enum manx_sql which);
/* Run a statement without bindings and results. 0 or a negative errno. */
int manx_sql_run(struct manx_sqlite *store, enum manx_sql which, struct manx_error *err);
/* What the last call of SQLite on this connection said, as a negative errno with words. */
int manx_sql_fail(struct manx_sqlite *store, struct manx_error *err);
/* End a transaction, by ROLLBACK if @ret is negative. Returns @ret, or why COMMIT failed. */
int manx_sql_end(struct manx_sqlite *store, int ret, struct manx_error *err);

/* Stand in the queue of the writers; -ETIMEDOUT. */
int manx_store_lock(struct manx_sqlite *store, struct manx_error *err);
void manx_store_unlock(struct manx_sqlite *store);

/* Oldest and newest revision in the log; either may be NULL. */
int manx_sql_log_ends(struct manx_sqlite *store, int64_t *oldest, int64_t *newest,
		      struct manx_error *err);
/* Append the row under @stmt (key, value, create_rev, mod_rev) to @kvs. */
int manx_sql_add_row(struct manx_sqlite *store, sqlite3_stmt *stmt, struct manx_kvs *kvs,
		     struct manx_error *err);

/* The parts of manx_sqlite_ops, see struct manx_store_ops. */
int manx_sqlite_get(struct manx_store *store, const char *key, struct manx_kv *kv,
		    struct manx_error *err);
int manx_sqlite_range(struct manx_store *store, const char *from, const char *to, size_t limit,
		      struct manx_kvs *kvs, struct manx_error *err);
int manx_sqlite_scan(struct manx_store *store, const char *from, const char *to,
		     manx_page_fn page, void *ctx, struct manx_error *err);
int manx_sqlite_commit(struct manx_store *store, const struct manx_txn *txn, int64_t *rev,
		       struct manx_error *err);
int manx_sqlite_watch_open(struct manx_store *store, const char *from, const char *to,
			   int64_t rev, struct manx_watch **watch, struct manx_error *err);
int manx_sqlite_watch_fd(const struct manx_watch *watch);
int manx_sqlite_watch_next(struct manx_watch *watch, struct manx_kv *kv, struct manx_error *err);
void manx_sqlite_watch_close(struct manx_watch *watch);

#endif /* MANX_STORE_SQLITE_H */
