// SPDX-License-Identifier: GPL-2.0-only
#include "keep.h"

#include <errno.h>

#include "log.h"

/* An etcd that does not answer is work.c's to tell; this goes on trying. */
static void on_presence(void *ctx)
{
	struct manxd_keep *keep = ctx;
	struct manx_error err = { 0 };

	if (manx_presence_keep(&keep->presence, &err) == -EEXIST) {
		keep->lost = err;
		manxd_loop_stop(&keep->d->loop);
		return;
	}
	manxd_timer_start(&keep->d->loop, &keep->presence_timer, MANX_PRESENCE_KEEP_MS);
}

static void on_compactor(void *ctx)
{
	struct manxd_keep *keep = ctx;
	struct manx_error err = { 0 };

	if (manx_compact(&keep->compactor, &err))
		manxd_log(LOG_WARNING, "the datastore is not compacted: %s", err.text);
	manxd_timer_start(&keep->d->loop, &keep->compactor_timer, MANX_COMPACT_MS);
}

int manxd_keep_open(struct manxd_keep *keep, struct manxd *d, struct manx_error *err)
{
	struct manx_error why = { 0 };
	int rc;

	*keep = (struct manxd_keep){
		.d = d,
		.compactor = { .store = d->store, .node = d->node },
		.presence_timer = { .fn = on_presence, .ctx = keep },
		.compactor_timer = { .fn = on_compactor, .ctx = keep },
	};
	rc = manx_presence_open(&keep->presence, d->store, d->node, d->boot_id, &why);
	if (rc == -EEXIST)
		return manx_fail(err, rc, "%s", why.text);
	/* a store that is full or locked takes no key, but releases must go on */
	if (rc)
		manxd_log(LOG_WARNING, "this node cannot say that it is there: %s", why.text);
	return 0;
}

void manxd_keep_start(struct manxd_keep *keep)
{
	manxd_timer_start(&keep->d->loop, &keep->presence_timer, MANX_PRESENCE_KEEP_MS);
	manxd_timer_start(&keep->d->loop, &keep->compactor_timer, MANX_COMPACT_MS);
}

void manxd_keep_close(struct manxd_keep *keep)
{
	if (!keep->d)
		return;
	manx_presence_close(&keep->presence);
	manx_compact_stop(&keep->compactor);
}
