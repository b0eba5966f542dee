/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * YAML, and JSON as a part of it, as a tree that knows its lines. Scalars are
 * text: what they mean is the schema's business.
 */
#ifndef MANX_YAML_TREE_H
#define MANX_YAML_TREE_H

#include <stdbool.h>
#include <stddef.h>

#include "error.h"

/*
 * Budget of one document. Aliases are copied, so it is also what keeps a short
 * text from growing without bound; all aliases of a text together may not add
 * more than that either.
 */
#define MANX_YAML_MAX_DEPTH	64
#define MANX_YAML_MAX_NODES	100000
#define MANX_YAML_MAX_OCTETS	(16u << 20)
#define MANX_YAML_MAX_ANCHORS	1000

enum manx_yaml_type { MANX_YAML_SCALAR, MANX_YAML_LIST, MANX_YAML_MAP };

/**
 * struct manx_yaml - a node
 * @type: what it is
 * @line: where it begins, from 1
 * @plain: of a scalar: written without quotes, so it may stand for null
 * @key: its key if it lies in a map, else NULL; keys of a map are distinct
 * @text: of a scalar: UTF-8 without NUL inside; else NULL
 * @child: first node of a list or map
 * @next: the node after it in the list or map that holds it
 */
struct manx_yaml {
	enum manx_yaml_type type;
	int line;
	bool plain;
	char *key;
	char *text;
	struct manx_yaml *child, *next;
};

struct manx_yaml_reader;

/* Begin to read @len octets at @text, which must live as long as the reader. */
int manx_yaml_open(struct manx_yaml_reader **reader, const char *text, size_t len,
		   const char *file, struct manx_error *err);
/*
 * The next document: 1 and *@doc, which is the caller's; 0 at the end. Errors
 * are "<file>:<line>: ..."; @file may be NULL, then they lack this.
 */
int manx_yaml_next(struct manx_yaml_reader *reader, struct manx_yaml **doc,
		   struct manx_error *err);
void manx_yaml_close(struct manx_yaml_reader *reader);
void manx_yaml_free(struct manx_yaml *node);

/* The value of @key in a map, or NULL. */
const struct manx_yaml *manx_yaml_get(const struct manx_yaml *map, const char *key);
/* The *n entries of a map in the order of their keys; the array is the caller's. NULL without memory. */
const struct manx_yaml **manx_yaml_sorted(const struct manx_yaml *map, size_t *n);
/* Nothing, "~" or "null", without quotes. */
bool manx_yaml_is_null(const struct manx_yaml *node);

#endif /* MANX_YAML_TREE_H */
