// SPDX-License-Identifier: GPL-2.0-only
/*
 * The hash trie against an array: random edits, some published and some given up,
 * while older versions are kept and must go on giving their old answers; what
 * differs between versions; walks; failing allocations; memory.
 *
 * The source is compiled into the suite once more, under other names, so that the
 * form of the nodes can be checked and the hash made so bad that most keys collide.
 */
#include <kunit/test.h>
#include <linux/prandom.h>
#include <linux/sched.h>
#include <linux/siphash.h>

#include "fail.h"

#define manx_hamt_get test_hamt_get
#define manx_hamt_set test_hamt_set
#define manx_hamt_del test_hamt_del
#define manx_hamt_diff test_hamt_diff
#define manx_hamt_next test_hamt_next
#define manx_hamt_hash test_hamt_hash
#define manx_hamt_abort test_hamt_abort
#define manx_hamt_free test_hamt_free

/* bits of the hash that are left to IPv6 addresses and prefixes */
static u32 hash_mask = U32_MAX;

static u32 test_hash(const void *data, size_t len, const hsiphash_key_t *key)
{
	return hsiphash(data, len, key) & hash_mask;
}

static u32 test_hash_4u32(u32 a, u32 b, u32 c, u32 d, const hsiphash_key_t *key)
{
	return hsiphash_4u32(a, b, c, d, key) & hash_mask;
}

#define hsiphash test_hash
#define hsiphash_4u32 test_hash_4u32

/* nodes that were walked through, for which the source offers to be rescheduled */
static u32 nodes_seen;

#undef cond_resched
#define cond_resched() ((void)nodes_seen++)
#include "kmod/engine/hamt.c"

/* keys that there are, and versions that are kept */
#define KEYS 600
#define KEPT 4

/* A version and what it must answer. */
struct version {
	struct manx_hamt m;
	struct manx_node *dead;	/* of the edit that followed it */
	u32 value[KEYS];
};

struct world {
	struct rnd_state rnd;
	struct manx_prefix key[KEYS];
	struct version kept[KEPT];
	struct version next;
	u32 seen[KEYS];
	struct manx_edit e;
	u32 newest;
	u64 ids;
};

static u32 below(struct world *w, u32 n)
{
	return prandom_u32_state(&w->rnd) % n;
}

/* A third of the keys each are IPv4 addresses, IPv6 addresses, prefixes of both. */
static void random_key(struct world *w, u32 i)
{
	struct manx_prefix *p = &w->key[i];

	p->family = i % 6 < 3 ? NFPROTO_IPV4 : NFPROTO_IPV6;
	p->len = p->family == NFPROTO_IPV4 ? 32 : 128;
	p->addr.ip6[0] = htonl(prandom_u32_state(&w->rnd));
	if (p->family == NFPROTO_IPV6)
		p->addr.ip6[3] = htonl(below(w, 4));
	if (i % 3)
		return;
	/* the number of the key keeps prefixes apart */
	p->len = p->family == NFPROTO_IPV4 ? 20 + below(w, 12) : 20 + below(w, 107);
	p->addr.ip6[0] = htonl(i << 12);
	p->addr.ip6[3] = 0;
}

static struct world *world_new(struct kunit *test, u32 mask)
{
	struct world *w = kunit_kzalloc(test, sizeof(*w), GFP_KERNEL);
	u32 i;

	KUNIT_ASSERT_NOT_NULL(test, w);
	prandom_seed_state(&w->rnd, 3);
	hash_mask = mask;
	for (i = 0; i < KEYS; i++)
		random_key(w, i);
	return w;
}

static void world_free(struct world *w)
{
	u32 i;

	for (i = 1; i <= KEPT; i++)
		manx_nodes_free(w->kept[(w->newest + i) % KEPT].dead);
	manx_hamt_free(&w->kept[w->newest].m);
	hash_mask = U32_MAX;
}

static struct version *newest(struct world *w)
{
	return &w->kept[w->newest];
}

/* How many keys have another value than they should. */
static u32 wrong(const struct world *w, const struct version *v)
{
	u32 i, n = 0, errors = 0;

	for (i = 0; i < KEYS; i++) {
		const struct manx_prefix *p = &w->key[i];

		errors += manx_hamt_get(&v->m, p->family, p->len, &p->addr) != v->value[i];
		n += !!v->value[i];
	}
	return errors + (n != v->m.n);
}

static u64 octets(const struct manx_node *list)
{
	u64 n = 0;

	for (; list; list = list->next)
		n += list->size;
	return n;
}

