// SPDX-License-Identifier: GPL-2.0-only
/*
 * Commands on tables and their rules.
 */
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/sort.h>

#include "compat/compat.h"
#include "counters.h"
#include "engine/compile.h"
#include "netlink.h"
#include "ns.h"
#include "txn.h"

/* The attributes of one side of a rule; each [must, must not]. */
struct manx_side_attrs {
	int net[2];
	int set[2];
	int port[2];
};

static const struct manx_side_attrs manx_src_attrs = {
	.net	= { MANX_A_RULE_SRC_NET, MANX_A_RULE_NOT_SRC_NET },
	.set	= { MANX_A_RULE_SRC_SET, MANX_A_RULE_NOT_SRC_SET },
	.port	= { MANX_A_RULE_SRC_PORT, MANX_A_RULE_NOT_SRC_PORT },
};

static const struct manx_side_attrs manx_dst_attrs = {
	.net	= { MANX_A_RULE_DST_NET, MANX_A_RULE_NOT_DST_NET },
	.set	= { MANX_A_RULE_DST_SET, MANX_A_RULE_NOT_DST_SET },
	.port	= { MANX_A_RULE_DST_PORT, MANX_A_RULE_NOT_DST_PORT },
};

/* --- from netlink --- */

static int manx_parse_ports(const struct nlattr *rule, int type, struct manx_criterion *c,
			    struct netlink_ext_ack *extack)
{
	const struct nlattr *attr;
	u32 count = 0, range;
	int rem;

	nla_for_each_nested(attr, rule, rem)
		count += nla_type(attr) == type;
	if (!count)
		return 0;
	c->port = kvmalloc_array(count, sizeof(*c->port), GFP_KERNEL_ACCOUNT);
	if (!c->port)
		return -ENOMEM;
	nla_for_each_nested(attr, rule, rem) {
		if (nla_type(attr) != type)
			continue;
		range = nla_get_u32(attr);
		if (range >> 16 > (range & 0xffff)) {
			NL_SET_ERR_MSG_ATTR(extack, attr, "the range of ports ends before it begins");
			return -EINVAL;
		}
		c->port[c->n_ports++] = range;
	}
	return 0;
}

static int manx_parse_criterion(struct manx_ns *ns, const struct nlattr *rule,
				const struct manx_side_attrs *a, unsigned int which,
				struct manx_criterion *c, struct netlink_ext_ack *extack)
{
	return manx_nl_prefixes(nla_data(rule), nla_len(rule), a->net[which], false, &c->net,
				&c->n_nets, extack) ?:
	       manx_nl_names(ns, false, nla_data(rule), nla_len(rule), a->set[which], &c->set,
			     &c->n_sets, extack) ?:
	       manx_parse_ports(rule, a->port[which], c, extack);
}

/* A number from 0 to 255, or -1 if the attribute is missing. */
static int manx_parse_u8(const struct nlattr *attr, s16 *value, struct netlink_ext_ack *extack)
{
	*value = -1;
	if (!attr)
		return 0;
	if (nla_get_u32(attr) > 255) {
		NL_SET_ERR_MSG_ATTR(extack, attr, "0 to 255");
		return -ERANGE;
	}
	*value = nla_get_u32(attr);
	return 0;
}

static int manx_parse_protocol(struct nlattr *tb[], struct manx_rule *r,
			       struct netlink_ext_ack *extack)
{
	u32 version = tb[MANX_A_RULE_IP_VERSION] ? nla_get_u32(tb[MANX_A_RULE_IP_VERSION]) : 0;

	if (tb[MANX_A_RULE_IP_VERSION] && version != 4 && version != 6) {
		NL_SET_ERR_MSG_ATTR(extack, tb[MANX_A_RULE_IP_VERSION], "4 or 6");
		return -EINVAL;
	}
	r->ip_version = version;
	return manx_parse_u8(tb[MANX_A_RULE_PROTOCOL], &r->protocol[MANX_MUST], extack) ?:
	       manx_parse_u8(tb[MANX_A_RULE_NOT_PROTOCOL], &r->protocol[MANX_MUST_NOT], extack) ?:
	       manx_parse_u8(tb[MANX_A_RULE_ICMP_TYPE], &r->icmp_type[MANX_MUST], extack) ?:
	       manx_parse_u8(tb[MANX_A_RULE_NOT_ICMP_TYPE], &r->icmp_type[MANX_MUST_NOT], extack) ?:
	       manx_parse_u8(tb[MANX_A_RULE_ICMP_CODE], &r->icmp_code[MANX_MUST], extack) ?:
	       manx_parse_u8(tb[MANX_A_RULE_NOT_ICMP_CODE], &r->icmp_code[MANX_MUST_NOT], extack);
}

