// SPDX-License-Identifier: GPL-2.0-only
/*
 * A trie from prefixes to numbers for the longest match, in versions.
 *
 * A binary trie in which paths without a choice are compressed (Donald Morrison,
 * PATRICIA, 1968; Keith Sklower, A Tree-Based Packet Routing Table for Berkeley
 * Unix, 1991), with the whole prefix in each node so that a step is one
 * comparison. A node either has a value, and then stands for a prefix that was
 * inserted, or has two children that part there. So there are less than twice
 * as many nodes as prefixes, and on a path the lengths rise: 33 nodes at most
 * for IPv4, 129 for IPv6.
 *
 * Addresses are two numbers in host byte order, IPv4 in the upper half of the
 * first, so that both families share the code.
 *
 * Nothing here recurses by the depth of the trie. What goes through a subtree keeps
 * the path in memory of its own, and what frees one keeps a list through the nodes.
 */
#include "lpm.h"

#include <linux/bitops.h>
#include <linux/kernel.h>
#include <linux/limits.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>

/* nodes on the longest path: lengths 0 to 128 */
#define MANX_LPM_DEPTH 129

/**
 * struct manx_lpm_node - a prefix
 * @node: head
 * @hi: first 64 bits of the prefix, host byte order
 * @lo: the others
 * @child: longer prefixes within it, by the first bit behind it
 * @value: 0 if it only holds two children together
 * @len: length
 */
struct manx_lpm_node {
	struct manx_node node;
	u64 hi;
	u64 lo;
	struct manx_lpm_node *child[2];
	u32 value;
	u8 len;
};

struct manx_lpm_key {
	u64 hi;
	u64 lo;
	u8 len;
};

static bool manx_lpm_side(u8 family)
{
	return family == NFPROTO_IPV6;
}

static __always_inline void manx_lpm_key(struct manx_lpm_key *k, u8 family, u8 len,
					 const union nf_inet_addr *addr)
{
	k->len = len;
	if (family == NFPROTO_IPV4) {
		k->hi = (u64)ntohl(addr->ip) << 32;
		k->lo = 0;
	} else {
		k->hi = (u64)ntohl(addr->ip6[0]) << 32 | ntohl(addr->ip6[1]);
		k->lo = (u64)ntohl(addr->ip6[2]) << 32 | ntohl(addr->ip6[3]);
	}
}

static void manx_lpm_prefix(struct manx_prefix *p, u8 family, const struct manx_lpm_node *n)
{
	memset(p, 0, sizeof(*p));
	p->family = family;
	p->len = n->len;
	p->addr.ip6[0] = htonl(n->hi >> 32);
	if (family == NFPROTO_IPV4)
		return;
	p->addr.ip6[1] = htonl((u32)n->hi);
	p->addr.ip6[2] = htonl(n->lo >> 32);
	p->addr.ip6[3] = htonl((u32)n->lo);
}

/* How many leading bits of a node's prefix and a key are equal, ignoring lengths. */
static __always_inline u32 manx_lpm_common(const struct manx_lpm_node *n,
					   const struct manx_lpm_key *k)
{
	u64 x = n->hi ^ k->hi;

	return x ? 64 - fls64(x) : 128 - fls64(n->lo ^ k->lo);
}

/*
 * Where the way of a key goes on at a node: the child of that number, or more than
 * 1 if the key is not within the node's prefix. Bits behind a prefix are zero, so
 * what is left of the difference is the key's next bit.
 */
static __always_inline u64 manx_lpm_turn(const struct manx_lpm_node *n,
					 const struct manx_lpm_key *k)
{
	if (n->len < 64)
		return (n->hi ^ k->hi) >> (63 - n->len);
	if (n->hi != k->hi)
		return 2;
	if (n->len < 128)
		return (n->lo ^ k->lo) >> (127 - n->len);
	return n->lo == k->lo ? 0 : 2;
}

/* Bit @at of a key; without meaning, but harmless, behind the last. */
static __always_inline u32 manx_lpm_bit(const struct manx_lpm_key *k, u32 at)
{
	return (at < 64 ? k->hi : k->lo) >> (63 - at % 64) & 1;
}

