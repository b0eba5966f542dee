// SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause)
/* Do not edit directly, auto-generated from: */
/*	netlink/specs/manx.yaml */
/* YNL-GEN kernel source */

#include <net/netlink.h>
#include <net/genetlink.h>

#include "netlink-gen.h"

#include <uapi/linux/manx.h>

/* Common nested types */
const struct nla_policy manx_rule_nl_policy[MANX_A_RULE_PAD + 1] = {
	[MANX_A_RULE_ID] = { .type = NLA_U32, },
	[MANX_A_RULE_ACTION] = NLA_POLICY_MAX(NLA_U32, 4),
	[MANX_A_RULE_IP_VERSION] = { .type = NLA_U32, },
	[MANX_A_RULE_PROTOCOL] = { .type = NLA_U32, },
	[MANX_A_RULE_NOT_PROTOCOL] = { .type = NLA_U32, },
	[MANX_A_RULE_SRC_NET] = { .type = NLA_BINARY, },
	[MANX_A_RULE_NOT_SRC_NET] = { .type = NLA_BINARY, },
	[MANX_A_RULE_DST_NET] = { .type = NLA_BINARY, },
	[MANX_A_RULE_NOT_DST_NET] = { .type = NLA_BINARY, },
	[MANX_A_RULE_SRC_SET] = { .type = NLA_STRING, .len = 127, },
	[MANX_A_RULE_NOT_SRC_SET] = { .type = NLA_STRING, .len = 127, },
	[MANX_A_RULE_DST_SET] = { .type = NLA_STRING, .len = 127, },
	[MANX_A_RULE_NOT_DST_SET] = { .type = NLA_STRING, .len = 127, },
	[MANX_A_RULE_SRC_PORT] = { .type = NLA_U32, },
	[MANX_A_RULE_NOT_SRC_PORT] = { .type = NLA_U32, },
	[MANX_A_RULE_DST_PORT] = { .type = NLA_U32, },
	[MANX_A_RULE_NOT_DST_PORT] = { .type = NLA_U32, },
	[MANX_A_RULE_ICMP_TYPE] = { .type = NLA_U32, },
	[MANX_A_RULE_ICMP_CODE] = { .type = NLA_U32, },
	[MANX_A_RULE_NOT_ICMP_TYPE] = { .type = NLA_U32, },
	[MANX_A_RULE_NOT_ICMP_CODE] = { .type = NLA_U32, },
	[MANX_A_RULE_PACKETS] = { .type = NLA_U64, },
};

const struct nla_policy manx_timeouts_nl_policy[MANX_A_TIMEOUTS_OTHER + 1] = {
	[MANX_A_TIMEOUTS_TCP_OPENING] = { .type = NLA_U32, },
	[MANX_A_TIMEOUTS_TCP_ESTABLISHED] = { .type = NLA_U32, },
	[MANX_A_TIMEOUTS_TCP_CLOSING] = { .type = NLA_U32, },
	[MANX_A_TIMEOUTS_UDP] = { .type = NLA_U32, },
	[MANX_A_TIMEOUTS_UDP_REPLIED] = { .type = NLA_U32, },
	[MANX_A_TIMEOUTS_ICMP] = { .type = NLA_U32, },
	[MANX_A_TIMEOUTS_OTHER] = { .type = NLA_U32, },
};

/* MANX_CMD_NODE_GET - do */
const struct nla_policy manx_node_get_nl_policy[MANX_A_NODE_GENERATION + 1] = {
	[MANX_A_NODE_GENERATION] = { .type = NLA_U32, },
};

/* MANX_CMD_NODE_SET - do */
const struct nla_policy manx_node_set_nl_policy[MANX_A_NODE_QUEUE_PACKETS + 1] = {
	[MANX_A_NODE_MARK_MASK] = { .type = NLA_U32, },
	[MANX_A_NODE_ENDPOINT_TO_NODE] = NLA_POLICY_MAX(NLA_U32, 4),
	[MANX_A_NODE_MAX_MEMBERS] = { .type = NLA_U32, },
	[MANX_A_NODE_MAX_RULES] = { .type = NLA_U32, },
	[MANX_A_NODE_MAX_CLASSES] = { .type = NLA_U32, },
	[MANX_A_NODE_MAX_MEMORY] = { .type = NLA_U64, },
	[MANX_A_NODE_MAX_FLOWS] = { .type = NLA_U32, },
	[MANX_A_NODE_MAX_FLOWS_FROM] = { .type = NLA_U32, },
	[MANX_A_NODE_MAX_FLOWS_TO] = { .type = NLA_U32, },
	[MANX_A_NODE_FRAGMENT_RATE] = { .type = NLA_U32, },
	[MANX_A_NODE_KEEP_ESTABLISHED] = { .type = NLA_U32, },
	[MANX_A_NODE_REFUSE_PICKUP] = { .type = NLA_U32, },
	[MANX_A_NODE_AUDIT] = { .type = NLA_U32, },
	[MANX_A_NODE_TIMEOUTS] = NLA_POLICY_NESTED(manx_timeouts_nl_policy),
	[MANX_A_NODE_FAST] = NLA_POLICY_MAX(NLA_U32, 2),
	[MANX_A_NODE_MARK_STAY] = { .type = NLA_U32, },
	[MANX_A_NODE_QUEUE_PACKETS] = { .type = NLA_U32, },
};

