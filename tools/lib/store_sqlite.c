// SPDX-License-Identifier: GPL-2.0-only
/*
 * SQLite engine of the datastore: the connection, the statements, reading.
 */
#include "store_sqlite.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const sql[MANX_SQLS] = {
	[MANX_SQL_BEGIN] = "BEGIN",
	[MANX_SQL_BEGIN_WRITE] = "BEGIN IMMEDIATE",
	[MANX_SQL_COMMIT] = "COMMIT",
	[MANX_SQL_ROLLBACK] = "ROLLBACK",
	[MANX_SQL_FORMAT] = "SELECT value FROM kv WHERE key = 'm/format'",
	[MANX_SQL_LOG_ENDS] = "SELECT (SELECT min(rev) FROM log), (SELECT max(rev) FROM log)",
	[MANX_SQL_GET] = "SELECT key, value, create_rev, mod_rev FROM kv WHERE key = ?1",
	[MANX_SQL_RANGE] = "SELECT key, value, create_rev, mod_rev FROM kv"
			   " WHERE key >= ?1 AND key < ?2 ORDER BY key LIMIT ?3",
	[MANX_SQL_COUNT] = "SELECT count(*) FROM kv WHERE key >= ?1 AND key < ?2",
	[MANX_SQL_CHANGES] = "SELECT key, value, create_rev, rev FROM log"
			     " WHERE rev > ?1 ORDER BY rev, n",
	[MANX_SQL_CHANGED] = "SELECT key FROM kv"
			     " WHERE mod_rev > ?1 AND key >= ?2 AND key < ?3 LIMIT 1",
	[MANX_SQL_PUT] = "INSERT INTO kv (key, value, create_rev, mod_rev) VALUES (?1, ?2, ?3, ?3)"
			 " ON CONFLICT (key) DO UPDATE"
			 " SET value = excluded.value, mod_rev = excluded.mod_rev",
	[MANX_SQL_LOG_PUT] = "INSERT INTO log (rev, n, key, value, create_rev)"
			     " SELECT ?1, ?2, key, value, create_rev FROM kv WHERE key = ?3",
	[MANX_SQL_DEL] = "DELETE FROM kv WHERE key = ?1",
	[MANX_SQL_LOG_DEL] = "INSERT INTO log (rev, n, key, value, create_rev)"
			     " VALUES (?1, ?2, ?3, NULL, 0)",
	[MANX_SQL_TRIM] = "DELETE FROM log WHERE rev <= ?1",
};

sqlite3_stmt *manx_sql(struct manx_sqlite *store, enum manx_sql which)
{
	sqlite3_stmt **stmt = &store->stmt[which];

	if (!*stmt)
		sqlite3_prepare_v3(store->db, sql[which], -1, SQLITE_PREPARE_PERSISTENT, stmt,
				   NULL);
	else
		sqlite3_clear_bindings(*stmt);
	return *stmt;
}

static int fail_full(struct manx_sqlite *store, struct manx_error *err)
{
	return manx_fail(err, -ENOSPC,
			 "database %s: no space left on the disk: free some; what is in use can still be released",
			 store->path);
}

int manx_sql_fail(struct manx_sqlite *store, struct manx_error *err)
{
	const char *path = store->path;

	switch (sqlite3_errcode(store->db)) {
	case SQLITE_FULL:
		return fail_full(store, err);
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return manx_fail(err, -ETIMEDOUT,
				 "database %s: locked for more than %d s: see who has it open (fuser %s)",
				 path, MANX_STORE_WAIT_MS / 1000, path);
	case SQLITE_READONLY:
		return manx_fail(err, -EROFS,
				 "database %s: cannot be written: check its mode and its file system",
				 path);
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return manx_fail(err, -EUCLEAN,
				 "database %s: damaged, or no database (%s): put a copy that was saved in its place, or move it away to begin anew",
				 path, sqlite3_errmsg(store->db));
	case SQLITE_NOMEM:
		return manx_fail(err, -ENOMEM, "database %s: out of memory", path);
	case SQLITE_TOOBIG:
		return manx_fail(err, -E2BIG, "database %s: value too large", path);
	default:
		if (sqlite3_system_errno(store->db) == ENOSPC)
			return fail_full(store, err);
		return manx_fail(err, -EIO, "database %s: %s", path, sqlite3_errmsg(store->db));
	}
}

