// SPDX-License-Identifier: GPL-2.0-only
/*
 * The configuration that a namespace begins with.
 */
#include "config.h"

const struct manx_config manx_config_default = {
	.mark_mask		= 0xffff0000,
	.mark_accept		= 0x00010000,
	.endpoint_to_node	= MANX_ACTION_DENY,
	.max_members		= 1 << 20,
	.max_rules		= 1 << 20,
	.max_classes		= 65535,
	.max_memory		= 1 << 30,
	.max_flows		= 1 << 18,
	.max_flows_from		= 1 << 14,
	.max_flows_to		= 1 << 14,
	.fragment_rate		= 1000,
	.fast			= MANX_FAST_ESTABLISHED,
	.mark_stay		= 0,
	.queue_packets		= 256,
	.timeout = {
		[MANX_A_TIMEOUTS_TCP_OPENING]		= 120,
		[MANX_A_TIMEOUTS_TCP_ESTABLISHED]	= 432000,
		[MANX_A_TIMEOUTS_TCP_CLOSING]		= 120,
		[MANX_A_TIMEOUTS_UDP]			= 30,
		[MANX_A_TIMEOUTS_UDP_REPLIED]		= 180,
		[MANX_A_TIMEOUTS_ICMP]			= 30,
		[MANX_A_TIMEOUTS_OTHER]			= 600,
	},
};
