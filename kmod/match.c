// SPDX-License-Identifier: GPL-2.0-only
/*
 * Does a rule match a packet. Pure: all it reads is the ruleset.
 */
#include "match.h"

#include <linux/in.h>

static bool manx_match_sets(const struct manx_ruleset *rs, const struct manx_criterion *c,
			    u8 family, const union nf_inet_addr *addr)
{
	u32 i;

	for (i = 0; i < c->n_sets; i++)
		if (manx_nets_contain(&manx_ruleset_set(rs, c->set[i])->nets, family, addr))
			return true;
	return false;
}

static bool manx_match_ports(const struct manx_criterion *c, u16 port)
{
	u32 i;

	for (i = 0; i < c->n_ports; i++)
		if (port >= c->port[i] >> 16 && port <= (c->port[i] & 0xffff))
			return true;
	return false;
}

/* One side of a rule, both its positive and its negative form. */
static bool manx_match_side(const struct manx_ruleset *rs, const struct manx_criterion c[2],
			    const struct manx_packet *p, const union nf_inet_addr *addr, u16 port)
{
	const struct manx_criterion *must = &c[MANX_MUST], *not = &c[MANX_MUST_NOT];

	if (must->n_nets && !manx_nets_contain(&must->nets, p->family, addr))
		return false;
	if (not->n_nets && manx_nets_contain(&not->nets, p->family, addr))
		return false;
	if (must->n_sets && !manx_match_sets(rs, must, p->family, addr))
		return false;
	if (not->n_sets && manx_match_sets(rs, not, p->family, addr))
		return false;
	if ((must->n_ports || not->n_ports) && p->fragment)
		return false;
	if (must->n_ports && !manx_match_ports(must, port))
		return false;
	return !not->n_ports || !manx_match_ports(not, port);
}

static bool manx_match_icmp(const struct manx_rule *rule, unsigned int which,
			    const struct manx_packet *p)
{
	return p->sport == rule->icmp_type[which] &&
	       (rule->icmp_code[which] < 0 || p->dport == rule->icmp_code[which]);
}

static bool manx_match_protocol(const struct manx_rule *rule, const struct manx_packet *p)
{
	const s16 *type = rule->icmp_type;

	if (rule->ip_version && rule->ip_version != (p->family == NFPROTO_IPV4 ? 4 : 6))
		return false;
	if (rule->protocol[MANX_MUST] >= 0 && rule->protocol[MANX_MUST] != p->protocol)
		return false;
	if (rule->protocol[MANX_MUST_NOT] >= 0 && rule->protocol[MANX_MUST_NOT] == p->protocol)
		return false;
	if ((type[MANX_MUST] >= 0 || type[MANX_MUST_NOT] >= 0) && p->fragment)
		return false;
	if (type[MANX_MUST] >= 0 && !manx_match_icmp(rule, MANX_MUST, p))
		return false;
	return type[MANX_MUST_NOT] < 0 || !manx_match_icmp(rule, MANX_MUST_NOT, p);
}

bool manx_rule_matches(const struct manx_ruleset *rs, const struct manx_rule *rule,
		       const struct manx_packet *p)
{
	return manx_match_protocol(rule, p) &&
	       manx_match_side(rs, rule->src, p, &p->src, p->sport) &&
	       manx_match_side(rs, rule->dst, p, &p->dst, p->dport);
}
