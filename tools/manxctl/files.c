// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "grow.h"
#include "manxctl.h"

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

static int read_resources(const char *file, bool warnings, struct manx_resources *out,
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
	if (!rs.n)
		rc = manx_fail(err, -EINVAL, "%s: no resource in it", name);
	else if (append(out, &rs))
		rc = manx_fail(err, -ENOMEM, "out of memory");
	manx_resources_clear(&rs);
	return rc;
}

int manxctl_read_files(const struct manxctl_words *files, bool warnings,
		       struct manx_resources *out)
{
	int status = MANXCTL_OK;

	*out = (struct manx_resources){ 0 };
	for (size_t i = 0; i < files->n; i++) {
		struct manx_error err = { 0 };

		if (read_resources(files->word[i], warnings, out, &err))
			status = manxctl_worse(status, manxctl_fail(&err));
	}
	if (status)
		manx_resources_clear(out);
	return status;
}
