// SPDX-License-Identifier: GPL-2.0-only
/*
 * manx-dp(5) tells the form of a policy file, manxctl(8) the options; both are held
 * against what the programs do. Run in the top directory of the tree.
 */
#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dp_impl.h"
#include "json.h"

#define FORM	"man/manx-dp.5"
#define COMMAND	"man/manxctl.8"

/* A page without the escapes that it needs: "\(dq" is '"', "\-" is '-'. */
static void read_page(const char *path, char *page, size_t size)
{
	FILE *f = fopen(path, "r");
	char *to = page;
	size_t n;

	if (!f)
		fail_msg("%s cannot be read", path);
	n = fread(page, 1, size - 1, f);
	fclose(f);
	page[n] = '\0';
	for (const char *from = page; *from;) {
		if (strncmp(from, "\\(dq", 4) == 0) {
			*to++ = '"';
			from += 4;
		} else {
			from += *from == '\\';
			*to++ = *from++;
		}
	}
	*to = '\0';
}

/* The example, which is the only text that is not filled. */
static char *example(char *page)
{
	char *begin = strstr(page, "\n.nf\n"), *end = strstr(page, "\n.fi\n");

	assert_non_null(begin);
	assert_non_null(end);
	*end = '\0';
	return begin + strlen("\n.nf\n");
}

static void the_example_loads(void **state)
{
	static char page[65536];
	struct manx_dp_state st;
	struct manx_error err = { 0 };
	cJSON *json;
	char *text;

	(void)state;
	read_page(FORM, page, sizeof(page));
	text = example(page);
	if (manx_json_parse(text, strlen(text), &json, &err) ||
	    manx_dp_state_from_json(json, &st, &err))
		fail_msg("%s", err.text);
	cJSON_Delete(json);
	assert_int_equal(st.n_sets, 2);
	assert_int_equal(st.n_tables, 2);
	assert_int_equal(st.n_endpoints, 1);
	assert_int_equal(st.n_peers, 1);
	assert_int_equal(st.table[0].n_rules, 4);
	assert_true(st.node.config.value[MANX_DP_UDP] == 60);
	assert_true(st.node.config.value[MANX_DP_MAX_FLOWS] == 100000);
	/* rules refer to sets, chains to tables that are there */
	assert_string_equal(st.table[0].rule[2].src.set[0].s[0], st.set[0].name);
	assert_string_equal(st.endpoint[0].ingress.s[0], st.table[0].name);
	assert_string_equal(st.endpoint[0].egress.s[0], st.table[1].name);
	manx_dp_state_clear(&st);
}

/* The line of the page that explains @key, into @line; fails without one. */
static void find_line(const char *page, const char *key, char *line, size_t size)
{
	size_t n = strlen(key);

	for (const char *at = page; (at = strstr(at, "\n.BR ")); at++) {
		const char *end = strchr(at + 1, '\n');

		snprintf(line, size, "%.*s", (int)(end - at - 1), at + 1);
		for (const char *word = line + 3; word; word = strchr(word, ' ')) {
			word += strspn(word, " \",");
			/* keys stand before the parenthesis */
			if (*word == '(')
				break;
			if (strncmp(word, key, n) == 0 && strchr(" \"", word[n]))
				return;
		}
	}
	fail_msg(FORM " does not explain \"%s\"", key);
}

static void expect(const char *line, const char *key, const char *words)
{
	if (!strstr(line, words))
		fail_msg(FORM ": \"%s\" is not explained by \"%s\", but: %s", key, words, line);
}

