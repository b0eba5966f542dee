/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Parts of export and import: the lines of an export, and the lock.
 */
#ifndef MANX_DATASTORE_INTERNAL_H
#define MANX_DATASTORE_INTERNAL_H

#include <stdbool.h>
#include <sys/types.h>

#include "datastore.h"
#include "sha1.h"

#define MANX_DATASTORE_KIND	"ManxDatastore"
#define MANX_LOCK_KEY		"m/lock"
#define MANX_GUID_KEY		"m/guid"

/* True if the record belongs into an export. */
bool manx_datastore_has(const char *key);
/* What begins with other letters was written by a newer manx. */
bool manx_datastore_knows(const char *key);

/* @sum becomes that of the lines so far and of @line, with its line feed. */
void manx_datastore_add(char sum[MANX_SHA1_HEX], const char *line);

/* "b/4/0a000000-26" as {"key":"...","value": begins with; the caller's, NULL without memory. */
char *manx_datastore_begin(const char *key);

/**
 * struct manx_export - an export that is being read
 * @in: where from
 * @line, @size: the line, getline()'s
 * @number: of the line, from 1
 * @sum: of all lines so far
 * @guid: of the store that it was made of
 * @records: so far
 * @is_over: the last line was read
 */
struct manx_export {
	FILE *in;
	char *line;
	size_t size, number;
	char sum[MANX_SHA1_HEX];
	char guid[64];
	size_t records;
	bool is_over;
};

/* Read the first line. Free with manx_export_close(), also on failure. */
int manx_export_open(struct manx_export *export, FILE *in, struct manx_error *err);
/* 1 and *kv, key and value, the caller's; 0 after the last record; a negative errno. */
int manx_export_next(struct manx_export *export, struct manx_kv *kv, struct manx_error *err);
void manx_export_close(struct manx_export *export);

/**
 * struct manx_import_mark - what m/lock holds while an import is not done
 * @is: false: there is no lock, or another one
 * @is_locked: there is a lock
 * @discards: what it has written is being deleted
 * @sum: of the export
 * @records: in it
 * @done: records that are written, @last the key of the last of them
 * @before: value of the lock that was there before; "" for none
 * @rev: of the lock
 */
struct manx_import_mark {
	bool is, is_locked, discards;
	char sum[MANX_SHA1_HEX];
	size_t records, done;
	char *last, *before;
	int64_t rev;
};

/* Free with manx_import_mark_clear(), also on failure. */
int manx_import_mark_read(struct manx_store *store, struct manx_import_mark *mark,
			  struct manx_error *err);
/* The lock is @mark, and was its revision before. */
void manx_import_mark_put(struct manx_txn *txn, const struct manx_import_mark *mark);
/* The lock is what it was before the import. */
void manx_import_mark_end(struct manx_txn *txn, const struct manx_import_mark *mark);
void manx_import_mark_clear(struct manx_import_mark *mark);

#endif /* MANX_DATASTORE_INTERNAL_H */