/* MANX_CMD_TXN_BEGIN - do */
const struct nla_policy manx_txn_begin_nl_policy[MANX_A_NODE_GENERATION + 1] = {
	[MANX_A_NODE_GENERATION] = { .type = NLA_U32, },
};

/* MANX_CMD_TXN_END - do */
const struct nla_policy manx_txn_end_nl_policy[MANX_A_NODE_SYNC + 1] = {
	[MANX_A_NODE_COMMIT] = { .type = NLA_FLAG, },
	[MANX_A_NODE_SYNC] = { .type = NLA_FLAG, },
};

/* MANX_CMD_SET_NEW - do */
const struct nla_policy manx_set_new_nl_policy[MANX_A_SET_MEMBER + 1] = {
	[MANX_A_SET_NAME] = { .type = NLA_NUL_STRING, .len = 127, },
	[MANX_A_SET_MEMBER] = { .type = NLA_BINARY, },
};

/* MANX_CMD_SET_DEL - do */
const struct nla_policy manx_set_del_nl_policy[MANX_A_SET_NAME + 1] = {
	[MANX_A_SET_NAME] = { .type = NLA_NUL_STRING, .len = 127, },
};

/* MANX_CMD_SET_GET - do */
const struct nla_policy manx_set_get_nl_policy[MANX_A_SET_NAME + 1] = {
	[MANX_A_SET_NAME] = { .type = NLA_NUL_STRING, .len = 127, },
};

/* MANX_CMD_MEMBER_ADD - do */
const struct nla_policy manx_member_add_nl_policy[MANX_A_SET_MEMBER + 1] = {
	[MANX_A_SET_NAME] = { .type = NLA_NUL_STRING, .len = 127, },
	[MANX_A_SET_MEMBER] = { .type = NLA_BINARY, },
};

/* MANX_CMD_MEMBER_DEL - do */
const struct nla_policy manx_member_del_nl_policy[MANX_A_SET_MEMBER + 1] = {
	[MANX_A_SET_NAME] = { .type = NLA_NUL_STRING, .len = 127, },
	[MANX_A_SET_MEMBER] = { .type = NLA_BINARY, },
};

/* MANX_CMD_TABLE_NEW - do */
const struct nla_policy manx_table_new_nl_policy[MANX_A_TABLE_RULE + 1] = {
	[MANX_A_TABLE_NAME] = { .type = NLA_NUL_STRING, .len = 127, },
	[MANX_A_TABLE_DIRECTION] = NLA_POLICY_MAX(NLA_U32, 1),
	[MANX_A_TABLE_DEFAULT_ACTION] = NLA_POLICY_MAX(NLA_U32, 4),
	[MANX_A_TABLE_RULE] = NLA_POLICY_NESTED(manx_rule_nl_policy),
};

/* MANX_CMD_TABLE_DEL - do */
const struct nla_policy manx_table_del_nl_policy[MANX_A_TABLE_NAME + 1] = {
	[MANX_A_TABLE_NAME] = { .type = NLA_NUL_STRING, .len = 127, },
};

/* MANX_CMD_TABLE_GET - do */
const struct nla_policy manx_table_get_nl_policy[MANX_A_TABLE_NAME + 1] = {
	[MANX_A_TABLE_NAME] = { .type = NLA_NUL_STRING, .len = 127, },
};

/* MANX_CMD_RULE_ADD - do */
const struct nla_policy manx_rule_add_nl_policy[MANX_A_TABLE_RULE + 1] = {
	[MANX_A_TABLE_NAME] = { .type = NLA_NUL_STRING, .len = 127, },
	[MANX_A_TABLE_RULE] = NLA_POLICY_NESTED(manx_rule_nl_policy),
};

