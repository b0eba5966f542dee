/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Parts of address management: pools, the space that they span, a choice in
 * it, and records.
 */
#ifndef MANX_IPAM_INTERNAL_H
#define MANX_IPAM_INTERNAL_H

#include "ipam.h"
#include "model.h"

/* Longest handle, octets: a network's name, a container id, an interface. */
#define MANX_HANDLE_MAX 512

/* Any key that IPAM makes, and the NUL. The longest: "i/<node>/<prefix key>", "h/<handle>". */
#define MANX_IPAM_KEY (MANX_HANDLE_MAX + 8)

/* How often a transaction that met a conflict is made anew; the pauses add up to 0.5 s at most. */
#define MANX_IPAM_TRIES 64

/* A random number below @n, for jitter and for spreading, not for secrets. */
uint64_t manx_ipam_random(uint64_t n);
/* Wait before try number @try, at random but longer each time; not before number 0. */
void manx_ipam_pause(unsigned int try);

/* --- records, see store.h --- */

/* "b/<key of block>" and so on into @buf of MANX_IPAM_KEY; returns @buf. */
const char *manx_block_key(const struct manx_prefix *block, char *buf);
const char *manx_index_key(const char *node, const struct manx_prefix *block, char *buf);
const char *manx_last_key(const struct manx_prefix *block, char *buf);
const char *manx_used_key(const struct manx_addr *addr, char *buf);
const char *manx_borrowed_key(const struct manx_addr *addr, char *buf);
const char *manx_handle_key(const char *handle, char *buf);
const char *manx_pool_key(const char *name, char *buf);

/* Put a record of strings; @members: name, value, name, value, ..., NULL. */
void manx_put_record(struct manx_txn *txn, const char *key, const char *const *members);

/**
 * struct manx_handle - what a handle holds
 * @uid: of the attempt that got it
 * @addr: the addresses
 * @endpoint: key of the endpoint, NULL if none; owned
 * @rev: revision of the record
 */
struct manx_handle {
	char uid[MANX_UID_LEN + 1];
	struct manx_ipam_result addr;
	char *endpoint;
	int64_t rev;
};

/* -ENOENT (without words) if there is no such handle. Free with manx_handle_clear(). */
int manx_handle_read(struct manx_store *store, const char *handle, struct manx_handle *h,
		     struct manx_error *err);
void manx_handle_clear(struct manx_handle *h);
/* @endpoint may be NULL. */
void manx_handle_put(struct manx_txn *txn, const struct manx_ipam_request *req,
		     const struct manx_ipam_result *res, const char *endpoint);

/* --- space --- */

/**
 * struct manx_space - equal units side by side, each taken or free
 * @keys: the keys that take one: "b/" blocks, "a/" addresses
 * @cidr: what they divide
 * @unit: prefix length of one
 * @count: how many there are
 */
struct manx_space {
	const char *keys;
	struct manx_prefix cidr;
	uint8_t unit;
	uint64_t count;
};

/**
 * struct manx_key_range - keys with from <= key < to
 */
struct manx_key_range {
	char from[MANX_ADDR_STRLEN + 4];
	char to[MANX_ADDR_STRLEN + 4];
};

/* The blocks of @size in @cidr; of more than 2^32 the first 2^32. */
struct manx_space manx_space_of_blocks(const struct manx_prefix *cidr, uint8_t size);
struct manx_space manx_space_of_addrs(const struct manx_prefix *block);
/* Unit number @i. */
struct manx_prefix manx_space_at(const struct manx_space *space, uint64_t i);
/* Number of the unit that holds @addr, which lies in the space. */
uint64_t manx_space_index(const struct manx_space *space, const struct manx_addr *addr);
/* All keys that take a unit from number @first to @last. */
struct manx_key_range manx_space_range(const struct manx_space *space, uint64_t first,
				       uint64_t last);
/* The same for all units. */
struct manx_key_range manx_space_keys(const struct manx_space *space);
/*
 * The first free unit from number @start on, beginning again at the first when
 * the end is reached: 1 and *i, 0 if all are taken, or a negative errno.
 */
int manx_space_find_free(struct manx_store *store, const struct manx_space *space,
			 uint64_t start, uint64_t *i, struct manx_error *err);

/* --- pools --- */

/**
 * struct manx_pool - a pool as it was read
 * @resource: what the strings in @pool point into
 * @pool: decoded
 * @rev: revision of the record
 */
struct manx_pool {
	struct manx_resource resource;
	struct manx_ippool pool;
	int64_t rev;
};

/**
 * struct manx_pools - all pools, by name
 * @rev: of the store when they were read
 */
struct manx_pools {
	struct manx_pool *pool;
	size_t n;
	int64_t rev;
};

int manx_pools_read(struct manx_store *store, struct manx_pools *pools, struct manx_error *err);
void manx_pools_clear(struct manx_pools *pools);
/* By name; NULL if there is none. */
const struct manx_pool *manx_pools_find(const struct manx_pools *pools, const char *name);

/**
 * struct manx_pool_choice - pools that may serve a request, in order
 * @pool: array, owned; the pools are borrowed
 * @passed_over: "pool-1 (disabled), pool-2 (...)", for people; may be cut
 */
struct manx_pool_choice {
	const struct manx_pool **pool;
	size_t n;
	char passed_over[512];
};

/*
 * -ENOENT: an asked-for pool is not there, or the node has no record and a
 * nodeSelector asks for its labels. Nothing chosen is no error. *choice must be
 * cleared with manx_pool_choice_clear() in any case.
 */
int manx_pools_choose(struct manx_store *store, const struct manx_pools *pools,
		      const struct manx_ipam_request *req, uint8_t family,
		      struct manx_pool_choice *choice, struct manx_error *err);
void manx_pool_choice_clear(struct manx_pool_choice *choice);
/* Returns -ENOSPC with the words that tell why nothing was found. */
int manx_pool_choice_exhausted(const struct manx_pool_choice *choice, uint8_t family,
			       const char *node, struct manx_error *err);

/* --- one address --- */

/**
 * struct manx_pick - an address that was free when it was looked at
 * @pool: where it comes from; borrowed
 * @block: its block
 * @block_rev: revision of the block's record; 0: the block must be claimed
 * @borrowed: the block is another node's
 * @addr: the address
 */
struct manx_pick {
	const struct manx_pool *pool;
	struct manx_prefix block;
	int64_t block_rev;
	bool borrowed;
	struct manx_addr addr;
};

/*
 * Look in the blocks of @node, then for a block to claim, then in the blocks of
 * others. @spread: begin anywhere, because somebody else is looking at the same
 * time. 1, 0 if there is no free address, or a negative errno.
 */
int manx_pick_addr(struct manx_store *store, const char *node,
		   const struct manx_pool_choice *choice, uint8_t family, bool spread,
		   struct manx_pick *pick, struct manx_error *err);
/* Add the guards and writes that take the address for @req. */
void manx_pick_take(struct manx_txn *txn, const struct manx_pick *pick,
		    const struct manx_ipam_request *req);

/*
 * Give back the claimed block under @kv (a b/ record) if it holds no address:
 * 1 done, 0 it is in use or was changed meanwhile, or a negative errno.
 */
int manx_block_give_back(struct manx_store *store, const struct manx_kv *kv,
			 struct manx_error *err);

#endif /* MANX_IPAM_INTERNAL_H */
