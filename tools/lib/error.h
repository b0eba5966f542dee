/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Errors with words. A function that can fail for a reason that a person
 * must understand takes a struct manx_error and returns 0 or a negative errno.
 */
#ifndef MANX_ERROR_H
#define MANX_ERROR_H

/**
 * struct manx_error - what went wrong, in one sentence
 * @code: negative errno, 0 while nothing went wrong
 * @text: names the field, the value and the remedy; control characters that
 *	came from input are escaped; never ends in a newline
 */
struct manx_error {
	int code;
	char text[1024];
};

/*
 * Fill @err (which may be NULL) and return @code, so that callers can write
 * "return manx_fail(err, -EINVAL, ...)". Over-long text is cut.
 */
int manx_fail(struct manx_error *err, int code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* The same with ": <strerror(-code)>" appended. */
int manx_fail_errno(struct manx_error *err, int code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * Put words in front of what @err says, "<prefix>: <old text>", for a caller
 * that knows the wider circumstances. Returns @err->code. @err may be NULL,
 * then -EINVAL.
 */
int manx_error_prefix(struct manx_error *err, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#endif /* MANX_ERROR_H */