/* Form of a subtree; counts its keys and octets. Returns what is wrong, or NULL. */
static const char *malformed(const struct manx_hamt_node *n, u32 kind, u32 level, u32 *keys,
			     u64 *bytes)
{
	u32 i, entries = hweight64(n->entries), children = hweight64(n->children);
	const char *bad = NULL;

	*keys += entries;
	*bytes += n->node.size;
	if (n->entries & n->children)
		return "a slot is used twice";
	if (manx_hamt_used(n, kind) > n->node.size)
		return "more in a node than fits";
	if (level && !children && entries < 2)
		return "a node that should not be";
	if (level == MANX_HAMT_LEVELS) {
		for (i = 0; i + 1 < entries; i++)
			if (manx_hamt_cmp(kind, manx_hamt_entry(n, kind, i),
					  manx_hamt_entry(n, kind, i + 1)) >= 0)
				return "equal hashes out of order";
		return children ? "too deep" : NULL;
	}
	for (i = 0; i < 64 && !bad; i++) {
		u64 bit = 1ULL << i;
		u32 hash;

		if (n->children & bit)
			bad = malformed(n->child[manx_hamt_rank(n->children, bit)], kind,
					level + 1, keys, bytes);
		if (!(n->entries & bit))
			continue;
		hash = manx_hamt_hash_words(kind, manx_hamt_entry(n, kind,
								  manx_hamt_rank(n->entries, bit)));
		if (manx_hamt_slot(hash, level) != i)
			bad = "an entry in the wrong slot";
	}
	return bad;
}

static void check_form(struct kunit *test, const struct manx_hamt *m)
{
	const char *bad = NULL;
	u32 kind, keys = 0;
	u64 bytes = 0;

	for (kind = 0; kind < MANX_HAMT_KINDS && !bad; kind++)
		if (m->root[kind])
			bad = malformed(m->root[kind], kind, 0, &keys, &bytes);
	if (bad)
		KUNIT_FAIL(test, "%s", bad);
	KUNIT_EXPECT_EQ(test, keys, m->n);
	KUNIT_EXPECT_EQ(test, bytes, m->bytes);
}

static void edit_begin(struct world *w)
{
	w->next = *newest(w);
	w->next.dead = NULL;
	w->e = (struct manx_edit){ .id = ++w->ids };
}

/* The oldest version goes, and with it the nodes that the one behind it did without. */
static void edit_commit(struct kunit *test, struct world *w)
{
	struct version *old = newest(w), *gone;

	KUNIT_EXPECT_EQ(test, (s64)w->next.m.bytes, (s64)old->m.bytes + w->e.bytes);
	old->dead = w->e.dead;
	w->newest = (w->newest + 1) % KEPT;
	gone = newest(w);
	manx_nodes_free(gone->dead);
	*gone = w->next;
}

static void edit_abort(struct kunit *test, struct world *w)
{
	manx_hamt_abort(&w->next.m, &w->e);
	KUNIT_EXPECT_EQ(test, w->e.bytes + (s64)octets(w->e.dead), 0);
	KUNIT_EXPECT_EQ(test, w->next.m.n, 0);
}

/* Change a key; value 0 removes it. */
static int change(struct world *w, u32 i, u32 value)
{
	int err;

	if (value)
		err = manx_hamt_set(&w->next.m, &w->e, &w->key[i], value);
	else
		err = manx_hamt_del(&w->next.m, &w->e, &w->key[i]);
	if (!err)
		w->next.value[i] = value;
	return err;
}

/* Fill up and empty in turn, so that nodes grow and shrink. */
static u32 random_value(struct world *w, u32 round)
{
	return below(w, 8) < (round / 20 % 2 ? 2 : 6) ? 1 + below(w, 1000) : 0;
}

static void random_edit(struct kunit *test, struct world *w, u32 round)
{
	u32 ops = 1 + below(w, 40);

	edit_begin(w);
	while (ops--) {
		u32 i = below(w, KEYS), value = random_value(w, round);
		int expected = value || w->next.value[i] ? 0 : -ENOENT;

		KUNIT_ASSERT_EQ(test, change(w, i, value), expected);
	}
	KUNIT_EXPECT_EQ(test, wrong(w, &w->next), 0);
	check_form(test, &w->next.m);
	if (below(w, 3))
		edit_commit(test, w);
	else
		edit_abort(test, w);
}

