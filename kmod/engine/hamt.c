// SPDX-License-Identifier: GPL-2.0-only
/*
 * A hash trie from prefixes to numbers, in versions.
 *
 * Phil Bagwell, Ideal Hash Trees (2001), with the node layout of CHAMP (Michael
 * Steindorfer and Jurgen Vinju, Optimizing Hash-Array Mapped Tries for Fast and
 * Lean Immutable JVM Collections, 2015): each node covers six bits of the hash,
 * the highest first, and has two maps of 64 slots, one of slots that lead to a
 * child and one of slots that hold an entry itself. Children and entries stand
 * in two arrays without gaps; the place in the array is the number of bits set
 * below the slot's. A million random keys make four levels, and a lookup reads
 * four nodes.
 *
 * Three tries, one for each kind of key, so that an entry is as small as its
 * key: IPv4 addresses take 8 octets with their value, IPv6 addresses 20, and
 * prefixes of both, which are few, 24. An entry is an array of u32: the words
 * of the key, then the value.
 *
 * The hash of an IPv4 address is a mixing that can be undone, so two of them
 * never have the same. Others have 32 bits of SipHash; keys that agree in all
 * of them share a node on a seventh level, in which entries stand in the order
 * of their octets and bit i of the map belongs to the i-th entry. Nobody without
 * the seed can aim at that, and it holds up to 64 of them.
 *
 * The form is canonical: below the root no node has just one entry and no child,
 * for deletion moves such an entry up. Nodes are as large as what the allocator
 * gives for their content (edit.c). The edit that made one uses the rest of that
 * for what it adds, and so a bulk load does not copy a node for each key.
 *
 * Recursion, in the functions that walk, is as deep as the trie: seven levels.
 */
#include "hamt.h"

#include <linux/bitops.h>
#include <linux/kernel.h>
#include <linux/once.h>
#include <linux/random.h>
#include <linux/sched.h>
#include <linux/siphash.h>
#include <linux/slab.h>
#include <linux/string.h>

/* bits of the hash that a node covers, and levels until all 32 are used */
#define MANX_HAMT_BITS 6
#define MANX_HAMT_LEVELS 6

enum manx_hamt_kind {
	MANX_HAMT_IPV4,
	MANX_HAMT_IPV6,
	MANX_HAMT_PREFIX,
};

/* most words of a key: an IPv6 address and one for family and length */
#define MANX_HAMT_WORDS 5

/**
 * struct manx_hamt_node - a node
 * @node: head
 * @entries: slots that hold an entry
 * @children: slots that lead to a child, none of those in @entries
 * @child: the children in the order of their slots; the entries follow
 */
struct manx_hamt_node {
	struct manx_node node;
	u64 entries;
	u64 children;
	struct manx_hamt_node *child[];
};

/**
 * struct manx_hamt_key - a key as the trie takes it
 * @w: words, as they stand in an entry
 * @kind: enum manx_hamt_kind
 * @hash: of @w
 */
struct manx_hamt_key {
	u32 w[MANX_HAMT_WORDS] __aligned(HSIPHASH_ALIGNMENT);
	u32 kind;
	u32 hash;
};

/* One side of a comparison, at one slot: a node, an entry, or neither. */
struct manx_hamt_side {
	const struct manx_hamt_node *n;
	const u32 *entry;
};

struct manx_hamt_compare {
	int (*fn)(void *ctx, const struct manx_prefix *key, u32 old_value, u32 new_value);
	void *ctx;
	u32 kind;
};

static struct {
	hsiphash_key_t sip;
	u32 mix;
} manx_hamt_seed __read_mostly;

static __always_inline u32 manx_hamt_words(u32 kind)
{
	return kind == MANX_HAMT_IPV4 ? 1 : kind == MANX_HAMT_IPV6 ? 4 : 5;
}

/* Octets of an entry. */
static size_t manx_hamt_entry_size(u32 kind)
{
	return (manx_hamt_words(kind) + 1) * sizeof(u32);
}

