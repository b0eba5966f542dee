/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A relay between a client and a server of the tests, as a bad network would be.
 */
#ifndef RELAY_H
#define RELAY_H

#include <sys/types.h>

struct relay_state;

/**
 * struct relay - a process that passes on what comes
 * @port: where it listens
 * @pid: the process
 * @shared: with the process
 */
struct relay {
	int port;
	pid_t pid;
	struct relay_state *shared;
};

/* Listen, and pass everything on to port @to of this machine and back. */
void relay_start(struct relay *relay, int to);
void relay_stop(struct relay *relay);
/* From now on requests arrive, and answers are lost. */
void relay_swallow(struct relay *relay);
/* From now on nothing arrives. */
void relay_stop_requests(struct relay *relay);
/* How many there have been. */
int relay_connections(const struct relay *relay);

#endif /* RELAY_H */
