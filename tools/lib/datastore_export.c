// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writing all of a datastore to a file, see datastore.h.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "datastore_internal.h"
#include "json.h"
#include "store_internal.h"

/**
 * struct exporting - an export that is being written
 * @guid: of the first line
 * @sum: of the lines so far
 * @records: so far
 * @seen: keys, also those that do not belong into it
 */
struct exporting {
	struct manx_store *store;
	FILE *out;
	manx_progress_fn progress;
	const char *guid;
	char sum[MANX_SHA1_HEX];
	size_t records, seen;
	bool begun;
};

static int out_of_memory(const struct exporting *e, struct manx_error *err)
{
	return manx_fail(err, -ENOMEM, "%s: out of memory", e->store->name);
}

/* Takes @line, which may be NULL. */
static int put_line(struct exporting *e, char *line, struct manx_error *err)
{
	int ret = 0;

	if (!line)
		return out_of_memory(e, err);
	manx_datastore_add(e->sum, line);
	if (fputs(line, e->out) < 0)
		ret = manx_fail_errno(err, -EIO, "the export cannot be written");
	free(line);
	return ret;
}

static char *print(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

static char *print(const char *fmt, ...)
{
	char *text;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&text, fmt, ap);
	va_end(ap);
	return n < 0 ? NULL : text;
}

/* The line is what a reader will take. */
static bool is_read(const char *line, const char *member)
{
	cJSON *json = NULL;
	bool ok = !manx_json_parse(line, strlen(line), &json, NULL);
	const cJSON *value = cJSON_GetObjectItemCaseSensitive(json, member);

	ok = ok && (*member == 't' ? cJSON_IsString(value) : cJSON_IsObject(value));
	cJSON_Delete(json);
	return ok;
}

static char *value_line(const struct manx_kv *kv)
{
	char *begin = manx_datastore_begin(kv->key);
	char *line = begin ? print("%s\"value\":%s}\n", begin, kv->value) : NULL;

	free(begin);
	return line;
}

static char *text_line(const struct manx_kv *kv)
{
	cJSON *text = cJSON_CreateString(kv->value);
	char *quoted = cJSON_PrintUnformatted(text), *begin = manx_datastore_begin(kv->key);
	char *line = begin && quoted ? print("%s\"text\":%s}\n", begin, quoted) : NULL;

	free(begin);
	cJSON_free(quoted);
	cJSON_Delete(text);
	return line;
}

static int put_record(struct exporting *e, const struct manx_kv *kv, struct manx_error *err)
{
	char *line = value_line(kv);

	if (!line)
		return out_of_memory(e, err);
	if (strpbrk(kv->value, "\n\r") || !is_read(line, "value")) {
		free(line);
		line = text_line(kv);
		if (line && !is_read(line, "text")) {
			free(line);
			return manx_fail(err, -EUCLEAN,
					 "%s is damaged: %s is no text: mend or delete it first",
					 e->store->name, kv->key);
		}
	}
	e->records++;
	return put_line(e, line, err);
}

static int put_head(struct exporting *e, int64_t rev, struct manx_error *err)
{
	e->begun = true;
	return put_line(e, print("{\"kind\":\"" MANX_DATASTORE_KIND "\",\"format\":%d,\"manx\":\"" MANX_VERSION
				 "\",\"guid\":\"%s\",\"revision\":%" PRId64 "}\n",
				 MANX_STORE_FORMAT, e->guid, rev), err);
}

/* The guid was read before; who replaced the store since then has changed it. */
static int check_guid(const struct exporting *e, const struct manx_kv *kv, struct manx_error *err)
{
	if (strcmp(kv->key, MANX_GUID_KEY) || strstr(kv->value, e->guid))
		return 0;
	return manx_fail(err, -EAGAIN, "%s was replaced by another one meanwhile", e->store->name);
}

static int put_page(void *ctx, const struct manx_kvs *page, size_t total, struct manx_error *err)
{
	struct exporting *e = ctx;
	int ret = e->begun ? 0 : put_head(e, page->rev, err);

	for (size_t i = 0; i < page->n && !ret; i++) {
		ret = check_guid(e, &page->kv[i], err);
		if (!ret && manx_datastore_has(page->kv[i].key))
			ret = put_record(e, &page->kv[i], err);
	}
	e->seen += page->n;
	if (e->progress && !ret)
		e->progress(e->seen, total);
	return ret;
}

/* *json: what @guid points into. */
static int read_guid(struct manx_store *store, cJSON **json, const char **guid,
		     struct manx_error *err)
{
	struct manx_json top;
	int ret = manx_json_parse(store->guid, strlen(store->guid), json, err);

	top = manx_json_top(*json);
	if (!ret)
		ret = manx_json_string(&top, "guid", guid, err);
	if (!ret && (!**guid || strpbrk(*guid, "\"\\")))
		ret = manx_fail(err, -EUCLEAN, "is empty");
	return ret ? manx_error_prefix(err, "%s is damaged: " MANX_GUID_KEY, store->name) : 0;
}

int manx_datastore_export(struct manx_store *store, FILE *out, manx_progress_fn progress,
			  size_t *n, struct manx_error *err)
{
	struct exporting e = { .store = store, .out = out, .progress = progress, .guid = "" };
	cJSON *json = NULL;
	int ret = read_guid(store, &json, &e.guid, err);

	if (!ret)
		ret = manx_store_scan(store, "", MANX_KEY_END, put_page, &e, err);
	if (!ret)
		ret = put_line(&e, print("{\"records\":%zu,\"sum\":\"%s\"}\n", e.records, e.sum), err);
	if (!ret && fflush(out))
		ret = manx_fail_errno(err, -errno, "the export cannot be written");
	cJSON_Delete(json);
	*n = e.records;
	return ret;
}