/* The finaliser of MurmurHash3 but for its last step, which moves only low bits. */
static u32 manx_hamt_mix(u32 x)
{
	x ^= manx_hamt_seed.mix;
	x ^= x >> 16;
	x *= 0x85ebca6b;
	x ^= x >> 13;
	return x * 0xc2b2ae35;
}

static __always_inline u32 manx_hamt_hash_words(u32 kind, const u32 *w)
{
	if (kind == MANX_HAMT_IPV4)
		return manx_hamt_mix(w[0]);
	if (kind == MANX_HAMT_IPV6)
		return hsiphash_4u32(w[0], w[1], w[2], w[3], &manx_hamt_seed.sip);
	return hsiphash(w, manx_hamt_words(kind) * sizeof(u32), &manx_hamt_seed.sip);
}

static __always_inline void manx_hamt_key(struct manx_hamt_key *k, u8 family, u8 len,
					  const union nf_inet_addr *addr)
{
	bool v4 = family == NFPROTO_IPV4;

	if (v4) {
		k->kind = len == 32 ? MANX_HAMT_IPV4 : MANX_HAMT_PREFIX;
		memset(k->w, 0, sizeof(k->w));
		k->w[0] = (__force u32)addr->ip;
	} else {
		k->kind = len == 128 ? MANX_HAMT_IPV6 : MANX_HAMT_PREFIX;
		memcpy(k->w, addr, 16);
	}
	k->w[4] = family << 8 | len;
	k->hash = manx_hamt_hash_words(k->kind, k->w);
}

/* The other way: the prefix that an entry's words stand for. */
static void manx_hamt_prefix(struct manx_prefix *p, u32 kind, const u32 *w)
{
	memset(p, 0, sizeof(*p));
	memcpy(&p->addr, w, kind == MANX_HAMT_IPV4 ? 4 : 16);
	p->family = kind == MANX_HAMT_IPV4 ? NFPROTO_IPV4 : NFPROTO_IPV6;
	p->len = kind == MANX_HAMT_IPV4 ? 32 : 128;
	if (kind == MANX_HAMT_PREFIX) {
		p->family = w[4] >> 8;
		p->len = w[4] & 0xff;
	}
}

/* Order of two keys of a kind that have the same hash. */
static int manx_hamt_cmp(u32 kind, const u32 *a, const u32 *b)
{
	return memcmp(a, b, manx_hamt_words(kind) * sizeof(u32));
}

/* Slot of a hash, counted from the highest hash down: see manx_hamt_find(). */
static u32 manx_hamt_slot(u32 hash, u32 level)
{
	return 63 - ((u32)(hash << level * MANX_HAMT_BITS) >> (32 - MANX_HAMT_BITS));
}

/* How many bits of @map are set below that of @bit. */
static __always_inline u32 manx_hamt_rank(u64 map, u64 bit)
{
	return hweight64(map & (bit - 1));
}

static __always_inline u32 *manx_hamt_entry(const struct manx_hamt_node *n, u32 kind, u32 at)
{
	return (u32 *)(n->child + hweight64(n->children)) + at * (manx_hamt_words(kind) + 1);
}

/* Value in a node of keys with the same hash. */
static u32 manx_hamt_find_equal(const struct manx_hamt_node *n, u32 kind, const u32 *w)
{
	u32 i;

	for (i = 0; i < hweight64(n->entries); i++) {
		const u32 *e = manx_hamt_entry(n, kind, i);

		if (!manx_hamt_cmp(kind, e, w))
			return e[manx_hamt_words(kind)];
	}
	return 0;
}

/*
 * Slots are counted so that a shift by six bits of the hash brings the bit of the
 * slot to the top of the map and drops those above: the sign then tells whether it
 * is set, and the number of bits left is the place in the array, plus one.
 */
