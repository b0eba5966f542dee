/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Schemas: tables that say which fields an object has, of which type, and what
 * manx makes of them; and the walk that turns text into checked, canonical JSON.
 */
#ifndef MANX_SCHEMA_H
#define MANX_SCHEMA_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "yaml_tree.h"

/*
 * What manx makes of a field of Calico's schema. Every field of it stands in a
 * table; one that does not is a mistake of the user's.
 */
enum manx_field_class {
	MANX_FIELD_DONE,	/* does what it says */
	MANX_FIELD_KEPT,	/* stored and returned, without effect: one warning */
	MANX_FIELD_REFUSED,	/* to ignore it would open or misroute traffic: error */
	MANX_FIELD_IGNORED,	/* another datastore's bookkeeping: not even stored */
};

/**
 * struct manx_source - where a resource came from, and where complaints go
 * @file: named in messages, NULL for the store (no file, no line then)
 * @document: number of the document of the file that is being read, from 1;
 *	messages name it from the second on
 * @warn: for fields of class KEPT; may be NULL
 * @ctx: for @warn
 * @err: may be NULL
 */
struct manx_source {
	const char *file;
	size_t document;
	void (*warn)(void *ctx, const char *text);
	void *ctx;
	struct manx_error *err;
};

/**
 * struct manx_at - a place in a document
 * @up: the place that holds it, NULL at the top
 * @source: common to all places of a document
 * @node: what was written there
 * @name: field name; NULL for an item of a list
 * @index: of an item
 */
struct manx_at {
	const struct manx_at *up;
	const struct manx_source *source;
	const struct manx_yaml *node;
	const char *name;
	size_t index;
};

/*
 * Complain about a place, or about a field of the object there: "<file>:<line>:
 * <path>: <words>". Returns -EINVAL.
 */
int manx_at_fail(const struct manx_at *at, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
int manx_at_fail_field(const struct manx_at *at, const char *field, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* -ENOMEM */
int manx_at_no_memory(const struct manx_at *at);

struct manx_field;
struct manx_schema;

/*
 * Make JSON of the text of a scalar: check it and bring it into canonical form.
 * *out is the caller's. Errors by manx_at_fail().
 */
typedef int (*manx_scalar_fn)(const struct manx_at *at, const struct manx_field *f,
			      const char *text, cJSON **out);

/**
 * struct manx_field - a field
 * @name: as Calico spells it
 * @class: what manx makes of it
 * @required: it must be there
 * @list: the value is a list, and what follows is true of its items
 * @map: the value is a map of free keys to scalars
 * @scalar: type of a scalar; NULL if @object is set
 * @object: fields of an object; NULL if @scalar is set
 * @words: what manx_scalar_word() allows, NULL-terminated
 * @min, @max: what manx_scalar_int() allows
 * @max_items: of a list, 0 for no limit of its own
 * @preset: what it is when absent; for a list, comma-separated; for an object
 *	anything, its own presets make it up
 * @harmless: values, comma-separated, that are no reason to complain about a field
 *	of class KEPT or REFUSED; empty texts, lists and maps never are
 * @note: DONE: what it does, may be NULL; KEPT: why it has no effect; REFUSED:
 *	what to do instead
 */
struct manx_field {
	const char *name;
	enum manx_field_class class;
	bool required;
	bool list;
	bool map;
	manx_scalar_fn scalar;
	const struct manx_schema *object;
	const char *const *words;
	int64_t min, max;
	size_t max_items;
	const char *preset;
	const char *harmless;
	const char *note;
};

/**
 * struct manx_schema - an object
 * @fields: ended by one without a name; their order is that of the output
 * @check: what holds between fields; may add fields by manx_schema_put().
 *	NULL for nothing. @object holds what the fields gave, presets included.
 */
struct manx_schema {
	const struct manx_field *fields;
	int (*check)(const struct manx_at *at, cJSON *object);
};

/* Whether some field of it, at its top, must be there. */
bool manx_schema_requires(const struct manx_schema *schema);

/* Check what is written at @at; *object is the caller's. */
int manx_schema_read(const struct manx_at *at, const struct manx_schema *schema, cJSON **object);

/* Add @value (taken, also on failure; may be NULL) to @object, where @schema has it. */
int manx_schema_put(const struct manx_at *at, const struct manx_schema *schema, cJSON *object,
		    const char *name, cJSON *value);

/* Values of canonical JSON: NULL, or @otherwise, where there is none. */
const cJSON *manx_field_at(const cJSON *object, const char *name);
const char *manx_field_text(const cJSON *object, const char *name);
double manx_field_number(const cJSON *object, const char *name, double otherwise);
bool manx_field_is_true(const cJSON *object, const char *name);

#endif /* MANX_SCHEMA_H */
