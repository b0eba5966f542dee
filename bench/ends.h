/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the programs at the ends of a benchmark's paths share. Everything that fails ends
 * the program.
 */
#ifndef BENCH_ENDS_H
#define BENCH_ENDS_H

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static inline void die(const char *what)
{
	perror(what);
	exit(1);
}

static inline long long now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static inline struct sockaddr_in at(const char *address, const char *port)
{
	struct sockaddr_in sin = { .sin_family = AF_INET, .sin_port = htons(atoi(port)) };

	if (address && inet_pton(AF_INET, address, &sin.sin_addr) != 1)
		die(address);
	return sin;
}

static inline int bound(int type, const char *port)
{
	struct sockaddr_in sin = at(NULL, port);
	int fd = socket(AF_INET, type, 0), one = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (fd < 0 || bind(fd, (struct sockaddr *)&sin, sizeof(sin)))
		die("bind");
	return fd;
}

static inline int connected(int type, const struct sockaddr_in *sin)
{
	int fd = socket(AF_INET, type, 0), one = 1;

	if (fd < 0 || connect(fd, (const struct sockaddr *)sin, sizeof(*sin)))
		die("connect");
	if (type == SOCK_STREAM)
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	return fd;
}

#endif /* BENCH_ENDS_H */
