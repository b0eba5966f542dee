// SPDX-License-Identifier: GPL-2.0-only
/*
 * States from JSON. What is wrong is named by its place in the document.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dp_impl.h"
#include "json.h"
#include "mac.h"

static int no_memory(struct manx_error *err)
{
	return manx_fail(err, -ENOMEM, "out of memory");
}

/* A member that must be there. */
static int missing(const struct manx_json *at, const char *key, struct manx_error *err)
{
	struct manx_json sub = manx_json_get(at, key);

	return manx_fail(err, -EINVAL, "%s: missing", sub.path);
}

static int get_prefix(const struct manx_json *at, struct manx_prefix *p, struct manx_error *err)
{
	const char *text = "";
	int rc = manx_json_text(at, &text, err);

	if (rc)
		return rc;
	if (!manx_prefix_parse(text, p))
		return manx_fail(err, -EINVAL, "%s: \"%s\" is no address or prefix",
				 at->path, text);
	if (!manx_prefix_is_masked(p))
		return manx_fail(err, -EINVAL, "%s: \"%s\" has bits beyond its prefix length",
				 at->path, text);
	return 0;
}

/* Into struct manx_dp_prefixes */
static int parse_net(const struct manx_json *at, void *nets, struct manx_error *err)
{
	struct manx_prefix p;
	int rc = get_prefix(at, &p, err);

	if (rc)
		return rc;
	return manx_dp_prefixes_add(nets, &p) ? 0 : no_memory(err);
}

static int parse_host(const struct manx_json *at, void *nets, struct manx_error *err)
{
	struct manx_prefix p;
	int rc = get_prefix(at, &p, err);

	if (rc)
		return rc;
	if (p.len != manx_addr_bits(&p.addr))
		return manx_fail(err, -EINVAL, "%s: \"%s\" is not the address of one host",
				 at->path, at->v->valuestring);
	return manx_dp_prefixes_add(nets, &p) ? 0 : no_memory(err);
}

static int check_name(const struct manx_json *at, const char *name, struct manx_error *err)
{
	size_t len = strlen(name);

	if (len == 0 || len > MANX_NAME_MAX)
		return manx_fail(err, -EINVAL, "%s: \"%s\" has %zu octets, expected 1 to %d",
				 at->path, name, len, MANX_NAME_MAX);
	return 0;
}

/* Into struct manx_dp_names */
static int parse_name_item(const struct manx_json *at, void *names, struct manx_error *err)
{
	const char *name = "";
	int rc = manx_json_text(at, &name, err);

	if (!rc)
		rc = check_name(at, name, err);
	if (rc)
		return rc;
	return manx_dp_names_add(names, name, strlen(name)) ? 0 : no_memory(err);
}

/* *@out is malloc'ed. Absent leaves it NULL. */
static int parse_name(const struct manx_json *at, const char *key, char **out,
		      struct manx_error *err)
{
	struct manx_json sub = manx_json_get(at, key);
	const char *name = NULL;
	int rc = manx_json_string(at, key, &name, err);

	if (!rc && name)
		rc = check_name(&sub, name, err);
	if (rc || !name)
		return rc;
	*out = strdup(name);
	return *out ? 0 : no_memory(err);
}

/* "80", "8000:8080" or 80 into struct manx_dp_ranges */
static int parse_port(const struct manx_json *at, void *ports, struct manx_error *err)
{
	unsigned int first = 65536, last = 65536;
	char tail;

	if (cJSON_IsString(at->v)) {
		if (sscanf(at->v->valuestring, "%5u:%5u%c", &first, &last, &tail) != 2) {
			last = 65536;
			if (sscanf(at->v->valuestring, "%5u%c", &first, &tail) == 1)
				last = first;
		}
	} else if (cJSON_IsNumber(at->v) && at->v->valuedouble >= 0 &&
		   at->v->valuedouble == at->v->valueint) {
		first = last = (unsigned int)at->v->valueint;
	}
	if (first > last || last > 65535)
		return manx_fail(err, -EINVAL,
				 "%s: expected a port or a range like \"8000:8080\"", at->path);
	return manx_dp_ranges_add(ports, (uint16_t)first, (uint16_t)last) ? 0 : no_memory(err);
}

/* 0 to 255; *@out stays what it is if absent. */
static int parse_octet(const struct manx_json *at, const char *key, int *out,
		       struct manx_error *err)
{
	uint32_t n = 0;
	struct manx_json sub = manx_json_get(at, key);
	int rc = manx_json_u32(at, key, 0, 255, &n, err);

	if (!rc && sub.v)
		*out = (int)n;
	return rc;
}

