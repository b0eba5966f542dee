// SPDX-License-Identifier: GPL-2.0-only
/*
 * Making links of kind manx.
 */
#include <errno.h>
#include <linux/if_link.h>
#include <linux/manx_link.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <unistd.h>

#include "rtnl_impl.h"

/* Alternative names are at most this long, with the NUL (ALTIFNAMSIZ). */
#define ALTNAME_SIZE 128

static int check_name(const char *name, struct manx_error *err)
{
	size_t len = strlen(name);

	if (len == 0 || len >= IFNAMSIZ)
		return manx_fail(err, -EINVAL, "link name \"%s\" has %zu octets, expected 1 to %d",
				 name, len, IFNAMSIZ - 1);
	return 0;
}

/* An unknown kind of link can only mean that the module is not there. */
static int explain(int rc, const char *name, struct manx_error *err)
{
	if (rc == -EOPNOTSUPP && access("/sys/module/manx", F_OK))
		return manx_fail(err, rc,
				 "the manx kernel module is not loaded: run `modprobe manx`");
	if (rc == -EPERM)
		manx_fail(err, rc, "needs CAP_NET_ADMIN in this network namespace: run this as root");
	return manx_error_prefix(err, "creating link \"%s\"", name);
}

/* A new link of kind manx; *info and *data are open. */
static struct nlmsghdr *begin(struct manx_rtnl *rt, const char *name, uint32_t mtu, uint32_t mode,
			      struct nlattr **info, struct nlattr **data)
{
	struct nlmsghdr *nlh = manx_nl_request(rt->nl, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);

	mnl_nlmsg_put_extra_header(nlh, sizeof(struct ifinfomsg));
	mnl_attr_put_strz(nlh, IFLA_IFNAME, name);
	if (mtu)
		mnl_attr_put_u32(nlh, IFLA_MTU, mtu);
	*info = mnl_attr_nest_start(nlh, IFLA_LINKINFO);
	mnl_attr_put_strz(nlh, IFLA_INFO_KIND, MANX_LINK_KIND);
	*data = mnl_attr_nest_start(nlh, IFLA_INFO_DATA);
	mnl_attr_put_u32(nlh, IFLA_MANX_MODE, mode);
	return nlh;
}

static void put_peer(struct nlmsghdr *nlh, const struct manx_pair *p)
{
	struct nlattr *nest = mnl_attr_nest_start(nlh, IFLA_MANX_PEER);

	/* begins with a struct, so to the kernel it is no nest of attributes */
	nest->nla_type = IFLA_MANX_PEER;
	mnl_nlmsg_put_extra_header(nlh, sizeof(struct ifinfomsg));
	if (p->peer_name)
		mnl_attr_put_strz(nlh, IFLA_IFNAME, p->peer_name);
	if (p->mtu)
		mnl_attr_put_u32(nlh, IFLA_MTU, p->mtu);
	if (p->peer_mac)
		mnl_attr_put(nlh, IFLA_ADDRESS, 6, p->peer_mac);
	if (p->peer_netns >= 0)
		mnl_attr_put_u32(nlh, IFLA_NET_NS_FD, (uint32_t)p->peer_netns);
	mnl_attr_nest_end(nlh, nest);
}

static int add_altname(struct manx_rtnl *rt, const char *name, const char *altname,
		       struct manx_error *err)
{
	struct nlmsghdr *nlh = manx_nl_request(rt->nl, RTM_NEWLINKPROP,
					       NLM_F_CREATE | NLM_F_EXCL | NLM_F_APPEND);
	struct nlattr *list;
	int rc;

	if (strlen(altname) >= ALTNAME_SIZE)
		return manx_fail(err, -EINVAL, "alternative name \"%s\" is longer than %d octets",
				 altname, ALTNAME_SIZE - 1);
	mnl_nlmsg_put_extra_header(nlh, sizeof(struct ifinfomsg));
	mnl_attr_put_strz(nlh, IFLA_IFNAME, name);
	list = mnl_attr_nest_start(nlh, IFLA_PROP_LIST);
	mnl_attr_put_strz(nlh, IFLA_ALT_IFNAME, altname);
	mnl_attr_nest_end(nlh, list);
	rc = manx_nl_talk(rt->nl, NULL, NULL, err);
	if (rc == -EEXIST)
		return 0;
	return rc ? manx_error_prefix(err, "alternative name \"%s\"", altname) : 0;
}

/* The link that was made a moment ago, and is not wanted after all. */
static void undo(struct manx_rtnl *rt, const char *name)
{
	struct manx_link link;

	if (manx_link_by_name(rt, name, &link, NULL) == 0)
		manx_link_del(rt, link.index, NULL);
}

int manx_link_add_pair(struct manx_rtnl *rt, const struct manx_pair *p, struct manx_error *err)
{
	struct nlattr *info, *data;
	struct nlmsghdr *nlh;
	int rc = check_name(p->name, err);

	if (!rc && p->peer_name)
		rc = check_name(p->peer_name, err);
	if (rc)
		return rc;
	nlh = begin(rt, p->name, p->mtu, MANX_LINK_PAIR, &info, &data);
	if (p->endpoint)
		mnl_attr_put_u32(nlh, IFLA_MANX_ENDPOINT, p->endpoint);
	put_peer(nlh, p);
	mnl_attr_nest_end(nlh, data);
	mnl_attr_nest_end(nlh, info);
	rc = manx_nl_talk(rt->nl, NULL, NULL, err);
	if (rc)
		return explain(rc, p->name, err);
	if (!p->altname)
		return 0;
	rc = add_altname(rt, p->name, p->altname, err);
	if (rc)
		undo(rt, p->name);
	return rc;
}

int manx_link_add_tunnel(struct manx_rtnl *rt, const char *name, const struct manx_addr *local,
			 uint32_t ttl, uint32_t mtu, struct manx_error *err)
{
	struct nlattr *info, *data;
	struct nlmsghdr *nlh;
	int rc = check_name(name, err);

	if (rc)
		return rc;
	nlh = begin(rt, name, mtu, MANX_LINK_TUNNEL, &info, &data);
	manx_nl_put_addr(nlh, IFLA_MANX_LOCAL, local);
	if (ttl)
		mnl_attr_put_u32(nlh, IFLA_MANX_TTL, ttl);
	mnl_attr_nest_end(nlh, data);
	mnl_attr_nest_end(nlh, info);
	rc = manx_nl_talk(rt->nl, NULL, NULL, err);
	return rc ? explain(rc, name, err) : 0;
}
