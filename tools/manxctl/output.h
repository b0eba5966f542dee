/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The option -o of commands that print a table or JSON.
 */
#ifndef MANXCTL_OUTPUT_H
#define MANXCTL_OUTPUT_H

#include <stdbool.h>

/*
 * Read -o; the other words are left in argv from optind. False after saying
 * what is wrong. *json stays what it is without -o.
 */
bool manxctl_output(const char *command, int argc, char **argv, bool *json);

/* The value of -o; false after saying what is wrong. */
bool manxctl_output_form(const char *command, const char *word, bool *json);

#endif /* MANXCTL_OUTPUT_H */
