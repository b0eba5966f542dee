// SPDX-License-Identifier: GPL-2.0-only
/* manxctl label: set and remove labels of a resource. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "edit.h"
#include "schema.h"

enum action { SET, UPDATE, REMOVE };

/**
 * struct labelling - what is asked for
 * @action: what became of each word
 */
struct labelling {
	const struct manxctl_args *args;
	enum action *action;
};

/* Length of the key that @word begins with; *value: behind '=', NULL to remove it. */
static size_t split(const struct manxctl_args *args, const char *word, const char **value)
{
	size_t n = strcspn(word, "=");

	*value = word[n] ? word + n + 1 : NULL;
	if (!*value && n && word[n - 1] == '-' && !(args->given & MANXCTL_HAS(REMOVE)))
		n--;
	return n;
}

static cJSON *labels_of(cJSON *json)
{
	cJSON *metadata = cJSON_GetObjectItemCaseSensitive(json, "metadata");
	cJSON *labels = cJSON_GetObjectItemCaseSensitive(metadata, "labels");

	return labels ? labels : cJSON_AddObjectToObject(metadata, "labels");
}

static int set(cJSON *labels, const char *key, const char *value, bool overwrite,
	       enum action *action, struct manx_error *err)
{
	const char *old = manx_field_text(labels, key);

	*action = old ? UPDATE : SET;
	if (old && strcmp(old, value) && !overwrite)
		return manx_fail(err, -EEXIST, "key %s is already present with the value \"%s\": use --overwrite to set a new one",
				 key, old);
	cJSON_DeleteItemFromObjectCaseSensitive(labels, key);
	return cJSON_AddStringToObject(labels, key, value) ? 0 : manx_fail(err, -ENOMEM, "out of memory");
}

static int change_one(const struct labelling *l, cJSON *labels, size_t i, struct manx_error *err)
{
	const char *word = l->args->words[2 + i], *value;
	bool overwrite = l->args->given & MANXCTL_HAS(OVERWRITE);
	size_t n = split(l->args, word, &value);
	char *key = strndup(word, n);
	int rc = 0;

	if (!key)
		return manx_fail(err, -ENOMEM, "out of memory");
	if (value) {
		rc = set(labels, key, value, overwrite, &l->action[i], err);
	} else {
		l->action[i] = REMOVE;
		if (!manx_field_at(labels, key))
			rc = manx_fail(err, -ENOENT, "key %s does not exist", key);
		cJSON_DeleteItemFromObjectCaseSensitive(labels, key);
	}
	free(key);
	return rc;
}

static int change(cJSON *json, void *ctx, struct manx_error *err)
{
	const struct labelling *l = ctx;
	cJSON *labels = labels_of(json);
	int rc = labels ? 0 : manx_fail(err, -ENOMEM, "out of memory");

	for (int i = 0; !rc && i + 2 < l->args->n_words; i++)
		rc = change_one(l, labels, (size_t)i, err);
	if (!rc && !labels->child)
		cJSON_DeleteItemFromObjectCaseSensitive(cJSON_GetObjectItemCaseSensitive(json, "metadata"), "labels");
	return rc;
}

static void report(const struct labelling *l)
{
	static const char *const words[] = { [SET] = "set", [UPDATE] = "updated", [REMOVE] = "removed" };
	char *const *word = l->args->words;

	for (int i = 2; i < l->args->n_words; i++) {
		const char *value;
		int n = (int)split(l->args, word[i], &value);

		printf("Successfully %s label %.*s %s %s %s\n", words[l->action[i - 2]], n, word[i],
		       l->action[i - 2] == REMOVE ? "from" : "on", word[0], word[1]);
	}
}

/* Each word is KEY=VALUE, or KEY- or, with --remove, KEY. */
static int check(const struct manxctl_args *args)
{
	bool remove = args->given & MANXCTL_HAS(REMOVE);

	if (args->n_words < 3)
		return manxctl_usage("label", remove ? "KEY is missing" : "KEY=VALUE is missing");
	for (int i = 2; i < args->n_words; i++) {
		const char *value, *word = args->words[i];
		size_t n = split(args, word, &value);

		if (!n || (remove && value) || (!remove && !value && !word[n]))
			return manxctl_usage("label", "\"%s\": expected %s", word, remove ? "KEY" : "KEY=VALUE or KEY-");
	}
	return MANXCTL_OK;
}

static int run(const struct manxctl_args *args, const struct manx_kind *kind)
{
	struct labelling l = {
		.args = args, .action = calloc((size_t)args->n_words, sizeof(*l.action)),
	};
	struct manx_error err = { 0 };
	bool changed = false;
	int rc, status = MANXCTL_OK;

	if (!l.action)
		return manxctl_no_memory();
	rc = manxctl_edit(args, kind, change, &l, &changed, &err);
	if (!rc) {
		report(&l);
	} else {
		if (err.code)
			manx_error_prefix(&err, "failed to update label of %s %s", args->words[0], args->words[1]);
		status = err.code ? manxctl_fail(&err) : MANXCTL_FAILURE;
	}
	free(l.action);
	return status;
}

int cmd_label(int argc, char **argv)
{
	struct manxctl_args args;
	const struct manx_kind *kind;
	int status = manxctl_edit_args(argc, argv, &args, &kind);

	if (status)
		return status;
	status = check(&args);
	if (!status)
		status = run(&args, kind);
	manxctl_args_clear(&args);
	return status;
}
