// SPDX-License-Identifier: GPL-2.0-only
/*
 * What becomes of a packet: by its flow's entry, or by the policy.
 *
 * Most packets find an entry that the present ruleset has allowed: they pass
 * after one lookup. An entry of an older ruleset is judged again first, by its
 * stored original tuple and both ends, whichever way the packet goes, and without
 * counting. So a policy edit cuts the flows that it forbids with their next
 * packet, which is then judged and counted as one of a new flow is; others do not
 * notice.
 *
 * A packet without entry is judged in the original direction of its flow, if
 * conntrack has confirmed that it knows it: so replies pass also after the entry
 * has expired or was evicted. Without conntrack a packet begins a flow of its
 * own.
 *
 * Packets about flows, which are not of them, pass with the flow that they are
 * about: ICMP errors by the packet that they quote, if they come from its other
 * end, from outside or from the node; resets of firewalls by conntrack's word. If
 * the flow has no entry, the policy is asked about it.
 *
 * The source of packets off the wire is looked up when they are judged, and of
 * those that an entry lets pass once after each change of the node's routes: an
 * endpoint's address is ours from when its route appears, which may be long after
 * the commit that names it.
 *
 * In audit mode a flow that policy refuses has an entry, too, so that the limits
 * hold for it as for any other; but each packet of it, either way, is judged in
 * the flow's direction and counted, as it would be if it were dropped. Such an
 * entry is the first to give way, and the next packet after the end of audit mode
 * ends it.
 */
#include "pass.h"

#include <net/netfilter/nf_conntrack_zones.h>

#include "../compat/compat.h"
#include "../drop.h"
#include "../link.h"
#include "../source.h"
#include "../trace.h"
#include "table.h"
#include "way.h"

/**
 * struct manx_crossing - a packet at a hook
 * @ns: namespace
 * @rs: its ruleset
 * @skb: packet
 * @p: its headers
 * @way: where it comes from and goes to
 * @id: its flow
 * @routes: manx_source_generation() before its source was looked up
 */
struct manx_crossing {
	struct manx_ns *ns;
	const struct manx_ruleset *rs;
	const struct sk_buff *skb;
	const struct manx_packet *p;
	const struct manx_passage *way;
	struct manx_flow_id id;
	u32 routes;
};

/* A flow that still has packets after that time is not a question with its answer. */
#define MANX_LASTING	(2 * HZ)

/* The one place where the policy is asked. */
static void manx_ask(const struct manx_crossing *c, const struct manx_packet *p, u32 src, u32 dst,
		     enum manx_judge_mode mode, struct manx_verdict *v)
{
	manx_judge(c->ns, c->rs, p, src, dst, mode, v);
	trace_manx_verdict(c->skb, p, src, dst, v, c->rs->generation);
}

/* The packet as it is. */
static void manx_ask_packet(const struct manx_crossing *c, struct manx_verdict *v)
{
	manx_ask(c, c->p, c->way->from, c->way->to, MANX_JUDGE_COUNT, v);
}

static void manx_refuse(struct manx_verdict *v, enum manx_drop_reason reason, u32 endpoint)
{
	*v = (struct manx_verdict){
		.action = MANX_ACTION_DENY, .reason = reason, .endpoint = endpoint,
	};
}

static void manx_ask_flow(const struct manx_crossing *c, const struct manx_flow *flow,
			  enum manx_judge_mode mode, struct manx_verdict *v)
{
	struct manx_packet p;

	manx_flow_packet(&flow->side[0].key, &p);
	manx_ask(c, &p, manx_flow_end_of(flow, MANX_FLOW_ORIGINAL),
		 manx_flow_end_of(flow, MANX_FLOW_REPLY), mode, v);
}

/* The tunnel has checked what came out of it. */
static bool manx_is_off_wire(const struct manx_crossing *c)
{
	return c->way->from == MANX_ENDPOINT_OUTSIDE && c->way->wire;
}

static bool manx_is_forged(struct manx_crossing *c)
{
	c->routes = manx_source_generation(c->ns->net, c->p->family);
	return manx_is_off_wire(c) && manx_source_is_ours(c->ns->net, c->p);
}

/* --- state of an entry --- */

