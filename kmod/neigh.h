/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ARP and ND, answered by the module.
 *
 * A pod asks for its gateway, the node for its pods; both ask inside the
 * transmit path of their end of the pair, and the answer is received on the
 * same end: no route, no sysctl and no delay stand between.
 */
#ifndef _MANX_NEIGH_H
#define _MANX_NEIGH_H

#include <linux/netdevice.h>

#include "ruleset.h"

/**
 * struct manx_neigh - who asks and who is asked for
 * @dev: the end that sends; answers are received on it
 * @mac: what is answered: the address of the other end
 * @ep: the endpoint of the pair
 * @from_pod: @dev is the peer. The pod may ask for everything but its own
 *	addresses, and only from one of them; the node only for the endpoint's
 */
struct manx_neigh {
	struct net_device *dev;
	const u8 *mac;
	const struct manx_endpoint *ep;
	bool from_pod;
};

/**
 * manx_neigh_arp() - answer an ARP frame
 * @n: who asks
 * @skb: frame, with Ethernet header at skb->data; not changed
 *
 * Requests are answered; probes for duplicate addresses (RFC 5227: sender
 * 0.0.0.0), announcements, replies and malformed frames are not.
 *
 * Context: RCU read lock held, bottom halves disabled.
 * Return: true if an answer was delivered. The caller frees @skb in any case.
 */
bool manx_neigh_arp(const struct manx_neigh *n, const struct sk_buff *skb);

/**
 * manx_neigh_nd() - answer a neighbour solicitation
 * @n: who asks
 * @skb: frame, with Ethernet header at skb->data; not changed
 *
 * The message must stand right behind the IPv6 header, with hop limit 255 and
 * a correct checksum (RFC 4861, section 7.1.1). Duplicate address detection
 * (source ::) is not answered.
 *
 * Context: RCU read lock held, bottom halves disabled.
 * Return: true if an answer was delivered. The caller frees @skb in any case.
 */
bool manx_neigh_nd(const struct manx_neigh *n, const struct sk_buff *skb);

#endif /* _MANX_NEIGH_H */
