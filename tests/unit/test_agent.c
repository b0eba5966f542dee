// SPDX-License-Identifier: GPL-2.0-only
/*
 * Framing of the agent socket, and the client's view of what goes wrong on it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "agent.h"

struct pair {
	int near, far;
};

static int set_up(void **state)
{
	static struct pair p;
	int fd[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fd))
		return -1;
	p = (struct pair){ fd[0], fd[1] };
	*state = &p;
	return 0;
}

static int tear_down(void **state)
{
	const struct pair *p = *state;

	close(p->near);
	if (p->far >= 0)
		close(p->far);
	return 0;
}

static void hang_up(struct pair *p)
{
	close(p->far);
	p->far = -1;
}

static void say(const struct pair *p, const char *text)
{
	assert_int_equal(send(p->far, text, strlen(text), 0), (ssize_t)strlen(text));
}

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

static void message_there_and_back(void **state)
{
	const struct pair *p = *state;
	struct manx_error err;
	cJSON *sent = manx_agent_request("status"), *got;

	assert_non_null(sent);
	assert_int_equal(manx_agent_send(p->near, sent, &err), 0);
	assert_int_equal(manx_agent_recv(p->far, 1000, &got, &err), 0);
	assert_true(cJSON_Compare(sent, got, true));
	assert_int_equal(cJSON_GetObjectItem(got, "version")->valueint, MANX_AGENT_VERSION);
	assert_string_equal(cJSON_GetObjectItem(got, "op")->valuestring, "status");
	cJSON_Delete(sent);
	cJSON_Delete(got);
}

static void messages_keep_their_bounds(void **state)
{
	const struct pair *p = *state;
	struct manx_error err;
	cJSON *got;

	say(p, "{\"a\":1}");
	say(p, "{\"b\":2}");
	assert_int_equal(manx_agent_recv(p->near, 0, &got, &err), 0);
	assert_non_null(cJSON_GetObjectItem(got, "a"));
	cJSON_Delete(got);
	assert_int_equal(manx_agent_recv(p->near, 0, &got, &err), 0);
	assert_non_null(cJSON_GetObjectItem(got, "b"));
	cJSON_Delete(got);
}

static void end_of_connection(void **state)
{
	struct pair *p = *state;
	struct manx_error err;
	cJSON *req = manx_agent_request("done"), *got;

	hang_up(p);
	assert_int_equal(manx_agent_recv(p->near, 1000, &got, &err), -ECONNRESET);
	assert_int_equal(manx_agent_send(p->near, req, &err), -ECONNRESET);
	cJSON_Delete(req);
}

static void waiting_ends(void **state)
{
	const struct pair *p = *state;
	struct manx_error err;
	int64_t start = now_ms();
	cJSON *got;

	assert_int_equal(manx_agent_recv(p->near, 100, &got, &err), -ETIMEDOUT);
	assert_in_range(now_ms() - start, 95, 5000);
	assert_non_null(strstr(err.text, "100 ms"));
}

static void on_alarm(int sig)
{
	(void)sig;
}

static void signal_ends_waiting(void **state)
{
	const struct itimerval soon = { .it_value.tv_usec = 50000 };
	const struct sigaction act = { .sa_handler = on_alarm };
	const struct pair *p = *state;
	struct manx_error err;
	cJSON *got;

	assert_int_equal(sigaction(SIGALRM, &act, NULL), 0);
	assert_int_equal(setitimer(ITIMER_REAL, &soon, NULL), 0);
	assert_int_equal(manx_agent_recv(p->near, 10000, &got, &err), -EINTR);
}

/* An object whose text has exactly @len octets. */
static cJSON *object_of(size_t len)
{
	cJSON *o = cJSON_CreateObject();
	size_t fill = len - strlen("{\"k\":\"\"}");
	char *text = malloc(fill + 1);

	assert_non_null(text);
	memset(text, 'x', fill);
	text[fill] = '\0';
	assert_non_null(cJSON_AddStringToObject(o, "k", text));
	free(text);
	return o;
}

static void largest_message(void **state)
{
	const struct pair *p = *state;
	struct manx_error err;
	cJSON *o = object_of(MANX_AGENT_MSG_MAX), *got;

	assert_int_equal(manx_agent_send(p->far, o, &err), 0);
	assert_int_equal(manx_agent_recv(p->near, 1000, &got, &err), 0);
	assert_true(cJSON_Compare(o, got, true));
	cJSON_Delete(o);
	cJSON_Delete(got);
}

static void oversize_message(void **state)
{
	const struct pair *p = *state;
	struct manx_error err;
	cJSON *o = object_of(MANX_AGENT_MSG_MAX + 1), *got;
	char *text = cJSON_PrintUnformatted(o);

	assert_int_equal(manx_agent_send(p->far, o, &err), -EMSGSIZE);
	say(p, text);
	assert_int_equal(manx_agent_recv(p->near, 1000, &got, &err), -EMSGSIZE);
	/* and the connection is still in step */
	say(p, "{}");
	assert_int_equal(manx_agent_recv(p->near, 1000, &got, &err), 0);
	cJSON_free(text);
	cJSON_Delete(o);
	cJSON_Delete(got);
}

static void junk(void **state)
{
	static const char *const texts[] = {
		"x", "[]", "1", "null", "{", "{}x", "\"\xff\"", "{\"a\":\"\xc3\"}",
	};
	const struct pair *p = *state;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct manx_error err;
		cJSON *got;

		say(p, texts[i]);
		assert_int_equal(manx_agent_recv(p->near, 1000, &got, &err), -EBADMSG);
	}
}

