// SPDX-License-Identifier: GPL-2.0-only
#include "dataplane.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy.h"
#include "tunnel.h"

static size_t copy_policies(const struct manxd *d, enum manx_kind_id id, struct manx_policy *out)
{
	struct manxd_entry *const *entry;
	size_t n = manxd_state_kind(&d->state, id, &entry);

	for (size_t i = 0; out && i < n; i++)
		out[i] = entry[i]->policy;
	return n;
}

static size_t copy_weps(const struct manxd *d, struct manx_wep *out)
{
	struct manxd_entry *const *entry;
	size_t n = manxd_state_kind(&d->state, MANX_KIND_WORKLOADENDPOINT, &entry);

	for (size_t i = 0; out && i < n; i++)
		out[i] = entry[i]->wep;
	return n;
}

static int compile(const struct manxd *d, struct manx_dp_state *out, struct manx_error *err)
{
	size_t n_weps = copy_weps(d, NULL);
	size_t n_global = copy_policies(d, MANX_KIND_GLOBALNETWORKPOLICY, NULL);
	size_t n_policies = n_global + copy_policies(d, MANX_KIND_NETWORKPOLICY, NULL);
	struct manx_wep *wep = calloc(n_weps + 1, sizeof(*wep));
	struct manx_policy *policy = calloc(n_policies + 1, sizeof(*policy));
	struct manx_policy_input in = { d->node, wep, n_weps, policy, n_policies };
	int rc;

	if (wep && policy) {
		copy_weps(d, wep);
		copy_policies(d, MANX_KIND_GLOBALNETWORKPOLICY, policy);
		copy_policies(d, MANX_KIND_NETWORKPOLICY, policy + n_global);
		rc = manx_policy_compile(&in, out, err);
	} else {
		rc = manx_fail(err, -ENOMEM, "out of memory for policies");
	}
	free(wep);
	free(policy);
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
	const char *prefix[] = { "r/networkpolicies/", "r/globalnetworkpolicies/", own };

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
