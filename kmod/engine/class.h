/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Classes: which sets an address is in, as one number.
 */
#ifndef _MANX_ENGINE_CLASS_H
#define _MANX_ENGINE_CLASS_H

#include <linux/list.h>
#include <linux/types.h>
#include <linux/xarray.h>

/* classes are 1 to this; 0 is "in no set" */
#define MANX_MAX_CLASSES 65535

/* What holds a class. A table has rows for the first two only. */
enum manx_class_kind {
	MANX_CLASS_HOST,	/* a host member */
	MANX_CLASS_NET,		/* a prefix, with the sets of what covers it */
	MANX_CLASS_OWN,		/* a prefix, its own sets alone */
	MANX_CLASS_KINDS,
};

struct manx_class;

/**
 * struct manx_class_member - a set in the list of a class
 * @node: in &manx_set_use.classes
 * @class: that has the list
 * @set: id of the set
 */
struct manx_class_member {
	struct hlist_node node;
	struct manx_class *class;
	u32 set;
};

/**
 * struct manx_class - an interned list of sets
 * @node: in &manx_classes.lists
 * @fresh: in &manx_classes.fresh, if a table may not have its row yet
 * @touched: in &manx_classes.touched, if @taken is not zero
 * @refs: entries that hold it, of each kind; of the open and of earlier versions
 * @taken: how many of @refs came with the open transaction
 * @unfilled: bit for each kind that tables have not been told of
 * @id: number
 * @hash: of the list
 * @n: number of @member
 * @member: ascending by set
 *
 * Packets read @n and &manx_class_member.set only, under RCU; they do not
 * change. All else is under the writers' lock.
 */
struct manx_class {
	struct hlist_node node;
	struct list_head fresh;
	struct list_head touched;
	u32 refs[MANX_CLASS_KINDS];
	u32 taken[MANX_CLASS_KINDS];
	u32 unfilled;
	u32 id;
	u32 hash;
	u32 n;
	struct manx_class_member member[];
};

/**
 * struct manx_set_use - who has to do with a set
 * @classes: &struct manx_class_member, classes that have it in their list
 * @tables: &struct manx_binding_set, tables that have it in their rules
 */
struct manx_set_use {
	struct hlist_head classes;
	struct hlist_head tables;
};

/* References to drop after a grace period; see manx_classes_commit(). */
struct manx_released;

/**
 * struct manx_classes - the classes of a namespace and the tables that use them
 * @id: number -> &struct manx_class; packets read it under RCU
 * @sets: id of a set -> &struct manx_set_use
 * @lists: hash table of &struct manx_class, 2^@bits buckets; NULL while empty
 * @bits: see @lists
 * @n: number of classes
 * @max: no more than this; at most %MANX_MAX_CLASSES
 * @octets: memory of classes and of compiled tables
 * @max_octets: what compiling may bring @octets to; what other structures of
 *	the namespace take is for the owner to subtract
 * @fresh: classes that tables have not been told of
 * @touched: classes with references of the open transaction
 * @leaving: references that its replaced entries held
 * @stale: &struct manx_binding, tables that have classes without row
 * @retired: compiled forms that were replaced and wait for readers to go
 * @scratch: list under construction
 * @room: numbers that @scratch has space for
 *
 * Everything but the readable parts is under the writers' lock of the
 * namespace, &manx_ns.lock, which all functions here want held.
 */
struct manx_classes {
	struct xarray id;
	struct xarray sets;
	struct hlist_head *lists;
	u32 bits;
	u32 n;
	u32 max;
	u64 octets;
	u64 max_octets;
	struct list_head fresh;
	struct list_head touched;
	struct manx_released *leaving;
	struct list_head stale;
	struct list_head retired;
	u32 *scratch;
	u32 room;
};

/**
 * manx_classes_init() - no class and no limit below %MANX_MAX_CLASSES
 * @c: zeroed
 */
void manx_classes_init(struct manx_classes *c);

/**
 * manx_classes_exit() - free everything
 * @c: no packet can reach it; all tables have been released
 *
 * Context: may sleep.
 */
