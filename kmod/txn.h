/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Transactions: how a ruleset is replaced by another.
 */
#ifndef _MANX_TXN_H
#define _MANX_TXN_H

#include <linux/netlink.h>
#include <linux/types.h>

#include "engine/edit.h"
#include "ruleset.h"

struct manx_garbage;
struct manx_ns;

/**
 * struct manx_txn - an open transaction
 * @portid: netlink port that it belongs to
 * @single: it consists of one request and ends with it
 * @failed: one of its requests was refused, so it cannot be committed
 * @sync: it is acknowledged only when no packet is judged by the old ruleset
 * @edit: nodes that it makes and replaces
 * @next: what the ruleset will be
 * @fresh: objects that it made, which @next holds
 * @scrap: objects that it made and dropped again
 * @dead: published objects that @next does without
 * @garbage: for what it leaves behind
 *
 * All of it under manx_ns.lock.
 */
struct manx_txn {
	u32 portid;
	bool single;
	bool failed;
	bool sync;
	struct manx_edit edit;
	struct manx_ruleset *next;
	struct list_head fresh;
	struct list_head scrap;
	struct list_head dead;
	struct manx_garbage *garbage;
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
 * from now on is judged by the new ruleset.
 *
 * Context: may sleep; a fatal signal ends it, until it is published.
 * Return: 0; 1 if the caller is to wait for a grace period, without the lock,
 * before it says so; or a negative errno, then nothing changed.
 */
int manx_txn_commit(struct manx_ns *ns, struct netlink_ext_ack *extack);

/**
 * manx_txn_drop() - throw an open transaction away, if there is one
 * @ns: namespace, lock held
 */
void manx_txn_drop(struct manx_ns *ns);

/**
 * manx_txn_edit() - the transaction that a request belongs to
 * @ns: namespace, lock held
 * @portid: who asks
 * @extack: gets the reason of a refusal
 *
 * Return: the port's open transaction, or one that manx_txn_done() will end;
 * ERR_PTR(-EBUSY) while another port has one open.
 */
struct manx_txn *manx_txn_edit(struct manx_ns *ns, u32 portid, struct netlink_ext_ack *extack);

/**
 * manx_txn_done() - end a request that began with manx_txn_edit()
 * @ns: namespace, lock held
 * @err: how it went
 * @extack: gets the reason of a refusal
 *
 * Return: @err, or how the commit of a single request went.
 */
int manx_txn_done(struct manx_ns *ns, int err, struct netlink_ext_ack *extack);

/**
 * manx_txn_new_object() - memory for an object of the next ruleset
 * @txn: transaction, which owns it until the commit
 * @kind: what it is
 * @size: octets
 *
 * Return: all zero but for the &struct manx_object that it begins with, or NULL.
 */
void *manx_txn_new_object(struct manx_txn *txn, enum manx_object_kind kind, size_t size);

/**
 * manx_txn_grown() - an object takes more memory than before
 * @txn: transaction that made it
 * @object: object
 * @bytes: how much more
 */
void manx_txn_grown(struct manx_txn *txn, struct manx_object *object, u64 bytes);

/**
 * manx_txn_gone() - the next ruleset does without an object
 * @txn: transaction
 * @object: of the published ruleset, or made by this transaction; already out of
 *	the map
 */
void manx_txn_gone(struct manx_txn *txn, struct manx_object *object);

/**
 * manx_txn_check_memory() - is there memory left for what a request did
 * @ns: namespace with an open transaction, lock held
 * @kind: of the object that the request made or changed
 * @name: of the object
 * @extack: gets the reason of a refusal
 *
 * Context: may sleep (a grace period).
 * Return: 0 or -ENOSPC.
 */
int manx_txn_check_memory(struct manx_ns *ns, const char *kind, const char *name,
			  struct netlink_ext_ack *extack);

/**
 * manx_txn_name() - the name object of a string
 * @ns: namespace with an open transaction, lock held
 * @tables: of tables, else of sets
 * @s: name
 *
 * Return: as manx_name_get().
 */
struct manx_name *manx_txn_name(struct manx_ns *ns, bool tables, const char *s);

int manx_txn_init(void);
void manx_txn_exit(void);

#endif /* _MANX_TXN_H */
