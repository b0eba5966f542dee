/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A hash trie from prefixes to numbers, in versions.
 */
#ifndef _MANX_ENGINE_HAMT_H
#define _MANX_ENGINE_HAMT_H

#include "edit.h"
#include "nets.h"

/* IPv4 addresses, IPv6 addresses, shorter prefixes of both */
#define MANX_HAMT_KINDS 3

struct manx_hamt_node;

/**
 * struct manx_hamt - one version of a trie
 * @root: a trie for each kind of key, NULL if it has none
 * @bytes: octets of all nodes
 * @n: number of keys
 *
 * A value: a new version starts as a copy of the old one, and all zero is the
 * empty trie. Readers under RCU take it from the structure that was published;
 * nothing that they reach from @root changes. A copy made in the middle of an
 * edit is not a version: the edit goes on changing its own nodes in place.
 */
struct manx_hamt {
	struct manx_hamt_node *root[MANX_HAMT_KINDS];
	u64 bytes;
	u32 n;
};

/**
 * struct manx_hamt_cursor - how far a walk over the keys has come
 * @last: the key that was returned last
 * @started: @last has been set
 *
 * Starts as all zero. Holds nothing: it may be kept from one version to another
 * and just be forgotten.
 */
struct manx_hamt_cursor {
	struct manx_prefix last;
	bool started;
};

/**
 * manx_hamt_get() - value of a key
 * @m: version
 * @family: NFPROTO_IPV4 or NFPROTO_IPV6
 * @len: length of the prefix; 32 or 128 for an address
 * @addr: network byte order, bits beyond @len are zero
 *
 * Context: any, under rcu_read_lock() or the writers' lock.
 * Return: the value, 0 if the key is not there.
 */
u32 manx_hamt_get(const struct manx_hamt *m, u8 family, u8 len,
		  const union nf_inet_addr *addr);

/**
 * manx_hamt_set() - insert a key or replace its value
 * @m: version that is made
 * @e: edit that makes it
 * @key: prefix, bits beyond its length are zero
 * @value: not 0
 *
 * Context: may sleep, under the writers' lock.
 * Return: 0, or -ENOMEM; then every key has the value that it had.
 */
int manx_hamt_set(struct manx_hamt *m, struct manx_edit *e, const struct manx_prefix *key,
		  u32 value);

/**
 * manx_hamt_del() - remove a key
 * @m: version that is made
 * @e: edit that makes it
 * @key: prefix
 *
 * Context: may sleep, under the writers' lock.
 * Return: 0, -ENOENT if the key is not there, or -ENOMEM; with an error every
 * key has the value that it had.
 */
int manx_hamt_del(struct manx_hamt *m, struct manx_edit *e, const struct manx_prefix *key);

/**
 * manx_hamt_diff() - find the keys whose values differ
 * @old: version
 * @new: version; of the same trie or of any other
 * @fn: called once for each key whose values differ, in no particular order,
 *	with 0 as the value where it is absent; must not change @old or @new
 * @ctx: passed to @fn
 *
 * What the versions share is skipped, so the cost is that of the difference.
 *
 * Context: may sleep, under the writers' lock.
 * Return: 0, or what @fn returned if that was not 0; it ends the walk.
 */
int manx_hamt_diff(const struct manx_hamt *old, const struct manx_hamt *new,
		   int (*fn)(void *ctx, const struct manx_prefix *key, u32 old_value,
			     u32 new_value),
		   void *ctx);

/**
 * manx_hamt_next() - the next key of a walk
 * @m: version; need not be the one of the call before
 * @c: position
 * @key: where to
 * @value: where to, may be NULL
 *
 * Keys come in an order that does not depend on the other keys, so a key that
 * is there from the first to the last call is returned exactly once, whatever
 * else came or went.
 *
 * Context: any, under rcu_read_lock() or the writers' lock.
 * Return: false if there is none left.
 */
bool manx_hamt_next(const struct manx_hamt *m, struct manx_hamt_cursor *c,
		    struct manx_prefix *key, u32 *value);

/**
 * manx_hamt_hash() - hash of a key
 * @key: prefix
 *
 * Seeded once, when the first key of all is inserted; keys of one kind are
 * walked in descending order of it. For tests.
 */
u32 manx_hamt_hash(const struct manx_prefix *key);

/**
 * manx_hamt_abort() - give up a version that was never published
 * @m: version; empty afterwards
 * @e: edit that made it
 *
 * Frees the nodes that @e made; the version that @m started from stays whole.
 *
 * Context: may sleep, under the writers' lock.
 */
void manx_hamt_abort(struct manx_hamt *m, struct manx_edit *e);

/**
 * manx_hamt_free() - free all nodes of a version
 * @m: the last version of the trie; empty afterwards
 *
 * Context: may sleep; no reader may know @m any more.
 */
void manx_hamt_free(struct manx_hamt *m);

#endif /* _MANX_ENGINE_HAMT_H */
