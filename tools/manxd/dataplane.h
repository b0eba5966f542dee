/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the module must know: endpoints with their chains, tables, sets, peers.
 */
#ifndef MANXD_DATAPLANE_H
#define MANXD_DATAPLANE_H

#include "manxd.h"

/*
 * Compile the copy of the store and load what differs, in one transaction;
 * d->generation, n_endpoints and n_peers are set.
 */
int manxd_dataplane_apply(struct manxd *d, struct manx_error *err);

#endif /* MANXD_DATAPLANE_H */
