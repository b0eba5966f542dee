// SPDX-License-Identifier: GPL-2.0-only
#include "model.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "grow.h"
#include "json.h"
#include "kinds.h"
#include "scalar.h"
#include "selector.h"
#include "suggest.h"

/* A label that no selector can compare would be a trap. */
static int check_labels(const struct manx_at *at, cJSON *metadata)
{
	const cJSON *label;

	cJSON_ArrayForEach(label, manx_field_at(metadata, "labels"))
		if (strlen(label->valuestring) > MANX_SELECTOR_MAX)
			return manx_at_fail_field(at, "labels", "value of \"%.80s\": allowed are %d octets",
						  label->string, MANX_SELECTOR_MAX);
	return 0;
}

/* What Kubernetes' and Calico's datastores note about a resource of theirs. */
#define IGNORED(field) { .name = field, .class = MANX_FIELD_IGNORED }
#define METADATA_LAST \
	{ .name = "labels", .map = true, .scalar = manx_scalar_text }, \
	{ .name = "annotations", .map = true, .scalar = manx_scalar_text }, \
	IGNORED("uid"), IGNORED("resourceVersion"), IGNORED("generation"), IGNORED("selfLink"), \
	IGNORED("creationTimestamp"), IGNORED("deletionTimestamp"), \
	IGNORED("deletionGracePeriodSeconds"), IGNORED("managedFields"), \
	IGNORED("ownerReferences"), IGNORED("finalizers"), IGNORED("generateName"), \
	IGNORED("clusterName"), \
	{ .name = NULL }

static const struct manx_field global_metadata_fields[] = {
	{ .name = "name", .required = true, .scalar = manx_scalar_name },
	{ .name = "namespace", .class = MANX_FIELD_REFUSED,
	  .note = "this kind lies in no namespace: remove it" },
	METADATA_LAST,
};
static const struct manx_field namespaced_metadata_fields[] = {
	{ .name = "name", .required = true, .scalar = manx_scalar_name },
	{ .name = "namespace", .scalar = manx_scalar_name, .preset = "default" },
	METADATA_LAST,
};
static const struct manx_schema global_metadata = { global_metadata_fields, check_labels };
static const struct manx_schema namespaced_metadata = { namespaced_metadata_fields, check_labels };

/* f->words: the one that the kind has */
static int api_version(const struct manx_at *at, const struct manx_field *f, const char *text,
		       cJSON **out)
{
	if (strcmp(text, f->words[0]))
		return manx_at_fail(at, "\"%.80s\": allowed is %s", text, f->words[0]);
	return manx_scalar_text(at, f, text, out);
}

/* The scalar @name of what is written as metadata, NULL if there is none. */
static const struct manx_yaml *in_metadata(const struct manx_at *at, const char *name)
{
	const struct manx_yaml *metadata = manx_yaml_get(at->node, "metadata");
	const struct manx_yaml *node = NULL;

	if (metadata && metadata->type == MANX_YAML_MAP)
		node = manx_yaml_get(metadata, name);
	return node && node->type == MANX_YAML_SCALAR && !manx_yaml_is_null(node) ? node : NULL;
}

/*
 * What is written about a resource and is no part of what it says. The version is
 * for whoever writes it back; other datastores have other ones, then there is none.
 */
static void read_circumstances(const struct manx_at *at, struct manx_resource *r)
{
	const struct manx_yaml *version = in_metadata(at, "resourceVersion");
	uint64_t value;

	r->line = at->node->line;
	r->ns_is_default = r->ns && !in_metadata(at, "namespace");
	if (version && manx_parse_decimal(version->text, INT64_MAX, &value))
		r->version = (int64_t)value;
}

/* @api: what apiVersion must say; @spec: NULL for one that means nothing */
static int read_object(const struct manx_at *at, const struct manx_kind *kind, const char *api,
		       const struct manx_schema *spec, cJSON **json)
{
	bool needs_spec = spec && manx_schema_requires(spec);
	const struct manx_field fields[] = {
		{ .name = "apiVersion", .scalar = api_version, .preset = api,
		  .words = (const char *const[]){ api, NULL } },
		{ .name = "kind", .scalar = manx_scalar_text, .preset = kind->kind },
		{ .name = "metadata", .required = true,
		  .object = kind->namespaced ? &namespaced_metadata : &global_metadata },
		{ .name = "spec", .class = spec ? MANX_FIELD_DONE : MANX_FIELD_IGNORED,
		  .required = needs_spec, .object = spec, .preset = spec && !needs_spec ? "{}" : NULL },
		IGNORED("status"),
		{ .name = NULL },
	};
	const struct manx_schema schema = { fields, NULL };

	return manx_schema_read(at, &schema, json);
}

static void fill_in(struct manx_resource *r, const struct manx_kind *kind)
{
	const cJSON *metadata = manx_field_at(r->json, "metadata");

	r->kind = kind;
	r->name = manx_field_text(metadata, "name");
	r->ns = manx_field_text(metadata, "namespace");
}