static __always_inline u32 manx_hamt_find(const struct manx_hamt_node *n, u32 kind, u32 hash,
					  const u32 *w)
{
	u32 words = manx_hamt_words(kind);
	const u32 *e;
	u32 level;
	u64 map;

	for (level = 0; kind == MANX_HAMT_IPV4 || level < MANX_HAMT_LEVELS; level++) {
		map = n->children << (hash >> (32 - MANX_HAMT_BITS));
		if ((s64)map >= 0) {
			map = n->entries << (hash >> (32 - MANX_HAMT_BITS));
			if ((s64)map >= 0)
				return 0;
			e = manx_hamt_entry(n, kind, hweight64(map) - 1);
			return memcmp(e, w, words * sizeof(u32)) ? 0 : e[words];
		}
		n = n->child[hweight64(map) - 1];
		hash <<= MANX_HAMT_BITS;
	}
	return manx_hamt_find_equal(n, kind, w);
}

/* All keys but IPv4 addresses; apart from these, for it needs a frame of its own. */
static noinline u32 manx_hamt_get_other(const struct manx_hamt *m, u8 family, u8 len,
					const union nf_inet_addr *addr)
{
	struct manx_hamt_key k;

	if (!m->root[MANX_HAMT_IPV6] && !m->root[MANX_HAMT_PREFIX])
		return 0;
	manx_hamt_key(&k, family, len, addr);
	if (!m->root[k.kind])
		return 0;
	if (k.kind == MANX_HAMT_IPV6)
		return manx_hamt_find(m->root[k.kind], MANX_HAMT_IPV6, k.hash, k.w);
	return manx_hamt_find(m->root[k.kind], MANX_HAMT_PREFIX, k.hash, k.w);
}

u32 manx_hamt_get(const struct manx_hamt *m, u8 family, u8 len, const union nf_inet_addr *addr)
{
	const struct manx_hamt_node *n = m->root[MANX_HAMT_IPV4];

	if (family != NFPROTO_IPV4 || len != 32)
		return manx_hamt_get_other(m, family, len, addr);
	if (!n)
		return 0;
	return manx_hamt_find(n, MANX_HAMT_IPV4, manx_hamt_mix((__force u32)addr->ip),
			      (const u32 *)addr);
}

/* Octets that a node uses. */
static size_t manx_hamt_used(const struct manx_hamt_node *n, u32 kind)
{
	return sizeof(*n) + hweight64(n->children) * sizeof(n->child[0]) +
	       hweight64(n->entries) * manx_hamt_entry_size(kind);
}

/*
 * Make the node at *@link one that the edit may change, with room for @room more
 * octets. *@link is in a node that it may change, or is the root.
 */
static struct manx_hamt_node *manx_hamt_own(struct manx_edit *e, struct manx_hamt_node **link,
					    u32 kind, size_t room)
{
	struct manx_hamt_node *n = *link, *copy;
	size_t used = manx_hamt_used(n, kind);

	if (manx_edit_owns(e, &n->node) && used + room <= n->node.size)
		return n;
	copy = manx_edit_alloc(e, used + room);
	if (!copy)
		return NULL;
	copy->entries = n->entries;
	copy->children = n->children;
	memcpy(copy->child, n->child, used - sizeof(*n));
	*link = copy;
	manx_edit_replace(e, &n->node);
	return copy;
}

/* Insert an entry as number @at into a node with room; @entries is the new map. */
static void manx_hamt_put_entry(struct manx_hamt_node *n, u32 kind, u32 at, u64 entries,
				const u32 *w, u32 value)
{
	size_t behind = (hweight64(n->entries) - at) * manx_hamt_entry_size(kind);
	u32 *e = manx_hamt_entry(n, kind, at), words = manx_hamt_words(kind);

	memmove(e + words + 1, e, behind);
	memcpy(e, w, words * sizeof(u32));
	e[words] = value;
	n->entries = entries;
}

/* Remove entry number @at; @entries is the new map. */
static void manx_hamt_cut_entry(struct manx_hamt_node *n, u32 kind, u32 at, u64 entries)
{
	size_t behind = (hweight64(n->entries) - at - 1) * manx_hamt_entry_size(kind);
	u32 *e = manx_hamt_entry(n, kind, at);

	memmove(e, e + manx_hamt_words(kind) + 1, behind);
	n->entries = entries;
}

