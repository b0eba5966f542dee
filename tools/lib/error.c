// SPDX-License-Identifier: GPL-2.0-only
#include "error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Twice the size of manx_error.text: what does not fit there is cut by escape(). */
#define RAW_SIZE 2048

/*
 * Length of the well-formed UTF-8 sequence at @s that is no control character
 * (C0, DEL, C1); 0 if there is none. The NUL at the end stops every look ahead.
 */
static size_t printable_len(const unsigned char *s)
{
	if (s[0] < 0x80)
		return s[0] >= 0x20 && s[0] != 0x7f;
	if (s[0] < 0xc2 || s[0] > 0xf4 || (s[1] & 0xc0) != 0x80)
		return 0;
	if (s[0] < 0xe0)
		return s[0] == 0xc2 && s[1] < 0xa0 ? 0 : 2;
	if ((s[2] & 0xc0) != 0x80)
		return 0;
	if (s[0] < 0xf0)
		return (s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ? 0 : 3;
	if ((s[3] & 0xc0) != 0x80)
		return 0;
	return (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f) ? 0 : 4;
}

/*
 * Messages repeat input, and end up in terminals, logs and JSON: neither
 * control sequences nor broken UTF-8 may get there. A backslash stays as it
 * is, so escaping twice (manx_error_prefix) changes nothing.
 */
static void escape(char *to, size_t size, const char *from)
{
	const unsigned char *s = (const unsigned char *)from;
	size_t at = 0;

	while (*s) {
		size_t n = printable_len(s);
		size_t need = n ? n : 4;

		if (at + need >= size)
			break;
		if (n)
			memcpy(to + at, s, n);
		else
			snprintf(to + at, size - at, "\\x%02x", *s);
		at += need;
		s += n ? n : 1;
	}
	to[at] = '\0';
}

static void set(struct manx_error *err, int code, const char *fmt, va_list ap)
{
	char raw[RAW_SIZE];

	if (!err)
		return;
	if (vsnprintf(raw, sizeof(raw), fmt, ap) < 0)
		raw[0] = '\0';
	err->code = code;
	escape(err->text, sizeof(err->text), raw);
}

int manx_fail(struct manx_error *err, int code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	set(err, code, fmt, ap);
	va_end(ap);
	return code;
}

int manx_fail_errno(struct manx_error *err, int code, const char *fmt, ...)
{
	struct manx_error words;
	va_list ap;

	va_start(ap, fmt);
	set(&words, code, fmt, ap);
	va_end(ap);
	return manx_fail(err, code, "%s: %s", words.text, strerror(-code));
}

int manx_error_prefix(struct manx_error *err, const char *fmt, ...)
{
	struct manx_error words;
	va_list ap;

	if (!err)
		return -EINVAL;
	va_start(ap, fmt);
	set(&words, err->code, fmt, ap);
	va_end(ap);
	return manx_fail(err, err->code, "%s: %s", words.text, err->text);
}
