// SPDX-License-Identifier: GPL-2.0-only
/* manxctl dp show: what the module holds. */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "dp_cmd.h"
#include "output.h"
#include "rtnl.h"
#include "table.h"

/* What fits on one screen of the overview, and of a set's members in its row. */
#define SCREEN_ENDPOINTS	16
#define SCREEN_PEERS		8
#define ROW_MEMBERS		4

/**
 * struct view - what is shown
 * @link: links of this namespace, for the names of endpoints' ifindexes
 */
struct view {
	struct manx_dp_state st;
	struct manx_link *link;
	size_t n_links;
};

static const char *link_name(const struct view *v, uint32_t index)
{
	for (size_t i = 0; i < v->n_links; i++)
		if (v->link[i].index == (int)index)
			return v->link[i].name;
	return "";
}

static void cell_prefixes(struct manxctl_table *t, const struct manx_dp_prefixes *p, size_t max)
{
	struct manxctl_cell c;

	if (manxctl_cell_open(&c, t)) {
		manxctl_dp_write_prefixes(c.f, p, max);
		manxctl_cell_close(&c, t);
	}
}

static void cell_names(struct manxctl_table *t, const struct manx_dp_names *names)
{
	struct manxctl_cell c;

	if (manxctl_cell_open(&c, t)) {
		manxctl_dp_write_names(c.f, names, names->n);
		manxctl_cell_close(&c, t);
	}
}

static void cell_drops(struct manxctl_table *t, const struct manx_dp_drop *drop, size_t n)
{
	struct manxctl_cell c;

	if (manxctl_cell_open(&c, t)) {
		manxctl_dp_write_drops(c.f, drop, n);
		manxctl_cell_close(&c, t);
	}
}

/* "name value" of the options from @first to @last that the module tells. */
static void print_options(const struct manx_dp_config *config, const char *head,
			  enum manx_dp_option first, enum manx_dp_option last)
{
	char text[MANX_DP_VALUE_STRLEN];
	size_t n = 0;

	for (enum manx_dp_option i = first; i <= last; i++) {
		if (!(config->given & 1u << i))
			continue;
		printf("%s%s %s", n++ ? ", " : head, manx_dp_option_name(i),
		       manx_dp_config_text(config, i, text));
	}
	if (n)
		putchar('\n');
}

/* "12 members of 1048576"; without the limit if the module does not tell it. */
static void print_use(const struct manx_dp_config *config, const char *separator, uint32_t n,
		      const char *what, enum manx_dp_option limit)
{
	char text[MANX_DP_VALUE_STRLEN];

	printf("%s%" PRIu32 " %s", separator, n, what);
	if (config->given & 1u << limit)
		printf(" of %s", manx_dp_config_text(config, limit, text));
}

static void print_limits(const struct manx_dp_node *node)
{
	const struct manx_dp_config *config = &node->config;
	char octets[MANXCTL_OCTETS_STRLEN], limit[MANXCTL_OCTETS_STRLEN];

	print_use(config, "in use     ", node->members, "members", MANX_DP_MAX_MEMBERS);
	print_use(config, ", ", node->rules, "rules", MANX_DP_MAX_RULES);
	print_use(config, ", ", node->classes, "classes", MANX_DP_MAX_CLASSES);
	print_use(config, ", ", node->flows, "flows", MANX_DP_MAX_FLOWS);
	printf(", %s", manxctl_octets(node->memory, octets));
	if (config->given & 1u << MANX_DP_MAX_MEMORY)
		printf(" of %s", manxctl_octets(config->value[MANX_DP_MAX_MEMORY], limit));
	putchar('\n');
	print_options(config, "endpoints  ", MANX_DP_MAX_FLOWS_FROM, MANX_DP_FRAGMENT_RATE);
	print_options(config, "options    ", MANX_DP_KEEP_ESTABLISHED, MANX_DP_AUDIT);
	print_options(config, "fast way   ", MANX_DP_FAST, MANX_DP_QUEUE_PACKETS);
	print_options(config, "timeouts   ", MANX_DP_TCP_OPENING, MANX_DP_OTHER);
}

