// SPDX-License-Identifier: GPL-2.0-only
#include "agent_server.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "attach.h"
#include "conf.h"
#include "conn.h"
#include "json.h"
#include "log.h"
#include "status.h"

#define CONNECTIONS_MAX	1000
#define BACKLOG		1024

/* A connection that says nothing for so long is closed, and its ADD undone. */
#define SILENCE_MS	30000

/* First descriptor that systemd passes. */
#define LISTEN_FD	3

/**
 * struct manxd_server - the listening socket and its connections
 * @io: the socket
 * @path: of the socket that this process made, "" if systemd did
 * @conn: the one that was silent longest comes first
 * @silence: runs while there are connections
 */
struct manxd_server {
	struct manxd *d;
	struct manxd_io io;
	char path[108];
	TAILQ_HEAD(, manxd_conn) conn;
	size_t n;
	struct manxd_timer silence;
};

static const struct {
	const char *op;
	void (*fn)(struct manxd *d, struct manxd_conn *conn, const cJSON *msg);
} operations[] = {
	{ "add", manxd_attach_add },
	{ "done", manxd_attach_done },
	{ "del", manxd_attach_del },
	{ "check", manxd_attach_check },
	{ "status", manxd_status },
};

static void close_conn(struct manxd_conn *conn)
{
	struct manxd_server *server = conn->server;

	manxd_attach_close(server->d, conn);
	manxd_loop_remove(&server->d->loop, &conn->io);
	TAILQ_REMOVE(&server->conn, conn, entry);
	server->n--;
	close(conn->io.fd);
	cJSON_Delete(conn->waiting);
	free(conn);
}

static void dispatch(struct manxd_conn *conn, const cJSON *msg)
{
	struct manx_json top = manx_json_top(msg);
	struct manx_error err;
	const char *op = "";
	uint32_t version = 0;

	if (manx_json_u32(&top, "version", 0, UINT32_MAX, &version, &err) ||
	    manx_json_string(&top, "op", &op, &err)) {
		manxd_conn_fail(conn, MANX_CNI_DECODE, err.text);
		return;
	}
	if (version != MANX_AGENT_VERSION) {
		manxd_conn_fail(conn, MANX_CNI_INCOMPATIBLE,
				"plugin and manxd speak different versions: install both from one release");
		return;
	}
	for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++)
		if (!strcmp(operations[i].op, op)) {
			operations[i].fn(conn->server->d, conn, msg);
			return;
		}
	manxd_conn_fail(conn, MANX_CNI_UNSUPPORTED, "manxd does not know this operation");
}

static void receive(void *ctx)
{
	struct manxd_conn *conn = ctx;
	struct manx_error err;
	cJSON *msg;
	int rc = manxd_conn_receive(conn, &msg, &err);

	if (rc == -EAGAIN)
		return;
	if (rc == -EBADMSG || rc == -EMSGSIZE)
		manxd_conn_fail(conn, MANX_CNI_DECODE, err.text);
	if (rc) {
		close_conn(conn);
		return;
	}
	TAILQ_REMOVE(&conn->server->conn, conn, entry);
	TAILQ_INSERT_TAIL(&conn->server->conn, conn, entry);
	if (conn->waiting || conn->queued)
		manxd_conn_fail(conn, MANX_CNI_DECODE, "the request before is not answered yet");
	else
		dispatch(conn, msg);
	cJSON_Delete(msg);
}

/* Closes what was silent too long; the rest comes in the order of its silence. */
static void end_silence(void *ctx)
{
	struct manxd_server *server = ctx;
	int64_t now = manxd_now();
	struct manxd_conn *conn;

	while ((conn = TAILQ_FIRST(&server->conn)) && now - conn->heard >= SILENCE_MS) {
		manxd_log(LOG_NOTICE, "agent socket: closing a connection that is silent");
		close_conn(conn);
	}
	if (conn)
		manxd_timer_start(&server->d->loop, &server->silence,
				  conn->heard + SILENCE_MS - now);
}

static bool peer_is_root(int fd)
{
	struct ucred cred;
	socklen_t size = sizeof(cred);

	return !getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &size) && cred.uid == 0;
}

static struct manxd_conn *new_conn(struct manxd_server *server, int fd)
{
	struct manxd_conn *conn = calloc(1, sizeof(*conn));

	if (!conn)
		return NULL;
	conn->io = (struct manxd_io){ .fd = fd, .fn = receive, .ctx = conn };
	conn->server = server;
	conn->heard = manxd_now();
	if (manxd_loop_add(&server->d->loop, &conn->io, NULL)) {
		free(conn);
		return NULL;
	}
	TAILQ_INSERT_TAIL(&server->conn, conn, entry);
	server->n++;
	if (!server->silence.running)
		manxd_timer_start(&server->d->loop, &server->silence, SILENCE_MS);
	return conn;
}

