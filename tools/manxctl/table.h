/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tables for people: columns as wide as their widest cell.
 */
#ifndef MANXCTL_TABLE_H
#define MANXCTL_TABLE_H

#include <stdbool.h>
#include <stdio.h>

#define MANXCTL_TABLE_COLUMNS 12

/**
 * struct manxctl_table - a table being filled; begin with zeroes
 * @columns: of its first row, the heading
 * @cell: cells row by row, owned
 * @n: number of cells
 * @failed: a cell could not be stored
 */
struct manxctl_table {
	size_t columns;
	char **cell;
	size_t n;
	int failed;
};

/* Give the heading, words separated by blanks; before any cell. */
void manxctl_table_head(struct manxctl_table *t, const char *words);
/* The next cell; an empty one is shown as "-". */
void manxctl_table_cell(struct manxctl_table *t, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* Print and free; -ENOMEM, -EIO. */
int manxctl_table_print(struct manxctl_table *t, FILE *f);

/* A cell that is written piece by piece. */
struct manxctl_cell {
	char *text;
	size_t len;
	FILE *f;
};

/* False without memory, which the table then knows. */
bool manxctl_cell_open(struct manxctl_cell *c, struct manxctl_table *t);
void manxctl_cell_close(struct manxctl_cell *c, struct manxctl_table *t);

#endif /* MANXCTL_TABLE_H */
