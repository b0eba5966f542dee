// SPDX-License-Identifier: GPL-2.0-only
#include "yaml_tree.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

struct budget {
	size_t nodes, octets;
};

/* @node: NULL while it is being read, so that it cannot contain itself */
struct anchor {
	char *name;
	const struct manx_yaml *node;
};

/*
 * @document counts what the document at hand holds, @aliased what aliases
 * added to all documents so far.
 */
struct manx_yaml_reader {
	yaml_parser_t parser;
	const char *file, *text;
	size_t len;
	struct budget document, aliased;
	struct anchor *anchors;
	size_t n_anchors;
};

static int fail_at(const struct manx_yaml_reader *r, int line, struct manx_error *err,
		   const char *fmt, ...) __attribute__((format(printf, 4, 5)));

static int fail_at(const struct manx_yaml_reader *r, int line, struct manx_error *err,
		   const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (!r->file)
		return manx_fail(err, -EINVAL, "%s", text);
	return manx_fail(err, -EINVAL, "%s:%d: %s", r->file, line, text);
}

static int no_memory(struct manx_error *err)
{
	return manx_fail(err, -ENOMEM, "out of memory");
}

static int line_of(const yaml_mark_t *mark)
{
	return (int)mark->line + 1;
}

static int spend(const struct manx_yaml_reader *r, struct budget *b, size_t octets, int line,
		 struct manx_error *err)
{
	b->nodes++;
	b->octets += octets;
	if (b->nodes > MANX_YAML_MAX_NODES)
		return fail_at(r, line, err, "more than %d values in a document: split it",
			       MANX_YAML_MAX_NODES);
	if (b->octets > MANX_YAML_MAX_OCTETS)
		return fail_at(r, line, err, "more than %u octets of text in a document: split it",
			       MANX_YAML_MAX_OCTETS);
	return 0;
}

static int new_node(struct manx_yaml_reader *r, enum manx_yaml_type type, int line, int depth,
		    struct manx_yaml **node, struct manx_error *err)
{
	if (depth > MANX_YAML_MAX_DEPTH)
		return fail_at(r, line, err, "nested deeper than %d levels", MANX_YAML_MAX_DEPTH);
	*node = calloc(1, sizeof(**node));
	if (!*node)
		return no_memory(err);
	(*node)->type = type;
	(*node)->line = line;
	return 0;
}

/* The reader runs ahead of the parser, so its complaints come without a line. */
static int line_of_octet(const struct manx_yaml_reader *r, size_t offset)
{
	int line = 1;

	for (size_t i = 0; i < offset && i < r->len; i++)
		line += r->text[i] == '\n';
	return line;
}

/* The parser's own complaint, or the lack of memory. */
static int parser_error(const struct manx_yaml_reader *r, struct manx_error *err)
{
	const yaml_parser_t *p = &r->parser;
	const char *problem = p->problem ? p->problem : "not YAML";

	if (p->error == YAML_MEMORY_ERROR)
		return no_memory(err);
	if (p->error == YAML_READER_ERROR)
		return fail_at(r, line_of_octet(r, p->problem_offset), err,
			       "neither YAML nor JSON: %s", problem);
	if (p->context)
		return fail_at(r, line_of(&p->problem_mark), err,
			       "neither YAML nor JSON: %s, %s that began in line %d", problem,
			       p->context, line_of(&p->context_mark));
	return fail_at(r, line_of(&p->problem_mark), err, "neither YAML nor JSON: %s", problem);
}

static int next_event(struct manx_yaml_reader *r, yaml_event_t *e, struct manx_error *err)
{
	return yaml_parser_parse(&r->parser, e) ? 0 : parser_error(r, err);
}

