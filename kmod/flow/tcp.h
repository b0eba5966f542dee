/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The state of a TCP connection, as far as its flags tell.
 */
#ifndef _MANX_FLOW_TCP_H
#define _MANX_FLOW_TCP_H

#include <linux/types.h>

/* directions of a flow; the numbers are those of enum ip_conntrack_dir */
#define MANX_FLOW_ORIGINAL	0
#define MANX_FLOW_REPLY		1

/* octet 13 of the TCP header */
#define MANX_TCP_FIN_FLAG	0x01
#define MANX_TCP_SYN_FLAG	0x02
#define MANX_TCP_RST_FLAG	0x04
#define MANX_TCP_ACK_FLAG	0x10

/**
 * enum manx_tcp - state of a connection
 * @MANX_TCP_SYN: its originator sent a SYN
 * @MANX_TCP_BOTH_SYN: both sides did (simultaneous open)
 * @MANX_TCP_SYN_ACK: a SYN was acknowledged
 * @MANX_TCP_ESTABLISHED: and so was the other, or it was picked up in mid-stream
 * @MANX_TCP_FIN_ORIGINAL: the originator closed its side
 * @MANX_TCP_FIN_REPLY: the other did
 * @MANX_TCP_CLOSED: both did, or one sent a RST
 * @MANX_TCP_REOPENED: a SYN came after the end: the next connection of the same
 *	tuple. No entry stays in this state
 */
enum manx_tcp {
	MANX_TCP_SYN,
	MANX_TCP_BOTH_SYN,
	MANX_TCP_SYN_ACK,
	MANX_TCP_ESTABLISHED,
	MANX_TCP_FIN_ORIGINAL,
	MANX_TCP_FIN_REPLY,
	MANX_TCP_CLOSED,
	MANX_TCP_REOPENED,
};

/**
 * manx_tcp_opens() - is it the first segment of a connection
 * @flags: octet 13 of the TCP header
 *
 * Return: true for a SYN without ACK, RST and FIN.
 */
static inline bool manx_tcp_opens(u8 flags)
{
	return (flags & (MANX_TCP_SYN_FLAG | MANX_TCP_ACK_FLAG | MANX_TCP_RST_FLAG |
			 MANX_TCP_FIN_FLAG)) == MANX_TCP_SYN_FLAG;
}

/**
 * manx_tcp_first() - state after the first packet that was seen
 * @flags: octet 13 of the TCP header, without RST
 */
enum manx_tcp manx_tcp_first(u8 flags);

/**
 * manx_tcp_next() - state after one more packet
 * @state: before
 * @dir: MANX_FLOW_ORIGINAL or MANX_FLOW_REPLY
 * @flags: octet 13 of the TCP header
 *
 * Pure. Sequence numbers are not looked at, see tcp.c for what follows from it.
 */
enum manx_tcp manx_tcp_next(enum manx_tcp state, unsigned int dir, u8 flags);

#endif /* _MANX_FLOW_TCP_H */
