/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * IP addresses and prefixes of both families.
 */
#ifndef MANX_ADDR_H
#define MANX_ADDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* longest text: "ffff:...:255.255.255.255/128" and the NUL */
#define MANX_ADDR_STRLEN 50

/**
 * struct manx_addr - an address
 * @family: 4 or 6 (the IP version, not AF_*); 0 means "none"
 * @b: network byte order; IPv4 uses the first four octets, the rest are zero
 */
struct manx_addr {
	uint8_t family;
	uint8_t b[16];
};

/**
 * struct manx_prefix - an address and a prefix length
 * @addr: bits beyond @len may be set (an interface address), see
 *	manx_prefix_is_masked()
 * @len: 0 to 32, or 0 to 128
 */
struct manx_prefix {
	struct manx_addr addr;
	uint8_t len;
};

/* Strict text forms (inet_pton); false and *a untouched if @s is not one. */
bool manx_addr_parse(const char *s, struct manx_addr *a);
/* "a/len"; a bare address has length 32 or 128. */
bool manx_prefix_parse(const char *s, struct manx_prefix *p);

/* Canonical text (RFC 5952) into @buf of MANX_ADDR_STRLEN; returns @buf. */
const char *manx_addr_format(const struct manx_addr *a, char *buf);
const char *manx_prefix_format(const struct manx_prefix *p, char *buf);

/* 32 or 128 */
uint8_t manx_addr_bits(const struct manx_addr *a);
/* The prefix that holds just this address. */
struct manx_prefix manx_addr_host(const struct manx_addr *a);
/* Order: family, then address; prefixes then by length. <0, 0, >0. */
int manx_addr_cmp(const struct manx_addr *a, const struct manx_addr *b);
int manx_prefix_cmp(const struct manx_prefix *a, const struct manx_prefix *b);

bool manx_prefix_is_masked(const struct manx_prefix *p);
/* @p with the bits beyond its length cleared. */
struct manx_prefix manx_prefix_mask(const struct manx_prefix *p);
/* Families must be equal, else false. */
bool manx_prefix_contains(const struct manx_prefix *p, const struct manx_addr *a);
bool manx_prefix_covers(const struct manx_prefix *outer, const struct manx_prefix *inner);
bool manx_prefix_overlaps(const struct manx_prefix *a, const struct manx_prefix *b);

/*
 * @a plus @n (carry over all octets). False if it leaves the address family's
 * range; *out is then untouched.
 */
bool manx_addr_add(const struct manx_addr *a, uint64_t n, struct manx_addr *out);
/* @a minus the first address of @p; @a must lie in @p and the result fit. */
uint64_t manx_addr_offset(const struct manx_prefix *p, const struct manx_addr *a);

/*
 * Text whose byte order is address order, for keys: "4/0af40000-26" or
 * "6/<32 hex>-<len>"; for an address without "-<len>". @buf: MANX_ADDR_STRLEN.
 */
const char *manx_prefix_key(const struct manx_prefix *p, char *buf);
const char *manx_addr_key(const struct manx_addr *a, char *buf);
bool manx_prefix_from_key(const char *s, struct manx_prefix *p);
bool manx_addr_from_key(const char *s, struct manx_addr *a);

#endif /* MANX_ADDR_H */