/* Tags that say no more than the syntax does are passed over. */
static int check_tag(const struct manx_yaml_reader *r, const char *tag, int line,
		     struct manx_error *err)
{
	static const char *const known[] = {
		YAML_STR_TAG, YAML_SEQ_TAG, YAML_MAP_TAG, YAML_INT_TAG, YAML_FLOAT_TAG,
		YAML_BOOL_TAG, YAML_NULL_TAG, "!",
	};

	for (size_t i = 0; tag && i < sizeof(known) / sizeof(known[0]); i++)
		if (!strcmp(tag, known[i]))
			return 0;
	return tag ? fail_at(r, line, err, "tag \"%.80s\": remove it", tag) : 0;
}

/* @anchor of a node that begins; *@index tells finish_anchor() which it is. */
static int begin_anchor(struct manx_yaml_reader *r, const yaml_char_t *anchor, int line,
			size_t *index, struct manx_error *err)
{
	struct anchor *a;

	*index = MANX_YAML_MAX_ANCHORS;
	if (!anchor)
		return 0;
	if (r->n_anchors == MANX_YAML_MAX_ANCHORS)
		return fail_at(r, line, err, "more than %d anchors in a document: split it",
			       MANX_YAML_MAX_ANCHORS);
	a = &r->anchors[r->n_anchors];
	a->name = strdup((const char *)anchor);
	if (!a->name)
		return no_memory(err);
	a->node = NULL;
	*index = r->n_anchors++;
	return 0;
}

static void finish_anchor(struct manx_yaml_reader *r, size_t index, const struct manx_yaml *node)
{
	if (index < r->n_anchors)
		r->anchors[index].node = node;
}

static void forget_anchors(struct manx_yaml_reader *r)
{
	while (r->n_anchors)
		free(r->anchors[--r->n_anchors].name);
}

static int copy(struct manx_yaml_reader *r, const struct manx_yaml *from, int depth,
		struct manx_yaml **to, struct manx_error *err)
{
	size_t octets = (from->text ? strlen(from->text) : 0) + (from->key ? strlen(from->key) : 0);
	struct manx_yaml **tail;
	int rc = new_node(r, from->type, from->line, depth, to, err);

	if (!rc)
		rc = spend(r, &r->document, octets, from->line, err);
	if (!rc)
		rc = spend(r, &r->aliased, octets, from->line, err);
	if (rc)
		return rc;
	(*to)->plain = from->plain;
	(*to)->text = from->text ? strdup(from->text) : NULL;
	if (from->text && !(*to)->text)
		return no_memory(err);
	tail = &(*to)->child;
	for (const struct manx_yaml *c = from->child; c; c = c->next) {
		rc = copy(r, c, depth + 1, tail, err);
		if (rc)
			return rc;
		(*tail)->key = c->key ? strdup(c->key) : NULL;
		if (c->key && !(*tail)->key)
			return no_memory(err);
		tail = &(*tail)->next;
	}
	return 0;
}

static int read_alias(struct manx_yaml_reader *r, const yaml_event_t *e, int depth,
		      struct manx_yaml **node, struct manx_error *err)
{
	const char *name = (const char *)e->data.alias.anchor;
	int line = line_of(&e->start_mark);

	/* the last anchor of a name is the one that is meant */
	for (size_t i = r->n_anchors; i-- > 0;) {
		if (strcmp(r->anchors[i].name, name))
			continue;
		if (!r->anchors[i].node)
			return fail_at(r, line, err, "alias \"%.80s\" lies inside what it names", name);
		return copy(r, r->anchors[i].node, depth, node, err);
	}
	return fail_at(r, line, err, "alias \"%.80s\" names no anchor before it", name);
}

static int read_scalar(struct manx_yaml_reader *r, const yaml_event_t *e, int depth,
		       struct manx_yaml **node, struct manx_error *err)
{
	const char *value = (const char *)e->data.scalar.value;
	size_t len = e->data.scalar.length, anchor;
	int line = line_of(&e->start_mark);
	int rc = check_tag(r, (const char *)e->data.scalar.tag, line, err);

