// SPDX-License-Identifier: GPL-2.0-only
/*
 * Commands on the node, that is the configuration of a namespace, and on
 * transactions.
 */
#include <linux/capability.h>

#include "compat/compat.h"
#include "flow/table.h"
#include "netlink.h"
#include "ns.h"
#include "txn.h"
#include "version.h"

/**
 * struct manx_nl_number - a number of the configuration
 * @attr: MANX_A_NODE_* or MANX_A_TIMEOUTS_*
 * @offset: in &struct manx_config
 * @size: of it there: 8, 4, or 1
 * @limit: to raise it above its default takes the right to configure the host
 * @min: lowest value
 * @max: highest value
 */
struct manx_nl_number {
	int attr;
	u16 offset;
	u8 size;
	bool limit;
	u64 min;
	u64 max;
};

#define MANX_NUMBER(a, field, l, lo, hi) {				\
	.attr	= (a),							\
	.offset	= offsetof(struct manx_config, field),			\
	.size	= sizeof_field(struct manx_config, field),		\
	.limit	= (l),							\
	.min	= (lo),							\
	.max	= (hi),							\
}

static const struct manx_nl_number manx_nl_node_numbers[] = {
	MANX_NUMBER(MANX_A_NODE_MAX_MEMBERS, max_members, true, 0, 1 << 28),
	MANX_NUMBER(MANX_A_NODE_MAX_RULES, max_rules, true, 0, 1 << 22),
	MANX_NUMBER(MANX_A_NODE_MAX_CLASSES, max_classes, true, 0, 65535),
	MANX_NUMBER(MANX_A_NODE_MAX_MEMORY, max_memory, true, 0, S64_MAX),
	MANX_NUMBER(MANX_A_NODE_MAX_FLOWS, max_flows, true, 1, 1 << 26),
	MANX_NUMBER(MANX_A_NODE_MAX_FLOWS_FROM, max_flows_from, true, 1, 1 << 26),
	MANX_NUMBER(MANX_A_NODE_MAX_FLOWS_TO, max_flows_to, true, 1, 1 << 26),
	MANX_NUMBER(MANX_A_NODE_FRAGMENT_RATE, fragment_rate, false, 0, 1 << 30),
	MANX_NUMBER(MANX_A_NODE_KEEP_ESTABLISHED, keep_established, false, 0, 1),
	MANX_NUMBER(MANX_A_NODE_REFUSE_PICKUP, refuse_pickup, false, 0, 1),
	MANX_NUMBER(MANX_A_NODE_AUDIT, audit, false, 0, 1),
	MANX_NUMBER(MANX_A_NODE_FAST, fast, false, 0, MANX_FAST_MAX),
	MANX_NUMBER(MANX_A_NODE_MARK_STAY, mark_stay, false, 0, U32_MAX),
	MANX_NUMBER(MANX_A_NODE_QUEUE_PACKETS, queue_packets, true, 0, 1 << 16),
};

/* 194 days at most: in jiffies, that fits into 32 bits and a sign */
#define MANX_TIMEOUT(a) MANX_NUMBER(a, timeout[a], false, 1, 1 << 24)

static const struct manx_nl_number manx_nl_timeouts[] = {
	MANX_TIMEOUT(MANX_A_TIMEOUTS_TCP_OPENING),
	MANX_TIMEOUT(MANX_A_TIMEOUTS_TCP_ESTABLISHED),
	MANX_TIMEOUT(MANX_A_TIMEOUTS_TCP_CLOSING),
	MANX_TIMEOUT(MANX_A_TIMEOUTS_UDP),
	MANX_TIMEOUT(MANX_A_TIMEOUTS_UDP_REPLIED),
	MANX_TIMEOUT(MANX_A_TIMEOUTS_ICMP),
	MANX_TIMEOUT(MANX_A_TIMEOUTS_OTHER),
};

static u64 manx_nl_number(const struct manx_config *config, const struct manx_nl_number *n)
{
	const void *p = (const void *)config + n->offset;

	return n->size == 8 ? *(const u64 *)p : n->size == 4 ? *(const u32 *)p : *(const u8 *)p;
}

static void manx_nl_number_store(struct manx_config *config, const struct manx_nl_number *n,
				 u64 value)
{
	void *p = (void *)config + n->offset;

	if (n->size == 8)
		*(u64 *)p = value;
	else if (n->size == 4)
		*(u32 *)p = value;
	else
		*(u8 *)p = value;
}

/* A limit is raised only if the sender and who opened the socket both may: @skb tells. */
static int manx_nl_set_number(struct manx_config *config, const struct manx_nl_number *n,
			      const struct nlattr *attr, const struct sk_buff *skb,
			      struct netlink_ext_ack *extack)
{
	u64 value = n->size == 8 ? nla_get_u64(attr) : nla_get_u32(attr);

