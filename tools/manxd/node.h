/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * This node's own Node resource, and the link that its addresses are on.
 */
#ifndef MANXD_NODE_H
#define MANXD_NODE_H

#include "manxd.h"

/*
 * Make sure that the Node resource exists and names this node's addresses: of
 * each family what the environment says (MANX_IP, MANX_IP6), else what the
 * record says, else what the kernel has. -EADDRNOTAVAIL if there is neither an
 * IPv4 nor an IPv6 address.
 */
int manxd_node_ensure(struct manxd *d, struct manx_error *err);

/*
 * The value for the store of this node's record with tunnel address @tunnel
 * (family 0: without one); malloc'ed into *value. The record must exist.
 */
int manxd_node_with_tunnel(const struct manxd *d, const struct manx_addr *tunnel, char **value,
			   struct manx_error *err);

/* Find the underlay's link anew. */
int manxd_node_find_underlay(struct manxd *d, struct manx_error *err);

#endif /* MANXD_NODE_H */
