/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whether a packet can go the fast way as it is: what the route, and the devices at its
 * end, would cut, copy, queue or look at is the stack's.
 */
#ifndef _MANX_FAST_FIT_H
#define _MANX_FAST_FIT_H

#include <linux/if_vlan.h>
#include <net/ip.h>
#include <net/ip6_route.h>

#include "../gate.h"
#include "../link.h"
#include "cross.h"

static inline unsigned int manx_cross_mtu(const struct manx_crosser *c)
{
	return c->p->family == NFPROTO_IPV4 ? ip_dst_mtu_maybe_forward(c->dst, true) :
					      ip6_dst_mtu_maybe_forward(c->dst, true);
}

/* Can a device take it as it is? The core would segment, copy or sum it up. */
static inline bool manx_device_takes(const struct net_device *dev, struct sk_buff *skb)
{
	netdev_features_t features = dev->features;

	if (skb_is_gso(skb))
		return !netif_needs_gso(skb, features);
	return (skb->ip_summed != CHECKSUM_PARTIAL || features & NETIF_F_HW_CSUM) &&
	       (!skb_is_nonlinear(skb) || features & NETIF_F_SG) &&
	       (!skb_has_frag_list(skb) || features & NETIF_F_FRAGLIST);
}

static inline bool manx_is_ours(const struct net_device *out)
{
	return manx_is_primary(out) || manx_is_tunnel(out);
}

/**
 * manx_cross_open() - does nothing look at what leaves by the route's device
 * @c: the packet
 *
 * What leaves by a device of the host is looked at there by the core.
 */
static inline bool manx_cross_open(const struct manx_crosser *c)
{
	const struct net_device *out = READ_ONCE(c->dst->dev);

	return !manx_is_ours(out) || manx_gate_out(out);
}

/* As __is_skb_forwardable() for the other end of a pair; lengths of IP packets. */
static inline bool manx_peer_takes(const struct net_device *out, const struct sk_buff *skb,
			    unsigned int len)
{
	const struct net_device *peer = rcu_dereference(manx_link(out)->peer);

	return peer && (skb_is_gso(skb) || len <= peer->mtu + VLAN_HLEN);
}

/**
 * manx_cross_fits() - can a packet go that way as it is
 * @c: the packet
 * @skb: network header set, transport header too
 *
 * Return: false if the stack has to cut it, answer it, or refuse it.
 */
static inline bool manx_cross_fits(const struct manx_crosser *c, struct sk_buff *skb)
{
	const struct net_device *out = READ_ONCE(c->dst->dev);
	unsigned int mtu = manx_cross_mtu(c);

	if (skb_is_gso(skb) ? !skb_gso_validate_network_len(skb, mtu) : c->p->len > mtu)
		return false;
	/* large packets of LRO cannot be cut again (skb_warn_if_lro()) */
	if (!(out->flags & IFF_UP) || (skb_shinfo(skb)->gso_size && !skb_shinfo(skb)->gso_type))
		return false;
	if (manx_is_primary(out) && !manx_peer_takes(out, skb, c->p->len))
		return false;
	return !manx_is_ours(out) || manx_device_takes(out, skb);
}

#endif /* _MANX_FAST_FIT_H */