/* MANX_CMD_ENDPOINT_NEW - do */
const struct nla_policy manx_endpoint_new_nl_policy[MANX_A_ENDPOINT_EGRESS + 1] = {
	[MANX_A_ENDPOINT_ID] = { .type = NLA_U32, },
	[MANX_A_ENDPOINT_NAME] = { .type = NLA_NUL_STRING, .len = 127, },
	[MANX_A_ENDPOINT_ADDRESS] = { .type = NLA_BINARY, },
	[MANX_A_ENDPOINT_SOURCE_PREFIX] = { .type = NLA_BINARY, },
	[MANX_A_ENDPOINT_MAC] = NLA_POLICY_EXACT_LEN(6),
	[MANX_A_ENDPOINT_FLAGS] = NLA_POLICY_MASK(NLA_U32, 0x3),
	[MANX_A_ENDPOINT_INGRESS] = { .type = NLA_STRING, .len = 127, },
	[MANX_A_ENDPOINT_EGRESS] = { .type = NLA_STRING, .len = 127, },
};

/* MANX_CMD_ENDPOINT_DEL - do */
const struct nla_policy manx_endpoint_del_nl_policy[MANX_A_ENDPOINT_ID + 1] = {
	[MANX_A_ENDPOINT_ID] = { .type = NLA_U32, },
};

/* MANX_CMD_ENDPOINT_GET - do */
const struct nla_policy manx_endpoint_get_nl_policy[MANX_A_ENDPOINT_ID + 1] = {
	[MANX_A_ENDPOINT_ID] = { .type = NLA_U32, },
};

/* MANX_CMD_PEER_NEW - do */
const struct nla_policy manx_peer_new_nl_policy[MANX_A_PEER_ADDRESS + 1] = {
	[MANX_A_PEER_ADDRESS] = { .type = NLA_U32, },
};

/* MANX_CMD_PEER_DEL - do */
const struct nla_policy manx_peer_del_nl_policy[MANX_A_PEER_ADDRESS + 1] = {
	[MANX_A_PEER_ADDRESS] = { .type = NLA_U32, },
};

/* MANX_CMD_PEER_GET - do */
const struct nla_policy manx_peer_get_nl_policy[MANX_A_PEER_ADDRESS + 1] = {
	[MANX_A_PEER_ADDRESS] = { .type = NLA_U32, },
};

/* MANX_CMD_FLOW_GET - do */
const struct nla_policy manx_flow_get_nl_policy[MANX_A_FLOW_WAY + 1] = {
	[MANX_A_FLOW_FROM] = { .type = NLA_U32, },
	[MANX_A_FLOW_TO] = { .type = NLA_U32, },
	[MANX_A_FLOW_ENDPOINT] = { .type = NLA_U32, },
	[MANX_A_FLOW_PROTOCOL] = { .type = NLA_U32, },
	[MANX_A_FLOW_SOURCE] = { .type = NLA_BINARY, },
	[MANX_A_FLOW_DESTINATION] = { .type = NLA_BINARY, },
	[MANX_A_FLOW_SOURCE_PORT] = { .type = NLA_U32, },
	[MANX_A_FLOW_DESTINATION_PORT] = { .type = NLA_U32, },
	[MANX_A_FLOW_STATE] = NLA_POLICY_MAX(NLA_U32, 4),
	[MANX_A_FLOW_WAY] = NLA_POLICY_MAX(NLA_U32, 2),
};

/* MANX_CMD_FLOW_DEL - do */
const struct nla_policy manx_flow_del_nl_policy[MANX_A_FLOW_WAY + 1] = {
	[MANX_A_FLOW_FROM] = { .type = NLA_U32, },
	[MANX_A_FLOW_TO] = { .type = NLA_U32, },
	[MANX_A_FLOW_ENDPOINT] = { .type = NLA_U32, },
	[MANX_A_FLOW_PROTOCOL] = { .type = NLA_U32, },
	[MANX_A_FLOW_SOURCE] = { .type = NLA_BINARY, },
	[MANX_A_FLOW_DESTINATION] = { .type = NLA_BINARY, },
	[MANX_A_FLOW_SOURCE_PORT] = { .type = NLA_U32, },
	[MANX_A_FLOW_DESTINATION_PORT] = { .type = NLA_U32, },
	[MANX_A_FLOW_STATE] = NLA_POLICY_MAX(NLA_U32, 4),
	[MANX_A_FLOW_WAY] = NLA_POLICY_MAX(NLA_U32, 2),
};

