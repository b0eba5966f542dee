/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The compiled form of a table: made by compile.c, read by lookup.c, whose head
 * explains it, and extended by rows.c.
 */
#ifndef _MANX_ENGINE_COMPILED_H
#define _MANX_ENGINE_COMPILED_H

#include <linux/list.h>
#include <linux/rcupdate.h>
#include <linux/types.h>

#include "bits.h"
#include "lookup.h"
#include "lpm.h"
#include "ports.h"

/* What the verdict depends on; the first ones are those of &enum manx_key_part. */
enum manx_dim {
	MANX_DIM_SRC_NETS = MANX_KEY_PARTS,
	MANX_DIM_DST_NETS,
	MANX_DIM_SERVICE,
	MANX_DIM_SOURCE_PORT,
	MANX_DIMS,
};

/* An entry of a row map: the class has no row yet. */
#define MANX_ROW_UNKNOWN U16_MAX

/* classes in a page of a row map */
#define MANX_ROWMAP_PAGE 64

/*
 * A cell is twice the index of the deciding rule, and this if rules "log" match
 * before it.
 */
#define MANX_CELL_LOGS BIT(0)

/* vectors of a row: what does not fit is united in the last of them */
#define MANX_ROW_VECTORS 4

/*
 * A class may be unknown if the list of its sets, or that of the table's sets, is
 * no longer than this: so many vectors of items take the place of a row's.
 */
#define MANX_UNKNOWN_SETS 8U

/**
 * struct manx_items - what rules ask for in one dimension: sets, say
 * @n: number of items
 * @must: rules that name an item, [0]: those that name none, which all rows have
 * @not: rules that name an item in a negation
 */
struct manx_items {
	u32 n;
	struct manx_bits **must;
	struct manx_bits **not;
};

/**
 * struct manx_union - a union of vectors, as far as possible made beforehand
 * @n: number of @vector
 * @own: the last one is a union of several items' and belongs to the row
 * @vector: not NULL
 */
struct manx_union {
	u32 n;
	bool own;
	struct manx_bits *vector[MANX_ROW_VECTORS];
};

/**
 * struct manx_row - items that an address or a port has
 * @n: number of items
 * @hash: of them
 * @next: next row in its bucket, index + 1; 0: none
 * @any: item 0 is one of them, and some rule names it: a vector besides
 * @must: rules that name one of the other items
 * @not: rules that name one of the items in a negation
 * @blocks: bit i is set if a word of @summary is not zero of which the number is
 *	i modulo 64
 * @summary: of all rules that name an item, a word for each block; numbers of the
 *	items, ascending, follow
 */
struct manx_row {
	u32 n;
	u32 hash;
	u32 next;
	bool any;
	struct manx_union must;
	struct manx_union not;
	u64 blocks;
	u64 summary[];
};

/**
 * struct manx_dimension - rows of one dimension
 * @n: number of @row
 * @room: rows that the cells have space for; rows are added up to this
 * @space: rows that @row has space for
 * @row: by number
 * @bucket: hash table of rows, index + 1
 * @mask: length of @bucket less one
 * @items: what the rows list; NULL if no rule asks for the dimension
 */
struct manx_dimension {
	u32 n;
	u32 room;
	u32 space;
	struct manx_row **row;
	u32 *bucket;
	u32 mask;
	struct manx_items *items;
};

/**
 * struct manx_rowmap - class -> row
 * @rcu: to free it when a longer one has replaced it
 * @n: number of @page; further classes have row 0
 * @page: MANX_ROWMAP_PAGE entries each; row 0 for all if NULL
 */
struct manx_rowmap {
	struct rcu_head rcu;
	u32 n;
	u16 *page[];
};

/**
 * struct manx_side - source or destination
 * @set: ids of the sets that rules name, ascending; that of item i + 1
 * @n_sets: number of @set
 * @sets: items of host and net rows: sets
 * @nets: items of the rows of nets in the rules themselves: groups of prefixes
 *	that the same rules name
 * @lpm: prefix -> row of MANX_DIM_*_NETS
 */
struct manx_side {
	u32 *set;
	u32 n_sets;
	struct manx_items sets;
	struct manx_items nets;
	struct manx_lpm lpm;
};

/**
 * struct manx_compiled - compiled form of a table
 * @needs: dimensions that have more than row 0, bit for each
 * @n_rules: number of rules
 * @n_blocks: words of a summary
 * @order: index of the rule that each bit of the vectors stands for; see order.h
 * @stride: distance of two rows of a dimension in @cell
 * @split: of a side, whether host and net rows have cells of their own, instead
 *	of one for each pair
 * @base: of a side, if @split: where the cells of net row 0 begin
 * @cell: by the sum of row times stride; NULL for bit vectors
 * @logs: bit for each rule "log", in @order; NULL if there is none
 * @map: class -> row, by &enum manx_key_part
 * @side: source, destination
 * @ports: service and source port
 * @dim: rows
 * @kinds: items of services and of source ports: kinds of conditions
 * @binding: of the table
 * @octets: memory
 * @retired: in &manx_classes.retired
 * @cookie: grace period after which it can be freed, if retired
 *
 * Packets reach it by &manx_table.compiled under RCU. All is constant for them,
 * but under the writers' lock rows.c adds rows within @room, and then entries of
 * @map that name them: a packet that meets such an entry finds the row and its
 * cells written (release and address dependency).
 */
