// SPDX-License-Identifier: GPL-2.0-only
#include "work.h"

#include <string.h>

#include "agent_server.h"
#include "attach.h"
#include "dataplane.h"
#include "detach.h"
#include "follow.h"
#include "log.h"
#include "quarantine.h"
#include "routes.h"
#include "tunnel.h"

/* Drift is found after so long at the latest. */
#define RESYNC_MS	60000

#define RETRY_FIRST_MS	500
#define RETRY_MAX_MS	30000

/* Steps may ask for others, or for themselves; what is left then waits for the next round. */
#define PASSES		4

static void on_retry(void *ctx)
{
	struct manxd *d = ctx;

	d->todo |= d->failed;
	d->failed = 0;
}

static void on_resync(void *ctx)
{
	struct manxd_work *work = ctx;

	work->d->todo |= MANXD_WORK_ALL;
	manxd_timer_start(&work->d->loop, &work->resync, RESYNC_MS);
}

/* What fails here makes MANXD_WORK_LINKS, which tells. */
static void on_links(void *ctx)
{
	struct manx_error err;

	manxd_follow_links(ctx, &err);
}

static void on_watch(void *ctx)
{
	(void)ctx;	/* each round ends with a look at the store */
}

/* The descriptor of an earlier watch left the loop when it was closed. */
static int add_watch(struct manxd_work *work, struct manx_error *err)
{
	work->watch.fd = manx_watch_fd(work->d->state.watch);
	return manxd_loop_add(&work->d->loop, &work->watch, err);
}

int manxd_work_start(struct manxd_work *work, struct manxd *d, struct manx_error *err)
{
	int rc;

	*work = (struct manxd_work){
		.d = d,
		.links = { manxd_links_fd(&d->links), on_links, d },
		.watch = { .fn = on_watch },
		.retry = { .fn = on_retry, .ctx = d },
		.resync = { .fn = on_resync, .ctx = work },
		.delay = RETRY_FIRST_MS,
	};
	rc = manxd_loop_add(&d->loop, &work->links, err);
	if (!rc)
		rc = add_watch(work, err);
	if (!rc)
		on_resync(work);
	return rc;
}

static int read_links(struct manxd *d, struct manx_error *err)
{
	return manxd_links_sync(&d->links, err);
}

static int release_blocks(struct manxd *d, struct manx_error *err)
{
	int rc = manx_ipam_release_blocks(d->store, d->node, err);

	return rc ? rc : manxd_follow_store(d, err);
}

/*
 * Links before what is judged by them; what may write to the store before what
 * only reads its copy; chains before the routes that lead to them.
 */
static const struct {
	unsigned int work;
	int (*fn)(struct manxd *d, struct manx_error *err);
} steps[] = {
	{ MANXD_WORK_LINKS, read_links },
	{ MANXD_WORK_BLOCKS, release_blocks },
	{ MANXD_WORK_REAP, manxd_reap },
	{ MANXD_WORK_QUARANTINE, manxd_quarantine_apply },
	{ MANXD_WORK_TUNNEL, manxd_tunnel_apply },
	{ MANXD_WORK_DATAPLANE, manxd_dataplane_apply },
	{ MANXD_WORK_ROUTES, manxd_routes_apply },
};

/* *first: of the first step that failed. The others are tried all the same. */
static void do_steps(struct manxd *d, struct manx_error *first)
{
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		struct manx_error err = { 0 };

		if (!(d->todo & steps[i].work))
			continue;
		/* before the call, which may ask for itself again */
		d->todo &= ~steps[i].work;
		d->failed &= ~steps[i].work;
		if (!steps[i].fn(d, &err))
			continue;
		d->failed |= steps[i].work;
		if (!first->code)
			*first = err;
	}
}

static int catch_up(struct manxd_work *work, struct manx_error *err)
{
	struct manxd *d = work->d;
	int rc;

	if (d->state.watch)
		return manxd_follow_store(d, err);
	rc = manxd_state_sync(&d->state, err);
	if (rc)
		return rc;
	d->todo |= MANXD_WORK_ALL;
	return add_watch(work, err);
}

/* Says what changed about what is wrong. */
static void report(struct manxd *d, const struct manx_error *err)
{
	bool is_fine = !err->code && !d->failed && d->state.watch;

	if (err->code && strcmp(err->text, d->last_error.text))
		manxd_log(LOG_ERR, "%s", err->text);
	else if (is_fine && d->last_error.code)
		manxd_log(LOG_NOTICE, "everything is in place again");
	if (err->code || is_fine)
		d->last_error = *err;
}

static void plan_retry(struct manxd_work *work)
{
	if (!work->d->last_error.code) {
		work->delay = RETRY_FIRST_MS;
		manxd_timer_stop(&work->retry);
	} else if (!work->retry.running) {
		manxd_timer_start(&work->d->loop, &work->retry, work->delay);
		work->delay = 2 * work->delay < RETRY_MAX_MS ? 2 * work->delay : RETRY_MAX_MS;
	}
}

/* After the answers, for nobody waits for it. What fails is tried after the next ADD. */
static void claim_ahead(struct manxd *d)
{
	struct manx_error err = { 0 };

	if (!d->ahead || !d->state.watch)
		return;
	d->ahead = false;
	if (manx_ipam_claim_ahead(d->store, d->ipam, &err))
		manxd_log(LOG_WARNING, "cannot claim a block ahead: %s", err.text);
}

void manxd_work_settle(void *ctx)
{
	struct manxd_work *work = ctx;
	struct manxd *d = work->d;
	struct manx_error err = { 0 };

	manxd_attach_run(d);
	/* a store that failed is not asked again at every event */
	if ((d->state.watch || !work->retry.running) && !catch_up(work, &err))
		for (int i = 0; i < PASSES && d->todo; i++)
			do_steps(d, &err);
	report(d, &err);
	plan_retry(work);
	if ((d->todo | d->failed) & MANXD_WORK_DATAPLANE)
		manxd_server_loaded(d, &d->last_error);
	else
		manxd_server_loaded(d, NULL);
	claim_ahead(d);
}
