// SPDX-License-Identifier: GPL-2.0-only
/*
 * Rows of compiled tables, and how a table follows the classes that come and go.
 */
#include "rows.h"

#include <linux/jhash.h>
#include <linux/sched/signal.h>

#include "cells.h"
#include "compile.h"
#include "compiled.h"
#include "ruleset.h"
#include "vec.h"

/* What a commit spends on rows for its new classes: entries, or 32 cells each. */
#define MANX_REFRESH_BUDGET	256
#define MANX_REFRESH_CELLS	32
/* Octets of words that a union repeats for the sake of one row. */
#define MANX_UNION_OCTETS	1024
/* What a step of the worker spends, likewise; enough for a row of any table. */
#define MANX_STEP_BUDGET	(MANX_CELLS_MAX / MANX_REFRESH_CELLS)

/* --- rows --- */

static u32 manx_row_find(const struct manx_compiled *ct, const struct manx_dimension *dim,
			 const u32 *item, u32 n, u32 hash)
{
	const struct manx_row *row;
	u32 i;

	for (i = dim->bucket ? dim->bucket[hash & dim->mask] : 0; i; i = row->next) {
		row = dim->row[i - 1];
		if (row->hash == hash && row->n == n &&
		    !memcmp(manx_row_items(ct, row), item, n * sizeof(*item)))
			return i;
	}
	return 0;
}

static int manx_row_buckets(struct manx_dimension *dim)
{
	u32 n = roundup_pow_of_two(max(dim->space, 16U)), i, *bucket;

	if (dim->bucket && n <= dim->mask + 1)
		return 0;
	bucket = kvcalloc(n, sizeof(*bucket), GFP_KERNEL_ACCOUNT);
	if (!bucket)
		return -ENOMEM;
	for (i = 0; i < dim->n; i++) {
		dim->row[i]->next = bucket[dim->row[i]->hash & (n - 1)];
		bucket[dim->row[i]->hash & (n - 1)] = i + 1;
	}
	kvfree(dim->bucket);
	dim->bucket = bucket;
	dim->mask = n - 1;
	return 0;
}

static size_t manx_row_size(const struct manx_compiled *ct, u32 n)
{
	return sizeof(struct manx_row) + ct->n_blocks * sizeof(u64) + n * sizeof(u32);
}

static void manx_row_summary(const struct manx_compiled *ct, const struct manx_items *items,
			     struct manx_row *row)
{
	const u32 *item = manx_row_items(ct, row);
	u32 i, b;

	for (i = 0; i < row->n; i++)
		for (b = 0; b < ct->n_blocks; b++)
			row->summary[b] |= manx_bits_summary(items->must[item[i]], b);
	for (b = 0; b < ct->n_blocks; b++)
		if (row->summary[b])
			row->blocks |= 1ULL << b % 64;
}

/* Appends a row, for which @dim has space. */
static int manx_row_add(struct manx_compiled *ct, struct manx_dimension *dim, const u32 *item,
			u32 n, u32 hash)
{
	struct manx_row *row = kvzalloc(manx_row_size(ct, n), GFP_KERNEL_ACCOUNT);

	if (!row)
		return -ENOMEM;
	row->n = n;
	row->hash = hash;
	row->any = n && !item[0] && dim->items->must[0];
	memcpy(manx_row_items(ct, row), item, n * sizeof(*item));
	manx_row_summary(ct, dim->items, row);
	row->next = dim->bucket[hash & dim->mask];
	dim->row[dim->n] = row;
	dim->bucket[hash & dim->mask] = dim->n + 1;
	ct->octets += manx_row_size(ct, n);
	return dim->n++;
}

/* Moves the longest of @n vectors to the end; octets of the words of all the others. */
static size_t manx_union_longest(struct manx_bits *const *vector, u32 *which, u32 n)
{
	u32 i, longest = 0;
	size_t words = 0;

	for (i = 0; i < n; i++) {
		words += vector[which[i]]->n_words;
		if (vector[which[i]]->n_words > vector[which[longest]]->n_words)
			longest = i;
	}
	swap(which[longest], which[n - 1]);
	return (words - vector[which[n - 1]]->n_words) * sizeof(u64);
}

/*
 * Rules that have much in common are in long vectors, which many rows have: these
 * are not copied into the union of each, or it would take the product of both.
 */
static int manx_union_make(struct manx_compiled *ct, struct manx_union *u,
			   struct manx_bits *const *vector, u32 *which, u32 n, bool all)
{
	size_t octets = 0;
	u32 i;

