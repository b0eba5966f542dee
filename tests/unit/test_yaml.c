// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "yaml_tree.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* A tree as one line: {key:value}, [item], scalars with their line, quoted ones in ''. */
static void show(FILE *f, const struct manx_yaml *node)
{
	const char *between = "";

	if (node->type == MANX_YAML_SCALAR) {
		fprintf(f, node->plain ? "%s@%d" : "'%s'@%d", node->text, node->line);
		return;
	}
	fputc(node->type == MANX_YAML_LIST ? '[' : '{', f);
	for (const struct manx_yaml *c = node->child; c; c = c->next, between = " ") {
		fputs(between, f);
		if (node->type == MANX_YAML_MAP)
			fprintf(f, "%s:", c->key);
		else
			assert_null(c->key);
		show(f, c);
	}
	fputc(node->type == MANX_YAML_LIST ? ']' : '}', f);
}

/* All documents of @text, joined by " | ", or the words of the error. */
static char *read_all(const char *text, size_t len)
{
	struct manx_error err = { 0 };
	struct manx_yaml_reader *r;
	struct manx_yaml *doc;
	char *out = NULL;
	size_t size;
	FILE *f = open_memstream(&out, &size);
	const char *between = "";
	int rc;

	assert_non_null(f);
	assert_int_equal(manx_yaml_open(&r, text, len, "f", &err), 0);
	while ((rc = manx_yaml_next(r, &doc, &err)) > 0) {
		fputs(between, f);
		show(f, doc);
		between = " | ";
		manx_yaml_free(doc);
	}
	if (rc)
		fprintf(f, "%s%s", between, err.text);
	assert_int_equal(rc, err.code);
	manx_yaml_close(r);
	fclose(f);
	return out;
}

