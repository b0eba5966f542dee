// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ports: building the lookup form.
 *
 * Rules with the same conditions are one kind, whatever their number. For each
 * protocol a sweep over the port numbers meets the first and last ports of the
 * kinds' ranges; between two such points the kinds that match stay the same,
 * and what they are is a row.
 */
#include "ports.h"

#include <linux/err.h>
#include <linux/jhash.h>
#include <linux/sched/signal.h>
#include <linux/sort.h>

#include "vec.h"

/**
 * struct manx_port_event - a kind begins or ends to match
 * @port: at this number; 65536 is behind the last
 * @item: of the kind
 * @begins: else ends
 */
struct manx_port_event {
	u32 port;
	u32 item;
	bool begins;
};

/**
 * struct manx_sweep - what building works with
 * @b: given
 * @ports: under construction
 * @event: of one protocol
 * @n: number of @event
 * @room: events that @event has space for
 * @whole: items that match every port, and what has none
 * @active: items that match at the present port, ascending
 * @row: of each port in an unfinished page
 */
struct manx_sweep {
	const struct manx_ports_builder *b;
	struct manx_ports *ports;
	struct manx_port_event *event;
	u32 n;
	u32 room;
	struct manx_vec whole;
	struct manx_vec active;
	u16 row[256];
};

static bool manx_has_port(const struct manx_rule *r, bool source)
{
	const struct manx_criterion *c = source ? r->src : r->dst;

	return c[MANX_MUST].n_ports || c[MANX_MUST_NOT].n_ports;
}

static bool manx_has_type(const struct manx_rule *r, bool source)
{
	return !source && (r->icmp_type[MANX_MUST] >= 0 || r->icmp_type[MANX_MUST_NOT] >= 0);
}

bool manx_ports_asks(const struct manx_rule *r, bool source)
{
	if (manx_has_port(r, source) || source)
		return manx_has_port(r, source);
	return r->ip_version || r->protocol[MANX_MUST] >= 0 || r->protocol[MANX_MUST_NOT] >= 0 ||
	       manx_has_type(r, source);
}

u32 manx_ports_hash(const struct manx_rule *r, bool source)
{
	const struct manx_criterion *c = source ? r->src : r->dst;
	u32 hash = jhash2(c[MANX_MUST].port, c[MANX_MUST].n_ports, c[MANX_MUST].n_ports);

	hash = jhash2(c[MANX_MUST_NOT].port, c[MANX_MUST_NOT].n_ports, hash);
	if (source)
		return hash;
	hash = jhash_3words(r->ip_version, (u16)r->protocol[0] | r->protocol[1] << 16,
			    (u16)r->icmp_type[0] | r->icmp_type[1] << 16, hash);
	return jhash_1word((u16)r->icmp_code[0] | r->icmp_code[1] << 16, hash);
}

static bool manx_same_ports(const struct manx_criterion *a, const struct manx_criterion *b)
{
	return a->n_ports == b->n_ports &&
	       (!a->n_ports || !memcmp(a->port, b->port, a->n_ports * sizeof(*a->port)));
}

bool manx_ports_same(const struct manx_rule *a, const struct manx_rule *b, bool source)
{
	const struct manx_criterion *x = source ? a->src : a->dst, *y = source ? b->src : b->dst;

	if (!manx_same_ports(&x[MANX_MUST], &y[MANX_MUST]) ||
	    !manx_same_ports(&x[MANX_MUST_NOT], &y[MANX_MUST_NOT]))
		return false;
	return source || (a->ip_version == b->ip_version &&
			  !memcmp(a->protocol, b->protocol, sizeof(a->protocol)) &&
			  !memcmp(a->icmp_type, b->icmp_type, sizeof(a->icmp_type)) &&
			  !memcmp(a->icmp_code, b->icmp_code, sizeof(a->icmp_code)));
}

/* --- events --- */

static int manx_sweep_event(struct manx_sweep *s, u32 port, u32 item, bool begins)
{
	int err = manx_vec_reach((void **)&s->event, &s->room, s->n + 1, sizeof(*s->event));

	if (!err)
		s->event[s->n++] = (struct manx_port_event){ port, item, begins };
	return err;
}

