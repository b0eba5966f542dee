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
 * and the conjunction of all dimensions has the rules that match. The vectors are
 * compressed and aggregated (Baboescu & Varghese 2001): a word of 64 bits
 * summarises a block of 4096 rules, a bit for each 64 of them; a word more tells
 * which blocks have any; and only where the conjunction of the summaries has a
 * bit are words looked at. Each row has the summary of its union ready. That many
 * rules leave a dimension open would spoil this, since then words agree by rules
 * that have nothing to do with each other: so within a block rules stand in
 * another order, sorted by their conditions, and the first one is the least of
 * those that the words of the first block with any match give; see order.c.
 *
 * A rule stands once for each item that it names, so memory is linear in the
 * rules, where vectors for each interval of each dimension would take the square.
 * A row's own vector is the union of its items' short ones; long ones, of
 * prefixes that many rules name for example, and that of "any" stay as they are,
 * for all rows that have them. Beyond a bound on memory only so much is united that
 * no row has more than MANX_ROW_VECTORS besides "any". A negation cannot clear a
 * bit of a summary, since it says nothing about the rest of the 64 rules.
 *
 * The cells are computed from the bit vectors: both forms give the same answers
 * because there is one definition of them.
 *
 * Classes without row
 *
 * A new combination of sets is a class that no table knows. A commit makes rows
 * for a few; in the others' row maps it writes "unknown" before the class can be
 * seen. A packet that meets it takes the vectors of the sets that are both in
 * the class's list and in the table's: the same answer. It writes nothing: packets
 * do not make structure, or a sender could decide how much of it there is. A
 * worker makes the rows later. A table has room for some rows more than it needed
 * when it was compiled; when they are used up it is compiled again. A class of
 * which both lists are longer than MANX_UNKNOWN_SETS does not wait: its rows are
 * made before the commit is published, whatever that costs the commit, or it fails.
 *
 * Rules "log"
 *
 * They are left out when the deciding rule is looked for. If one matched on the way,
 * the first of them are looked for by one more walk, with the vector of all rules
 * "log" before the others; see judge.c for how many a packet may report.
 *
 * Bounds
 *
 * A lookup takes two lookups of addresses for each side, at most one longest
 * match more for each side, and either one load, or at most four with nets, or a
 * walk over rules / 4096 words of the summary of each dimension, and those words of
 * 64 rules that are not ruled out by them. A word takes in each dimension one
 * step for each vector: MANX_ROW_VECTORS for a row, MANX_UNKNOWN_SETS for a class
 * without row, as many for negations, and "any". The first block with a match is
 * the last one. Nothing allocates or locks.
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
 * Baboescu & Varghese: Scalable packet classification, SIGCOMM 2001; also for the
 * order of rules.
 */
#include "lookup.h"

#include "address.h"
#include "compat/compat.h"
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

/* A class without row: the items that its sets are. */
struct manx_unknown {
	u32 n;
	u32 item[MANX_UNKNOWN_SETS];
};

/**
 * struct manx_term - one group of a conjunction
 * @summary: of rows to unite; [1] may be NULL
 * @must: vectors to unite
 * @n_must: number of @must
 * @n_unknown: how many of them, the last ones, no @summary speaks for
 * @not: vectors of which no bit may be set
 * @n_not: number of @not
 */
struct manx_term {
	const u64 *summary[2];
	const struct manx_bits **must;
	u32 n_must;
	u32 n_unknown;
	const struct manx_bits **not;
	u32 n_not;
};

/* As many vectors as terms can have: sides by two rows, or sets without row. */
#define MANX_SIDE_BITS	(2 * MANX_UNKNOWN_SETS)
#define MANX_TERMS_BITS	(2 * (1 + 2 * MANX_SIDE_BITS) + 4 * (1 + 2 * MANX_ROW_VECTORS))

/**
 * struct manx_terms - a conjunction
 * @n: number of @term
 * @n_bits: number of @bits
 * @blocks: as &manx_row.blocks: blocks without bit cannot have any rule that matches
 * @term: groups that the table's rules ask for
 * @bits: of all terms
 */
