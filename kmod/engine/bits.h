/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bit vectors over the rules of a table, compressed by a summary.
 */
#ifndef _MANX_ENGINE_BITS_H
#define _MANX_ENGINE_BITS_H

#include <linux/bitops.h>
#include <linux/types.h>

/* bits that one word of the summary speaks for */
#define MANX_BITS_BLOCK 4096

/**
 * struct manx_bits_block - 4096 bits
 * @summary: bit i is set if the i-th 64 bits of the block are not all zero
 * @first: index of the first word of these, in units of u64 from the first block
 */
struct manx_bits_block {
	u64 summary;
	u32 first;
	u32 reserved;
};

/**
 * struct manx_bits - a bit vector that never changes
 * @n_blocks: number of @block
 * @n_words: number of words stored
 * @block: the blocks, then the words that are not zero
 *
 * One allocation, readable without a lock. In the functions that take one, a
 * NULL pointer stands for the vector without any bit.
 */
struct manx_bits {
	u32 n_blocks;
	u32 n_words;
	struct manx_bits_block block[];
};

/**
 * manx_bits_new() - build a vector
 * @bit: numbers of the bits that are set, ascending, none twice
 * @n: number of @bit
 * @n_bits: length of the vector; above each of @bit
 *
 * Context: may sleep. Charged to the memory cgroup of the caller.
 * Return: the vector, to be released with manx_bits_free(), or NULL.
 */
struct manx_bits *manx_bits_new(const u32 *bit, u32 n, u32 n_bits);

/**
 * manx_bits_union() - the union of vectors
 * @vector: vectors of the same length, each may be NULL
 * @which: indices into @vector
 * @n: number of @which
 * @n_bits: length
 *
 * Context: may sleep. Charged to the memory cgroup of the caller.
 * Return: a new vector, to be released with manx_bits_free(), or NULL.
 */
struct manx_bits *manx_bits_union(struct manx_bits *const *vector, const u32 *which, u32 n,
				  u32 n_bits);

/**
 * manx_bits_free() - release a vector
 * @b: may be NULL; no reader may know it any more
 */
void manx_bits_free(struct manx_bits *b);

/**
 * manx_bits_size() - memory of a vector
 * @b: may be NULL
 *
 * Return: octets.
 */
size_t manx_bits_size(const struct manx_bits *b);

/**
 * manx_bits_blocks() - blocks of a vector
 * @n_bits: its length
 *
 * Return: how many words of summary it has.
 */
static inline u32 manx_bits_blocks(u32 n_bits)
{
	return n_bits / MANX_BITS_BLOCK + !!(n_bits % MANX_BITS_BLOCK);
}

/**
 * manx_bits_summary() - which words of a block have bits set
 * @b: vector, may be NULL
 * @block: number of the block, below manx_bits_blocks() of the vector's length
 *
 * Context: any.
 * Return: bit i stands for the bits from @block * 4096 + i * 64.
 */
static inline u64 manx_bits_summary(const struct manx_bits *b, u32 block)
{
	return b ? b->block[block].summary : 0;
}

/**
 * manx_bits_word() - 64 bits
 * @b: vector, may be NULL
 * @block: number of the block, as in manx_bits_summary()
 * @i: number of the word in it, 0 to 63
 *
 * Context: any.
 * Return: the bits from @block * 4096 + @i * 64.
 */
static inline u64 manx_bits_word(const struct manx_bits *b, u32 block, u32 i)
{
	u64 summary = manx_bits_summary(b, block);
	u64 bit = 1ULL << i;

	if (!(summary & bit))
		return 0;
	return ((const u64 *)b->block)[b->block[block].first + hweight64(summary & (bit - 1))];
}

/**
 * manx_bits_test() - one bit
 * @b: vector, may be NULL
 * @bit: number of the bit, below the vector's length
 *
 * Context: any.
 */
static inline bool manx_bits_test(const struct manx_bits *b, u32 bit)
{
	return manx_bits_word(b, bit / MANX_BITS_BLOCK, bit % MANX_BITS_BLOCK / 64) >>
	       (bit % 64) & 1;
}

#endif /* _MANX_ENGINE_BITS_H */
