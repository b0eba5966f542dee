/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which flow a packet belongs to.
 */
#ifndef _MANX_FLOW_H
#define _MANX_FLOW_H

#include <linux/skbuff.h>

#include "packet.h"

/**
 * struct manx_flow - a packet as its flow sees it
 * @p: tuple in the flow's original direction, between destination and source
 *	NAT
 * @src: endpoint id, or MANX_ENDPOINT_*, where the flow began
 * @dst: where it goes
 * @related: the packet is an error or a reset about an existing flow
 */
struct manx_flow {
	struct manx_packet p;
	u32 src;
	u32 dst;
	bool related;
};

/**
 * manx_flow_of() - find out which flow a packet belongs to
 * @skb: packet
 * @p: its headers
 * @from: endpoint id, or MANX_ENDPOINT_*, that the packet comes from
 * @to: that it goes to
 * @flow: filled
 *
 * A reply is judged as its flow was: by the original tuple and ends, whichever
 * way the packet goes. So replies of allowed flows pass, and stop to pass when
 * the policy no longer allows the flow. Connection tracking tells what is a
 * reply; a packet that it does not know is a flow of its own.
 *
 * Context: any.
 */
void manx_flow_of(const struct sk_buff *skb, const struct manx_packet *p, u32 from, u32 to,
		  struct manx_flow *flow);

#endif /* _MANX_FLOW_H */
