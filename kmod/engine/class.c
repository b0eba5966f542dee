// SPDX-License-Identifier: GPL-2.0-only
/*
 * Classes: interned lists of sets.
 *
 * A reference belongs to an entry of a version of the addresses. The references
 * of one kind that a class has are alike, so that the entry of a published
 * version which goes and one that came in the same transaction cancel out: only
 * the difference is kept, in &manx_class.taken, until the end of the
 * transaction. Without that a first load, which brings an address from set to
 * set, would keep a class for each step.
 */
#include "class.h"

#include <linux/bitops.h>
#include <linux/jhash.h>
#include <linux/mm.h>
#include <linux/random.h>
#include <linux/slab.h>

#include "rows.h"

/* entries of a chunk of released references */
#define MANX_RELEASED_CHUNK 128

/**
 * struct manx_released - references to drop after a grace period
 * @next: more of them
 * @n: number of @run
 * @run: equal ones in sequence
 */
struct manx_released {
	struct manx_released *next;
	u32 n;
	struct {
		u16 class;
		u16 kind;
		u32 count;
	} run[MANX_RELEASED_CHUNK];
};

static u32 manx_class_seed __read_mostly;

void manx_classes_init(struct manx_classes *c)
{
	get_random_once(&manx_class_seed, sizeof(manx_class_seed));
	xa_init_flags(&c->id, XA_FLAGS_ALLOC1 | XA_FLAGS_ACCOUNT);
	xa_init_flags(&c->sets, XA_FLAGS_ACCOUNT);
	INIT_LIST_HEAD(&c->fresh);
	INIT_LIST_HEAD(&c->touched);
	INIT_LIST_HEAD(&c->stale);
	INIT_LIST_HEAD(&c->retired);
	c->max = MANX_MAX_CLASSES;
	c->max_octets = U64_MAX;
}

/* --- sets --- */

struct manx_set_use *manx_set_use_get(struct manx_classes *c, u32 set, bool make)
{
	struct manx_set_use *use = xa_load(&c->sets, set);

	if (use || !make)
		return use;
	use = kzalloc(sizeof(*use), GFP_KERNEL_ACCOUNT);
	if (!use)
		return NULL;
	if (xa_err(xa_store(&c->sets, set, use, GFP_KERNEL_ACCOUNT))) {
		kfree(use);
		return NULL;
	}
	c->octets += sizeof(*use);
	return use;
}

void manx_set_use_put(struct manx_classes *c, u32 set)
{
	struct manx_set_use *use = xa_load(&c->sets, set);

	if (!use || !hlist_empty(&use->classes) || !hlist_empty(&use->tables))
		return;
	xa_erase(&c->sets, set);
	kfree(use);
	c->octets -= sizeof(*use);
}

/* --- lists --- */

static size_t manx_class_size(u32 n)
{
	return struct_size((struct manx_class *)NULL, member, n);
}

static u32 manx_list_hash(const u32 *set, u32 n)
{
	return jhash2(set, n, manx_class_seed);
}

static struct manx_class *manx_list_find(const struct manx_classes *c, const u32 *set, u32 n,
					 u32 hash)
{
	struct manx_class *class;
	u32 i;

	if (!c->lists)
		return NULL;
	hlist_for_each_entry(class, &c->lists[hash >> (32 - c->bits)], node) {
		if (class->hash != hash || class->n != n)
			continue;
		for (i = 0; i < n && class->member[i].set == set[i]; i++)
			;
		if (i == n)
			return class;
	}
	return NULL;
}

/* Keeps chains short. A table that cannot grow is slower, that is all. */
static int manx_lists_grow(struct manx_classes *c)
{
	u32 bits = c->lists ? c->bits + 2 : 4, i;
	struct hlist_head *lists;
	struct manx_class *class;
	struct hlist_node *tmp;

	if (c->lists && (c->n < 1U << c->bits || c->bits >= 16))
		return 0;
	lists = kvcalloc(1U << bits, sizeof(*lists), GFP_KERNEL_ACCOUNT);
	if (!lists)
		return c->lists ? 0 : -ENOMEM;
	for (i = 0; c->lists && i < 1U << c->bits; i++)
		hlist_for_each_entry_safe(class, tmp, &c->lists[i], node) {
			hlist_del(&class->node);
			hlist_add_head(&class->node, &lists[class->hash >> (32 - bits)]);
		}
	c->octets += (1U << bits) * sizeof(*lists);
	c->octets -= c->lists ? (1U << c->bits) * sizeof(*lists) : 0;
	kvfree(c->lists);
	c->lists = lists;
	c->bits = bits;
	return 0;
}

/* Takes the first @n members out of their sets. */
static void manx_class_unlink(struct manx_classes *c, struct manx_class *class, u32 n)
{
	u32 i;

	for (i = 0; i < n; i++) {
		hlist_del(&class->member[i].node);
		manx_set_use_put(c, class->member[i].set);
	}
}

