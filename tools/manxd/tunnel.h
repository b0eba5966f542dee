/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The node's IPIP device and its address.
 *
 * IPv4 pools say themselves when packets are encapsulated (ipipMode). IPv6
 * pools have no such field: a packet for an IPv6 block is encapsulated when its
 * node cannot be reached directly, that is when the two nodes have no IPv6
 * addresses in one subnet.
 */
#ifndef MANXD_TUNNEL_H
#define MANXD_TUNNEL_H

#include "manxd.h"

/* Octets that the outer header takes from the MTU. */
#define MANXD_TUNNEL_OVERHEAD 20

/* True if @node and this node have IPv6 addresses in one subnet, seen from here. */
bool manxd_tunnel_spares_ip6(const struct manxd *d, const struct manx_node *node);

/* True if the pools and nodes that there are make this node encapsulate. */
bool manxd_tunnel_needed(const struct manxd *d);

/* MTU for endpoints: the underlay's, less the outer header where one may come on. */
uint32_t manxd_tunnel_endpoint_mtu(const struct manxd *d);

/*
 * Make device, address (from a pool that encapsulates) and Node resource what
 * the pools ask for; d->tunnel is set. May change the store.
 */
int manxd_tunnel_apply(struct manxd *d, struct manx_error *err);

#endif /* MANXD_TUNNEL_H */
