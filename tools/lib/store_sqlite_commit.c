// SPDX-License-Identifier: GPL-2.0-only
/*
 * SQLite engine of the datastore: one transaction at a time gets in.
 */
#include <errno.h>
#include <string.h>

#include "store_sqlite.h"

int manx_store_lock(struct manx_sqlite *store, struct manx_error *err)
{
	int ret = manx_flock(store->files.lock, MANX_STORE_WAIT_MS);

	if (ret == -ETIMEDOUT)
		return manx_fail(err, ret,
				 "database %s: waited %d s for other writers: see who holds %s-lock (fuser)",
				 store->path, MANX_STORE_WAIT_MS / 1000, store->path);
	return ret ? manx_fail_errno(err, ret, "%s-lock", store->path) : 0;
}

void manx_store_unlock(struct manx_sqlite *store)
{
	manx_funlock(store->files.lock);
}

/* Step a statement that gives at most one row: 1 if it did, 0, or a negative errno. */
static int step(struct manx_sqlite *store, sqlite3_stmt *stmt, struct manx_error *err)
{
	int row = sqlite3_step(stmt) == SQLITE_ROW;

	return sqlite3_reset(stmt) == SQLITE_OK ? row : manx_sql_fail(store, err);
}

/* *mod_rev: of @key, 0 if it does not exist. */
static int find(struct manx_sqlite *store, const char *key, int64_t *mod_rev,
		struct manx_error *err)
{
	sqlite3_stmt *stmt = manx_sql(store, MANX_SQL_GET);

	*mod_rev = 0;
	if (!stmt)
		return manx_sql_fail(store, err);
	sqlite3_bind_text(stmt, 1, key, -1, SQLITE_STATIC);
	if (sqlite3_step(stmt) == SQLITE_ROW)
		*mod_rev = sqlite3_column_int64(stmt, 3);
	return sqlite3_reset(stmt) == SQLITE_OK ? 0 : manx_sql_fail(store, err);
}

static int check_key(struct manx_sqlite *store, const struct manx_guard *guard,
		     struct manx_error *err)
{
	int64_t mod_rev;
	int ret = find(store, guard->key, &mod_rev, err);

	if (ret)
		return ret;
	if (guard->kind == MANX_GUARD_ABSENT)
		return mod_rev ? manx_fail(err, -EAGAIN, "%s exists", guard->key) : 0;
	if (!mod_rev)
		return manx_fail(err, -EAGAIN, "%s does not exist any more", guard->key);
	return mod_rev == guard->rev ? 0 : manx_fail(err, -EAGAIN, "%s was changed", guard->key);
}

static int check_empty(struct manx_sqlite *store, const struct manx_guard *guard,
		       struct manx_error *err)
{
	sqlite3_stmt *stmt = manx_sql(store, MANX_SQL_RANGE);
	int ret;

	if (!stmt)
		return manx_sql_fail(store, err);
	sqlite3_bind_text(stmt, 1, guard->key, -1, SQLITE_STATIC);
	sqlite3_bind_text(stmt, 2, guard->end, -1, SQLITE_STATIC);
	sqlite3_bind_int(stmt, 3, 1);
	ret = step(store, stmt, err);
	return ret == 1 ? manx_fail(err, -EAGAIN, "something lies between %s and %s",
				    guard->key, guard->end) : ret;
}

/* A revision that is not there yet belongs to another history of this store. */
static int check_unchanged(struct manx_sqlite *store, const struct manx_guard *guard,
			   struct manx_error *err)
{
	sqlite3_stmt *stmt = manx_sql(store, MANX_SQL_CHANGED);
	int64_t newest = 0;
	int ret = manx_sql_log_ends(store, NULL, &newest, err);

	if (ret)
		return ret;
	if (!stmt)
		return manx_sql_fail(store, err);
	if (guard->rev > newest)
		return manx_fail(err, -EAGAIN, "%s was read from another store", guard->key);
	sqlite3_bind_int64(stmt, 1, guard->rev);
	sqlite3_bind_text(stmt, 2, guard->key, -1, SQLITE_STATIC);
	sqlite3_bind_text(stmt, 3, guard->end, -1, SQLITE_STATIC);
	ret = step(store, stmt, err);
	return ret == 1 ? manx_fail(err, -EAGAIN, "something was changed beneath %s", guard->key)
			: ret;
}

static int check_standing(struct manx_sqlite *store, const struct manx_standing *standing,
			  struct manx_error *err)
{
	struct manx_kv kv = { 0 };
	int ret = manx_sqlite_get(&store->base, standing->key, &kv, err);

	if (ret == -ENOENT)
		ret = standing->value ? manx_store_refuse(&store->base, standing, NULL, err) : 0;
	else if (!ret && (!standing->value || strcmp(kv.value, standing->value)))
		ret = manx_store_refuse(&store->base, standing, kv.value, err);
	manx_kv_clear(&kv);
	return ret;
}

static int check_guards(struct manx_sqlite *store, const struct manx_txn *txn,
			struct manx_error *err)
{
	struct manx_standing standing[MANX_STANDING_MAX];
	size_t n = manx_store_standing(&store->base, txn, standing);
	int ret = 0;

