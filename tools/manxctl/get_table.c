// SPDX-License-Identifier: GPL-2.0-only
#include "get_table.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "table.h"

static const char *const encap_names[] = {
	[MANX_ENCAP_NEVER] = "Never",
	[MANX_ENCAP_ALWAYS] = "Always",
	[MANX_ENCAP_CROSS_SUBNET] = "CrossSubnet",
};

static const char *yes_no(bool yes)
{
	return yes ? "yes" : "no";
}

static int pool_row(struct manxctl_table *t, const struct manx_resource *r, bool wide)
{
	char cidr[MANX_ADDR_STRLEN];
	struct manx_ippool p;
	int rc = manx_ippool_decode(r, &p, NULL);

	if (rc)
		return rc;
	manxctl_table_cell(t, "%s", p.name);
	manxctl_table_cell(t, "%s", manx_prefix_format(&p.cidr, cidr));
	manxctl_table_cell(t, "%u", p.block_size);
	manxctl_table_cell(t, "%s", encap_names[p.ipip]);
	manxctl_table_cell(t, "%s", yes_no(p.nat_outgoing));
	manxctl_table_cell(t, "%s", p.node_selector);
	if (!wide)
		return 0;
	manxctl_table_cell(t, "%s", yes_no(p.disabled));
	manxctl_table_cell(t, "%s%s%s", p.uses & MANX_USE_WORKLOAD ? "Workload" : "",
			   p.uses == (MANX_USE_WORKLOAD | MANX_USE_TUNNEL) ? "," : "",
			   p.uses & MANX_USE_TUNNEL ? "Tunnel" : "");
	manxctl_table_cell(t, "%s", p.manual ? "Manual" : "Automatic");
	return 0;
}

static const char *prefix_or_empty(const struct manx_prefix *p, char *buf)
{
	return p->addr.family ? manx_prefix_format(p, buf) : "";
}

static int node_row(struct manxctl_table *t, const struct manx_resource *r, bool wide)
{
	char ip4[MANX_ADDR_STRLEN], ip6[MANX_ADDR_STRLEN], tunnel[MANX_ADDR_STRLEN];
	struct manx_node n;
	int rc = manx_node_decode(r, &n, NULL);

	if (rc)
		return rc;
	manxctl_table_cell(t, "%s", n.name);
	manxctl_table_cell(t, "%s%s%s", prefix_or_empty(&n.ip4, ip4),
			   n.ip4.addr.family && n.ip6.addr.family ? "," : "",
			   prefix_or_empty(&n.ip6, ip6));
	manxctl_table_cell(t, "%s", n.tunnel.family ? manx_addr_format(&n.tunnel, tunnel) : "");
	if (wide)
		manxctl_table_cell(t, "%d", cJSON_GetArraySize(n.labels.json));
	return 0;
}

static int wep_row(struct manxctl_table *t, const struct manx_resource *r, bool wide)
{
	char addresses[MANX_WEP_MAX_ADDRS * MANX_ADDR_STRLEN] = "", buf[MANX_ADDR_STRLEN];
	struct manx_wep w;
	int rc = manx_wep_decode(r, &w, NULL);

	if (rc)
		return rc;
	for (size_t i = 0; i < w.n_addr; i++) {
		strcat(addresses, i ? "," : "");
		strcat(addresses, manx_addr_format(&w.addr[i], buf));
	}
	manxctl_table_cell(t, "%s", w.ns);
	manxctl_table_cell(t, "%s", *w.pod ? w.pod : w.container_id);
	manxctl_table_cell(t, "%s", w.node);
	manxctl_table_cell(t, "%s", addresses);
	manxctl_table_cell(t, "%s", w.interface);
	if (!wide)
		return 0;
	manxctl_table_cell(t, "%" PRIu32, w.id);
	manxctl_table_cell(t, "%s", w.endpoint);
	manxctl_table_cell(t, "%s", w.container_id);
	manxctl_table_cell(t, "%s", w.name);
	return 0;
}

static int policy_row(struct manxctl_table *t, const struct manx_resource *r, bool wide)
{
	struct manx_policy p;
	int rc = manx_policy_decode(r, &p, NULL);

	if (rc)
		return rc;
	manxctl_table_cell(t, "%s", p.name);
	if (isinf(p.order))
		manxctl_table_cell(t, "last");
	else
		manxctl_table_cell(t, "%.15g", p.order);
	manxctl_table_cell(t, "%s", *p.selector ? p.selector : "all()");
	manxctl_table_cell(t, "%s%s%s", p.ingress_applies ? "Ingress" : "",
			   p.ingress_applies && p.egress_applies ? "," : "",
			   p.egress_applies ? "Egress" : "");
	if (wide) {
		manxctl_table_cell(t, "%zu", p.n_ingress);
		manxctl_table_cell(t, "%zu", p.n_egress);
	}
	manx_policy_clear(&p);
	return 0;
}

/* Headings, what -o wide adds to them, and what makes a row of a resource. */
static const struct {
	const char *head, *wide;
	int (*row)(struct manxctl_table *t, const struct manx_resource *r, bool wide);
} tables[MANX_KINDS] = {
	[MANX_KIND_IPPOOL] = {
		"NAME CIDR BLOCKSIZE IPIP NAT SELECTOR", "DISABLED USES ASSIGNMENT", pool_row,
	},
	[MANX_KIND_NODE] = {
		"NAME ADDRESS TUNNEL", "LABELS", node_row,
	},
	[MANX_KIND_WORKLOADENDPOINT] = {
		"NAMESPACE POD NODE ADDRESSES INTERFACE", "ID ENDPOINT CONTAINER NAME", wep_row,
	},
	[MANX_KIND_GLOBALNETWORKPOLICY] = {
		"NAME ORDER SELECTOR TYPES", "INGRESS EGRESS", policy_row,
	},
	[MANX_KIND_NETWORKPOLICY] = {
		"NAME ORDER SELECTOR TYPES", "INGRESS EGRESS", policy_row,
	},
};

int manxctl_get_table(const struct manx_kind *kind, const struct manx_resources *rs,
		      bool namespaces, bool wide)
{
	/* the table of endpoints has them always */
	bool column = namespaces && kind->id == MANX_KIND_NETWORKPOLICY;
	struct manxctl_table t = { 0 };
	int rc = 0, printed;

	if (column)
		manxctl_table_head(&t, "NAMESPACE");
	manxctl_table_head(&t, tables[kind->id].head);
	if (wide)
		manxctl_table_head(&t, tables[kind->id].wide);
	for (size_t i = 0; i < rs->n && !rc; i++) {
		if (column)
			manxctl_table_cell(&t, "%s", rs->r[i].ns);
		rc = tables[kind->id].row(&t, &rs->r[i], wide);
	}
	if (rc)
		t.failed = 1;
	printed = manxctl_table_print(&t, stdout);
	return rc ? rc : printed;
}
