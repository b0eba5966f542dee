// SPDX-License-Identifier: GPL-2.0-only
/*
 * Compiling: from the rules of a table to what packets look up.
 *
 * What the parts are for is explained at the head of lookup.c. First the items
 * of each dimension are found, with the rules that name them, and become bit
 * vectors; then the combinations of items that occur become rows; then, if the
 * product of the rows is small enough, the cells are computed.
 */
#include "compile.h"

#include <linux/jhash.h>
#include <linux/netlink.h>
#include <linux/sched/signal.h>

#include "cells.h"
#include "compat/compat.h"
#include "compiled.h"
#include "order.h"
#include "rows.h"
#include "ruleset.h"
#include "vec.h"

/* Cells of a table: at most, and less for few rules, so that many tables fit. */
#define MANX_CELLS_LIMIT	65536
#define MANX_CELLS_BASE		1024
#define MANX_CELLS_PER_RULE	256

/* Octets for unions of bit vectors: so much, and more for many rules. */
#define MANX_MERGED_BASE	65536
#define MANX_MERGED_PER_RULE	512

/**
 * struct manx_compile - what compiling works with
 * @c: classes of the namespace
 * @table: table
 * @ct: under construction
 * @extack: gets the reason of a refusal
 * @pair: item and rule in turn, of what rules must, and must not, match
 * @list: items of a row
 * @item_of: for each set id its item, of the side that is compiled
 */
struct manx_compile {
	struct manx_classes *c;
	const struct manx_table *table;
	struct manx_compiled *ct;
	struct netlink_ext_ack *extack;
	struct manx_vec pair[2];
	struct manx_vec list;
	u32 *item_of;
};

/**
 * struct manx_lists - the rules that name each of some items
 * @at: where the list of an item begins in @rule
 * @n: its length
 * @rule: ascending in each list
 */
struct manx_lists {
	u32 *at;
	u32 *n;
	u32 *rule;
};

static int manx_compile_check(const struct manx_compile *k)
{
	if (fatal_signal_pending(current))
		return -EINTR;
	cond_resched();
	return k->c->octets + k->ct->octets > k->c->max_octets ? -ENOSPC : 0;
}

static void *manx_compile_alloc(struct manx_compile *k, size_t n, size_t size)
{
	void *p = kvcalloc(n, size, GFP_KERNEL_ACCOUNT);

	if (p)
		k->ct->octets += n * size;
	return p;
}

/* --- items --- */

static int manx_pair(struct manx_compile *k, unsigned int which, u32 item, u32 rule)
{
	return manx_vec_push(&k->pair[which], item) ?: manx_vec_push(&k->pair[which], rule);
}

static void manx_lists_free(struct manx_lists *l)
{
	kvfree(l->at);
	kvfree(l->n);
	kvfree(l->rule);
	memset(l, 0, sizeof(*l));
}

/* Sorts pairs by item; they come ascending by rule. Repeated ones become one. */
static int manx_lists_build(struct manx_lists *l, const struct manx_vec *pair, u32 n_items)
{
	u32 i, item, at = 0;

	l->at = kvcalloc(n_items + 1, sizeof(u32), GFP_KERNEL_ACCOUNT);
	l->n = kvcalloc(n_items + 1, sizeof(u32), GFP_KERNEL_ACCOUNT);
	l->rule = kvmalloc_array(pair->n / 2 + 1, sizeof(u32), GFP_KERNEL_ACCOUNT);
	if (!l->at || !l->n || !l->rule) {
		manx_lists_free(l);
		return -ENOMEM;
	}
	for (i = 0; i < pair->n; i += 2)
		l->at[pair->v[i] + 1]++;
	for (i = 0; i < n_items; i++) {
		at += l->at[i];
		l->at[i] = at;
	}
	for (i = 0; i < pair->n; i += 2) {
		item = pair->v[i];
		at = l->at[item] + l->n[item];
		if (l->n[item] && l->rule[at - 1] == pair->v[i + 1])
			continue;
		l->rule[at] = pair->v[i + 1];
		l->n[item]++;
	}
	return 0;
}

static int manx_items_alloc(struct manx_compile *k, struct manx_items *items, u32 n, bool not)
{
	items->must = manx_compile_alloc(k, n, sizeof(*items->must));
	if (!items->must)
		return -ENOMEM;
	/* from now on freeing looks at @n of them */
	items->n = n;
	if (not)
		items->not = manx_compile_alloc(k, n, sizeof(*items->not));
	return not && !items->not ? -ENOMEM : 0;
}

