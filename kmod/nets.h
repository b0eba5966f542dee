/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Prefixes and collections of them.
 */
#ifndef _MANX_NETS_H
#define _MANX_NETS_H

#include <linux/in6.h>
#include <linux/netfilter.h>
#include <linux/types.h>

/* octets of the longest prefix on the wire: an IPv6 address and its length */
#define MANX_PREFIX_WIRE_MAX 17

/**
 * struct manx_prefix - an IPv4 or IPv6 prefix
 * @addr: network byte order, bits beyond @len are zero
 * @family: NFPROTO_IPV4 or NFPROTO_IPV6
 * @len: 0 to 32, or 0 to 128
 */
struct manx_prefix {
	union nf_inet_addr addr;
	u8 family;
	u8 len;
};

/* first and last address of a range, host byte order */
struct manx_range4 {
	u32 first;
	u32 last;
};

/* first and last address of a range, network byte order */
struct manx_range6 {
	struct in6_addr first;
	struct in6_addr last;
};

/**
 * struct manx_nets - prefixes merged into disjoint ranges, for lookup
 * @r4: IPv4 ranges, ascending, none touching the next
 * @r6: IPv6 ranges, likewise
 * @n4: number of @r4
 * @n6: number of @r6
 *
 * Nested and repeated prefixes merge, so a lookup is one binary search:
 * at most 32 steps for 2^32 ranges, whatever the prefixes were.
 */
struct manx_nets {
	struct manx_range4 *r4;
	struct manx_range6 *r6;
	u32 n4;
	u32 n6;
};

/**
 * manx_prefix_parse() - prefix from its form on the wire
 * @p: where to
 * @data: address in network byte order, then one octet of length
 * @size: octets at @data; 5 for IPv4, 17 for IPv6
 *
 * Return: 0, or -EINVAL for another size, a length beyond the address, or set
 * bits beyond the length.
 */
int manx_prefix_parse(struct manx_prefix *p, const void *data, int size);

/**
 * manx_prefix_wire() - the form on the wire
 * @p: prefix
 * @data: MANX_PREFIX_WIRE_MAX octets
 *
 * Return: octets used, 5 or 17.
 */
int manx_prefix_wire(const struct manx_prefix *p, u8 *data);

/**
 * manx_prefix_is_host() - does the prefix hold exactly one address
 * @p: prefix
 *
 * Return: true for length 32 (IPv4) or 128 (IPv6).
 */
bool manx_prefix_is_host(const struct manx_prefix *p);

/**
 * manx_prefix_cmp() - order by family, address, length
 * @a: const struct manx_prefix *
 * @b: const struct manx_prefix *
 *
 * Return: as sort() and bsearch() want it.
 */
int manx_prefix_cmp(const void *a, const void *b);

/**
 * manx_prefix_contains() - is an address within a prefix
 * @p: prefix
 * @family: NFPROTO_* of @addr
 * @addr: address
 *
 * Context: any.
 * Return: false also if the families differ.
 */
bool manx_prefix_contains(const struct manx_prefix *p, u8 family,
			  const union nf_inet_addr *addr);

/**
 * manx_nets_build() - make the lookup form of prefixes
 * @nets: filled; release with manx_nets_free()
 * @p: prefixes, ascending by manx_prefix_cmp()
 * @n: number of prefixes
 *
 * Context: may sleep.
 * Return: 0 or -ENOMEM (then @nets is empty).
 */
int manx_nets_build(struct manx_nets *nets, const struct manx_prefix *p, u32 n);

/**
 * manx_nets_free() - release what manx_nets_build() made
 * @nets: empty afterwards
 */
void manx_nets_free(struct manx_nets *nets);

/**
 * manx_nets_contain() - is an address in any of the prefixes
 * @nets: collection, unchanging
 * @family: NFPROTO_* of @addr
 * @addr: address
 *
 * Context: any.
 */
bool manx_nets_contain(const struct manx_nets *nets, u8 family,
		       const union nf_inet_addr *addr);

#endif /* _MANX_NETS_H */
