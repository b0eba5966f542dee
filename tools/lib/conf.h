/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where things are. Every directory can be moved by one environment variable,
 * because several nodes may share a machine.
 */
#ifndef MANX_CONF_H
#define MANX_CONF_H

#include <stddef.h>

#include "error.h"

/* $MANX_STATE_DIR, default /var/lib/manx: survives a reboot */
const char *manx_state_dir(void);
/* $MANX_RUN_DIR, default /run/manx */
const char *manx_run_dir(void);

/*
 * Paths into @buf; -ENAMETOOLONG if they do not fit. Settings lie in
 * $MANX_CONF_DIR, default /etc/manx; the agent socket is <run>/agent.sock.
 */
int manx_conf_path(char *buf, size_t size, const char *name, struct manx_error *err);
int manx_state_path(char *buf, size_t size, const char *name, struct manx_error *err);
int manx_agent_path(char *buf, size_t size, struct manx_error *err);

/*
 * Name of this node: $MANX_NODENAME, else the file <state>/nodename, else the
 * host name; lower case, checked against the grammar of names (DNS subdomain,
 * at most 253). Only manxd asks; plugins and manxctl learn it from there.
 */
int manx_node_name(char *buf, size_t size, struct manx_error *err);

/* mkdir -p for one level below an existing parent, mode 0700; existing is fine. */
int manx_make_dir(const char *path, struct manx_error *err);

#endif /* MANX_CONF_H */
