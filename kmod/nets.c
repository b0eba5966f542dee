// SPDX-License-Identifier: GPL-2.0-only
/*
 * Prefixes and collections of them. Pure: no namespace, no device, no lock.
 */
#include "nets.h"

#include <linux/mm.h>
#include <linux/slab.h>
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

/* Does the range that ends at @last reach the address @first, or touch it? */
static bool manx_range6_joins(const struct in6_addr *last, const struct in6_addr *first)
{
	struct in6_addr next = *last;
	int i;

	if (memcmp(first, last, sizeof(*first)) <= 0)
		return true;
	for (i = 15; i >= 0 && ++next.s6_addr[i] == 0; i--)
		;
	return i >= 0 && ipv6_addr_equal(&next, first);
}

static void manx_nets_add4(struct manx_nets *nets, const struct manx_prefix *p)
{
	u32 first = ntohl(p->addr.ip), last = p->len ? first | (u32)(0xffffffffULL >> p->len) : ~0U;
	struct manx_range4 *top = nets->n4 ? &nets->r4[nets->n4 - 1] : NULL;

	if (top && (u64)first <= (u64)top->last + 1)
		top->last = max(top->last, last);
	else
		nets->r4[nets->n4++] = (struct manx_range4){ first, last };
}

static void manx_nets_add6(struct manx_nets *nets, const struct manx_prefix *p)
{
	struct manx_range6 *top = nets->n6 ? &nets->r6[nets->n6 - 1] : NULL;
	struct manx_range6 r = { p->addr.in6, p->addr.in6 };

	manx_addr_fill(r.last.s6_addr, p->len, sizeof(r.last));
	if (!top || !manx_range6_joins(&top->last, &r.first))
		nets->r6[nets->n6++] = r;
	else if (memcmp(&r.last, &top->last, sizeof(r.last)) > 0)
		top->last = r.last;
}

int manx_nets_build(struct manx_nets *nets, const struct manx_prefix *p, u32 n)
{
	u32 i, n4 = 0;

	memset(nets, 0, sizeof(*nets));
	for (i = 0; i < n; i++)
		n4 += p[i].family == NFPROTO_IPV4;
	if (n4)
		nets->r4 = kvmalloc_array(n4, sizeof(*nets->r4), GFP_KERNEL_ACCOUNT);
	if (n > n4)
		nets->r6 = kvmalloc_array(n - n4, sizeof(*nets->r6), GFP_KERNEL_ACCOUNT);
	if ((n4 && !nets->r4) || (n > n4 && !nets->r6)) {
		manx_nets_free(nets);
		return -ENOMEM;
	}
	for (i = 0; i < n; i++) {
		if (p[i].family == NFPROTO_IPV4)
			manx_nets_add4(nets, &p[i]);
		else
			manx_nets_add6(nets, &p[i]);
	}
	return 0;
}

void manx_nets_free(struct manx_nets *nets)
{
	kvfree(nets->r4);
	kvfree(nets->r6);
	memset(nets, 0, sizeof(*nets));
}

static bool manx_nets_contain4(const struct manx_nets *nets, u32 addr)
{
	u32 lo = 0, hi = nets->n4;

	while (lo < hi) {
		u32 mid = lo + (hi - lo) / 2;

		if (addr < nets->r4[mid].first)
			hi = mid;
		else if (addr > nets->r4[mid].last)
			lo = mid + 1;
		else
			return true;
	}
	return false;
}

static bool manx_nets_contain6(const struct manx_nets *nets, const struct in6_addr *addr)
{
	u32 lo = 0, hi = nets->n6;

	while (lo < hi) {
		u32 mid = lo + (hi - lo) / 2;

		if (memcmp(addr, &nets->r6[mid].first, sizeof(*addr)) < 0)
			hi = mid;
		else if (memcmp(addr, &nets->r6[mid].last, sizeof(*addr)) > 0)
			lo = mid + 1;
		else
			return true;
	}
	return false;
}

bool manx_nets_contain(const struct manx_nets *nets, u8 family,
		       const union nf_inet_addr *addr)
{
	if (family == NFPROTO_IPV4)
		return manx_nets_contain4(nets, ntohl(addr->ip));
	return manx_nets_contain6(nets, &addr->in6);
}
