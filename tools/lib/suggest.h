/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * "Did you mean": the word of a list that a misspelt one is nearest to.
 */
#ifndef MANX_SUGGEST_H
#define MANX_SUGGEST_H

#include <stddef.h>

/**
 * struct manx_suggest - a search for the nearest word
 * @word: what was written
 * @best: nearest so far, NULL if none is near; points to the word offered
 * @distance: its distance
 */
struct manx_suggest {
	const char *word;
	const char *best;
	size_t distance;
};

struct manx_suggest manx_suggest_begin(const char *word);
/*
 * Offer a word: near is one edit (insert, delete, replace or swap a letter)
 * for every three letters, and at least one; case does not count.
 */
void manx_suggest_offer(struct manx_suggest *s, const char *candidate);

#endif /* MANX_SUGGEST_H */
