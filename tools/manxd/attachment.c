// SPDX-License-Identifier: GPL-2.0-only
#include "attachment.h"

#include <string.h>

/* Ids 0 and 1 are "outside" and the node itself. */
#define FIRST_ID 2

struct manxd_attachment *manxd_attachment_by_handle(const struct manxd *d, const char *handle)
{
	struct manxd_attachment *a;

	LIST_FOREACH(a, &d->attachments.open, entry)
		if (!strcmp(a->handle, handle))
			return a;
	return NULL;
}

struct manxd_attachment *manxd_attachment_by_id(const struct manxd *d, uint32_t id)
{
	struct manxd_attachment *a;

	LIST_FOREACH(a, &d->attachments.open, entry)
		if (a->id == id)
			return a;
	return NULL;
}

struct manxd_attachment *manxd_attachment_by_wep(const struct manxd *d, const char *key)
{
	struct manxd_attachment *a;

	LIST_FOREACH(a, &d->attachments.open, entry)
		if (!strcmp(a->wep_key, key))
			return a;
	return NULL;
}

struct manxd_attachment *manxd_attachment_by_link(const struct manxd *d, const char *link)
{
	struct manxd_attachment *a;

	LIST_FOREACH(a, &d->attachments.open, entry)
		if (!strcmp(a->link, link))
			return a;
	return NULL;
}

/* Whether an endpoint of this node has @id; *highest: of those that there are. */
static bool wep_has(const struct manxd *d, uint32_t id, uint32_t *highest)
{
	struct manxd_entry *const *wep;
	size_t n = manxd_state_weps(&d->state, d->node, &wep);
	bool found = false;

	for (size_t i = 0; i < n; i++) {
		found |= wep[i]->wep.id == id;
		if (wep[i]->wep.id > *highest)
			*highest = wep[i]->wep.id;
	}
	return found;
}

/*
 * The one after the last, so that what was known about an endpoint that is gone
 * does not fit the next one; after a restart, after the highest.
 */
uint32_t manxd_attachment_new_id(struct manxd *d)
{
	uint32_t *last = &d->attachments.last_id, highest = 0;

	if (!*last) {
		wep_has(d, 0, &highest);
		*last = highest;
	}
	do
		*last = *last + 1 < FIRST_ID ? FIRST_ID : *last + 1;
	while (wep_has(d, *last, &highest) || manxd_links_endpoint(&d->links, *last) ||
	       manxd_attachment_by_id(d, *last));
	return *last;
}
