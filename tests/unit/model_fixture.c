// SPDX-License-Identifier: GPL-2.0-only
#include "model_fixture.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

char warnings[1024];

static void warn(void *ctx, const char *text)
{
	const char *words = strstr(text, ": has no effect in manx yet: ");
	size_t n = strlen(warnings);

	(void)ctx;
	assert_non_null(words);
	snprintf(warnings + n, sizeof(warnings) - n, "%.*s|", (int)(words - text), text);
}

struct manx_resources parse_ok(const char *text)
{
	struct manx_error err = { 0 };
	struct manx_resources rs;

	warnings[0] = '\0';
	if (manx_resources_parse(text, strlen(text), "f", &rs, warn, NULL, &err))
		fail_msg("%s\nin:\n%s", err.text, text);
	return rs;
}

void parse_fails(const char *text, const char *says)
{
	struct manx_error err = { 0 };
	struct manx_resources rs;

	if (!manx_resources_parse(text, strlen(text), "f", &rs, NULL, NULL, &err))
		fail_msg("accepted:\n%s", text);
	assert_int_equal(err.code, -EINVAL);
	assert_int_equal(rs.n, 0);
	if (!strstr(err.text, says))
		fail_msg("\"%s\"\ndoes not say\n\"%s\"", err.text, says);
}
