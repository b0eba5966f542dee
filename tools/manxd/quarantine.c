// SPDX-License-Identifier: GPL-2.0-only
#include "quarantine.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "grow.h"
#include "log.h"
#include "routes.h"
#include "uid.h"

/**
 * struct manxd_quarantined - an address that is not given
 * @note: why
 * @is_noted: it is in the store
 * @is_over: it is to be forgotten
 */
struct manxd_quarantined {
	struct manx_addr addr;
	char note[160];
	bool is_noted, is_over;
};

/* "" if nothing keeps @addr, of a block of @len, from being given. */
static void ask_kernel(const struct manxd *d, const struct manx_addr *addr, uint8_t len,
		       char note[160])
{
	char text[MANX_ADDR_STRLEN];
	const struct manx_link *link;
	struct manx_match way;

	*note = '\0';
	/* where there is no way there is no other use */
	if (manx_route_lookup(d->rtnl, addr, &way, NULL))
		return;
	link = manxd_links_index(&d->links, way.index);
	if (way.is_local)
		snprintf(note, 160, "is node %.80s's own", d->node);
	else if (way.dst.len > len && way.protocol != MANXD_ROUTE_PROTOCOL)
		snprintf(note, 160, "node %.64s has a route to %s by %s", d->node,
			 manx_prefix_format(&way.dst, text), link ? link->name : "another way");
}

static struct manxd_quarantined *find(const struct manxd *d, const struct manx_addr *addr)
{
	for (size_t i = 0; i < d->n_quarantine; i++)
		if (!manx_addr_cmp(&d->quarantine[i].addr, addr))
			return &d->quarantine[i];
	return NULL;
}

static struct manxd_quarantined *remember(struct manxd *d, const struct manx_addr *addr)
{
	struct manxd_quarantined *q = find(d, addr), *more;

	if (q)
		return q;
	more = manx_more(d->quarantine, d->n_quarantine, sizeof(*more));
	if (!more)
		return NULL;
	d->quarantine = more;
	q = &d->quarantine[d->n_quarantine++];
	*q = (struct manxd_quarantined){ .addr = *addr };
	return q;
}

/* Without memory it is not given all the same, but nobody sees why. */
static bool is_elsewhere(void *ctx, const struct manx_prefix *block, const struct manx_addr *addr)
{
	struct manxd_quarantined *q;
	struct manxd *d = ctx;
	char note[160];

	ask_kernel(d, addr, block->len, note);
	if (!*note)
		return false;
	q = remember(d, addr);
	if (q) {
		memcpy(q->note, note, sizeof(note));
		q->is_over = false;
	}
	d->todo |= MANXD_WORK_QUARANTINE;
	return true;
}

void manxd_quarantine_start(struct manxd *d)
{
	manx_ipam_cache_ask(d->ipam, is_elsewhere, d);
}

void manxd_quarantine_stop(struct manxd *d)
{
	free(d->quarantine);
	d->quarantine = NULL;
	d->n_quarantine = 0;
}

/* What is noted of an earlier run. */
static int read_noted(struct manxd *d, struct manx_error *err)
{
	char prefix[300];
	struct manx_kvs kvs;
	int rc;

	snprintf(prefix, sizeof(prefix), "h/" MANX_IPAM_QUARANTINE_HANDLE "%s-", d->node);
	rc = manx_store_list(d->store, prefix, &kvs, err);
	for (size_t i = 0; i < kvs.n && !rc; i++) {
		struct manxd_quarantined *q;
		struct manx_addr addr;

		/* that of a node whose name begins like this one's */
		if (!manx_addr_parse(kvs.kv[i].key + strlen(prefix), &addr))
			continue;
		q = remember(d, &addr);
		if (q)
			q->is_noted = true;
		else
			rc = manx_fail(err, -ENOMEM, "out of memory");
	}
	manx_kvs_clear(&kvs);
	d->quarantine_known = !rc;
	return rc;
}

/* Length of the block that @addr lies in; without one no route is longer. */
static uint8_t block_len(const struct manxd *d, const struct manx_addr *addr)
{
	struct manxd_entry *const *entry;
	size_t n = manxd_state_range(&d->state, "b/", &entry);

	for (size_t i = 0; i < n; i++)
		if (manx_prefix_contains(&entry[i]->block.cidr, addr))
			return entry[i]->block.cidr.len;
	return manx_addr_bits(addr);
}

static int note(struct manxd *d, struct manxd_quarantined *q, const char *handle,
		struct manx_error *err)
{
	char uid[MANX_UID_LEN + 1], text[MANX_ADDR_STRLEN];
	struct manx_ipam_request req = {
		.node = d->node, .handle = handle, .uid = uid, .use = MANX_USE_WORKLOAD,
		.want4 = q->addr.family == 4, .want6 = q->addr.family == 6, .note = q->note,
	};
	struct manx_ipam_job job = { .req = &req };
	int rc = manx_uid_new(uid, err);

	if (rc)
		return rc;
	*(q->addr.family == 4 ? &req.addr4 : &req.addr6) = q->addr;
	manx_ipam_assign_batch(d->store, d->ipam, &job, 1);
	/* somebody has it by now, or it is no pool's any more */
	if (job.ret == -EADDRINUSE || job.ret == -EADDRNOTAVAIL || job.ret == -EBUSY) {
		q->is_over = true;
		return 0;
	}
	if (job.ret && job.ret != -EEXIST) {
		*err = job.err;
		return job.ret;
	}
	q->is_noted = true;
	manxd_log(LOG_NOTICE, "%s is not given: %s", manx_addr_format(&q->addr, text), q->note);
	return 0;
}

static int settle(struct manxd *d, struct manxd_quarantined *q, struct manx_error *err)
{
	char handle[320], text[MANX_ADDR_STRLEN], now[160];
	int rc = 0;

	snprintf(handle, sizeof(handle), MANX_IPAM_QUARANTINE_HANDLE "%s-%s", d->node,
		 manx_addr_format(&q->addr, text));
	ask_kernel(d, &q->addr, block_len(d, &q->addr), now);
	if (*now)
		return q->is_noted ? 0 : note(d, q, handle, err);
	if (q->is_noted) {
		struct manx_ipam_return ret = { .handle = handle };

		manx_ipam_release_batch(d->store, d->ipam, &ret, 1);
		rc = ret.ret;
		if (rc)
			*err = ret.err;
		else
			manxd_log(LOG_NOTICE, "%s can be given again", text);
	}
	q->is_over = !rc;
	return rc;
}

int manxd_quarantine_apply(struct manxd *d, struct manx_error *err)
{
	int rc = d->quarantine_known ? 0 : read_noted(d, err);
	size_t kept = 0;

	for (size_t i = 0; i < d->n_quarantine && !rc; i++)
		rc = settle(d, &d->quarantine[i], err);
	for (size_t i = 0; i < d->n_quarantine; i++)
		if (!d->quarantine[i].is_over)
			d->quarantine[kept++] = d->quarantine[i];
	d->n_quarantine = kept;
	if (!kept)
		manxd_quarantine_stop(d);
	return rc;
}
