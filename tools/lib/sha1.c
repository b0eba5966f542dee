// SPDX-License-Identifier: GPL-2.0-only
#include "sha1.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define BLOCK 64

static uint32_t rotate(uint32_t x, unsigned int n)
{
	return x << n | x >> (32 - n);
}

static uint32_t mix(unsigned int t, uint32_t b, uint32_t c, uint32_t d)
{
	if (t < 20)
		return ((b & c) | (~b & d)) + 0x5a827999;
	if (t < 40)
		return (b ^ c ^ d) + 0x6ed9eba1;
	if (t < 60)
		return ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdc;
	return (b ^ c ^ d) + 0xca62c1d6;
}

static void add_block(uint32_t h[5], const uint8_t block[BLOCK])
{
	uint32_t w[80], a = h[0], b = h[1], c = h[2], d = h[3], e = h[4];

	for (unsigned int t = 0; t < 16; t++)
		w[t] = (uint32_t)block[4 * t] << 24 | (uint32_t)block[4 * t + 1] << 16 |
		       (uint32_t)block[4 * t + 2] << 8 | block[4 * t + 3];
	for (unsigned int t = 16; t < 80; t++)
		w[t] = rotate(w[t - 3] ^ w[t - 8] ^ w[t - 14] ^ w[t - 16], 1);
	for (unsigned int t = 0; t < 80; t++) {
		uint32_t next = rotate(a, 5) + mix(t, b, c, d) + e + w[t];

		e = d;
		d = c;
		c = rotate(b, 30);
		b = a;
		a = next;
	}
	h[0] += a;
	h[1] += b;
	h[2] += c;
	h[3] += d;
	h[4] += e;
}

/* The rest of the text, a one bit, zeroes, and the length in bits. */
static void add_tail(uint32_t h[5], const char *s, size_t n, uint64_t length)
{
	uint8_t tail[2 * BLOCK] = { 0 };
	size_t size = n + 9 <= BLOCK ? BLOCK : 2 * BLOCK;

	memcpy(tail, s, n);
	tail[n] = 0x80;
	for (unsigned int i = 0; i < 8; i++)
		tail[size - 1 - i] = (uint8_t)(8 * length >> 8 * i);
	for (size_t at = 0; at < size; at += BLOCK)
		add_block(h, tail + at);
}

void manx_sha1(const char *s, char hex[MANX_SHA1_HEX])
{
	uint32_t h[5] = { 0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0 };
	size_t length = strlen(s), at = 0;

	for (; length - at >= BLOCK; at += BLOCK)
		add_block(h, (const uint8_t *)s + at);
	add_tail(h, s + at, length - at, length);
	for (unsigned int i = 0; i < 5; i++)
		snprintf(hex + 8 * i, 9, "%08x", h[i]);
}
