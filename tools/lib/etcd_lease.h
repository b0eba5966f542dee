/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * etcd: leases. What is put under one goes when it ends: when it is given back, or not
 * kept alive for its time to live. They serve the presence of a node and the choice of
 * who compacts; no address ever depends on one.
 */
#ifndef MANX_ETCD_LEASE_H
#define MANX_ETCD_LEASE_H

#include "etcd_client.h"

/* @seconds: its time to live. *lease: its id. */
int manx_etcd_lease_grant(struct manx_etcd *etcd, int seconds, int64_t *lease,
			  struct manx_error *err);
/* Its time begins anew. -ENOENT: it has ended. */
int manx_etcd_lease_keep(struct manx_etcd *etcd, int64_t lease, struct manx_error *err);
/* End it. One that has ended is none; an error only means that it ends by itself. */
int manx_etcd_lease_revoke(struct manx_etcd *etcd, int64_t lease, struct manx_error *err);

#endif /* MANX_ETCD_LEASE_H */
