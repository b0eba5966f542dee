// SPDX-License-Identifier: GPL-2.0-only
/*
 * setns FILE: a command for bash (enable -f setns.so setns) that takes the shell itself, and what it
 * starts from then on, into the network namespace of FILE. The cases of the end-to-end tests are at
 * home in several namespaces and mostly wait for programs to start; nsenter(1) before each one
 * doubled that.
 */

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include "loadables.h"

int setns_builtin(WORD_LIST *words);

int setns_builtin(WORD_LIST *words)
{
	int status = EXECUTION_SUCCESS;
	int fd;

	if (!words || words->next) {
		builtin_usage();
		return EX_USAGE;
	}
	fd = open(words->word->word, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, CLONE_NEWNET)) {
		builtin_error("%s: %s", words->word->word, strerror(errno));
		status = EXECUTION_FAILURE;
	}
	if (fd >= 0)
		close(fd);
	return status;
}

char *setns_doc[] = {
	"Takes the shell into the network namespace of FILE.",
	NULL
};

struct builtin setns_struct = {
	.name = "setns",
	.function = setns_builtin,
	.flags = BUILTIN_ENABLED,
	.long_doc = setns_doc,
	.short_doc = "setns FILE",
};
