// SPDX-License-Identifier: GPL-2.0-only
/*
 * Datastore: which engine, and what stands before every write.
 */
#include "store.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "store_internal.h"

#define KEY_FORMAT	"m/format"
#define KEY_GUID	"m/guid"
#define KEY_LOCK	"m/lock"

int manx_store_check_format(const char *name, const char *value, struct manx_error *err)
{
	cJSON *json = value ? cJSON_Parse(value) : NULL;
	const cJSON *number = cJSON_GetObjectItemCaseSensitive(json, "format");
	int format = cJSON_IsNumber(number) ? number->valueint : 0;

	cJSON_Delete(json);
	if (format == MANX_STORE_FORMAT)
		return 0;
	if (format > MANX_STORE_FORMAT)
		return manx_fail(err, -EPROTO,
				 "%s has format %d, this manx knows up to %d: install the newer manx",
				 name, format, MANX_STORE_FORMAT);
	return manx_fail(err, -EUCLEAN, "%s is damaged: it does not tell its format (" KEY_FORMAT ")",
			 name);
}

/* *value: of @key, the caller's. */
static int read_value(struct manx_store *store, const char *key, char **value,
		      struct manx_error *err)
{
	struct manx_kv kv;
	int ret = store->ops->get(store, key, &kv, err);

	if (ret == -ENOENT)
		return manx_fail(err, -EUCLEAN, "%s is damaged: %s is missing", store->name, key);
	if (ret)
		return ret;
	*value = kv.value;
	kv.value = NULL;
	manx_kv_clear(&kv);
	return 0;
}

static int identify(struct manx_store *store, struct manx_error *err)
{
	int ret = read_value(store, KEY_FORMAT, &store->format, err);

	if (!ret)
		ret = manx_store_check_format(store->name, store->format, err);
	return ret ? ret : read_value(store, KEY_GUID, &store->guid, err);
}

int manx_store_open(struct manx_store **store, const struct manx_store_conf *conf,
		    struct manx_error *err)
{
	struct manx_store *s = NULL;
	int ret;

	*store = NULL;
	if (conf->type == MANX_STORE_ETCDV3)
		ret = manx_store_etcd_open(&s, conf, err);
	else
		ret = manx_sqlite_open(&s, conf, err);
	if (!ret)
		ret = identify(s, err);
	if (ret)
		manx_store_close(s);
	*store = ret ? NULL : s;
	return ret;
}

void manx_store_close(struct manx_store *store)
{
	if (!store)
		return;
	free(store->name);
	free(store->format);
	free(store->guid);
	store->ops->close(store);
}

int manx_store_get(struct manx_store *store, const char *key, struct manx_kv *kv,
		   struct manx_error *err)
{
	*kv = (struct manx_kv){ 0 };
	return store->ops->get(store, key, kv, err);
}

int manx_store_range(struct manx_store *store, const char *from, const char *to, size_t limit,
		     struct manx_kvs *kvs, struct manx_error *err)
{
	int ret;

	*kvs = (struct manx_kvs){ 0 };
	ret = store->ops->range(store, from, to, limit, kvs, err);
	if (ret)
		manx_kvs_clear(kvs);
	return ret;
}

int manx_store_scan(struct manx_store *store, const char *from, const char *to,
		    manx_page_fn page, void *ctx, struct manx_error *err)
{
	return store->ops->scan(store, from, to, page, ctx, err);
}

int manx_store_list(struct manx_store *store, const char *prefix, struct manx_kvs *kvs,
		    struct manx_error *err)
{
	char end[MANX_KEY_MAX + sizeof(MANX_KEY_END)];
	size_t n = strlen(prefix);

	*kvs = (struct manx_kvs){ 0 };
	if (n > MANX_KEY_MAX)
		return manx_fail(err, -ENAMETOOLONG, "key prefix \"%s\" is too long", prefix);
	memcpy(end, prefix, n);
	strcpy(end + n, MANX_KEY_END);
	return manx_store_range(store, prefix, end, 0, kvs, err);
}

