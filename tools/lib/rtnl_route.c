// SPDX-License-Identifier: GPL-2.0-only
/*
 * Routes of the main table.
 */
#include <errno.h>
#include <inttypes.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rtnl_impl.h"

/* What the kernel makes of an IPv6 route without one (IP6_RT_PRIO_USER). */
#define IPV6_DEFAULT_METRIC 1024

static struct nlmsghdr *request(struct manx_rtnl *rt, uint16_t type, uint16_t flags,
				const struct manx_route *r)
{
	struct nlmsghdr *nlh = manx_nl_request(rt->nl, type, flags);
	struct rtmsg *rtm = mnl_nlmsg_put_extra_header(nlh, sizeof(*rtm));

	rtm->rtm_family = manx_rtnl_family(&r->dst.addr);
	rtm->rtm_dst_len = r->dst.len;
	rtm->rtm_table = RT_TABLE_MAIN;
	rtm->rtm_protocol = r->protocol;
	if (r->dst.len)
		manx_nl_put_addr(nlh, RTA_DST, &r->dst.addr);
	if (r->via.family)
		manx_nl_put_addr(nlh, RTA_GATEWAY, &r->via);
	if (r->index)
		mnl_attr_put_u32(nlh, RTA_OIF, (uint32_t)r->index);
	if (r->metric)
		mnl_attr_put_u32(nlh, RTA_PRIORITY, r->metric);
	return nlh;
}

static int fail(struct manx_error *err, const char *what, const struct manx_route *r)
{
	char text[MANX_ADDR_STRLEN];

	return manx_error_prefix(err, "%s route to %s", what, manx_prefix_format(&r->dst, text));
}

/* @flags besides NLM_F_CREATE: what to do with a route that is there. */
static int set(struct manx_rtnl *rt, const struct manx_route *r, uint16_t flags,
	       struct manx_error *err)
{
	struct nlmsghdr *nlh = request(rt, RTM_NEWROUTE, NLM_F_CREATE | flags, r);
	struct rtmsg *rtm = mnl_nlmsg_get_payload(nlh);
	int rc;

	rtm->rtm_type = r->blackhole ? RTN_BLACKHOLE : RTN_UNICAST;
	rtm->rtm_scope = r->blackhole || r->via.family ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK;
	if (r->onlink)
		rtm->rtm_flags = RTNH_F_ONLINK;
	if (r->src.family)
		manx_nl_put_addr(nlh, RTA_PREFSRC, &r->src);
	rc = manx_nl_talk(rt->nl, NULL, NULL, err);
	return rc ? fail(err, "setting", r) : 0;
}

int manx_route_change(struct manx_rtnl *rt, const struct manx_route *r, struct manx_error *err)
{
	return set(rt, r, NLM_F_REPLACE, err);
}

int manx_route_del(struct manx_rtnl *rt, const struct manx_route *r, struct manx_error *err)
{
	struct nlmsghdr *nlh = request(rt, RTM_DELROUTE, 0, r);
	struct rtmsg *rtm = mnl_nlmsg_get_payload(nlh);
	int rc;

	rtm->rtm_scope = RT_SCOPE_NOWHERE;	/* any */
	rc = manx_nl_talk(rt->nl, NULL, NULL, err);
	return rc && rc != -ESRCH ? fail(err, "deleting", r) : 0;
}

static void read_attr(const struct nlattr *attr, struct manx_route *r, uint32_t *table)
{
	bool is_u32 = mnl_attr_validate(attr, MNL_TYPE_U32) == 0;

	switch (mnl_attr_get_type(attr)) {
	case RTA_TABLE:
		*table = is_u32 ? mnl_attr_get_u32(attr) : 0;
		break;
	case RTA_DST:
		manx_nl_get_addr(attr, &r->dst.addr);
		break;
	case RTA_GATEWAY:
		manx_nl_get_addr(attr, &r->via);
		break;
	case RTA_PREFSRC:
		manx_nl_get_addr(attr, &r->src);
		break;
	case RTA_OIF:
		r->index = is_u32 ? (int)mnl_attr_get_u32(attr) : 0;
		break;
	case RTA_PRIORITY:
		r->metric = is_u32 ? mnl_attr_get_u32(attr) : 0;
		break;
	}
}

