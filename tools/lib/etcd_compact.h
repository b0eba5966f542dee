/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * etcd: compaction. Without it etcd keeps every change for ever, until its database is
 * full. Every manxd offers itself; the one that holds the lease compacts, to a revision
 * that is two rounds old, unless somebody else (etcd's own, kube-apiserver) has done so.
 */
#ifndef MANX_ETCD_COMPACT_H
#define MANX_ETCD_COMPACT_H

#include "store_internal.h"

/* Between two rounds, ms. */
#define MANX_COMPACT_MS (5 * 60 * 1000)

/**
 * struct manx_compactor - one who may compact; zero but @store and @node at first
 * @store: any; nothing is done for one that is not in etcd
 * @node: who we are
 * @lease: of the key that says that it is our turn; 0: it is not
 * @rev: revisions of the last two rounds, the older one first; 0: not known
 * @compacted: the last revision that we compacted to
 */
struct manx_compactor {
	struct manx_store *store;
	const char *node;
	int64_t lease;
	int64_t rev[2];
	int64_t compacted;
};

/* One round, to be called every MANX_COMPACT_MS. */
int manx_compact(struct manx_compactor *compactor, struct manx_error *err);
/* Let another one do it. */
void manx_compact_stop(struct manx_compactor *compactor);

#endif /* MANX_ETCD_COMPACT_H */
