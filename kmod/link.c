// SPDX-License-Identifier: GPL-2.0-only
/*
 * Links of kind "manx": making, showing and removing them by rtnetlink.
 */
#include "link.h"

#include <linux/etherdevice.h>
#include <linux/ethtool.h>
#include <linux/inetdevice.h>
#include <linux/module.h>
#include <linux/netdevice.h>
#include <net/rtnetlink.h>
#include <uapi/linux/manx_link.h>

#include "compat/compat.h"
#include "drop.h"
#include "event.h"
#include "flow/share.h"
#include "version.h"

/*
 * Same for every primary, so that neighbours and the link-local gateway
 * fe80::ecee:eeff:feee:eeee are known beforehand; Calico's users know it too.
 */
static const u8 manx_primary_mac[ETH_ALEN] = { 0xee, 0xee, 0xee, 0xee, 0xee, 0xee };

#define MANX_PAIR_FEATURES (NETIF_F_SG | NETIF_F_FRAGLIST | NETIF_F_HW_CSUM | NETIF_F_RXCSUM | \
			    NETIF_F_SCTP_CRC | NETIF_F_HIGHDMA | NETIF_F_GSO_SOFTWARE |	\
			    NETIF_F_GSO_ENCAP_ALL)

static struct rtnl_link_ops manx_link_ops;

static void manx_get_drvinfo(struct net_device *dev, struct ethtool_drvinfo *info)
{
	strscpy(info->driver, MANX_LINK_KIND, sizeof(info->driver));
	strscpy(info->version, MANX_VERSION, sizeof(info->version));
}

/*
 * The peer is in the pod's hands; what was dropped is the node's to know. The core
 * warns of a set of no strings (net/ethtool/ioctl.c).
 */
static int manx_get_sset_count(struct net_device *dev, int sset)
{
	if (sset != ETH_SS_STATS || dev->netdev_ops == &manx_peer_ops)
		return -EOPNOTSUPP;
	return MANX_REASONS;
}

static void manx_get_strings(struct net_device *dev, u32 sset, u8 *buf)
{
	unsigned int i;

	if (sset != ETH_SS_STATS || dev->netdev_ops == &manx_peer_ops)
		return;
	for (i = 0; i < MANX_REASONS; i++, buf += ETH_GSTRING_LEN)
		snprintf(buf, ETH_GSTRING_LEN, "drop_%s", manx_reason_name(i));
}

static void manx_get_ethtool_stats(struct net_device *dev, struct ethtool_stats *stats, u64 *data)
{
	unsigned int i;

	for (i = 0; i < MANX_REASONS && dev->netdev_ops != &manx_peer_ops; i++)
		data[i] = atomic64_read(&manx_link(dev)->drops[i]);
}

static const struct ethtool_ops manx_ethtool_ops = {
	.get_drvinfo		= manx_get_drvinfo,
	.get_link		= ethtool_op_get_link,
	.get_ts_info		= ethtool_op_get_ts_info,
	.get_sset_count		= manx_get_sset_count,
	.get_strings		= manx_get_strings,
	.get_ethtool_stats	= manx_get_ethtool_stats,
};

/*
 * Every link begins as the end of a pair; newlink turns it into what it will
 * be. IFF_TX_SKB_SHARING goes, because transmit changes the skb.
 */
static void manx_setup(struct net_device *dev)
{
	ether_setup(dev);
	dev->priv_flags &= ~IFF_TX_SKB_SHARING;
	dev->priv_flags |= IFF_LIVE_ADDR_CHANGE | IFF_NO_QUEUE | IFF_DISABLE_NETPOLL;
	dev->netdev_ops = &manx_peer_ops;
	dev->ethtool_ops = &manx_ethtool_ops;
	dev->features = MANX_PAIR_FEATURES;
	dev->hw_features = MANX_PAIR_FEATURES;
	dev->hw_enc_features = MANX_PAIR_FEATURES;
	dev->mpls_features = NETIF_F_HW_CSUM | NETIF_F_GSO_SOFTWARE;
	dev->pcpu_stat_type = NETDEV_PCPU_STAT_TSTATS;
	dev->needs_free_netdev = true;
	dev->min_mtu = ETH_MIN_MTU;
	dev->max_mtu = ETH_MAX_MTU;
	/* room for the outer header and the underlay's link layer */
	dev->needed_headroom = LL_MAX_HEADER + sizeof(struct iphdr);
	manx_dev_set_lltx(dev);
	netif_set_tso_max_size(dev, GSO_MAX_SIZE);
	manx_link(dev)->dev = dev;
}

