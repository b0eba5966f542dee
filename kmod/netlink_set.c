// SPDX-License-Identifier: GPL-2.0-only
/*
 * Commands on sets.
 */
#include "compat/compat.h"
#include "netlink.h"
#include "ns.h"
#include "set.h"
#include "txn.h"

/* The set that a request names. */
static struct manx_set *manx_nl_find_set(const struct manx_ruleset *rs, struct genl_info *info)
{
	const struct nlattr *attr = info->attrs[MANX_A_SET_NAME];
	struct manx_set *set;

	rcu_read_lock();
	set = manx_ruleset_set(rs, manx_name_find(&rs->ns->names[MANX_SET_NAMES], nla_data(attr)));
	rcu_read_unlock();
	if (!set)
		NL_SET_ERR_MSG_ATTR(info->extack, attr, "there is no such set");
	return set;
}

/* The next ruleset has @set, in the place of what has its name. */
static int manx_nl_put_set(struct manx_txn *txn, struct manx_set *set)
{
	struct manx_set *old = manx_ruleset_set(txn->next, set->name);
	int err = manx_map_set(&txn->next->sets, &txn->edit, set->name->id, set);

	if (!err && old)
		manx_set_gone(txn, old);
	return err;
}

static int manx_nl_add_member(struct manx_txn *txn, struct manx_set *set,
			      const struct manx_prefix *p, struct netlink_ext_ack *extack)
{
	u32 had = txn->next->n_members, max = txn->next->config.max_members;
	int err = manx_set_add(txn, set, p);

	if (err || txn->next->n_members == had || had < max)
		return err;
	NL_SET_ERR_MSG_FMT(extack, "set %.40s: more than %u members (max-members)",
			   set->name->s, max);
	return -ENOSPC;
}

static int manx_nl_del_member(struct manx_txn *txn, struct manx_set *set,
			      const struct manx_prefix *p, const struct nlattr *attr,
			      struct netlink_ext_ack *extack)
{
	int err = manx_set_del(txn, set, p);

	if (err == -ENOENT)
		NL_SET_ERR_MSG_ATTR(extack, attr, "one of the members is not in the set");
	return err;
}

static int manx_nl_change_members(struct manx_ns *ns, struct manx_set *set,
				  struct genl_info *info, bool add)
{
	struct manx_txn *txn = ns->txn;
	const struct nlattr *attr;
	struct manx_prefix p;
	int rem, err;

	nla_for_each_attr(attr, genlmsg_data(info->genlhdr), genlmsg_len(info->genlhdr), rem) {
		if (nla_type(attr) != MANX_A_SET_MEMBER)
			continue;
		err = manx_nl_prefix(attr, &p, info->extack);
		if (!err)
			err = add ? manx_nl_add_member(txn, set, &p, info->extack) :
				    manx_nl_del_member(txn, set, &p, attr, info->extack);
		if (err)
			return err;
	}
	return add ? manx_txn_check_memory(ns, "set", set->name->s, info->extack) : 0;
}

static int manx_nl_new_set(struct manx_ns *ns, struct manx_txn *txn, struct genl_info *info)
{
	const char *s = nla_data(info->attrs[MANX_A_SET_NAME]);
	struct manx_set *set = manx_txn_new_object(txn, MANX_OBJECT_SET, sizeof(*set));
	struct manx_name *name;

	if (!set)
		return -ENOMEM;
	name = manx_txn_name(ns, false, s);
	if (IS_ERR(name))
		return PTR_ERR(name);
	set->name = name;
	return manx_nl_put_set(txn, set) ?: manx_nl_change_members(ns, set, info, true);
}

int manx_nl_set_new_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct manx_txn *txn;
	struct manx_ns *ns;

	if (manx_nl_missing(info, MANX_A_SET_NAME, "a set needs a name"))
		return -EINVAL;
	if (!*(char *)nla_data(info->attrs[MANX_A_SET_NAME])) {
		NL_SET_ERR_MSG_ATTR(info->extack, info->attrs[MANX_A_SET_NAME], "empty name");
		return -EINVAL;
	}
	txn = manx_nl_edit(info, &ns);
	if (IS_ERR(txn))
		return PTR_ERR(txn);
	return manx_nl_done(info, ns, manx_nl_new_set(ns, txn, info));
}

