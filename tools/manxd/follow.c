// SPDX-License-Identifier: GPL-2.0-only
#include "follow.h"

int manxd_follow_store(struct manxd *d, struct manx_error *err)
{
	unsigned int changed = 0;
	int rc = manxd_state_follow(&d->state, &changed, err);

	if (changed & MANXD_CHANGED_POLICY)
		d->todo |= MANXD_WORK_DATAPLANE;
	if (changed & MANXD_CHANGED_NETWORK)
		d->todo |= MANXD_WORK_TUNNEL | MANXD_WORK_DATAPLANE | MANXD_WORK_ROUTES;
	if (changed & MANXD_CHANGED_GONE)
		d->todo |= MANXD_WORK_REAP;
	if (changed & MANXD_CHANGED_POOLS)
		d->todo |= MANXD_WORK_BLOCKS;
	return rc;
}

int manxd_follow_links(struct manxd *d, struct manx_error *err)
{
	unsigned int changed = 0;
	int rc = manxd_links_follow(&d->links, &changed, err);

	if (rc)
		d->todo |= MANXD_WORK_LINKS;
	if (changed & MANXD_LINKS_ENDPOINT)
		d->todo |= MANXD_WORK_REAP;
	if (changed & MANXD_LINKS_NETWORK)
		d->todo |= MANXD_WORK_TUNNEL | MANXD_WORK_ROUTES | MANXD_WORK_QUARANTINE;
	return rc;
}
