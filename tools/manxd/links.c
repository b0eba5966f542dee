// SPDX-License-Identifier: GPL-2.0-only
#include "links.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/manx_link.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

static const uint32_t groups[] = {
	RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR,
	RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_ROUTE,
};

bool manxd_link_is_endpoint(const struct manx_link *link)
{
	return !strcmp(link->kind, MANX_LINK_KIND) && link->role == MANX_ROLE_PRIMARY &&
	       link->endpoint;
}

static int compare_index(const void *a, const void *b)
{
	return ((const struct manx_link *)a)->index - ((const struct manx_link *)b)->index;
}

static int compare_bound(const void *a, const void *b)
{
	const struct manxd_bound *x = a, *y = b;

	if (x->endpoint != y->endpoint)
		return x->endpoint < y->endpoint ? -1 : 1;
	return x->index - y->index;
}

static int bind_endpoint(struct manxd_links *links, const struct manx_link *link)
{
	struct manxd_bound new = { link->endpoint, link->index };
	struct manxd_bound *more;
	size_t at = links->n_bound;

	if (!manxd_link_is_endpoint(link))
		return 0;
	more = reallocarray(links->bound, at + 1, sizeof(*more));
	if (!more)
		return -ENOMEM;
	links->bound = more;
	while (at && compare_bound(&more[at - 1], &new) > 0)
		at--;
	memmove(&more[at + 1], &more[at], (links->n_bound - at) * sizeof(*more));
	more[at] = new;
	links->n_bound++;
	return 0;
}

static void unbind_endpoint(struct manxd_links *links, const struct manx_link *link)
{
	const struct manxd_bound key = { link->endpoint, link->index };
	struct manxd_bound *found = NULL;
	size_t at;

	if (links->n_bound)
		found = bsearch(&key, links->bound, links->n_bound, sizeof(key), compare_bound);
	if (!found)
		return;
	at = (size_t)(found - links->bound);
	links->n_bound--;
	memmove(found, found + 1, (links->n_bound - at) * sizeof(*found));
}

/* Events first, then the dump: what happens in between is seen twice, not never. */
int manxd_links_open(struct manxd_links *links, struct manx_error *err)
{
	int rc = manx_nl_open(&links->events, NETLINK_ROUTE, err);

	for (size_t i = 0; !rc && i < sizeof(groups) / sizeof(groups[0]); i++)
		rc = manx_nl_join(links->events, groups[i], err);
	return rc ? rc : manxd_links_sync(links, err);
}

void manxd_links_close(struct manxd_links *links)
{
	if (links->events)
		manx_nl_close(links->events);
	free(links->link);
	free(links->bound);
}

int manxd_links_fd(const struct manxd_links *links)
{
	return manx_nl_fd(links->events);
}

static int index_endpoints(struct manxd_links *links)
{
	struct manxd_bound *bound = calloc(links->n + 1, sizeof(*bound));

	if (!bound)
		return -ENOMEM;
	free(links->bound);
	links->bound = bound;
	links->n_bound = 0;
	for (size_t i = 0; i < links->n; i++)
		if (manxd_link_is_endpoint(&links->link[i]))
			bound[links->n_bound++] = (struct manxd_bound){
				links->link[i].endpoint, links->link[i].index
			};
	qsort(bound, links->n_bound, sizeof(*bound), compare_bound);
	return 0;
}

int manxd_links_sync(struct manxd_links *links, struct manx_error *err)
{
	struct manx_link *link;
	size_t n;
	int rc = manx_links(links->rt, &link, &n, err);

	if (rc)
		return rc;
	if (n)
		qsort(link, n, sizeof(*link), compare_index);
	free(links->link);
	links->link = link;
	links->n = n;
	return index_endpoints(links) ? manx_fail(err, -ENOMEM, "out of memory for links") : 0;
}

const struct manx_link *manxd_links_index(const struct manxd_links *links, int index)
{
	const struct manx_link key = { .index = index };

	if (!links->n)
		return NULL;
	return bsearch(&key, links->link, links->n, sizeof(key), compare_index);
}

const struct manx_link *manxd_links_endpoint(const struct manxd_links *links, uint32_t id)
{
	size_t lo = 0, hi = links->n_bound;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (links->bound[mid].endpoint < id)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo == links->n_bound || links->bound[lo].endpoint != id)
		return NULL;
	return manxd_links_index(links, links->bound[lo].index);
}

const struct manx_link *manxd_links_name(const struct manxd_links *links, const char *name)
{
	for (size_t i = 0; i < links->n; i++)
		if (!strcmp(links->link[i].name, name))
			return &links->link[i];
	return NULL;
}