struct manx_compiled {
	u32 needs;
	u32 n_rules;
	u32 n_blocks;
	u32 *order;
	u32 stride[MANX_DIMS];
	bool split[2];
	u32 base[2];
	u32 *cell;
	u64 *logs;
	struct manx_rowmap __rcu *map[MANX_KEY_PARTS];
	struct manx_dimension dim[MANX_DIMS];
	struct manx_ports *ports[2];
	struct manx_side side[2];
	struct manx_items kinds[2];
	struct manx_binding *binding;
	u64 octets;
	struct list_head retired;
	unsigned long cookie;
};

/**
 * struct manx_binding_set - a set that a table uses
 * @node: in &manx_set_use.tables
 * @binding: of the table
 * @set: id
 * @side: 0 source, 1 destination
 */
struct manx_binding_set {
	struct hlist_node node;
	struct manx_binding *binding;
	u32 set;
	u32 side;
};

/**
 * struct manx_binding - how a table learns of classes; as long as it is compiled
 * @table: the table
 * @stale: in &manx_classes.stale if it has classes without row
 * @form: how it was asked to be compiled
 * @n: number of @set
 * @set: sets that it uses
 */
struct manx_binding {
	struct manx_table *table;
	struct list_head stale;
	u32 form;
	u32 n;
	struct manx_binding_set set[];
};

/* numbers of the items of a row */
static inline u32 *manx_row_items(const struct manx_compiled *ct, const struct manx_row *row)
{
	return (u32 *)(row->summary + ct->n_blocks);
}

/**
 * manx_side_find() - item of a set
 * @side: side of a compiled table
 * @set: id
 *
 * Return: 0 if no rule names the set.
 */
static inline u32 manx_side_find(const struct manx_side *side, u32 set)
{
	u32 lo = 0, hi = side->n_sets;

	while (lo < hi) {
		u32 mid = lo + (hi - lo) / 2;

		if (side->set[mid] < set)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < side->n_sets && side->set[lo] == set ? lo + 1 : 0;
}

/**
 * struct manx_word - 64 rules
 * @rules: bit for each that matches
 * @at: number of the word: of the first bit / 64
 */
struct manx_word {
	u64 rules;
	u32 at;
};

/**
 * struct manx_first - the first rules that match, of those that were looked at
 * @rule: the one that decides, %U32_MAX if there is none
 * @log: rule "log", %U32_MAX if there is none
 */
struct manx_first {
	u32 rule;
	u32 log;
};

/**
 * manx_first_in() - take account of 64 rules
 * @ct: compiled table
 * @first: updated
 * @at: number of the word
 * @rules: bit for each that matches
 *
 * Rules of a block stand in any order, but those of a word in theirs.
 */
static __always_inline void manx_first_in(const struct manx_compiled *ct, struct manx_first *first,
					  u32 at, u64 rules)
{
	const u32 *order = ct->order + at * 64;
	u64 logs = ct->logs ? rules & ct->logs[at] : 0;

	if (unlikely(logs)) {
		first->log = min(first->log, order[__ffs64(logs)]);
		rules &= ~logs;
	}
	if (rules)
		first->rule = min(first->rule, order[__ffs64(rules)]);
}

/**
 * manx_rows_words() - the rules that match a combination of rows
 * @ct: compiled table
 * @row: number of the row in each dimension
 * @nets: bit for each side that is split, of which the net row is meant and not
 *	the host row
 * @except: a dimension behind those of classes that is left out, or %MANX_DIMS
 * @word: filled with the words that are not zero, ascending; as many as the
 *	summaries have bits
 *
 * Context: writers' lock held.
 * Return: number of words.
 */
u32 manx_rows_words(const struct manx_compiled *ct, const u32 row[MANX_DIMS], u32 nets,
		    unsigned int except, struct manx_word *word);

/**
 * manx_dim_word() - the rules that match a row of one dimension
 * @ct: compiled table
 * @dim: dimension behind those of classes
 * @row: number of the row
 * @at: number of the word
 *
 * Context: writers' lock held.
 * Return: bit for each of 64 rules.
 */
u64 manx_dim_word(const struct manx_compiled *ct, unsigned int dim, u32 row, u32 at);

#endif /* _MANX_ENGINE_COMPILED_H */
