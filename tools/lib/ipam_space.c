// SPDX-License-Identifier: GPL-2.0-only
/*
 * Space: which blocks of a pool, which addresses of a block are free.
 *
 * A taken unit is a key, and key order is address order. So the first free unit
 * is the first gap in a range of keys, and everything in a CIDR is one range.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "ipam_internal.h"

/* Keys read at once. Most often the first free unit is the first looked at. */
#define PAGE 32

/* Sorts after '-', which ends a block's address, and after hex digits. */
#define AFTER "~"

/* log2 of the number of addresses in one unit; blocks and addresses have less than 2^32. */
static unsigned int shift(const struct manx_space *space)
{
	return manx_addr_bits(&space->cidr.addr) - space->unit;
}

struct manx_space manx_space_of_blocks(const struct manx_prefix *cidr, uint8_t size)
{
	/* a disabled pool may be smaller than its blocks */
	unsigned int bits = size > cidr->len ? size - cidr->len : 0;

	return (struct manx_space){
		.keys = "b/",
		.cidr = manx_prefix_mask(cidr),
		.unit = (uint8_t)(cidr->len + bits),
		.count = 1ull << (bits < 32 ? bits : 32),
	};
}

struct manx_space manx_space_of_addrs(const struct manx_prefix *block)
{
	struct manx_space space = manx_space_of_blocks(block, manx_addr_bits(&block->addr));

	space.keys = "a/";
	return space;
}

struct manx_prefix manx_space_at(const struct manx_space *space, uint64_t i)
{
	struct manx_prefix unit = { .addr = space->cidr.addr, .len = space->unit };

	manx_addr_add(&space->cidr.addr, i << shift(space), &unit.addr);
	return unit;
}

uint64_t manx_space_index(const struct manx_space *space, const struct manx_addr *addr)
{
	return manx_addr_offset(&space->cidr, addr) >> shift(space);
}

struct manx_key_range manx_space_range(const struct manx_space *space, uint64_t first,
				       uint64_t last)
{
	struct manx_addr from = manx_space_at(space, first).addr, to;
	char text[MANX_ADDR_STRLEN];
	struct manx_key_range range;

	/* the last address of the last unit, where even a smaller block would begin */
	manx_addr_add(&space->cidr.addr, ((last + 1) << shift(space)) - 1, &to);
	snprintf(range.from, sizeof(range.from), "%s%s", space->keys, manx_addr_key(&from, text));
	snprintf(range.to, sizeof(range.to), "%s%s" AFTER, space->keys, manx_addr_key(&to, text));
	return range;
}

struct manx_key_range manx_space_keys(const struct manx_space *space)
{
	return manx_space_range(space, 0, space->count - 1);
}

/* The units that @key takes: from number *first up to, not including, *end. */
static int taken_by(const struct manx_space *space, const char *key, uint64_t *first,
		    uint64_t *end, struct manx_error *err)
{
	struct manx_prefix p;
	unsigned int bits;
	bool ok;

	key += strlen(space->keys);
	ok = manx_prefix_from_key(key, &p);
	if (!ok && manx_addr_from_key(key, &p.addr)) {
		p = manx_addr_host(&p.addr);
		ok = true;
	}
	if (!ok || !manx_prefix_contains(&space->cidr, &p.addr))
		return manx_fail(err, -EUCLEAN, "store: key %s%s is damaged", space->keys, key);
	*first = manx_space_index(space, &p.addr);
	bits = p.len < space->unit ? space->unit - p.len : 0;
	*end = *first + (1ull << (bits < 32 ? bits : 32));
	return 0;
}

/* Move *at behind what the keys in @kvs take without a gap; 1 if there is one at *at. */
static int skip_taken(const struct manx_space *space, const struct manx_kvs *kvs, uint64_t *at,
		      struct manx_error *err)
{
	for (size_t k = 0; k < kvs->n; k++) {
		uint64_t first = 0, end = 0;
		int ret = taken_by(space, kvs->kv[k].key, &first, &end, err);

		if (ret)
			return ret;
		if (first > *at)
			return 1;
		*at = end > *at ? end : *at;
	}
	return 0;
}

static int find_between(struct manx_store *store, const struct manx_space *space, uint64_t at,
			uint64_t end, uint64_t *i, struct manx_error *err)
{
	while (at < end) {
		struct manx_key_range range = manx_space_range(space, at, end - 1);
		struct manx_kvs kvs;
		int ret = manx_store_range(store, range.from, range.to, PAGE, &kvs, err);
		bool more = kvs.n == PAGE;

		if (!ret)
			ret = skip_taken(space, &kvs, &at, err);
		manx_kvs_clear(&kvs);
		if (ret < 0)
			return ret;
		if (ret == 1 || (!more && at < end)) {
			*i = at;
			return 1;
		}
	}
	return 0;
}

int manx_space_find_free(struct manx_store *store, const struct manx_space *space,
			 uint64_t start, uint64_t *i, struct manx_error *err)
{
	int ret = find_between(store, space, start, space->count, i, err);

	return ret ? ret : find_between(store, space, 0, start, i, err);
}
