// SPDX-License-Identifier: GPL-2.0-only
/* Resources as JSON and YAML for people and programs. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <yaml.h>

#include "json.h"
#include "model.h"

/* "<Kind>List" if all are of one kind, else "List". */
static bool put_list_kind(cJSON *list, const struct manx_resources *rs)
{
	const char *api = rs->n ? rs->r[0].kind->api : MANX_API_VERSION;
	char kind[64];

	snprintf(kind, sizeof(kind), "%sList", rs->n ? rs->r[0].kind->kind : "");
	for (size_t i = 1; i < rs->n; i++) {
		if (rs->r[i].kind == rs->r[0].kind)
			continue;
		strcpy(kind, "List");
		api = MANX_API_VERSION;
	}
	return cJSON_AddStringToObject(list, "apiVersion", api) &&
	       cJSON_AddStringToObject(list, "kind", kind);
}

/* A list that refers to the resources' JSON; freed alone. NULL without memory. */
static cJSON *as_list(const struct manx_resources *rs)
{
	cJSON *list = cJSON_CreateObject(), *items = NULL;

	if (list && put_list_kind(list, rs))
		items = cJSON_AddArrayToObject(list, "items");
	for (size_t i = 0; items && i < rs->n; i++)
		if (!cJSON_AddItemReferenceToArray(items, rs->r[i].json))
			items = NULL;
	if (items)
		return list;
	cJSON_Delete(list);
	return NULL;
}

static int print_json(FILE *f, const cJSON *json)
{
	char *text = json ? manx_json_print(json, true) : NULL;
	int rc = 0;

	if (!text)
		return -ENOMEM;
	if (fprintf(f, "%s\n", text) < 0)
		rc = -EIO;
	free(text);
	return rc;
}

int manx_resources_write_json(FILE *f, const struct manx_resources *rs, bool list)
{
	cJSON *json;
	int rc = 0;

	if (!list) {
		for (size_t i = 0; i < rs->n && !rc; i++)
			rc = print_json(f, rs->r[i].json);
		return rc;
	}
	json = as_list(rs);
	rc = print_json(f, json);
	cJSON_Delete(json);
	return rc;
}

/*
 * Readers that guess types must not see anything but a string: so quotes for
 * what begins like a number, date or address without "/", and for the words of
 * YAML 1.1. What the syntax itself demands libyaml finds out.
 */
static bool needs_quotes(const char *s)
{
	static const char *const words[] = {
		"", "~", "null", "true", "false", "yes", "no", "on", "off", "y", "n", "<<", "=",
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (!strcasecmp(s, words[i]))
			return true;
	return strchr("0123456789+-.", *s) && !strchr(s, '/');
}

static int emit(yaml_emitter_t *e, yaml_event_t *event, int made)
{
	/* yaml_emitter_emit() takes the event, whatever it returns */
	return made && yaml_emitter_emit(e, event);
}

static int emit_scalar(yaml_emitter_t *e, const char *text, bool quotes)
{
	yaml_event_t event;
	int made = yaml_scalar_event_initialize(&event, NULL, NULL, (const yaml_char_t *)text,
						(int)strlen(text), 1, 1,
						quotes ? YAML_SINGLE_QUOTED_SCALAR_STYLE :
							 YAML_PLAIN_SCALAR_STYLE);

	return emit(e, &event, made);
}

static int emit_value(yaml_emitter_t *e, const cJSON *json);

static int emit_collection(yaml_emitter_t *e, const cJSON *json)
{
	bool list = cJSON_IsArray(json);
	yaml_event_t event;
	const cJSON *item;
	int made;

	if (list)
		made = yaml_sequence_start_event_initialize(&event, NULL, NULL, 1,
							    YAML_BLOCK_SEQUENCE_STYLE);
	else
		made = yaml_mapping_start_event_initialize(&event, NULL, NULL, 1,
							   YAML_BLOCK_MAPPING_STYLE);
	if (!emit(e, &event, made))
		return 0;
	cJSON_ArrayForEach(item, json) {
		if (!list && !emit_scalar(e, item->string, needs_quotes(item->string)))
			return 0;
		if (!emit_value(e, item))
			return 0;
	}
	made = list ? yaml_sequence_end_event_initialize(&event) :
		      yaml_mapping_end_event_initialize(&event);
	return emit(e, &event, made);
}

static int emit_value(yaml_emitter_t *e, const cJSON *json)
{
	char *text;
	int ok;

	if (cJSON_IsArray(json) || cJSON_IsObject(json))
		return emit_collection(e, json);
	if (cJSON_IsString(json))
		return emit_scalar(e, json->valuestring, needs_quotes(json->valuestring));
	text = manx_json_print(json, false);
	if (!text)
		return 0;
	ok = emit_scalar(e, text, false);
	free(text);
	return ok;
}

static int emit_document(yaml_emitter_t *e, const cJSON *json, bool first)
{
	yaml_event_t event;
	int made = yaml_document_start_event_initialize(&event, NULL, NULL, NULL, first);

	if (!emit(e, &event, made) || !emit_value(e, json))
		return 0;
	return emit(e, &event, yaml_document_end_event_initialize(&event, 1));
}

static int emit_documents(yaml_emitter_t *e, const struct manx_resources *rs, const cJSON *list)
{
	yaml_event_t event;
	int made = yaml_stream_start_event_initialize(&event, YAML_UTF8_ENCODING);

	if (!emit(e, &event, made))
		return 0;
	if (list && !emit_document(e, list, true))
		return 0;
	for (size_t i = 0; !list && i < rs->n; i++)
		if (!emit_document(e, rs->r[i].json, i == 0))
			return 0;
	made = yaml_stream_end_event_initialize(&event);
	return emit(e, &event, made);
}

int manx_resources_write_yaml(FILE *f, const struct manx_resources *rs, bool list)
{
	cJSON *json = list ? as_list(rs) : NULL;
	yaml_emitter_t e;
	int ok;

	if (list && !json)
		return -ENOMEM;
	if (!yaml_emitter_initialize(&e)) {
		cJSON_Delete(json);
		return -ENOMEM;
	}
	yaml_emitter_set_output_file(&e, f);
	yaml_emitter_set_unicode(&e, 1);
	yaml_emitter_set_width(&e, -1);
	ok = emit_documents(&e, rs, json) && yaml_emitter_flush(&e);
	yaml_emitter_delete(&e);
	cJSON_Delete(json);
	return ok ? 0 : -EIO;
}
