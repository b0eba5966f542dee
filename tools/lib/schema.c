// SPDX-License-Identifier: GPL-2.0-only
#include "schema.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "suggest.h"

/* Longest path that a message shows; deeper ones are cut. */
#define PATH_SIZE 384

static void write_path(const struct manx_at *at, char *buf, size_t size)
{
	size_t n;

	if (at->up)
		write_path(at->up, buf, size);
	else
		buf[0] = '\0';
	n = strlen(buf);
	if (at->name)
		snprintf(buf + n, size - n, "%s%.100s", n ? "." : "", at->name);
	else if (at->up)
		snprintf(buf + n, size - n, "[%zu]", at->index);
}

/* "<file>:<line>: <path>: <words>" into @buf, as far as each is known. */
static void write_message(const struct manx_at *at, char *buf, size_t size, const char *words)
{
	char path[PATH_SIZE], place[300] = "";
	size_t n;

	write_path(at, path, sizeof(path));
	if (at->source->file)
		snprintf(place, sizeof(place), "%.250s:%d: ", at->source->file, at->node->line);
	n = strlen(place);
	if (at->source->file && at->source->document > 1)
		snprintf(place + n, sizeof(place) - n, "document %zu: ", at->source->document);
	snprintf(buf, size, "%s%s%s%s", place, path, *path ? ": " : "", words);
}

static int fail(const struct manx_at *at, const char *fmt, va_list ap)
{
	struct manx_error *err = at->source->err;
	char words[sizeof(err->text)], text[sizeof(err->text)];

	vsnprintf(words, sizeof(words), fmt, ap);
	write_message(at, text, sizeof(text), words);
	return manx_fail(err, -EINVAL, "%s", text);
}

int manx_at_fail(const struct manx_at *at, const char *fmt, ...)
{
	va_list ap;
	int rc;

	va_start(ap, fmt);
	rc = fail(at, fmt, ap);
	va_end(ap);
	return rc;
}

/* The place of a field of the object at @at, which need not be written there. */
static struct manx_at field_of(const struct manx_at *at, const char *name)
{
	const struct manx_yaml *node = manx_yaml_get(at->node, name);

	return (struct manx_at){
		.up = at, .source = at->source, .node = node ? node : at->node, .name = name,
	};
}

int manx_at_fail_field(const struct manx_at *at, const char *field, const char *fmt, ...)
{
	struct manx_at place = field_of(at, field);
	va_list ap;
	int rc;

	va_start(ap, fmt);
	rc = fail(&place, fmt, ap);
	va_end(ap);
	return rc;
}

int manx_at_no_memory(const struct manx_at *at)
{
	return manx_fail(at->source->err, -ENOMEM, "out of memory");
}

/* Add @value, which is taken, to the end of @object. */
static int add(const struct manx_at *at, cJSON *object, const char *name, cJSON *value)
{
	if (value && cJSON_AddItemToObject(object, name, value))
		return 0;
	cJSON_Delete(value);
	return manx_at_no_memory(at);
}

/* To the end first, then all that the schema has behind it is put behind it. */
int manx_schema_put(const struct manx_at *at, const struct manx_schema *schema, cJSON *object,
		    const char *name, cJSON *value)
{
	const struct manx_field *f = schema->fields;
	int rc = add(at, object, name, value);

	while (strcmp(f->name, name))
		f++;
	while (!rc && (++f)->name) {
		cJSON *item = cJSON_DetachItemFromObjectCaseSensitive(object, f->name);

		/* it keeps its key */
		if (item)
			cJSON_AddItemToArray(object, item);
	}
	return rc;
}

static const char *type_name(const struct manx_yaml *node)
{
	switch (node->type) {
	case MANX_YAML_LIST:
		return "a list";
	case MANX_YAML_MAP:
		return "an object";
	default:
		return "a single value";
	}
}

/*
 * What is stored must come back the same from any reader of YAML and JSON. So
 * no control characters but tab and line ends, none of Unicode's other line
 * breaks, which YAML folds, and no byte order mark or noncharacter. @text is
 * UTF-8.
 */
static bool is_clean(const char *text)
{
	static const char *const dirty[] = {
		"\xe2\x80\xa8", "\xe2\x80\xa9", "\xef\xbb\xbf", "\xef\xbf\xbe", "\xef\xbf\xbf",
	};

	for (const unsigned char *s = (const unsigned char *)text; *s; s++)
		if ((*s < 0x20 && !strchr("\t\n\r", *s)) || *s == 0x7f || (*s == 0xc2 && s[1] < 0xa0))
			return false;
	for (size_t i = 0; i < sizeof(dirty) / sizeof(dirty[0]); i++)
		if (strstr(text, dirty[i]))
			return false;
	return true;
}

/* Keys are what selectors and annotations need; YAML readers give up on longer ones. */
#define KEY_CHARS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_./-"
#define KEY_MAX 512

