// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kubernetes' own kinds: Namespace, for its labels, and NetworkPolicy, which
 * becomes a NetworkPolicy of Calico's with the name "knp.default.<name>".
 *
 * A rule becomes one for each peer and protocol. Selectors of pods must not
 * match network sets, so they ask for the label that every workload has.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "addr.h"
#include "fields.h"
#include "kinds.h"

#define WORKLOADS	"has(projectcalico.org/orchestrator)"
#define NAME_PREFIX	"knp.default."
/* what a rule of Calico's may have */
#define PORTS_MAX	50
/* where policies without an order of their own stand */
#define ORDER		1000

#define DONE(field, type, ...)		MANX_DONE(field, type, NULL, __VA_ARGS__)
#define OBJECT(field, of, ...)		MANX_DONE_OBJECT(field, of, NULL, __VA_ARGS__)

static const struct manx_field expression_fields[] = {
	DONE("key", manx_scalar_label_key, .required = true),
	DONE("operator", manx_scalar_word, .required = true,
	     MANX_WORDS("In", "NotIn", "Exists", "DoesNotExist")),
	DONE("values", manx_scalar_label_value, .list = true),
	MANX_END,
};

static int check_expression(const struct manx_at *at, cJSON *e)
{
	bool set = strstr(manx_field_text(e, "operator"), "In");
	const cJSON *values = manx_field_at(e, "values");

	if (set != (values && values->child))
		return manx_at_fail_field(at, "values", set ? "is missing: In and NotIn need it" :
					  "allowed with In and NotIn only");
	return 0;
}

static const struct manx_schema expression = { expression_fields, check_expression };

static int check_selector(const struct manx_at *at, cJSON *selector)
{
	const cJSON *label;

	cJSON_ArrayForEach(label, manx_field_at(selector, "matchLabels"))
		if (strchr(label->valuestring, '\''))
			return manx_at_fail_field(at, "matchLabels", "\"%.80s\" is no value of a label", label->valuestring);
	return 0;
}

static const struct manx_field selector_fields[] = {
	DONE("matchLabels", manx_scalar_text, .map = true),
	OBJECT("matchExpressions", expression, .list = true),
	MANX_END,
};
static const struct manx_schema selector = { selector_fields, check_selector };

static const struct manx_field block_fields[] = {
	DONE("cidr", manx_scalar_net, .required = true),
	DONE("except", manx_scalar_net, .list = true),
	MANX_END,
};

static int check_block(const struct manx_at *at, cJSON *block)
{
	const cJSON *net;
	struct manx_prefix whole, part;

	if (!manx_prefix_parse(manx_field_text(block, "cidr"), &whole))
		return -EINVAL;
	cJSON_ArrayForEach(net, manx_field_at(block, "except"))
		if (!manx_prefix_parse(net->valuestring, &part) || part.len <= whole.len ||
		    !manx_prefix_covers(&whole, &part))
			return manx_at_fail_field(at, "except", "\"%s\" is no smaller part of %s", net->valuestring,
						  manx_field_text(block, "cidr"));
	return 0;
}

static const struct manx_schema block = { block_fields, check_block };

static const struct manx_field peer_fields[] = {
	OBJECT("podSelector", selector),
	OBJECT("namespaceSelector", selector),
	OBJECT("ipBlock", block),
	MANX_END,
};

static int check_peer(const struct manx_at *at, cJSON *peer)
{
	bool selects = manx_field_at(peer, "podSelector") || manx_field_at(peer, "namespaceSelector");

	if (selects == !!manx_field_at(peer, "ipBlock"))
		return manx_at_fail(at, selects ? "ipBlock stands alone: write two peers" :
				    "one of podSelector, namespaceSelector, ipBlock is missing");
	return 0;
}

static const struct manx_schema peer = { peer_fields, check_peer };

static const struct manx_field port_fields[] = {
	DONE("protocol", manx_scalar_word, .preset = "TCP", MANX_WORDS("TCP", "UDP", "SCTP")),
	DONE("port", manx_scalar_port),
	DONE("endPort", manx_scalar_int, .min = 1, .max = 65535),
	MANX_END,
};

