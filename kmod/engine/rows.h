/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Rows of compiled tables: those of new classes above all.
 */
#ifndef _MANX_ENGINE_ROWS_H
#define _MANX_ENGINE_ROWS_H

#include "class.h"

struct manx_binding;
struct manx_compiled;
struct manx_dimension;
struct manx_row;

/**
 * manx_row_intern() - the row that lists some items
 * @ct: compiled table that nobody reads yet
 * @dim: one of its dimensions
 * @item: ascending
 * @n: number of @item
 *
 * Return: number of the row, new or not; -ENOMEM.
 */
int manx_row_intern(struct manx_compiled *ct, struct manx_dimension *dim, const u32 *item, u32 n);

/**
 * manx_row_merge() - make the vectors of a row's items ready
 * @ct: compiled table
 * @dim: one of its dimensions
 * @row: row of it that nobody reads yet
 * @all: unite them, but for long ones; without it only as many as there is no
 *	place for
 *
 * Return: 0 or -ENOMEM, then manx_row_free() is still possible.
 */
int manx_row_merge(struct manx_compiled *ct, struct manx_dimension *dim, struct manx_row *row,
		   bool all);

/**
 * manx_row_free() - free a row
 * @row: nobody reads it
 */
void manx_row_free(struct manx_row *row);

/**
 * manx_rows_class() - give a class its row in a compiled table
 * @c: classes
 * @ct: compiled table, read or not
 * @part: &enum manx_key_part
 * @class: class
 * @budget: what may be spent on a row with its cells, less what was; NULL while
 *	nobody reads @ct and it has no cells
 *
 * If there is no room for the row, no budget or no memory, the class is marked
 * as unknown. One that has too many sets for packets to go through, beyond
 * MANX_UNKNOWN_SETS, gets its row whatever the budget, or is left alone.
 *
 * Return: 1 if it has its row, 0 if it is unknown; -ENOMEM if not even that can
 * be noted; -ENOSPC if it must have a row and there is none.
 */
int manx_rows_class(struct manx_classes *c, struct manx_compiled *ct, unsigned int part,
		    const struct manx_class *class, int *budget);

/**
 * manx_rows_has() - does the row map have a class
 * @ct: compiled table
 * @part: &enum manx_key_part
 * @class: number
 *
 * Return: true also if it is there as unknown.
 */
bool manx_rows_has(const struct manx_compiled *ct, unsigned int part, u32 class);

/**
 * manx_rows_forget() - a class is about to go
 * @c: classes
 * @class: nothing that packets read names it
 */
void manx_rows_forget(struct manx_classes *c, const struct manx_class *class);

/**
 * manx_compiled_free() - free a compiled form
 * @ct: nobody reads it; may be NULL, or half built
 *
 * Context: may sleep.
 */
void manx_compiled_free(struct manx_compiled *ct);

/**
 * manx_table_recompile() - compile a table again, with the classes that there are
 * @c: classes
 * @binding: of the table
 *
 * The form that packets read is replaced and retired. On failure nothing happens.
 *
 * Return: 0; -ENOMEM, -ENOSPC, -EINTR as manx_table_compile().
 */
int manx_table_recompile(struct manx_classes *c, struct manx_binding *binding);

/**
 * manx_rows_retired_free() - free what was replaced
 * @c: classes that no packet can reach
 */
void manx_rows_retired_free(struct manx_classes *c);

#endif /* _MANX_ENGINE_ROWS_H */