/* Insert a child into a node with room. */
static void manx_hamt_put_child(struct manx_hamt_node *n, u32 kind, u64 bit,
				struct manx_hamt_node *child)
{
	u32 at = manx_hamt_rank(n->children, bit);
	size_t behind = manx_hamt_used(n, kind) - sizeof(*n) - at * sizeof(n->child[0]);

	memmove(n->child + at + 1, n->child + at, behind);
	n->child[at] = child;
	n->children |= bit;
}

static void manx_hamt_cut_child(struct manx_hamt_node *n, u32 kind, u64 bit)
{
	u32 at = manx_hamt_rank(n->children, bit);
	size_t behind = manx_hamt_used(n, kind) - sizeof(*n) - (at + 1) * sizeof(n->child[0]);

	memmove(n->child + at, n->child + at + 1, behind);
	n->children &= ~bit;
}

/* A node without anything in it, but with room. */
static struct manx_hamt_node *manx_hamt_node_new(struct manx_edit *e, size_t room)
{
	struct manx_hamt_node *n = manx_edit_alloc(e, sizeof(*n) + room);

	if (n)
		n->entries = n->children = 0;
	return n;
}

/* Drop the nodes along a hash from @n, which is at @level, to the one with the entry. */
static void manx_hamt_drop_path(struct manx_edit *e, struct manx_hamt_node *n, u32 hash,
				u32 level)
{
	while (n) {
		struct manx_hamt_node *below = NULL;
		u64 bit;

		if (level < MANX_HAMT_LEVELS) {
			bit = 1ULL << manx_hamt_slot(hash, level++);
			if (n->children & bit)
				below = n->child[manx_hamt_rank(n->children, bit)];
		}
		manx_edit_replace(e, &n->node);
		n = below;
	}
}

/* The node that two keys share, @level being its level; it has just them. */
static struct manx_hamt_node *manx_hamt_pair_node(struct manx_edit *e, const u32 *entry,
						  u32 entry_hash, const struct manx_hamt_key *k,
						  u32 value, u32 level)
{
	size_t size = manx_hamt_entry_size(k->kind);
	u32 words = manx_hamt_words(k->kind);
	struct manx_hamt_node *n;
	u64 a = 1, b = 2;
	bool first;

	n = manx_hamt_node_new(e, 2 * size);
	if (!n)
		return NULL;
	first = manx_hamt_cmp(k->kind, k->w, entry) < 0;
	if (level < MANX_HAMT_LEVELS) {
		a = 1ULL << manx_hamt_slot(entry_hash, level);
		b = 1ULL << manx_hamt_slot(k->hash, level);
		first = b < a;
	}
	manx_hamt_put_entry(n, k->kind, 0, a, entry, entry[words]);
	manx_hamt_put_entry(n, k->kind, !first, a | b, k->w, value);
	return n;
}

/* The subtree at @level that holds an entry and another key, or NULL. */
static struct manx_hamt_node *manx_hamt_pair(struct manx_edit *e, const u32 *entry,
					     const struct manx_hamt_key *k, u32 value, u32 level)
{
	u32 hash = manx_hamt_hash_words(k->kind, entry), at = level;
	struct manx_hamt_node *n, *above;

	while (at < MANX_HAMT_LEVELS && manx_hamt_slot(hash, at) == manx_hamt_slot(k->hash, at))
		at++;
	n = manx_hamt_pair_node(e, entry, hash, k, value, at);
	while (n && at > level) {
		above = manx_hamt_node_new(e, sizeof(n->child[0]));
		if (above)
			manx_hamt_put_child(above, k->kind,
					    1ULL << manx_hamt_slot(hash, at - 1), n);
		else
			manx_hamt_drop_path(e, n, hash, at);
		n = above;
		at--;
	}
	return n;
}