static void random_edits(struct kunit *test, u32 mask)
{
	struct world *w = world_new(test, mask);
	u32 round, i;

	for (round = 0; round < 240; round++) {
		random_edit(test, w, round);
		for (i = 0; i < KEPT; i++)
			KUNIT_ASSERT_EQ(test, wrong(w, &w->kept[i]), 0);
	}
	/* empty it */
	edit_begin(w);
	for (i = 0; i < KEYS; i++)
		change(w, i, 0);
	KUNIT_EXPECT_EQ(test, w->next.m.bytes, 0);
	KUNIT_EXPECT_EQ(test, w->next.m.n, 0);
	edit_commit(test, w);
	world_free(w);
}

static void hamt_random(struct kunit *test)
{
	random_edits(test, U32_MAX);
}

/* Some bits of the first level, some of the last. */
static void hamt_random_equal(struct kunit *test)
{
	random_edits(test, 0x80000003);
}

static void hamt_keys(struct kunit *test)
{
	struct manx_edit e = { .id = 1 };
	struct manx_hamt m = {};
	struct manx_prefix p = {};
	u32 i;

	KUNIT_EXPECT_EQ(test, manx_hamt_get(&m, NFPROTO_IPV4, 32, &p.addr), 0);
	KUNIT_EXPECT_EQ(test, manx_hamt_get(&m, NFPROTO_IPV6, 128, &p.addr), 0);
	KUNIT_EXPECT_EQ(test, manx_hamt_get(&m, NFPROTO_IPV6, 0, &p.addr), 0);
	/* one address, every length, both families: all different keys */
	for (i = 0; i <= 32 + 1 + 128; i++) {
		p.family = i <= 32 ? NFPROTO_IPV4 : NFPROTO_IPV6;
		p.len = i <= 32 ? i : i - 33;
		KUNIT_EXPECT_EQ(test, manx_hamt_del(&m, &e, &p), -ENOENT);
		KUNIT_EXPECT_EQ(test, manx_hamt_set(&m, &e, &p, i + 1), 0);
	}
	KUNIT_EXPECT_EQ(test, m.n, 33 + 129);
	for (i = 0; i <= 32 + 1 + 128; i++)
		KUNIT_EXPECT_EQ(test, i + 1,
				i <= 32 ? manx_hamt_get(&m, NFPROTO_IPV4, i, &p.addr) :
					  manx_hamt_get(&m, NFPROTO_IPV6, i - 33, &p.addr));
	check_form(test, &m);
	manx_hamt_free(&m);
	KUNIT_EXPECT_EQ(test, m.n, 0);
}

/* What a comparison found, to be compared with two arrays. */
struct found {
	struct world *w;
	const struct version *old, *new;
	u32 n;
	u32 errors;
	u32 stop;
};

static int key_number(const struct world *w, const struct manx_prefix *key)
{
	u32 i;

	for (i = 0; i < KEYS; i++)
		if (!manx_prefix_cmp(&w->key[i], key))
			return i;
	return -1;
}

static int found_difference(void *ctx, const struct manx_prefix *key, u32 old_value,
			    u32 new_value)
{
	struct found *f = ctx;
	int i = key_number(f->w, key);

	f->n++;
	if (i < 0 || old_value == new_value || f->old->value[i] != old_value ||
	    f->new->value[i] != new_value || f->w->seen[i]++)
		f->errors++;
	return f->n == f->stop ? -EINTR : 0;
}

static void check_diff(struct kunit *test, struct world *w, const struct version *old,
		       const struct version *new)
{
	struct found f = { .w = w, .old = old, .new = new };
	u32 i, n = 0;

	memset(w->seen, 0, sizeof(w->seen));
	for (i = 0; i < KEYS; i++)
		n += old->value[i] != new->value[i];
	KUNIT_EXPECT_EQ(test, manx_hamt_diff(&old->m, &new->m, found_difference, &f), 0);
	KUNIT_EXPECT_EQ(test, f.errors, 0);
	KUNIT_EXPECT_EQ(test, f.n, n);
	if (n < 2)
		return;
	memset(w->seen, 0, sizeof(w->seen));
	f.n = 0;
	f.stop = n / 2;
	KUNIT_EXPECT_EQ(test, manx_hamt_diff(&old->m, &new->m, found_difference, &f), -EINTR);
	KUNIT_EXPECT_EQ(test, f.n, n / 2);
}

/* The same keys and values, in nodes of its own. */
static void rebuild(struct kunit *test, struct world *w, const struct version *v,
		    struct version *copy)
{
	struct manx_edit e = { .id = ++w->ids };
	u32 i;

	memset(copy, 0, sizeof(*copy));
	for (i = 0; i < KEYS; i++) {
		copy->value[i] = v->value[i];
		if (v->value[i])
			KUNIT_ASSERT_EQ(test, manx_hamt_set(&copy->m, &e, &w->key[i],
							    v->value[i]), 0);
	}
}

