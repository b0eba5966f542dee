/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bringing the two copies up to date, and noting what is to be done then.
 */
#ifndef MANXD_FOLLOW_H
#define MANXD_FOLLOW_H

#include "manxd.h"

/* Take over what changed in the store, also by this process. */
int manxd_follow_store(struct manxd *d, struct manx_error *err);
/* Take over what the kernel said about links. */
int manxd_follow_links(struct manxd *d, struct manx_error *err);

#endif /* MANXD_FOLLOW_H */
