// SPDX-License-Identifier: GPL-2.0-only
/*
 * The lines of an export, see datastore.h: what is in it, and reading it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "datastore_internal.h"
#include "json.h"
#include "store_internal.h"

static bool begins(const char *key, const char *with)
{
	return !strncmp(key, with, strlen(with));
}

bool manx_datastore_has(const char *key)
{
	return !begins(key, "n/") && (!begins(key, "m/") || begins(key, "m/gone/"));
}

bool manx_datastore_knows(const char *key)
{
	static const char *const known[] = {
		"a/", "b/", "e/", "h/", "i/", "l/", "m/gone/", "r/", "x/",
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (begins(key, known[i]))
			return true;
	return false;
}

void manx_datastore_add(char sum[MANX_SHA1_HEX], const char *line)
{
	char *text;

	if (asprintf(&text, "%s%s", sum, line) < 0)
		return;
	manx_sha1(text, sum);
	free(text);
}

char *manx_datastore_begin(const char *key)
{
	cJSON *json = cJSON_CreateString(key);
	char *quoted = cJSON_PrintUnformatted(json), *line;

	cJSON_Delete(json);
	if (!quoted || asprintf(&line, "{\"key\":%s,", quoted) < 0)
		line = NULL;
	cJSON_free(quoted);
	return line;
}

static int damaged(const struct manx_export *export, const char *what, struct manx_error *err)
{
	return manx_fail(err, -EBADMSG, "line %zu: %s", export->number, what);
}

static int not_complete(const struct manx_export *export, struct manx_error *err)
{
	return manx_fail(err, -EBADMSG,
			 "ends after line %zu, without its last line: it is not complete",
			 export->number);
}

/* The next line, as text in export->line and as *json. */
static int read_line(struct manx_export *export, cJSON **json, struct manx_error *err)
{
	ssize_t n;
	int ret;

	*json = NULL;
	errno = 0;
	n = getline(&export->line, &export->size, export->in);
	if (n < 0 && (ferror(export->in) || errno == ENOMEM))
		return manx_fail_errno(err, errno ? -errno : -EIO, "line %zu", export->number + 1);
	if (n < 0 || export->line[n - 1] != '\n')
		return not_complete(export, err);
	export->number++;
	ret = manx_json_parse(export->line, (size_t)n, json, err);
	if (!ret && !cJSON_IsObject(*json))
		ret = damaged(export, "is no line of an export", err);
	else if (ret)
		manx_error_prefix(err, "line %zu", export->number);
	if (!ret)
		return 0;
	cJSON_Delete(*json);
	*json = NULL;
	return ret;
}

static int read_head(struct manx_export *export, const cJSON *json, struct manx_error *err)
{
	struct manx_json top = manx_json_top(json);
	const char *kind = "", *guid = "", *by = "";
	uint64_t format = 0;
	int ret = manx_json_string(&top, "kind", &kind, err);

	if (!ret && strcmp(kind, MANX_DATASTORE_KIND))
		return manx_fail(err, -EBADMSG, "is no export of a datastore");
	if (!ret)
		ret = manx_json_u64(&top, "format", 1, MANX_JSON_MAX, &format, err);
	if (!ret)
		ret = manx_json_string(&top, "guid", &guid, err);
	if (!ret)
		ret = manx_json_string(&top, "manx", &by, err);
	if (ret)
		return manx_error_prefix(err, "line 1");
	if (format > MANX_STORE_FORMAT)
		return manx_fail(err, -EPROTO,
				 "has format %llu, made by manx %.40s; this manx knows up to %d: install the newer manx",
				 (unsigned long long)format, by, MANX_STORE_FORMAT);
	if (!format || !*guid || strlen(guid) >= sizeof(export->guid) || strpbrk(guid, "\"\\"))
		return damaged(export, "does not tell format and guid", err);
	strcpy(export->guid, guid);
	return 0;
}

