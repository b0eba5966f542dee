/* SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause) */
/* Do not edit directly, auto-generated from: */
/*	netlink/specs/manx.yaml */
/* YNL-GEN uapi header */

#ifndef _UAPI_LINUX_MANX_H
#define _UAPI_LINUX_MANX_H

#define MANX_FAMILY_NAME	"manx"
#define MANX_FAMILY_VERSION	1

#define MANX_NAME_MAX	127

/**
 * enum manx_direction - seen from the endpoint
 * @MANX_DIRECTION_INGRESS: into the endpoint; the endpoint's own side is the
 *   destination
 * @MANX_DIRECTION_EGRESS: out of the endpoint; the endpoint's own side is the
 *   source
 */
enum manx_direction {
	MANX_DIRECTION_INGRESS,
	MANX_DIRECTION_EGRESS,

	/* private: */
	__MANX_DIRECTION_MAX,
	MANX_DIRECTION_MAX = (__MANX_DIRECTION_MAX - 1)
};

/**
 * enum manx_action
 * @MANX_ACTION_ALLOW: let the packet pass, ask no further table
 * @MANX_ACTION_DENY: drop the packet
 * @MANX_ACTION_REJECT: drop the packet and tell its sender (TCP reset, ICMP
 *   unreachable)
 * @MANX_ACTION_PASS: leave this table and ask the next one of the chain
 * @MANX_ACTION_LOG: send an event and go on with the next rule
 */
enum manx_action {
	MANX_ACTION_ALLOW,
	MANX_ACTION_DENY,
	MANX_ACTION_REJECT,
	MANX_ACTION_PASS,
	MANX_ACTION_LOG,

	/* private: */
	__MANX_ACTION_MAX,
	MANX_ACTION_MAX = (__MANX_ACTION_MAX - 1)
};

/**
 * enum manx_drop_reason - why a packet was dropped; each drop is counted under
 *   exactly one reason
 * @MANX_DROP_REASON_CLOSED: the link has no endpoint object, or the endpoint
 *   is being removed
 * @MANX_DROP_REASON_POLICY_EGRESS: denied by the source endpoint's egress
 *   chain
 * @MANX_DROP_REASON_POLICY_INGRESS: denied by the destination endpoint's
 *   ingress chain
 * @MANX_DROP_REASON_TO_NODE: from an endpoint to its own node, whose default
 *   action is deny
 * @MANX_DROP_REASON_ETHERTYPE: neither IPv4, IPv6 nor ARP, or VLAN-tagged
 * @MANX_DROP_REASON_DEST_MAC: unicast to a MAC address that is not the
 *   primary's
 * @MANX_DROP_REASON_SOURCE_MAC: source MAC address is not the endpoint's
 * @MANX_DROP_REASON_SOURCE_ADDRESS: source IP address is not the endpoint's
 * @MANX_DROP_REASON_MALFORMED: truncated or inconsistent IP header
 * @MANX_DROP_REASON_NEIGHBOUR: ARP or ND that is malformed, a reply, or has no
 *   answer
 * @MANX_DROP_REASON_ENCAP: IPIP or VXLAN sent by an endpoint that may not
 * @MANX_DROP_REASON_TOO_BIG: longer than the MTU of the receiving link or of
 *   the path
 * @MANX_DROP_REASON_LINK_DOWN: the other end of the pair is down or gone
 * @MANX_DROP_REASON_BACKLOG: the receive queue of the CPU was full
 * @MANX_DROP_REASON_NO_MEMORY: the packet could not be copied or extended
 * @MANX_DROP_REASON_NO_PEER: tunnel, the route's next hop is not a registered
 *   peer
 * @MANX_DROP_REASON_NO_ROUTE: tunnel, no usable route to the peer, or it leads
 *   back into the tunnel
 * @MANX_DROP_REASON_INNER_SOURCE: from outside, with a source that is local,
 *   or that the sending peer may not use
 */
enum manx_drop_reason {
	MANX_DROP_REASON_CLOSED,
	MANX_DROP_REASON_POLICY_EGRESS,
	MANX_DROP_REASON_POLICY_INGRESS,
	MANX_DROP_REASON_TO_NODE,
	MANX_DROP_REASON_ETHERTYPE,
	MANX_DROP_REASON_DEST_MAC,
	MANX_DROP_REASON_SOURCE_MAC,
	MANX_DROP_REASON_SOURCE_ADDRESS,
	MANX_DROP_REASON_MALFORMED,
	MANX_DROP_REASON_NEIGHBOUR,
	MANX_DROP_REASON_ENCAP,
	MANX_DROP_REASON_TOO_BIG,
	MANX_DROP_REASON_LINK_DOWN,
	MANX_DROP_REASON_BACKLOG,
	MANX_DROP_REASON_NO_MEMORY,
	MANX_DROP_REASON_NO_PEER,
	MANX_DROP_REASON_NO_ROUTE,
	MANX_DROP_REASON_INNER_SOURCE,

