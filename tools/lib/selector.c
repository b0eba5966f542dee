// SPDX-License-Identifier: GPL-2.0-only
#include "selector.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLANKS	" \t"
#define LABEL	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_./-"
#define LABEL_MAX 512

enum op {
	OP_ALL, OP_GLOBAL, OP_HAS,
	OP_EQ, OP_NE, OP_CONTAINS, OP_STARTS_WITH, OP_ENDS_WITH,
	OP_IN, OP_NOT_IN,
	OP_NOT, OP_EVERY, OP_ANY,
};

/*
 * A node of the expression. @value is the operand of a comparison, or the
 * first of @n sorted, distinct operands of a set; @child leads the list of
 * operands of NOT, EVERY and ANY, linked by @next.
 */
struct node {
	enum op op;
	const char *key;
	const char **value;
	size_t n;
	struct node *child, *next;
};

/*
 * Every node and every string takes at least one octet of text, so arrays as
 * long as the text hold all of them, and its length bounds the nesting.
 */
struct manx_selector {
	struct node *root;
	char *canonical;
	char *text;
	struct node *nodes;
	const char **values;
};

/* @at walks over the caller's text; strings are cut out of sel->text. */
struct parser {
	const char *start, *at;
	struct manx_selector *sel;
	size_t n_nodes, n_values;
	struct manx_error *err;
};

/* Words of an operator; a second one may follow after blanks or at once. */
static const struct {
	const char *first, *second;
	enum op op;
	const char *canonical;
} operators[] = {
	{ "==", "", OP_EQ, " == " },
	{ "!=", "", OP_NE, " != " },
	{ "contains", "", OP_CONTAINS, " contains " },
	{ "starts", "with", OP_STARTS_WITH, " starts with " },
	{ "ends", "with", OP_ENDS_WITH, " ends with " },
	{ "not", "in", OP_NOT_IN, " not in " },
	{ "in", "", OP_IN, " in " },
};

#define N_OPERATORS (sizeof(operators) / sizeof(operators[0]))

/* From loosest to tightest binding. */
static const struct {
	const char *word;
	enum op op;
} joiners[] = { { "||", OP_ANY }, { "&&", OP_EVERY } };

#define N_JOINERS (sizeof(joiners) / sizeof(joiners[0]))

static void skip_blanks(struct parser *p)
{
	p->at += strspn(p->at, BLANKS);
}

static bool take(struct parser *p, const char *word)
{
	size_t n = strlen(word);

	skip_blanks(p);
	if (strncmp(p->at, word, n))
		return false;
	p->at += n;
	return true;
}

/* Positions count octets from 1. */
static size_t position(const struct parser *p)
{
	return (size_t)(p->at - p->start) + 1;
}

static int expected(struct parser *p, const char *what)
{
	skip_blanks(p);
	if (!*p->at)
		return manx_fail(p->err, -EINVAL, "position %zu: expected %s, found the end",
				 position(p), what);
	return manx_fail(p->err, -EINVAL, "position %zu: expected %s, found \"%.16s\"",
			 position(p), what, p->at);
}

static struct node *new_node(struct parser *p, enum op op)
{
	struct node *n = &p->sel->nodes[p->n_nodes++];

	n->op = op;
	return n;
}

/* The next @len octets as a string; whatever follows them must be used up. */
static const char *cut(struct parser *p, size_t len)
{
	char *s = p->sel->text + (p->at - p->start);

	s[len] = '\0';
	p->at += len;
	return s;
}

static int parse_label(struct parser *p, const char **key)
{
	size_t n;

	skip_blanks(p);
	n = strspn(p->at, LABEL);
	if (n == 0)
		return expected(p, "a label, has(), all(), '!' or '('");
	if (n > LABEL_MAX)
		return manx_fail(p->err, -EINVAL,
				 "position %zu: label of %zu characters, allowed are %d",
				 position(p), n, LABEL_MAX);
	*key = cut(p, n);
	return 0;
}

