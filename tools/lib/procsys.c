// SPDX-License-Identifier: GPL-2.0-only
#include "procsys.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int write_file(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), rc = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, value, strlen(value)) < 0)
		rc = -errno;
	close(fd);
	return rc;
}

int manx_procsys_write(const char *name, const char *link, const char *value,
		       struct manx_error *err)
{
	const char *hole = strstr(name, "%s");
	char path[PATH_MAX];
	int rc;

	snprintf(path, sizeof(path), "/proc/sys/net/%.*s%s%s",
		 hole ? (int)(hole - name) : (int)strlen(name), name, hole ? link : "",
		 hole ? hole + 2 : "");
	rc = write_file(path, value);
	return rc ? manx_fail_errno(err, rc, "cannot write \"%s\" to %s", value, path) : 0;
}
