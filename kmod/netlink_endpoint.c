// SPDX-License-Identifier: GPL-2.0-only
/*
 * Commands on endpoints.
 */
#include <linux/etherdevice.h>

#include "flow/share.h"
#include "link.h"
#include "netlink.h"
#include "ns.h"
#include "txn.h"

/* An address that an endpoint can be reached under. */
static bool manx_is_unicast(const struct manx_prefix *p)
{
	if (p->family == NFPROTO_IPV4)
		return !ipv4_is_zeronet(p->addr.ip) && !ipv4_is_loopback(p->addr.ip) &&
		       !ipv4_is_multicast(p->addr.ip) && !ipv4_is_lbcast(p->addr.ip);
	return !ipv6_addr_any(&p->addr.in6) && !ipv6_addr_loopback(&p->addr.in6) &&
	       !ipv6_addr_is_multicast(&p->addr.in6) && !ipv6_addr_v4mapped(&p->addr.in6);
}

static int manx_check_addresses(const struct manx_endpoint *ep, struct netlink_ext_ack *extack)
{
	u32 i;

	for (i = 0; i < ep->n_addr; i++)
		if (!manx_is_unicast(&ep->addr[i]))
			return manx_nl_refuse(extack, NULL, -EINVAL,
					      "an address of the endpoint is not a unicast address");
	return 0;
}

/* The lists of an endpoint must fit into one message when it is dumped. */
static int manx_check_lists_size(struct genl_info *info)
{
	const struct nlattr *attr;
	int rem, size = 0;

	nla_for_each_attr(attr, genlmsg_data(info->genlhdr), genlmsg_len(info->genlhdr), rem)
		if (nla_type(attr) == MANX_A_ENDPOINT_ADDRESS ||
		    nla_type(attr) == MANX_A_ENDPOINT_SOURCE_PREFIX ||
		    nla_type(attr) == MANX_A_ENDPOINT_INGRESS ||
		    nla_type(attr) == MANX_A_ENDPOINT_EGRESS)
			size += nla_total_size(nla_len(attr) + 1);
	if (size > MANX_MAX_LISTS_SIZE)
		return manx_nl_refuse(info->extack, NULL, -E2BIG,
				      "addresses, prefixes and tables of an endpoint may take 2560 octets");
	return 0;
}

static int manx_parse_endpoint_lists(struct manx_ns *ns, struct manx_endpoint *ep,
				     struct genl_info *info)
{
	const struct nlattr *head = genlmsg_data(info->genlhdr);
	int len = genlmsg_len(info->genlhdr);

	return manx_check_lists_size(info) ?:
	      manx_nl_prefixes(head, len, MANX_A_ENDPOINT_ADDRESS, true, &ep->addr, &ep->n_addr,
			       info->extack) ?:
	      manx_nl_prefixes(head, len, MANX_A_ENDPOINT_SOURCE_PREFIX, false, &ep->source,
			       &ep->n_source, info->extack) ?:
	      manx_nl_names(ns, true, head, len, MANX_A_ENDPOINT_INGRESS,
			    &ep->chain[MANX_DIRECTION_INGRESS],
			    &ep->n_chain[MANX_DIRECTION_INGRESS], info->extack) ?:
	      manx_nl_names(ns, true, head, len, MANX_A_ENDPOINT_EGRESS,
			    &ep->chain[MANX_DIRECTION_EGRESS],
			    &ep->n_chain[MANX_DIRECTION_EGRESS], info->extack) ?:
	      manx_check_addresses(ep, info->extack);
}

static int manx_parse_endpoint(struct manx_ns *ns, struct manx_endpoint *ep,
			       struct genl_info *info)
{
	const struct nlattr *mac = info->attrs[MANX_A_ENDPOINT_MAC];

	ep->id = nla_get_u32(info->attrs[MANX_A_ENDPOINT_ID]);
	if (info->attrs[MANX_A_ENDPOINT_NAME])
		nla_strscpy(ep->name, info->attrs[MANX_A_ENDPOINT_NAME], sizeof(ep->name));
	if (info->attrs[MANX_A_ENDPOINT_FLAGS])
		ep->flags = nla_get_u32(info->attrs[MANX_A_ENDPOINT_FLAGS]);
	if (mac) {
		if (!is_valid_ether_addr(nla_data(mac))) {
			NL_SET_ERR_MSG_ATTR(info->extack, mac, "not a unicast MAC address");
			return -EINVAL;
		}
		ether_addr_copy(ep->mac, nla_data(mac));
		ep->has_mac = true;
	}
	return manx_parse_endpoint_lists(ns, ep, info);
}