static const struct nla_policy manx_link_policy[IFLA_MANX_MAX + 1] = {
	[IFLA_MANX_UNSPEC]	= { .strict_start_type = IFLA_MANX_MODE },
	[IFLA_MANX_PEER]	= { .len = sizeof(struct ifinfomsg) },
	[IFLA_MANX_MODE]	= NLA_POLICY_MAX(NLA_U32, __MANX_LINK_MODE_MAX - 1),
	[IFLA_MANX_ENDPOINT]	= { .type = NLA_U32 },
	[IFLA_MANX_LOCAL]	= { .type = NLA_BE32 },
	[IFLA_MANX_TTL]		= NLA_POLICY_MAX(NLA_U32, 255),
	[IFLA_MANX_ROLE]	= { .type = NLA_REJECT },
};

static int manx_validate_address(struct nlattr *tb[], struct netlink_ext_ack *extack)
{
	if (tb[IFLA_ADDRESS] && (nla_len(tb[IFLA_ADDRESS]) != ETH_ALEN ||
				 !is_valid_ether_addr(nla_data(tb[IFLA_ADDRESS])))) {
		NL_SET_ERR_MSG_ATTR(extack, tb[IFLA_ADDRESS], "not a unicast MAC address");
		return -EADDRNOTAVAIL;
	}
	return 0;
}

static u32 manx_mode(struct nlattr *data[])
{
	return data && data[IFLA_MANX_MODE] ? nla_get_u32(data[IFLA_MANX_MODE]) : MANX_LINK_PAIR;
}

static int manx_validate_tunnel(struct nlattr *data[], struct netlink_ext_ack *extack)
{
	__be32 local;

	if (data[IFLA_MANX_ENDPOINT] || data[IFLA_MANX_PEER]) {
		NL_SET_ERR_MSG_ATTR(extack, data[IFLA_MANX_ENDPOINT] ?: data[IFLA_MANX_PEER],
				    "a tunnel has neither endpoint nor peer");
		return -EINVAL;
	}
	if (!data[IFLA_MANX_LOCAL]) {
		NL_SET_ERR_MSG(extack, "a tunnel needs its local address");
		return -EINVAL;
	}
	local = nla_get_be32(data[IFLA_MANX_LOCAL]);
	if (ipv4_is_zeronet(local) || ipv4_is_multicast(local) || ipv4_is_lbcast(local)) {
		NL_SET_ERR_MSG_ATTR(extack, data[IFLA_MANX_LOCAL], "not a unicast address");
		return -EINVAL;
	}
	return 0;
}

static int manx_validate_pair(struct nlattr *data[], struct netlink_ext_ack *extack)
{
	if (data[IFLA_MANX_LOCAL] || data[IFLA_MANX_TTL]) {
		NL_SET_ERR_MSG_ATTR(extack, data[IFLA_MANX_LOCAL] ?: data[IFLA_MANX_TTL],
				    "only a tunnel has a local address and a TTL");
		return -EINVAL;
	}
	if (data[IFLA_MANX_ENDPOINT] &&
	    (nla_get_u32(data[IFLA_MANX_ENDPOINT]) <= MANX_ENDPOINT_NODE ||
	     nla_get_u32(data[IFLA_MANX_ENDPOINT]) == MANX_ENDPOINT_NONE)) {
		NL_SET_ERR_MSG_ATTR(extack, data[IFLA_MANX_ENDPOINT],
				    "endpoint ids are 2 to 4294967294");
		return -ERANGE;
	}
	return 0;
}

/*
 * The core parses IFLA_INFO_DATA liberally and drops what it does not know; a
 * link that lacks what was asked for would be worse than none.
 */
