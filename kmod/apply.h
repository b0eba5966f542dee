/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From what a transaction says to what packets look up.
 */
#ifndef _MANX_APPLY_H
#define _MANX_APPLY_H

struct manx_ns;
struct netlink_ext_ack;

/**
 * manx_apply() - bring the open transaction's ruleset into the form for packets
 * @ns: namespace, lock held; everything that the transaction names exists
 * @extack: gets the reason of a refusal, with the offending object
 *
 * Members of sets become classes of addresses, tables are compiled, rules get
 * their counters. Nothing of it is visible.
 *
 * Context: may sleep.
 * Return: 0; 1 if the namespace's worker has to go on when it is published;
 * -ENOMEM, -ENOSPC, or -EINTR when the caller is being killed. Then
 * manx_apply_abort() is due.
 */
int manx_apply(struct manx_ns *ns, struct netlink_ext_ack *extack);

/**
 * manx_apply_undo() - as before manx_apply()
 * @ns: namespace, lock held; manx_apply() has failed
 *
 * manx_txn.edit is left to the caller, who has to put back what it was before.
 *
 * Context: may sleep.
 */
void manx_apply_undo(struct manx_ns *ns);

/**
 * manx_apply_abort() - the open transaction is given up
 * @ns: namespace, lock held
 *
 * Whether or not manx_apply() was called. What takes long is left to the
 * transaction's garbage.
 */
void manx_apply_abort(struct manx_ns *ns);

#endif /* _MANX_APPLY_H */
