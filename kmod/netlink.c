// SPDX-License-Identifier: GPL-2.0-only
/*
 * The generic netlink family: registration, what its commands share, the
 * commands on the node and on transactions, and events.
 *
 * Handlers run in parallel; the namespace's lock orders those of one
 * namespace. None takes RTNL.
 */
#include "netlink.h"

#include <linux/capability.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/sort.h>

#include "compat/compat.h"
#include "ns.h"
#include "txn.h"
#include "version.h"

/* Its group table is static; flags, which the generator does not know, follow. */
#include "netlink-gen.c"

bool manx_nl_missing(struct genl_info *info, int attr, const char *text)
{
	if (!GENL_REQ_ATTR_CHECK(info, attr))
		return false;
	info->extack->_msg = text;
	return true;
}

struct manx_ruleset *manx_nl_edit(struct genl_info *info, struct manx_ns **ns)
{
	struct manx_ruleset *rs;

	*ns = manx_ns(genl_info_net(info));
	mutex_lock(&(*ns)->lock);
	rs = manx_txn_edit(*ns, info->snd_portid, info->extack);
	if (IS_ERR(rs))
		mutex_unlock(&(*ns)->lock);
	return rs;
}

int manx_nl_done(struct genl_info *info, struct manx_ns *ns, int err)
{
	if (err == -ENOSPC && !info->extack->_msg)
		NL_SET_ERR_MSG(info->extack, "limit of this namespace reached");
	if (err == -ENOMEM && !info->extack->_msg)
		NL_SET_ERR_MSG(info->extack, "out of memory");
	err = manx_txn_done(ns, err, info->extack);
	mutex_unlock(&ns->lock);
	return err;
}

static u32 manx_nl_count(const struct nlattr *head, int len, int type)
{
	const struct nlattr *attr;
	u32 n = 0;
	int rem;

	nla_for_each_attr(attr, head, len, rem)
		n += nla_type(attr) == type;
	return n;
}

int manx_nl_prefixes(const struct nlattr *head, int len, int type, bool hosts,
		     struct manx_prefix **out, u32 *n, struct netlink_ext_ack *extack)
{
	u32 count = manx_nl_count(head, len, type);
	const struct nlattr *attr;
	struct manx_prefix *p;
	int rem;

	*out = NULL;
	*n = 0;
	if (!count)
		return 0;
	p = kvmalloc_array(count, sizeof(*p), GFP_KERNEL_ACCOUNT);
	if (!p)
		return manx_nl_refuse(extack, NULL, -ENOMEM, "out of memory");
	nla_for_each_attr(attr, head, len, rem) {
		if (nla_type(attr) != type)
			continue;
		if (manx_prefix_parse(&p[*n], nla_data(attr), nla_len(attr)) ||
		    (hosts && !manx_prefix_is_host(&p[*n]))) {
			kvfree(p);
			*n = 0;
			return manx_nl_refuse(extack, attr, -EINVAL, hosts ?
				"not an address with prefix length 32 or 128" :
				"not a prefix: wrong size or length, or bits set beyond it");
		}
		++*n;
	}
	sort(p, *n, sizeof(*p), manx_prefix_cmp, NULL);
	*out = p;
	return 0;
}

int manx_nl_names(struct manx_ns *ns, bool tables, const struct nlattr *head, int len, int type,
		  struct manx_name ***out, u32 *n, struct netlink_ext_ack *extack)
{
	u32 count = manx_nl_count(head, len, type);
	char text[MANX_NAME_MAX + 1];
	const struct nlattr *attr;
	struct manx_name *name;
	int rem;

	*out = NULL;
	*n = 0;
	if (!count)
		return 0;
	*out = kvmalloc_array(count, sizeof(**out), GFP_KERNEL_ACCOUNT);
	if (!*out)
		return -ENOMEM;
	nla_for_each_attr(attr, head, len, rem) {
		if (nla_type(attr) != type)
			continue;
		if (nla_strscpy(text, attr, sizeof(text)) <= 0) {
			NL_SET_ERR_MSG_ATTR(extack, attr, "empty or too long a name");
			return -EINVAL;
		}
		name = manx_name_get(ns, tables, text);
		if (IS_ERR(name))
			return PTR_ERR(name);
		(*out)[(*n)++] = name;
	}
	return 0;
}

