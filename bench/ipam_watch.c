// SPDX-License-Identifier: GPL-2.0-only
/*
 * Watchers of etcd, as many as a cluster has nodes, and changes that they are told of.
 *
 *	ipam_watch watch N EVENTS OUT	N watchers, each with a connection of its own, until
 *					each was told of EVENTS changes; a line in OUT for
 *					each that is told: which change, how long it took
 *	ipam_watch change N MS		N changes, one every MS milliseconds
 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <string.h>
#include <sys/resource.h>

#include "ipam_bench.h"

#define PREFIX "i/watched/"

/**
 * struct watcher - one
 * @told: changes that it knows
 */
struct watcher {
	struct manx_store *store;
	struct manx_watch *watch;
	int told;
};

static void drain(struct watcher *w, FILE *out)
{
	struct manx_error err = { 0 };
	struct manx_kv kv;
	int ret;

	while ((ret = manx_watch_next(w->watch, &kv, &err)) == 1) {
		long long then = 0;

		sscanf(kv.value, "{\"t\":%lld}", &then);
		fprintf(out, "%s %" PRId64 "\n", kv.key + sizeof(PREFIX) - 1,
			now_us() - (int64_t)then);
		w->told++;
		manx_kv_clear(&kv);
	}
	if (ret)
		die(err.text);
}

static void open_all(struct watcher *w, struct pollfd *fd, int n)
{
	for (int i = 0; i < n; i++) {
		struct manx_error err = { 0 };
		struct manx_kvs kvs;

		w[i].store = open_store();
		if (manx_store_list(w[i].store, PREFIX, &kvs, &err) ||
		    manx_watch_open(w[i].store, "i/", "i0", kvs.rev, &w[i].watch, &err))
			die(err.text);
		manx_kvs_clear(&kvs);
		fd[i] = (struct pollfd){ .fd = manx_watch_fd(w[i].watch), .events = POLLIN };
	}
}

static void watch(int n, int events, FILE *out)
{
	struct watcher *w = calloc((size_t)n, sizeof(*w));
	struct pollfd *fd = calloc((size_t)n, sizeof(*fd));
	int left = n;

	if (!w || !fd)
		die("out of memory");
	open_all(w, fd, n);
	for (int i = 0; i < n; i++)
		drain(&w[i], out);
	await_start();
	while (left) {
		if (poll(fd, (nfds_t)n, 30000) <= 0)
			die("nothing was told for 30 s");
		for (int i = 0; i < n; i++) {
			if (!fd[i].revents)
				continue;
			drain(&w[i], out);
			if (w[i].told >= events) {
				fd[i].fd = -1;
				left--;
			}
		}
	}
	for (int i = 0; i < n; i++) {
		manx_watch_close(w[i].watch);
		manx_store_close(w[i].store);
	}
	free(fd);
	free(w);
}

static void change(int n, int ms)
{
	struct manx_store *store = open_store();

	await_start();
	for (int i = 0; i < n; i++) {
		const struct timespec pause = { ms / 1000, ms % 1000 * 1000000L };
		struct manx_txn *txn = manx_txn_new();
		struct manx_error err = { 0 };
		char key[64], value[64];

		snprintf(key, sizeof(key), PREFIX "%d", i);
		snprintf(value, sizeof(value), "{\"t\":%" PRId64 "}", now_us());
		manx_txn_put(txn, key, value);
		if (manx_store_commit(store, txn, NULL, &err))
			die(err.text);
		manx_txn_free(txn);
		nanosleep(&pause, NULL);
	}
	manx_store_close(store);
}

int main(int argc, char *argv[])
{
	struct rlimit files;
	FILE *out;

	getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
	if (argc == 5 && !strcmp(argv[1], "watch")) {
		out = fopen(argv[4], "w");
		if (!out)
			die("the file cannot be written");
		watch(atoi(argv[2]), atoi(argv[3]), out);
		fclose(out);
	} else if (argc == 4 && !strcmp(argv[1], "change")) {
		change(atoi(argv[2]), atoi(argv[3]));
	} else {
		die("see the head of ipam_watch.c");
	}
	return 0;
}
