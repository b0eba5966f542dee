// SPDX-License-Identifier: GPL-2.0-only
/* The parts of manxctl(8) and of the completion that the table of subcommands makes. */
#include <ctype.h>
#include <string.h>

#include "command.h"
#include "model.h"

/* roff takes '\' and '-' for its own. */
static void put(FILE *f, const char *text, size_t n)
{
	for (; n && *text; text++, n--) {
		if (*text == '\\')
			fputs("\\e", f);
		else if (*text == '-')
			fputs("\\-", f);
		else
			fputc(*text, f);
	}
}

static void put_all(FILE *f, const char *text)
{
	put(f, text, strlen(text));
}

static bool is_capital(char c)
{
	return isupper((unsigned char)c);
}

/* Values are capitals and stand in italics; the other words are typed as they are. */
static void put_synopsis_line(FILE *f, const char *line, size_t n)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-";

	while (n) {
		size_t word = strspn(line, letters);
		bool value;

		if (!word || word > n) {
			put(f, line++, 1);
			n--;
			continue;
		}
		value = is_capital(line[0]) && (word == 1 || is_capital(line[1]));
		fputs(value ? "\\fI" : "\\fB", f);
		put(f, line, word);
		fputs("\\fR", f);
		line += word;
		n -= word;
	}
}

static void put_synopsis(FILE *f, const struct manxctl_command *c)
{
	for (const char *line = c->synopsis; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		fputs("\\fBmanxctl\\fR ", f);
		put_synopsis_line(f, line, strcspn(line, "\n"));
		fputc('\n', f);
	}
}

static void write_synopsis(FILE *f)
{
	for (const struct manxctl_command *c = manxctl_commands; c->name; c++)
		put_synopsis(f, c);
}

/* A sentence a line, as roff wants it. */
static void put_text(FILE *f, const char *text)
{
	while (*text) {
		const char *end = strstr(text, ". ");
		size_t n = end ? (size_t)(end - text) + 1 : strlen(text);

		put(f, text, n);
		fputc('\n', f);
		text += n + (text[n] == ' ');
	}
}

static void put_option(FILE *f, const struct manxctl_option *o)
{
	fputs(".TP\n\\fB", f);
	if (o->letter)
		fprintf(f, "\\-%c\\fR, \\fB", o->letter);
	if (o->also)
		fprintf(f, "\\-%c\\fR, \\fB", o->also);
	fputs("\\-\\-", f);
	put_all(f, o->name);
	fprintf(f, "\\fR%s%s%s\n", o->value ? " \\fI" : "", o->value ? o->value : "", o->value ? "\\fR" : "");
	put_all(f, o->about);
	fputs(".\n", f);
}

static void write_commands(FILE *f)
{
	for (const struct manxctl_command *c = manxctl_commands; c->name; c++) {
		fputs(".SS ", f);
		put_all(f, c->name);
		fputc('\n', f);
		put_text(f, c->text);
		for (int id = 0; id < MANXCTL_OPTIONS; id++)
			if (c->options & 1ull << id)
				put_option(f, manxctl_option((enum manxctl_option_id)id));
	}
}

static void write_kinds(FILE *f)
{
	for (int id = 0; id < MANX_KINDS; id++) {
		const struct manx_kind *kind = manx_kind((enum manx_kind_id)id);

		fprintf(f, ".TP\n.BR %s \" (%s)\"\n", kind->kind, kind->names[0]);
		put_all(f, kind->about);
		fputs(".\n", f);
	}
}

static void put_words(FILE *f, const char *what, const char *indent, const char *words)
{
	fprintf(f, "%s%s)\n%s\techo '%s' ;;\n", indent, what, indent, words);
}

static void put_option_words(FILE *f, const struct manxctl_command *c)
{
	for (int id = 0; id < MANXCTL_OPTIONS; id++) {
		const struct manxctl_option *o = manxctl_option((enum manxctl_option_id)id);

		if (!(c->options & 1ull << id) || !o->value)
			continue;
		if (o->letter)
			fprintf(f, "\t%s:-%c | %s:--%s)\n", c->name, o->letter, c->name, o->name);
		else
			fprintf(f, "\t%s:--%s)\n", c->name, o->name);
		fprintf(f, "\t\techo '%s' ;;\n", o->words ? o->words : "NONE");
	}
}

static void put_options(FILE *f, const struct manxctl_command *c)
{
	char what[40];

	fprintf(f, "\t%s)\n\t\techo '", c->name);
	for (int id = 0; id < MANXCTL_OPTIONS; id++) {
		const struct manxctl_option *o = manxctl_option((enum manxctl_option_id)id);

		if (!(c->options & 1ull << id))
			continue;
		snprintf(what, sizeof(what), o->letter ? "-%c " : "", o->letter);
		fprintf(f, "%s--%s ", what, o->name);
	}
	fputs("--help' ;;\n", f);
}

/* Functions that answer what _manxctl() asks. */
static void write_completion(FILE *f)
{
	fputs("_manxctl_commands='", f);
	for (const struct manxctl_command *c = manxctl_commands; c->name; c++)
		fprintf(f, "%s ", c->name);
	fputs("help --help --version'\n_manxctl_kinds='", f);
	for (int id = 0; id < MANX_KINDS; id++)
		fprintf(f, "%s%s", id ? " " : "", manx_kind((enum manx_kind_id)id)->plural);
	fputs("'\n\n# What may stand behind the name of a command.\n_manxctl_arguments() {\n\tcase $1 in\n", f);
	for (const struct manxctl_command *c = manxctl_commands; c->name; c++)
		if (c->words)
			put_words(f, c->name, "\t", c->words);
	fputs("\tesac\n}\n\n# COMMAND:OPTION: what its value may be; nothing if it has none.\n"
	      "_manxctl_values() {\n\tcase $1 in\n", f);
	for (const struct manxctl_command *c = manxctl_commands; c->name; c++)
		put_option_words(f, c);
	fputs("\tesac\n}\n\n_manxctl_options() {\n\tcase $1 in\n", f);
	for (const struct manxctl_command *c = manxctl_commands; c->name; c++)
		put_options(f, c);
	fputs("\tesac\n}\n", f);
}

bool manxctl_write_part(FILE *f, const char *part)
{
	static const struct {
		const char *name;
		void (*write)(FILE *f);
	} parts[] = {
		{ "synopsis", write_synopsis }, { "commands", write_commands },
		{ "kinds", write_kinds }, { "completion", write_completion },
	};

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (strcmp(part, parts[i].name))
			continue;
		parts[i].write(f);
		return true;
	}
	return false;
}
