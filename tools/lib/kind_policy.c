// SPDX-License-Identifier: GPL-2.0-only
#include <math.h>
#include <string.h>

#include "kind_rule.h"
#include "kinds.h"
#include "model.h"
#include "scalar.h"

static const char *const types[] = { "Ingress", "Egress", NULL };
static const char *const hints[] = { "AssumeNeededOnEveryNode", NULL };

/* Fields that both kinds have, before and after those of a GlobalNetworkPolicy. */
#define COMMON_FIRST \
	{ .name = "tier", .scalar = manx_scalar_name, .preset = "default" }, \
	{ .name = "order", .scalar = manx_scalar_number }, \
	{ .name = "selector", .scalar = manx_scalar_selector }
#define COMMON_LAST \
	{ .name = "serviceAccountSelector", .class = MANX_FIELD_REFUSED, \
	  .note = "service accounts are not known to this version: use selector" }, \
	{ .name = "types", .list = true, .max_items = 2, .scalar = manx_scalar_word, .words = types }, \
	{ .name = "ingress", .list = true, .max_items = MANX_RULES_MAX, .object = &manx_rule }, \
	{ .name = "egress", .list = true, .max_items = MANX_RULES_MAX, .object = &manx_rule }, \
	{ .name = "performanceHints", .class = MANX_FIELD_KEPT, .list = true, \
	  .scalar = manx_scalar_word, .words = hints, .note = "policies need no preloading" }, \
	{ .name = NULL }

static const struct manx_field fields[] = { COMMON_FIRST, COMMON_LAST };

static const struct manx_field global_fields[] = {
	COMMON_FIRST,
	{ .name = "namespaceSelector", .scalar = manx_scalar_selector },
	{ .name = "doNotTrack", .class = MANX_FIELD_REFUSED, .scalar = manx_scalar_bool,
	  .harmless = "false", .note = "host endpoints are not done by this version" },
	{ .name = "preDNAT", .class = MANX_FIELD_REFUSED, .scalar = manx_scalar_bool,
	  .harmless = "false", .note = "host endpoints are not done by this version" },
	{ .name = "applyOnForward", .class = MANX_FIELD_REFUSED, .scalar = manx_scalar_bool,
	  .harmless = "false", .note = "host endpoints are not done by this version" },
	COMMON_LAST,
};

static bool has_items(const cJSON *spec, const char *name)
{
	const cJSON *list = manx_field_at(spec, name);

	return list && list->child;
}

/* What Calico makes of a policy without types. */
static cJSON *preset_types(const cJSON *spec)
{
	bool egress = has_items(spec, "egress");
	bool ingress = has_items(spec, "ingress") || !egress;

	return cJSON_CreateStringArray(types + !ingress, ingress + egress);
}

static int check_types(const struct manx_at *at, const struct manx_schema *schema, cJSON *spec)
{
	const cJSON *list = manx_field_at(spec, "types");

	if (has_items(spec, "types")) {
		const cJSON *first = list->child;

		if (first->next && !strcmp(first->valuestring, first->next->valuestring))
			return manx_at_fail_field(at, "types", "\"%s\" is given twice", first->valuestring);
		return 0;
	}
	cJSON_DeleteItemFromObjectCaseSensitive(spec, "types");
	return manx_schema_put(at, schema, spec, "types", preset_types(spec));
}

static int check(const struct manx_at *at, cJSON *spec)
{
	return check_types(at, &manx_policy_spec, spec);
}

static int check_global(const struct manx_at *at, cJSON *spec)
{
	return check_types(at, &manx_global_policy_spec, spec);
}

const struct manx_schema manx_policy_spec = { fields, check };
const struct manx_schema manx_global_policy_spec = { global_fields, check_global };

static bool applies(const cJSON *spec, const char *type)
{
	const cJSON *item;

	cJSON_ArrayForEach(item, manx_field_at(spec, "types"))
		if (!strcmp(item->valuestring, type))
			return true;
	return false;
}

int manx_policy_decode(const struct manx_resource *r, struct manx_policy *p,
		       struct manx_error *err)
{
	const cJSON *spec = manx_field_at(r->json, "spec");
	const char *selector = manx_field_text(spec, "selector");
	const char *ns_selector = manx_field_text(spec, "namespaceSelector");
	int rc;

	*p = (struct manx_policy){
		.name = r->name,
		.ns = r->ns,
		.tier = manx_field_text(spec, "tier"),
		.order = manx_field_number(spec, "order", INFINITY),
		.selector = selector ? selector : "",
		.ns_selector = ns_selector ? ns_selector : "",
		.ingress_applies = applies(spec, "Ingress"),
		.egress_applies = applies(spec, "Egress"),
	};
	rc = manx_rules_decode(manx_field_at(spec, "ingress"), &p->ingress, &p->n_ingress, err);
	if (!rc)
		rc = manx_rules_decode(manx_field_at(spec, "egress"), &p->egress, &p->n_egress, err);
	if (rc)
		manx_policy_clear(p);
	return rc;
}

void manx_policy_clear(struct manx_policy *p)
{
	manx_rules_free(p->ingress, p->n_ingress);
	manx_rules_free(p->egress, p->n_egress);
	p->ingress = NULL;
	p->egress = NULL;
	p->n_ingress = 0;
	p->n_egress = 0;
}
