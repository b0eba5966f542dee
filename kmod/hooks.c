// SPDX-License-Identifier: GPL-2.0-only
/*
 * Netfilter hooks: where forwarded and local packets are judged.
 *
 * FORWARD and LOCAL_OUT at priority 0: after destination NAT and IPVS, before
 * source NAT. LOCAL_IN at 101, after IPVS (98, 99) and NAT (100), so that a
 * packet which IPVS takes away is never taken for one to the node. At -450 the
 * bits of the verdict are cleared from whatever enters, and what peers have sent is
 * looked at. At -99, after destination NAT, what comes off the wire or out of the tunnel
 * may leave for the fast way.
 *
 * The verdict of an accepted packet is the accept bit of its fwmark: host rules
 * can rely on it, and the primary's transmit lets nothing pass without it.
 */
#include "hooks.h"

#include <linux/netfilter_bridge.h>
#include <linux/netfilter_ipv4.h>
#include <linux/netfilter_ipv6.h>
#include <net/ip.h>
#include <net/ipv6.h>
#include <net/netfilter/ipv4/nf_reject.h>
#include <net/netfilter/ipv6/nf_reject.h>
#include <net/netfilter/ipv4/nf_defrag_ipv4.h>
#include <net/netfilter/ipv6/nf_defrag_ipv6.h>
#include <net/netfilter/nf_conntrack.h>

#include "compat/compat.h"
#include "drop.h"
#include "fast/fast.h"
#include "fast/tap.h"
#include "flow/pass.h"
#include "flow/table.h"
#include "gate.h"
#include "link.h"
#include "tunnel.h"

/* just after NAT, see above */
#define MANX_PRI_LOCAL_IN (NF_IP_PRI_NAT_SRC + 1)
#define MANX_PRI_FAST (NF_IP_PRI_NAT_DST + 1)

/*
 * The link through which a packet came into this namespace. Not state->in,
 * which inside a VRF is the VRF (drivers/net/vrf.c, vrf_ip_rcv()). NULL if it is
 * gone, and with it the knowledge whose packet it was.
 */
static struct net_device *manx_ingress(const struct sk_buff *skb,
				       const struct nf_hook_state *state)
{
	int iif = state->pf == NFPROTO_IPV4 ? IPCB(skb)->iif : IP6CB(skb)->iif;

	if (likely(state->in && state->in->ifindex == iif))
		return state->in;
	return dev_get_by_index_rcu(state->net, iif);
}

static struct net_device *manx_primary_or_null(struct net_device *dev)
{
	return dev && manx_is_primary(dev) ? dev : NULL;
}

/* What comes through it may have any source; the tunnel's are checked already. */
static bool manx_is_wire(const struct net_device *dev)
{
	return dev && !manx_is_tunnel(dev) && !(dev->flags & IFF_LOOPBACK);
}

static u32 manx_endpoint_of(const struct net_device *primary)
{
	return primary ? manx_link(primary)->endpoint : MANX_ENDPOINT_OUTSIDE;
}

static void manx_reject(struct sk_buff *skb, const struct nf_hook_state *state, u8 protocol)
{
	if (state->pf == NFPROTO_IPV4) {
		if (protocol == IPPROTO_TCP)
			nf_send_reset(state->net, state->sk, skb, state->hook);
		else
			nf_send_unreach(skb, ICMP_PKT_FILTERED, state->hook);
	} else if (protocol == IPPROTO_TCP) {
		nf_send_reset6(state->net, state->sk, skb, state->hook);
	} else {
		nf_send_unreach6(state->net, skb, ICMPV6_ADM_PROHIBITED, state->hook);
	}
}

/* The link at which a refusal counts: that of the endpoint that said no. */
static struct manx_link *manx_refusing_link(const struct manx_passage *way, u32 endpoint)
{
	if (way->in && manx_link(way->in)->endpoint == endpoint)
		return manx_link(way->in);
	return way->out ? manx_link(way->out) : way->in ? manx_link(way->in) : NULL;
}

