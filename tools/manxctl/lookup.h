/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Resources in the datastore, found by what an operator says of them.
 */
#ifndef MANXCTL_LOOKUP_H
#define MANXCTL_LOOKUP_H

#include "model.h"
#include "store.h"

/*
 * The resource @name, in @ns if its kind lies in namespaces, with its revision as
 * r->version. -ENOENT with words. If @kv is not NULL it is where that stands; the
 * caller's, only on success; a ClusterInformation stands nowhere.
 */
int manxctl_lookup(struct manx_store *store, const struct manx_kind *kind, const char *ns,
		   const char *name, struct manx_resource *r, struct manx_kv *kv,
		   struct manx_error *err);
/* All of a kind, in @ns if that is not NULL, added to @out. */
int manxctl_lookup_all(struct manx_store *store, const struct manx_kind *kind, const char *ns,
		       struct manx_resources *out, struct manx_error *err);

#endif /* MANXCTL_LOOKUP_H */
