/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Names of sets and tables, and the numbers that stand for them.
 */
#ifndef _MANX_NAME_H
#define _MANX_NAME_H

#include <linux/idr.h>
#include <linux/mutex.h>
#include <linux/refcount.h>
#include <linux/rhashtable-types.h>

/**
 * struct manx_names - the names of sets, or of tables
 * @lock: of @table and of the last count of each name; innermost
 * @table: of &struct manx_name; changed under @lock, read under RCU
 * @ids: numbers in use
 */
struct manx_names {
	struct mutex lock;
	struct rhashtable table;
	struct ida ids;
};

/**
 * struct manx_name - name of a set or a table, with the number that rules use
 * @node: in manx_names.table
 * @names: which
 * @refs: users; the last one goes under manx_names.lock
 * @id: key in manx_ruleset.sets or .tables while anybody uses the name
 * @rcu: readers may still look at it
 * @s: the name
 */
struct manx_name {
	struct rhash_head node;
	struct manx_names *names;
	refcount_t refs;
	u32 id;
	struct rcu_head rcu;
	char s[];
};

/**
 * manx_names_init() - no names
 * @names: to be filled
 *
 * Return: 0 or a negative errno.
 */
int manx_names_init(struct manx_names *names);

/**
 * manx_names_exit() - the end
 * @names: without any name
 */
void manx_names_exit(struct manx_names *names);

/**
 * manx_name_get() - the name object of a string
 * @names: of sets or of tables
 * @s: name
 * @max: most names that there may be
 *
 * Context: may sleep.
 * Return: counted, or an ERR_PTR: -ENOMEM, -ENOSPC.
 */
struct manx_name *manx_name_get(struct manx_names *names, const char *s, u32 max);

/**
 * manx_name_find() - the name object of a string, if there is one
 * @names: of sets or of tables, RCU read lock held
 * @s: name
 *
 * Return: not counted, valid under RCU; or NULL.
 */
struct manx_name *manx_name_find(struct manx_names *names, const char *s);

/**
 * manx_name_put() - drop a count
 * @name: may be NULL
 *
 * Context: may sleep.
 */
void manx_name_put(struct manx_name *name);

#endif /* _MANX_NAME_H */
