// SPDX-License-Identifier: GPL-2.0-only
/*
 * States as JSON. Every function returns false, or NULL, without memory only;
 * what it made until then hangs in its parent.
 */
#include <stdio.h>

#include "dp_impl.h"
#include "json.h"
#include "mac.h"

static bool add_text(cJSON *array, const char *text)
{
	return cJSON_AddItemToArray(array, cJSON_CreateString(text));
}

/* @item becomes a member of @object, or is no more. */
static bool attach(cJSON *object, const char *key, cJSON *item)
{
	if (cJSON_AddItemToObject(object, key, item))
		return true;
	cJSON_Delete(item);
	return false;
}

static cJSON *names_to_json(const struct manx_dp_names *names)
{
	cJSON *array = cJSON_CreateArray();

	for (size_t i = 0; array && i < names->n; i++)
		if (!add_text(array, names->s[i])) {
			cJSON_Delete(array);
			return NULL;
		}
	return array;
}

/* Host addresses without their length if @hosts. */
static cJSON *nets_to_json(const struct manx_dp_prefixes *nets, bool hosts)
{
	cJSON *array = cJSON_CreateArray();
	char text[MANX_ADDR_STRLEN];

	for (size_t i = 0; array && i < nets->n; i++) {
		const struct manx_prefix *p = &nets->p[i];
		bool host = hosts && p->len == manx_addr_bits(&p->addr);

		if (!add_text(array, host ? manx_addr_format(&p->addr, text) :
					    manx_prefix_format(p, text))) {
			cJSON_Delete(array);
			return NULL;
		}
	}
	return array;
}

static cJSON *ports_to_json(const struct manx_dp_ranges *ports)
{
	cJSON *array = cJSON_CreateArray();
	char text[16];

	for (size_t i = 0; array && i < ports->n; i++) {
		const struct manx_dp_range *r = &ports->r[i];
		cJSON *item;

		snprintf(text, sizeof(text), "%u:%u", r->first, r->last);
		item = r->first == r->last ? cJSON_CreateNumber(r->first) :
					     cJSON_CreateString(text);
		if (!cJSON_AddItemToArray(array, item)) {
			cJSON_Delete(array);
			return NULL;
		}
	}
	return array;
}

static cJSON *protocol_to_json(int protocol)
{
	const char *name = manx_dp_protocol_name(protocol);

	return name ? cJSON_CreateString(name) : cJSON_CreateNumber(protocol);
}

static bool is_absent(const struct manx_dp_field *f, const void *match)
{
	switch (f->type) {
	case MANX_DP_NETS:
		return !((const struct manx_dp_prefixes *)match)->n;
	case MANX_DP_SETS:
		return !((const struct manx_dp_names *)match)->n;
	case MANX_DP_PORTS:
		return !((const struct manx_dp_ranges *)match)->n;
	default:
		return *(const int *)match < 0;
	}
}

static cJSON *match_to_json(const struct manx_dp_field *f, const void *match)
{
	switch (f->type) {
	case MANX_DP_NETS:
		return nets_to_json(match, false);
	case MANX_DP_SETS:
		return names_to_json(match);
	case MANX_DP_PORTS:
		return ports_to_json(match);
	case MANX_DP_PROTOCOL:
		return protocol_to_json(*(const int *)match);
	default:
		return cJSON_CreateNumber(*(const int *)match);
	}
}

/* The member of @rule that holds the match: itself, or e.g. "source". */
static cJSON *holder(cJSON *rule, const struct manx_dp_field *f)
{
	cJSON *object = f->object ? cJSON_GetObjectItemCaseSensitive(rule, f->object) : rule;

	return object ? object : cJSON_AddObjectToObject(rule, f->object);
}

