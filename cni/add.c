// SPDX-License-Identifier: GPL-2.0-only
/*
 * ADD: manxd gives addresses and loads the endpoint's chain before the pair
 * exists, so the pair is never open without policy. The connection to manxd is
 * the ADD's lifetime: closed before "done", manxd undoes its part.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cni_result.h"
#include "dp.h"
#include "uid.h"
#include "json.h"
#include "plugin.h"

#define CONNECT_MS	10000
#define CALL_MS		30000	/* the store may be contended, a commit large */

/**
 * struct add - an ADD in progress
 * @agent: connection to manxd, -1 if there is none
 * @node: rtnetlink in the node's namespace
 * @link: what manxd gave
 * @made: index of the node's end once the pair exists
 */
struct add {
	struct manx_plugin *p;
	struct manx_cni_args args;
	struct manx_cni_options opt;
	struct manx_cni_ips ips;
	struct manx_plugin_netns ns;
	int agent;
	struct manx_rtnl *node;
	struct manx_plugin_link link;
	int made;
};

static int read_input(struct add *a, struct manx_error *err)
{
	int code = manx_cni_args_read(&a->p->env, &a->args, err);

	if (!code)
		code = manx_cni_options_read(&a->opt, &a->p->conf, err);
	if (!code)
		code = manx_cni_ips_read(&a->ips, &a->p->conf, &a->args, err);
	if (!code && (a->ips.addr4.family || a->ips.addr6.family)) {
		/* as Calico has it: then these, and no others */
		a->opt.ipv4 = a->ips.addr4.family;
		a->opt.ipv6 = a->ips.addr6.family;
	}
	return code;
}

static int open_container(struct add *a, struct manx_error *err)
{
	const char *ifname = a->p->env.ifname;
	struct manx_link link;
	int code = manx_plugin_netns_open(&a->ns, &a->p->env, err);
	int rc;

	if (code)
		return code;
	rc = manx_link_by_name(a->ns.rt, ifname, &link, err);
	if (rc == -ENODEV)
		return 0;
	if (rc)
		return MANX_CNI_INTERNAL;
	manx_fail(err, -EEXIST, "CNI_IFNAME \"%s\": the container has an interface of this name",
		  ifname);
	return MANX_CNI_BAD_ENV;
}

/* Asked before manxd is, so that the cause is named and not a consequence. */
static int find_module(struct add *a, struct manx_error *err)
{
	struct manx_dp *dp;

	if (manx_dp_open(&dp, err))
		return MANX_CNI_NOT_AVAILABLE;
	manx_dp_close(dp);
	return manx_rtnl_open(&a->node, -1, err) ? MANX_CNI_INTERNAL : 0;
}

/* A request and its answer; consumes @req. @ok may be NULL. */
static int call(struct add *a, cJSON *req, cJSON **ok, struct manx_error *err)
{
	int code = MANX_CNI_TRY_LATER;

	if (!req) {
		manx_fail(err, -ENOMEM, "out of memory");
		return code;
	}
	if (!manx_agent_call(a->agent, req, CALL_MS, ok, &code, err))
		code = 0;
	cJSON_Delete(req);
	return code;
}

/* A configuration that names the node is meant for that node. */
static int check_node(struct add *a, struct manx_error *err)
{
	const char *name = "";
	struct manx_json at;
	cJSON *status = NULL;
	int code;

	if (!a->opt.nodename)
		return 0;
	code = call(a, manx_agent_request("status"), &status, err);
	if (code)
		return code;
	at = manx_json_top(status);
	manx_json_string(&at, "node", &name, NULL);
	if (strcmp(name, a->opt.nodename) != 0) {
		manx_fail(err, -EINVAL, "%s: \"%.253s\", but this node is \"%s\" (manxd says)",
			  a->opt.nodename_key, a->opt.nodename, name);
		code = MANX_CNI_BAD_CONFIG;
	}
	cJSON_Delete(status);
	return code;
}

static int connect_manxd(struct add *a, struct manx_error *err)
{
	a->agent = manx_agent_connect(CONNECT_MS, err);
	return a->agent < 0 ? MANX_CNI_TRY_LATER : check_node(a, err);
}

/* @pools: NULL for none */
static bool add_pools(cJSON *req, const char *key, const cJSON *pools)
{
	cJSON *copy = pools ? cJSON_Duplicate(pools, true) : cJSON_CreateArray();

	if (cJSON_AddItemToObject(req, key, copy))
		return true;
	cJSON_Delete(copy);
	return false;
}

static bool add_pod(cJSON *req, const struct manx_cni_args *args)
{
	if (!args->k8s)
		return cJSON_AddStringToObject(req, "orchestrator", "cni");
	return cJSON_AddStringToObject(req, "orchestrator", "k8s") &&
	       cJSON_AddStringToObject(req, "namespace", args->ns) &&
	       cJSON_AddStringToObject(req, "pod", args->pod);
}

/* Takes the labels over. */
static bool add_labels(cJSON *req, struct manx_cni_options *opt)
{
	cJSON *labels = opt->labels;

	opt->labels = NULL;
	if (cJSON_AddItemToObject(req, "labels", labels))
		return true;
	cJSON_Delete(labels);
	return false;
}

