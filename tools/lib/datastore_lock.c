// SPDX-License-Identifier: GPL-2.0-only
/*
 * The lock of a datastore, m/lock: an operator's, or an import's.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "datastore_internal.h"
#include "json.h"
#include "store_internal.h"

static int read_mark(struct manx_import_mark *mark, const cJSON *json, struct manx_error *err)
{
	struct manx_json top = manx_json_top(json);
	const char *sum = NULL, *last = "", *before = "";
	uint64_t records = 0, done = 0;
	int ret = manx_json_string(&top, "import", &sum, err);

	if (!ret && !sum)
		return 0;
	if (!ret)
		ret = manx_json_u64(&top, "records", 0, MANX_JSON_MAX, &records, err);
	if (!ret)
		ret = manx_json_u64(&top, "done", 0, MANX_JSON_MAX, &done, err);
	if (!ret)
		ret = manx_json_string(&top, "last", &last, err);
	if (!ret)
		ret = manx_json_string(&top, "before", &before, err);
	if (!ret)
		ret = manx_json_bool(&top, "discards", &mark->discards, err);
	if (ret)
		return ret;
	mark->is = true;
	snprintf(mark->sum, sizeof(mark->sum), "%s", sum);
	mark->records = records;
	mark->done = done;
	mark->last = strdup(last);
	mark->before = strdup(before);
	return mark->last && mark->before ? 0 : manx_fail(err, -ENOMEM, "out of memory");
}

int manx_import_mark_read(struct manx_store *store, struct manx_import_mark *mark,
			  struct manx_error *err)
{
	cJSON *json = NULL;
	struct manx_kv kv;
	int ret;

	*mark = (struct manx_import_mark){ 0 };
	ret = manx_store_get(store, MANX_LOCK_KEY, &kv, err);
	if (ret)
		return ret == -ENOENT ? 0 : ret;
	mark->is_locked = true;
	mark->rev = kv.mod_rev;
	/* any other value is a lock, too */
	if (!manx_json_parse(kv.value, strlen(kv.value), &json, NULL) && cJSON_IsObject(json))
		ret = read_mark(mark, json, err);
	cJSON_Delete(json);
	if (ret)
		manx_error_prefix(err, "%s: " MANX_LOCK_KEY, store->name);
	if (!ret && !mark->is) {
		mark->before = strdup(kv.value);
		ret = mark->before ? 0 : manx_fail(err, -ENOMEM, "%s: out of memory", store->name);
	}
	manx_kv_clear(&kv);
	return ret;
}

static void guard(struct manx_txn *txn, const struct manx_import_mark *mark)
{
	if (mark->is_locked)
		manx_txn_guard_rev(txn, MANX_LOCK_KEY, mark->rev);
	else
		manx_txn_guard_absent(txn, MANX_LOCK_KEY);
}

void manx_import_mark_put(struct manx_txn *txn, const struct manx_import_mark *mark)
{
	cJSON *json = cJSON_CreateObject();
	char *text = NULL;

	if (cJSON_AddStringToObject(json, "import", mark->sum) &&
	    manx_json_add_u64(json, "records", mark->records) &&
	    manx_json_add_u64(json, "done", mark->done) &&
	    cJSON_AddStringToObject(json, "last", mark->last ? mark->last : "") &&
	    cJSON_AddStringToObject(json, "before", mark->before ? mark->before : "") &&
	    cJSON_AddBoolToObject(json, "discards", mark->discards))
		text = cJSON_PrintUnformatted(json);
	guard(txn, mark);
	manx_txn_put(txn, MANX_LOCK_KEY, text);
	cJSON_free(text);
	cJSON_Delete(json);
}

void manx_import_mark_end(struct manx_txn *txn, const struct manx_import_mark *mark)
{
	guard(txn, mark);
	if (mark->before && *mark->before)
		manx_txn_put(txn, MANX_LOCK_KEY, mark->before);
	else
		manx_txn_del(txn, MANX_LOCK_KEY);
}

void manx_import_mark_clear(struct manx_import_mark *mark)
{
	free(mark->last);
	free(mark->before);
	*mark = (struct manx_import_mark){ 0 };
}

/* For people: who locked it, and when by that machine's clock. The caller's. */
static char *lock_value(void)
{
	char host[256] = "", when[32], *text = NULL;
	cJSON *json = cJSON_CreateObject();
	time_t now = time(NULL);
	struct tm tm;

	if (gethostname(host, sizeof(host) - 1))
		*host = '\0';
	gmtime_r(&now, &tm);
	strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", &tm);
	if (cJSON_AddStringToObject(json, "host", host) &&
	    cJSON_AddStringToObject(json, "time", when))
		text = cJSON_PrintUnformatted(json);
	cJSON_Delete(json);
	return text;
}

static int change(struct manx_store *store, bool locks, const struct manx_import_mark *mark,
		  struct manx_error *err)
{
	struct manx_txn *txn = manx_txn_new();
	char *value = locks ? lock_value() : NULL;
	int ret;

	guard(txn, mark);
	if (locks)
		manx_txn_put(txn, MANX_LOCK_KEY, value);
	else
		manx_txn_del(txn, MANX_LOCK_KEY);
	ret = manx_store_commit(store, txn, NULL, err);
	manx_txn_free(txn);
	cJSON_free(value);
	return ret;
}

static int set(struct manx_store *store, bool locks, struct manx_error *err)
{
	struct manx_import_mark mark;
	int ret = manx_import_mark_read(store, &mark, err);
	bool changes;

	if (!ret && mark.is)
		ret = manx_fail(err, -EBUSY,
				"%s is locked by an import that is not done: \"manxctl datastore import\" with the same file goes on with it, with --discard undoes it",
				store->name);
	changes = !ret && mark.is_locked != locks;
	if (changes)
		ret = change(store, locks, &mark, err);
	manx_import_mark_clear(&mark);
	return ret ? ret : changes;
}

int manx_datastore_lock(struct manx_store *store, struct manx_error *err)
{
	return set(store, true, err);
}

int manx_datastore_unlock(struct manx_store *store, struct manx_error *err)
{
	return set(store, false, err);
}
