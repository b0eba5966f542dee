/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tables: the ids of their rules, and what the rules have counted.
 */
#ifndef _MANX_TABLE_H
#define _MANX_TABLE_H

#include "ruleset.h"

struct netlink_ext_ack;

/**
 * manx_table_ids_unique() - does each rule have an id of its own
 * @table: table
 * @extack: gets the id that two rules have
 *
 * Context: may sleep.
 * Return: 0, -EEXIST or -ENOMEM.
 */
int manx_table_ids_unique(const struct manx_table *table, struct netlink_ext_ack *extack);

/**
 * manx_table_carry() - count on from what another table has counted
 * @from: published, of the same name, or NULL
 * @to: not yet published, gets its counters here
 *
 * Rules keep their counts under the same id.
 *
 * Context: may sleep.
 * Return: 0 or -ENOMEM.
 */
int manx_table_carry(const struct manx_table *from, struct manx_table *to);

/**
 * manx_table_carry_undo() - as before manx_table_carry()
 * @to: not yet published
 */
void manx_table_carry_undo(struct manx_table *to);

/**
 * manx_table_carry_rest() - carry what was counted since manx_table_carry()
 * @from: no packet is judged by it any more; its successor, if it has one, is
 *	not freed yet
 */
void manx_table_carry_rest(struct manx_table *from);

#endif /* _MANX_TABLE_H */
