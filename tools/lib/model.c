// SPDX-License-Identifier: GPL-2.0-only
#include "model.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "grow.h"
#include "kinds.h"
#include "scalar.h"
#include "selector.h"
#include "suggest.h"

#define NAMES(...) (const char *const[]){ __VA_ARGS__, NULL }

static const struct manx_kind kinds[MANX_KINDS] = {
	[MANX_KIND_IPPOOL] = {
		MANX_KIND_IPPOOL, "IPPool", "ippools", NAMES("ipp", "pool", "pools"),
		false, &manx_ippool_spec,
	},
	[MANX_KIND_NODE] = {
		MANX_KIND_NODE, "Node", "nodes", NAMES("no"), false, &manx_node_spec,
	},
	[MANX_KIND_WORKLOADENDPOINT] = {
		MANX_KIND_WORKLOADENDPOINT, "WorkloadEndpoint", "workloadendpoints",
		NAMES("wep", "weps", "endpoint", "endpoints"), true, &manx_wep_spec,
	},
	[MANX_KIND_GLOBALNETWORKPOLICY] = {
		MANX_KIND_GLOBALNETWORKPOLICY, "GlobalNetworkPolicy", "globalnetworkpolicies",
		NAMES("gnp"), false, &manx_global_policy_spec,
	},
	[MANX_KIND_NETWORKPOLICY] = {
		MANX_KIND_NETWORKPOLICY, "NetworkPolicy", "networkpolicies",
		NAMES("np", "pol", "policy", "policies"), true, &manx_policy_spec,
	},
};

const struct manx_kind *manx_kind(enum manx_kind_id id)
{
	return &kinds[id];
}

const struct manx_kind *manx_kind_find(const char *word)
{
	for (size_t i = 0; i < MANX_KINDS; i++) {
		if (!strcasecmp(word, kinds[i].kind) || !strcasecmp(word, kinds[i].plural))
			return &kinds[i];
		for (const char *const *name = kinds[i].names; *name; name++)
			if (!strcasecmp(word, *name))
				return &kinds[i];
	}
	return NULL;
}

const char *manx_kind_suggest(const char *word)
{
	struct manx_suggest near = manx_suggest_begin(word);

	for (size_t i = 0; i < MANX_KINDS; i++) {
		manx_suggest_offer(&near, kinds[i].kind);
		manx_suggest_offer(&near, kinds[i].plural);
	}
	return near.best;
}

/* In files kinds are spelt in one way only. */
static const struct manx_kind *kind_exactly(const char *kind, size_t len)
{
	for (size_t i = 0; i < MANX_KINDS; i++)
		if (strlen(kinds[i].kind) == len && !strncmp(kind, kinds[i].kind, len))
			return &kinds[i];
	return NULL;
}

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

static int api_version(const struct manx_at *at, const struct manx_field *f, const char *text,
		       cJSON **out)
{
	if (strcmp(text, MANX_API_VERSION))
		return manx_at_fail(at, "\"%.80s\": allowed is " MANX_API_VERSION, text);
	return manx_scalar_text(at, f, text, out);
}

static int check_resource(const struct manx_at *at, cJSON *json)
{
	const cJSON *metadata = manx_field_at(json, "metadata");
	const char *kind = manx_field_text(json, "kind");
	struct manx_at place = { .up = at, .source = at->source, .name = "metadata" };

	if (strcmp(kind, kinds[MANX_KIND_WORKLOADENDPOINT].kind))
		return 0;
	place.node = manx_yaml_get(at->node, "metadata");
	return manx_wep_check_annotations(&place, manx_field_at(metadata, "annotations"));
}