/* Insert where the slot of the key leads to no child. */
static int manx_hamt_insert_here(struct manx_edit *e, struct manx_hamt_node **link,
				 const struct manx_hamt_key *k, u32 value, u32 level)
{
	u64 bit = 1ULL << manx_hamt_slot(k->hash, level);
	struct manx_hamt_node *n = *link, *child;
	u32 at = manx_hamt_rank(n->entries, bit);

	if (!(n->entries & bit)) {
		n = manx_hamt_own(e, link, k->kind, manx_hamt_entry_size(k->kind));
		if (!n)
			return -ENOMEM;
		manx_hamt_put_entry(n, k->kind, at, n->entries | bit, k->w, value);
		return 0;
	}
	n = manx_hamt_own(e, link, k->kind, 0);
	if (!n)
		return -ENOMEM;
	if (!manx_hamt_cmp(k->kind, manx_hamt_entry(n, k->kind, at), k->w)) {
		manx_hamt_entry(n, k->kind, at)[manx_hamt_words(k->kind)] = value;
		return 0;
	}
	child = manx_hamt_pair(e, manx_hamt_entry(n, k->kind, at), k, value, level + 1);
	if (!child)
		return -ENOMEM;
	/* An entry is no smaller than a pointer, so there is room for the child. */
	manx_hamt_cut_entry(n, k->kind, at, n->entries & ~bit);
	manx_hamt_put_child(n, k->kind, bit, child);
	return 0;
}

/* Insert into a node of keys with the same hash. */
static int manx_hamt_insert_equal(struct manx_edit *e, struct manx_hamt_node **link,
				  const struct manx_hamt_key *k, u32 value)
{
	u32 at, count = hweight64((*link)->entries);
	struct manx_hamt_node *n;
	int order = 1;

	for (at = 0; at < count; at++) {
		order = manx_hamt_cmp(k->kind, manx_hamt_entry(*link, k->kind, at), k->w);
		if (order >= 0)
			break;
	}
	if (count == 64 && order)
		return -ENOMEM;
	n = manx_hamt_own(e, link, k->kind, order ? manx_hamt_entry_size(k->kind) : 0);
	if (!n)
		return -ENOMEM;
	if (order)
		manx_hamt_put_entry(n, k->kind, at, n->entries << 1 | 1, k->w, value);
	else
		manx_hamt_entry(n, k->kind, at)[manx_hamt_words(k->kind)] = value;
	return 0;
}

static int manx_hamt_insert(struct manx_hamt *m, struct manx_edit *e,
			    const struct manx_hamt_key *k, u32 value)
{
	struct manx_hamt_node **link = &m->root[k->kind], *n;
	u32 level;
	u64 bit;

	if (!*link) {
		n = manx_hamt_node_new(e, manx_hamt_entry_size(k->kind));
		if (!n)
			return -ENOMEM;
		bit = 1ULL << manx_hamt_slot(k->hash, 0);
		manx_hamt_put_entry(n, k->kind, 0, bit, k->w, value);
		*link = n;
		return 0;
	}
	for (level = 0; level < MANX_HAMT_LEVELS; level++) {
		bit = 1ULL << manx_hamt_slot(k->hash, level);
		if (!((*link)->children & bit))
			return manx_hamt_insert_here(e, link, k, value, level);
		n = manx_hamt_own(e, link, k->kind, 0);
		if (!n)
			return -ENOMEM;
		link = &n->child[manx_hamt_rank(n->children, bit)];
	}
	return manx_hamt_insert_equal(e, link, k, value);
}

int manx_hamt_set(struct manx_hamt *m, struct manx_edit *e, const struct manx_prefix *key,
		  u32 value)
{
	struct manx_hamt_key k;
	s64 before = e->bytes;
	u32 old;
	int err;

	if (WARN_ON_ONCE(!value))
		return -EINVAL;
	get_random_once(&manx_hamt_seed, sizeof(manx_hamt_seed));
	old = manx_hamt_get(m, key->family, key->len, &key->addr);
	if (old == value)
		return 0;
	manx_hamt_key(&k, key->family, key->len, &key->addr);
	err = manx_hamt_insert(m, e, &k, value);
	m->bytes += e->bytes - before;
	if (!err && !old)
		m->n++;
	return err;
}

