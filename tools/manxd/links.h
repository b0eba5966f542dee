/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The links of this namespace as the kernel has them, fed by one dump and then
 * by rtnetlink's events.
 */
#ifndef MANXD_LINKS_H
#define MANXD_LINKS_H

#include <stdbool.h>
#include <stddef.h>

#include "error.h"
#include "netlink.h"
#include "rtnl.h"

/* RTPROT_* of every route that manxd writes, Calico's number; see rtnl.h */
#define MANXD_ROUTE_PROTOCOL	80

/* What events may have changed. */
#define MANXD_LINKS_ENDPOINT	1u	/* an endpoint's link is gone */
#define MANXD_LINKS_NETWORK	2u	/* routes may have gone, or may be possible again */

/**
 * struct manxd_links - the copy; zero, with @rt set, before manxd_links_open()
 * @rt: for requests; borrowed
 * @events: socket that is in the groups of links, addresses and routes
 * @link: sorted by index
 * @bound: which of them carry endpoints, sorted by those
 */
struct manxd_links {
	struct manx_rtnl *rt;
	struct manx_nl *events;
	struct manx_link *link;
	size_t n;
	struct manxd_bound {
		uint32_t endpoint;
		int index;
	} *bound;
	size_t n_bound;
};

int manxd_links_open(struct manxd_links *links, struct manx_error *err);
void manxd_links_close(struct manxd_links *links);
/* Readable when manxd_links_follow() has something to do. */
int manxd_links_fd(const struct manxd_links *links);

/* Read all links anew. */
int manxd_links_sync(struct manxd_links *links, struct manx_error *err);
/* Take over what the kernel said until now; *changed collects MANXD_LINKS_*. */
int manxd_links_follow(struct manxd_links *links, unsigned int *changed, struct manx_error *err);

/* This process has set link @index up, and knows what follows: its event changes nothing. */
void manxd_links_mark_up(struct manxd_links *links, int index);

/* The link that carries endpoint @id, NULL if none does. */
const struct manx_link *manxd_links_endpoint(const struct manxd_links *links, uint32_t id);
const struct manx_link *manxd_links_name(const struct manxd_links *links, const char *name);
const struct manx_link *manxd_links_index(const struct manxd_links *links, int index);
/* True for the node's end of an endpoint's pair. */
bool manxd_link_is_endpoint(const struct manx_link *link);

#endif /* MANXD_LINKS_H */