int manx_export_open(struct manx_export *export, FILE *in, struct manx_error *err)
{
	cJSON *json;
	int ret;

	*export = (struct manx_export){ .in = in };
	ret = read_line(export, &json, err);
	if (!ret)
		ret = read_head(export, json, err);
	cJSON_Delete(json);
	if (!ret)
		manx_datastore_add(export->sum, export->line);
	return ret;
}

void manx_export_close(struct manx_export *export)
{
	free(export->line);
}

/* The octets between the "value": that the line must begin with, and its end. */
static char *raw_value(const struct manx_export *export, const char *key)
{
	char *begin = manx_datastore_begin(key), *value = NULL;
	size_t n = begin ? strlen(begin) : 0, len = strlen(export->line);

	if (begin && begins(export->line, begin) && begins(export->line + n, "\"value\":")) {
		n += strlen("\"value\":");
		/* without the brace and the line feed */
		if (len >= n + 2 && export->line[len - 2] == '}')
			value = strndup(export->line + n, len - 2 - n);
	}
	free(begin);
	return value;
}

static bool is_key(const char *key)
{
	for (const char *c = key; *c; c++)
		if (*c <= ' ' || *c > '~')
			return false;
	return *key && strlen(key) <= MANX_KEY_MAX;
}

static int read_record(struct manx_export *export, const cJSON *json, struct manx_kv *kv,
		       struct manx_error *err)
{
	static const char *const known[] = { "key", "value", "text", NULL };
	struct manx_json top = manx_json_top(json), value;
	const char *key = NULL, *text = NULL;
	int ret = manx_json_known(&top, known, err);

	if (!ret)
		ret = manx_json_string(&top, "key", &key, err);
	if (!ret)
		ret = manx_json_string(&top, "text", &text, err);
	if (!ret)
		ret = manx_json_object(&top, "value", &value, err);
	if (!ret && (!key || !is_key(key) || !text == !value.v))
		ret = manx_fail(err, -EINVAL, "is no record");
	if (!ret && !manx_datastore_knows(key))
		return manx_fail(err, -EPROTO,
				 "line %zu: \"%s\" is a record of a newer manx: install that one",
				 export->number, key);
	if (ret) {
		manx_error_prefix(err, "line %zu", export->number);
		return -EBADMSG;
	}
	kv->key = strdup(key);
	kv->value = text ? strdup(text) : raw_value(export, key);
	if (kv->key && kv->value)
		return 1;
	return damaged(export, "is not written as an export is", err);
}

static int read_end(struct manx_export *export, const cJSON *json, struct manx_error *err)
{
	struct manx_json top = manx_json_top(json);
	const char *sum = NULL;
	uint64_t records = 0;
	int ret = manx_json_u64(&top, "records", 0, MANX_JSON_MAX, &records, err);

	if (!ret)
		ret = manx_json_string(&top, "sum", &sum, err);
	if (ret)
		return manx_error_prefix(err, "line %zu", export->number);
	if (records != export->records)
		return damaged(export, "another number of records stands before it", err);
	if (sum && strcmp(sum, export->sum))
		return damaged(export,
			       "the sum is another one: it is damaged; or it was edited, then remove \"sum\" from this line",
			       err);
	if (getc(export->in) != EOF)
		return manx_fail(err, -EBADMSG, "goes on after line %zu, its last", export->number);
	export->is_over = true;
	return 0;
}

int manx_export_next(struct manx_export *export, struct manx_kv *kv, struct manx_error *err)
{
	cJSON *json;
	int ret;

	*kv = (struct manx_kv){ 0 };
	if (export->is_over)
		return 0;
	ret = read_line(export, &json, err);
	if (ret)
		return ret;
	if (cJSON_GetObjectItemCaseSensitive(json, "records"))
		ret = read_end(export, json, err);
	else
		ret = read_record(export, json, kv, err);
	cJSON_Delete(json);
	if (ret == 1) {
		manx_datastore_add(export->sum, export->line);
		export->records++;
	} else {
		manx_kv_clear(kv);
	}
	return ret;
}
