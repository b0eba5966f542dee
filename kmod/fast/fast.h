/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The fast way: from a pod, the tunnel or the wire straight to where the packet
 * goes.
 */
#ifndef _MANX_FAST_FAST_H
#define _MANX_FAST_FAST_H

#include <linux/netfilter.h>

#include "../link.h"
#include "../packet.h"

/**
 * manx_fast_from_pod() - take what a pod sends the fast way, if it may
 * @skb: frame, its source checked; Ethernet header at skb->data
 * @primary: of the pod
 * @rs: ruleset
 * @p: headers
 *
 * Context: RCU read lock held, bottom halves disabled.
 * Return: true if it was consumed; else it has to take the stack way.
 */
bool manx_fast_from_pod(struct sk_buff *skb, struct net_device *primary,
			const struct manx_ruleset *rs, const struct manx_packet *p);

/**
 * manx_fast_received() - take what was received the fast way, if it may
 * @skb: IP packet, headers set; its device is where it came from
 * @ns: namespace
 * @p: headers
 * @node: node that sent it through the tunnel, if that has not been held against its
 *	source; else 0
 *
 * From the wire, or out of the tunnel.
 *
 * Context: RCU read lock held, bottom halves disabled, no lock of a sender held.
 * Return: true if it was consumed.
 */
bool manx_fast_received(struct sk_buff *skb, struct manx_ns *ns, const struct manx_packet *p,
			__be32 node);

#endif /* _MANX_FAST_FAST_H */
