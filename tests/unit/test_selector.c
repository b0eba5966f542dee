// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "selector.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* Labels for the tests as "key=value" words, NULL-terminated. */
static const char *label_of(const void *ctx, const char *key)
{
	const char *const *words = ctx;
	size_t n = strlen(key);

	for (; *words; words++)
		if (!strncmp(*words, key, n) && (*words)[n] == '=')
			return *words + n + 1;
	return NULL;
}

static const char *const pod[] = {
	"app=web", "tier=front-end", "empty=", "in=in", "has=x", "not=in", "a.b/c-d_e=1",
	"projectcalico.org/namespace=default", "quote=it's", NULL,
};

static void test_match(void **state)
{
	static const struct {
		const char *text;
		bool matches;
	} cases[] = {
		{ "", true }, { " \t ", true }, { "all()", true }, { "all( \t)", true },
		{ "global()", true }, { "!all()", false },
		{ "app == 'web'", true }, { "app=='web'", true }, { "app == \"web\"", true },
		{ "app == 'we'", false }, { "app == 'webs'", false }, { "nope == 'web'", false },
		{ "app != 'web'", false }, { "app != 'x'", true }, { "nope != 'web'", true },
		{ "empty == ''", true }, { "nope == ''", false }, { "has(empty)", true },
		{ "has( app )", true }, { "has(nope)", false }, { "!has(nope)", true },
		{ "app in {'web','db'}", true }, { "app in {'db'}", false },
		{ "app in{'web'}", true }, { "app in {'web',}", true },
		{ "app in {}", false }, { "nope in {}", false },
		{ "app not in {}", true }, { "nope not in {}", true },
		{ "app not in {'web'}", false }, { "app notin {'db'}", true },
		{ "app not\t in {'db'}", true }, { "nope not in {'web'}", true },
		{ "app contains 'e'", true }, { "app contains'web'", true },
		{ "app contains ''", true }, { "nope contains ''", false },
		{ "app contains 'ew'", false },
		{ "tier starts with 'front'", true }, { "tier startswith 'front'", true },
		{ "tier starts  with 'end'", false }, { "nope starts with ''", false },
		{ "tier ends with 'end'", true }, { "tier endswith 'end'", true },
		{ "tier ends with 'front'", false }, { "app ends with 'xxweb'", false },
		{ "in in {'in'}", true }, { "has == 'x'", true }, { "not not in {'in'}", false },
		{ "a.b/c-d_e == '1'", true }, { "quote == \"it's\"", true },
		{ "projectcalico.org/namespace == 'default'", true },
		{ "!app == 'web'", false }, { "!!app == 'web'", true }, { "! ! !app == 'web'", false },
		{ "app == 'x' || tier == 'x' && has(nope) || app == 'web'", true },
		{ "app == 'web' || has(nope) && has(nope)", true },
		{ "(app == 'web' || has(nope)) && has(nope)", false },
		{ "app == 'web' && has(nope) || has(tier)", true },
		{ "app == 'web'&&has(tier)", true }, { "((((app == 'web'))))", true },
		{ "!(app == 'web' && has(tier))", false }, { "!(!(app == 'web'))", true },
		{ "has(all) || all()", true }, { "app == 'a\nb'", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct manx_error err = { 0 };
		struct manx_selector *sel;

		if (manx_selector_parse(cases[i].text, &sel, &err))
			fail_msg("%s: %s", cases[i].text, err.text);
		if (manx_selector_match(sel, label_of, pod) != cases[i].matches)
			fail_msg("%s: should be %d", cases[i].text, cases[i].matches);
		manx_selector_free(sel);
	}
}

static void test_canonical(void **state)
{
	static const struct {
		const char *text, *canonical;
	} cases[] = {
		{ "", "all()" }, { "  ", "all()" }, { "all( )", "all()" }, { "global( )", "global()" },
		{ "a=='b'", "a == \"b\"" }, { "a == \"b\"", "a == \"b\"" }, { "a!='b'", "a != \"b\"" },
		{ "a == 'say \"b\"'", "a == 'say \"b\"'" },
		{ "a in {'c', 'b','c',\"a\",}", "a in {\"a\", \"b\", \"c\"}" },
		{ "a notin {}", "a not in {}" }, { "a startswith 'b'", "a starts with \"b\"" },
		{ "a endswith 'b'", "a ends with \"b\"" }, { "a   contains'b'", "a contains \"b\"" },
		{ "has( a )", "has(a)" }, { "(a == 'b')", "a == \"b\"" },
		{ "!!a == 'b'", "a == \"b\"" }, { "!(!a == 'b')", "a == \"b\"" },
		{ "!!!has(a)", "!has(a)" },
		{ "has(a)&&has(b)||has(c)", "((has(a) && has(b)) || has(c))" },
		{ "has(a)&&(has(b)||has(c))", "(has(a) && (has(b) || has(c)))" },
		{ "has(a) && has(b) && has(c)", "(has(a) && has(b) && has(c))" },
		{ "!(has(a) || has(b))", "!(has(a) || has(b))" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct manx_selector *sel, *again;

		assert_int_equal(manx_selector_parse(cases[i].text, &sel, NULL), 0);
		assert_string_equal(manx_selector_canonical(sel), cases[i].canonical);
		assert_int_equal(manx_selector_parse(cases[i].canonical, &again, NULL), 0);
		assert_string_equal(manx_selector_canonical(again), cases[i].canonical);
		manx_selector_free(sel);
		manx_selector_free(again);
	}
}

static void test_refuse(void **state)
{
	static const struct {
		const char *text, *says;
	} cases[] = {
		{ "a", "position 2: expected one of ==" }, { "a b", "position 3: expected one of ==" },
		{ "a = 'b'", "position 3: expected one of ==" }, { "b == b", "position 6: expected a string" },
		{ "a == ", "found the end" }, { "a == 'b", "position 6: string without its closing '" },
		{ "a == \"b'", "without its closing \"" }, { "a == 'b' 'c'", "position 10: expected &&" },
		{ "a == 'b' c == 'd'", "position 10" }, { "a == 'b' &&", "position 12" },
		{ "&& a == 'b'", "position 1: expected a label" }, { "a == 'b' & c == 'd'", "position 10" },
		{ "a == 'b' ||| c == 'd'", "position 12" }, { "()", "position 2" },
		{ "(a == 'b'", "expected ')'" }, { "a == 'b')", "position 9" }, { "!", "position 2" },
		{ "!= 'b'", "position 2" }, { "has()", "position 5" }, { "has(a", "expected ')'" },
		{ "has (a)", "position 5" }, { "all ()", "position 5" }, { "global (", "position 8" },
		{ "all(a)", "position 5: expected ')'" }, { "has('a')", "position 5" },
		{ "a in ''", "expected '{'" }, { "a in {'b'", "expected ',' or '}', found the end" },
		{ "a in {,}", "position 7" }, { "a in {'b',,}", "position 11" }, { "a in {'b' 'c'}", "position 11" },
		{ "a in {b}", "position 7: expected a string" }, { "a inf {'b'}", "position 5" },
		{ "a not {'b'}", "expected one of ==" }, { "a not", "expected one of ==" },
		{ "a starts 'b'", "expected one of ==" }, { "a ends", "expected one of ==" },
		{ "a\n== 'b'", "position 2" }, { "a ==\r'b'", "position 5" }, { "\xc2\xa0 all()", "position 1" },
		{ "a == 'b'\n", "position 9" }, { "a$ == 'b'", "position 2" }, { "\xff\xfe", "found \"\\xff\\xfe\"" },
		{ "a == 'b' && \033[2J", "\\x1b[2J" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct manx_error err = { 0 };
		struct manx_selector *sel;

		if (!manx_selector_parse(cases[i].text, &sel, &err))
			fail_msg("\"%s\" was accepted", cases[i].text);
		assert_int_equal(err.code, -EINVAL);
		if (!strstr(err.text, cases[i].says))
			fail_msg("\"%s\": \"%s\" does not say \"%s\"", cases[i].text, err.text,
				 cases[i].says);
	}
}

/* @n times @unit, then @end; the caller frees. */
static char *repeat(const char *unit, size_t n, const char *end)
{
	char *s = malloc(strlen(unit) * n + strlen(end) + 1), *at = s;

	assert_non_null(s);
	while (n--)
		at = stpcpy(at, unit);
	strcpy(at, end);
	return s;
}

static int parse_result(char *text)
{
	struct manx_selector *sel;
	int rc = manx_selector_parse(text, &sel, NULL);

	if (!rc) {
		(void)manx_selector_match(sel, label_of, pod);
		manx_selector_free(sel);
	}
	free(text);
	return rc;
}

static void test_limits(void **state)
{
	char *label = repeat("a", 512, " == 'b'");
	char nested[1024] = "";

	(void)state;
	assert_int_equal(parse_result(label), 0);
	assert_int_equal(parse_result(repeat("a", 513, " == 'b'")), -EINVAL);
	assert_int_equal(parse_result(repeat("(", MANX_SELECTOR_MAX, "")), -EINVAL);
	assert_int_equal(parse_result(repeat("(", 100000, "")), -EINVAL);
	assert_int_equal(parse_result(repeat("!", MANX_SELECTOR_MAX - 5, "all()")), 0);
	assert_int_equal(parse_result(repeat("!", MANX_SELECTOR_MAX - 4, "all()")), -EINVAL);
	assert_int_equal(parse_result(repeat("all()||", 145, "all()")), 0);
	memset(nested, '(', 500);
	strcpy(nested + 500, "all()");
	memset(nested + 505, ')', 500);
	assert_int_equal(parse_result(strdup(nested)), 0);
}

/*
 * Whatever is accepted has a canonical form that is accepted too, stays as it
 * is, and matches the same labels. Pieces of the grammar in random order give
 * many texts that are nearly right.
 */
static void test_random(void **state)
{
	static const char *const piece[] = {
		"app", "has(app)", "all()", "(", ")", "!", "&&", "||", "==", "!=", " in", "not", "has(",
		"starts", "with", "{", "}", ",", "'web'", "\"x\"", "'", " ", "\t", "\x80",
		"app == 'web'", "nope not in {'x', 'a'}", "tier contains\"-\"", "(has(nope) ||",
	};
	uint32_t seed = 12345;
	size_t accepted = 0;

	(void)state;
	for (int round = 0; round < 200000; round++) {
		char text[256] = "";
		struct manx_selector *sel, *again;

		for (int n = round % 8; n >= 0; n--) {
			seed = seed * 1664525 + 1013904223;
			strcat(text, piece[(seed >> 8) % ARRAY_SIZE(piece)]);
		}
		if (manx_selector_parse(text, &sel, NULL))
			continue;
		accepted++;
		assert_int_equal(manx_selector_parse(manx_selector_canonical(sel), &again, NULL), 0);
		assert_string_equal(manx_selector_canonical(sel), manx_selector_canonical(again));
		assert_int_equal(manx_selector_match(sel, label_of, pod),
				 manx_selector_match(again, label_of, pod));
		manx_selector_free(sel);
		manx_selector_free(again);
	}
	assert_true(accepted > 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_match),
		cmocka_unit_test(test_canonical),
		cmocka_unit_test(test_refuse),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