static int manx_item_vector(struct manx_compile *k, struct manx_bits **vector, const u32 *rule,
			    u32 n)
{
	if (!n)
		return 0;
	*vector = manx_bits_new(rule, n, k->ct->n_rules);
	if (!*vector)
		return -ENOMEM;
	k->ct->octets += manx_bits_size(*vector);
	return manx_compile_check(k);
}

static int manx_item_vectors(struct manx_compile *k, struct manx_bits **vector,
			     const struct manx_vec *pair, u32 n)
{
	struct manx_lists l = {};
	int err = manx_lists_build(&l, pair, n);
	u32 i;

	if (err)
		return err;
	for (i = 0; i < n && !err; i++)
		err = manx_item_vector(k, &vector[i], l.rule + l.at[i], l.n[i]);
	manx_lists_free(&l);
	return err;
}

/* The vectors of @n items from the pairs that were gathered. */
static int manx_items_build(struct manx_compile *k, struct manx_items *items, u32 n)
{
	bool not = k->pair[MANX_MUST_NOT].n;

	return manx_items_alloc(k, items, n, not) ?:
	       manx_item_vectors(k, items->must, &k->pair[MANX_MUST], n) ?:
	       (not ? manx_item_vectors(k, items->not, &k->pair[MANX_MUST_NOT], n) : 0);
}

/* The rule that bit @i of the vectors stands for. */
static const struct manx_rule *manx_rule_at(const struct manx_compile *k, u32 i)
{
	return &k->table->rule[k->ct->order[i]];
}

static const struct manx_criterion *manx_rule_side(const struct manx_rule *rule, unsigned int side)
{
	return side ? rule->dst : rule->src;
}

/* --- sets --- */

/* Numbers the sets that rules name on a side. */
static int manx_sets_number(struct manx_compile *k, unsigned int s, u32 *n)
{
	struct manx_side *side = &k->ct->side[s];
	const struct manx_criterion *c;
	u32 i, j, which, top = 0;

	for (i = 0, *n = 0; i < k->table->n; i++)
		for (which = 0, c = manx_rule_side(&k->table->rule[i], s); which < 2; which++)
			for (j = 0; j < c[which].n_sets; j++) {
				top = max(top, c[which].set[j]->id);
				++*n;
			}
	if (!*n)
		return 0;
	k->item_of = kvcalloc(top + 1, sizeof(u32), GFP_KERNEL_ACCOUNT);
	side->set = manx_compile_alloc(k, min(*n, top + 1), sizeof(u32));
	if (!k->item_of || !side->set)
		return -ENOMEM;
	for (i = 0; i < k->table->n; i++)
		for (which = 0, c = manx_rule_side(&k->table->rule[i], s); which < 2; which++)
			for (j = 0; j < c[which].n_sets; j++)
				k->item_of[c[which].set[j]->id] = 1;
	for (i = 0; i <= top; i++) {
		if (!k->item_of[i])
			continue;
		side->set[side->n_sets++] = i;
		k->item_of[i] = side->n_sets;
	}
	return 0;
}

static int manx_sets_gather(struct manx_compile *k, unsigned int s)
{
	const struct manx_criterion *c;
	u32 i, j, which;
	int err = 0;

	for (i = 0; i < k->table->n && !err; i++) {
		c = manx_rule_side(manx_rule_at(k, i), s);
		if (!c[MANX_MUST].n_sets)
			err = manx_pair(k, MANX_MUST, 0, i);
		for (which = 0; which < 2; which++)
			for (j = 0; j < c[which].n_sets && !err; j++)
				err = manx_pair(k, which, k->item_of[c[which].set[j]->id], i);
	}
	return err;
}

static void manx_pairs_clear(struct manx_compile *k)
{
	k->pair[MANX_MUST].n = 0;
	k->pair[MANX_MUST_NOT].n = 0;
}

/* Row 0 of a dimension: of what has no item, or only that which all have. */
static int manx_row_none(struct manx_compile *k, struct manx_dimension *dim, bool any)
{
	static const u32 zero;
	int row = manx_row_intern(k->ct, dim, &zero, any && dim->items->must[0]);

	return row < 0 ? row : 0;
}

static int manx_compile_sets(struct manx_compile *k, unsigned int s)
{
	struct manx_side *side = &k->ct->side[s];
	struct manx_dimension *dim = &k->ct->dim[s * 2];
	u32 n;
	int err;

	manx_pairs_clear(k);
	err = manx_sets_number(k, s, &n);
	if (!err && n)
		err = manx_sets_gather(k, s) ?:
		      manx_items_build(k, &side->sets, side->n_sets + 1);
	kvfree(k->item_of);
	k->item_of = NULL;
	if (err || !n)
		return err;
	dim[MANX_CLASS_HOST].items = &side->sets;
	dim[MANX_CLASS_NET].items = &side->sets;
	return manx_row_none(k, &dim[MANX_CLASS_HOST], true) ?:
	       manx_row_none(k, &dim[MANX_CLASS_NET], false);
}

