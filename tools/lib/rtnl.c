// SPDX-License-Identifier: GPL-2.0-only
#include "rtnl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "netns.h"
#include "rtnl_impl.h"

/* Dumps that changes may spoil before reading is given up. */
#define DUMP_TRIES 20

int manx_rtnl_open(struct manx_rtnl **out, int netns, struct manx_error *err)
{
	struct manx_rtnl *rt = calloc(1, sizeof(*rt));
	int fd, rc;

	if (!rt)
		return manx_fail(err, -ENOMEM, "out of memory");
	if (netns < 0) {
		rc = manx_nl_open(&rt->nl, NETLINK_ROUTE, err);
	} else {
		rc = manx_netns_netlink(netns, NETLINK_ROUTE, &fd, err);
		if (!rc)
			rc = manx_nl_adopt(&rt->nl, fd, err);
	}
	if (rc)
		free(rt);
	else
		*out = rt;
	return rc;
}

void manx_rtnl_close(struct manx_rtnl *rt)
{
	if (!rt)
		return;
	manx_nl_close(rt->nl);
	free(rt);
}

int manx_rtnl_netns_cookie(const struct manx_rtnl *rt, uint64_t *cookie, struct manx_error *err)
{
	return manx_netns_cookie(manx_nl_fd(rt->nl), cookie, err);
}

uint8_t manx_rtnl_family(const struct manx_addr *a)
{
	return a->family == 4 ? AF_INET : AF_INET6;
}

static int on_item(const struct nlmsghdr *nlh, void *ctx, struct manx_error *err)
{
	struct manx_rtnl_list *list = ctx;
	char *more = manx_more(list->item, list->n, list->size);
	int rc;

	if (!more)
		return manx_fail(err, -ENOMEM, "out of memory");
	list->item = more;
	rc = list->read(nlh, more + list->n * list->size, err);
	if (rc < 0)
		return rc;
	/* an array that stays empty must not be grown from nothing again */
	if (rc == 0 && list->n == 0) {
		free(list->item);
		list->item = NULL;
	}
	list->n += (size_t)rc;
	return 0;
}

int manx_rtnl_dump(struct manx_rtnl *rt, uint16_t type, const void *header, size_t len,
		   struct manx_rtnl_list *list, struct manx_error *err)
{
	int rc = -EINTR;

	for (int i = 0; rc == -EINTR && i < DUMP_TRIES; i++) {
		struct nlmsghdr *nlh = manx_nl_request(rt->nl, type, NLM_F_DUMP);

		free(list->item);
		list->item = NULL;
		list->n = 0;
		memcpy(mnl_nlmsg_put_extra_header(nlh, len), header, len);
		rc = manx_nl_talk(rt->nl, on_item, list, err);
	}
	if (rc) {
		free(list->item);
		list->item = NULL;
		list->n = 0;
	}
	return rc;
}