void manx_classes_exit(struct manx_classes *c);

/**
 * manx_classes_commit() - the open transaction was published
 * @c: classes
 *
 * Cannot fail. What its replaced entries held stays held until readers of
 * earlier versions are gone.
 *
 * Return: for manx_classes_released_free() after a grace period; may be NULL.
 */
struct manx_released *manx_classes_commit(struct manx_classes *c);

/**
 * manx_classes_released_free() - drop references that nobody reads any more
 * @c: classes
 * @released: from manx_classes_commit(), a grace period ago; may be NULL
 *
 * A class without references goes, and its number becomes free.
 *
 * Context: may sleep.
 */
void manx_classes_released_free(struct manx_classes *c, struct manx_released *released);

/**
 * manx_classes_abort() - the open transaction is given up
 * @c: classes
 *
 * Drops at once every reference that it took. The versions of addresses that it
 * made are invalid then: manx_addresses_abort() as well.
 */
void manx_classes_abort(struct manx_classes *c);

/**
 * manx_class_with() - the class with one set more
 * @c: classes
 * @class: 0 or a class that is held
 * @set: id of the set
 *
 * Return: number of the class, not yet held by the caller, who does so next;
 * @class itself if the set is in it. -ENOMEM; -ENOSPC at the limit.
 */
int manx_class_with(struct manx_classes *c, u32 class, u32 set);

/**
 * manx_class_without() - the class with one set less
 * @c: classes
 * @class: 0 or a class that is held
 * @set: id of the set
 *
 * Return: as manx_class_with(); 0 if no set is left.
 */
int manx_class_without(struct manx_classes *c, u32 class, u32 set);

/**
 * manx_class_union() - the class with the sets of two
 * @c: classes
 * @a: 0 or a class that is held
 * @b: 0 or a class that is held
 *
 * Return: as manx_class_with().
 */
int manx_class_union(struct manx_classes *c, u32 a, u32 b);

/**
 * manx_class_hold() - an entry of the version that is made names a class
 * @c: classes
 * @kind: of the entry
 * @class: 0: nothing happens
 */
void manx_class_hold(struct manx_classes *c, enum manx_class_kind kind, u32 class);

/**
 * manx_class_drop() - an entry does not name a class any more
 * @c: classes
 * @kind: of the entry
 * @class: 0: nothing happens
 *
 * A reference that the open transaction took is gone at once, one that packets
 * may still follow after manx_classes_released_free(). Call it after the new
 * class of the entry is held.
 *
 * Return: 0 or -ENOMEM; then the transaction has to be aborted.
 */
int manx_class_drop(struct manx_classes *c, enum manx_class_kind kind, u32 class);

/**
 * manx_class_find() - a class by its number
 * @c: classes
 * @class: not 0
 *
 * Context: RCU read lock or writers' lock held.
 * Return: NULL only for a number that no entry holds.
 */
static inline const struct manx_class *manx_class_find(const struct manx_classes *c, u32 class)
{
	return xa_load((struct xarray *)&c->id, class);
}

/**
 * manx_class_has() - is a set in a class
 * @class: class
 * @set: id of the set
 *
 * Context: RCU read lock or writers' lock held.
 */
bool manx_class_has(const struct manx_class *class, u32 set);

/**
 * manx_classes_scratch() - a list to work with
 * @c: classes
 * @n: numbers that it must have space for
 *
 * Return: 0, then &manx_classes.scratch is good until the next call of any
 * function here; -ENOMEM.
 */
int manx_classes_scratch(struct manx_classes *c, u32 n);

/**
 * manx_set_use_get() - who has to do with a set
 * @c: classes
 * @set: id
 * @make: make it if it is not there
 *
 * Return: NULL if there is none or, with @make, no memory.
 */
struct manx_set_use *manx_set_use_get(struct manx_classes *c, u32 set, bool make);

/**
 * manx_set_use_put() - free it if nobody has to do with the set any more
 * @c: classes
 * @set: id
 */
void manx_set_use_put(struct manx_classes *c, u32 set);

#endif /* _MANX_ENGINE_CLASS_H */