static void forget(struct manxd_links *links, int index, unsigned int *changed)
{
	const struct manx_link *link = manxd_links_index(links, index);
	size_t at;

	if (!link)
		return;
	*changed |= manxd_link_is_endpoint(link) ? MANXD_LINKS_ENDPOINT : MANXD_LINKS_NETWORK;
	unbind_endpoint(links, link);
	at = (size_t)(link - links->link);
	links->n--;
	memmove(&links->link[at], &links->link[at + 1], (links->n - at) * sizeof(*link));
}

static int insert(struct manxd_links *links, const struct manx_link *link, struct manx_error *err)
{
	struct manx_link *more = reallocarray(links->link, links->n + 1, sizeof(*more));
	size_t at = links->n;

	if (more)
		links->link = more;
	if (!more || bind_endpoint(links, link))
		return manx_fail(err, -ENOMEM, "out of memory for links");
	while (at && more[at - 1].index > link->index)
		at--;
	memmove(&more[at + 1], &more[at], (links->n - at) * sizeof(*more));
	more[at] = *link;
	links->n++;
	return 0;
}

/*
 * What changed between @old (NULL: the link is new) and @new. The link of an
 * endpoint is being attached when it is new, and that takes care of the rest;
 * later, the kernel drops the routes of one that goes down.
 */
static unsigned int compare(const struct manx_link *old, const struct manx_link *new)
{
	if (manxd_link_is_endpoint(new))
		return old && !old->up && new->up ? MANXD_LINKS_NETWORK : 0;
	if (!old || manxd_link_is_endpoint(old))
		return MANXD_LINKS_NETWORK;
	return old->up != new->up || old->mtu != new->mtu ? MANXD_LINKS_NETWORK : 0;
}

void manxd_links_mark_up(struct manxd_links *links, int index)
{
	struct manx_link *link = (struct manx_link *)manxd_links_index(links, index);

	if (link)
		link->up = true;
}

/* An event says that something about a link changed; what, is asked. */
static int refresh(struct manxd_links *links, int index, unsigned int *changed,
		   struct manx_error *err)
{
	struct manx_link *old = (struct manx_link *)manxd_links_index(links, index);
	struct manx_link new;
	int rc = manx_link_by_index(links->rt, index, &new, err);

	if (rc == -ENODEV) {
		forget(links, index, changed);
		return 0;
	}
	if (rc)
		return rc;
	*changed |= compare(old, &new);
	if (!old)
		return insert(links, &new, err);
	unbind_endpoint(links, old);
	*old = new;
	return bind_endpoint(links, old) ? manx_fail(err, -ENOMEM, "out of memory for links") : 0;
}

struct events {
	struct manxd_links *links;
	unsigned int *changed;
};

/* Addresses of endpoints' links are the kernel's own link-local ones. */
static void address_event(struct manxd_links *links, const struct ifaddrmsg *ifa,
			  unsigned int *changed)
{
	const struct manx_link *link = manxd_links_index(links, (int)ifa->ifa_index);

	if (!link || !manxd_link_is_endpoint(link))
		*changed |= MANXD_LINKS_NETWORK;
}

static int one_event(const struct nlmsghdr *nlh, void *ctx, struct manx_error *err)
{
	struct events *ev = ctx;
	const void *payload = mnl_nlmsg_get_payload(nlh);

	switch (nlh->nlmsg_type) {
	case RTM_NEWLINK:
	case RTM_DELLINK:	/* of a bridge's port: it only left the bridge */
		return refresh(ev->links, ((const struct ifinfomsg *)payload)->ifi_index,
			       ev->changed, err);
	case RTM_NEWADDR:
	case RTM_DELADDR:
		address_event(ev->links, payload, ev->changed);
		return 0;
	case RTM_DELROUTE:
		if (((const struct rtmsg *)payload)->rtm_protocol == MANXD_ROUTE_PROTOCOL)
			*ev->changed |= MANXD_LINKS_NETWORK;
		return 0;
	default:
		return 0;
	}
}

int manxd_links_follow(struct manxd_links *links, unsigned int *changed, struct manx_error *err)
{
	struct events ev = { links, changed };
	int rc;

	do
		rc = manx_nl_listen(links->events, 0, one_event, &ev, err);
	while (!rc || rc == -EINTR);
	if (rc == -EAGAIN)
		return 0;
	if (rc != -ENOBUFS)
		return rc;
	*changed |= MANXD_LINKS_ENDPOINT | MANXD_LINKS_NETWORK;
	return manxd_links_sync(links, err);
}
