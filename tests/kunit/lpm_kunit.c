// SPDX-License-Identifier: GPL-2.0-only
/*
 * The longest match against a search through all prefixes: random edits, some
 * published and some given up, while older versions are kept and must go on giving
 * their old answers; updates of all that is beneath a prefix; failing allocations.
 *
 * The source is compiled into the suite once more, under other names, so that the
 * form of the nodes can be checked.
 */
#include <kunit/test.h>
#include <linux/prandom.h>

#include "fail.h"

#define manx_lpm_get test_lpm_get
#define manx_lpm_exact test_lpm_exact
#define manx_lpm_covering test_lpm_covering
#define manx_lpm_set test_lpm_set
#define manx_lpm_del test_lpm_del
#define manx_lpm_update test_lpm_update
#define manx_lpm_abort test_lpm_abort
#define manx_lpm_free test_lpm_free

#include "kmod/engine/lpm.c"

/* prefixes that there are, and versions that are kept */
#define KEYS 300
#define KEPT 4

/* A version and what it must answer. */
struct version {
	struct manx_lpm l;
	struct manx_node *dead;	/* of the edit that followed it */
	u32 value[KEYS];
};

struct world {
	struct rnd_state rnd;
	struct manx_prefix key[KEYS];
	struct version kept[KEPT];
	struct version next;
	struct manx_edit e;
	u32 newest;
	u64 ids;
};

static u32 below(struct world *w, u32 n)
{
	return prandom_u32_state(&w->rnd) % n;
}

static u32 longest(u8 family)
{
	return family == NFPROTO_IPV4 ? 32 : 128;
}

/* An address in which few bits vary, some at the edges of words. */
static void random_address(struct world *w, union nf_inet_addr *addr, u8 family)
{
	static const u32 vary[4] = { 0xc0000303, 0x80000001, 0xc0000001, 0x8000000f };
	u32 i;

	memset(addr, 0, sizeof(*addr));
	for (i = 0; i < longest(family) / 32; i++)
		addr->ip6[i] = htonl(0x0a0a0a0a ^ (prandom_u32_state(&w->rnd) & vary[i]));
}

static void cut(struct manx_prefix *p)
{
	u32 i;

	for (i = p->len; i < longest(p->family); i++)
		p->addr.in6.s6_addr[i / 8] &= ~(0x80 >> i % 8);
}

static int key_number(const struct world *w, const struct manx_prefix *key, u32 n)
{
	u32 i;

	for (i = 0; i < n; i++)
		if (!manx_prefix_cmp(&w->key[i], key))
			return i;
	return -1;
}

static void random_key(struct world *w, u32 i)
{
	static const u8 edges[] = { 0, 1, 63, 64, 65, 127, 128 };
	struct manx_prefix *p = &w->key[i];

	do {
		p->family = i % 2 ? NFPROTO_IPV4 : NFPROTO_IPV6;
		random_address(w, &p->addr, p->family);
		p->len = below(w, longest(p->family) + 1);
		if (p->family == NFPROTO_IPV6 && !below(w, 3))
			p->len = edges[below(w, ARRAY_SIZE(edges))];
		cut(p);
	} while (key_number(w, p, i) >= 0);
}

static struct world *world_new(struct kunit *test)
{
	struct world *w = kunit_kzalloc(test, sizeof(*w), GFP_KERNEL);
	u32 i;

	KUNIT_ASSERT_NOT_NULL(test, w);
	prandom_seed_state(&w->rnd, 7);
	for (i = 0; i < KEYS; i++)
		random_key(w, i);
	return w;
}

static void world_free(struct world *w)
{
	u32 i;

	for (i = 1; i <= KEPT; i++)
		manx_nodes_free(w->kept[(w->newest + i) % KEPT].dead);
	manx_lpm_free(&w->kept[w->newest].l);
}

static struct version *newest(struct world *w)
{
	return &w->kept[w->newest];
}

/* Value of the longest prefix that contains an address and is shorter than @len. */
static u32 search(const struct world *w, const struct version *v, u8 family,
		  const union nf_inet_addr *addr, u32 len)
{
	u32 i, value = 0;
	int best = -1;

	for (i = 0; i < KEYS; i++) {
		const struct manx_prefix *p = &w->key[i];

		if (!v->value[i] || p->len >= len || (int)p->len <= best ||
		    !manx_prefix_contains(p, family, addr))
			continue;
		best = p->len;
		value = v->value[i];
	}
	return value;
}

