// SPDX-License-Identifier: GPL-2.0-only
#include "table.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "grow.h"

static void add(struct manxctl_table *t, char *text)
{
	char **grown = manx_more(t->cell, t->n, sizeof(*grown));

	if (!grown || !text) {
		t->failed = 1;
		free(text);
	}
	if (grown)
		t->cell = grown;
	if (!t->failed)
		t->cell[t->n++] = text;
}

void manxctl_table_head(struct manxctl_table *t, const char *words)
{
	while (*words) {
		size_t n = strcspn(words, " ");

		add(t, strndup(words, n));
		t->columns++;
		words += n;
		words += strspn(words, " ");
	}
}

/*
 * Whatever control characters a cell may hold (selectors take any in their
 * strings) must neither break the line nor reach the terminal.
 */
static void blank_controls(char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			*text = ' ';
}

void manxctl_table_cell(struct manxctl_table *t, const char *fmt, ...)
{
	char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		text = NULL;
	va_end(ap);
	if (text && !*text) {
		free(text);
		text = strdup("-");
	}
	if (text)
		blank_controls(text);
	add(t, text);
}

bool manxctl_cell_open(struct manxctl_cell *c, struct manxctl_table *t)
{
	c->f = open_memstream(&c->text, &c->len);
	if (!c->f)
		t->failed = 1;
	return c->f;
}

void manxctl_cell_close(struct manxctl_cell *c, struct manxctl_table *t)
{
	if (fclose(c->f))
		t->failed = 1;
	else
		manxctl_table_cell(t, "%s", c->text);
	free(c->text);
}

/* Columns on the screen, as far as one octet sequence of UTF-8 is one. */
static size_t width(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += ((unsigned char)*text & 0xc0) != 0x80;
	return n;
}

static void print(const struct manxctl_table *t, FILE *f)
{
	size_t widest[MANXCTL_TABLE_COLUMNS] = { 0 };

	for (size_t i = 0; i < t->n; i++) {
		size_t w = width(t->cell[i]), column = i % t->columns;

		if (w > widest[column])
			widest[column] = w;
	}
	for (size_t i = 0; i < t->n; i++) {
		size_t column = i % t->columns;

		if (column + 1 == t->columns)
			fprintf(f, "%s\n", t->cell[i]);
		else
			fprintf(f, "%s%*s", t->cell[i],
				(int)(widest[column] - width(t->cell[i]) + 2), "");
	}
}

int manxctl_table_print(struct manxctl_table *t, FILE *f)
{
	int rc = t->failed ? -ENOMEM : 0;

	if (!rc) {
		print(t, f);
		rc = ferror(f) ? -EIO : 0;
	}
	for (size_t i = 0; i < t->n; i++)
		free(t->cell[i]);
	free(t->cell);
	*t = (struct manxctl_table){ 0 };
	return rc;
}
