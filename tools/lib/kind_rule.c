// SPDX-License-Identifier: GPL-2.0-only
#include "kind_rule.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "scalar.h"

#define PROTOCOL_ICMP	1
#define PROTOCOL_ICMPV6	58

/* Calico's limits */
#define NETS_MAX	256
#define PORTS_MAX	50

static const char *const actions[] = { "Allow", "Deny", "Pass", "Log", NULL };
static const char *const sides[] = { "source", "destination" };
static const char *const net_fields[] = { "nets", "notNets" };
static const char *const port_fields[] = { "ports", "notPorts" };

static int ip_version(const struct manx_at *at, const struct manx_field *f, const char *text,
		      cJSON **out)
{
	if (strcmp(text, "4") && strcmp(text, "6"))
		return manx_at_fail(at, "\"%.80s\": allowed are 4 and 6", text);
	return manx_scalar_int(at, f, text, out);
}

static int check_icmp(const struct manx_at *at, cJSON *icmp)
{
	if (manx_field_at(icmp, "code") && !manx_field_at(icmp, "type"))
		return manx_at_fail_field(at, "code", "needs type beside it");
	return 0;
}

static const struct manx_field icmp_fields[] = {
	{ .name = "type", .scalar = manx_scalar_int, .min = 0, .max = 254 },
	{ .name = "code", .scalar = manx_scalar_int, .min = 0, .max = 255 },
	{ .name = NULL },
};
static const struct manx_schema icmp_schema = { icmp_fields, check_icmp };

/* "Not every address" is nothing at all: certainly not what was meant. */
static int check_entity(const struct manx_at *at, cJSON *entity)
{
	const cJSON *net;

	cJSON_ArrayForEach(net, manx_field_at(entity, "notNets"))
		if (!strcmp(net->valuestring, "0.0.0.0/0") || !strcmp(net->valuestring, "::/0"))
			return manx_at_fail_field(at, "notNets", "\"%s\" leaves no address: remove the rule",
						  net->valuestring);
	return 0;
}

static const struct manx_field entity_fields[] = {
	{ .name = "nets", .list = true, .max_items = NETS_MAX, .scalar = manx_scalar_net },
	{ .name = "notNets", .list = true, .max_items = NETS_MAX, .scalar = manx_scalar_net },
	{ .name = "selector", .scalar = manx_scalar_selector },
	{ .name = "notSelector", .scalar = manx_scalar_selector },
	{ .name = "namespaceSelector", .scalar = manx_scalar_namespace_selector },
	{ .name = "ports", .list = true, .max_items = PORTS_MAX, .scalar = manx_scalar_port },
	{ .name = "notPorts", .list = true, .max_items = PORTS_MAX, .scalar = manx_scalar_port },
	{ .name = "serviceAccounts", .class = MANX_FIELD_REFUSED,
	  .note = "service accounts are not known to this version: use selector" },
	{ .name = "services", .class = MANX_FIELD_REFUSED,
	  .note = "Kubernetes services are not known to this version: use selector and ports" },
	{ .name = NULL },
};
static const struct manx_schema entity = { entity_fields, check_entity };

static const struct manx_field metadata_fields[] = {
	{ .name = "annotations", .map = true, .scalar = manx_scalar_text },
	{ .name = NULL },
};
static const struct manx_schema metadata = { metadata_fields, NULL };

static const struct manx_field rule_fields[] = {
	{ .name = "metadata", .object = &metadata },
	{ .name = "action", .required = true, .scalar = manx_scalar_word, .words = actions },
	{ .name = "ipVersion", .scalar = ip_version, .min = 4, .max = 6 },
	{ .name = "protocol", .scalar = manx_scalar_protocol },
	{ .name = "notProtocol", .scalar = manx_scalar_protocol },
	{ .name = "icmp", .object = &icmp_schema },
	{ .name = "notICMP", .object = &icmp_schema },
	{ .name = "source", .object = &entity },
	{ .name = "destination", .object = &entity },
	{ .name = "http", .class = MANX_FIELD_REFUSED,
	  .note = "manx does not look into HTTP: use protocol and ports" },
	{ .name = NULL },
};