static unsigned long manx_flow_timeout(const struct manx_config *config, u8 protocol, u32 tcp,
				       bool replied)
{
	unsigned int which;

	switch (protocol) {
	case IPPROTO_TCP:
		which = !replied || tcp < MANX_TCP_ESTABLISHED ? MANX_A_TIMEOUTS_TCP_OPENING :
			tcp == MANX_TCP_ESTABLISHED ? MANX_A_TIMEOUTS_TCP_ESTABLISHED :
						      MANX_A_TIMEOUTS_TCP_CLOSING;
		break;
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
	case IPPROTO_SCTP:
	case IPPROTO_DCCP:
		which = replied ? MANX_A_TIMEOUTS_UDP_REPLIED : MANX_A_TIMEOUTS_UDP;
		break;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		which = MANX_A_TIMEOUTS_ICMP;
		break;
	default:
		which = MANX_A_TIMEOUTS_OTHER;
	}
	return (unsigned long)config->timeout[which] * HZ;
}

/* Is it more than one exchange? As conntrack tells streams from questions. */
static bool manx_flow_lasts(const struct manx_flow *flow)
{
	return !test_bit(MANX_FLOW_LASTING, &flow->flags) && manx_flow_is_replied(flow) &&
	       time_after(jiffies, flow->begun + MANX_LASTING);
}

/* A packet of the flow passes. @tcp: the state that it leads to */
static void manx_flow_touch(const struct manx_config *config, const struct manx_packet *p,
			    struct manx_flow *flow, unsigned int dir, u32 tcp)
{
	u32 old = READ_ONCE(flow->tcp);
	bool changed = tcp != old;

	if (changed)
		cmpxchg(&flow->tcp, old, tcp);
	if (dir == MANX_FLOW_REPLY && !manx_flow_is_replied(flow)) {
		set_bit(MANX_FLOW_REPLIED, &flow->flags);
		changed = true;
	}
	if (unlikely(manx_flow_lasts(flow)) && !test_and_set_bit(MANX_FLOW_LASTING, &flow->flags))
		changed = true;
	if (unlikely(changed))
		manx_quota_mark(flow);
	WRITE_ONCE(flow->packets[dir], flow->packets[dir] + 1);
	WRITE_ONCE(flow->bytes[dir], flow->bytes[dir] + p->len);
	WRITE_ONCE(flow->expires, jiffies + manx_flow_timeout(config, p->protocol, tcp,
							      manx_flow_is_replied(flow)));
}

bool manx_flow_seen(struct manx_flow *flow, unsigned int dir, const struct manx_ruleset *rs,
		    const struct manx_packet *p)
{
	u32 tcp = READ_ONCE(flow->tcp);

	if (p->protocol == IPPROTO_TCP)
		tcp = manx_tcp_next(tcp, dir, p->tcp_flags);
	if (unlikely(tcp == MANX_TCP_REOPENED))
		return false;
	manx_flow_touch(&rs->config, p, flow, dir, tcp);
	return true;
}

/* What the stack made of the packet: its nf_conn and, for those that follow, its way. */
static void manx_flow_learn(const struct manx_crossing *c, struct manx_flow *flow,
			    unsigned int dir)
{
	if (unlikely(c->id.ct && c->id.ct != READ_ONCE(flow->ct)))
		manx_flow_track(flow, c->id.ct);
	if (c->rs->config.fast != MANX_FAST_OFF)
		manx_way_learn(flow, dir, c->rs, c->skb, c->p, c->way);
}

/* --- judgement --- */

static void manx_flow_judged(struct manx_flow *flow, u32 generation)
{
	bool refused = READ_ONCE(flow->generation) == MANX_FLOW_REFUSED;

	WRITE_ONCE(flow->generation, generation);
	if (refused != (generation == MANX_FLOW_REFUSED))
		manx_quota_mark(flow);
}

/*
 * What was allowed is not any more. With an nf_conn, that tells the direction of what may
 * come still. Without one the entry has to, as long as somebody sends: its server's next
 * packet would begin a flow of the other direction, which policy may allow.
 */
