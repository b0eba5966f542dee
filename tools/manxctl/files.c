// SPDX-License-Identifier: GPL-2.0-only
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "args.h"
#include "grow.h"

/* Far beyond what a person writes: a dump of some hundred thousand endpoints. */
#define FILE_SIZE_MAX (256u << 20)

/* Doubling, with room for the NUL. */
static int read_stream(FILE *f, char **text, size_t *len)
{
	size_t size = 0, got;

	do {
		if (size - *len < BUFSIZ) {
			char *grown = realloc(*text, size = size ? 2 * size : 16 * BUFSIZ);

			if (!grown)
				return -ENOMEM;
			*text = grown;
		}
		got = fread(*text + *len, 1, size - *len - 1, f);
		*len += got;
		if (*len > FILE_SIZE_MAX)
			return -EFBIG;
	} while (got);
	(*text)[*len] = '\0';
	return ferror(f) ? -EIO : 0;
}

static bool is_standard(const char *file)
{
	return !strcmp(file, "-");
}

int manxctl_read_file(const char *file, char **text, size_t *len, struct manx_error *err)
{
	const char *name = is_standard(file) ? "standard input" : file;
	FILE *f = is_standard(file) ? stdin : fopen(file, "re");
	int rc;

	*text = NULL;
	*len = 0;
	if (!f)
		return manx_fail(err, -EIO, "%s: %s", name, strerror(errno));
	errno = 0;
	rc = read_stream(f, text, len);
	if (rc)
		manx_fail(err, rc, "%s: %s", name, strerror(rc == -EIO && errno ? errno : -rc));
	if (f != stdin)
		fclose(f);
	return rc;
}

static void warn(void *ctx, const char *text)
{
	(void)ctx;
	fprintf(stderr, "manxctl: warning: %s\n", text);
}

static int append(struct manx_resources *to, struct manx_resources *from)
{
	for (size_t i = 0; i < from->n; i++) {
		struct manx_resource *grown = manx_more(to->r, to->n, sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		to->r = grown;
		to->r[to->n++] = from->r[i];
		/* taken: the other must not free it, too */
		from->r[i].json = NULL;
	}
	return 0;
}

static int read_one(const char *file, bool warnings, struct manx_resources *out,
		    struct manx_error *err)
{
	const char *name = is_standard(file) ? "<stdin>" : file;
	struct manx_resources rs = { 0 };
	char *text;
	size_t len = 0;
	int rc = manxctl_read_file(file, &text, &len, err);

	if (!rc)
		rc = manx_resources_parse(text, len, name, &rs, warnings ? warn : NULL, NULL, err);
	free(text);
	if (rc)
		return rc;
	if (append(out, &rs))
		rc = manx_fail(err, -ENOMEM, "out of memory");
	manx_resources_clear(&rs);
	return rc;
}

static bool is_resource_file(const struct dirent *entry)
{
	const char *dot = strrchr(entry->d_name, '.');

	return entry->d_name[0] != '.' && dot &&
	       (!strcmp(dot, ".yaml") || !strcmp(dot, ".yml") || !strcmp(dot, ".json"));
}

static bool is_directory(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISDIR(st.st_mode);
}

/**
 * struct reading - the files of a command line
 * @depth: of directories that are being read: links may make a circle
 */
struct reading {
	const struct manxctl_args *args;
	bool warnings;
	struct manx_resources *out;
	int depth;
};

#define DEPTH_MAX 32

static int read_path(struct reading *r, const char *path, struct manx_error *err);

static int read_entry(struct reading *r, const char *directory, const struct dirent *entry,
		      struct manx_error *err)
{
	char *path;
	int rc = 0;

	if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
		return 0;
	if (asprintf(&path, "%s/%s", directory, entry->d_name) < 0)
		return manx_fail(err, -ENOMEM, "out of memory");
	if (is_directory(path) ? r->args->given & MANXCTL_HAS(RECURSIVE) : is_resource_file(entry))
		rc = read_path(r, path, err);
	free(path);
	return rc;
}

static int read_directory(struct reading *r, const char *path, struct manx_error *err)
{
	struct dirent **entry;
	int n, rc = 0;

	if (r->depth == DEPTH_MAX)
		return manx_fail(err, -ELOOP, "%s: more than %d directories deep", path, DEPTH_MAX);
	n = scandir(path, &entry, NULL, alphasort);
	if (n < 0)
		return manx_fail(err, -EIO, "%s: %s", path, strerror(errno));
	r->depth++;
	for (int i = 0; i < n; i++) {
		if (!rc)
			rc = read_entry(r, path, entry[i], err);
		free(entry[i]);
	}
	r->depth--;
	free(entry);
	return rc;
}

static int read_path(struct reading *r, const char *path, struct manx_error *err)
{
	size_t before = r->out->n;
	bool directory = !is_standard(path) && is_directory(path);
	int rc = directory ? read_directory(r, path, err) :
			     read_one(path, r->warnings, r->out, err);

	/* within a directory one file may be empty */
	if (!rc && r->out->n == before && !r->depth && !(r->args->given & MANXCTL_HAS(SKIP_EMPTY)))
		return manx_fail(err, -EINVAL, "%s: no resource in it", is_standard(path) ? "<stdin>" : path);
	return rc;
}

/* -n is for those that do not say where they lie. */
static int set_namespaces(const struct manxctl_args *args, struct manx_resources *rs)
{
	for (size_t i = 0; args->given & MANXCTL_HAS(NAMESPACE) && i < rs->n; i++)
		if (rs->r[i].ns_is_default && manx_resource_set_namespace(&rs->r[i], args->ns))
			return manxctl_no_memory();
	return MANXCTL_OK;
}

int manxctl_read_files(const struct manxctl_args *args, bool warnings, struct manx_resources *out)
{
	struct reading r = { .args = args, .warnings = warnings, .out = out };
	int status = MANXCTL_OK;

	*out = (struct manx_resources){ 0 };
	for (size_t i = 0; i < args->files.n; i++) {
		struct manx_error err = { 0 };

		if (read_path(&r, args->files.word[i], &err))
			status = manxctl_worse(status, manxctl_fail(&err));
	}
	if (!status)
		status = set_namespaces(args, out);
	if (status)
		manx_resources_clear(out);
	return status;
}
