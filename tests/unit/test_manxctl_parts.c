// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the table of manxctl's commands makes of its manual and of its completion
 * stands there. Run in the top directory of the tree.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../tools/manxctl/command.h"

static char text[1 << 18];

static void read_text(const char *path)
{
	FILE *f = fopen(path, "r");

	if (!f)
		fail_msg("%s cannot be read", path);
	text[fread(text, 1, sizeof(text) - 1, f)] = '\0';
	fclose(f);
}

/* What the file has between the marks of @part is what the table makes. */
static void check_part(const char *path, const char *part)
{
	char mark[40], *begin, *end, *made = NULL;
	size_t size;
	FILE *f = open_memstream(&made, &size);

	assert_non_null(f);
	assert_true(manxctl_write_part(f, part));
	fclose(f);
	read_text(path);
	snprintf(mark, sizeof(mark), " begin %s\n", part);
	begin = strstr(text, mark);
	assert_non_null(begin);
	begin += strlen(mark);
	snprintf(mark, sizeof(mark), " end %s\n", part);
	end = strstr(begin, mark);
	assert_non_null(end);
	while (end[-1] != '\n')
		end--;
	*end = '\0';
	if (strcmp(begin, made))
		fail_msg("%s: %s is not what the table says: \"make manual\"", path, part);
	free(made);
}

static void test_parts(void **state)
{
	(void)state;
	check_part("man/manxctl.8", "synopsis");
	check_part("man/manxctl.8", "commands");
	check_part("man/manxctl.8", "kinds");
	check_part("packaging/completion/manxctl", "completion");
	assert_false(manxctl_write_part(stderr, "elephant"));
}

static void test_table(void **state)
{
	char *help = NULL;
	size_t size;
	FILE *f = open_memstream(&help, &size);

	(void)state;
	manxctl_help(f);
	for (const struct manxctl_command *c = manxctl_commands; c->name; c++) {
		/* its own words, and no line of help too long for a terminal */
		assert_int_equal(strncmp(c->synopsis, c->name, strlen(c->name)), 0);
		assert_non_null(c->run);
		assert_ptr_equal(manxctl_find_command(c->name), c);
		manxctl_help_command(f, c);
	}
	fclose(f);
	for (const char *line = help; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strcspn(line, "\n") > 110)
			fail_msg("too long: %.110s", line);
	}
	free(help);
	/* letters of one command's options are distinct */
	for (const struct manxctl_command *c = manxctl_commands; c->name; c++) {
		char seen[256] = { 0 };

		for (int id = 0; id < MANXCTL_OPTIONS; id++) {
			const struct manxctl_option *o = manxctl_option((enum manxctl_option_id)id);

			if (c->options & 1ull << id && o->letter)
				assert_int_equal(seen[(unsigned char)o->letter]++, 0);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parts),
		cmocka_unit_test(test_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