static bool has_ports(int protocol)
{
	return protocol == 6 || protocol == 17 || protocol == 132;
}

static int check_ports(const struct manx_at *at, const cJSON *rule)
{
	int protocol = manx_protocol_number(manx_field_at(rule, "protocol"));

	if (has_ports(protocol))
		return 0;
	for (size_t i = 0; i < 4; i++) {
		const cJSON *list = manx_field_at(manx_field_at(rule, sides[i / 2]), port_fields[i % 2]);

		if (list && list->child)
			return manx_at_fail_field(at, "protocol", "%s.%s needs TCP, UDP or SCTP here",
						  sides[i / 2], port_fields[i % 2]);
	}
	return 0;
}

static int check_icmp_protocol(const struct manx_at *at, const cJSON *rule)
{
	static const char *const names[] = { "icmp", "notICMP" };
	int protocol = manx_protocol_number(manx_field_at(rule, "protocol"));

	for (size_t i = 0; i < 2; i++)
		if (manx_field_at(rule, names[i]) && protocol != PROTOCOL_ICMP &&
		    protocol != PROTOCOL_ICMPV6)
			return manx_at_fail_field(at, "protocol", "%s needs ICMP or ICMPv6 here", names[i]);
	return 0;
}

/* The family that @name, a protocol or its negation, is about; 0 for any. */
static int family_of_protocol(const cJSON *rule, const char *name)
{
	switch (manx_protocol_number(manx_field_at(rule, name))) {
	case PROTOCOL_ICMP:
		return 4;
	case PROTOCOL_ICMPV6:
		return 6;
	default:
		return 0;
	}
}

static int check_protocol_families(const struct manx_at *at, const cJSON *rule, int *family)
{
	static const char *const names[] = { "protocol", "notProtocol" };
	int given = (int)manx_field_number(rule, "ipVersion", 0);

	for (size_t i = 0; i < 2; i++) {
		int needed = family_of_protocol(rule, names[i]);

		if (given && needed && given != needed)
			return manx_at_fail_field(at, "ipVersion", "\"%d\": %s %s allows %d only", given,
						  names[i], needed == 4 ? "ICMP" : "ICMPv6", needed);
	}
	*family = given ? given : family_of_protocol(rule, "protocol");
	return 0;
}

/* All networks of a rule must be of one family, and of that of the rule. */
static int check_net_families(const struct manx_at *at, const cJSON *rule, int family)
{
	const cJSON *net;

	for (size_t i = 0; i < 4; i++) {
		cJSON_ArrayForEach(net, manx_field_at(manx_field_at(rule, sides[i / 2]), net_fields[i % 2])) {
			int this = strchr(net->valuestring, ':') ? 6 : 4;

			if (family && family != this)
				return manx_at_fail_field(at, sides[i / 2],
							  "%s: \"%s\" in a rule for IPv%d: write a rule for each family",
							  net_fields[i % 2], net->valuestring, family);
			family = this;
		}
	}
	return 0;
}

static int check_rule(const struct manx_at *at, cJSON *rule)
{
	int family = 0, rc = check_ports(at, rule);

	if (!rc)
		rc = check_icmp_protocol(at, rule);
	if (!rc)
		rc = check_protocol_families(at, rule, &family);
	return rc ? rc : check_net_families(at, rule, family);
}

const struct manx_schema manx_rule = { rule_fields, check_rule };

static int decode_nets(const cJSON *list, struct manx_prefix **nets, size_t *n)
{
	size_t size = (size_t)cJSON_GetArraySize(list);
	const cJSON *item;

	if (!size)
		return 0;
	*nets = calloc(size, sizeof(**nets));
	if (!*nets)
		return -ENOMEM;
	cJSON_ArrayForEach(item, list)
		*n += manx_prefix_parse(item->valuestring, &(*nets)[*n]);
	return 0;
}