static int check_port(const struct manx_at *at, cJSON *port)
{
	const cJSON *first = manx_field_at(port, "port"), *last = manx_field_at(port, "endPort");

	if (first && !cJSON_IsNumber(first))
		return manx_at_fail_field(at, "port", "\"%s\": one number is expected, and endPort for a range",
					  first->valuestring);
	if (last && (!first || last->valueint < first->valueint))
		return manx_at_fail_field(at, "endPort", "needs port, and may not be less");
	return 0;
}

static const struct manx_schema port = { port_fields, check_port };

static const struct manx_field ingress_fields[] = {
	OBJECT("from", peer, .list = true), OBJECT("ports", port, .list = true), MANX_END,
};
static const struct manx_schema ingress = { ingress_fields, NULL };
static const struct manx_field egress_fields[] = {
	OBJECT("to", peer, .list = true), OBJECT("ports", port, .list = true), MANX_END,
};
static const struct manx_schema egress = { egress_fields, NULL };

static const struct manx_field spec_fields[] = {
	OBJECT("podSelector", selector, .preset = "{}"),
	DONE("policyTypes", manx_scalar_word, .list = true, .max_items = 2, MANX_WORDS("Ingress", "Egress")),
	OBJECT("ingress", ingress, .list = true),
	OBJECT("egress", egress, .list = true),
	MANX_END,
};
const struct manx_schema manx_k8s_policy_spec = { spec_fields, NULL };

/* --- the way to Calico's form; out of memory shows in what is printed at the end --- */

static void write_set(FILE *f, const cJSON *values)
{
	const cJSON *value;

	cJSON_ArrayForEach(value, values)
		fprintf(f, "%s'%s'", value == values->child ? "{" : ", ", value->valuestring);
	fputs("}", f);
}

static void write_expression(FILE *f, const cJSON *e)
{
	const char *key = manx_field_text(e, "key"), *operator = manx_field_text(e, "operator");

	if (!strcmp(operator, "Exists") || !strcmp(operator, "DoesNotExist")) {
		fprintf(f, "%shas(%s)", *operator == 'D' ? "!" : "", key);
		return;
	}
	fprintf(f, "%s %s ", key, *operator == 'N' ? "not in" : "in");
	write_set(f, manx_field_at(e, "values"));
}

/* @first: what it begins with; "" only where an empty selector shall be "all()". */
static char *selector_text(const cJSON *json, const char *first)
{
	const cJSON *item;
	char *text = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&text, &n);
	bool any = *first;

	if (!f)
		return NULL;
	fputs(first, f);
	cJSON_ArrayForEach(item, manx_field_at(json, "matchLabels")) {
		fprintf(f, "%s%s == '%s'", any ? " && " : "", item->string, item->valuestring);
		any = true;
	}
	cJSON_ArrayForEach(item, manx_field_at(json, "matchExpressions")) {
		fputs(any ? " && " : "", f);
		write_expression(f, item);
		any = true;
	}
	if (!any)
		fputs("all()", f);
	fclose(f);
	return text;
}

static void put_selector(cJSON *entity, const char *name, const cJSON *json, const char *first)
{
	char *text = selector_text(json, first);

	cJSON_AddStringToObject(entity, name, text ? text : "");
	free(text);
}

static void put_peer(cJSON *entity, const cJSON *from)
{
	const cJSON *nets = manx_field_at(from, "ipBlock"), *spaces = manx_field_at(from, "namespaceSelector");
	cJSON *list;

	if (!nets) {
		put_selector(entity, "selector", manx_field_at(from, "podSelector"), WORKLOADS);
		if (spaces)
			put_selector(entity, "namespaceSelector", spaces, "");
		return;
	}
	list = cJSON_AddArrayToObject(entity, "nets");
	cJSON_AddItemToArray(list, cJSON_CreateString(manx_field_text(nets, "cidr")));
	if (manx_field_at(nets, "except"))
		cJSON_AddItemToObject(entity, "notNets",
				      cJSON_Duplicate(manx_field_at(nets, "except"), true));
}

/* A new rule at the end of @rules. @from: a peer or NULL; @protocol: NULL for any. */
static cJSON *add_rule(cJSON *rules, const char *side, const cJSON *from, const char *protocol)
{
	cJSON *rule = cJSON_CreateObject();

	cJSON_AddItemToArray(rules, rule);
	cJSON_AddStringToObject(rule, "action", "Allow");
	if (protocol)
		cJSON_AddStringToObject(rule, "protocol", protocol);
	if (from)
		put_peer(cJSON_AddObjectToObject(rule, side), from);
	return rule;
}

