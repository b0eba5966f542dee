// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which way the packets of a flow go: through the host's stack, or past it.
 *
 * Whether a flow will be translated cannot be known when its first packet comes:
 * the rules that decide it run while the stack forwards it. And the route of a
 * packet depends on rules, marks, VRFs, reverse path filters and more. So nothing
 * is decided anew here. First packets go through the stack, and when one of them
 * comes to the FORWARD hook, its entry learns what the stack made of it: for each
 * direction the route, and whether conntrack leaves the flow as it is. From the
 * next packet on this direction needs the stack no more, until the route or the
 * nf_conn ends, or TCP does.
 *
 * "established": the nf_conn is confirmed (so source NAT has been decided), its
 * tuples are each other's inverse (NAT changes one, and so does IPVS), no
 * helper or sequence adjustment wants to see the packets, and for TCP the
 * handshake is through; these are the conditions of nftables' flow offload, too
 * (net/netfilter/nft_flow_offload.c). "direct": there is no nf_conn, and no hook
 * but ours that could want to see the packet.
 *
 * A route is held by the entry and dropped when it leaves the table. It does not
 * keep its device: the core takes that from routes when it goes
 * (net/core/dst.c, dst_dev_put()), after which dst_check() fails.
 */
#include "way.h"

#include <net/ip.h>
#include <net/ip6_fib.h>
#include <net/ip6_route.h>
#include <net/l3mdev.h>
#include <net/lwtunnel.h>
#include <net/netfilter/nf_conntrack.h>
#include <net/netfilter/nf_conntrack_core.h>
#include <net/netfilter/nf_conntrack_helper.h>
#include <net/netfilter/nf_conntrack_l4proto.h>
#include <net/netfilter/nf_conntrack_seqadj.h>
#include <net/route.h>

#include "../gate.h"
#include "../link.h"

/* --- what stands against it --- */

static bool manx_is_inverse(const struct nf_conn *ct)
{
	struct nf_conntrack_tuple inverse;

	return nf_ct_invert_tuple(&inverse, &ct->tuplehash[IP_CT_DIR_ORIGINAL].tuple) &&
	       nf_ct_tuple_equal(&inverse, &ct->tuplehash[IP_CT_DIR_REPLY].tuple);
}

/* Of a flow that conntrack follows: MANX_WHY_*, or -1. */
static int manx_why_tracked(const struct nf_conn *ct)
{
	const struct nf_conn_help *help = nfct_help(ct);

	if (!nf_ct_is_confirmed(ct))
		return MANX_WHY_NEW;
	/* its state and tags come from chunks and packets anywhere in the stream */
	if (nf_ct_protonum(ct) == IPPROTO_SCTP || nf_ct_protonum(ct) == IPPROTO_DCCP)
		return MANX_WHY_HELPER;
	if (!manx_is_inverse(ct))
		return MANX_WHY_TRANSLATED;
	if ((help && rcu_access_pointer(help->helper)) || nfct_seqadj(ct))
		return MANX_WHY_HELPER;
	if (nf_ct_protonum(ct) == IPPROTO_TCP && ct->proto.tcp.state != TCP_CONNTRACK_ESTABLISHED)
		return MANX_WHY_NEW;
	return -1;
}

/* MANX_WHY_*, or -1 and @found the way. */
static int manx_why_not(const struct manx_ruleset *rs, const struct sk_buff *skb,
			const struct manx_packet *p, u8 *found)
{
	enum ip_conntrack_info info;
	const struct nf_conn *ct = nf_ct_get(skb, &info);

	*found = MANX_WAY_ESTABLISHED;
	if (ct)
		return manx_why_tracked(ct);
	*found = MANX_WAY_DIRECT;
	return rs->config.fast == MANX_FAST_DIRECT &&
	       manx_gate_hooks(rs->ns->net, skb, p->family) ? -1 : MANX_WHY_UNTRACKED;
}

/* TCP is followed by its state; after its end, the stack sees what still comes. */
static int manx_why_not_tcp(const struct manx_flow *flow, u8 way)
{
	u32 tcp = READ_ONCE(flow->tcp);

	if (flow->side[0].key.protocol != IPPROTO_TCP || way == MANX_WAY_DIRECT)
		return -1;
	if (tcp < MANX_TCP_ESTABLISHED)
		return MANX_WHY_NEW;
	return tcp > MANX_TCP_ESTABLISHED ? MANX_WHY_CLOSING : -1;
}

