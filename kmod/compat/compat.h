/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The only place that knows that kernels differ. The rest of the module is
 * written as for the newest kernel; what an older one lacks is supplied here,
 * as far as probe.sh found it missing in the headers (MANX_HAVE_*). Each piece
 * goes when the oldest supported kernel has it.
 */
#ifndef _MANX_COMPAT_H
#define _MANX_COMPAT_H

#include "manx_kapi.h"

#include <linux/ethtool.h>
#include <linux/netdevice.h>
#include <linux/netlink.h>
#include <net/genetlink.h>
#ifdef MANX_HAVE_NET_GSO_H
#include <net/gso.h>
#endif
#include <net/rtnetlink.h>

/*
 * On what is filled anyway before it is read: kernels with CONFIG_INIT_STACK_ALL_ZERO
 * fill it with zeros first, which is felt where every instruction counts.
 */
#if __has_attribute(__uninitialized__)
#define manx_uninitialized __attribute__((__uninitialized__))
#else
#define manx_uninitialized
#endif

/* Transmit without a lock of the core's: a feature bit before it was a field. */
static inline void manx_dev_set_lltx(struct net_device *dev)
{
#ifdef MANX_HAVE_NETDEV_LLTX
	dev->lltx = true;
#else
	dev->features |= NETIF_F_LLTX;
#endif
}

/* The device may not change its namespace. */
static inline void manx_dev_set_netns_immutable(struct net_device *dev)
{
#if defined(MANX_HAVE_NETNS_IMMUTABLE)
	dev->netns_immutable = true;
#elif defined(MANX_HAVE_NETNS_LOCAL_FIELD)
	dev->netns_local = true;
#else
	dev->features |= NETIF_F_NETNS_LOCAL;
#endif
}

/* A device that is never registered, for NAPIs. */
static inline struct net_device *manx_dummy_netdev_alloc(void)
{
#ifdef MANX_HAVE_NETDEV_DUMMY
	return alloc_netdev_dummy(0);
#else
	struct net_device *dev = kzalloc(sizeof(*dev), GFP_KERNEL);

	if (dev)
		init_dummy_netdev(dev);
	return dev;
#endif
}

static inline void manx_dummy_netdev_free(struct net_device *dev)
{
#ifdef MANX_HAVE_NETDEV_DUMMY
	free_netdev(dev);
#else
	kfree(dev);
#endif
}

/* Where classifiers of tc, or programs in their place, are attached. */
#if defined(MANX_HAVE_NETDEV_TCX) && defined(CONFIG_NET_XGRESS)
#define manx_dev_tc_ingress(dev) rcu_access_pointer((dev)->tcx_ingress)
#define manx_dev_tc_egress(dev) rcu_access_pointer((dev)->tcx_egress)
#elif !defined(MANX_HAVE_NETDEV_TCX) && defined(CONFIG_NET_CLS_ACT)
#define manx_dev_tc_ingress(dev) rcu_access_pointer((dev)->miniq_ingress)
#define manx_dev_tc_egress(dev) rcu_access_pointer((dev)->miniq_egress)
#else
#define manx_dev_tc_ingress(dev) ((void)(dev), NULL)
#define manx_dev_tc_egress(dev) ((void)(dev), NULL)
#endif

/* The attributes of a request for a dump. */
static inline struct nlattr **manx_dump_attrs(struct netlink_callback *cb)
{
#ifdef MANX_HAVE_GENL_INFO_DUMP
	return genl_info_dump(cb)->attrs;
#else
	return (struct nlattr **)genl_dumpit_info(cb)->attrs;
#endif
}

/*
 * Formatted extended acknowledgements. Without support from the core, which
 * keeps only a pointer until the answer is built, the text stands in one of a
 * ring of buffers (extack.c).
 */
#ifndef MANX_HAVE_EXTACK_FMT
const char *manx_extack_format(const char *fmt, ...) __printf(1, 2);

#define NL_SET_ERR_MSG_FMT(extack, fmt, args...) do {			\
	struct netlink_ext_ack *__ack = (extack);			\
									\
	if (__ack)							\
		__ack->_msg = manx_extack_format(fmt, ##args);		\
} while (0)
#endif

#endif /* _MANX_COMPAT_H */
