// SPDX-License-Identifier: GPL-2.0-only
/*
 * A small world for the engine's suites.
 */
#include "world.h"

#include <linux/mm.h>
#include <linux/slab.h>

u32 world_below(struct world *w, u32 n)
{
	return prandom_u32_state(&w->rnd) % n;
}

static bool world_chance(struct world *w, u8 of256)
{
	return world_below(w, 256) < of256;
}

struct world *world_new(struct kunit *test, u64 seed)
{
	struct world *w = kvzalloc(sizeof(*w), GFP_KERNEL);
	u32 i;

	KUNIT_ASSERT_NOT_NULL(test, w);
	w->test = test;
	prandom_seed_state(&w->rnd, seed);
	manx_classes_init(&w->c);
	w->o = kvzalloc(sizeof(*w->o), GFP_KERNEL);
	w->o_next = kvzalloc(sizeof(*w->o_next), GFP_KERNEL);
	KUNIT_ASSERT_TRUE(test, w->o && w->o_next);
	for (i = 0; i < WORLD_SETS; i++) {
		w->name[i] = kzalloc(sizeof(struct manx_name) + 8, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, w->name[i]);
		w->name[i]->id = i * 7 % WORLD_SETS + i / 3 * WORLD_SETS;
		snprintf(w->name[i]->s, 8, "s%u", i);
	}
	w->table.name = w->name[0];
	return w;
}

static void world_criterion_free(struct manx_criterion *c)
{
	kvfree(c->net);
	kvfree(c->set);
	kvfree(c->port);
}

static void world_rules_free(struct world *w)
{
	u32 i, which;

	for (i = 0; i < w->table.n; i++) {
		for (which = 0; which < 2; which++) {
			world_criterion_free(&w->table.rule[i].src[which]);
			world_criterion_free(&w->table.rule[i].dst[which]);
		}
	}
	kvfree(w->table.rule);
	w->table.rule = NULL;
	w->table.n = 0;
}

void world_free(struct world *w)
{
	u32 i;

	manx_table_release(&w->c, &w->table);
	world_rules_free(w);
	manx_addresses_free(&w->now);
	manx_classes_exit(&w->c);
	for (i = 0; i < WORLD_SETS; i++)
		kfree(w->name[i]);
	kvfree(w->o);
	kvfree(w->o_next);
	kvfree(w);
}

/* --- prefixes and packets --- */

/* Few addresses, so that packets meet members and members nest. */
static void world_address(struct world *w, u8 *family, union nf_inet_addr *addr)
{
	memset(addr, 0, sizeof(*addr));
	if (world_below(w, 3)) {
		*family = NFPROTO_IPV4;
		addr->ip = htonl((world_below(w, 8) ? 0x0a000000 : 0xc0a80000) |
				 world_below(w, 3) << 12 | world_below(w, 40));
	} else {
		*family = NFPROTO_IPV6;
		addr->in6.s6_addr32[0] = htonl(world_below(w, 8) ? 0xfd000000 : 0x20010db8);
		addr->in6.s6_addr[7] = world_below(w, 3);
		addr->in6.s6_addr[15] = world_below(w, 24);
	}
}

struct manx_prefix world_prefix(struct world *w)
{
	static const u8 len4[] = { 32, 32, 32, 32, 31, 30, 28, 24, 20, 16, 8, 1, 0 };
	static const u8 len6[] = { 128, 128, 128, 127, 124, 120, 64, 60, 32, 8, 0 };
	struct manx_prefix p = {};
	unsigned int i;

	world_address(w, &p.family, &p.addr);
	p.len = p.family == NFPROTO_IPV4 ? len4[world_below(w, ARRAY_SIZE(len4))] :
					   len6[world_below(w, ARRAY_SIZE(len6))];
	for (i = p.len; i < 128; i++)
		((u8 *)&p.addr)[i / 8] &= ~(0x80 >> i % 8);
	return p;
}

static u16 world_port(struct world *w)
{
	static const u16 usual[] = { 0, 1, 22, 53, 79, 80, 81, 255, 256, 443, 1023, 1024, 8080,
				     32767, 65279, 65534, 65535 };

	return world_below(w, 8) ? usual[world_below(w, ARRAY_SIZE(usual))] : world_below(w, 65536);
}

static u8 world_protocol(struct world *w)
{
	static const u8 usual[] = { IPPROTO_TCP, IPPROTO_TCP, IPPROTO_UDP, IPPROTO_SCTP,
				    IPPROTO_ICMP, IPPROTO_ICMPV6, IPPROTO_UDPLITE, IPPROTO_GRE, 0,
				    255 };

	return world_below(w, 16) ? usual[world_below(w, ARRAY_SIZE(usual))] : world_below(w, 256);
}