int manx_nl_put_prefixes(struct sk_buff *msg, int type, const struct manx_prefix *p, u32 n)
{
	u8 wire[MANX_PREFIX_WIRE_MAX];
	u32 i;

	for (i = 0; i < n; i++)
		if (nla_put(msg, type, manx_prefix_wire(&p[i], wire), wire))
			return -EMSGSIZE;
	return 0;
}

int manx_nl_put_names(struct sk_buff *msg, int type, struct manx_name *const *name, u32 n)
{
	u32 i;

	for (i = 0; i < n; i++)
		if (nla_put_string(msg, type, name[i]->s))
			return -EMSGSIZE;
	return 0;
}

int manx_nl_put_drops(struct sk_buff *msg, int type, const atomic64_t *drops)
{
	struct nlattr *nest;
	unsigned int i;
	u64 count;

	for (i = 0; i < MANX_REASONS; i++) {
		count = atomic64_read(&drops[i]);
		if (!count)
			continue;
		nest = nla_nest_start(msg, type);
		if (!nest || nla_put_u32(msg, MANX_A_DROPS_REASON, i) ||
		    nla_put_u64_64bit(msg, MANX_A_DROPS_PACKETS, count, MANX_A_DROPS_PAD))
			return -EMSGSIZE;
		nla_nest_end(msg, nest);
	}
	return 0;
}

int manx_nl_reply(struct genl_info *info,
		  int (*fill)(struct sk_buff *msg, const struct manx_ruleset *rs, void *object),
		  const struct manx_ruleset *rs, void *object)
{
	struct sk_buff *msg = genlmsg_new(GENLMSG_DEFAULT_SIZE, GFP_KERNEL);
	void *hdr;
	int err;

	if (!msg)
		return -ENOMEM;
	hdr = genlmsg_put_reply(msg, info, &manx_nl_family, 0, info->genlhdr->cmd);
	err = hdr ? fill(msg, rs, object) : -EMSGSIZE;
	if (err) {
		nlmsg_free(msg);
		return err;
	}
	genlmsg_end(msg, hdr);
	return genlmsg_reply(msg, info);
}

void *manx_nl_dump_header(struct sk_buff *skb, struct netlink_callback *cb, u8 cmd,
			  const struct manx_ruleset *rs)
{
	void *hdr = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
				&manx_nl_family, NLM_F_MULTI, cmd);

	if (hdr)
		genl_dump_check_consistent(cb, hdr);
	return hdr;
}

/*
 * What comes out of a dump is of one generation, or marked: also if nothing is
 * left to come out.
 */
static void manx_nl_dump_begin(struct netlink_callback *cb, const struct manx_ruleset *rs)
{
	cb->seq = rs->generation;
	/* from the second message on there is room for every object */
	cb->min_dump_alloc = 2 * MANX_MAX_RULE_SIZE;
}

int manx_nl_dump(struct sk_buff *skb, struct netlink_callback *cb, u8 cmd,
		 const struct manx_ruleset *rs, u32 n,
		 void *(*object)(const struct manx_ruleset *rs, u32 i),
		 int (*fill)(struct sk_buff *msg, const struct manx_ruleset *rs, void *object))
{
	struct manx_nl_cursor *cursor = manx_nl_cursor(cb);
	void *hdr, *obj;

	manx_nl_dump_begin(cb, rs);
	for (; cursor->index < n; cursor->index++) {
		obj = object(rs, cursor->index);
		if (!obj)
			continue;
		hdr = manx_nl_dump_header(skb, cb, cmd, rs);
		if (!hdr || fill(skb, rs, obj)) {
			if (hdr)
				genlmsg_cancel(skb, hdr);
			return skb->len ?: -EMSGSIZE;
		}
		genlmsg_end(skb, hdr);
	}
	return skb->len;
}

