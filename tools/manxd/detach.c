// SPDX-License-Identifier: GPL-2.0-only
#include "detach.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "attachment.h"
#include "follow.h"
#include "log.h"
#include "wire.h"

int manxd_detach(struct manxd *d, const struct manxd_detachment *what, struct manx_error *err)
{
	struct manx_ipam_return ret = {
		.handle = what->handle, .uid = what->uid, .endpoint_key = what->wep_key,
	};
	int rc = manxd_follow_links(d, err);

	if (!rc && what->id)
		rc = manxd_unwire(d, what->id, err);
	if (!rc) {
		manx_ipam_release_batch(d->store, d->ipam, &ret, 1);
		rc = ret.ret;
		if (rc)
			*err = ret.err;
	}
	if (!rc)
		rc = manxd_follow_store(d, err);
	if (rc)
		d->todo |= MANXD_WORK_REAP;
	return rc;
}

bool manxd_detach_is_dead(const struct manxd *d, const struct manx_wep *wep)
{
	return wep->id && *wep->handle && !manxd_links_endpoint(&d->links, wep->id) &&
	       !manxd_attachment_by_handle(d, wep->handle);
}

/* What is to be released, copied: the copy of the store changes meanwhile. */
struct dead {
	char *key, *handle;
};

static struct dead *find_dead(const struct manxd *d, size_t *n)
{
	struct manxd_entry *const *wep;
	size_t all = manxd_state_weps(&d->state, d->node, &wep);
	struct dead *dead = calloc(all + 1, sizeof(*dead));

	*n = 0;
	for (size_t i = 0; dead && i < all; i++) {
		if (!manxd_detach_is_dead(d, &wep[i]->wep))
			continue;
		dead[*n].key = strdup(wep[i]->key);
		dead[*n].handle = strdup(wep[i]->wep.handle);
		++*n;
	}
	return dead;
}

static int release_dead(struct manxd *d, struct manx_error *err)
{
	size_t n;
	struct dead *dead = find_dead(d, &n);
	int rc = dead ? 0 : manx_fail(err, -ENOMEM, "out of memory");

	for (size_t i = 0; i < n; i++) {
		if (!rc && dead[i].key && dead[i].handle) {
			manxd_log(LOG_NOTICE, "%s has no link any more: releasing its addresses",
				  dead[i].handle);
			rc = manxd_detach(d, &(struct manxd_detachment){
				.handle = dead[i].handle, .wep_key = dead[i].key,
			}, err);
		}
		free(dead[i].key);
		free(dead[i].handle);
	}
	free(dead);
	return rc;
}

static int compare_id(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static uint32_t *known_ids(const struct manxd *d, size_t *n)
{
	struct manxd_entry *const *wep;
	uint32_t *id;

	*n = manxd_state_weps(&d->state, d->node, &wep);
	id = calloc(*n + 1, sizeof(*id));
	for (size_t i = 0; id && i < *n; i++)
		id[i] = wep[i]->wep.id;
	if (id)
		qsort(id, *n, sizeof(*id), compare_id);
	return id;
}

static int delete_link(struct manxd *d, uint32_t endpoint, struct manx_error *err)
{
	manxd_log(LOG_NOTICE, "endpoint %u is not in the store: deleting its link", endpoint);
	return manxd_unwire(d, endpoint, err);
}

static int delete_strays(struct manxd *d, struct manx_error *err)
{
	char prefix[300];
	const char *lost;
	uint32_t *id;
	size_t n;
	int rc;

	snprintf(prefix, sizeof(prefix), "e/%s/", d->node);
	lost = manxd_state_lost(&d->state, prefix);
	if (lost)	/* its link is no stray, but nobody knows which one it is */
		return manx_fail(err, -EBADMSG, "%s cannot be read: links without an endpoint stay",
				 lost);
	id = known_ids(d, &n);
	rc = id ? 0 : manx_fail(err, -ENOMEM, "out of memory");
	for (size_t i = 0; !rc && i < d->links.n_bound; i++) {
		uint32_t endpoint = d->links.bound[i].endpoint;

		if (!bsearch(&endpoint, id, n, sizeof(*id), compare_id) &&
		    !manxd_attachment_by_id(d, endpoint))
			rc = delete_link(d, endpoint, err);
	}
	free(id);
	return rc;
}

int manxd_reap(struct manxd *d, struct manx_error *err)
{
	int rc = release_dead(d, err);

	return rc ? rc : delete_strays(d, err);
}