/* How many answers are other than they should be. */
static u32 wrong(struct world *w, const struct version *v)
{
	u32 i, n = 0, errors = 0;

	for (i = 0; i < KEYS; i++) {
		const struct manx_prefix *p = &w->key[i];
		union nf_inet_addr addr;

		random_address(w, &addr, p->family);
		errors += manx_lpm_exact(&v->l, p) != v->value[i];
		errors += manx_lpm_get(&v->l, p->family, &p->addr) !=
			  search(w, v, p->family, &p->addr, 129);
		errors += manx_lpm_get(&v->l, p->family, &addr) !=
			  search(w, v, p->family, &addr, 129);
		errors += manx_lpm_covering(&v->l, p) !=
			  search(w, v, p->family, &p->addr, p->len);
		n += !!v->value[i];
	}
	return errors + (n != v->l.n);
}

static u64 octets(const struct manx_node *list)
{
	u64 n = 0;

	for (; list; list = list->next)
		n += list->size;
	return n;
}

/* Form of a subtree; counts its prefixes and octets. Returns what is wrong, or NULL. */
static const char *malformed(const struct manx_lpm_node *n, int above, u32 *keys, u64 *bytes)
{
	const char *bad = NULL;
	u32 i, common;

	*keys += !!n->value;
	*bytes += n->node.size;
	if (n->len <= above)
		return "a child is no longer than its parent";
	if (!n->value && !(n->child[0] && n->child[1]))
		return "a node that should not be";
	for (i = 0; i < 2 && !bad; i++) {
		const struct manx_lpm_node *child = n->child[i];
		struct manx_lpm_key k;

		if (!child)
			continue;
		k = (struct manx_lpm_key){ .hi = child->hi, .lo = child->lo };
		common = manx_lpm_common(n, &k);
		if (common < n->len || manx_lpm_bit(&k, n->len) != i)
			return "a child in the wrong place";
		bad = malformed(child, n->len, keys, bytes);
	}
	return bad;
}

static void check_form(struct kunit *test, const struct manx_lpm *l)
{
	const char *bad = NULL;
	u32 side, keys = 0;
	u64 bytes = 0;

	for (side = 0; side < 2 && !bad; side++)
		if (l->root[side])
			bad = malformed(l->root[side], -1, &keys, &bytes);
	if (bad)
		KUNIT_FAIL(test, "%s", bad);
	KUNIT_EXPECT_EQ(test, keys, l->n);
	KUNIT_EXPECT_EQ(test, bytes, l->bytes);
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

	KUNIT_EXPECT_EQ(test, (s64)w->next.l.bytes, (s64)old->l.bytes + w->e.bytes);
	old->dead = w->e.dead;
	w->newest = (w->newest + 1) % KEPT;
	gone = newest(w);
	manx_nodes_free(gone->dead);
	*gone = w->next;
}

static void edit_abort(struct kunit *test, struct world *w)
{
	manx_lpm_abort(&w->next.l, &w->e);
	KUNIT_EXPECT_EQ(test, w->e.bytes + (s64)octets(w->e.dead), 0);
	KUNIT_EXPECT_EQ(test, w->next.l.n, 0);
}

/* Change a prefix; value 0 removes it. */
static int change(struct world *w, u32 i, u32 value)
{
	int err;

	if (value)
		err = manx_lpm_set(&w->next.l, &w->e, &w->key[i], value);
	else
		err = manx_lpm_del(&w->next.l, &w->e, &w->key[i]);
	if (!err)
		w->next.value[i] = value;
	return err;
}

/* Fill up and empty in turn. */
static u32 random_value(struct world *w, u32 round)
{
	return below(w, 8) < (round / 20 % 2 ? 2 : 6) ? 1 + below(w, 1000) : 0;
}