static const struct manx_write *find_write(const struct manx_txn *txn, const char *key)
{
	for (size_t i = 0; i < txn->n_writes; i++)
		if (strcmp(txn->write[i].key, key) == 0)
			return &txn->write[i];
	return NULL;
}

/* Without memory the next commit finds out, and fails with -EAGAIN. */
static void learn_guid(struct manx_store *store, const char *value)
{
	char *guid = strdup(value);

	if (!guid)
		return;
	free(store->guid);
	store->guid = guid;
}

int manx_store_commit(struct manx_store *store, struct manx_txn *txn, int64_t *rev,
		      struct manx_error *err)
{
	const struct manx_write *guid;
	int64_t now = 0;
	int ret = manx_txn_check(txn, err);

	store->failed = NULL;
	if (!ret)
		ret = store->ops->commit(store, txn, &now, err);
	if (ret)
		return ret;
	guid = find_write(txn, KEY_GUID);
	if (guid && guid->value)
		learn_guid(store, guid->value);
	if (rev)
		*rev = now;
	return 0;
}

size_t manx_store_standing(const struct manx_store *store, const struct manx_txn *txn,
			   struct manx_standing standing[MANX_STANDING_MAX])
{
	const struct manx_standing all[MANX_STANDING_MAX] = {
		{ KEY_FORMAT, store->format }, { KEY_GUID, store->guid }, { KEY_LOCK, NULL },
	};
	size_t n = 0;

	for (size_t i = 0; i < MANX_STANDING_MAX; i++)
		if (!find_write(txn, all[i].key))
			standing[n++] = all[i];
	return n;
}

/* @value: of the lock. An import's tells which one it is, see datastore_internal.h. */
static int refuse_locked(const struct manx_store *store, const char *value, struct manx_error *err)
{
	cJSON *json = value ? cJSON_Parse(value) : NULL;
	bool imports = cJSON_GetObjectItemCaseSensitive(json, "import");

	cJSON_Delete(json);
	if (imports)
		return manx_fail(err, -EROFS,
				 "%s is locked by an import that is not done: manxctl datastore import",
				 store->name);
	return manx_fail(err, -EROFS,
			 "%s is locked, nothing can be written: manxctl datastore unlock", store->name);
}

int manx_store_refuse(struct manx_store *store, const struct manx_standing *standing,
		      const char *found, struct manx_error *err)
{
	if (strcmp(standing->key, KEY_LOCK) == 0)
		return refuse_locked(store, found, err);
	if (!found)
		return manx_fail(err, -EUCLEAN, "%s is damaged: %s is missing", store->name,
				 standing->key);
	if (strcmp(standing->key, KEY_FORMAT) == 0) {
		int ret = manx_store_check_format(store->name, found, err);

		return ret ? ret : manx_fail(err, -EUCLEAN, "%s: " KEY_FORMAT " is \"%s\"",
					     store->name, found);
	}
	learn_guid(store, found);
	return manx_fail(err, -EAGAIN, "%s was replaced by another one meanwhile", store->name);
}

int manx_watch_open(struct manx_store *store, const char *from, const char *to, int64_t rev,
		    struct manx_watch **watch, struct manx_error *err)
{
	*watch = NULL;
	return store->ops->watch_open(store, from, to, rev, watch, err);
}

int manx_watch_fd(const struct manx_watch *watch)
{
	return watch->ops->watch_fd(watch);
}

int manx_watch_next(struct manx_watch *watch, struct manx_kv *kv, struct manx_error *err)
{
	*kv = (struct manx_kv){ 0 };
	return watch->ops->watch_next(watch, kv, err);
}

void manx_watch_close(struct manx_watch *watch)
{
	if (watch)
		watch->ops->watch_close(watch);
}