/* Value of the longest prefix that contains @k and is shorter than @below. */
static __always_inline u32 manx_lpm_walk(const struct manx_lpm_node *n,
					 const struct manx_lpm_key *k, u32 below)
{
	u32 value = 0;
	u64 turn;

	while (n && n->len < below) {
		turn = manx_lpm_turn(n, k);
		if (turn > 1)
			break;
		value = n->value ?: value;
		n = n->child[turn];
	}
	return value;
}

u32 manx_lpm_get(const struct manx_lpm *l, u8 family, const union nf_inet_addr *addr)
{
	const struct manx_lpm_node *n = l->root[manx_lpm_side(family)];
	struct manx_lpm_key k;

	if (!n)
		return 0;
	manx_lpm_key(&k, family, 128, addr);
	return manx_lpm_walk(n, &k, U8_MAX + 1);
}

u32 manx_lpm_covering(const struct manx_lpm *l, const struct manx_prefix *key)
{
	struct manx_lpm_key k;

	manx_lpm_key(&k, key->family, key->len, &key->addr);
	return manx_lpm_walk(l->root[manx_lpm_side(key->family)], &k, key->len);
}

u32 manx_lpm_exact(const struct manx_lpm *l, const struct manx_prefix *key)
{
	const struct manx_lpm_node *n = l->root[manx_lpm_side(key->family)];
	struct manx_lpm_key k;
	u64 turn;

	manx_lpm_key(&k, key->family, key->len, &key->addr);
	for (; n && n->len <= k.len; n = n->child[turn]) {
		turn = manx_lpm_turn(n, &k);
		if (turn > 1)
			break;
		if (n->len == k.len)
			return n->value;
	}
	return 0;
}

static struct manx_lpm_node *manx_lpm_node_new(struct manx_edit *e, const struct manx_lpm_key *k,
					       u32 value)
{
	struct manx_lpm_node *n = manx_edit_alloc(e, sizeof(*n));

	if (!n)
		return NULL;
	n->hi = k->hi;
	n->lo = k->lo;
	n->len = k->len;
	n->value = value;
	n->child[0] = n->child[1] = NULL;
	return n;
}

/*
 * Make the node at *@link one that the edit may change. *@link is in a node that
 * it may change, or is the root.
 */
static struct manx_lpm_node *manx_lpm_own(struct manx_edit *e, struct manx_lpm_node **link)
{
	struct manx_lpm_node *n = *link, *copy;

	if (manx_edit_owns(e, &n->node))
		return n;
	copy = manx_edit_alloc(e, sizeof(*copy));
	if (!copy)
		return NULL;
	copy->hi = n->hi;
	copy->lo = n->lo;
	copy->len = n->len;
	copy->value = n->value;
	copy->child[0] = n->child[0];
	copy->child[1] = n->child[1];
	*link = copy;
	manx_edit_replace(e, &n->node);
	return copy;
}

/* The first @len bits of a key. */
static struct manx_lpm_key manx_lpm_cut(const struct manx_lpm_key *k, u32 len)
{
	struct manx_lpm_key cut = { .len = len };

	if (len)
		cut.hi = len < 64 ? k->hi & ~(U64_MAX >> len) : k->hi;
	if (len > 64)
		cut.lo = len < 128 ? k->lo & ~(U64_MAX >> (len - 64)) : k->lo;
	return cut;
}

/* Insert at *@link, where a node parts from the key after @common bits, or none is. */
static int manx_lpm_insert_here(struct manx_edit *e, struct manx_lpm_node **link,
				const struct manx_lpm_key *k, u32 value, u32 common)
{
	struct manx_lpm_node *n = *link, *leaf, *fork;
	struct manx_lpm_key at;

	leaf = manx_lpm_node_new(e, k, value);
	if (!leaf)
		return -ENOMEM;
	if (!n) {
		*link = leaf;
		return 0;
	}
	at = (struct manx_lpm_key){ .hi = n->hi, .lo = n->lo };
	if (common >= k->len) {
		leaf->child[manx_lpm_bit(&at, k->len)] = n;
		*link = leaf;
		return 0;
	}
	at = manx_lpm_cut(k, common);
	fork = manx_lpm_node_new(e, &at, 0);
	if (!fork) {
		manx_edit_replace(e, &leaf->node);
		return -ENOMEM;
	}
	fork->child[manx_lpm_bit(k, common)] = leaf;
	fork->child[!manx_lpm_bit(k, common)] = n;
	*link = fork;
	return 0;
}

