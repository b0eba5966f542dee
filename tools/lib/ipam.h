/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Address management: pools are cut into blocks, a node claims blocks and
 * gives addresses out of them.
 *
 * One record decides each fact: b/ is the only claim of a block, a/ the only
 * claim of an address. Both are created only under "does not exist", together
 * with what the address is for, in one transaction. Indexes (i/, x/) and the hint
 * l/, where to look next in a block, go in the same transaction and are never read
 * as truth. A release is deletes only.
 */
#ifndef MANX_IPAM_H
#define MANX_IPAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "addr.h"
#include "error.h"
#include "store.h"
#include "uid.h"

/**
 * struct manx_ipam_request - addresses for one attachment
 * @node: who asks
 * @handle: what for; "<network>.<container id>.<interface>" or
 *	"ipip-tunnel-addr-<node>"
 * @uid: of this attempt; the same over its retries
 * @use: MANX_USE_WORKLOAD or MANX_USE_TUNNEL
 * @want4, @want6: one address of the family is wanted
 * @pools4, @pools6: names or CIDRs that limit the choice, NULL-terminated;
 *	NULL or empty: every enabled, automatic pool whose nodeSelector and
 *	namespaceSelector match
 * @ns: namespace of the pod; NULL: none, and it has no labels
 * @addr4, @addr6: this very address; family 0: any
 * @is_dead: asked when somebody has it: 1 if @endpoint is an earlier sandbox of
 *	the same pod that is dead, whose addresses are then given back in the same
 *	transaction; 0 if it is of the same pod and lives, -1 if it is another one.
 *	NULL: always another one
 * @ctx: for @is_dead
 * @note: why nobody may have @addr4 or @addr6, which is then kept from all under
 *	@handle; NULL: it is given
 */
struct manx_ipam_request {
	const char *node;
	const char *handle;
	const char *uid;
	unsigned int use;
	bool want4, want6;
	const char *const *pools4, *const *pools6;
	const char *ns;
	struct manx_addr addr4, addr6;
	int (*is_dead)(void *ctx, const struct manx_kv *endpoint);
	void *ctx;
	const char *note;
};

/**
 * struct manx_ipam_result - what was given
 * @addr: IPv4 first
 * @n: number
 */
struct manx_ipam_result {
	struct manx_addr addr[2];
	size_t n;
};

/*
 * Called with the chosen addresses to add what belongs into the same
 * transaction (the endpoint's record). It may be called again when a
 * transaction met a conflict. *endpoint_key receives the key that is kept in
 * the handle's record (may stay NULL); it must live until the call returns.
 */
typedef int (*manx_ipam_fill_fn)(void *ctx, const struct manx_ipam_result *res,
				 struct manx_txn *txn, const char **endpoint_key,
				 struct manx_error *err);

/*
 * All or nothing. Errors: -EEXIST the handle has addresses already (*res tells
 * them if its uid is ours, and then 0 is returned: a repeated call),
 * -ENOSPC no free address (the text names pools and why), -ENOENT an asked-for
 * pool does not exist or is disabled, -EADDRINUSE, -EBUSY (the same pod) the
 * address asked for is another's, -EADDRNOTAVAIL no pool may give it, -ESHUTDOWN the
 * node has no record, or is being removed, -EINVAL a name or uid is none, -EAGAIN too much contention, and those of
 * the store. @fill may be NULL. On an error res->n is 0.
 */
int manx_ipam_assign(struct manx_store *store, const struct manx_ipam_request *req,
		     struct manx_ipam_result *res, manx_ipam_fill_fn fill, void *ctx,
		     struct manx_error *err);

/**
 * struct manx_ipam_counts - what became of transactions that give and take back
 * @commits: done
 * @conflicts: refused, because somebody else was first
 * @addresses: given
 * @released: handles given back
 */
struct manx_ipam_counts {
	uint64_t commits, conflicts, addresses, released;
};

/*
 * What a node knows already, so that it need not be read each time. Nothing rests
 * on it: what is wrong in it makes a guard fail, and is then read anew. One writer
 * a node is supposed, else others of the same node are met as conflicts.
 */
struct manx_ipam_cache;
/* Empty; NULL without memory. @store must outlive it. */
struct manx_ipam_cache *manx_ipam_cache_new(struct manx_store *store, const char *node);
void manx_ipam_cache_free(struct manx_ipam_cache *cache);
/* A watch tells of @kv, of any key. */
void manx_ipam_cache_change(struct manx_ipam_cache *cache, const struct manx_kv *kv);
/* The watch has lost something: nothing is known any more. */
void manx_ipam_cache_forget(struct manx_ipam_cache *cache);
/*
 * @fn: true if this node sends packets for @addr, of a block of it, elsewhere. It is asked
 * before an address is given, which then is not.
 */