static bool fill_rule(cJSON *rule, const struct manx_dp_rule *r, bool counters)
{
	bool ok = cJSON_AddNumberToObject(rule, "id", r->id) &&
		  cJSON_AddStringToObject(rule, "action", manx_dp_action_name(r->action));

	if (r->ip_version)
		ok = ok && cJSON_AddNumberToObject(rule, "ipVersion", r->ip_version);
	for (size_t i = 0; ok && i < MANX_DP_FIELDS; i++) {
		const struct manx_dp_field *f = &manx_dp_fields[i];
		const void *match = manx_dp_field_const(r, f);

		if (!is_absent(f, match))
			ok = attach(holder(rule, f), f->key, match_to_json(f, match));
	}
	return ok && (!counters || manx_json_add_u64(rule, "packets", r->packets));
}

static bool add_rules(cJSON *table, const struct manx_dp_table *t, bool counters)
{
	cJSON *rules = cJSON_AddArrayToObject(table, "rules");

	for (size_t i = 0; rules && i < t->n_rules; i++)
		if (!fill_rule(manx_json_add_object(rules), &t->rule[i], counters))
			return false;
	return rules;
}

static bool fill_table(cJSON *table, const struct manx_dp_table *t, bool counters)
{
	return cJSON_AddStringToObject(table, "name", t->name) &&
	       cJSON_AddStringToObject(table, "direction",
				       manx_dp_direction_name(t->direction)) &&
	       cJSON_AddStringToObject(table, "defaultAction",
				       manx_dp_action_name(t->default_action)) &&
	       (!counters ||
		(cJSON_AddStringToObject(table, "form", manx_dp_form_name(t->form)) &&
		 manx_json_add_u64(table, "memory", t->memory) &&
		 manx_json_add_u64(table, "defaultPackets", t->default_packets))) &&
	       add_rules(table, t, counters);
}

static bool fill_set(cJSON *set, const struct manx_dp_set *s)
{
	return cJSON_AddStringToObject(set, "name", s->name) &&
	       attach(set, "members", nets_to_json(&s->members, true));
}

static bool add_drops(cJSON *object, const struct manx_dp_drop *drop, size_t n)
{
	cJSON *drops = cJSON_AddObjectToObject(object, "drops");

	for (size_t i = 0; drops && i < n; i++)
		if (!manx_json_add_u64(drops, manx_dp_reason_name(drop[i].reason),
				       drop[i].packets))
			return false;
	return drops;
}

static bool add_traffic(cJSON *object, const char *key, uint64_t packets, uint64_t bytes)
{
	cJSON *traffic = cJSON_AddObjectToObject(object, key);

	return manx_json_add_u64(traffic, "packets", packets) &&
	       manx_json_add_u64(traffic, "bytes", bytes);
}

static bool add_flags(cJSON *endpoint, uint32_t flags)
{
	cJSON *array = cJSON_AddArrayToObject(endpoint, "flags");

	for (uint32_t i = 0; array && i < manx_dp_flags.n; i++)
		if ((flags & 1u << i) && !add_text(array, manx_dp_flags.word[i]))
			return false;
	return array;
}

static bool fill_endpoint(cJSON *object, const struct manx_dp_endpoint *e, bool counters)
{
	char mac[MANX_MAC_STRLEN];
	bool ok = cJSON_AddNumberToObject(object, "id", e->id) &&
		  (!e->name || cJSON_AddStringToObject(object, "name", e->name)) &&
		  attach(object, "addresses", nets_to_json(&e->addr, true)) &&
		  (!e->source.n ||
		   attach(object, "sourcePrefixes", nets_to_json(&e->source, false))) &&
		  (!e->has_mac || cJSON_AddStringToObject(object, "mac",
							  manx_mac_format(e->mac, mac))) &&
		  (!e->flags || add_flags(object, e->flags)) &&
		  attach(object, "ingress", names_to_json(&e->ingress)) &&
		  attach(object, "egress", names_to_json(&e->egress));

	if (!ok || !counters)
		return ok;
	return (!e->ifindex || cJSON_AddNumberToObject(object, "ifindex", e->ifindex)) &&
	       add_traffic(object, "rx", e->rx_packets, e->rx_bytes) &&
	       add_traffic(object, "tx", e->tx_packets, e->tx_bytes) &&
	       cJSON_AddNumberToObject(object, "flowsFrom", e->flows_from) &&
	       cJSON_AddNumberToObject(object, "flowsTo", e->flows_to) &&
	       add_drops(object, e->drop, e->n_drops);
}

