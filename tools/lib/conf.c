// SPDX-License-Identifier: GPL-2.0-only
#include "conf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "model.h"

static const char *setting(const char *variable, const char *otherwise)
{
	const char *v = getenv(variable);

	return v && *v ? v : otherwise;
}

const char *manx_state_dir(void)
{
	return setting("MANX_STATE_DIR", "/var/lib/manx");
}

const char *manx_run_dir(void)
{
	return setting("MANX_RUN_DIR", "/run/manx");
}

static int join(char *buf, size_t size, const char *dir, const char *name,
		struct manx_error *err)
{
	int n = snprintf(buf, size, "%s/%s", dir, name);

	if (n < 0 || (size_t)n >= size)
		return manx_fail(err, -ENAMETOOLONG, "path \"%s/%s\" is longer than %zu octets",
				 dir, name, size - 1);
	return 0;
}

int manx_conf_path(char *buf, size_t size, const char *name, struct manx_error *err)
{
	return join(buf, size, setting("MANX_CONF_DIR", "/etc/manx"), name, err);
}

int manx_state_path(char *buf, size_t size, const char *name, struct manx_error *err)
{
	return join(buf, size, manx_state_dir(), name, err);
}

int manx_agent_path(char *buf, size_t size, struct manx_error *err)
{
	return join(buf, size, manx_run_dir(), "agent.sock", err);
}

/* First line of <state>/nodename; -ENOENT if there is no such file. */
static int read_nodename(char *buf, size_t size, struct manx_error *err)
{
	char path[4096];
	ssize_t n;
	int fd, rc;

	rc = manx_state_path(path, sizeof(path), "nodename", err);
	if (rc)
		return rc;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? -ENOENT : manx_fail_errno(err, -errno, "%s", path);
	n = read(fd, buf, size - 1);
	rc = n < 0 ? manx_fail_errno(err, -errno, "%s", path) : 0;
	close(fd);
	if (rc)
		return rc;
	buf[n] = '\0';
	buf[strcspn(buf, "\r\n")] = '\0';
	return 0;
}

/* The name as given, and in *from which setting gave it. */
static int given_name(char *buf, size_t size, const char **from, struct manx_error *err)
{
	const char *variable = setting("MANX_NODENAME", NULL);
	int rc;

	if (variable) {
		*from = "MANX_NODENAME";
		snprintf(buf, size, "%s", variable);
		return 0;
	}
	*from = "nodename file";
	rc = read_nodename(buf, size, err);
	if (rc != -ENOENT)
		return rc;
	*from = "host name";
	if (gethostname(buf, size))
		return manx_fail_errno(err, -errno, "host name");
	buf[size - 1] = '\0';
	return 0;
}

int manx_node_name(char *buf, size_t size, struct manx_error *err)
{
	/* longer than a name may be, so that one cut to fit is refused */
	char name[512];
	const char *from;
	int rc = given_name(name, sizeof(name), &from, err);

	if (rc)
		return rc;
	for (char *s = name; *s; s++)
		if (*s >= 'A' && *s <= 'Z')
			*s += 'a' - 'A';
	if (!manx_name_is_valid(name))
		return manx_fail(err, -EINVAL, "%s: \"%s\" is no node name: allowed are at most 253 letters, digits, '-' and '.'; set MANX_NODENAME",
				 from, name);
	if (strlen(name) >= size)
		return manx_fail(err, -ENAMETOOLONG, "%s: \"%s\" is longer than %zu octets",
				 from, name, size - 1);
	strcpy(buf, name);
	return 0;
}

int manx_make_dir(const char *path, struct manx_error *err)
{
	struct stat st;

	if (mkdir(path, 0700) == 0)
		return 0;
	if (errno != EEXIST)
		return manx_fail_errno(err, -errno, "directory %s", path);
	if (stat(path, &st))
		return manx_fail_errno(err, -errno, "directory %s", path);
	if (!S_ISDIR(st.st_mode))
		return manx_fail(err, -ENOTDIR, "%s is no directory: move it away", path);
	return 0;
}
