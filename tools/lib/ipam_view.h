/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Addresses as a whole, for people: how full pools are, who has what, and what does
 * not fit together. All of it is read at one revision, so an ADD is seen wholly or
 * not at all; what is then repaired is guarded by what was read.
 */
#ifndef MANX_IPAM_VIEW_H
#define MANX_IPAM_VIEW_H

#include "ipam.h"

struct manx_ipam_view;

int manx_ipam_view_read(struct manx_store *store, struct manx_ipam_view **view,
			struct manx_error *err);
void manx_ipam_view_free(struct manx_ipam_view *view);
int64_t manx_ipam_view_rev(const struct manx_ipam_view *view);
/* Of the datastore; "" if it has none. */
const char *manx_ipam_view_guid(const struct manx_ipam_view *view);

/**
 * struct manx_ipam_usage - a pool, or a block
 * @name: of the pool; borrowed
 * @cidr: of the pool, or of the block
 * @owner: of a block, "" if it is nobody's; NULL for a pool; borrowed
 * @total, @used, @reserved: addresses; those that are reserved may be used
 * @borrowed: of a block, how many others use
 * @blocks: of a pool
 */
struct manx_ipam_usage {
	const char *name, *owner;
	struct manx_prefix cidr;
	double total;
	uint64_t used, borrowed, blocks;
	double reserved;
};

/* Call @fn for each pool and, if @blocks, after it for its blocks, in order. */
void manx_ipam_view_usage(const struct manx_ipam_view *view, bool blocks,
			  void (*fn)(void *ctx, const struct manx_ipam_usage *usage), void *ctx);

/**
 * struct manx_ipam_use - an address that somebody has; all borrowed, "" if unknown
 * @handle, @node: whose it is
 * @owner: of the block; NULL if it lies in none
 * @pool: NULL if it lies in none
 * @endpoint: key of the endpoint
 * @note: why it is kept from all; "" if it is not
 */
struct manx_ipam_use {
	struct manx_addr addr;
	const char *handle, *node, *owner, *pool, *endpoint, *note;
};

/* Call @fn for each address in use. */
void manx_ipam_view_uses(const struct manx_ipam_view *view,
			 void (*fn)(void *ctx, const struct manx_ipam_use *use), void *ctx);
/* What lies where @addr is: false if it is not in use, but *use has its block and pool. */
bool manx_ipam_view_find(const struct manx_ipam_view *view, const struct manx_addr *addr,
			 struct manx_ipam_use *use);
/* The pool whose reservation, or NULL, covers @addr: name of the reservation. */
const char *manx_ipam_view_reserved(const struct manx_ipam_view *view,
				    const struct manx_addr *addr);

enum manx_ipam_problem_kind {
	MANX_IPAM_LEAKED,	/* a handle whose endpoint is gone */
	MANX_IPAM_STRAY,	/* an address whose handle does not have it */
	MANX_IPAM_UNCLAIMED,	/* an endpoint, or a handle, has an address that is not its own */
	MANX_IPAM_OUTSIDE,	/* no pool, or no block, holds it */
	MANX_IPAM_INDEX,	/* an index lies; see manx_ipam_repair() */
	MANX_IPAM_DAMAGED,	/* a record cannot be read, blocks overlap */
	MANX_IPAM_PROBLEM_KINDS,
};

/**
 * struct manx_ipam_problem - what does not fit
 * @key: of the record
 * @rev: its revision, 0 if there is none
 * @text: what is wrong with it, as words that follow the key
 */
struct manx_ipam_problem {
	enum manx_ipam_problem_kind kind;
	const char *key;
	int64_t rev;
	const char *text;
};

/* Call @fn for each problem. */
void manx_ipam_view_check(const struct manx_ipam_view *view,
			  void (*fn)(void *ctx, const struct manx_ipam_problem *problem),
			  void *ctx);

/*
 * Release what MANX_IPAM_LEAKED or _STRAY is about, if its record still has @rev and
 * still nothing uses it: 1, 0 if it has changed since, or a negative errno.
 */
int manx_ipam_release_leak(struct manx_store *store, const char *key, int64_t rev,
			   struct manx_error *err);
/* Make the index under @key what the record it is made from says: 1, 0, or a negative errno. */
int manx_ipam_repair(struct manx_store *store, const char *key, struct manx_error *err);
/*
 * Release one address, whoever has it; the other one of its handle stays. -ENOENT it
 * is not in use.
 */
int manx_ipam_release_addr(struct manx_store *store, const struct manx_addr *addr,
			   struct manx_error *err);

/* Divide pool @name into @parts, a power of two, in one transaction. -EINVAL, -ENOENT. */
int manx_ipam_split(struct manx_store *store, const char *name, unsigned int parts,
		    struct manx_error *err);

#endif /* MANX_IPAM_VIEW_H */
