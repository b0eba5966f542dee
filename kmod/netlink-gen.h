/* SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause) */
/* Do not edit directly, auto-generated from: */
/*	netlink/specs/manx.yaml */
/* YNL-GEN kernel header */

#ifndef _LINUX_MANX_GEN_H
#define _LINUX_MANX_GEN_H

#include <net/netlink.h>
#include <net/genetlink.h>

#include <uapi/linux/manx.h>

/* Common nested types */
extern const struct nla_policy manx_rule_nl_policy[MANX_A_RULE_PAD + 1];
extern const struct nla_policy manx_timeouts_nl_policy[MANX_A_TIMEOUTS_OTHER + 1];

extern const struct nla_policy manx_node_get_nl_policy[MANX_A_NODE_GENERATION + 1];

extern const struct nla_policy manx_node_set_nl_policy[MANX_A_NODE_QUEUE_PACKETS + 1];

extern const struct nla_policy manx_txn_begin_nl_policy[MANX_A_NODE_GENERATION + 1];

extern const struct nla_policy manx_txn_end_nl_policy[MANX_A_NODE_SYNC + 1];

extern const struct nla_policy manx_set_new_nl_policy[MANX_A_SET_MEMBER + 1];

extern const struct nla_policy manx_set_del_nl_policy[MANX_A_SET_NAME + 1];

extern const struct nla_policy manx_set_get_nl_policy[MANX_A_SET_NAME + 1];

extern const struct nla_policy manx_member_add_nl_policy[MANX_A_SET_MEMBER + 1];

extern const struct nla_policy manx_member_del_nl_policy[MANX_A_SET_MEMBER + 1];

extern const struct nla_policy manx_table_new_nl_policy[MANX_A_TABLE_RULE + 1];

extern const struct nla_policy manx_table_del_nl_policy[MANX_A_TABLE_NAME + 1];

extern const struct nla_policy manx_table_get_nl_policy[MANX_A_TABLE_NAME + 1];

extern const struct nla_policy manx_rule_add_nl_policy[MANX_A_TABLE_RULE + 1];

extern const struct nla_policy manx_endpoint_new_nl_policy[MANX_A_ENDPOINT_EGRESS + 1];

extern const struct nla_policy manx_endpoint_del_nl_policy[MANX_A_ENDPOINT_ID + 1];

extern const struct nla_policy manx_endpoint_get_nl_policy[MANX_A_ENDPOINT_ID + 1];

extern const struct nla_policy manx_peer_new_nl_policy[MANX_A_PEER_ADDRESS + 1];

extern const struct nla_policy manx_peer_del_nl_policy[MANX_A_PEER_ADDRESS + 1];

extern const struct nla_policy manx_peer_get_nl_policy[MANX_A_PEER_ADDRESS + 1];

extern const struct nla_policy manx_flow_get_nl_policy[MANX_A_FLOW_WAY + 1];

extern const struct nla_policy manx_flow_del_nl_policy[MANX_A_FLOW_WAY + 1];

/* Ops table for manx */
extern const struct genl_ops manx_nl_ops[21];

int manx_nl_node_get_doit(struct sk_buff *skb, struct genl_info *info);
int manx_nl_node_set_doit(struct sk_buff *skb, struct genl_info *info);
int manx_nl_txn_begin_doit(struct sk_buff *skb, struct genl_info *info);
int manx_nl_txn_end_doit(struct sk_buff *skb, struct genl_info *info);
int manx_nl_set_new_doit(struct sk_buff *skb, struct genl_info *info);
int manx_nl_set_del_doit(struct sk_buff *skb, struct genl_info *info);
int manx_nl_set_get_doit(struct sk_buff *skb, struct genl_info *info);
int manx_nl_set_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb);
int manx_nl_member_add_doit(struct sk_buff *skb, struct genl_info *info);
int manx_nl_member_del_doit(struct sk_buff *skb, struct genl_info *info);
int manx_nl_table_new_doit(struct sk_buff *skb, struct genl_info *info);
int manx_nl_table_del_doit(struct sk_buff *skb, struct genl_info *info);
int manx_nl_table_get_doit(struct sk_buff *skb, struct genl_info *info);
int manx_nl_table_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb);
int manx_nl_rule_add_doit(struct sk_buff *skb, struct genl_info *info);
int manx_nl_endpoint_new_doit(struct sk_buff *skb, struct genl_info *info);
int manx_nl_endpoint_del_doit(struct sk_buff *skb, struct genl_info *info);
int manx_nl_endpoint_get_doit(struct sk_buff *skb, struct genl_info *info);
int manx_nl_endpoint_get_dumpit(struct sk_buff *skb,
				struct netlink_callback *cb);
int manx_nl_peer_new_doit(struct sk_buff *skb, struct genl_info *info);
int manx_nl_peer_del_doit(struct sk_buff *skb, struct genl_info *info);
int manx_nl_peer_get_doit(struct sk_buff *skb, struct genl_info *info);
int manx_nl_peer_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb);
int manx_nl_flow_get_doit(struct sk_buff *skb, struct genl_info *info);
int manx_nl_flow_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb);
int manx_nl_flow_del_doit(struct sk_buff *skb, struct genl_info *info);

enum {
	MANX_NLGRP_EVENTS,
	MANX_NLGRP_FLOWS,
};

#endif /* _LINUX_MANX_GEN_H */
