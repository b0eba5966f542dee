// SPDX-License-Identifier: GPL-2.0-only
/*
 * The state of a TCP connection, as far as its flags tell.
 *
 * The state decides how long an entry lives without packets, whether it may be
 * evicted, and when a SYN begins another connection of the same tuple, which is
 * judged anew. It decides nothing else: a packet of an allowed flow passes in
 * every state. So windows and sequence numbers, which nf_conntrack tracks, need
 * not be followed. A forged RST or FIN (whoever sends it has to know the tuple,
 * and from outside a wrong one passes conntrack as invalid) shortens the time
 * that an idle entry lives, no more: its next packet finds no entry, is judged
 * in the original direction that conntrack remembers, and makes a new one. Ends
 * that ignore the forged segment do not notice.
 *
 * Where the two sides differ, e.g. in what an ACK of one side acknowledges, the
 * later state is taken, as that of the ends is not known.
 */
#include "tcp.h"

enum manx_tcp manx_tcp_first(u8 flags)
{
	if (flags & MANX_TCP_FIN_FLAG)
		return MANX_TCP_FIN_ORIGINAL;
	if (flags & MANX_TCP_SYN_FLAG)
		return flags & MANX_TCP_ACK_FLAG ? MANX_TCP_SYN_ACK : MANX_TCP_SYN;
	return MANX_TCP_ESTABLISHED;
}

/* Before the handshake is through; neither RST nor FIN. */
static enum manx_tcp manx_tcp_handshake(enum manx_tcp state, unsigned int dir, u8 flags)
{
	bool syn = flags & MANX_TCP_SYN_FLAG, ack = flags & MANX_TCP_ACK_FLAG;

	switch (state) {
	case MANX_TCP_SYN:
		/* an ACK alone is a challenge (RFC 5961), or of an older connection */
		if (syn && dir == MANX_FLOW_REPLY)
			return ack ? MANX_TCP_SYN_ACK : MANX_TCP_BOTH_SYN;
		return state;
	case MANX_TCP_BOTH_SYN:
		return syn && ack ? MANX_TCP_SYN_ACK : state;
	default:
		/* the second SYN-ACK of a simultaneous open, or the ACK of a usual one */
		if (ack && (!syn || dir == MANX_FLOW_ORIGINAL))
			return MANX_TCP_ESTABLISHED;
		return state;
	}
}

static enum manx_tcp manx_tcp_fin(enum manx_tcp state, unsigned int dir)
{
	enum manx_tcp own = dir == MANX_FLOW_ORIGINAL ? MANX_TCP_FIN_ORIGINAL : MANX_TCP_FIN_REPLY;

	switch (state) {
	case MANX_TCP_FIN_ORIGINAL:
	case MANX_TCP_FIN_REPLY:
		return state == own ? state : MANX_TCP_CLOSED;
	case MANX_TCP_CLOSED:
		return state;
	default:
		return own;
	}
}

enum manx_tcp manx_tcp_next(enum manx_tcp state, unsigned int dir, u8 flags)
{
	if (flags & MANX_TCP_RST_FLAG) {
		/* what answers a SYN acknowledges it (RFC 9293, 3.10.7.3) */
		if (state == MANX_TCP_SYN && dir == MANX_FLOW_REPLY && !(flags & MANX_TCP_ACK_FLAG))
			return state;
		return MANX_TCP_CLOSED;
	}
	if (manx_tcp_opens(flags) && state >= MANX_TCP_FIN_ORIGINAL)
		return MANX_TCP_REOPENED;
	if (flags & MANX_TCP_FIN_FLAG)
		return manx_tcp_fin(state, dir);
	return state < MANX_TCP_ESTABLISHED ? manx_tcp_handshake(state, dir, flags) : state;
}
