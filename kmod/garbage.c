// SPDX-License-Identifier: GPL-2.0-only
/*
 * What transactions leave behind, freed later.
 *
 * One work item of a namespace frees it, in the order in which transactions
 * ended. It sleeps until the grace period of each has passed; commits that follow
 * one another closely share one. Freeing a million
 * members takes a while, so all of it may be scheduled away (an RCU callback
 * could not), and nobody waits for it but two: a writer that is far ahead, by
 * number or by octets, before it begins; and one that finds a limit reached,
 * which frees everything itself and then looks again. That one holds the
 * namespace's lock: so what the worker does without the lock needs none.
 */
#include "garbage.h"

#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "engine/compile.h"
#include "engine/rows.h"
#include "ns.h"
#include "ruleset.h"
#include "table.h"

/* transactions whose garbage may wait, and how much; what makes it more is the last */
#define MANX_GARBAGE_MAX	256
#define MANX_GARBAGE_OCTETS	(64 << 20)

struct manx_garbage *manx_garbage_new(void)
{
	struct manx_garbage *g = kzalloc(sizeof(*g), GFP_KERNEL_ACCOUNT);

	if (g)
		INIT_LIST_HEAD(&g->objects);
	return g;
}

/* Objects and nodes: of an aborted transaction, those that it made. */
static u64 manx_garbage_octets(const struct manx_garbage *g)
{
	u64 octets = g->aborted ? g->edit.own : g->edit.old;
	const struct manx_object *object;
	const struct manx_set *set;

	list_for_each_entry(object, &g->objects, node) {
		octets += object->bytes;
		if (object->kind != MANX_OBJECT_SET || g->aborted)
			continue;
		set = container_of(object, struct manx_set, object);
		octets += set->copied ? 0 : set->members.bytes;
	}
	return octets;
}

void manx_garbage_queue(struct manx_bin *bin, struct manx_garbage *g)
{
	g->octets = manx_garbage_octets(g);
	atomic64_add(g->octets, &bin->octets);
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

/*
 * What counts against limits, or is known to what does; namespace lock held. A
 * table first of all: or the worker that follows new classes would compile its
 * rules again.
 */
static void manx_garbage_settle(struct manx_ns *ns, struct manx_garbage *g)
{
	struct manx_object *object;
	struct manx_table *table;

	list_for_each_entry(object, &g->objects, node) {
		if (object->kind != MANX_OBJECT_TABLE)
			continue;
		table = container_of(object, struct manx_table, object);
		if (!g->aborted)
			manx_table_carry_rest(table);
		manx_table_release(&ns->classes, table);
		cond_resched();
	}
	manx_classes_released_free(&ns->classes, g->released);
}

/* All else; takes no lock that a writer holds. */
static void manx_garbage_free(struct manx_bin *bin, struct manx_garbage *g)
{
	struct manx_edit *e = g->aborted ? &g->edit : NULL;
	struct manx_object *object, *tmp;

	list_for_each_entry_safe(object, tmp, &g->objects, node) {
		manx_object_free(object, e);
		cond_resched();
	}
	if (e) {
		manx_ruleset_abort(g->ruleset, e);
	} else {
		manx_nodes_free(g->edit.dead);
		kfree(g->ruleset);
	}
	atomic64_sub(g->octets, &bin->octets);
	atomic_dec(&bin->n);
	kfree(g);
}

/* The next one, when readers of its time have gone: settled. */
static struct manx_garbage *manx_garbage_take(struct manx_bin *bin)
{
	struct manx_garbage *g;
	unsigned long cookie;

	spin_lock(&bin->lock);
	g = list_first_entry_or_null(&bin->list, struct manx_garbage, node);
	cookie = g ? g->cookie : 0;
	spin_unlock(&bin->lock);
	if (!g)
		return NULL;
	cond_synchronize_rcu(cookie);
	mutex_lock(&bin->ns->lock);
	/* a flush may have been quicker; what is there now may be younger */
	g = manx_garbage_next(bin);
	if (g) {
		cond_synchronize_rcu(g->cookie);
		manx_garbage_settle(bin->ns, g);
		WRITE_ONCE(bin->freeing, true);
	}
	mutex_unlock(&bin->ns->lock);
	return g;
}

static void manx_bin_work(struct work_struct *work)
{
	struct manx_bin *bin = container_of(work, struct manx_bin, work);
	struct manx_garbage *g;

	while ((g = manx_garbage_take(bin))) {
		manx_garbage_free(bin, g);
		/* Pairs with the acquire in manx_garbage_flush(). */
		smp_store_release(&bin->freeing, false);
		wake_up_all(&bin->wait);
	}
}

/* Compiled forms that readers may have seen, until tables were compiled again. */
static bool manx_garbage_flush_compiled(struct manx_classes *c)
{
	if (list_empty(&c->retired))
		return false;
	synchronize_rcu();
	manx_rows_retired_free(c);
	return true;
}

bool manx_garbage_flush(struct manx_ns *ns)
{
	bool some = manx_garbage_flush_compiled(&ns->classes);
	struct manx_bin *bin = &ns->bin;
	struct manx_garbage *g, *tmp;
	LIST_HEAD(list);

	lockdep_assert_held(&ns->lock);
	some |= atomic_read(&bin->n) > 0;
	while ((g = manx_garbage_next(bin))) {
		cond_synchronize_rcu(g->cookie);
		manx_garbage_settle(ns, g);
		list_add_tail(&g->node, &list);
	}
	/* Order; and it holds names. Pairs with the release in manx_bin_work(). */
	wait_event(bin->wait, !smp_load_acquire(&bin->freeing));
	list_for_each_entry_safe(g, tmp, &list, node)
		manx_garbage_free(bin, g);
	wake_up_all(&bin->wait);
	return some;
}

static bool manx_bin_has_room(const struct manx_bin *bin)
{
	return atomic_read(&bin->n) < MANX_GARBAGE_MAX &&
	       atomic64_read(&bin->octets) < MANX_GARBAGE_OCTETS;
}

int manx_garbage_wait(struct manx_bin *bin)
{
	return wait_event_killable(bin->wait, manx_bin_has_room(bin));
}

void manx_bin_init(struct manx_bin *bin, struct manx_ns *ns)
{
	bin->ns = ns;
	spin_lock_init(&bin->lock);
	INIT_LIST_HEAD(&bin->list);
	atomic_set(&bin->n, 0);
	atomic64_set(&bin->octets, 0);
	init_waitqueue_head(&bin->wait);
	INIT_WORK(&bin->work, manx_bin_work);
}

void manx_bin_exit(struct manx_bin *bin)
{
	flush_work(&bin->work);
}
