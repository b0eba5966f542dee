/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Addresses: which class an address has, in versions.
 */
#ifndef _MANX_ENGINE_ADDRESS_H
#define _MANX_ENGINE_ADDRESS_H

#include "class.h"
#include "hamt.h"
#include "lpm.h"

/**
 * struct manx_addresses - one version
 * @exact: members of sets, hosts and prefixes -> class of their own sets
 * @nets: prefixes among them -> class of their sets and of those that cover them
 *
 * A value: a new version starts as a copy, all zero is empty. An address has a
 * host class, from @exact, and a net class, from @nets, which do not depend on
 * each other: a host member costs one update, a prefix one for each prefix
 * within it.
 */
struct manx_addresses {
	struct manx_hamt exact;
	struct manx_lpm nets;
};

/**
 * manx_addresses_add() - a prefix becomes member of a set
 * @a: version that is made
 * @e: edit that makes it
 * @c: classes of the namespace
 * @p: prefix
 * @set: id of the set; nothing happens if @p is a member already
 *
 * Context: may sleep, under the writers' lock.
 * Return: 0; -ENOMEM, -ENOSPC, or -EINTR when the caller is being killed; then
 * only manx_addresses_abort() and manx_classes_abort() are left to call.
 */
int manx_addresses_add(struct manx_addresses *a, struct manx_edit *e, struct manx_classes *c,
		       const struct manx_prefix *p, u32 set);

/**
 * manx_addresses_del() - a prefix is no longer member of a set
 * @a: version that is made
 * @e: edit that makes it
 * @c: classes of the namespace
 * @p: prefix
 * @set: id of the set; nothing happens if @p is not a member
 *
 * Context: may sleep, under the writers' lock.
 * Return: as manx_addresses_add().
 */
int manx_addresses_del(struct manx_addresses *a, struct manx_edit *e, struct manx_classes *c,
		       const struct manx_prefix *p, u32 set);

/**
 * manx_addresses_abort() - give up a version that was never published
 * @a: version; empty afterwards
 * @e: edit that made it
 */
void manx_addresses_abort(struct manx_addresses *a, struct manx_edit *e);

/**
 * manx_addresses_free() - free the last version
 * @a: no reader may know it any more; empty afterwards
 *
 * The classes that it holds go with manx_classes_exit().
 */
void manx_addresses_free(struct manx_addresses *a);

/**
 * manx_addresses_host() - host class of an address
 * @a: version
 * @family: NFPROTO_*
 * @addr: network byte order
 *
 * Context: any, under rcu_read_lock() or the writers' lock.
 * Return: class or 0.
 */
static inline u32 manx_addresses_host(const struct manx_addresses *a, u8 family,
				      const union nf_inet_addr *addr)
{
	return manx_hamt_get(&a->exact, family, family == NFPROTO_IPV4 ? 32 : 128, addr);
}

/**
 * manx_addresses_net() - net class of an address
 * @a: version
 * @family: NFPROTO_*
 * @addr: network byte order
 *
 * Context: any, under rcu_read_lock() or the writers' lock.
 * Return: class or 0.
 */
static inline u32 manx_addresses_net(const struct manx_addresses *a, u8 family,
				     const union nf_inet_addr *addr)
{
	return manx_lpm_get(&a->nets, family, addr);
}

#endif /* _MANX_ENGINE_ADDRESS_H */
