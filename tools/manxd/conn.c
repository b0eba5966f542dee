// SPDX-License-Identifier: GPL-2.0-only
#include "conn.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

int manxd_conn_receive(struct manxd_conn *conn, cJSON **msg, struct manx_error *err)
{
	int rc = manx_agent_recv(conn->io.fd, 0, msg, err);

	if (!rc)
		conn->heard = manxd_now();
	return rc == -ETIMEDOUT ? -EAGAIN : rc;
}

/*
 * A peer that does not read its answers, or is gone, is not waited for: unlike
 * manx_agent_send(), which may wait, this is done in the one loop that there is.
 */
static void send_text(struct manxd_conn *conn, const char *text)
{
	ssize_t n = text ? send(conn->io.fd, text, strlen(text), MSG_DONTWAIT | MSG_NOSIGNAL) : -1;

	if (n < 0)
		manxd_conn_shut(conn);
}

/* Consumes @value. */
static void send_object(struct manxd_conn *conn, const char *key, cJSON *value)
{
	cJSON *answer = cJSON_CreateObject();
	char *text = NULL;

	if (value && cJSON_AddItemToObject(answer, key, value))
		text = cJSON_PrintUnformatted(answer);
	else
		cJSON_Delete(value);
	cJSON_Delete(answer);
	send_text(conn, text);
	free(text);
}

void manxd_conn_ok(struct manxd_conn *conn, cJSON *ok)
{
	if (ok)
		send_object(conn, "ok", ok);
	else
		manxd_conn_fail(conn, MANX_CNI_TRY_LATER, "out of memory");
}

void manxd_conn_ok_when_loaded(struct manxd_conn *conn, cJSON *ok)
{
	if (ok)
		conn->waiting = ok;
	else
		manxd_conn_ok(conn, NULL);
}

void manxd_conn_fail(struct manxd_conn *conn, int code, const char *text)
{
	cJSON *error = cJSON_CreateObject();

	if (cJSON_AddNumberToObject(error, "code", code) &&
	    cJSON_AddStringToObject(error, "msg", text)) {
		send_object(conn, "error", error);
		return;
	}
	cJSON_Delete(error);
	manxd_conn_shut(conn);
}

void manxd_conn_release(struct manxd_conn *conn, const struct manx_error *err)
{
	cJSON *ok = conn->waiting;

	if (!ok)
		return;
	conn->waiting = NULL;
	if (!err) {
		manxd_conn_ok(conn, ok);
		return;
	}
	cJSON_Delete(ok);
	manxd_conn_fail(conn, MANX_CNI_TRY_LATER, err->text);
}

void manxd_conn_shut(struct manxd_conn *conn)
{
	shutdown(conn->io.fd, SHUT_RDWR);
}