static unsigned int manx_refuse(const struct sk_buff *skb, const struct nf_hook_state *state,
				const struct manx_passage *way, enum manx_drop_reason reason,
				const struct manx_packet *p)
{
	manx_count_drop(skb, manx_ns_rcu(state->net), manx_refusing_link(way, way->from), reason, p);
	return NF_DROP;
}

static unsigned int manx_judge_packet(struct sk_buff *skb, const struct nf_hook_state *state,
				      const struct manx_passage *way)
{
	struct manx_ns *ns = manx_ns_rcu(state->net);
	const struct manx_ruleset *rs = rcu_dereference(ns->ruleset);
	const struct manx_config *config = &rs->config;
	struct manx_verdict v manx_uninitialized;
	struct manx_packet p manx_uninitialized;

	if (!manx_packet_parse(skb, skb_network_offset(skb), state->pf, &p))
		return manx_refuse(skb, state, way, MANX_DROP_REASON_MALFORMED, NULL);
	manx_flow_pass(ns, rs, skb, &p, way, &v);
	if (unlikely(v.action != MANX_ACTION_ALLOW)) {
		if (manx_audit(skb, ns, rs, &v, &p))
			return NF_ACCEPT;
		manx_count_refused(skb, ns, manx_refusing_link(way, v.endpoint), &v, &p);
		if (v.action == MANX_ACTION_REJECT)
			manx_reject(skb, state, p.protocol);
		return NF_DROP;
	}
	skb->mark = (skb->mark & ~config->mark_mask) | config->mark_accept;
	return NF_ACCEPT;
}

/*
 * The counters want to stay on this CPU, but a process may be sending, or NFQUEUE
 * have let the packet go on.
 */
static unsigned int manx_judge_passage(struct sk_buff *skb, const struct nf_hook_state *state,
				       const struct manx_passage *way)
{
	unsigned int verdict;

	if (likely(softirq_count()))
		return manx_judge_packet(skb, state, way);
	local_bh_disable();
	verdict = manx_judge_packet(skb, state, way);
	local_bh_enable();
	return verdict;
}

static unsigned int manx_hook_forward(void *priv, struct sk_buff *skb,
				      const struct nf_hook_state *state)
{
	struct net_device *from = manx_ingress(skb, state);
	struct manx_passage way = {
		.in	= manx_primary_or_null(from),
		.out	= manx_primary_or_null(state->out),
		.forward = true,
		.wire	= manx_is_wire(from),
	};

	if (!from)
		return manx_refuse(skb, state, &way, MANX_DROP_REASON_CLOSED, NULL);
	if (!way.in && !way.out)
		return NF_ACCEPT;
	way.from = manx_endpoint_of(way.in);
	way.to = manx_endpoint_of(way.out);
	way.domain[0] = manx_domain_of(from);
	way.domain[1] = manx_domain_of(state->out);
	return manx_judge_passage(skb, state, &way);
}

static unsigned int manx_hook_local_in(void *priv, struct sk_buff *skb,
				       const struct nf_hook_state *state)
{
	struct net_device *from = manx_ingress(skb, state);
	struct manx_passage way = {
		.in	= manx_primary_or_null(from),
		.to	= MANX_ENDPOINT_NODE,
	};

	if (!from)
		return manx_refuse(skb, state, &way, MANX_DROP_REASON_CLOSED, NULL);
	if (!way.in)
		return NF_ACCEPT;
	way.from = manx_endpoint_of(way.in);
	way.domain[0] = manx_domain_of(from);
	way.domain[1] = way.domain[0];
	return manx_judge_passage(skb, state, &way);
}

/*
 * The node's own packets, and what IPVS sends on from LOCAL_IN: that was received,
 * so its skb_iif is set, while the node's own has none, also when it goes to a
 * service of IPVS. The device is that of the route: destination NAT in this hook
 * changes it, but not state->out.
 */
