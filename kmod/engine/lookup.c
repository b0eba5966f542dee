// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lookup: the rule of a compiled table that decides about a packet.
 *
 * DOC: Theory of operation
 *
 * The first rule of a table that matches a packet is to be found in a time that
 * does not depend on the number of rules. No algorithm does that for all rules:
 * point location among n overlapping boxes in d > 3 dimensions takes either
 * O(log n) time and O(n^d) memory or O(log^(d-1) n) time and O(n) memory
 * (Overmars & van der Stappen 1996, in Gupta & McKeown 2001). What makes it
 * possible is that rules repeat themselves: thousands of them name a few hundred
 * combinations of sets and a few dozen ports. So a packet is reduced step by
 * step to what the rules can tell apart, and only that is looked up: recursive
 * flow classification (Gupta & McKeown 1999), with sets in place of bits of the
 * header.
 *
 * 1. Addresses to classes, once a packet and for all tables.
 *
 * ::
 *
 *	10.1.0.7 --- hash trie ---> host class 5 = { front, prod }
 *		 \-- longest match -> net class 9 = { internal }
 *
 * A class is the interned list of sets that an address is in. Hosts and prefixes
 * are looked up apart and their classes never merged: so a host member is one
 * update whatever prefixes cover it, and a prefix one for each prefix within it.
 *
 * 2. Classes, nets and ports to rows, for each table.
 *
 * Each table has eight dimensions: host and net row of the source, a row of its
 * own for nets that rules name without a set, the same for the destination, the
 * service (family, protocol, destination port or ICMP type and code), and the
 * source port. A row is the list of those items, sets for example, that some
 * rule of the table names. A dimension that no rule asks for has one row, is not
 * looked up at all, and costs nothing.
 *
 * ::
 *
 *	host class 5 --- row map of the table ---> row 2 = { front }
 *	tcp 8443 --- pages of the table ---> row 1 = { tcp }
 *
 * 3. Rows to the deciding rule, in one of two forms.
 *
 * Cells: if the product of the numbers of rows is small enough, there is an array
 * with an element for each combination, the index of the deciding rule. The
 * lookup is one load. A bit in the cell says that rules "log" may match before
 * it; then, and only then, the second form is used to name them.
 *
 * Host rows and net rows of a side need no cell for each pair, unless rules have
 * sets in negations: what an address matches is what its host row matches or its
 * net row matches, so the first rule is the lower one of two. Each kind of row
 * has cells of its own then, the sizes are added and not multiplied, and only an
 * address that is in nets which the table names costs a second load.
 *
 * Bit vectors: each item has a vector with a bit for each rule that names it
 * (Lakshman & Stiliadis 1998). A rule matches in a dimension if it names an item
 * of the packet's row, or none at all, and none in a negation:
 *
 * ::
 *
 *	(any | must[item] | must[item]...) & ~(not[item] | not[item]...)
 *
 * and the first bit of the conjunction of all dimensions is the first rule that
 * matches. The vectors are compressed and aggregated (Baboescu & Varghese
 * 2001): a word of 64 bits summarises 4096 rules, a bit for each 64 of them, and
 * only where the conjunction of the summaries has a bit are words looked at. Each
 * row has the summary of its union ready. A rule stands once for each item that
 * it names, so memory is linear in the rules, where vectors for each interval of
 * each dimension would take the square; unions are kept ready as well as far as
 * a bound on memory allows, and else made on the way, word by word.
 * A negation cannot clear a bit of a summary, since it says nothing about the
 * rest of the 64 rules.
 *
 * The cells are computed from the bit vectors: both forms give the same answers
 * because there is one definition of them.
 *
 * Classes without row
 *
 * A new combination of sets is a class that no table knows. A commit makes rows
 * for a few; in the others' row maps it writes "unknown" before the class can be
 * seen. A packet that meets it takes the vectors of the sets that are both in
 * the class's list and in the table's: the same answer, in a time bounded by the
 * shorter list. It writes nothing: packets do not make structure, or a sender
 * could decide how much of it there is. A worker makes the rows later. A table
 * has room for some rows more than it needed when it was compiled; when they are
 * used up it is compiled again.
 *
 * Bounds
 *
 * A lookup takes two lookups of addresses for each side, at most one longest
 * match more for each side, and either one load or a walk over rules / 4096 words
 * of each summary and those words of 64 rules that are not ruled out by them. It
 * neither allocates nor locks.
 *
 * Locking and lifetime
 *
 * All that changes anything runs under the writers' lock of the namespace.
 * Packets hold the RCU read lock from the ruleset on.
 *
 * - &struct manx_addresses is part of a ruleset and never changes.
 * - A class is named by entries of addresses. Its references are counted, and
 *   those of entries that a commit replaced are dropped a grace period later; so
 *   a class that a packet has found in its version stays, as does its number.
 * - &manx_table.compiled is replaced by RCU. Other than that, rows.c adds rows,
 *   their cells and then, with release semantics, the entry of the row map, from
 *   which a packet comes to the row by an address dependency. Entries of a class
 *   are written before the commit that makes it visible, by the same writer; so
 *   a packet that has the class, which it found by a pointer published later,
 *   finds them.
 * - An entry of a row map is cleared when its class is freed, when no packet has
 *   its number any more.
 *
 * Sources
 *
 * Lakshman & Stiliadis: High-speed policy-based packet forwarding using efficient
 * multi-dimensional range matching, SIGCOMM 1998.
 * Gupta & McKeown: Packet classification on multiple fields, SIGCOMM 1999;
 * Algorithms for packet classification, IEEE Network 2001.
 * Baboescu & Varghese: Scalable packet classification, SIGCOMM 2001.
 */
