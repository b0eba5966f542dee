/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a store in etcd needs from time to time: that this node says that it is there,
 * and that somebody compacts it.
 */
#ifndef MANXD_KEEP_H
#define MANXD_KEEP_H

#include "etcd_compact.h"
#include "manxd.h"
#include "store_presence.h"

/**
 * struct manxd_keep - see top
 * @lost: another machine took this node's name; the loop was stopped
 */
struct manxd_keep {
	struct manxd *d;
	struct manx_presence presence;
	struct manx_compactor compactor;
	struct manxd_timer presence_timer, compactor_timer;
	struct manx_error lost;
};

/* Be present, or fail: -EEXIST, another machine has this name. */
int manxd_keep_open(struct manxd_keep *keep, struct manxd *d, struct manx_error *err);
/* From now on the loop keeps it up. */
void manxd_keep_start(struct manxd_keep *keep);
void manxd_keep_close(struct manxd_keep *keep);

#endif /* MANXD_KEEP_H */
