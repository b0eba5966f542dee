/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The node's end of an endpoint: what makes the pair part of the network.
 */
#ifndef MANXD_WIRE_H
#define MANXD_WIRE_H

#include "manxd.h"

/*
 * Settings, up, routes and permanent neighbours for the addresses of @wep,
 * whose link is @link. On failure the link stays as far as it came.
 */
int manxd_wire(struct manxd *d, const struct manx_wep *wep, const struct manx_link *link,
	       struct manx_error *err);

/* Delete the link that carries endpoint @id, if there is one. */
int manxd_unwire(struct manxd *d, uint32_t id, struct manx_error *err);

#endif /* MANXD_WIRE_H */