static unsigned int manx_hook_local_out(void *priv, struct sk_buff *skb,
					const struct nf_hook_state *state)
{
	struct net_device *dev = skb_dst(skb) ? skb_dst(skb)->dev : state->out;
	bool own = !skb->skb_iif;
	struct net_device *from = own ? NULL : manx_ingress(skb, state);
	struct manx_passage way = {
		.in	= manx_primary_or_null(from),
		.out	= manx_primary_or_null(dev),
		.wire	= manx_is_wire(from),
	};

	if (!way.in && !way.out)
		return NF_ACCEPT;
	if (!own && !from)
		return manx_refuse(skb, state, &way, MANX_DROP_REASON_CLOSED, NULL);
	way.from = own ? MANX_ENDPOINT_NODE : manx_endpoint_of(way.in);
	way.to = manx_endpoint_of(way.out);
	way.domain[1] = manx_domain_of(dev);
	way.domain[0] = own ? way.domain[1] : manx_domain_of(from);
	return manx_judge_passage(skb, state, &way);
}

/*
 * Off the wire, and out of the tunnel, a packet may need the stack no more. Not what a
 * pod sent: that has been looked at already. Inside a VRF a packet comes here twice;
 * the first time counts. Nor what a bridge only passes on (br_netfilter), nor what
 * NFQUEUE lets go on, in a process.
 */
static bool manx_may_leave(const struct sk_buff *skb, const struct nf_hook_state *state,
			   const struct manx_ruleset *rs)
{
	return rs->config.fast != MANX_FAST_OFF && skb->pkt_type == PACKET_HOST &&
	       !manx_is_primary(state->in) && !netif_is_l3_master(state->in) &&
	       !(state->in->flags & IFF_LOOPBACK) && !nf_bridge_in_prerouting(skb) &&
	       softirq_count();
}

static bool manx_is_ipip(const struct iphdr *iph)
{
	return iph->protocol == IPPROTO_IPIP || iph->protocol == IPPROTO_IPV6;
}

static unsigned int manx_hook_clear(void *priv, struct sk_buff *skb,
				    const struct nf_hook_state *state)
{
	struct manx_ns *ns = manx_ns_rcu(state->net);
	const struct manx_ruleset *rs = rcu_dereference(ns->ruleset);

	skb->mark &= ~rs->config.mark_mask;
	if (state->pf != NFPROTO_IPV4 || state->hook != NF_INET_PRE_ROUTING ||
	    !manx_is_ipip(ip_hdr(skb)) || skb_nfct(skb))
		return NF_ACCEPT;
	return manx_tunnel_receive(skb, ns, manx_may_leave(skb, state, rs)) ? NF_STOLEN : NF_ACCEPT;
}

static unsigned int manx_hook_fast(void *priv, struct sk_buff *skb,
				   const struct nf_hook_state *state)
{
	struct manx_ns *ns = manx_ns_rcu(state->net);
	struct manx_packet p manx_uninitialized;

	if (!manx_may_leave(skb, state, rcu_dereference(ns->ruleset)))
		return NF_ACCEPT;
	/* it was tried before it came here */
	if (manx_is_tunnel(state->in) && !manx_has_tap(state->in))
		return NF_ACCEPT;
	if (state->pf == NFPROTO_IPV4 && manx_is_ipip(ip_hdr(skb)))
		return NF_ACCEPT;
	if (!manx_packet_parse(skb, skb_network_offset(skb), state->pf, &p))
		return NF_ACCEPT;
	return manx_fast_received(skb, ns, &p, 0) ? NF_STOLEN : NF_ACCEPT;
}

#define MANX_HOOK(fn, family, num, prio)	\
	{ .hook = (fn), .pf = (family), .hooknum = (num), .priority = (prio) }