/* --- nets in rules --- */

/**
 * struct manx_net_table - distinct prefixes of one side
 * @prefix: by number
 * @n: number of @prefix
 * @slot: hash table, number + 1
 * @mask: length of @slot less one
 */
struct manx_net_table {
	const struct manx_prefix **prefix;
	u32 n;
	u32 *slot;
	u32 mask;
};

static int manx_net_table_init(struct manx_net_table *t, u32 n)
{
	t->mask = roundup_pow_of_two(n * 2) - 1;
	t->prefix = kvmalloc_array(n, sizeof(*t->prefix), GFP_KERNEL_ACCOUNT);
	t->slot = kvcalloc(t->mask + 1, sizeof(*t->slot), GFP_KERNEL_ACCOUNT);
	return t->prefix && t->slot ? 0 : -ENOMEM;
}

static void manx_net_table_free(struct manx_net_table *t)
{
	kvfree(t->prefix);
	kvfree(t->slot);
}

static u32 manx_net_number(struct manx_net_table *t, const struct manx_prefix *p)
{
	u32 i = jhash(&p->addr, p->family == NFPROTO_IPV4 ? 4 : 16, p->len);

	for (;; i++) {
		u32 *slot = &t->slot[i & t->mask];

		if (!*slot) {
			t->prefix[t->n++] = p;
			*slot = t->n;
		}
		if (!manx_prefix_cmp(t->prefix[*slot - 1], p))
			return *slot - 1;
	}
}

static int manx_nets_gather(struct manx_compile *k, struct manx_net_table *t, unsigned int s,
			    struct manx_vec *any)
{
	const struct manx_criterion *c;
	u32 i, j, which;
	int err = 0;

	for (i = 0; i < k->table->n && !err; i++) {
		c = manx_rule_side(manx_rule_at(k, i), s);
		if (!c[MANX_MUST].n_nets)
			err = manx_vec_push(any, i);
		for (which = 0; which < 2; which++)
			for (j = 0; j < c[which].n_nets && !err; j++)
				err = manx_pair(k, which, manx_net_number(t, &c[which].net[j]), i);
		cond_resched();
	}
	return err;
}

/**
 * struct manx_net_groups - prefixes that the same rules name are one item
 * @l: rules that must, and must not, match each prefix
 * @item: of each prefix
 * @first: of each item, the first prefix that has it
 * @n: number of items; item 0 is none of them
 */
struct manx_net_groups {
	struct manx_lists l[2];
	u32 *item;
	u32 *first;
	u32 n;
};

static u32 manx_group_hash(const struct manx_net_groups *g, u32 prefix)
{
	return jhash2(g->l[1].rule + g->l[1].at[prefix], g->l[1].n[prefix],
		      jhash2(g->l[0].rule + g->l[0].at[prefix], g->l[0].n[prefix], 0));
}

static bool manx_group_same(const struct manx_net_groups *g, u32 a, u32 b)
{
	u32 i;

	for (i = 0; i < 2; i++) {
		const struct manx_lists *l = &g->l[i];

		if (l->n[a] != l->n[b] ||
		    memcmp(l->rule + l->at[a], l->rule + l->at[b], l->n[a] * sizeof(u32)))
			return false;
	}
	return true;
}

static void manx_groups_number(struct manx_net_groups *g, u32 n, u32 *slot, u32 mask)
{
	u32 i, h;

	for (i = 0; i < n; i++) {
		h = manx_group_hash(g, i);
		while (slot[h & mask] && !manx_group_same(g, g->first[slot[h & mask]], i))
			h++;
		if (!slot[h & mask]) {
			slot[h & mask] = ++g->n;
			g->first[g->n] = i;
		}
		g->item[i] = slot[h & mask];
		cond_resched();
	}
}