/* Ops table for manx */
const struct genl_ops manx_nl_ops[21] = {
	{
		.cmd		= MANX_CMD_NODE_GET,
		.doit		= manx_nl_node_get_doit,
		.policy		= manx_node_get_nl_policy,
		.maxattr	= MANX_A_NODE_GENERATION,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= MANX_CMD_NODE_SET,
		.doit		= manx_nl_node_set_doit,
		.policy		= manx_node_set_nl_policy,
		.maxattr	= MANX_A_NODE_QUEUE_PACKETS,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= MANX_CMD_TXN_BEGIN,
		.doit		= manx_nl_txn_begin_doit,
		.policy		= manx_txn_begin_nl_policy,
		.maxattr	= MANX_A_NODE_GENERATION,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= MANX_CMD_TXN_END,
		.doit		= manx_nl_txn_end_doit,
		.policy		= manx_txn_end_nl_policy,
		.maxattr	= MANX_A_NODE_SYNC,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= MANX_CMD_SET_NEW,
		.doit		= manx_nl_set_new_doit,
		.policy		= manx_set_new_nl_policy,
		.maxattr	= MANX_A_SET_MEMBER,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= MANX_CMD_SET_DEL,
		.doit		= manx_nl_set_del_doit,
		.policy		= manx_set_del_nl_policy,
		.maxattr	= MANX_A_SET_NAME,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= MANX_CMD_SET_GET,
		.doit		= manx_nl_set_get_doit,
		.dumpit		= manx_nl_set_get_dumpit,
		.policy		= manx_set_get_nl_policy,
		.maxattr	= MANX_A_SET_NAME,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= MANX_CMD_MEMBER_ADD,
		.doit		= manx_nl_member_add_doit,
		.policy		= manx_member_add_nl_policy,
		.maxattr	= MANX_A_SET_MEMBER,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= MANX_CMD_MEMBER_DEL,
		.doit		= manx_nl_member_del_doit,
		.policy		= manx_member_del_nl_policy,
		.maxattr	= MANX_A_SET_MEMBER,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= MANX_CMD_TABLE_NEW,
		.doit		= manx_nl_table_new_doit,
		.policy		= manx_table_new_nl_policy,
		.maxattr	= MANX_A_TABLE_RULE,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= MANX_CMD_TABLE_DEL,
		.doit		= manx_nl_table_del_doit,
		.policy		= manx_table_del_nl_policy,
		.maxattr	= MANX_A_TABLE_NAME,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= MANX_CMD_TABLE_GET,
		.doit		= manx_nl_table_get_doit,
		.dumpit		= manx_nl_table_get_dumpit,
		.policy		= manx_table_get_nl_policy,
		.maxattr	= MANX_A_TABLE_NAME,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= MANX_CMD_RULE_ADD,
		.doit		= manx_nl_rule_add_doit,
		.policy		= manx_rule_add_nl_policy,
		.maxattr	= MANX_A_TABLE_RULE,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= MANX_CMD_ENDPOINT_NEW,
		.doit		= manx_nl_endpoint_new_doit,
		.policy		= manx_endpoint_new_nl_policy,
		.maxattr	= MANX_A_ENDPOINT_EGRESS,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= MANX_CMD_ENDPOINT_DEL,
		.doit		= manx_nl_endpoint_del_doit,
		.policy		= manx_endpoint_del_nl_policy,
		.maxattr	= MANX_A_ENDPOINT_ID,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= MANX_CMD_ENDPOINT_GET,
		.doit		= manx_nl_endpoint_get_doit,
		.dumpit		= manx_nl_endpoint_get_dumpit,
		.policy		= manx_endpoint_get_nl_policy,
		.maxattr	= MANX_A_ENDPOINT_ID,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= MANX_CMD_PEER_NEW,
		.doit		= manx_nl_peer_new_doit,
		.policy		= manx_peer_new_nl_policy,
		.maxattr	= MANX_A_PEER_ADDRESS,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= MANX_CMD_PEER_DEL,
		.doit		= manx_nl_peer_del_doit,
		.policy		= manx_peer_del_nl_policy,
		.maxattr	= MANX_A_PEER_ADDRESS,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= MANX_CMD_PEER_GET,
		.doit		= manx_nl_peer_get_doit,
		.dumpit		= manx_nl_peer_get_dumpit,
		.policy		= manx_peer_get_nl_policy,
		.maxattr	= MANX_A_PEER_ADDRESS,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= MANX_CMD_FLOW_GET,
		.doit		= manx_nl_flow_get_doit,
		.dumpit		= manx_nl_flow_get_dumpit,
		.policy		= manx_flow_get_nl_policy,
		.maxattr	= MANX_A_FLOW_WAY,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= MANX_CMD_FLOW_DEL,
		.doit		= manx_nl_flow_del_doit,
		.policy		= manx_flow_del_nl_policy,
		.maxattr	= MANX_A_FLOW_WAY,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
};

static const struct genl_multicast_group manx_nl_mcgrps[] = {
	[MANX_NLGRP_EVENTS] = { "events", },
	[MANX_NLGRP_FLOWS] = { "flows", },
};