static void random_edit(struct kunit *test, struct world *w, u32 round)
{
	u32 ops = 1 + below(w, 20);

	edit_begin(w);
	while (ops--) {
		u32 i = below(w, KEYS), value = random_value(w, round);
		int expected = value || w->next.value[i] ? 0 : -ENOENT;

		KUNIT_ASSERT_EQ(test, change(w, i, value), expected);
	}
	KUNIT_EXPECT_EQ(test, wrong(w, &w->next), 0);
	check_form(test, &w->next.l);
	if (below(w, 3))
		edit_commit(test, w);
	else
		edit_abort(test, w);
}

static void lpm_random(struct kunit *test)
{
	struct world *w = world_new(test);
	u32 round, i;

	for (round = 0; round < 120; round++) {
		random_edit(test, w, round);
		for (i = 0; i < KEPT; i++)
			KUNIT_ASSERT_EQ(test, wrong(w, &w->kept[i]), 0);
	}
	/* empty it */
	edit_begin(w);
	for (i = 0; i < KEYS; i++)
		change(w, i, 0);
	KUNIT_EXPECT_EQ(test, w->next.l.bytes, 0);
	KUNIT_EXPECT_EQ(test, w->next.l.n, 0);
	edit_commit(test, w);
	world_free(w);
}

/* Every length there is, one within the other: the longest path. */
static void lpm_nested(struct kunit *test)
{
	struct manx_prefix p = { .family = NFPROTO_IPV6 };
	struct manx_edit e = { .id = 1 };
	union nf_inet_addr addr;
	struct manx_lpm l = {};
	u32 i;

	memset(&addr, 0xff, sizeof(addr));
	for (i = 0; i <= 128; i++) {
		p.len = i * 37 % 129;
		p.addr = addr;
		cut(&p);
		KUNIT_EXPECT_EQ(test, manx_lpm_set(&l, &e, &p, 1 + p.len), 0);
	}
	check_form(test, &l);
	for (i = 128; i > 0; i--) {
		KUNIT_EXPECT_EQ(test, manx_lpm_get(&l, NFPROTO_IPV6, &addr), 1 + i);
		p.len = i;
		p.addr = addr;
		cut(&p);
		KUNIT_EXPECT_EQ(test, manx_lpm_covering(&l, &p), i);
		KUNIT_EXPECT_EQ(test, manx_lpm_del(&l, &e, &p), 0);
	}
	KUNIT_EXPECT_EQ(test, manx_lpm_get(&l, NFPROTO_IPV6, &addr), 1);
	KUNIT_EXPECT_EQ(test, manx_lpm_get(&l, NFPROTO_IPV4, &addr), 0);
	manx_lpm_free(&l);
	KUNIT_EXPECT_EQ(test, l.n, 0);
}

/* An update: what it must come by, and what it does there. */
struct visit {
	struct world *w;
	const struct manx_prefix *under;
	u32 seen[KEYS];
	u32 n;
	u32 errors;
	u32 stop;
	bool keep;
};

static bool within(const struct manx_prefix *p, const struct manx_prefix *under)
{
	return p->len >= under->len && manx_prefix_contains(under, p->family, &p->addr);
}

/* Two of three values change, by the value above, which must be the new one. */
static int visit(void *ctx, const struct manx_prefix *p, u32 parent_value, u32 *value)
{
	struct visit *v = ctx;
	struct version *next = &v->w->next;
	int i = key_number(v->w, p, KEYS);

	if (i < 0 || v->seen[i]++ || *value != next->value[i] || !within(p, v->under) ||
	    parent_value != search(v->w, next, p->family, &p->addr, p->len)) {
		v->errors++;
		return -EINVAL;
	}
	if (++v->n == v->stop)
		return -EINTR;
	if (!v->keep && i % 3)
		*value = (*value + parent_value) % 1000 + 1;
	next->value[i] = *value;
	return 0;
}

static u32 count_within(const struct world *w, const struct version *v,
			const struct manx_prefix *under)
{
	u32 i, n = 0;

	for (i = 0; i < KEYS; i++)
		n += v->value[i] && within(&w->key[i], under);
	return n;
}

