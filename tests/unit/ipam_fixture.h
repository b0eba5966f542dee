/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the tests of address management share, on top of a store of their own.
 */
#ifndef IPAM_FIXTURE_H
#define IPAM_FIXTURE_H

#include "ipam.h"
#include "store_fixture.h"

/* Nodes n1, n2 and so on, without labels, that ipam_pool() makes. */
#define IPAM_NODES 8

/*
 * Create IPPool @name, or change it if @mod_rev is not 0. @more: lines of its
 * spec in YAML, each with its line feed; may be "".
 */
int ipam_put_pool(struct manx_store *store, const char *name, const char *cidr, int block_size,
		  const char *more, int64_t mod_rev, struct manx_error *err);
/* The same; the test fails unless it is created. Nodes come with the first pool. */
void ipam_pool(struct manx_store *store, const char *name, const char *cidr, int block_size,
	       const char *more);
/* Put Node @name with labels as one line of YAML: "{ rack: '0' }". */
void ipam_node(struct manx_store *store, const char *name, const char *labels);
/* Revision at which @key was changed last; 0 if it does not exist. */
int64_t ipam_rev(struct manx_store *store, const char *key);

/* One workload address of @family, with a fresh uid. */
int ipam_try(struct manx_store *store, const char *node, const char *handle, int family,
	     struct manx_ipam_result *res, struct manx_error *err);
/* Its text, until the next call; the test fails unless there is one. */
const char *ipam_assign(struct manx_store *store, const char *node, const char *handle,
			int family);
void ipam_release(struct manx_store *store, const char *handle);

/*
 * What must hold between the records: handles and addresses tell the same; an
 * address lies in exactly one block; it is borrowed if and only if the block is
 * another node's; a block lies in its pool and in its owner's index. Blocks of
 * one pool do not overlap. The test fails if it does not.
 */
void ipam_assert_sound(struct manx_store *store);

#endif /* IPAM_FIXTURE_H */