	if (!rc && memchr(value, '\0', len))
		rc = fail_at(r, line, err, "NUL character in a string");
	if (!rc)
		rc = begin_anchor(r, e->data.scalar.anchor, line, &anchor, err);
	if (!rc)
		rc = spend(r, &r->document, len, line, err);
	if (!rc)
		rc = new_node(r, MANX_YAML_SCALAR, line, depth, node, err);
	if (rc)
		return rc;
	(*node)->plain = e->data.scalar.plain_implicit &&
			 e->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	(*node)->text = strdup(value);
	if (!(*node)->text)
		return no_memory(err);
	finish_anchor(r, anchor, *node);
	return 0;
}

static int read_node(struct manx_yaml_reader *r, const yaml_event_t *e, int depth,
		     struct manx_yaml **node, struct manx_error *err);

static int read_items(struct manx_yaml_reader *r, int depth, struct manx_yaml *list,
		      struct manx_error *err)
{
	struct manx_yaml **tail = &list->child;
	yaml_event_t e;
	bool end;
	int rc;

	for (;; tail = &(*tail)->next) {
		rc = next_event(r, &e, err);
		if (rc)
			return rc;
		end = e.type == YAML_SEQUENCE_END_EVENT;
		if (!end)
			rc = read_node(r, &e, depth + 1, tail, err);
		yaml_event_delete(&e);
		if (rc || end)
			return rc;
	}
}

static int read_key(struct manx_yaml_reader *r, const yaml_event_t *e, char **key,
		    struct manx_error *err)
{
	int line = line_of(&e->start_mark);

	if (e->type != YAML_SCALAR_EVENT || e->data.scalar.anchor)
		return fail_at(r, line, err, "a key must be a word: lists, maps, anchors and aliases are not allowed there");
	if (strlen((const char *)e->data.scalar.value) != e->data.scalar.length)
		return fail_at(r, line, err, "NUL character in a key");
	*key = strdup((const char *)e->data.scalar.value);
	return *key ? spend(r, &r->document, e->data.scalar.length, line, err) : no_memory(err);
}

/* One "key: value", or *@tail stays NULL at the end of the map. */
static int read_entry(struct manx_yaml_reader *r, int depth, struct manx_yaml **tail,
		      struct manx_error *err)
{
	char *key = NULL;
	yaml_event_t e;
	int line, rc = next_event(r, &e, err);

	if (rc)
		return rc;
	line = line_of(&e.start_mark);
	if (e.type == YAML_MAPPING_END_EVENT) {
		yaml_event_delete(&e);
		return 0;
	}
	rc = read_key(r, &e, &key, err);
	yaml_event_delete(&e);
	if (!rc)
		rc = next_event(r, &e, err);
	if (rc) {
		free(key);
		return rc;
	}
	rc = read_node(r, &e, depth + 1, tail, err);
	yaml_event_delete(&e);
	if (!*tail) {
		free(key);
		return rc;
	}
	(*tail)->key = key;
	/* a field lies where its name is, also if its value is an alias */
	(*tail)->line = line;
	return rc;
}

static int check_keys(const struct manx_yaml_reader *r, const struct manx_yaml *map,
		      struct manx_error *err)
{
	const struct manx_yaml **sorted;
	size_t n;
	int rc = 0;

	sorted = manx_yaml_sorted(map, &n);
	if (!sorted)
		return no_memory(err);
	for (size_t i = 1; i < n && !rc; i++)
		if (!strcmp(sorted[i - 1]->key, sorted[i]->key))
			rc = fail_at(r, sorted[i]->line, err, "\"%.200s\" is given twice, first in line %d",
				     sorted[i]->key, sorted[i - 1]->line);
	free(sorted);
	return rc;
}

static int read_entries(struct manx_yaml_reader *r, int depth, struct manx_yaml *map,
			struct manx_error *err)
{
	struct manx_yaml **tail = &map->child;
	int rc;