static int parse_string(struct parser *p)
{
	char quote;
	size_t n;

	skip_blanks(p);
	quote = *p->at;
	if (quote != '\'' && quote != '"')
		return expected(p, "a string in quotes");
	n = strcspn(p->at + 1, (char[]){ quote, '\0' });
	if (!p->at[1 + n])
		return manx_fail(p->err, -EINVAL, "position %zu: string without its closing %c",
				 position(p), quote);
	p->at++;
	p->sel->values[p->n_values++] = cut(p, n);
	p->at++;
	return 0;
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int parse_set(struct parser *p, struct node *node)
{
	size_t kept = 0;
	int rc;

	if (!take(p, "{"))
		return expected(p, "'{'");
	while (!take(p, "}")) {
		rc = parse_string(p);
		if (rc)
			return rc;
		node->n++;
		if (take(p, ",") || *p->at == '}')
			continue;
		return expected(p, "',' or '}'");
	}
	qsort(node->value, node->n, sizeof(*node->value), compare);
	for (size_t i = 0; i < node->n; i++)
		if (!kept || strcmp(node->value[kept - 1], node->value[i]))
			node->value[kept++] = node->value[i];
	node->n = kept;
	return 0;
}

static int parse_comparison(struct parser *p, struct node **out)
{
	const char *key;
	struct node *node;
	size_t i;
	int rc = parse_label(p, &key);

	if (rc)
		return rc;
	for (i = 0; i < N_OPERATORS; i++)
		if (take(p, operators[i].first))
			break;
	if (i == N_OPERATORS || !take(p, operators[i].second))
		return expected(p, "one of ==, !=, in, not in, contains, starts with, ends with");
	node = new_node(p, operators[i].op);
	node->key = key;
	node->value = p->sel->values + p->n_values;
	*out = node;
	if (node->op == OP_IN || node->op == OP_NOT_IN)
		return parse_set(p, node);
	node->n = 1;
	return parse_string(p);
}

static int parse_joined(struct parser *p, size_t level, struct node **out);

static int parse_atom(struct parser *p, struct node **out)
{
	int rc = 0;

	if (take(p, "(")) {
		rc = parse_joined(p, 0, out);
	} else if (take(p, "has(")) {
		*out = new_node(p, OP_HAS);
		rc = parse_label(p, &(*out)->key);
	} else if (take(p, "all(")) {
		*out = new_node(p, OP_ALL);
	} else if (take(p, "global(")) {
		*out = new_node(p, OP_GLOBAL);
	} else {
		return parse_comparison(p, out);
	}
	if (rc)
		return rc;
	return take(p, ")") ? 0 : expected(p, "')'");
}

static int parse_unary(struct parser *p, struct node **out)
{
	bool negated = false;
	struct node *node;
	int rc;

	while (take(p, "!"))
		negated = !negated;
	rc = parse_atom(p, &node);
	if (rc)
		return rc;
	if (negated && node->op == OP_NOT) {
		*out = node->child;
	} else if (negated) {
		*out = new_node(p, OP_NOT);
		(*out)->child = node;
	} else {
		*out = node;
	}
	return 0;
}

static int parse_joined(struct parser *p, size_t level, struct node **out)
{
	struct node *group, **tail;
	int rc;

	if (level == N_JOINERS)
		return parse_unary(p, out);
	rc = parse_joined(p, level + 1, out);
	if (rc || !take(p, joiners[level].word))
		return rc;
	group = new_node(p, joiners[level].op);
	group->child = *out;
	tail = &group->child->next;
	do {
		rc = parse_joined(p, level + 1, tail);
		if (rc)
			return rc;
		tail = &(*tail)->next;
	} while (take(p, joiners[level].word));
	*out = group;
	return 0;
}

static int parse(struct parser *p, struct node **root)
{
	int rc;

	skip_blanks(p);
	if (!*p->at) {
		*root = new_node(p, OP_ALL);
		return 0;
	}
	rc = parse_joined(p, 0, root);
	if (rc)
		return rc;
	skip_blanks(p);
	return *p->at ? expected(p, "&&, || or the end") : 0;
}

/* There is always a quote that the string does not hold: the one it came in. */
static void write_string(FILE *f, const char *s)
{
	char quote = strchr(s, '"') ? '\'' : '"';

	fprintf(f, "%c%s%c", quote, s, quote);
}

static void write_comparison(FILE *f, const struct node *node)
{
	bool set = node->op == OP_IN || node->op == OP_NOT_IN;
	size_t i = 0;

	while (operators[i].op != node->op)
		i++;
	fprintf(f, "%s%s%s", node->key, operators[i].canonical, set ? "{" : "");
	for (i = 0; i < node->n; i++) {
		fputs(i ? ", " : "", f);
		write_string(f, node->value[i]);
	}
	fputs(set ? "}" : "", f);
}

static void write_node(FILE *f, const struct node *node)
{
	const char *between = "(";

	switch (node->op) {
	case OP_ALL:
		fputs("all()", f);
		break;
	case OP_GLOBAL:
		fputs("global()", f);
		break;
	case OP_HAS:
		fprintf(f, "has(%s)", node->key);
		break;
	case OP_NOT:
		fputc('!', f);
		write_node(f, node->child);
		break;
	case OP_EVERY:
	case OP_ANY:
		for (const struct node *c = node->child; c; c = c->next) {
			fputs(between, f);
			write_node(f, c);
			between = node->op == OP_ANY ? " || " : " && ";
		}
		fputc(')', f);
		break;
	default:
		write_comparison(f, node);
	}
}

static int make_canonical(struct manx_selector *sel)
{
	size_t size;
	FILE *f = open_memstream(&sel->canonical, &size);

	if (!f)
		return -ENOMEM;
	write_node(f, sel->root);
	return fclose(f) ? -ENOMEM : 0;
}

int manx_selector_parse(const char *text, struct manx_selector **sel, struct manx_error *err)
{
	size_t len = strlen(text);
	struct parser p = { .start = text, .at = text, .err = err };
	int rc;

	if (len > MANX_SELECTOR_MAX)
		return manx_fail(err, -EINVAL, "selector of %zu characters, allowed are %d",
				 len, MANX_SELECTOR_MAX);
	p.sel = calloc(1, sizeof(*p.sel));
	if (!p.sel)
		return manx_fail(err, -ENOMEM, "out of memory");
	p.sel->text = strdup(text);
	p.sel->nodes = calloc(len + 1, sizeof(*p.sel->nodes));
	p.sel->values = calloc(len + 1, sizeof(*p.sel->values));
	if (p.sel->text && p.sel->nodes && p.sel->values)
		rc = parse(&p, &p.sel->root);
	else
		rc = manx_fail(err, -ENOMEM, "out of memory");
	if (!rc && make_canonical(p.sel))
		rc = manx_fail(err, -ENOMEM, "out of memory");
	if (rc)
		manx_selector_free(p.sel);
	else
		*sel = p.sel;
	return rc;
}

void manx_selector_free(struct manx_selector *sel)
{
	if (!sel)
		return;
	free(sel->canonical);
	free(sel->text);
	free(sel->nodes);
	free(sel->values);
	free(sel);
}

const char *manx_selector_canonical(const struct manx_selector *sel)
{
	return sel->canonical;
}

static bool ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);

	return n >= m && !strcmp(s + n - m, end);
}