	for (i = 0; i < n; i++)
		octets += vector[which[i]]->n_words * sizeof(u64);
	while (n > 1 && u->n < MANX_ROW_VECTORS - 1 &&
	       (octets > MANX_UNION_OCTETS || !all)) {
		octets = manx_union_longest(vector, which, n);
		u->vector[u->n++] = vector[which[--n]];
	}
	if (!n)
		return 0;
	u->vector[u->n] = n > 1 ? manx_bits_union(vector, which, n, ct->n_rules) : vector[which[0]];
	if (!u->vector[u->n])
		return -ENOMEM;
	u->own = n > 1;
	ct->octets += u->own ? manx_bits_size(u->vector[u->n]) : 0;
	u->n++;
	return 0;
}

static u32 manx_row_vectors(const struct manx_compiled *ct, const struct manx_row *row,
			    struct manx_bits *const *vector, u32 *which)
{
	const u32 *item = manx_row_items(ct, row);
	u32 i, n = 0;

	for (i = 0; i < row->n; i++)
		if (item[i] && vector[item[i]])
			which[n++] = item[i];
	return n;
}

int manx_row_merge(struct manx_compiled *ct, struct manx_dimension *dim, struct manx_row *row,
		   bool all)
{
	u32 n = row->n, *which = kvmalloc_array(n + 1, sizeof(*which), GFP_KERNEL_ACCOUNT);
	struct manx_items *items = dim->items;
	int err;

	if (!which)
		return -ENOMEM;
	n = manx_row_vectors(ct, row, items->must, which);
	err = manx_union_make(ct, &row->must, items->must, which, n, all);
	if (!err && items->not) {
		n = manx_row_vectors(ct, row, items->not, which);
		err = manx_union_make(ct, &row->not, items->not, which, n, all);
	}
	kvfree(which);
	return err;
}

static void manx_union_free(const struct manx_union *u)
{
	if (u->own)
		manx_bits_free(u->vector[u->n - 1]);
}

void manx_row_free(struct manx_row *row)
{
	manx_union_free(&row->must);
	manx_union_free(&row->not);
	kvfree(row);
}

int manx_row_intern(struct manx_compiled *ct, struct manx_dimension *dim, const u32 *item, u32 n)
{
	u32 hash = jhash2(item, n, 0), found = manx_row_find(ct, dim, item, n, hash);
	int err;

	if (found)
		return found - 1;
	err = manx_vec_reach((void **)&dim->row, &dim->space, dim->n + 1, sizeof(*dim->row)) ?:
	      manx_row_buckets(dim);
	return err ?: manx_row_add(ct, dim, item, n, hash);
}

/* --- rows that come later --- */

/* Takes back the row that was added last, and what was counted since @octets. */
static void manx_row_undo(struct manx_compiled *ct, struct manx_dimension *dim, u64 octets)
{
	struct manx_row *row = dim->row[--dim->n];

	dim->bucket[row->hash & dim->mask] = row->next;
	ct->octets = octets;
	manx_row_free(row);
}

/* A row more in a table that is read. 0 if there is no room, no budget, no memory. */
static u32 manx_row_extend(struct manx_compiled *ct, unsigned int part, const u32 *item, u32 n,
			   u32 hash, int *budget)
{
	struct manx_dimension *dim = &ct->dim[part];
	u64 octets = ct->octets;
	u32 cost = ct->cell ? manx_cells_count(ct, part, false) / MANX_REFRESH_CELLS : 0;
	int row;

	if (dim->n == dim->room)
		return 0;
	*budget -= cost;
	if (*budget < 0)
		return 0;
	row = manx_row_add(ct, dim, item, n, hash);
	if (row < 0)
		return 0;
	if (manx_row_merge(ct, dim, dim->row[row], !ct->cell) ||
	    (ct->cell && manx_cells_fill(ct, part, row))) {
		manx_row_undo(ct, dim, octets);
		return 0;
	}
	return row + 1;
}

/* --- row maps --- */

static struct manx_rowmap *manx_rowmap(const struct manx_compiled *ct, unsigned int part)
{
	/* under the writers' lock */
	return rcu_dereference_protected(ct->map[part], true);
}

static u16 *manx_rowmap_entry(const struct manx_compiled *ct, unsigned int part, u32 class)
{
	const struct manx_rowmap *map = manx_rowmap(ct, part);
	u32 page = class / MANX_ROWMAP_PAGE;

	return map && page < map->n && map->page[page] ?
	       &map->page[page][class % MANX_ROWMAP_PAGE] : NULL;
}

bool manx_rows_has(const struct manx_compiled *ct, unsigned int part, u32 class)
{
	const u16 *entry = manx_rowmap_entry(ct, part, class);

	return entry && *entry;
}

