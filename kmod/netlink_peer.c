// SPDX-License-Identifier: GPL-2.0-only
/*
 * Commands on peers.
 */
#include <linux/slab.h>

#include "netlink.h"
#include "ns.h"
#include "txn.h"

static u32 manx_peer_place(const struct manx_ruleset *rs, __be32 addr)
{
	return manx_ruleset_search(ntohl(addr), (void *const *)rs->peer, rs->n_peers,
				   manx_peer_key);
}

static int manx_nl_new_peer(struct manx_ruleset *rs, __be32 addr)
{
	struct manx_peer *peer;
	int err;

	if (rs->n_peers >= MANX_MAX_PEERS)
		return -ENOSPC;
	peer = kzalloc(sizeof(*peer), GFP_KERNEL_ACCOUNT);
	if (!peer)
		return -ENOMEM;
	peer->refs = 1;
	peer->addr = addr;
	err = dst_cache_init(&peer->route[0], GFP_KERNEL_ACCOUNT) ?:
	      dst_cache_init(&peer->route[1], GFP_KERNEL_ACCOUNT) ?:
	      manx_array_insert((void ***)&rs->peer, &rs->n_peers, manx_peer_place(rs, addr), peer);
	if (err)
		manx_peer_put(peer);
	return err;
}

static int manx_nl_refuse_peer(struct genl_info *info, int err, const char *text)
{
	return manx_nl_refuse(info->extack, info->attrs[MANX_A_PEER_ADDRESS], err, text);
}

int manx_nl_peer_new_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct manx_ruleset *rs;
	struct manx_ns *ns;
	__be32 addr;
	int err;

	if (manx_nl_missing(info, MANX_A_PEER_ADDRESS, "a peer needs an address"))
		return -EINVAL;
	addr = nla_get_in_addr(info->attrs[MANX_A_PEER_ADDRESS]);
	if (ipv4_is_zeronet(addr) || ipv4_is_multicast(addr) || ipv4_is_lbcast(addr) ||
	    ipv4_is_loopback(addr))
		return manx_nl_refuse_peer(info, -EINVAL, "not a unicast address");
	rs = manx_nl_edit(info, &ns);
	if (IS_ERR(rs))
		return PTR_ERR(rs);
	if (manx_ruleset_peer(rs, addr))
		err = manx_nl_refuse_peer(info, -EEXIST, "the peer is registered already");
	else
		err = manx_nl_new_peer(rs, addr);
	return manx_nl_done(info, ns, err);
}

int manx_nl_peer_del_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct manx_ruleset *rs;
	struct manx_peer *peer;
	struct manx_ns *ns;
	int err = 0;
	__be32 addr;

	if (manx_nl_missing(info, MANX_A_PEER_ADDRESS, "a peer needs an address"))
		return -EINVAL;
	addr = nla_get_in_addr(info->attrs[MANX_A_PEER_ADDRESS]);
	rs = manx_nl_edit(info, &ns);
	if (IS_ERR(rs))
		return PTR_ERR(rs);
	peer = manx_ruleset_peer(rs, addr);
	if (peer) {
		manx_array_remove((void **)rs->peer, &rs->n_peers, manx_peer_place(rs, addr));
		manx_peer_put(peer);
	} else {
		err = manx_nl_refuse_peer(info, -ENOENT, "there is no such peer");
	}
	return manx_nl_done(info, ns, err);
}

static int manx_nl_fill_peer(struct sk_buff *msg, const struct manx_ruleset *rs, void *object)
{
	const struct manx_peer *peer = object;

	if (nla_put_in_addr(msg, MANX_A_PEER_ADDRESS, peer->addr) ||
	    nla_put_u32(msg, MANX_A_PEER_GENERATION, rs->generation))
		return -EMSGSIZE;
	return 0;
}

static void *manx_nl_nth_peer(const struct manx_ruleset *rs, u32 i)
{
	return rs->peer[i];
}

int manx_nl_peer_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct manx_ns *ns = manx_ns(genl_info_net(info));
	const struct manx_ruleset *rs;
	struct manx_peer *peer;
	int err;

	if (manx_nl_missing(info, MANX_A_PEER_ADDRESS, "which peer?"))
		return -EINVAL;
	mutex_lock(&ns->lock);
	rs = rcu_dereference_protected(ns->ruleset, lockdep_is_held(&ns->lock));
	peer = manx_ruleset_peer(rs, nla_get_in_addr(info->attrs[MANX_A_PEER_ADDRESS]));
	err = peer ? manx_nl_reply(info, manx_nl_fill_peer, rs, peer) :
		     manx_nl_refuse_peer(info, -ENOENT, "there is no such peer");
	mutex_unlock(&ns->lock);
	return err;
}

int manx_nl_peer_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct manx_ns *ns = manx_ns(sock_net(skb->sk));
	const struct manx_ruleset *rs;
	int err;

	mutex_lock(&ns->lock);
	rs = rcu_dereference_protected(ns->ruleset, lockdep_is_held(&ns->lock));
	err = manx_nl_dump(skb, cb, MANX_CMD_PEER_GET, rs, rs->n_peers, manx_nl_nth_peer,
			   manx_nl_fill_peer);
	mutex_unlock(&ns->lock);
	return err;
}
