// SPDX-License-Identifier: GPL-2.0-only
/*
 * The policy compiler: ranks policies, finds each endpoint's, and puts
 * together what policy_scope.c, policy_rule.c and policy_table.c make.
 */
#include "policy.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy_internal.h"

/* Ids 0 and 1 are "outside" and the node itself. */
#define FIRST_ENDPOINT_ID 2

static bool applies(const struct manx_policy *p, uint32_t direction)
{
	return direction == MANX_DIRECTION_INGRESS ? p->ingress_applies : p->egress_applies;
}

static int compare_rank(const void *a, const void *b)
{
	const struct manx_ranked_policy *x = a, *y = b;

	if (x->no_tier != y->no_tier)
		return x->no_tier ? 1 : -1;
	if (x->tier.order != y->tier.order)
		return x->tier.order < y->tier.order ? -1 : 1;
	if (strcmp(x->tier.name, y->tier.name))
		return strcmp(x->tier.name, y->tier.name);
	if (x->policy->order != y->policy->order)
		return x->policy->order < y->policy->order ? -1 : 1;
	return strcmp(x->id, y->id);
}

static void ranks_free(struct manx_ranked_policy *rank, size_t n)
{
	for (size_t i = 0; rank && i < n; i++) {
		free(rank[i].id);
		free(rank[i].sets[0]);
		free(rank[i].sets[1]);
	}
	free(rank);
}

static int find_subject(struct manx_ranked_policy *p, struct manx_scopes *scopes,
			struct manx_error *err)
{
	const struct manx_policy *policy = p->policy;
	int rc = manx_scope_get(scopes, policy->selector, policy->ns_selector, policy->ns,
				&p->subject, err);

	return rc ? manx_error_prefix(err, "%s", p->id) : 0;
}

/*
 * The tier of @p. One that does not exist denies, and is asked last, so that a
 * policy means nothing more open than it did before somebody deleted its tier.
 */
static void find_tier(const struct manx_policy_input *in, struct manx_ranked_policy *p)
{
	const char *name = p->policy->tier ? p->policy->tier : "default";
	const struct manx_tier *tier = manx_tier_built_in(name);

	for (size_t i = 0; !tier && i < in->n_tiers; i++)
		if (!strcmp(in->tier[i].name, name))
			tier = &in->tier[i];
	p->no_tier = !tier;
	p->tier = tier ? *tier : (struct manx_tier){ .name = name, .order = INFINITY };
}

static int rank_policies(const struct manx_policy_input *in, struct manx_scopes *scopes,
			 struct manx_ranked_policy **out, struct manx_error *err)
{
	struct manx_ranked_policy *rank = calloc(in->n_policies + 1, sizeof(*rank));
	int rc = rank ? 0 : manx_fail(err, -ENOMEM, "out of memory for policies");

	for (size_t i = 0; !rc && i < in->n_policies; i++) {
		const struct manx_policy *p = &in->policy[i];

		rank[i].policy = p;
		find_tier(in, &rank[i]);
		if (asprintf(&rank[i].id, "%s/%s/%s", p->name, p->ns ? p->ns : "",
			     p->ns ? "NetworkPolicy" : "GlobalNetworkPolicy") < 0) {
			rank[i].id = NULL;
			rc = manx_fail(err, -ENOMEM, "out of memory for policies");
		} else {
			rc = find_subject(&rank[i], scopes, err);
		}
	}
	if (rc) {
		ranks_free(rank, in->n_policies);
		return rc;
	}
	qsort(rank, in->n_policies, sizeof(*rank), compare_rank);
	*out = rank;
	return 0;
}

static int add_name(struct manx_dp_names *names, const char *name)
{
	names->s[names->n] = strdup(name);
	if (!names->s[names->n])
		return -ENOMEM;
	names->n++;
	return 0;
}

static int add_table(struct manx_tables *tables, uint32_t direction, const size_t *list, size_t n,
		     struct manx_dp_names *chain, struct manx_error *err)
{
	const char *name;
	int rc = manx_table_get(tables, direction, list, n, &name, err);

	if (!rc && add_name(chain, name))
		rc = manx_fail(err, -ENOMEM, "out of memory for a chain");
	return rc;
}

/* A table for each tier that takes part, @list being in their order, then the profile's. */
static int write_chain(struct manx_tables *tables, uint32_t direction, const size_t *list,
		       size_t n, struct manx_dp_names *chain, struct manx_error *err)
{
	const struct manx_ranked_policy *policy = tables->policy;
	size_t from = 0;
	int rc = 0;

	chain->s = calloc(n + 1, sizeof(*chain->s));
	if (!chain->s)
		return manx_fail(err, -ENOMEM, "out of memory for a chain");
	for (size_t i = 1; !rc && i <= n; i++) {
		if (i < n && !strcmp(policy[list[i]].tier.name, policy[list[from]].tier.name))
			continue;
		rc = add_table(tables, direction, list + from, i - from, chain, err);
		from = i;
	}
	return rc ? rc : add_table(tables, direction, NULL, 0, chain, err);
}