static int manx_rowmap_grow(struct manx_compiled *ct, unsigned int part, u32 page)
{
	struct manx_rowmap *old = manx_rowmap(ct, part), *map;
	u32 n = roundup_pow_of_two(page + 1);

	if (old && page < old->n)
		return 0;
	map = kzalloc(struct_size(map, page, n), GFP_KERNEL_ACCOUNT);
	if (!map)
		return -ENOMEM;
	map->n = n;
	if (old)
		memcpy(map->page, old->page, old->n * sizeof(*old->page));
	rcu_assign_pointer(ct->map[part], map);
	ct->octets += struct_size(map, page, n) - (old ? struct_size(old, page, old->n) : 0);
	if (old)
		kfree_rcu(old, rcu);
	return 0;
}

static int manx_rowmap_set(struct manx_compiled *ct, unsigned int part, u32 class, u32 row)
{
	u32 page = class / MANX_ROWMAP_PAGE;
	struct manx_rowmap *map;
	u16 *entries;
	int err;

	err = manx_rowmap_grow(ct, part, page);
	if (err)
		return err;
	map = manx_rowmap(ct, part);
	if (!map->page[page]) {
		entries = kcalloc(MANX_ROWMAP_PAGE, sizeof(*entries), GFP_KERNEL_ACCOUNT);
		if (!entries)
			return -ENOMEM;
		/* the page has been cleared */
		smp_store_release(&map->page[page], entries);
		ct->octets += MANX_ROWMAP_PAGE * sizeof(*entries);
	}
	/* the row and its cells have been written */
	smp_store_release(&map->page[page][class % MANX_ROWMAP_PAGE], row);
	WRITE_ONCE(ct->needs, ct->needs | BIT(part));
	return 0;
}

/* --- rows of classes --- */

/* The items of a class on a side, in the scratch list. */
static int manx_rows_list(struct manx_classes *c, const struct manx_compiled *ct,
			  unsigned int part, const struct manx_class *class)
{
	const struct manx_side *side = &ct->side[part / 2];
	u32 i, item, n = 0, short_n = min(class->n, side->n_sets);
	int err = manx_classes_scratch(c, short_n + 1);

	if (err)
		return err;
	if (part % 2 == MANX_CLASS_HOST && side->sets.must[0])
		c->scratch[n++] = 0;
	for (i = 0; i < short_n; i++) {
		if (class->n <= side->n_sets) {
			item = manx_side_find(side, class->member[i].set);
			if (item)
				c->scratch[n++] = item;
		} else if (manx_class_has(class, side->set[i])) {
			c->scratch[n++] = i + 1;
		}
	}
	return n;
}

/* Number of the row + 1; 0: there is none and none can be made. */
static u32 manx_rows_get(struct manx_classes *c, struct manx_compiled *ct, unsigned int part,
			 u32 n, int *budget)
{
	struct manx_dimension *dim = &ct->dim[part];
	u32 hash = jhash2(c->scratch, n, 0), found;
	int row;

	found = manx_row_find(ct, dim, c->scratch, n, hash);
	if (found || budget)
		return found ?: manx_row_extend(ct, part, c->scratch, n, hash, budget);
	if (dim->n == MANX_ROW_UNKNOWN)
		return 0;
	row = manx_row_intern(ct, dim, c->scratch, n);
	return row < 0 ? 0 : row + 1;
}

/* May packets answer for the class without a row? */
static bool manx_rows_short(const struct manx_compiled *ct, unsigned int part,
			    const struct manx_class *class)
{
	return min(class->n, ct->side[part / 2].n_sets) <= MANX_UNKNOWN_SETS;
}

int manx_rows_class(struct manx_classes *c, struct manx_compiled *ct, unsigned int part,
		    const struct manx_class *class, int *budget)
{
	bool may_wait = manx_rows_short(ct, part, class);
	u64 before = ct->octets;
	int n, err, all = INT_MAX;
	u32 row = 0;

	n = manx_rows_list(c, ct, part, class);
	if (n >= 0 && (!budget || (*budget)-- > 0 || !may_wait))
		row = manx_rows_get(c, ct, part, n, budget && !may_wait ? &all : budget);
	if (!row && !may_wait)
		return n < 0 ? n : -ENOSPC;
	/* row 0 needs no entry: the class has none of the sets of this side */
	err = row == 1 && !manx_rowmap_entry(ct, part, class->id) ? 0 :
	      manx_rowmap_set(ct, part, class->id, row ? row - 1 : MANX_ROW_UNKNOWN);
	if (budget)
		c->octets += ct->octets - before;
	return err ?: !!row;
}

static bool manx_rowmap_unknown(const struct manx_rowmap *map, u32 *from)
{
	for (; map && *from < map->n * MANX_ROWMAP_PAGE; ++*from) {
		const u16 *page = map->page[*from / MANX_ROWMAP_PAGE];

		if (!page)
			*from |= MANX_ROWMAP_PAGE - 1;
		else if (page[*from % MANX_ROWMAP_PAGE] == MANX_ROW_UNKNOWN)
			return true;
	}
	return false;
}

