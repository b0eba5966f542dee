/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Command lines of the commands that are about resources, read by the table.
 */
#ifndef MANXCTL_ARGS_H
#define MANXCTL_ARGS_H

#include "command.h"
#include "manxctl.h"

/**
 * struct manxctl_args - a command line
 * @files: -f, or --from-report
 * @given: MANXCTL_HAS() of each option that was given
 * @value: the last value of each option, NULL without
 * @ns: -n, "default" without
 * @words: what is no option, NULL-terminated; in argv
 * @n_words: their number
 */
struct manxctl_args {
	struct manxctl_words files;
	uint64_t given;
	const char *value[MANXCTL_OPTIONS];
	const char *ns;
	char **words;
	int n_words;
};

/*
 * Options that calicoctl has before its command, from argv[1] on, and that change nothing
 * here: how many words they are. -1 after saying what cannot be.
 */
int manxctl_args_before(int argc, char **argv);

/* An exit status; on MANXCTL_OK free with manxctl_args_clear(). */
int manxctl_args_read(int argc, char **argv, struct manxctl_args *args);
void manxctl_args_clear(struct manxctl_args *args);

/*
 * For who takes nothing but files: read them, with warnings; an exit status. Free
 * with manx_resources_clear().
 */
int manxctl_args_files(const char *command, const struct manxctl_args *args,
		       struct manx_resources *rs);

/* KIND and what follows it: the kind, or NULL after saying what is wrong. */
const struct manx_kind *manxctl_args_kind(const char *command, const struct manxctl_args *args);

#endif /* MANXCTL_ARGS_H */
