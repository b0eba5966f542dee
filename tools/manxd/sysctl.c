// SPDX-License-Identifier: GPL-2.0-only
#include "sysctl.h"

#include <errno.h>
#include <string.h>

#include "procsys.h"

/* See manx_procsys_write(). */
struct setting {
	const char *name, *value;
};

/* The kernel sends redirects if either the link or "all" wants it; see below. */
static const struct setting node[] = {
	{ "ipv4/ip_forward", "1" },
	{ "ipv4/conf/all/send_redirects", "0" },
	{ "ipv6/conf/all/forwarding", "1" },
	{ NULL, NULL },
};

/*
 * Sources are checked by the module, so the reverse path filter can only do
 * harm; a redirect would tell a pod to send where it cannot; every primary has
 * the same link-local address on purpose, so there are no duplicates to detect.
 */
static const struct setting endpoint[] = {
	{ "ipv4/conf/%s/forwarding", "1" },
	{ "ipv4/conf/%s/rp_filter", "0" },
	{ "ipv4/conf/%s/send_redirects", "0" },
	{ "ipv6/conf/%s/accept_dad", "0" },
	{ "ipv6/conf/%s/accept_ra", "0" },
	{ "ipv6/conf/%s/forwarding", "1" },
	{ NULL, NULL },
};

static const struct setting tunnel[] = {
	{ "ipv4/conf/%s/forwarding", "1" },
	{ "ipv4/conf/%s/rp_filter", "0" },
	{ "ipv6/conf/%s/accept_ra", "0" },
	{ "ipv6/conf/%s/forwarding", "1" },
	{ NULL, NULL },
};

static int set_one(const struct setting *s, const char *link, struct manx_error *err)
{
	int rc = manx_procsys_write(s->name, link, s->value, err);

	/* a kernel that was started with ipv6.disable=1 */
	return rc == -ENOENT && !strncmp(s->name, "ipv6/", 5) ? 0 : rc;
}

static int set_all(const struct setting *s, const char *link, struct manx_error *err)
{
	int rc = 0;

	for (; !rc && s->name; s++)
		rc = set_one(s, link, err);
	return rc;
}

int manxd_sysctl_node(struct manx_error *err)
{
	return set_all(node, NULL, err);
}

int manxd_sysctl_endpoint(const char *link, struct manx_error *err)
{
	return set_all(endpoint, link, err);
}

int manxd_sysctl_tunnel(const char *link, struct manx_error *err)
{
	return set_all(tunnel, link, err);
}
