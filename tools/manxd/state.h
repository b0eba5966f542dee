/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The cluster as the store has it: a copy in memory, decoded, fed by one list
 * and then by the watch.
 */
#ifndef MANXD_STATE_H
#define MANXD_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "ipam.h"
#include "model.h"
#include "store.h"

/* What changes may have changed. */
#define MANXD_CHANGED_POLICY	1u	/* endpoints, policies and what these refer to */
#define MANXD_CHANGED_NETWORK	2u	/* nodes, pools, blocks and borrowed addresses */
#define MANXD_CHANGED_POOLS	4u	/* pools alone */
#define MANXD_CHANGED_GONE	8u	/* an endpoint was deleted */

enum manxd_entry_kind {
	MANXD_POOL, MANXD_NODE, MANXD_WEP, MANXD_POLICY, MANXD_BLOCK, MANXD_BORROWED,
	MANXD_NETSET, MANXD_TIER, MANXD_SPACE,
};

/**
 * struct manxd_borrowed - an address of one node's block that another one uses
 * @node: who uses it; owned
 */
struct manxd_borrowed {
	struct manx_addr addr;
	char *node;
};

/**
 * struct manxd_entry - one key of the store that could be decoded
 * @kind: which member of the union is valid
 * @mod_rev: revision of its last change
 * @resource: what all but block and borrowed were decoded from and point into
 */
struct manxd_entry {
	char *key;
	int64_t mod_rev;
	enum manxd_entry_kind kind;
	struct manx_resource resource;
	union {
		struct manx_ippool pool;
		struct manx_node node;
		struct manx_wep wep;
		struct manx_policy policy;
		struct manx_block block;
		struct manxd_borrowed borrowed;
		struct manx_netset netset;
		struct manx_tier tier;
		struct manx_namespace space;
	};
};

/**
 * struct manxd_state - the copy; zero, with @store set, before the first sync
 * @store: borrowed
 * @ipam: is told what changes; borrowed, may be NULL
 * @watch: NULL while the copy is not known to be what the store has
 * @entry: in the order of their keys
 * @lost: keys that exist, but could never be decoded: what they say is not known
 */
struct manxd_state {
	struct manx_store *store;
	struct manx_ipam_cache *ipam;
	struct manx_watch *watch;
	struct manxd_entry **entry;
	size_t n, size;
	char **lost;
	size_t n_lost;
};

/* Read everything anew and begin to watch. On failure the old copy stays. */
int manxd_state_sync(struct manxd_state *state, struct manx_error *err);
void manxd_state_clear(struct manxd_state *state);

/*
 * Take over what changed until now, also by this process; *changed collects
 * MANXD_CHANGED_*. An error ends the watch: sync again.
 */
int manxd_state_follow(struct manxd_state *state, unsigned int *changed, struct manx_error *err);

/* The entries whose key begins with @prefix: the first into *first (may be NULL). */
size_t manxd_state_range(const struct manxd_state *state, const char *prefix,
			 struct manxd_entry *const **first);
/* The entries of resources of kind @id. */
size_t manxd_state_kind(const struct manxd_state *state, enum manx_kind_id id,
			struct manxd_entry *const **first);
/* Of exactly this key, or NULL. */
const struct manxd_entry *manxd_state_get(const struct manxd_state *state, const char *key);
/* The workload endpoints of @node. */
size_t manxd_state_weps(const struct manxd_state *state, const char *node,
			struct manxd_entry *const **first);

/*
 * A key beneath @prefix that exists but could not be decoded, or NULL. Whoever
 * takes the absence of such a key for an answer must look here first.
 */
const char *manxd_state_lost(const struct manxd_state *state, const char *prefix);

/* By name; NULL if there is none. */
const struct manxd_entry *manxd_state_node(const struct manxd_state *state, const char *name);
const struct manx_ippool *manxd_state_pool(const struct manxd_state *state, const char *name);
/* The pool that @addr lies in, NULL if there is none. */
const struct manx_ippool *manxd_state_pool_of(const struct manxd_state *state,
					      const struct manx_addr *addr);

#endif /* MANXD_STATE_H */