static int read_resource(const struct manx_at *at, const struct manx_kind *kind,
			 struct manx_resource *r)
{
	int rc = read_object(at, kind, kind->api, kind->spec, &r->json);

	if (!rc && kind->check)
		rc = kind->check(at, r->json);
	if (rc)
		return rc;
	fill_in(r, kind);
	read_circumstances(at, r);
	return 0;
}

static int parse(const char *text, size_t len, struct manx_source *source,
		 struct manx_resources *out);

/*
 * Kubernetes' NetworkPolicy: read by its own schema, written in Calico's form, and
 * that read, so that it is as checked as what comes in that form.
 */
static int read_k8s_policy(const struct manx_at *at, struct manx_resource *r)
{
	const struct manx_kind *kind = manx_kind(MANX_KIND_NETWORKPOLICY);
	struct manx_source source = { .err = at->source->err };
	struct manx_resources rs;
	cJSON *json, *converted;
	char *text;
	int rc = read_object(at, kind, MANX_K8S_POLICY_API, &manx_k8s_policy_spec, &json);

	if (rc)
		return rc;
	converted = manx_k8s_policy_convert(json);
	text = manx_json_print(converted, false);
	cJSON_Delete(json);
	cJSON_Delete(converted);
	if (!text)
		return manx_at_no_memory(at);
	rc = parse(text, strlen(text), &source, &rs);
	free(text);
	if (rc)
		return manx_at_fail(at, "as a policy of Calico's it is not valid: %s",
				    source.err ? source.err->text : "");
	*r = rs.r[0];
	read_circumstances(at, r);
	free(rs.r);
	return 0;
}

static int unknown_kind(const struct manx_at *at, const char *word)
{
	const char *near = manx_kind_suggest(word);
	char allowed[400] = "";

	for (int id = 0; id < MANX_KINDS; id++) {
		size_t n = strlen(allowed);

		snprintf(allowed + n, sizeof(allowed) - n, "%s%s", n ? ", " : "",
			 manx_kind((enum manx_kind_id)id)->kind);
	}
	if (near)
		return manx_at_fail_field(at, "kind", "\"%.80s\" is not supported by this version: allowed are %s and lists of them: did you mean \"%s\"?",
					  word, allowed, near);
	return manx_at_fail_field(at, "kind", "\"%.80s\" is not supported by this version: allowed are %s and lists of them",
				  word, allowed);
}

/* Text of a scalar field that is needed before the schema is known; NULL if absent. */
static int peek(const struct manx_at *at, const char *name, const char **text)
{
	const struct manx_yaml *node = manx_yaml_get(at->node, name);

	*text = NULL;
	if (!node || manx_yaml_is_null(node))
		return 0;
	if (node->type != MANX_YAML_SCALAR)
		return manx_at_fail_field(at, name, "a word is expected");
	*text = node->text;
	return 0;
}