static bool add_ips(cJSON *req, const struct manx_cni_ips *ips)
{
	const struct manx_addr *const each[] = { &ips->addr4, &ips->addr6 };
	cJSON *list = cJSON_AddArrayToObject(req, "addresses");
	char text[MANX_ADDR_STRLEN];

	for (size_t i = 0; list && i < 2; i++)
		if (each[i]->family &&
		    !cJSON_AddItemToArray(list, cJSON_CreateString(manx_addr_format(each[i], text))))
			return false;
	return list;
}

static cJSON *request(struct add *a, const char *uid)
{
	cJSON *req = manx_plugin_request(a->p, "add");
	char cookie[24];

	snprintf(cookie, sizeof(cookie), "%" PRIu64, a->ns.cookie);
	if (cJSON_AddStringToObject(req, "uid", uid) &&
	    cJSON_AddStringToObject(req, "netnsCookie", cookie) &&
	    cJSON_AddBoolToObject(req, "ipv4", a->opt.ipv4) &&
	    cJSON_AddBoolToObject(req, "ipv6", a->opt.ipv6) &&
	    cJSON_AddNumberToObject(req, "mtu", a->opt.mtu) &&
	    add_pools(req, "pools4", a->opt.pools4) && add_pools(req, "pools6", a->opt.pools6) &&
	    add_ips(req, &a->ips) && add_pod(req, &a->args) && add_labels(req, &a->opt))
		return req;
	cJSON_Delete(req);
	return NULL;
}

static int ask_manxd(struct add *a, struct manx_error *err)
{
	char uid[MANX_UID_LEN + 1];
	cJSON *answer = NULL;
	int code;

	if (manx_uid_new(uid, err))
		return MANX_CNI_INTERNAL;
	code = call(a, request(a, uid), &answer, err);
	if (!code)
		code = manx_plugin_link_read(answer, &a->link, err);
	cJSON_Delete(answer);
	return code;
}

static int make_pair(struct add *a, struct manx_error *err)
{
	const struct manx_pair pair = {
		.name = a->link.name,
		.altname = *a->link.altname ? a->link.altname : NULL,
		.peer_name = a->p->env.ifname,
		.peer_netns = a->ns.fd,
		.peer_mac = a->link.has_mac ? a->link.mac : NULL,
		.mtu = a->link.mtu,
		.endpoint = a->link.endpoint,
	};
	struct manx_link link;
	int rc = manx_link_add_pair(a->node, &pair, err);

	if (!rc)
		rc = manx_link_by_name(a->node, a->link.name, &link, err);
	if (rc)
		return MANX_CNI_INTERNAL;
	a->made = link.index;
	return 0;
}

static int wire(struct add *a, struct manx_error *err)
{
	return manx_plugin_wire(&a->ns, a->p->env.ifname, &a->link, a->opt.ip_forward, err);
}

/* From here on the endpoint lives; this node's routes to it are there. */
static int finish(struct add *a, struct manx_error *err)
{
	return call(a, manx_agent_request("done"), NULL, err);
}

static int print(struct add *a, struct manx_error *err)
{
	const struct manx_cni_env *env = &a->p->env;
	struct manx_link host, peer;
	const struct manx_cni_result result = {
		.host = a->link.name, .host_mac = host.mac,
		.ifname = env->ifname, .mac = peer.mac, .sandbox = env->netns,
		.addr = a->link.addr, .n_addr = a->link.n_addr,
	};

	if (manx_link_by_index(a->node, a->made, &host, err) ||
	    manx_link_by_name(a->ns.rt, env->ifname, &peer, err))
		return MANX_CNI_INTERNAL;
	return manx_plugin_print(manx_cni_result_json(&a->p->conf, &result), err);
}

static int run(struct add *a, struct manx_error *err)
{
	static int (*const steps[])(struct add *, struct manx_error *) = {
		read_input, open_container, find_module, connect_manxd, ask_manxd,
		make_pair, wire, finish, print,
	};

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		int code = manx_plugin_signal ? MANX_CNI_TRY_LATER : steps[i](a, err);

		if (code && manx_plugin_signal)
			manx_fail(err, -EINTR, "interrupted by signal %d", manx_plugin_signal);
		if (code)
			return code;
	}
	return 0;
}

int manx_plugin_add(struct manx_plugin *p, struct manx_error *err)
{
	struct add a = { .p = p, .ns.fd = -1, .agent = -1 };
	int code = run(&a, err);

	/*
	 * The link goes first, so that it never carries an endpoint without
	 * policy. The rest is manxd's to undo: the connection ends before "done",
	 * or, after it, an endpoint has no link any more.
	 */
	if (code && a.made)
		manx_link_del(a.node, a.made, NULL);
	if (a.agent >= 0)
		close(a.agent);
	manx_rtnl_close(a.node);
	manx_plugin_netns_close(&a.ns);
	manx_cni_options_clear(&a.opt);
	return code;
}
