/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Network namespaces by descriptor. A process here never changes its own
 * namespace: what must happen inside another one happens in a child.
 */
#ifndef MANX_NETNS_H
#define MANX_NETNS_H

#include <stdbool.h>
#include <stdint.h>

#include "error.h"

/*
 * Open the namespace that @path names into *fd (close-on-exec). -ENOENT and
 * such; -EINVAL if it is something else than a network namespace.
 */
int manx_netns_open(const char *path, int *fd, struct manx_error *err);
/* Is it the namespace of this process? */
bool manx_netns_is_own(int netns);

/*
 * Runs in a child inside the namespace. Returns 0 or a negative errno with @err
 * filled; may store a descriptor in *fd, which then goes to the parent.
 */
typedef int (*manx_netns_fn)(void *ctx, int *fd, struct manx_error *err);

/*
 * Run @fn inside @netns and return what it returned. What it does to memory
 * stays in the child. *@fd (may be NULL) receives the descriptor, -1 if there
 * is none. Must not be called by a process with threads.
 */
int manx_netns_call(int netns, manx_netns_fn fn, void *ctx, int *fd, struct manx_error *err);

/* A netlink socket of @protocol inside @netns; close-on-exec. */
int manx_netns_netlink(int netns, int protocol, int *fd, struct manx_error *err);

/* SO_NETNS_COOKIE of the namespace in which the socket @fd was opened. */
int manx_netns_cookie(int fd, uint64_t *cookie, struct manx_error *err);

#endif /* MANX_NETNS_H */