static void differences(struct kunit *test, u32 mask)
{
	struct version *copy = kunit_kzalloc(test, 2 * sizeof(*copy), GFP_KERNEL);
	struct world *w = world_new(test, mask);
	u32 round, i;

	KUNIT_ASSERT_NOT_NULL(test, copy);
	for (round = 0; round < 60; round++) {
		random_edit(test, w, round);
		rebuild(test, w, newest(w), &copy[1]);
		check_diff(test, w, newest(w), &copy[1]);
		check_diff(test, w, &copy[0], newest(w));
		check_diff(test, w, newest(w), &copy[0]);
		for (i = 0; i < KEPT; i++) {
			check_diff(test, w, &w->kept[i], newest(w));
			check_diff(test, w, &w->kept[i], &copy[1]);
		}
		manx_hamt_free(&copy[1].m);
	}
	world_free(w);
}

static void hamt_diff(struct kunit *test)
{
	differences(test, U32_MAX);
}

static void hamt_diff_equal(struct kunit *test)
{
	differences(test, 0x80000003);
}

static int count_difference(void *ctx, const struct manx_prefix *key, u32 old_value,
			    u32 new_value)
{
	(*(u32 *)ctx)++;
	return 0;
}

static void remove_key(struct kunit *test, struct world *w, u32 i)
{
	edit_begin(w);
	KUNIT_ASSERT_EQ(test, change(w, i, 0), 0);
	edit_commit(test, w);
}

/*
 * A walk, with an edit after every few keys, some of which are given up, and with
 * keys removed just after they were returned.
 */
static void walks(struct kunit *test, u32 mask)
{
	struct world *w = world_new(test, mask);
	struct manx_hamt_cursor c = {};
	bool throughout[KEYS];
	struct manx_prefix key;
	u32 i, n, value, round;

	for (round = 0; round < 12; round++)
		random_edit(test, w, 0);
	for (i = 0; i < KEYS; i++)
		throughout[i] = newest(w)->value[i];
	for (n = 0; manx_hamt_next(&newest(w)->m, &c, &key, &value); n++) {
		int at = key_number(w, &key);

		KUNIT_ASSERT_TRUE(test, at >= 0);
		KUNIT_EXPECT_EQ(test, w->seen[at]++, 0);
		KUNIT_EXPECT_EQ(test, value, newest(w)->value[at]);
		if (n % 3 == 0)
			random_edit(test, w, n);
		else if (n % 3 == 1)
			remove_key(test, w, at);
		for (i = 0; i < KEYS; i++)
			throughout[i] &= !!newest(w)->value[i];
	}
	KUNIT_EXPECT_FALSE(test, manx_hamt_next(&newest(w)->m, &c, &key, NULL));
	for (i = 0; i < KEYS; i++)
		if (throughout[i])
			KUNIT_EXPECT_EQ(test, w->seen[i], 1);
	/* without edits: everything */
	c = (struct manx_hamt_cursor){};
	for (n = 0; manx_hamt_next(&newest(w)->m, &c, &key, NULL); n++)
		;
	KUNIT_EXPECT_EQ(test, n, newest(w)->m.n);
	world_free(w);
}

static void hamt_walk(struct kunit *test)
{
	walks(test, U32_MAX);
}

static void hamt_walk_equal(struct kunit *test)
{
	walks(test, 0x80000003);
}

/*
 * One operation with every allocation failing in turn. Afterwards the edit is
 * given up, or goes on.
 */
static void fail_one(struct kunit *test, struct world *w, u32 round)
{
	u32 i = below(w, KEYS), value = random_value(w, round);
	unsigned int n;
	int err;

	if (!value && !newest(w)->value[i])
		return;
	edit_begin(w);
	for (n = 1; ; n++) {
		manx_fail_at(n);
		err = change(w, i, value);
		if (!manx_fail_end())
			break;
		KUNIT_ASSERT_EQ(test, err, -ENOMEM);
		KUNIT_ASSERT_EQ(test, wrong(w, &w->next), 0);
		check_form(test, &w->next.m);
		if (round % 2)
			continue;
		edit_abort(test, w);
		KUNIT_ASSERT_EQ(test, wrong(w, newest(w)), 0);
		edit_begin(w);
	}
	KUNIT_ASSERT_EQ(test, err, 0);
	KUNIT_ASSERT_EQ(test, wrong(w, &w->next), 0);
	check_form(test, &w->next.m);
	edit_commit(test, w);
}

static void hamt_no_memory(struct kunit *test)
{
	struct world *w = world_new(test, 0x80000003);
	u32 round;

	for (round = 0; round < 200; round++)
		fail_one(test, w, round / 3);
	world_free(w);
}

