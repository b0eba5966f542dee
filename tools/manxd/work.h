/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is to be done (d->todo), in order, many changes at a time; and again
 * later what failed.
 */
#ifndef MANXD_WORK_H
#define MANXD_WORK_H

#include "manxd.h"

/**
 * struct manxd_work - what makes work begin
 * @links: events of the kernel
 * @watch: events of the store; of the watch that d->state has now
 * @retry: for what failed, later each time
 * @resync: everything is looked at, every minute
 * @delay: of the next retry, ms
 */
struct manxd_work {
	struct manxd *d;
	struct manxd_io links, watch;
	struct manxd_timer retry, resync;
	int64_t delay;
};

/* Both copies are in sync; everything is to be done from now on. */
int manxd_work_start(struct manxd_work *work, struct manxd *d, struct manx_error *err);

/* Do what is to be done; called by the loop after each round of events. */
void manxd_work_settle(void *work);

#endif /* MANXD_WORK_H */
