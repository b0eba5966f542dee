/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Ports: what the conditions of a table's rules on family, protocol, ports and
 * ICMP types make of a packet, as one number.
 */
#ifndef _MANX_ENGINE_PORTS_H
#define _MANX_ENGINE_PORTS_H

#include <linux/types.h>

#include "packet.h"
#include "ruleset.h"

/* in &manx_ports.entry: index of a map, not a row */
#define MANX_PORTS_MAP	BIT(31)
/* in &manx_port_map.top: index of a page, not a row */
#define MANX_PORTS_PAGE	BIT(31)

/**
 * struct manx_port_map - port -> row, for one protocol
 * @whole: row of fragments, whose port is not known
 * @icmp: by type * 256 + code instead
 * @top: by the high octet of the port, row or page
 */
struct manx_port_map {
	u32 whole;
	bool icmp;
	u32 top[256];
};

/**
 * struct manx_ports - family, protocol and port -> row
 * @entry: by family (IPv4, IPv6) and protocol, row or map
 * @map: maps
 * @page: rows by the low octet of the port
 * @n_maps: number of @map
 * @n_pages: number of @page
 * @room_maps: that @map has space for
 * @room_pages: that @page has space for
 */
struct manx_ports {
	u32 entry[2][256];
	struct manx_port_map *map;
	u16 (*page)[256];
	u32 n_maps;
	u32 n_pages;
	u32 room_maps;
	u32 room_pages;
};

/**
 * struct manx_ports_builder - how manx_ports_build() gets rows
 * @source: source ports alone, else all but them
 * @kind: rules that stand for kinds of conditions; that of item i + 1
 * @n: number of @kind
 * @intern: row that lists items, ascending; its number or a negative errno
 * @ctx: passed to @intern
 */
struct manx_ports_builder {
	bool source;
	const struct manx_rule **kind;
	u32 n;
	int (*intern)(void *ctx, const u32 *item, u32 n);
	void *ctx;
};

/**
 * manx_ports_asks() - has a rule a condition of those
 * @rule: rule
 * @source: on its source port, else on all that manx_ports deals with but that
 */
bool manx_ports_asks(const struct manx_rule *rule, bool source);

/**
 * manx_ports_hash() - hash of a rule's conditions
 * @rule: rule
 * @source: as in manx_ports_asks()
 */
u32 manx_ports_hash(const struct manx_rule *rule, bool source);

/**
 * manx_ports_same() - have two rules the same conditions
 * @a: rule
 * @b: rule
 * @source: as in manx_ports_asks()
 *
 * Return: true only if what they match is the same.
 */
bool manx_ports_same(const struct manx_rule *a, const struct manx_rule *b, bool source);

/**
 * manx_ports_build() - make the lookup form
 * @b: conditions and where rows come from
 *
 * A port that no rule names is of the same row as all others like it. A
 * condition on a port or an ICMP type, or its negation, does not hold where
 * these are not known.
 *
 * Context: may sleep.
 * Return: to be released with manx_ports_free(), or ERR_PTR(): -ENOMEM, -ENOSPC
 * for too many rows, -EINTR, or what @b->intern returned.
 */
struct manx_ports *manx_ports_build(const struct manx_ports_builder *b);

/**
 * manx_ports_free() - release
 * @ports: may be NULL
 */
void manx_ports_free(struct manx_ports *ports);

/**
 * manx_ports_octets() - memory
 * @ports: may be NULL
 */
u64 manx_ports_octets(const struct manx_ports *ports);

/**
 * manx_ports_get() - row of a packet
 * @ports: lookup form
 * @p: packet
 * @source: as it was built
 *
 * Context: any.
 */
static inline u32 manx_ports_get(const struct manx_ports *ports, const struct manx_packet *p,
				 bool source)
{
	u32 entry = ports->entry[p->family != NFPROTO_IPV4][p->protocol];
	const struct manx_port_map *map;
	u32 port;

	if (!(entry & MANX_PORTS_MAP))
		return entry;
	map = &ports->map[entry & ~MANX_PORTS_MAP];
	if (p->fragment)
		return map->whole;
	port = source ? p->sport : p->dport;
	if (map->icmp)
		port = p->sport << 8 | p->dport;
	entry = map->top[port >> 8];
	if (!(entry & MANX_PORTS_PAGE))
		return entry;
	return ports->page[entry & ~MANX_PORTS_PAGE][port & 0xff];
}

#endif /* _MANX_ENGINE_PORTS_H */
