// SPDX-License-Identifier: GPL-2.0-only
#include "select.h"

#include <stdlib.h>
#include <string.h>

#include "manxctl.h"
#include "schema.h"

/* One term of kubectl's, "a=b", "a==b", "a!=b", "a" or "!a", in Calico's words. */
static void put_term(FILE *f, const char *term, size_t n)
{
	const char *equals = memchr(term, '=', n);
	size_t key = equals ? (size_t)(equals - term) : n, skip = 1;

	if (!equals) {
		bool not = n && *term == '!';

		fprintf(f, "%shas(%.*s)", not ? "!" : "", (int)n - not, term + not);
		return;
	}
	if (key && equals[-1] == '!')
		key--;
	if (n > (size_t)(equals - term) + 1 && equals[1] == '=')
		skip++;
	n -= (size_t)(equals - term) + skip;
	fprintf(f, "%.*s %s '%.*s'", (int)key, term, key && equals[-1] == '!' ? "!=" : "==", (int)n,
		equals + skip);
}

/* malloc'ed; NULL without memory. */
static char *translate(const char *text)
{
	char *out = NULL;
	size_t size;
	FILE *f = open_memstream(&out, &size);

	if (!f)
		return NULL;
	while (true) {
		size_t n = strcspn(text, ",");

		put_term(f, text, n);
		text += n;
		if (!*text)
			break;
		text++;
		fputs(" && ", f);
	}
	if (!fclose(f))
		return out;
	free(out);
	return NULL;
}

/* Nothing that Calico's language has and labels have not. */
static bool is_kubectl(const char *text)
{
	return *text && !strpbrk(text, " \t'\"(){}&|");
}

int manxctl_selector(const char *command, const char *text, struct manx_selector **selector)
{
	char *translated = is_kubectl(text) ? translate(text) : strdup(text);
	struct manx_error err = { 0 };
	int rc;

	if (!translated)
		return manxctl_no_memory();
	rc = manx_selector_parse(translated, selector, &err);
	free(translated);
	return rc ? manxctl_usage(command, "-l \"%s\": %s", text, err.text) : MANXCTL_OK;
}

static const char *label_of(const void *ctx, const char *key)
{
	const cJSON *labels = manx_field_at(manx_field_at(ctx, "metadata"), "labels");

	return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(labels, key));
}

void manxctl_select(const struct manx_selector *selector, struct manx_resources *rs)
{
	size_t n = 0;

	for (size_t i = 0; i < rs->n; i++) {
		if (manx_selector_match(selector, label_of, rs->r[i].json))
			rs->r[n++] = rs->r[i];
		else
			manx_resource_clear(&rs->r[i]);
	}
	rs->n = n;
}
