// SPDX-License-Identifier: GPL-2.0-only
/*
 * manxctl(8) tells which fields are kept and which are refused; the tables of
 * the kinds decide it. Run in the top directory of the tree.
 */
#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "model.h"
#include "schema.h"

#define MANUAL "man/manxctl.8"

/* Sections of the manual, cut at their headings. */
static char manual[65536];
static const char *kept, *refused;

static char *cut(const char *heading)
{
	char *at = strstr(manual, heading);

	if (!at)
		fail_msg("%s has no \"%s\"", MANUAL, heading);
	*at = '\0';
	return at + 1;
}

static int read_manual(void **state)
{
	FILE *f = fopen(MANUAL, "r");
	char *rest;

	(void)state;
	if (!f)
		fail_msg("%s cannot be read", MANUAL);
	manual[fread(manual, 1, sizeof(manual) - 1, f)] = '\0';
	fclose(f);
	/* from the last to the first: each cut ends the one before it */
	rest = cut(".SH EXIT STATUS");
	assert_non_null(rest);
	refused = cut(".SS Refused");
	kept = cut(".SS Kept");
	return 0;
}

static bool has_word(const char *text, const char *word)
{
	size_t n = strlen(word);

	for (const char *at = text; (at = strstr(at, word)); at += n)
		if (!isalnum((unsigned char)at[-1]) && !isalnum((unsigned char)at[n]))
			return true;
	return false;
}

static size_t check_schema(const struct manx_schema *schema)
{
	size_t n = 0;

	for (const struct manx_field *f = schema->fields; f->name; f++) {
		if (f->class == MANX_FIELD_KEPT && !has_word(kept, f->name))
			fail_msg("%s does not say that %s is kept", MANUAL, f->name);
		if (f->class == MANX_FIELD_REFUSED && !has_word(refused, f->name))
			fail_msg("%s does not say that %s is refused", MANUAL, f->name);
		n += f->class != MANX_FIELD_DONE;
		if (f->object)
			n += check_schema(f->object);
	}
	return n;
}

static void test_manual(void **state)
{
	size_t n = 0;

	(void)state;
	for (int id = 0; id < MANX_KINDS; id++)
		n += check_schema(manx_kind((enum manx_kind_id)id)->spec);
	assert_true(n > 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_manual),
	};

	return cmocka_run_group_tests(tests, read_manual, NULL);
}
