/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Inside the rtnetlink client: what rtnl_*.c share and nobody else includes.
 */
#ifndef MANX_RTNL_IMPL_H
#define MANX_RTNL_IMPL_H

#include "grow.h"
#include "netlink.h"
#include "rtnl.h"

/**
 * struct manx_rtnl - a socket in one namespace
 */
struct manx_rtnl {
	struct manx_nl *nl;
};

/* AF_INET or AF_INET6 */
uint8_t manx_rtnl_family(const struct manx_addr *a);

/**
 * struct manx_rtnl_list - what a dump yields
 * @item: malloc'ed array of @n elements of @size
 * @read: turns a message into an element: 1 if it is one, 0 if it shall be left
 *	out, or a negative errno
 */
struct manx_rtnl_list {
	void *item;
	size_t n;
	size_t size;
	int (*read)(const struct nlmsghdr *nlh, void *item, struct manx_error *err);
};

/*
 * Dump @type with the @len octets of @header, and read again if something
 * changed meanwhile. list->item and ->n are the result; nothing after a failure.
 */
int manx_rtnl_dump(struct manx_rtnl *rt, uint16_t type, const void *header, size_t len,
		   struct manx_rtnl_list *list, struct manx_error *err);

#endif /* MANX_RTNL_IMPL_H */
