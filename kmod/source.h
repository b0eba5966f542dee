/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whose address a source is, by the namespace's routes.
 */
#ifndef _MANX_SOURCE_H
#define _MANX_SOURCE_H

#include <linux/netdevice.h>
#include <net/net_namespace.h>

#include "packet.h"

/**
 * manx_source_generation() - what changes when an address becomes ours
 * @net: namespace
 * @family: NFPROTO_IPV4 or NFPROTO_IPV6
 *
 * Read before manx_source_is_ours(), whose answer holds as long as it stays. It is
 * the number by which the kernel's own cached routes become stale.
 */
static inline u32 manx_source_generation(const struct net *net, u8 family)
{
	return family == NFPROTO_IPV4 ? rt_genid_ipv4(net) : rt_genid_ipv6(net);
}

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