static int manx_groups_build(struct manx_compile *k, struct manx_net_groups *g, u32 n)
{
	u32 mask = roundup_pow_of_two(n * 2) - 1, *slot;
	int err;

	err = manx_lists_build(&g->l[MANX_MUST], &k->pair[MANX_MUST], n) ?:
	      manx_lists_build(&g->l[MANX_MUST_NOT], &k->pair[MANX_MUST_NOT], n);
	if (err)
		return err;
	g->item = kvmalloc_array(n, sizeof(u32), GFP_KERNEL_ACCOUNT);
	g->first = kvmalloc_array(n + 1, sizeof(u32), GFP_KERNEL_ACCOUNT);
	slot = kvcalloc(mask + 1, sizeof(*slot), GFP_KERNEL_ACCOUNT);
	if (g->item && g->first && slot)
		manx_groups_number(g, n, slot, mask);
	else
		err = -ENOMEM;
	kvfree(slot);
	return err;
}

static void manx_groups_free(struct manx_net_groups *g)
{
	manx_lists_free(&g->l[MANX_MUST]);
	manx_lists_free(&g->l[MANX_MUST_NOT]);
	kvfree(g->item);
	kvfree(g->first);
}

static int manx_groups_vectors(struct manx_compile *k, struct manx_items *items,
			       const struct manx_net_groups *g, const struct manx_vec *any)
{
	bool not = k->pair[MANX_MUST_NOT].n;
	u32 i, prefix;
	int err;

	err = manx_items_alloc(k, items, g->n + 1, not) ?:
	      manx_item_vector(k, &items->must[0], any->v, any->n);
	for (i = 1; i <= g->n && !err; i++) {
		const struct manx_lists *l = g->l;

		prefix = g->first[i];
		err = manx_item_vector(k, &items->must[i], l[0].rule + l[0].at[prefix],
				       l[0].n[prefix]);
		if (!err && not)
			err = manx_item_vector(k, &items->not[i], l[1].rule + l[1].at[prefix],
					       l[1].n[prefix]);
	}
	return err;
}

/* A prefix has its own item and those of the next prefix above. */
static int manx_net_row(void *ctx, const struct manx_prefix *p, u32 parent, u32 *value)
{
	struct manx_compile *k = ((void **)ctx)[0];
	struct manx_dimension *dim = ((void **)ctx)[1];
	const struct manx_row *above = dim->row[parent];
	const u32 *item = manx_row_items(k->ct, above);
	u32 i = 0;
	int err = 0, row;

	k->list.n = 0;
	for (; i < above->n && item[i] < *value && !err; i++)
		err = manx_vec_push(&k->list, item[i]);
	if (!err)
		err = manx_vec_push(&k->list, *value);
	for (i += i < above->n && item[i] == *value; i < above->n && !err; i++)
		err = manx_vec_push(&k->list, item[i]);
	err = err ?: manx_compile_check(k);
	if (err)
		return err;
	row = manx_row_intern(k->ct, dim, k->list.v, k->list.n);
	if (row < 0)
		return row;
	*value = row;
	return 0;
}

static int manx_nets_rows(struct manx_compile *k, unsigned int s, const struct manx_net_table *t,
			  const struct manx_net_groups *g)
{
	struct manx_dimension *dim = &k->ct->dim[MANX_DIM_SRC_NETS + s];
	struct manx_side *side = &k->ct->side[s];
	static const struct manx_prefix all4 = { .family = NFPROTO_IPV4 };
	static const struct manx_prefix all6 = { .family = NFPROTO_IPV6 };
	struct manx_edit e = { .id = 1 };
	void *ctx[2] = { k, dim };
	int err;
	u32 i;

	dim->items = &side->nets;
	err = manx_row_none(k, dim, true);
	for (i = 0; i < t->n && !err; i++) {
		err = manx_lpm_set(&side->lpm, &e, t->prefix[i], g->item[i]);
		cond_resched();
	}
	err = err ?: manx_lpm_update(&side->lpm, &e, &all4, manx_net_row, ctx) ?:
		     manx_lpm_update(&side->lpm, &e, &all6, manx_net_row, ctx);
	k->ct->octets += side->lpm.bytes;
	return err ?: manx_compile_check(k);
}

static u32 manx_nets_count(const struct manx_table *table, unsigned int s)
{
	const struct manx_criterion *c;
	u32 i, n = 0;

	for (i = 0; i < table->n; i++) {
		c = manx_rule_side(&table->rule[i], s);
		n += c[MANX_MUST].n_nets + c[MANX_MUST_NOT].n_nets;
	}
	return n;
}

static int manx_compile_nets(struct manx_compile *k, unsigned int s)
{
	u32 n = manx_nets_count(k->table, s);
	struct manx_net_groups g = {};
	struct manx_net_table t = {};
	struct manx_vec any = {};
	int err;

	if (!n)
		return 0;
	manx_pairs_clear(k);
	err = manx_net_table_init(&t, n) ?:
	      manx_nets_gather(k, &t, s, &any) ?:
	      manx_groups_build(k, &g, t.n) ?:
	      manx_groups_vectors(k, &k->ct->side[s].nets, &g, &any) ?:
	      manx_nets_rows(k, s, &t, &g);
	manx_net_table_free(&t);
	manx_groups_free(&g);
	manx_vec_free(&any);
	return err;
}