#include "lookup.h"

#include "address.h"
#include "compiled.h"
#include "ruleset.h"

/* Groups of dimensions: those of one are united, groups are intersected. */
enum manx_group {
	MANX_GROUP_SRC_SETS,
	MANX_GROUP_DST_SETS,
	MANX_GROUP_SRC_NETS,
	MANX_GROUP_DST_NETS,
	MANX_GROUP_SERVICE,
	MANX_GROUP_SOURCE_PORT,
	MANX_GROUPS,
};

/**
 * struct manx_term - one group of a conjunction
 * @row: rows to unite
 * @class: classes to unite that have no row, or NULL
 * @items: what the rows list
 * @side: for classes without row
 */
struct manx_term {
	const struct manx_row *row[2];
	const struct manx_class *class[2];
	const struct manx_items *items;
	const struct manx_side *side;
};

/**
 * struct manx_terms - a conjunction
 * @n: number of @term
 * @term: groups that the table's rules ask for
 */
struct manx_terms {
	u32 n;
	struct manx_term term[MANX_GROUPS];
};

/* --- bit vectors --- */

/* The next item from @i on of a class without row; 0: none. */
static u32 manx_class_item(const struct manx_side *side, const struct manx_class *class, u32 *i)
{
	u32 item;

	if (class->n <= side->n_sets) {
		while (*i < class->n) {
			item = manx_side_find(side, class->member[(*i)++].set);
			if (item)
				return item;
		}
		return 0;
	}
	for (; *i < side->n_sets; ++*i)
		if (manx_class_has(class, side->set[*i]))
			return ++*i;
	return 0;
}

static noinline u64 manx_class_summary(const struct manx_term *t, unsigned int which, u32 block)
{
	u32 i = 0, item;
	u64 s = 0;

	while ((item = manx_class_item(t->side, t->class[which], &i)))
		s |= manx_bits_summary(t->items->must[item], block);
	return s;
}

static noinline void manx_class_word(const struct manx_term *t, unsigned int which, u32 block,
				     u32 i, u64 *must, u64 *not)
{
	u32 k = 0, item;

	while ((item = manx_class_item(t->side, t->class[which], &k))) {
		*must |= manx_bits_word(t->items->must[item], block, i);
		if (t->items->not)
			*not |= manx_bits_word(t->items->not[item], block, i);
	}
}

