// SPDX-License-Identifier: GPL-2.0-only
/*
 * Names of sets and tables, and the numbers that stand for them.
 */
#include "name.h"

#include <linux/jhash.h>
#include <linux/rhashtable.h>
#include <linux/slab.h>
#include <linux/string.h>

static u32 manx_name_hash(const void *key, u32 len, u32 seed)
{
	return jhash(key, strlen(key), seed);
}

static u32 manx_name_obj_hash(const void *obj, u32 len, u32 seed)
{
	return manx_name_hash(((const struct manx_name *)obj)->s, 0, seed);
}

static int manx_name_obj_cmp(struct rhashtable_compare_arg *arg, const void *obj)
{
	return strcmp(arg->key, ((const struct manx_name *)obj)->s);
}

static const struct rhashtable_params manx_name_params = {
	.head_offset		= offsetof(struct manx_name, node),
	.hashfn			= manx_name_hash,
	.obj_hashfn		= manx_name_obj_hash,
	.obj_cmpfn		= manx_name_obj_cmp,
	.automatic_shrinking	= true,
};

int manx_names_init(struct manx_names *names)
{
	mutex_init(&names->lock);
	ida_init(&names->ids);
	return rhashtable_init(&names->table, &manx_name_params);
}

void manx_names_exit(struct manx_names *names)
{
	WARN_ON_ONCE(!ida_is_empty(&names->ids));
	rhashtable_destroy(&names->table);
	ida_destroy(&names->ids);
	mutex_destroy(&names->lock);
}

struct manx_name *manx_name_find(struct manx_names *names, const char *s)
{
	return rhashtable_lookup_fast(&names->table, s, manx_name_params);
}

/* A name that is not there, under the lock. */
static struct manx_name *manx_name_new(struct manx_names *names, const char *s, u32 max)
{
	size_t size = strlen(s) + 1;
	struct manx_name *name;
	int id, err;

	name = kzalloc(struct_size(name, s, size), GFP_KERNEL_ACCOUNT);
	if (!name)
		return ERR_PTR(-ENOMEM);
	id = ida_alloc_max(&names->ids, max - 1, GFP_KERNEL_ACCOUNT);
	if (id < 0) {
		kfree(name);
		return ERR_PTR(id);
	}
	name->id = id;
	name->names = names;
	refcount_set(&name->refs, 1);
	memcpy(name->s, s, size);
	err = rhashtable_insert_fast(&names->table, &name->node, manx_name_params);
	if (err) {
		ida_free(&names->ids, id);
		kfree(name);
		return ERR_PTR(-ENOMEM);
	}
	return name;
}

struct manx_name *manx_name_get(struct manx_names *names, const char *s, u32 max)
{
	struct manx_name *name;

	mutex_lock(&names->lock);
	name = manx_name_find(names, s);
	if (name)
		refcount_inc(&name->refs);
	else
		name = manx_name_new(names, s, max);
	mutex_unlock(&names->lock);
	return name;
}

void manx_name_put(struct manx_name *name)
{
	struct manx_names *names = name ? name->names : NULL;

	if (!name || !refcount_dec_and_mutex_lock(&name->refs, &names->lock))
		return;
	rhashtable_remove_fast(&names->table, &name->node, manx_name_params);
	ida_free(&names->ids, name->id);
	mutex_unlock(&names->lock);
	kfree_rcu(name, rcu);
}
