/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Lookup: the rule of a compiled table that decides about a packet.
 */
#ifndef _MANX_ENGINE_LOOKUP_H
#define _MANX_ENGINE_LOOKUP_H

#include <linux/types.h>

#include "packet.h"

struct manx_addresses;
struct manx_classes;
struct manx_table;

/* Dimensions that depend on the classes of an address. */
enum manx_key_part {
	MANX_KEY_SRC_HOST,
	MANX_KEY_SRC_NET,
	MANX_KEY_DST_HOST,
	MANX_KEY_DST_NET,
	MANX_KEY_PARTS,
};

/**
 * struct manx_key - a packet and the classes of its addresses
 * @p: the packet
 * @addresses: version by which it is judged
 * @classes: of the namespace
 * @has: bit for each part of @class that is known
 * @class: by &enum manx_key_part; looked up when the first table wants it
 *
 * One for all tables of both chains.
 */
struct manx_key {
	const struct manx_packet *p;
	const struct manx_addresses *addresses;
	const struct manx_classes *classes;
	u32 has;
	u32 class[MANX_KEY_PARTS];
};

/**
 * manx_key_init() - a key of which nothing has been looked up
 * @key: filled; valid as long as the pointers
 * @p: packet
 * @addresses: version
 * @classes: of the namespace
 */
static inline void manx_key_init(struct manx_key *key, const struct manx_packet *p,
				 const struct manx_addresses *addresses,
				 const struct manx_classes *classes)
{
	key->p = p;
	key->addresses = addresses;
	key->classes = classes;
	key->has = 0;
}

/**
 * struct manx_found - result of a lookup
 * @rule: index of the first rule that matches and is not "log"; the number of
 *	rules if none does
 * @logs: a rule "log" before it may match: see manx_table_logs()
 */
struct manx_found {
	u32 rule;
	bool logs;
};

/**
 * manx_table_find() - the deciding rule
 * @table: compiled
 * @key: packet
 *
 * Context: RCU read lock held.
 */
struct manx_found manx_table_find(const struct manx_table *table, struct manx_key *key);

/**
 * manx_table_logs() - the first rules "log" that match
 * @table: compiled
 * @key: packet
 * @end: index of the deciding rule; only rules before it are looked at
 * @list: filled with their indices, ascending
 * @max: room in @list, above 0; further ones are left out
 *
 * Only worth calling if &manx_found.logs is set. Takes about as long as
 * manx_table_find() does with bit vectors.
 *
 * Context: RCU read lock held.
 * Return: number of rules in @list.
 */
u32 manx_table_logs(const struct manx_table *table, struct manx_key *key, u32 end, u32 *list,
		    u32 max);

#endif /* _MANX_ENGINE_LOOKUP_H */
