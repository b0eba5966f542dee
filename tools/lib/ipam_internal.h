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
/* The same of @n records that were read already, at @rev. */
int manx_pools_decode(const struct manx_kv *kv, size_t n, int64_t rev, struct manx_pools *pools,
		      struct manx_error *err);
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

/**
 * struct manx_ask - whose labels selectors are asked about
 * @node: decoded from its record; labels.json NULL if it has none or no labels
 * @node_known: it has a record
 */
struct manx_ask {
	struct manx_store *store;
	const struct manx_pools *pools;
	struct manx_node node;
	bool node_known;
};

/*
 * -ENOENT: an asked-for pool is not there. Nothing chosen is no error. *choice must
 * be cleared with manx_pool_choice_clear() in any case.
 */
int manx_pools_choose(const struct manx_ask *ask, const struct manx_ipam_request *req,
		      uint8_t family, struct manx_pool_choice *choice, struct manx_error *err);
void manx_pool_choice_clear(struct manx_pool_choice *choice);
/* Returns -ENOSPC with the words that tell why nothing was found; @why: "" or more words. */
int manx_pool_choice_exhausted(const struct manx_pool_choice *choice, uint8_t family,
			       const char *node, const char *why, struct manx_error *err);
/* Whether @pool's nodeSelector lets @ask's node in; true if that cannot be known. */
bool manx_pool_selects(const struct manx_ask *ask, const struct manx_ippool *pool);

/* --- what a node knows, ipam_cache.c --- */

enum manx_held_how {
	MANX_HELD_UNREAD,	/* the index says it is ours */
	MANX_HELD_OWN,		/* so does its record */
	MANX_HELD_CLAIM,	/* it is claimed by the next transaction that uses it */
	MANX_HELD_TAKE,		/* the same, of a block that was another's and is empty */
	MANX_HELD_BORROW,	/* another's */
};

/**
 * struct manx_held - a block of which addresses may be given
 * @rev: of its record; 0: it has none yet
 * @pool: its name in the record
 * @owner: of MANX_HELD_TAKE and _BORROW: whose it is; owned
 * @count: of its addresses
 * @used: a bit for each; NULL: not read yet
 * @n_used: bits set
 * @freed: of each when it was released, ms of the monotonic clock, 0 long ago; may be NULL
 * @next: the number to try first
 */
struct manx_held {
	struct manx_prefix cidr;
	enum manx_held_how how;
	int64_t rev;
	char *pool, *owner;
	uint64_t count;
	uint8_t *used;
	uint64_t n_used;
	int64_t *freed;
	uint64_t next;
};

/**
 * struct manx_seen - somebody else's block as it was seen last
 * @key: "b/..."
 * @rev: of its record
 * @since: when it was first seen so, ms of the monotonic clock
 * @empty: it had no address then; else it was full
 */
struct manx_seen {
	char key[MANX_ADDR_STRLEN + 4];
	int64_t rev, since;
	bool empty;
};

/**
 * struct manx_kept - what a handle got from this process
 * @handle: owned
 * @h: as its record was written; h.rev is that of its endpoint, too
 */
struct manx_kept {
	char *handle;
	struct manx_handle h;
};

/* What must be read anew before it is used. */
#define MANX_STALE_POOLS	1u
#define MANX_STALE_CONFIG	2u
#define MANX_STALE_RESERVED	4u
#define MANX_STALE_NODE		8u
#define MANX_STALE_INDEX	16u
#define MANX_STALE_ALL		31u

/**
 * struct manx_ipam_cache - see ipam.h
 * @stale: MANX_STALE_*
 * @config_rev, @node_rev: of the records, 0 if there are none
 * @record: of the node, .json NULL if it has none
 * @index_rev: of the store when @held was known to be all blocks of the node
 * @kept: tree of struct manx_kept, so that a release need not read first
 * @spread: begin anywhere in a block, because somebody else looks at the same time
 * @alone: made for one call, and thrown away after it
 */
struct manx_ipam_cache {
	struct manx_store *store;
	char node[254];
	unsigned int stale;
	struct manx_pools pools;
	struct manx_ipamconfig config;
	int64_t config_rev;
	struct manx_ipreservation *reserved;
	struct manx_resource *reserved_resource;
	size_t n_reserved;
	struct manx_resource record;
	struct manx_node decoded;
	int64_t node_rev;
	struct manx_held **held;
	size_t n_held;
	int64_t index_rev;
	struct manx_seen *seen;
	size_t n_seen;
	void *kept;
	bool spread, alone;
	manx_ipam_elsewhere_fn elsewhere;
	void *elsewhere_ctx;
	struct manx_ipam_counts counts;
};