int manx_nl_dump_parts(struct sk_buff *skb, struct netlink_callback *cb, u8 cmd,
		       const struct manx_ruleset *rs, u32 n,
		       void *(*object)(const struct manx_ruleset *rs, u32 i),
		       const char *(*name)(const void *object),
		       int (*fill)(struct sk_buff *msg, const struct manx_ruleset *rs,
				   void *object, u32 *part))
{
	const struct nlattr *wanted = manx_dump_attrs(cb)[1];
	struct manx_nl_cursor *cursor = manx_nl_cursor(cb);
	void *hdr, *obj;
	u32 part;

	manx_nl_dump_begin(cb, rs);
	while (cursor->index < n) {
		obj = object(rs, cursor->index);
		if (!obj || (wanted && nla_strcmp(wanted, name(obj)))) {
			cursor->index++;
			continue;
		}
		part = cursor->part;
		hdr = manx_nl_dump_header(skb, cb, cmd, rs);
		if (!hdr || fill(skb, rs, obj, &part)) {
			if (hdr)
				genlmsg_cancel(skb, hdr);
			return skb->len ?: -EMSGSIZE;
		}
		genlmsg_end(skb, hdr);
		cursor->part = part == U32_MAX ? 0 : part;
		cursor->index += part == U32_MAX;
	}
	return skb->len;
}

static struct manx_ruleset *manx_nl_current(struct manx_ns *ns)
{
	return rcu_dereference_protected(ns->ruleset, lockdep_is_held(&ns->lock));
}

static int manx_nl_fill_node(struct sk_buff *msg, const struct manx_ruleset *rs, void *object)
{
	u32 i, sets = 0, tables = 0;

	for (i = 0; i < rs->n_set; i++)
		sets += !!rs->set[i];
	for (i = 0; i < rs->n_table; i++)
		tables += !!rs->table[i];
	if (nla_put_u32(msg, MANX_A_NODE_GENERATION, rs->generation) ||
	    nla_put_u32(msg, MANX_A_NODE_MARK_MASK, rs->config.mark_mask) ||
	    nla_put_u32(msg, MANX_A_NODE_ENDPOINT_TO_NODE, rs->config.endpoint_to_node) ||
	    nla_put_u32(msg, MANX_A_NODE_SETS, sets) ||
	    nla_put_u32(msg, MANX_A_NODE_TABLES, tables) ||
	    nla_put_u32(msg, MANX_A_NODE_RULES, rs->n_rules) ||
	    nla_put_u32(msg, MANX_A_NODE_ENDPOINTS, rs->n_endpoints) ||
	    nla_put_u32(msg, MANX_A_NODE_PEERS, rs->n_peers) ||
	    nla_put_string(msg, MANX_A_NODE_VERSION, MANX_VERSION))
		return -EMSGSIZE;
	return manx_nl_put_drops(msg, MANX_A_NODE_DROPS, rs->ns->drops);
}

static int manx_nl_check_generation(struct genl_info *info, const struct manx_ruleset *rs)
{
	const struct nlattr *attr = info->attrs[MANX_A_NODE_GENERATION];

	if (!attr || nla_get_u32(attr) == rs->generation)
		return 0;
	NL_SET_ERR_MSG_ATTR(info->extack, attr, "the state is of another generation");
	return -ESTALE;
}

int manx_nl_node_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct manx_ns *ns = manx_ns(genl_info_net(info));
	int err;

	mutex_lock(&ns->lock);
	err = manx_nl_check_generation(info, manx_nl_current(ns)) ?:
	      manx_nl_reply(info, manx_nl_fill_node, manx_nl_current(ns), NULL);
	mutex_unlock(&ns->lock);
	return err;
}

static int manx_nl_set_mark_mask(struct manx_ruleset *rs, const struct nlattr *attr,
				 struct netlink_ext_ack *extack)
{
	u32 mask = nla_get_u32(attr);

	if (hweight32(mask) < 4) {
		NL_SET_ERR_MSG_ATTR(extack, attr, "a mark mask needs at least four bits");
		return -EINVAL;
	}
	rs->config.mark_mask = mask;
	rs->config.mark_accept = mask & -mask;
	return 0;
}

int manx_nl_node_set_doit(struct sk_buff *skb, struct genl_info *info)
{
	const struct nlattr *mask = info->attrs[MANX_A_NODE_MARK_MASK];
	const struct nlattr *action = info->attrs[MANX_A_NODE_ENDPOINT_TO_NODE];
	struct manx_ruleset *rs;
	struct manx_ns *ns;
	int err = 0;

	if (action && nla_get_u32(action) > MANX_ACTION_DENY) {
		NL_SET_ERR_MSG_ATTR(info->extack, action, "allow or deny");
		return -EINVAL;
	}
	rs = manx_nl_edit(info, &ns);
	if (IS_ERR(rs))
		return PTR_ERR(rs);
	if (mask)
		err = manx_nl_set_mark_mask(rs, mask, info->extack);
	if (action && !err)
		rs->config.endpoint_to_node = nla_get_u32(action);
	return manx_nl_done(info, ns, err);
}

