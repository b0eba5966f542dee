/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Transactions: how a ruleset is replaced by another.
 */
#ifndef _MANX_TXN_H
#define _MANX_TXN_H

#include <linux/netlink.h>
#include <linux/types.h>

#include "ruleset.h"

struct manx_ns;

/**
 * struct manx_txn - an open transaction
 * @portid: netlink port that it belongs to
 * @single: it consists of one request and ends with it
 * @failed: one of its requests was refused, so it cannot be committed
 * @next: what the ruleset will be; its objects are shared with the published
 *	one, so they are replaced, not changed, unless this is their only holder
 */
struct manx_txn {
	u32 portid;
	bool single;
	bool failed;
	struct manx_ruleset *next;
};

/**
 * manx_txn_begin() - open a transaction
 * @ns: namespace, lock held
 * @portid: whose
 * @extack: gets the reason of a refusal
 *
 * Return: 0; -EALREADY if the port has one open, -EBUSY if another one has,
 * -ENOMEM.
 */
int manx_txn_begin(struct manx_ns *ns, u32 portid, struct netlink_ext_ack *extack);

/**
 * manx_txn_commit() - validate and publish
 * @ns: namespace with an open transaction, lock held
 * @extack: gets the reason of a refusal, with the offending object
 *
 * The transaction is over in any case. On success every packet that enters
 * from now on is judged by the new ruleset, and none is being judged by the old
 * one any more.
 *
 * Context: may sleep (a grace period).
 * Return: 0 or a negative errno, then nothing changed.
 */
int manx_txn_commit(struct manx_ns *ns, struct netlink_ext_ack *extack);

/**
 * manx_txn_drop() - throw an open transaction away, if there is one
 * @ns: namespace, lock held
 */
void manx_txn_drop(struct manx_ns *ns);

/**
 * manx_txn_edit() - the ruleset that a request changes
 * @ns: namespace, lock held
 * @portid: who asks
 * @extack: gets the reason of a refusal
 *
 * Return: that of the port's open transaction, or of one that manx_txn_done()
 * will end; ERR_PTR(-EBUSY) while another port has one open.
 */
struct manx_ruleset *manx_txn_edit(struct manx_ns *ns, u32 portid,
				   struct netlink_ext_ack *extack);

/**
 * manx_txn_done() - end a request that began with manx_txn_edit()
 * @ns: namespace, lock held
 * @err: how it went
 * @extack: gets the reason of a refusal
 *
 * Return: @err, or how the commit of a single request went.
 */
int manx_txn_done(struct manx_ns *ns, int err, struct netlink_ext_ack *extack);

int manx_txn_init(void);
void manx_txn_exit(void);

#endif /* _MANX_TXN_H */