static u64 manx_terms_summary(const struct manx_terms *ts, u32 block)
{
	u64 s = ~0ULL, one;
	u32 i;

	for (i = 0; i < ts->n && s; i++) {
		const struct manx_term *t = &ts->term[i];

		one = t->row[0]->summary[block];
		if (t->row[1])
			one |= t->row[1]->summary[block];
		if (unlikely(t->class[0]))
			one |= manx_class_summary(t, 0, block);
		if (unlikely(t->class[1]))
			one |= manx_class_summary(t, 1, block);
		s &= one;
	}
	return s;
}

static void manx_row_word(const struct manx_compiled *ct, const struct manx_row *row,
			  const struct manx_items *items, u32 block, u32 i, u64 *must, u64 *not)
{
	const u32 *item = manx_row_items(ct, row);
	u32 k;

	if (row->merged)
		*must |= manx_bits_word(row->vector, block, i);
	else
		for (k = 0; k < row->n; k++)
			*must |= manx_bits_word(items->must[item[k]], block, i);
	if (!items->not)
		return;
	for (k = 0; k < row->n; k++)
		*not |= manx_bits_word(items->not[item[k]], block, i);
}

static u64 manx_terms_word(const struct manx_compiled *ct, const struct manx_terms *ts, u32 block,
			   u32 i)
{
	u64 w = ~0ULL;
	u32 k;

	for (k = 0; k < ts->n && w; k++) {
		const struct manx_term *t = &ts->term[k];
		u64 must = 0, not = 0;

		manx_row_word(ct, t->row[0], t->items, block, i, &must, &not);
		if (t->row[1])
			manx_row_word(ct, t->row[1], t->items, block, i, &must, &not);
		if (unlikely(t->class[0]))
			manx_class_word(t, 0, block, i, &must, &not);
		if (unlikely(t->class[1]))
			manx_class_word(t, 1, block, i, &must, &not);
		w &= must & ~not;
	}
	return w;
}

/* Bits of a summary, or of a word, that stand for @from and what follows. */
static u64 manx_from(u32 from, u32 unit)
{
	return ~0ULL << (from / unit % 64);
}

static u32 manx_mixed_next(const struct manx_compiled *ct, const struct manx_terms *ts, u32 from)
{
	u32 first = from / MANX_BITS_BLOCK, block, i;
	u64 s, w;

	for (block = first; block < ct->n_blocks; block++) {
		s = manx_terms_summary(ts, block);
		if (block == first)
			s &= manx_from(from, 64);
		for (; s; s &= s - 1) {
			i = __ffs64(s);
			w = manx_terms_word(ct, ts, block, i);
			if (block * 64 + i == from / 64)
				w &= manx_from(from, 1);
			if (w)
				return block * MANX_BITS_BLOCK + i * 64 + __ffs64(w);
		}
	}
	return ct->n_rules;
}

/*
 * Is each group one vector? Then its summary is exact, and where all have a bit
 * all have a word.
 */
static bool manx_terms_plain(const struct manx_terms *ts, const struct manx_bits **vector)
{
	u32 i;

	for (i = 0; i < ts->n; i++) {
		const struct manx_term *t = &ts->term[i];

		if (!t->row[0]->merged || (t->row[1] && t->row[1]->n) || t->class[0] ||
		    t->class[1] || t->items->not)
			return false;
		vector[i] = t->row[0]->vector;
	}
	return true;
}

static u64 manx_plain_summary(const struct manx_bits *const *vector, u32 n, u32 block)
{
	u64 s = vector[0]->block[block].summary;
	u32 i;

	for (i = 1; i < n && s; i++)
		s &= vector[i]->block[block].summary;
	return s;
}

/* @below: the bits of a summary below that of the word */
static u64 manx_plain_word(const struct manx_bits *const *vector, u32 n, u32 block, u64 below)
{
	const struct manx_bits_block *b;
	u64 w = ~0ULL;
	u32 i;

	for (i = 0; i < n && w; i++) {
		b = &vector[i]->block[block];
		w &= ((const u64 *)vector[i]->block)[b->first + hweight64(b->summary & below)];
	}
	return w;
}