	for (;;) {
		rc = read_entry(r, depth, tail, err);
		if (rc)
			return rc;
		if (!*tail)
			return check_keys(r, map, err);
		tail = &(*tail)->next;
	}
}

static int read_collection(struct manx_yaml_reader *r, const yaml_event_t *e, int depth,
			   struct manx_yaml **node, struct manx_error *err)
{
	bool list = e->type == YAML_SEQUENCE_START_EVENT;
	const yaml_char_t *tag = list ? e->data.sequence_start.tag : e->data.mapping_start.tag;
	const yaml_char_t *name = list ? e->data.sequence_start.anchor : e->data.mapping_start.anchor;
	int line = line_of(&e->start_mark);
	size_t anchor;
	int rc = check_tag(r, (const char *)tag, line, err);

	if (!rc)
		rc = begin_anchor(r, name, line, &anchor, err);
	if (!rc)
		rc = spend(r, &r->document, 0, line, err);
	if (!rc)
		rc = new_node(r, list ? MANX_YAML_LIST : MANX_YAML_MAP, line, depth, node, err);
	if (!rc)
		rc = list ? read_items(r, depth, *node, err) : read_entries(r, depth, *node, err);
	if (!rc)
		finish_anchor(r, anchor, *node);
	return rc;
}

/* *@node is set as soon as there is something to free, also on failure. */
static int read_node(struct manx_yaml_reader *r, const yaml_event_t *e, int depth,
		     struct manx_yaml **node, struct manx_error *err)
{
	switch (e->type) {
	case YAML_ALIAS_EVENT:
		return read_alias(r, e, depth, node, err);
	case YAML_SCALAR_EVENT:
		return read_scalar(r, e, depth, node, err);
	default:
		return read_collection(r, e, depth, node, err);
	}
}

/* What stands between the start of a document and its end. */
static int read_document(struct manx_yaml_reader *r, struct manx_yaml **doc,
			 struct manx_error *err)
{
	yaml_event_t e;
	int rc = next_event(r, &e, err);

	if (rc)
		return rc;
	r->document = (struct budget){ 0 };
	rc = read_node(r, &e, 1, doc, err);
	yaml_event_delete(&e);
	forget_anchors(r);
	if (!rc)
		rc = next_event(r, &e, err);
	if (!rc)
		yaml_event_delete(&e);
	return rc;
}

int manx_yaml_next(struct manx_yaml_reader *r, struct manx_yaml **doc, struct manx_error *err)
{
	yaml_event_type_t type;
	yaml_event_t e;
	int rc;

	do {
		rc = next_event(r, &e, err);
		if (rc)
			return rc;
		type = e.type;
		yaml_event_delete(&e);
	} while (type == YAML_STREAM_START_EVENT);
	if (type != YAML_DOCUMENT_START_EVENT)
		return 0;
	*doc = NULL;
	rc = read_document(r, doc, err);
	if (!rc)
		return 1;
	manx_yaml_free(*doc);
	*doc = NULL;
	return rc;
}

int manx_yaml_open(struct manx_yaml_reader **reader, const char *text, size_t len,
		   const char *file, struct manx_error *err)
{
	struct manx_yaml_reader *r = calloc(1, sizeof(*r));

	if (!r)
		return no_memory(err);
	r->file = file;
	r->text = text;
	r->len = len;
	r->anchors = calloc(MANX_YAML_MAX_ANCHORS, sizeof(*r->anchors));
	if (!r->anchors || !yaml_parser_initialize(&r->parser)) {
		free(r->anchors);
		free(r);
		return no_memory(err);
	}
	yaml_parser_set_input_string(&r->parser, (const unsigned char *)text, len);
	*reader = r;
	return 0;
}

void manx_yaml_close(struct manx_yaml_reader *r)
{
	if (!r)
		return;
	forget_anchors(r);
	yaml_parser_delete(&r->parser);
	free(r->anchors);
	free(r);
}
