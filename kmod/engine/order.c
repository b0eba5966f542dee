// SPDX-License-Identifier: GPL-2.0-only
/*
 * The order in which the rules of a table stand in its bit vectors.
 *
 * A bit of a summary says that some of 64 rules match in one dimension. Where
 * summaries of all dimensions agree, it may be by different rules, and then the
 * words of 64 rules are looked at in vain: the false matches of Baboescu &
 * Varghese, Scalable Packet Classification (2001), section 4.2, who rearrange the
 * rules against them: sorted by one dimension and then by the next, the rules that
 * a packet matches in a dimension stand together, and few bits of a summary are
 * set. In a list where many rules leave the source open and many others the
 * destination, as firewalls have, this is what makes the difference: in the order
 * of the list nearly every word has some of both.
 *
 * Then the first bit that is set need not be the first rule. So that a lookup can
 * stop early, and needs no more than a comparison for each word, rules are sorted
 * within each block of 4096 only, and the 64 of a word by their index again: a rule
 * in a block comes before all those of later blocks, and the first bit of a word
 * is the first of its rules.
 */
#include "order.h"

#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/sort.h>

#include "bits.h"
#include "ruleset.h"

/**
 * struct manx_order_entry - a rule to be sorted
 * @key: rules with like conditions have like keys
 * @rule: index
 */
struct manx_order_entry {
	u64 key;
	u32 rule;
};

static int manx_order_cmp(const void *a, const void *b)
{
	const struct manx_order_entry *x = a, *y = b;

	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return x->rule < y->rule ? -1 : x->rule > y->rule;
}

static int manx_order_cmp_rule(const void *a, const void *b)
{
	u32 x = *(const u32 *)a, y = *(const u32 *)b;

	return x < y ? -1 : x > y;
}

/* 0: the rule leaves this side open. IPv4 prefixes that cover another stand beside it. */
static u32 manx_order_side(const struct manx_criterion *c)
{
	const struct manx_prefix *p = c->net;

	if (c->n_sets)
		return c->set[0]->id + 1;
	if (!c->n_nets)
		return 0;
	if (p->family == NFPROTO_IPV4)
		return ntohl(p->addr.ip) + 1;
	return (ntohl(p->addr.ip6[1]) ^ ntohl(p->addr.ip6[2]) ^ ntohl(p->addr.ip6[3])) + 1;
}

static u64 manx_order_key(const struct manx_rule *rule)
{
	return (u64)manx_order_side(&rule->src[MANX_MUST]) << 32 |
	       manx_order_side(&rule->dst[MANX_MUST]);
}

static void manx_order_block(const struct manx_rule *rule, u32 from, u32 n,
			     struct manx_order_entry *e, u32 *order)
{
	bool sorted = true;
	u32 i;

	for (i = 0; i < n; i++) {
		e[i].key = manx_order_key(&rule[from + i]);
		e[i].rule = from + i;
		sorted = sorted && (!i || e[i - 1].key <= e[i].key);
	}
	if (!sorted && n > 64)
		sort(e, n, sizeof(*e), manx_order_cmp, NULL);
	for (i = 0; i < n; i++)
		order[i] = e[i].rule;
	for (i = 0; i < n && !sorted && n > 64; i += 64)
		sort(order + i, min(n - i, 64U), sizeof(*order), manx_order_cmp_rule, NULL);
}

int manx_order_rules(const struct manx_table *table, u32 *order)
{
	u32 n = min_t(u32, table->n, MANX_BITS_BLOCK), from;
	struct manx_order_entry *e = kvmalloc_array(n, sizeof(*e), GFP_KERNEL_ACCOUNT);

	if (!e)
		return -ENOMEM;
	for (from = 0; from < table->n; from += n) {
		n = min_t(u32, table->n - from, MANX_BITS_BLOCK);
		manx_order_block(table->rule, from, n, e, order + from);
		cond_resched();
	}
	kvfree(e);
	return 0;
}
