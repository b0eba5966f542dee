// SPDX-License-Identifier: GPL-2.0-only
/*
 * The limits of what a pod sends, kept before the host's conntrack sees it.
 *
 * conntrack makes an entry for every first packet, long before a hook of ours, and
 * all of the host share one limit. So a pod whose share is used up is stopped in
 * its peer's transmit: a packet of a flow that is known goes on, any other has to
 * evict an entry, whose nf_conn goes with it, or is dropped. Which one goes,
 * share.c tells: one of the endpoint's own, unless the whole table is full. As
 * long as there is room this costs a few comparisons.
 */
#include <net/netfilter/nf_conntrack_core.h>
#include <net/netfilter/nf_conntrack_zones.h>

#include "../link.h"
#include "pass.h"
#include "table.h"

#define MANX_ADMITTED (-1)

/*
 * A translated flow stands in the table under the tuple between the NATs, which a
 * packet that has not met them yet does not show. conntrack is asked only when
 * there is no room; besides the default zone in the one that had the link's last.
 */
static bool manx_is_tracked(const struct manx_link *link, const struct sk_buff *skb,
			    unsigned int nhoff, const struct manx_packet *p)
{
	u32 other = READ_ONCE(link->share->zone);
	struct nf_conntrack_tuple_hash *h;
	struct nf_conntrack_tuple tuple;
	struct nf_conntrack_zone zone;

	if (!nf_ct_get_tuplepr(skb, nhoff, p->family, link->ns->net, &tuple))
		return false;
	h = nf_conntrack_find_get(link->ns->net, &nf_ct_zone_dflt, &tuple);
	if (!h && other) {
		nf_ct_zone_init(&zone, other & 0xffff, other >> 16, 0);
		h = nf_conntrack_find_get(link->ns->net, &zone, &tuple);
	}
	if (!h)
		return false;
	nf_ct_put(nf_ct_tuplehash_to_ctrack(h));
	return true;
}

int manx_flow_admit(const struct manx_link *link, const struct manx_ruleset *rs,
		    const struct sk_buff *skb, unsigned int nhoff, const struct manx_packet *p)
{
	struct manx_flow_quota *quota = &link->share->quota[MANX_FLOW_FROM];
	const struct manx_config *config = &rs->config;
	struct manx_flows *flows = link->ns->flows;
	struct manx_flow_key key;

	if (unlikely(p->part) && !manx_share_fragment(link->share, config->fragment_rate))
		return MANX_DROP_REASON_FRAGMENT_RATE;
	if (likely(!manx_budget_full(&quota->budget, config->max_flows_from) &&
		   !manx_budget_full(&flows->budget, config->max_flows)))
		return MANX_ADMITTED;
	if (!manx_flow_of_headers(p, l3mdev_master_ifindex_rcu(link->dev), link->endpoint, &key) ||
	    manx_flows_find(flows, &key) ||
	    manx_is_tracked(link, skb, nhoff, p))
		return MANX_ADMITTED;
	return manx_share_make_room(flows, quota, config->max_flows_from, config->max_flows) ?
	       MANX_ADMITTED : MANX_DROP_REASON_FLOW_LIMIT;
}
