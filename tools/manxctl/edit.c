// SPDX-License-Identifier: GPL-2.0-only
#include "edit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "lookup.h"
#include "write.h"

/* What is read again is one line, so it has no file and no line to be named. */
#define SOURCE "patch"

/**
 * struct edit - an edit under way
 * @said: warnings that the resource gave before it was changed
 */
struct edit {
	struct manx_store *store;
	const struct manx_kind *kind;
	const char *ns, *name;
	manxctl_edit_fn fn;
	void *ctx;
	bool changed;
	struct manxctl_words said;
};

static void remember(void *ctx, const char *text)
{
	struct edit *e = ctx;
	char *copy = strdup(text);

	if (copy && !manxctl_words_add(&e->said, copy))
		free(copy);
}

static void warn(void *ctx, const char *text)
{
	const struct edit *e = ctx;

	for (size_t i = 0; i < e->said.n; i++)
		if (!strcmp(e->said.word[i], text))
			return;
	fprintf(stderr, "manxctl: warning: %s\n", text);
}

static void forget(struct edit *e)
{
	for (size_t i = 0; i < e->said.n; i++)
		free((char *)e->said.word[i]);
	free(e->said.word);
	e->said = (struct manxctl_words){ 0 };
}

static int reread(const cJSON *json, void (*fn)(void *ctx, const char *text), struct edit *e,
		  struct manx_resources *out, struct manx_error *err)
{
	char *text = manx_json_print(json, false);
	int rc;

	if (!text)
		return manx_fail(err, -ENOMEM, "out of memory");
	rc = manx_resources_parse(text, strlen(text), SOURCE, out, fn, e, err);
	free(text);
	return rc;
}

static int same_resource(const struct manx_resource *old, const struct manx_resources *new_,
			 struct manx_error *err)
{
	const struct manx_resource *r = new_->r;
	char title[600];

	if (new_->n == 1 && r->kind == old->kind && !strcmp(r->name, old->name) &&
	    (!r->ns || !strcmp(r->ns, old->ns)))
		return 0;
	return manx_fail(err, -EINVAL, "%s: kind, name and namespace cannot change: create another",
			 manx_resource_title(old, title, sizeof(title)));
}

/* Apply the edit to @old, which stands at @kv, and write what comes out. */
static int write_edited(struct edit *e, const struct manx_resource *old, const struct manx_kv *kv,
			struct manx_error *err)
{
	struct manx_resources before = { 0 }, after = { 0 };
	cJSON *json = cJSON_Duplicate(old->json, true);
	int rc = json ? e->fn(json, e->ctx, err) : manx_fail(err, -ENOMEM, "out of memory");

	if (!rc)
		rc = reread(old->json, remember, e, &before, err);
	if (!rc)
		rc = reread(json, warn, e, &after, err);
	cJSON_Delete(json);
	if (!rc)
		rc = same_resource(old, &after, err);
	if (!rc)
		rc = manxctl_check_version(&after.r[0], kv->mod_rev, err);
	e->changed = !rc && !cJSON_Compare(old->json, after.r[0].json, true);
	if (!rc && e->changed)
		rc = manxctl_overwrite(e->store, old, kv, &after.r[0], err);
	manx_resources_clear(&before);
	manx_resources_clear(&after);
	return rc;
}

static int edit_once(void *ctx, struct manx_error *err)
{
	struct edit *e = ctx;
	struct manx_resource old;
	struct manx_kv kv;
	int rc;

	if (e->kind->read_only)
		return manx_fail(err, -EPERM, "%s(%s): is only shown, nobody writes it", e->kind->kind, e->name);
	rc = manxctl_lookup(e->store, e->kind, e->ns, e->name, &old, &kv, err);
	if (rc)
		return rc;
	rc = write_edited(e, &old, &kv, err);
	manx_resource_clear(&old);
	manx_kv_clear(&kv);
	return rc;
}

int manxctl_edit(const struct manxctl_args *args, const struct manx_kind *kind,
		 manxctl_edit_fn edit, void *ctx, bool *changed, struct manx_error *err)
{
	struct edit e = {
		.kind = kind, .ns = args->ns, .name = args->words[1], .fn = edit, .ctx = ctx,
	};
	int rc;

	/* what it says it has printed already */
	if (manxctl_open_store(&e.store, false)) {
		err->code = 0;
		return -EIO;
	}
	rc = manxctl_retry(edit_once, &e, err);
	*changed = e.changed;
	forget(&e);
	manx_store_close(e.store);
	return rc;
}

int manxctl_edit_args(int argc, char **argv, struct manxctl_args *args,
		      const struct manx_kind **kind)
{
	int status = manxctl_args_read(argc, argv, args);

	if (status)
		return status;
	*kind = manxctl_args_kind(argv[0], args);
	if (!*kind)
		status = MANXCTL_USAGE;
	else if (args->n_words < 2)
		status = manxctl_usage(argv[0], "name of the %s is missing", (*kind)->kind);
	else if (!manx_name_is_valid(args->words[1]))
		status = manxctl_usage(argv[0], "\"%s\" is no name of a resource", args->words[1]);
	if (status)
		manxctl_args_clear(args);
	return status;
}