	for (size_t i = 0; i < n && !ret; i++)
		ret = check_standing(store, &standing[i], err);
	for (size_t i = 0; i < txn->n_guards && !ret; i++) {
		const struct manx_guard *guard = &txn->guard[i];

		if (guard->kind == MANX_GUARD_EMPTY)
			ret = check_empty(store, guard, err);
		else if (guard->kind == MANX_GUARD_UNCHANGED)
			ret = check_unchanged(store, guard, err);
		else
			ret = check_key(store, guard, err);
		if (ret == -EAGAIN)
			store->base.failed = guard;
	}
	return ret;
}

/* 1 if @write changes something: only the deletion of an absent key does not. */
static int write_key(struct manx_sqlite *store, const struct manx_write *write, int64_t rev,
		     struct manx_error *err)
{
	sqlite3_stmt *stmt = manx_sql(store, write->value ? MANX_SQL_PUT : MANX_SQL_DEL);
	int ret;

	if (!stmt)
		return manx_sql_fail(store, err);
	sqlite3_bind_text(stmt, 1, write->key, -1, SQLITE_STATIC);
	if (write->value) {
		sqlite3_bind_text(stmt, 2, write->value, -1, SQLITE_STATIC);
		sqlite3_bind_int64(stmt, 3, rev);
	}
	ret = step(store, stmt, err);
	return ret ? ret : sqlite3_changes(store->db);
}

static int log_key(struct manx_sqlite *store, const struct manx_write *write, int64_t rev,
		   int64_t n, struct manx_error *err)
{
	sqlite3_stmt *stmt = manx_sql(store, write->value ? MANX_SQL_LOG_PUT : MANX_SQL_LOG_DEL);

	if (!stmt)
		return manx_sql_fail(store, err);
	sqlite3_bind_int64(stmt, 1, rev);
	sqlite3_bind_int64(stmt, 2, n);
	sqlite3_bind_text(stmt, 3, write->key, -1, SQLITE_STATIC);
	return step(store, stmt, err);
}

static int trim_log(struct manx_sqlite *store, int64_t rev, struct manx_error *err)
{
	sqlite3_stmt *stmt;

	if (rev % MANX_LOG_SLACK)
		return 0;
	stmt = manx_sql(store, MANX_SQL_TRIM);
	if (!stmt)
		return manx_sql_fail(store, err);
	sqlite3_bind_int64(stmt, 1, rev - MANX_LOG_KEEP);
	return step(store, stmt, err);
}

/* *rev: the newest revision before; the new one if something changed. */
static int write_keys(struct manx_sqlite *store, const struct manx_txn *txn, int64_t *rev,
		      struct manx_error *err)
{
	int64_t n = 0;

	for (size_t i = 0; i < txn->n_writes; i++) {
		int ret = write_key(store, &txn->write[i], *rev + 1, err);

		if (ret > 0)
			ret = log_key(store, &txn->write[i], *rev + 1, n++, err);
		if (ret < 0)
			return ret;
	}
	if (!n)
		return 0;
	++*rev;
	return trim_log(store, *rev, err);
}

static int commit_once(struct manx_sqlite *store, const struct manx_txn *txn, int64_t *rev,
		       struct manx_error *err)
{
	int ret = manx_sql_run(store, MANX_SQL_BEGIN_WRITE, err);

	if (ret)
		return ret;
	ret = check_guards(store, txn, err);
	if (!ret)
		ret = manx_sql_log_ends(store, NULL, rev, err);
	if (!ret)
		ret = write_keys(store, txn, rev, err);
	return manx_sql_end(store, ret, err);
}

static int commit_reserved(struct manx_sqlite *store, const struct manx_txn *txn, int64_t *rev,
			   struct manx_error *err)
{
	int ret = manx_store_reserve_fill(&store->files);

	if (!ret)
		return commit_once(store, txn, rev, err);
	return manx_fail_errno(err, ret, "database %s: space kept in reserve", store->path);
}

/*
 * When the disk is full a release must still work, and a deletion needs space as
 * well: for the WAL. So some is kept in reserve, nothing is put unless it is there,
 * and only a transaction of deletions may break it open. A checkpoint lets the WAL
 * be written from its start again; cut short, it gives its space to the reserve.
 */
static int commit_locked(struct manx_sqlite *store, const struct manx_txn *txn, int64_t *rev,
			 struct manx_error *err)
{
	int ret;

	if (manx_txn_only_deletes(txn)) {
		ret = commit_once(store, txn, rev, err);
		if (ret != -ENOSPC)
			return ret;
		manx_store_reserve_drop(&store->files);
		sqlite3_wal_checkpoint_v2(store->db, NULL, SQLITE_CHECKPOINT_RESTART, NULL, NULL);
		return commit_once(store, txn, rev, err);
	}
	ret = commit_reserved(store, txn, rev, err);
	if (ret != -ENOSPC)
		return ret;
	sqlite3_wal_checkpoint_v2(store->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
	return commit_reserved(store, txn, rev, err);
}

int manx_sqlite_commit(struct manx_store *base, const struct manx_txn *txn, int64_t *rev,
		       struct manx_error *err)
{
	struct manx_sqlite *store = manx_sqlite(base);
	int ret = manx_store_lock(store, err);

	if (ret)
		return ret;
	ret = commit_locked(store, txn, rev, err);
	manx_store_unlock(store);
	if (!ret && txn->n_writes)
		manx_store_notify(&store->files);
	return ret;
}