static bool manx_has_ports(const struct manx_rule *r)
{
	return r->src[MANX_MUST].n_ports || r->src[MANX_MUST_NOT].n_ports ||
	       r->dst[MANX_MUST].n_ports || r->dst[MANX_MUST_NOT].n_ports;
}

/* Conditions that only some protocols can meet need one of those protocols. */
static int manx_check_rule(const struct nlattr *attr, const struct manx_rule *r,
			   struct netlink_ext_ack *extack)
{
	s16 protocol = r->protocol[MANX_MUST];
	unsigned int i;

	if (manx_has_ports(r) && protocol != IPPROTO_TCP && protocol != IPPROTO_UDP &&
	    protocol != IPPROTO_UDPLITE && protocol != IPPROTO_SCTP) {
		NL_SET_ERR_MSG_ATTR(extack, attr, "ports need protocol TCP, UDP, UDP-Lite or SCTP");
		return -EINVAL;
	}
	for (i = MANX_MUST; i <= MANX_MUST_NOT; i++) {
		if (r->icmp_code[i] >= 0 && r->icmp_type[i] < 0) {
			NL_SET_ERR_MSG_ATTR(extack, attr, "an ICMP code needs a type");
			return -EINVAL;
		}
		if (r->icmp_type[i] >= 0 && protocol != IPPROTO_ICMP && protocol != IPPROTO_ICMPV6) {
			NL_SET_ERR_MSG_ATTR(extack, attr, "an ICMP type needs protocol ICMP or ICMPv6");
			return -EINVAL;
		}
	}
	return 0;
}

/* Fills @r, also on failure as far as it came; the table clears it. */
static int manx_parse_rule(struct manx_ns *ns, const struct nlattr *attr, struct manx_rule *r,
			   struct netlink_ext_ack *extack)
{
	struct nlattr *tb[ARRAY_SIZE(manx_rule_nl_policy)];
	unsigned int i;
	int err;

	memset(r, 0, sizeof(*r));
	if (nla_len(attr) > MANX_MAX_RULE_SIZE)
		return manx_nl_refuse(extack, attr, -E2BIG, "a rule may take 16 KiB");
	err = nla_parse_nested(tb, ARRAY_SIZE(tb) - 1, attr, manx_rule_nl_policy, extack);
	if (err)
		return err;
	if (!tb[MANX_A_RULE_ID] || !tb[MANX_A_RULE_ACTION] || tb[MANX_A_RULE_PACKETS]) {
		NL_SET_ERR_MSG_ATTR(extack, attr, "a rule needs id and action, and takes no counter");
		return -EINVAL;
	}
	r->id = nla_get_u32(tb[MANX_A_RULE_ID]);
	r->action = nla_get_u32(tb[MANX_A_RULE_ACTION]);
	err = manx_parse_protocol(tb, r, extack);
	for (i = MANX_MUST; i <= MANX_MUST_NOT && !err; i++)
		err = manx_parse_criterion(ns, attr, &manx_src_attrs, i, &r->src[i], extack) ?:
		      manx_parse_criterion(ns, attr, &manx_dst_attrs, i, &r->dst[i], extack);
	return err ?: manx_check_rule(attr, r, extack);
}

