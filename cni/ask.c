// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests to manxd, and what its answers mean.
 */
#include <errno.h>
#include <string.h>

#include "json.h"
#include "mac.h"
#include "plugin.h"

cJSON *manx_plugin_request(const struct manx_plugin *p, const char *op)
{
	cJSON *req = manx_agent_request(op);

	if (cJSON_AddStringToObject(req, "network", p->conf.name) &&
	    cJSON_AddStringToObject(req, "containerID", p->env.container_id) &&
	    cJSON_AddStringToObject(req, "ifname", p->env.ifname))
		return req;
	cJSON_Delete(req);
	return NULL;
}

static int read_text(const struct manx_json *at, const char *key, char *buf, size_t size,
		     struct manx_error *err)
{
	const char *text = "";
	int rc = manx_json_string(at, key, &text, err);

	if (rc)
		return rc;
	if (strlen(text) >= size)
		return manx_fail(err, -EINVAL, "%s: longer than %zu octets", key, size - 1);
	strcpy(buf, text);
	return 0;
}

static int read_address(const struct manx_json *at, void *ctx, struct manx_error *err)
{
	struct manx_plugin_link *link = ctx;
	const char *text = "";
	struct manx_prefix p;
	int rc = manx_json_text(at, &text, err);

	if (rc)
		return rc;
	if (!manx_prefix_parse(text, &p) || p.len != manx_addr_bits(&p.addr))
		return manx_fail(err, -EINVAL, "%s: \"%s\" is not the address of one host",
				 at->path, text);
	if (link->n_addr == sizeof(link->addr) / sizeof(link->addr[0]))
		return manx_fail(err, -EINVAL, "%s: too many addresses", at->path);
	link->addr[link->n_addr++] = p.addr;
	return 0;
}

static int read_mac(const struct manx_json *at, struct manx_plugin_link *link,
		    struct manx_error *err)
{
	const char *text = "";
	int rc = manx_json_string(at, "mac", &text, err);

	if (rc || !*text)
		return rc;
	link->has_mac = manx_mac_parse(text, link->mac);
	return link->has_mac ? 0 : manx_fail(err, -EINVAL, "mac: \"%s\" is no MAC address", text);
}

int manx_plugin_link_read(const cJSON *answer, struct manx_plugin_link *link,
			  struct manx_error *err)
{
	struct manx_json at = manx_json_top(answer);
	int rc;

	*link = (struct manx_plugin_link){ 0 };
	rc = manx_json_u32(&at, "endpointID", 2, UINT32_MAX, &link->endpoint, err);
	if (!rc)
		rc = read_text(&at, "linkName", link->name, sizeof(link->name), err);
	if (!rc)
		rc = read_text(&at, "altName", link->altname, sizeof(link->altname), err);
	if (!rc)
		rc = read_mac(&at, link, err);
	if (!rc)
		rc = manx_json_u32(&at, "mtu", 0, 65535, &link->mtu, err);
	if (!rc)
		rc = manx_json_each(&at, "addresses", read_address, link, err);
	if (!rc && (!link->endpoint || !*link->name || !link->n_addr))
		rc = manx_fail(err, -EINVAL, "endpointID, linkName or addresses are missing");
	if (!rc)
		return 0;
	manx_error_prefix(err, "manxd's answer");
	return MANX_CNI_INTERNAL;
}
