// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "conf.h"
#include "grow.h"
#include "manxctl.h"

#define TRIES 10

int manxctl_fail(const struct manx_error *err)
{
	fprintf(stderr, "manxctl: %s\n", err->text);
	return MANXCTL_FAILURE;
}

int manxctl_usage(const char *command, const char *fmt, ...)
{
	va_list ap;

	fputs("manxctl: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fprintf(stderr, "\nTry \"manxctl %s%s--help\".\n", command, *command ? " " : "");
	return MANXCTL_USAGE;
}

int manxctl_bad_option(const char *command, int c, char **argv)
{
	if (!strncmp(argv[optind - 1], "--context", 9) && (!argv[optind - 1][9] || argv[optind - 1][9] == '='))
		return manxctl_usage(command, "--context: manx keeps nothing in the Kubernetes API, so there is no context to choose; -c FILE names another datastore");
	if (c == ':')
		return manxctl_usage(command, "%s: its value is missing", argv[optind - 1]);
	if (optopt)
		return manxctl_usage(command, "-%c: unknown option", optopt);
	return manxctl_usage(command, "%s: unknown option", argv[optind - 1]);
}

bool manxctl_words_add(struct manxctl_words *words, const char *word)
{
	const char **grown = manx_more(words->word, words->n, sizeof(*grown));

	if (!grown)
		return false;
	words->word = grown;
	words->word[words->n++] = word;
	return true;
}

int manxctl_worse(int a, int b)
{
	return a ? a : b;
}

int manxctl_no_memory(void)
{
	fputs("manxctl: out of memory\n", stderr);
	return MANXCTL_FAILURE;
}

int manxctl_key(const struct manx_kind *kind, const char *ns, const char *name, char *buf,
		size_t size, struct manx_error *err)
{
	size_t n;

	if (!manx_kind_prefix(kind, ns, buf, size)) {
		n = strlen(buf);
		if (snprintf(buf + n, size - n, "%s", name) < (int)(size - n))
			return 0;
	}
	return manx_fail(err, -ENAMETOOLONG, "\"%.80s\": the name is too long", name);
}

static const char *config;

void manxctl_set_config(const char *path)
{
	config = path;
}

/* Never -ENOENT, which is for resources. */
static int find_store(const char *path, struct manx_error *err)
{
	const char *set = getenv("MANX_SQLITE");

	if (!access(path, F_OK) || errno != ENOENT)
		return 0;
	if (config)
		return manx_fail(err, -EIO, "%s: the datastore %s does not exist: apply a resource to make one there",
				 config, path);
	if (set && *set)
		return manx_fail(err, -EIO,
				 "MANX_SQLITE: %s does not exist: set it to the path of the datastore, or apply a resource to make one there",
				 path);
	return manx_fail(err, -EIO,
			 "%s does not exist: start manxd, apply a resource, or set MANX_SQLITE to the path of the datastore",
			 path);
}

int manxctl_open_store(struct manx_store **store, bool create)
{
	struct manx_error err = { 0 };
	struct manx_store_conf conf;
	int rc = config ? manx_store_conf_read_file(&conf, config, &err) : manx_store_conf_read(&conf, &err);

	if (!rc && !create && conf.type == MANX_STORE_SQLITE)
		rc = find_store(conf.sqlite, &err);
	if (!rc)
		rc = manx_store_open(store, &conf, &err);
	manx_store_conf_clear(&conf);
	if ((rc == -EACCES || rc == -EPERM) && geteuid())
		manx_error_prefix(&err, "needs root");
	return rc ? manxctl_fail(&err) : MANXCTL_OK;
}

const struct manx_kind *manxctl_find_kind(const char *command, const char *word)
{
	const struct manx_kind *kind = manx_kind_find(word);
	const char *near = kind ? NULL : manx_kind_suggest(word);

	if (near)
		manxctl_usage(command, "\"%s\": unknown kind: did you mean \"%s\"?", word, near);
	else if (!kind)
		manxctl_usage(command, "\"%s\": unknown kind: the help tells which there are", word);
	return kind;
}

void manxctl_report(const struct manx_resource *r, const char *what)
{
	char title[600];

	printf("%s %s\n", manx_resource_title(r, title, sizeof(title)), what);
}

int manxctl_retry(int (*fn)(void *ctx, struct manx_error *err), void *ctx,
		  struct manx_error *err)
{
	const struct timespec pause = { .tv_nsec = 100000000 };
	int rc = -EAGAIN;

	for (int i = 0; i < TRIES && rc == -EAGAIN; i++) {
		if (i)
			nanosleep(&pause, NULL);
		rc = fn(ctx, err);
	}
	return rc;
}

struct manxctl_tally manxctl_tally(const char *verb, const char *done,
				   const struct manx_resources *rs)
{
	struct manxctl_tally t = { .verb = verb, .done = done, .n = rs->n };

	t.kind = rs->n ? rs->r[0].kind : NULL;
	for (size_t i = 1; i < rs->n; i++)
		if (rs->r[i].kind != t.kind)
			t.kind = NULL;
	return t;
}

void manxctl_count(struct manxctl_tally *t, const struct manx_resource *r,
		   const struct manx_error *err)
{
	if (err)
		fprintf(stderr, "manxctl: Failed to %s '%s' resource: %s\n", t->verb, r->kind->kind, err->text);
	else
		t->n_done++;
}

int manxctl_sum(const struct manxctl_tally *t)
{
	const char *quote = t->kind ? "'" : "", *space = t->kind ? " " : "";
	const char *kind = t->kind ? t->kind->kind : "";

	if (t->n_done == t->n) {
		printf("Successfully %s %zu %s%s%s%sresource(s)\n", t->done, t->n, quote, kind, quote, space);
		return MANXCTL_OK;
	}
	/* where none was done, the errors have said so */
	if (t->n_done)
		printf("Partial success: %s %zu out of %zu %s%s%s%sresources\n", t->done, t->n_done, t->n, quote,
		       kind, quote, space);
	return MANXCTL_FAILURE;
}
