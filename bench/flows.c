// SPDX-License-Identifier: GPL-2.0-only
/*
 * flows IN OUT FLOODER N udp|tcp HOOKS: what packets of established flows and first packets
 * cost beside N others in the table.
 *
 * In this network namespace, by the module manx_bench: packets from device IN to OUT begin
 * flows and are answered; N packets, each another flow's first, come from device FLOODER,
 * UDP or SYNs of TCP; then those flows have one more packet, and others begin. HOOKS are
 * the bits of enum bench_hook that every packet is taken to.
 *
 * Prints as JSON, for the packets of known flows ("hit") and first packets ("miss"), of UDP
 * and of TCP, their number, how many were refused, and of each hook the mean and greatest
 * cost.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "hook/manx_bench.h"

#define SAMPLES		256
#define BATCH		4096
#define REPEAT		3
#define POD		0x0a630002	/* 10.99.0.2, and .3 behind FLOODER */
#define SERVER		0xc6120000	/* 198.18.0.0/15 */

static int device;
static unsigned int in, out, flooder, hooks;

static void die(const char *what)
{
	perror(what);
	exit(2);
}

static void run(unsigned int from, unsigned int to, struct bench_packet *p, unsigned int n,
		unsigned int repeat)
{
	struct bench_job job = { .in = from, .out = to, .n = n, .repeat = repeat, .hooks = hooks,
				 .packets = (unsigned long)p };

	if (ioctl(device, BENCH_JUDGE, &job))
		die("judge");
}

/* Packet i of a pod: no two of them have the same addresses and ports. */
static struct bench_packet packet(unsigned int pod, unsigned int i, int protocol)
{
	unsigned int scattered = i * 2654435761U;	/* one to one */

	return (struct bench_packet){
		.saddr = htonl(POD + pod), .daddr = htonl(SERVER | scattered >> 15),
		.sport = htons(1024 + (scattered & 0x7fff)), .dport = htons(53),
		.protocol = protocol, .tcp_flags = BENCH_SYN,
	};
}

static void answer(struct bench_packet *p, unsigned int tcp_flags)
{
	struct bench_packet q = *p;

	p->saddr = q.daddr;
	p->daddr = q.saddr;
	p->sport = q.dport;
	p->dport = q.sport;
	p->tcp_flags = tcp_flags;
}

static void prepare(struct bench_packet *p, unsigned int first, int protocol)
{
	for (unsigned int i = 0; i < SAMPLES; i++)
		p[i] = packet(0, first + i, protocol);
}

/* Takes flows to where both ends have spoken; @p: their next packets from IN. */
static void establish(struct bench_packet *p)
{
	run(in, out, p, SAMPLES, 1);
	for (unsigned int i = 0; i < SAMPLES; i++)
		answer(&p[i], BENCH_SYN | BENCH_ACK);
	run(out, in, p, SAMPLES, 1);
	for (unsigned int i = 0; i < SAMPLES; i++)
		answer(&p[i], BENCH_ACK);
	run(in, out, p, SAMPLES, 1);
}

static void flood(unsigned int n, int protocol)
{
	static struct bench_packet p[BATCH];

	for (unsigned int done = 0; done < n; done += BATCH) {
		unsigned int count = n - done < BATCH ? n - done : BATCH;

		for (unsigned int i = 0; i < count; i++)
			p[i] = packet(1, done + i, protocol);
		run(flooder, out, p, count, 1);
	}
}

static void print_hook(const struct bench_packet *p, int hook)
{
	unsigned int n = 0, max = 0;
	double sum = 0;

	for (unsigned int i = 0; i < SAMPLES; i++) {
		if (p[i].cost[hook] == BENCH_UNKNOWN)
			continue;
		n++;
		sum += p[i].cost[hook];
		max = p[i].cost[hook] > max ? p[i].cost[hook] : max;
	}
	if (n)
		printf(",\"%d\":{\"n\":%u,\"mean\":%.1f,\"max\":%u}", hook, n, sum / n, max);
}

static void print(const char *name, const char *protocol, const struct bench_packet *p)
{
	unsigned int refused = 0;

	for (unsigned int i = 0; i < SAMPLES; i++)
		refused += !p[i].accepted;
	printf(",\"%s-%s\":{\"refused\":%u", name, protocol, refused);
	for (int hook = 0; hook < BENCH_HOOKS; hook++)
		print_hook(p, hook);
	printf("}");
}

int main(int argc, char **argv)
{
	static struct bench_packet udp[SAMPLES], tcp[SAMPLES];

	if (argc != 7)
		return 2;
	device = open("/dev/manx-bench", O_RDWR);
	if (device < 0)
		die("/dev/manx-bench");
	in = if_nametoindex(argv[1]);
	out = if_nametoindex(argv[2]);
	flooder = if_nametoindex(argv[3]);
	hooks = strtoul(argv[6], NULL, 0);

	prepare(udp, 0, IPPROTO_UDP);
	prepare(tcp, 0, IPPROTO_TCP);
	establish(udp);
	establish(tcp);
	flood(strtoul(argv[4], NULL, 0), strcmp(argv[5], "tcp") ? IPPROTO_UDP : IPPROTO_TCP);
	usleep(100000);	/* entries that had to make room are freed after a grace period */
	run(in, out, udp, SAMPLES, REPEAT);
	run(in, out, tcp, SAMPLES, REPEAT);
	printf("\"flows\":%s,\"flood\":\"%s\"", argv[4], argv[5]);
	print("hit", "udp", udp);
	print("hit", "tcp", tcp);
	prepare(udp, SAMPLES, IPPROTO_UDP);
	prepare(tcp, SAMPLES, IPPROTO_TCP);
	run(in, out, udp, SAMPLES, 1);
	run(in, out, tcp, SAMPLES, 1);
	print("miss", "udp", udp);
	print("miss", "tcp", tcp);
	return 0;
}
