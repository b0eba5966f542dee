// SPDX-License-Identifier: GPL-2.0-only
#include "store_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include "conf.h"

/* The C library has the member, but only newer ones have the name for it. */
#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif

/* A release is some ten pages of the log; this holds a hundred of them between two checkpoints. */
#define RESERVE_SIZE (4 << 20)

/* How often a waiter whose time is over is reminded, for a signal may come just before flock(). */
#define REMIND_NS 50000000

#define FILE_MODE 0600

/*
 * WAL keeps its index in memory that all openers map: on these file systems
 * other machines do not see it, or the locks around it are not the kernel's.
 */
static const struct {
	unsigned int magic;
	const char *name;
} shared_fs[] = {
	{ NFS_SUPER_MAGIC, "NFS" },	{ V9FS_MAGIC, "9p" },
	{ SMB_SUPER_MAGIC, "SMB" },	{ SMB2_SUPER_MAGIC, "SMB" },
	{ CIFS_SUPER_MAGIC, "CIFS" },	{ FUSE_SUPER_MAGIC, "FUSE" },
	{ CEPH_SUPER_MAGIC, "Ceph" },	{ AFS_SUPER_MAGIC, "AFS" },
	{ AFS_FS_MAGIC, "AFS" },	{ CODA_SUPER_MAGIC, "Coda" },
	{ OCFS2_SUPER_MAGIC, "OCFS2" },
};

static int check_fs(const char *dir, struct manx_error *err)
{
	struct statfs fs;

	if (statfs(dir, &fs))
		return manx_fail_errno(err, -errno, "directory %s", dir);
	for (size_t i = 0; i < sizeof(shared_fs) / sizeof(shared_fs[0]); i++)
		if ((unsigned int)fs.f_type == shared_fs[i].magic)
			return manx_fail(err, -EMEDIUMTYPE,
					 "%s is on %s, where SQLite cannot share a database: set MANX_SQLITE to a file on a local disk",
					 dir, shared_fs[i].name);
	return 0;
}

/* Directory of the absolute @path into @dir. */
static int dir_of(const char *path, char *dir, size_t size, struct manx_error *err)
{
	const char *slash = strrchr(path, '/');
	size_t n = slash ? (size_t)(slash - path) : 0;

	if (path[0] != '/' || !slash[1])
		return manx_fail(err, -EINVAL,
				 "database \"%s\": set MANX_SQLITE to the absolute path of a file",
				 path);
	if (n >= size)
		return manx_fail(err, -ENAMETOOLONG, "database %s: path too long", path);
	memcpy(dir, path, n);
	dir[n] = '\0';
	if (!n)
		strcpy(dir, "/");
	return 0;
}

static int fail_open(const char *path, struct manx_error *err)
{
	int code = -errno;

	if (code == -EACCES || code == -EPERM)
		return manx_fail(err, -EACCES, "%s: permission denied: run as root", path);
	if (code == -EROFS)
		return manx_fail(err, code,
				 "%s: read-only file system: set MANX_SQLITE to a file that can be written",
				 path);
	return manx_fail_errno(err, code, "%s", path);
}

/* Open or create @path. A umask may have taken bits from the mode: put them back. */
static int open_private(const char *path, int flags, struct manx_error *err)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | flags, FILE_MODE);
	struct stat st;
	int ret;

	if (fd < 0)
		return fail_open(path, err);
	if (fstat(fd, &st) == 0 &&
	    ((st.st_mode & ALLPERMS) == FILE_MODE || fchmod(fd, FILE_MODE) == 0))
		return fd;
	ret = fail_open(path, err);
	close(fd);
	return ret;
}

static int open_beside(const char *path, const char *suffix, struct manx_error *err)
{
	char beside[PATH_MAX];
	int n = snprintf(beside, sizeof(beside), "%s%s", path, suffix);

	if (n < 0 || (size_t)n >= sizeof(beside))
		return manx_fail(err, -ENAMETOOLONG, "database %s: path too long", path);
	return open_private(beside, 0, err);
}

int manx_store_files_open(struct manx_store_files *files, const char *path,
			  struct manx_error *err)
{
	static const char *const suffix[] = { "-lock", "-notify", "-reserve" };
	int *const fd[] = { &files->lock, &files->notify, &files->reserve };
	char dir[PATH_MAX];
	int ret = dir_of(path, dir, sizeof(dir), err);