static bool manx_same_addresses(const struct manx_endpoint *a, const struct manx_endpoint *b)
{
	u32 i;

	for (i = 0; i < a->n_addr && i < b->n_addr; i++)
		if (manx_prefix_cmp(&a->addr[i], &b->addr[i]))
			return false;
	return a->n_addr == b->n_addr;
}

/* The next ruleset has @ep, in the place of what has its id. */
static int manx_nl_put_endpoint(struct manx_txn *txn, struct manx_endpoint *ep)
{
	struct manx_endpoint *old = manx_ruleset_endpoint(txn->next, ep->id);
	int err;

	if (!old && txn->next->endpoints.n >= MANX_MAX_ENDPOINTS)
		return -ENOSPC;
	err = manx_map_set(&txn->next->endpoints, &txn->edit, ep->id, ep);
	if (err || !old)
		return err;
	txn->sync |= !manx_same_addresses(old, ep);
	manx_txn_gone(txn, &old->object);
	return 0;
}

static int manx_nl_new_endpoint(struct manx_ns *ns, struct manx_txn *txn, struct genl_info *info)
{
	struct manx_endpoint *ep;

	ep = manx_txn_new_object(txn, MANX_OBJECT_ENDPOINT, sizeof(*ep));
	if (!ep)
		return -ENOMEM;
	return manx_parse_endpoint(ns, ep, info) ?: manx_nl_put_endpoint(txn, ep);
}

static int manx_nl_check_id(struct genl_info *info)
{
	u32 id;

	if (manx_nl_missing(info, MANX_A_ENDPOINT_ID, "an endpoint needs an id"))
		return -EINVAL;
	id = nla_get_u32(info->attrs[MANX_A_ENDPOINT_ID]);
	if (id > MANX_ENDPOINT_NODE && id != MANX_ENDPOINT_NONE)
		return 0;
	NL_SET_ERR_MSG_ATTR(info->extack, info->attrs[MANX_A_ENDPOINT_ID],
			    "endpoint ids are 2 to 4294967294");
	return -ERANGE;
}

int manx_nl_endpoint_new_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct manx_txn *txn;
	struct manx_ns *ns;
	int err = manx_nl_check_id(info);

	if (err)
		return err;
	txn = manx_nl_edit(info, &ns);
	if (IS_ERR(txn))
		return PTR_ERR(txn);
	return manx_nl_done(info, ns, manx_nl_new_endpoint(ns, txn, info));
}

static struct manx_endpoint *manx_nl_find_endpoint(const struct manx_ruleset *rs,
						   struct genl_info *info)
{
	const struct nlattr *attr = info->attrs[MANX_A_ENDPOINT_ID];
	struct manx_endpoint *ep = manx_ruleset_endpoint(rs, nla_get_u32(attr));

	if (!ep)
		NL_SET_ERR_MSG_ATTR(info->extack, attr, "there is no such endpoint");
	return ep;
}

static int manx_nl_del_endpoint(struct manx_txn *txn, struct genl_info *info)
{
	struct manx_endpoint *ep = manx_nl_find_endpoint(txn->next, info);
	int err;

	if (!ep)
		return -ENOENT;
	err = manx_map_del(&txn->next->endpoints, &txn->edit, ep->id);
	if (err)
		return err;
	txn->sync = true;
	manx_txn_gone(txn, &ep->object);
	return 0;
}

int manx_nl_endpoint_del_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct manx_txn *txn;
	struct manx_ns *ns;
	int err = manx_nl_check_id(info);

	if (err)
		return err;
	txn = manx_nl_edit(info, &ns);
	if (IS_ERR(txn))
		return PTR_ERR(txn);
	return manx_nl_done(info, ns, manx_nl_del_endpoint(txn, info));
}

