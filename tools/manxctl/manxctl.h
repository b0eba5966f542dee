/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the subcommands of manxctl share. Results go to standard output, all
 * that a person must know of trouble to standard error, as "manxctl: ...".
 */
#ifndef MANXCTL_H
#define MANXCTL_H

#include <stdbool.h>
#include <stddef.h>

#include "error.h"
#include "model.h"
#include "store.h"

/* Exit status, documented in manxctl(8). */
enum manxctl_exit {
	MANXCTL_OK = 0,
	MANXCTL_FAILURE = 1,
	MANXCTL_USAGE = 2,
};

/*
 * Subcommands, see command.h: argv[0] is their name, getopt has not been used yet.
 * They return an exit status. "--help" never gets here.
 */
int cmd_create(int argc, char **argv);
int cmd_apply(int argc, char **argv);
int cmd_replace(int argc, char **argv);
int cmd_delete(int argc, char **argv);
int cmd_get(int argc, char **argv);
int cmd_patch(int argc, char **argv);
int cmd_label(int argc, char **argv);
int cmd_validate(int argc, char **argv);
int cmd_ipam(int argc, char **argv);
int cmd_datastore(int argc, char **argv);
int cmd_status(int argc, char **argv);
int cmd_node(int argc, char **argv);
int cmd_dp(int argc, char **argv);
int cmd_version(int argc, char **argv);

/* An option that may be given several times. */
struct manxctl_words {
	const char **word;
	size_t n;
};
/* True if @word was added; it is not copied. Free words->word. */
bool manxctl_words_add(struct manxctl_words *words, const char *word);

/* Print what went wrong; MANXCTL_FAILURE. */
int manxctl_fail(const struct manx_error *err);
/* Print what is wrong with the command line, and where its help is; MANXCTL_USAGE. */
int manxctl_usage(const char *command, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/*
 * The same for what getopt_long() did not take: @c is what it returned, '?' or
 * ':'. The string of options must begin with ':'.
 */
int manxctl_bad_option(const char *command, int c, char **argv);
/* MANXCTL_FAILURE */
int manxctl_no_memory(void);
/* The worse of two exit statuses: the first that is not MANXCTL_OK. */
int manxctl_worse(int a, int b);

/* What the next datastore to be opened is read from; NULL: as manxd does. Not copied. */
void manxctl_set_config(const char *path);
/*
 * Open the datastore, or say why not; an exit status. Without @create one that is
 * not there is not made: who only looks, or has mistyped its path, changes nothing.
 */
int manxctl_open_store(struct manx_store **store, bool create);

/* Key of a resource that is no WorkloadEndpoint; @ns: NULL for global kinds. */
int manxctl_key(const struct manx_kind *kind, const char *ns, const char *name, char *buf,
		size_t size, struct manx_error *err);

/* The kind that @word means; NULL after saying what it could be. */
const struct manx_kind *manxctl_find_kind(const char *command, const char *word);

/*
 * All of a file, "-" for standard input, with a NUL behind its *len octets;
 * *text is the caller's, also on failure. -EIO (never -ENOENT, which is for
 * resources), -EFBIG, -ENOMEM; @err names the file.
 */
int manxctl_read_file(const char *file, char **text, size_t *len, struct manx_error *err);

struct manxctl_args;

/*
 * Read and check the files of @args, "-" for standard input, of directories those
 * that end in .yaml, .yml or .json; all or nothing; an exit status. Warnings are
 * printed if @warnings. Free with manx_resources_clear().
 */
int manxctl_read_files(const struct manxctl_args *args, bool warnings, struct manx_resources *out);

/* "IPPool(my-ippool) created" */
void manxctl_report(const struct manx_resource *r, const char *what);

/**
 * struct manxctl_tally - what became of many resources
 * @verb: "apply"
 * @done: "applied"
 * @n: how many there are, @n_done: were done, or needed nothing
 * @kind: of all of them, NULL if they are of several
 */
struct manxctl_tally {
	const char *verb, *done;
	size_t n, n_done;
	const struct manx_kind *kind;
};
/* Begin for the resources of @rs. */
struct manxctl_tally manxctl_tally(const char *verb, const char *done,
				   const struct manx_resources *rs);
/*
 * One is over: @err NULL if it succeeded; else it is printed.
 */
void manxctl_count(struct manxctl_tally *t, const struct manx_resource *r,
		   const struct manx_error *err);
/* Print what became of all, in calicoctl's words; an exit status. */
int manxctl_sum(const struct manxctl_tally *t);

/*
 * Call @fn until it returns something else than -EAGAIN, some ten times in a
 * second at most.
 */
int manxctl_retry(int (*fn)(void *ctx, struct manx_error *err), void *ctx,
		  struct manx_error *err);

#endif /* MANXCTL_H */
