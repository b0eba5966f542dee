// SPDX-License-Identifier: GPL-2.0-only
/*
 * CHECK: what the kernel has, held against what the chain's last result says
 * and what manxd keeps. What later plugins may add is not looked at.
 */
#include <errno.h>
#include <inttypes.h>
#include <linux/manx_link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cni_result.h"
#include "json.h"
#include "mac.h"
#include "plugin.h"

#define WAIT_MS 5000

/**
 * struct check - a CHECK in progress
 * @prev: what the last result says
 * @kept: what manxd says
 * @peer: the container's end, as found
 */
struct check {
	struct manx_plugin *p;
	struct manx_cni_previous prev;
	struct manx_plugin_netns ns;
	struct manx_plugin_link kept;
	struct manx_link peer;
};

static int read_previous(struct check *c, struct manx_error *err)
{
	return manx_cni_previous_read(&c->p->conf, c->p->env.netns, c->p->env.ifname, &c->prev,
				      err);
}

static int open_container(struct check *c, struct manx_error *err)
{
	return manx_plugin_netns_open(&c->ns, &c->p->env, err);
}

/* The namespace that the attachment was made for, not one that inherited its path. */
static int check_cookie(struct check *c, const cJSON *answer, struct manx_error *err)
{
	struct manx_json at = manx_json_top(answer);
	const char *kept = "";
	char now[24];

	manx_json_string(&at, "netnsCookie", &kept, NULL);
	snprintf(now, sizeof(now), "%" PRIu64, c->ns.cookie);
	if (strcmp(kept, now) == 0)
		return 0;
	manx_fail(err, -ESTALE,
		  "CNI_NETNS \"%.200s\" is not the namespace that the container was attached in",
		  c->p->env.netns);
	return MANX_CNI_INTERNAL;
}

static int ask_manxd(struct check *c, struct manx_error *err)
{
	cJSON *req = manx_plugin_request(c->p, "check"), *answer = NULL;
	int fd = req ? manx_agent_connect(WAIT_MS, err) : -1;
	int code = MANX_CNI_TRY_LATER;

	if (!req)
		manx_fail(err, -ENOMEM, "out of memory");
	if (fd >= 0 && !manx_agent_call(fd, req, WAIT_MS, &answer, &code, err))
		code = manx_plugin_link_read(answer, &c->kept, err);
	if (!code)
		code = check_cookie(c, answer, err);
	if (fd >= 0)
		close(fd);
	cJSON_Delete(answer);
	cJSON_Delete(req);
	return code;
}

static int differs(struct manx_error *err, const char *what, const char *is, const char *expected)
{
	manx_fail(err, -ESTALE, "%s is %s, expected %s", what, is, expected);
	return MANX_CNI_INTERNAL;
}

static int check_peer(struct check *c, struct manx_error *err)
{
	char is[MANX_MAC_STRLEN], expected[MANX_MAC_STRLEN];
	struct manx_link *l = &c->peer;

	if (manx_link_by_name(c->ns.rt, c->p->env.ifname, l, err)) {
		manx_error_prefix(err, "container");
		return MANX_CNI_INTERNAL;
	}
	if (strcmp(l->kind, MANX_LINK_KIND) != 0 || l->role != MANX_ROLE_PEER)
		return differs(err, "kind of the container's interface",
			       *l->kind ? l->kind : "none", "the peer of a manx pair");
	if (!l->up)
		return differs(err, "the container's interface", "down", "up");
	if (c->prev.has_mac && memcmp(l->mac, c->prev.mac, sizeof(l->mac)) != 0)
		return differs(err, "MAC address of the container's interface",
			       manx_mac_format(l->mac, is),
			       manx_mac_format(c->prev.mac, expected));
	return 0;
}

static int check_host(struct check *c, struct manx_error *err)
{
	struct manx_link link;
	struct manx_rtnl *rt;
	int rc;

	if (!manx_cni_previous_has_host(&c->p->conf, c->kept.name))
		return differs(err, "the node's interface in prevResult", "missing", c->kept.name);
	if (manx_rtnl_open(&rt, -1, err))
		return MANX_CNI_INTERNAL;
	rc = manx_link_by_name(rt, c->kept.name, &link, err);
	manx_rtnl_close(rt);
	if (rc) {
		manx_error_prefix(err, "node");
		return MANX_CNI_INTERNAL;
	}
	if (strcmp(link.kind, MANX_LINK_KIND) != 0 || link.role != MANX_ROLE_PRIMARY ||
	    link.endpoint != c->kept.endpoint || link.other != c->peer.index)
		return differs(err, "the node's interface", "another link's",
			       "that of the container");
	return link.up ? 0 : differs(err, "the node's interface", "down", "up");
}

static bool has_address(const struct manx_address *a, size_t n, int index,
			const struct manx_addr *addr)
{
	for (size_t i = 0; i < n; i++)
		if (a[i].index == index && manx_addr_cmp(&a[i].addr.addr, addr) == 0)
			return true;
	return false;
}

/* Those of the last result and those that manxd gave. */
static int check_addresses(struct check *c, struct manx_error *err)
{
	const struct {
		const struct manx_addr *addr;
		size_t n;
	} lists[] = { { c->prev.addr, c->prev.n_addr }, { c->kept.addr, c->kept.n_addr } };
	char text[MANX_ADDR_STRLEN];
	struct manx_address *a;
	int code = 0;
	size_t n;

	if (manx_addresses(c->ns.rt, &a, &n, err))
		return MANX_CNI_INTERNAL;
	for (size_t l = 0; l < 2; l++)
		for (size_t i = 0; !code && i < lists[l].n; i++)
			if (!has_address(a, n, c->peer.index, &lists[l].addr[i]))
				code = differs(err, "address of the container's interface", "missing",
					       manx_addr_format(&lists[l].addr[i], text));
	free(a);
	return code;
}

static bool has_gateway(const struct manx_route *r, size_t n, int index,
			const struct manx_addr *gateway)
{
	for (size_t i = 0; i < n; i++)
		if (r[i].index == index && r[i].dst.len == 0 &&
		    manx_addr_cmp(&r[i].via, gateway) == 0)
			return true;
	return false;
}

static int check_routes(struct check *c, struct manx_error *err)
{
	struct manx_route *r;
	int code = 0;
	size_t n;

	if (manx_routes(c->ns.rt, 0, &r, &n, err))
		return MANX_CNI_INTERNAL;
	for (size_t i = 0; !code && i < c->kept.n_addr; i++) {
		const char *text = c->kept.addr[i].family == 4 ? MANX_CNI_GATEWAY4 :
								 MANX_CNI_GATEWAY6;
		struct manx_addr gateway;

		manx_addr_parse(text, &gateway);
		if (!has_gateway(r, n, c->peer.index, &gateway))
			code = differs(err, "the container's default route", "missing", text);
	}
	free(r);
	return code;
}

int manx_plugin_check(struct manx_plugin *p, struct manx_error *err)
{
	static int (*const steps[])(struct check *, struct manx_error *) = {
		read_previous, open_container, ask_manxd, check_peer, check_host,
		check_addresses, check_routes,
	};
	struct check c = { .p = p, .ns.fd = -1 };
	int code = 0;

	for (size_t i = 0; !code && i < sizeof(steps) / sizeof(steps[0]); i++)
		code = steps[i](&c, err);
	manx_plugin_netns_close(&c.ns);
	return code;
}
