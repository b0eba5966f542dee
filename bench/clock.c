// SPDX-License-Identifier: GPL-2.0-only
/*
 * clock FILE COMMAND...: runs a command and writes to FILE, as JSON, how long it took and
 * how much processor time that was, in nanoseconds. Status: the command's.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long long now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

int main(int argc, char **argv)
{
	struct rusage usage;
	long long begin;
	int status;
	FILE *file;
	pid_t pid;

	if (argc < 3)
		return 125;
	file = fopen(argv[1], "w");
	if (!file) {
		perror(argv[1]);
		return 125;
	}
	begin = now();
	pid = fork();
	if (pid == 0) {
		execvp(argv[2], argv + 2);
		perror(argv[2]);
		_exit(127);
	}
	if (pid < 0 || wait4(pid, &status, 0, &usage) < 0) {
		perror("clock");
		return 125;
	}
	fprintf(file, "{\"elapsed\":%lld,\"user\":%lld,\"system\":%lld}\n", now() - begin,
		usage.ru_utime.tv_sec * 1000000000LL + usage.ru_utime.tv_usec * 1000LL,
		usage.ru_stime.tv_sec * 1000000000LL + usage.ru_stime.tv_usec * 1000LL);
	fclose(file);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
