// SPDX-License-Identifier: GPL-2.0-only
/*
 * manx-resources(5) is what the tables of the kinds make. Run in the top directory
 * of the tree.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "manual.h"
#include "model.h"
#include "scalar.h"
#include "schema.h"

#define MANUAL "man/manx-resources.5"

static char *made_page(void)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	assert_non_null(f);
	manx_manual_resources(f);
	assert_int_equal(fclose(f), 0);
	return text;
}

static void test_page(void **state)
{
	static char page[1 << 20];
	FILE *f = fopen(MANUAL, "r");
	char *made = made_page();
	size_t same = 0;

	(void)state;
	if (!f)
		fail_msg("%s cannot be read", MANUAL);
	page[fread(page, 1, sizeof(page) - 1, f)] = '\0';
	fclose(f);
	while (made[same] && made[same] == page[same])
		same++;
	if (made[same] || page[same])
		fail_msg("%s is not what the tables say: \"make manual\"; from here on: %.60s", MANUAL, made + same);
	free(made);
}

/* fields of each class, nested ones once */
static size_t n_class[4];
static const struct manx_schema *seen[100];
static size_t n_seen;

/* @outer: what is made of the field that it is the object of, unless its own are worse off */
static void check_schema(const struct manx_schema *schema, enum manx_field_class outer)
{
	for (size_t i = 0; i < n_seen; i++)
		if (seen[i] == schema)
			return;
	assert_true(n_seen < 100);
	seen[n_seen++] = schema;
	for (const struct manx_field *f = schema->fields; f->name; f++) {
		enum manx_field_class class = f->class == MANX_FIELD_DONE ? outer : f->class;

		n_class[class]++;
		/* whoever is told that a field has no effect must be told why */
		if (f->class != MANX_FIELD_DONE && f->class != MANX_FIELD_IGNORED)
			assert_non_null(f->note);
		if (f->class == MANX_FIELD_KEPT)
			assert_true(f->scalar || f->object);
		if (f->scalar == manx_scalar_word || f->scalar == manx_scalar_word_any_case)
			assert_non_null(f->words);
		if (f->scalar == manx_scalar_int)
			assert_true(f->min < f->max && f->max < (int64_t)1 << 53);
		for (const struct manx_field *other = schema->fields; other != f; other++)
			assert_string_not_equal(other->name, f->name);
		if (f->object)
			check_schema(f->object, class);
	}
}

static void test_tables(void **state)
{
	(void)state;
	for (int id = 0; id < MANX_KINDS; id++)
		if (manx_kind((enum manx_kind_id)id)->spec)
			check_schema(manx_kind((enum manx_kind_id)id)->spec, MANX_FIELD_DONE);
	print_message("done %zu, kept %zu, refused %zu\n", n_class[MANX_FIELD_DONE],
		      n_class[MANX_FIELD_KEPT], n_class[MANX_FIELD_REFUSED]);
	assert_true(n_class[MANX_FIELD_KEPT] > 200 && n_class[MANX_FIELD_REFUSED] > 30);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_page),
		cmocka_unit_test(test_tables),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
