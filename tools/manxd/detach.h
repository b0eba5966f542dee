/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Endpoints that end: by DEL, by an ADD that was not finished, or because their
 * link is gone.
 */
#ifndef MANXD_DETACH_H
#define MANXD_DETACH_H

#include "manxd.h"

/**
 * struct manxd_detachment - what is to go
 * @id: of the endpoint whose link is deleted, 0 if there is none
 * @handle: what it holds is given back
 * @uid: only if the handle has this one; NULL: whatever it has
 * @wep_key: of the endpoint in the store, NULL if there is none
 */
struct manxd_detachment {
	uint32_t id;
	const char *handle, *uid, *wep_key;
};

/*
 * Delete the link, then give back the addresses together with the endpoint, in
 * one transaction, and follow the store, during which strings that point into
 * its copy may go. Whatever is gone already is fine. What fails is tried again
 * by manxd_reap().
 */
int manxd_detach(struct manxd *d, const struct manxd_detachment *what, struct manx_error *err);

/*
 * True if @wep, of this node, has neither a link nor an open ADD. What was written by
 * hand, without a handle, is never dead.
 */
bool manxd_detach_is_dead(const struct manxd *d, const struct manx_wep *wep);

/*
 * Only its own node decides whether an endpoint lives: release those of this
 * node that have neither a link nor an open ADD, and delete links whose
 * endpoint the store does not have.
 */
int manxd_reap(struct manxd *d, struct manx_error *err);

#endif /* MANXD_DETACH_H */