typedef bool (*manx_ipam_elsewhere_fn)(void *ctx, const struct manx_prefix *block,
				       const struct manx_addr *addr);
void manx_ipam_cache_ask(struct manx_ipam_cache *cache, manx_ipam_elsewhere_fn fn, void *ctx);
const struct manx_ipam_counts *manx_ipam_cache_counts(const struct manx_ipam_cache *cache);

/**
 * struct manx_ipam_job - one of many assignments at a time
 * @req, @fill, @ctx: as for manx_ipam_assign()
 * @res, @ret, @err: what became of it
 */
struct manx_ipam_job {
	const struct manx_ipam_request *req;
	manx_ipam_fill_fn fill;
	void *ctx;
	struct manx_ipam_result res;
	int ret;
	struct manx_error err;
};

/*
 * The same for @n requests of one node, as many as fit in each transaction. Each
 * succeeds or fails for itself. @cache: of this node and store, or NULL.
 */
void manx_ipam_assign_batch(struct manx_store *store, struct manx_ipam_cache *cache,
			    struct manx_ipam_job *job, size_t n);

/*
 * Claim a block more of each pool in which less than a quarter of this node's last
 * one is free, so that the next addresses need not wait for others to learn of it.
 * 0 or a negative errno; that there is none to claim is no error.
 */
int manx_ipam_claim_ahead(struct manx_store *store, struct manx_ipam_cache *cache,
			  struct manx_error *err);

/*
 * Give back everything under @handle, and delete @endpoint_key (NULL: what the
 * handle's record names) in the same transaction, unless that endpoint says by
 * its annotation manx.io/handle that it is another's by now. An unknown handle is
 * success. Blocks stay claimed.
 * @uid: release only if the handle carries it; NULL: whatever it carries.
 */
int manx_ipam_release(struct manx_store *store, const char *handle, const char *uid,
		      const char *endpoint_key, struct manx_error *err);

/**
 * struct manx_ipam_return - one of many releases at a time
 * @handle, @uid, @endpoint_key: as for manx_ipam_release()
 * @ret, @err: what became of it
 */
struct manx_ipam_return {
	const char *handle, *uid, *endpoint_key;
	int ret;
	struct manx_error err;
};
/* Each succeeds or fails for itself. @cache may be NULL. */
void manx_ipam_release_batch(struct manx_store *store, struct manx_ipam_cache *cache,
			     struct manx_ipam_return *ret, size_t n);

/*
 * Give back this node's blocks that hold no address, when their pool is gone or
 * disabled or does not select the node any more. 0 or a negative errno.
 */
int manx_ipam_release_blocks(struct manx_store *store, const char *node, struct manx_error *err);

/* Handle of an address that is kept from all: this, the node's name, a dash and the address. */
#define MANX_IPAM_QUARANTINE_HANDLE "quarantine-"

/* Handle of the address of a node's tunnel, Calico's word for it: this and the node's name. */
#define MANX_IPAM_TUNNEL_HANDLE "ipip-tunnel-addr-"

/*
 * Remove @node, whose record has @mod_rev, with all that it holds: endpoints,
 * addresses, blocks; blocks of which others have borrowed are nobody's then. @mod_rev
 * 0: it has no record; go on where an earlier call was interrupted.
 * @force: also if its manxd is there, or it has endpoints.
 * -EBUSY it has, or is; -EAGAIN its record was changed; -ENOENT (without words) there
 * is nothing to go on with.
 */
int manx_ipam_remove_node(struct manx_store *store, const char *node, int64_t mod_rev, bool force,
			  struct manx_error *err);

/**
 * struct manx_block - one claimed block
 * @cidr: the block
 * @node: who owns it; "": nobody, its owner was removed while others had borrowed of it
 * @pool: name of the pool it was cut from
 */
struct manx_block {
	struct manx_prefix cidr;
	char *node;
	char *pool;
};

/* Decode a b/ record. Free with manx_block_clear(). */
int manx_block_decode(const struct manx_kv *kv, struct manx_block *b, struct manx_error *err);
void manx_block_clear(struct manx_block *b);

/*
 * Put a new or changed pool into the store; overlap with other pools and with
 * blocks of another size is checked inside the transaction. @mod_rev: 0 create,
 * else the revision that was read. -EEXIST it overlaps, or is there already;
 * -EAGAIN it was changed since @mod_rev, -EINVAL an immutable field differs.
 */
struct manx_resource;
int manx_ipam_put_pool(struct manx_store *store, const struct manx_resource *pool,
		       int64_t mod_rev, struct manx_error *err);
/*
 * The pool is disabled first. -EBUSY while an address of it is in use, the text
 * counts them and the pool stays disabled; -ENOENT.
 */
int manx_ipam_delete_pool(struct manx_store *store, const char *name, struct manx_error *err);

#endif /* MANX_IPAM_H */
