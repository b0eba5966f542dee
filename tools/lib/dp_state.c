// SPDX-License-Identifier: GPL-2.0-only
/*
 * States in memory: lifetime, order, equality.
 */
#include <stdlib.h>
#include <string.h>

#include "dp_impl.h"

#define SIDE(attr, type, side, member, object, key) \
	{ attr, type, offsetof(struct manx_dp_rule, side.member), object, key }

const struct manx_dp_field manx_dp_fields[MANX_DP_FIELDS] = {
	SIDE(MANX_A_RULE_SRC_NET, MANX_DP_NETS, src, net[0], "source", "nets"),
	SIDE(MANX_A_RULE_NOT_SRC_NET, MANX_DP_NETS, src, net[1], "source", "notNets"),
	SIDE(MANX_A_RULE_DST_NET, MANX_DP_NETS, dst, net[0], "destination", "nets"),
	SIDE(MANX_A_RULE_NOT_DST_NET, MANX_DP_NETS, dst, net[1], "destination", "notNets"),
	SIDE(MANX_A_RULE_SRC_SET, MANX_DP_SETS, src, set[0], "source", "sets"),
	SIDE(MANX_A_RULE_NOT_SRC_SET, MANX_DP_SETS, src, set[1], "source", "notSets"),
	SIDE(MANX_A_RULE_DST_SET, MANX_DP_SETS, dst, set[0], "destination", "sets"),
	SIDE(MANX_A_RULE_NOT_DST_SET, MANX_DP_SETS, dst, set[1], "destination", "notSets"),
	SIDE(MANX_A_RULE_SRC_PORT, MANX_DP_PORTS, src, port[0], "source", "ports"),
	SIDE(MANX_A_RULE_NOT_SRC_PORT, MANX_DP_PORTS, src, port[1], "source", "notPorts"),
	SIDE(MANX_A_RULE_DST_PORT, MANX_DP_PORTS, dst, port[0], "destination", "ports"),
	SIDE(MANX_A_RULE_NOT_DST_PORT, MANX_DP_PORTS, dst, port[1], "destination", "notPorts"),
	{ MANX_A_RULE_PROTOCOL, MANX_DP_PROTOCOL, offsetof(struct manx_dp_rule, protocol[0]),
	  NULL, "protocol" },
	{ MANX_A_RULE_NOT_PROTOCOL, MANX_DP_PROTOCOL, offsetof(struct manx_dp_rule, protocol[1]),
	  NULL, "notProtocol" },
	{ MANX_A_RULE_ICMP_TYPE, MANX_DP_NUMBER, offsetof(struct manx_dp_rule, icmp_type[0]),
	  "icmp", "type" },
	{ MANX_A_RULE_ICMP_CODE, MANX_DP_NUMBER, offsetof(struct manx_dp_rule, icmp_code[0]),
	  "icmp", "code" },
	{ MANX_A_RULE_NOT_ICMP_TYPE, MANX_DP_NUMBER, offsetof(struct manx_dp_rule, icmp_type[1]),
	  "notICMP", "type" },
	{ MANX_A_RULE_NOT_ICMP_CODE, MANX_DP_NUMBER, offsetof(struct manx_dp_rule, icmp_code[1]),
	  "notICMP", "code" },
};

void *manx_dp_field(struct manx_dp_rule *r, const struct manx_dp_field *f)
{
	return (char *)r + f->offset;
}

const void *manx_dp_field_const(const struct manx_dp_rule *r, const struct manx_dp_field *f)
{
	return (const char *)r + f->offset;
}

bool manx_dp_prefixes_add(struct manx_dp_prefixes *p, const struct manx_prefix *prefix)
{
	struct manx_prefix *more = manx_more(p->p, p->n, sizeof(*more));

	if (!more)
		return false;
	p->p = more;
	more[p->n++] = *prefix;
	return true;
}

bool manx_dp_names_add(struct manx_dp_names *names, const char *s, size_t len)
{
	char **more = manx_more(names->s, names->n, sizeof(*more));

	if (!more)
		return false;
	names->s = more;
	more[names->n] = strndup(s, len);
	if (!more[names->n])
		return false;
	names->n++;
	return true;
}

bool manx_dp_ranges_add(struct manx_dp_ranges *r, uint16_t first, uint16_t last)
{
	struct manx_dp_range *more = manx_more(r->r, r->n, sizeof(*more));

	if (!more)
		return false;
	r->r = more;
	more[r->n++] = (struct manx_dp_range){ first, last };
	return true;
}

static void names_clear(struct manx_dp_names *names)
{
	for (size_t i = 0; i < names->n; i++)
		free(names->s[i]);
	free(names->s);
	*names = (struct manx_dp_names){ 0 };
}

void manx_dp_rule_init(struct manx_dp_rule *r)
{
	*r = (struct manx_dp_rule){
		.protocol = { -1, -1 }, .icmp_type = { -1, -1 }, .icmp_code = { -1, -1 },
	};
}

void manx_dp_rule_clear(struct manx_dp_rule *r)
{
	for (size_t i = 0; i < MANX_DP_FIELDS; i++) {
		const struct manx_dp_field *f = &manx_dp_fields[i];
		void *match = manx_dp_field(r, f);

		if (f->type == MANX_DP_NETS)
			free(((struct manx_dp_prefixes *)match)->p);
		else if (f->type == MANX_DP_SETS)
			names_clear(match);
		else if (f->type == MANX_DP_PORTS)
			free(((struct manx_dp_ranges *)match)->r);
	}
}

static void set_clear(struct manx_dp_set *s)
{
	free(s->name);
	free(s->members.p);
}