static int show_node(const struct view *v)
{
	const struct manx_dp_node *node = &v->st.node;
	size_t rules = 0, members = 0;
	char text[MANX_DP_VALUE_STRLEN];

	for (size_t i = 0; i < v->st.n_tables; i++)
		rules += v->st.table[i].n_rules;
	for (size_t i = 0; i < v->st.n_sets; i++)
		members += v->st.set[i].members.n;
	printf("module     %s, generation %u\n", node->version, node->generation);
	printf("mark mask  %s\n", manx_dp_config_text(&node->config, MANX_DP_MARK_MASK, text));
	printf("to node    %s\n",
	       manx_dp_config_text(&node->config, MANX_DP_ENDPOINT_TO_NODE, text));
	printf("objects    %zu endpoints, %zu tables with %zu rules, %zu sets with %zu members, %zu peers\n",
	       v->st.n_endpoints, v->st.n_tables, rules, v->st.n_sets, members, v->st.n_peers);
	print_limits(node);
	printf("drops      ");
	manxctl_dp_write_drops(stdout, node->drop, node->n_drops);
	puts(node->n_drops ? " (besides those of endpoints)" : "none (besides those of endpoints)");
	return 0;
}

static int show_sets(const struct view *v)
{
	struct manxctl_table t = { 0 };

	manxctl_table_head(&t, "SET SIZE MEMBERS");
	for (size_t i = 0; i < v->st.n_sets; i++) {
		const struct manx_dp_set *s = &v->st.set[i];

		manxctl_table_cell(&t, "%s", s->name);
		manxctl_table_cell(&t, "%zu", s->members.n);
		cell_prefixes(&t, &s->members, ROW_MEMBERS);
	}
	return manxctl_table_print(&t, stdout);
}

static int show_rules(const struct manx_dp_table *table)
{
	struct manxctl_table t = { 0 };

	manxctl_table_head(&t, "ID PACKETS RULE");
	for (size_t i = 0; i < table->n_rules; i++) {
		char *words = manxctl_dp_rule_words(&table->rule[i]);

		manxctl_table_cell(&t, "%" PRIu32, table->rule[i].id);
		manxctl_table_cell(&t, "%" PRIu64, table->rule[i].packets);
		manxctl_table_cell(&t, "%s", words ? words : "?");
		free(words);
	}
	return manxctl_table_print(&t, stdout);
}

/* Names of the endpoints whose chains hold the table. */
static void print_users(const struct view *v, const struct manx_dp_table *table)
{
	size_t n = 0;

	for (size_t i = 0; i < v->st.n_endpoints; i++) {
		const struct manx_dp_endpoint *e = &v->st.endpoint[i];
		const struct manx_dp_names *chain =
			table->direction == MANX_DIRECTION_INGRESS ? &e->ingress : &e->egress;

		for (size_t j = 0; j < chain->n; j++)
			if (strcmp(chain->s[j], table->name) == 0) {
				printf("%s %" PRIu32, n++ ? "," : ", endpoints", e->id);
				break;
			}
	}
	puts(n ? "" : ", unused");
}

static int show_tables(const struct view *v)
{
	char octets[MANXCTL_OCTETS_STRLEN];
	int rc = 0;

	for (size_t i = 0; !rc && i < v->st.n_tables; i++) {
		const struct manx_dp_table *t = &v->st.table[i];

		printf("%stable %s: %s, default %s (%" PRIu64 " packets), %s, %s", i ? "\n" : "",
		       t->name, manx_dp_direction_name(t->direction),
		       manx_dp_action_name(t->default_action), t->default_packets,
		       manx_dp_form_name(t->form), manxctl_octets(t->memory, octets));
		print_users(v, t);
		if (t->n_rules)
			rc = show_rules(t);
	}
	return rc;
}

static void endpoint_row(struct manxctl_table *t, const struct view *v,
			 const struct manx_dp_endpoint *e)
{
	manxctl_table_cell(t, "%" PRIu32, e->id);
	manxctl_table_cell(t, "%s", e->name ? e->name : "");
	manxctl_table_cell(t, "%s", link_name(v, e->ifindex));
	cell_prefixes(t, &e->addr, e->addr.n);
	manxctl_table_cell(t, "%" PRIu64, e->rx_packets);
	manxctl_table_cell(t, "%" PRIu64, e->tx_packets);
	manxctl_table_cell(t, "%" PRIu32 "/%" PRIu32, e->flows_from, e->flows_to);
	cell_drops(t, e->drop, e->n_drops);
	cell_names(t, &e->ingress);
	cell_names(t, &e->egress);
}

