// SPDX-License-Identifier: GPL-2.0-only
#include "scalar.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "model.h"
#include "selector.h"
#include "suggest.h"

static int result(const struct manx_at *at, cJSON *value, cJSON **out)
{
	*out = value;
	return value ? 0 : manx_at_no_memory(at);
}

int manx_scalar_text(const struct manx_at *at, const struct manx_field *f, const char *text,
		     cJSON **out)
{
	(void)f;
	return result(at, cJSON_CreateString(text), out);
}

int manx_scalar_bool(const struct manx_at *at, const struct manx_field *f, const char *text,
		     cJSON **out)
{
	(void)f;
	if (strcmp(text, "true") && strcmp(text, "false"))
		return manx_at_fail(at, "\"%.80s\": allowed are true and false", text);
	return result(at, cJSON_CreateBool(*text == 't'), out);
}

bool manx_parse_decimal(const char *text, uint64_t max, uint64_t *value)
{
	uint64_t v = 0;

	if (!*text || (text[0] == '0' && text[1]))
		return false;
	for (; *text; text++) {
		if (*text < '0' || *text > '9' || v > max / 10)
			return false;
		v = v * 10 + (uint64_t)(*text - '0');
	}
	if (v > max)
		return false;
	*value = v;
	return true;
}

static bool parse_integer(const char *text, int64_t min, int64_t max, int64_t *value)
{
	bool negative = *text == '-' && min < 0;
	uint64_t magnitude;

	if (!manx_parse_decimal(text + negative, (uint64_t)(negative ? -min : max), &magnitude))
		return false;
	*value = negative ? -(int64_t)magnitude : (int64_t)magnitude;
	return *value >= min;
}

int manx_scalar_int(const struct manx_at *at, const struct manx_field *f, const char *text,
		    cJSON **out)
{
	int64_t value;

	if (!parse_integer(text, f->min, f->max, &value))
		return manx_at_fail(at, "\"%.80s\": allowed are whole numbers from %" PRId64 " to %" PRId64,
				    text, f->min, f->max);
	return result(at, cJSON_CreateNumber((double)value), out);
}

int manx_scalar_number(const struct manx_at *at, const struct manx_field *f, const char *text,
		       cJSON **out)
{
	double value;
	char *end;

	(void)f;
	/* strtod() takes hexadecimal, "inf", "nan" and leading blanks, too */
	value = strtod(text, &end);
	if (!*text || strspn(text, "0123456789+-.eE") != strlen(text) || *end || !isfinite(value))
		return manx_at_fail(at, "\"%.80s\": allowed are numbers", text);
	return result(at, cJSON_CreateNumber(value), out);
}

static int read_word(const struct manx_at *at, const struct manx_field *f, const char *text,
		     int (*compare)(const char *, const char *), cJSON **out)
{
	struct manx_suggest near = manx_suggest_begin(text);
	char allowed[160] = "";

	for (const char *const *w = f->words; *w; w++) {
		size_t n = strlen(allowed);

		if (!compare(text, *w))
			return result(at, cJSON_CreateString(*w), out);
		manx_suggest_offer(&near, *w);
		snprintf(allowed + n, sizeof(allowed) - n, "%s%s", n ? ", " : "", *w);
	}
	if (near.best)
		return manx_at_fail(at, "\"%.80s\": allowed are %s: did you mean \"%s\"?", text,
				    allowed, near.best);
	return manx_at_fail(at, "\"%.80s\": allowed are %s", text, allowed);
}

int manx_scalar_word(const struct manx_at *at, const struct manx_field *f, const char *text,
		     cJSON **out)
{
	return read_word(at, f, text, strcmp, out);
}

int manx_scalar_word_any_case(const struct manx_at *at, const struct manx_field *f,
			      const char *text, cJSON **out)
{
	return read_word(at, f, text, strcasecmp, out);
}

/* Behind a number at @text with its unit; NULL if there is none. */
static const char *skip_time(const char *text)
{
	static const char *const units[] = { "ms", "s", "m", "h" };
	size_t n = strspn(text, "0123456789"), fraction;

	if (!n)
		return NULL;
	text += n;
	if (*text == '.') {
		fraction = strspn(text + 1, "0123456789");
		if (!fraction)
			return NULL;
		text += 1 + fraction;
	}
	for (size_t i = 0; i < 4; i++)
		if (!strncmp(text, units[i], strlen(units[i])))
			return text + strlen(units[i]);
	return NULL;
}