static int manx_port_cmp(const void *a, const void *b)
{
	const u32 *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* Ranges of the list, then the end of the last; ascending, (first << 16) | last. */
static int manx_ports_sorted(const struct manx_criterion *c, struct manx_vec *v)
{
	u32 i;
	int err = 0;

	v->n = 0;
	for (i = 0; i < c->n_ports && !err; i++)
		err = manx_vec_push(v, c->port[i]);
	if (!err)
		sort(v->v, v->n, sizeof(*v->v), manx_port_cmp, NULL);
	return err;
}

/* From @first to @last, but what is in the ascending ranges @not. */
static int manx_sweep_range(struct manx_sweep *s, u32 first, u32 last, u32 item,
			    const struct manx_vec *not)
{
	u32 i;
	int err;

	for (i = 0; i < not->n && first <= last; i++) {
		u32 from = not->v[i] >> 16, to = not->v[i] & 0xffff;

		if (to < first)
			continue;
		if (from > last)
			break;
		if (from > first) {
			err = manx_sweep_event(s, first, item, true) ?:
			      manx_sweep_event(s, from, item, false);
			if (err)
				return err;
		}
		first = to + 1;
	}
	if (first > last)
		return 0;
	return manx_sweep_event(s, first, item, true) ?:
	       manx_sweep_event(s, last + 1, item, false);
}

static int manx_sweep_ranges(struct manx_sweep *s, u32 item, const struct manx_vec *must,
			     const struct manx_vec *not, bool any)
{
	u32 i, first, last;
	int err = 0;

	if (any)
		return manx_sweep_range(s, 0, 0xffff, item, not);
	for (i = 0; i < must->n && !err; i++) {
		first = must->v[i] >> 16;
		last = must->v[i] & 0xffff;
		/* ranges that touch or overlap are one: an item begins once */
		for (; i + 1 < must->n && must->v[i + 1] >> 16 <= last + 1; i++)
			last = max(last, must->v[i + 1] & 0xffff);
		err = manx_sweep_range(s, first, last, item, not);
	}
	return err;
}

static int manx_sweep_port_kind(struct manx_sweep *s, const struct manx_rule *r, u32 item)
{
	const struct manx_criterion *c = s->b->source ? r->src : r->dst;
	struct manx_vec must = {}, not = {};
	int err;

	err = manx_ports_sorted(&c[MANX_MUST], &must) ?:
	      manx_ports_sorted(&c[MANX_MUST_NOT], &not) ?:
	      manx_sweep_ranges(s, item, &must, &not, !c[MANX_MUST].n_ports);
	manx_vec_free(&must);
	manx_vec_free(&not);
	return err;
}

/* Types and codes as ranges of type * 256 + code. */
static int manx_sweep_type_kind(struct manx_sweep *s, const struct manx_rule *r, u32 item)
{
	u32 range[2] = {}, i;
	struct manx_vec must = { &range[MANX_MUST] }, not = { &range[MANX_MUST_NOT] };

	for (i = MANX_MUST; i <= MANX_MUST_NOT; i++) {
		u32 first = (u32)r->icmp_type[i] << 8 | max_t(s16, r->icmp_code[i], 0);
		u32 last = (u32)r->icmp_type[i] << 8 |
			   (r->icmp_code[i] < 0 ? 0xff : r->icmp_code[i]);

		if (r->icmp_type[i] >= 0)
			range[i] = first << 16 | last;
	}
	must.n = r->icmp_type[MANX_MUST] >= 0;
	not.n = r->icmp_type[MANX_MUST_NOT] >= 0;
	return manx_sweep_ranges(s, item, &must, &not, !must.n);
}

static bool manx_kind_has_protocol(const struct manx_rule *r, bool source, bool v6, u8 protocol)
{
	if (source)
		return true;
	return (!r->ip_version || (r->ip_version == 6) == v6) &&
	       (r->protocol[MANX_MUST] < 0 || r->protocol[MANX_MUST] == protocol) &&
	       r->protocol[MANX_MUST_NOT] != protocol;
}

/* Which kinds apply to a protocol, and at which ports. */
static int manx_sweep_gather(struct manx_sweep *s, bool v6, u8 protocol)
{
	const struct manx_ports_builder *b = s->b;
	int err = 0;
	u32 i;

	s->n = 0;
	s->whole.n = 0;
	for (i = 0; i < b->n && !err; i++) {
		const struct manx_rule *r = b->kind[i];

		if (!manx_kind_has_protocol(r, b->source, v6, protocol))
			continue;
		if (manx_has_port(r, b->source))
			err = manx_sweep_port_kind(s, r, i + 1);
		else if (manx_has_type(r, b->source))
			err = manx_sweep_type_kind(s, r, i + 1);
		else
			err = manx_vec_push(&s->whole, i + 1);
	}
	return err;
}

/* --- the sweep --- */

static int manx_active_change(struct manx_vec *active, u32 item, bool begins)
{
	u32 lo = 0, hi = active->n;
	int err;

	while (lo < hi) {
		u32 mid = lo + (hi - lo) / 2;

		if (active->v[mid] < item)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (!begins) {
		active->n--;
		memmove(active->v + lo, active->v + lo + 1, (active->n - lo) * sizeof(u32));
		return 0;
	}
	err = manx_vec_push(active, item);
	if (err)
		return err;
	memmove(active->v + lo + 1, active->v + lo, (active->n - 1 - lo) * sizeof(u32));
	active->v[lo] = item;
	return 0;
}

static int manx_event_cmp(const void *a, const void *b)
{
	const struct manx_port_event *x = a, *y = b;

	if (x->port != y->port)
		return x->port < y->port ? -1 : 1;
	/* an item may end where it begins again */
	return (int)x->begins - (int)y->begins;
}

static int manx_sweep_page(struct manx_sweep *s, u32 *top)
{
	struct manx_ports *p = s->ports;
	int err = manx_vec_reach((void **)&p->page, &p->room_pages, p->n_pages + 1,
				 sizeof(*p->page));

	if (err)
		return err;
	memcpy(p->page[p->n_pages], s->row, sizeof(s->row));
	*top = MANX_PORTS_PAGE | p->n_pages++;
	return 0;
}

/* Ports from @first up to @end are of a row. */
static int manx_sweep_fill(struct manx_sweep *s, struct manx_port_map *map, u32 first, u32 end,
			   u32 row)
{
	u32 stop;
	int err;

	for (; first < end; first = stop) {
		stop = min(end, (first | 0xff) + 1);
		if (stop - first == 256) {
			map->top[first >> 8] = row;
			continue;
		}
		memset16(s->row + (first & 0xff), row, stop - first);
		err = stop & 0xff ? 0 : manx_sweep_page(s, &map->top[first >> 8]);
		if (err)
			return err;
	}
	return 0;
}

static int manx_sweep_row(struct manx_sweep *s, const struct manx_vec *items)
{
	int row = s->b->intern(s->b->ctx, items->v, items->n);

	return row > U16_MAX ? -ENOSPC : row;
}

static int manx_sweep_ports(struct manx_sweep *s, struct manx_port_map *map)
{
	u32 port = 0, i = 0, next;
	int row, err;

	sort(s->event, s->n, sizeof(*s->event), manx_event_cmp, NULL);
	while (port < 0x10000) {
		for (; i < s->n && s->event[i].port == port; i++) {
			err = manx_active_change(&s->active, s->event[i].item, s->event[i].begins);
			if (err)
				return err;
		}
		if (fatal_signal_pending(current))
			return -EINTR;
		row = manx_sweep_row(s, &s->active);
		if (row < 0)
			return row;
		next = i < s->n ? s->event[i].port : 0x10000;
		err = manx_sweep_fill(s, map, port, next, row);
		if (err)
			return err;
		port = next;
		cond_resched();
	}
	return 0;
}

/* Fills &manx_ports.entry of a protocol: a row, or a map if ports matter. */
static int manx_sweep_protocol(struct manx_sweep *s, bool v6, u8 protocol, u32 *entry)
{
	struct manx_ports *p = s->ports;
	struct manx_port_map *map;
	int err, row;
	u32 i;

	err = manx_sweep_gather(s, v6, protocol);
	if (err)
		return err;
	row = manx_sweep_row(s, &s->whole);
	*entry = row;
	if (row < 0 || !s->n)
		return row < 0 ? row : 0;
	err = manx_vec_reach((void **)&p->map, &p->room_maps, p->n_maps + 1, sizeof(*p->map));
	if (err)
		return err;
	*entry = MANX_PORTS_MAP | p->n_maps;
	map = &p->map[p->n_maps++];
	map->whole = row;
	map->icmp = !s->b->source && (protocol == IPPROTO_ICMP || protocol == IPPROTO_ICMPV6);
	for (i = 0, s->active.n = 0, err = 0; i < s->whole.n && !err; i++)
		err = manx_vec_push(&s->active, s->whole.v[i]);
	return err ?: manx_sweep_ports(s, map);
}

/* Protocols that rules name, and the first one that none names, for all others. */
static u32 manx_protocols(const struct manx_ports_builder *b, unsigned long *named)
{
	u32 i, which;
	s16 protocol;

	bitmap_zero(named, 256);
	for (i = 0; i < b->n && !b->source; i++) {
		for (which = MANX_MUST; which <= MANX_MUST_NOT; which++) {
			protocol = b->kind[i]->protocol[which];
			if (protocol >= 0)
				__set_bit(protocol, named);
		}
	}
	return find_first_zero_bit(named, 256);
}

static int manx_sweep_family(struct manx_sweep *s, bool v6)
{
	DECLARE_BITMAP(named, 256);
	u32 other = manx_protocols(s->b, named), protocol;
	u32 *entry = s->ports->entry[v6];
	int err = 0;

	for (protocol = 0; protocol < 256 && !err; protocol++)
		if (protocol == other || test_bit(protocol, named))
			err = manx_sweep_protocol(s, v6, protocol, &entry[protocol]);
	for (protocol = 0; protocol < 256 && !err; protocol++)
		if (protocol > other && !test_bit(protocol, named))
			entry[protocol] = entry[other];
	return err;
}

static bool manx_families_differ(const struct manx_ports_builder *b)
{
	u32 i;

	for (i = 0; i < b->n && !b->source; i++)
		if (b->kind[i]->ip_version)
			return true;
	return false;
}

/* Gives back what an array was too long by, if there is memory to do so. */
static void manx_ports_trim(void **array, u32 *room, u32 n, size_t size)
{
	void *new = n ? kvmalloc_array(n, size, GFP_KERNEL_ACCOUNT) : NULL;

	if (n && !new)
		return;
	if (n)
		memcpy(new, *array, n * size);
	kvfree(*array);
	*array = new;
	*room = n;
}

struct manx_ports *manx_ports_build(const struct manx_ports_builder *b)
{
	struct manx_sweep s = { .b = b };
	int err;

	s.ports = kvzalloc(sizeof(*s.ports), GFP_KERNEL_ACCOUNT);
	if (!s.ports)
		return ERR_PTR(-ENOMEM);
	err = manx_sweep_family(&s, false);
	if (!err && manx_families_differ(b))
		err = manx_sweep_family(&s, true);
	else
		memcpy(s.ports->entry[1], s.ports->entry[0], sizeof(s.ports->entry[0]));
	kvfree(s.event);
	manx_vec_free(&s.whole);
	manx_vec_free(&s.active);
	if (err) {
		manx_ports_free(s.ports);
		return ERR_PTR(err);
	}
	manx_ports_trim((void **)&s.ports->map, &s.ports->room_maps, s.ports->n_maps,
			sizeof(*s.ports->map));
	manx_ports_trim((void **)&s.ports->page, &s.ports->room_pages, s.ports->n_pages,
			sizeof(*s.ports->page));
	return s.ports;
}

void manx_ports_free(struct manx_ports *ports)
{
	if (!ports)
		return;
	kvfree(ports->map);
	kvfree(ports->page);
	kvfree(ports);
}

u64 manx_ports_octets(const struct manx_ports *ports)
{
	return !ports ? 0 : sizeof(*ports) + (u64)ports->room_maps * sizeof(*ports->map) +
			    (u64)ports->room_pages * sizeof(*ports->page);
}
