// SPDX-License-Identifier: GPL-2.0-only
/* BGPFilter: which routes a peer gets and may give. Checked and kept. */
#include "fields.h"
#include "kinds.h"

#define NO_BGP		"BGP is not done by this version"
#define PRIORITY_MAX	2147483646
#define DONE(field, type, ...)	MANX_DONE(field, type, NULL, __VA_ARGS__)

static const struct manx_field match_fields[] = {
	DONE("values", manx_scalar_community, .required = true, .list = true, .max_items = 1),
	MANX_END,
};
static const struct manx_schema match = { match_fields, NULL };

static const struct manx_field add_fields[] = {
	DONE("value", manx_scalar_community, .required = true),
	MANX_END,
};
static const struct manx_schema add = { add_fields, NULL };

static const struct manx_field prepend_fields[] = {
	DONE("prefix", manx_scalar_as_number, .required = true, .list = true, .max_items = 10),
	MANX_END,
};
static const struct manx_schema prepend = { prepend_fields, NULL };

static const struct manx_field priority_fields[] = {
	DONE("value", manx_scalar_int, .required = true, .min = 1, .max = PRIORITY_MAX),
	MANX_END,
};
static const struct manx_schema priority = { priority_fields, NULL };

static const struct manx_field operation_fields[] = {
	MANX_DONE_OBJECT("addCommunity", add, NULL),
	MANX_DONE_OBJECT("prependASPath", prepend, NULL),
	MANX_DONE_OBJECT("setPriority", priority, NULL),
	MANX_END,
};

static int check_operation(const struct manx_at *at, cJSON *operation)
{
	if (cJSON_GetArraySize(operation) != 1)
		return manx_at_fail(at, "one of addCommunity, prependASPath, setPriority is expected");
	return 0;
}

static const struct manx_schema operation = { operation_fields, check_operation };

/* @family: 4 or 6; @bits: of its addresses */
#define LENGTH(name_, bits) \
	static const struct manx_field name_##_fields[] = { \
		DONE("min", manx_scalar_int, .max = bits), \
		DONE("max", manx_scalar_int, .max = bits), \
		MANX_END, \
	}; \
	static const struct manx_schema name_ = { name_##_fields, check_length }
#define RULE(name_, family, length) \
	static const struct manx_field name_##_fields[] = { \
		DONE("cidr", manx_scalar_net, .min = family), \
		MANX_DONE_OBJECT("prefixLength", length, NULL), \
		DONE("source", manx_scalar_word, MANX_WORDS("RemotePeers")), \
		DONE("interface", manx_scalar_interface_pattern), \
		DONE("matchOperator", manx_scalar_word, MANX_WORDS("Equal", "NotEqual", "In", "NotIn")), \
		DONE("peerType", manx_scalar_word, MANX_WORDS("eBGP", "iBGP")), \
		MANX_DONE_OBJECT("communities", match, NULL), \
		DONE("asPathPrefix", manx_scalar_as_number, .list = true), \
		DONE("priority", manx_scalar_int, .min = 1, .max = PRIORITY_MAX), \
		DONE("action", manx_scalar_word, .required = true, MANX_WORDS("Accept", "Reject")), \
		MANX_DONE_OBJECT("operations", operation, NULL, .list = true, .max_items = 10), \
		MANX_END, \
	}; \
	static const struct manx_schema name_ = { name_##_fields, check_rule }

static int check_length(const struct manx_at *at, cJSON *length)
{
	if (manx_field_number(length, "min", 0) > manx_field_number(length, "max", 128))
		return manx_at_fail_field(at, "max", "is less than min");
	return 0;
}

static int check_rule(const struct manx_at *at, cJSON *rule)
{
	const char *action = manx_field_text(rule, "action");
	bool cidr = manx_field_at(rule, "cidr"), operator = manx_field_at(rule, "matchOperator");
	const cJSON *operations = manx_field_at(rule, "operations");

	if (cidr != operator)
		return manx_at_fail_field(at, cidr ? "matchOperator" : "cidr", "is missing: cidr and matchOperator go together");
	if (manx_field_at(rule, "prefixLength") && !cidr)
		return manx_at_fail_field(at, "cidr", "is missing: prefixLength needs it");
	if (operations && operations->child && *action != 'A')
		return manx_at_fail_field(at, "operations", "allowed with action Accept only");
	return 0;
}

LENGTH(length4, 32);
LENGTH(length6, 128);
RULE(rule4, 4, length4);
RULE(rule6, 6, length6);

static const struct manx_field fields[] = {
	MANX_KEPT_OBJECT("exportV4", rule4, NO_BGP, .list = true),
	MANX_KEPT_OBJECT("importV4", rule4, NO_BGP, .list = true),
	MANX_KEPT_OBJECT("exportV6", rule6, NO_BGP, .list = true),
	MANX_KEPT_OBJECT("importV6", rule6, NO_BGP, .list = true),
	MANX_END,
};

const struct manx_schema manx_bgp_filter_spec = { fields, NULL };
