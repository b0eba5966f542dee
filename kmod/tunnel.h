/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * IPIP between nodes (RFC 2003, RFC 4213): what encapsulation and
 * decapsulation share.
 */
#ifndef _MANX_TUNNEL_H
#define _MANX_TUNNEL_H

#include <linux/netfilter.h>
#include <net/dst.h>

struct manx_link;
struct manx_ns;
struct sk_buff;

/**
 * manx_tunnel_node() - the node behind the next hop of a route
 * @dst: route
 * @family: NFPROTO_* of the packets
 * @to: where they go
 *
 * Context: RCU read lock held.
 * Return: its underlay address, or 0.
 */
__be32 manx_tunnel_node(struct dst_entry *dst, u8 family, const union nf_inet_addr *to);

/**
 * manx_tunnel_send() - encapsulate a packet and send it
 * @skb: IP packet with its route, whose device is the tunnel; consumed
 * @link: the tunnel
 * @scrubbed: skb_scrub_packet() has been called for it; its route is not referenced
 *
 * Context: RCU read lock held, bottom halves disabled.
 */
void manx_tunnel_send(struct sk_buff *skb, struct manx_link *link, bool scrubbed);

/**
 * manx_tunnel_receive() - set untracked what a peer sent, or decapsulate it
 * @skb: IPIP in PRE_ROUTING, not tracked yet
 * @ns: namespace
 * @early: it may leave the stack here, if there is nothing for the stack to do; then
 *	bottom halves are disabled
 *
 * Context: RCU read lock held.
 * Return: true if it was consumed; else it is the stack's.
 */
bool manx_tunnel_receive(struct sk_buff *skb, struct manx_ns *ns, bool early);

int manx_decap_init(void);
void manx_decap_exit(void);

#endif /* _MANX_TUNNEL_H */