static void put_port(cJSON *ports, const cJSON *p)
{
	int first = manx_field_at(p, "port")->valueint;
	char text[16];

	snprintf(text, sizeof(text), "%d:%d", first, (int)manx_field_number(p, "endPort", first));
	cJSON_AddItemToArray(ports, cJSON_CreateString(text));
}

/* The ports of one protocol that @rule names, as many rules as it takes. */
static void add_ports(cJSON *rules, const cJSON *rule, const char *side, const cJSON *from,
		      const char *protocol)
{
	const cJSON *p;
	cJSON *ports = NULL;

	cJSON_ArrayForEach(p, manx_field_at(rule, "ports")) {
		if (strcmp(manx_field_text(p, "protocol"), protocol))
			continue;
		if (!manx_field_at(p, "port")) {
			add_rule(rules, side, from, protocol);
			continue;
		}
		if (!ports || cJSON_GetArraySize(ports) == PORTS_MAX) {
			cJSON *to = add_rule(rules, side, from, protocol);
			cJSON *dst = cJSON_GetObjectItemCaseSensitive(to, "destination");

			if (!dst)
				dst = cJSON_AddObjectToObject(to, "destination");
			ports = cJSON_AddArrayToObject(dst, "ports");
		}
		put_port(ports, p);
	}
}

static void add_peer(cJSON *rules, const cJSON *rule, const char *side, const cJSON *from)
{
	static const char *const protocols[] = { "TCP", "UDP", "SCTP" };
	const cJSON *ports = manx_field_at(rule, "ports");

	if (!ports || !ports->child) {
		add_rule(rules, side, from, NULL);
		return;
	}
	for (size_t i = 0; i < 3; i++)
		add_ports(rules, rule, side, from, protocols[i]);
}

static void put_rules(cJSON *to, const cJSON *spec, const char *direction, const char *side,
		      const char *peers)
{
	const cJSON *rule, *from;
	cJSON *rules = cJSON_AddArrayToObject(to, direction);

	cJSON_ArrayForEach(rule, manx_field_at(spec, direction)) {
		const cJSON *list = manx_field_at(rule, peers);

		if (!list || !list->child)
			add_peer(rules, rule, side, NULL);
		cJSON_ArrayForEach(from, list)
			add_peer(rules, rule, side, from);
	}
}

/* Without policyTypes: ingress, and egress if there are rules for it. */
static void put_types(cJSON *to, const cJSON *spec)
{
	const cJSON *given = manx_field_at(spec, "policyTypes"), *rules = manx_field_at(spec, "egress");
	static const char *const both[] = { "Ingress", "Egress" };

	if (given && given->child)
		cJSON_AddItemToObject(to, "types", cJSON_Duplicate(given, true));
	else
		cJSON_AddItemToObject(to, "types", cJSON_CreateStringArray(both, 1 + (rules && rules->child)));
}

cJSON *manx_k8s_policy_convert(const cJSON *json)
{
	const cJSON *metadata = manx_field_at(json, "metadata"), *spec = manx_field_at(json, "spec");
	cJSON *out = cJSON_CreateObject(), *meta, *to;
	char name[300];

	cJSON_AddStringToObject(out, "apiVersion", MANX_API_VERSION);
	cJSON_AddStringToObject(out, "kind", "NetworkPolicy");
	meta = cJSON_AddObjectToObject(out, "metadata");
	snprintf(name, sizeof(name), NAME_PREFIX "%s", manx_field_text(metadata, "name"));
	cJSON_AddStringToObject(meta, "name", name);
	cJSON_AddStringToObject(meta, "namespace", manx_field_text(metadata, "namespace"));
	to = cJSON_AddObjectToObject(out, "spec");
	cJSON_AddNumberToObject(to, "order", ORDER);
	put_selector(to, "selector", manx_field_at(spec, "podSelector"), "");
	put_types(to, spec);
	put_rules(to, spec, "ingress", "source", "from");
	put_rules(to, spec, "egress", "destination", "to");
	return out;
}
