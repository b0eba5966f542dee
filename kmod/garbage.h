/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What transactions leave behind, freed later.
 */
#ifndef _MANX_GARBAGE_H
#define _MANX_GARBAGE_H

#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "engine/edit.h"

struct manx_ns;
struct manx_released;
struct manx_ruleset;

/**
 * struct manx_garbage - what one transaction leaves behind
 * @node: in manx_bin.list
 * @cookie: of the grace period after which nobody reads it
 * @edit: of the transaction; its dead nodes
 * @objects: &struct manx_object
 * @released: references on classes
 * @ruleset: the one that was replaced; or if the transaction was given up, the
 *	one that it made
 * @aborted: it was given up
 * @octets: what freeing it gives back, about; references on classes and compiled
 *	tables are not in it, for they count as memory of the namespace
 */
struct manx_garbage {
	struct list_head node;
	unsigned long cookie;
	struct manx_edit edit;
	struct list_head objects;
	struct manx_released *released;
	struct manx_ruleset *ruleset;
	bool aborted;
	u64 octets;
};

/**
 * struct manx_bin - garbage of a namespace
 * @ns: whose
 * @lock: protects @list
 * @list: &struct manx_garbage, oldest first, in which order it is freed: what an
 *	aborted transaction shared, or a table's successor, is still there
 * @n: number of transactions in @list, or being freed
 * @octets: of these
 * @freeing: the work is freeing what it has taken from @list; set under
 *	manx_ns.lock
 * @wait: woken up when @n becomes less
 * @work: frees @list
 */
struct manx_bin {
	struct manx_ns *ns;
	spinlock_t lock;
	struct list_head list;
	atomic_t n;
	atomic64_t octets;
	bool freeing;
	wait_queue_head_t wait;
	struct work_struct work;
};

/**
 * manx_garbage_new() - room for what a transaction will leave
 *
 * Made when the transaction begins, so that its end cannot fail.
 *
 * Return: to be given to manx_garbage_queue(), or NULL.
 */
struct manx_garbage *manx_garbage_new(void);

/**
 * manx_garbage_queue() - free it when nobody can read it any more
 * @bin: of the namespace, whose lock is held
 * @g: taken over
 */
void manx_garbage_queue(struct manx_bin *bin, struct manx_garbage *g);

/**
 * manx_garbage_flush() - free all garbage now
 * @ns: namespace, lock held
 *
 * For who has found a limit reached: what replaced objects hold of it is given
 * back. Nothing of the open transaction may be half done.
 *
 * Context: may sleep (grace periods, and as long as freeing takes).
 * Return: false if there was none.
 */
bool manx_garbage_flush(struct manx_ns *ns);

/**
 * manx_garbage_wait() - do not let garbage grow faster than it is freed
 * @bin: of the namespace, whose lock is not held
 *
 * Context: may sleep.
 * Return: 0, or -EINTR if the caller is being killed.
 */
int manx_garbage_wait(struct manx_bin *bin);

/**
 * manx_bin_init() - an empty bin
 * @bin: to be filled
 * @ns: whose
 */
void manx_bin_init(struct manx_bin *bin, struct manx_ns *ns);

/**
 * manx_bin_exit() - free everything in it now
 * @bin: nothing is queued any more
 *
 * Context: may sleep (a grace period).
 */
void manx_bin_exit(struct manx_bin *bin);

#endif /* _MANX_GARBAGE_H */