void manx_rows_forget(struct manx_classes *c, const struct manx_class *class)
{
	struct manx_binding_set *bs;
	struct manx_set_use *use;
	struct manx_compiled *ct;
	unsigned int part;
	u16 *entry;
	u32 i;

	for (i = 0; i < class->n; i++) {
		use = manx_set_use_get(c, class->member[i].set, false);
		hlist_for_each_entry(bs, &use->tables, node) {
			ct = rcu_dereference_protected(bs->binding->table->compiled, true);
			for (part = bs->side * 2; ct && part < bs->side * 2 + 2; part++) {
				entry = manx_rowmap_entry(ct, part, class->id);
				if (entry)
					WRITE_ONCE(*entry, 0);
			}
		}
		cond_resched();
	}
}

/* --- new classes --- */

static int manx_refresh_set(struct manx_classes *c, const struct manx_class *class, u32 set,
			    int *budget)
{
	struct manx_set_use *use = manx_set_use_get(c, set, false);
	struct manx_binding_set *bs;
	struct manx_compiled *ct;
	unsigned int kind, part;
	int done;

	hlist_for_each_entry(bs, &use->tables, node) {
		ct = rcu_dereference_protected(bs->binding->table->compiled, true);
		for (kind = 0; kind <= MANX_CLASS_NET; kind++) {
			part = bs->side * 2 + kind;
			if (!(class->unfilled & BIT(kind)) || manx_rows_has(ct, part, class->id))
				continue;
			done = manx_rows_class(c, ct, part, class, budget);
			/* no room: compiling again makes some, and gives it its row */
			if (done == -ENOSPC)
				done = manx_table_recompile(c, bs->binding) ?: 1;
			if (done < 0)
				return done;
			if (!done)
				list_move_tail(&bs->binding->stale, &c->stale);
		}
	}
	cond_resched();
	return fatal_signal_pending(current) ? -EINTR : 0;
}

int manx_tables_refresh(struct manx_classes *c)
{
	struct manx_class *class, *tmp;
	int budget = MANX_REFRESH_BUDGET, err;
	u64 before = c->octets;
	u32 i;

	list_for_each_entry_safe(class, tmp, &c->fresh, fresh) {
		for (i = 0; i < class->n; i++) {
			err = manx_refresh_set(c, class, class->member[i].set, &budget);
			if (err)
				return err;
		}
		class->unfilled = 0;
		list_del_init(&class->fresh);
		if (c->octets > max(before, c->max_octets))
			return -ENOSPC;
	}
	return !list_empty(&c->stale) || !list_empty(&c->retired);
}

/* --- the worker --- */

static void manx_retired_free(struct manx_classes *c, struct manx_compiled *ct)
{
	list_del(&ct->retired);
	c->octets -= ct->octets;
	manx_compiled_free(ct);
}

void manx_rows_retired_free(struct manx_classes *c)
{
	struct manx_compiled *ct, *tmp;

	list_for_each_entry_safe(ct, tmp, &c->retired, retired)
		manx_retired_free(c, ct);
}

/* Rows for unknown classes. False if there is no room for one of them. */
static bool manx_step_rows(struct manx_classes *c, struct manx_compiled *ct, int *budget)
{
	const struct manx_class *class;
	bool all = true;
	u32 part, id;

	for (part = 0; part < MANX_KEY_PARTS; part++) {
		for (id = 0; *budget > 0 && manx_rowmap_unknown(manx_rowmap(ct, part), &id); id++) {
			class = manx_class_find(c, id);
			if (class && manx_rows_class(c, ct, part, class, budget) <= 0 && *budget >= 0)
				all = false;
		}
	}
	return all;
}

bool manx_tables_step(struct manx_classes *c)
{
	struct manx_compiled *ct, *tmp;
	int budget = MANX_STEP_BUDGET;
	struct manx_binding *binding;

	list_for_each_entry_safe(ct, tmp, &c->retired, retired)
		if (poll_state_synchronize_rcu(ct->cookie))
			manx_retired_free(c, ct);
	binding = list_first_entry_or_null(&c->stale, struct manx_binding, stale);
	if (binding) {
		ct = rcu_dereference_protected(binding->table->compiled, true);
		if (!manx_step_rows(c, ct, &budget)) {
			list_del_init(&binding->stale);
			manx_table_recompile(c, binding);
		} else if (budget > 0) {
			list_del_init(&binding->stale);
		}
	}
	return !list_empty(&c->stale) || !list_empty(&c->retired);
}
