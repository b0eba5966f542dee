// SPDX-License-Identifier: GPL-2.0-only
/*
 * Commands on peers.
 */
#include "netlink.h"
#include "ns.h"
#include "txn.h"

static int manx_nl_refuse_peer(struct genl_info *info, int err, const char *text)
{
	return manx_nl_refuse(info->extack, info->attrs[MANX_A_PEER_ADDRESS], err, text);
}

static int manx_nl_new_peer(struct manx_txn *txn, struct genl_info *info)
{
	__be32 addr = nla_get_in_addr(info->attrs[MANX_A_PEER_ADDRESS]);
	struct manx_peer *peer;

	if (manx_ruleset_peer(txn->next, addr))
		return manx_nl_refuse_peer(info, -EEXIST, "the peer is registered already");
	if (txn->next->peers.n >= MANX_MAX_PEERS)
		return -ENOSPC;
	peer = manx_txn_new_object(txn, MANX_OBJECT_PEER, sizeof(*peer));
	if (!peer)
		return -ENOMEM;
	peer->addr = addr;
	return dst_cache_init(&peer->route[0], GFP_KERNEL_ACCOUNT) ?:
	       dst_cache_init(&peer->route[1], GFP_KERNEL_ACCOUNT) ?:
	       manx_map_set(&txn->next->peers, &txn->edit, ntohl(addr), peer);
}

int manx_nl_peer_new_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct manx_txn *txn;
	struct manx_ns *ns;
	__be32 addr;

	if (manx_nl_missing(info, MANX_A_PEER_ADDRESS, "a peer needs an address"))
		return -EINVAL;
	addr = nla_get_in_addr(info->attrs[MANX_A_PEER_ADDRESS]);
	if (ipv4_is_zeronet(addr) || ipv4_is_multicast(addr) || ipv4_is_lbcast(addr) ||
	    ipv4_is_loopback(addr))
		return manx_nl_refuse_peer(info, -EINVAL, "not a unicast address");
	txn = manx_nl_edit(info, &ns);
	if (IS_ERR(txn))
		return PTR_ERR(txn);
	return manx_nl_done(info, ns, manx_nl_new_peer(txn, info));
}

static struct manx_peer *manx_nl_find_peer(const struct manx_ruleset *rs, struct genl_info *info)
{
	__be32 addr = nla_get_in_addr(info->attrs[MANX_A_PEER_ADDRESS]);
	struct manx_peer *peer = manx_ruleset_peer(rs, addr);

	if (!peer)
		manx_nl_refuse_peer(info, -ENOENT, "there is no such peer");
	return peer;
}

static int manx_nl_del_peer(struct manx_txn *txn, struct genl_info *info)
{
	struct manx_peer *peer = manx_nl_find_peer(txn->next, info);
	int err;

	if (!peer)
		return -ENOENT;
	err = manx_map_del(&txn->next->peers, &txn->edit, ntohl(peer->addr));
	if (!err)
		manx_txn_gone(txn, &peer->object);
	return err;
}

int manx_nl_peer_del_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct manx_txn *txn;
	struct manx_ns *ns;

	if (manx_nl_missing(info, MANX_A_PEER_ADDRESS, "a peer needs an address"))
		return -EINVAL;
	txn = manx_nl_edit(info, &ns);
	if (IS_ERR(txn))
		return PTR_ERR(txn);
	return manx_nl_done(info, ns, manx_nl_del_peer(txn, info));
}

static int manx_nl_fill_peer(struct sk_buff *msg, const struct manx_ruleset *rs,
			     const void *object, struct manx_nl_cursor *cursor)
{
	const struct manx_peer *peer = object;

	if (nla_put_in_addr(msg, MANX_A_PEER_ADDRESS, peer->addr) ||
	    nla_put_u32(msg, MANX_A_PEER_GENERATION, rs->generation))
		return -EMSGSIZE;
	return 0;
}

static const struct manx_nl_dump manx_nl_peer_dump = {
	.cmd	= MANX_CMD_PEER_GET,
	.map	= offsetof(struct manx_ruleset, peers),
	.fill	= manx_nl_fill_peer,
};

static const void *manx_nl_wanted_peer(const struct manx_ruleset *rs, struct genl_info *info)
{
	return manx_nl_find_peer(rs, info) ?: ERR_PTR(-ENOENT);
}

int manx_nl_peer_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	if (manx_nl_missing(info, MANX_A_PEER_ADDRESS, "which peer?"))
		return -EINVAL;
	return manx_nl_reply(info, manx_nl_wanted_peer, manx_nl_fill_peer);
}

int manx_nl_peer_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	return manx_nl_dump(skb, cb, &manx_nl_peer_dump);
}
