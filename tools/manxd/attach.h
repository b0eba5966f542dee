/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Requests about attachments: ADD, done, DEL, CHECK, as agent.h describes them.
 * Each answers on its connection, now or when the module has loaded what the
 * answer promises.
 */
#ifndef MANXD_ATTACH_H
#define MANXD_ATTACH_H

#include <cjson/cJSON.h>

#include "conn.h"
#include "manxd.h"

void manxd_attach_add(struct manxd *d, struct manxd_conn *conn, const cJSON *msg);
void manxd_attach_done(struct manxd *d, struct manxd_conn *conn, const cJSON *msg);
void manxd_attach_del(struct manxd *d, struct manxd_conn *conn, const cJSON *msg);
void manxd_attach_check(struct manxd *d, struct manxd_conn *conn, const cJSON *msg);

/* Do together what the requests since the last time asked for. */
void manxd_attach_run(struct manxd *d);

/* Undo the ADD of @conn that is not done: link, endpoint, addresses, chain. */
void manxd_attach_undo(struct manxd *d, struct manxd_conn *conn);

/* @conn goes: the same; and what else it asked for is done, but not answered. */
void manxd_attach_close(struct manxd *d, struct manxd_conn *conn);

#endif /* MANXD_ATTACH_H */
