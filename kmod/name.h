/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Names of sets and tables, and the numbers that stand for them.
 */
#ifndef _MANX_NAME_H
#define _MANX_NAME_H

#include <linux/idr.h>
#include <linux/refcount.h>
#include <linux/rhashtable-types.h>

struct manx_ns;

/**
 * struct manx_names - the names of sets, or of tables
 * @table: of &struct manx_name; changed under manx_ns.lock, read under RCU
 * @ids: numbers in use
 */
struct manx_names {
	struct rhashtable table;
	struct ida ids;
};

/**
 * struct manx_name - name of a set or a table, with the number that rules use
 * @node: in manx_names.table
 * @names: which
 * @refs: users; the last one goes under manx_ns.lock
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
 * @names: of sets or of tables, namespace lock held
 * @s: name
 * @max: most names that there may be
 *
 * Return: counted, or an ERR_PTR: -ENOMEM, -ENOSPC.
 */
struct manx_name *manx_name_get(struct manx_names *names, const char *s, u32 max);

/**
 * manx_name_find() - the name object of a string, if there is one
 * @names: of sets or of tables, RCU read lock or namespace lock held
 * @s: name
 *
 * Return: not counted, or NULL.
 */
struct manx_name *manx_name_find(struct manx_names *names, const char *s);

/**
 * manx_name_put() - drop a count
 * @ns: namespace, lock not held
 * @name: may be NULL
 *
 * Context: may sleep.
 */
void manx_name_put(struct manx_ns *ns, struct manx_name *name);

#endif /* _MANX_NAME_H */
