/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The crossing: a packet is rewritten as the stack would forward it, and handed
 * on.
 */
#ifndef _MANX_FAST_CROSS_H
#define _MANX_FAST_CROSS_H

#include <net/dst.h>

#include "../link.h"
#include "../packet.h"

/**
 * struct manx_crosser - a packet on the fast way
 * @ns: namespace
 * @rs: its ruleset
 * @in: link that it came through: primary, tunnel or a device of the host
 * @from: endpoint id that it comes from, or MANX_ENDPOINT_*
 * @wire: it came off the wire, and may say any source
 * @node: it came out of the tunnel, from that node, and its source is not checked; or 0
 * @p: its headers
 * @dst: its route
 * @receives: no lock of a sender is held: receive functions may be called
 */
struct manx_crosser {
	struct manx_ns *ns;
	const struct manx_ruleset *rs;
	struct net_device *in;
	u32 from;
	bool wire;
	__be32 node;
	const struct manx_packet *p;
	struct dst_entry *dst;
	bool receives;
};

/**
 * manx_cross() - forward a packet
 * @c: the packet; manx_cross_fits()
 * @skb: its IP header at skb->data; consumed
 *
 * Context: RCU read lock held, bottom halves disabled.
 */
void manx_cross(const struct manx_crosser *c, struct sk_buff *skb);

#endif /* _MANX_FAST_CROSS_H */