static int read_resource(const struct manx_at *at, const struct manx_kind *kind,
			 struct manx_resource *r)
{
	const struct manx_field fields[] = {
		{ .name = "apiVersion", .scalar = api_version, .preset = MANX_API_VERSION },
		{ .name = "kind", .scalar = manx_scalar_text, .preset = kind->kind },
		{ .name = "metadata", .required = true,
		  .object = kind->namespaced ? &namespaced_metadata : &global_metadata },
		{ .name = "spec", .required = true, .object = kind->spec },
		IGNORED("status"),
		{ .name = NULL },
	};
	const struct manx_schema schema = { fields, check_resource };
	const cJSON *metadata;
	int rc = manx_schema_read(at, &schema, &r->json);

	if (rc)
		return rc;
	metadata = manx_field_at(r->json, "metadata");
	r->kind = kind;
	r->name = manx_field_text(metadata, "name");
	r->ns = manx_field_text(metadata, "namespace");
	r->line = at->node->line;
	return 0;
}

static int unknown_kind(const struct manx_at *at, const char *word)
{
	const char *near = manx_kind_suggest(word);
	char allowed[160] = "";

	for (size_t i = 0; i < MANX_KINDS; i++) {
		size_t n = strlen(allowed);

		snprintf(allowed + n, sizeof(allowed) - n, "%s%s", n ? ", " : "", kinds[i].kind);
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

static int read_list(const struct manx_at *at, const char *kind, struct manx_resources *out);

/* @implied: kind of an item of a "<Kind>List", NULL elsewhere */
static int read_any(const struct manx_at *at, const struct manx_kind *implied,
		    struct manx_resources *out)
{
	const struct manx_kind *kind = implied;
	struct manx_resource r = { 0 };
	const char *word, *version;
	int rc;

	if (at->node->type != MANX_YAML_MAP)
		return manx_at_fail(at, "an object with apiVersion, kind, metadata and spec is expected");
	rc = peek(at, "kind", &word);
	if (!rc)
		rc = peek(at, "apiVersion", &version);
	if (rc)
		return rc;
	if (!implied && !word)
		return manx_at_fail_field(at, "kind", "is missing");
	if (!implied && strlen(word) >= 4 && !strcmp(word + strlen(word) - 4, "List"))
		return read_list(at, word, out);
	if (!implied && !version)
		return manx_at_fail_field(at, "apiVersion", "is missing: write " MANX_API_VERSION);
	if (word)
		kind = kind_exactly(word, strlen(word));
	if (!kind)
		return unknown_kind(at, word);
	if (implied && kind != implied)
		return manx_at_fail_field(at, "kind", "\"%s\" in a list of %s", word, implied->kind);
	rc = read_resource(at, kind, &r);
	if (!rc && append(out, &r)) {
		manx_resource_clear(&r);
		rc = manx_at_no_memory(at);
	}
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
static int read_list(const struct manx_at *at, const char *word, struct manx_resources *out)
{
	const struct manx_kind *kind = kind_exactly(word, strlen(word) - 4);
	const struct manx_yaml *items = manx_yaml_get(at->node, "items");
	struct manx_at list = { .up = at, .source = at->source, .node = items, .name = "items" };
	struct manx_at item = { .up = &list, .source = at->source };
	int rc;

	if (!kind && strcmp(word, "List"))
		return unknown_kind(at, word);
	rc = check_list_fields(at);
	if (rc || !items || manx_yaml_is_null(items))
		return rc;
	if (items->type != MANX_YAML_LIST)
		return manx_at_fail(&list, "a list is expected");
	for (item.node = items->child; item.node && !rc; item.node = item.node->next, item.index++)
		rc = read_any(&item, kind, out);
	return rc;
}

static int read_documents(struct manx_yaml_reader *reader, const struct manx_source *source,
			  struct manx_resources *out)
{
	struct manx_yaml *doc;
	int rc;

	while ((rc = manx_yaml_next(reader, &doc, source->err)) > 0) {
		struct manx_at at = { .source = source, .node = doc };

		/* "---" twice, or at the end, is no mistake */
		rc = manx_yaml_is_null(doc) ? 0 : read_any(&at, NULL, out);
		manx_yaml_free(doc);
		if (rc)
			break;
	}
	return rc;
}

static int parse(const char *text, size_t len, const struct manx_source *source,
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
