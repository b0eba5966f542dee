/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Files of an embedded store: the database and what stands beside it.
 *
 *   <db>-lock     flock(2): the queue of the writers
 *   <db>-notify   one octet is written to it after each commit, for watchers
 *   <db>-reserve  disk space that only a transaction of deletions may use
 */
#ifndef MANX_STORE_FILE_H
#define MANX_STORE_FILE_H

#include "error.h"

/*
 * How long a writer stands in the queue, and a connection waits for another
 * program's lock: longer than any commit takes on a busy disk (15.8 s was
 * measured), shorter than the patience of container runtimes.
 */
#define MANX_STORE_WAIT_MS 30000

/**
 * struct manx_store_files - open files beside a database
 * @lock: see above
 * @notify: see above
 * @reserve: see above
 */
struct manx_store_files {
	int lock;
	int notify;
	int reserve;
};

/*
 * Make the directory of @path if it is absent (0700), refuse a file system
 * that cannot hold a shared database (-EMEDIUMTYPE) and a relative path
 * (-EINVAL), and open the files beside @path (0600).
 */
int manx_store_files_open(struct manx_store_files *files, const char *path,
			  struct manx_error *err);
void manx_store_files_close(struct manx_store_files *files);

/*
 * Make sure that a file @path exists, with mode 0600 if it is new, and on the
 * disk. The caller holds the lock: a descriptor of a database that is closed
 * while SQLite has it open in this process would drop SQLite's locks.
 */
int manx_store_file_create(const char *path, struct manx_error *err);

/*
 * Exclusive flock(2) on @fd. Waiters stand in the kernel's queue, and a holder
 * that dies lets go. 0, -ETIMEDOUT, or another negative errno. While it waits
 * it uses the signal SIGRTMIN + 5 of this thread, whose handler then belongs
 * to libmanx.
 */
int manx_flock(int fd, int timeout_ms);
void manx_funlock(int fd);

/* Tell watchers. A failure only delays them, see manx_watch_fd(). */
void manx_store_notify(const struct manx_store_files *files);

/* Have the reserve on the disk: 0, or a negative errno (-ENOSPC). */
int manx_store_reserve_fill(const struct manx_store_files *files);
/* Give its space back to the file system. */
void manx_store_reserve_drop(const struct manx_store_files *files);

#endif /* MANX_STORE_FILE_H */