int manx_nl_txn_begin_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct manx_ns *ns = manx_ns(genl_info_net(info));
	int err;

	mutex_lock(&ns->lock);
	err = manx_nl_check_generation(info, manx_nl_current(ns)) ?:
	      manx_txn_begin(ns, info->snd_portid, info->extack);
	mutex_unlock(&ns->lock);
	return err;
}

int manx_nl_txn_end_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct manx_ns *ns = manx_ns(genl_info_net(info));
	struct sk_buff *msg = genlmsg_new(GENLMSG_DEFAULT_SIZE, GFP_KERNEL);
	int err = 0;
	void *hdr;

	/* before the commit: what has happened must not end in an error */
	hdr = msg ? genlmsg_put_reply(msg, info, &manx_nl_family, 0, MANX_CMD_TXN_END) : NULL;
	if (!hdr) {
		nlmsg_free(msg);
		return manx_nl_refuse(info->extack, NULL, -ENOMEM, "out of memory");
	}
	mutex_lock(&ns->lock);
	if (!ns->txn || ns->txn->portid != info->snd_portid) {
		NL_SET_ERR_MSG(info->extack, "this socket has no transaction open");
		err = -ENOENT;
	} else if (info->attrs[MANX_A_NODE_COMMIT]) {
		err = manx_txn_commit(ns, info->extack);
	} else {
		manx_txn_drop(ns);
	}
	if (!err)
		err = nla_put_u32(msg, MANX_A_NODE_GENERATION, manx_nl_current(ns)->generation);
	mutex_unlock(&ns->lock);
	if (err) {
		nlmsg_free(msg);
		return err;
	}
	genlmsg_end(msg, hdr);
	return genlmsg_reply(msg, info);
}

/* --- family and events --- */

static struct genl_multicast_group manx_nl_groups[ARRAY_SIZE(manx_nl_mcgrps)];

struct genl_family manx_nl_family __ro_after_init = {
	.name		= MANX_FAMILY_NAME,
	.version	= MANX_FAMILY_VERSION,
	.netnsok	= true,
	.parallel_ops	= true,
	.module		= THIS_MODULE,
	.ops		= manx_nl_ops,
	.n_ops		= ARRAY_SIZE(manx_nl_ops),
	.mcgrps		= manx_nl_groups,
	.n_mcgrps	= ARRAY_SIZE(manx_nl_groups),
};

bool manx_nl_has_listeners(struct net *net)
{
	return genl_has_listeners(&manx_nl_family, net, MANX_NLGRP_EVENTS);
}

struct sk_buff *manx_nl_event_new(void **hdr)
{
	struct sk_buff *msg = genlmsg_new(GENLMSG_DEFAULT_SIZE, GFP_KERNEL);

	if (!msg)
		return NULL;
	*hdr = genlmsg_put(msg, 0, 0, &manx_nl_family, 0, MANX_CMD_EVENT_NTF);
	if (!*hdr) {
		nlmsg_free(msg);
		return NULL;
	}
	return msg;
}

void manx_nl_event_send(struct net *net, struct sk_buff *msg, void *hdr)
{
	genlmsg_end(msg, hdr);
	genlmsg_multicast_netns(&manx_nl_family, net, msg, 0, MANX_NLGRP_EVENTS, GFP_KERNEL);
}

int manx_nl_init(void)
{
	unsigned int i;

	/* Events show addresses of packets: not for everybody. */
	for (i = 0; i < ARRAY_SIZE(manx_nl_groups); i++) {
		manx_nl_groups[i] = manx_nl_mcgrps[i];
		manx_nl_groups[i].flags = GENL_MCAST_CAP_NET_ADMIN;
	}
	return genl_register_family(&manx_nl_family);
}

void manx_nl_exit(void)
{
	genl_unregister_family(&manx_nl_family);
}

MODULE_ALIAS_GENL_FAMILY(MANX_FAMILY_NAME);
