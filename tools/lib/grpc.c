// SPDX-License-Identifier: GPL-2.0-only
/*
 * gRPC: libcurl's connections behind one descriptor. libcurl tells which sockets
 * it waits for and when it wants to be called; both end up in an epoll.
 */
#include "grpc.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "grpc_internal.h"

/* Sockets that are looked at in one turn. */
#define TURN 16

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *ctx, void *known)
{
	struct manx_grpc *grpc = ctx;
	struct epoll_event event = { .data.fd = fd };

	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		epoll_ctl(grpc->epoll, EPOLL_CTL_DEL, fd, NULL);
		return 0;
	}
	if (what & CURL_POLL_IN)
		event.events |= EPOLLIN;
	if (what & CURL_POLL_OUT)
		event.events |= EPOLLOUT;
	if (epoll_ctl(grpc->epoll, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &event))
		return -1;
	curl_multi_assign(grpc->multi, fd, grpc);
	return 0;
}

static int on_timer(CURLM *multi, long ms, void *ctx)
{
	struct manx_grpc *grpc = ctx;
	struct itimerspec when = { 0 };

	(void)multi;
	if (ms >= 0) {
		when.it_value.tv_sec = ms / 1000;
		when.it_value.tv_nsec = ms ? ms % 1000 * 1000000 : 1;
	}
	return timerfd_settime(grpc->timer, 0, &when, NULL);
}

static int prepare(struct manx_grpc *grpc)
{
	struct epoll_event event = { .events = EPOLLIN };

	grpc->epoll = epoll_create1(EPOLL_CLOEXEC);
	grpc->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	event.data.fd = grpc->timer;
	if (grpc->epoll < 0 || grpc->timer < 0 ||
	    epoll_ctl(grpc->epoll, EPOLL_CTL_ADD, grpc->timer, &event))
		return -errno;
	if (curl_global_init(CURL_GLOBAL_DEFAULT))
		return -ENOMEM;
	grpc->multi = curl_multi_init();
	if (!grpc->multi)
		return -ENOMEM;
	curl_multi_setopt(grpc->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
	curl_multi_setopt(grpc->multi, CURLMOPT_SOCKETDATA, grpc);
	curl_multi_setopt(grpc->multi, CURLMOPT_TIMERFUNCTION, on_timer);
	curl_multi_setopt(grpc->multi, CURLMOPT_TIMERDATA, grpc);
	return 0;
}

int manx_grpc_open(struct manx_grpc **grpc, struct manx_error *err)
{
	struct manx_grpc *g = malloc(sizeof(*g));
	int ret;

	*grpc = NULL;
	if (!g)
		return manx_fail(err, -ENOMEM, "gRPC: out of memory");
	*g = (struct manx_grpc){ .epoll = -1, .timer = -1 };
	ret = prepare(g);
	if (ret) {
		manx_grpc_close(g);
		return manx_fail_errno(err, ret, "gRPC");
	}
	*grpc = g;
	return 0;
}

void manx_grpc_close(struct manx_grpc *grpc)
{
	if (!grpc)
		return;
	curl_multi_cleanup(grpc->multi);
	if (grpc->timer >= 0)
		close(grpc->timer);
	if (grpc->epoll >= 0)
		close(grpc->epoll);
	free(grpc);
}

int manx_grpc_fd(const struct manx_grpc *grpc)
{
	return grpc->epoll;
}

/* Calls that libcurl is done with. */
static void collect(struct manx_grpc *grpc)
{
	struct manx_grpc_call *call;
	CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(grpc->multi, &left))) {
		if (message->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &call);
		call->result = message->data.result;
		if (call->is_unbound && manx_grpc_unbind(call))
			continue;
		call->is_over = true;
		grpc->has_plain |= call->is_plain && call->has_status;
	}
}

static void act(struct manx_grpc *grpc, const struct epoll_event *event)
{
	int fd = event->data.fd, what = 0, running;
	uint64_t ticks;

	if (fd == grpc->timer) {
		if (read(fd, &ticks, sizeof(ticks)) != sizeof(ticks))
			return;
		fd = CURL_SOCKET_TIMEOUT;
	}
	if (event->events & EPOLLIN)
		what |= CURL_CSELECT_IN;
	if (event->events & EPOLLOUT)
		what |= CURL_CSELECT_OUT;
	if (event->events & (EPOLLERR | EPOLLHUP))
		what |= CURL_CSELECT_ERR;
	curl_multi_socket_action(grpc->multi, fd, fd == CURL_SOCKET_TIMEOUT ? 0 : what, &running);
}

int manx_grpc_run(struct manx_grpc *grpc, int timeout_ms)
{
	struct epoll_event event[TURN];
	int n = epoll_wait(grpc->epoll, event, TURN, timeout_ms);

	if (n < 0)
		return errno == EINTR ? 0 : -errno;
	for (int i = 0; i < n; i++)
		act(grpc, &event[i]);
	collect(grpc);
	return 0;
}
