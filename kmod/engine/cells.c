// SPDX-License-Identifier: GPL-2.0-only
/*
 * Cells: computing them from the bit vectors.
 *
 * One dimension, the service as a rule, is the inner one. For each combination
 * of rows of the others the rules that match are found once; then each row of
 * the inner dimension only needs their first one in it. When all cells are
 * computed, the words of the inner rows are put down first.
 */
#include "cells.h"

#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "compiled.h"

/* Octets that the words of the inner rows may take. */
#define MANX_INNER_OCTETS (4U << 20)

/**
 * struct manx_filling - what computing works with
 * @ct: table
 * @inner: dimension, %MANX_DIMS if there is none fit for it
 * @n_words: words that hold all rules
 * @word: rules that match the rows of the other dimensions
 * @dense: words of each row of the inner dimension; NULL if they are not put down
 */
struct manx_filling {
	struct manx_compiled *ct;
	unsigned int inner;
	u32 n_words;
	struct manx_word *word;
	u64 *dense;
};

static int manx_filling_init(struct manx_filling *f, struct manx_compiled *ct)
{
	unsigned int d;

	f->ct = ct;
	f->inner = MANX_DIMS;
	f->n_words = ct->n_blocks * 64;
	f->dense = NULL;
	for (d = MANX_KEY_PARTS; d < MANX_DIMS; d++)
		if (ct->dim[d].n > (f->inner < MANX_DIMS ? ct->dim[f->inner].n : 1))
			f->inner = d;
	f->word = kvmalloc_array(f->n_words + 1, sizeof(*f->word), GFP_KERNEL_ACCOUNT);
	return f->word ? 0 : -ENOMEM;
}

static void manx_filling_free(struct manx_filling *f)
{
	kvfree(f->word);
	kvfree(f->dense);
}

static int manx_filling_dense(struct manx_filling *f)
{
	u32 rows = f->inner < MANX_DIMS ? f->ct->dim[f->inner].n : 0, row, i;
	u64 *word;

	if (!f->n_words || !rows || rows > MANX_INNER_OCTETS / sizeof(u64) / f->n_words)
		return 0;
	f->dense = kvmalloc_array((size_t)rows * f->n_words, sizeof(u64), GFP_KERNEL_ACCOUNT);
	if (!f->dense)
		return -ENOMEM;
	for (row = 0, word = f->dense; row < rows; row++) {
		for (i = 0; i < f->n_words; i++)
			*word++ = manx_dim_word(f->ct, f->inner, row, i);
		cond_resched();
	}
	return 0;
}

static u64 manx_filling_inner(const struct manx_filling *f, u32 row, u32 at)
{
	if (f->dense)
		return f->dense[(size_t)row * f->n_words + at];
	return f->inner < MANX_DIMS ? manx_dim_word(f->ct, f->inner, row, at) : ~0ULL;
}

/* The cell of an inner row, from the rules that match all else. */
static u32 manx_filling_cell(const struct manx_filling *f, u32 n, u32 row)
{
	struct manx_first first = { U32_MAX, U32_MAX };
	u32 i;

	for (i = 0; i < n; i++) {
		/* rules of another block come later */
		if (first.rule < U32_MAX && f->word[i].at / 64 != f->word[i - 1].at / 64)
			break;
		manx_first_in(f->ct, &first, f->word[i].at, f->word[i].rules &
			      manx_filling_inner(f, row, f->word[i].at));
	}
	first.rule = min(first.rule, f->ct->n_rules);
	return first.rule * 2 | (first.log < first.rule ? MANX_CELL_LOGS : 0);
}

/* The next combination of rows, but of dimensions in @still; false after the last. */
static bool manx_cells_next(const struct manx_compiled *ct, u32 still, u32 row[MANX_DIMS])
{
	unsigned int d;

	for (d = 0; d < MANX_DIMS; d++) {
		if (still & BIT(d))
			continue;
		if (++row[d] < ct->dim[d].n)
			return true;
		row[d] = 0;
	}
	return false;
}

/* Cells of host rows, or of the net rows of the sides in @nets. */
static int manx_filling_part(struct manx_filling *f, u32 nets, u32 still, u32 row[MANX_DIMS],
			     bool all)
{
	u32 rows = f->inner < MANX_DIMS ? f->ct->dim[f->inner].n : 1;
	u32 step = f->inner < MANX_DIMS ? f->ct->stride[f->inner] : 0;
	struct manx_compiled *ct = f->ct;
	u32 cell, n, i;
	unsigned int d;

	do {
		cell = (nets & BIT(0) ? ct->base[0] : 0) + (nets & BIT(1) ? ct->base[1] : 0);
		for (d = 0; d < MANX_DIMS; d++)
			cell += row[d] * ct->stride[d];
		n = manx_rows_words(ct, row, nets, f->inner, f->word);
		for (i = 0; i < rows; i++)
			ct->cell[cell + i * step] = manx_filling_cell(f, n, i);
		cond_resched();
		if (all && fatal_signal_pending(current))
			return -EINTR;
	} while (manx_cells_next(ct, still, row));
	return 0;
}

/* Dimensions that have row 0 in cells of the net rows of the sides in @nets. */
static u32 manx_cells_still(const struct manx_compiled *ct, u32 nets)
{
	u32 still = 0;
	unsigned int s;

	for (s = 0; s < 2; s++)
		if (ct->split[s])
			still |= BIT(s * 2 + !(nets & BIT(s)));
	return still;
}

static int manx_filling_run(struct manx_filling *f, unsigned int fixed, u32 r)
{
	const struct manx_compiled *ct = f->ct;
	u32 row[MANX_DIMS], nets, still;
	int err = 0;

	for (nets = 0; nets < 4 && !err; nets++) {
		if (((nets & BIT(0)) && !ct->split[0]) || ((nets & BIT(1)) && !ct->split[1]))
			continue;
		still = manx_cells_still(ct, nets);
		memset(row, 0, sizeof(row));
		if (fixed < MANX_DIMS) {
			if (still & BIT(fixed))
				continue;
			still |= BIT(fixed);
			row[fixed] = r;
		}
		err = manx_filling_part(f, nets, still | BIT(f->inner), row, fixed == MANX_DIMS);
	}
	return err;
}

int manx_cells_fill_all(struct manx_compiled *ct)
{
	struct manx_filling f;
	int err = manx_filling_init(&f, ct);

	if (err)
		return err;
	err = manx_filling_dense(&f) ?: manx_filling_run(&f, MANX_DIMS, 0);
	manx_filling_free(&f);
	return err;
}

int manx_cells_fill(struct manx_compiled *ct, unsigned int dim, u32 row)
{
	struct manx_filling f;
	int err = manx_filling_init(&f, ct);

	if (err)
		return err;
	err = manx_filling_run(&f, dim, row);
	manx_filling_free(&f);
	return err;
}

u64 manx_cells_count(const struct manx_compiled *ct, unsigned int except, bool room)
{
	u64 n = 1, size;
	unsigned int d;

	for (d = 0; d < MANX_DIMS && n <= MANX_CELLS_MAX; d++) {
		size = room ? ct->dim[d].room : ct->dim[d].n;
		if (d < MANX_KEY_PARTS && ct->split[d / 2]) {
			/* both kinds of rows at the first one */
			if (d / 2 == except / 2 || d % 2)
				continue;
			size += room ? ct->dim[d + 1].room : ct->dim[d + 1].n;
		}
		n *= d == except ? 1 : size;
	}
	return n;
}