/**
 * struct manx_hamt_removal - what the removal of a key comes to
 * @level: of the node that has the entry
 * @at: number of the entry in it
 * @target: level of the deepest node that stays and changes
 * @lift: the node of @level is left with one entry, which moves up to @target
 */
struct manx_hamt_removal {
	u32 level;
	u32 at;
	u32 target;
	bool lift;
};

/* Look where the key is, which it must be, and what its removal leaves behind. */
static void manx_hamt_plan(const struct manx_hamt_node *n, const struct manx_hamt_key *k,
			   struct manx_hamt_removal *r)
{
	u64 bit;

	memset(r, 0, sizeof(*r));
	for (; r->level < MANX_HAMT_LEVELS; r->level++) {
		bit = 1ULL << manx_hamt_slot(k->hash, r->level);
		if (!(n->children & bit)) {
			r->at = manx_hamt_rank(n->entries, bit);
			break;
		}
		if (n->entries || hweight64(n->children) > 1)
			r->target = r->level;
		n = n->child[manx_hamt_rank(n->children, bit)];
	}
	if (r->level == MANX_HAMT_LEVELS)
		while (manx_hamt_cmp(k->kind, manx_hamt_entry(n, k->kind, r->at), k->w))
			r->at++;
	r->lift = r->level && !n->children && hweight64(n->entries) == 2;
	if (!r->lift)
		r->target = r->level;
}

/* Replace the child of @n, at @level, by the one entry that is left beneath it. */
static void manx_hamt_lift(struct manx_edit *e, struct manx_hamt_node *n,
			   const struct manx_hamt_key *k, u32 level, u32 gone)
{
	u32 entry[MANX_HAMT_WORDS + 1], words = manx_hamt_words(k->kind);
	u64 bit = 1ULL << manx_hamt_slot(k->hash, level);
	struct manx_hamt_node *top, *leaf;

	top = leaf = n->child[manx_hamt_rank(n->children, bit)];
	while (leaf->children)
		leaf = leaf->child[0];
	memcpy(entry, manx_hamt_entry(leaf, k->kind, !gone), manx_hamt_entry_size(k->kind));
	manx_hamt_drop_path(e, top, k->hash, level + 1);
	manx_hamt_cut_child(n, k->kind, bit);
	manx_hamt_put_entry(n, k->kind, manx_hamt_rank(n->entries, bit), n->entries | bit, entry,
			    entry[words]);
}

/* The map of entries of a node at @level without the @at-th, that of @hash. */
static u64 manx_hamt_without(const struct manx_hamt_node *n, u32 hash, u32 level)
{
	if (level == MANX_HAMT_LEVELS)
		return n->entries >> 1;
	return n->entries & ~(1ULL << manx_hamt_slot(hash, level));
}

static int manx_hamt_remove(struct manx_hamt *m, struct manx_edit *e,
			    const struct manx_hamt_key *k)
{
	struct manx_hamt_node **link = &m->root[k->kind], *n = *link;
	size_t room = manx_hamt_entry_size(k->kind);
	struct manx_hamt_removal r;
	u32 level;
	u64 bit;

	manx_hamt_plan(n, k, &r);
	if (!r.level && !n->children && hweight64(n->entries) == 1) {
		*link = NULL;
		manx_edit_replace(e, &n->node);
		return 0;
	}
	for (level = 0; ; level++) {
		n = manx_hamt_own(e, link, k->kind, level == r.target && r.lift ? room : 0);
		if (!n)
			return -ENOMEM;
		if (level == r.target)
			break;
		bit = 1ULL << manx_hamt_slot(k->hash, level);
		link = &n->child[manx_hamt_rank(n->children, bit)];
	}
	if (r.lift)
		manx_hamt_lift(e, n, k, level, r.at);
	else
		manx_hamt_cut_entry(n, k->kind, r.at, manx_hamt_without(n, k->hash, level));
	return 0;
}