/* --- ports --- */

/**
 * struct manx_kind_table - rules with distinct conditions on ports
 * @b: for manx_ports_build()
 * @slot: hash table of kinds, index + 1
 * @mask: length of @slot less one
 * @room: kinds that @b.kind has space for
 */
struct manx_kind_table {
	struct manx_ports_builder b;
	u32 *slot;
	u32 mask;
	u32 room;
};

/* Item of the kind of a rule's conditions, or -ENOMEM. */
static int manx_kind_item(struct manx_kind_table *t, const struct manx_rule *rule)
{
	u32 i = manx_ports_hash(rule, t->b.source);
	int err;

	for (; t->slot[i & t->mask]; i++)
		if (manx_ports_same(t->b.kind[t->slot[i & t->mask] - 1], rule, t->b.source))
			return t->slot[i & t->mask];
	err = manx_vec_reach((void **)&t->b.kind, &t->room, t->b.n + 1, sizeof(*t->b.kind));
	if (err)
		return err;
	t->b.kind[t->b.n++] = rule;
	t->slot[i & t->mask] = t->b.n;
	return t->b.n;
}

static int manx_kinds_gather(struct manx_compile *k, struct manx_kind_table *t)
{
	int err = 0, item;
	u32 i;

	for (i = 0; i < k->table->n && !err; i++) {
		const struct manx_rule *rule = manx_rule_at(k, i);

		item = manx_ports_asks(rule, t->b.source) ? manx_kind_item(t, rule) : 0;
		err = item < 0 ? item : manx_pair(k, MANX_MUST, item, i);
		cond_resched();
	}
	return err;
}

static int manx_kinds_row(void *ctx, const u32 *item, u32 n)
{
	struct manx_compile *k = ((void **)ctx)[0];
	struct manx_dimension *dim = ((void **)ctx)[1];
	int err = 0;
	u32 i;

	k->list.n = 0;
	if (dim->items->must[0])
		err = manx_vec_push(&k->list, 0);
	for (i = 0; i < n && !err; i++)
		err = manx_vec_push(&k->list, item[i]);
	return err ?: manx_compile_check(k) ?:
	       manx_row_intern(k->ct, dim, k->list.v, k->list.n);
}

static int manx_kinds_build(struct manx_compile *k, struct manx_kind_table *t, unsigned int s)
{
	struct manx_dimension *dim = &k->ct->dim[MANX_DIM_SERVICE + s];
	void *ctx[2] = { k, dim };
	struct manx_ports *ports;
	int err;

	err = manx_kinds_gather(k, t) ?: manx_items_build(k, &k->ct->kinds[s], t->b.n + 1);
	if (err)
		return err;
	dim->items = &k->ct->kinds[s];
	t->b.intern = manx_kinds_row;
	t->b.ctx = ctx;
	ports = manx_ports_build(&t->b);
	if (IS_ERR(ports))
		return PTR_ERR(ports);
	k->ct->ports[s] = ports;
	k->ct->octets += manx_ports_octets(ports);
	return 0;
}

/* @s: 0 service, 1 source port */
static int manx_compile_ports(struct manx_compile *k, unsigned int s)
{
	struct manx_kind_table t = { .b.source = s };
	u32 i, n = 0;
	int err;

	for (i = 0; i < k->table->n; i++)
		n += manx_ports_asks(&k->table->rule[i], s);
	if (!n)
		return 0;
	manx_pairs_clear(k);
	t.mask = roundup_pow_of_two(n * 2) - 1;
	t.slot = kvcalloc(t.mask + 1, sizeof(*t.slot), GFP_KERNEL_ACCOUNT);
	err = t.slot ? manx_kinds_build(k, &t, s) : -ENOMEM;
	kvfree(t.slot);
	kvfree(t.b.kind);
	return err;
}

/* --- classes --- */

static int manx_compile_class(struct manx_compile *k, unsigned int part,
			      const struct manx_class *class)
{
	int done = manx_rows_class(k->c, k->ct, part, class, NULL);

	return done < 0 ? done : manx_compile_check(k);
}

