// SPDX-License-Identifier: GPL-2.0-only
#include "log.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

/* The journal reads levels from "<3>"; a person gets a word where it matters. */
static const char *prefix(int level)
{
	static const char *const journal[] = {
		[LOG_ERR] = "<3>", [LOG_WARNING] = "<4>", [LOG_NOTICE] = "<5>", [LOG_INFO] = "<6>",
	};
	static const char *const terminal[] = {
		[LOG_ERR] = "manxd: error: ", [LOG_WARNING] = "manxd: warning: ",
		[LOG_NOTICE] = "manxd: ", [LOG_INFO] = "manxd: ",
	};

	return isatty(STDERR_FILENO) ? terminal[level] : journal[level];
}

void manxd_log(int level, const char *fmt, ...)
{
	char text[2048];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	for (char *c = text; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = '?';
	fprintf(stderr, "%s%s\n", prefix(level), text);
}