	if (value < n->min || value > n->max) {
		NL_SET_ERR_MSG_FMT(extack, "%llu to %llu", n->min, n->max);
		extack->bad_attr = attr;
		return -ERANGE;
	}
	if (n->limit && value > manx_nl_number(&manx_config_default, n) &&
	    value > manx_nl_number(config, n) && !netlink_capable(skb, CAP_NET_ADMIN))
		return manx_nl_refuse(extack, attr, -EPERM,
				      "raising a limit above its default takes CAP_NET_ADMIN on the host");
	manx_nl_number_store(config, n, value);
	return 0;
}

static int manx_nl_put_number(struct sk_buff *msg, const struct manx_config *config,
			      const struct manx_nl_number *n)
{
	u64 value = manx_nl_number(config, n);

	if (n->size == 8)
		return nla_put_u64_64bit(msg, n->attr, value, MANX_A_NODE_PAD);
	return nla_put_u32(msg, n->attr, value);
}

/* --- node --- */

static int manx_nl_put_config(struct sk_buff *msg, const struct manx_config *config)
{
	struct nlattr *nest;
	unsigned int i;

	if (nla_put_u32(msg, MANX_A_NODE_MARK_MASK, config->mark_mask) ||
	    nla_put_u32(msg, MANX_A_NODE_ENDPOINT_TO_NODE, config->endpoint_to_node))
		return -EMSGSIZE;
	for (i = 0; i < ARRAY_SIZE(manx_nl_node_numbers); i++)
		if (manx_nl_put_number(msg, config, &manx_nl_node_numbers[i]))
			return -EMSGSIZE;
	nest = nla_nest_start(msg, MANX_A_NODE_TIMEOUTS);
	if (!nest)
		return -EMSGSIZE;
	for (i = 0; i < ARRAY_SIZE(manx_nl_timeouts); i++)
		if (manx_nl_put_number(msg, config, &manx_nl_timeouts[i]))
			return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

static int manx_nl_fill_node(struct sk_buff *msg, const struct manx_ruleset *rs,
			     const void *object, struct manx_nl_cursor *cursor)
{
	const struct manx_classes *c = &rs->ns->classes;

	if (nla_put_u32(msg, MANX_A_NODE_GENERATION, rs->generation) ||
	    nla_put_u32(msg, MANX_A_NODE_SETS, rs->sets.n) ||
	    nla_put_u32(msg, MANX_A_NODE_TABLES, rs->tables.n) ||
	    nla_put_u32(msg, MANX_A_NODE_RULES, rs->n_rules) ||
	    nla_put_u32(msg, MANX_A_NODE_ENDPOINTS, rs->endpoints.n) ||
	    nla_put_u32(msg, MANX_A_NODE_PEERS, rs->peers.n) ||
	    nla_put_u32(msg, MANX_A_NODE_MEMBERS, rs->n_members) ||
	    nla_put_u64_64bit(msg, MANX_A_NODE_MEMORY, rs->memory + READ_ONCE(c->octets),
			      MANX_A_NODE_PAD) ||
	    nla_put_u32(msg, MANX_A_NODE_CLASSES, READ_ONCE(c->n)) ||
	    nla_put_u32(msg, MANX_A_NODE_FLOWS, manx_flows_number(rs->ns)) ||
	    nla_put_string(msg, MANX_A_NODE_VERSION, MANX_VERSION) ||
	    manx_nl_put_config(msg, &rs->config))
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

static const void *manx_nl_wanted_node(const struct manx_ruleset *rs, struct genl_info *info)
{
	int err = manx_nl_check_generation(info, rs);

	return err ? ERR_PTR(err) : rs;
}

int manx_nl_node_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	return manx_nl_reply(info, manx_nl_wanted_node, manx_nl_fill_node);
}

static int manx_nl_set_mark_mask(struct manx_config *config, const struct nlattr *attr,
				 struct netlink_ext_ack *extack)
{
	u32 mask = nla_get_u32(attr);

	if (hweight32(mask) < 4) {
		NL_SET_ERR_MSG_ATTR(extack, attr, "a mark mask needs at least four bits");
		return -EINVAL;
	}
	config->mark_mask = mask;
	config->mark_accept = mask & -mask;
	return 0;
}

static int manx_nl_set_timeouts(struct manx_config *config, const struct nlattr *attr,
				const struct sk_buff *skb, struct netlink_ext_ack *extack)
{
	struct nlattr *tb[ARRAY_SIZE(manx_timeouts_nl_policy)];
	unsigned int i;
	int err;

	err = nla_parse_nested(tb, ARRAY_SIZE(tb) - 1, attr, manx_timeouts_nl_policy, extack);
	for (i = 0; i < ARRAY_SIZE(manx_nl_timeouts) && !err; i++)
		if (tb[manx_nl_timeouts[i].attr])
			err = manx_nl_set_number(config, &manx_nl_timeouts[i],
						 tb[manx_nl_timeouts[i].attr], skb, extack);
	return err;
}

static int manx_nl_set_config(struct manx_config *config, const struct sk_buff *skb,
			      struct genl_info *info)
{
	struct nlattr **attrs = info->attrs;
	unsigned int i;
	int err = 0;

	if (attrs[MANX_A_NODE_MARK_MASK])
		err = manx_nl_set_mark_mask(config, attrs[MANX_A_NODE_MARK_MASK], info->extack);
	if (attrs[MANX_A_NODE_ENDPOINT_TO_NODE])
		config->endpoint_to_node = nla_get_u32(attrs[MANX_A_NODE_ENDPOINT_TO_NODE]);
	for (i = 0; i < ARRAY_SIZE(manx_nl_node_numbers) && !err; i++)
		if (attrs[manx_nl_node_numbers[i].attr])
			err = manx_nl_set_number(config, &manx_nl_node_numbers[i],
						 attrs[manx_nl_node_numbers[i].attr], skb,
						 info->extack);
	if (attrs[MANX_A_NODE_TIMEOUTS] && !err)
		err = manx_nl_set_timeouts(config, attrs[MANX_A_NODE_TIMEOUTS], skb, info->extack);
	return err;
}

int manx_nl_node_set_doit(struct sk_buff *skb, struct genl_info *info)
{
	const struct nlattr *action = info->attrs[MANX_A_NODE_ENDPOINT_TO_NODE];
	struct manx_txn *txn;
	struct manx_ns *ns;

	if (action && nla_get_u32(action) > MANX_ACTION_DENY) {
		NL_SET_ERR_MSG_ATTR(info->extack, action, "allow or deny");
		return -EINVAL;
	}
	txn = manx_nl_edit(info, &ns);
	if (IS_ERR(txn))
		return PTR_ERR(txn);
	return manx_nl_done(info, ns, manx_nl_set_config(&txn->next->config, skb, info));
}

/* --- transactions --- */

static struct manx_ruleset *manx_nl_current(struct manx_ns *ns)
{
	return rcu_dereference_protected(ns->ruleset, lockdep_is_held(&ns->lock));
}

int manx_nl_txn_begin_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct manx_ns *ns = manx_ns(genl_info_net(info));
	int err;

	if (manx_garbage_wait(&ns->bin) || mutex_lock_killable(&ns->lock))
		return -EINTR;
	err = manx_nl_check_generation(info, manx_nl_current(ns)) ?:
	      manx_txn_begin(ns, info->snd_portid, info->extack);
	mutex_unlock(&ns->lock);
	return err;
}

