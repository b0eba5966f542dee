/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Netfilter hooks: where forwarded and local packets are judged.
 */
#ifndef _MANX_HOOKS_H
#define _MANX_HOOKS_H

struct manx_ns;

/**
 * manx_hooks_get() - a link of the namespace needs the hooks
 * @ns: namespace
 *
 * The first one registers them and turns defragmentation on, so that they see whole
 * datagrams, and connection tracking, unless flows go direct.
 *
 * Context: RTNL held.
 * Return: 0 or a negative errno.
 */
int manx_hooks_get(struct manx_ns *ns);

/**
 * manx_hooks_follow() - follow the configuration
 * @ns: namespace whose ruleset has changed
 *
 * Context: may sleep.
 */
void manx_hooks_follow(struct manx_ns *ns);

/**
 * manx_hooks_put() - a link that needed the hooks is being unregistered
 * @ns: namespace
 *
 * The core waits a grace period after that, before anything that the hooks read
 * is freed.
 *
 * Context: RTNL held.
 */
void manx_hooks_put(struct manx_ns *ns);

#endif /* _MANX_HOOKS_H */
