// SPDX-License-Identifier: GPL-2.0-only
/* Help, made from the table of subcommands. */
#include <string.h>

#include "command.h"
#include "model.h"

#define WIDTH 80

void manxctl_help(FILE *f)
{
	fputs("manxctl: shows and changes what manx knows\n\nusage: manxctl COMMAND [ARGUMENT]...\n\n", f);
	for (const struct manxctl_command *c = manxctl_commands; c->name; c++)
		fprintf(f, "  %-10s%s\n", c->name, c->summary);
	fputs("\n\"manxctl COMMAND --help\" tells more about each, manxctl(8) all.\n", f);
}

/* Words of @text in lines of at most WIDTH. */
static void fold(FILE *f, const char *text)
{
	size_t column = 0;

	while (*text) {
		size_t n = strcspn(text, " ");

		if (column && column + 1 + n > WIDTH) {
			fputc('\n', f);
			column = 0;
		}
		fprintf(f, "%s%.*s", column ? " " : "", (int)n, text);
		column += n + (column != 0);
		text += n + (text[n] == ' ');
	}
	fputc('\n', f);
}

static void put_option(FILE *f, const struct manxctl_option *o)
{
	char form[80], letter[8] = "    ";

	if (o->letter)
		snprintf(letter, sizeof(letter), "-%c, ", o->letter);
	snprintf(form, sizeof(form), "%s--%s%s%s", letter, o->name, o->value ? " " : "",
		 o->value ? o->value : "");
	fprintf(f, "  %-29s%s\n", form, o->about);
}

static void put_kinds(FILE *f)
{
	fputs("\nKIND, in the singular or plural, or short:\n", f);
	for (int id = 0; id < MANX_KINDS; id++) {
		const struct manx_kind *kind = manx_kind((enum manx_kind_id)id);

		fprintf(f, "  %s (%s)\n", kind->kind, kind->names[0]);
	}
}

void manxctl_help_command(FILE *f, const struct manxctl_command *c)
{
	for (const char *line = c->synopsis; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		fprintf(f, "%s manxctl %.*s\n", line == c->synopsis ? "usage:" : "      ",
			(int)strcspn(line, "\n"), line);
	}
	fputc('\n', f);
	fold(f, c->text);
	if (c->options)
		fputc('\n', f);
	for (int id = 0; id < MANXCTL_OPTIONS; id++)
		if (c->options & 1ull << id)
			put_option(f, manxctl_option((enum manxctl_option_id)id));
	if (c->words && !strcmp(c->words, "KIND"))
		put_kinds(f);
	if (c->more)
		fputs(c->more, f);
}