/* A connection that is not kept is told why. */
static void turn_away(int fd, int code, const char *text)
{
	struct manxd_conn conn = { .io.fd = fd };

	manxd_conn_fail(&conn, code, text);
	close(fd);
}

static void accept_conn(void *ctx)
{
	struct manxd_server *server = ctx;
	int fd = accept4(server->io.fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0) {
		if (errno != EAGAIN && errno != ECONNABORTED)
			manxd_log(LOG_WARNING, "agent socket: %s", strerror(errno));
		return;
	}
	if (!peer_is_root(fd))
		turn_away(fd, MANX_CNI_BAD_ENV, "only root may talk to manxd");
	else if (server->n >= CONNECTIONS_MAX)
		turn_away(fd, MANX_CNI_TRY_LATER, "too many requests at once");
	else if (!new_conn(server, fd))
		turn_away(fd, MANX_CNI_TRY_LATER, "out of memory");
}

/* The descriptor that systemd passed, -1 if there is none. */
static int inherited_socket(void)
{
	const char *pid = getenv("LISTEN_PID"), *n = getenv("LISTEN_FDS");
	int type;
	socklen_t size = sizeof(type);

	if (!pid || !n || atol(pid) != getpid() || atoi(n) < 1)
		return -1;
	if (getsockopt(LISTEN_FD, SOL_SOCKET, SO_TYPE, &type, &size) || type != SOCK_SEQPACKET)
		return -1;
	/* as make_socket() makes one: the one loop must not wait in accept() */
	if (fcntl(LISTEN_FD, F_SETFD, FD_CLOEXEC) || fcntl(LISTEN_FD, F_SETFL, O_NONBLOCK))
		return -1;
	return LISTEN_FD;
}

/*
 * In the place of what a manxd that was killed left; that no other one lives is
 * known from the lock that main.c holds.
 */
static int make_socket(struct manxd_server *server, struct manx_error *err)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int rc = manx_agent_path(sun.sun_path, sizeof(sun.sun_path), err);
	int fd;

	if (rc)
		return rc;
	if (unlink(sun.sun_path) && errno != ENOENT)
		return manx_fail_errno(err, -errno, "cannot remove the old socket %s",
				       sun.sun_path);
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return manx_fail_errno(err, -errno, "cannot make a socket");
	/* nobody connects before listen(), so the mode is right in time */
	if (bind(fd, (struct sockaddr *)&sun, sizeof(sun)) || chmod(sun.sun_path, 0600) ||
	    listen(fd, BACKLOG)) {
		rc = manx_fail_errno(err, -errno, "cannot listen on %s", sun.sun_path);
		close(fd);
		return rc;
	}
	snprintf(server->path, sizeof(server->path), "%s", sun.sun_path);
	server->io.fd = fd;
	return 0;
}

int manxd_server_open(struct manxd *d, struct manx_error *err)
{
	struct manxd_server *server = calloc(1, sizeof(*server));
	int rc = 0;

	if (!server)
		return manx_fail(err, -ENOMEM, "out of memory");
	server->d = d;
	server->silence = (struct manxd_timer){ .fn = end_silence, .ctx = server };
	TAILQ_INIT(&server->conn);
	server->io = (struct manxd_io){ inherited_socket(), accept_conn, server };
	if (server->io.fd < 0)
		rc = make_socket(server, err);
	if (!rc) {
		rc = manxd_loop_add(&d->loop, &server->io, err);
		if (rc)
			close(server->io.fd);
	}
	if (rc)
		free(server);
	else
		d->server = server;
	return rc;
}

void manxd_server_close(struct manxd *d)
{
	struct manxd_server *server = d->server;
	struct manxd_conn *conn;

	if (!server)
		return;
	if (*server->path)
		unlink(server->path);
	manxd_loop_remove(&d->loop, &server->io);
	close(server->io.fd);
	while ((conn = TAILQ_FIRST(&server->conn)))
		close_conn(conn);
	manxd_timer_stop(&server->silence);
	free(server);
	d->server = NULL;
}

void manxd_server_loaded(struct manxd *d, const struct manx_error *err)
{
	struct manxd_conn *conn;

	if (!d->server)
		return;
	TAILQ_FOREACH(conn, &d->server->conn, entry) {
		if (!conn->waiting)
			continue;
		manxd_conn_release(conn, err);
		if (err)
			manxd_attach_undo(d, conn);
	}
}
