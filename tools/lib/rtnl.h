/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Links, addresses, routes and neighbours by rtnetlink, in any network
 * namespace that a descriptor names. Each call is one request with its answer.
 */
#ifndef MANX_RTNL_H
#define MANX_RTNL_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "addr.h"
#include "error.h"

struct manx_rtnl;

/*
 * A socket in the namespace of @netns (borrowed), or the current one if < 0.
 * The process itself never changes its namespace: a child opens the socket and
 * passes it back.
 */
int manx_rtnl_open(struct manx_rtnl **rt, int netns, struct manx_error *err);
void manx_rtnl_close(struct manx_rtnl *rt);
/* SO_NETNS_COOKIE of its namespace. */
int manx_rtnl_netns_cookie(const struct manx_rtnl *rt, uint64_t *cookie, struct manx_error *err);

/**
 * struct manx_link - a link as read
 * @index: 0 if unknown
 * @other: index of the other end of a pair, in its namespace; 0 if there is none
 * @kind: IFLA_INFO_KIND, "" if none
 * @up: set up, by whoever configures it
 * @running: up and usable: a pair's other end is up too
 * @mode, @role, @endpoint, @local: of kind manx, see linux/manx_link.h
 * @netnsid: namespace of the other end, -1 if none or the same
 */
struct manx_link {
	int index;
	int other;
	char name[IFNAMSIZ];
	char kind[16];
	bool up;
	bool running;
	uint32_t mtu;
	uint8_t mac[6];
	bool has_mac;
	uint32_t mode, role, endpoint;
	struct manx_addr local;
	int netnsid;
};

/* -ENODEV if there is none. */
int manx_link_by_name(struct manx_rtnl *rt, const char *name, struct manx_link *l,
		      struct manx_error *err);
int manx_link_by_index(struct manx_rtnl *rt, int index, struct manx_link *l,
		       struct manx_error *err);
/* All links; *l is malloc'ed. */
int manx_links(struct manx_rtnl *rt, struct manx_link **l, size_t *n, struct manx_error *err);

/**
 * struct manx_pair - a pair to be made
 * @name: primary, in the namespace of the socket
 * @altname: alternative name of the primary, NULL for none; left out if taken
 * @peer_name: in @peer_netns; NULL: the kernel chooses
 * @peer_netns: descriptor; < 0: the namespace of the socket
 * @peer_mac: NULL: the kernel chooses
 * @mtu: of both ends, 0: the kernel's default
 * @endpoint: id, 0 for none
 */
struct manx_pair {
	const char *name;
	const char *altname;
	const char *peer_name;
	int peer_netns;
	const uint8_t *peer_mac;
	uint32_t mtu;
	uint32_t endpoint;
};

/*
 * Makes both ends, down; a failure leaves nothing. -EEXIST; -EOPNOTSUPP with
 * the remedy: module not loaded.
 */
int manx_link_add_pair(struct manx_rtnl *rt, const struct manx_pair *p, struct manx_error *err);
/* @local is IPv4. @ttl 0: the namespace's default, @mtu 0: the kernel's. */
int manx_link_add_tunnel(struct manx_rtnl *rt, const char *name, const struct manx_addr *local,
			 uint32_t ttl, uint32_t mtu, struct manx_error *err);
int manx_link_del(struct manx_rtnl *rt, int index, struct manx_error *err);
int manx_link_up(struct manx_rtnl *rt, int index, struct manx_error *err);
int manx_link_set_mtu(struct manx_rtnl *rt, int index, uint32_t mtu, struct manx_error *err);

/* Already there is success. @a keeps its prefix length; IPv6 without DAD. */
int manx_address_add(struct manx_rtnl *rt, int index, const struct manx_prefix *a,
		     struct manx_error *err);
/* Absent is success, also when the link is. */
int manx_address_del(struct manx_rtnl *rt, int index, const struct manx_prefix *a,
		     struct manx_error *err);

/**
 * struct manx_address - an address of a link
 */
struct manx_address {
	int index;
	struct manx_prefix addr;
};
int manx_addresses(struct manx_rtnl *rt, struct manx_address **a, size_t *n,
		   struct manx_error *err);

/**
 * struct manx_route - a unicast or blackhole route of the main table
 * @via: family 0 for none; an IPv6 route may have an IPv4-mapped one (tunnel)
 * @index: device; 0 for blackhole
 * @protocol: RTPROT_*, 80 is manxd's own, 3 (boot) of endpoints
 * @metric: 0: the kernel's default, in both directions
 * @src: preferred source, family 0 for none
 */
struct manx_route {
	struct manx_prefix dst;
	struct manx_addr via;
	struct manx_addr src;
	int index;
	bool onlink;
	bool blackhole;
	uint8_t protocol;
	uint32_t metric;
};

/*
 * Creates the route to r->dst with r->metric, or replaces it if it has the same
 * protocol. -EEXIST, with the remedy, if another's is there. IPv4 without @via has
 * the scope of its link.
 */
int manx_route_replace(struct manx_rtnl *rt, const struct manx_route *r, struct manx_error *err);
/* The same when the caller has just seen that the route there is his own. */
int manx_route_change(struct manx_rtnl *rt, const struct manx_route *r, struct manx_error *err);
/* Absent is success. */
int manx_route_del(struct manx_rtnl *rt, const struct manx_route *r, struct manx_error *err);
/* Routes of the main table with @protocol (0: all), both families; malloc'ed. */
int manx_routes(struct manx_rtnl *rt, uint8_t protocol, struct manx_route **r, size_t *n,
		struct manx_error *err);

/**
 * struct manx_match - where the kernel would send a packet
 * @dst: of the route that matches
 * @is_local: to this machine itself
 * @protocol: of the route, RTPROT_*
 * @index: device, 0 if there are several
 */
struct manx_match {
	struct manx_prefix dst;
	bool is_local;
	uint8_t protocol;
	int index;
};
/* To @addr. An error also where there is no route, or one that drops. */
int manx_route_lookup(struct manx_rtnl *rt, const struct manx_addr *addr, struct manx_match *way,
		      struct manx_error *err);

/* A permanent neighbour, which garbage collection does not count. */
int manx_neighbour_set(struct manx_rtnl *rt, int index, const struct manx_addr *a,
		       const uint8_t mac[6], struct manx_error *err);

#endif /* MANX_RTNL_H */
