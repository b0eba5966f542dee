// SPDX-License-Identifier: GPL-2.0-only
/* manxctl ipam show: how full pools and blocks are, who has an address. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "ipam_cmd.h"
#include "schema.h"
#include "table.h"

static int percent(double part, double all)
{
	return all > 0 ? (int)(100 * part / all) : 0;
}

static void add_row(void *ctx, const struct manx_ipam_usage *u)
{
	struct manxctl_table *t = ctx;
	char cidr[MANX_ADDR_STRLEN];
	/* who asks for a reserved address gets it: it is counted where it is used */
	double left = u->total - (double)u->used - u->reserved;

	left = left < 0 ? 0 : left;
	manxctl_table_cell(t, "%s", u->owner ? "Block" : "IP Pool");
	manxctl_table_cell(t, "%s", manx_prefix_format(&u->cidr, cidr));
	manxctl_table_cell(t, "%.*g", u->total < 1e15 ? 15 : 5, u->total);
	manxctl_table_cell(t, "%llu (%d%%)", (unsigned long long)u->used,
			   percent((double)u->used, u->total));
	manxctl_table_cell(t, "%.*g", u->reserved < 1e15 ? 15 : 5, u->reserved);
	manxctl_table_cell(t, "%.*g (%d%%)", left < 1e15 ? 15 : 5, left, percent(left, u->total));
	manxctl_table_cell(t, "%s", u->owner ? u->owner : u->name);
}

static int show_usage(const struct manx_ipam_view *view, bool blocks)
{
	struct manxctl_table t = { 0 };

	manxctl_table_head(&t, blocks ? "GROUPING CIDR TOTAL IN-USE RESERVED FREE NAME/NODE"
				      : "GROUPING CIDR TOTAL IN-USE RESERVED FREE NAME");
	manx_ipam_view_usage(view, blocks, add_row, &t);
	return manxctl_table_print(&t, stdout) ? MANXCTL_FAILURE : MANXCTL_OK;
}

static void add_borrowed(void *ctx, const struct manx_ipam_use *use)
{
	struct manxctl_table *t = ctx;
	char text[MANX_ADDR_STRLEN];

	if (!use->owner || !strcmp(use->owner, use->node))
		return;
	manxctl_table_cell(t, "%s", manx_addr_format(&use->addr, text));
	manxctl_table_cell(t, "%s", use->node);
	manxctl_table_cell(t, "%s", use->owner);
	manxctl_table_cell(t, "%s", use->pool ? use->pool : "");
	manxctl_table_cell(t, "%s", *use->endpoint ? use->endpoint + 2 : use->handle);
}

static int show_borrowed(const struct manx_ipam_view *view)
{
	struct manxctl_table t = { 0 };

	manxctl_table_head(&t, "IP BORROWING-NODE BLOCK-OWNER POOL ALLOCATED-TO");
	manx_ipam_view_uses(view, add_borrowed, &t);
	return manxctl_table_print(&t, stdout) ? MANXCTL_FAILURE : MANXCTL_OK;
}

static int show_address(const struct manx_ipam_view *view, const struct manx_addr *addr)
{
	char text[MANX_ADDR_STRLEN];
	struct manx_ipam_use use;
	const char *reserved = manx_ipam_view_reserved(view, addr);
	bool used = manx_ipam_view_find(view, addr, &use);

	printf("IP %s is %sin use\n", manx_addr_format(addr, text), used ? "" : "not ");
	printf("Pool:      %s\n", use.pool ? use.pool : "none holds it");
	printf("Block of:  %s\n", !use.owner ? "none holds it" : *use.owner ? use.owner : "nobody");
	if (reserved)
		printf("Reserved:  %s\n", reserved);
	if (!used)
		return MANXCTL_OK;
	printf("Node:      %s\nHandle:    %s\n", use.node, use.handle);
	if (*use.note)
		printf("Not given: %s\n", use.note);
	if (*use.endpoint)
		printf("Endpoint:  %s\n", use.endpoint + 2);
	return MANXCTL_OK;
}

static int read_config(struct manx_store *store, struct manx_ipamconfig *config,
		       struct manx_error *err)
{
	const struct manx_kind *kind = manx_kind(MANX_KIND_IPAMCONFIGURATION);
	struct manx_resource r;
	struct manx_kv kv;
	char key[80];
	int rc;

	*config = (struct manx_ipamconfig){ 0 };
	snprintf(key, sizeof(key), "r/%s/default", kind->plural);
	rc = manx_store_get(store, key, &kv, err);
	if (rc)
		return rc == -ENOENT ? 0 : rc;
	rc = manx_resource_from_store(kind, key, kv.value, &r, err);
	manx_kv_clear(&kv);
	if (rc)
		return rc;
	rc = manx_ipamconfig_decode(&r, config, err);
	manx_resource_clear(&r);
	return rc;
}

static int show_configuration(struct manx_store *store)
{
	struct manxctl_table t = { 0 };
	struct manx_error err = { 0 };
	struct manx_ipamconfig c;

	if (read_config(store, &c, &err))
		return manxctl_fail(&err);
	manxctl_table_head(&t, "PROPERTY VALUE");
	manxctl_table_cell(&t, "StrictAffinity");
	manxctl_table_cell(&t, "%s", c.strict_affinity ? "true" : "false");
	manxctl_table_cell(&t, "AutoAllocateBlocks");
	manxctl_table_cell(&t, "%s", c.no_new_blocks ? "false" : "true");
	manxctl_table_cell(&t, "MaxBlocksPerHost");
	manxctl_table_cell(&t, "%u", c.max_blocks);
	manxctl_table_cell(&t, "IPCooldownSeconds");
	manxctl_table_cell(&t, "%u", c.cooldown);
	return manxctl_table_print(&t, stdout) ? MANXCTL_FAILURE : MANXCTL_OK;
}

int manxctl_ipam_show(const struct manxctl_args *args)
{
	struct manx_ipam_view *view;
	struct manx_store *store;
	struct manx_addr addr;
	int status;

	if (args->n_words > 1)
		return manxctl_usage("ipam", "\"%s\" is one word too many", args->words[1]);
	if (args->value[MANXCTL_IP] && !manx_addr_parse(args->value[MANXCTL_IP], &addr))
		return manxctl_ipam_bad_value(args, MANXCTL_IP, "is no address");
	status = manxctl_ipam_open(&store, &view);
	if (status)
		return status;
	if (args->value[MANXCTL_IP])
		status = show_address(view, &addr);
	else if (args->given & MANXCTL_HAS(SHOW_CONFIGURATION))
		status = show_configuration(store);
	else if (args->given & MANXCTL_HAS(SHOW_BORROWED))
		status = show_borrowed(view);
	else
		status = show_usage(view, args->given & MANXCTL_HAS(SHOW_BLOCKS));
	manx_ipam_view_free(view);
	manx_store_close(store);
	return status;
}
