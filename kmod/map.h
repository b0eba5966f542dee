/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Maps from numbers to objects, in versions: a radix tree whose paths are
 * copied when they change, so that a new version costs what its difference
 * does, whatever the number of objects.
 */
#ifndef _MANX_MAP_H
#define _MANX_MAP_H

#include "engine/edit.h"

#define MANX_MAP_BITS	4
#define MANX_MAP_SLOTS	(1U << MANX_MAP_BITS)

/**
 * struct manx_map_node - one level of a path
 * @head: versions share it
 * @slot: nodes of the next level, or at the lowest one objects; NULL for none
 */
struct manx_map_node {
	struct manx_node head;
	void *slot[MANX_MAP_SLOTS];
};

/**
 * struct manx_map - one version
 * @root: NULL if there is none
 * @base: what all keys have above the bits that @root looks at; below, it does not matter
 * @shift: of a key, for its slot in @root
 * @n: number of objects
 *
 * A value: a new version starts as a copy of the old one, and all zero is the
 * empty map. Readers under RCU take it from the structure that was published.
 */
struct manx_map {
	struct manx_map_node *root;
	u32 base;
	u32 shift;
	u32 n;
};

/**
 * manx_map_get() - find an object
 * @m: version
 * @key: number
 *
 * Context: any, under rcu_read_lock() or the writers' lock.
 * Return: NULL if there is none.
 */
static inline void *manx_map_get(const struct manx_map *m, u32 key)
{
	const struct manx_map_node *node = m->root;
	u32 shift = m->shift;

	if ((key ^ m->base) >> shift >= MANX_MAP_SLOTS)
		return NULL;
	for (; node && shift; shift -= MANX_MAP_BITS)
		node = node->slot[key >> shift & (MANX_MAP_SLOTS - 1)];
	return node ? node->slot[key & (MANX_MAP_SLOTS - 1)] : NULL;
}

/**
 * manx_map_next() - walk the objects, by ascending number
 * @m: version; need not be the one of the call before
 * @key: the least number to look at; set to that of the object
 *
 * Context: any, under rcu_read_lock() or the writers' lock.
 * Return: the object, or NULL if there is none left.
 */
void *manx_map_next(const struct manx_map *m, u32 *key);

/**
 * manx_map_for_each() - walk a map
 * @m: version
 * @key: u32, the number of the object
 * @object: pointer
 *
 * Numbers below U32_MAX only.
 */
#define manx_map_for_each(m, key, object) \
	for ((key) = 0; ((object) = manx_map_next(m, &(key))); (key)++)

/**
 * manx_map_set() - put an object under a number
 * @m: version that is made
 * @e: edit that makes it
 * @key: number, below U32_MAX
 * @object: not NULL; takes the place of what is there
 *
 * Context: may sleep, under the writers' lock.
 * Return: 0, or -ENOMEM; then the map holds what it held.
 */
int manx_map_set(struct manx_map *m, struct manx_edit *e, u32 key, void *object);

/**
 * manx_map_del() - leave a number without object
 * @m: version that is made
 * @e: edit that makes it
 * @key: number of an object
 *
 * Context: may sleep, under the writers' lock.
 * Return: 0, or -ENOMEM; then the map holds what it held.
 */
int manx_map_del(struct manx_map *m, struct manx_edit *e, u32 key);

/**
 * manx_map_abort() - give up a version that was never published
 * @m: version; empty afterwards
 * @e: edit that made it; its nodes are freed, objects are not
 *
 * Context: may sleep.
 */
void manx_map_abort(struct manx_map *m, const struct manx_edit *e);

/**
 * manx_map_free() - free all nodes of a version, but no objects
 * @m: the last version; empty afterwards
 *
 * Context: may sleep; no reader may know @m any more.
 */
void manx_map_free(struct manx_map *m);

#endif /* _MANX_MAP_H */