static int manx_class_link(struct manx_classes *c, struct manx_class *class)
{
	struct manx_set_use *use;
	u32 i;

	for (i = 0; i < class->n; i++) {
		use = manx_set_use_get(c, class->member[i].set, true);
		if (!use) {
			manx_class_unlink(c, class, i);
			return -ENOMEM;
		}
		hlist_add_head(&class->member[i].node, &use->classes);
	}
	return 0;
}

static int manx_class_register(struct manx_classes *c, struct manx_class *class)
{
	int err = manx_lists_grow(c) ?: manx_class_link(c, class);

	if (err)
		return err;
	err = xa_alloc(&c->id, &class->id, class, XA_LIMIT(1, MANX_MAX_CLASSES),
		       GFP_KERNEL_ACCOUNT);
	if (err) {
		manx_class_unlink(c, class, class->n);
		return err == -EBUSY ? -ENOSPC : err;
	}
	hlist_add_head(&class->node, &c->lists[class->hash >> (32 - c->bits)]);
	c->octets += manx_class_size(class->n);
	c->n++;
	return 0;
}

static int manx_class_new(struct manx_classes *c, const u32 *set, u32 n, u32 hash)
{
	struct manx_class *class;
	u32 i;
	int err;

	if (c->n >= c->max)
		return -ENOSPC;
	class = kvzalloc(manx_class_size(n), GFP_KERNEL_ACCOUNT);
	if (!class)
		return -ENOMEM;
	INIT_LIST_HEAD(&class->fresh);
	INIT_LIST_HEAD(&class->touched);
	class->hash = hash;
	class->n = n;
	for (i = 0; i < n; i++) {
		class->member[i].class = class;
		class->member[i].set = set[i];
	}
	err = manx_class_register(c, class);
	if (err) {
		kvfree(class);
		return err;
	}
	return class->id;
}

static void manx_lists_free(struct manx_classes *c)
{
	c->octets -= c->lists ? (1U << c->bits) * sizeof(*c->lists) : 0;
	kvfree(c->lists);
	c->lists = NULL;
}

static void manx_class_free(struct manx_classes *c, struct manx_class *class)
{
	manx_rows_forget(c, class);
	list_del(&class->fresh);
	list_del(&class->touched);
	hlist_del(&class->node);
	manx_class_unlink(c, class, class->n);
	xa_erase(&c->id, class->id);
	c->octets -= manx_class_size(class->n);
	kvfree(class);
	if (!--c->n)
		manx_lists_free(c);
}

/* The class of the first @n numbers of the scratch list. */
static int manx_class_intern(struct manx_classes *c, u32 n)
{
	u32 hash = manx_list_hash(c->scratch, n);
	struct manx_class *class;

	if (!n)
		return 0;
	class = manx_list_find(c, c->scratch, n, hash);
	return class ? class->id : manx_class_new(c, c->scratch, n, hash);
}

int manx_classes_scratch(struct manx_classes *c, u32 n)
{
	u32 *scratch;

	if (n <= c->room)
		return 0;
	n = roundup_pow_of_two(max(n, 32U));
	scratch = kvmalloc_array(n, sizeof(*scratch), GFP_KERNEL_ACCOUNT);
	if (!scratch)
		return -ENOMEM;
	kvfree(c->scratch);
	c->scratch = scratch;
	c->room = n;
	return 0;
}

