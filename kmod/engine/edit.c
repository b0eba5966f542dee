// SPDX-License-Identifier: GPL-2.0-only
/*
 * Edits: the memory of structures that exist in versions.
 *
 * Such a structure is a tree whose nodes do not change once a reader can reach
 * them. A writer copies the nodes from the root down to where it changes
 * something (Driscoll, Sarnak, Sleator and Tarjan, Making data structures
 * persistent, 1989) and shares all others with the version before. What it
 * copied carries the number of the edit: until that is published nobody else
 * knows the node, and further changes of the same edit are made in place, so
 * that a bulk load costs little more than in a structure without versions.
 *
 * A node of an edit is reached only through nodes of the same edit, because
 * whoever changes a child has to change its parent. An edit that is given up
 * is therefore found whole by walking from its root and turning back at every
 * older node.
 */
#include "edit.h"

#include <linux/sched.h>
#include <linux/sizes.h>
#include <linux/slab.h>

void *manx_edit_alloc(struct manx_edit *e, size_t size)
{
	struct manx_node *n;

	size = kmalloc_size_roundup(size);
	if (WARN_ON_ONCE(size >= SZ_1M))
		return NULL;
	n = kmalloc(size, GFP_KERNEL_ACCOUNT);
	if (!n)
		return NULL;
	n->next = NULL;
	n->edit = e->id;
	n->size = size;
	e->bytes += size;
	e->own += size;
	return n;
}

void manx_edit_replace(struct manx_edit *e, struct manx_node *n)
{
	e->bytes -= n->size;
	if (manx_edit_owns(e, n)) {
		e->own -= n->size;
		kfree(n);
		return;
	}
	e->old += n->size;
	n->next = e->dead;
	e->dead = n;
}

void manx_nodes_free(struct manx_node *list)
{
	while (list) {
		struct manx_node *n = list;

		list = n->next;
		kfree(n);
		cond_resched();
	}
}
