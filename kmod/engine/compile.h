/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Compiling: from the rules of a table to what packets look up.
 */
#ifndef _MANX_ENGINE_COMPILE_H
#define _MANX_ENGINE_COMPILE_H

#include <linux/types.h>

struct manx_classes;
struct manx_table;
struct netlink_ext_ack;

/* Which compiled form; the uapi has names for the two that exist. */
enum manx_form {
	MANX_FORM_SMALLEST,	/* cells if they are few enough, else bit vectors */
	MANX_FORM_CELLS,	/* for tests: however many they are */
	MANX_FORM_BITS,		/* for tests */
};

/**
 * manx_table_compile() - make &manx_table.compiled
 * @c: classes of the namespace, writers' lock held
 * @table: with its rules, which do not change from now on; not compiled before
 * @extack: gets the reason of a refusal, with the name of the table
 *
 * From now on the table learns of classes that are interned. Names of sets in
 * the rules have ids; whether sets of these names exist does not matter here.
 *
 * Context: may sleep; gives the processor away now and then.
 * Return: 0; -ENOMEM; -ENOSPC beyond &manx_classes.max_octets or the engine's
 * own bounds; -EINTR when the caller is being killed. On failure nothing is
 * left behind.
 */
int manx_table_compile(struct manx_classes *c, struct manx_table *table,
		       struct netlink_ext_ack *extack);

/**
 * manx_table_compile_as() - manx_table_compile() into one of the two forms
 * @c: classes of the namespace, writers' lock held
 * @table: as there
 * @form: which
 * @extack: as there
 *
 * Return: as there.
 */
int manx_table_compile_as(struct manx_classes *c, struct manx_table *table, enum manx_form form,
			  struct netlink_ext_ack *extack);

/**
 * manx_table_release() - free &manx_table.compiled
 * @c: classes of the namespace, writers' lock held
 * @table: no packet can reach it any more; need not have been compiled
 *
 * Context: may sleep.
 */
void manx_table_release(struct manx_classes *c, struct manx_table *table);

/**
 * manx_table_form() - how a table was compiled
 * @table: compiled; RCU read lock or writers' lock held
 *
 * Return: MANX_TABLE_FORM_*.
 */
u32 manx_table_form(const struct manx_table *table);

/**
 * manx_table_octets() - memory of the compiled form
 * @table: compiled; RCU read lock or writers' lock held
 *
 * Return: octets; part of &manx_classes.octets.
 */
u64 manx_table_octets(const struct manx_table *table);

/**
 * manx_tables_refresh() - tell tables of the classes that were interned
 * @c: classes of the namespace, writers' lock held
 *
 * To be called after the last manx_addresses_add() or _del() and the last
 * manx_table_compile() of a transaction, before anything of it is published.
 * Does a bounded amount of work; classes for which that was not enough are
 * answered from their lists of sets until manx_tables_step() has come to them.
 *
 * Context: may sleep.
 * Return: 1 if manx_tables_step() has something to do, 0 if not; -ENOMEM;
 * -ENOSPC if &manx_classes.max_octets is not enough; -EINTR when the caller is
 * being killed. After an error the transaction has to be aborted.
 */
int manx_tables_refresh(struct manx_classes *c);

/**
 * manx_tables_step() - a slice of the work that tables are behind with
 * @c: classes of the namespace, writers' lock held
 *
 * Makes rows for new classes, compiles tables again that have no room for
 * them, frees what earlier steps replaced. A slice is one table's compilation
 * at most. Never waits for a grace period and cannot fail: without memory a
 * table stays behind until the next class is interned.
 *
 * Context: may sleep.
 * Return: true if there is more to do, at once or after a grace period; call it
 * again after giving the lock away for some milliseconds.
 */
bool manx_tables_step(struct manx_classes *c);

#endif /* _MANX_ENGINE_COMPILE_H */
