// SPDX-License-Identifier: GPL-2.0-only
/*
 * The container's end of the pair: one address a family, a next hop that
 * exists on no link but this one, and everything by way of it.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cni_result.h"
#include "netns.h"
#include "plugin.h"
#include "procsys.h"

/* The module gives it to every node's end. */
static const uint8_t gateway_mac[6] = { 0xee, 0xee, 0xee, 0xee, 0xee, 0xee };

/*
 * Routes of a further interface, whose container has its default route already,
 * come behind those of the first.
 */
#define FURTHER_METRIC 1024

struct sysctls {
	const char *ifname;
	bool ipv6, ip_forward;
};

/*
 * In a child inside the container's namespace. "all" reaches the links that
 * exist too. No other host is on the link, so no address can be a duplicate.
 */
static int set_sysctls(void *ctx, int *fd, struct manx_error *err)
{
	const struct sysctls *s = ctx;
	int rc = manx_procsys_write("ipv4/ip_forward", NULL, s->ip_forward ? "1" : "0", err);

	(void)fd;
	if (!rc && s->ipv6)
		rc = manx_procsys_write("ipv6/conf/all/disable_ipv6", NULL, "0", err);
	if (!rc && s->ipv6)
		rc = manx_procsys_write("ipv6/conf/%s/accept_dad", s->ifname, "0", err);
	return rc;
}

/* Which families have a default route already. */
struct defaults {
	bool v4, v6;
};

static int find_defaults(struct manx_rtnl *rt, struct defaults *d, struct manx_error *err)
{
	struct manx_route *r;
	size_t n;
	int rc = manx_routes(rt, 0, &r, &n, err);

	if (rc)
		return rc;
	for (size_t i = 0; i < n; i++) {
		d->v4 |= r[i].dst.len == 0 && r[i].dst.addr.family == 4;
		d->v6 |= r[i].dst.len == 0 && r[i].dst.addr.family == 6;
	}
	free(r);
	return 0;
}

static int add_routes(struct manx_rtnl *rt, int index, const struct manx_addr *gateway,
		      uint32_t metric, struct manx_error *err)
{
	const struct manx_route to_gateway = {
		.dst = manx_addr_host(gateway), .index = index, .protocol = RTPROT_BOOT,
		.metric = metric,
	};
	const struct manx_route to_all = {
		.dst.addr.family = gateway->family, .via = *gateway, .index = index,
		.protocol = RTPROT_BOOT, .metric = metric,
	};
	int rc = manx_route_replace(rt, &to_gateway, err);

	return rc ? rc : manx_route_replace(rt, &to_all, err);
}

static int wire_address(struct manx_rtnl *rt, int index, const struct manx_addr *addr,
			bool further, struct manx_error *err)
{
	const struct manx_prefix host = manx_addr_host(addr);
	uint32_t metric = further ? FURTHER_METRIC + (uint32_t)index : 0;
	struct manx_addr gateway;
	int rc = manx_address_add(rt, index, &host, err);

	manx_addr_parse(addr->family == 4 ? MANX_CNI_GATEWAY4 : MANX_CNI_GATEWAY6, &gateway);
	if (!rc)
		rc = manx_neighbour_set(rt, index, &gateway, gateway_mac, err);
	return rc ? rc : add_routes(rt, index, &gateway, metric, err);
}

static int wire_link(struct manx_rtnl *rt, const char *ifname, const struct manx_plugin_link *link,
		     struct manx_error *err)
{
	struct defaults further = { 0 };
	struct manx_link peer;
	int rc = find_defaults(rt, &further, err);

	if (!rc)
		rc = manx_link_by_name(rt, ifname, &peer, err);
	if (!rc)
		rc = manx_link_up(rt, peer.index, err);
	for (size_t i = 0; !rc && i < link->n_addr; i++)
		rc = wire_address(rt, peer.index, &link->addr[i],
				  link->addr[i].family == 4 ? further.v4 : further.v6, err);
	return rc;
}

int manx_plugin_wire(const struct manx_plugin_netns *ns, const char *ifname,
		     const struct manx_plugin_link *link, bool ip_forward,
		     struct manx_error *err)
{
	struct sysctls sysctls = { .ifname = ifname, .ip_forward = ip_forward };
	int rc;

	for (size_t i = 0; i < link->n_addr; i++)
		sysctls.ipv6 |= link->addr[i].family == 6;
	rc = manx_netns_call(ns->fd, set_sysctls, &sysctls, NULL, err);
	if (!rc)
		rc = wire_link(ns->rt, ifname, link, err);
	if (!rc)
		return 0;
	manx_error_prefix(err, "interface \"%s\" of the container", ifname);
	return MANX_CNI_INTERNAL;
}