/*
 * Of what can come to FORWARD: addresses of the node, and routes that refuse, cannot.
 * IPsec has been asked already.
 */
static bool manx_route_is_plain(const struct sk_buff *skb, const struct manx_packet *p)
{
	const struct dst_entry *dst = skb_dst(skb);

	if (dst->lwtstate || dst->dev->flags & IFF_LOOPBACK || netif_is_l3_master(dst->dev))
		return false;
	return p->family != NFPROTO_IPV4 || (skb_rtable(skb)->rt_type == RTN_UNICAST &&
					     !(IPCB(skb)->flags & IPSKB_DOREDIRECT));
}

/* --- learning --- */

static int manx_way_iif(const struct sk_buff *skb, const struct manx_packet *p)
{
	return p->family == NFPROTO_IPV4 ? IPCB(skb)->iif : IP6CB(skb)->iif;
}

static void manx_way_set(struct manx_flow *flow, unsigned int dir, struct dst_entry *dst,
			 struct net *net, int iif, u8 way)
{
	struct manx_flow_route *route = &flow->route[dir];
	bool v6 = flow->side[0].key.family == NFPROTO_IPV6;
	struct dst_entry *old;

	if (!dst_hold_safe(dst))
		return;
	/* a reader never joins a route with another one's cookie: see manx_way_route() */
	old = xchg((__force struct dst_entry **)&route->dst, NULL);
	dst_release(old);
	/* pairs with manx_way_route(): no route, then another cookie */
	smp_wmb();
	WRITE_ONCE(route->cookie, v6 ? rt6_get_cookie(dst_rt6_info(dst)) : 0);
	WRITE_ONCE(route->genid, v6 ? rt_genid_ipv6(net) : 0);
	WRITE_ONCE(route->iif, iif);
	/* pairs with manx_way_route(): the cookie, then its route */
	smp_wmb();
	old = xchg((__force struct dst_entry **)&route->dst, dst);
	/* of another CPU that learned at the same time */
	dst_release(old);
	WRITE_ONCE(flow->refreshed, jiffies);
	WRITE_ONCE(flow->why[dir], MANX_WHY_OFF);
	WRITE_ONCE(flow->way[dir], way);
	/* it has left the table or is to stay meanwhile: who said so may not see this route */
	if (unlikely(manx_flow_is_dead(flow) || test_bit(MANX_FLOW_STAYS, &flow->flags)))
		manx_way_leave(flow, dir, MANX_WHY_NEW);
}

/* Conntrack will not see all segments: its window is no measure any more. */
static void manx_way_be_liberal(struct nf_conn *ct)
{
	if (nf_ct_protonum(ct) != IPPROTO_TCP)
		return;
	spin_lock_bh(&ct->lock);
	nf_ct_set_tcp_be_liberal(ct);
	spin_unlock_bh(&ct->lock);
}

static int manx_way_try(struct manx_flow *flow, unsigned int dir, const struct manx_ruleset *rs,
			const struct sk_buff *skb, const struct manx_packet *p)
{
	enum ip_conntrack_info info;
	struct nf_conn *ct = nf_ct_get(skb, &info);
	int why;
	u8 way;

	why = manx_why_not(rs, skb, p, &way);
	if (why < 0 || why == MANX_WHY_NEW)
		why = max(why, manx_why_not_tcp(flow, way));
	/* another nf_conn of the same addresses is the entry's */
	if (why < 0 && ct && ct != READ_ONCE(flow->ct))
		why = MANX_WHY_NEW;
	if (why < 0 && !manx_gate_ipsec(rs->ns->net, skb))
		why = MANX_WHY_IPSEC;
	if (why < 0 && !manx_route_is_plain(skb, p))
		why = MANX_WHY_ROUTE;
	if (why >= 0)
		return why;
	if (way == MANX_WAY_ESTABLISHED)
		manx_way_be_liberal(ct);
	manx_way_set(flow, dir, skb_dst(skb), rs->ns->net, manx_way_iif(skb, p), way);
	return -1;
}

