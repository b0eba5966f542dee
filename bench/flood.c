// SPDX-License-Identifier: GPL-2.0-only
/*
 * flood: the ends of bench/tail: a pod that asks and one that answers, and what disturbs
 * them.
 *
 *	flood echo PORT			sends datagrams back
 *	flood ping ADDRESS PORT N GAP	N round trips of 64 octets over UDP, one at a time, GAP
 *					microseconds apart in the mean; prints how many
 *					there were and how many of them had no answer, and
 *					nanoseconds: the 50th, 99th, 99.9th percentile, and the
 *					longest
 *	flood discard PORT		reads datagrams, and TCP of any number of connections
 *	flood small ADDRESS PORT RATE	sends 64 octets of UDP, RATE in a second, in a batch each
 *					millisecond; RATE 0: as fast as it can
 *	flood bulk ADDRESS PORT RATE	four connections of TCP, RATE times 64 KiB in a second
 *					over all of them; RATE 0: as fast as it can
 *
 * The gaps are random, with a fixed seed, so that a round trip meets any phase of what the
 * others do. A round trip begins when its gap has passed, whether or not the process then has
 * the processor: who starts the clock when the way is free again does not see what stood in it.
 * An answer that took longer than LOST counts as lost, not as a time.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>

#include "ends.h"

#define CHUNK		65536
#define SMALL		64
#define LOST		500	/* milliseconds */
#define CONNECTIONS	4
#define TICK		1000000	/* nanoseconds between batches */

static char chunk[CHUNK];

static void ready(void)
{
	printf("ready\n");
	fflush(stdout);
}

static void echo(const char *port)
{
	int fd = bound(SOCK_DGRAM, port);
	struct sockaddr_in from;
	socklen_t size;
	ssize_t n;

	ready();
	while (1) {
		size = sizeof(from);
		n = recvfrom(fd, chunk, sizeof(chunk), 0, (struct sockaddr *)&from, &size);
		if (n >= 0)
			sendto(fd, chunk, n, 0, (struct sockaddr *)&from, size);
	}
}

static void sleep_until(long long time)
{
	struct timespec until = { time / 1000000000, time % 1000000000 };

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR)
		;
}

/* Is datagram @id sent and back? */
static bool trip(int fd, uint32_t id)
{
	char frame[SMALL] = { 0 };
	uint32_t got;

	memcpy(frame, &id, sizeof(id));
	if (send(fd, frame, sizeof(frame), 0) < 0)
		return false;
	while (recv(fd, frame, sizeof(frame), 0) > 0) {
		memcpy(&got, frame, sizeof(got));
		if (got == id)
			return true;
	}
	return false;
}

static int longer(const void *a, const void *b)
{
	long long x = *(const long long *)a, y = *(const long long *)b;

	return (x > y) - (x < y);
}

static long long percentile(const long long *sorted, long n, double share)
{
	long i = share * n;

	return n ? sorted[i < n ? i : n - 1] : 0;
}

static void ping(const struct sockaddr_in *sin, long n, long gap)
{
	struct timeval lost = { .tv_usec = LOST * 1000 };
	long long *times = calloc(n, sizeof(*times));
	int fd = connected(SOCK_DGRAM, sin);
	long answered = 0;

	/* timers of ordinary processes may be late otherwise */
	prctl(PR_SET_TIMERSLACK, 1);
	if (!times || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &lost, sizeof(lost)))
		die("ping");
	srandom(1);
	for (long i = 0; i < n; i++) {
		long long begin = now() + random() % (2 * gap) * 1000;

		sleep_until(begin);
		if (trip(fd, i + 1))
			times[answered++] = now() - begin;
	}
	qsort(times, answered, sizeof(*times), longer);
	printf("%ld %ld %lld %lld %lld %lld\n", n, n - answered, percentile(times, answered, .5),
	       percentile(times, answered, .99), percentile(times, answered, .999),
	       percentile(times, answered, 1));
}

static void discard(const char *port)
{
	struct pollfd fds[2 + CONNECTIONS] = {
		{ .fd = bound(SOCK_STREAM, port), .events = POLLIN },
		{ .fd = bound(SOCK_DGRAM, port), .events = POLLIN },
	};
	int n = 2;

	if (listen(fds[0].fd, CONNECTIONS))
		die("listen");
	ready();
	while (poll(fds, n, -1) > 0) {
		for (int i = 1; i < n; i++)
			if (fds[i].revents)
				recv(fds[i].fd, chunk, CHUNK, MSG_DONTWAIT);
		if (fds[0].revents && n < 2 + CONNECTIONS)
			fds[n++] = (struct pollfd){
				.fd = accept(fds[0].fd, NULL, NULL), .events = POLLIN,
			};
	}
}

/* One of what is sent; false when nothing can be sent at present. */
typedef bool sender(int *fd);

static bool send_small(int *fd)
{
	send(fd[0], chunk, SMALL, 0);
	return true;
}

/* The rest of a chunk that was taken in part goes before the next. */
static bool send_bulk(int *fd)
{
	static unsigned int turn, left[CONNECTIONS];
	bool sent = false;

	for (int i = 0; i < CONNECTIONS && !sent; i++, turn = (turn + 1) % CONNECTIONS) {
		ssize_t n = send(fd[turn], chunk, left[turn] ?: CHUNK, MSG_DONTWAIT);

		if (n <= 0)
			continue;
		left[turn] = (left[turn] ?: CHUNK) - n;
		sent = true;
	}
	return sent;
}

/* @rate a second, in a batch each tick; what could not be sent is not made up for. */
static void paced(sender *fn, int *fd, long rate)
{
	long long next = now(), owed = 0;

	while (1) {
		for (owed += rate * (TICK / 1000); owed >= 1000000; owed -= 1000000)
			fn(fd);
		next += TICK;
		if (next < now())
			next = now();
		sleep_until(next);
	}
}

static void flood(sender *fn, int type, const struct sockaddr_in *sin, long rate)
{
	int fd[CONNECTIONS];
	struct pollfd fds[CONNECTIONS];

	for (int i = 0; i < CONNECTIONS; i++) {
		fd[i] = connected(type, sin);
		fds[i] = (struct pollfd){ .fd = fd[i], .events = POLLOUT };
	}
	if (rate)
		paced(fn, fd, rate);
	while (1)
		if (!fn(fd))
			poll(fds, CONNECTIONS, -1);
}

int main(int argc, char **argv)
{
	struct sockaddr_in sin;

	if (argc == 3 && strcmp(argv[1], "echo") == 0)
		echo(argv[2]);
	if (argc == 3 && strcmp(argv[1], "discard") == 0)
		discard(argv[2]);
	if (argc < 5)
		return 2;
	sin = at(argv[2], argv[3]);
	if (argc == 6 && strcmp(argv[1], "ping") == 0 && atol(argv[4]) > 0 && atol(argv[5]) > 0)
		ping(&sin, atol(argv[4]), atol(argv[5]));
	else if (argc == 5 && strcmp(argv[1], "small") == 0)
		flood(send_small, SOCK_DGRAM, &sin, atol(argv[4]));
	else if (argc == 5 && strcmp(argv[1], "bulk") == 0)
		flood(send_bulk, SOCK_STREAM, &sin, atol(argv[4]));
	else
		return 2;
	return 0;
}
