/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Addresses of this node's blocks that its kernel has another use for: its own, or
 * those that a route which is not manx's leads elsewhere. None of them is given. One
 * that was about to be given is noted in the store, so that people see it, and free
 * again when the kernel's use has ended.
 */
#ifndef MANXD_QUARANTINE_H
#define MANXD_QUARANTINE_H

#include "manxd.h"

/* From now on d->ipam asks this node's kernel. */
void manxd_quarantine_start(struct manxd *d);
void manxd_quarantine_stop(struct manxd *d);

/* Note what is new, free what is over. */
int manxd_quarantine_apply(struct manxd *d, struct manx_error *err);

#endif /* MANXD_QUARANTINE_H */