struct manx_terms {
	u32 n;
	u32 n_bits;
	u64 blocks;
	struct manx_term term[MANX_GROUPS];
	const struct manx_bits *bits[MANX_TERMS_BITS];
};

/* --- terms --- */

static void manx_terms_start(struct manx_terms *ts)
{
	ts->n = 0;
	ts->n_bits = 0;
	ts->blocks = ~0ULL;
}

static __always_inline void manx_terms_union(struct manx_terms *ts, const struct manx_union *u)
{
	u32 i;

	for (i = 0; i < u->n; i++)
		ts->bits[ts->n_bits++] = u->vector[i];
}

static u32 manx_terms_unknown(struct manx_terms *ts, struct manx_bits *const *vector,
			      const struct manx_unknown *u)
{
	u32 i, n = ts->n_bits;

	for (i = 0; i < u->n; i++)
		if (vector[u->item[i]])
			ts->bits[ts->n_bits++] = vector[u->item[i]];
	return ts->n_bits - n;
}

/* @row: one or two to unite; @unknown: NULL, or two */
static void manx_terms_add(struct manx_terms *ts, const struct manx_items *items,
			   const struct manx_row *const row[2], const struct manx_unknown *unknown)
{
	struct manx_term *t = &ts->term[ts->n++];
	u32 from = ts->n_bits;

	t->summary[0] = row[0]->summary;
	t->summary[1] = row[1] && row[1]->n ? row[1]->summary : NULL;
	t->must = &ts->bits[from];
	t->n_unknown = 0;
	if (row[0]->any)
		ts->bits[ts->n_bits++] = items->must[0];
	manx_terms_union(ts, &row[0]->must);
	if (row[1])
		manx_terms_union(ts, &row[1]->must);
	if (unlikely(unknown && (unknown[0].n || unknown[1].n)))
		t->n_unknown = manx_terms_unknown(ts, items->must, &unknown[0]) +
			       manx_terms_unknown(ts, items->must, &unknown[1]);
	else
		ts->blocks &= row[0]->blocks | (row[1] ? row[1]->blocks : 0);
	t->n_must = ts->n_bits - from;
	from = ts->n_bits;
	t->not = &ts->bits[from];
	if (items->not) {
		manx_terms_union(ts, &row[0]->not);
		if (row[1])
			manx_terms_union(ts, &row[1]->not);
		if (unlikely(unknown)) {
			manx_terms_unknown(ts, items->not, &unknown[0]);
			manx_terms_unknown(ts, items->not, &unknown[1]);
		}
	}
	t->n_not = ts->n_bits - from;
}

static u64 manx_term_summary(const struct manx_term *t, u32 block)
{
	u64 s = t->summary[0][block];
	u32 i;

	if (t->summary[1])
		s |= t->summary[1][block];
	for (i = t->n_must - t->n_unknown; i < t->n_must; i++)
		s |= manx_bits_summary(t->must[i], block);
	return s;
}

static u64 manx_term_word(const struct manx_term *t, u32 block, u32 i)
{
	u64 must = 0, not = 0;
	u32 k;

	for (k = 0; k < t->n_must; k++)
		must |= manx_bits_word(t->must[k], block, i);
	for (k = 0; k < t->n_not; k++)
		not |= manx_bits_word(t->not[k], block, i);
	return must & ~not;
}

/* Words of a block, all of which exist. */
static u64 manx_block_words(const struct manx_compiled *ct, u32 block)
{
	u32 n = DIV_ROUND_UP(ct->n_rules, 64) - block * 64;

	return n < 64 ? (1ULL << n) - 1 : ~0ULL;
}

static u64 manx_terms_summary(const struct manx_compiled *ct, const struct manx_terms *ts,
			      u32 block)
{
	u64 s = ts->n ? ~0ULL : manx_block_words(ct, block);
	u32 i;

	for (i = 0; i < ts->n && s; i++)
		s &= manx_term_summary(&ts->term[i], block);
	return s;
}

