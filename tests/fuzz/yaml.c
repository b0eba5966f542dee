// SPDX-License-Identifier: GPL-2.0-only
/*
 * YAML and JSON as files: into trees, and into resources. What is accepted is
 * accepted again as it is written, and is the same then.
 */
#include "fuzz.h"
#include "model.h"
#include "yaml_tree.h"

static void read_trees(const char *text, size_t size)
{
	struct manx_yaml_reader *reader;
	struct manx_error err = { 0 };
	struct manx_yaml *doc;
	size_t n;

	if (manx_yaml_open(&reader, text, size, "f", &err))
		return;
	while (manx_yaml_next(reader, &doc, &err) == 1) {
		if (doc->type == MANX_YAML_MAP)
			free(manx_yaml_sorted(doc, &n));
		manx_yaml_free(doc);
	}
	manx_yaml_close(reader);
}

/* What @write makes of @rs. */
static char *written(const struct manx_resources *rs,
		     int (*write)(FILE *f, const struct manx_resources *rs, bool list))
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	expect(f);
	expect(!write(f, rs, true));
	fclose(f);
	return text;
}

static void read_again(const struct manx_resources *rs,
		       int (*write)(FILE *f, const struct manx_resources *rs, bool list))
{
	char *text = written(rs, write), *second;
	struct manx_error err = { 0 };
	struct manx_resources again;
	int ret = manx_resources_parse(text, strlen(text), "f", &again, NULL, NULL, &err);

	if (ret)
		fprintf(stderr, "%s\n%s\n", err.text, text);
	expect(!ret);
	second = written(&again, write);
	if (strcmp(text, second))
		fprintf(stderr, "%s\n%s\n", text, second);
	expect(!strcmp(text, second));
	free(second);
	free(text);
	manx_resources_clear(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size);
	struct manx_error err = { 0 };
	struct manx_resources rs;

	read_trees(text, size);
	if (!manx_resources_parse(text, size, "f", &rs, NULL, NULL, &err)) {
		if (rs.n) {
			read_again(&rs, manx_resources_write_json);
			read_again(&rs, manx_resources_write_yaml);
		}
		manx_resources_clear(&rs);
	} else {
		expect(*err.text);
	}
	free(text);
	return 0;
}