static void manx_flow_forbid(const struct manx_config *config, struct manx_flow *flow)
{
	if (READ_ONCE(flow->ct)) {
		manx_flow_remove(flow, MANX_FLOW_END_FORBIDDEN);
		return;
	}
	manx_flow_judged(flow, MANX_FLOW_REFUSED);
	WRITE_ONCE(flow->expires, jiffies + manx_flow_timeout(config, flow->side[0].key.protocol,
							      MANX_TCP_CLOSED, true));
}

/* Established flows that were allowed once can be exempt from new policy. */
static bool manx_flow_is_kept(const struct manx_config *config, const struct manx_flow *flow)
{
	return config->keep_established && manx_flow_is_replied(flow) &&
	       READ_ONCE(flow->generation) != MANX_FLOW_REFUSED;
}

/*
 * Is an entry that an older ruleset allowed still allowed? If not, it has ended,
 * unless the node only audits.
 * @v: set if the policy forbids it
 */
static bool manx_flow_still_allowed(const struct manx_crossing *c, struct manx_flow *flow,
				    struct manx_verdict *v)
{
	manx_verdict_allow(v);
	if (likely(READ_ONCE(flow->generation) == c->rs->generation))
		return true;
	if (!manx_flow_ends_exist(c->rs, flow)) {
		manx_flow_remove(flow, MANX_FLOW_END_GONE);
		return false;
	}
	if (!manx_flow_is_kept(&c->rs->config, flow))
		manx_ask_flow(c, flow, MANX_JUDGE_SILENT, v);
	if (v->action == MANX_ACTION_ALLOW)
		manx_flow_judged(flow, c->rs->generation);
	else if (manx_audits(c->rs, v))
		manx_flow_judged(flow, MANX_FLOW_REFUSED);
	else
		manx_flow_forbid(&c->rs->config, flow);
	return v->action == MANX_ACTION_ALLOW;
}

/* Is what comes as from its end outside still not ours? */
static bool manx_flow_source_holds(const struct manx_crossing *c, struct manx_flow *flow)
{
	u32 routes = manx_source_generation(c->ns->net, c->p->family);

	if (likely(READ_ONCE(flow->routes) == routes))
		return true;
	if (manx_source_is_ours(c->ns->net, c->p))
		return false;
	WRITE_ONCE(flow->routes, routes);
	return true;
}

/* Returns whether the entry decides about the packet; then @v is set. */
static bool manx_flow_hit(const struct manx_crossing *c, struct manx_flow *flow, unsigned int dir,
			  struct manx_verdict *v)
{
	u32 tcp = READ_ONCE(flow->tcp);

	/* it leaves to somewhere else than the flow's packets did */
	if (manx_flow_end_of(flow, !dir) != c->way->to)
		return false;
	if (manx_is_off_wire(c) && !manx_flow_source_holds(c, flow))
		return false;
	if (c->p->protocol == IPPROTO_TCP)
		tcp = manx_tcp_next(tcp, dir, c->p->tcp_flags);
	if (unlikely(tcp == MANX_TCP_REOPENED)) {
		manx_flow_remove(flow, MANX_FLOW_END_REPLACED);
		return false;
	}
	/* a refusal has been counted */
	if (unlikely(!manx_flow_still_allowed(c, flow, v)) &&
	    (v->action == MANX_ACTION_ALLOW || !manx_audits(c->rs, v)))
		return v->action != MANX_ACTION_ALLOW;
	manx_flow_touch(&c->rs->config, c->p, flow, dir, tcp);
	manx_flow_learn(c, flow, dir);
	return true;
}

/* Keys of both directions of the flow that a packet is of. */
static void manx_flow_keys(const struct manx_passage *way, const struct manx_flow_id *id,
			   struct manx_flow_key *original, struct manx_flow_key *reply)
{
	bool forth = id->dir == MANX_FLOW_ORIGINAL;

	*(forth ? original : reply) = id->key;
	manx_flow_key_invert(&id->key, way->domain[1], way->to, forth ? reply : original);
}

/* The policy about a flow that conntrack knows, in its original direction. */
static void manx_ask_tracked(const struct manx_crossing *c, const struct manx_flow_id *id,
			     enum manx_judge_mode mode, struct manx_verdict *v)
{
	struct manx_flow_key original, reply;
	struct manx_packet p;