struct manx_packet world_packet(struct world *w)
{
	struct manx_packet p = {};
	u8 other;

	world_address(w, &p.family, &p.src);
	do
		world_address(w, &other, &p.dst);
	while (other != p.family);
	p.protocol = world_protocol(w);
	p.fragment = !world_below(w, 12);
	if (p.fragment)
		return p;
	switch (p.protocol) {
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		p.sport = world_below(w, 4) ? world_below(w, 4) : 255;
		p.dport = world_below(w, 3) ? world_below(w, 3) : 255;
		break;
	case IPPROTO_TCP:
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
	case IPPROTO_SCTP:
		p.sport = world_port(w);
		p.dport = world_port(w);
	}
	return p;
}

/* --- rules --- */

static void *world_array(struct world *w, u32 n, size_t size)
{
	void *p = kvcalloc(n, size, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(w->test, p);
	return p;
}

static void world_criterion(struct world *w, struct manx_criterion *c, u8 scale,
			    const struct world_shape *s, bool ports)
{
	u32 i;

	if (world_chance(w, s->sets * scale / 256)) {
		c->n_sets = 1 + world_below(w, 3);
		c->set = world_array(w, c->n_sets, sizeof(*c->set));
		for (i = 0; i < c->n_sets; i++)
			c->set[i] = w->name[world_below(w, s->n_sets)];
	}
	if (world_chance(w, s->nets * scale / 256)) {
		c->n_nets = 1 + world_below(w, 3);
		c->net = world_array(w, c->n_nets, sizeof(*c->net));
		for (i = 0; i < c->n_nets; i++)
			c->net[i] = world_prefix(w);
	}
	if (!ports || !world_chance(w, s->ports * scale / 256))
		return;
	c->n_ports = 1 + world_below(w, 3);
	c->port = world_array(w, c->n_ports, sizeof(*c->port));
	for (i = 0; i < c->n_ports; i++) {
		u16 a = world_port(w), b = world_below(w, 2) ? a : world_port(w);

		c->port[i] = (u32)min(a, b) << 16 | max(a, b);
	}
}

static void world_icmp(struct world *w, struct manx_rule *r, const struct world_shape *s)
{
	u32 which;

	for (which = 0; which < 2; which++) {
		if (!world_chance(w, which ? s->not : 192))
			continue;
		r->icmp_type[which] = world_below(w, 4) ? world_below(w, 4) : 255;
		if (world_below(w, 2))
			r->icmp_code[which] = world_below(w, 3);
	}
}

static void world_rule(struct world *w, struct manx_rule *r, const struct world_shape *s)
{
	bool ports = false;
	u32 which;

	memset(r, 0, sizeof(*r));
	r->action = world_chance(w, s->log) ? MANX_ACTION_LOG :
		    world_below(w, 2) ? MANX_ACTION_ALLOW : MANX_ACTION_DENY;
	for (which = 0; which < 2; which++) {
		r->protocol[which] = -1;
		r->icmp_type[which] = -1;
		r->icmp_code[which] = -1;
	}
	if (world_chance(w, s->version))
		r->ip_version = world_below(w, 2) ? 4 : 6;
	if (world_chance(w, s->protocol))
		r->protocol[MANX_MUST] = world_protocol(w);
	if (world_chance(w, s->not))
		r->protocol[MANX_MUST_NOT] = world_protocol(w);
	switch (r->protocol[MANX_MUST]) {
	case IPPROTO_TCP:
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
	case IPPROTO_SCTP:
		ports = true;
		break;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		world_icmp(w, r, s);
	}
	for (which = 0; which < 2; which++) {
		world_criterion(w, &r->src[which], which ? s->not : 255, s, ports);
		world_criterion(w, &r->dst[which], which ? s->not : 255, s, ports);
	}
}

void world_rules(struct world *w, u32 n, const struct world_shape *s)
{
	u32 i;

	world_rules_free(w);
	w->table.rule = world_array(w, n + 1, sizeof(*w->table.rule));
	for (i = 0; i < n; i++) {
		world_rule(w, &w->table.rule[i], s);
		w->table.rule[i].id = i + 1;
		w->table.n = i + 1;
	}
}

/* --- versions --- */

void world_begin(struct world *w)
{
	w->next = w->now;
	w->e = (struct manx_edit){ .id = w->e.id + 1 };
	memcpy(w->o_next, w->o, sizeof(*w->o));
}

static u32 world_member(const struct oracle *o, u32 set, const struct manx_prefix *p)
{
	u32 i;

	for (i = 0; i < o->n; i++)
		if (o->member[i].set == set && !manx_prefix_cmp(&o->member[i].p, p))
			break;
	return i;
}

int world_change(struct world *w, u32 set, const struct manx_prefix *p, bool add)
{
	struct oracle *o = w->o_next;
	u32 id = w->name[set]->id, i = world_member(o, id, p);
	int err;

	if (add)
		err = manx_addresses_add(&w->next, &w->e, &w->c, p, id);
	else
		err = manx_addresses_del(&w->next, &w->e, &w->c, p, id);
	if (err)
		return err;
	if (add && i == o->n) {
		KUNIT_ASSERT_LT(w->test, o->n, ORACLE_MEMBERS);
		o->member[o->n].set = id;
		o->member[o->n++].p = *p;
	} else if (!add && i < o->n) {
		o->member[i] = o->member[--o->n];
	}
	return 0;
}

int world_churn(struct world *w, u32 n, u32 n_sets)
{
	struct oracle *o = w->o_next;
	struct manx_prefix p;
	int err = 0;
	u32 i, j, k;

	for (i = 0; i < n && !err; i++) {
		if (world_below(w, 5) < 3 || !o->n) {
			p = world_prefix(w);
			err = world_change(w, world_below(w, n_sets), &p, true);
			continue;
		}
		j = world_below(w, o->n);
		p = o->member[j].p;
		for (k = 0; w->name[k]->id != o->member[j].set; k++)
			;
		err = world_change(w, k, &p, false);
	}
	return err;
}

int world_commit(struct world *w)
{
	int more = manx_tables_refresh(&w->c);
	struct manx_released *released;

	if (more < 0)
		return more;
	w->now = w->next;
	released = manx_classes_commit(&w->c);
	swap(w->o, w->o_next);
	/* here a grace period would pass */
	manx_nodes_free(w->e.dead);
	manx_classes_released_free(&w->c, released);
	return more;
}

void world_abort(struct world *w)
{
	manx_addresses_abort(&w->next, &w->e);
	manx_classes_abort(&w->c);
}

void world_settle(struct world *w)
{
	u32 i;

	for (i = 0; i < 10000 && manx_tables_step(&w->c); i++)
		synchronize_rcu();
	KUNIT_EXPECT_LT(w->test, i, 10000);
}

/* --- comparison --- */

/* so few that some tests have more */
#define WORLD_LOGS 4U

static void world_tell(struct world *w, const struct manx_packet *p, u32 got, u32 want,
		       const char *when)
{
	KUNIT_FAIL(w->test, "%s: rule %u instead of %u: %pI6c > %pI6c family %u protocol %u ports %u %u%s",
		   when, got, want, &p->src, &p->dst, p->family, p->protocol, p->sport, p->dport,
		   p->fragment ? " fragment" : "");
}

static bool world_passes_log(struct world *w, struct manx_key *key, u32 rule)
{
	return w->table.rule[rule].action == MANX_ACTION_LOG &&
	       oracle_matches(w->o, &w->table.rule[rule], key->p);
}

/* Does the engine name the first of the @want rules "log" that match before @end? */
static bool world_logs_right(struct world *w, struct manx_key *key, u32 end, u32 want)
{
	u32 rule[WORLD_LOGS], i, n = manx_table_logs(&w->table, key, end, rule, WORLD_LOGS), at = 0;

	for (i = 0; i < n; i++) {
		for (; at < rule[i]; at++)
			if (world_passes_log(w, key, at))
				return false;
		if (at >= end || at++ != rule[i] || !world_passes_log(w, key, rule[i]))
			return false;
	}
	return n == min(want, WORLD_LOGS);
}

void world_check(struct world *w, u32 n, const char *when)
{
	u32 i, want, logs, wrong = 0;
	struct manx_found found;
	struct manx_packet p;
	struct manx_key key;
	bool right;

	for (i = 0; i < n && wrong < 3; i++) {
		p = world_packet(w);
		want = oracle_find(w->o, &w->table, &p, &logs);
		manx_key_init(&key, &p, &w->now, &w->c);
		rcu_read_lock();
		found = manx_table_find(&w->table, &key);
		right = found.logs ? world_logs_right(w, &key, found.rule, logs) : !logs;
		rcu_read_unlock();
		KUNIT_EXPECT_TRUE_MSG(w->test, right, "%s: %u rules \"log\" before %u", when, logs,
				      want);
		if (found.rule == want)
			continue;
		world_tell(w, &p, found.rule, want, when);
		wrong++;
	}
	cond_resched();
}
