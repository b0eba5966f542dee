// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bit vectors over the rules of a table, compressed by a summary.
 *
 * Florin Baboescu and George Varghese, Scalable Packet Classification (2001):
 * where several vectors are intersected and few bits are set, a summary of one
 * bit for each word tells which words can be skipped. Here a word of the summary
 * speaks for 64 words of the vector, and words that are zero are not stored at
 * all; the place of the others follows from the number of summary bits below.
 */
#include "bits.h"

#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/slab.h>

static size_t manx_bits_bytes(u32 n_blocks, u32 n_words)
{
	size_t words = size_mul(n_words, sizeof(u64));
	struct manx_bits *b;

	return size_add(struct_size(b, block, n_blocks), words);
}

/* How many different words the bits are in. */
static u32 manx_bits_count(const u32 *bit, u32 n)
{
	u32 i, words = 0;

	for (i = 0; i < n; i++)
		words += !i || bit[i] / 64 != bit[i - 1] / 64;
	return words;
}

struct manx_bits *manx_bits_new(const u32 *bit, u32 n, u32 n_bits)
{
	u32 n_blocks = manx_bits_blocks(n_bits), n_words = manx_bits_count(bit, n);
	/* Words are numbered from the first block on, two for each block. */
	u32 i, block, at = 2 * n_blocks - 1;
	struct manx_bits *b;
	u64 *word;

	BUILD_BUG_ON(sizeof(b->block[0]) != 2 * sizeof(*word));
	b = kvzalloc(manx_bits_bytes(n_blocks, n_words), GFP_KERNEL_ACCOUNT);
	if (!b)
		return NULL;
	b->n_blocks = n_blocks;
	b->n_words = n_words;
	word = (u64 *)b->block;
	for (i = 0; i < n; i++) {
		u64 summary = 1ULL << (bit[i] / 64 % 64);

		block = bit[i] / MANX_BITS_BLOCK;
		if (!(b->block[block].summary & summary)) {
			at++;
			if (!b->block[block].summary)
				b->block[block].first = at;
			b->block[block].summary |= summary;
		}
		word[at] |= 1ULL << (bit[i] % 64);
	}
	return b;
}

static u64 manx_union_summary(struct manx_bits *const *vector, const u32 *which, u32 n, u32 block)
{
	u64 summary = 0;
	u32 i;

	for (i = 0; i < n; i++)
		summary |= manx_bits_summary(vector[which[i]], block);
	return summary;
}

struct manx_bits *manx_bits_union(struct manx_bits *const *vector, const u32 *which, u32 n,
				  u32 n_bits)
{
	u32 n_blocks = manx_bits_blocks(n_bits), n_words = 0, block, i;
	struct manx_bits *b;
	u64 summary, *word;

	for (block = 0; block < n_blocks; block++)
		n_words += hweight64(manx_union_summary(vector, which, n, block));
	b = kvzalloc(manx_bits_bytes(n_blocks, n_words), GFP_KERNEL_ACCOUNT);
	if (!b)
		return NULL;
	b->n_blocks = n_blocks;
	b->n_words = n_words;
	word = (u64 *)&b->block[n_blocks];
	for (block = 0; block < n_blocks; block++) {
		summary = manx_union_summary(vector, which, n, block);
		b->block[block].summary = summary;
		b->block[block].first = word - (u64 *)b->block;
		for (; summary; summary &= summary - 1, word++)
			for (i = 0; i < n; i++)
				*word |= manx_bits_word(vector[which[i]], block, __ffs64(summary));
	}
	return b;
}

void manx_bits_free(struct manx_bits *b)
{
	kvfree(b);
}

size_t manx_bits_size(const struct manx_bits *b)
{
	return b ? manx_bits_bytes(b->n_blocks, b->n_words) : 0;
}
