// SPDX-License-Identifier: GPL-2.0-only
/*
 * SQLite engine of the datastore: opening a database, making a new one.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store_sqlite.h"

/* In the file's header, so that another program's database is never taken for ours: "manx". */
#define APPLICATION_ID 0x6d616e78
#define APPLICATION_ID_TEXT "1835101816"

/*
 * Rows are kept in the tree of their key (WITHOUT ROWID): one page to write for
 * each key instead of two.
 */
static const char schema[] =
	"CREATE TABLE kv ("
	"	key TEXT NOT NULL PRIMARY KEY,"
	"	value TEXT NOT NULL,"
	"	create_rev INTEGER NOT NULL,"
	"	mod_rev INTEGER NOT NULL"
	") WITHOUT ROWID, STRICT;"
	"CREATE TABLE log ("
	"	rev INTEGER NOT NULL,"
	"	n INTEGER NOT NULL,"
	"	key TEXT NOT NULL,"
	"	value TEXT,"
	"	create_rev INTEGER NOT NULL,"
	"	PRIMARY KEY (rev, n)"
	") WITHOUT ROWID, STRICT;"
	"INSERT INTO kv VALUES"
	"	('m/format', '" MANX_STORE_FORMAT_TEXT "', 1, 1),"
	"	('m/guid', format('{\"guid\":\"%s\"}', lower(hex(randomblob(16)))), 1, 1);"
	"INSERT INTO log SELECT 1, key = 'm/guid', key, value, 1 FROM kv;"
	"PRAGMA application_id = " APPLICATION_ID_TEXT;

static int exec(struct manx_sqlite *store, const char *text, struct manx_error *err)
{
	if (sqlite3_exec(store->db, text, NULL, NULL, NULL) == SQLITE_OK)
		return 0;
	return manx_sql_fail(store, err);
}

/* First column of the first row of @text, a number. */
static int query(struct manx_sqlite *store, const char *text, int64_t *value,
		 struct manx_error *err)
{
	sqlite3_stmt *stmt;

	if (sqlite3_prepare_v2(store->db, text, -1, &stmt, NULL) != SQLITE_OK)
		return manx_sql_fail(store, err);
	if (sqlite3_step(stmt) == SQLITE_ROW)
		*value = sqlite3_column_int64(stmt, 0);
	return sqlite3_finalize(stmt) == SQLITE_OK ? 0 : manx_sql_fail(store, err);
}

/* 1 if it is one that we read. */
static int check_format(struct manx_sqlite *store, struct manx_error *err)
{
	sqlite3_stmt *stmt = manx_sql(store, MANX_SQL_FORMAT);
	const char *value = NULL;
	int ret;

	if (!stmt)
		return manx_sql_fail(store, err);
	if (sqlite3_step(stmt) == SQLITE_ROW)
		value = (const char *)sqlite3_column_text(stmt, 0);
	ret = manx_store_check_format(store->base.name, value, err);
	if (sqlite3_reset(stmt) != SQLITE_OK)
		return manx_sql_fail(store, err);
	return ret ? ret : 1;
}

static int identify(struct manx_sqlite *store, struct manx_error *err)
{
	int64_t id = 0, objects = 0;
	int ret = query(store, "PRAGMA application_id", &id, err);

	if (!ret && id == APPLICATION_ID)
		return check_format(store, err);
	if (!ret)
		ret = query(store, "SELECT count(*) FROM sqlite_schema", &objects, err);
	if (ret || (!id && !objects))
		return ret;
	return manx_fail(err, -EPROTO,
			 "%s is a database of another program: set MANX_SQLITE to another file",
			 store->path);
}

/*
 * 1: ours, and of a format that we read. 0: empty. All is read at one revision,
 * because another process may be making it ours just now.
 */
static int check_database(struct manx_sqlite *store, struct manx_error *err)
{
	int ret = manx_sql_run(store, MANX_SQL_BEGIN, err);

	return ret ? ret : manx_sql_end(store, identify(store, err), err);
}