/* True if @addr, of @block, must not be given, because the kernel has another use for it. */
bool manx_cache_is_elsewhere(const struct manx_ipam_cache *cache, const struct manx_prefix *block,
			     const struct manx_addr *addr);

/* Read anew what is stale; blocks that are ours no more are gone then. */
int manx_cache_refresh(struct manx_ipam_cache *cache, struct manx_error *err);
/*
 * -ESHUTDOWN for a node without a record, which begins nothing: it was removed, maybe, and
 * nobody would ever clean up behind it. To be asked after a refresh.
 */
int manx_cache_require_node(struct manx_ipam_cache *cache, struct manx_error *err);
struct manx_ask manx_cache_ask(const struct manx_ipam_cache *cache);
/* The block; NULL if it is not held. */
struct manx_held *manx_cache_find(const struct manx_ipam_cache *cache,
				  const struct manx_prefix *cidr);
/* The own block that @addr lies in, NULL if there is none. */
struct manx_held *manx_cache_find_addr(const struct manx_ipam_cache *cache,
				       const struct manx_addr *addr);
struct manx_held *manx_cache_add(struct manx_ipam_cache *cache, const struct manx_prefix *cidr,
				 enum manx_held_how how, struct manx_error *err);
void manx_cache_drop(struct manx_ipam_cache *cache, struct manx_held *held);
/* Read its record if need be, and its addresses: 1, 0 if it is not ours (and dropped). */
int manx_cache_read(struct manx_ipam_cache *cache, struct manx_held *held,
		    struct manx_error *err);
/* A block that was to be claimed or taken is ours since @rev; of others nothing is done. */
void manx_cache_claimed(struct manx_ipam_cache *cache, struct manx_held *held,
			const struct manx_pool *pool, int64_t rev);
/* Number of blocks of @family that the node holds or is about to. */
size_t manx_cache_count(const struct manx_ipam_cache *cache, uint8_t family);
/* Remember what @handle got at @rev; without memory it is read when it is released. */
void manx_cache_keep(struct manx_ipam_cache *cache, const struct manx_ipam_request *req,
		     const struct manx_ipam_result *res, const char *endpoint, int64_t rev);
/* NULL if it is not known. */
const struct manx_kept *manx_cache_kept(const struct manx_ipam_cache *cache, const char *handle);
void manx_cache_unkeep(struct manx_ipam_cache *cache, const char *handle);
/* An address of one of our blocks is free again. */
void manx_cache_freed(struct manx_ipam_cache *cache, const struct manx_addr *addr);
bool manx_held_is_used(const struct manx_held *held, uint64_t i);
void manx_held_set(struct manx_held *held, uint64_t i, bool used);
/* The next address of @held that may be given: 1 and *i, or 0. */
int manx_held_next(const struct manx_ipam_cache *cache, const struct manx_held *held,
		   uint64_t *i);
/* The reservation that covers @cidr wholly, NULL if none does. */
const struct manx_prefix *manx_cache_reserved(const struct manx_ipam_cache *cache,
					      const struct manx_prefix *cidr);
/* What is known of another's block at @rev; NULL nothing. */
struct manx_seen *manx_cache_seen(struct manx_ipam_cache *cache, const char *key, int64_t rev);
void manx_cache_see(struct manx_ipam_cache *cache, const char *key, int64_t rev, bool empty);
void manx_cache_unsee(struct manx_ipam_cache *cache, const char *key);
/* Milliseconds of the monotonic clock. */
int64_t manx_cache_now(void);

/* --- one address --- */

/**
 * struct manx_moved - what a dead sandbox held of which an address is taken over
 * @handle: its handle, owned; NULL: nothing is moved
 * @h: what it holds
 * @endpoint_rev: of the endpoint's record
 * @addr_rev: of the address's record
 */
struct manx_moved {
	char *handle;
	struct manx_handle h;
	int64_t endpoint_rev, addr_rev;
};
void manx_moved_clear(struct manx_moved *moved);

/**
 * struct manx_pick - an address that is free as far as is known
 * @pool: where it comes from; borrowed, until pools are read anew
 * @held: its block; borrowed
 * @i: its number in it
 * @addr: the same
 * @moved: who gives it up
 */
struct manx_pick {
	const struct manx_pool *pool;
	struct manx_held *held;
	uint64_t i;
	struct manx_addr addr;
	struct manx_moved moved;
};

