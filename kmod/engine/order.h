/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The order in which the rules of a table stand in its bit vectors.
 */
#ifndef _MANX_ENGINE_ORDER_H
#define _MANX_ENGINE_ORDER_H

#include <linux/types.h>

struct manx_table;

/**
 * manx_order_rules() - put rules that have much in common beside each other
 * @table: with its rules
 * @order: as many entries as there are rules; filled with their indices
 *
 * Each rule stays in its block of %MANX_BITS_BLOCK. Within 64 entries, those of a
 * word of a bit vector, indices are ascending.
 *
 * Context: may sleep.
 * Return: 0 or -ENOMEM.
 */
int manx_order_rules(const struct manx_table *table, u32 *order);

#endif /* _MANX_ENGINE_ORDER_H */
