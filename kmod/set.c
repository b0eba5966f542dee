// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sets: changing their members. Additions are collected and sorted once, when
 * the transaction is committed.
 */
#include "set.h"

#include <linux/bsearch.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/sort.h>

struct manx_set *manx_set_new(struct manx_name *name)
{
	struct manx_set *set = kzalloc(sizeof(*set), GFP_KERNEL_ACCOUNT);

	if (!set)
		return NULL;
	set->refs = 1;
	set->name = name;
	return set;
}

struct manx_set *manx_set_copy(const struct manx_set *set)
{
	struct manx_set *copy = manx_set_new(set->name);

	if (!copy)
		return NULL;
	copy->room = set->n + 16;
	copy->member = kvmalloc_array(copy->room, sizeof(*copy->member), GFP_KERNEL_ACCOUNT);
	if (!copy->member) {
		kfree(copy);
		return NULL;
	}
	memcpy(copy->member, set->member, array_size(set->n, sizeof(*set->member)));
	copy->n = set->n;
	copy->sorted = set->sorted;
	copy->name->refs++;
	return copy;
}

static int manx_set_grow(struct manx_set *set)
{
	u32 room = max(set->room * 2, 16U);
	struct manx_prefix *member;

	member = kvmalloc_array(room, sizeof(*member), GFP_KERNEL_ACCOUNT);
	if (!member)
		return -ENOMEM;
	if (set->n)
		memcpy(member, set->member, array_size(set->n, sizeof(*member)));
	kvfree(set->member);
	set->member = member;
	set->room = room;
	return 0;
}

int manx_set_add(struct manx_set *set, const struct manx_prefix *p)
{
	int err;

	if (set->n == set->room) {
		err = manx_set_grow(set);
		if (err)
			return err;
	}
	set->member[set->n++] = *p;
	set->sorted = false;
	set->sealed = false;
	return 0;
}

static void manx_set_sort(struct manx_set *set)
{
	u32 i, n = 0;

	if (set->sorted)
		return;
	sort(set->member, set->n, sizeof(*set->member), manx_prefix_cmp, NULL);
	for (i = 0; i < set->n; i++)
		if (!n || manx_prefix_cmp(&set->member[n - 1], &set->member[i]))
			set->member[n++] = set->member[i];
	set->n = n;
	set->sorted = true;
}

int manx_set_del(struct manx_set *set, const struct manx_prefix *p, u32 n)
{
	u32 i, kept = 0, gone = 0;

	manx_set_sort(set);
	for (i = 0; i < n; i++)
		if (!bsearch(&p[i], set->member, set->n, sizeof(*p), manx_prefix_cmp))
			return -ENOENT;
	/* both ascend: one pass, whatever the numbers */
	for (i = 0; i < set->n; i++) {
		while (gone < n && manx_prefix_cmp(&p[gone], &set->member[i]) < 0)
			gone++;
		if (gone == n || manx_prefix_cmp(&p[gone], &set->member[i]))
			set->member[kept++] = set->member[i];
	}
	set->n = kept;
	set->sealed = false;
	return 0;
}

int manx_set_seal(struct manx_set *set)
{
	int err;

	if (set->sealed)
		return 0;
	manx_set_sort(set);
	manx_nets_free(&set->nets);
	err = manx_nets_build(&set->nets, set->member, set->n);
	set->sealed = !err;
	return err;
}
