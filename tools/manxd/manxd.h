/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the parts of manxd share: one node, its view of the store and of the
 * kernel, and what is to be done.
 *
 * Order of dependence: main, agent_server, attach, work; below them dataplane,
 * routes, tunnel, node, wire, each of which makes one thing in the kernel or in
 * the store equal what the two copies (state, links) say; below those the
 * copies themselves and the loop.
 */
#ifndef MANXD_H
#define MANXD_H

#include <stdbool.h>
#include <stdint.h>

#include "dp.h"
#include "error.h"
#include "links.h"
#include "loop.h"
#include "rtnl.h"
#include "state.h"
#include "store.h"

/* What must be done, in the order in which work.c does it. */
#define MANXD_WORK_LINKS	0x01u	/* read all links anew */
#define MANXD_WORK_BLOCKS	0x02u	/* give back blocks whose pool is gone */
#define MANXD_WORK_REAP		0x04u	/* endpoints without link, links without endpoint */
#define MANXD_WORK_TUNNEL	0x08u	/* tunnel device and its address */
#define MANXD_WORK_DATAPLANE	0x10u	/* sets, tables, chains, peers */
#define MANXD_WORK_ROUTES	0x20u
#define MANXD_WORK_QUARANTINE	0x40u	/* addresses that the kernel has another use for */
#define MANXD_WORK_ALL		0x7fu

/**
 * struct manxd_underlay - the link that carries this node's IPv4 address
 * @index: 0 if no link has the address
 * @mtu: of that link, or what Ethernet has
 */
struct manxd_underlay {
	int index;
	uint32_t mtu;
};

struct manxd_server;
struct manxd_quarantined;

/**
 * struct manxd_attachments - the ADDs that are not done, see attachment.h
 * @last_id: endpoint id that was given out last
 */
struct manxd_attachments {
	LIST_HEAD(, manxd_attachment) open;
	uint32_t last_id;
};

/**
 * struct manxd - the daemon
 * @node: its name
 * @boot_id: of this run of the kernel
 * @options: of the module, that the environment says
 * @ipam: what this node knows of addresses, fed by @state
 * @dp: NULL while the module does not take what it should
 * @underlay: as the last MANXD_WORK_TUNNEL found it
 * @tunnel: index of the tunnel, 0 if there is none
 * @quarantine, @n_quarantine: see quarantine.h; @quarantine_known: they were read
 * @ahead: addresses were given, so another block may be due
 * @todo, @failed: MANXD_WORK_*; what failed waits for a change or for its time
 * @generation: of the module's state after the last commit
 * @n_endpoints, @n_peers: what that state holds
 * @n_changes, @n_requests: made of it, and sent for it, since the start
 * @last_error: of what failed; code 0 if nothing did
 */
struct manxd {
	char node[254];
	char boot_id[37];
	struct manx_dp_config options;
	struct manxd_loop loop;
	struct manx_store *store;
	struct manx_ipam_cache *ipam;
	struct manx_dp *dp;
	struct manx_rtnl *rtnl;
	struct manxd_state state;
	struct manxd_links links;
	struct manxd_underlay underlay;
	int tunnel;
	struct manxd_quarantined *quarantine;
	size_t n_quarantine;
	bool quarantine_known;
	bool ahead;
	unsigned int todo, failed;
	uint32_t generation;
	size_t n_endpoints, n_peers;
	size_t n_changes, n_requests;
	struct manx_error last_error;
	struct manxd_attachments attachments;
	struct manxd_server *server;
};

/* This node's own record; NULL before there is one. */
static inline const struct manx_node *manxd_self(const struct manxd *d)
{
	const struct manxd_entry *entry = manxd_state_node(&d->state, d->node);

	return entry ? &entry->node : NULL;
}

#endif /* MANXD_H */