/* A packet that could not go the fast way is no reason to leave it. */
static bool manx_way_holds(const struct manx_flow *flow, unsigned int dir,
			   const struct manx_ruleset *rs, const struct sk_buff *skb,
			   const struct manx_packet *p)
{
	u8 way = READ_ONCE(flow->way[dir]);
	enum ip_conntrack_info info;

	if (way == MANX_WAY_STACK || skb->mark & rs->config.mark_stay)
		return false;
	if (way == MANX_WAY_ESTABLISHED && nf_ct_get(skb, &info) != READ_ONCE(flow->ct))
		return false;
	if (way == MANX_WAY_DIRECT && (rs->config.fast != MANX_FAST_DIRECT ||
				       !manx_gate_hooks(rs->ns->net, skb, p->family)))
		return false;
	return READ_ONCE(flow->route[dir].iif) == manx_way_iif(skb, p) &&
	       manx_way_route(flow, dir, rs->ns->net) == skb_dst(skb);
}

/* After the node was set to another way, one direction takes the other along. */
static void manx_way_agree(struct manx_flow *flow, unsigned int dir)
{
	u8 other = READ_ONCE(flow->way[!dir]);

	if (other != MANX_WAY_STACK && other != READ_ONCE(flow->way[dir]))
		manx_way_leave(flow, !dir, MANX_WHY_NEW);
}

void manx_way_learn(struct manx_flow *flow, unsigned int dir, const struct manx_ruleset *rs,
		    const struct sk_buff *skb, const struct manx_packet *p,
		    const struct manx_passage *way)
{
	int why;

	if (!way->forward || test_bit(MANX_FLOW_STAYS, &flow->flags) ||
	    manx_way_holds(flow, dir, rs, skb, p))
		return;
	why = skb->mark & rs->config.mark_stay ? MANX_WHY_STAY :
						 manx_way_try(flow, dir, rs, skb, p);
	if (why < 0)
		return manx_way_agree(flow, dir);
	manx_way_leave(flow, dir, why);
	/* these do not change as long as the flow lives */
	if (why == MANX_WHY_STAY || why == MANX_WHY_TRANSLATED || why == MANX_WHY_HELPER) {
		set_bit(MANX_FLOW_STAYS, &flow->flags);
		/* pairs with the exchange in manx_way_set() */
		smp_mb__after_atomic();
		manx_way_leave(flow, dir, why);
		manx_way_leave(flow, !dir, why);
	}
}

/* --- conntrack --- */

/* Jiffies that conntrack would give the flow with its next packet. */
static u32 manx_way_ct_timeout(struct nf_conn *ct)
{
	struct net *net = nf_ct_net(ct);

	switch (nf_ct_protonum(ct)) {
	case IPPROTO_TCP:
		return nf_tcp_pernet(net)->timeouts[TCP_CONNTRACK_ESTABLISHED];
	case IPPROTO_UDP:
		return nf_udp_pernet(net)->timeouts[test_bit(IPS_SEEN_REPLY_BIT, &ct->status) ?
						    UDP_CT_REPLIED : UDP_CT_UNREPLIED];
	case IPPROTO_ICMP:
		return nf_icmp_pernet(net)->timeout;
	case IPPROTO_ICMPV6:
		return nf_icmpv6_pernet(net)->timeout;
	default:
		return nf_generic_pernet(net)->timeout;
	}
}

bool manx_way_refresh(struct manx_flow *flow)
{
	unsigned long now = jiffies;
	struct nf_conn *ct = READ_ONCE(flow->ct);
	bool alive;

	/* without a reference: memory of nf_conns stays memory of nf_conns */
	if (unlikely(!ct || nf_ct_is_dying(ct)))
		return false;
	if (likely(time_before(now, READ_ONCE(flow->refreshed) + HZ)))
		return true;
	WRITE_ONCE(flow->refreshed, now);
	ct = manx_flow_conntrack(flow);
	if (!ct)
		return false;
	alive = !nf_ct_is_dying(ct) && !nf_ct_is_expired(ct);
	/* as conntrack does with a stream of UDP: it is not one to drop early */
	if (alive && test_bit(MANX_FLOW_LASTING, &flow->flags))
		set_bit(IPS_ASSURED_BIT, &ct->status);
	/* as __nf_ct_refresh_acct() */
	if (alive && !test_bit(IPS_FIXED_TIMEOUT_BIT, &ct->status))
		WRITE_ONCE(ct->timeout, nfct_time_stamp + manx_way_ct_timeout(ct));
	nf_ct_put(ct);
	return alive;
}
