// SPDX-License-Identifier: GPL-2.0-only
/*
 * Commands on sets.
 */
#include <linux/mm.h>

#include "netlink.h"
#include "ns.h"
#include "set.h"
#include "txn.h"

static struct manx_set *manx_nl_find_set(struct manx_ns *ns, const struct manx_ruleset *rs,
					 struct genl_info *info)
{
	const char *s = nla_data(info->attrs[MANX_A_SET_NAME]);
	struct manx_name *name = manx_name_find(ns, false, s);

	if (name && name->id < rs->n_set && rs->set[name->id])
		return rs->set[name->id];
	NL_SET_ERR_MSG_ATTR(info->extack, info->attrs[MANX_A_SET_NAME], "there is no such set");
	return NULL;
}

/* Put @set, whose count is taken over, into the place of its name. */
static int manx_ruleset_put_set(struct manx_ns *ns, struct manx_ruleset *rs, struct manx_set *set)
{
	u32 id = set->name->id;
	int err = manx_array_reach((void ***)&rs->set, &rs->n_set, id);

	if (err)
		return err;
	rs->n_members -= rs->set[id] ? rs->set[id]->n : 0;
	manx_set_put(ns, rs->set[id]);
	rs->set[id] = set;
	return 0;
}

static int manx_nl_members(struct genl_info *info, struct manx_prefix **p, u32 *n)
{
	return manx_nl_prefixes(genlmsg_data(info->genlhdr), genlmsg_len(info->genlhdr),
				MANX_A_SET_MEMBER, false, p, n, info->extack);
}

/* @rs: where they count; repeated members too, until the commit drops them */
static int manx_nl_add_members(struct manx_ruleset *rs, struct manx_set *set,
			       const struct manx_prefix *p, u32 n)
{
	int err = 0;
	u32 i;

	for (i = 0; i < n && !err; i++) {
		err = rs->n_members < MANX_MAX_MEMBERS ? manx_set_add(set, &p[i]) : -ENOSPC;
		rs->n_members += !err;
	}
	return err;
}

static int manx_nl_new_set(struct manx_ns *ns, struct manx_ruleset *rs, const char *s,
			   const struct manx_prefix *p, u32 n)
{
	struct manx_name *name = manx_name_get(ns, false, s);
	struct manx_set *set;
	int err;

	if (IS_ERR(name))
		return PTR_ERR(name);
	set = manx_set_new(name);
	if (!set) {
		manx_name_put(ns, false, name);
		return -ENOMEM;
	}
	err = manx_nl_add_members(rs, set, p, n) ?: manx_ruleset_put_set(ns, rs, set);
	if (err)
		manx_set_put(ns, set);
	return err;
}

int manx_nl_set_new_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct manx_ruleset *rs;
	struct manx_prefix *p;
	struct manx_ns *ns;
	int err;
	u32 n;

	if (manx_nl_missing(info, MANX_A_SET_NAME, "a set needs a name"))
		return -EINVAL;
	if (!*(char *)nla_data(info->attrs[MANX_A_SET_NAME])) {
		NL_SET_ERR_MSG_ATTR(info->extack, info->attrs[MANX_A_SET_NAME], "empty name");
		return -EINVAL;
	}
	err = manx_nl_members(info, &p, &n);
	if (err)
		return err;
	rs = manx_nl_edit(info, &ns);
	if (IS_ERR(rs)) {
		err = PTR_ERR(rs);
	} else {
		err = manx_nl_new_set(ns, rs, nla_data(info->attrs[MANX_A_SET_NAME]), p, n);
		err = manx_nl_done(info, ns, err);
	}
	kvfree(p);
	return err;
}

int manx_nl_set_del_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct manx_ruleset *rs;
	struct manx_set *set;
	struct manx_ns *ns;

	if (manx_nl_missing(info, MANX_A_SET_NAME, "a set needs a name"))
		return -EINVAL;
	rs = manx_nl_edit(info, &ns);
	if (IS_ERR(rs))
		return PTR_ERR(rs);
	set = manx_nl_find_set(ns, rs, info);
	if (set) {
		rs->set[set->name->id] = NULL;
		rs->n_members -= set->n;
		manx_set_put(ns, set);
	}
	return manx_nl_done(info, ns, set ? 0 : -ENOENT);
}

/* A set that only the open transaction holds, to be changed in place. */
static struct manx_set *manx_nl_own_set(struct manx_ns *ns, struct manx_ruleset *rs,
					struct genl_info *info)
{
	struct manx_set *set = manx_nl_find_set(ns, rs, info), *copy;

