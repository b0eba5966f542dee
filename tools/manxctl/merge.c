// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>

#include "edit.h"
#include "schema.h"

#define DIRECTIVE "$patch"

/* What @patch, an object, says of itself: "merge" without words. */
static const char *directive(const cJSON *patch)
{
	const char *word = manx_field_text(patch, DIRECTIVE);

	return word ? word : "merge";
}

static int check(const cJSON *patch, struct manx_error *err)
{
	static const char *const known[] = { "merge", "replace", "delete" };
	const char *word = directive(patch);
	const cJSON *item;
	size_t i = 0;

	while (i < 3 && strcmp(word, known[i]))
		i++;
	if (i == 3)
		return manx_fail(err, -EINVAL, "patch: " DIRECTIVE ": \"%.80s\": allowed are merge, replace, delete", word);
	cJSON_ArrayForEach(item, patch)
		if (item->string[0] == '$' && strcmp(item->string, DIRECTIVE))
			return manx_fail(err, -EINVAL, "patch: \"%.80s\" is not supported: give the whole list", item->string);
	return 0;
}

static int set(cJSON *json, const char *key, cJSON *value, struct manx_error *err)
{
	cJSON_DeleteItemFromObjectCaseSensitive(json, key);
	if (value && cJSON_AddItemToObject(json, key, value))
		return 0;
	cJSON_Delete(value);
	return manx_fail(err, -ENOMEM, "out of memory");
}

/* One member of a patch. An object that meets none is merged into an empty one. */
static int merge_member(cJSON *json, const cJSON *member, struct manx_error *err)
{
	cJSON *here = cJSON_GetObjectItemCaseSensitive(json, member->string);
	int rc;

	if (cJSON_IsNull(member) || (cJSON_IsObject(member) && !strcmp(directive(member), "delete"))) {
		cJSON_DeleteItemFromObjectCaseSensitive(json, member->string);
		return 0;
	}
	if (!cJSON_IsObject(member))
		return set(json, member->string, cJSON_Duplicate(member, true), err);
	if (!cJSON_IsObject(here)) {
		rc = set(json, member->string, cJSON_CreateObject(), err);
		if (rc)
			return rc;
		here = cJSON_GetObjectItemCaseSensitive(json, member->string);
	}
	return manxctl_merge(here, member, err);
}

int manxctl_merge(cJSON *json, const cJSON *patch, struct manx_error *err)
{
	const cJSON *member;
	int rc = check(patch, err);

	if (!rc && !strcmp(directive(patch), "replace"))
		while (json->child)
			cJSON_Delete(cJSON_DetachItemViaPointer(json, json->child));
	cJSON_ArrayForEach(member, patch)
		if (!rc && strcmp(member->string, DIRECTIVE))
			rc = merge_member(json, member, err);
	return rc;
}