static int write_identity(const struct manx_wep *wep, struct manx_dp_endpoint *ep)
{
	static const uint8_t no_mac[6];
	const char *name = wep->handle && *wep->handle ? wep->handle : wep->name;

	ep->id = wep->id;
	ep->name = strndup(name, MANX_NAME_MAX);
	ep->has_mac = memcmp(wep->mac, no_mac, sizeof(no_mac)) != 0;
	memcpy(ep->mac, wep->mac, sizeof(ep->mac));
	ep->addr.p = calloc(wep->n_addr + 1, sizeof(*ep->addr.p));
	if (!ep->name || !ep->addr.p)
		return -ENOMEM;
	for (size_t i = 0; i < wep->n_addr; i++)
		ep->addr.p[ep->addr.n++] = manx_addr_host(&wep->addr[i]);
	manx_prefixes_sort(&ep->addr);
	return 0;
}

/* @list: room for all policies. */
static int write_endpoint(struct manx_tables *tables, size_t wep, size_t *list,
			  struct manx_error *err)
{
	struct manx_dp_endpoint *ep = &tables->out->endpoint[tables->out->n_endpoints++];
	const struct manx_scopes *scopes = tables->scopes;
	int rc = 0;

	if (write_identity(scopes->wep[wep], ep))
		return manx_fail(err, -ENOMEM, "out of memory for an endpoint");
	for (uint32_t dir = 0; !rc && dir <= MANX_DIRECTION_MAX; dir++) {
		size_t n = 0;

		for (size_t i = 0; i < tables->n_policies; i++)
			if (applies(tables->policy[i].policy, dir) &&
			    manx_scope_has(scopes, tables->policy[i].subject, wep))
				list[n++] = i;
		rc = write_chain(tables, dir, list, n,
				 dir == MANX_DIRECTION_INGRESS ? &ep->ingress : &ep->egress, err);
	}
	return rc;
}

static int compare_wep(const void *a, const void *b)
{
	const struct manx_wep *x = *(const struct manx_wep *const *)a;
	const struct manx_wep *y = *(const struct manx_wep *const *)b;

	if (x->id != y->id)
		return x->id < y->id ? -1 : 1;
	return strcmp(x->ns, y->ns) ? strcmp(x->ns, y->ns) : strcmp(x->name, y->name);
}

/* One that was written by hand has no id: there is no link for it, so no chain either. */
static bool is_local(const struct manx_policy_input *in, const struct manx_wep *wep)
{
	return wep->id >= FIRST_ENDPOINT_ID && !strcmp(wep->node, in->node);
}

/*
 * All endpoints, first this node's by id; of two with one id, which somebody
 * must have written by hand, one is treated like another node's. NULL without
 * memory.
 */
static const struct manx_wep **order_weps(const struct manx_policy_input *in, size_t *n_local)
{
	const struct manx_wep **wep = calloc(in->n_weps + 1, sizeof(*wep));
	size_t local = 0, kept = 0, end = in->n_weps;

	if (!wep)
		return NULL;
	for (size_t i = 0; i < in->n_weps; i++)
		if (is_local(in, &in->wep[i]))
			wep[local++] = &in->wep[i];
		else
			wep[--end] = &in->wep[i];
	qsort(wep, local, sizeof(*wep), compare_wep);
	for (size_t i = 0; i < local; i++) {
		const struct manx_wep *this = wep[i];

		if (kept && wep[kept - 1]->id == this->id)
			continue;
		wep[i] = wep[kept];
		wep[kept++] = this;
	}
	*n_local = kept;
	return wep;
}

static int write_endpoints(struct manx_tables *tables, struct manx_error *err)
{
	size_t n = tables->scopes->n_local;
	size_t *list = calloc(tables->n_policies + 1, sizeof(*list));
	int rc = 0;

	tables->out->endpoint = calloc(n + 1, sizeof(*tables->out->endpoint));
	if (!list || !tables->out->endpoint)
		rc = manx_fail(err, -ENOMEM, "out of memory for %zu endpoints", n);
	for (size_t i = 0; !rc && i < n; i++)
		rc = write_endpoint(tables, i, list, err);
	free(list);
	return rc;
}

static int compare_table(const void *a, const void *b)
{
	return strcmp(((const struct manx_dp_table *)a)->name,
		      ((const struct manx_dp_table *)b)->name);
}

int manx_policy_compile(const struct manx_policy_input *in, struct manx_dp_state *out,
			struct manx_error *err)
{
	size_t n_local = 0;
	const struct manx_wep **wep = order_weps(in, &n_local);
	struct manx_scopes scopes = { .wep = wep, .n_local = n_local, .n_weps = in->n_weps };
	struct manx_tables tables = { .scopes = &scopes, .n_policies = in->n_policies, .out = out };
	int rc = wep ? manx_scopes_begin(&scopes, in, err) :
		       manx_fail(err, -ENOMEM, "out of memory for endpoints");

	if (!rc)
		rc = rank_policies(in, &scopes, &tables.policy, err);
	if (!rc)
		rc = write_endpoints(&tables, err);
	if (!rc)
		rc = manx_scopes_write(&scopes, out, err);
	if (!rc && out->n_tables)
		qsort(out->table, out->n_tables, sizeof(*out->table), compare_table);
	if (rc)
		manx_dp_state_clear(out);
	ranks_free(tables.policy, in->n_policies);
	manx_tables_clear(&tables);
	manx_scopes_clear(&scopes);
	free(wep);
	return rc;
}
