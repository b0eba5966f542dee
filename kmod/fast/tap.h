/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Taps on links that packets pass on the fast way see them as sent there. Taps on
 * "any" do not: the core counts these for every device, so to ask for them would
 * slow everybody down while one of them is open anywhere.
 */
#ifndef _MANX_FAST_TAP_H
#define _MANX_FAST_TAP_H

#include <linux/netdevice.h>

/* Does anybody listen on this very device? */
static inline bool manx_has_tap(const struct net_device *dev)
{
	return unlikely(!list_empty(&dev->ptype_all));
}

/* @skb: link layer header at skb->data; kept. RCU read lock held. */
static inline void manx_show_tap(struct sk_buff *skb, struct net_device *dev)
{
	struct net_device *was = skb->dev;

	skb->dev = dev;
	dev_queue_xmit_nit(skb, dev);
	skb->dev = was;
}

#endif /* _MANX_FAST_TAP_H */
