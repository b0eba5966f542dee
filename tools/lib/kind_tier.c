// SPDX-License-Identifier: GPL-2.0-only
/* Tier: policies that are asked together, before or after those of other tiers. */
#include <math.h>
#include <string.h>

#include "fields.h"
#include "kinds.h"
#include "model.h"

static const struct manx_field fields[] = {
	MANX_DONE("order", manx_scalar_number, "lower ones are asked first; without it, last"),
	MANX_DONE("defaultAction", manx_scalar_word, "what becomes of a packet that policies of the tier select and no rule decides",
		  .preset = "Deny", MANX_WORDS("Deny", "Pass")),
	MANX_END,
};

const struct manx_schema manx_tier_spec = { fields, NULL };

/* Every cluster has these, and they are what they are. */
static const struct manx_tier built_in[] = {
	{ .name = "kube-admin", .order = 1000, .pass = true },
	{ .name = "default", .order = 1000000 },
	{ .name = "kube-baseline", .order = 10000000, .pass = true },
};

const struct manx_tier *manx_tier_built_in(const char *name)
{
	for (size_t i = 0; i < sizeof(built_in) / sizeof(built_in[0]); i++)
		if (!strcmp(name, built_in[i].name))
			return &built_in[i];
	return NULL;
}

static void decode(const cJSON *json, struct manx_tier *t)
{
	const cJSON *spec = manx_field_at(json, "spec");
	const char *action = manx_field_text(spec, "defaultAction");

	t->name = manx_field_text(manx_field_at(json, "metadata"), "name");
	t->order = manx_field_number(spec, "order", INFINITY);
	t->pass = action && !strcmp(action, "Pass");
}

int manx_tier_check(const struct manx_at *at, const cJSON *json)
{
	const struct manx_tier *fixed;
	struct manx_tier t;

	decode(json, &t);
	if (strchr(t.name, '.'))
		return manx_at_fail(at, "metadata.name: \"%.80s\": the name of a tier has no dot", t.name);
	fixed = manx_tier_built_in(t.name);
	if (fixed && t.order != fixed->order)
		return manx_at_fail(at, "spec.order: tier %s has %.0f always: write that", t.name, fixed->order);
	if (fixed && t.pass != fixed->pass)
		return manx_at_fail(at, "spec.defaultAction: tier %s has %s always: write that", t.name,
				    fixed->pass ? "Pass" : "Deny");
	return 0;
}

int manx_tier_decode(const struct manx_resource *r, struct manx_tier *t, struct manx_error *err)
{
	(void)err;
	decode(r->json, t);
	return 0;
}
