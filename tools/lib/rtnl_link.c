// SPDX-License-Identifier: GPL-2.0-only
/*
 * Links: reading, changing, deleting.
 */
#include <errno.h>
#include <linux/if_link.h>
#include <linux/manx_link.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>

#include "rtnl_impl.h"

/* A number of an attribute, @otherwise if it is not one. */
static uint32_t number(const struct nlattr *attr, uint32_t otherwise)
{
	return mnl_attr_validate(attr, MNL_TYPE_U32) < 0 ? otherwise : mnl_attr_get_u32(attr);
}

static void copy_text(char *to, size_t size, const struct nlattr *attr)
{
	snprintf(to, size, "%.*s", (int)mnl_attr_get_payload_len(attr),
		 (const char *)mnl_attr_get_payload(attr));
}

static void read_manx(const struct nlattr *nest, struct manx_link *l)
{
	const struct nlattr *attr;

	mnl_attr_for_each_nested(attr, nest) {
		switch (mnl_attr_get_type(attr)) {
		case IFLA_MANX_MODE:
			l->mode = number(attr, 0);
			break;
		case IFLA_MANX_ROLE:
			l->role = number(attr, 0);
			break;
		case IFLA_MANX_ENDPOINT:
			l->endpoint = number(attr, 0);
			break;
		case IFLA_MANX_LOCAL:
			manx_nl_get_addr(attr, &l->local);
			break;
		}
	}
}

static void read_info(const struct nlattr *nest, struct manx_link *l)
{
	const struct nlattr *attr, *data = NULL;

	mnl_attr_for_each_nested(attr, nest) {
		if (mnl_attr_get_type(attr) == IFLA_INFO_KIND)
			copy_text(l->kind, sizeof(l->kind), attr);
		if (mnl_attr_get_type(attr) == IFLA_INFO_DATA)
			data = attr;
	}
	if (data && strcmp(l->kind, MANX_LINK_KIND) == 0)
		read_manx(data, l);
}

static void read_attr(const struct nlattr *attr, struct manx_link *l)
{
	switch (mnl_attr_get_type(attr)) {
	case IFLA_IFNAME:
		copy_text(l->name, sizeof(l->name), attr);
		break;
	case IFLA_MTU:
		l->mtu = number(attr, 0);
		break;
	case IFLA_LINK:
		l->other = (int)number(attr, 0);
		break;
	case IFLA_LINK_NETNSID:
		l->netnsid = (int)number(attr, (uint32_t)-1);
		break;
	case IFLA_ADDRESS:
		l->has_mac = mnl_attr_get_payload_len(attr) == sizeof(l->mac);
		if (l->has_mac)
			memcpy(l->mac, mnl_attr_get_payload(attr), sizeof(l->mac));
		break;
	case IFLA_LINKINFO:
		read_info(attr, l);
		break;
	}
}

static int read_link(const struct nlmsghdr *nlh, void *item, struct manx_error *err)
{
	const struct ifinfomsg *ifi = mnl_nlmsg_get_payload(nlh);
	struct manx_link *l = item;
	const struct nlattr *attr;

	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(*ifi))
		return manx_fail(err, -EBADMSG, "short link message");
	*l = (struct manx_link){
		.index = ifi->ifi_index, .netnsid = -1,
		.up = ifi->ifi_flags & IFF_UP, .running = ifi->ifi_flags & IFF_RUNNING,
	};
	mnl_attr_for_each(attr, nlh, sizeof(*ifi))
		read_attr(attr, l);
	return 1;
}

static int on_link(const struct nlmsghdr *nlh, void *ctx, struct manx_error *err)
{
	int rc = read_link(nlh, ctx, err);

	return rc < 0 ? rc : 0;
}

static struct nlmsghdr *request(struct manx_rtnl *rt, uint16_t type, int index)
{
	struct nlmsghdr *nlh = manx_nl_request(rt->nl, type, 0);
	struct ifinfomsg *ifi = mnl_nlmsg_put_extra_header(nlh, sizeof(*ifi));

	ifi->ifi_index = index;
	return nlh;
}

int manx_link_by_name(struct manx_rtnl *rt, const char *name, struct manx_link *l,
		      struct manx_error *err)
{
	struct nlmsghdr *nlh = request(rt, RTM_GETLINK, 0);
	int rc;

	if (!*name || strlen(name) >= IFNAMSIZ)
		return manx_fail(err, -ENODEV, "link \"%s\": not the name of a link", name);
	mnl_attr_put_strz(nlh, IFLA_IFNAME, name);
	mnl_attr_put_u32(nlh, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	rc = manx_nl_talk(rt->nl, on_link, l, err);
	return rc ? manx_error_prefix(err, "link \"%s\"", name) : 0;
}

int manx_link_by_index(struct manx_rtnl *rt, int index, struct manx_link *l,
		       struct manx_error *err)
{
	struct nlmsghdr *nlh = request(rt, RTM_GETLINK, index);
	int rc;

	mnl_attr_put_u32(nlh, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	rc = manx_nl_talk(rt->nl, on_link, l, err);
	return rc ? manx_error_prefix(err, "link %d", index) : 0;
}

int manx_links(struct manx_rtnl *rt, struct manx_link **l, size_t *n, struct manx_error *err)
{
	struct manx_rtnl_list list = { .size = sizeof(**l), .read = read_link };
	struct ifinfomsg header = { 0 };
	int rc = manx_rtnl_dump(rt, RTM_GETLINK, &header, sizeof(header), &list, err);

	if (rc)
		return manx_error_prefix(err, "reading links");
	*l = list.item;
	*n = list.n;
	return 0;
}

int manx_link_del(struct manx_rtnl *rt, int index, struct manx_error *err)
{
	int rc;

	request(rt, RTM_DELLINK, index);
	rc = manx_nl_talk(rt->nl, NULL, NULL, err);
	return rc ? manx_error_prefix(err, "deleting link %d", index) : 0;
}

int manx_link_up(struct manx_rtnl *rt, int index, struct manx_error *err)
{
	struct nlmsghdr *nlh = request(rt, RTM_NEWLINK, index);
	struct ifinfomsg *ifi = mnl_nlmsg_get_payload(nlh);
	int rc;

	ifi->ifi_flags = IFF_UP;
	ifi->ifi_change = IFF_UP;
	rc = manx_nl_talk(rt->nl, NULL, NULL, err);
	return rc ? manx_error_prefix(err, "setting link %d up", index) : 0;
}

int manx_link_set_mtu(struct manx_rtnl *rt, int index, uint32_t mtu, struct manx_error *err)
{
	struct nlmsghdr *nlh = request(rt, RTM_NEWLINK, index);
	int rc;

	mnl_attr_put_u32(nlh, IFLA_MTU, mtu);
	rc = manx_nl_talk(rt->nl, NULL, NULL, err);
	return rc ? manx_error_prefix(err, "setting the MTU of link %d to %u", index, mtu) : 0;
}