static int decode_ports(const cJSON *list, struct manx_port_range **ports, size_t *n)
{
	size_t size = (size_t)cJSON_GetArraySize(list);
	const cJSON *item;

	if (!size)
		return 0;
	*ports = calloc(size, sizeof(**ports));
	if (!*ports)
		return -ENOMEM;
	cJSON_ArrayForEach(item, list) {
		struct manx_port_range *p = &(*ports)[*n];

		if (cJSON_IsNumber(item))
			p->first = p->last = (uint16_t)item->valueint;
		*n += cJSON_IsNumber(item) || manx_parse_ports(item->valuestring, &p->first, &p->last);
	}
	return 0;
}

static const char *selector_of(const cJSON *json, const char *name)
{
	const char *text = manx_field_text(json, name);

	return text ? text : "";
}

static int decode_entity(const cJSON *json, struct manx_entity *e)
{
	int rc;

	e->selector = selector_of(json, "selector");
	e->not_selector = selector_of(json, "notSelector");
	e->ns_selector = selector_of(json, "namespaceSelector");
	rc = decode_nets(manx_field_at(json, "nets"), &e->net, &e->n_net);
	if (!rc)
		rc = decode_nets(manx_field_at(json, "notNets"), &e->not_net, &e->n_not_net);
	if (!rc)
		rc = decode_ports(manx_field_at(json, "ports"), &e->port, &e->n_port);
	if (!rc)
		rc = decode_ports(manx_field_at(json, "notPorts"), &e->not_port, &e->n_not_port);
	return rc;
}

static enum manx_policy_action decode_action(const cJSON *rule)
{
	const char *word = manx_field_text(rule, "action");
	size_t i = 0;

	/* in the order of enum manx_policy_action */
	while (actions[i + 1] && strcmp(actions[i], word))
		i++;
	return (enum manx_policy_action)i;
}

static int decode_rule(const cJSON *json, struct manx_policy_rule *r)
{
	const cJSON *icmp = manx_field_at(json, "icmp"), *not_icmp = manx_field_at(json, "notICMP");
	int rc;

	r->action = decode_action(json);
	r->protocol = manx_protocol_number(manx_field_at(json, "protocol"));
	r->not_protocol = manx_protocol_number(manx_field_at(json, "notProtocol"));
	r->ip_version = (int)manx_field_number(json, "ipVersion", family_of_protocol(json, "protocol"));
	r->icmp_type = (int)manx_field_number(icmp, "type", -1);
	r->icmp_code = (int)manx_field_number(icmp, "code", -1);
	r->not_icmp_type = (int)manx_field_number(not_icmp, "type", -1);
	r->not_icmp_code = (int)manx_field_number(not_icmp, "code", -1);
	rc = decode_entity(manx_field_at(json, "source"), &r->src);
	return rc ? rc : decode_entity(manx_field_at(json, "destination"), &r->dst);
}

int manx_rules_decode(const cJSON *list, struct manx_policy_rule **rules, size_t *n,
		      struct manx_error *err)
{
	size_t size = (size_t)cJSON_GetArraySize(list);
	const cJSON *item;
	int rc = 0;

	*n = 0;
	*rules = calloc(size + 1, sizeof(**rules));
	if (!*rules)
		return manx_fail(err, -ENOMEM, "out of memory");
	cJSON_ArrayForEach(item, list) {
		/* counted first: what it got must be freed also if the rest fails */
		rc = decode_rule(item, &(*rules)[(*n)++]);
		if (rc)
			return manx_fail(err, rc, "out of memory");
	}
	return 0;
}

static void entity_clear(struct manx_entity *e)
{
	free(e->net);
	free(e->not_net);
	free(e->port);
	free(e->not_port);
}

void manx_rules_free(struct manx_policy_rule *rules, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		entity_clear(&rules[i].src);
		entity_clear(&rules[i].dst);
	}
	free(rules);
}