/* More keys with the same hash than a node holds. */
static void hamt_equal_full(struct kunit *test)
{
	struct manx_prefix p = { .family = NFPROTO_IPV6, .len = 128 };
	struct manx_edit e = { .id = 1 };
	struct manx_hamt m = {};
	u32 i;

	hash_mask = 0;
	for (i = 0; i < 65; i++) {
		p.addr.ip6[3] = htonl(i);
		KUNIT_EXPECT_EQ(test, manx_hamt_set(&m, &e, &p, 1 + i), i < 64 ? 0 : -ENOMEM);
	}
	KUNIT_EXPECT_EQ(test, m.n, 64);
	check_form(test, &m);
	for (i = 0; i < 64; i++) {
		p.addr.ip6[3] = htonl(i);
		KUNIT_EXPECT_EQ(test, manx_hamt_get(&m, p.family, p.len, &p.addr), 1 + i);
		KUNIT_EXPECT_EQ(test, manx_hamt_del(&m, &e, &p), 0);
		check_form(test, &m);
	}
	KUNIT_EXPECT_EQ(test, m.bytes, 0);
	hash_mask = U32_MAX;
}

/* The @i-th of many addresses, in order or scattered. */
static void nth_address(struct manx_prefix *p, u8 family, bool scattered, u32 i)
{
	/* an odd factor moves the numbers about without two becoming one */
	__be32 low = htonl(scattered ? i * 2654435761U : 0x0a000000 + i);

	memset(p, 0, sizeof(*p));
	p->family = family;
	p->len = family == NFPROTO_IPV4 ? 32 : 128;
	p->addr.ip6[family == NFPROTO_IPV4 ? 0 : 3] = low;
}

/* Memory per member, and that a change of one makes few nodes. */
static void load(struct kunit *test, u8 family, bool scattered, u32 n)
{
	struct manx_edit e = { .id = 1 };
	struct manx_hamt m = {}, next;
	struct manx_prefix p;
	u32 i, wrong = 0, differ = 0;

	for (i = 0; i < n; i++) {
		nth_address(&p, family, scattered, i);
		KUNIT_ASSERT_EQ(test, manx_hamt_set(&m, &e, &p, 1 + i), 0);
	}
	for (i = 0; i < n; i++) {
		nth_address(&p, family, scattered, i);
		wrong += manx_hamt_get(&m, p.family, p.len, &p.addr) != 1 + i;
	}
	KUNIT_EXPECT_EQ(test, wrong, 0);
	KUNIT_EXPECT_EQ(test, m.n, n);
	KUNIT_EXPECT_LE(test, m.bytes, 48ULL * n);
	kunit_info(test, "%u IPv%d members, %s: %llu octets for 1000\n", n,
		   family == NFPROTO_IPV4 ? 4 : 6, scattered ? "scattered" : "in order",
		   div_u64(m.bytes * 1000, n));
	e = (struct manx_edit){ .id = 2 };
	next = m;
	KUNIT_EXPECT_EQ(test, manx_hamt_set(&next, &e, &p, n + 1), 0);
	nodes_seen = 0;
	KUNIT_EXPECT_EQ(test, manx_hamt_diff(&m, &next, count_difference, &differ), 0);
	KUNIT_EXPECT_EQ(test, differ, 1);
	KUNIT_EXPECT_LE(test, nodes_seen, MANX_HAMT_LEVELS);
	KUNIT_EXPECT_LE(test, octets(e.dead), 4096);
	manx_nodes_free(e.dead);
	manx_hamt_free(&next);
}

static void hamt_million(struct kunit *test)
{
	load(test, NFPROTO_IPV4, true, 1000000);
	load(test, NFPROTO_IPV4, false, 100000);
	load(test, NFPROTO_IPV6, true, 250000);
}

static struct kunit_case hamt_cases[] = {
	KUNIT_CASE(hamt_keys),
	KUNIT_CASE(hamt_random),
	KUNIT_CASE(hamt_random_equal),
	KUNIT_CASE(hamt_diff),
	KUNIT_CASE(hamt_diff_equal),
	KUNIT_CASE(hamt_walk),
	KUNIT_CASE(hamt_walk_equal),
	KUNIT_CASE(hamt_no_memory),
	KUNIT_CASE(hamt_equal_full),
	KUNIT_CASE_SLOW(hamt_million),
	{}
};

static struct kunit_suite hamt_suite = {
	.name = "manx_hamt",
	.test_cases = hamt_cases,
};
kunit_test_suite(hamt_suite);