/* A number, or a name as a string. */
static int parse_protocol(const struct manx_json *at, const char *key, int *out,
			  struct manx_error *err)
{
	struct manx_json sub = manx_json_get(at, key);

	if (!cJSON_IsString(sub.v))
		return parse_octet(at, key, out, err);
	*out = manx_dp_protocol(sub.v->valuestring);
	if (*out < 0)
		return manx_fail(err, -EINVAL,
				 "%s: \"%s\" is no protocol: expected a number or a name like tcp",
				 sub.path, sub.v->valuestring);
	return 0;
}

static int parse_match(const struct manx_json *at, const struct manx_dp_field *f, void *match,
		       struct manx_error *err)
{
	switch (f->type) {
	case MANX_DP_NETS:
		return manx_json_each(at, f->key, parse_net, match, err);
	case MANX_DP_SETS:
		return manx_json_each(at, f->key, parse_name_item, match, err);
	case MANX_DP_PORTS:
		return manx_json_each(at, f->key, parse_port, match, err);
	case MANX_DP_PROTOCOL:
		return parse_protocol(at, f->key, match, err);
	default:
		return parse_octet(at, f->key, match, err);
	}
}

/* The number of one of @words under @key, which must be there. */
static int parse_word(const struct manx_json *at, const char *key,
		      const struct manx_dp_words *words, uint32_t *out, struct manx_error *err)
{
	struct manx_json sub = manx_json_get(at, key);
	const char *word = NULL;
	int rc = manx_json_string(at, key, &word, err);

	if (rc)
		return rc;
	if (!word)
		return missing(at, key, err);
	rc = manx_dp_word(words, word, err);
	if (rc < 0)
		return manx_error_prefix(err, "%s", sub.path);
	*out = (uint32_t)rc;
	return 0;
}

/* The members of a rule that are objects, and what those may hold. */
static int check_rule(const struct manx_json *at, struct manx_error *err)
{
	static const char *const known[] = {
		"id", "action", "ipVersion", "protocol", "notProtocol", "icmp", "notICMP",
		"source", "destination", "packets", NULL,
	};
	static const char *const side[] = {
		"nets", "notNets", "sets", "notSets", "ports", "notPorts", NULL,
	};
	static const char *const icmp[] = { "type", "code", NULL };
	static const struct {
		const char *key;
		const char *const *known;
	} objects[] = {
		{ "source", side }, { "destination", side }, { "icmp", icmp }, { "notICMP", icmp },
	};
	int rc = manx_json_known(at, known, err);

	for (size_t i = 0; !rc && i < MNL_ARRAY_SIZE(objects); i++) {
		struct manx_json sub = manx_json_get(at, objects[i].key);

		if (sub.v)
			rc = manx_json_known(&sub, objects[i].known, err);
	}
	return rc;
}

static int parse_matches(const struct manx_json *at, struct manx_dp_rule *r,
			 struct manx_error *err)
{
	int rc = 0;

	for (size_t i = 0; !rc && i < MANX_DP_FIELDS; i++) {
		const struct manx_dp_field *f = &manx_dp_fields[i];
		struct manx_json holder = f->object ? manx_json_get(at, f->object) : *at;

		if (holder.v)
			rc = parse_match(&holder, f, manx_dp_field(r, f), err);
	}
	return rc;
}

static int fill_rule(const struct manx_json *at, struct manx_dp_rule *r, struct manx_error *err)
{
	uint32_t version = 0;
	int rc = check_rule(at, err);

	if (!rc && !manx_json_get(at, "id").v)
		rc = missing(at, "id", err);
	if (!rc)
		rc = manx_json_u32(at, "id", 0, UINT32_MAX, &r->id, err);
	if (!rc)
		rc = parse_word(at, "action", &manx_dp_actions, &r->action, err);
	if (!rc)
		rc = manx_json_u32(at, "ipVersion", 4, 6, &version, err);
	if (!rc && version == 5)
		rc = manx_fail(err, -EINVAL, "%s.ipVersion: expected 4 or 6", at->path);
	r->ip_version = (int)version;
	return rc ? rc : parse_matches(at, r, err);
}

/* Into struct manx_dp_table */
static int parse_rule(const struct manx_json *at, void *table, struct manx_error *err)
{
	struct manx_dp_table *t = table;
	struct manx_dp_rule *r = manx_more(t->rule, t->n_rules, sizeof(*r));

	if (!r)
		return no_memory(err);
	t->rule = r;
	r += t->n_rules++;
	manx_dp_rule_init(r);
	return fill_rule(at, r, err);
}

