// SPDX-License-Identifier: GPL-2.0-only
#include "loop.h"

#include <errno.h>
#include <limits.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

/* Events of one round: enough to combine a burst, few enough to answer soon. */
#define ROUND 1024

int manxd_loop_open(struct manxd_loop *loop, struct manx_error *err)
{
	LIST_INIT(&loop->timers);
	loop->stopped = false;
	loop->epoll = epoll_create1(EPOLL_CLOEXEC);
	return loop->epoll < 0 ? manx_fail_errno(err, -errno, "epoll") : 0;
}

void manxd_loop_close(struct manxd_loop *loop)
{
	close(loop->epoll);
}

int manxd_loop_add(struct manxd_loop *loop, struct manxd_io *io, struct manx_error *err)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.ptr = io };

	if (epoll_ctl(loop->epoll, EPOLL_CTL_ADD, io->fd, &ev))
		return manx_fail_errno(err, -errno, "epoll: cannot wait for descriptor %d", io->fd);
	return 0;
}

void manxd_loop_remove(struct manxd_loop *loop, struct manxd_io *io)
{
	epoll_ctl(loop->epoll, EPOLL_CTL_DEL, io->fd, NULL);
}

int64_t manxd_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

void manxd_timer_start(struct manxd_loop *loop, struct manxd_timer *timer, int64_t ms)
{
	manxd_timer_stop(timer);
	timer->due = manxd_now() + ms;
	timer->running = true;
	LIST_INSERT_HEAD(&loop->timers, timer, link);
}

void manxd_timer_stop(struct manxd_timer *timer)
{
	if (timer->running)
		LIST_REMOVE(timer, link);
	timer->running = false;
}

static struct manxd_timer *next_timer(struct manxd_loop *loop)
{
	struct manxd_timer *timer, *next = NULL;

	LIST_FOREACH(timer, &loop->timers, link)
		if (!next || timer->due < next->due)
			next = timer;
	return next;
}

static int wait_ms(struct manxd_loop *loop)
{
	struct manxd_timer *timer = next_timer(loop);
	int64_t ms;

	if (!timer)
		return -1;
	ms = timer->due - manxd_now();
	return ms < 0 ? 0 : ms > INT_MAX ? INT_MAX : (int)ms;
}

static void run_timers(struct manxd_loop *loop)
{
	struct manxd_timer *timer;

	while ((timer = next_timer(loop)) && timer->due <= manxd_now()) {
		manxd_timer_stop(timer);
		timer->fn(timer->ctx);
	}
}

/*
 * One event a call of epoll_wait(): a second one that was fetched already
 * could be for an owner that the first one's function freed.
 */
static int dispatch(struct manxd_loop *loop, int timeout)
{
	struct epoll_event ev;
	struct manxd_io *io;
	int n = epoll_wait(loop->epoll, &ev, 1, timeout);

	if (n < 0)
		return errno == EINTR ? 0 : -errno;
	if (n) {
		io = ev.data.ptr;
		io->fn(io->ctx);
	}
	return n;
}

int manxd_loop_run(struct manxd_loop *loop, void (*settle)(void *ctx), void *ctx,
		   struct manx_error *err)
{
	while (!loop->stopped) {
		int got = dispatch(loop, wait_ms(loop));

		for (int i = 1; got > 0 && i < ROUND; i++)
			got = dispatch(loop, 0);
		if (got < 0)
			return manx_fail_errno(err, got, "epoll_wait");
		run_timers(loop);
		if (!loop->stopped)
			settle(ctx);
	}
	return 0;
}

void manxd_loop_stop(struct manxd_loop *loop)
{
	loop->stopped = true;
}
