/* SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause) */
/*
 * Links of kind "manx": rtnetlink attributes inside IFLA_INFO_DATA.
 *
 * Everything that can change during a link's life is set through the generic
 * netlink family (linux/manx.h); what stands here is fixed when the link is
 * made, because it must be there before the first packet.
 */
#ifndef _UAPI_LINUX_MANX_LINK_H
#define _UAPI_LINUX_MANX_LINK_H

#define MANX_LINK_KIND	"manx"

/**
 * enum manx_link_mode - value of IFLA_MANX_MODE
 * @MANX_LINK_PAIR: two Ethernet devices, back to back: the primary, which
 *	stays in the namespace where it was made, and the peer, which becomes
 *	the container's interface and may move (default)
 * @MANX_LINK_TUNNEL: the IPIP device of a node, at most one a namespace
 */
enum manx_link_mode {
	MANX_LINK_PAIR,
	MANX_LINK_TUNNEL,

	/* private: */
	__MANX_LINK_MODE_MAX,
};

/**
 * enum manx_link_role - value of IFLA_MANX_ROLE
 * @MANX_ROLE_PRIMARY: the node's end of a pair
 * @MANX_ROLE_PEER: the container's end of a pair
 * @MANX_ROLE_TUNNEL: a tunnel
 */
enum manx_link_role {
	MANX_ROLE_PRIMARY,
	MANX_ROLE_PEER,
	MANX_ROLE_TUNNEL,
};

/**
 * enum - attributes of a manx link
 * @IFLA_MANX_UNSPEC: unused
 * @IFLA_MANX_PEER: nested, &struct ifinfomsg and IFLA_* attributes of the peer
 *	(name, address, MTU, IFLA_NET_NS_FD or IFLA_NET_NS_PID)
 * @IFLA_MANX_MODE: u32, &enum manx_link_mode
 * @IFLA_MANX_ENDPOINT: u32, id of the endpoint behind a pair, 2 and above,
 *	used by no other link of the namespace. Without it the pair has no
 *	endpoint and lets nothing through
 * @IFLA_MANX_LOCAL: be32, tunnel: this node's underlay address, mandatory
 * @IFLA_MANX_TTL: u32, tunnel: TTL of the outer header, 1 to 255; without it,
 *	or with 0, the namespace's default TTL. The inner TTL is never copied
 *	(RFC 2003, section 3.1)
 * @IFLA_MANX_ROLE: u32, &enum manx_link_role, in dumps only
 */
enum {
	IFLA_MANX_UNSPEC,
	IFLA_MANX_PEER,
	IFLA_MANX_MODE,
	IFLA_MANX_ENDPOINT,
	IFLA_MANX_LOCAL,
	IFLA_MANX_TTL,
	IFLA_MANX_ROLE,

	/* private: */
	__IFLA_MANX_MAX,
};

#define IFLA_MANX_MAX (__IFLA_MANX_MAX - 1)

#endif /* _UAPI_LINUX_MANX_LINK_H */
