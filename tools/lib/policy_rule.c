// SPDX-License-Identifier: GPL-2.0-only
/*
 * One rule of a policy as a rule of a table.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "policy_internal.h"

#define V4	1u
#define V6	2u

static unsigned int family_bit(int version)
{
	return version == 4 ? V4 : V6;
}

static int resolve(struct manx_scopes *scopes, const char *selector, const char *ns_selector,
		   const char *ns, const char **set, struct manx_error *err)
{
	struct manx_scope *scope;
	int rc = manx_scope_get(scopes, selector, ns_selector, ns, &scope, err);

	if (!rc)
		rc = manx_scope_set(scopes, scope, err);
	if (!rc)
		*set = scope->set;
	return rc;
}

/*
 * A selector of a namespaced policy reaches no further than its namespace
 * unless a namespaceSelector says so; notSelector alone limits the same way,
 * it takes away from what the limit allows.
 */
static int resolve_entity(struct manx_scopes *scopes, const char *ns,
			  const struct manx_entity *e, const char *set[2], struct manx_error *err)
{
	const char *limit = *e->ns_selector ? NULL : ns;
	bool selects = *e->selector || *e->not_selector;
	int rc = 0;

	if (*e->selector || *e->ns_selector || (limit && selects))
		rc = resolve(scopes, e->selector, e->ns_selector, limit, &set[0], err);
	if (!rc && *e->not_selector)
		rc = resolve(scopes, e->not_selector, "", NULL, &set[1], err);
	return rc;
}

int manx_rule_resolve(struct manx_scopes *scopes, const char *ns,
		      const struct manx_policy_rule *rule, struct manx_rule_sets *sets,
		      struct manx_error *err)
{
	int rc = resolve_entity(scopes, ns, &rule->src, sets->src, err);

	if (rc)
		return manx_error_prefix(err, "source");
	rc = resolve_entity(scopes, ns, &rule->dst, sets->dst, err);
	return rc ? manx_error_prefix(err, "destination") : 0;
}

static unsigned int families_of(const struct manx_prefix *p, size_t n)
{
	unsigned int families = 0;

	for (size_t i = 0; i < n; i++)
		families |= family_bit(p[i].addr.family);
	return families;
}

static unsigned int families_ruled_out(const struct manx_prefix *p, size_t n)
{
	unsigned int families = 0;

	for (size_t i = 0; i < n; i++)
		if (!p[i].len)
			families |= family_bit(p[i].addr.family);
	return families;
}

/*
 * A list of nets, negated or not, speaks only of the families that stand in
 * it: the rule does not exist for the other one.
 */
static unsigned int entity_families(const struct manx_entity *e)
{
	unsigned int families = V4 | V6;

	if (e->n_net)
		families &= families_of(e->net, e->n_net);
	if (e->n_not_net)
		families &= families_of(e->not_net, e->n_not_net) &
			    ~families_ruled_out(e->not_net, e->n_not_net);
	return families;
}

static unsigned int rule_families(const struct manx_policy_rule *r)
{
	unsigned int families = entity_families(&r->src) & entity_families(&r->dst);

	if (r->ip_version)
		families &= family_bit(r->ip_version);
	if (r->protocol == IPPROTO_ICMP)
		families &= V4;
	if (r->protocol == IPPROTO_ICMPV6)
		families &= V6;
	return families;
}

static int write_nets(const struct manx_prefix *p, size_t n, unsigned int families,
		      struct manx_dp_prefixes *out)
{
	if (!n)
		return 0;
	out->p = calloc(n, sizeof(*out->p));
	if (!out->p)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		if (family_bit(p[i].addr.family) & families)
			out->p[out->n++] = manx_prefix_mask(&p[i]);
	manx_prefixes_sort(out);
	return 0;
}

static int write_set(const char *name, struct manx_dp_names *out)
{
	if (!name)
		return 0;
	out->s = calloc(1, sizeof(*out->s));
	if (!out->s)
		return -ENOMEM;
	out->s[0] = strdup(name);
	if (!out->s[0])
		return -ENOMEM;
	out->n = 1;
	return 0;
}

static int compare_ports(const void *a, const void *b)
{
	const struct manx_dp_range *x = a, *y = b;

	return x->first != y->first ? x->first - y->first : x->last - y->last;
}

static int write_ports(const struct manx_port_range *port, size_t n, struct manx_dp_ranges *out)
{
	if (!n)
		return 0;
	out->r = calloc(n, sizeof(*out->r));
	if (!out->r)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		out->r[out->n++] = (struct manx_dp_range){ port[i].first, port[i].last };
	qsort(out->r, out->n, sizeof(*out->r), compare_ports);
	return 0;
}

static int write_side(const struct manx_entity *e, const char *const set[2],
		      unsigned int families, struct manx_dp_side *out)
{
	if (write_nets(e->net, e->n_net, families, &out->net[0]) ||
	    write_nets(e->not_net, e->n_not_net, families, &out->net[1]) ||
	    write_set(set[0], &out->set[0]) || write_set(set[1], &out->set[1]) ||
	    write_ports(e->port, e->n_port, &out->port[0]) ||
	    write_ports(e->not_port, e->n_not_port, &out->port[1]))
		return -ENOMEM;
	return 0;
}

static uint32_t action_of(enum manx_policy_action action)
{
	switch (action) {
	case MANX_POLICY_ALLOW:
		return MANX_ACTION_ALLOW;
	case MANX_POLICY_PASS:
		return MANX_ACTION_PASS;
	case MANX_POLICY_LOG:
		return MANX_ACTION_LOG;
	case MANX_POLICY_DENY:
		break;
	}
	return MANX_ACTION_DENY;
}

int manx_rule_write(const struct manx_policy_rule *rule, const struct manx_rule_sets *sets,
		    struct manx_dp_rule *out, struct manx_error *err)
{
	unsigned int families = rule_families(rule);

	if (!families)
		return 0;
	out->action = action_of(rule->action);
	out->ip_version = families == V4 ? 4 : families == V6 ? 6 : 0;
	out->protocol[0] = rule->protocol;
	out->protocol[1] = rule->not_protocol;
	out->icmp_type[0] = rule->icmp_type;
	out->icmp_type[1] = rule->not_icmp_type;
	out->icmp_code[0] = rule->icmp_code;
	out->icmp_code[1] = rule->not_icmp_code;
	if (write_side(&rule->src, sets->src, families, &out->src) ||
	    write_side(&rule->dst, sets->dst, families, &out->dst))
		return manx_fail(err, -ENOMEM, "out of memory for a rule");
	return 1;
}