static int manx_validate_known(struct nlattr *tb[], struct netlink_ext_ack *extack)
{
	const struct nlattr *data, *attr;
	int rem;

	data = tb[IFLA_LINKINFO] ? nla_find_nested(tb[IFLA_LINKINFO], IFLA_INFO_DATA) : NULL;
	if (!data)
		return 0;
	nla_for_each_nested(attr, data, rem) {
		if (nla_type(attr) <= IFLA_MANX_MAX)
			continue;
		NL_SET_ERR_MSG_ATTR(extack, attr, "unknown attribute of a manx link");
		return -EINVAL;
	}
	return 0;
}

static int manx_validate(struct nlattr *tb[], struct nlattr *data[],
			 struct netlink_ext_ack *extack)
{
	int err = manx_validate_known(tb, extack);

	if (err)
		return err;
	if (manx_mode(data) == MANX_LINK_TUNNEL)
		return manx_validate_tunnel(data, extack);
	return manx_validate_address(tb, extack) ?:
	       (data ? manx_validate_pair(data, extack) : 0);
}

/* Attributes of the peer: those in IFLA_MANX_PEER, or none. */
static int manx_peer_attrs(struct nlattr *data[], struct nlattr *tb[], struct ifinfomsg **ifm,
			   struct netlink_ext_ack *extack)
{
	const struct nlattr *nest = data ? data[IFLA_MANX_PEER] : NULL;
	int err;

	memset(tb, 0, (IFLA_MAX + 1) * sizeof(*tb));
	*ifm = NULL;
	if (!nest)
		return 0;
	err = rtnl_nla_parse_ifinfomsg(tb, nest, extack);
	if (err)
		return err;
	*ifm = nla_data(nest);
	return manx_validate_address(tb, extack);
}

/*
 * Make and register the peer in @net. On failure nothing is left of it.
 * Returns it with the carrier off and everything set that the request asks for.
 */
static struct net_device *manx_peer_create(struct net *net, struct nlattr *tb[],
					   struct ifinfomsg *ifm, u32 mtu,
					   struct netlink_ext_ack *extack)
{
	unsigned char assign = NET_NAME_ENUM;
	char name[IFNAMSIZ] = "manx%d";
	struct net_device *peer;
	int err;

	if (tb[IFLA_IFNAME]) {
		nla_strscpy(name, tb[IFLA_IFNAME], IFNAMSIZ);
		assign = NET_NAME_USER;
	}
	peer = rtnl_create_link(net, name, assign, &manx_link_ops, tb, extack);
	if (IS_ERR(peer))
		return peer;
	if (!tb[IFLA_ADDRESS])
		eth_hw_addr_random(peer);
	if (!tb[IFLA_MTU])
		peer->mtu = mtu;
	if (ifm && ifm->ifi_index)
		peer->ifindex = ifm->ifi_index;
	err = register_netdevice(peer);
	if (err) {
		free_netdev(peer);
		return ERR_PTR(err);
	}
	netif_carrier_off(peer);
	err = rtnl_configure_link(peer, ifm, 0, NULL);
	if (err) {
		unregister_netdevice(peer);
		return ERR_PTR(err);
	}
	return peer;
}

static void manx_primary_free(struct net_device *dev)
{
	manx_share_put(manx_link(dev)->share);
}

static int manx_primary_register(struct net_device *dev, struct nlattr *tb[],
				 struct nlattr *data[], struct netlink_ext_ack *extack)
{
	struct manx_link *link = manx_link(dev);
	struct in_device *in_dev;
	int err;

