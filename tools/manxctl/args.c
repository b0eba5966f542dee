// SPDX-License-Identifier: GPL-2.0-only
#include "args.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

/* getopt's value of an option without a letter */
#define LONG_ONLY 256

/* Of calicoctl's that changes nothing here: no version is compared. */
#define IGNORED (LONG_ONLY + MANXCTL_OPTIONS)

/* Tables for getopt, for the options of @c. */
static void make_tables(const struct manxctl_command *c, char letters[3 * MANXCTL_OPTIONS + 2],
			struct option longs[MANXCTL_OPTIONS + 2])
{
	size_t n = 0;

	*letters++ = ':';
	for (int id = 0; id < MANXCTL_OPTIONS; id++) {
		const struct manxctl_option *o = manxctl_option((enum manxctl_option_id)id);

		if (!(c->options & 1ull << id))
			continue;
		longs[n++] = (struct option){
			o->name, o->value ? required_argument : no_argument, NULL, LONG_ONLY + id,
		};
		if (o->letter)
			*letters++ = o->letter;
		if (o->letter && o->value)
			*letters++ = ':';
		if (o->also)
			*letters++ = o->also;
	}
	*letters = '\0';
	longs[n++] = (struct option){ "allow-version-mismatch", no_argument, NULL, IGNORED };
	longs[n] = (struct option){ 0 };
}

/* The option of @command that getopt's @c stands for, -1 for none. */
static int option_of(const struct manxctl_command *command, int c)
{
	if (c >= LONG_ONLY)
		return c - LONG_ONLY;
	for (int id = 0; id < MANXCTL_OPTIONS; id++) {
		const struct manxctl_option *o = manxctl_option((enum manxctl_option_id)id);

		if (command->options & 1ull << id && (c == o->letter || c == o->also))
			return id;
	}
	return -1;
}

static int take(struct manxctl_args *args, int id)
{
	args->given |= 1ull << id;
	args->value[id] = optarg;
	if (id == MANXCTL_NAMESPACE)
		args->ns = optarg;
	if (id == MANXCTL_CONFIG)
		manxctl_set_config(optarg);
	if ((id == MANXCTL_FILE || id == MANXCTL_FROM_REPORT) &&
	    !manxctl_words_add(&args->files, optarg))
		return manxctl_no_memory();
	return MANXCTL_OK;
}

int manxctl_args_before(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "allow-version-mismatch", no_argument, NULL, IGNORED },
		{ "log-level", required_argument, NULL, 'l' }, { 0 },
	};
	int c, words;

	/* the rest is the command's */
	opterr = 0;
	optind = 0;
	while (argc > 1 && (c = getopt_long(argc, argv, "+:l:", longs, NULL)) != -1) {
		if (c != 'l' && c != IGNORED) {
			manxctl_bad_option("", c, argv);
			return -1;
		}
	}
	words = optind > 1 ? optind - 1 : 0;
	/* getopt shall forget the "+": a command's options may stand behind its words */
	optind = 0;
	return words;
}

int manxctl_args_read(int argc, char **argv, struct manxctl_args *args)
{
	const struct manxctl_command *command = manxctl_find_command(argv[0]);
	char letters[3 * MANXCTL_OPTIONS + 2];
	struct option longs[MANXCTL_OPTIONS + 2];
	int c, status = MANXCTL_OK;

	*args = (struct manxctl_args){ .ns = "default" };
	manxctl_set_config(NULL);
	make_tables(command, letters, longs);
	opterr = 0;
	optind = 0;
	while (!status && (c = getopt_long(argc, argv, letters, longs, NULL)) != -1) {
		int id;

		if (c == IGNORED)
			continue;
		id = c == ':' || c == '?' ? -1 : option_of(command, c);

		status = id < 0 ? manxctl_bad_option(argv[0], c, argv) : take(args, id);
	}
	args->words = argv + optind;
	args->n_words = argc - optind;
	if (!status && !manx_name_is_valid(args->ns))
		status = manxctl_usage(argv[0], "\"%s\" is no name of a namespace", args->ns);
	if (status)
		manxctl_args_clear(args);
	return status;
}

void manxctl_args_clear(struct manxctl_args *args)
{
	free(args->files.word);
	args->files = (struct manxctl_words){ 0 };
}

int manxctl_args_files(const char *command, const struct manxctl_args *args,
		       struct manx_resources *rs)
{
	*rs = (struct manx_resources){ 0 };
	if (args->n_words)
		return manxctl_usage(command, "\"%s\": files are named by -f", args->words[0]);
	if (!args->files.n)
		return manxctl_usage(command, "-f FILE is missing");
	return manxctl_read_files(args, true, rs);
}

const struct manx_kind *manxctl_args_kind(const char *command, const struct manxctl_args *args)
{
	if (args->n_words)
		return manxctl_find_kind(command, args->words[0]);
	manxctl_usage(command, "KIND is missing");
	return NULL;
}