static int print_endpoints(const struct view *v, size_t max)
{
	struct manxctl_table t = { 0 };
	int rc;

	manxctl_table_head(&t, "ID NAME LINK ADDRESSES RX TX FLOWS DROPS INGRESS EGRESS");
	for (size_t i = 0; i < v->st.n_endpoints && i < max; i++)
		endpoint_row(&t, v, &v->st.endpoint[i]);
	rc = manxctl_table_print(&t, stdout);
	if (v->st.n_endpoints > max)
		printf("... and %zu more: manxctl dp show endpoints\n", v->st.n_endpoints - max);
	return rc;
}

static int show_endpoints(const struct view *v)
{
	return print_endpoints(v, v->st.n_endpoints);
}

static int show_peers(const struct view *v)
{
	char text[MANX_ADDR_STRLEN];

	puts("PEER");
	for (size_t i = 0; i < v->st.n_peers; i++)
		puts(manx_addr_format(&v->st.peer[i], text));
	return 0;
}

static int show_overview(const struct view *v)
{
	char text[MANX_ADDR_STRLEN];
	int rc = show_node(v);

	if (v->st.n_peers)
		printf("peers     ");
	for (size_t i = 0; i < v->st.n_peers && i < SCREEN_PEERS; i++)
		printf(" %s", manx_addr_format(&v->st.peer[i], text));
	if (v->st.n_peers > SCREEN_PEERS)
		printf(" and %zu more", v->st.n_peers - SCREEN_PEERS);
	if (v->st.n_peers)
		putchar('\n');
	if (!v->st.n_endpoints)
		return rc;
	putchar('\n');
	return print_endpoints(v, SCREEN_ENDPOINTS);
}

/* All of the state, or the one member @key. */
static int print_json(const struct view *v, const char *key)
{
	cJSON *json = manx_dp_state_to_json(&v->st, true), *only = NULL;
	char *text;

	if (json && key) {
		only = cJSON_CreateObject();
		cJSON_AddItemToObject(only, key,
				      cJSON_DetachItemFromObjectCaseSensitive(json, key));
	}
	text = json && (!key || only) ? cJSON_Print(only ? only : json) : NULL;
	if (text)
		puts(text);
	cJSON_free(text);
	cJSON_Delete(only);
	cJSON_Delete(json);
	return text ? 0 : -ENOMEM;
}

static int read_view(struct view *v, struct manx_error *err)
{
	struct manx_rtnl *rt;
	struct manx_dp *dp;
	int rc = manx_dp_open(&dp, err);

	if (rc)
		return rc;
	rc = manx_dp_read(dp, &v->st, err);
	manx_dp_close(dp);
	if (rc)
		return rc;
	rc = manx_rtnl_open(&rt, -1, err);
	if (!rc) {
		rc = manx_links(rt, &v->link, &v->n_links, err);
		manx_rtnl_close(rt);
	}
	if (rc)
		manx_dp_state_clear(&v->st);
	return rc;
}

int manxctl_dp_show(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*show)(const struct view *v);
	} parts[] = {
		{ "sets", show_sets }, { "tables", show_tables }, { "endpoints", show_endpoints },
		{ "peers", show_peers }, { "node", show_node }, { NULL, show_overview },
	};
	struct manx_error err = { 0 };
	struct view v = { 0 };
	bool json = false;
	size_t i = 0;
	int rc;

	/* it has filters, and may be too long to be held */
	if (argc > 1 && strcmp(argv[1], "flows") == 0)
		return manxctl_dp_flows(argc - 1, argv + 1);
	if (!manxctl_output("dp", argc, argv, &json))
		return MANXCTL_USAGE;
	if (argc - optind > 1)
		return manxctl_usage("dp", "dp show: \"%s\" is one word too many", argv[optind + 1]);
	while (parts[i].name && (optind == argc || strcmp(parts[i].name, argv[optind]) != 0))
		i++;
	if (optind < argc && !parts[i].name)
		return manxctl_usage("dp", "dp show %s: expected sets, tables, endpoints, peers, node or flows",
				     argv[optind]);
	if (read_view(&v, &err))
		return manxctl_fail(&err);
	rc = json ? print_json(&v, parts[i].name) : parts[i].show(&v);
	manx_dp_state_clear(&v.st);
	free(v.link);
	if (!rc && fflush(stdout))
		rc = -EIO;
	if (!rc)
		return MANXCTL_OK;
	manx_fail_errno(&err, rc, "printing");
	return manxctl_fail(&err);
}