static u32 manx_plain_next(const struct manx_compiled *ct, const struct manx_bits *const *vector,
			   u32 n, u32 from)
{
	u32 first = from / MANX_BITS_BLOCK, block, i;
	u64 s, w;

	for (i = 0; i < n; i++)
		if (!vector[i])
			return ct->n_rules;
	for (block = first; block < ct->n_blocks; block++) {
		s = manx_plain_summary(vector, n, block);
		if (block == first)
			s &= manx_from(from, 64);
		for (; s; s &= s - 1) {
			w = manx_plain_word(vector, n, block, (s & -s) - 1);
			if (!w)
				continue;
			i = __ffs64(s);
			if (block * 64 + i == from / 64)
				w &= manx_from(from, 1);
			if (w)
				return block * MANX_BITS_BLOCK + i * 64 + __ffs64(w);
		}
	}
	return ct->n_rules;
}

/* The first rule from @from on that matches, or the number of rules. */
static u32 manx_terms_next(const struct manx_compiled *ct, const struct manx_terms *ts, u32 from)
{
	const struct manx_bits *vector[MANX_GROUPS];

	if (!ts->n)
		return from;
	if (manx_terms_plain(ts, vector))
		return manx_plain_next(ct, vector, ts->n, from);
	return manx_mixed_next(ct, ts, from);
}

static bool manx_is_log(const struct manx_compiled *ct, u32 rule)
{
	return ct->logs && rule < ct->n_rules && test_bit(rule, ct->logs);
}

static struct manx_found manx_terms_find(const struct manx_compiled *ct,
					 const struct manx_terms *ts)
{
	struct manx_found found = { .rule = manx_terms_next(ct, ts, 0) };

	while (manx_is_log(ct, found.rule)) {
		found.logs = true;
		found.rule = manx_terms_next(ct, ts, found.rule + 1);
	}
	return found;
}

/* --- rows to terms --- */

static struct manx_term *manx_terms_add(const struct manx_compiled *ct, struct manx_terms *ts,
					unsigned int dim, u32 row)
{
	struct manx_term *t = &ts->term[ts->n++];

	t->row[0] = ct->dim[dim].row[row];
	t->row[1] = NULL;
	t->class[0] = NULL;
	t->class[1] = NULL;
	t->items = ct->dim[dim].items;
	return t;
}

/* The groups that the table asks for, but that of @except, by rows that are known. */
static void manx_terms_init(const struct manx_compiled *ct, const u32 row[MANX_DIMS],
			    unsigned int except, struct manx_terms *ts)
{
	unsigned int dim;

	ts->n = 0;
	for (dim = 0; dim < MANX_DIMS; dim++) {
		if (!ct->dim[dim].items || dim == except)
			continue;
		if (dim == MANX_KEY_SRC_NET || dim == MANX_KEY_DST_NET)
			ts->term[ts->n - 1].row[1] = ct->dim[dim].row[row[dim]];
		else
			manx_terms_add(ct, ts, dim, row[dim])->side = &ct->side[dim / 2 & 1];
	}
}

/* --- for the cells --- */

static u32 manx_terms_words(const struct manx_compiled *ct, const struct manx_terms *ts,
			    struct manx_word *word)
{
	u32 block, i, n = 0;
	u64 s;

	for (block = 0; block < ct->n_blocks; block++) {
		for (s = manx_terms_summary(ts, block); s; s &= s - 1) {
			i = __ffs64(s);
			word[n].rules = manx_terms_word(ct, ts, block, i);
			word[n].at = block * 64 + i;
			n += !!word[n].rules;
		}
	}
	return n;
}

/* Without any condition. */
static u32 manx_all_words(const struct manx_compiled *ct, struct manx_word *word)
{
	u32 i, n = DIV_ROUND_UP(ct->n_rules, 64);

	for (i = 0; i < n; i++)
		word[i] = (struct manx_word){ ~0ULL, i };
	if (ct->n_rules % 64)
		word[n - 1].rules = (1ULL << ct->n_rules % 64) - 1;
	return n;
}

