// SPDX-License-Identifier: GPL-2.0-only
#include "suggest.h"

#include <ctype.h>
#include <string.h>

/* Longer than any name in a schema; longer words are near nothing. */
#define WORD_MAX 40

static size_t min(size_t a, size_t b)
{
	return a < b ? a : b;
}

static int lower(char c)
{
	return tolower((unsigned char)c);
}

/*
 * Optimal string alignment distance (Damerau-Levenshtein, no letter moved
 * twice), of words of at most WORD_MAX letters.
 */
static size_t distance(const char *a, size_t n, const char *b, size_t m)
{
	size_t d[WORD_MAX + 1][WORD_MAX + 1];

	for (size_t i = 0; i <= n; i++)
		d[i][0] = i;
	for (size_t j = 0; j <= m; j++)
		d[0][j] = j;
	for (size_t i = 1; i <= n; i++) {
		for (size_t j = 1; j <= m; j++) {
			size_t differ = lower(a[i - 1]) != lower(b[j - 1]);

			d[i][j] = min(min(d[i - 1][j], d[i][j - 1]) + 1, d[i - 1][j - 1] + differ);
			if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) &&
			    lower(a[i - 2]) == lower(b[j - 1]))
				d[i][j] = min(d[i][j], d[i - 2][j - 2] + 1);
		}
	}
	return d[n][m];
}

struct manx_suggest manx_suggest_begin(const char *word)
{
	return (struct manx_suggest){ .word = word, .distance = WORD_MAX };
}

void manx_suggest_offer(struct manx_suggest *s, const char *candidate)
{
	size_t n = strlen(s->word), m = strlen(candidate), d;

	if (n > WORD_MAX || m > WORD_MAX)
		return;
	d = distance(s->word, n, candidate, m);
	if (d < s->distance && d <= (m < 3 ? 1 : m / 3)) {
		s->distance = d;
		s->best = candidate;
	}
}