static const struct nf_hook_ops manx_hooks[] = {
	MANX_HOOK(manx_hook_clear, NFPROTO_IPV4, NF_INET_PRE_ROUTING, NF_IP_PRI_RAW_BEFORE_DEFRAG),
	MANX_HOOK(manx_hook_clear, NFPROTO_IPV6, NF_INET_PRE_ROUTING, NF_IP6_PRI_RAW_BEFORE_DEFRAG),
	MANX_HOOK(manx_hook_fast, NFPROTO_IPV4, NF_INET_PRE_ROUTING, MANX_PRI_FAST),
	MANX_HOOK(manx_hook_fast, NFPROTO_IPV6, NF_INET_PRE_ROUTING, MANX_PRI_FAST),
	MANX_HOOK(manx_hook_clear, NFPROTO_IPV4, NF_INET_LOCAL_OUT, NF_IP_PRI_RAW_BEFORE_DEFRAG),
	MANX_HOOK(manx_hook_clear, NFPROTO_IPV6, NF_INET_LOCAL_OUT, NF_IP6_PRI_RAW_BEFORE_DEFRAG),
	MANX_HOOK(manx_hook_forward, NFPROTO_IPV4, NF_INET_FORWARD, NF_IP_PRI_FILTER),
	MANX_HOOK(manx_hook_forward, NFPROTO_IPV6, NF_INET_FORWARD, NF_IP6_PRI_FILTER),
	MANX_HOOK(manx_hook_local_in, NFPROTO_IPV4, NF_INET_LOCAL_IN, MANX_PRI_LOCAL_IN),
	MANX_HOOK(manx_hook_local_in, NFPROTO_IPV6, NF_INET_LOCAL_IN, MANX_PRI_LOCAL_IN),
	MANX_HOOK(manx_hook_local_out, NFPROTO_IPV4, NF_INET_LOCAL_OUT, NF_IP_PRI_FILTER),
	MANX_HOOK(manx_hook_local_out, NFPROTO_IPV6, NF_INET_LOCAL_OUT, NF_IP6_PRI_FILTER),
};

/* Both families, or none. */
static int manx_defrag_get(struct net *net)
{
	int err = nf_defrag_ipv4_enable(net);

	if (err)
		return err;
	err = nf_defrag_ipv6_enable(net);
	if (err)
		nf_defrag_ipv4_disable(net);
	return err;
}

static void manx_defrag_put(struct net *net)
{
	nf_defrag_ipv6_disable(net);
	nf_defrag_ipv4_disable(net);
}

/*
 * Connection tracking is wanted while there are links, except where flows go
 * straight from their first packet.
 */
static int manx_hooks_track(struct manx_ns *ns)
{
	bool want = ns->hooks;
	int err = 0;

	lockdep_assert_held(&ns->hooks_lock);
	rcu_read_lock();
	if (rcu_dereference(ns->ruleset)->config.fast == MANX_FAST_DIRECT)
		want = false;
	rcu_read_unlock();
	if (want == ns->tracks)
		return 0;
	/* gate.h: while it says so, conntrack's hooks are there */
	if (!want)
		WRITE_ONCE(ns->tracks, false);
	if (want)
		err = nf_ct_netns_get(ns->net, NFPROTO_INET);
	else
		nf_ct_netns_put(ns->net, NFPROTO_INET);
	if (want && !err)
		WRITE_ONCE(ns->tracks, true);
	return err;
}

void manx_hooks_follow(struct manx_ns *ns)
{
	mutex_lock(&ns->hooks_lock);
	if (manx_hooks_track(ns))
		net_warn_ratelimited("manx: no connection tracking\n");
	mutex_unlock(&ns->hooks_lock);
}

static int manx_hooks_start(struct manx_ns *ns)
{
	int err = manx_events_start(&ns->events) ?: manx_flows_start(ns) ?:
		  manx_defrag_get(ns->net);

	if (err)
		return err;
	err = manx_hooks_track(ns) ?:
	      nf_register_net_hooks(ns->net, manx_hooks, ARRAY_SIZE(manx_hooks));
	if (err)
		manx_defrag_put(ns->net);
	return err;
}

int manx_hooks_get(struct manx_ns *ns)
{
	int err = 0;

	ASSERT_RTNL();
	mutex_lock(&ns->hooks_lock);
	if (!ns->hooks++)
		err = manx_hooks_start(ns);
	if (err) {
		ns->hooks--;
		manx_hooks_track(ns);
	}
	mutex_unlock(&ns->hooks_lock);
	return err;
}

void manx_hooks_put(struct manx_ns *ns)
{
	ASSERT_RTNL();
	mutex_lock(&ns->hooks_lock);
	if (!--ns->hooks) {
		nf_unregister_net_hooks(ns->net, manx_hooks, ARRAY_SIZE(manx_hooks));
		manx_hooks_track(ns);
		manx_defrag_put(ns->net);
	}
	mutex_unlock(&ns->hooks_lock);
}
