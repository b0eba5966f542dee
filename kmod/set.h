/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sets: their members.
 */
#ifndef _MANX_SET_H
#define _MANX_SET_H

#include "ruleset.h"

struct manx_txn;

/**
 * manx_set_gone() - the next ruleset does without a set
 * @txn: transaction
 * @set: already out of the map
 */
void manx_set_gone(struct manx_txn *txn, struct manx_set *set);

/**
 * manx_set_copy() - begin a new version of a set's members
 * @txn: transaction
 * @set: made by it, empty
 * @from: the published set that it has taken the place of
 */
void manx_set_copy(struct manx_txn *txn, struct manx_set *set, struct manx_set *from);

/**
 * manx_set_add() - add a member
 * @txn: transaction
 * @set: made by it
 * @p: prefix; repeating one is no error
 *
 * Return: 0 or -ENOMEM.
 */
int manx_set_add(struct manx_txn *txn, struct manx_set *set, const struct manx_prefix *p);

/**
 * manx_set_del() - remove a member
 * @txn: transaction
 * @set: made by it
 * @p: prefix, exactly as it was added
 *
 * Return: 0, -ENOENT if it is not a member, or -ENOMEM.
 */
int manx_set_del(struct manx_txn *txn, struct manx_set *set, const struct manx_prefix *p);

/**
 * manx_set_release() - free the members
 * @set: no reader can reach it any more
 * @e: NULL, or the edit that made the set and was given up
 *
 * Context: may sleep.
 */
void manx_set_release(struct manx_set *set, struct manx_edit *e);

#endif /* _MANX_SET_H */