static int manx_nl_del_set(struct manx_txn *txn, struct genl_info *info)
{
	struct manx_set *set = manx_nl_find_set(txn->next, info);
	int err;

	if (!set)
		return -ENOENT;
	err = manx_map_del(&txn->next->sets, &txn->edit, set->name->id);
	if (!err)
		manx_set_gone(txn, set);
	return err;
}

int manx_nl_set_del_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct manx_txn *txn;
	struct manx_ns *ns;

	if (manx_nl_missing(info, MANX_A_SET_NAME, "a set needs a name"))
		return -EINVAL;
	txn = manx_nl_edit(info, &ns);
	if (IS_ERR(txn))
		return PTR_ERR(txn);
	return manx_nl_done(info, ns, manx_nl_del_set(txn, info));
}

/* A set that the open transaction made, to be changed in place. */
static struct manx_set *manx_nl_own_set(struct manx_txn *txn, struct genl_info *info)
{
	struct manx_set *set = manx_nl_find_set(txn->next, info), *copy;
	int err;

	if (!set)
		return ERR_PTR(-ENOENT);
	if (set->object.edit == txn->edit.id)
		return set;
	copy = manx_txn_new_object(txn, MANX_OBJECT_SET, sizeof(*copy));
	if (!copy)
		return ERR_PTR(-ENOMEM);
	refcount_inc(&set->name->refs);
	copy->name = set->name;
	err = manx_nl_put_set(txn, copy);
	if (err)
		return ERR_PTR(err);
	manx_set_copy(txn, copy, set);
	return copy;
}

static int manx_nl_members(struct genl_info *info, bool add)
{
	struct manx_set *set;
	struct manx_txn *txn;
	struct manx_ns *ns;
	int err;

	if (manx_nl_missing(info, MANX_A_SET_NAME, "a set needs a name"))
		return -EINVAL;
	txn = manx_nl_edit(info, &ns);
	if (IS_ERR(txn))
		return PTR_ERR(txn);
	set = manx_nl_own_set(txn, info);
	err = IS_ERR(set) ? PTR_ERR(set) : manx_nl_change_members(ns, set, info, add);
	return manx_nl_done(info, ns, err);
}

int manx_nl_member_add_doit(struct sk_buff *skb, struct genl_info *info)
{
	return manx_nl_members(info, true);
}

int manx_nl_member_del_doit(struct sk_buff *skb, struct genl_info *info)
{
	return manx_nl_members(info, false);
}

/* As many members as there is room for. */
static int manx_nl_fill_members(struct sk_buff *msg, const struct manx_set *set,
				struct manx_nl_cursor *cursor)
{
	struct manx_hamt_cursor next = cursor->member;
	struct manx_prefix p;
	bool some = false;

	for (; manx_hamt_next(&set->members, &next, &p, NULL); some = true) {
		if (manx_nl_put_prefixes(msg, MANX_A_SET_MEMBER, &p, 1))
			return some ? 1 : -EMSGSIZE;
		cursor->member = next;
	}
	return 0;
}

static int manx_nl_fill_set(struct sk_buff *msg, const struct manx_ruleset *rs,
			    const void *object, struct manx_nl_cursor *cursor)
{
	const struct manx_set *set = object;

	if (nla_put_string(msg, MANX_A_SET_NAME, set->name->s) ||
	    nla_put_u32(msg, MANX_A_SET_MEMBERS, set->members.n) ||
	    nla_put_u32(msg, MANX_A_SET_GENERATION, rs->generation))
		return -EMSGSIZE;
	return cursor ? manx_nl_fill_members(msg, set, cursor) : 0;
}

static const struct manx_name *manx_nl_set_name(const void *object)
{
	return ((const struct manx_set *)object)->name;
}

static const struct manx_nl_dump manx_nl_set_dump = {
	.cmd	= MANX_CMD_SET_GET,
	.map	= offsetof(struct manx_ruleset, sets),
	.name	= manx_nl_set_name,
	.fill	= manx_nl_fill_set,
};

static const void *manx_nl_wanted_set(const struct manx_ruleset *rs, struct genl_info *info)
{
	return manx_nl_find_set(rs, info) ?: ERR_PTR(-ENOENT);
}

int manx_nl_set_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	if (manx_nl_missing(info, MANX_A_SET_NAME, "which set?"))
		return -EINVAL;
	return manx_nl_reply(info, manx_nl_wanted_set, manx_nl_fill_set);
}

int manx_nl_set_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	return manx_nl_dump(skb, cb, &manx_nl_set_dump);
}