static void table_clear(struct manx_dp_table *t)
{
	for (size_t i = 0; i < t->n_rules; i++)
		manx_dp_rule_clear(&t->rule[i]);
	free(t->rule);
	free(t->name);
}

void manx_dp_endpoint_clear(struct manx_dp_endpoint *e)
{
	free(e->name);
	free(e->addr.p);
	free(e->source.p);
	names_clear(&e->ingress);
	names_clear(&e->egress);
	free(e->drop);
}

void manx_dp_endpoints_free(struct manx_dp_endpoint *ep, size_t n)
{
	for (size_t i = 0; i < n; i++)
		manx_dp_endpoint_clear(&ep[i]);
	free(ep);
}

void manx_dp_state_clear(struct manx_dp_state *st)
{
	for (size_t i = 0; i < st->n_sets; i++)
		set_clear(&st->set[i]);
	free(st->set);
	for (size_t i = 0; i < st->n_tables; i++)
		table_clear(&st->table[i]);
	free(st->table);
	manx_dp_endpoints_free(st->endpoint, st->n_endpoints);
	free(st->peer);
	free(st->node.drop);
	memset(st, 0, sizeof(*st));
}

int manx_dp_set_cmp(const void *a, const void *b)
{
	return strcmp(((const struct manx_dp_set *)a)->name, ((const struct manx_dp_set *)b)->name);
}

int manx_dp_table_cmp(const void *a, const void *b)
{
	return strcmp(((const struct manx_dp_table *)a)->name,
		      ((const struct manx_dp_table *)b)->name);
}

int manx_dp_endpoint_cmp(const void *a, const void *b)
{
	uint32_t x = ((const struct manx_dp_endpoint *)a)->id;
	uint32_t y = ((const struct manx_dp_endpoint *)b)->id;

	return x < y ? -1 : x > y;
}

int manx_dp_peer_cmp(const void *a, const void *b)
{
	return manx_addr_cmp(a, b);
}

static int prefix_cmp(const void *a, const void *b)
{
	return manx_prefix_cmp(a, b);
}

/* qsort() takes no NULL, not even for an array of none. */
static void sort(void *array, size_t n, size_t size, int (*cmp)(const void *, const void *))
{
	if (n > 1)
		qsort(array, n, size, cmp);
}

void manx_dp_prefixes_sort(struct manx_dp_prefixes *p)
{
	size_t n = 0;

	sort(p->p, p->n, sizeof(*p->p), prefix_cmp);
	for (size_t i = 0; i < p->n; i++)
		if (n == 0 || manx_prefix_cmp(&p->p[n - 1], &p->p[i]) != 0)
			p->p[n++] = p->p[i];
	p->n = n;
}

void manx_dp_state_sort(struct manx_dp_state *st)
{
	sort(st->set, st->n_sets, sizeof(*st->set), manx_dp_set_cmp);
	sort(st->table, st->n_tables, sizeof(*st->table), manx_dp_table_cmp);
	sort(st->endpoint, st->n_endpoints, sizeof(*st->endpoint), manx_dp_endpoint_cmp);
	sort(st->peer, st->n_peers, sizeof(*st->peer), manx_dp_peer_cmp);
	for (size_t i = 0; i < st->n_sets; i++)
		manx_dp_prefixes_sort(&st->set[i].members);
}

bool manx_dp_prefixes_equal(const struct manx_dp_prefixes *a, const struct manx_dp_prefixes *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (manx_prefix_cmp(&a->p[i], &b->p[i]) != 0)
			return false;
	return true;
}

bool manx_dp_names_equal(const struct manx_dp_names *a, const struct manx_dp_names *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (strcmp(a->s[i], b->s[i]) != 0)
			return false;
	return true;
}

static bool ranges_equal(const struct manx_dp_ranges *a, const struct manx_dp_ranges *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (a->r[i].first != b->r[i].first || a->r[i].last != b->r[i].last)
			return false;
	return true;
}

static bool prefixes_copy(struct manx_dp_prefixes *to, const struct manx_dp_prefixes *from)
{
	to->n = from->n;
	to->p = calloc(from->n + 1, sizeof(*to->p));
	if (to->p && from->n)
		memcpy(to->p, from->p, from->n * sizeof(*to->p));
	return to->p;
}

bool manx_dp_prefixes_same(const struct manx_dp_prefixes *a, const struct manx_dp_prefixes *b)
{
	struct manx_dp_prefixes x = { 0 }, y = { 0 };
	bool same = manx_dp_prefixes_equal(a, b);

	if (same)
		return true;
	if (prefixes_copy(&x, a) && prefixes_copy(&y, b)) {
		manx_dp_prefixes_sort(&x);
		manx_dp_prefixes_sort(&y);
		same = manx_dp_prefixes_equal(&x, &y);
	}
	free(x.p);
	free(y.p);
	return same;
}

/* The module puts nets into an order of its own. */
static bool field_equal(const struct manx_dp_field *f, const void *a, const void *b)
{
	switch (f->type) {
	case MANX_DP_NETS:
		return manx_dp_prefixes_same(a, b);
	case MANX_DP_SETS:
		return manx_dp_names_equal(a, b);
	case MANX_DP_PORTS:
		return ranges_equal(a, b);
	default:
		return *(const int *)a == *(const int *)b;
	}
}

bool manx_dp_rule_equal(const struct manx_dp_rule *a, const struct manx_dp_rule *b)
{
	if (a->id != b->id || a->action != b->action || a->ip_version != b->ip_version)
		return false;
	for (size_t i = 0; i < MANX_DP_FIELDS; i++) {
		const struct manx_dp_field *f = &manx_dp_fields[i];

		if (!field_equal(f, manx_dp_field_const(a, f), manx_dp_field_const(b, f)))
			return false;
	}
	return true;
}