static int manx_lpm_insert(struct manx_lpm_node **link, struct manx_edit *e,
			   const struct manx_lpm_key *k, u32 value)
{
	struct manx_lpm_node *n;
	u32 common;

	while (*link) {
		common = manx_lpm_common(*link, k);
		if (common < (*link)->len || k->len < (*link)->len)
			return manx_lpm_insert_here(e, link, k, value, common);
		n = manx_lpm_own(e, link);
		if (!n)
			return -ENOMEM;
		if (n->len == k->len) {
			n->value = value;
			return 0;
		}
		link = &n->child[manx_lpm_bit(k, n->len)];
	}
	return manx_lpm_insert_here(e, link, k, value, 0);
}

int manx_lpm_set(struct manx_lpm *l, struct manx_edit *e, const struct manx_prefix *key,
		 u32 value)
{
	struct manx_lpm_key k;
	s64 before = e->bytes;
	u32 old;
	int err;

	if (WARN_ON_ONCE(!value))
		return -EINVAL;
	old = manx_lpm_exact(l, key);
	if (old == value)
		return 0;
	manx_lpm_key(&k, key->family, key->len, &key->addr);
	err = manx_lpm_insert(&l->root[manx_lpm_side(key->family)], e, &k, value);
	l->bytes += e->bytes - before;
	if (!err && !old)
		l->n++;
	return err;
}

/* Remove the node at *@link, which has at most one child; *@up is the node above it. */
static void manx_lpm_unlink(struct manx_edit *e, struct manx_lpm_node **up,
			    struct manx_lpm_node **link)
{
	struct manx_lpm_node *n = *link;

	*link = n->child[0] ? n->child[0] : n->child[1];
	manx_edit_replace(e, &n->node);
	if (*link || !up || (*up)->value)
		return;
	/* What held two children together has one left, and goes as well. */
	manx_lpm_unlink(e, NULL, up);
}

static int manx_lpm_remove(struct manx_lpm_node **link, struct manx_edit *e,
			   const struct manx_lpm_key *k)
{
	struct manx_lpm_node **up = NULL, *n;

	while ((*link)->len < k->len) {
		n = manx_lpm_own(e, link);
		if (!n)
			return -ENOMEM;
		up = link;
		link = &n->child[manx_lpm_bit(k, n->len)];
	}
	if ((*link)->child[0] && (*link)->child[1]) {
		n = manx_lpm_own(e, link);
		if (!n)
			return -ENOMEM;
		n->value = 0;
		return 0;
	}
	manx_lpm_unlink(e, up, link);
	return 0;
}

int manx_lpm_del(struct manx_lpm *l, struct manx_edit *e, const struct manx_prefix *key)
{
	struct manx_lpm_key k;
	s64 before = e->bytes;
	int err;

	if (!manx_lpm_exact(l, key))
		return -ENOENT;
	manx_lpm_key(&k, key->family, key->len, &key->addr);
	err = manx_lpm_remove(&l->root[manx_lpm_side(key->family)], e, &k);
	l->bytes += e->bytes - before;
	if (!err)
		l->n--;
	return err;
}

/**
 * struct manx_lpm_step - a node on the path of an update
 * @n: node
 * @value: of the longest prefix that is @n's or shorter
 * @next: child to be visited next, 2 if there is none left
 */
struct manx_lpm_step {
	struct manx_lpm_node *n;
	u32 value;
	u32 next;
};

/* An update on its way through the trie: the path from the root, and who asks. */
struct manx_lpm_path {
	int (*fn)(void *ctx, const struct manx_prefix *p, u32 parent_value, u32 *value);
	void *ctx;
	struct manx_edit *e;
	struct manx_lpm_node **root;
	u32 depth;
	u8 family;
	struct manx_lpm_step step[MANX_LPM_DEPTH];
};

static void manx_lpm_push(struct manx_lpm_path *p, struct manx_lpm_node *n)
{
	u32 above = p->depth ? p->step[p->depth - 1].value : 0;

	p->step[p->depth++] = (struct manx_lpm_step){ .n = n, .value = n->value ?: above };
}