static int check_key(const struct manx_at *at)
{
	size_t n = strlen(at->name);

	if (n && n <= KEY_MAX && !at->name[strspn(at->name, KEY_CHARS)])
		return 0;
	return manx_at_fail(at, "key \"%.80s\": allowed are 1 to %d of A-Z a-z 0-9 _ . / -",
			    at->name, KEY_MAX);
}

static int read_one(const struct manx_at *at, const struct manx_field *f, cJSON **out)
{
	if (f->object)
		return manx_schema_read(at, f->object, out);
	if (at->node->type != MANX_YAML_SCALAR)
		return manx_at_fail(at, "%s, where a single value is expected", type_name(at->node));
	if (!is_clean(at->node->text))
		return manx_at_fail(at, "\"%.80s\": control characters are not allowed", at->node->text);
	return f->scalar(at, f, at->node->text, out);
}

static int read_list(const struct manx_at *at, const struct manx_field *f, cJSON **out)
{
	struct manx_at item = { .up = at, .source = at->source };
	cJSON *value;
	int rc;

	if (at->node->type != MANX_YAML_LIST)
		return manx_at_fail(at, "%s, where a list is expected: put it into [ ]",
				    type_name(at->node));
	*out = cJSON_CreateArray();
	if (!*out)
		return manx_at_no_memory(at);
	for (item.node = at->node->child; item.node; item.node = item.node->next, item.index++) {
		if (f->max_items && item.index == f->max_items)
			return manx_at_fail(at, "more than %zu items", f->max_items);
		if (manx_yaml_is_null(item.node))
			return manx_at_fail(&item, "nothing here: fill it in or remove it");
		rc = read_one(&item, f, &value);
		if (rc)
			return rc;
		cJSON_AddItemToArray(*out, value);
	}
	return 0;
}

static int read_map(const struct manx_at *at, const struct manx_field *f, cJSON **out)
{
	const struct manx_yaml **sorted;
	size_t n = 0;
	int rc = 0;

	if (at->node->type != MANX_YAML_MAP)
		return manx_at_fail(at, "%s, where keys with values are expected",
				    type_name(at->node));
	*out = cJSON_CreateObject();
	sorted = manx_yaml_sorted(at->node, &n);
	if (!*out || !sorted)
		rc = manx_at_no_memory(at);
	for (size_t i = 0; i < n && !rc; i++) {
		struct manx_at entry = {
			.up = at, .source = at->source, .node = sorted[i], .name = sorted[i]->key,
		};
		cJSON *value = NULL;

		rc = check_key(&entry);
		if (!rc)
			rc = read_one(&entry, f, &value);
		if (!rc)
			rc = add(at, *out, entry.name, value);
	}
	free(sorted);
	return rc;
}

static int read_value(const struct manx_at *at, const struct manx_field *f, cJSON **out)
{
	if (f->list)
		return read_list(at, f, out);
	return f->map ? read_map(at, f, out) : read_one(at, f, out);
}

/* Whether @word is one of the comma-separated @list. */
static bool is_listed(const char *list, const char *word)
{
	size_t n = strlen(word);

	while (list) {
		if (strcspn(list, ",") == n && !strncmp(list, word, n))
			return true;
		list = strchr(list, ',');
		if (list)
			list++;
	}
	return false;
}

static bool is_harmless(const struct manx_field *f, const cJSON *value)
{
	const char *text = cJSON_GetStringValue(value);
	char number[32];

	if (cJSON_IsArray(value) || cJSON_IsObject(value))
		return !value->child;
	if (cJSON_IsBool(value))
		text = cJSON_IsTrue(value) ? "true" : "false";
	if (cJSON_IsNumber(value)) {
		snprintf(number, sizeof(number), "%.17g", value->valuedouble);
		text = number;
	}
	return text && (!*text || is_listed(f->harmless, text));
}

static void warn(const struct manx_at *at, const struct manx_field *f)
{
	char words[256], text[1024];

	if (!at->source->warn)
		return;
	snprintf(words, sizeof(words), "has no effect in manx yet: %s", f->note);
	write_message(at, text, sizeof(text), words);
	at->source->warn(at->source->ctx, text);
}

static int refuse(const struct manx_at *at, const struct manx_field *f)
{
	if (at->node->type == MANX_YAML_SCALAR)
		return manx_at_fail(at, "\"%.80s\" is not supported: %s", at->node->text, f->note);
	return manx_at_fail(at, "not supported: %s", f->note);
}

/* A refused field of which manx knows no more than that it must be empty. */
static int read_untyped(const struct manx_at *at, const struct manx_field *f)
{
	const struct manx_yaml *node = at->node;
	bool empty = node->type == MANX_YAML_SCALAR ? !*node->text : !node->child;

	return empty ? 0 : refuse(at, f);
}

