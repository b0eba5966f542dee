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
 * @MANX_ACTION_LOG: send an event and go on with the next rule; only the first
 *   sixteen that a packet passes are counted and send one
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
 * @MANX_DROP_REASON_FLOW_LIMIT: a new flow, but the endpoint's share of the
 *   flow table, or the whole of it, is used up
 * @MANX_DROP_REASON_FRAGMENT_RATE: the endpoint sends more fragments than it
 *   may
 * @MANX_DROP_REASON_NOT_SYN: TCP in mid-stream of a flow that is not known,
 *   and node says that such are refused
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
	MANX_DROP_REASON_FLOW_LIMIT,
	MANX_DROP_REASON_FRAGMENT_RATE,
	MANX_DROP_REASON_NOT_SYN,

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
 * @MANX_EVENT_TYPE_LOST: that many events of the group that this comes to were
 *   not sent, the rate was too high
 * @MANX_EVENT_TYPE_AUDIT: sample of a packet that would have been dropped,
 *   were the node not in audit mode
 */
enum manx_event_type {
	MANX_EVENT_TYPE_GENERATION,
	MANX_EVENT_TYPE_ENDPOINT_BOUND,
	MANX_EVENT_TYPE_ENDPOINT_UNBOUND,
	MANX_EVENT_TYPE_LOG,
	MANX_EVENT_TYPE_DROP,
	MANX_EVENT_TYPE_LOST,
	MANX_EVENT_TYPE_AUDIT,

	/* private: */
	__MANX_EVENT_TYPE_MAX,
	MANX_EVENT_TYPE_MAX = (__MANX_EVENT_TYPE_MAX - 1)
};

/**
 * enum manx_table_form - how a table was compiled
 * @MANX_TABLE_FORM_CELLS: one load for every combination of classes
 * @MANX_TABLE_FORM_BIT_VECTORS: aggregated bit vectors, for tables with more
 *   combinations than cells are spent on
 */
enum manx_table_form {
	MANX_TABLE_FORM_CELLS,
	MANX_TABLE_FORM_BIT_VECTORS,

	/* private: */
	__MANX_TABLE_FORM_MAX,
	MANX_TABLE_FORM_MAX = (__MANX_TABLE_FORM_MAX - 1)
};

/**
 * enum manx_flow_state
 * @MANX_FLOW_STATE_NEW: no packet came back yet
 * @MANX_FLOW_STATE_REPLIED: packets went both ways; TCP, the handshake is
 *   going on
 * @MANX_FLOW_STATE_ESTABLISHED: TCP after the handshake
 * @MANX_FLOW_STATE_CLOSING: TCP after a FIN
 * @MANX_FLOW_STATE_CLOSED: TCP after a RST, or both sides' FIN
 */
enum manx_flow_state {
	MANX_FLOW_STATE_NEW,
	MANX_FLOW_STATE_REPLIED,
	MANX_FLOW_STATE_ESTABLISHED,
	MANX_FLOW_STATE_CLOSING,
	MANX_FLOW_STATE_CLOSED,

	/* private: */
	__MANX_FLOW_STATE_MAX,
	MANX_FLOW_STATE_MAX = (__MANX_FLOW_STATE_MAX - 1)
};

/**
 * enum manx_flow_flags
 * @MANX_FLOW_FLAGS_PICKED_UP: first seen in mid-stream
 * @MANX_FLOW_FLAGS_TRANSLATED: the host's connection tracking translates it
 * @MANX_FLOW_FLAGS_UNTRACKED: the host's connection tracking does not know it
 */
enum manx_flow_flags {
	MANX_FLOW_FLAGS_PICKED_UP = 1,
	MANX_FLOW_FLAGS_TRANSLATED = 2,
	MANX_FLOW_FLAGS_UNTRACKED = 4,

	/* private: */
	MANX_FLOW_FLAGS_MASK = 7,
};

/**
 * enum manx_fast - which flows may leave the host's stack aside
 * @MANX_FAST_OFF: none
 * @MANX_FAST_ESTABLISHED: those that the host's connection tracking has
 *   confirmed and does not translate
 * @MANX_FAST_DIRECT: also, from their first packet on, those of a namespace in
 *   which nobody else looks at forwarded packets; connection tracking is not
 *   asked for there
 */
enum manx_fast {
	MANX_FAST_OFF,
	MANX_FAST_ESTABLISHED,
	MANX_FAST_DIRECT,

	/* private: */
	__MANX_FAST_MAX,
	MANX_FAST_MAX = (__MANX_FAST_MAX - 1)
};

/**
 * enum manx_way - how the packets of one direction of a flow go
 * @MANX_WAY_STACK: through the host's stack
 * @MANX_WAY_ESTABLISHED: past it, after connection tracking has confirmed the
 *   flow
 * @MANX_WAY_DIRECT: past it, without connection tracking
 */
enum manx_way {
	MANX_WAY_STACK,
	MANX_WAY_ESTABLISHED,
	MANX_WAY_DIRECT,

	/* private: */
	__MANX_WAY_MAX,
	MANX_WAY_MAX = (__MANX_WAY_MAX - 1)
};