/* Rows of the classes that have sets of a side. */
static int manx_compile_classes(struct manx_compile *k, unsigned int s)
{
	const struct manx_side *side = &k->ct->side[s];
	const struct manx_class_member *m;
	struct manx_set_use *use;
	unsigned int kind;
	int err;
	u32 i;

	for (i = 0; i < side->n_sets; i++) {
		use = manx_set_use_get(k->c, side->set[i], false);
		if (!use)
			continue;
		hlist_for_each_entry(m, &use->classes, node) {
			for (kind = 0; kind <= MANX_CLASS_NET; kind++) {
				if (!m->class->refs[kind] ||
				    manx_rows_has(k->ct, s * 2 + kind, m->class->id))
					continue;
				err = manx_compile_class(k, s * 2 + kind, m->class);
				if (err)
					return err;
			}
		}
	}
	return 0;
}

/* --- cells --- */

/* Room for rows of classes to come: a quarter more. */
static void manx_rooms(struct manx_compiled *ct, bool more)
{
	struct manx_dimension *dim;
	unsigned int d;

	for (d = 0; d < MANX_DIMS; d++) {
		dim = &ct->dim[d];
		/* one without items has no rows, and takes part as if it had one */
		dim->n = max(dim->n, 1U);
		dim->room = dim->n;
		if (more && d < MANX_KEY_PARTS && dim->items &&
		    (dim->n > 1 || d % 2 == MANX_CLASS_HOST))
			dim->room = min(dim->n + dim->n / 4 + 2, (u32)MANX_ROW_UNKNOWN);
	}
}

static int manx_rooms_reach(struct manx_compiled *ct)
{
	struct manx_dimension *dim;
	unsigned int d;
	int err;

	for (d = 0; d < MANX_DIMS; d++) {
		dim = &ct->dim[d];
		if (!dim->items)
			continue;
		err = manx_vec_reach((void **)&dim->row, &dim->space, dim->room, sizeof(*dim->row));
		if (err)
			return err;
		ct->octets += dim->space * sizeof(*dim->row) +
			      (dim->mask + 1) * sizeof(*dim->bucket);
	}
	return 0;
}

static int manx_cells_build(struct manx_compile *k)
{
	struct manx_compiled *ct = k->ct;
	unsigned int d;
	u32 n = 1;

	for (d = 0; d < MANX_DIMS; d++) {
		if (d < MANX_KEY_PARTS && ct->split[d / 2]) {
			/* net rows behind the host rows */
			ct->stride[d] = n;
			ct->stride[d + 1] = n;
			ct->base[d / 2] = n * ct->dim[d].room;
			n *= ct->dim[d].room + ct->dim[d + 1].room;
			d++;
			continue;
		}
		ct->stride[d] = n;
		n *= ct->dim[d].room;
	}
	ct->cell = manx_compile_alloc(k, n, sizeof(*ct->cell));
	if (!ct->cell)
		return -ENOMEM;
	return manx_compile_check(k) ?: manx_cells_fill_all(ct);
}

/*
 * The vectors of rows: united, as far as there is memory for that and packets look
 * at them; else as few as a lookup wants.
 */
static int manx_merge_rows(struct manx_compile *k, bool cells)
{
	struct manx_compiled *ct = k->ct;
	u64 end = ct->octets + MANX_MERGED_BASE + (u64)MANX_MERGED_PER_RULE * ct->n_rules;
	unsigned int d;
	int err = 0;
	u32 i;

	end = min(end, k->c->max_octets - min(k->c->octets, k->c->max_octets));
	for (d = MANX_DIMS; d-- > 0 && !err;)
		for (i = 0; ct->dim[d].items && i < ct->dim[d].n && !err; i++)
			err = manx_row_merge(ct, &ct->dim[d], ct->dim[d].row[i],
					     !cells && ct->octets < end) ?:
			      manx_compile_check(k);
	return err;
}

static int manx_compile_form(struct manx_compile *k, enum manx_form form)
{
	u64 limit = MANX_CELLS_BASE + (u64)MANX_CELLS_PER_RULE * k->table->n;
	struct manx_compiled *ct = k->ct;
	unsigned int d;
	bool cells;
	int err;

	limit = form == MANX_FORM_CELLS ? MANX_CELLS_MAX : min_t(u64, limit, MANX_CELLS_LIMIT);
	for (d = 0; d < 2; d++)
		ct->split[d] = ct->side[d].n_sets && !ct->side[d].sets.not;
	manx_rooms(ct, true);
	cells = manx_cells_count(ct, MANX_DIMS, true) <= limit;
	if (!cells && form != MANX_FORM_BITS) {
		cells = manx_cells_count(ct, MANX_DIMS, false) <= limit;
		if (cells)
			manx_rooms(ct, false);
	}
	for (d = 0; d < MANX_DIMS; d++)
		if (ct->dim[d].n > 1)
			ct->needs |= BIT(d);
	cells = cells && form != MANX_FORM_BITS;
	err = manx_rooms_reach(ct) ?: manx_merge_rows(k, cells);
	return err ?: (cells ? manx_cells_build(k) : 0);
}

