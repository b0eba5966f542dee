/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The agent socket: who may connect, how many, for how long; and which request
 * goes where.
 */
#ifndef MANXD_AGENT_SERVER_H
#define MANXD_AGENT_SERVER_H

#include "manxd.h"

/*
 * Take the socket that systemd passed (LISTEN_FDS), or make one of mode 0600.
 * d->server is set.
 */
int manxd_server_open(struct manxd *d, struct manx_error *err);
/* Closes all connections, which undoes ADDs that are not done. */
void manxd_server_close(struct manxd *d);

/*
 * Send the answers that waited for the module: all if @err is NULL, else they
 * are given up with its words and their ADDs undone.
 */
void manxd_server_loaded(struct manxd *d, const struct manx_error *err);

#endif /* MANXD_AGENT_SERVER_H */