	*files = (struct manx_store_files){ -1, -1, -1 };
	if (!ret)
		ret = manx_make_dir(dir, err);
	if (!ret)
		ret = check_fs(dir, err);
	for (size_t i = 0; i < 3 && ret >= 0; i++) {
		ret = open_beside(path, suffix[i], err);
		*fd[i] = ret;
	}
	if (ret >= 0)
		return 0;
	manx_store_files_close(files);
	return ret;
}

void manx_store_files_close(struct manx_store_files *files)
{
	int fd[] = { files->lock, files->notify, files->reserve };

	for (size_t i = 0; i < 3; i++)
		if (fd[i] >= 0)
			close(fd[i]);
	*files = (struct manx_store_files){ -1, -1, -1 };
}

static int sync_dir(const char *path, struct manx_error *err)
{
	char dir[PATH_MAX];
	int ret = dir_of(path, dir, sizeof(dir), err);
	int fd;

	if (ret)
		return ret;
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return fail_open(dir, err);
	if (fsync(fd))
		ret = manx_fail_errno(err, -errno, "directory %s", dir);
	close(fd);
	return ret;
}

int manx_store_file_create(const char *path, struct manx_error *err)
{
	int fd;

	if (access(path, F_OK) == 0)
		return 0;
	fd = open_private(path, O_EXCL, err);
	if (fd < 0)
		return fd;
	close(fd);
	return sync_dir(path, err);
}

static void ignore(int signal)
{
	(void)signal;
}

/* A timer that interrupts this thread's system call after @timeout_ms, and again and again. */
static int start_reminder(timer_t *timer, int timeout_ms)
{
	struct sigaction action = { .sa_handler = ignore };	/* no SA_RESTART */
	struct sigevent event = {
		.sigev_notify = SIGEV_THREAD_ID,
		.sigev_signo = SIGRTMIN + 5,
		.sigev_notify_thread_id = gettid(),
	};
	struct itimerspec when = {
		.it_value = { timeout_ms / 1000, timeout_ms % 1000 * 1000000L + 1 },
		.it_interval = { 0, REMIND_NS },
	};

	if (sigaction(event.sigev_signo, &action, NULL) ||
	    timer_create(CLOCK_MONOTONIC, &event, timer))
		return -errno;
	timer_settime(*timer, 0, &when, NULL);
	return 0;
}

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

static int flock_interruptible(int fd, int timeout_ms)
{
	int64_t end = now_ms() + timeout_ms;

	while (flock(fd, LOCK_EX)) {
		if (errno != EINTR)
			return -errno;
		if (now_ms() >= end)
			return -ETIMEDOUT;
	}
	return 0;
}

/*
 * flock() has no deadline of its own. Asking again and again with LOCK_NB would
 * have one, but no queue: a waiter would starve, as with SQLite's busy handler.
 */
int manx_flock(int fd, int timeout_ms)
{
	sigset_t ours, before;
	timer_t timer;
	int ret;

	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return 0;
	if (errno != EWOULDBLOCK)
		return -errno;
	ret = start_reminder(&timer, timeout_ms);
	if (ret)
		return ret;
	sigemptyset(&ours);
	sigaddset(&ours, SIGRTMIN + 5);
	pthread_sigmask(SIG_UNBLOCK, &ours, &before);
	ret = flock_interruptible(fd, timeout_ms);
	timer_delete(timer);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return ret;
}

void manx_funlock(int fd)
{
	flock(fd, LOCK_UN);
}

void manx_store_notify(const struct manx_store_files *files)
{
	ssize_t n = pwrite(files->notify, "\n", 1, 0);

	(void)n;
}

int manx_store_reserve_fill(const struct manx_store_files *files)
{
	struct stat st;
	int ret;

	if (fstat(files->reserve, &st))
		return -errno;
	if (st.st_size == RESERVE_SIZE)
		return 0;
	ret = -posix_fallocate(files->reserve, 0, RESERVE_SIZE);
	if (ret)
		manx_store_reserve_drop(files);
	return ret;
}

void manx_store_reserve_drop(const struct manx_store_files *files)
{
	int ret = ftruncate(files->reserve, 0);

	(void)ret;
}