static u64 manx_terms_word(const struct manx_compiled *ct, const struct manx_terms *ts, u32 block,
			   u32 i)
{
	u32 left = ct->n_rules - (block * 64 + i) * 64, k;
	u64 w = ~0ULL;

	if (!ts->n)
		return left < 64 ? (1ULL << left) - 1 : w;
	for (k = 0; k < ts->n && w; k++)
		w &= manx_term_word(&ts->term[k], block, i);
	return w;
}

/*
 * The next block from @block on that is not ruled out, or one that does not exist.
 * There are 64 to a word of @blocks: with more rules than that, bits have several
 * blocks.
 */
static u32 manx_terms_block(const struct manx_compiled *ct, const struct manx_terms *ts, u32 block)
{
	u64 left;

	for (; block < ct->n_blocks; block = (block | 63) + 1) {
		left = ts->blocks >> block % 64;
		if (left)
			return block + __ffs64(left);
	}
	return block;
}

static noinline struct manx_found manx_terms_find(const struct manx_compiled *ct,
						  const struct manx_terms *ts)
{
	struct manx_first first = { U32_MAX, U32_MAX };
	u32 block, i;
	u64 s;

	for (block = manx_terms_block(ct, ts, 0); block < ct->n_blocks && first.rule == U32_MAX;
	     block = manx_terms_block(ct, ts, block + 1)) {
		for (s = manx_terms_summary(ct, ts, block); s; s &= s - 1) {
			i = __ffs64(s);
			if (ct->order[(block * 64 + i) * 64] < first.rule)
				manx_first_in(ct, &first, block * 64 + i,
					      manx_terms_word(ct, ts, block, i));
		}
	}
	first.rule = min(first.rule, ct->n_rules);
	return (struct manx_found){ .rule = first.rule, .logs = first.log < first.rule };
}

/* --- rules "log" --- */

/* Puts @rule into a list of @n ascending ones of which the first @max are wanted. */
static u32 manx_logs_insert(u32 *list, u32 n, u32 max, u32 rule)
{
	u32 i = n < max ? n++ : n - 1;

	for (; i && list[i - 1] > rule; i--)
		list[i] = list[i - 1];
	list[i] = rule;
	return n;
}

static u32 manx_terms_logs(const struct manx_compiled *ct, const struct manx_terms *ts, u32 end,
			   u32 *list, u32 max)
{
	u32 block, at, n = 0, rule;
	u64 s, w;

	for (block = manx_terms_block(ct, ts, 0); block < DIV_ROUND_UP(end, MANX_BITS_BLOCK) && n < max;
	     block = manx_terms_block(ct, ts, block + 1)) {
		for (s = manx_terms_summary(ct, ts, block); s; s &= s - 1) {
			at = block * 64 + __ffs64(s);
			w = ct->logs[at];
			if (w)
				w &= manx_terms_word(ct, ts, block, __ffs64(s));
			for (; w; w &= w - 1) {
				rule = ct->order[at * 64 + __ffs64(w)];
				if (rule >= end || (n == max && rule > list[n - 1]))
					break;
				n = manx_logs_insert(list, n, max, rule);
			}
		}
	}
	return n;
}

/* --- for the cells --- */

/* By rows that are known; parameters as those of manx_rows_words(). */
static void manx_terms_rows(const struct manx_compiled *ct, const u32 row[MANX_DIMS], u32 nets,
			    unsigned int except, struct manx_terms *ts)
{
	const struct manx_row *one[2];
	unsigned int dim, s;

	manx_terms_start(ts);
	for (dim = 0; dim < MANX_DIMS; dim++) {
		s = dim / 2;
		if (!ct->dim[dim].items || dim == except)
			continue;
		one[0] = ct->dim[dim].row[row[dim]];
		one[1] = NULL;
		if (dim < MANX_KEY_PARTS) {
			dim++;
			one[1] = ct->dim[dim].row[row[dim]];
			if (nets & BIT(s))
				one[0] = one[1];
			if (ct->split[s])
				one[1] = NULL;
		}
		manx_terms_add(ts, ct->dim[dim].items, one, NULL);
	}
}

