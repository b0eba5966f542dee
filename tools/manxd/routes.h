/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Routes of this node: to its endpoints, to other nodes' blocks and borrowed
 * addresses, and a black hole for what is free in its own blocks.
 *
 * What a block's record says is followed itself, not the index of a node's
 * blocks: the record is the truth, and as quiet, since an ADD changes neither
 * unless it claims a block.
 */
#ifndef MANXD_ROUTES_H
#define MANXD_ROUTES_H

#include "manxd.h"

/*
 * Make the main table's routes of protocol MANXD_ROUTE_PROTOCOL what the two
 * copies ask for; routes that are right are not touched. One that the kernel
 * refuses does not keep the others back; the first refusal is returned.
 */
int manxd_routes_apply(struct manxd *d, struct manx_error *err);

/* The route to an address of an endpoint on this node behind link @index. */
struct manx_route manxd_route_to_endpoint(const struct manx_addr *addr, int index);

#endif /* MANXD_ROUTES_H */
