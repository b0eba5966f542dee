/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The etcd engine of the datastore, for what only it can do.
 */
#ifndef MANX_STORE_ETCD_H
#define MANX_STORE_ETCD_H

#include "etcd_client.h"
#include "store_internal.h"

/* The client behind @store, which owns it; NULL: it is no store in etcd. */
struct manx_etcd *manx_store_etcd(struct manx_store *store);

#endif /* MANX_STORE_ETCD_H */
