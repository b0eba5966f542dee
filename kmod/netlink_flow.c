// SPDX-License-Identifier: GPL-2.0-only
/*
 * Commands on flows.
 */
#include <linux/ipv6.h>

#include "compat/compat.h"
#include "flow/report.h"
#include "flow/table.h"
#include "netlink.h"
#include "ns.h"

/* what no entry can look like */
static const struct nlattr *manx_flow_bad_number(struct nlattr **attrs)
{
	static const struct {
		int attr;
		u32 max;
	} numbers[] = {
		{ MANX_A_FLOW_PROTOCOL, U8_MAX },
		{ MANX_A_FLOW_SOURCE_PORT, U16_MAX },
		{ MANX_A_FLOW_DESTINATION_PORT, U16_MAX },
		{ MANX_A_FLOW_STATE, MANX_FLOW_STATE_MAX },
		{ MANX_A_FLOW_WAY, MANX_WAY_MAX },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(numbers); i++)
		if (attrs[numbers[i].attr] &&
		    nla_get_u32(attrs[numbers[i].attr]) > numbers[i].max)
			return attrs[numbers[i].attr];
	return NULL;
}

static int manx_flow_parse_address(struct manx_flow_filter *f, struct nlattr **attrs, int which,
				   union nf_inet_addr *addr, struct netlink_ext_ack *extack)
{
	const struct nlattr *attr = attrs[which];
	u8 family;

	if (!attr)
		return 0;
	if (nla_len(attr) != sizeof(addr->ip) && nla_len(attr) != sizeof(addr->in6))
		return manx_nl_refuse(extack, attr, -EINVAL, "an address has 4 or 16 octets");
	family = nla_len(attr) == sizeof(addr->ip) ? NFPROTO_IPV4 : NFPROTO_IPV6;
	if (f->family && f->family != family)
		return manx_nl_refuse(extack, attr, -EINVAL, "addresses of two families");
	f->family = family;
	memcpy(addr, nla_data(attr), nla_len(attr));
	return 0;
}

/* Takes the number of an attribute over, if it is there. */
static void manx_flow_parse_number(struct nlattr **attrs, int which, u32 *value)
{
	if (attrs[which])
		*value = nla_get_u32(attrs[which]);
}

static int manx_flow_parse(struct manx_flow_filter *f, struct nlattr **attrs,
			   struct netlink_ext_ack *extack)
{
	const struct nlattr *bad = manx_flow_bad_number(attrs);
	int i;

	memset(f, 0, sizeof(*f));
	if (bad)
		return manx_nl_refuse(extack, bad, -ERANGE, "no flow can have this");
	for (i = 0; i <= MANX_A_FLOW_WAY; i++)
		f->has |= attrs[i] ? BIT(i) : 0;
	manx_flow_parse_number(attrs, MANX_A_FLOW_FROM, &f->from);
	manx_flow_parse_number(attrs, MANX_A_FLOW_TO, &f->to);
	manx_flow_parse_number(attrs, MANX_A_FLOW_ENDPOINT, &f->endpoint);
	manx_flow_parse_number(attrs, MANX_A_FLOW_PROTOCOL, &f->protocol);
	manx_flow_parse_number(attrs, MANX_A_FLOW_STATE, &f->state);
	manx_flow_parse_number(attrs, MANX_A_FLOW_WAY, &f->way);
	manx_flow_parse_number(attrs, MANX_A_FLOW_SOURCE_PORT, &f->sport);
	manx_flow_parse_number(attrs, MANX_A_FLOW_DESTINATION_PORT, &f->dport);
	return manx_flow_parse_address(f, attrs, MANX_A_FLOW_SOURCE, &f->src, extack) ?:
	       manx_flow_parse_address(f, attrs, MANX_A_FLOW_DESTINATION, &f->dst, extack);
}

static int manx_flow_first(struct manx_flow *flow, const struct manx_flow_report *report,
			   void *ctx)
{
	*(struct manx_flow_report *)ctx = *report;
	return 1;
}

