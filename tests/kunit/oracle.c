// SPDX-License-Identifier: GPL-2.0-only
/*
 * The oracle: looks at every rule, and for every condition at every member. It
 * has nothing in common with the engine but the form of rules.
 */
#include "oracle.h"

static bool oracle_covers(const struct manx_prefix *p, u8 family, const union nf_inet_addr *addr)
{
	const u8 *a = (const u8 *)&p->addr, *b = (const u8 *)addr;
	unsigned int i;

	if (p->family != family)
		return false;
	for (i = 0; i < p->len; i++)
		if ((a[i / 8] ^ b[i / 8]) & 0x80 >> i % 8)
			return false;
	return true;
}

static bool oracle_in_sets(const struct oracle *o, const struct manx_criterion *c, u8 family,
			   const union nf_inet_addr *addr)
{
	u32 i, j;

	for (i = 0; i < c->n_sets; i++)
		for (j = 0; j < o->n; j++)
			if (o->member[j].set == c->set[i]->id &&
			    oracle_covers(&o->member[j].p, family, addr))
				return true;
	return false;
}

static bool oracle_in_nets(const struct manx_criterion *c, u8 family,
			   const union nf_inet_addr *addr)
{
	u32 i;

	for (i = 0; i < c->n_nets; i++)
		if (oracle_covers(&c->net[i], family, addr))
			return true;
	return false;
}

static bool oracle_in_ports(const struct manx_criterion *c, u16 port)
{
	u32 i;

	for (i = 0; i < c->n_ports; i++)
		if (c->port[i] >> 16 <= port && port <= (u16)c->port[i])
			return true;
	return false;
}

static bool oracle_side(const struct oracle *o, const struct manx_criterion c[2],
			const struct manx_packet *p, const union nf_inet_addr *addr, u16 port)
{
	bool ports = c[MANX_MUST].n_ports || c[MANX_MUST_NOT].n_ports;

	return (!c[MANX_MUST].n_sets || oracle_in_sets(o, &c[MANX_MUST], p->family, addr)) &&
	       !oracle_in_sets(o, &c[MANX_MUST_NOT], p->family, addr) &&
	       (!c[MANX_MUST].n_nets || oracle_in_nets(&c[MANX_MUST], p->family, addr)) &&
	       !oracle_in_nets(&c[MANX_MUST_NOT], p->family, addr) &&
	       (!ports || !p->fragment) &&
	       (!c[MANX_MUST].n_ports || oracle_in_ports(&c[MANX_MUST], port)) &&
	       !oracle_in_ports(&c[MANX_MUST_NOT], port);
}

static bool oracle_icmp(const struct manx_rule *r, unsigned int which, const struct manx_packet *p)
{
	return r->icmp_type[which] == p->sport &&
	       (r->icmp_code[which] == -1 || r->icmp_code[which] == p->dport);
}

bool oracle_matches(const struct oracle *o, const struct manx_rule *r, const struct manx_packet *p)
{
	bool icmp = r->icmp_type[MANX_MUST] != -1 || r->icmp_type[MANX_MUST_NOT] != -1;

	if (r->ip_version == 4 && p->family != NFPROTO_IPV4)
		return false;
	if (r->ip_version == 6 && p->family != NFPROTO_IPV6)
		return false;
	if (r->protocol[MANX_MUST] != -1 && r->protocol[MANX_MUST] != p->protocol)
		return false;
	if (r->protocol[MANX_MUST_NOT] == p->protocol)
		return false;
	if (icmp && p->fragment)
		return false;
	if (r->icmp_type[MANX_MUST] != -1 && !oracle_icmp(r, MANX_MUST, p))
		return false;
	if (r->icmp_type[MANX_MUST_NOT] != -1 && oracle_icmp(r, MANX_MUST_NOT, p))
		return false;
	return oracle_side(o, r->src, p, &p->src, p->sport) &&
	       oracle_side(o, r->dst, p, &p->dst, p->dport);
}

u32 oracle_find(const struct oracle *o, const struct manx_table *table,
		const struct manx_packet *p, u32 *log)
{
	u32 i, logs = 0;

	for (i = 0; i < table->n; i++) {
		if (!oracle_matches(o, &table->rule[i], p))
			continue;
		if (table->rule[i].action != MANX_ACTION_LOG)
			break;
		logs++;
	}
	if (log)
		*log = logs;
	return i;
}
