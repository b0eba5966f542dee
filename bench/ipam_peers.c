// SPDX-License-Identifier: GPL-2.0-only
/*
 * What address management is measured beside.
 *
 *	ipam_peers sync FILE SECONDS OUT	append 4 KiB and wait for the disk, again and again
 *	ipam_peers run NAME CONF N SECONDS OUT PROGRAM
 *		PROGRAM, a CNI plugin for addresses, with its configuration CONF, for
 *		container NAME-0, NAME-1, ...: N of them, or as many as in SECONDS
 *
 * A line in OUT for each: when, and how long it took.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <spawn.h>
#include <stdbool.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ipam_bench.h"

static void sync_file(const char *path, double seconds, FILE *out)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	static const char page[4096];
	int64_t end, before;

	await_start();
	end = now_us() + (int64_t)(seconds * 1e6);
	while ((before = now_us()) < end) {
		if (write(fd, page, sizeof(page)) != sizeof(page) || fdatasync(fd))
			die("the file cannot be written");
		fprintf(out, "%" PRId64 " %" PRId64 "\n", before, now_us() - before);
	}
	close(fd);
}

/* One call; its standard input is @conf, its output is thrown away. */
static void call(const char *program, const char *conf, const char *name, int i)
{
	char id[64], *const argv[] = { (char *)program, NULL };
	char *const env[] = { "CNI_COMMAND=ADD", id, "CNI_NETNS=/none", "CNI_IFNAME=eth0",
			      "CNI_PATH=/usr/lib/cni", NULL };
	posix_spawn_file_actions_t files;
	int status;
	pid_t pid;

	snprintf(id, sizeof(id), "CNI_CONTAINERID=%s-%d", name, i);
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_addopen(&files, 0, conf, O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0);
	if (posix_spawn(&pid, program, &files, NULL, argv, env))
		die("the plugin cannot be run");
	waitpid(pid, &status, 0);
	if (status)
		die("the plugin has failed");
	posix_spawn_file_actions_destroy(&files);
}

int main(int argc, char *argv[])
{
	FILE *out;
	int64_t end, before;
	int n;

	if (argc == 5 && !strcmp(argv[1], "sync") && (out = fopen(argv[4], "w"))) {
		sync_file(argv[2], atof(argv[3]), out);
		return fclose(out);
	}
	if (argc != 8 || strcmp(argv[1], "run") || !(out = fopen(argv[6], "w")))
		die("see the head of ipam_peers.c");
	n = atoi(argv[4]);
	await_start();
	end = now_us() + (int64_t)(atof(argv[5]) * 1e6);
	for (int i = 0; n ? i < n : now_us() < end; i++) {
		before = now_us();
		call(argv[7], argv[3], argv[2], i);
		fprintf(out, "%" PRId64 " %" PRId64 "\n", before, now_us() - before);
	}
	return fclose(out);
}
