// SPDX-License-Identifier: GPL-2.0-only
#include "wire.h"

#include <errno.h>

#include "routes.h"
#include "sysctl.h"

static int wire_address(struct manxd *d, const struct manx_wep *wep, const struct manx_addr *addr,
			int index, struct manx_error *err)
{
	struct manx_route route = manxd_route_to_endpoint(addr, index);
	int rc = manx_route_replace(d->rtnl, &route, err);

	return rc ? rc : manx_neighbour_set(d->rtnl, index, addr, wep->mac, err);
}

int manxd_wire(struct manxd *d, const struct manx_wep *wep, const struct manx_link *link,
	       struct manx_error *err)
{
	int rc = manxd_sysctl_endpoint(link->name, err);

	if (!rc)
		rc = manx_link_up(d->rtnl, link->index, err);
	if (!rc)
		manxd_links_mark_up(&d->links, link->index);
	for (size_t i = 0; !rc && i < wep->n_addr; i++)
		rc = wire_address(d, wep, &wep->addr[i], link->index, err);
	return rc ? manx_error_prefix(err, "link %s", link->name) : 0;
}

/* What the copy says is checked: an index may have become another link's. */
int manxd_unwire(struct manxd *d, uint32_t id, struct manx_error *err)
{
	const struct manx_link *known = manxd_links_endpoint(&d->links, id);
	struct manx_link link;
	int rc;

	if (!known)
		return 0;
	rc = manx_link_by_index(d->rtnl, known->index, &link, err);
	if (!rc && manxd_link_is_endpoint(&link) && link.endpoint == id)
		rc = manx_link_del(d->rtnl, link.index, err);
	return rc == -ENODEV ? 0 : rc;
}
