// SPDX-License-Identifier: GPL-2.0-only
#include "json.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Length of the UTF-8 sequence at @s, of at most @left octets; 0 if it is none. */
static size_t utf8_len(const unsigned char *s, size_t left)
{
	size_t n = s[0] < 0x80 ? 1 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;

	if (s[0] == '\0' || (s[0] >= 0x80 && s[0] < 0xc2) || s[0] > 0xf4 || n > left)
		return 0;
	for (size_t i = 1; i < n; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	/* overlong forms, surrogates, beyond U+10FFFF */
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
	    (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
		return 0;
	return n;
}

/* Line of the octet at @pos, counted from 1. */
static size_t line_of(const char *text, size_t pos)
{
	size_t line = 1;

	for (size_t i = 0; i < pos; i++)
		line += text[i] == '\n';
	return line;
}

static int check_utf8(const char *text, size_t len, struct manx_error *err)
{
	for (size_t at = 0; at < len;) {
		size_t n = utf8_len((const unsigned char *)text + at, len - at);

		if (!n)
			return manx_fail(err, -EBADMSG,
					 "line %zu: octet %zu (0x%02x) is not UTF-8 text",
					 line_of(text, at), at, (unsigned char)text[at]);
		at += n;
	}
	return 0;
}

int manx_json_parse(const char *text, size_t len, cJSON **json, struct manx_error *err)
{
	const char *end = text;
	cJSON *v;
	int rc = check_utf8(text, len, err);

	if (rc)
		return rc;
	if (strspn(text, " \t\r\n") == len)
		return manx_fail(err, -EBADMSG, "empty: expected a JSON object");
	v = cJSON_ParseWithLengthOpts(text, len + 1, &end, false);
	if (!v)
		return manx_fail(err, -EBADMSG, "line %zu: not JSON near \"%.24s\"",
				 line_of(text, (size_t)(end - text)), end);
	end += strspn(end, " \t\r\n");
	if (end != text + len) {
		cJSON_Delete(v);
		return manx_fail(err, -EBADMSG, "line %zu: \"%.24s\" after the end of the document",
				 line_of(text, (size_t)(end - text)), end);
	}
	*json = v;
	return 0;
}

struct manx_json manx_json_top(const cJSON *document)
{
	return (struct manx_json){ .v = document };
}

static const cJSON *find(const struct manx_json *at, const char *key)
{
	const cJSON *v = cJSON_GetObjectItemCaseSensitive(at->v, key);

	if (!v && at->nocase)
		v = cJSON_GetObjectItem(at->v, key);
	return cJSON_IsNull(v) ? NULL : v;
}

struct manx_json manx_json_get(const struct manx_json *at, const char *key)
{
	struct manx_json sub = { .v = find(at, key), .nocase = at->nocase };
	int n = snprintf(sub.path, sizeof(sub.path), "%s%s%s", at->path,
			 *at->path ? "." : "", key);

	if (n < 0 || (size_t)n >= sizeof(sub.path))
		strcpy(sub.path + sizeof(sub.path) - 4, "...");
	return sub;
}

struct manx_json manx_json_item(const struct manx_json *at, size_t i, const cJSON *item)
{
	struct manx_json sub = { .v = item, .nocase = at->nocase };
	int n = snprintf(sub.path, sizeof(sub.path), "%s[%zu]", at->path, i);

	if (n < 0 || (size_t)n >= sizeof(sub.path))
		strcpy(sub.path + sizeof(sub.path) - 4, "...");
	return sub;
}

static int expected(const struct manx_json *at, const char *what, struct manx_error *err)
{
	char *is = cJSON_PrintUnformatted(at->v);
	int rc = manx_fail(err, -EINVAL, "%s: expected %s, not %.64s",
			   *at->path ? at->path : "document", what, is ? is : "this");

	cJSON_free(is);
	return rc;
}

int manx_json_text(const struct manx_json *at, const char **out, struct manx_error *err)
{
	if (!cJSON_IsString(at->v))
		return expected(at, "a string", err);
	*out = at->v->valuestring;
	return 0;
}

int manx_json_string(const struct manx_json *at, const char *key, const char **out,
		     struct manx_error *err)
{
	struct manx_json sub = manx_json_get(at, key);

	return sub.v ? manx_json_text(&sub, out, err) : 0;
}

int manx_json_bool(const struct manx_json *at, const char *key, bool *out,
		   struct manx_error *err)
{
	struct manx_json sub = manx_json_get(at, key);

	if (!sub.v)
		return 0;
	if (!cJSON_IsBool(sub.v))
		return expected(&sub, "true or false", err);
	*out = cJSON_IsTrue(sub.v);
	return 0;
}

int manx_json_u64(const struct manx_json *at, const char *key, uint64_t min, uint64_t max,
		  uint64_t *out, struct manx_error *err)
{
	struct manx_json sub = manx_json_get(at, key);
	char what[80];
	double d;

	if (!sub.v)
		return 0;
	d = cJSON_IsNumber(sub.v) ? sub.v->valuedouble : -1;
	if (!(d >= (double)min && d <= (double)max) || d != (double)(uint64_t)d) {
		snprintf(what, sizeof(what), "a whole number from %" PRIu64 " to %" PRIu64,
			 min, max);
		return expected(&sub, what, err);
	}
	*out = (uint64_t)d;
	return 0;
}

int manx_json_u32(const struct manx_json *at, const char *key, uint32_t min, uint32_t max,
		  uint32_t *out, struct manx_error *err)
{
	uint64_t n = *out;
	int rc = manx_json_u64(at, key, min, max, &n, err);

	*out = (uint32_t)n;
	return rc;
}

int manx_json_object(const struct manx_json *at, const char *key, struct manx_json *out,
		     struct manx_error *err)
{
	*out = manx_json_get(at, key);
	return out->v && !cJSON_IsObject(out->v) ? expected(out, "an object", err) : 0;
}

int manx_json_array(const struct manx_json *at, const char *key, struct manx_json *out,
		    struct manx_error *err)
{
	*out = manx_json_get(at, key);
	return out->v && !cJSON_IsArray(out->v) ? expected(out, "an array", err) : 0;
}

int manx_json_each(const struct manx_json *at, const char *key,
		   int (*fn)(const struct manx_json *item, void *ctx, struct manx_error *err),
		   void *ctx, struct manx_error *err)
{
	struct manx_json array;
	const cJSON *v;
	size_t i = 0;
	int rc = manx_json_array(at, key, &array, err);

	if (rc)
		return rc;
	cJSON_ArrayForEach(v, array.v) {
		struct manx_json item = manx_json_item(&array, i++, v);

		rc = fn(&item, ctx, err);
		if (rc)
			break;
	}
	return rc;
}

static bool in_list(const char *word, const char *const *list)
{
	for (; *list; list++)
		if (strcmp(word, *list) == 0)
			return true;
	return false;
}

int manx_json_known(const struct manx_json *at, const char *const *keys,
		    struct manx_error *err)
{
	const cJSON *v;

	if (!cJSON_IsObject(at->v))
		return expected(at, "an object", err);
	cJSON_ArrayForEach(v, at->v) {
		struct manx_json sub = manx_json_get(at, v->string);

		if (!in_list(v->string, keys))
			return manx_fail(err, -EINVAL, "%s: unknown field", sub.path);
		if (sub.v != v && !cJSON_IsNull(v))
			return manx_fail(err, -EINVAL, "%s: given twice", sub.path);
	}
	return 0;
}

/* cJSON writes 15 digits where 17 can differ; what is raw it writes as it is. */
static bool make_exact(cJSON *json)
{
	cJSON *item;
	char text[32];

	cJSON_ArrayForEach(item, json)
		if (!make_exact(item))
			return false;
	if (!cJSON_IsNumber(json) || !isfinite(json->valuedouble))
		return true;
	snprintf(text, sizeof(text), "%.15g", json->valuedouble);
	if (strtod(text, NULL) == json->valuedouble)
		return true;
	snprintf(text, sizeof(text), "%.17g", json->valuedouble);
	json->valuestring = strdup(text);
	if (json->valuestring)
		json->type = (json->type & ~0xff) | cJSON_Raw;
	return json->valuestring;
}

char *manx_json_print(const cJSON *json, bool lines)
{
	cJSON *copy = cJSON_Duplicate(json, true);
	char *text = NULL;

	if (copy && make_exact(copy))
		text = lines ? cJSON_Print(copy) : cJSON_PrintUnformatted(copy);
	cJSON_Delete(copy);
	return text;
}

cJSON *manx_json_add_object(cJSON *array)
{
	cJSON *object = cJSON_CreateObject();

	if (cJSON_AddItemToArray(array, object))
		return object;
	cJSON_Delete(object);
	return NULL;
}

bool manx_json_add_u64(cJSON *object, const char *key, uint64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, value);
	return cJSON_AddRawToObject(object, key, text) != NULL;
}
