// SPDX-License-Identifier: GPL-2.0-only
/*
 * Addresses of links, and neighbours.
 */
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "rtnl_impl.h"

static struct nlmsghdr *request(struct manx_rtnl *rt, uint16_t type, uint16_t flags, int index,
				const struct manx_prefix *a)
{
	struct nlmsghdr *nlh = manx_nl_request(rt->nl, type, flags);
	struct ifaddrmsg *ifa = mnl_nlmsg_put_extra_header(nlh, sizeof(*ifa));

	ifa->ifa_family = manx_rtnl_family(&a->addr);
	ifa->ifa_prefixlen = a->len;
	ifa->ifa_index = (unsigned int)index;
	manx_nl_put_addr(nlh, IFA_LOCAL, &a->addr);
	manx_nl_put_addr(nlh, IFA_ADDRESS, &a->addr);
	return nlh;
}

static int fail(struct manx_error *err, const char *what, const struct manx_prefix *a, int index)
{
	char text[MANX_ADDR_STRLEN];

	return manx_error_prefix(err, "%s address %s of link %d", what,
				 manx_prefix_format(a, text), index);
}

int manx_address_add(struct manx_rtnl *rt, int index, const struct manx_prefix *a,
		     struct manx_error *err)
{
	struct nlmsghdr *nlh = request(rt, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, index, a);
	int rc;

	/* duplicate address detection would make the address unusable for a second */
	if (a->addr.family == 6)
		mnl_attr_put_u32(nlh, IFA_FLAGS, IFA_F_NODAD);
	rc = manx_nl_talk(rt->nl, NULL, NULL, err);
	return rc && rc != -EEXIST ? fail(err, "adding", a, index) : 0;
}

int manx_address_del(struct manx_rtnl *rt, int index, const struct manx_prefix *a,
		     struct manx_error *err)
{
	int rc;

	request(rt, RTM_DELADDR, 0, index, a);
	rc = manx_nl_talk(rt->nl, NULL, NULL, err);
	if (!rc || rc == -EADDRNOTAVAIL || rc == -ENODEV)
		return 0;
	return fail(err, "deleting", a, index);
}

static int read_address(const struct nlmsghdr *nlh, void *item, struct manx_error *err)
{
	const struct ifaddrmsg *ifa = mnl_nlmsg_get_payload(nlh);
	struct manx_address *a = item;
	const struct nlattr *attr;
	bool local = false;

	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(*ifa))
		return manx_fail(err, -EBADMSG, "short address message");
	*a = (struct manx_address){ .index = (int)ifa->ifa_index, .addr.len = ifa->ifa_prefixlen };
	/* IFA_LOCAL is ours; IFA_ADDRESS is the other end's where there is one */
	mnl_attr_for_each(attr, nlh, sizeof(*ifa)) {
		uint16_t type = mnl_attr_get_type(attr);

		if (type == IFA_LOCAL || (type == IFA_ADDRESS && !local))
			manx_nl_get_addr(attr, &a->addr.addr);
		local |= type == IFA_LOCAL;
	}
	return a->addr.addr.family != 0;
}

int manx_addresses(struct manx_rtnl *rt, struct manx_address **a, size_t *n,
		   struct manx_error *err)
{
	struct manx_rtnl_list list = { .size = sizeof(**a), .read = read_address };
	struct ifaddrmsg header = { 0 };
	int rc = manx_rtnl_dump(rt, RTM_GETADDR, &header, sizeof(header), &list, err);

	if (rc)
		return manx_error_prefix(err, "reading addresses");
	*a = list.item;
	*n = list.n;
	return 0;
}

int manx_neighbour_set(struct manx_rtnl *rt, int index, const struct manx_addr *a,
		       const uint8_t mac[6], struct manx_error *err)
{
	struct nlmsghdr *nlh = manx_nl_request(rt->nl, RTM_NEWNEIGH,
					       NLM_F_CREATE | NLM_F_REPLACE);
	struct ndmsg *ndm = mnl_nlmsg_put_extra_header(nlh, sizeof(*ndm));
	char text[MANX_ADDR_STRLEN];
	int rc;

	ndm->ndm_family = manx_rtnl_family(a);
	ndm->ndm_ifindex = index;
	ndm->ndm_state = NUD_PERMANENT;
	manx_nl_put_addr(nlh, NDA_DST, a);
	mnl_attr_put(nlh, NDA_LLADDR, 6, mac);
	rc = manx_nl_talk(rt->nl, NULL, NULL, err);
	if (!rc)
		return 0;
	return manx_error_prefix(err, "neighbour %s of link %d", manx_addr_format(a, text), index);
}