static void update_one(struct kunit *test, struct world *w, struct visit *v,
		       const struct manx_prefix *under)
{
	u32 n = count_within(w, newest(w), under);

	/* looking alone copies nothing */
	edit_begin(w);
	*v = (struct visit){ .w = w, .under = under, .keep = true };
	KUNIT_EXPECT_EQ(test, manx_lpm_update(&w->next.l, &w->e, under, visit, v), 0);
	KUNIT_EXPECT_EQ(test, v->n, n);
	KUNIT_EXPECT_PTR_EQ(test, w->next.l.root[0], newest(w)->l.root[0]);
	KUNIT_EXPECT_PTR_EQ(test, w->next.l.root[1], newest(w)->l.root[1]);
	*v = (struct visit){ .w = w, .under = under };
	KUNIT_EXPECT_EQ(test, manx_lpm_update(&w->next.l, &w->e, under, visit, v), 0);
	KUNIT_EXPECT_EQ(test, v->n, n);
	KUNIT_EXPECT_EQ(test, v->errors, 0);
	KUNIT_EXPECT_EQ(test, wrong(w, &w->next), 0);
	check_form(test, &w->next.l);
	edit_commit(test, w);
	if (n < 2)
		return;
	edit_begin(w);
	*v = (struct visit){ .w = w, .under = under, .stop = n / 2 };
	KUNIT_EXPECT_EQ(test, manx_lpm_update(&w->next.l, &w->e, under, visit, v), -EINTR);
	KUNIT_EXPECT_EQ(test, v->n, n / 2);
	edit_abort(test, w);
	KUNIT_EXPECT_EQ(test, wrong(w, newest(w)), 0);
}

static void lpm_update(struct kunit *test)
{
	struct visit *v = kunit_kzalloc(test, sizeof(*v), GFP_KERNEL);
	struct world *w = world_new(test);
	struct manx_prefix any = {};
	u32 round;

	KUNIT_ASSERT_NOT_NULL(test, v);
	for (round = 0; round < 60; round++) {
		random_edit(test, w, round % 20);
		update_one(test, w, v, &w->key[below(w, KEYS)]);
		any.family = round % 2 ? NFPROTO_IPV4 : NFPROTO_IPV6;
		any.len = below(w, 20);
		random_address(w, &any.addr, any.family);
		cut(&any);
		update_one(test, w, v, &any);
	}
	world_free(w);
}

static void lpm_update_no_memory(struct kunit *test)
{
	struct visit *v = kunit_kzalloc(test, sizeof(*v), GFP_KERNEL);
	struct manx_prefix any = { .family = NFPROTO_IPV6 };
	struct world *w = world_new(test);
	unsigned int n;
	int err;

	KUNIT_ASSERT_NOT_NULL(test, v);
	for (n = 0; n < 12; n++)
		random_edit(test, w, 0);
	for (n = 1; ; n++) {
		edit_begin(w);
		*v = (struct visit){ .w = w, .under = &any };
		manx_fail_at(n);
		err = manx_lpm_update(&w->next.l, &w->e, &any, visit, v);
		if (!manx_fail_end())
			break;
		KUNIT_ASSERT_EQ(test, err, -ENOMEM);
		check_form(test, &w->next.l);
		edit_abort(test, w);
		KUNIT_ASSERT_EQ(test, wrong(w, newest(w)), 0);
	}
	KUNIT_EXPECT_EQ(test, err, 0);
	KUNIT_EXPECT_GT(test, n, 20);
	edit_commit(test, w);
	KUNIT_EXPECT_EQ(test, wrong(w, newest(w)), 0);
	world_free(w);
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
		check_form(test, &w->next.l);
		if (round % 2)
			continue;
		edit_abort(test, w);
		edit_begin(w);
	}
	KUNIT_ASSERT_EQ(test, err, 0);
	KUNIT_ASSERT_EQ(test, wrong(w, &w->next), 0);
	check_form(test, &w->next.l);
	edit_commit(test, w);
}

static void lpm_no_memory(struct kunit *test)
{
	struct world *w = world_new(test);
	u32 round;

	for (round = 0; round < 150; round++)
		fail_one(test, w, round / 3);
	world_free(w);
}

static struct kunit_case lpm_cases[] = {
	KUNIT_CASE(lpm_random),
	KUNIT_CASE(lpm_nested),
	KUNIT_CASE(lpm_update),
	KUNIT_CASE(lpm_update_no_memory),
	KUNIT_CASE(lpm_no_memory),
	{}
};

static struct kunit_suite lpm_suite = {
	.name = "manx_lpm",
	.test_cases = lpm_cases,
};
kunit_test_suite(lpm_suite);
