/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A packet at a hook: where it comes from and where it goes.
 */
#ifndef _MANX_FLOW_PASSAGE_H
#define _MANX_FLOW_PASSAGE_H

#include <linux/netdevice.h>
#include <net/l3mdev.h>

/**
 * struct manx_passage - where a packet comes from and where it goes
 * @from: endpoint id, or MANX_ENDPOINT_*
 * @to: likewise
 * @in: primary that it came through, or NULL
 * @out: primary that it leaves through, or NULL
 * @domain: L3 domains that it comes from [0] and leaves to [1]: ifindex of the
 *	VRF, or 0. The node itself is in the domain that it talks with
 * @forward: it is at FORWARD, with its route
 * @wire: it was forwarded from a link that is not ours, also by IPVS
 */
struct manx_passage {
	u32 from;
	u32 to;
	struct net_device *in;
	struct net_device *out;
	u32 domain[2];
	bool forward;
	bool wire;
};

/* The L3 domain of a device: as l3mdev_master_ifindex_rcu(), for most without a call. */
static inline u32 manx_domain_of(const struct net_device *dev)
{
	if (likely(!(dev->priv_flags & (IFF_L3MDEV_MASTER | IFF_L3MDEV_SLAVE))))
		return 0;
	return l3mdev_master_ifindex_rcu(dev);
}

#endif /* _MANX_FLOW_PASSAGE_H */