int manx_sql_run(struct manx_sqlite *store, enum manx_sql which, struct manx_error *err)
{
	sqlite3_stmt *stmt = manx_sql(store, which);

	if (!stmt)
		return manx_sql_fail(store, err);
	sqlite3_step(stmt);
	return sqlite3_reset(stmt) == SQLITE_OK ? 0 : manx_sql_fail(store, err);
}

int manx_sql_end(struct manx_sqlite *store, int ret, struct manx_error *err)
{
	if (ret >= 0) {
		int commit = manx_sql_run(store, MANX_SQL_COMMIT, err);

		ret = commit ? commit : ret;
	}
	/* some errors have rolled back already */
	if (ret < 0 && !sqlite3_get_autocommit(store->db))
		manx_sql_run(store, MANX_SQL_ROLLBACK, NULL);
	return ret;
}

int manx_sql_log_ends(struct manx_sqlite *store, int64_t *oldest, int64_t *newest,
		      struct manx_error *err)
{
	sqlite3_stmt *stmt = manx_sql(store, MANX_SQL_LOG_ENDS);

	if (!stmt)
		return manx_sql_fail(store, err);
	if (sqlite3_step(stmt) == SQLITE_ROW) {
		if (oldest)
			*oldest = sqlite3_column_int64(stmt, 0);
		if (newest)
			*newest = sqlite3_column_int64(stmt, 1);
	}
	return sqlite3_reset(stmt) == SQLITE_OK ? 0 : manx_sql_fail(store, err);
}

/* Columns key, value, create_rev, mod_rev. */
static int read_row(struct manx_sqlite *store, sqlite3_stmt *stmt, struct manx_kv *kv,
		    struct manx_error *err)
{
	const char *key = (const char *)sqlite3_column_text(stmt, 0);
	const char *value = (const char *)sqlite3_column_text(stmt, 1);

	if (key && manx_kv_set(kv, key, value, sqlite3_column_int64(stmt, 2),
			       sqlite3_column_int64(stmt, 3)) == 0)
		return 0;
	return manx_fail(err, -ENOMEM, "database %s: out of memory", store->path);
}

int manx_sql_add_row(struct manx_sqlite *store, sqlite3_stmt *stmt, struct manx_kvs *kvs,
		     struct manx_error *err)
{
	struct manx_kv *kv = manx_kvs_grow(kvs);

	if (!kv)
		return manx_fail(err, -ENOMEM, "database %s: out of memory", store->path);
	return read_row(store, stmt, kv, err);
}

int manx_sqlite_get(struct manx_store *base, const char *key, struct manx_kv *kv,
		    struct manx_error *err)
{
	struct manx_sqlite *store = manx_sqlite(base);
	sqlite3_stmt *stmt = manx_sql(store, MANX_SQL_GET);
	int ret = -ENOENT;

	if (!stmt)
		return manx_sql_fail(store, err);
	sqlite3_bind_text(stmt, 1, key, -1, SQLITE_STATIC);
	if (sqlite3_step(stmt) == SQLITE_ROW)
		ret = read_row(store, stmt, kv, err);
	if (sqlite3_reset(stmt) == SQLITE_OK)
		return ret;
	manx_kv_clear(kv);
	return manx_sql_fail(store, err);
}

static int read_range(struct manx_sqlite *store, const char *from, const char *to, size_t limit,
		      struct manx_kvs *kvs, struct manx_error *err)
{
	sqlite3_stmt *stmt = manx_sql(store, MANX_SQL_RANGE);
	int ret = 0;

