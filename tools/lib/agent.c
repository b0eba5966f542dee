// SPDX-License-Identifier: GPL-2.0-only
#include "agent.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "conf.h"
#include "json.h"

#define RETRY_MS	50	/* between attempts to connect */
#define SEND_MS		5000	/* manxd's loop is never away that long */

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int agent_address(struct sockaddr_un *sa, struct manx_error *err)
{
	*sa = (struct sockaddr_un){ .sun_family = AF_UNIX };
	return manx_agent_path(sa->sun_path, sizeof(sa->sun_path), err);
}

/* One attempt: a descriptor or a negative errno. */
static int try_connect(const struct sockaddr_un *sa)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int code;

	if (fd < 0)
		return -errno;
	if (connect(fd, (const struct sockaddr *)sa, sizeof(*sa)) == 0)
		return fd;
	code = -errno;
	close(fd);
	return code;
}

int manx_agent_connect(int timeout_ms, struct manx_error *err)
{
	static const struct timespec pause = { .tv_nsec = RETRY_MS * 1000000L };
	int64_t deadline = now_ms() + timeout_ms;
	struct sockaddr_un sa;
	int rc = agent_address(&sa, err);

	if (rc)
		return rc;
	for (;;) {
		rc = try_connect(&sa);
		if (rc != -ENOENT && rc != -ECONNREFUSED && rc != -EAGAIN)
			break;
		if (now_ms() >= deadline)
			return manx_fail(err, rc,
					 "manxd does not answer on %s: is manxd running? (systemctl status manxd)",
					 sa.sun_path);
		if (nanosleep(&pause, NULL))
			return manx_fail_errno(err, -errno, "waiting for manxd");
	}
	return rc < 0 ? manx_fail_errno(err, rc, "connecting to manxd on %s", sa.sun_path) : rc;
}

cJSON *manx_agent_request(const char *op)
{
	cJSON *req = cJSON_CreateObject();

	if (cJSON_AddNumberToObject(req, "version", MANX_AGENT_VERSION) &&
	    cJSON_AddStringToObject(req, "op", op))
		return req;
	cJSON_Delete(req);
	return NULL;
}

/* 0 when @fd is ready for @events (or broken: the call that follows says how). */
static int wait_for(int fd, short events, int timeout_ms, const char *what,
		    struct manx_error *err)
{
	struct pollfd pfd = { .fd = fd, .events = events };
	int n = poll(&pfd, 1, timeout_ms);

	if (n < 0)
		return manx_fail_errno(err, -errno, "%s", what);
	if (n == 0)
		return manx_fail(err, -ETIMEDOUT, "%s: no answer within %d ms", what, timeout_ms);
	return 0;
}

static int send_text(int fd, const char *text, struct manx_error *err)
{
	size_t len = strlen(text);

	if (len > MANX_AGENT_MSG_MAX)
		return manx_fail(err, -EMSGSIZE, "message of %zu octets, at most %d may be sent",
				 len, MANX_AGENT_MSG_MAX);
	while (send(fd, text, len, MSG_NOSIGNAL | MSG_DONTWAIT) < 0) {
		int rc = -errno;

		if (rc == -EAGAIN)
			rc = wait_for(fd, POLLOUT, SEND_MS, "sending", err);
		else if (rc == -EPIPE || rc == -ECONNRESET)
			rc = manx_fail(err, -ECONNRESET, "the other side closed the connection");
		else
			rc = manx_fail_errno(err, rc, "sending");
		if (rc)
			return rc;
	}
	return 0;
}

int manx_agent_send(int fd, const cJSON *msg, struct manx_error *err)
{
	char *text = cJSON_PrintUnformatted(msg);
	int rc;

	if (!text)
		return manx_fail(err, -ENOMEM, "out of memory");
	rc = send_text(fd, text, err);
	cJSON_free(text);
	return rc;
}

/* Into @buf of MANX_AGENT_MSG_MAX + 1, with a NUL behind; returns the length. */
static ssize_t receive_text(int fd, char *buf, struct manx_error *err)
{
	/* MSG_TRUNC: the length that it had, so that an oversize one is noticed */
	ssize_t n = recv(fd, buf, MANX_AGENT_MSG_MAX, MSG_DONTWAIT | MSG_TRUNC);

	if (n == 0 || (n < 0 && errno == ECONNRESET))
		return manx_fail(err, -ECONNRESET, "the other side closed the connection");
	if (n < 0)
		return manx_fail_errno(err, -errno, "receiving");
	if (n > MANX_AGENT_MSG_MAX)
		return manx_fail(err, -EMSGSIZE, "message of %zd octets, at most %d are read",
				 n, MANX_AGENT_MSG_MAX);
	buf[n] = '\0';
	return n;
}

int manx_agent_recv(int fd, int timeout_ms, cJSON **msg, struct manx_error *err)
{
	int rc = wait_for(fd, POLLIN, timeout_ms, "receiving", err);
	cJSON *json = NULL;
	ssize_t n;
	char *buf;

	if (rc)
		return rc;
	buf = malloc(MANX_AGENT_MSG_MAX + 1);
	if (!buf)
		return manx_fail(err, -ENOMEM, "out of memory");
	n = receive_text(fd, buf, err);
	rc = n < 0 ? (int)n : manx_json_parse(buf, (size_t)n, &json, err);
	free(buf);
	if (rc)
		return rc;
	if (!cJSON_IsObject(json)) {
		cJSON_Delete(json);
		return manx_fail(err, -EBADMSG, "message is no JSON object");
	}
	*msg = json;
	return 0;
}

/* What an "error" says; returns -EREMOTEIO. */
static int read_refusal(const cJSON *error, int *code, struct manx_error *err)
{
	const cJSON *number = cJSON_GetObjectItemCaseSensitive(error, "code");
	const char *msg = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(error, "msg"));
	const char *details =
		cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(error, "details"));

	if (cJSON_IsNumber(number) && number->valueint > 0)
		*code = number->valueint;
	else
		*code = MANX_CNI_INTERNAL;
	details = details ? details : "";
	return manx_fail(err, -EREMOTEIO, "%s%s%s", msg ? msg : "manxd refused",
			 *details ? ": " : "", details);
}

static int read_answer(cJSON *answer, cJSON **ok, int *code, struct manx_error *err)
{
	const cJSON *error = cJSON_GetObjectItemCaseSensitive(answer, "error");
	cJSON *object = cJSON_DetachItemFromObjectCaseSensitive(answer, "ok");

	if (error || !cJSON_IsObject(object)) {
		cJSON_Delete(object);
		if (error)
			return read_refusal(error, code, err);
		return manx_fail(err, -EBADMSG, "answer has neither \"ok\" nor \"error\"");
	}
	if (ok)
		*ok = object;
	else
		cJSON_Delete(object);
	return 0;
}

int manx_agent_call(int fd, const cJSON *req, int timeout_ms, cJSON **ok, int *code,
		    struct manx_error *err)
{
	int cni = MANX_CNI_TRY_LATER;
	cJSON *answer = NULL;
	int rc = manx_agent_send(fd, req, err);

	if (!rc)
		rc = manx_agent_recv(fd, timeout_ms, &answer, err);
	if (!rc) {
		rc = read_answer(answer, ok, &cni, err);
		cJSON_Delete(answer);
	}
	if (rc && rc != -EREMOTEIO)
		manx_error_prefix(err, "manxd");
	if (rc && code)
		*code = cni;
	return rc;
}
