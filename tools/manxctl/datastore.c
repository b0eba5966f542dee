// SPDX-License-Identifier: GPL-2.0-only
/* manxctl datastore: all of it to a file and back, its lock, roles for etcd. */
#include "datastore.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "args.h"
#include "etcd_roles.h"
#include "progress.h"

static int export_to(struct manx_store *store, FILE *out, size_t *n)
{
	struct manx_error err = { 0 };
	int rc = manx_datastore_export(store, out, manxctl_progress, n, &err);

	manxctl_progress_end();
	return rc ? manxctl_fail(&err) : MANXCTL_OK;
}

/* Of @file, which only we may read: it may hold secrets of BGP peers. */
static int export_file(struct manx_store *store, const char *file)
{
	int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	FILE *out = fd < 0 ? NULL : fdopen(fd, "w");
	int status;
	size_t n;

	if (!out) {
		fprintf(stderr, "manxctl: %s: %s\n", file, strerror(errno));
		return MANXCTL_FAILURE;
	}
	status = export_to(store, out, &n);
	if (!status && fsync(fd) && errno != EINVAL && errno != EROFS) {
		fprintf(stderr, "manxctl: %s: %s\n", file, strerror(errno));
		status = MANXCTL_FAILURE;
	}
	fclose(out);
	if (!status)
		printf("Successfully exported %zu records to %s\n", n, file);
	return status;
}

static int export(const struct manxctl_args *args)
{
	const char *file = args->value[MANXCTL_EXPORT_FILE];
	struct manx_store *store;
	int status = manxctl_open_store(&store, false);
	size_t n;

	if (status)
		return status;
	if (file && strcmp(file, "-"))
		status = export_file(store, file);
	else
		status = export_to(store, stdout, &n);
	manx_store_close(store);
	return status;
}

/* What can be read only once, as a file. NULL with errno. */
static FILE *copy(FILE *in)
{
	char buf[1 << 16];
	FILE *out = tmpfile();
	size_t n;

	while (out && (n = fread(buf, 1, sizeof(buf), in)) > 0) {
		if (fwrite(buf, 1, n, out) == n)
			continue;
		fclose(out);
		out = NULL;
	}
	if (out && (ferror(in) || fflush(out))) {
		fclose(out);
		out = NULL;
	}
	if (out)
		rewind(out);
	return out;
}

static FILE *open_input(const char *file)
{
	FILE *in = strcmp(file, "-") ? fopen(file, "re") : stdin, *other;

	if (!in || ftello(in) >= 0)
		return in;
	other = copy(in);
	if (in != stdin)
		fclose(in);
	return other;
}

static int import_from(const char *file, FILE *in)
{
	struct manx_error err = { 0 };
	struct manx_store *store;
	int rc, status = manxctl_open_store(&store, true);
	size_t n;

	if (status)
		return status;
	rc = manx_datastore_import(store, in, manxctl_progress, &n, &err);
	manxctl_progress_end();
	if (!rc) {
		printf("Successfully imported %zu records\n", n);
	} else {
		if (rc == -EBADMSG || rc == -EPROTO)
			manx_error_prefix(&err, "%s", file);
		status = manxctl_fail(&err);
	}
	manx_store_close(store);
	return status;
}

static int discard(void)
{
	struct manx_error err = { 0 };
	struct manx_store *store;
	int rc, status = manxctl_open_store(&store, false);

	if (status)
		return status;
	rc = manx_datastore_discard(store, manxctl_progress, &err);
	manxctl_progress_end();
	if (rc)
		status = manxctl_fail(&err);
	else
		puts("Successfully discarded what was imported");
	manx_store_close(store);
	return status;
}

static int import(const struct manxctl_args *args)
{
	const char *file = args->value[MANXCTL_EXPORT_FILE];
	bool discards = args->given & MANXCTL_HAS(DISCARD);
	int status;
	FILE *in;

	if (!file == !discards)
		return manxctl_usage("datastore", "import needs either -f FILE or --discard");
	if (discards)
		return discard();
	in = open_input(file);
	if (!in) {
		fprintf(stderr, "manxctl: %s: %s\n", file, strerror(errno));
		return MANXCTL_FAILURE;
	}
	status = import_from(file, in);
	if (in != stdin)
		fclose(in);
	return status;
}

static int change_lock(bool locks)
{
	struct manx_error err = { 0 };
	struct manx_store *store;
	int rc, status = manxctl_open_store(&store, false);

	if (status)
		return status;
	rc = locks ? manx_datastore_lock(store, &err) : manx_datastore_unlock(store, &err);
	if (rc < 0)
		status = manxctl_fail(&err);
	else
		printf(rc ? "Datastore %slocked\n" : "Datastore was %slocked already\n", locks ? "" : "un");
	manx_store_close(store);
	return status;
}

static int lock(const struct manxctl_args *args)
{
	(void)args;
	return change_lock(true);
}

static int unlock(const struct manxctl_args *args)
{
	(void)args;
	return change_lock(false);
}

static int roles(const struct manxctl_args *args)
{
	const char *node = args->value[MANXCTL_NODE];

	if (node && !manx_name_is_valid(node))
		return manxctl_usage("datastore", "\"%s\" is no name of a node", node);
	manx_etcd_roles(stdout, node);
	return MANXCTL_OK;
}

static const struct {
	const char *name;
	int (*run)(const struct manxctl_args *args);
	uint64_t options;
} commands[] = {
	{ "export", export, MANXCTL_HAS(EXPORT_FILE) },
	{ "import", import, MANXCTL_HAS(EXPORT_FILE) | MANXCTL_HAS(DISCARD) },
	{ "lock", lock, 0 },
	{ "unlock", unlock, 0 },
	{ "roles", roles, MANXCTL_HAS(NODE) },
};

static int refuse_option(const char *name, uint64_t more)
{
	int id = 0;

	while (!(more & 1ull << id))
		id++;
	return manxctl_usage("datastore", "%s knows no option --%s", name,
			     manxctl_option((enum manxctl_option_id)id)->name);
}

static int run(const struct manxctl_args *args)
{
	/* calicoctl has this word between the two */
	bool migrates = args->n_words && !strcmp(args->words[0], "migrate");
	const char *name = args->n_words > migrates ? args->words[migrates] : "";
	uint64_t more;

	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(name, commands[i].name))
			continue;
		if (args->n_words > migrates + 1)
			return manxctl_usage("datastore", "\"%s\" is one word too many",
					     args->words[migrates + 1]);
		more = args->given & ~(commands[i].options | MANXCTL_HAS(CONFIG));
		if (more)
			return refuse_option(name, more);
		return commands[i].run(args);
	}
	return manxctl_usage("datastore", "expected export, import, lock, unlock or roles");
}

int cmd_datastore(int argc, char **argv)
{
	struct manxctl_args args;
	int status = manxctl_args_read(argc, argv, &args);

	if (status)
		return status;
	status = run(&args);
	manxctl_args_clear(&args);
	return status;
}
