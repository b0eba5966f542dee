// SPDX-License-Identifier: GPL-2.0-only
/*
 * traffic: the ends of bench/forward's work.
 *
 *	traffic sink PORT...	receives UDP. Commands come from standard input: "count" prints
 *				how many datagrams have come since the last; "answer ADDRESS
 *				PORT" sends one from the first port
 *	traffic serve PORT	serves what follows, one connection after another
 *	traffic rtt ADDRESS PORT N	round trips of one octet over TCP
 *	traffic bulk ADDRESS PORT N	N times 64 KiB over one connection
 *	traffic connect ADDRESS PORT N	connections, each opened, used for one octet, closed
 *
 * The last three print the nanoseconds that one of N took.
 */
#include <stdint.h>
#include <string.h>

#include "ends.h"

#define CHUNK		65536
#define BUFFER		(256 << 20)	/* what a sink may have waiting */
#define MAX_PORTS	8

static char chunk[CHUNK];

static unsigned long drain(int fd)
{
	unsigned long n = 0;

	while (recv(fd, chunk, sizeof(chunk), MSG_DONTWAIT) >= 0)
		n++;
	return n;
}

static void sink(int n, char **ports)
{
	int fd[MAX_PORTS], size = BUFFER;
	char line[64], address[16], port[8];
	struct sockaddr_in sin;
	unsigned long count;

	for (int i = 0; i < n && i < MAX_PORTS; i++) {
		fd[i] = bound(SOCK_DGRAM, ports[i]);
		setsockopt(fd[i], SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	}
	printf("ready\n");
	fflush(stdout);
	while (fgets(line, sizeof(line), stdin)) {
		if (sscanf(line, "answer %15s %7s", address, port) == 2) {
			sin = at(address, port);
			if (sendto(fd[0], "", 1, 0, (struct sockaddr *)&sin, sizeof(sin)) < 0)
				die("answer");
			continue;
		}
		count = 0;
		for (int i = 0; i < n && i < MAX_PORTS; i++)
			count += drain(fd[i]);
		printf("%lu\n", count);
		fflush(stdout);
	}
}

/* The first octet says whether each is sent back. */
static void serve_one(int fd)
{
	ssize_t n = recv(fd, chunk, 1, 0);
	int echo = n == 1 && chunk[0] == 'e', one = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	while (n > 0) {
		if (echo && send(fd, chunk, n, 0) != n)
			break;
		n = recv(fd, chunk, echo ? 1 : CHUNK, 0);
	}
	close(fd);
}

static void serve(const char *port)
{
	int listener = bound(SOCK_STREAM, port);

	if (listen(listener, 64))
		die("listen");
	printf("ready\n");
	fflush(stdout);
	while (1)
		serve_one(accept(listener, NULL, NULL));
}

static void round_trip(int fd)
{
	if (send(fd, "e", 1, 0) != 1 || recv(fd, chunk, 1, 0) != 1)
		die("round trip");
}

static double rtt(const struct sockaddr_in *sin, long n)
{
	int fd = connected(SOCK_STREAM, sin);
	long long begin;

	for (int i = 0; i < 10; i++)
		round_trip(fd);
	begin = now();
	for (long i = 0; i < n; i++)
		round_trip(fd);
	return (double)(now() - begin) / n;
}

static void send_chunk(int fd)
{
	for (ssize_t sent = 0, n; sent < CHUNK; sent += n) {
		n = send(fd, chunk + sent, CHUNK - sent, 0);
		if (n < 0)
			die("send");
	}
}

/* After the window has opened; until the other end has closed, having read all. */
static double bulk(const struct sockaddr_in *sin, long n)
{
	int fd = connected(SOCK_STREAM, sin);
	long long begin;

	for (int i = 0; i < 100; i++)
		send_chunk(fd);
	begin = now();
	for (long i = 0; i < n; i++)
		send_chunk(fd);
	shutdown(fd, SHUT_WR);
	if (recv(fd, chunk, 1, 0) != 0)
		die("end");
	return (double)(now() - begin) / n;
}

static double connections(const struct sockaddr_in *sin, long n)
{
	long long begin = now();

	for (long i = 0; i < n; i++) {
		int fd = connected(SOCK_STREAM, sin);

		round_trip(fd);
		close(fd);
	}
	return (double)(now() - begin) / n;
}

int main(int argc, char **argv)
{
	struct sockaddr_in sin;
	long n;

	if (argc >= 3 && strcmp(argv[1], "sink") == 0) {
		sink(argc - 2, argv + 2);
		return 0;
	}
	if (argc == 3 && strcmp(argv[1], "serve") == 0)
		serve(argv[2]);
	if (argc != 5 || atol(argv[4]) <= 0)
		return 2;
	sin = at(argv[2], argv[3]);
	n = atol(argv[4]);
	printf("%.1f\n", strcmp(argv[1], "rtt") == 0 ? rtt(&sin, n) :
	       strcmp(argv[1], "bulk") == 0 ? bulk(&sin, n) : connections(&sin, n));
	return 0;
}
