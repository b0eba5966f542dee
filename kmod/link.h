/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Links of kind "manx".
 */
#ifndef _MANX_LINK_H
#define _MANX_LINK_H

#include <linux/netdevice.h>
#include <net/gro_cells.h>
#include <uapi/linux/manx.h>

#include "ns.h"

struct manx_flow_share;

/**
 * struct manx_link - private data of every manx link
 * @dev: the link
 * @ns: primary and tunnel: the state of their namespace, which they never
 *	leave. A peer reaches it through its primary
 * @peer: pair: the other end, or NULL when it is gone; written under RTNL, read
 *	under RCU. Each end is unregistered together with the other, so whoever
 *	reads it may use it until the end of the read section
 * @endpoint: primary: id, or MANX_ENDPOINT_NONE; constant
 * @local: tunnel: source of the outer header; constant
 * @ttl: tunnel: TTL of the outer header, 0 for the namespace's default; constant
 * @share: primary: what its endpoint has in the flow table; made when the link is
 *	registered, valid for packets as long as the link
 * @cells: tunnel: receive queues with GRO
 * @drops: by reason
 */
struct manx_link {
	struct net_device *dev;
	struct manx_ns *ns;
	struct net_device __rcu *peer;
	u32 endpoint;
	__be32 local;
	u8 ttl;
	struct manx_flow_share *share;
	struct gro_cells cells;
	atomic64_t drops[MANX_REASONS];
};

static inline struct manx_link *manx_link(const struct net_device *dev)
{
	return netdev_priv(dev);
}

extern const struct net_device_ops manx_primary_ops;
extern const struct net_device_ops manx_peer_ops;
extern const struct net_device_ops manx_tunnel_ops;

static inline bool manx_is_primary(const struct net_device *dev)
{
	return dev->netdev_ops == &manx_primary_ops;
}

static inline bool manx_is_tunnel(const struct net_device *dev)
{
	return dev->netdev_ops == &manx_tunnel_ops;
}

/**
 * manx_tunnel_setup() - turn a fresh link into a tunnel
 * @dev: link, not registered
 */
void manx_tunnel_setup(struct net_device *dev);

int manx_link_init(void);
void manx_link_exit(void);

#endif /* _MANX_LINK_H */