/* Index of the first member whose set is not below @set. */
static u32 manx_class_search(const struct manx_class *class, u32 set)
{
	u32 lo = 0, hi = class->n;

	while (lo < hi) {
		u32 mid = lo + (hi - lo) / 2;

		if (class->member[mid].set < set)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

bool manx_class_has(const struct manx_class *class, u32 set)
{
	u32 i = manx_class_search(class, set);

	return i < class->n && class->member[i].set == set;
}

int manx_class_with(struct manx_classes *c, u32 class, u32 set)
{
	const struct manx_class *old = class ? manx_class_find(c, class) : NULL;
	u32 n = old ? old->n : 0, at = old ? manx_class_search(old, set) : 0, i;
	int err;

	if (at < n && old->member[at].set == set)
		return class;
	err = manx_classes_scratch(c, n + 1);
	if (err)
		return err;
	for (i = 0; i < at; i++)
		c->scratch[i] = old->member[i].set;
	c->scratch[at] = set;
	for (i = at; i < n; i++)
		c->scratch[i + 1] = old->member[i].set;
	return manx_class_intern(c, n + 1);
}

int manx_class_without(struct manx_classes *c, u32 class, u32 set)
{
	const struct manx_class *old = class ? manx_class_find(c, class) : NULL;
	u32 i, n = 0;
	int err;

	if (!old || !manx_class_has(old, set))
		return class;
	err = manx_classes_scratch(c, old->n);
	if (err)
		return err;
	for (i = 0; i < old->n; i++)
		if (old->member[i].set != set)
			c->scratch[n++] = old->member[i].set;
	return manx_class_intern(c, n);
}

int manx_class_union(struct manx_classes *c, u32 a, u32 b)
{
	const struct manx_class *x, *y;
	u32 i = 0, j = 0, n = 0;
	int err;

	if (!a || !b || a == b)
		return a ?: b;
	x = manx_class_find(c, a);
	y = manx_class_find(c, b);
	err = manx_classes_scratch(c, x->n + y->n);
	if (err)
		return err;
	while (i < x->n || j < y->n) {
		u32 p = i < x->n ? x->member[i].set : U32_MAX;
		u32 q = j < y->n ? y->member[j].set : U32_MAX;

		c->scratch[n++] = min(p, q);
		i += p <= q && i < x->n;
		j += q <= p && j < y->n;
	}
	return manx_class_intern(c, n);
}

/* --- references --- */

void manx_class_hold(struct manx_classes *c, enum manx_class_kind kind, u32 class)
{
	struct manx_class *cl = class ? xa_load(&c->id, class) : NULL;

	if (!cl)
		return;
	if (!cl->refs[kind]++ && kind != MANX_CLASS_OWN) {
		cl->unfilled |= BIT(kind);
		list_move_tail(&cl->fresh, &c->fresh);
	}
	cl->taken[kind]++;
	if (list_empty(&cl->touched))
		list_add(&cl->touched, &c->touched);
}

static void manx_class_put(struct manx_classes *c, struct manx_class *class, unsigned int kind,
			   u32 count)
{
	unsigned int i;

	class->refs[kind] -= count;
	for (i = 0; i < MANX_CLASS_KINDS; i++)
		if (class->refs[i])
			return;
	manx_class_free(c, class);
}

/* Appends to what is dropped later; the chunk that is being filled is the first. */
static int manx_class_leave(struct manx_classes *c, unsigned int kind, u32 class)
{
	struct manx_released *r = c->leaving;

	if (r && r->run[r->n - 1].class == class && r->run[r->n - 1].kind == kind) {
		r->run[r->n - 1].count++;
		return 0;
	}
	if (!r || r->n == MANX_RELEASED_CHUNK) {
		r = kmalloc(sizeof(*r), GFP_KERNEL_ACCOUNT);
		if (!r)
			return -ENOMEM;
		r->next = c->leaving;
		r->n = 0;
		c->leaving = r;
	}
	r->run[r->n].class = class;
	r->run[r->n].kind = kind;
	r->run[r->n++].count = 1;
	return 0;
}

int manx_class_drop(struct manx_classes *c, enum manx_class_kind kind, u32 class)
{
	struct manx_class *cl = class ? xa_load(&c->id, class) : NULL;

	if (!cl)
		return 0;
	if (!cl->taken[kind])
		return manx_class_leave(c, kind, class);
	cl->taken[kind]--;
	manx_class_put(c, cl, kind, 1);
	return 0;
}

struct manx_released *manx_classes_commit(struct manx_classes *c)
{
	struct manx_released *released = c->leaving;
	struct manx_class *class, *tmp;

	list_for_each_entry_safe(class, tmp, &c->touched, touched) {
		memset(class->taken, 0, sizeof(class->taken));
		list_del_init(&class->touched);
	}
	c->leaving = NULL;
	return released;
}

void manx_classes_released_free(struct manx_classes *c, struct manx_released *released)
{
	struct manx_released *next;
	struct manx_class *class;
	u32 i;

	for (; released; released = next) {
		for (i = 0; i < released->n; i++) {
			class = xa_load(&c->id, released->run[i].class);
			manx_class_put(c, class, released->run[i].kind, released->run[i].count);
		}
		next = released->next;
		kfree(released);
		cond_resched();
	}
}

static void manx_leaving_free(struct manx_classes *c)
{
	struct manx_released *next;

	for (; c->leaving; c->leaving = next) {
		next = c->leaving->next;
		kfree(c->leaving);
	}
}

void manx_classes_abort(struct manx_classes *c)
{
	struct manx_class *class, *tmp;
	u32 taken[MANX_CLASS_KINDS];
	unsigned int kind, left;

	list_for_each_entry_safe(class, tmp, &c->touched, touched) {
		list_del_init(&class->touched);
		memcpy(taken, class->taken, sizeof(taken));
		memset(class->taken, 0, sizeof(class->taken));
		for (kind = 0, left = 0; kind < MANX_CLASS_KINDS; kind++) {
			class->refs[kind] -= taken[kind];
			left += !!class->refs[kind];
		}
		if (!left)
			manx_class_free(c, class);
	}
	manx_leaving_free(c);
}

void manx_classes_exit(struct manx_classes *c)
{
	struct manx_class *class;
	unsigned long id;

	manx_leaving_free(c);
	xa_for_each(&c->id, id, class) {
		manx_class_free(c, class);
		cond_resched();
	}
	manx_rows_retired_free(c);
	WARN_ON_ONCE(!xa_empty(&c->sets));
	xa_destroy(&c->id);
	xa_destroy(&c->sets);
	manx_lists_free(c);
	kvfree(c->scratch);
}