	/* private: */
	__MANX_DROP_REASON_MAX,
	MANX_DROP_REASON_MAX = (__MANX_DROP_REASON_MAX - 1)
};

/**
 * enum manx_endpoint_flags
 * @MANX_ENDPOINT_FLAGS_ALLOW_ENCAP: the endpoint may send IPIP and VXLAN
 * @MANX_ENDPOINT_FLAGS_ALLOW_DHCP: the endpoint may send from 0.0.0.0, for
 *   DHCP
 */
enum manx_endpoint_flags {
	MANX_ENDPOINT_FLAGS_ALLOW_ENCAP = 1,
	MANX_ENDPOINT_FLAGS_ALLOW_DHCP = 2,

	/* private: */
	MANX_ENDPOINT_FLAGS_MASK = 3,
};

/**
 * enum manx_event_type
 * @MANX_EVENT_TYPE_GENERATION: a transaction was committed
 * @MANX_EVENT_TYPE_ENDPOINT_BOUND: a link was made for an endpoint id
 * @MANX_EVENT_TYPE_ENDPOINT_UNBOUND: the link of an endpoint id is gone
 * @MANX_EVENT_TYPE_LOG: a packet passed a rule with action log
 * @MANX_EVENT_TYPE_DROP: sample of a dropped packet
 * @MANX_EVENT_TYPE_LOST: that many log and drop events were not sent, the rate
 *   was too high
 */
enum manx_event_type {
	MANX_EVENT_TYPE_GENERATION,
	MANX_EVENT_TYPE_ENDPOINT_BOUND,
	MANX_EVENT_TYPE_ENDPOINT_UNBOUND,
	MANX_EVENT_TYPE_LOG,
	MANX_EVENT_TYPE_DROP,
	MANX_EVENT_TYPE_LOST,

	/* private: */
	__MANX_EVENT_TYPE_MAX,
	MANX_EVENT_TYPE_MAX = (__MANX_EVENT_TYPE_MAX - 1)
};

enum {
	MANX_A_RULE_ID = 1,
	MANX_A_RULE_ACTION,
	MANX_A_RULE_IP_VERSION,
	MANX_A_RULE_PROTOCOL,
	MANX_A_RULE_NOT_PROTOCOL,
	MANX_A_RULE_SRC_NET,
	MANX_A_RULE_NOT_SRC_NET,
	MANX_A_RULE_DST_NET,
	MANX_A_RULE_NOT_DST_NET,
	MANX_A_RULE_SRC_SET,
	MANX_A_RULE_NOT_SRC_SET,
	MANX_A_RULE_DST_SET,
	MANX_A_RULE_NOT_DST_SET,
	MANX_A_RULE_SRC_PORT,
	MANX_A_RULE_NOT_SRC_PORT,
	MANX_A_RULE_DST_PORT,
	MANX_A_RULE_NOT_DST_PORT,
	MANX_A_RULE_ICMP_TYPE,
	MANX_A_RULE_ICMP_CODE,
	MANX_A_RULE_NOT_ICMP_TYPE,
	MANX_A_RULE_NOT_ICMP_CODE,
	MANX_A_RULE_PACKETS,
	MANX_A_RULE_PAD,

	__MANX_A_RULE_MAX,
	MANX_A_RULE_MAX = (__MANX_A_RULE_MAX - 1)
};

enum {
	MANX_A_TABLE_NAME = 1,
	MANX_A_TABLE_DIRECTION,
	MANX_A_TABLE_DEFAULT_ACTION,
	MANX_A_TABLE_RULE,
	MANX_A_TABLE_RULES,
	MANX_A_TABLE_DEFAULT_PACKETS,
	MANX_A_TABLE_PAD,
	MANX_A_TABLE_GENERATION,

	__MANX_A_TABLE_MAX,
	MANX_A_TABLE_MAX = (__MANX_A_TABLE_MAX - 1)
};

enum {
	MANX_A_SET_NAME = 1,
	MANX_A_SET_MEMBER,
	MANX_A_SET_MEMBERS,
	MANX_A_SET_GENERATION,

