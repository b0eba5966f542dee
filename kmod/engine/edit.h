/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Edits: the memory of structures that exist in versions.
 */
#ifndef _MANX_ENGINE_EDIT_H
#define _MANX_ENGINE_EDIT_H

#include <linux/types.h>

/**
 * struct manx_node - the head of everything that versions share
 * @next: in a list of nodes to free; readers never look at it
 * @edit: id of the edit that made the node
 * @size: octets that it occupies, head included
 *
 * It is the first member of the node, so that the node can be freed by it.
 */
struct manx_node {
	struct manx_node *next;
	u64 edit : 44;
	u64 size : 20;
};

/**
 * struct manx_edit - the change from one version to the next
 * @id: never 0, never used before in this namespace; below 2^44, which lasts
 *	for decades at any rate of commits
 * @dead: published nodes that the new version does without
 * @bytes: octets allocated less octets replaced: by how much the new version is
 *	larger than the old one
 * @own: octets of the nodes that it made and did not replace
 * @old: octets of @dead
 *
 * Starts as { .id = the next number }. One edit may go through any number of
 * structures. If the new versions are published, the owner frees @dead with
 * manx_nodes_free() after a grace period; if not, it calls the abort function
 * of every structure that was edited and forgets all else. All under
 * the lock that serialises writers.
 */
struct manx_edit {
	u64 id;
	struct manx_node *dead;
	s64 bytes;
	u64 own;
	u64 old;
};

/**
 * manx_edit_owns() - was a node made by this edit
 * @e: edit
 * @n: node
 *
 * Return: true if no reader can know @n, so that it may be changed in place.
 */
static inline bool manx_edit_owns(const struct manx_edit *e, const struct manx_node *n)
{
	return n->edit == e->id;
}

/**
 * manx_edit_alloc() - a new node
 * @e: edit that makes it
 * @size: octets needed, head included; below 1 MiB
 *
 * The size is rounded up to what the allocator gives for it, and all of that
 * may be used: see &manx_node.size. Only the head is initialised.
 *
 * Context: may sleep. Charged to the memory cgroup of the caller.
 * Return: the node, to be cast, or NULL.
 */
void *manx_edit_alloc(struct manx_edit *e, size_t size);

/**
 * manx_edit_replace() - a node is no longer part of the new version
 * @e: edit
 * @n: freed at once if @e made it, else put on the list of the dead; not NULL
 */
void manx_edit_replace(struct manx_edit *e, struct manx_node *n);

/**
 * manx_nodes_free() - free a list of nodes
 * @list: linked by &manx_node.next; may be NULL
 *
 * Context: may sleep; no reader may know the nodes any more.
 */
void manx_nodes_free(struct manx_node *list);

#endif /* _MANX_ENGINE_EDIT_H */
