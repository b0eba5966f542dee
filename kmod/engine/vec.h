/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A list of numbers that grows: for compiling.
 */
#ifndef _MANX_ENGINE_VEC_H
#define _MANX_ENGINE_VEC_H

#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>

/**
 * struct manx_vec - numbers
 * @v: the numbers
 * @n: how many
 * @room: space for how many
 */
struct manx_vec {
	u32 *v;
	u32 n;
	u32 room;
};

/**
 * manx_vec_reach() - make an array long enough
 * @array: kvmalloc()ed, replaced if it is too short; new entries are not initialised
 * @room: entries that it has space for
 * @n: entries that it must have space for
 * @size: of an entry
 *
 * Return: 0 or -ENOMEM.
 */
static inline int manx_vec_reach(void **array, u32 *room, u32 n, size_t size)
{
	u32 more = max3(n, *room * 2, 16U);
	void *new;

	if (n <= *room)
		return 0;
	new = kvmalloc_array(more, size, GFP_KERNEL_ACCOUNT);
	if (!new)
		return -ENOMEM;
	if (*room)
		memcpy(new, *array, *room * size);
	kvfree(*array);
	*array = new;
	*room = more;
	return 0;
}

/**
 * manx_vec_push() - append a number
 * @vec: list
 * @x: number
 *
 * Return: 0 or -ENOMEM.
 */
static inline int manx_vec_push(struct manx_vec *vec, u32 x)
{
	if (vec->n == vec->room) {
		int err = manx_vec_reach((void **)&vec->v, &vec->room, vec->n + 1, sizeof(*vec->v));

		if (err)
			return err;
	}
	vec->v[vec->n++] = x;
	return 0;
}

static inline void manx_vec_free(struct manx_vec *vec)
{
	kvfree(vec->v);
}

#endif /* _MANX_ENGINE_VEC_H */
