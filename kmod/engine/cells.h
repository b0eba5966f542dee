/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Cells of a compiled table: the deciding rule for each combination of rows.
 */
#ifndef _MANX_ENGINE_CELLS_H
#define _MANX_ENGINE_CELLS_H

#include <linux/types.h>

struct manx_compiled;

/* Cells that a table can have at most, in tests. */
#define MANX_CELLS_MAX (1U << 19)

/**
 * manx_cells_count() - how many cells a table has, or would have
 * @ct: compiled table
 * @except: count those of one row of this dimension; %MANX_DIMS for all
 * @room: also those of rows that there is room for
 *
 * Return: more than %MANX_CELLS_MAX stands for any such number.
 */
u64 manx_cells_count(const struct manx_compiled *ct, unsigned int except, bool room);

/**
 * manx_cells_fill_all() - compute all cells
 * @ct: compiled table that nobody reads
 *
 * Context: may sleep.
 * Return: 0; -ENOMEM; -EINTR when the caller is being killed.
 */
int manx_cells_fill_all(struct manx_compiled *ct);

/**
 * manx_cells_fill() - compute the cells of a row
 * @ct: compiled table
 * @dim: a dimension of classes
 * @row: new row of it, which no class has yet
 *
 * Context: may sleep.
 * Return: 0 or -ENOMEM.
 */
int manx_cells_fill(struct manx_compiled *ct, unsigned int dim, u32 row);

#endif /* _MANX_ENGINE_CELLS_H */
