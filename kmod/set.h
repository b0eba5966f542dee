/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sets: changing their members.
 */
#ifndef _MANX_SET_H
#define _MANX_SET_H

#include "ruleset.h"

/**
 * manx_set_new() - an empty set, not sealed
 * @name: count is taken over on success
 *
 * Return: with one count, or NULL.
 */
struct manx_set *manx_set_new(struct manx_name *name);

/**
 * manx_set_copy() - a set of the same name and members, not sealed
 * @set: to copy
 *
 * Return: with one count, or NULL.
 */
struct manx_set *manx_set_copy(const struct manx_set *set);

/**
 * manx_set_add() - add a member to a set that is not sealed
 * @set: nobody else holds it
 * @p: prefix; repeating one is no error
 *
 * Return: 0 or -ENOMEM.
 */
int manx_set_add(struct manx_set *set, const struct manx_prefix *p);

/**
 * manx_set_del() - remove members
 * @set: nobody else holds it
 * @p: prefixes, ascending, exactly as they were added
 * @n: number of @p
 *
 * Return: 0, or -ENOENT if one is not a member; then none was removed.
 */
int manx_set_del(struct manx_set *set, const struct manx_prefix *p, u32 n);

/**
 * manx_set_seal() - sort the members and build the lookup form
 * @set: nothing happens if it is sealed
 *
 * Return: 0 or -ENOMEM.
 */
int manx_set_seal(struct manx_set *set);

#endif /* _MANX_SET_H */