static int read_field(const struct manx_at *at, const struct manx_field *f, cJSON *object)
{
	cJSON *value = NULL;
	int rc;

	if (f->class == MANX_FIELD_IGNORED)
		return 0;
	if (!f->scalar && !f->object)
		return read_untyped(at, f);
	rc = read_value(at, f, &value);
	if (!rc && f->class == MANX_FIELD_REFUSED && !is_harmless(f, value))
		rc = refuse(at, f);
	if (rc) {
		cJSON_Delete(value);
		return rc;
	}
	if (f->class == MANX_FIELD_KEPT && !is_harmless(f, value))
		warn(at, f);
	return add(at, object, f->name, value);
}

/* Presets are written by hand beside their types: only memory can fail. */
static int preset(const struct manx_at *at, const struct manx_field *f, cJSON *object)
{
	char text[80], *rest = text, *word;
	cJSON *value = NULL, *list;
	static const struct manx_yaml empty = { .type = MANX_YAML_MAP };
	struct manx_at nowhere = *at;
	int rc = 0;

	if (f->object) {
		nowhere.node = &empty;
		rc = manx_schema_read(&nowhere, f->object, &value);
		return rc ? rc : add(at, object, f->name, value);
	}
	if (!f->list) {
		rc = f->scalar(at, f, f->preset, &value);
		return rc ? rc : add(at, object, f->name, value);
	}
	list = cJSON_CreateArray();
	snprintf(text, sizeof(text), "%s", f->preset);
	while (list && !rc && (word = strsep(&rest, ","))) {
		rc = f->scalar(at, f, word, &value);
		if (!rc)
			cJSON_AddItemToArray(list, value);
	}
	if (!rc)
		return add(at, object, f->name, list);
	cJSON_Delete(list);
	return rc;
}

static int unknown_field(const struct manx_at *at, const struct manx_schema *schema)
{
	struct manx_suggest near = manx_suggest_begin(at->name);

	for (const struct manx_field *f = schema->fields; f->name; f++)
		manx_suggest_offer(&near, f->name);
	if (near.best)
		return manx_at_fail(at, "unknown field: did you mean \"%s\"?", near.best);
	return manx_at_fail(at, "unknown field");
}

static int check_known(const struct manx_at *at, const struct manx_schema *schema)
{
	for (const struct manx_yaml *c = at->node->child; c; c = c->next) {
		const struct manx_field *f = schema->fields;
		struct manx_at place;

		while (f->name && strcmp(f->name, c->key))
			f++;
		if (f->name)
			continue;
		place = field_of(at, c->key);
		return unknown_field(&place, schema);
	}
	return 0;
}

/* Words that may be left out may as well be empty: so Go's programs write them. */
static bool is_absent(const struct manx_field *f, const struct manx_yaml *node)
{
	return !node || manx_yaml_is_null(node) ||
	       (f->words && !f->list && node->type == MANX_YAML_SCALAR && !*node->text);
}

static int read_fields(const struct manx_at *at, const struct manx_schema *schema, cJSON *object)
{
	int rc = check_known(at, schema);

	for (const struct manx_field *f = schema->fields; f->name && !rc; f++) {
		const struct manx_yaml *node = manx_yaml_get(at->node, f->name);
		struct manx_at place = field_of(at, f->name);

		if (!is_absent(f, node))
			rc = read_field(&place, f, object);
		else if (f->required)
			rc = manx_at_fail(&place, "is missing");
		else if (f->preset)
			rc = preset(&place, f, object);
	}
	if (rc)
		return rc;
	return schema->check ? schema->check(at, object) : 0;
}

bool manx_schema_requires(const struct manx_schema *schema)
{
	for (const struct manx_field *f = schema->fields; f->name; f++)
		if (f->required)
			return true;
	return false;
}

int manx_schema_read(const struct manx_at *at, const struct manx_schema *schema, cJSON **object)
{
	int rc;

	if (at->node->type != MANX_YAML_MAP)
		return manx_at_fail(at, "%s, where an object with fields is expected",
				    type_name(at->node));
	*object = cJSON_CreateObject();
	if (!*object)
		return manx_at_no_memory(at);
	rc = read_fields(at, schema, *object);
	if (rc) {
		cJSON_Delete(*object);
		*object = NULL;
	}
	return rc;
}

const cJSON *manx_field_at(const cJSON *object, const char *name)
{
	return cJSON_GetObjectItemCaseSensitive(object, name);
}

const char *manx_field_text(const cJSON *object, const char *name)
{
	return cJSON_GetStringValue(manx_field_at(object, name));
}

double manx_field_number(const cJSON *object, const char *name, double otherwise)
{
	const cJSON *item = manx_field_at(object, name);

	return cJSON_IsNumber(item) ? item->valuedouble : otherwise;
}

bool manx_field_is_true(const cJSON *object, const char *name)
{
	return cJSON_IsTrue(manx_field_at(object, name));
}
