// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tables: the ids of their rules, and what the rules have counted.
 */
#include "table.h"

#include <linux/bsearch.h>
#include <linux/mm.h>
#include <linux/netlink.h>
#include <linux/sort.h>

#include "compat/compat.h"
#include "counters.h"

struct manx_rule_index {
	u32 id;
	u32 index;
};

static int manx_rule_index_cmp(const void *a, const void *b)
{
	const struct manx_rule_index *x = a, *y = b;

	return x->id < y->id ? -1 : x->id > y->id;
}

/* For sort(), which may run for seconds and does not give the processor away itself. */
static int manx_rule_index_sort_cmp(const void *a, const void *b)
{
	cond_resched();
	return manx_rule_index_cmp(a, b);
}

/* Where each rule id stands in a table; to be kvfree()d. */
static struct manx_rule_index *manx_rule_indices(const struct manx_table *table)
{
	struct manx_rule_index *ri = kvmalloc_array(table->n + 1, sizeof(*ri), GFP_KERNEL_ACCOUNT);
	bool sorted = true;
	u32 i;

	if (!ri)
		return NULL;
	for (i = 0; i < table->n; i++) {
		cond_resched();
		ri[i] = (struct manx_rule_index){ table->rule[i].id, i };
		sorted &= !i || ri[i].id >= ri[i - 1].id;
	}
	/* as they usually come */
	if (!sorted)
		sort(ri, table->n, sizeof(*ri), manx_rule_index_sort_cmp, NULL);
	return ri;
}

int manx_table_ids_unique(const struct manx_table *table, struct netlink_ext_ack *extack)
{
	struct manx_rule_index *ri = manx_rule_indices(table);
	int err = 0;
	u32 i;

	if (!ri)
		return -ENOMEM;
	for (i = 1; i < table->n && !err; i++) {
		if (ri[i].id == ri[i - 1].id) {
			NL_SET_ERR_MSG_FMT(extack, "table %.40s: two rules have id %u",
					   table->name->s, ri[i].id);
			err = -EEXIST;
		}
	}
	kvfree(ri);
	return err;
}

static void manx_table_carry_bases(const struct manx_table *from, struct manx_table *to)
{
	u32 i;

	for (i = 0; i <= to->n; i++) {
		cond_resched();
		if (to->origin[i] != U32_MAX)
			manx_counters_set_base(to->counters, i,
					       manx_counters_read(from->counters, to->origin[i]));
	}
}

int manx_table_carry(const struct manx_table *from, struct manx_table *to)
{
	struct manx_rule_index *ri, *hit, key = {};
	u32 i;

	to->counters = manx_counters_alloc(to->n + 1);
	if (!to->counters)
		return -ENOMEM;
	if (!from)
		return 0;
	to->origin = kvmalloc_array(to->n + 1, sizeof(*to->origin), GFP_KERNEL_ACCOUNT);
	ri = manx_rule_indices(from);
	if (!to->origin || !ri) {
		kvfree(ri);
		return -ENOMEM;
	}
	for (i = 0; i < to->n; i++) {
		cond_resched();
		key.id = to->rule[i].id;
		hit = bsearch(&key, ri, from->n, sizeof(key), manx_rule_index_cmp);
		to->origin[i] = hit ? hit->index : U32_MAX;
	}
	to->origin[to->n] = from->n;
	kvfree(ri);
	manx_table_carry_bases(from, to);
	return 0;
}

void manx_table_carry_undo(struct manx_table *to)
{
	manx_counters_free(to->counters);
	to->counters = NULL;
	kvfree(to->origin);
	to->origin = NULL;
}

void manx_table_carry_rest(struct manx_table *from)
{
	struct manx_table *to = from->successor;

	if (!to || !to->origin)
		return;
	manx_table_carry_bases(from, to);
	kvfree(to->origin);
	to->origin = NULL;
}
