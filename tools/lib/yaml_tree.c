// SPDX-License-Identifier: GPL-2.0-only
#include "yaml_tree.h"

#include <stdlib.h>
#include <string.h>

void manx_yaml_free(struct manx_yaml *node)
{
	while (node) {
		struct manx_yaml *next = node->next;

		manx_yaml_free(node->child);
		free(node->key);
		free(node->text);
		free(node);
		node = next;
	}
}

static int compare_keys(const void *a, const void *b)
{
	const struct manx_yaml *const *x = a, *const *y = b;
	int c = strcmp((*x)->key, (*y)->key);

	return c ? c : (*x)->line - (*y)->line;
}

const struct manx_yaml **manx_yaml_sorted(const struct manx_yaml *map, size_t *n)
{
	const struct manx_yaml **sorted;
	size_t i = 0;

	for (const struct manx_yaml *c = map->child; c; c = c->next)
		i++;
	*n = i;
	sorted = calloc(i + 1, sizeof(*sorted));
	if (!sorted)
		return NULL;
	i = 0;
	for (const struct manx_yaml *c = map->child; c; c = c->next)
		sorted[i++] = c;
	qsort(sorted, i, sizeof(*sorted), compare_keys);
	return sorted;
}

const struct manx_yaml *manx_yaml_get(const struct manx_yaml *map, const char *key)
{
	for (const struct manx_yaml *c = map->child; c; c = c->next)
		if (c->key && !strcmp(c->key, key))
			return c;
	return NULL;
}

bool manx_yaml_is_null(const struct manx_yaml *node)
{
	static const char *const words[] = { "", "~", "null", "Null", "NULL" };

	for (size_t i = 0; node->plain && i < sizeof(words) / sizeof(words[0]); i++)
		if (!strcmp(node->text, words[i]))
			return true;
	return false;
}
