/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What manxd says about itself.
 */
#ifndef MANXD_STATUS_H
#define MANXD_STATUS_H

#include <cjson/cJSON.h>

#include "conn.h"
#include "manxd.h"

/* Answers the request "status" of agent.h. */
void manxd_status(struct manxd *d, struct manxd_conn *conn, const cJSON *msg);

#endif /* MANXD_STATUS_H */
