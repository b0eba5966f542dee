// SPDX-License-Identifier: GPL-2.0-only
#include "cni_log.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "conf.h"

/* The one of manx's own directories that @path lies below. */
static const char *own_directory(const char *path)
{
	const char *const dirs[] = { MANX_CNI_LOG_DIR, manx_run_dir(), manx_state_dir() };
	const char *best = MANX_CNI_LOG_DIR;
	size_t longest = 0;

	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++) {
		size_t n = strlen(dirs[i]);

		if (n > longest && strncmp(path, dirs[i], n) == 0 && path[n] == '/') {
			best = dirs[i];
			longest = n;
		}
	}
	return best;
}

/* @path has passed manx_cni_log_read(). A descriptor or a negative errno. */
static int open_beneath(const char *path)
{
	struct open_how how = {
		.flags = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY,
		.mode = 0600,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS,
	};
	const char *own = own_directory(path);
	int rc = manx_make_dir(own, NULL), dir, fd;
	struct stat st;

	if (rc)
		return rc;
	dir = open(own, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return -errno;
	fd = (int)syscall(SYS_openat2, dir, path + strlen(own) + 1, &how, sizeof(how));
	if (fd < 0)
		fd = -errno;
	close(dir);
	if (fd >= 0 && (fstat(fd, &st) || !S_ISREG(st.st_mode))) {
		close(fd);
		return -EINVAL;
	}
	return fd;
}

int manx_cni_log_open(struct manx_cni_log *log, const struct manx_cni_conf *conf,
		      struct manx_error *err)
{
	const char *path = "";
	int code = manx_cni_log_read(conf, &log->level, &path, err), fd;

	if (code || !*path)
		return code;
	fd = open_beneath(path);
	if (fd < 0)
		manx_cni_log(log, MANX_CNI_WARNING, "log_file_path %s: %s", path, strerror(-fd));
	else
		log->file = fd + 1;
	return 0;
}

void manx_cni_log_close(struct manx_cni_log *log)
{
	if (log->file)
		close(log->file - 1);
	log->file = 0;
}

void manx_cni_log(struct manx_cni_log *log, enum manx_cni_level level, const char *fmt, ...)
{
	static const char *const words[] = { "error", "warning", "info", "debug" };
	struct manx_error text;		/* escapes what came from outside */
	char raw[1024], stamp[32];
	time_t now = time(NULL);
	struct tm tm;
	va_list ap;

	if (level > MANX_CNI_WARNING && (!log->file || level > log->level))
		return;
	va_start(ap, fmt);
	vsnprintf(raw, sizeof(raw), fmt, ap);
	va_end(ap);
	manx_fail(&text, 0, "%s: %s", log->subject, raw);
	if (level <= MANX_CNI_WARNING)
		fprintf(stderr, "manx: %s: %s\n", words[level], text.text);
	if (!log->file || level > log->level)
		return;
	gmtime_r(&now, &tm);
	strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%SZ", &tm);
	dprintf(log->file - 1, "%s %s %s\n", stamp, words[level], text.text);
}
