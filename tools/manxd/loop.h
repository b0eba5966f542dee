/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The event loop. Everything that waits is dispatched before the settle
 * function runs, once, so that it can do the work of many events at a time.
 */
#ifndef MANXD_LOOP_H
#define MANXD_LOOP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "error.h"

/**
 * struct manxd_io - interest in a descriptor becoming readable
 * @fd: borrowed
 * @fn: called with @ctx when it is, or when the other end hung up
 *
 * Part of its owner. It may be removed, and freed, at any time, also from
 * within @fn: no event outlives its removal.
 */
struct manxd_io {
	int fd;
	void (*fn)(void *ctx);
	void *ctx;
};

/**
 * struct manxd_timer - a call at a time
 * @fn: called with @ctx once, after which the timer is stopped
 *
 * Part of its owner; zero except @fn and @ctx before it is first started.
 */
struct manxd_timer {
	void (*fn)(void *ctx);
	void *ctx;
	bool running;
	int64_t due;		/* ms, of manxd_now() */
	LIST_ENTRY(manxd_timer) link;
};

/**
 * struct manxd_loop - see top; zero before manxd_loop_open()
 */
struct manxd_loop {
	int epoll;
	bool stopped;
	LIST_HEAD(, manxd_timer) timers;
};

int manxd_loop_open(struct manxd_loop *loop, struct manx_error *err);
void manxd_loop_close(struct manxd_loop *loop);

int manxd_loop_add(struct manxd_loop *loop, struct manxd_io *io, struct manx_error *err);
void manxd_loop_remove(struct manxd_loop *loop, struct manxd_io *io);

/* Monotonic time in ms. */
int64_t manxd_now(void);
/* Starts, or moves, @timer to @ms from now. */
void manxd_timer_start(struct manxd_loop *loop, struct manxd_timer *timer, int64_t ms);
void manxd_timer_stop(struct manxd_timer *timer);

/* Until manxd_loop_stop(). @settle runs after each round of events. */
int manxd_loop_run(struct manxd_loop *loop, void (*settle)(void *ctx), void *ctx,
		   struct manx_error *err);
void manxd_loop_stop(struct manxd_loop *loop);

#endif /* MANXD_LOOP_H */