static int manx_table_room(struct manx_table *table)
{
	u32 room = max(table->room * 2, 8U);
	struct manx_rule *rule;

	if (table->n < table->room)
		return 0;
	rule = kvmalloc_array(room, sizeof(*rule), GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	if (!rule)
		return -ENOMEM;
	if (table->n)
		memcpy(rule, table->rule, array_size(table->n, sizeof(*rule)));
	kvfree(table->rule);
	table->rule = rule;
	table->room = room;
	return 0;
}

/* One rule more, which is the table's even if it cannot be parsed. */
static int manx_nl_add_rule(struct manx_ns *ns, struct manx_txn *txn, struct manx_table *table,
			    const struct nlattr *attr, struct netlink_ext_ack *extack)
{
	u32 max = txn->next->config.max_rules;
	int err;

	if (txn->next->n_rules >= max) {
		NL_SET_ERR_MSG_FMT(extack, "table %.40s: more than %u rules (max-rules)",
				   table->name->s, max);
		return -ENOSPC;
	}
	err = manx_table_room(table);
	if (err)
		return err;
	txn->next->n_rules++;
	/* the attributes take about as much as the lists that come of them; and counters */
	manx_txn_grown(txn, &table->object, sizeof(struct manx_rule) + nla_len(attr) +
					    (num_possible_cpus() + 1) * sizeof(u64));
	return manx_parse_rule(ns, attr, &table->rule[table->n++], extack);
}

static int manx_nl_add_rules(struct manx_ns *ns, struct manx_txn *txn, struct manx_table *table,
			     struct genl_info *info)
{
	const struct nlattr *attr;
	int rem, err;

	nla_for_each_attr(attr, genlmsg_data(info->genlhdr), genlmsg_len(info->genlhdr), rem) {
		if (nla_type(attr) != MANX_A_TABLE_RULE)
			continue;
		err = manx_nl_add_rule(ns, txn, table, attr, info->extack);
		if (err)
			return err;
	}
	return manx_txn_check_memory(ns, "table", table->name->s, info->extack);
}

/* --- commands --- */

static struct manx_table *manx_nl_find_table(const struct manx_ruleset *rs,
					     struct genl_info *info)
{
	const struct nlattr *attr = info->attrs[MANX_A_TABLE_NAME];
	struct manx_table *table;

	rcu_read_lock();
	table = manx_ruleset_table(rs, manx_name_find(&rs->ns->names[MANX_TABLE_NAMES], nla_data(attr)));
	rcu_read_unlock();
	if (!table)
		NL_SET_ERR_MSG_ATTR(info->extack, attr, "there is no such table");
	return table;
}

static void manx_nl_table_gone(struct manx_txn *txn, struct manx_table *table)
{
	txn->next->n_rules -= table->n;
	manx_txn_gone(txn, &table->object);
}

static int manx_nl_put_table(struct manx_txn *txn, struct manx_table *table)
{
	struct manx_table *old = manx_ruleset_table(txn->next, table->name);
	int err = manx_map_set(&txn->next->tables, &txn->edit, table->name->id, table);

	if (!err && old)
		manx_nl_table_gone(txn, old);
	return err;
}

static int manx_nl_new_table(struct manx_ns *ns, struct manx_txn *txn, struct genl_info *info)
{
	struct manx_table *table = manx_txn_new_object(txn, MANX_OBJECT_TABLE, sizeof(*table));
	struct manx_name *name;

	if (!table)
		return -ENOMEM;
	name = manx_txn_name(ns, true, nla_data(info->attrs[MANX_A_TABLE_NAME]));
	if (IS_ERR(name))
		return PTR_ERR(name);
	table->name = name;
	table->direction = nla_get_u32(info->attrs[MANX_A_TABLE_DIRECTION]);
	table->default_action = nla_get_u32(info->attrs[MANX_A_TABLE_DEFAULT_ACTION]);
	return manx_nl_put_table(txn, table) ?: manx_nl_add_rules(ns, txn, table, info);
}

int manx_nl_table_new_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct manx_txn *txn;
	struct manx_ns *ns;
	u32 action;

	if (manx_nl_missing(info, MANX_A_TABLE_NAME, "a table needs a name") ||
	    manx_nl_missing(info, MANX_A_TABLE_DIRECTION, "a table needs a direction") ||
	    manx_nl_missing(info, MANX_A_TABLE_DEFAULT_ACTION, "a table needs a default action"))
		return -EINVAL;
	if (!*(char *)nla_data(info->attrs[MANX_A_TABLE_NAME])) {
		NL_SET_ERR_MSG_ATTR(info->extack, info->attrs[MANX_A_TABLE_NAME], "empty name");
		return -EINVAL;
	}
	action = nla_get_u32(info->attrs[MANX_A_TABLE_DEFAULT_ACTION]);
	if (action != MANX_ACTION_DENY && action != MANX_ACTION_PASS) {
		NL_SET_ERR_MSG_ATTR(info->extack, info->attrs[MANX_A_TABLE_DEFAULT_ACTION],
				    "deny or pass");
		return -EINVAL;
	}
	txn = manx_nl_edit(info, &ns);
	if (IS_ERR(txn))
		return PTR_ERR(txn);
	return manx_nl_done(info, ns, manx_nl_new_table(ns, txn, info));
}