	__MANX_A_SET_MAX,
	MANX_A_SET_MAX = (__MANX_A_SET_MAX - 1)
};

enum {
	MANX_A_DROPS_REASON = 1,
	MANX_A_DROPS_PACKETS,
	MANX_A_DROPS_PAD,

	__MANX_A_DROPS_MAX,
	MANX_A_DROPS_MAX = (__MANX_A_DROPS_MAX - 1)
};

enum {
	MANX_A_ENDPOINT_ID = 1,
	MANX_A_ENDPOINT_NAME,
	MANX_A_ENDPOINT_ADDRESS,
	MANX_A_ENDPOINT_SOURCE_PREFIX,
	MANX_A_ENDPOINT_MAC,
	MANX_A_ENDPOINT_FLAGS,
	MANX_A_ENDPOINT_INGRESS,
	MANX_A_ENDPOINT_EGRESS,
	MANX_A_ENDPOINT_IFINDEX,
	MANX_A_ENDPOINT_RX_PACKETS,
	MANX_A_ENDPOINT_RX_BYTES,
	MANX_A_ENDPOINT_TX_PACKETS,
	MANX_A_ENDPOINT_TX_BYTES,
	MANX_A_ENDPOINT_DROPS,
	MANX_A_ENDPOINT_PAD,
	MANX_A_ENDPOINT_GENERATION,

	__MANX_A_ENDPOINT_MAX,
	MANX_A_ENDPOINT_MAX = (__MANX_A_ENDPOINT_MAX - 1)
};

enum {
	MANX_A_PEER_ADDRESS = 1,
	MANX_A_PEER_GENERATION,

	__MANX_A_PEER_MAX,
	MANX_A_PEER_MAX = (__MANX_A_PEER_MAX - 1)
};

enum {
	MANX_A_NODE_GENERATION = 1,
	MANX_A_NODE_MARK_MASK,
	MANX_A_NODE_ENDPOINT_TO_NODE,
	MANX_A_NODE_SETS,
	MANX_A_NODE_TABLES,
	MANX_A_NODE_RULES,
	MANX_A_NODE_ENDPOINTS,
	MANX_A_NODE_PEERS,
	MANX_A_NODE_VERSION,
	MANX_A_NODE_DROPS,
	MANX_A_NODE_COMMIT,

	__MANX_A_NODE_MAX,
	MANX_A_NODE_MAX = (__MANX_A_NODE_MAX - 1)
};

enum {
	MANX_A_EVENT_TYPE = 1,
	MANX_A_EVENT_GENERATION,
	MANX_A_EVENT_ENDPOINT,
	MANX_A_EVENT_IFINDEX,
	MANX_A_EVENT_DIRECTION,
	MANX_A_EVENT_REASON,
	MANX_A_EVENT_TABLE,
	MANX_A_EVENT_RULE,
	MANX_A_EVENT_PROTOCOL,
	MANX_A_EVENT_SOURCE,
	MANX_A_EVENT_DESTINATION,
	MANX_A_EVENT_SOURCE_PORT,
	MANX_A_EVENT_DESTINATION_PORT,
	MANX_A_EVENT_LOST,

	__MANX_A_EVENT_MAX,
	MANX_A_EVENT_MAX = (__MANX_A_EVENT_MAX - 1)
};

enum {
	MANX_CMD_NODE_GET = 1,
	MANX_CMD_NODE_SET,
	MANX_CMD_TXN_BEGIN,
	MANX_CMD_TXN_END,
	MANX_CMD_SET_NEW,
	MANX_CMD_SET_DEL,
	MANX_CMD_SET_GET,
	MANX_CMD_MEMBER_ADD,
	MANX_CMD_MEMBER_DEL,
	MANX_CMD_TABLE_NEW,
	MANX_CMD_TABLE_DEL,
	MANX_CMD_TABLE_GET,
	MANX_CMD_RULE_ADD,
	MANX_CMD_ENDPOINT_NEW,
	MANX_CMD_ENDPOINT_DEL,
	MANX_CMD_ENDPOINT_GET,
	MANX_CMD_PEER_NEW,
	MANX_CMD_PEER_DEL,
	MANX_CMD_PEER_GET,
	MANX_CMD_EVENT_NTF,

	__MANX_CMD_MAX,
	MANX_CMD_MAX = (__MANX_CMD_MAX - 1)
};

#define MANX_MCGRP_EVENTS	"events"

#endif /* _UAPI_LINUX_MANX_H */
