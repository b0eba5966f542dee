// SPDX-License-Identifier: GPL-2.0-only
/*
 * Maps from numbers to objects, in versions.
 */
#include "map.h"

#include <linux/minmax.h>
#include <linux/string.h>

#define MANX_MAP_MASK	(MANX_MAP_SLOTS - 1)
#define MANX_MAP_LEVELS	(32 / MANX_MAP_BITS)

void *manx_map_next(const struct manx_map *m, u32 *key)
{
	u64 first = (u64)m->base >> m->shift >> MANX_MAP_BITS << MANX_MAP_BITS << m->shift;
	u64 k = max_t(u64, *key, first);

	while (m->root && (k - first) >> m->shift < MANX_MAP_SLOTS) {
		const struct manx_map_node *node = m->root;
		u32 shift = m->shift;

		while (shift && node->slot[k >> shift & MANX_MAP_MASK]) {
			node = node->slot[k >> shift & MANX_MAP_MASK];
			shift -= MANX_MAP_BITS;
		}
		if (node->slot[k >> shift & MANX_MAP_MASK]) {
			*key = k;
			return node->slot[k & MANX_MAP_MASK];
		}
		k = ((k >> shift) + 1) << shift;
	}
	return NULL;
}

/* The node at @link as one that this edit may change; made if there is none. */
static struct manx_map_node *manx_map_own(struct manx_edit *e, void **link)
{
	struct manx_map_node *old = *link, *node;

	if (old && manx_edit_owns(e, &old->head))
		return old;
	node = manx_edit_alloc(e, sizeof(*node));
	if (!node)
		return NULL;
	if (old) {
		memcpy(node->slot, old->slot, sizeof(node->slot));
		manx_edit_replace(e, &old->head);
	} else {
		memset(node->slot, 0, sizeof(node->slot));
	}
	*link = node;
	return node;
}

/* Make the tree so high that it has a place for @key; no higher than the keys differ. */
static int manx_map_grow(struct manx_map *m, struct manx_edit *e, u32 key)
{
	void *root;

	if (!m->root) {
		m->base = key;
		m->shift = 0;
	}
	while ((key ^ m->base) >> m->shift >= MANX_MAP_SLOTS) {
		root = NULL;
		if (!manx_map_own(e, &root))
			return -ENOMEM;
		m->shift += MANX_MAP_BITS;
		((struct manx_map_node *)root)->slot[m->base >> m->shift & MANX_MAP_MASK] = m->root;
		m->root = root;
	}
	return 0;
}

int manx_map_set(struct manx_map *m, struct manx_edit *e, u32 key, void *object)
{
	void **link = (void **)&m->root;
	struct manx_map_node *node;
	u32 shift;

	if (manx_map_grow(m, e, key))
		return -ENOMEM;
	for (shift = m->shift;; shift -= MANX_MAP_BITS) {
		node = manx_map_own(e, link);
		if (!node)
			return -ENOMEM;
		link = &node->slot[key >> shift & MANX_MAP_MASK];
		if (!shift)
			break;
	}
	m->n += !*link;
	*link = object;
	return 0;
}

int manx_map_del(struct manx_map *m, struct manx_edit *e, u32 key)
{
	void **link[MANX_MAP_LEVELS + 1];
	struct manx_map_node *node;
	unsigned int level = 0;
	u32 shift;

	link[0] = (void **)&m->root;
	for (shift = m->shift;; shift -= MANX_MAP_BITS) {
		node = manx_map_own(e, link[level]);
		if (!node)
			return -ENOMEM;
		link[++level] = &node->slot[key >> shift & MANX_MAP_MASK];
		if (!shift)
			break;
	}
	*link[level] = NULL;
	m->n--;
	/* nodes that are empty now go, from the lowest one up */
	while (level--) {
		node = *link[level];
		if (memchr_inv(node->slot, 0, sizeof(node->slot)))
			break;
		manx_edit_replace(e, &node->head);
		*link[level] = NULL;
	}
	return 0;
}

/* Collect the nodes of a tree, or of those only what @e made. At most 8 deep. */
static void manx_map_collect(struct manx_map_node *node, u32 shift, const struct manx_edit *e,
			     struct manx_node **list)
{
	unsigned int i;

	if (!node || (e && !manx_edit_owns(e, &node->head)))
		return;
	for (i = 0; shift && i < MANX_MAP_SLOTS; i++)
		manx_map_collect(node->slot[i], shift - MANX_MAP_BITS, e, list);
	node->head.next = *list;
	*list = &node->head;
}

void manx_map_abort(struct manx_map *m, const struct manx_edit *e)
{
	struct manx_node *list = NULL;

	manx_map_collect(m->root, m->shift, e, &list);
	manx_nodes_free(list);
	memset(m, 0, sizeof(*m));
}

void manx_map_free(struct manx_map *m)
{
	manx_map_abort(m, NULL);
}
