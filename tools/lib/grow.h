/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Arrays that grow.
 */
#ifndef MANX_GROW_H
#define MANX_GROW_H

#include <stddef.h>

/*
 * Room for one more element of @size octets behind the @n that @array has. An
 * array that is only ever grown by this call, from NULL and 0, doubles when it
 * must; its capacity follows from @n, so nobody need remember it. Elements may
 * be taken away from its end, but not the last one. NULL without memory, and
 * @array is then as it was.
 */
void *manx_more(void *array, size_t n, size_t size);

#endif /* MANX_GROW_H */