static int manx_compile_order(struct manx_compile *k)
{
	if (!k->table->n)
		return 0;
	k->ct->order = manx_compile_alloc(k, k->table->n, sizeof(*k->ct->order));
	return k->ct->order ? manx_order_rules(k->table, k->ct->order) : -ENOMEM;
}

static int manx_compile_logs(struct manx_compile *k)
{
	u32 i;

	for (i = 0; i < k->table->n; i++) {
		if (manx_rule_at(k, i)->action != MANX_ACTION_LOG)
			continue;
		if (!k->ct->logs)
			k->ct->logs = manx_compile_alloc(k, DIV_ROUND_UP(k->table->n, 64),
							 sizeof(*k->ct->logs));
		if (!k->ct->logs)
			return -ENOMEM;
		k->ct->logs[i / 64] |= 1ULL << i % 64;
	}
	return 0;
}

/* --- a table --- */

static void manx_items_free(struct manx_items *items)
{
	u32 i;

	for (i = 0; i < items->n; i++) {
		manx_bits_free(items->must[i]);
		if (items->not)
			manx_bits_free(items->not[i]);
		cond_resched();
	}
	kvfree(items->must);
	kvfree(items->not);
}

static void manx_dimension_free(struct manx_dimension *dim)
{
	u32 i;

	for (i = 0; dim->row && i < dim->n; i++) {
		manx_row_free(dim->row[i]);
		cond_resched();
	}
	kvfree(dim->row);
	kvfree(dim->bucket);
}

static void manx_rowmap_free(struct manx_rowmap *map)
{
	u32 i;

	for (i = 0; map && i < map->n; i++)
		kfree(map->page[i]);
	kfree(map);
}

void manx_compiled_free(struct manx_compiled *ct)
{
	unsigned int i;

	if (!ct)
		return;
	for (i = 0; i < MANX_DIMS; i++)
		manx_dimension_free(&ct->dim[i]);
	for (i = 0; i < MANX_KEY_PARTS; i++)
		manx_rowmap_free(rcu_dereference_protected(ct->map[i], true));
	for (i = 0; i < 2; i++) {
		kvfree(ct->side[i].set);
		manx_items_free(&ct->side[i].sets);
		manx_items_free(&ct->side[i].nets);
		manx_lpm_free(&ct->side[i].lpm);
		manx_items_free(&ct->kinds[i]);
		manx_ports_free(ct->ports[i]);
	}
	kvfree(ct->order);
	kvfree(ct->logs);
	kvfree(ct->cell);
	kfree(ct);
}

static int manx_compile_all(struct manx_compile *k, enum manx_form form)
{
	unsigned int s;
	int err;

	err = manx_compile_order(k) ?: manx_compile_logs(k);
	for (s = 0; s < 2 && !err; s++)
		err = manx_compile_sets(k, s) ?: manx_compile_nets(k, s) ?:
		      manx_compile_ports(k, s);
	for (s = 0; s < 2 && !err; s++)
		err = manx_compile_classes(k, s);
	return err ?: manx_compile_form(k, form) ?: manx_compile_check(k);
}

static void manx_compile_refuse(const struct manx_compile *k, int err)
{
	if (err == -ENOMEM)
		NL_SET_ERR_MSG_FMT(k->extack, "table %.40s: out of memory", k->table->name->s);
	else if (err == -ENOSPC)
		NL_SET_ERR_MSG_FMT(k->extack, "table %.40s: compiled, it would take more memory than is allowed",
				   k->table->name->s);
}

static struct manx_compiled *manx_compile(struct manx_classes *c, const struct manx_table *table,
					  enum manx_form form, struct netlink_ext_ack *extack)
{
	struct manx_compile k = { .c = c, .table = table, .extack = extack };
	int err;

	k.ct = kzalloc(sizeof(*k.ct), GFP_KERNEL_ACCOUNT);
	if (!k.ct) {
		manx_compile_refuse(&k, -ENOMEM);
		return ERR_PTR(-ENOMEM);
	}
	k.ct->octets = sizeof(*k.ct);
	k.ct->n_rules = table->n;
	k.ct->n_blocks = manx_bits_blocks(table->n);
	INIT_LIST_HEAD(&k.ct->retired);
	err = manx_compile_all(&k, form);
	manx_vec_free(&k.pair[MANX_MUST]);
	manx_vec_free(&k.pair[MANX_MUST_NOT]);
	manx_vec_free(&k.list);
	if (!err)
		return k.ct;
	manx_compile_refuse(&k, err);
	manx_compiled_free(k.ct);
	return ERR_PTR(err);
}

