// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which route the kernel would take, through all tables and rules.
 */
#include <errno.h>
#include <linux/rtnetlink.h>

#include "rtnl_impl.h"

static int read_way(const struct nlmsghdr *nlh, void *ctx, struct manx_error *err)
{
	const struct rtmsg *rtm = mnl_nlmsg_get_payload(nlh);
	struct manx_match *way = ctx;
	const struct nlattr *attr;

	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(*rtm))
		return manx_fail(err, -EBADMSG, "short route message");
	/* kernels differ in which of those that drop they tell by an error */
	if (rtm->rtm_type == RTN_BLACKHOLE || rtm->rtm_type == RTN_UNREACHABLE ||
	    rtm->rtm_type == RTN_PROHIBIT || rtm->rtm_type == RTN_THROW)
		return manx_fail(err, -ENETUNREACH, "the route drops");
	way->dst.len = rtm->rtm_dst_len;
	way->is_local = rtm->rtm_type != RTN_UNICAST;
	way->protocol = rtm->rtm_protocol;
	mnl_attr_for_each(attr, nlh, sizeof(*rtm)) {
		if (mnl_attr_get_type(attr) == RTA_DST)
			manx_nl_get_addr(attr, &way->dst.addr);
		if (mnl_attr_get_type(attr) == RTA_OIF && !mnl_attr_validate(attr, MNL_TYPE_U32))
			way->index = (int)mnl_attr_get_u32(attr);
	}
	return 0;
}

int manx_route_lookup(struct manx_rtnl *rt, const struct manx_addr *addr, struct manx_match *way,
		      struct manx_error *err)
{
	struct nlmsghdr *nlh = manx_nl_request(rt->nl, RTM_GETROUTE, 0);
	struct rtmsg *rtm = mnl_nlmsg_put_extra_header(nlh, sizeof(*rtm));

	*way = (struct manx_match){ .dst.addr.family = addr->family };
	rtm->rtm_family = manx_rtnl_family(addr);
	rtm->rtm_dst_len = manx_addr_bits(addr);
	/* the route, and not what it makes of this address */
	rtm->rtm_flags = RTM_F_FIB_MATCH;
	manx_nl_put_addr(nlh, RTA_DST, addr);
	return manx_nl_talk(rt->nl, read_way, way, err);
}
