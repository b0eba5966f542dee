/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Dropping packets: each with one reason, counted once.
 */
#ifndef _MANX_DROP_H
#define _MANX_DROP_H

#include <linux/skbuff.h>
#include <uapi/linux/manx.h>

#include "link.h"

/**
 * manx_drop() - count, report and free a packet
 * @skb: packet, consumed
 * @ns: namespace of the node
 * @link: primary or tunnel that it belongs to, or NULL
 * @reason: why
 * @p: its headers, NULL if they were not read
 *
 * The reason is counted at @link, or at the namespace. The core is told the
 * nearest of its own reasons, because a module cannot register reasons
 * (include/net/dropreason.h); ours is in the tracepoint manx:manx_drop.
 *
 * Context: RCU read lock held, bottom halves disabled.
 */
void manx_drop(struct sk_buff *skb, struct manx_ns *ns, struct manx_link *link,
	       enum manx_drop_reason reason, const struct manx_packet *p);

/**
 * manx_count_drop() - manx_drop() for a packet that somebody else will free
 * @skb: packet
 * @ns: namespace of the node
 * @link: primary or tunnel that it belongs to, or NULL
 * @reason: why
 * @p: its headers, NULL if they were not read
 */
void manx_count_drop(const struct sk_buff *skb, struct manx_ns *ns, struct manx_link *link,
		     enum manx_drop_reason reason, const struct manx_packet *p);

/**
 * manx_reason_name() - short name of a reason, as in the specification
 * @reason: below MANX_REASONS
 */
const char *manx_reason_name(enum manx_drop_reason reason);

#endif /* _MANX_DROP_H */
