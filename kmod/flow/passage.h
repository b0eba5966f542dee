/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A packet at a hook: where it comes from and where it goes.
 */
#ifndef _MANX_FLOW_PASSAGE_H
#define _MANX_FLOW_PASSAGE_H

#include <linux/netdevice.h>

/**
 * struct manx_passage - where a packet comes from and where it goes
 * @from: endpoint id, or MANX_ENDPOINT_*
 * @to: likewise
 * @in: primary that it came through, or NULL
 * @out: primary that it leaves through, or NULL
 * @domain: L3 domains that it comes from [0] and leaves to [1]: ifindex of the
 *	VRF, or 0. The node itself is in the domain that it talks with
 * @wire: it was forwarded from a link that is not ours, also by IPVS
 */
struct manx_passage {
	u32 from;
	u32 to;
	struct net_device *in;
	struct net_device *out;
	u32 domain[2];
	bool wire;
};

#endif /* _MANX_FLOW_PASSAGE_H */