	if (!stmt)
		return manx_sql_fail(store, err);
	sqlite3_bind_text(stmt, 1, from, -1, SQLITE_STATIC);
	sqlite3_bind_text(stmt, 2, to, -1, SQLITE_STATIC);
	sqlite3_bind_int64(stmt, 3, limit ? (sqlite3_int64)limit : -1);
	while (!ret && sqlite3_step(stmt) == SQLITE_ROW)
		ret = manx_sql_add_row(store, stmt, kvs, err);
	if (sqlite3_reset(stmt) != SQLITE_OK && !ret)
		ret = manx_sql_fail(store, err);
	return ret;
}

int manx_sqlite_range(struct manx_store *base, const char *from, const char *to, size_t limit,
		      struct manx_kvs *kvs, struct manx_error *err)
{
	struct manx_sqlite *store = manx_sqlite(base);
	int ret = manx_sql_run(store, MANX_SQL_BEGIN, err);

	if (ret)
		return ret;
	ret = manx_sql_log_ends(store, NULL, &kvs->rev, err);
	if (!ret)
		ret = read_range(store, from, to, limit, kvs, err);
	return manx_sql_end(store, ret, err);
}

static int count_keys(struct manx_sqlite *store, const char *from, const char *to, size_t *n,
		      struct manx_error *err)
{
	sqlite3_stmt *stmt = manx_sql(store, MANX_SQL_COUNT);

	if (!stmt)
		return manx_sql_fail(store, err);
	sqlite3_bind_text(stmt, 1, from, -1, SQLITE_STATIC);
	sqlite3_bind_text(stmt, 2, to, -1, SQLITE_STATIC);
	if (sqlite3_step(stmt) == SQLITE_ROW)
		*n = (size_t)sqlite3_column_int64(stmt, 0);
	return sqlite3_reset(stmt) == SQLITE_OK ? 0 : manx_sql_fail(store, err);
}

/* Into @next: what a page after @last, the last key of another, begins with. */
static int begin_after(struct manx_sqlite *store, const char *last, char next[MANX_KEY_MAX + 2],
		       struct manx_error *err)
{
	/* nothing that a key may hold sorts before a blank */
	if (snprintf(next, MANX_KEY_MAX + 2, "%s ", last) < MANX_KEY_MAX + 2)
		return 0;
	return manx_fail(err, -EUCLEAN, "%s: holds a key that is none", store->base.name);
}

/* In one transaction, which is one revision. */
static int scan_pages(struct manx_sqlite *store, const char *from, const char *to,
		      manx_page_fn page, void *ctx, struct manx_error *err)
{
	char next[MANX_KEY_MAX + 2];
	size_t total = 0, n = MANX_STORE_PAGE;
	int64_t rev = 0;
	int ret = manx_sql_log_ends(store, NULL, &rev, err);

	if (!ret)
		ret = count_keys(store, from, to, &total, err);
	while (!ret && n == MANX_STORE_PAGE) {
		struct manx_kvs kvs = { .rev = rev };

		ret = read_range(store, from, to, MANX_STORE_PAGE, &kvs, err);
		n = kvs.n;
		if (!ret && n)
			ret = begin_after(store, kvs.kv[n - 1].key, next, err);
		from = next;
		if (!ret)
			ret = page(ctx, &kvs, total, err);
		manx_kvs_clear(&kvs);
	}
	return ret;
}

int manx_sqlite_scan(struct manx_store *base, const char *from, const char *to,
		     manx_page_fn page, void *ctx, struct manx_error *err)
{
	struct manx_sqlite *store = manx_sqlite(base);
	int ret = manx_sql_run(store, MANX_SQL_BEGIN, err);

	if (ret)
		return ret;
	ret = scan_pages(store, from, to, page, ctx, err);
	return manx_sql_end(store, ret, err);
}
