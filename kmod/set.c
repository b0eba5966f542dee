// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sets: their members, a hash trie in versions (engine/hamt.h). What a
 * transaction changes of a set is a new object, whose members begin as those of
 * the published one and share all nodes but the changed ones with it.
 */
#include "set.h"

#include "txn.h"

void manx_set_gone(struct manx_txn *txn, struct manx_set *set)
{
	txn->next->n_members -= set->members.n;
	txn->edit.bytes -= set->members.bytes;
	manx_txn_gone(txn, &set->object);
}

void manx_set_copy(struct manx_txn *txn, struct manx_set *set, struct manx_set *from)
{
	set->members = from->members;
	from->copied = true;
	txn->next->n_members += from->members.n;
	txn->edit.bytes += from->members.bytes;
}

int manx_set_add(struct manx_txn *txn, struct manx_set *set, const struct manx_prefix *p)
{
	u32 had = set->members.n;
	int err = manx_hamt_set(&set->members, &txn->edit, p, 1);

	txn->next->n_members += set->members.n - had;
	return err;
}

int manx_set_del(struct manx_txn *txn, struct manx_set *set, const struct manx_prefix *p)
{
	int err = manx_hamt_del(&set->members, &txn->edit, p);

	txn->next->n_members -= !err;
	return err;
}

void manx_set_release(struct manx_set *set, struct manx_edit *e)
{
	if (e)
		manx_hamt_abort(&set->members, e);
	else if (!set->copied)
		manx_hamt_free(&set->members);
}
