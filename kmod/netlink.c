// SPDX-License-Identifier: GPL-2.0-only
/*
 * The generic netlink family: registration, what its commands share, and events.
 *
 * Handlers run in parallel. The namespace's lock orders those that change
 * something; what only reads does so under RCU, and never waits. None takes RTNL.
 */
#include "netlink.h"

#include <linux/mm.h>
#include <linux/module.h>
#include <linux/sort.h>

#include "compat/compat.h"
#include "ns.h"
#include "txn.h"

/* Its group table is static; flags, which the generator does not know, follow. */
#include "netlink-gen.c"

bool manx_nl_missing(struct genl_info *info, int attr, const char *text)
{
	if (!GENL_REQ_ATTR_CHECK(info, attr))
		return false;
	info->extack->_msg = text;
	return true;
}

struct manx_txn *manx_nl_edit(struct genl_info *info, struct manx_ns **ns)
{
	struct manx_txn *txn;

	*ns = manx_ns(genl_info_net(info));
	if (manx_garbage_wait(&(*ns)->bin) || mutex_lock_killable(&(*ns)->lock))
		return ERR_PTR(-EINTR);
	txn = manx_txn_edit(*ns, info->snd_portid, info->extack);
	if (IS_ERR(txn))
		mutex_unlock(&(*ns)->lock);
	return txn;
}

int manx_nl_done(struct genl_info *info, struct manx_ns *ns, int err)
{
	if (err == -ENOSPC && !info->extack->_msg)
		NL_SET_ERR_MSG(info->extack, "limit of this namespace reached");
	if (err == -ENOMEM && !info->extack->_msg)
		NL_SET_ERR_MSG(info->extack, "out of memory");
	err = manx_txn_done(ns, err, info->extack);
	mutex_unlock(&ns->lock);
	if (err <= 0)
		return err;
	synchronize_rcu();
	return 0;
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

int manx_nl_prefix(const struct nlattr *attr, struct manx_prefix *p,
		   struct netlink_ext_ack *extack)
{
	if (!manx_prefix_parse(p, nla_data(attr), nla_len(attr)))
		return 0;
	return manx_nl_refuse(extack, attr, -EINVAL,
			      "not a prefix: wrong size or length, or bits set beyond it");
}

int manx_nl_prefixes(const struct nlattr *head, int len, int type, bool hosts,
		     struct manx_prefix **out, u32 *n, struct netlink_ext_ack *extack)
{
	u32 count = manx_nl_count(head, len, type);
	const struct nlattr *attr;
	struct manx_prefix *p;
	int rem, err;

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
		err = manx_nl_prefix(attr, &p[*n], extack);
		if (!err && hosts && !manx_prefix_is_host(&p[*n]))
			err = manx_nl_refuse(extack, attr, -EINVAL,
					     "not an address with prefix length 32 or 128");
		if (err) {
			kvfree(p);
			*n = 0;
			return err;
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
		name = manx_txn_name(ns, tables, text);
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
		  const void *(*find)(const struct manx_ruleset *rs, struct genl_info *info),
		  manx_nl_fill_t fill)
{
	struct sk_buff *msg = genlmsg_new(GENLMSG_DEFAULT_SIZE, GFP_KERNEL);
	const struct manx_ruleset *rs;
	const void *object;
	void *hdr;
	int err;

	if (!msg)
		return -ENOMEM;
	hdr = genlmsg_put_reply(msg, info, &manx_nl_family, 0, info->genlhdr->cmd);
	rcu_read_lock();
	rs = rcu_dereference(manx_ns(genl_info_net(info))->ruleset);
	object = find(rs, info);
	err = IS_ERR(object) ? PTR_ERR(object) : hdr ? fill(msg, rs, object, NULL) : -EMSGSIZE;
	rcu_read_unlock();
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

/* One message, or the reason why not. 1: the object goes on in the next one. */
static int manx_nl_dump_one(struct sk_buff *skb, struct netlink_callback *cb,
			    const struct manx_nl_dump *dump, const struct manx_ruleset *rs,
			    const void *object)
{
	void *hdr = manx_nl_dump_header(skb, cb, dump->cmd, rs);
	int err;

	if (!hdr)
		return -EMSGSIZE;
	err = dump->fill(skb, rs, object, manx_nl_cursor(cb));
	if (err < 0)
		genlmsg_cancel(skb, hdr);
	else
		genlmsg_end(skb, hdr);
	return err;
}

static int manx_nl_dump_all(struct sk_buff *skb, struct netlink_callback *cb,
			    const struct manx_nl_dump *dump, const struct manx_ruleset *rs)
{
	const struct nlattr *wanted = dump->name ? manx_dump_attrs(cb)[1] : NULL;
	const struct manx_map *map = (const void *)rs + dump->map;
	struct manx_nl_cursor *cursor = manx_nl_cursor(cb);
	const void *object;
	int err;

	manx_nl_dump_begin(cb, rs);
	while ((object = manx_map_next(map, &cursor->index))) {
		err = wanted && nla_strcmp(wanted, dump->name(object)->s) ? 0 :
		      manx_nl_dump_one(skb, cb, dump, rs, object);
		if (err < 0)
			return skb->len ?: err;
		if (err)
			continue;
		*cursor = (struct manx_nl_cursor){ .index = cursor->index + 1 };
	}
	return skb->len;
}

int manx_nl_dump(struct sk_buff *skb, struct netlink_callback *cb,
		 const struct manx_nl_dump *dump)
{
	struct manx_ns *ns = manx_ns(sock_net(skb->sk));
	int err;

	rcu_read_lock();
	err = manx_nl_dump_all(skb, cb, dump, rcu_dereference(ns->ruleset));
	rcu_read_unlock();
	return err;
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

void manx_nl_event_send(struct net *net, unsigned int group, struct sk_buff *msg, void *hdr)
{
	genlmsg_end(msg, hdr);
	genlmsg_multicast_netns(&manx_nl_family, net, msg, 0, group, GFP_KERNEL);
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
