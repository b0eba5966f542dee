// SPDX-License-Identifier: GPL-2.0-only
#include "progress.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define WIDTH		40
#define EVERY_MS	100

/* What is on the terminal. */
static struct {
	bool is_shown;
	int64_t at;
} bar;

static int64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

void manxctl_progress(size_t done, size_t total)
{
	static const char full[] = "########################################";
	size_t part = total ? done * WIDTH / total : 0;
	int64_t at = now();

	if (!total || !isatty(STDERR_FILENO) || (bar.is_shown && at - bar.at < EVERY_MS))
		return;
	bar.is_shown = true;
	bar.at = at;
	part = part < WIDTH ? part : WIDTH;
	fprintf(stderr, "\r[%-*.*s] %zu/%zu", WIDTH, (int)part, full, done, total);
	fflush(stderr);
}

void manxctl_progress_end(void)
{
	if (bar.is_shown)
		fputs("\r\033[K", stderr);
	bar.is_shown = false;
}
