/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files about attachments share.
 */
#ifndef MANXD_ATTACH_INTERNAL_H
#define MANXD_ATTACH_INTERNAL_H

#include "attach.h"
#include "attachment.h"

#define MANXD_NOT_IN_SYNC "manxd is not in sync with the datastore; see manxctl status"

/* Answer with the failure @rc, in CNI's words. */
void manxd_attach_fail(struct manxd_conn *conn, int rc, const struct manx_error *err);
/* False, with an answer, while the copy of the store is not what the store has. */
bool manxd_attach_in_sync(const struct manxd *d, struct manxd_conn *conn);
/* The endpoint of @handle on this node, NULL if there is none. */
const struct manxd_entry *manxd_attach_entry(const struct manxd *d, const char *handle);
/* The node where @handle has an endpoint, NULL if nowhere. */
const char *manxd_attach_node(const struct manxd *d, const char *handle);
/* What ADD and CHECK answer; NULL without memory. */
cJSON *manxd_attach_describe(const struct manx_wep *wep, uint32_t mtu);

/* The ADD of @a, which is queued, will not be done. */
void manxd_add_forget(struct manxd_attachment *a);
/* Do what is queued, and answer it; without a copy of the store it is refused. */
void manxd_add_run(struct manxd *d);
void manxd_del_run(struct manxd *d);
/* Whether a DEL of @handle is queued. */
bool manxd_del_is_queued(const struct manxd *d, const char *handle);
/* @conn is gone: what it asked for is done, but not answered. */
void manxd_del_forget(struct manxd *d, const struct manxd_conn *conn);

#endif /* MANXD_ATTACH_INTERNAL_H */
