// SPDX-License-Identifier: GPL-2.0-only
/*
 * Prefixes. Pure: no namespace, no device, no lock.
 */
#include "nets.h"

#include <linux/string.h>
#include <net/ipv6.h>

static unsigned int manx_addr_size(u8 family)
{
	return family == NFPROTO_IPV4 ? 4 : 16;
}

/* Fill the bits of @addr beyond @len with ones: the last address of a prefix. */
static void manx_addr_fill(u8 *addr, unsigned int len, unsigned int size)
{
	unsigned int i = len / 8;

	if (i >= size)
		return;
	addr[i] |= 0xff >> (len % 8);
	memset(addr + i + 1, 0xff, size - i - 1);
}

int manx_prefix_parse(struct manx_prefix *p, const void *data, int size)
{
	unsigned int bytes = size - 1, i;
	const u8 *wire = data;
	u8 host[16] = {};

	if (size != 5 && size != MANX_PREFIX_WIRE_MAX)
		return -EINVAL;
	memset(p, 0, sizeof(*p));
	p->family = bytes == 4 ? NFPROTO_IPV4 : NFPROTO_IPV6;
	p->len = wire[bytes];
	if (p->len > bytes * 8)
		return -EINVAL;
	memcpy(&p->addr, wire, bytes);
	manx_addr_fill(host, p->len, bytes);
	for (i = 0; i < bytes; i++)
		if (wire[i] & host[i])
			return -EINVAL;
	return 0;
}

int manx_prefix_wire(const struct manx_prefix *p, u8 *data)
{
	unsigned int bytes = manx_addr_size(p->family);

	memcpy(data, &p->addr, bytes);
	data[bytes] = p->len;
	return bytes + 1;
}

bool manx_prefix_is_host(const struct manx_prefix *p)
{
	return p->len == manx_addr_size(p->family) * 8;
}

int manx_prefix_cmp(const void *a, const void *b)
{
	const struct manx_prefix *x = a, *y = b;
	int d;

	if (x->family != y->family)
		return x->family < y->family ? -1 : 1;
	d = memcmp(&x->addr, &y->addr, manx_addr_size(x->family));
	return d ? d : (int)x->len - (int)y->len;
}

bool manx_prefix_contains(const struct manx_prefix *p, u8 family,
			  const union nf_inet_addr *addr)
{
	if (p->family != family)
		return false;
	if (family == NFPROTO_IPV6)
		return ipv6_prefix_equal(&p->addr.in6, &addr->in6, p->len);
	return !p->len || !((ntohl(p->addr.ip) ^ ntohl(addr->ip)) >> (32 - p->len));
}
