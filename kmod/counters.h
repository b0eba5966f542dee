/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Counters of a table: one per rule and one for the default, per CPU.
 */
#ifndef _MANX_COUNTERS_H
#define _MANX_COUNTERS_H

#include <linux/compiler.h>
#include <linux/smp.h>
#include <linux/types.h>

/**
 * struct manx_counters - per-CPU arrays
 * @n: counters in each array
 * @base: what the table that this one replaced had counted; written by the
 *	transaction that makes the table, later by the garbage of that transaction
 * @cpu: one array a possible CPU, written by that CPU alone with bottom halves
 *	disabled. Not alloc_percpu(), which ends at 32 KiB (mm/percpu.c)
 */
struct manx_counters {
	u32 n;
	u64 *base;
	u64 *cpu[];
};

/**
 * manx_counters_alloc() - all zero
 * @n: counters
 *
 * Context: may sleep.
 * Return: NULL without memory.
 */
struct manx_counters *manx_counters_alloc(u32 n);

/**
 * manx_counters_free() - release
 * @c: may be NULL
 */
void manx_counters_free(struct manx_counters *c);

/**
 * manx_counters_inc() - count one judgement
 * @c: counters
 * @i: which, below c->n
 *
 * Context: bottom halves disabled.
 */
static inline void manx_counters_inc(struct manx_counters *c, u32 i)
{
	u64 *counter = &c->cpu[smp_processor_id()][i];

	WRITE_ONCE(*counter, *counter + 1);
}

/**
 * manx_counters_set_base() - let a counter begin elsewhere
 * @c: counters
 * @i: which, below c->n
 * @base: where
 */
static inline void manx_counters_set_base(struct manx_counters *c, u32 i, u64 base)
{
	WRITE_ONCE(c->base[i], base);
}

/**
 * manx_counters_read() - the sum over all CPUs
 * @c: counters
 * @i: which, below c->n
 *
 * Context: any; may miss increments that happen meanwhile.
 */
u64 manx_counters_read(const struct manx_counters *c, u32 i);

#endif /* _MANX_COUNTERS_H */