/* What its link tells about an endpoint, if it has one. */
static int manx_put_link(struct sk_buff *msg, u32 id, struct xarray *links)
{
	struct rtnl_link_stats64 stats;
	struct net_device *dev = xa_load(links, id);

	if (!dev)
		return 0;
	dev_get_tstats64(dev, &stats);
	/* what the primary transmits, the endpoint receives */
	if (nla_put_u32(msg, MANX_A_ENDPOINT_IFINDEX, dev->ifindex) ||
	    nla_put_u64_64bit(msg, MANX_A_ENDPOINT_RX_PACKETS, stats.tx_packets,
			      MANX_A_ENDPOINT_PAD) ||
	    nla_put_u64_64bit(msg, MANX_A_ENDPOINT_RX_BYTES, stats.tx_bytes,
			      MANX_A_ENDPOINT_PAD) ||
	    nla_put_u64_64bit(msg, MANX_A_ENDPOINT_TX_PACKETS, stats.rx_packets,
			      MANX_A_ENDPOINT_PAD) ||
	    nla_put_u64_64bit(msg, MANX_A_ENDPOINT_TX_BYTES, stats.rx_bytes,
			      MANX_A_ENDPOINT_PAD) ||
	    manx_nl_put_drops(msg, MANX_A_ENDPOINT_DROPS, manx_link(dev)->drops) ||
	    nla_put_u32(msg, MANX_A_ENDPOINT_FLOWS_FROM,
			manx_share_flows(manx_link(dev)->share, MANX_FLOW_FROM)) ||
	    nla_put_u32(msg, MANX_A_ENDPOINT_FLOWS_TO,
			manx_share_flows(manx_link(dev)->share, MANX_FLOW_TO)))
		return -EMSGSIZE;
	return 0;
}

static int manx_nl_fill_endpoint(struct sk_buff *msg, const struct manx_ruleset *rs,
				 const void *object, struct manx_nl_cursor *cursor)
{
	const struct manx_endpoint *ep = object;

	if (nla_put_u32(msg, MANX_A_ENDPOINT_ID, ep->id) ||
	    (*ep->name && nla_put_string(msg, MANX_A_ENDPOINT_NAME, ep->name)) ||
	    (ep->has_mac && nla_put(msg, MANX_A_ENDPOINT_MAC, ETH_ALEN, ep->mac)) ||
	    nla_put_u32(msg, MANX_A_ENDPOINT_FLAGS, ep->flags) ||
	    nla_put_u32(msg, MANX_A_ENDPOINT_GENERATION, rs->generation) ||
	    manx_nl_put_prefixes(msg, MANX_A_ENDPOINT_ADDRESS, ep->addr, ep->n_addr) ||
	    manx_nl_put_prefixes(msg, MANX_A_ENDPOINT_SOURCE_PREFIX, ep->source, ep->n_source) ||
	    manx_nl_put_names(msg, MANX_A_ENDPOINT_INGRESS, ep->chain[MANX_DIRECTION_INGRESS],
			      ep->n_chain[MANX_DIRECTION_INGRESS]) ||
	    manx_nl_put_names(msg, MANX_A_ENDPOINT_EGRESS, ep->chain[MANX_DIRECTION_EGRESS],
			      ep->n_chain[MANX_DIRECTION_EGRESS]))
		return -EMSGSIZE;
	return manx_put_link(msg, ep->id, &rs->ns->links);
}

static const struct manx_nl_dump manx_nl_endpoint_dump = {
	.cmd	= MANX_CMD_ENDPOINT_GET,
	.map	= offsetof(struct manx_ruleset, endpoints),
	.fill	= manx_nl_fill_endpoint,
};

static const void *manx_nl_wanted_endpoint(const struct manx_ruleset *rs, struct genl_info *info)
{
	return manx_nl_find_endpoint(rs, info) ?: ERR_PTR(-ENOENT);
}

int manx_nl_endpoint_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	int err = manx_nl_check_id(info);

	return err ?: manx_nl_reply(info, manx_nl_wanted_endpoint, manx_nl_fill_endpoint);
}

int manx_nl_endpoint_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	return manx_nl_dump(skb, cb, &manx_nl_endpoint_dump);
}
