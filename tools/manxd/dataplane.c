// SPDX-License-Identifier: GPL-2.0-only
#include "dataplane.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy.h"
#include "tunnel.h"

/* Copy @member of each entry of kind @id to @out, which moves behind them. */
#define COPY(d, id, out, member) do { \
	struct manxd_entry *const *entry_; \
	size_t n_ = manxd_state_kind(&(d)->state, id, &entry_); \
	for (size_t i_ = 0; i_ < n_; i_++) \
		*(out)++ = entry_[i_]->member; \
} while (0)

static size_t count(const struct manxd *d, enum manx_kind_id id)
{
	return manxd_state_kind(&d->state, id, NULL);
}

/* What the compiler is given, as arrays; they point into the state. */
struct input {
	struct manx_wep *wep;
	struct manx_policy *policy;
	struct manx_netset *netset;
	struct manx_namespace *space;
	struct manx_tier *tier;
};

static void input_free(struct input *a)
{
	free(a->wep);
	free(a->policy);
	free(a->netset);
	free(a->space);
	free(a->tier);
}

static void fill(const struct manxd *d, const struct input *a)
{
	struct manx_wep *wep = a->wep;
	struct manx_policy *policy = a->policy;
	struct manx_netset *netset = a->netset;
	struct manx_namespace *space = a->space;
	struct manx_tier *tier = a->tier;

	COPY(d, MANX_KIND_WORKLOADENDPOINT, wep, wep);
	COPY(d, MANX_KIND_GLOBALNETWORKPOLICY, policy, policy);
	COPY(d, MANX_KIND_NETWORKPOLICY, policy, policy);
	COPY(d, MANX_KIND_GLOBALNETWORKSET, netset, netset);
	COPY(d, MANX_KIND_NETWORKSET, netset, netset);
	COPY(d, MANX_KIND_NAMESPACE, space, space);
	COPY(d, MANX_KIND_TIER, tier, tier);
}

static int compile(const struct manxd *d, struct manx_dp_state *out, struct manx_error *err)
{
	struct manx_policy_input in = {
		.node = d->node,
		.n_weps = count(d, MANX_KIND_WORKLOADENDPOINT),
		.n_policies = count(d, MANX_KIND_GLOBALNETWORKPOLICY) +
			      count(d, MANX_KIND_NETWORKPOLICY),
		.n_netsets = count(d, MANX_KIND_GLOBALNETWORKSET) +
			     count(d, MANX_KIND_NETWORKSET),
		.n_spaces = count(d, MANX_KIND_NAMESPACE),
		.n_tiers = count(d, MANX_KIND_TIER),
	};
	struct input a = {
		.wep = calloc(in.n_weps + 1, sizeof(*a.wep)),
		.policy = calloc(in.n_policies + 1, sizeof(*a.policy)),
		.netset = calloc(in.n_netsets + 1, sizeof(*a.netset)),
		.space = calloc(in.n_spaces + 1, sizeof(*a.space)),
		.tier = calloc(in.n_tiers + 1, sizeof(*a.tier)),
	};
	int rc;

	if (a.wep && a.policy && a.netset && a.space && a.tier) {
		fill(d, &a);
		in.wep = a.wep;
		in.policy = a.policy;
		in.netset = a.netset;
		in.space = a.space;
		in.tier = a.tier;
		rc = manx_policy_compile(&in, out, err);
	} else {
		rc = manx_fail(err, -ENOMEM, "out of memory for policies");
	}
	input_free(&a);
	return rc;
}

static int compare_addr(const void *a, const void *b)
{
	return manx_addr_cmp(a, b);
}

/* Every other node, once: IPIP is exchanged with these alone. */
static int add_peers(const struct manxd *d, struct manx_dp_state *out, struct manx_error *err)
{
	struct manxd_entry *const *entry;
	size_t n = manxd_state_kind(&d->state, MANX_KIND_NODE, &entry), kept = 0;

	if (!manxd_tunnel_needed(d))
		return 0;
	out->peer = calloc(n + 1, sizeof(*out->peer));
	if (!out->peer)
		return manx_fail(err, -ENOMEM, "out of memory for peers");
	for (size_t i = 0; i < n; i++)
		if (strcmp(entry[i]->node.name, d->node) && entry[i]->node.ip4.addr.family &&
		    manx_addr_cmp(&entry[i]->node.ip4.addr, &manxd_self(d)->ip4.addr))
			out->peer[out->n_peers++] = entry[i]->node.ip4.addr;
	qsort(out->peer, out->n_peers, sizeof(*out->peer), compare_addr);
	for (size_t i = 0; i < out->n_peers; i++)
		if (!kept || manx_addr_cmp(&out->peer[kept - 1], &out->peer[i]))
			out->peer[kept++] = out->peer[i];
	out->n_peers = kept;
	return 0;
}

/* A module that was unloaded and loaded again has to be found anew. */
static int load(struct manxd *d, struct manx_dp_state *want, struct manx_error *err)
{
	size_t n_endpoints = want->n_endpoints, n_peers = want->n_peers;
	struct manx_dp_applied applied = { 0 };
	int rc = d->dp ? 0 : manx_dp_open(&d->dp, err);

	if (rc)
		return rc;
	rc = manx_dp_apply(d->dp, want, false, &applied, err);
	if (!rc) {
		d->generation = applied.generation;
		d->n_changes += applied.changes;
		d->n_requests += applied.requests;
		d->n_endpoints = n_endpoints;
		d->n_peers = n_peers;
		return 0;
	}
	manx_dp_close(d->dp);
	d->dp = NULL;
	return rc;
}

/*
 * What a policy says that cannot be read may be "deny"; an endpoint of ours that
 * cannot be read would be closed. Other nodes' endpoints are not waited for: they
 * are only missing from sets.
 */
static int check_known(const struct manxd *d, struct manx_error *err)
{
	char own[300];
	const char *prefix[] = {
		"r/networkpolicies/", "r/globalnetworkpolicies/", "r/networksets/",
		"r/globalnetworksets/", "r/tiers/", "r/namespaces/", own,
	};

	snprintf(own, sizeof(own), "e/%s/", d->node);
	for (size_t i = 0; i < sizeof(prefix) / sizeof(prefix[0]); i++) {
		const char *lost = manxd_state_lost(&d->state, prefix[i]);

		if (lost)
			return manx_fail(err, -EBADMSG,
					 "%s cannot be read, so the kernel keeps the policy that it has: "
					 "apply it anew, delete it, or upgrade this manxd", lost);
	}
	return 0;
}

int manxd_dataplane_apply(struct manxd *d, struct manx_error *err)
{
	struct manx_dp_state want = { 0 };
	int rc = check_known(d, err);

	/* what else can be configured is the operator's: manxctl dp set */
	want.node.config = d->options;
	if (!rc)
		rc = compile(d, &want, err);
	if (!rc)
		rc = add_peers(d, &want, err);
	if (!rc)
		rc = load(d, &want, err);
	manx_dp_state_clear(&want);
	return rc;
}
