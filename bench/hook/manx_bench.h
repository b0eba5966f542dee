/* SPDX-License-Identifier: GPL-2.0-only */
/* What bench/judge.c and the module manx_bench say to each other. */
#ifndef MANX_BENCH_H
#define MANX_BENCH_H

#include <linux/ioctl.h>
#include <linux/types.h>

/**
 * struct bench_packet - a packet to be judged, and what became of it
 * @saddr: addresses and ports are in network byte order
 * @protocol: IPPROTO_TCP or IPPROTO_UDP
 * @accepted: the hook's verdict, written by the module
 * @cost: the fewest ticks of the processor's clock that a judgement took, written by
 *	the module
 */
struct bench_packet {
	__be32 saddr;
	__be32 daddr;
	__be16 sport;
	__be16 dport;
	__u8 protocol;
	__u8 accepted;
	__u16 pad;
	__u32 cost;
};

/**
 * struct bench_job - packets to be taken through the FORWARD hook of the caller's
 *	network namespace
 * @in: index of the device through which they came
 * @out: index of that through which they would leave
 * @n: number of packets, at most BENCH_MAX
 * @repeat: how often each of them is judged, at most BENCH_MAX
 * @packets: struct bench_packet *
 */
struct bench_job {
	__u32 in;
	__u32 out;
	__u32 n;
	__u32 repeat;
	__u64 packets;
};

#define BENCH_MAX	65536
#define BENCH_JUDGE	_IOWR('m', 1, struct bench_job)

#endif /* MANX_BENCH_H */