u32 manx_rows_words(const struct manx_compiled *ct, const u32 row[MANX_DIMS], u32 nets,
		    unsigned int except, struct manx_word *word)
{
	struct manx_terms ts;
	unsigned int s, i;

	manx_terms_init(ct, row, except, &ts);
	for (s = 0, i = 0; s < 2; s++) {
		if (!ct->dim[s * 2].items)
			continue;
		if (nets & BIT(s))
			ts.term[i].row[0] = ts.term[i].row[1];
		if (ct->split[s])
			ts.term[i].row[1] = NULL;
		i++;
	}
	return ts.n ? manx_terms_words(ct, &ts, word) : manx_all_words(ct, word);
}

u64 manx_dim_word(const struct manx_compiled *ct, unsigned int dim, u32 row, u32 at)
{
	u64 must = 0, not = 0;

	manx_row_word(ct, ct->dim[dim].row[row], ct->dim[dim].items, at / 64, at % 64, &must, &not);
	return must & ~not;
}

/* --- packets to rows --- */

static noinline void manx_key_fetch(struct manx_key *key, unsigned int part)
{
	const union nf_inet_addr *addr = part < MANX_KEY_DST_HOST ? &key->p->src : &key->p->dst;

	key->class[part] = part % 2 == MANX_CLASS_HOST ?
			   manx_addresses_host(key->addresses, key->p->family, addr) :
			   manx_addresses_net(key->addresses, key->p->family, addr);
	key->has |= BIT(part);
}

static __always_inline u32 manx_class_row(const struct manx_compiled *ct, struct manx_key *key,
					  unsigned int part)
{
	const struct manx_rowmap *map = rcu_dereference(ct->map[part]);
	const u16 *page;
	u32 class;

	if (!(key->has & BIT(part)))
		manx_key_fetch(key, part);
	class = key->class[part];
	if (!map || class / MANX_ROWMAP_PAGE >= map->n)
		return 0;
	page = READ_ONCE(map->page[class / MANX_ROWMAP_PAGE]);
	return page ? READ_ONCE(page[class % MANX_ROWMAP_PAGE]) : 0;
}

static __always_inline u32 manx_packet_row(const struct manx_compiled *ct,
					   const struct manx_packet *p, unsigned int dim)
{
	switch (dim) {
	case MANX_DIM_SRC_NETS:
		return manx_lpm_get(&ct->side[0].lpm, p->family, &p->src);
	case MANX_DIM_DST_NETS:
		return manx_lpm_get(&ct->side[1].lpm, p->family, &p->dst);
	default:
		return manx_ports_get(ct->ports[dim - MANX_DIM_SERVICE], p,
				      dim == MANX_DIM_SOURCE_PORT);
	}
}

/* All groups of a packet, classes without row as such. */
static noinline void manx_key_terms(const struct manx_compiled *ct, struct manx_key *key,
				    struct manx_terms *ts)
{
	const struct manx_class *unknown[MANX_KEY_PARTS] = {};
	u32 needs = READ_ONCE(ct->needs), row[MANX_DIMS] = {};
	unsigned int dim, i;

	for (dim = 0; dim < MANX_DIMS; dim++) {
		if (needs & BIT(dim))
			row[dim] = dim < MANX_KEY_PARTS ? manx_class_row(ct, key, dim) :
							  manx_packet_row(ct, key->p, dim);
		if (dim < MANX_KEY_PARTS && row[dim] == MANX_ROW_UNKNOWN) {
			unknown[dim] = manx_class_find(key->classes, key->class[dim]);
			row[dim] = 0;
		}
	}
	manx_terms_init(ct, row, MANX_DIMS, ts);
	for (i = 0, dim = 0; dim < MANX_KEY_PARTS; dim += 2) {
		if (!ct->dim[dim].items)
			continue;
		ts->term[i].class[0] = unknown[dim];
		ts->term[i++].class[1] = unknown[dim + 1];
	}
}

static noinline struct manx_found manx_key_find(const struct manx_compiled *ct,
						struct manx_key *key)
{
	struct manx_terms ts;

	manx_key_terms(ct, key, &ts);
	return manx_terms_find(ct, &ts);
}