	manx_flow_keys(c->way, id, &original, &reply);
	manx_flow_packet(&original, &p);
	manx_ask(c, &p, original.from, reply.from, mode, v);
}

static struct manx_flow_share *manx_share_of(const struct net_device *primary)
{
	return primary ? manx_link(primary)->share : NULL;
}

/* Everything of a new entry but its keys. */
static void manx_flow_describe(const struct manx_crossing *c, bool picked_up, u32 generation,
			       struct manx_flow_new *new)
{
	const struct manx_passage *way = c->way;
	unsigned int dir = c->id.dir;
	bool replied = dir == MANX_FLOW_REPLY ||
		       (c->id.ct && test_bit(IPS_SEEN_REPLY_BIT, &c->id.ct->status));

	new->share[dir] = manx_share_of(way->in);
	new->share[!dir] = manx_share_of(way->out);
	new->ct = c->id.ct;
	new->dir = dir;
	new->len = c->p->len;
	new->flags = (replied ? BIT(MANX_FLOW_REPLIED) : 0) |
		     (picked_up ? BIT(MANX_FLOW_PICKED_UP) : 0) |
		     (c->id.ct ? 0 : BIT(MANX_FLOW_UNTRACKED));
	new->tcp = c->p->protocol == IPPROTO_TCP ? manx_tcp_first(c->p->tcp_flags) : 0;
	if (new->tcp == MANX_TCP_FIN_ORIGINAL && dir == MANX_FLOW_REPLY)
		new->tcp = MANX_TCP_FIN_REPLY;
	new->timeout = manx_flow_timeout(&c->rs->config, c->p->protocol, new->tcp, replied);
	new->generation = generation;
	/* for a packet to outside, the route that it takes is the one of its end there */
	new->routes = c->routes;
}

/* For manx_flow_admit(): rules of the host choose the zone, after it has asked. */
static void manx_share_note_zone(struct manx_flow_share *share, const struct nf_conn *ct)
{
	const struct nf_conntrack_zone *zone = nf_ct_zone(ct);
	u32 is = zone->id | zone->dir << 16;

	if (share && zone->id != NF_CT_DEFAULT_ZONE_ID && READ_ONCE(share->zone) != is)
		WRITE_ONCE(share->zone, is);
}

/* @v: set if there is no room for an entry */
static void manx_flow_begin(const struct manx_crossing *c, bool picked_up, u32 generation,
			    struct manx_verdict *v)
{
	struct manx_flow_new new;
	struct manx_flow *flow;

	/* nothing follows a reset */
	if (c->p->protocol == IPPROTO_TCP && c->p->tcp_flags & MANX_TCP_RST_FLAG)
		return;
	manx_flow_keys(c->way, &c->id, &new.key, &new.reply);
	manx_flow_describe(c, picked_up, generation, &new);
	flow = manx_flow_make(c->ns->flows, &c->rs->config, &new);
	if (new.ct) {
		manx_share_note_zone(new.share[0], new.ct);
		manx_share_note_zone(new.share[1], new.ct);
	}
	if (IS_ERR(flow))
		manx_refuse(v, PTR_ERR(flow) == -ENOMEM ? MANX_DROP_REASON_NO_MEMORY :
							  MANX_DROP_REASON_FLOW_LIMIT,
			    new.share[0] ? new.key.from : new.reply.from);
	else if (flow)
		manx_flow_learn(c, flow, c->id.dir);
}

/* Do the headers, as they are here, show the flow's original direction? They mostly do. */
static bool manx_shows_original(const struct manx_crossing *c)
{
	const struct manx_flow_key *key = &c->id.key;
	const struct manx_packet *p = c->p;

	return c->id.dir == MANX_FLOW_ORIGINAL && manx_has_ports(p->protocol) &&
	       key->sport == p->sport && key->dport == p->dport &&
	       nf_inet_addr_cmp(&key->src, &p->src) && nf_inet_addr_cmp(&key->dst, &p->dst);
}