/* Answers with an entry, or with the number of those that were ended. */
static int manx_nl_flow_reply(struct genl_info *info, const struct manx_flow_report *report,
			      u32 ended)
{
	struct sk_buff *msg = genlmsg_new(GENLMSG_DEFAULT_SIZE, GFP_KERNEL);
	void *hdr = msg ? genlmsg_put_reply(msg, info, &manx_nl_family, 0, info->genlhdr->cmd) :
			  NULL;

	if (!hdr || (report ? manx_report_put(msg, report) :
			      nla_put_u32(msg, MANX_A_FLOW_ENDED, ended))) {
		nlmsg_free(msg);
		return manx_nl_refuse(info->extack, NULL, -ENOMEM, "out of memory");
	}
	genlmsg_end(msg, hdr);
	return genlmsg_reply(msg, info);
}

int manx_nl_flow_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct manx_flows *flows = READ_ONCE(manx_ns(genl_info_net(info))->flows);
	struct manx_flow_filter filter;
	struct manx_flow_report report;
	bool found = false;
	u32 i, n;
	int err;

	err = manx_flow_parse(&filter, info->attrs, info->extack);
	if (err)
		return err;
	n = flows ? manx_flows_walk(flows) : 0;
	for (i = 0; i < n && !found; i++) {
		found = manx_report_bucket(flows, i, 0, &filter, manx_flow_first, &report) >= 0;
		cond_resched();
	}
	if (flows)
		manx_flows_walked(flows);
	if (found)
		return manx_nl_flow_reply(info, &report, 0);
	return manx_nl_refuse(info->extack, NULL, -ENOENT, "there is no such flow");
}

/* a message of a dump that is being filled */
struct manx_flow_dump {
	struct sk_buff *skb;
	struct netlink_callback *cb;
};

static int manx_flow_dump_one(struct manx_flow *flow, const struct manx_flow_report *report,
			      void *ctx)
{
	struct manx_flow_dump *d = ctx;
	void *hdr = genlmsg_put(d->skb, NETLINK_CB(d->cb->skb).portid, d->cb->nlh->nlmsg_seq,
				&manx_nl_family, NLM_F_MULTI, MANX_CMD_FLOW_GET);

	if (!hdr)
		return -EMSGSIZE;
	genl_dump_check_consistent(d->cb, hdr);
	if (manx_report_put(d->skb, report)) {
		genlmsg_cancel(d->skb, hdr);
		return -EMSGSIZE;
	}
	genlmsg_end(d->skb, hdr);
	return 0;
}

/* As many entries as there is room for. */
static void manx_flow_dump_some(struct manx_flows *flows, struct manx_flow_dump *d,
				const struct manx_flow_filter *filter)
{
	struct manx_nl_cursor *cursor = manx_nl_cursor(d->cb);
	u32 n = manx_flows_walk(flows);
	int skip;

	/* a dump between whose messages entries have moved is marked */
	d->cb->seq = flows->moves;
	for (; cursor->index < n; cursor->index++) {
		skip = manx_report_bucket(flows, cursor->index, cursor->part, filter,
					  manx_flow_dump_one, d);
		cursor->part = max(skip, 0);
		if (skip >= 0)
			break;
		cond_resched();
	}
	manx_flows_walked(flows);
}

int manx_nl_flow_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct manx_flows *flows = READ_ONCE(manx_ns(sock_net(skb->sk))->flows);
	struct manx_flow_dump d = { .skb = skb, .cb = cb };
	struct manx_flow_filter filter;
	int err;

	err = manx_flow_parse(&filter, manx_dump_attrs(cb), cb->extack);
	if (err)
		return err;
	if (flows)
		manx_flow_dump_some(flows, &d, &filter);
	return skb->len;
}

int manx_nl_flow_del_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct manx_flows *flows = READ_ONCE(manx_ns(genl_info_net(info))->flows);
	struct manx_flow_filter filter;
	int err;

	err = manx_flow_parse(&filter, info->attrs, info->extack);
	if (err)
		return err;
	return manx_nl_flow_reply(info, NULL, flows ? manx_flows_end(flows, &filter) : 0);
}