/* @value: of the label, NULL if the object does not have it */
static bool compare_label(const struct node *node, const char *value)
{
	const char *operand = node->n ? node->value[0] : "";

	switch (node->op) {
	case OP_EQ:
		return value && !strcmp(value, operand);
	case OP_NE:
		return !value || strcmp(value, operand);
	case OP_CONTAINS:
		return value && strstr(value, operand);
	case OP_STARTS_WITH:
		return value && !strncmp(value, operand, strlen(operand));
	case OP_ENDS_WITH:
		return value && ends_with(value, operand);
	case OP_IN:
		return value && bsearch(&value, node->value, node->n, sizeof(value), compare);
	case OP_NOT_IN:
		return !value || !bsearch(&value, node->value, node->n, sizeof(value), compare);
	default:	/* OP_HAS */
		return value;
	}
}

static bool match(const struct node *node, manx_label_fn label, const void *ctx)
{
	const struct node *c;

	switch (node->op) {
	case OP_ALL:
	case OP_GLOBAL:
		return true;
	case OP_NOT:
		return !match(node->child, label, ctx);
	case OP_EVERY:
		for (c = node->child; c && match(c, label, ctx); c = c->next)
			;
		return !c;
	case OP_ANY:
		for (c = node->child; c && !match(c, label, ctx); c = c->next)
			;
		return c;
	default:
		return compare_label(node, label(ctx, node->key));
	}
}

bool manx_selector_match(const struct manx_selector *sel, manx_label_fn label, const void *ctx)
{
	return match(sel->root, label, ctx);
}