static int read_route(const struct nlmsghdr *nlh, void *item, struct manx_error *err)
{
	const struct rtmsg *rtm = mnl_nlmsg_get_payload(nlh);
	struct manx_route *r = item;
	const struct nlattr *attr;
	uint32_t table;

	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(*rtm))
		return manx_fail(err, -EBADMSG, "short route message");
	if (rtm->rtm_type != RTN_UNICAST && rtm->rtm_type != RTN_BLACKHOLE)
		return 0;
	table = rtm->rtm_table;
	*r = (struct manx_route){
		.dst = { .addr.family = rtm->rtm_family == AF_INET ? 4 : 6,
			 .len = rtm->rtm_dst_len },
		.onlink = rtm->rtm_flags & RTNH_F_ONLINK,
		.blackhole = rtm->rtm_type == RTN_BLACKHOLE,
		.protocol = rtm->rtm_protocol,
	};
	mnl_attr_for_each(attr, nlh, sizeof(*rtm))
		read_attr(attr, r, &table);
	if (r->blackhole)
		r->index = 0;	/* IPv6 says lo */
	if (r->dst.addr.family == 6 && r->metric == IPV6_DEFAULT_METRIC)
		r->metric = 0;
	return table == RT_TABLE_MAIN && !(rtm->rtm_flags & RTM_F_CLONED);
}

static int read_family(struct manx_rtnl *rt, uint8_t family, uint8_t protocol,
		       struct manx_rtnl_list *list, struct manx_error *err)
{
	const struct rtmsg header = {
		.rtm_family = family, .rtm_table = RT_TABLE_MAIN, .rtm_protocol = protocol,
	};
	int rc;

	*list = (struct manx_rtnl_list){ .size = sizeof(struct manx_route), .read = read_route };
	rc = manx_rtnl_dump(rt, RTM_GETROUTE, &header, sizeof(header), list, err);
	/* IPv4's table does not exist before the first route */
	return rc == -ENOENT ? 0 : rc;
}

int manx_routes(struct manx_rtnl *rt, uint8_t protocol, struct manx_route **r, size_t *n,
		struct manx_error *err)
{
	struct manx_rtnl_list v4, v6 = { 0 };
	struct manx_route *all = NULL;
	int rc = read_family(rt, AF_INET, protocol, &v4, err);

	if (!rc)
		rc = read_family(rt, AF_INET6, protocol, &v6, err);
	if (rc)
		manx_error_prefix(err, "reading routes");
	else
		all = calloc(v4.n + v6.n + 1, sizeof(*all));
	if (all) {
		if (v4.n)
			memcpy(all, v4.item, v4.n * sizeof(*all));
		if (v6.n)
			memcpy(all + v4.n, v6.item, v6.n * sizeof(*all));
		*r = all;
		*n = v4.n + v6.n;
	} else if (!rc) {
		rc = manx_fail(err, -ENOMEM, "out of memory");
	}
	free(v4.item);
	free(v6.item);
	return rc;
}

static bool in_place_of(const struct manx_route *a, const struct manx_route *b)
{
	return a->metric == b->metric && manx_prefix_cmp(&a->dst, &b->dst) == 0;
}

static int refuse(const struct manx_route *r, struct manx_error *err)
{
	char text[MANX_ADDR_STRLEN], metric[24] = "";

	manx_prefix_format(&r->dst, text);
	if (r->metric)
		snprintf(metric, sizeof(metric), " metric %" PRIu32, r->metric);
	return manx_fail(err, -EEXIST,
			 "route to %s%s: another one is there that manx has not made: delete it (ip route del %s%s), or give it another metric",
			 text, metric, text, metric);
}

/* -EEXIST unless every route in the place of @r has its protocol, and there is one. */
static int check_owner(struct manx_rtnl *rt, const struct manx_route *r, struct manx_error *err)
{
	size_t own = 0, foreign = 0;
	struct manx_rtnl_list list;
	int rc = read_family(rt, manx_rtnl_family(&r->dst.addr), 0, &list, err);
	const struct manx_route *have = list.item;

	for (size_t i = 0; !rc && i < list.n; i++) {
		if (!in_place_of(&have[i], r))
			continue;
		own += have[i].protocol == r->protocol;
		foreign += have[i].protocol != r->protocol;
	}
	free(list.item);
	if (rc)
		return fail(err, "setting", r);
	return foreign || !own ? refuse(r, err) : 0;
}

int manx_route_replace(struct manx_rtnl *rt, const struct manx_route *r, struct manx_error *err)
{
	int rc = set(rt, r, NLM_F_EXCL, err);

	if (rc != -EEXIST)
		return rc;
	rc = check_owner(rt, r, err);
	return rc ? rc : manx_route_change(rt, r, err);
}
