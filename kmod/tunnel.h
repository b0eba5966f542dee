/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * IPIP between nodes (RFC 2003, RFC 4213): what encapsulation and
 * decapsulation share.
 */
#ifndef _MANX_TUNNEL_H
#define _MANX_TUNNEL_H

struct manx_link;
struct sk_buff;

/**
 * manx_tunnel_send() - encapsulate a packet and send it
 * @skb: IP packet with its route, whose device is the tunnel; consumed
 * @link: the tunnel
 *
 * Context: RCU read lock held, bottom halves disabled.
 */
void manx_tunnel_send(struct sk_buff *skb, struct manx_link *link);

int manx_decap_init(void);
void manx_decap_exit(void);

#endif /* _MANX_TUNNEL_H */