/* --- binding --- */

static void manx_binding_free(struct manx_classes *c, struct manx_binding *binding, u32 n)
{
	u32 i;

	for (i = 0; i < n; i++) {
		hlist_del(&binding->set[i].node);
		manx_set_use_put(c, binding->set[i].set);
	}
	list_del(&binding->stale);
	kvfree(binding);
}

static struct manx_binding *manx_binding_new(struct manx_classes *c, struct manx_table *table,
					     const struct manx_compiled *ct, enum manx_form form)
{
	u32 n = ct->side[0].n_sets + ct->side[1].n_sets, i;
	struct manx_binding *binding;
	struct manx_set_use *use;

	binding = kvzalloc(struct_size(binding, set, n), GFP_KERNEL_ACCOUNT);
	if (!binding)
		return NULL;
	binding->table = table;
	binding->form = form;
	binding->n = n;
	INIT_LIST_HEAD(&binding->stale);
	for (i = 0; i < n; i++) {
		struct manx_binding_set *bs = &binding->set[i];

		bs->binding = binding;
		bs->side = i >= ct->side[0].n_sets;
		bs->set = ct->side[bs->side].set[bs->side ? i - ct->side[0].n_sets : i];
		use = manx_set_use_get(c, bs->set, true);
		if (!use) {
			manx_binding_free(c, binding, i);
			return NULL;
		}
		hlist_add_head(&bs->node, &use->tables);
	}
	return binding;
}

static u64 manx_binding_octets(const struct manx_binding *binding)
{
	return struct_size(binding, set, binding->n);
}

int manx_table_compile_as(struct manx_classes *c, struct manx_table *table, enum manx_form form,
			  struct netlink_ext_ack *extack)
{
	struct manx_compiled *ct = manx_compile(c, table, form, extack);

	if (IS_ERR(ct))
		return PTR_ERR(ct);
	ct->binding = manx_binding_new(c, table, ct, form);
	if (!ct->binding) {
		manx_compiled_free(ct);
		NL_SET_ERR_MSG_FMT(extack, "table %.40s: out of memory", table->name->s);
		return -ENOMEM;
	}
	c->octets += ct->octets + manx_binding_octets(ct->binding);
	rcu_assign_pointer(table->compiled, ct);
	return 0;
}

int manx_table_compile(struct manx_classes *c, struct manx_table *table,
		       struct netlink_ext_ack *extack)
{
	return manx_table_compile_as(c, table, MANX_FORM_SMALLEST, extack);
}

static struct manx_compiled *manx_table_compiled(const struct manx_table *table)
{
	/* under the writers' lock */
	return rcu_dereference_protected(table->compiled, true);
}

int manx_table_recompile(struct manx_classes *c, struct manx_binding *binding)
{
	struct manx_compiled *old = manx_table_compiled(binding->table);
	struct manx_compiled *ct = manx_compile(c, binding->table, binding->form, NULL);

	if (IS_ERR(ct))
		return PTR_ERR(ct);
	ct->binding = binding;
	c->octets += ct->octets;
	rcu_assign_pointer(binding->table->compiled, ct);
	old->cookie = start_poll_synchronize_rcu();
	list_add_tail(&old->retired, &c->retired);
	return 0;
}

void manx_table_release(struct manx_classes *c, struct manx_table *table)
{
	struct manx_compiled *ct = manx_table_compiled(table);

	if (!ct)
		return;
	RCU_INIT_POINTER(table->compiled, NULL);
	c->octets -= ct->octets + manx_binding_octets(ct->binding);
	manx_binding_free(c, ct->binding, ct->binding->n);
	manx_compiled_free(ct);
}

/* For readers: what they see may be replaced, but not go. */
static const struct manx_compiled *manx_table_read(const struct manx_table *table)
{
	return rcu_dereference_check(table->compiled, true);
}

u32 manx_table_form(const struct manx_table *table)
{
	return manx_table_read(table)->cell ? MANX_TABLE_FORM_CELLS :
						  MANX_TABLE_FORM_BIT_VECTORS;
}

u64 manx_table_octets(const struct manx_table *table)
{
	const struct manx_compiled *ct = manx_table_read(table);

	return READ_ONCE(ct->octets) + manx_binding_octets(ct->binding);
}
