// SPDX-License-Identifier: GPL-2.0-only
/*
 * Filling a datastore from an export, see datastore.h.
 *
 * Each transaction writes some records and, into m/lock, how far it came, guarded by
 * the revision of m/lock. So what is written and what is said to be written never
 * differ, a second import at the same time gets nowhere, and nobody else writes.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "datastore_internal.h"
#include "store_internal.h"

/* Of one transaction; every engine takes as much. A single record may be larger. */
#define BATCH_RECORDS	100
#define BATCH_OCTETS	(256 << 10)

/**
 * struct importing - an import
 * @export: the file
 * @mark: what stands in the lock
 * @next: record that is still to be written; key NULL: none
 */
struct importing {
	struct manx_store *store;
	struct manx_export export;
	struct manx_import_mark mark;
	manx_progress_fn progress;
	struct manx_kv next;
};

/* Read all of it: that it is complete, sound, and in order. */
static int check(struct importing *m, FILE *in, struct manx_error *err)
{
	char last[MANX_KEY_MAX + 1] = "";
	struct manx_kv kv;
	int ret = manx_export_open(&m->export, in, err);

	while (!ret && (ret = manx_export_next(&m->export, &kv, err)) == 1) {
		ret = 0;
		if (strcmp(kv.key, last) <= 0)
			ret = manx_fail(err, -EBADMSG, "line %zu: key \"%.200s\" is out of order",
					m->export.number, kv.key);
		else
			strcpy(last, kv.key);
		manx_kv_clear(&kv);
	}
	return ret;
}

/* From the beginning. */
static int rewind_to(struct importing *m, FILE *in, off_t start, struct manx_error *err)
{
	manx_export_close(&m->export);
	if (fseeko(in, start, SEEK_SET))
		return manx_fail_errno(err, -errno, "cannot be read twice");
	return manx_export_open(&m->export, in, err);
}

static const char *const ranges[][2] = {
	{ "", "m/" }, { "m/gone/", "m/gone0" }, { "n0", MANX_KEY_END },
};

#define N_RANGES (sizeof(ranges) / sizeof(ranges[0]))

/* Up to @limit keys that an import writes. */
static int list(struct manx_store *store, size_t limit, struct manx_kvs *kvs,
		struct manx_error *err)
{
	int ret = 0;

	*kvs = (struct manx_kvs){ 0 };
	for (size_t i = 0; i < N_RANGES && !ret && !kvs->n; i++) {
		manx_kvs_clear(kvs);
		ret = manx_store_range(store, ranges[i][0], ranges[i][1], limit, kvs, err);
	}
	return ret;
}

static int check_empty(struct importing *m, struct manx_error *err)
{
	struct manx_kvs kvs;
	int ret = list(m->store, 1, &kvs, err);

	if (!ret && kvs.n)
		ret = manx_fail(err, -ENOTEMPTY,
				"%s is not empty (it has %s): import into a new one; manxd must not run on it yet",
				m->store->name, kvs.kv[0].key);
	manx_kvs_clear(&kvs);
	return ret;
}

/* Commit what @txn holds besides the mark; takes @txn. */
static int commit(struct importing *m, struct manx_txn *txn, struct manx_error *err)
{
	int ret;

	manx_import_mark_put(txn, &m->mark);
	ret = manx_store_commit(m->store, txn, &m->mark.rev, err);
	manx_txn_free(txn);
	if (ret == -EAGAIN)
		manx_error_prefix(err, "somebody else writes to %s", m->store->name);
	m->mark.is_locked = true;
	return ret;
}

/* From here on nobody else writes. */
static int begin(struct importing *m, size_t records, const char *sum, struct manx_error *err)
{
	struct manx_txn *txn;
	int ret = check_empty(m, err);

	if (ret)
		return ret;
	m->mark.is = true;
	m->mark.records = records;
	strcpy(m->mark.sum, sum);
	txn = manx_txn_new();
	for (size_t i = 0; i < N_RANGES; i++)
		manx_txn_guard_empty(txn, ranges[i][0], ranges[i][1]);
	return commit(m, txn, err);
}

/* Go on with what is there already. */
static int resume(const struct importing *m, const char *sum, struct manx_error *err)
{
	const char *name = m->store->name;

	if (m->mark.discards)
		return manx_fail(err, -EBUSY,
				 "%s: what an import has written is being deleted: \"manxctl datastore import --discard\" goes on with that",
				 name);
	if (strcmp(m->mark.sum, sum))
		return manx_fail(err, -EBUSY,
				 "%s: an import of another file stopped after %zu of %zu records: import that file again, or undo it by \"manxctl datastore import --discard\"",
				 name, m->mark.done, m->mark.records);
	return 0;
}

/* The record after the one that was written last; 0: there is none. */
static int read_next(struct importing *m, struct manx_error *err)
{
	int ret = 1;

	while (ret == 1 && !m->next.key) {
		ret = manx_export_next(&m->export, &m->next, err);
		if (ret == 1 && m->mark.last && strcmp(m->next.key, m->mark.last) <= 0)
			manx_kv_clear(&m->next);
	}
	return ret;
}