/* Range and default as the page has them. */
static void describe(enum manx_dp_option option, char *range, char *standard, size_t size)
{
	const struct manx_dp_option_info *o = &manx_dp_options[option];
	struct manx_dp_config config = { 0 };
	char text[MANX_DP_VALUE_STRLEN];

	manx_dp_config_put(&config, option, o->standard);
	*range = '\0';
	switch (o->type) {
	case MANX_DP_SWITCH:
		snprintf(range, size, "(true or false,");
		snprintf(standard, size, "default %s)", o->standard ? "true" : "false");
		break;
	case MANX_DP_ACTION:
	case MANX_DP_FASTNESS:
	case MANX_DP_MASK:
		snprintf(standard, size, "default \"%s\")",
			 manx_dp_config_text(&config, option, text));
		break;
	case MANX_DP_SECONDS:
		snprintf(standard, size, "(default %" PRIu64 ")", o->standard);
		break;
	default:
		snprintf(range, size, "(%" PRIu64 " to %" PRIu64 ",", o->min, o->max);
		snprintf(standard, size, "default %" PRIu64 ")", o->standard);
	}
}

static void options_are_explained(void **state)
{
	static char page[65536];

	(void)state;
	read_page(FORM, page, sizeof(page));
	for (enum manx_dp_option i = 0; i < MANX_DP_OPTIONS; i++) {
		const char *key = manx_dp_options[i].key;
		char line[256], range[64], standard[64];

		describe(i, range, standard, sizeof(range));
		find_line(page, key, line, sizeof(line));
		expect(line, key, range);
		expect(line, key, standard);
	}
}

static void matches_are_explained(void **state)
{
	static char page[65536];
	char line[256];

	(void)state;
	read_page(FORM, page, sizeof(page));
	for (size_t i = 0; i < MANX_DP_FIELDS; i++) {
		find_line(page, manx_dp_fields[i].key, line, sizeof(line));
		if (manx_dp_fields[i].object)
			find_line(page, manx_dp_fields[i].object, line, sizeof(line));
	}
}

static bool has_word(const char *text, const char *word)
{
	size_t n = strlen(word);

	for (const char *at = text; (at = strstr(at, word)); at += n)
		if (!isalnum((unsigned char)at[-1]) && !isalnum((unsigned char)at[n]))
			return true;
	return false;
}

/* Each key that is printed, wherever it stands, is one that the page has. */
static void check_keys(const char *page, const cJSON *json)
{
	const cJSON *v;

	cJSON_ArrayForEach(v, json) {
		if (v->string && !has_word(page, v->string))
			fail_msg(FORM " does not name \"%s\"", v->string);
		check_keys(page, v);
	}
}

static void what_is_printed_is_explained(void **state)
{
	static char page[65536], text[65536];
	struct manx_dp_state st;
	struct manx_error err;
	cJSON *json;

	(void)state;
	read_page(FORM, page, sizeof(page));
	strcpy(text, example(page));
	assert_int_equal(manx_json_parse(text, strlen(text), &json, &err), 0);
	assert_int_equal(manx_dp_state_from_json(json, &st, &err), 0);
	cJSON_Delete(json);
	*strstr(page, ".SH EXAMPLE") = '\0';
	st.endpoint[0].ifindex = 1;
	st.endpoint[0].flags = MANX_ENDPOINT_FLAGS_MASK;
	assert_true(manx_dp_prefixes_add(&st.endpoint[0].source, &st.set[0].members.p[0]));
	json = manx_dp_state_to_json(&st, true);
	check_keys(page, json);
	cJSON_Delete(json);
	manx_dp_state_clear(&st);
}

/* On the command line: in manxctl(8), and in the completion. */
static void names_of_options_are_told(void **state)
{
	static char page[65536], completion[65536];

	(void)state;
	read_page(COMMAND, page, sizeof(page));
	read_page("packaging/completion/manxctl", completion, sizeof(completion));
	for (enum manx_dp_option i = 0; i < MANX_DP_OPTIONS; i++) {
		if (!strstr(page, manx_dp_option_name(i)))
			fail_msg(COMMAND " does not name \"%s\"", manx_dp_option_name(i));
		if (!strstr(completion, manx_dp_option_name(i)))
			fail_msg("\"%s\" is not completed", manx_dp_option_name(i));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_example_loads),
		cmocka_unit_test(options_are_explained),
		cmocka_unit_test(matches_are_explained),
		cmocka_unit_test(what_is_printed_is_explained),
		cmocka_unit_test(names_of_options_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
