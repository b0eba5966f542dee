/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The policy compiler: from resources to sets, tables and chains of one node.
 * Pure: reads no store and no kernel.
 */
#ifndef MANX_POLICY_H
#define MANX_POLICY_H

#include <stddef.h>

#include "dp.h"
#include "error.h"
#include "model.h"

/**
 * struct manx_policy_input - the cluster as this node knows it
 * @node: name of this node; its endpoints get chains
 * @wep: all workload endpoints of the cluster
 * @policy: all policies, any order
 * @netset: all network sets, any order
 * @space: the namespaces that have a resource; others have no labels but their name
 * @tier: all tiers, any order; those that are built in need not be there
 */
struct manx_policy_input {
	const char *node;
	const struct manx_wep *wep;
	size_t n_weps;
	const struct manx_policy *policy;
	size_t n_policies;
	const struct manx_netset *netset;
	size_t n_netsets;
	const struct manx_namespace *space;
	size_t n_spaces;
	const struct manx_tier *tier;
	size_t n_tiers;
};

/*
 * Fill set, table and endpoint of @out (empty before); peers and node stay
 * untouched. Deterministic: the same input gives the same names and ids.
 *
 * An endpoint's chain in a direction: for each tier, in order, of which policies
 * select it and apply to the direction, one table with the rules of all of them in
 * order (by spec.order, then name), with the tier's default action, in which
 * Calico's "Pass" is pass; then the profile's table, which allows. Endpoints with
 * the same policies share tables. Sets hold the addresses of a selector's
 * endpoints, and the networks of the network sets that it matches.
 */
int manx_policy_compile(const struct manx_policy_input *in, struct manx_dp_state *out,
			struct manx_error *err);

#endif /* MANX_POLICY_H */
