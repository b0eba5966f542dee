/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Does everything exist that the objects of a ruleset name, and does its
 * configuration fit together.
 */
#ifndef _MANX_CHECK_H
#define _MANX_CHECK_H

struct manx_txn;
struct netlink_ext_ack;

/**
 * manx_check() - does what a transaction made fit together
 * @txn: transaction, namespace lock held
 * @extack: gets the reason of a refusal, with the offending object and rule
 *
 * Looks at the objects that the transaction made, and only if it took away a set
 * or a table that is still named, or turned a table round, at all that may name
 * it.
 *
 * Context: may sleep.
 * Return: 0, -ENOENT, -EINVAL, -EEXIST, -ENOMEM, or -EINTR when the caller is
 * being killed.
 */
int manx_check(const struct manx_txn *txn, struct netlink_ext_ack *extack);

#endif /* _MANX_CHECK_H */
