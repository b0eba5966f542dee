// SPDX-License-Identifier: GPL-2.0-only
/*
 * Addresses: adding prefixes to sets and removing them, in a version.
 *
 * The class of a prefix depends on what covers it, so the classes of a prefix's
 * own sets are kept beside, as those of hosts: when a set loses 10.0.0.0/8, it
 * may still have 10.1.0.0/16.
 */
#include "address.h"

#include <linux/sched/signal.h>

/**
 * struct manx_address_edit - what a change of a prefix works with
 * @a: version that is made
 * @c: classes of the namespace
 */
struct manx_address_edit {
	struct manx_addresses *a;
	struct manx_classes *c;
};

/* What manx_class_with() and the others make goes, if the entry was not written. */
static int manx_address_swap(struct manx_classes *c, enum manx_class_kind kind, u32 old, u32 new)
{
	manx_class_hold(c, kind, new);
	return manx_class_drop(c, kind, old);
}

/* The sets of a prefix are its own and those of the next one above. */
static int manx_address_inherit(void *ctx, const struct manx_prefix *p, u32 parent, u32 *value)
{
	struct manx_address_edit *ae = ctx;
	u32 own = manx_hamt_get(&ae->a->exact, p->family, p->len, &p->addr);
	u32 old = *value;
	int new;

	/* one prefix may have a million within it */
	if (fatal_signal_pending(current))
		return -EINTR;
	new = manx_class_union(ae->c, own, parent);
	if (new < 0)
		return new;
	*value = new;
	return manx_address_swap(ae->c, MANX_CLASS_NET, old, new);
}

/* A prefix has got its first set: it stands in @a->nets from now on. */
static int manx_address_insert(struct manx_addresses *a, struct manx_edit *e,
			       struct manx_classes *c, const struct manx_prefix *p, u32 own)
{
	int err = manx_lpm_set(&a->nets, e, p, own);

	if (!err)
		manx_class_hold(c, MANX_CLASS_NET, own);
	return err;
}

/* A prefix has lost its last set. */
static int manx_address_remove(struct manx_addresses *a, struct manx_edit *e,
			       struct manx_classes *c, const struct manx_prefix *p)
{
	u32 old = manx_lpm_exact(&a->nets, p);

	return manx_lpm_del(&a->nets, e, p) ?: manx_class_drop(c, MANX_CLASS_NET, old);
}

static int manx_address_nets(struct manx_addresses *a, struct manx_edit *e,
			     struct manx_classes *c, const struct manx_prefix *p, u32 old, u32 own)
{
	struct manx_address_edit ae = { a, c };
	int err = 0;

	if (!old)
		err = manx_address_insert(a, e, c, p, own);
	else if (!own)
		err = manx_address_remove(a, e, c, p);
	return err ?: manx_lpm_update(&a->nets, e, p, manx_address_inherit, &ae);
}

/* The sets of exactly @p become those of class @own. */
static int manx_address_set(struct manx_addresses *a, struct manx_edit *e, struct manx_classes *c,
			    const struct manx_prefix *p, u32 old, int own)
{
	bool host = manx_prefix_is_host(p);
	int err;

	if (own < 0 || own == old)
		return own < 0 ? own : 0;
	/* held before anything can fail, or nobody would free it */
	err = manx_address_swap(c, host ? MANX_CLASS_HOST : MANX_CLASS_OWN, old, own);
	if (err)
		return err;
	err = own ? manx_hamt_set(&a->exact, e, p, own) : manx_hamt_del(&a->exact, e, p);
	if (err || host)
		return err;
	return manx_address_nets(a, e, c, p, old, own);
}

int manx_addresses_add(struct manx_addresses *a, struct manx_edit *e, struct manx_classes *c,
		       const struct manx_prefix *p, u32 set)
{
	u32 old = manx_hamt_get(&a->exact, p->family, p->len, &p->addr);

	return manx_address_set(a, e, c, p, old, manx_class_with(c, old, set));
}

int manx_addresses_del(struct manx_addresses *a, struct manx_edit *e, struct manx_classes *c,
		       const struct manx_prefix *p, u32 set)
{
	u32 old = manx_hamt_get(&a->exact, p->family, p->len, &p->addr);

	return manx_address_set(a, e, c, p, old, manx_class_without(c, old, set));
}

void manx_addresses_abort(struct manx_addresses *a, struct manx_edit *e)
{
	manx_hamt_abort(&a->exact, e);
	manx_lpm_abort(&a->nets, e);
}

void manx_addresses_free(struct manx_addresses *a)
{
	manx_hamt_free(&a->exact);
	manx_lpm_free(&a->nets);
}