static bool add_option(cJSON *node, const struct manx_dp_config *config,
		       enum manx_dp_option option)
{
	const struct manx_dp_option_info *o = &manx_dp_options[option];
	cJSON *in = o->object ? cJSON_GetObjectItemCaseSensitive(node, o->object) : node;
	char text[MANX_DP_VALUE_STRLEN];

	if (!in)
		in = cJSON_AddObjectToObject(node, o->object);
	switch (o->type) {
	case MANX_DP_SWITCH:
		return cJSON_AddBoolToObject(in, o->key, config->value[option] != 0);
	case MANX_DP_ACTION:
	case MANX_DP_FASTNESS:
	case MANX_DP_MASK:
		return cJSON_AddStringToObject(in, o->key,
					       manx_dp_config_text(config, option, text));
	default:
		return manx_json_add_u64(in, o->key, config->value[option]);
	}
}

static bool add_use(cJSON *object, const struct manx_dp_node *node)
{
	cJSON *use = cJSON_AddObjectToObject(object, "use");

	return cJSON_AddNumberToObject(use, "members", node->members) &&
	       cJSON_AddNumberToObject(use, "rules", node->rules) &&
	       cJSON_AddNumberToObject(use, "classes", node->classes) &&
	       cJSON_AddNumberToObject(use, "flows", node->flows) &&
	       manx_json_add_u64(use, "memory", node->memory);
}

static bool add_node(cJSON *top, const struct manx_dp_node *node, bool counters)
{
	cJSON *object = cJSON_AddObjectToObject(top, "node");

	for (enum manx_dp_option i = 0; i < MANX_DP_OPTIONS; i++)
		if (manx_dp_config_has(&node->config, i) &&
		    !add_option(object, &node->config, i))
			return false;
	if (!counters)
		return object;
	return cJSON_AddNumberToObject(object, "generation", node->generation) &&
	       cJSON_AddStringToObject(object, "version", node->version) &&
	       add_use(object, node) && add_drops(object, node->drop, node->n_drops);
}

static bool add_lists(cJSON *top, const struct manx_dp_state *st, bool counters)
{
	cJSON *sets = cJSON_AddArrayToObject(top, "sets");
	cJSON *tables = cJSON_AddArrayToObject(top, "tables");
	cJSON *endpoints = cJSON_AddArrayToObject(top, "endpoints");
	cJSON *peers = cJSON_AddArrayToObject(top, "peers");
	char text[MANX_ADDR_STRLEN];
	bool ok = sets && tables && endpoints && peers;

	for (size_t i = 0; ok && i < st->n_sets; i++)
		ok = fill_set(manx_json_add_object(sets), &st->set[i]);
	for (size_t i = 0; ok && i < st->n_tables; i++)
		ok = fill_table(manx_json_add_object(tables), &st->table[i], counters);
	for (size_t i = 0; ok && i < st->n_endpoints; i++)
		ok = fill_endpoint(manx_json_add_object(endpoints), &st->endpoint[i], counters);
	for (size_t i = 0; ok && i < st->n_peers; i++)
		ok = add_text(peers, manx_addr_format(&st->peer[i], text));
	return ok;
}

cJSON *manx_dp_state_to_json(const struct manx_dp_state *st, bool counters)
{
	cJSON *top = cJSON_CreateObject();

	if (top && add_node(top, &st->node, counters) && add_lists(top, st, counters))
		return top;
	cJSON_Delete(top);
	return NULL;
}