u32 manx_rows_words(const struct manx_compiled *ct, const u32 row[MANX_DIMS], u32 nets,
		    unsigned int except, struct manx_word *word)
{
	u32 block, i, n = 0;
	struct manx_terms ts manx_uninitialized;
	u64 s;

	manx_terms_rows(ct, row, nets, except, &ts);
	for (block = 0; block < ct->n_blocks; block++) {
		for (s = manx_terms_summary(ct, &ts, block); s; s &= s - 1) {
			i = __ffs64(s);
			word[n].rules = manx_terms_word(ct, &ts, block, i);
			word[n].at = block * 64 + i;
			n += !!word[n].rules;
		}
	}
	return n;
}

u64 manx_dim_word(const struct manx_compiled *ct, unsigned int dim, u32 row, u32 at)
{
	const struct manx_row *one[2] = { ct->dim[dim].row[row] };
	struct manx_terms ts manx_uninitialized;

	manx_terms_start(&ts);
	manx_terms_add(&ts, ct->dim[dim].items, one, NULL);
	return manx_terms_word(ct, &ts, at / 64, at % 64);
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

/* The items of a class that has no row; manx_tables_refresh() leaves only short ones so. */
static noinline void manx_class_items(const struct manx_side *side, const struct manx_class *class,
				      struct manx_unknown *u)
{
	u32 i, item;

	if (class->n <= side->n_sets) {
		for (i = 0; i < min(class->n, MANX_UNKNOWN_SETS); i++) {
			item = manx_side_find(side, class->member[i].set);
			if (item)
				u->item[u->n++] = item;
		}
		return;
	}
	for (i = 0; i < min(side->n_sets, MANX_UNKNOWN_SETS); i++)
		if (manx_class_has(class, side->set[i]))
			u->item[u->n++] = i + 1;
}

/* Host and net class of a side. */
static void manx_key_side(const struct manx_compiled *ct, struct manx_key *key, unsigned int s,
			  struct manx_terms *ts)
{
	struct manx_unknown unknown[2];
	const struct manx_row *one[2];
	u32 needs = READ_ONCE(ct->needs), row;
	unsigned int i, part;

	for (i = 0; i < 2; i++) {
		part = s * 2 + i;
		row = needs & BIT(part) ? manx_class_row(ct, key, part) : 0;
		unknown[i].n = 0;
		if (unlikely(row == MANX_ROW_UNKNOWN)) {
			row = 0;
			manx_class_items(&ct->side[s], manx_class_find(key->classes, key->class[part]),
					 &unknown[i]);
		}
		one[i] = ct->dim[part].row[row];
	}
	manx_terms_add(ts, ct->dim[s * 2].items, one, unknown);
}

/* All groups of a packet, classes without row as such. */
static void manx_key_terms(const struct manx_compiled *ct, struct manx_key *key,
			   struct manx_terms *ts)
{
	const struct manx_row *one[2] = {};
	u32 needs = READ_ONCE(ct->needs);
	unsigned int dim;

	BUILD_BUG_ON(MANX_UNKNOWN_SETS < MANX_ROW_VECTORS);
	manx_terms_start(ts);
	for (dim = 0; dim < MANX_KEY_PARTS; dim += 2)
		if (ct->dim[dim].items)
			manx_key_side(ct, key, dim / 2, ts);
	for (; dim < MANX_DIMS; dim++) {
		if (!ct->dim[dim].items)
			continue;
		one[0] = ct->dim[dim].row[needs & BIT(dim) ? manx_packet_row(ct, key->p, dim) : 0];
		manx_terms_add(ts, ct->dim[dim].items, one, NULL);
	}
}

static noinline struct manx_found manx_key_find(const struct manx_compiled *ct,
						struct manx_key *key)
{
	struct manx_terms ts manx_uninitialized;

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

u32 manx_table_logs(const struct manx_table *table, struct manx_key *key, u32 end, u32 *list,
		    u32 max)
{
	const struct manx_compiled *ct = rcu_dereference(table->compiled);
	struct manx_terms ts manx_uninitialized;

	if (!ct->logs)
		return 0;
	manx_key_terms(ct, key, &ts);
	return manx_terms_logs(ct, &ts, end, list, max);
}