static int parse_table(const struct manx_json *at, void *state, struct manx_error *err)
{
	static const char *const known[] = {
		"name", "direction", "defaultAction", "rules", "defaultPackets", "form", "memory",
		NULL,
	};
	struct manx_dp_state *st = state;
	struct manx_dp_table *t = manx_more(st->table, st->n_tables, sizeof(*t));
	int rc;

	if (!t)
		return no_memory(err);
	st->table = t;
	t += st->n_tables++;
	*t = (struct manx_dp_table){ 0 };
	rc = manx_json_known(at, known, err);
	if (!rc)
		rc = parse_name(at, "name", &t->name, err);
	if (!rc && !t->name)
		rc = missing(at, "name", err);
	if (!rc)
		rc = parse_word(at, "direction", &manx_dp_directions, &t->direction, err);
	if (!rc)
		rc = parse_word(at, "defaultAction", &manx_dp_actions, &t->default_action, err);
	if (!rc && t->default_action != MANX_ACTION_DENY && t->default_action != MANX_ACTION_PASS)
		rc = manx_fail(err, -EINVAL, "%s.defaultAction: expected deny or pass", at->path);
	return rc ? rc : manx_json_each(at, "rules", parse_rule, t, err);
}

static int parse_set(const struct manx_json *at, void *state, struct manx_error *err)
{
	static const char *const known[] = { "name", "members", NULL };
	struct manx_dp_state *st = state;
	struct manx_dp_set *s = manx_more(st->set, st->n_sets, sizeof(*s));
	int rc;

	if (!s)
		return no_memory(err);
	st->set = s;
	s += st->n_sets++;
	*s = (struct manx_dp_set){ 0 };
	rc = manx_json_known(at, known, err);
	if (!rc)
		rc = parse_name(at, "name", &s->name, err);
	if (!rc && !s->name)
		rc = missing(at, "name", err);
	return rc ? rc : manx_json_each(at, "members", parse_net, &s->members, err);
}

static int parse_mac(const struct manx_json *at, struct manx_dp_endpoint *e,
		     struct manx_error *err)
{
	struct manx_json sub = manx_json_get(at, "mac");
	const char *text = NULL;
	int rc = manx_json_string(at, "mac", &text, err);

	if (rc || !text)
		return rc;
	if (!manx_mac_parse(text, e->mac))
		return manx_fail(err, -EINVAL, "%s: \"%s\" is no MAC address", sub.path, text);
	e->has_mac = true;
	return 0;
}

/* Into uint32_t */
static int parse_flag(const struct manx_json *at, void *flags, struct manx_error *err)
{
	const char *word = "";
	int rc = manx_json_text(at, &word, err);

	if (rc)
		return rc;
	rc = manx_dp_word(&manx_dp_flags, word, err);
	if (rc < 0)
		return manx_error_prefix(err, "%s", at->path);
	*(uint32_t *)flags |= 1u << rc;
	return 0;
}

static int fill_endpoint(const struct manx_json *at, struct manx_dp_endpoint *e,
			 struct manx_error *err)
{
	int rc = manx_json_u32(at, "id", 2, UINT32_MAX - 1, &e->id, err);

	if (!rc && !e->id)
		rc = missing(at, "id", err);
	if (!rc)
		rc = parse_name(at, "name", &e->name, err);
	if (!rc)
		rc = manx_json_each(at, "addresses", parse_host, &e->addr, err);
	if (!rc)
		rc = manx_json_each(at, "sourcePrefixes", parse_net, &e->source, err);
	if (!rc)
		rc = parse_mac(at, e, err);
	if (!rc)
		rc = manx_json_each(at, "flags", parse_flag, &e->flags, err);
	if (!rc)
		rc = manx_json_each(at, "ingress", parse_name_item, &e->ingress, err);
	return rc ? rc : manx_json_each(at, "egress", parse_name_item, &e->egress, err);
}

static int parse_endpoint(const struct manx_json *at, void *state, struct manx_error *err)
{
	static const char *const known[] = {
		"id", "name", "addresses", "sourcePrefixes", "mac", "flags", "ingress", "egress",
		"ifindex", "rx", "tx", "drops", "flowsFrom", "flowsTo", NULL,
	};
	struct manx_dp_state *st = state;
	struct manx_dp_endpoint *e = manx_more(st->endpoint, st->n_endpoints, sizeof(*e));
	int rc;

	if (!e)
		return no_memory(err);
	st->endpoint = e;
	e += st->n_endpoints++;
	*e = (struct manx_dp_endpoint){ 0 };
	rc = manx_json_known(at, known, err);
	return rc ? rc : fill_endpoint(at, e, err);
}

