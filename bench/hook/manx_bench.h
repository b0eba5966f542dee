/* SPDX-License-Identifier: GPL-2.0-only */
/* What bench/judge.c and the module manx_bench say to each other. */
#ifndef MANX_BENCH_H
#define MANX_BENCH_H

#include <linux/ioctl.h>
#include <linux/types.h>

/**
 * enum bench_hook - netfilter's hooks on a forwarded packet's way, as indices of costs
 * @BENCH_PRE_ROUTING: where conntrack looks for the packet's flow
 * @BENCH_FORWARD: where packet filters judge it
 * @BENCH_POST_ROUTING: where conntrack makes a new flow's entry
 */
enum bench_hook {
	BENCH_PRE_ROUTING,
	BENCH_FORWARD,
	BENCH_POST_ROUTING,
	BENCH_HOOKS,
};

/* Of TCP, as in its header. */
#define BENCH_SYN	0x02
#define BENCH_ACK	0x10

/**
 * struct bench_packet - a packet to be judged, and what became of it
 * @saddr: addresses and ports are in network byte order
 * @protocol: IPPROTO_TCP or IPPROTO_UDP
 * @tcp_flags: BENCH_SYN, BENCH_ACK or both
 * @accepted: by all hooks that it came to, written by the module
 * @cost: of each of enum bench_hook the fewest ticks of the processor's clock that a
 *	passage took, written by the module; BENCH_UNKNOWN if it never came there, or
 *	not without an interrupt of the clock
 */
struct bench_packet {
	__be32 saddr;
	__be32 daddr;
	__be16 sport;
	__be16 dport;
	__u8 protocol;
	__u8 tcp_flags;
	__u8 accepted;
	__u8 pad;
	__u32 cost[BENCH_HOOKS];
};

/**
 * struct bench_job - packets to be taken through hooks of the caller's network namespace
 * @in: index of the device through which they came
 * @out: index of that through which they would leave
 * @n: number of packets, at most BENCH_MAX
 * @repeat: how often each of them is judged, at most BENCH_MAX
 * @hooks: a bit for each of enum bench_hook that they are taken to. With POST_ROUTING
 *	conntrack keeps what it knows of a packet that was accepted, and bench/profile
 *	counts all hooks; otherwise it counts FORWARD alone
 * @packets: struct bench_packet *
 */
struct bench_job {
	__u32 in;
	__u32 out;
	__u32 n;
	__u32 repeat;
	__u32 hooks;
	__u32 pad;
	__u64 packets;
};

#define BENCH_MAX	65536
#define BENCH_UNKNOWN	0xffffffffU
#define BENCH_JUDGE	_IOWR('m', 1, struct bench_job)

#endif /* MANX_BENCH_H */
