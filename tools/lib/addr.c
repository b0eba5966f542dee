// SPDX-License-Identifier: GPL-2.0-only
#include "addr.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

static size_t octets(const struct manx_addr *a)
{
	return a->family == 4 ? 4 : 16;
}

uint8_t manx_addr_bits(const struct manx_addr *a)
{
	return a->family == 4 ? 32 : 128;
}

bool manx_addr_parse(const char *s, struct manx_addr *a)
{
	struct manx_addr r = { .family = strchr(s, ':') ? 6 : 4 };

	if (inet_pton(r.family == 4 ? AF_INET : AF_INET6, s, r.b) != 1)
		return false;
	*a = r;
	return true;
}

/* A decimal number from 0 to @max without sign or leading zero. */
static bool parse_len(const char *s, uint8_t max, uint8_t *len)
{
	unsigned int v = 0;

	if (!*s || (s[0] == '0' && s[1]))
		return false;
	for (; *s; s++) {
		if (*s < '0' || *s > '9')
			return false;
		v = v * 10 + (unsigned int)(*s - '0');
		if (v > max)
			return false;
	}
	*len = (uint8_t)v;
	return true;
}

bool manx_prefix_parse(const char *s, struct manx_prefix *p)
{
	char text[MANX_ADDR_STRLEN];
	const char *slash = strchr(s, '/');
	size_t n = slash ? (size_t)(slash - s) : strlen(s);
	struct manx_prefix r;

	if (n >= sizeof(text))
		return false;
	memcpy(text, s, n);
	text[n] = '\0';
	if (!manx_addr_parse(text, &r.addr))
		return false;
	r.len = manx_addr_bits(&r.addr);
	if (slash && !parse_len(slash + 1, r.len, &r.len))
		return false;
	*p = r;
	return true;
}

const char *manx_addr_format(const struct manx_addr *a, char *buf)
{
	if (!inet_ntop(a->family == 4 ? AF_INET : AF_INET6, a->b, buf, MANX_ADDR_STRLEN))
		buf[0] = '\0';
	return buf;
}

const char *manx_prefix_format(const struct manx_prefix *p, char *buf)
{
	size_t n;

	manx_addr_format(&p->addr, buf);
	n = strlen(buf);
	snprintf(buf + n, MANX_ADDR_STRLEN - n, "/%u", p->len);
	return buf;
}

struct manx_prefix manx_addr_host(const struct manx_addr *a)
{
	return (struct manx_prefix){ .addr = *a, .len = manx_addr_bits(a) };
}

int manx_addr_cmp(const struct manx_addr *a, const struct manx_addr *b)
{
	if (a->family != b->family)
		return a->family < b->family ? -1 : 1;
	return memcmp(a->b, b->b, octets(a));
}

int manx_prefix_cmp(const struct manx_prefix *a, const struct manx_prefix *b)
{
	int c = manx_addr_cmp(&a->addr, &b->addr);

	return c ? c : (int)a->len - (int)b->len;
}

struct manx_prefix manx_prefix_mask(const struct manx_prefix *p)
{
	struct manx_prefix r = *p;

	for (unsigned int bit = 0; bit < sizeof(r.addr.b) * 8; bit += 8) {
		if (bit >= r.len)
			r.addr.b[bit / 8] = 0;
		else if (r.len - bit < 8)
			r.addr.b[bit / 8] &= (uint8_t)(0xff << (8 - (r.len - bit)));
	}
	return r;
}

bool manx_prefix_is_masked(const struct manx_prefix *p)
{
	struct manx_prefix m = manx_prefix_mask(p);

	return manx_addr_cmp(&m.addr, &p->addr) == 0;
}

bool manx_prefix_contains(const struct manx_prefix *p, const struct manx_addr *a)
{
	struct manx_prefix net = manx_prefix_mask(p);
	struct manx_prefix of = { .addr = *a, .len = p->len };

	if (a->family != p->addr.family)
		return false;
	of = manx_prefix_mask(&of);
	return manx_addr_cmp(&net.addr, &of.addr) == 0;
}

bool manx_prefix_covers(const struct manx_prefix *outer, const struct manx_prefix *inner)
{
	return outer->len <= inner->len && manx_prefix_contains(outer, &inner->addr);
}

bool manx_prefix_overlaps(const struct manx_prefix *a, const struct manx_prefix *b)
{
	return manx_prefix_covers(a, b) || manx_prefix_covers(b, a);
}

bool manx_addr_add(const struct manx_addr *a, uint64_t n, struct manx_addr *out)
{
	struct manx_addr r = *a;
	uint64_t carry = n;

	for (size_t i = octets(a); i-- > 0 && carry;) {
		uint64_t low = (carry & 0xff) + r.b[i];

		r.b[i] = (uint8_t)low;
		carry = (carry >> 8) + (low >> 8);
	}
	if (carry)
		return false;
	*out = r;
	return true;
}

uint64_t manx_addr_offset(const struct manx_prefix *p, const struct manx_addr *a)
{
	struct manx_prefix net = manx_prefix_mask(p);
	uint64_t offset = 0;

	/* @a agrees with @net in the leading bits, so no octet borrows */
	for (size_t i = 0; i < octets(a); i++)
		offset = offset << 8 | (uint64_t)(a->b[i] - net.addr.b[i]);
	return offset;
}

static size_t put_key(const struct manx_addr *a, char *buf)
{
	static const char hex[] = "0123456789abcdef";
	size_t at = 0;

	buf[at++] = a->family == 4 ? '4' : '6';
	buf[at++] = '/';
	for (size_t i = 0; i < octets(a); i++) {
		buf[at++] = hex[a->b[i] >> 4];
		buf[at++] = hex[a->b[i] & 15];
	}
	buf[at] = '\0';
	return at;
}

const char *manx_addr_key(const struct manx_addr *a, char *buf)
{
	put_key(a, buf);
	return buf;
}

const char *manx_prefix_key(const struct manx_prefix *p, char *buf)
{
	size_t at = put_key(&p->addr, buf);

	snprintf(buf + at, MANX_ADDR_STRLEN - at, "-%u", p->len);
	return buf;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The address at the start of a key; returns what follows, NULL if it is none. */
static const char *take_key(const char *s, struct manx_addr *a)
{
	*a = (struct manx_addr){ 0 };
	if ((s[0] != '4' && s[0] != '6') || s[1] != '/')
		return NULL;
	a->family = (uint8_t)(s[0] - '0');
	s += 2;
	for (size_t i = 0; i < octets(a); i++, s += 2) {
		int high = hex_digit(s[0]);
		int low = high < 0 ? -1 : hex_digit(s[1]);

		if (low < 0)
			return NULL;
		a->b[i] = (uint8_t)(high << 4 | low);
	}
	return s;
}

bool manx_addr_from_key(const char *s, struct manx_addr *a)
{
	struct manx_addr r;
	const char *rest = take_key(s, &r);

	if (!rest || *rest)
		return false;
	*a = r;
	return true;
}

bool manx_prefix_from_key(const char *s, struct manx_prefix *p)
{
	struct manx_prefix r;
	const char *rest = take_key(s, &r.addr);

	if (!rest || *rest != '-' || !parse_len(rest + 1, manx_addr_bits(&r.addr), &r.len))
		return false;
	*p = r;
	return true;
}
