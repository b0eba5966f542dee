/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One connection of the agent socket: its messages, and answers that wait until
 * the module has what they promise.
 */
#ifndef MANXD_CONN_H
#define MANXD_CONN_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "agent.h"
#include "error.h"
#include "loop.h"

struct manxd_attachment;
struct manxd_server;

/**
 * struct manxd_conn - a connection
 * @io: its socket, non-blocking, owned
 * @server: whose it is
 * @attachment: the ADD that lives as long as this, NULL if none is open
 * @waiting: answer that is sent after the next commit, NULL if none is
 * @queued: what it asked for is done at the end of this round of events
 * @heard: when its last message came, ms
 */
struct manxd_conn {
	TAILQ_ENTRY(manxd_conn) entry;
	struct manxd_io io;
	struct manxd_server *server;
	struct manxd_attachment *attachment;
	cJSON *waiting;
	bool queued;
	int64_t heard;
};

/*
 * Receive one message: 0 and *msg, which is the caller's, -EAGAIN if there is
 * none, -EBADMSG or -EMSGSIZE if it is none, or another errno at the end.
 */
int manxd_conn_receive(struct manxd_conn *conn, cJSON **msg, struct manx_error *err);

/* Answer {"ok": @ok}; consumes @ok. NULL (no memory) becomes an error. */
void manxd_conn_ok(struct manxd_conn *conn, cJSON *ok);
/* The same after the next commit of the module; one at a time. */
void manxd_conn_ok_when_loaded(struct manxd_conn *conn, cJSON *ok);
/* Answer {"error": ...} with @code (MANX_CNI_*). */
void manxd_conn_fail(struct manxd_conn *conn, int code, const char *text);
/* What waited, now: sent if @err is NULL, else given up with its words. */
void manxd_conn_release(struct manxd_conn *conn, const struct manx_error *err);

/* End it: the loop will find it readable and the server will close it. */
void manxd_conn_shut(struct manxd_conn *conn);

#endif /* MANXD_CONN_H */
