// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bit vectors: built from random sets of bits of every density, read back bit by
 * bit and word by word.
 */
#include <kunit/test.h>
#include <linux/mm.h>
#include <linux/prandom.h>
#include <linux/slab.h>

#include "fail.h"
#include "kmod/engine/bits.h"

/* longest vector */
#define BITS 20000

/* bits as they should be, and their numbers */
struct sample {
	struct rnd_state rnd;
	u64 word[BITS / 64 + 64];
	u32 bit[BITS];
	u32 n;
};

static void sample_fill(struct sample *s, u32 n_bits, u32 of_1000)
{
	u32 i;

	memset(s->word, 0, sizeof(s->word));
	s->n = 0;
	for (i = 0; i < n_bits; i++) {
		if (prandom_u32_state(&s->rnd) % 1000 >= of_1000)
			continue;
		s->bit[s->n++] = i;
		s->word[i / 64] |= 1ULL << (i % 64);
	}
}

static void check_vector(struct kunit *test, const struct sample *s, const struct manx_bits *b,
			 u32 n_bits)
{
	u32 block, i, errors = 0, words = 0;

	for (block = 0; block < manx_bits_blocks(n_bits); block++) {
		for (i = 0; i < 64; i++) {
			u64 word = s->word[block * 64 + i];

			errors += manx_bits_word(b, block, i) != word;
			errors += (manx_bits_summary(b, block) >> i & 1) != !!word;
			words += !!word;
		}
	}
	for (i = 0; i < n_bits; i++)
		errors += manx_bits_test(b, i) != (s->word[i / 64] >> (i % 64) & 1);
	KUNIT_EXPECT_EQ(test, errors, 0);
	KUNIT_EXPECT_EQ(test, manx_bits_size(b),
			sizeof(*b) + 16 * manx_bits_blocks(n_bits) + 8 * words);
}

static void bits_random(struct kunit *test)
{
	static const u32 lengths[] = { 0, 1, 63, 64, 65, 4095, 4096, 4097, 8192, BITS };
	static const u32 densities[] = { 0, 1, 20, 500, 1000 };
	struct sample *s = kunit_kzalloc(test, sizeof(*s), GFP_KERNEL);
	struct manx_bits *b;
	u32 i, j;

	KUNIT_ASSERT_NOT_NULL(test, s);
	prandom_seed_state(&s->rnd, 5);
	for (i = 0; i < ARRAY_SIZE(lengths); i++) {
		for (j = 0; j < ARRAY_SIZE(densities); j++) {
			sample_fill(s, lengths[i], densities[j]);
			b = manx_bits_new(s->bit, s->n, lengths[i]);
			KUNIT_ASSERT_NOT_NULL(test, b);
			check_vector(test, s, b, lengths[i]);
			manx_bits_free(b);
		}
	}
}

/* The last bit of one block and the first of another, with empty blocks between. */
static void bits_far_apart(struct kunit *test)
{
	static const u32 bit[] = { 4095, 4 * 4096, 4 * 4096 + 64 };
	struct manx_bits *b = manx_bits_new(bit, ARRAY_SIZE(bit), BITS);

	KUNIT_ASSERT_NOT_NULL(test, b);
	KUNIT_EXPECT_EQ(test, manx_bits_blocks(BITS), 5);
	KUNIT_EXPECT_EQ(test, manx_bits_summary(b, 0), 1ULL << 63);
	KUNIT_EXPECT_EQ(test, manx_bits_summary(b, 1), 0);
	KUNIT_EXPECT_EQ(test, manx_bits_summary(b, 4), 3);
	KUNIT_EXPECT_EQ(test, manx_bits_word(b, 0, 63), 1ULL << 63);
	KUNIT_EXPECT_EQ(test, manx_bits_word(b, 4, 0), 1);
	KUNIT_EXPECT_EQ(test, manx_bits_word(b, 4, 1), 1);
	KUNIT_EXPECT_EQ(test, manx_bits_word(b, 4, 2), 0);
	manx_bits_free(b);
}

static void bits_none(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, manx_bits_summary(NULL, 7), 0);
	KUNIT_EXPECT_EQ(test, manx_bits_word(NULL, 7, 3), 0);
	KUNIT_EXPECT_FALSE(test, manx_bits_test(NULL, 12345));
	KUNIT_EXPECT_EQ(test, manx_bits_size(NULL), 0);
	manx_bits_free(NULL);
}

static void bits_no_memory(struct kunit *test)
{
	static const u32 bit[] = { 1 };

	manx_fail_at(1);
	KUNIT_EXPECT_NULL(test, manx_bits_new(bit, 1, 64));
	KUNIT_EXPECT_TRUE(test, manx_fail_end());
}

static struct kunit_case bits_cases[] = {
	KUNIT_CASE(bits_random),
	KUNIT_CASE(bits_far_apart),
	KUNIT_CASE(bits_none),
	KUNIT_CASE(bits_no_memory),
	{}
};

static struct kunit_suite bits_suite = {
	.name = "manx_bits",
	.test_cases = bits_cases,
};
kunit_test_suite(bits_suite);
