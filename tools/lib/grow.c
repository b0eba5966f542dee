// SPDX-License-Identifier: GPL-2.0-only
#include "grow.h"

#include <stdlib.h>

#define FIRST 4		/* a power of two */

void *manx_more(void *array, size_t n, size_t size)
{
	if (n == 0)
		return reallocarray(NULL, FIRST, size);
	/* 4, 8, 16, ...: the room is used up exactly when n is one of these */
	return n < FIRST || (n & (n - 1)) ? array : reallocarray(array, 2 * n, size);
}