int manx_scalar_duration(const struct manx_at *at, const struct manx_field *f, const char *text,
			 cJSON **out)
{
	const char *rest = text;

	(void)f;
	do {
		rest = skip_time(rest);
	} while (rest && *rest);
	if (!rest)
		return manx_at_fail(at, "\"%.80s\": a time is expected, like 90s, 1m30s or 50ms", text);
	return result(at, cJSON_CreateString(text), out);
}

#define NAME_CHARS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-"

/* At least @min, at most @max of NAME_CHARS and @more. */
static int read_chars(const struct manx_at *at, const char *text, const char *more, size_t min,
		      size_t max, cJSON **out)
{
	char chars[80];
	size_t n = strlen(text);

	snprintf(chars, sizeof(chars), "%s%s", NAME_CHARS, more);
	if (n < min || n > max || text[strspn(text, chars)])
		return manx_at_fail(at, "\"%.80s\": allowed are %zu to %zu of A-Z a-z 0-9 _ . -%s%s", text, min,
				    max, *more ? " " : "", more);
	return result(at, cJSON_CreateString(text), out);
}

int manx_scalar_label_key(const struct manx_at *at, const struct manx_field *f, const char *text,
			  cJSON **out)
{
	(void)f;
	return read_chars(at, text, "/", 1, 512, out);
}

int manx_scalar_label_value(const struct manx_at *at, const struct manx_field *f,
			    const char *text, cJSON **out)
{
	(void)f;
	return read_chars(at, text, "", 0, 63, out);
}

int manx_scalar_interface(const struct manx_at *at, const struct manx_field *f, const char *text,
			  cJSON **out)
{
	(void)f;
	return read_chars(at, text, "", 1, 15, out);
}

int manx_scalar_interface_pattern(const struct manx_at *at, const struct manx_field *f,
				  const char *text, cJSON **out)
{
	(void)f;
	return read_chars(at, text, "*", 1, 15, out);
}

int manx_scalar_port_name(const struct manx_at *at, const struct manx_field *f, const char *text,
			  cJSON **out)
{
	(void)f;
	return read_chars(at, text, "", 1, 128, out);
}

int manx_scalar_name(const struct manx_at *at, const struct manx_field *f, const char *text,
		     cJSON **out)
{
	(void)f;
	if (!manx_name_is_valid(text))
		return manx_at_fail(at, "\"%.80s\": allowed are at most 253 lower-case letters, digits, '-' and '.', with a letter or digit at each end and around each '.'",
				    text);
	return result(at, cJSON_CreateString(text), out);
}

/* *@sel is set on success, for the caller to free. */
static int parse_selector(const struct manx_at *at, const char *text, struct manx_selector **sel)
{
	struct manx_error err = { 0 };
	int rc = manx_selector_parse(text, sel, &err);

	if (rc == -ENOMEM)
		return manx_at_no_memory(at);
	return rc ? manx_at_fail(at, "\"%.80s\": %s", text, err.text) : 0;
}

int manx_scalar_selector(const struct manx_at *at, const struct manx_field *f,
			 const char *text, cJSON **out)
{
	struct manx_selector *sel;
	int rc = parse_selector(at, text, &sel);

	(void)f;
	if (rc)
		return rc;
	manx_selector_free(sel);
	/* as Calico does, without a look whether it stands in a string */
	if (strstr(text, "global("))
		return manx_at_fail(at, "\"%.80s\": global() is allowed only in a rule's namespaceSelector",
				    text);
	return result(at, cJSON_CreateString(text), out);
}

int manx_scalar_namespace_selector(const struct manx_at *at, const struct manx_field *f,
				   const char *text, cJSON **out)
{
	struct manx_selector *sel;
	int rc = parse_selector(at, text, &sel);
	bool alone;

	(void)f;
	if (rc)
		return rc;
	alone = !strcmp(manx_selector_canonical(sel), "global()");
	manx_selector_free(sel);
	if (strstr(text, "global(") && !alone)
		return manx_at_fail(at, "\"%.80s\": global() is allowed only alone", text);
	return result(at, cJSON_CreateString(alone ? "global()" : text), out);
}
