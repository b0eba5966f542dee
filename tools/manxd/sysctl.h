/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Settings below /proc/sys/net of the current network namespace.
 */
#ifndef MANXD_SYSCTL_H
#define MANXD_SYSCTL_H

#include "error.h"

/* What routing between endpoints and other nodes needs: both families forward. */
int manxd_sysctl_node(struct manx_error *err);
/* What the node's end of an endpoint's pair needs, before it is up. */
int manxd_sysctl_endpoint(const char *link, struct manx_error *err);
/* What the tunnel needs. */
int manxd_sysctl_tunnel(const char *link, struct manx_error *err);

#endif /* MANXD_SYSCTL_H */