/**
 * enum manx_why - why the packets of one direction of a flow go through the
 *   host's stack
 * @MANX_WHY_OFF: the node says so, see fast
 * @MANX_WHY_NEW: no packet of this direction came since it could go another
 *   way
 * @MANX_WHY_TRANSLATED: connection tracking or IPVS translates it
 * @MANX_WHY_HELPER: a helper of connection tracking watches it, or its
 *   sequence numbers are adjusted
 * @MANX_WHY_UNTRACKED: connection tracking does not know it, and others look
 *   at forwarded packets
 * @MANX_WHY_STAY: a packet carried a bit of mark-stay
 * @MANX_WHY_CLOSING: a FIN or RST was seen
 * @MANX_WHY_ROUTE: its route is not a plain one to an endpoint, the tunnel or
 *   a device
 * @MANX_WHY_DEVICE: something is attached to a device that it passes: XDP, tc,
 *   nftables, a queueing discipline, a receive handler
 * @MANX_WHY_IPSEC: there is IPsec policy
 */
enum manx_why {
	MANX_WHY_OFF,
	MANX_WHY_NEW,
	MANX_WHY_TRANSLATED,
	MANX_WHY_HELPER,
	MANX_WHY_UNTRACKED,
	MANX_WHY_STAY,
	MANX_WHY_CLOSING,
	MANX_WHY_ROUTE,
	MANX_WHY_DEVICE,
	MANX_WHY_IPSEC,

	/* private: */
	__MANX_WHY_MAX,
	MANX_WHY_MAX = (__MANX_WHY_MAX - 1)
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
	MANX_A_TABLE_FORM,
	MANX_A_TABLE_MEMORY,

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
	MANX_A_ENDPOINT_FLOWS_FROM,
	MANX_A_ENDPOINT_FLOWS_TO,

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
	MANX_A_NODE_SYNC,
	MANX_A_NODE_MEMBERS,
	MANX_A_NODE_CLASSES,
	MANX_A_NODE_FLOWS,
	MANX_A_NODE_MEMORY,
	MANX_A_NODE_PAD,
	MANX_A_NODE_MAX_MEMBERS,
	MANX_A_NODE_MAX_RULES,
	MANX_A_NODE_MAX_CLASSES,
	MANX_A_NODE_MAX_MEMORY,
	MANX_A_NODE_MAX_FLOWS,
	MANX_A_NODE_MAX_FLOWS_FROM,
	MANX_A_NODE_MAX_FLOWS_TO,
	MANX_A_NODE_FRAGMENT_RATE,
	MANX_A_NODE_KEEP_ESTABLISHED,
	MANX_A_NODE_REFUSE_PICKUP,
	MANX_A_NODE_AUDIT,
	MANX_A_NODE_TIMEOUTS,
	MANX_A_NODE_FAST,
	MANX_A_NODE_MARK_STAY,
	MANX_A_NODE_QUEUE_PACKETS,

	__MANX_A_NODE_MAX,
	MANX_A_NODE_MAX = (__MANX_A_NODE_MAX - 1)
};

enum {
	MANX_A_TIMEOUTS_TCP_OPENING = 1,
	MANX_A_TIMEOUTS_TCP_ESTABLISHED,
	MANX_A_TIMEOUTS_TCP_CLOSING,
	MANX_A_TIMEOUTS_UDP,
	MANX_A_TIMEOUTS_UDP_REPLIED,
	MANX_A_TIMEOUTS_ICMP,
	MANX_A_TIMEOUTS_OTHER,

	__MANX_A_TIMEOUTS_MAX,
	MANX_A_TIMEOUTS_MAX = (__MANX_A_TIMEOUTS_MAX - 1)
};

enum {
	MANX_A_FLOW_FROM = 1,
	MANX_A_FLOW_TO,
	MANX_A_FLOW_ENDPOINT,
	MANX_A_FLOW_PROTOCOL,
	MANX_A_FLOW_SOURCE,
	MANX_A_FLOW_DESTINATION,
	MANX_A_FLOW_SOURCE_PORT,
	MANX_A_FLOW_DESTINATION_PORT,
	MANX_A_FLOW_ICMP_ID,
	MANX_A_FLOW_DOMAIN,
	MANX_A_FLOW_STATE,
	MANX_A_FLOW_FLAGS,
	MANX_A_FLOW_EXPIRES,
	MANX_A_FLOW_PACKETS,
	MANX_A_FLOW_BYTES,
	MANX_A_FLOW_REPLY_PACKETS,
	MANX_A_FLOW_REPLY_BYTES,
	MANX_A_FLOW_PAD,
	MANX_A_FLOW_JUDGED,
	MANX_A_FLOW_ENDED,
	MANX_A_FLOW_WAY,
	MANX_A_FLOW_REPLY_WAY,
	MANX_A_FLOW_WHY,
	MANX_A_FLOW_REPLY_WHY,

	__MANX_A_FLOW_MAX,
	MANX_A_FLOW_MAX = (__MANX_A_FLOW_MAX - 1)
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
	MANX_CMD_FLOW_GET,
	MANX_CMD_FLOW_DEL,
	MANX_CMD_FLOW_NEW_NTF,
	MANX_CMD_FLOW_END_NTF,

	__MANX_CMD_MAX,
	MANX_CMD_MAX = (__MANX_CMD_MAX - 1)
};

#define MANX_MCGRP_EVENTS	"events"
#define MANX_MCGRP_FLOWS	"flows"

#endif /* _UAPI_LINUX_MANX_H */
