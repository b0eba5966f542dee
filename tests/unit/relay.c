// SPDX-License-Identifier: GPL-2.0-only
#include "relay.h"

#include <arpa/inet.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define PAIRS 32

/**
 * struct relay_state - what the process is told and tells
 */
struct relay_state {
	atomic_bool no_answers, no_requests;
	atomic_int connections;
};

static int connect_to(int port)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (connect(fd, (struct sockaddr *)&address, sizeof(address))) {
		close(fd);
		return -1;
	}
	return fd;
}

/* False: the connection is over. */
static bool pass(int from, int to, bool lost)
{
	char data[65536];
	ssize_t n = recv(from, data, sizeof(data), 0);

	if (n <= 0)
		return false;
	return lost || send(to, data, (size_t)n, MSG_NOSIGNAL) == n;
}

static void accept_one(int listener, int to, struct pollfd *fd, nfds_t *n,
		       struct relay_state *state)
{
	int client = accept(listener, NULL, NULL), server = connect_to(to);

	if (client < 0 || server < 0 || *n + 2 > 1 + 2 * PAIRS) {
		close(client);
		close(server);
		return;
	}
	fd[(*n)++] = (struct pollfd){ .fd = client, .events = POLLIN };
	fd[(*n)++] = (struct pollfd){ .fd = server, .events = POLLIN };
	state->connections++;
}

static void serve(int listener, int to, struct relay_state *state)
{
	struct pollfd fd[1 + 2 * PAIRS] = { { .fd = listener, .events = POLLIN } };
	nfds_t n = 1;

	while (poll(fd, n, -1) > 0) {
		for (nfds_t i = 1; i < n; i++) {
			bool is_client = i % 2;
			nfds_t other = is_client ? i + 1 : i - 1;

			if (fd[i].fd < 0 || !fd[i].revents ||
			    pass(fd[i].fd, fd[other].fd,
				 is_client ? state->no_requests : state->no_answers))
				continue;
			close(fd[i].fd);
			close(fd[other].fd);
			fd[i].fd = fd[other].fd = -1;
		}
		if (fd[0].revents)
			accept_one(listener, to, fd, &n, state);
	}
	_exit(1);
}

void relay_start(struct relay *relay, int to)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t n = sizeof(address);
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	relay->shared = mmap(NULL, sizeof(*relay->shared), PROT_READ | PROT_WRITE,
			     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_true(relay->shared != MAP_FAILED);
	assert_int_equal(bind(listener, (struct sockaddr *)&address, n), 0);
	assert_int_equal(listen(listener, 16), 0);
	assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &n), 0);
	relay->port = ntohs(address.sin_port);
	relay->pid = fork();
	assert_true(relay->pid >= 0);
	if (!relay->pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		serve(listener, to, relay->shared);
	}
	close(listener);
}

void relay_stop(struct relay *relay)
{
	kill(relay->pid, SIGKILL);
	waitpid(relay->pid, NULL, 0);
	munmap(relay->shared, sizeof(*relay->shared));
}

void relay_swallow(struct relay *relay)
{
	relay->shared->no_answers = true;
}

void relay_stop_requests(struct relay *relay)
{
	relay->shared->no_requests = true;
}

int relay_connections(const struct relay *relay)
{
	return relay->shared->connections;
}
