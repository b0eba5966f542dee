/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reading JSON that came from outside: strict parsing, and getters that check
 * types and name the field that is wrong.
 */
#ifndef MANX_JSON_H
#define MANX_JSON_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"

/*
 * Parse exactly one document of @len octets at @text, which must be followed
 * by a NUL that @len does not count. UTF-8 without NUL; nothing but white space
 * after the value. -EBADMSG with the place, -ENOMEM. *@json is the caller's.
 */
int manx_json_parse(const char *text, size_t len, cJSON **json, struct manx_error *err);

/**
 * struct manx_json - a place in a document that is being read
 * @v: the value there; borrowed, the document must outlive this
 * @nocase: keys of objects match in any case, as Go's decoders do (CNI)
 * @path: "tables[3].rules[0]"; "" for the document itself
 */
struct manx_json {
	const cJSON *v;
	bool nocase;
	char path[192];
};

/* The top of a document; keys match exactly. */
struct manx_json manx_json_top(const cJSON *document);

/*
 * The value of @key, or .v NULL if it is absent or null. Where keys match in
 * any case an exact match goes before others. @at->v need not be an object.
 */
struct manx_json manx_json_get(const struct manx_json *at, const char *key);
/* Element number @i, whose value is @item. */
struct manx_json manx_json_item(const struct manx_json *at, size_t i, const cJSON *item);

/*
 * Typed getters of @key in the object @at. Each returns 0 and leaves *@out
 * alone if the key is absent or null, and -EINVAL, naming path and what was
 * expected, if the value is something else.
 */
int manx_json_string(const struct manx_json *at, const char *key, const char **out,
		     struct manx_error *err);
int manx_json_bool(const struct manx_json *at, const char *key, bool *out,
		   struct manx_error *err);
/* A whole number of @min to @max. */
int manx_json_u32(const struct manx_json *at, const char *key, uint32_t min, uint32_t max,
		  uint32_t *out, struct manx_error *err);
/* Of up to MANX_JSON_MAX, beyond which JSON's numbers are not exact. */
#define MANX_JSON_MAX (1ULL << 53)
int manx_json_u64(const struct manx_json *at, const char *key, uint64_t min, uint64_t max,
		  uint64_t *out, struct manx_error *err);
/* *@out: the place of the object or array, .v NULL if absent. */
int manx_json_object(const struct manx_json *at, const char *key, struct manx_json *out,
		     struct manx_error *err);
int manx_json_array(const struct manx_json *at, const char *key, struct manx_json *out,
		    struct manx_error *err);

/*
 * Call @fn for each element of the array @key until one fails, and return what
 * that returned. -EINVAL if it is no array; absent is an empty one.
 */
int manx_json_each(const struct manx_json *at, const char *key,
		   int (*fn)(const struct manx_json *item, void *ctx, struct manx_error *err),
		   void *ctx, struct manx_error *err);

/* The value at @at itself; -EINVAL if it is no string. */
int manx_json_text(const struct manx_json *at, const char **out, struct manx_error *err);

/*
 * -EINVAL if @at is no object, has a key that is not in @keys (NULL-terminated)
 * or has one twice.
 */
int manx_json_known(const struct manx_json *at, const char *const *keys,
		    struct manx_error *err);

/*
 * The text of @json, for free(); NULL without memory. Other than what cJSON makes of them,
 * numbers are the same when they are read again. @lines: for people.
 */
char *manx_json_print(const cJSON *json, bool lines);

/* A new object at the end of @array, which owns it; NULL without memory. */
cJSON *manx_json_add_object(cJSON *array);
/* A whole number that keeps all its 64 bits (a cJSON number has 53). False without memory. */
bool manx_json_add_u64(cJSON *object, const char *key, uint64_t value);

#endif /* MANX_JSON_H */