static int append(struct manx_resources *rs, const struct manx_resource *r)
{
	struct manx_resource *grown = manx_more(rs->r, rs->n, sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	rs->r = grown;
	rs->r[rs->n++] = *r;
	return 0;
}

/**
 * struct implied - what items of a "<Kind>List" need not say
 * @kind: NULL for items of other lists, and where there is no list
 * @version: apiVersion of the list, NULL if it has none
 */
struct implied {
	const struct manx_kind *kind;
	const char *version;
};

static int read_list(const struct manx_at *at, const char *word, const char *version,
		     struct manx_resources *out);

/* What kind of thing is at @at; 0 and *kind, or a list and *kind NULL. */
static int identify(const struct manx_at *at, const struct implied *implied, const char *word,
		    const char *version, const struct manx_kind **kind)
{
	*kind = implied->kind;
	if (!implied->kind && !word)
		return manx_at_fail_field(at, "kind", "is missing");
	if (!implied->kind && strlen(word) >= 4 && !strcmp(word + strlen(word) - 4, "List"))
		return 0;
	if (word)
		*kind = manx_kind_exactly(word, strlen(word));
	if (!*kind)
		return unknown_kind(at, word);
	if (implied->kind && *kind != implied->kind)
		return manx_at_fail_field(at, "kind", "\"%s\" in a list of %s", word, implied->kind->kind);
	if (!implied->kind && !version)
		return manx_at_fail_field(at, "apiVersion", "is missing: write %s", (*kind)->api);
	return 0;
}

static int read_any(const struct manx_at *at, const struct implied *implied,
		    struct manx_resources *out)
{
	const struct manx_kind *kind;
	struct manx_resource r = { 0 };
	const char *word, *version;
	int rc;

	if (at->node->type != MANX_YAML_MAP)
		return manx_at_fail(at, "an object with apiVersion, kind, metadata and spec is expected");
	rc = peek(at, "kind", &word);
	if (!rc)
		rc = peek(at, "apiVersion", &version);
	if (!rc)
		rc = identify(at, implied, word, version, &kind);
	if (rc)
		return rc;
	if (!kind)
		return read_list(at, word, version, out);
	if (!version)
		version = implied->version;
	if (kind->id == MANX_KIND_NETWORKPOLICY && version && !strcmp(version, MANX_K8S_POLICY_API))
		rc = read_k8s_policy(at, &r);
	else
		rc = read_resource(at, kind, &r);
	if (!rc && append(out, &r))
		rc = manx_at_no_memory(at);
	if (rc)
		manx_resource_clear(&r);
	return rc;
}

static int check_list_fields(const struct manx_at *at)
{
	static const char *const known[] = { "apiVersion", "kind", "metadata", "items" };

	for (const struct manx_yaml *c = at->node->child; c; c = c->next) {
		size_t i = 0;

		while (i < 4 && strcmp(c->key, known[i]))
			i++;
		if (i == 4)
			return manx_at_fail_field(at, c->key, "unknown field of a list");
	}
	return 0;
}

/* "List" holds any kinds, "<Kind>List" resources of one that need not say so. */
static int read_list(const struct manx_at *at, const char *word, const char *version,
		     struct manx_resources *out)
{
	struct implied implied = { manx_kind_exactly(word, strlen(word) - 4), version };
	const struct manx_yaml *items = manx_yaml_get(at->node, "items");
	struct manx_at list = { .up = at, .source = at->source, .node = items, .name = "items" };
	struct manx_at item = { .up = &list, .source = at->source };
	int rc;

	if (!implied.kind && strcmp(word, "List"))
		return unknown_kind(at, word);
	rc = check_list_fields(at);
	if (rc || !items || manx_yaml_is_null(items))
		return rc;
	if (items->type != MANX_YAML_LIST)
		return manx_at_fail(&list, "a list is expected");
	for (item.node = items->child; item.node && !rc; item.node = item.node->next, item.index++)
		rc = read_any(&item, &implied, out);
	return rc;
}

static int read_documents(struct manx_yaml_reader *reader, struct manx_source *source,
			  struct manx_resources *out)
{
	const struct implied nothing = { 0 };
	struct manx_yaml *doc;
	int rc;

	while ((rc = manx_yaml_next(reader, &doc, source->err)) > 0) {
		struct manx_at at = { .source = source, .node = doc };

		source->document++;
		/* "---" twice, or at the end, is no mistake */
		rc = manx_yaml_is_null(doc) ? 0 : read_any(&at, &nothing, out);
		manx_yaml_free(doc);
		if (rc)
			break;
	}
	return rc;
}

static int parse(const char *text, size_t len, struct manx_source *source,
		 struct manx_resources *out)
{
	struct manx_yaml_reader *reader;
	int rc = manx_yaml_open(&reader, text, len, source->file, source->err);

	*out = (struct manx_resources){ 0 };
	if (rc)
		return rc;
	rc = read_documents(reader, source, out);
	manx_yaml_close(reader);
	if (rc)
		manx_resources_clear(out);
	return rc;
}

int manx_resources_parse(const char *text, size_t len, const char *file,
			 struct manx_resources *out,
			 void (*warn)(void *ctx, const char *text), void *ctx,
			 struct manx_error *err)
{
	struct manx_source source = { .file = file, .warn = warn, .ctx = ctx, .err = err };

	return parse(text, len, &source, out);
}

/* "<namespace>/<name>" of a key: what is behind "r/<plural>/" or "e/<node>/". */
static const char *name_in_key(const char *key)
{
	const char *slash = strchr(key, '/');

	slash = slash ? strchr(slash + 1, '/') : NULL;
	return slash ? slash + 1 : key;
}

int manx_resource_from_store(const struct manx_kind *kind, const char *key, const char *value,
			     struct manx_resource *r, struct manx_error *err)
{
	struct manx_source source = { .err = err };
	struct manx_resources rs;
	int rc = parse(value, strlen(value), &source, &rs);

	if (rc)
		return err ? manx_error_prefix(err, "%s(%s) in the store", kind->kind,
					       name_in_key(key)) : rc;
	if (rs.n != 1 || rs.r[0].kind != kind) {
		manx_resources_clear(&rs);
		return manx_fail(err, -EINVAL, "%s(%s) in the store: something else is there",
				 kind->kind, name_in_key(key));
	}
	*r = rs.r[0];
	r->line = 0;
	free(rs.r);
	return 0;
}

int manx_resource_set_namespace(struct manx_resource *r, const char *ns)
{
	cJSON *metadata = cJSON_GetObjectItemCaseSensitive(r->json, "metadata");
	cJSON *value = cJSON_CreateString(ns);

	if (!value || !cJSON_ReplaceItemInObjectCaseSensitive(metadata, "namespace", value)) {
		cJSON_Delete(value);
		return -ENOMEM;
	}
	r->ns = value->valuestring;
	return 0;
}

void manx_resource_clear(struct manx_resource *r)
{
	cJSON_Delete(r->json);
	*r = (struct manx_resource){ 0 };
}

void manx_resources_clear(struct manx_resources *rs)
{
	for (size_t i = 0; i < rs->n; i++)
		manx_resource_clear(&rs->r[i]);
	free(rs->r);
	*rs = (struct manx_resources){ 0 };
}
