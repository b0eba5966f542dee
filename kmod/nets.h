/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Prefixes.
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

#endif /* _MANX_NETS_H */