static int parse_peer(const struct manx_json *at, void *state, struct manx_error *err)
{
	struct manx_dp_state *st = state;
	struct manx_addr *peer = manx_more(st->peer, st->n_peers, sizeof(*peer));
	const char *text = "";
	int rc = manx_json_text(at, &text, err);

	if (!peer)
		return no_memory(err);
	st->peer = peer;
	if (rc)
		return rc;
	if (!manx_addr_parse(text, &peer[st->n_peers]) || peer[st->n_peers].family != 4)
		return manx_fail(err, -EINVAL, "%s: \"%s\" is no IPv4 address", at->path, text);
	st->n_peers++;
	return 0;
}

/* Of an option that is written as a string; the words are those of the command line. */
static int parse_text(const struct manx_json *at, const struct manx_dp_option_info *o,
		      uint64_t *out, struct manx_error *err)
{
	struct manx_json sub = manx_json_get(at, o->key);
	const char *text = NULL;
	int rc = manx_json_string(at, o->key, &text, err);

	if (rc || !text)
		return rc;
	rc = manx_dp_option_parse((enum manx_dp_option)(o - manx_dp_options), text, out, err);
	return rc ? manx_error_prefix(err, "%s", sub.path) : 0;
}

/* Absent leaves *out alone. */
static int parse_option(const struct manx_json *at, const struct manx_dp_option_info *o,
			uint64_t *out, struct manx_error *err)
{
	bool on = *out;
	int rc;

	switch (o->type) {
	case MANX_DP_SWITCH:
		rc = manx_json_bool(at, o->key, &on, err);
		*out = on;
		return rc;
	case MANX_DP_ACTION:
	case MANX_DP_FASTNESS:
	case MANX_DP_MASK:
		return parse_text(at, o, out, err);
	default:
		return manx_json_u64(at, o->key, o->min, o->max, out, err);
	}
}

/* The members of node, and of its objects, that are options. */
static int check_node(const struct manx_json *at, struct manx_error *err)
{
	static const char *const read_only[] = { "generation", "version", "use", "drops" };
	const char *known[MANX_DP_OPTIONS + MNL_ARRAY_SIZE(read_only) + 2] = { "timeouts" };
	const char *timeouts[MANX_DP_OPTIONS + 1] = { 0 };
	struct manx_json sub = manx_json_get(at, "timeouts");
	size_t n = 1, n_timeouts = 0;
	int rc;

	for (size_t i = 0; i < MANX_DP_OPTIONS; i++)
		if (manx_dp_options[i].object)
			timeouts[n_timeouts++] = manx_dp_options[i].key;
		else
			known[n++] = manx_dp_options[i].key;
	for (size_t i = 0; i < MNL_ARRAY_SIZE(read_only); i++)
		known[n++] = read_only[i];
	rc = manx_json_known(at, known, err);
	return rc || !sub.v ? rc : manx_json_known(&sub, timeouts, err);
}

/* What is absent is given all the same: as the module begins with. */
static int parse_node(const struct manx_json *top, struct manx_dp_config *config,
		      struct manx_error *err)
{
	struct manx_json at = manx_json_get(top, "node");
	int rc = at.v ? check_node(&at, err) : 0;

	for (enum manx_dp_option i = 0; !rc && i < MANX_DP_OPTIONS; i++) {
		const struct manx_dp_option_info *o = &manx_dp_options[i];
		struct manx_json in = o->object ? manx_json_get(&at, o->object) : at;
		uint64_t value = o->standard;

		if (in.v)
			rc = parse_option(&in, o, &value, err);
		manx_dp_config_put(config, i, value);
	}
	return rc;
}

static int parse_state(const struct manx_json *top, struct manx_dp_state *st,
		       struct manx_error *err)
{
	static const char *const known[] = {
		"node", "sets", "tables", "endpoints", "peers", NULL,
	};
	int rc = manx_json_known(top, known, err);

	if (!rc)
		rc = parse_node(top, &st->node.config, err);
	if (!rc)
		rc = manx_json_each(top, "sets", parse_set, st, err);
	if (!rc)
		rc = manx_json_each(top, "tables", parse_table, st, err);
	if (!rc)
		rc = manx_json_each(top, "endpoints", parse_endpoint, st, err);
	if (!rc)
		rc = manx_json_each(top, "peers", parse_peer, st, err);
	return rc;
}

int manx_dp_state_from_json(const cJSON *json, struct manx_dp_state *st, struct manx_error *err)
{
	struct manx_json top = manx_json_top(json);
	int rc;

	memset(st, 0, sizeof(*st));
	rc = parse_state(&top, st, err);
	if (rc)
		manx_dp_state_clear(st);
	else
		manx_dp_state_sort(st);
	return rc;
}
