// SPDX-License-Identifier: GPL-2.0-only
/*
 * judge IN OUT FILE [untracked]: takes the packets of a file through the FORWARD hook of this network
 * namespace, from device IN to device OUT, by the module manx_bench. Where conntrack is
 * in use they have gone through it before, as packets of new flows, at no cost here,
 * unless they are to be untracked.
 *
 * A line of the file is "source destination protocol sport dport accepted group". Prints
 * one JSON object: how many answers were not those of the file, and for each group the
 * number of packets and the mean, median, least and greatest cost. A packet that is to
 * be accepted is judged once, as the first of its flow; others several times, of which
 * the least counts. Status 1 if an answer was wrong.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "hook/manx_bench.h"

#define REPEAT		3
#define MAX_GROUPS	16
#define MAX_IN_GROUP	4096

struct group {
	char name[16];
	unsigned int n;
	unsigned int cost[MAX_IN_GROUP];
};

static struct group groups[MAX_GROUPS];
static unsigned int wrong, judged;
static char first_wrong[256];

static void die(const char *what)
{
	perror(what);
	exit(2);
}

static struct group *group_of(const char *name)
{
	for (int i = 0; i < MAX_GROUPS; i++) {
		if (!groups[i].name[0])
			strcpy(groups[i].name, name);
		if (strcmp(groups[i].name, name) == 0)
			return &groups[i];
	}
	fprintf(stderr, "too many groups\n");
	exit(2);
}

static void judge(int device, struct bench_job *job, const char *line)
{
	struct bench_packet p = { 0 };
	unsigned int protocol, sport, dport;
	char src[16], dst[16], name[16];
	struct group *g;
	int accepted;

	if (sscanf(line, "%15s %15s %u %u %u %d %15s", src, dst, &protocol, &sport, &dport,
		   &accepted, name) != 7 ||
	    inet_pton(AF_INET, src, &p.saddr) != 1 || inet_pton(AF_INET, dst, &p.daddr) != 1) {
		fprintf(stderr, "no packet: %s", line);
		exit(2);
	}
	p.protocol = protocol;
	p.tcp_flags = BENCH_SYN;
	p.sport = htons(sport);
	p.dport = htons(dport);
	job->repeat = accepted ? 1 : REPEAT;
	job->packets = (unsigned long)&p;
	if (ioctl(device, BENCH_JUDGE, job))
		die(line);
	judged++;
	if (p.accepted != accepted && !wrong++)
		snprintf(first_wrong, sizeof(first_wrong), "%s", line);
	g = group_of(name);
	if (g->n < MAX_IN_GROUP && p.cost[BENCH_FORWARD] != BENCH_UNKNOWN)
		g->cost[g->n++] = p.cost[BENCH_FORWARD];
}

static int cmp_cost(const void *a, const void *b)
{
	unsigned int x = *(const unsigned int *)a, y = *(const unsigned int *)b;

	return x < y ? -1 : x > y;
}

static void print_groups(void)
{
	printf("\"groups\":{");
	for (int i = 0; i < MAX_GROUPS && groups[i].n; i++) {
		struct group *g = &groups[i];
		double sum = 0;

		qsort(g->cost, g->n, sizeof(*g->cost), cmp_cost);
		for (unsigned int j = 0; j < g->n; j++)
			sum += g->cost[j];
		printf("%s\"%s\":{\"n\":%u,\"mean\":%.1f,\"median\":%u,\"min\":%u,\"max\":%u}",
		       i ? "," : "", g->name, g->n, sum / g->n, g->cost[g->n / 2], g->cost[0],
		       g->cost[g->n - 1]);
	}
	printf("}");
}

int main(int argc, char **argv)
{
	struct bench_job job = { .n = 1, .hooks = 1 << BENCH_FORWARD | 1 << BENCH_PRE_ROUTING };
	char line[256];
	FILE *file;
	int device;

	if (argc < 4 || argc > 5)
		return 2;
	if (argc == 5)
		job.hooks = 1 << BENCH_FORWARD;
	device = open("/dev/manx-bench", O_RDWR);
	file = fopen(argv[3], "r");
	if (device < 0 || !file)
		die("open");
	job.in = if_nametoindex(argv[1]);
	job.out = if_nametoindex(argv[2]);
	while (fgets(line, sizeof(line), file))
		judge(device, &job, line);
	printf("{\"judged\":%u,\"wrong\":%u,", judged, wrong);
	print_groups();
	printf("}\n");
	if (wrong)
		fprintf(stderr, "%u of %u packets were judged wrongly, the first: %s", wrong, judged,
			first_wrong);
	return wrong ? 1 : 0;
}