static int manx_nl_end(struct manx_ns *ns, struct genl_info *info)
{
	if (!ns->txn || ns->txn->portid != info->snd_portid) {
		NL_SET_ERR_MSG(info->extack, "this socket has no transaction open");
		return -ENOENT;
	}
	if (!info->attrs[MANX_A_NODE_COMMIT]) {
		manx_txn_drop(ns);
		return 0;
	}
	ns->txn->sync |= !!info->attrs[MANX_A_NODE_SYNC];
	return manx_txn_commit(ns, info->extack);
}

/* Ends the transaction; *generation: that of the state afterwards. */
static int manx_nl_end_and_wait(struct genl_info *info, u32 *generation)
{
	struct manx_ns *ns = manx_ns(genl_info_net(info));
	int err;

	if (mutex_lock_killable(&ns->lock))
		return -EINTR;
	err = manx_nl_end(ns, info);
	*generation = manx_nl_current(ns)->generation;
	mutex_unlock(&ns->lock);
	if (err <= 0)
		return err;
	synchronize_rcu();
	return 0;
}

int manx_nl_txn_end_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct sk_buff *msg = genlmsg_new(GENLMSG_DEFAULT_SIZE, GFP_KERNEL);
	struct nlattr *attr;
	void *hdr;
	u32 generation;
	int err;

	/* before the commit: what has happened must not end in an error */
	hdr = msg ? genlmsg_put_reply(msg, info, &manx_nl_family, 0, MANX_CMD_TXN_END) : NULL;
	attr = hdr ? nla_reserve(msg, MANX_A_NODE_GENERATION, sizeof(generation)) : NULL;
	if (!attr) {
		nlmsg_free(msg);
		return manx_nl_refuse(info->extack, NULL, -ENOMEM, "out of memory");
	}
	err = manx_nl_end_and_wait(info, &generation);
	if (err) {
		nlmsg_free(msg);
		return err;
	}
	memcpy(nla_data(attr), &generation, sizeof(generation));
	genlmsg_end(msg, hdr);
	return genlmsg_reply(msg, info);
}