/* One transaction of records; 0: there are none left. */
static int write_some(struct importing *m, struct manx_error *err)
{
	struct manx_txn *txn = manx_txn_new();
	size_t n = 0, octets = 0;
	int ret;

	while ((ret = read_next(m, err)) == 1 && n < BATCH_RECORDS) {
		octets += strlen(m->next.key) + strlen(m->next.value);
		if (n && octets > BATCH_OCTETS)
			break;
		manx_txn_put(txn, m->next.key, m->next.value);
		free(m->mark.last);
		m->mark.last = m->next.key;
		m->next.key = NULL;
		manx_kv_clear(&m->next);
		n++;
	}
	if (ret < 0 || !n) {
		manx_txn_free(txn);
		return ret;
	}
	m->mark.done += n;
	ret = commit(m, txn, err);
	if (ret) {
		m->mark.done -= n;
		return ret;
	}
	if (m->progress)
		m->progress(m->mark.done, m->mark.records);
	return 1;
}

static int finish(struct importing *m, struct manx_error *err)
{
	struct manx_txn *txn = manx_txn_new();
	char *guid;
	int ret;

	if (asprintf(&guid, "{\"guid\":\"%s\"}", m->export.guid) < 0)
		guid = NULL;
	manx_txn_put(txn, MANX_GUID_KEY, guid);
	manx_import_mark_end(txn, &m->mark);
	ret = manx_store_commit(m->store, txn, NULL, err);
	manx_txn_free(txn);
	free(guid);
	return ret;
}

static int write_all(struct importing *m, struct manx_error *err)
{
	int ret = 1;

	while (ret == 1)
		ret = write_some(m, err);
	if (!ret && m->mark.done != m->mark.records)
		ret = manx_fail(err, -EUCLEAN, "the file was changed while it was read");
	if (!ret)
		ret = finish(m, err);
	if (ret)
		manx_error_prefix(err,
				  "stopped after %zu of %zu records; %s stays locked: import the same file again to go on, or use --discard to undo it",
				  m->mark.done, m->mark.records, m->store->name);
	return ret;
}

static int import(struct importing *m, FILE *in, off_t start, struct manx_error *err)
{
	char sum[MANX_SHA1_HEX];
	size_t records;
	int ret = check(m, in, err);

	if (ret)
		return ret;
	records = m->export.records;
	strcpy(sum, m->export.sum);
	ret = rewind_to(m, in, start, err);
	if (!ret)
		ret = manx_import_mark_read(m->store, &m->mark, err);
	if (!ret)
		ret = m->mark.is ? resume(m, sum, err) : begin(m, records, sum, err);
	return ret ? ret : write_all(m, err);
}

int manx_datastore_import(struct manx_store *store, FILE *in, manx_progress_fn progress,
			  size_t *n, struct manx_error *err)
{
	struct importing m = { .store = store, .progress = progress };
	off_t start = ftello(in);
	int ret;

	if (start < 0)
		return manx_fail_errno(err, -errno, "cannot be read twice");
	ret = import(&m, in, start, err);
	*n = m.mark.records;
	manx_kv_clear(&m.next);
	manx_import_mark_clear(&m.mark);
	manx_export_close(&m.export);
	return ret;
}

/* 0: there is nothing left. */
static int delete_some(struct importing *m, struct manx_error *err)
{
	struct manx_txn *txn;
	struct manx_kvs kvs;
	int ret = list(m->store, BATCH_RECORDS, &kvs, err);
	size_t n = kvs.n;

	if (ret || !n) {
		manx_kvs_clear(&kvs);
		return ret;
	}
	txn = manx_txn_new();
	for (size_t i = 0; i < n; i++)
		manx_txn_del(txn, kvs.kv[i].key);
	manx_kvs_clear(&kvs);
	m->mark.done -= n < m->mark.done ? n : m->mark.done;
	ret = commit(m, txn, err);
	if (!ret && m->progress)
		m->progress(m->mark.records - m->mark.done, m->mark.records);
	return ret ? ret : 1;
}

static int discard(struct importing *m, struct manx_error *err)
{
	struct manx_txn *txn;
	int ret;

	m->mark.discards = true;
	ret = commit(m, manx_txn_new(), err);
	if (ret)
		return ret;
	do {
		ret = delete_some(m, err);
	} while (ret == 1);
	if (ret)
		return ret;
	txn = manx_txn_new();
	manx_import_mark_end(txn, &m->mark);
	ret = manx_store_commit(m->store, txn, NULL, err);
	manx_txn_free(txn);
	return ret;
}

int manx_datastore_discard(struct manx_store *store, manx_progress_fn progress,
			   struct manx_error *err)
{
	struct importing m = { .store = store, .progress = progress };
	int ret = manx_import_mark_read(store, &m.mark, err);

	if (!ret && !m.mark.is)
		ret = manx_fail(err, -ENOENT, "%s: there is no import that is not done", store->name);
	else if (!ret)
		ret = discard(&m, err);
	manx_import_mark_clear(&m.mark);
	return ret;
}
