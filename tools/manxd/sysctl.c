// SPDX-License-Identifier: GPL-2.0-only
#include "sysctl.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* @name is relative to /proc/sys/net/<family>; a %s in it is the link. */
struct setting {
	const char *family, *name, *value;
};

/* The kernel sends redirects if either the link or "all" wants it; see below. */
static const struct setting node[] = {
	{ "ipv4", "ip_forward", "1" },
	{ "ipv4", "conf/all/send_redirects", "0" },
	{ "ipv6", "conf/all/forwarding", "1" },
	{ NULL, NULL, NULL },
};

/*
 * Sources are checked by the module, so the reverse path filter can only do
 * harm; a redirect would tell a pod to send where it cannot; every primary has
 * the same link-local address on purpose, so there are no duplicates to detect.
 */
static const struct setting endpoint[] = {
	{ "ipv4", "conf/%s/forwarding", "1" },
	{ "ipv4", "conf/%s/rp_filter", "0" },
	{ "ipv4", "conf/%s/send_redirects", "0" },
	{ "ipv6", "conf/%s/accept_dad", "0" },
	{ "ipv6", "conf/%s/accept_ra", "0" },
	{ "ipv6", "conf/%s/forwarding", "1" },
	{ NULL, NULL, NULL },
};

static const struct setting tunnel[] = {
	{ "ipv4", "conf/%s/forwarding", "1" },
	{ "ipv4", "conf/%s/rp_filter", "0" },
	{ "ipv6", "conf/%s/accept_ra", "0" },
	{ "ipv6", "conf/%s/forwarding", "1" },
	{ NULL, NULL, NULL },
};

static int write_file(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t n;
	int rc;

	if (fd < 0)
		return -errno;
	n = write(fd, value, strlen(value));
	rc = n < 0 ? -errno : 0;
	close(fd);
	return rc;
}

static int set_one(const struct setting *s, const char *link, struct manx_error *err)
{
	char path[PATH_MAX];
	const char *hole = strstr(s->name, "%s");
	int rc;

	if (hole)
		snprintf(path, sizeof(path), "/proc/sys/net/%s/%.*s%s%s", s->family,
			 (int)(hole - s->name), s->name, link, hole + 2);
	else
		snprintf(path, sizeof(path), "/proc/sys/net/%s/%s", s->family, s->name);
	rc = write_file(path, s->value);
	/* a kernel that was started with ipv6.disable=1 */
	if (rc == -ENOENT && !strcmp(s->family, "ipv6"))
		return 0;
	return rc ? manx_fail_errno(err, rc, "cannot write \"%s\" to %s", s->value, path) : 0;
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
