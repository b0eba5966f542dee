// SPDX-License-Identifier: GPL-2.0-only
#include "policy_cluster.h"

#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Endpoint ids follow the rows, from 2. */
struct pod {
	const char *ns, *name, *labels, *node;
	const char *addr[2];
};

static const struct pod pods[N_PODS] = {
	{ "shop", "web", "{\"app\":\"web\"}", "n1", { "10.0.0.2", "fd00::2" } },
	{ "shop", "db", "{\"app\":\"db\"}", "n1", { "10.0.0.3", "fd00::3" } },
	{ "shop", "web2", "{\"app\":\"web\"}", "n1", { "10.0.0.4" } },
	{ "shop", "far", "{\"app\":\"web\"}", "n2", { "10.0.1.2", "fd00::1:2" } },
	{ "test", "probe", "{\"app\":\"web\"}", "n2", { "10.0.1.3" } },
	{ "test", "bare", NULL, "n1", { "10.0.0.5" } },
};

static void make_wep(const struct pod *pod, size_t i, struct manx_wep *w)
{
	*w = (struct manx_wep){
		.name = pod->name, .ns = pod->ns, .node = pod->node, .handle = pod->name,
		.orchestrator = "k8s", .id = 2 + i,
		.labels.json = pod->labels ? cJSON_Parse(pod->labels) : NULL,
		.mac = { 2, 0, 0, 0, 0, i },
	};
	for (; w->n_addr < 2 && pod->addr[w->n_addr]; w->n_addr++)
		assert_true(manx_addr_parse(pod->addr[w->n_addr], &w->addr[w->n_addr]));
}

struct cluster *cluster_compile(const struct manx_policy *policy, size_t n)
{
	return cluster_compile_with(policy, n, &(struct manx_policy_input){ .node = NULL });
}

struct cluster *cluster_compile_with(const struct manx_policy *policy, size_t n,
				     const struct manx_policy_input *more)
{
	struct cluster *c = calloc(1, sizeof(*c));

	assert_non_null(c);
	for (size_t i = 0; i < ARRAY_SIZE(pods); i++)
		make_wep(&pods[i], i, &c->wep[i]);
	c->in = *more;
	c->in.node = "n1";
	c->in.wep = c->wep;
	c->in.n_weps = ARRAY_SIZE(pods);
	c->in.policy = policy;
	c->in.n_policies = n;
	if (manx_policy_compile(&c->in, &c->out, &c->err))
		fail_msg("compile: %s", c->err.text);
	return c;
}

void cluster_free(struct cluster *c)
{
	for (size_t i = 0; i < ARRAY_SIZE(pods); i++)
		cJSON_Delete((cJSON *)c->wep[i].labels.json);
	manx_dp_state_clear(&c->out);
	free(c);
}

const struct manx_dp_table *table_of(const struct manx_dp_state *st, const char *name)
{
	for (size_t i = 0; i < st->n_tables; i++)
		if (!strcmp(st->table[i].name, name))
			return &st->table[i];
	fail_msg("no table %s", name);
	return NULL;
}

static const struct manx_dp_set *set_of(const struct manx_dp_state *st, const char *name)
{
	for (size_t i = 0; i < st->n_sets; i++)
		if (!strcmp(st->set[i].name, name))
			return &st->set[i];
	fail_msg("no set %s", name);
	return NULL;
}

const struct manx_dp_endpoint *endpoint_of(const struct manx_dp_state *st, uint32_t id)
{
	for (size_t i = 0; i < st->n_endpoints; i++)
		if (st->endpoint[i].id == id)
			return &st->endpoint[i];
	fail_msg("no endpoint %u", id);
	return NULL;
}

static bool in_nets(const struct manx_dp_prefixes *p, const struct manx_addr *a)
{
	for (size_t i = 0; i < p->n; i++)
		if (manx_prefix_contains(&p->p[i], a))
			return true;
	return false;
}

static bool in_sets(const struct manx_dp_state *st, const struct manx_dp_names *s,
		    const struct manx_addr *a)
{
	for (size_t i = 0; i < s->n; i++)
		if (in_nets(&set_of(st, s->s[i])->members, a))
			return true;
	return false;
}

static bool in_ports(const struct manx_dp_ranges *r, int port)
{
	for (size_t i = 0; i < r->n; i++)
		if (port >= r->r[i].first && port <= r->r[i].last)
			return true;
	return false;
}

static bool side_matches(const struct manx_dp_state *st, const struct manx_dp_side *s,
			 const char *text, int port)
{
	struct manx_addr a;

	assert_true(manx_addr_parse(text, &a));
	return (!s->net[0].n || in_nets(&s->net[0], &a)) && !in_nets(&s->net[1], &a) &&
	       (!s->set[0].n || in_sets(st, &s->set[0], &a)) && !in_sets(st, &s->set[1], &a) &&
	       (!s->port[0].n || in_ports(&s->port[0], port)) && !in_ports(&s->port[1], port);
}

static bool rule_matches(const struct manx_dp_state *st, const struct manx_dp_rule *r,
			 const struct packet *p)
{
	int version = strchr(p->src, ':') ? 6 : 4;

	return (!r->ip_version || r->ip_version == version) &&
	       (r->protocol[0] < 0 || r->protocol[0] == p->protocol) &&
	       r->protocol[1] != p->protocol &&
	       (r->icmp_type[0] < 0 || r->icmp_type[0] == p->port) &&
	       (r->icmp_type[1] < 0 || r->icmp_type[1] != p->port) &&
	       side_matches(st, &r->src, p->src, 40000) &&
	       side_matches(st, &r->dst, p->dst, p->port);
}

static uint32_t judge_table(const struct manx_dp_state *st, const struct manx_dp_table *t,
			    const struct packet *p)
{
	for (size_t i = 0; i < t->n_rules; i++)
		if (t->rule[i].action != MANX_ACTION_LOG && rule_matches(st, &t->rule[i], p))
			return t->rule[i].action;
	return t->default_action;
}

bool allowed(const struct cluster *c, uint32_t id, uint32_t direction, const struct packet *p)
{
	const struct manx_dp_endpoint *ep = endpoint_of(&c->out, id);
	const struct manx_dp_names *chain = direction == IN ? &ep->ingress : &ep->egress;

	for (size_t i = 0; i < chain->n; i++) {
		const struct manx_dp_table *t = table_of(&c->out, chain->s[i]);
		uint32_t action;

		assert_int_equal(t->direction, direction);
		action = judge_table(&c->out, t, p);
		if (action != MANX_ACTION_PASS)
			return action == MANX_ACTION_ALLOW;
	}
	return false;
}

bool tcp(const struct cluster *c, uint32_t id, uint32_t direction, const char *src,
	 const char *dst)
{
	return allowed(c, id, direction, &(struct packet){ IPPROTO_TCP, src, dst, 80 });
}