static void test_trees(void **state)
{
	static const struct {
		const char *text, *tree;
	} cases[] = {
		{ "", "" }, { "\n# nothing\n", "" }, { "---\n---\n", "@2 | @3" },
		{ "a: 1\nb:\n- x\n- 'y'\n- \"z\"\n", "{a:1@1 b:[x@3 'y'@4 'z'@5]}" },
		{ "a: 8080:9090\nb: 0100\nc: yes\nd: 2001-01-01\n",
		  "{a:8080:9090@1 b:0100@2 c:yes@3 d:2001-01-01@4}" },
		{ "{\"a\":{\"b\":[1,null,true],\n\"c\":\"\\u00e9\"}}", "{a:{b:[1@1 null@1 true@1] c:'\xc3\xa9'@2}}" },
		{ "{\n\t\"a\":\t1\n}", "{a:1@2}" }, { "[]", "[]" }, { "{}", "{}" }, { "x", "x@1" },
		{ "a: |\n  two\n  lines\nb: >-\n  one\n  line\n", "{a:'two\nlines\n'@1 b:'one line'@4}" },
		{ "a: 1\n---\nb: 2\n...\n---\nc: 3\n", "{a:1@1} | {b:2@3} | {c:3@6}" },
		{ "a: &x [1, 2]\nb: *x\n", "{a:[1@1 2@1] b:[1@1 2@1]}" },
		{ "a: &x 1\nb: &x 2\nc: *x\n", "{a:1@1 b:2@2 c:2@3}" },
		{ "a: !!str 1\nb: !!int 2\n", "{a:'1'@1 b:'2'@2}" },
		{ "\xef\xbb\xbf" "a: 1\n", "{a:1@1}" }, { "a: ~\nb:\n", "{a:~@1 b:@2}" },
		{ "a: 1\r\nb: 2\r\n", "{a:1@1 b:2@2}" }, { "%YAML 1.1\n---\na: 1\n", "{a:1@3}" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char *tree = read_all(cases[i].text, strlen(cases[i].text));

		assert_string_equal(tree, cases[i].tree);
		free(tree);
	}
}

static void test_refuse(void **state)
{
	static const struct {
		const char *text, *says;
	} cases[] = {
		{ "a: 1\nb: 2\na: 3\n", "f:3: \"a\" is given twice, first in line 1" },
		{ "{\"a\": 1, \"a\": 1}", "f:1: \"a\" is given twice" },
		{ "x:\n  a: 1\n  'a': 2\n", "f:3: \"a\" is given twice, first in line 2" },
		{ "a: 1\n b: 2\n", "f:2: neither YAML nor JSON: " },
		{ "a: [1, 2\nb: 3\n", "f:2: neither YAML nor JSON: " },
		{ "a: 'x\n", "that began in line 1" }, { "a:\n\tb: 1\n", "f:2: neither" },
		{ "{\"a\": 1", "neither YAML nor JSON: did not find" }, { "{", "neither" }, { "}", "neither" }, { "]", "neither" },
		{ "a: *x\n", "f:1: alias \"x\" names no anchor" },
		{ "a: &x [*x]\n", "f:1: alias \"x\" lies inside what it names" },
		{ "a: &x 1\n---\nb: *x\n", "f:3: alias \"x\" names no anchor" },
		{ "a: !!binary AAAA\n", "f:1: tag \"tag:yaml.org,2002:binary\": remove it" },
		{ "a: !mine {}\n", "f:1: tag \"!mine\"" }, { "!mine\n- 1\n", "tag" },
		{ "a: \"x\\0y\"\n", "f:1: NUL character" }, { "\"x\\0y\": 1\n", "f:1: NUL character in a key" },
		{ "[a]: 1\n", "f:1: a key must be a word" }, { "{a: 1}: 1\n", "f:1: a key must be a word" },
		{ "a: &x b\n*x : 1\n", "f:2: a key must be a word" },
		{ "a: \"\\ud800\"\n", "f:1: neither" }, { "a: 1\nb: \xff\n", "f:2: neither YAML nor JSON: " },
		{ "a: \x01\n", "neither YAML nor JSON: control characters are not allowed" },
		{ "a: 1\n---\nb: [\n", "{a:1@1} | f:" }, { "%YAML 3.0\n---\na: 1\n", "f:1: neither" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char *got = read_all(cases[i].text, strlen(cases[i].text));

		if (!strstr(got, cases[i].says))
			fail_msg("\"%s\": \"%s\" does not say \"%s\"", cases[i].text, got, cases[i].says);
		free(got);
	}
}

/* @n times @unit between @begin and @end; the caller frees. */
static char *repeat(const char *begin, const char *unit, size_t n, const char *end)
{
	char *s = malloc(strlen(begin) + strlen(unit) * n + strlen(end) + 1), *at;

	assert_non_null(s);
	at = stpcpy(s, begin);
	while (n--)
		at = stpcpy(at, unit);
	strcpy(at, end);
	return s;
}

static void check_says(char *text, const char *says)
{
	char *got = read_all(text, strlen(text));

	if (!strstr(got, says))
		fail_msg("\"%.200s\" does not say \"%s\"", got, says);
	free(got);
	free(text);
}

static void test_budget(void **state)
{
	(void)state;
	check_says(repeat("", "[", 64, ""), "neither");
	check_says(repeat("", "[", 65, ""), "nested deeper than 64");
	check_says(repeat("", "[", 1000000, ""), "nested deeper than 64");
	check_says(repeat("", "{a: ", 100000, ""), "nested deeper than 64");
	check_says(repeat("", "- ", 100000, ""), "nested deeper than 64");
	check_says(repeat("", "? ", 100000, ""), "a key must be a word");
	check_says(repeat("[", "1,", 100000, "]"), "more than 100000 values");
	check_says(repeat("a: ", "x", 17 << 20, ""), "octets of text");
	check_says(repeat("[", "&a 1,", 1001, "]"), "more than 1000 anchors");
	check_says(repeat("a: &a [1]\nb: [", "*a,", 60000, "]"), "more than 100000 values");
}

/* Each level names the one before ten times: 10^9 values if it were expanded. */
static void test_laughs(void **state)
{
	char text[4096] = "a: &a0 [x]\n", line[200];
	clock_t begin = clock();
	char *got;

	(void)state;
	for (int level = 1; level < 10; level++) {
		snprintf(line, sizeof(line), "b%d: &a%d [", level, level);
		strcat(text, line);
		for (int i = 0; i < 10; i++) {
			snprintf(line, sizeof(line), "*a%d,", level - 1);
			strcat(text, line);
		}
		strcat(text, "]\n");
	}
	got = read_all(text, strlen(text));
	assert_non_null(strstr(got, "more than 100000 values"));
	free(got);
	assert_true(clock() - begin < 20 * CLOCKS_PER_SEC);
}

/* Aliases of one file share one budget, however many documents it has. */
static void test_laughs_in_documents(void **state)
{
	char *doc = repeat("---\na: &a [1,1,1,1,1,1,1,1,1,1]\nb: [", "*a,", 1000, "]\n");

	(void)state;
	check_says(repeat("", doc, 5, ""), "{a:");
	check_says(repeat("", doc, 12, ""), "more than 100000 values");
	free(doc);
}

static void test_many_keys(void **state)
{
	char *text = malloc(40000 * 12), *at = text;
	char *got;

	(void)state;
	assert_non_null(text);
	for (int i = 0; i < 40000; i++)
		at += sprintf(at, "k%05d: 1\n", i);
	strcpy(at, "k00007: 1\n");
	got = read_all(text, strlen(text));
	assert_string_equal(got, "f:40001: \"k00007\" is given twice, first in line 8");
	free(got);
	free(text);
}

static void test_get(void **state)
{
	static const char text[] = "a: null\nb: 'null'\nc: {}\nd: NULL\n";
	struct manx_yaml_reader *r;
	struct manx_yaml *doc;

	(void)state;
	assert_int_equal(manx_yaml_open(&r, text, strlen(text), NULL, NULL), 0);
	assert_int_equal(manx_yaml_next(r, &doc, NULL), 1);
	assert_true(manx_yaml_is_null(manx_yaml_get(doc, "a")));
	assert_false(manx_yaml_is_null(manx_yaml_get(doc, "b")));
	assert_false(manx_yaml_is_null(manx_yaml_get(doc, "c")));
	assert_true(manx_yaml_is_null(manx_yaml_get(doc, "d")));
	assert_null(manx_yaml_get(doc, "A"));
	manx_yaml_free(doc);
	assert_int_equal(manx_yaml_next(r, &doc, NULL), 0);
	assert_int_equal(manx_yaml_next(r, &doc, NULL), 0);
	manx_yaml_close(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_trees),
		cmocka_unit_test(test_refuse),
		cmocka_unit_test(test_budget),
		cmocka_unit_test(test_laughs),
		cmocka_unit_test(test_laughs_in_documents),
		cmocka_unit_test(test_many_keys),
		cmocka_unit_test(test_get),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