	dev->netdev_ops = &manx_primary_ops;
	dev->priv_destructor = manx_primary_free;
	dev->priv_flags |= IFF_DONT_BRIDGE;
	/* its transmit asks where a packet was routed to */
	netif_keep_dst(dev);
	manx_dev_set_netns_immutable(dev);
	if (!tb[IFLA_ADDRESS])
		eth_hw_addr_set(dev, manx_primary_mac);
	link->endpoint = data && data[IFLA_MANX_ENDPOINT] ?
			 nla_get_u32(data[IFLA_MANX_ENDPOINT]) : MANX_ENDPOINT_NONE;
	if (link->endpoint != MANX_ENDPOINT_NONE && xa_load(&link->ns->links, link->endpoint)) {
		NL_SET_ERR_MSG_ATTR(extack, data[IFLA_MANX_ENDPOINT],
				    "another link has this endpoint id");
		return -EEXIST;
	}
	err = register_netdevice(dev);
	if (err)
		return err;
	netif_carrier_off(dev);
	/*
	 * A pod that talks to itself through the node needs no better route. The
	 * core ORs this with conf/all, which is the administrator's to clear.
	 */
	in_dev = __in_dev_get_rtnl(dev);
	if (in_dev)
		IN_DEV_CONF_SET(in_dev, SEND_REDIRECTS, 0);
	return 0;
}

/* The peer first: when the primary appears, there is something behind it. */
static int manx_newlink_pair(struct net *src_net, struct net_device *dev, struct nlattr *tb[],
			     struct nlattr *data[], struct netlink_ext_ack *extack)
{
	struct nlattr *peer_tb[IFLA_MAX + 1];
	struct net_device *peer;
	struct ifinfomsg *ifm;
	struct net *net;
	int err;

	err = manx_peer_attrs(data, peer_tb, &ifm, extack);
	if (err)
		return err;
	net = rtnl_link_get_net(src_net, peer_tb);
	if (IS_ERR(net))
		return PTR_ERR(net);
	if (!ns_capable(net->user_ns, CAP_NET_ADMIN)) {
		NL_SET_ERR_MSG_ATTR(extack, data[IFLA_MANX_PEER],
				    "CAP_NET_ADMIN is needed in the peer's namespace, too");
		put_net(net);
		return -EPERM;
	}
	peer = manx_peer_create(net, peer_tb, ifm, dev->mtu, extack);
	put_net(net);
	if (IS_ERR(peer))
		return PTR_ERR(peer);
	err = manx_primary_register(dev, tb, data, extack);
	if (err) {
		unregister_netdevice(peer);
		return err;
	}
	rcu_assign_pointer(manx_link(dev)->peer, peer);
	rcu_assign_pointer(manx_link(peer)->peer, dev);
	if (manx_link(dev)->endpoint != MANX_ENDPOINT_NONE)
		manx_event_endpoint(dev_net(dev), MANX_EVENT_TYPE_ENDPOINT_BOUND,
				    manx_link(dev)->endpoint, dev->ifindex);
	return 0;
}

static int manx_newlink_tunnel(struct net_device *dev, struct nlattr *tb[], struct nlattr *data[],
			       struct netlink_ext_ack *extack)
{
	struct manx_link *link = manx_link(dev);

	if (tb[IFLA_ADDRESS] || tb[IFLA_BROADCAST]) {
		NL_SET_ERR_MSG(extack, "a tunnel takes its address from its local attribute");
		return -EINVAL;
	}
	if (rtnl_dereference(link->ns->tunnel)) {
		NL_SET_ERR_MSG_ATTR(extack, data[IFLA_MANX_MODE],
				    "the namespace has a tunnel already");
		return -EEXIST;
	}
	manx_tunnel_setup(dev);
	link->local = nla_get_be32(data[IFLA_MANX_LOCAL]);
	link->ttl = data[IFLA_MANX_TTL] ? nla_get_u32(data[IFLA_MANX_TTL]) : 0;
	__dev_addr_set(dev, &link->local, sizeof(link->local));
	if (!tb[IFLA_MTU])
		dev->mtu = ETH_DATA_LEN - sizeof(struct iphdr);
	if (dev->mtu > dev->max_mtu) {
		NL_SET_ERR_MSG_ATTR(extack, tb[IFLA_MTU], "greater than the maximum of a tunnel");
		return -ERANGE;
	}
	return register_netdevice(dev);
}