int manx_hamt_del(struct manx_hamt *m, struct manx_edit *e, const struct manx_prefix *key)
{
	struct manx_hamt_key k;
	s64 before = e->bytes;
	int err;

	if (!manx_hamt_get(m, key->family, key->len, &key->addr))
		return -ENOENT;
	manx_hamt_key(&k, key->family, key->len, &key->addr);
	err = manx_hamt_remove(m, e, &k);
	m->bytes += e->bytes - before;
	if (!err)
		m->n--;
	return err;
}

/* Slots of one side that are not empty. */
static u64 manx_hamt_side_map(const struct manx_hamt_side *s, u32 kind, u32 level)
{
	if (s->n)
		return s->n->entries | s->n->children;
	if (s->entry)
		return 1ULL << manx_hamt_slot(manx_hamt_hash_words(kind, s->entry), level);
	return 0;
}

/* What one side has in a slot. */
static struct manx_hamt_side manx_hamt_side_slot(const struct manx_hamt_side *s, u32 kind,
						 u32 level, u64 bit)
{
	const struct manx_hamt_node *n = s->n;
	struct manx_hamt_side sub = {};

	if (!n) {
		if (manx_hamt_side_map(s, kind, level) & bit)
			sub.entry = s->entry;
	} else if (n->children & bit) {
		sub.n = n->child[manx_hamt_rank(n->children, bit)];
	} else if (n->entries & bit) {
		sub.entry = manx_hamt_entry(n, kind, manx_hamt_rank(n->entries, bit));
	}
	return sub;
}

/* The entries of a side that has no children. */
static const u32 *manx_hamt_side_entries(const struct manx_hamt_side *s, u32 kind, u32 *n)
{
	*n = s->n ? hweight64(s->n->entries) : !!s->entry;
	return s->n ? manx_hamt_entry(s->n, kind, 0) : s->entry;
}

/* Merge the entries of two sides, which stand in order, and report what differs. */
static int manx_hamt_diff_entries(const struct manx_hamt_compare *c,
				  const struct manx_hamt_side *a, const struct manx_hamt_side *b)
{
	u32 words = manx_hamt_words(c->kind), n_old, n_new;
	const u32 *old = manx_hamt_side_entries(a, c->kind, &n_old);
	const u32 *new = manx_hamt_side_entries(b, c->kind, &n_new);
	int order, err = 0;

	while (!err && (n_old || n_new)) {
		struct manx_prefix p;
		u32 was, is;

		order = !n_old ? 1 : !n_new ? -1 : manx_hamt_cmp(c->kind, old, new);
		was = order <= 0 ? old[words] : 0;
		is = order >= 0 ? new[words] : 0;
		if (was != is) {
			manx_hamt_prefix(&p, c->kind, order <= 0 ? old : new);
			err = c->fn(c->ctx, &p, was, is);
		}
		if (order <= 0) {
			old += words + 1;
			n_old--;
		}
		if (order >= 0) {
			new += words + 1;
			n_new--;
		}
	}
	return err;
}

static int manx_hamt_diff_sides(const struct manx_hamt_compare *c, struct manx_hamt_side a,
				struct manx_hamt_side b, u32 level)
{
	u64 map;
	int err;

	if (a.n == b.n && a.entry == b.entry)
		return 0;
	if ((!a.n && !b.n) || level == MANX_HAMT_LEVELS)
		return manx_hamt_diff_entries(c, &a, &b);
	cond_resched();
	map = manx_hamt_side_map(&a, c->kind, level) | manx_hamt_side_map(&b, c->kind, level);
	for (; map; map &= map - 1) {
		u64 bit = map & -map;

		err = manx_hamt_diff_sides(c, manx_hamt_side_slot(&a, c->kind, level, bit),
					   manx_hamt_side_slot(&b, c->kind, level, bit),
					   level + 1);
		if (err)
			return err;
	}
	return 0;
}

int manx_hamt_diff(const struct manx_hamt *old, const struct manx_hamt *new,
		   int (*fn)(void *ctx, const struct manx_prefix *key, u32 old_value,
			     u32 new_value),
		   void *ctx)
{
	struct manx_hamt_compare c = { .fn = fn, .ctx = ctx };
	int err = 0;

	for (; c.kind < MANX_HAMT_KINDS && !err; c.kind++) {
		struct manx_hamt_side a = { .n = old->root[c.kind] };
		struct manx_hamt_side b = { .n = new->root[c.kind] };

		err = manx_hamt_diff_sides(&c, a, b, 0);
	}
	return err;
}