static int manx_nl_del_table(struct manx_txn *txn, struct genl_info *info)
{
	struct manx_table *table = manx_nl_find_table(txn->next, info);
	int err;

	if (!table)
		return -ENOENT;
	err = manx_map_del(&txn->next->tables, &txn->edit, table->name->id);
	if (!err)
		manx_nl_table_gone(txn, table);
	return err;
}

int manx_nl_table_del_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct manx_txn *txn;
	struct manx_ns *ns;

	if (manx_nl_missing(info, MANX_A_TABLE_NAME, "a table needs a name"))
		return -EINVAL;
	txn = manx_nl_edit(info, &ns);
	if (IS_ERR(txn))
		return PTR_ERR(txn);
	return manx_nl_done(info, ns, manx_nl_del_table(txn, info));
}

static int manx_nl_append_rules(struct manx_ns *ns, struct manx_txn *txn, struct genl_info *info)
{
	struct manx_table *table = manx_nl_find_table(txn->next, info);

	if (!table)
		return -ENOENT;
	if (table->object.edit == txn->edit.id)
		return manx_nl_add_rules(ns, txn, table, info);
	NL_SET_ERR_MSG_ATTR(info->extack, info->attrs[MANX_A_TABLE_NAME],
			    "this transaction did not create or replace the table");
	return -EPERM;
}

int manx_nl_rule_add_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct manx_txn *txn;
	struct manx_ns *ns;

	if (manx_nl_missing(info, MANX_A_TABLE_NAME, "a table needs a name"))
		return -EINVAL;
	txn = manx_nl_edit(info, &ns);
	if (IS_ERR(txn))
		return PTR_ERR(txn);
	return manx_nl_done(info, ns, manx_nl_append_rules(ns, txn, info));
}

/* --- to netlink --- */

static int manx_put_number(struct sk_buff *msg, int type, s16 value)
{
	return value < 0 ? 0 : nla_put_u32(msg, type, value);
}

static int manx_put_criterion(struct sk_buff *msg, const struct manx_side_attrs *a,
			      unsigned int which, const struct manx_criterion *c)
{
	u32 i;

	if (manx_nl_put_prefixes(msg, a->net[which], c->net, c->n_nets) ||
	    manx_nl_put_names(msg, a->set[which], c->set, c->n_sets))
		return -EMSGSIZE;
	for (i = 0; i < c->n_ports; i++)
		if (nla_put_u32(msg, a->port[which], c->port[i]))
			return -EMSGSIZE;
	return 0;
}

static int manx_put_rule_body(struct sk_buff *msg, const struct manx_rule *r)
{
	unsigned int i;

	if (nla_put_u32(msg, MANX_A_RULE_ID, r->id) ||
	    nla_put_u32(msg, MANX_A_RULE_ACTION, r->action) ||
	    (r->ip_version && nla_put_u32(msg, MANX_A_RULE_IP_VERSION, r->ip_version)) ||
	    manx_put_number(msg, MANX_A_RULE_PROTOCOL, r->protocol[MANX_MUST]) ||
	    manx_put_number(msg, MANX_A_RULE_NOT_PROTOCOL, r->protocol[MANX_MUST_NOT]) ||
	    manx_put_number(msg, MANX_A_RULE_ICMP_TYPE, r->icmp_type[MANX_MUST]) ||
	    manx_put_number(msg, MANX_A_RULE_NOT_ICMP_TYPE, r->icmp_type[MANX_MUST_NOT]) ||
	    manx_put_number(msg, MANX_A_RULE_ICMP_CODE, r->icmp_code[MANX_MUST]) ||
	    manx_put_number(msg, MANX_A_RULE_NOT_ICMP_CODE, r->icmp_code[MANX_MUST_NOT]))
		return -EMSGSIZE;
	for (i = MANX_MUST; i <= MANX_MUST_NOT; i++)
		if (manx_put_criterion(msg, &manx_src_attrs, i, &r->src[i]) ||
		    manx_put_criterion(msg, &manx_dst_attrs, i, &r->dst[i]))
			return -EMSGSIZE;
	return 0;
}

