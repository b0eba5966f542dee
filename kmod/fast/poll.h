/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Delivery into pods from where no receive function may be called.
 */
#ifndef _MANX_FAST_POLL_H
#define _MANX_FAST_POLL_H

#include <linux/types.h>

struct sk_buff;

/**
 * manx_poll_deliver() - let a packet be received, soon and in turn
 * @skb: its device is the receiver, its Ethernet header pulled, protocol and type
 *	set. Consumed
 * @sender: endpoint id that it comes from, whose turn it takes
 * @limit: packets of one sender that may wait on this CPU; 0: it waits with the
 *	host's packets for its device
 *
 * Context: RCU read lock held, bottom halves disabled.
 * Return: false if it was dropped, because too many are waiting.
 */
bool manx_poll_deliver(struct sk_buff *skb, u32 sender, u32 limit);

int manx_poll_init(void);
/* When no link is left. */
void manx_poll_exit(void);

#endif /* _MANX_FAST_POLL_H */
