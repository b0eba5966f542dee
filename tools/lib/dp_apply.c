// SPDX-License-Identifier: GPL-2.0-only
/*
 * Make the module's state equal another: find what differs, and send that in
 * one transaction. The order of changes within it means nothing to the module,
 * which judges the result as a whole when it ends.
 *
 * What a connection has made of the module's state it remembers. Whoever else
 * changes something makes another generation of it, so the module need be read
 * only when the transaction is refused for that.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "dp_impl.h"

/* Patience with other writers: what a large commit of theirs may take. */
#define BUSY_MS		5000
#define BUSY_PAUSE_MS	20
/* Commits of others that may come between reading and the transaction. */
#define STALE_TRIES	20

/* @generation 0: whatever it is. -ESTALE. Waits while another writer is at work. */
static int begin(struct manx_dp *dp, uint32_t generation, struct manx_error *err)
{
	static const struct timespec pause = { .tv_nsec = BUSY_PAUSE_MS * 1000000L };
	int rc = -EBUSY;

	for (int ms = 0; rc == -EBUSY && ms < BUSY_MS; ms += BUSY_PAUSE_MS) {
		struct nlmsghdr *nlh;

		if (ms)
			nanosleep(&pause, NULL);
		nlh = manx_dp_request(dp, MANX_CMD_TXN_BEGIN, 0);
		if (generation)
			mnl_attr_put_u32(nlh, MANX_A_NODE_GENERATION, generation);
		rc = manx_nl_talk(dp->nl, NULL, NULL, err);
	}
	return rc == -EPERM ? manx_dp_no_permission(err) : rc;
}

static int on_end(const struct nlmsghdr *nlh, void *ctx, struct manx_error *err)
{
	const struct nlattr *attr;
	int rc = 0;

	mnl_attr_for_each(attr, nlh, sizeof(uint32_t))
		if (mnl_attr_get_type(attr) == MANX_A_NODE_GENERATION)
			rc = manx_dp_u32_parse(attr, ctx, err);
	return rc;
}

static int commit(struct manx_dp *dp, bool sync, uint32_t *generation, struct manx_error *err)
{
	struct nlmsghdr *nlh = manx_dp_request(dp, MANX_CMD_TXN_END, 0);

	mnl_attr_put(nlh, MANX_A_NODE_COMMIT, 0, NULL);
	if (sync)
		mnl_attr_put(nlh, MANX_A_NODE_SYNC, 0, NULL);
	return manx_nl_talk(dp->nl, on_end, generation, err);
}

/* Throw it away; what went wrong before is what is told. */
static void drop(struct manx_dp *dp)
{
	manx_dp_request(dp, MANX_CMD_TXN_END, 0);
	manx_nl_talk(dp->nl, NULL, NULL, NULL);
}

static int send_change(struct manx_dp *dp, const struct manx_dp_change *c, struct manx_error *err)
{
	const struct manx_dp_set *set = c->object;
	const struct manx_dp_endpoint *endpoint = c->object;

	switch (c->cmd) {
	case MANX_CMD_SET_NEW:
		return manx_dp_put_members(dp, c->cmd, set->name, &set->members, err);
	case MANX_CMD_MEMBER_ADD:
	case MANX_CMD_MEMBER_DEL:
		return manx_dp_put_members(dp, c->cmd, set->name, &c->members, err);
	case MANX_CMD_SET_DEL:
		return manx_dp_del_name(dp, c->cmd, set->name, err);
	case MANX_CMD_TABLE_NEW:
		return manx_dp_put_table(dp, c->object, err);
	case MANX_CMD_TABLE_DEL:
		return manx_dp_del_name(dp, c->cmd, ((const struct manx_dp_table *)c->object)->name,
					err);
	case MANX_CMD_ENDPOINT_NEW:
		return manx_dp_put_endpoint(dp, endpoint, err);
	case MANX_CMD_ENDPOINT_DEL:
		return manx_dp_del_endpoint(dp, endpoint->id, err);
	default:
		return manx_dp_put_peer(dp, c->cmd, c->object, err);
	}
}

static int send_all(struct manx_dp *dp, const struct manx_dp_diff *d, struct manx_error *err)
{
	int rc = d->config.given ? manx_dp_put_config(dp, &d->config, err) : 0;

	for (size_t i = 0; !rc && i < d->n; i++) {
		rc = send_change(dp, &d->change[i], err);
		if (rc)
			manx_dp_change_blame(&d->change[i], err);
	}
	return rc;
}

/* -ESTALE, also if the module is another by now. */
static int transact(struct manx_dp *dp, uint32_t generation, const struct manx_dp_diff *d,
		    bool sync, uint32_t *reached, struct manx_error *err)
{
	int rc = begin(dp, generation, err);

	if (rc)
		return rc == -ENOENT ? -ESTALE : rc;
	rc = send_all(dp, d, err);
	if (!rc)
		rc = commit(dp, sync, reached, err);
	if (rc)
		drop(dp);
	return rc;
}

static int check_unchanged(struct manx_dp *dp, uint32_t generation, struct manx_error *err)
{
	int rc = manx_dp_check_generation(dp, generation, err);

	return rc == -ENOENT ? -ESTALE : rc;
}

static void forget(struct manx_dp *dp)
{
	manx_dp_state_clear(&dp->known);
}

/* @want is in force, as generation @generation: what is known from now on. */
static void remember(struct manx_dp *dp, struct manx_dp_state *want, uint32_t generation)
{
	struct manx_dp_config config = dp->known.node.config;

	manx_dp_config_merge(&config, &want->node.config);
	forget(dp);
	dp->known = *want;
	dp->known.node.config = config;
	dp->known.node.generation = generation;
	memset(want, 0, sizeof(*want));
}

/* One try. -ESTALE: the state changed since it was read. */
static int apply(struct manx_dp *dp, struct manx_dp_state *want, bool sync,
		 struct manx_dp_applied *applied, struct manx_error *err)
{
	struct manx_dp_diff d;
	/* generations begin at 1: nothing is known yet */
	bool fresh = !dp->known.node.generation;
	int rc = fresh ? manx_dp_read(dp, &dp->known, err) : 0;

	if (!rc)
		rc = manx_dp_diff(&dp->known, want, &d, err);
	if (rc)
		return rc;
	applied->generation = dp->known.node.generation;
	applied->changes = manx_dp_diff_count(&d);
	if (applied->changes)
		rc = transact(dp, applied->generation, &d, sync, &applied->generation, err);
	else if (!fresh)
		rc = check_unchanged(dp, applied->generation, err);
	manx_dp_diff_clear(&d);
	if (!rc)
		remember(dp, want, applied->generation);
	return rc;
}

int manx_dp_apply(struct manx_dp *dp, struct manx_dp_state *want, bool sync,
		  struct manx_dp_applied *applied, struct manx_error *err)
{
	uint32_t requests = manx_nl_requests(dp->nl);
	int rc = -ESTALE;

	manx_dp_state_sort(want);
	for (int i = 0; rc == -ESTALE && i < STALE_TRIES; i++) {
		rc = apply(dp, want, sync, applied, err);
		if (rc)
			forget(dp);
	}
	applied->requests = manx_nl_requests(dp->nl) - requests;
	return rc;
}

int manx_dp_configure(struct manx_dp *dp, const struct manx_dp_config *config,
		      uint32_t *generation, struct manx_error *err)
{
	int rc = begin(dp, 0, err);

	if (rc)
		return rc;
	rc = manx_dp_put_config(dp, config, err);
	if (!rc)
		rc = commit(dp, false, generation, err);
	if (rc)
		drop(dp);
	return rc;
}