static int manx_put_rule(struct sk_buff *msg, const struct manx_table *table, u32 i)
{
	struct nlattr *nest = nla_nest_start(msg, MANX_A_TABLE_RULE);

	if (!nest)
		return -EMSGSIZE;
	if (manx_put_rule_body(msg, &table->rule[i]) ||
	    nla_put_u64_64bit(msg, MANX_A_RULE_PACKETS, manx_counters_read(table->counters, i),
			      MANX_A_RULE_PAD)) {
		nla_nest_cancel(msg, nest);
		return -EMSGSIZE;
	}
	nla_nest_end(msg, nest);
	return 0;
}

/* As many rules as there is room for. */
static int manx_nl_fill_rules(struct sk_buff *msg, const struct manx_table *table,
			      struct manx_nl_cursor *cursor)
{
	u32 first = cursor->part;

	for (; cursor->part < table->n; cursor->part++) {
		if (!manx_put_rule(msg, table, cursor->part))
			continue;
		/* the head alone, if this message is smaller than the next will be */
		return cursor->part > first || !manx_nl_is_full_size(msg) ? 1 : -EMSGSIZE;
	}
	return 0;
}

static int manx_nl_fill_table(struct sk_buff *msg, const struct manx_ruleset *rs,
			      const void *object, struct manx_nl_cursor *cursor)
{
	const struct manx_table *table = object;

	if (nla_put_string(msg, MANX_A_TABLE_NAME, table->name->s) ||
	    nla_put_u32(msg, MANX_A_TABLE_DIRECTION, table->direction) ||
	    nla_put_u32(msg, MANX_A_TABLE_DEFAULT_ACTION, table->default_action) ||
	    nla_put_u32(msg, MANX_A_TABLE_RULES, table->n) ||
	    nla_put_u64_64bit(msg, MANX_A_TABLE_DEFAULT_PACKETS,
			      manx_counters_read(table->counters, table->n), MANX_A_TABLE_PAD) ||
	    nla_put_u32(msg, MANX_A_TABLE_FORM, manx_table_form(table)) ||
	    nla_put_u64_64bit(msg, MANX_A_TABLE_MEMORY, manx_table_octets(table),
			      MANX_A_TABLE_PAD) ||
	    nla_put_u32(msg, MANX_A_TABLE_GENERATION, rs->generation))
		return -EMSGSIZE;
	return cursor ? manx_nl_fill_rules(msg, table, cursor) : 0;
}

static const struct manx_name *manx_nl_table_name(const void *object)
{
	return ((const struct manx_table *)object)->name;
}

static const struct manx_nl_dump manx_nl_table_dump = {
	.cmd	= MANX_CMD_TABLE_GET,
	.map	= offsetof(struct manx_ruleset, tables),
	.name	= manx_nl_table_name,
	.fill	= manx_nl_fill_table,
};

static const void *manx_nl_wanted_table(const struct manx_ruleset *rs, struct genl_info *info)
{
	return manx_nl_find_table(rs, info) ?: ERR_PTR(-ENOENT);
}

int manx_nl_table_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	if (manx_nl_missing(info, MANX_A_TABLE_NAME, "which table?"))
		return -EINVAL;
	return manx_nl_reply(info, manx_nl_wanted_table, manx_nl_fill_table);
}

int manx_nl_table_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	return manx_nl_dump(skb, cb, &manx_nl_table_dump);
}