/* Make every node of the path one that the edit may change. */
static int manx_lpm_own_path(struct manx_lpm_path *p)
{
	struct manx_lpm_node **link = p->root;
	u32 i;

	for (i = 0; i < p->depth; i++) {
		if (i) {
			link = p->step[i - 1].n->child;
			link += link[1] == p->step[i].n;
		}
		p->step[i].n = manx_lpm_own(p->e, link);
		if (!p->step[i].n)
			return -ENOMEM;
	}
	return 0;
}

/* Ask for the value of the node that was pushed last. */
static int manx_lpm_visit(struct manx_lpm_path *p)
{
	struct manx_lpm_step *step = &p->step[p->depth - 1];
	u32 value = step->n->value;
	struct manx_prefix prefix;
	int err;

	cond_resched();
	if (!value)
		return 0;
	manx_lpm_prefix(&prefix, p->family, step->n);
	err = p->fn(p->ctx, &prefix, p->depth > 1 ? step[-1].value : 0, &value);
	if (err)
		return err;
	if (WARN_ON_ONCE(!value))
		return -EINVAL;
	if (value == step->n->value)
		return 0;
	err = manx_lpm_own_path(p);
	if (err)
		return err;
	step->n->value = step->value = value;
	return 0;
}

static int manx_lpm_update_path(struct manx_lpm_path *p, const struct manx_lpm_key *under)
{
	struct manx_lpm_node *n = *p->root;
	struct manx_lpm_step *step;
	u32 base;
	int err;

	while (n && n->len < under->len && manx_lpm_common(n, under) >= n->len) {
		manx_lpm_push(p, n);
		n = n->child[manx_lpm_bit(under, n->len)];
	}
	if (!n || manx_lpm_common(n, under) < under->len)
		return 0;
	base = p->depth;
	manx_lpm_push(p, n);
	err = manx_lpm_visit(p);
	while (!err && p->depth > base) {
		step = &p->step[p->depth - 1];
		if (step->next == 2) {
			p->depth--;
			continue;
		}
		n = step->n->child[step->next++];
		if (n) {
			manx_lpm_push(p, n);
			err = manx_lpm_visit(p);
		}
	}
	return err;
}

int manx_lpm_update(struct manx_lpm *l, struct manx_edit *e, const struct manx_prefix *under,
		    int (*fn)(void *ctx, const struct manx_prefix *p, u32 parent_value,
			      u32 *value),
		    void *ctx)
{
	struct manx_lpm_path *p;
	struct manx_lpm_key k;
	int err;

	p = kmalloc(sizeof(*p), GFP_KERNEL_ACCOUNT);
	if (!p)
		return -ENOMEM;
	p->fn = fn;
	p->ctx = ctx;
	p->e = e;
	p->root = &l->root[manx_lpm_side(under->family)];
	p->depth = 0;
	p->family = under->family;
	manx_lpm_key(&k, under->family, under->len, &under->addr);
	err = manx_lpm_update_path(p, &k);
	kfree(p);
	return err;
}

/* Put a node on the list of those to free, unless another edit than @e made it. */
static void manx_lpm_drop_node(struct manx_node **list, struct manx_lpm_node *n,
			       const struct manx_edit *e)
{
	if (!n || (e && !manx_edit_owns(e, &n->node)))
		return;
	n->node.next = *list;
	*list = &n->node;
}

/* Free the nodes of @l that @e made, or all without @e. */
static void manx_lpm_drop(struct manx_lpm *l, struct manx_edit *e)
{
	struct manx_node *list = NULL;
	struct manx_lpm_node *n;
	u32 side;

	for (side = 0; side < ARRAY_SIZE(l->root); side++) {
		manx_lpm_drop_node(&list, l->root[side], e);
		while (list) {
			n = container_of(list, struct manx_lpm_node, node);
			list = n->node.next;
			manx_lpm_drop_node(&list, n->child[0], e);
			manx_lpm_drop_node(&list, n->child[1], e);
			if (e)
				e->bytes -= n->node.size;
			kfree(n);
			cond_resched();
		}
	}
	memset(l, 0, sizeof(*l));
}

void manx_lpm_abort(struct manx_lpm *l, struct manx_edit *e)
{
	manx_lpm_drop(l, e);
}

void manx_lpm_free(struct manx_lpm *l)
{
	manx_lpm_drop(l, NULL);
}
