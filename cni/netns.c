// SPDX-License-Identifier: GPL-2.0-only
/*
 * The container's namespace: opened and verified once, and used through that
 * descriptor only, because what the path names may change.
 */
#include "netns.h"

#include <errno.h>
#include <unistd.h>

#include "plugin.h"

static int refuse(const struct manx_cni_env *env, struct manx_error *err)
{
	manx_fail(err, -EINVAL, "CNI_NETNS \"%.200s\" is the plugin's own network namespace",
		  env->netns);
	return MANX_CNI_BAD_ENV;
}

int manx_plugin_netns_open(struct manx_plugin_netns *ns, const struct manx_cni_env *env,
			   struct manx_error *err)
{
	*ns = (struct manx_plugin_netns){ .fd = -1 };
	if (manx_netns_open(env->netns, &ns->fd, err)) {
		manx_error_prefix(err, "CNI_NETNS");
		return MANX_CNI_BAD_ENV;
	}
	if (!env->netns_override && manx_netns_is_own(ns->fd))
		return refuse(env, err);
	if (manx_rtnl_open(&ns->rt, ns->fd, err) ||
	    manx_rtnl_netns_cookie(ns->rt, &ns->cookie, err)) {
		manx_error_prefix(err, "CNI_NETNS");
		return MANX_CNI_INTERNAL;
	}
	return 0;
}

void manx_plugin_netns_close(struct manx_plugin_netns *ns)
{
	manx_rtnl_close(ns->rt);
	if (ns->fd >= 0)
		close(ns->fd);
}