/**
 * struct manx_coordinate - what the rows of a side add to the index of the cell
 * @host: of the host row; or of host and net row, if the side is not split
 * @net: of the net row if the side is split and any rule names it, else 0
 */
struct manx_coordinate {
	u32 host;
	u32 net;
};

/* False if a class has no row. */
static __always_inline bool manx_cell_side(const struct manx_compiled *ct, struct manx_key *key,
					   u32 needs, unsigned int s, struct manx_coordinate *at)
{
	unsigned int host = s * 2, net = s * 2 + 1;
	u32 row;

	at->host = 0;
	at->net = 0;
	if (!(needs & (BIT(host) | BIT(net))))
		return true;
	if (needs & BIT(host)) {
		row = manx_class_row(ct, key, host);
		if (unlikely(row == MANX_ROW_UNKNOWN))
			return false;
		at->host = row * ct->stride[host];
	}
	if (needs & BIT(net)) {
		row = manx_class_row(ct, key, net);
		if (unlikely(row == MANX_ROW_UNKNOWN))
			return false;
		if (!ct->split[s])
			at->host += row * ct->stride[net];
		else if (row)
			at->net = ct->base[s] + row * ct->stride[net];
	}
	return true;
}

static __always_inline u32 manx_cell_rest(const struct manx_compiled *ct, struct manx_key *key,
					  u32 needs, unsigned int dim)
{
	return needs & BIT(dim) ? manx_packet_row(ct, key->p, dim) * ct->stride[dim] : 0;
}

/* The lower rule of two cells; "log" of the other one may be too much. */
static u32 manx_cell_min(u32 a, u32 b)
{
	return min(a & ~MANX_CELL_LOGS, b & ~MANX_CELL_LOGS) | ((a | b) & MANX_CELL_LOGS);
}

/* The cells of the net rows besides, where the address has one. */
static noinline u32 manx_cell_nets(const u32 *cell, const struct manx_coordinate *src,
				   const struct manx_coordinate *dst, u32 v)
{
	if (src->net)
		v = manx_cell_min(v, READ_ONCE(cell[src->net + dst->host]));
	if (dst->net)
		v = manx_cell_min(v, READ_ONCE(cell[src->host + dst->net]));
	if (src->net && dst->net)
		v = manx_cell_min(v, READ_ONCE(cell[src->net + dst->net]));
	return v;
}

struct manx_found manx_table_find(const struct manx_table *table, struct manx_key *key)
{
	const struct manx_compiled *ct = rcu_dereference(table->compiled);
	struct manx_coordinate src, dst;
	u32 needs = READ_ONCE(ct->needs), v;
	const u32 *cell = ct->cell;

	if (!cell || !manx_cell_side(ct, key, needs, 0, &src) ||
	    !manx_cell_side(ct, key, needs, 1, &dst))
		return manx_key_find(ct, key);
	cell += manx_cell_rest(ct, key, needs, MANX_DIM_SERVICE);
	if (needs & (BIT(MANX_DIM_SRC_NETS) | BIT(MANX_DIM_DST_NETS) | BIT(MANX_DIM_SOURCE_PORT)))
		cell += manx_cell_rest(ct, key, needs, MANX_DIM_SRC_NETS) +
			manx_cell_rest(ct, key, needs, MANX_DIM_DST_NETS) +
			manx_cell_rest(ct, key, needs, MANX_DIM_SOURCE_PORT);
	v = READ_ONCE(cell[src.host + dst.host]);
	if (src.net | dst.net)
		v = manx_cell_nets(cell, &src, &dst, v);
	return (struct manx_found){ .rule = v / 2, .logs = v & MANX_CELL_LOGS };
}

u32 manx_table_next_log(const struct manx_table *table, struct manx_key *key, u32 from, u32 end)
{
	const struct manx_compiled *ct = rcu_dereference(table->compiled);
	struct manx_terms ts;

	manx_key_terms(ct, key, &ts);
	/* what matches before the deciding rule is "log" */
	return min(manx_terms_next(ct, &ts, from), end);
}