static void manx_flow_miss(const struct manx_crossing *c, struct manx_verdict *v)
{
	bool known = c->id.ct && nf_ct_is_confirmed(c->id.ct);
	bool picked_up = !known && c->p->protocol == IPPROTO_TCP &&
			 !manx_tcp_opens(c->p->tcp_flags);

	if (picked_up && c->rs->config.refuse_pickup)
		return manx_refuse(v, MANX_DROP_REASON_NOT_SYN, c->way->from);
	if (!c->id.ct || manx_shows_original(c))
		manx_ask_packet(c, v);
	else
		manx_ask_tracked(c, &c->id, MANX_JUDGE_COUNT, v);
	if (likely(v->action == MANX_ACTION_ALLOW))
		manx_flow_begin(c, picked_up, c->rs->generation, v);
	else if (manx_audits(c->rs, v))
		manx_flow_begin(c, picked_up, MANX_FLOW_REFUSED, v);
}

/*
 * By conntrack's word, which outlives the entry: so the policy is asked about the
 * flow, unless the node says it.
 */
static bool manx_is_related(const struct manx_crossing *c)
{
	struct manx_verdict v;
	struct manx_flow_id id;

	if (!manx_flow_relates(c->skb, c->p, c->way, &id))
		return false;
	if (c->way->from == MANX_ENDPOINT_NODE)
		return true;
	manx_ask_tracked(c, &id, MANX_JUDGE_SILENT, &v);
	return v.action == MANX_ACTION_ALLOW;
}

/* An ICMP error: is it about a flow that may have it? */
static bool manx_is_about_flow(const struct manx_crossing *c)
{
	const struct manx_passage *way = c->way;
	struct manx_flow_side *side = NULL;
	struct manx_flow_key key;
	struct manx_verdict v;
	struct manx_flow *flow;

	if (manx_flow_of_quoted(c->skb, skb_network_offset(c->skb), c->p, way, &key))
		side = manx_flows_find(c->ns->flows, &key);
	if (!side)
		return manx_is_related(c);
	flow = manx_flow_of_side(side);
	return (way->from <= MANX_ENDPOINT_NODE ||
		way->from == manx_flow_end_of(flow, !side->dir)) &&
	       manx_flow_still_allowed(c, flow, &v);
}

/* What finds no entry that decides. */
static void manx_flow_unknown(struct manx_crossing *c, bool keyed, struct manx_verdict *v)
{
	if (unlikely(manx_is_forged(c)))
		manx_refuse(v, MANX_DROP_REASON_INNER_SOURCE, c->way->from);
	else if (manx_packet_is_icmp_error(c->p) ? manx_is_about_flow(c) :
		 manx_flow_may_relate(c->skb) && manx_is_related(c))
		manx_verdict_allow(v);
	else if (likely(keyed))
		manx_flow_miss(c, v);
	else
		manx_ask_packet(c, v);
}

void manx_flow_pass(struct manx_ns *ns, const struct manx_ruleset *rs, const struct sk_buff *skb,
		    const struct manx_packet *p, const struct manx_passage *way,
		    struct manx_verdict *v)
{
	struct manx_flow_side *side = NULL;
	struct manx_crossing c manx_uninitialized;
	bool keyed;

	c.ns = ns;
	c.rs = rs;
	c.skb = skb;
	c.p = p;
	c.way = way;
	keyed = manx_flow_of_packet(skb, p, way, &c.id);
	if (likely(keyed))
		side = manx_flows_find(ns->flows, &c.id.key);
	if (!side || !manx_flow_hit(&c, manx_flow_of_side(side), side->dir, v))
		manx_flow_unknown(&c, keyed, v);
}

void manx_flow_judge(struct manx_ns *ns, const struct manx_ruleset *rs, const struct sk_buff *skb,
		     const struct manx_packet *p, const struct manx_passage *way,
		     struct manx_verdict *v)
{
	struct manx_crossing c = { .ns = ns, .rs = rs, .skb = skb, .p = p, .way = way };
	const struct manx_endpoint *ep = manx_ruleset_endpoint(rs, way->to);

	/* what was copied from elsewhere is still known as a packet of its old flow */
	if (!manx_flow_of_packet(skb, p, way, &c.id) || !ep || !c.id.ct ||
	    !manx_endpoint_may_send(ep, p->family, &c.id.key.dst))
		manx_ask_packet(&c, v);
	else
		manx_ask_tracked(&c, &c.id, MANX_JUDGE_COUNT, v);
}
