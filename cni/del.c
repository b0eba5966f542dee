// SPDX-License-Identifier: GPL-2.0-only
/*
 * DEL: manxd removes link, endpoint and addresses. While manxd is away the
 * plugin removes the link, found by its endpoint in the node's own namespace,
 * never by its name in a namespace that may be another one by now; manxd
 * releases the addresses of an endpoint without link when it is back.
 */
#include <errno.h>
#include <linux/manx_link.h>
#include <string.h>
#include <unistd.h>

#include "dp.h"
#include "plugin.h"

#define WAIT_MS 5000

static int ask_manxd(const struct manx_plugin *p, struct manx_error *err)
{
	cJSON *req = manx_plugin_request(p, "del");
	int fd = req ? manx_agent_connect(WAIT_MS, err) : -1;
	int code = MANX_CNI_TRY_LATER;

	if (!req)
		manx_fail(err, -ENOMEM, "out of memory");
	if (fd >= 0 && !manx_agent_call(fd, req, WAIT_MS, NULL, &code, err))
		code = 0;
	if (fd >= 0)
		close(fd);
	cJSON_Delete(req);
	return code;
}

/* An index may have become another link's since the endpoint was read. */
static int delete_link(const struct manx_dp_endpoint *ep, struct manx_error *err)
{
	struct manx_rtnl *rt;
	struct manx_link link;
	int rc = manx_rtnl_open(&rt, -1, err);

	if (rc)
		return rc;
	rc = manx_link_by_index(rt, (int)ep->ifindex, &link, err);
	if (!rc && strcmp(link.kind, MANX_LINK_KIND) == 0 && link.endpoint == ep->id)
		rc = manx_link_del(rt, link.index, err);
	manx_rtnl_close(rt);
	return rc == -ENODEV ? 0 : rc;
}

/* The kernel's name of an endpoint is its handle. */
static int delete_endpoint_link(struct manx_dp *dp, const char *handle, struct manx_error *err)
{
	struct manx_dp_endpoint *ep;
	size_t n;
	int rc = manx_dp_read_endpoints(dp, 0, &ep, &n, err);

	if (rc)
		return rc;
	for (size_t i = 0; !rc && i < n; i++)
		if (ep[i].ifindex && ep[i].name && strcmp(ep[i].name, handle) == 0)
			rc = delete_link(&ep[i], err);
	manx_dp_endpoints_free(ep, n);
	return rc;
}

static int delete_without_manxd(const struct manx_plugin *p, struct manx_error *err)
{
	struct manx_dp *dp;
	int rc = manx_dp_open(&dp, err);

	if (rc == -ENOENT)
		return 0;	/* without the module there is no link */
	if (rc)
		return MANX_CNI_TRY_LATER;
	rc = delete_endpoint_link(dp, p->handle, err);
	manx_dp_close(dp);
	return rc ? MANX_CNI_TRY_LATER : 0;
}

int manx_plugin_del(struct manx_plugin *p, struct manx_error *err)
{
	int code = ask_manxd(p, err);

	if (code != MANX_CNI_TRY_LATER || manx_plugin_signal)
		return code;
	/* the kernel cut the name, so it may be that of another interface too */
	if (strlen(p->handle) > MANX_NAME_MAX)
		return code;
	manx_cni_log(&p->log, MANX_CNI_WARNING, "deleting the link without manxd: %s", err->text);
	return delete_without_manxd(p, err);
}