/*
 * Look in the blocks of the node, then for a block to claim, then in the blocks of
 * others. 1 and the address is marked as used, 0 if there is none (*why, static,
 * says more, or is ""), or a negative errno.
 */
int manx_pick_addr(struct manx_ipam_cache *cache, const struct manx_pool_choice *choice,
		   struct manx_pick *pick, const char **why, struct manx_error *err);
/* Where the node begins to look in a pool. */
uint64_t manx_pick_start(const struct manx_ipam_cache *cache, const struct manx_space *space);
/* False if the settings allow the node no more blocks, and *why. */
bool manx_pick_may_claim(const struct manx_ipam_cache *cache, uint8_t family, const char **why);
/* The next address of @held, which was read: 1, or 0. */
int manx_pick_from(struct manx_ipam_cache *cache, const struct manx_pool *pool,
		   struct manx_held *held, struct manx_pick *pick);
/* In a block of another node, which is taken over if it was empty for long; ipam_borrow.c. */
int manx_pick_other(struct manx_ipam_cache *cache, const struct manx_pool *pool,
		    struct manx_pick *pick, const char **why, struct manx_error *err);
/* @want and no other: 1, or a negative errno. */
int manx_pick_requested(struct manx_ipam_cache *cache, const struct manx_ipam_request *req,
			const struct manx_addr *want, struct manx_pick *pick,
			struct manx_error *err);
/* Begin to hold a block of @pool that nobody has: 1 and *held, 0, or a negative errno. */
int manx_pick_block(struct manx_ipam_cache *cache, const struct manx_pool *pool,
		    struct manx_held **held, const char **why, struct manx_error *err);
/* Add the guards and writes that take the address for @req. */
void manx_pick_take(struct manx_txn *txn, const struct manx_ipam_cache *cache,
		    const struct manx_pick *pick, const struct manx_ipam_request *req);
/* The same of a block alone. */
void manx_pick_take_block(struct manx_txn *txn, const struct manx_ipam_cache *cache,
			  const struct manx_held *held, const struct manx_pool *pool);
/* The writes that give up what a dead sandbox held; after all that is put. */
void manx_pick_move(struct manx_txn *txn, const struct manx_pick *pick);

/* --- guards, ipam_guard.c --- */

/*
 * Of every transaction that creates something, by the names that the model of the
 * protocol has for them too. Each is added once to a transaction.
 */
void manx_guard_node_not_removed(struct manx_txn *txn, const struct manx_ipam_cache *cache);
void manx_guard_config_unchanged(struct manx_txn *txn, const struct manx_ipam_cache *cache);
void manx_guard_pool_enabled(struct manx_txn *txn, const struct manx_pool *pool);
/* The record of the block is the one that was read: its owner is still the same. */
void manx_guard_block_claim(struct manx_txn *txn, const struct manx_held *held);
/* Nobody has a block there, of whatever size. */
void manx_guard_block_absent(struct manx_txn *txn, const struct manx_held *held);
/* No address of the block is used. */
void manx_guard_block_empty(struct manx_txn *txn, const struct manx_prefix *block);
void manx_guard_address_absent(struct manx_txn *txn, const struct manx_addr *addr);
void manx_guard_handle_absent(struct manx_txn *txn, const char *handle);
/* What is released is what was read. */
void manx_guard_handle_unchanged(struct manx_txn *txn, const char *handle, int64_t rev);
/* The node has no more blocks of @family than when they were counted. */
void manx_guard_budget(struct manx_txn *txn, const struct manx_ipam_cache *cache,
		       uint8_t family);

/* --- what else is shared --- */

int manx_ipam_check_handle(const char *handle, struct manx_error *err);
/* After the last try, with what the last one met in @err; -EAGAIN. */
int manx_ipam_fail_contended(const char *handle, struct manx_error *err);
/* "m/gone/<node>": the node is being removed. */
const char *manx_gone_key(const char *node, char *buf);
/* Add the deletion of the endpoint @key unless it is another handle's by now. */
int manx_release_endpoint(struct manx_store *store, struct manx_txn *txn, const char *key,
			  const char *handle, struct manx_error *err);

/*
 * Give back the claimed block under @kv (a b/ record) if it holds no address:
 * 1 done, 0 it is in use or was changed meanwhile, or a negative errno.
 */
int manx_block_give_back(struct manx_store *store, const struct manx_kv *kv,
			 struct manx_error *err);

#endif /* MANX_IPAM_INTERNAL_H */
