// SPDX-License-Identifier: GPL-2.0-only
/* manxctl: the operator's tool. One subcommand a file; commands.c has their table. */
#include <stdio.h>
#include <string.h>

#include "args.h"
#include "command.h"
#include "manual.h"
#include "manxctl.h"
#include "suggest.h"

static int unknown(const char *name)
{
	struct manx_suggest near = manx_suggest_begin(name);

	for (const struct manxctl_command *c = manxctl_commands; c->name; c++)
		manx_suggest_offer(&near, c->name);
	if (near.best)
		return manxctl_usage("", "\"%s\": unknown command: did you mean \"%s\"?", name, near.best);
	return manxctl_usage("", "\"%s\": unknown command", name);
}

static bool is_help(const char *word)
{
	return !strcmp(word, "--help") || !strcmp(word, "-h");
}

static int run(int argc, char **argv)
{
	const struct manxctl_command *command = manxctl_find_command(argv[0]);

	if (!command)
		return unknown(argv[0]);
	for (int i = 1; i < argc && strcmp(argv[i], "--"); i++) {
		if (is_help(argv[i])) {
			manxctl_help_command(stdout, command);
			return MANXCTL_OK;
		}
	}
	return command->run(argc, argv);
}

/* For "make manual"; no word of a user's. */
static int write_part(const char *part)
{
	if (manxctl_write_part(stdout, part))
		return MANXCTL_OK;
	if (strcmp(part, "resources"))
		return unknown(part);
	manx_manual_resources(stdout);
	return MANXCTL_OK;
}

int main(int argc, char **argv)
{
	int status = MANXCTL_OK, before = 0;

	if (argc > 1 && !is_help(argv[1]) && strcmp(argv[1], "--version") && strcmp(argv[1], "--write-part"))
		before = manxctl_args_before(argc, argv);
	if (before < 0)
		return MANXCTL_USAGE;
	argc -= before;
	argv += before;
	if (argc < 2)
		return manxctl_usage("", "a command is missing");
	if (is_help(argv[1]) || !strcmp(argv[1], "help"))
		manxctl_help(stdout);
	else if (!strcmp(argv[1], "--write-part") && argc == 3)
		status = write_part(argv[2]);
	else if (!strcmp(argv[1], "--version"))
		status = cmd_version(1, argv + 1);
	else
		status = run(argc - 1, argv + 1);
	/* a full disk or closed pipe must not pass for success */
	if ((fflush(stdout) || ferror(stdout)) && !status) {
		perror("manxctl: output");
		status = MANXCTL_FAILURE;
	}
	return status;
}