/* Is an entry behind a key, in the order of a walk? */
static bool manx_hamt_behind(const u32 *entry, const struct manx_hamt_key *k)
{
	u32 hash = manx_hamt_hash_words(k->kind, entry);

	return hash == k->hash ? manx_hamt_cmp(k->kind, entry, k->w) > 0 : hash < k->hash;
}

/* The first entry beneath @n, of @level, that is behind @after (NULL: of all). */
static const u32 *manx_hamt_seek(const struct manx_hamt_node *n, u32 kind,
				 const struct manx_hamt_key *after, u32 level)
{
	u64 edge = 0, map = n->entries | n->children;
	const u32 *entry;

	if (after && level < MANX_HAMT_LEVELS) {
		edge = 1ULL << manx_hamt_slot(after->hash, level);
		map &= -edge;
	}
	for (; map; map &= map - 1) {
		u64 bit = map & -map;

		if (n->children & bit) {
			entry = manx_hamt_seek(n->child[manx_hamt_rank(n->children, bit)], kind,
					       bit == edge ? after : NULL, level + 1);
			if (entry)
				return entry;
			continue;
		}
		entry = manx_hamt_entry(n, kind, manx_hamt_rank(n->entries, bit));
		if (!after || (edge && bit != edge) || manx_hamt_behind(entry, after))
			return entry;
	}
	return NULL;
}

bool manx_hamt_next(const struct manx_hamt *m, struct manx_hamt_cursor *c,
		    struct manx_prefix *key, u32 *value)
{
	struct manx_hamt_key k, *after = NULL;
	const u32 *entry = NULL;
	u32 kind = 0;

	if (c->started) {
		manx_hamt_key(&k, c->last.family, c->last.len, &c->last.addr);
		after = &k;
		kind = k.kind;
	}
	for (; kind < MANX_HAMT_KINDS; kind++, after = NULL) {
		if (m->root[kind])
			entry = manx_hamt_seek(m->root[kind], kind, after, 0);
		if (entry)
			break;
	}
	if (!entry)
		return false;
	manx_hamt_prefix(key, kind, entry);
	if (value)
		*value = entry[manx_hamt_words(kind)];
	c->last = *key;
	c->started = true;
	return true;
}

u32 manx_hamt_hash(const struct manx_prefix *key)
{
	struct manx_hamt_key k;

	manx_hamt_key(&k, key->family, key->len, &key->addr);
	return k.hash;
}

/* Put a node on the list of those to free, unless another edit than @e made it. */
static void manx_hamt_drop_node(struct manx_node **list, struct manx_node *n,
				const struct manx_edit *e)
{
	if (e && !manx_edit_owns(e, n))
		return;
	n->next = *list;
	*list = n;
}

/* Free the nodes of @m that @e made, or all without @e. The list needs no stack. */
static void manx_hamt_drop(struct manx_hamt *m, struct manx_edit *e)
{
	u32 i, kind;

	for (kind = 0; kind < MANX_HAMT_KINDS; kind++) {
		struct manx_node *list = NULL;
		struct manx_hamt_node *n = m->root[kind];

		if (n)
			manx_hamt_drop_node(&list, &n->node, e);
		while (list) {
			n = container_of(list, struct manx_hamt_node, node);
			list = n->node.next;
			for (i = 0; i < hweight64(n->children); i++)
				manx_hamt_drop_node(&list, &n->child[i]->node, e);
			if (e)
				e->bytes -= n->node.size;
			kfree(n);
			cond_resched();
		}
	}
	memset(m, 0, sizeof(*m));
}

void manx_hamt_abort(struct manx_hamt *m, struct manx_edit *e)
{
	manx_hamt_drop(m, e);
}

void manx_hamt_free(struct manx_hamt *m)
{
	manx_hamt_drop(m, NULL);
}
