/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Netlink sockets: one request at a time, its answers, and the kernel's own
 * words when it refuses.
 */
#ifndef MANX_NETLINK_H
#define MANX_NETLINK_H

#include <libmnl/libmnl.h>
#include <stdbool.h>
#include <stdint.h>

#include "addr.h"
#include "error.h"

/* No request grows beyond this; attributes go in by the mnl_attr_put_*_check functions. */
#define MANX_NL_REQUEST_MAX	32768

struct manx_nl;

/* A socket of @protocol (NETLINK_ROUTE, NETLINK_GENERIC) in the current namespace. */
int manx_nl_open(struct manx_nl **nl, int protocol, struct manx_error *err);
/* The same over a netlink socket that exists, which it owns from now on, also on failure. */
int manx_nl_adopt(struct manx_nl **nl, int fd, struct manx_error *err);
void manx_nl_close(struct manx_nl *nl);
int manx_nl_fd(const struct manx_nl *nl);

/*
 * Begin a request in the socket's own buffer, replacing what was there. @flags
 * besides NLM_F_REQUEST; NLM_F_ACK is added to all that are no dumps.
 */
struct nlmsghdr *manx_nl_request(struct manx_nl *nl, uint16_t type, uint16_t flags);
/* The same for a generic netlink family. */
struct nlmsghdr *manx_nl_genl_request(struct manx_nl *nl, uint16_t family, uint8_t cmd,
				      uint16_t flags);

/* One answering message. 0, or a negative errno with @err filled, which ends the call. */
typedef int (*manx_nl_fn)(const struct nlmsghdr *nlh, void *ctx, struct manx_error *err);

/*
 * Send the request and hand each answer to @fn (may be NULL). A refusal's text
 * is what the kernel said (extended ack), else the errno's. -EINTR: a dump is
 * not consistent because something changed under it, ask again; -ETIMEDOUT.
 */
int manx_nl_talk(struct manx_nl *nl, manx_nl_fn fn, void *ctx, struct manx_error *err);

/* Receive what multicast groups bring, waiting at most @timeout_ms (-1: for ever).
 * -EAGAIN if nothing came, -EINTR on a signal, -ENOBUFS if messages were lost. */
int manx_nl_listen(struct manx_nl *nl, int timeout_ms, manx_nl_fn fn, void *ctx,
		   struct manx_error *err);

/* Number of requests that were sent, modulo 2^32. */
uint32_t manx_nl_requests(const struct manx_nl *nl);

/* A multicast group; @id 0 if the family has none of that name. */
struct manx_nl_group {
	const char *name;
	uint32_t id;
};
/*
 * Id of the generic netlink family @name, and of its multicast groups. -ENOENT,
 * without words, if there is no such family.
 */
int manx_nl_genl_family(struct manx_nl *nl, const char *name, uint16_t *family,
			struct manx_nl_group *groups, size_t n, struct manx_error *err);
int manx_nl_join(struct manx_nl *nl, uint32_t group_id, struct manx_error *err);

/* Octets of an address in an attribute: 4 or 16. False if it did not fit. */
bool manx_nl_put_addr(struct nlmsghdr *nlh, uint16_t type, const struct manx_addr *a);
/* An address of 4 or 16 octets; false if it is neither. */
bool manx_nl_get_addr(const struct nlattr *attr, struct manx_addr *a);

#endif /* MANX_NETLINK_H */