static void full_socket_does_not_block_for_ever(void **state)
{
	const struct pair *p = *state;
	cJSON *o = object_of(MANX_AGENT_MSG_MAX);
	int64_t start = now_ms();
	struct manx_error err;
	int rc, n = 0;

	do
		rc = manx_agent_send(p->near, o, &err);
	while (!rc && ++n < 1000);
	assert_int_equal(rc, -ETIMEDOUT);
	assert_in_range(now_ms() - start, 4900, 20000);
	cJSON_Delete(o);
}

static int call(const struct pair *p, const char *answer, cJSON **ok, int *code,
		struct manx_error *err)
{
	cJSON *req = manx_agent_request("add");
	int rc;

	if (answer)
		say(p, answer);
	rc = manx_agent_call(p->near, req, 100, ok, code, err);
	cJSON_Delete(req);
	return rc;
}

static void call_ok(void **state)
{
	struct manx_error err;
	cJSON *ok;
	int code = 0;

	assert_int_equal(call(*state, "{\"ok\":{\"endpointID\":2}}", &ok, &code, &err), 0);
	assert_int_equal(cJSON_GetObjectItem(ok, "endpointID")->valueint, 2);
	assert_int_equal(code, 0);
	cJSON_Delete(ok);
	assert_int_equal(call(*state, "{\"ok\":{}}", NULL, NULL, &err), 0);
}

static void call_refused(void **state)
{
	struct manx_error err;
	cJSON *ok = NULL;
	int code = 0;

	assert_int_equal(call(*state, "{\"error\":{\"code\":7,\"msg\":\"no pool\",\"details\":\"x\"}}",
			      &ok, &code, &err), -EREMOTEIO);
	assert_int_equal(code, MANX_CNI_BAD_CONFIG);
	assert_string_equal(err.text, "no pool: x");
	assert_null(ok);
	assert_int_equal(call(*state, "{\"error\":{}}", &ok, &code, &err), -EREMOTEIO);
	assert_int_equal(code, MANX_CNI_INTERNAL);
}

static void call_failed(void **state)
{
	struct manx_error err;
	cJSON *ok = NULL;
	int code = 0;

	assert_int_equal(call(*state, "{\"okay\":{}}", &ok, &code, &err), -EBADMSG);
	assert_int_equal(code, MANX_CNI_TRY_LATER);
	code = 0;
	assert_int_equal(call(*state, "{\"ok\":[]}", &ok, &code, &err), -EBADMSG);
	code = 0;
	assert_int_equal(call(*state, NULL, &ok, &code, &err), -ETIMEDOUT);
	assert_int_equal(code, MANX_CNI_TRY_LATER);
	hang_up(*state);
	assert_int_equal(call(*state, NULL, &ok, &code, &err), -ECONNRESET);
	assert_null(ok);
}

static void nobody_there(void **state)
{
	char dir[] = "/tmp/manx-test-agent-XXXXXX";
	int64_t start = now_ms();
	struct manx_error err;

	(void)state;
	assert_non_null(mkdtemp(dir));
	assert_int_equal(setenv("MANX_RUN_DIR", dir, 1), 0);
	assert_int_equal(manx_agent_connect(120, &err), -ENOENT);
	assert_in_range(now_ms() - start, 100, 5000);
	assert_non_null(strstr(err.text, "/agent.sock: is manxd running? (systemctl status manxd)"));
	assert_int_equal(rmdir(dir), 0);
}

static void path_too_long(void **state)
{
	struct manx_error err;
	char dir[200];

	(void)state;
	memset(dir, 'd', sizeof(dir) - 1);
	dir[0] = '/';
	dir[sizeof(dir) - 1] = '\0';
	assert_int_equal(setenv("MANX_RUN_DIR", dir, 1), 0);
	assert_int_equal(manx_agent_connect(10000, &err), -ENAMETOOLONG);
}

static void listener_appears(void **state)
{
	char dir[] = "/tmp/manx-test-agent-XXXXXX";
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	struct manx_error err;
	int listener, fd;

	(void)state;
	assert_non_null(mkdtemp(dir));
	assert_int_equal(setenv("MANX_RUN_DIR", dir, 1), 0);
	snprintf(sa.sun_path, sizeof(sa.sun_path), "%s/agent.sock", dir);
	listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	assert_true(listener >= 0);
	assert_int_equal(bind(listener, (struct sockaddr *)&sa, sizeof(sa)), 0);
	assert_int_equal(manx_agent_connect(0, &err), -ECONNREFUSED);
	assert_int_equal(listen(listener, 1), 0);
	fd = manx_agent_connect(1000, &err);
	assert_true(fd >= 0);
	close(fd);
	close(listener);
	assert_int_equal(unlink(sa.sun_path), 0);
	assert_int_equal(rmdir(dir), 0);
}

#define WITH_PAIR(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_PAIR(message_there_and_back),
		WITH_PAIR(messages_keep_their_bounds),
		WITH_PAIR(end_of_connection),
		WITH_PAIR(waiting_ends),
		WITH_PAIR(signal_ends_waiting),
		WITH_PAIR(largest_message),
		WITH_PAIR(oversize_message),
		WITH_PAIR(junk),
		WITH_PAIR(full_socket_does_not_block_for_ever),
		WITH_PAIR(call_ok),
		WITH_PAIR(call_refused),
		WITH_PAIR(call_failed),
		cmocka_unit_test(nobody_there),
		cmocka_unit_test(path_too_long),
		cmocka_unit_test(listener_appears),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
