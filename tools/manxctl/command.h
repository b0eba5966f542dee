/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The table of subcommands: what help, manxctl(8) and the completion of bash are
 * made from, and what the options of a command line are read by.
 */
#ifndef MANXCTL_COMMAND_H
#define MANXCTL_COMMAND_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum manxctl_option_id {
	MANXCTL_FILE, MANXCTL_RECURSIVE, MANXCTL_SKIP_EMPTY, MANXCTL_SKIP_EXISTS,
	MANXCTL_SKIP_NOT_EXISTS, MANXCTL_NAMESPACE, MANXCTL_ALL_NAMESPACES, MANXCTL_OUTPUT,
	MANXCTL_OUTPUT_SHORT, MANXCTL_EXPORT, MANXCTL_OVERWRITE, MANXCTL_REMOVE, MANXCTL_PATCH,
	MANXCTL_TYPE, MANXCTL_WAIT, MANXCTL_FORCE, MANXCTL_IP, MANXCTL_SHOW_BLOCKS,
	MANXCTL_SHOW_BORROWED, MANXCTL_SHOW_CONFIGURATION, MANXCTL_REPORT, MANXCTL_SHOW_ALL_IPS,
	MANXCTL_SHOW_PROBLEM_IPS, MANXCTL_REPAIR, MANXCTL_FROM_REPORT, MANXCTL_STRICT_AFFINITY,
	MANXCTL_MAX_BLOCKS, MANXCTL_COOLDOWN, MANXCTL_AUTO_BLOCKS, MANXCTL_CIDR, MANXCTL_NAME,
	MANXCTL_EXPORT_FILE, MANXCTL_DISCARD, MANXCTL_NODE, MANXCTL_CONFIG,
	MANXCTL_SELECTOR,
	MANXCTL_OPTIONS,
};

#define MANXCTL_HAS(id) (1ull << MANXCTL_##id)

/**
 * struct manxctl_option - an option; instances are constant
 * @letter: short form, 0 for none
 * @also: another short form, 0 for none
 * @name: long form
 * @value: what its value is called, NULL for none
 * @about: what it does, without full stop
 * @words: values to be completed, separated by blanks; NULL for none, "FILE" for files
 */
struct manxctl_option {
	char letter, also;
	const char *name;
	const char *value;
	const char *about;
	const char *words;
};

const struct manxctl_option *manxctl_option(enum manxctl_option_id id);

/**
 * struct manxctl_command - a subcommand; instances are constant
 * @name: first word
 * @run: argv[0] is the name; returns an exit status
 * @summary: in the list of all
 * @synopsis: ways to call it without "manxctl ", a line each: capitals are values
 * @text: what it does, as sentences; an empty line ends a paragraph
 * @more: of help alone, as it is printed; NULL for nothing
 * @options: MANXCTL_HAS() of each
 * @words: what is completed behind it: "KIND" for kinds and then names; NULL for nothing
 */
struct manxctl_command {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *summary;
	const char *synopsis;
	const char *text;
	const char *more;
	uint64_t options;
	const char *words;
};

/* Ended by one without a name. */
extern const struct manxctl_command manxctl_commands[];
/* NULL if there is none. */
const struct manxctl_command *manxctl_find_command(const char *name);

/* The list of all commands; all of one. */
void manxctl_help(FILE *f);
void manxctl_help_command(FILE *f, const struct manxctl_command *command);

/*
 * What stands between the marks of that name in man/manxctl.8 ("synopsis", "commands",
 * "kinds") and packaging/completion/manxctl ("completion"); false if there is no
 * such part.
 */
bool manxctl_write_part(FILE *f, const char *part);

#endif /* MANXCTL_COMMAND_H */