	if (!set)
		return ERR_PTR(-ENOENT);
	if (set->refs == 1)
		return set;
	copy = manx_set_copy(set);
	if (!copy)
		return ERR_PTR(-ENOMEM);
	rs->set[set->name->id] = copy;
	manx_set_put(ns, set);
	return copy;
}

static int manx_nl_del_members(struct manx_ruleset *rs, struct manx_set *set,
			       const struct manx_prefix *p, u32 n, struct netlink_ext_ack *extack)
{
	u32 had = set->n;
	int err = manx_set_del(set, p, n);

	if (err)
		NL_SET_ERR_MSG(extack, "one of the members is not in the set");
	rs->n_members -= had - set->n;
	return err;
}

static int manx_nl_change_members(struct genl_info *info, bool add)
{
	struct manx_ruleset *rs;
	struct manx_prefix *p;
	struct manx_set *set;
	struct manx_ns *ns;
	int err;
	u32 n;

	if (manx_nl_missing(info, MANX_A_SET_NAME, "a set needs a name"))
		return -EINVAL;
	err = manx_nl_members(info, &p, &n);
	if (err)
		return err;
	rs = manx_nl_edit(info, &ns);
	if (IS_ERR(rs)) {
		kvfree(p);
		return PTR_ERR(rs);
	}
	set = manx_nl_own_set(ns, rs, info);
	if (IS_ERR(set))
		err = PTR_ERR(set);
	else
		err = add ? manx_nl_add_members(rs, set, p, n) :
			    manx_nl_del_members(rs, set, p, n, info->extack);
	kvfree(p);
	return manx_nl_done(info, ns, err);
}

int manx_nl_member_add_doit(struct sk_buff *skb, struct genl_info *info)
{
	return manx_nl_change_members(info, true);
}

int manx_nl_member_del_doit(struct sk_buff *skb, struct genl_info *info)
{
	return manx_nl_change_members(info, false);
}

static int manx_nl_fill_set(struct sk_buff *msg, const struct manx_ruleset *rs, void *object)
{
	const struct manx_set *set = object;

	if (nla_put_string(msg, MANX_A_SET_NAME, set->name->s) ||
	    nla_put_u32(msg, MANX_A_SET_MEMBERS, set->n) ||
	    nla_put_u32(msg, MANX_A_SET_GENERATION, rs->generation))
		return -EMSGSIZE;
	return 0;
}

static int manx_nl_fill_members(struct sk_buff *msg, const struct manx_ruleset *rs, void *object,
				u32 *part)
{
	const struct manx_set *set = object;
	u32 first = *part;

	if (manx_nl_fill_set(msg, rs, object))
		return -EMSGSIZE;
	for (; *part < set->n; ++*part) {
		if (!manx_nl_put_prefixes(msg, MANX_A_SET_MEMBER, &set->member[*part], 1))
			continue;
		return *part > first ? 0 : -EMSGSIZE;
	}
	*part = U32_MAX;
	return 0;
}

static void *manx_nl_nth_set(const struct manx_ruleset *rs, u32 i)
{
	return rs->set[i];
}

static const char *manx_nl_set_name(const void *object)
{
	return ((const struct manx_set *)object)->name->s;
}

int manx_nl_set_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct manx_ns *ns = manx_ns(genl_info_net(info));
	const struct manx_ruleset *rs;
	struct manx_set *set;
	int err = -ENOENT;

	if (manx_nl_missing(info, MANX_A_SET_NAME, "which set?"))
		return -EINVAL;
	mutex_lock(&ns->lock);
	rs = rcu_dereference_protected(ns->ruleset, lockdep_is_held(&ns->lock));
	set = manx_nl_find_set(ns, rs, info);
	if (set)
		err = manx_nl_reply(info, manx_nl_fill_set, rs, set);
	mutex_unlock(&ns->lock);
	return err;
}

int manx_nl_set_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct manx_ns *ns = manx_ns(sock_net(skb->sk));
	const struct manx_ruleset *rs;
	int err;

	mutex_lock(&ns->lock);
	rs = rcu_dereference_protected(ns->ruleset, lockdep_is_held(&ns->lock));
	err = manx_nl_dump_parts(skb, cb, MANX_CMD_SET_GET, rs, rs->n_set, manx_nl_nth_set,
				 manx_nl_set_name, manx_nl_fill_members);
	mutex_unlock(&ns->lock);
	return err;
}