static int manx_newlink(struct net *src_net, struct net_device *dev, struct nlattr *tb[],
			struct nlattr *data[], struct netlink_ext_ack *extack)
{
	manx_link(dev)->ns = manx_ns(dev_net(dev));
	if (manx_mode(data) == MANX_LINK_TUNNEL)
		return manx_newlink_tunnel(dev, tb, data, extack);
	return manx_newlink_pair(src_net, dev, tb, data, extack);
}

/*
 * Also called at the end of either namespace, by default_device_exit_batch(),
 * in the order of registration reversed: whichever end comes first takes the
 * other with it.
 */
static void manx_dellink(struct net_device *dev, struct list_head *head)
{
	struct net_device *peer = rtnl_dereference(manx_link(dev)->peer);

	RCU_INIT_POINTER(manx_link(dev)->peer, NULL);
	unregister_netdevice_queue(dev, head);
	if (peer) {
		RCU_INIT_POINTER(manx_link(peer)->peer, NULL);
		unregister_netdevice_queue(peer, head);
	}
}

static int manx_changelink(struct net_device *dev, struct nlattr *tb[], struct nlattr *data[],
			   struct netlink_ext_ack *extack)
{
	if (dev->netdev_ops == &manx_peer_ops)
		NL_SET_ERR_MSG(extack, "attributes of a pair belong to its primary");
	else
		NL_SET_ERR_MSG(extack, "attributes of a manx link are fixed when it is made");
	return -EOPNOTSUPP;
}

static size_t manx_get_size(const struct net_device *dev)
{
	return nla_total_size(sizeof(u32)) +	/* IFLA_MANX_MODE */
	       nla_total_size(sizeof(u32)) +	/* IFLA_MANX_ROLE */
	       nla_total_size(sizeof(u32)) +	/* IFLA_MANX_ENDPOINT */
	       nla_total_size(sizeof(__be32)) +	/* IFLA_MANX_LOCAL */
	       nla_total_size(sizeof(u32));	/* IFLA_MANX_TTL */
}

static int manx_fill_info(struct sk_buff *skb, const struct net_device *dev)
{
	const struct manx_link *link = manx_link(dev);
	bool tunnel = manx_is_tunnel(dev);
	u32 role = tunnel ? MANX_ROLE_TUNNEL :
		   manx_is_primary(dev) ? MANX_ROLE_PRIMARY : MANX_ROLE_PEER;

	if (nla_put_u32(skb, IFLA_MANX_MODE, tunnel ? MANX_LINK_TUNNEL : MANX_LINK_PAIR) ||
	    nla_put_u32(skb, IFLA_MANX_ROLE, role))
		return -EMSGSIZE;
	if (role == MANX_ROLE_PRIMARY && link->endpoint != MANX_ENDPOINT_NONE &&
	    nla_put_u32(skb, IFLA_MANX_ENDPOINT, link->endpoint))
		return -EMSGSIZE;
	if (tunnel && (nla_put_in_addr(skb, IFLA_MANX_LOCAL, link->local) ||
		       nla_put_u32(skb, IFLA_MANX_TTL, link->ttl)))
		return -EMSGSIZE;
	return 0;
}

static struct net *manx_get_link_net(const struct net_device *dev)
{
	struct net_device *peer = rtnl_dereference(manx_link(dev)->peer);

	return peer ? dev_net(peer) : dev_net(dev);
}

static struct rtnl_link_ops manx_link_ops = {
	.kind		= MANX_LINK_KIND,
	.priv_size	= sizeof(struct manx_link),
	.setup		= manx_setup,
	.maxtype	= IFLA_MANX_MAX,
	.policy		= manx_link_policy,
	.validate	= manx_validate,
	.newlink	= manx_newlink,
	.changelink	= manx_changelink,
	.dellink	= manx_dellink,
	.get_size	= manx_get_size,
	.fill_info	= manx_fill_info,
	.get_link_net	= manx_get_link_net,
};

int manx_link_init(void)
{
	return rtnl_link_register(&manx_link_ops);
}

/* Removes every manx link of every namespace. */
void manx_link_exit(void)
{
	rtnl_link_unregister(&manx_link_ops);
}

MODULE_ALIAS_RTNL_LINK(MANX_LINK_KIND);