static int connect_database(struct manx_sqlite *store, struct manx_error *err)
{
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX;

	if (sqlite3_open_v2(store->path, &store->db, flags, NULL) != SQLITE_OK) {
		if (!store->db)
			return manx_fail(err, -ENOMEM, "database %s: out of memory", store->path);
		if (sqlite3_system_errno(store->db) == EACCES)
			return manx_fail(err, -EACCES,
					 "database %s: permission denied: run as root", store->path);
		return manx_sql_fail(store, err);
	}
	sqlite3_busy_timeout(store->db, MANX_STORE_WAIT_MS);
	/* else whoever closes last, a short-lived command, empties the WAL for all: some 5 ms */
	sqlite3_db_config(store->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	return exec(store, "PRAGMA synchronous = FULL", err);
}

/* 1: it is open and ours. 0: there is none yet, or nothing in it. */
static int open_existing(struct manx_sqlite *store, struct manx_error *err)
{
	int ret = 0;

	if (access(store->path, F_OK) && errno == ENOENT)
		return 0;
	if (!store->db)
		ret = connect_database(store, err);
	return ret ? ret : check_database(store, err);
}

/* Under the lock, because others may be about to do the same. */
static int create_database(struct manx_sqlite *store, struct manx_error *err)
{
	int ret = manx_store_file_create(store->path, err);

	if (!ret)
		ret = open_existing(store, err);
	if (ret)
		return ret;
	ret = exec(store, "PRAGMA journal_mode = WAL", err);
	if (!ret)
		ret = manx_sql_run(store, MANX_SQL_BEGIN_WRITE, err);
	if (!ret)
		ret = manx_sql_end(store, exec(store, schema, err), err);
	return ret;
}

static int open_or_create(struct manx_sqlite *store, struct manx_error *err)
{
	int ret = open_existing(store, err);

	if (ret == -ENOSPC) {
		/* the index of the WAL must be made anew: who comes to release needs it */
		manx_store_reserve_drop(&store->files);
		ret = open_existing(store, err);
	}
	if (ret)
		return ret;
	ret = manx_store_lock(store, err);
	if (ret)
		return ret;
	ret = create_database(store, err);
	manx_store_unlock(store);
	return ret;
}

static void close_database(struct manx_store *base)
{
	struct manx_sqlite *store = manx_sqlite(base);

	for (size_t i = 0; i < MANX_SQLS; i++)
		sqlite3_finalize(store->stmt[i]);
	sqlite3_close(store->db);
	manx_store_files_close(&store->files);
	free(store->path);
	free(store);
}

static const struct manx_store_ops manx_sqlite_ops = {
	.close = close_database,
	.get = manx_sqlite_get,
	.range = manx_sqlite_range,
	.scan = manx_sqlite_scan,
	.commit = manx_sqlite_commit,
	.watch_open = manx_sqlite_watch_open,
	.watch_fd = manx_sqlite_watch_fd,
	.watch_next = manx_sqlite_watch_next,
	.watch_close = manx_sqlite_watch_close,
};

int manx_sqlite_open(struct manx_store **base, const struct manx_store_conf *conf,
		     struct manx_error *err)
{
	struct manx_sqlite *store = calloc(1, sizeof(*store));
	int ret;

	if (!store)
		return manx_fail(err, -ENOMEM, "database %s: out of memory", conf->sqlite);
	store->base.ops = &manx_sqlite_ops;
	*base = &store->base;
	ret = manx_store_files_open(&store->files, conf->sqlite, err);
	if (ret)
		return ret;
	store->path = strdup(conf->sqlite);
	if (!store->path || asprintf(&store->base.name, "database %s", store->path) < 0)
		return manx_fail(err, -ENOMEM, "database %s: out of memory", conf->sqlite);
	ret = open_or_create(store, err);
	if (ret < 0)
		return ret;
	/* without space for it there may still be some for this store's releases */
	manx_store_reserve_fill(&store->files);
	return 0;
}
