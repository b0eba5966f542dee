/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the fast way would pass by. None of it announces itself, so it is looked
 * at for each packet: a few loads from cache lines that are in use anyway. All
 * under RCU.
 */
#ifndef _MANX_GATE_H
#define _MANX_GATE_H

#include <linux/netdevice.h>
#include <linux/netfilter.h>
#include <linux/netfilter_ipv4.h>
#include <net/net_namespace.h>
#include <net/sch_generic.h>
#include <net/xfrm.h>

#include "compat/compat.h"
#include "ns.h"

/* Nothing looks at what comes in through a device: XDP, tc, nftables, a bridge, a tap ... */
static inline bool manx_gate_in(const struct net_device *dev)
{
	return list_empty(&dev->ptype_all) && !rcu_access_pointer(dev->xdp_prog) &&
	       !rcu_access_pointer(dev->rx_handler) &&
#ifdef CONFIG_NETFILTER_INGRESS
	       !rcu_access_pointer(dev->nf_hooks_ingress) &&
#endif
	       !manx_dev_tc_ingress(dev);
}

/* Nothing looks at, or queues, what goes out through a device. */
static inline bool manx_gate_out(const struct net_device *dev)
{
	return !rcu_access_pointer(netdev_get_tx_queue(dev, 0)->qdisc)->enqueue &&
#ifdef CONFIG_NETFILTER_EGRESS
	       !rcu_access_pointer(dev->nf_hooks_egress) &&
#endif
	       !manx_dev_tc_egress(dev);
}

/* IPsec has no say in what is forwarded. */
static inline bool manx_gate_ipsec(const struct net *net, const struct sk_buff *skb)
{
#ifdef CONFIG_XFRM
	return !READ_ONCE(net->xfrm.policy_count[XFRM_POLICY_FWD]) &&
	       !READ_ONCE(net->xfrm.policy_count[XFRM_POLICY_OUT]) &&
	       READ_ONCE(net->xfrm.policy_default[XFRM_POLICY_FWD]) == XFRM_USERPOLICY_ACCEPT &&
	       READ_ONCE(net->xfrm.policy_default[XFRM_POLICY_OUT]) == XFRM_USERPOLICY_ACCEPT &&
	       !secpath_exists(skb);
#else
	return true;
#endif
}

/*
 * Hooks of manx and of the reassembly that it asks for, on the way of what is
 * forwarded (hooks.c): PRE_ROUTING and FORWARD; in POST_ROUTING there is none.
 * Connection tracking, where manx asks for it, has one more in each but FORWARD: packets
 * that are set untracked pass it by (net/netfilter/nf_conntrack_proto.c).
 */
#define MANX_OWN_PRE_ROUTING	3
#define MANX_OWN_FORWARD	1
/* and what comes to the node and leaves it by IPv4 (where defragmentation is, too) */
#define MANX_OWN_LOCAL_IN	1
#define MANX_OWN_LOCAL_OUT	3

static inline unsigned int manx_hook_entries(const struct nf_hook_entries *entries)
{
	return entries ? entries->num_hook_entries : 0;
}

/*
 * Kernels with AppArmor have a hook of its in POST_ROUTING of every namespace. It
 * looks at the sender's socket of packets that carry a security mark
 * (security/apparmor/lsm.c); that priority is kept for security modules, but nftables
 * may use it, too.
 */
static inline bool manx_is_secmark_hook(const struct nf_hook_entries *entries,
					const struct sk_buff *skb)
{
	const struct nf_hook_ops *ops = nf_hook_entries_get_hook_ops(entries)[0];

	return ops->priority == NF_IP_PRI_SELINUX_FIRST &&
	       ops->hook_ops_type == NF_HOOK_OP_UNDEFINED &&
#ifdef CONFIG_NETWORK_SECMARK
	       !skb->secmark;
#else
	       true;
#endif
}

/* Nor in POST_ROUTING. @known: hooks there that do not count, behind all others */
static inline bool manx_gate_last(const struct nf_hook_entries *entries, unsigned int known,
				  const struct sk_buff *skb)
{
	unsigned int n = manx_hook_entries(entries);

	return n == known || (n == known + 1 && manx_is_secmark_hook(entries, skb));
}

/* No hook but our own would see what is forwarded. */
static inline bool manx_gate_hooks(const struct net *net, const struct sk_buff *skb, u8 family)
{
	struct nf_hook_entries __rcu * const *hooks = family == NFPROTO_IPV4 ?
						      net->nf.hooks_ipv4 : net->nf.hooks_ipv6;

	return manx_hook_entries(rcu_dereference(hooks[NF_INET_PRE_ROUTING])) ==
		       MANX_OWN_PRE_ROUTING &&
	       manx_hook_entries(rcu_dereference(hooks[NF_INET_FORWARD])) == MANX_OWN_FORWARD &&
	       manx_gate_last(rcu_dereference(hooks[NF_INET_POST_ROUTING]), 0, skb);
}

/*
 * No hook but our own, and connection tracking's that we have asked for, would see what the
 * node sends untracked by IPv4.
 */
static inline bool manx_gate_node_out(const struct manx_ns *ns, const struct sk_buff *skb)
{
	struct nf_hook_entries __rcu * const *hooks = ns->net->nf.hooks_ipv4;
	unsigned int track = READ_ONCE(ns->tracks);

	return manx_hook_entries(rcu_dereference(hooks[NF_INET_LOCAL_OUT])) ==
		       MANX_OWN_LOCAL_OUT + track &&
	       manx_gate_last(rcu_dereference(hooks[NF_INET_POST_ROUTING]), track, skb);
}

/* Likewise, what comes to it. */
static inline bool manx_gate_node_in(const struct manx_ns *ns)
{
	struct nf_hook_entries __rcu * const *hooks = ns->net->nf.hooks_ipv4;
	unsigned int track = READ_ONCE(ns->tracks);

	return manx_hook_entries(rcu_dereference(hooks[NF_INET_PRE_ROUTING])) ==
		       MANX_OWN_PRE_ROUTING + track &&
	       manx_hook_entries(rcu_dereference(hooks[NF_INET_LOCAL_IN])) ==
		       MANX_OWN_LOCAL_IN + track;
}

#endif /* _MANX_GATE_H */
