// SPDX-License-Identifier: GPL-2.0-only
/*
 * What transactions leave behind, freed later.
 *
 * One work item of a namespace frees it, in the order in which transactions
 * ended. It sleeps until the grace period of each has passed; commits that follow
 * one another closely share one. Freeing a million
 * members takes a while, so all of it may be scheduled away (an RCU callback
 * could not), and nobody waits for it but a writer that is far ahead.
 */
#include "garbage.h"

#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "ns.h"
#include "ruleset.h"
#include "table.h"

/* transactions whose garbage may wait */
#define MANX_GARBAGE_MAX	256

struct manx_garbage *manx_garbage_new(void)
{
	struct manx_garbage *g = kzalloc(sizeof(*g), GFP_KERNEL_ACCOUNT);

	if (g)
		INIT_LIST_HEAD(&g->objects);
	return g;
}

void manx_garbage_queue(struct manx_bin *bin, struct manx_garbage *g)
{
	g->cookie = get_state_synchronize_rcu();
	atomic_inc(&bin->n);
	spin_lock(&bin->lock);
	list_add_tail(&g->node, &bin->list);
	spin_unlock(&bin->lock);
	queue_work(system_unbound_wq, &bin->work);
}

static struct manx_garbage *manx_garbage_next(struct manx_bin *bin)
{
	struct manx_garbage *g;

	spin_lock(&bin->lock);
	g = list_first_entry_or_null(&bin->list, struct manx_garbage, node);
	if (g)
		list_del(&g->node);
	spin_unlock(&bin->lock);
	return g;
}

static void manx_garbage_free(struct manx_ns *ns, struct manx_garbage *g)
{
	struct manx_edit *e = g->aborted ? &g->edit : NULL;
	struct manx_object *object, *tmp;

	list_for_each_entry(object, &g->objects, node)
		if (!e && object->kind == MANX_OBJECT_TABLE)
			manx_table_carry_rest(container_of(object, struct manx_table, object));
	if (g->released) {
		mutex_lock(&ns->lock);
		manx_classes_released_free(&ns->classes, g->released);
		mutex_unlock(&ns->lock);
	}
	list_for_each_entry_safe(object, tmp, &g->objects, node) {
		manx_object_free(ns, object, e);
		cond_resched();
	}
	if (e) {
		manx_ruleset_abort(g->ruleset, e);
	} else {
		manx_nodes_free(g->edit.dead);
		kfree(g->ruleset);
	}
	kfree(g);
}

static void manx_bin_work(struct work_struct *work)
{
	struct manx_bin *bin = container_of(work, struct manx_bin, work);
	struct manx_garbage *g;

	while ((g = manx_garbage_next(bin))) {
		cond_synchronize_rcu(g->cookie);
		manx_garbage_free(bin->ns, g);
		atomic_dec(&bin->n);
		wake_up(&bin->wait);
	}
}

int manx_garbage_wait(struct manx_bin *bin)
{
	return wait_event_killable(bin->wait, atomic_read(&bin->n) < MANX_GARBAGE_MAX);
}

void manx_bin_init(struct manx_bin *bin, struct manx_ns *ns)
{
	bin->ns = ns;
	spin_lock_init(&bin->lock);
	INIT_LIST_HEAD(&bin->list);
	atomic_set(&bin->n, 0);
	init_waitqueue_head(&bin->wait);
	INIT_WORK(&bin->work, manx_bin_work);
}

void manx_bin_exit(struct manx_bin *bin)
{
	flush_work(&bin->work);
}
