/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the programs of bench/ipam share. Each says "ready" and begins when it reads a
 * line, so that many begin at once. Times are microseconds of the monotonic clock.
 */
#ifndef IPAM_BENCH_H
#define IPAM_BENCH_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "store.h"

static inline int64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000LL + t.tv_nsec / 1000;
}

static inline _Noreturn void die(const char *text)
{
	fprintf(stderr, "%s\n", text);
	exit(1);
}

/* The store that the environment names. */
static inline struct manx_store *open_store(void)
{
	struct manx_store_conf conf;
	struct manx_error err = { 0 };
	struct manx_store *store;

	if (manx_store_conf_read(&conf, &err) || manx_store_open(&store, &conf, &err))
		die(err.text);
	manx_store_conf_clear(&conf);
	return store;
}

static inline void await_start(void)
{
	char line[16];

	puts("ready");
	fflush(stdout);
	if (!fgets(line, sizeof(line), stdin))
		die("nobody says when to start");
}

#endif /* IPAM_BENCH_H */
