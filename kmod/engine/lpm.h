/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A trie from prefixes to numbers for the longest match, in versions.
 */
#ifndef _MANX_ENGINE_LPM_H
#define _MANX_ENGINE_LPM_H

#include "edit.h"
#include "nets.h"

struct manx_lpm_node;

/**
 * struct manx_lpm - one version of a trie
 * @root: IPv4, IPv6; NULL without prefixes
 * @bytes: octets of all nodes
 * @n: number of prefixes
 *
 * A value, as struct manx_hamt: copied to start a new version, all zero is
 * empty, readers under RCU take it from what was published.
 */
struct manx_lpm {
	struct manx_lpm_node *root[2];
	u64 bytes;
	u32 n;
};

/**
 * manx_lpm_get() - the longest prefix that contains an address
 * @l: version
 * @family: NFPROTO_IPV4 or NFPROTO_IPV6
 * @addr: network byte order
 *
 * At most 33 steps for IPv4, 129 for IPv6.
 *
 * Context: any, under rcu_read_lock() or the writers' lock.
 * Return: its value, 0 if there is none.
 */
u32 manx_lpm_get(const struct manx_lpm *l, u8 family, const union nf_inet_addr *addr);

/**
 * manx_lpm_exact() - value of a prefix
 * @l: version
 * @key: prefix
 *
 * Context: as manx_lpm_get().
 * Return: the value, 0 if the prefix is not there.
 */
u32 manx_lpm_exact(const struct manx_lpm *l, const struct manx_prefix *key);

/**
 * manx_lpm_covering() - the longest prefix above another
 * @l: version
 * @key: prefix, there or not
 *
 * Context: as manx_lpm_get().
 * Return: value of the longest prefix that contains @key and is shorter than
 * it, 0 if there is none.
 */
u32 manx_lpm_covering(const struct manx_lpm *l, const struct manx_prefix *key);

/**
 * manx_lpm_set() - insert a prefix or replace its value
 * @l: version that is made
 * @e: edit that makes it
 * @key: prefix, bits beyond its length are zero
 * @value: not 0
 *
 * Context: may sleep, under the writers' lock.
 * Return: 0, or -ENOMEM; then every prefix has the value that it had.
 */
int manx_lpm_set(struct manx_lpm *l, struct manx_edit *e, const struct manx_prefix *key,
		 u32 value);

/**
 * manx_lpm_del() - remove a prefix
 * @l: version that is made
 * @e: edit that makes it
 * @key: prefix
 *
 * Context: may sleep, under the writers' lock.
 * Return: 0, -ENOENT if the prefix is not there, or -ENOMEM; with an error
 * every prefix has the value that it had.
 */
int manx_lpm_del(struct manx_lpm *l, struct manx_edit *e, const struct manx_prefix *key);

/**
 * manx_lpm_update() - change the values of a prefix and all beneath it
 * @l: version that is made
 * @e: edit that makes it
 * @under: prefix, there or not
 * @fn: called for each prefix that is @under or within it, a prefix before
 *	those within it, with the value of the longest prefix that is shorter
 *	than @p, as it now is (0: none); may store another value, not 0, or
 *	return an error; must not change @l otherwise
 * @ctx: passed to @fn
 *
 * Context: may sleep, under the writers' lock.
 * Return: 0, what @fn returned if that was not 0, or -ENOMEM. With an error a
 * part of the values may have been changed; @l is then good for
 * manx_lpm_abort() only, or for another update that sets them right.
 */
int manx_lpm_update(struct manx_lpm *l, struct manx_edit *e, const struct manx_prefix *under,
		    int (*fn)(void *ctx, const struct manx_prefix *p, u32 parent_value,
			      u32 *value),
		    void *ctx);

/**
 * manx_lpm_abort() - give up a version that was never published
 * @l: version; empty afterwards
 * @e: edit that made it
 *
 * Frees the nodes that @e made; the version that @l started from stays whole.
 *
 * Context: may sleep, under the writers' lock.
 */
void manx_lpm_abort(struct manx_lpm *l, struct manx_edit *e);

/**
 * manx_lpm_free() - free all nodes of a version
 * @l: the last version of the trie; empty afterwards
 *
 * Context: may sleep; no reader may know @l any more.
 */
void manx_lpm_free(struct manx_lpm *l);

#endif /* _MANX_ENGINE_LPM_H */
