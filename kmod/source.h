/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whose address a source is, by the namespace's routes.
 */
#ifndef _MANX_SOURCE_H
#define _MANX_SOURCE_H

#include <linux/netdevice.h>

#include "packet.h"

/**
 * manx_source_is_ours() - is a source an endpoint's of this node, or the node's
 * @net: namespace
 * @p: packet that came from outside
 *
 * Context: RCU read lock held.
 */
bool manx_source_is_ours(struct net *net, const struct manx_packet *p);

/**
 * manx_source_is_behind() - is a source routed through a tunnel to a node
 * @tunnel: our tunnel
 * @p: packet that came out of it
 * @node: underlay address of the node that sent it
 *
 * Context: RCU read lock held.
 */
bool manx_source_is_behind(const struct net_device *tunnel, const struct manx_packet *p,
			   __be32 node);

#endif /* _MANX_SOURCE_H */
