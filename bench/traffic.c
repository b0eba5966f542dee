// SPDX-License-Identifier: GPL-2.0-only
/*
 * traffic: the ends of bench/forward's work.
 *
 *	traffic sink PORT...	receives UDP. Commands come from standard input: "count" prints
 *				how many datagrams have come since the last, "echo" answers
 *				each besides; "answer ADDRESS PORT" sends one from the first
 *				port
 *	traffic serve PORT	serves what follows, one connection after another
 *	traffic rtt ADDRESS PORT N	round trips of one octet over TCP
 *	traffic bulk ADDRESS PORT N	N times 64 KiB over one connection
 *	traffic connect ADDRESS PORT N	connections, each opened, used for one octet, closed
 *	traffic start FILE	writes "start" there, as pktgen waits for
 *
 * Those with N print the nanoseconds that one of N took. What bench/profile is to count
 * stands between marks: each of N, or all that comes of the start.
 */
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "ends.h"
#include "mark.h"

#define CHUNK		65536
#define BUFFER		(256 << 20)	/* what a sink may have waiting */
#define MAX_PORTS	32

static char chunk[CHUNK];

/* What waits there; each is sent back an octet if @echo. */
static unsigned long drain(int fd, bool echo)
{
	struct sockaddr_in from;
	socklen_t size = sizeof(from);
	unsigned long n = 0;

	while (recvfrom(fd, chunk, sizeof(chunk), MSG_DONTWAIT, (struct sockaddr *)&from, &size) >= 0) {
		if (echo && sendto(fd, "", 1, 0, (struct sockaddr *)&from, size) < 0)
			die("echo");
		n++;
	}
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
			count += drain(fd[i], strncmp(line, "echo", 4) == 0);
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
	for (long i = 0; i < n; i++) {
		bench_mark_begin();
		round_trip(fd);
		bench_mark_end();
	}
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
	for (long i = 0; i < n; i++) {
		bench_mark_begin();
		send_chunk(fd);
		bench_mark_end();
	}
	shutdown(fd, SHUT_WR);
	if (recv(fd, chunk, 1, 0) != 0)
		die("end");
	return (double)(now() - begin) / n;
}

static void connection(const struct sockaddr_in *sin)
{
	int fd = connected(SOCK_STREAM, sin);

	round_trip(fd);
	close(fd);
}

static double connections(const struct sockaddr_in *sin, long n)
{
	long long begin;

	for (int i = 0; i < 50; i++)
		connection(sin);
	begin = now();
	for (long i = 0; i < n; i++) {
		bench_mark_begin();
		connection(sin);
		bench_mark_end();
	}
	return (double)(now() - begin) / n;
}

static void start(const char *file)
{
	static const char word[] = "start\n";
	int fd = open(file, O_WRONLY);
	ssize_t n;

	bench_mark_begin();
	n = write(fd, word, strlen(word));
	bench_mark_end();
	if (n < 0)
		die(file);
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
	if (argc == 3 && strcmp(argv[1], "start") == 0) {
		start(argv[2]);
		return 0;
	}
	if (argc != 5 || atol(argv[4]) <= 0)
		return 2;
	sin = at(argv[2], argv[3]);
	n = atol(argv[4]);
	printf("%.1f\n", strcmp(argv[1], "rtt") == 0 ? rtt(&sin, n) :
	       strcmp(argv[1], "bulk") == 0 ? bulk(&sin, n) : connections(&sin, n));
	return 0;
}
