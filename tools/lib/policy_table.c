// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tables: one for each list of policies that some endpoint has in a direction,
 * shared by all endpoints with that list.
 */
#include <errno.h>
#include <inttypes.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy_internal.h"

/* Of a tier's name in that of a table, which has a limit; the hash tells them apart. */
#define TIER_MAX 100

static const char *const direction_word[] = {
	[MANX_DIRECTION_INGRESS] = "ingress",
	[MANX_DIRECTION_EGRESS] = "egress",
};

/* What a table was made from, and its name. */
struct list {
	uint32_t direction;
	size_t n;
	char *name;
	size_t policy[];
};

static int compare_list(const void *a, const void *b)
{
	const struct list *x = a, *y = b;

	if (x->direction != y->direction)
		return x->direction < y->direction ? -1 : 1;
	if (x->n != y->n)
		return x->n < y->n ? -1 : 1;
	return memcmp(x->policy, y->policy, x->n * sizeof(*x->policy));
}

static int compare_name(const void *a, const void *b)
{
	return strcmp(((const struct list *)a)->name, ((const struct list *)b)->name);
}

static void list_free(void *node)
{
	struct list *list = node;

	free(list->name);
	free(list);
}

void manx_tables_clear(struct manx_tables *tables)
{
	manx_tree_free(tables->by_name);
	tdestroy(tables->by_list, list_free);
	tables->by_name = tables->by_list = NULL;
}

/*
 * The name comes from which policies, not from what they say, so that an edit
 * of a policy keeps the table and its counters. Names of policies are chosen
 * by many, perhaps so that two lists have one hash: the later one is hashed on.
 */
static int name_list(struct manx_tables *tables, struct list *list)
{
	uint64_t hash = MANX_FNV64_START;
	struct list **found;

	do {
		free(list->name);
		for (size_t i = 0; i < list->n; i++)
			hash = manx_fnv64(hash, tables->policy[list->policy[i]].id);
		if (asprintf(&list->name, "%.*s/%s/%016" PRIx64, TIER_MAX,
			     tables->policy[list->policy[0]].tier.name,
			     direction_word[list->direction], hash) < 0)
			list->name = NULL;
		found = list->name ? tsearch(list, &tables->by_name, compare_name) : NULL;
		if (!found)
			return -ENOMEM;
	} while (*found != list);
	return 0;
}

static const struct manx_policy_rule *rules_of(const struct manx_policy *p, uint32_t direction,
					       size_t *n)
{
	*n = direction == MANX_DIRECTION_INGRESS ? p->n_ingress : p->n_egress;
	return direction == MANX_DIRECTION_INGRESS ? p->ingress : p->egress;
}

static int resolve_rules(struct manx_tables *tables, struct manx_ranked_policy *p,
			 uint32_t direction, struct manx_error *err)
{
	const struct manx_policy_rule *rule;
	size_t n;
	int rc;

	if (p->sets[direction])
		return 0;
	rule = rules_of(p->policy, direction, &n);
	p->sets[direction] = calloc(n + 1, sizeof(struct manx_rule_sets));
	if (!p->sets[direction])
		return manx_fail(err, -ENOMEM, "out of memory for rules");
	for (size_t i = 0; i < n; i++) {
		rc = manx_rule_resolve(tables->scopes, p->policy->ns, &rule[i],
				       &p->sets[direction][i], err);
		if (rc)
			return manx_error_prefix(err, "%s: %s[%zu]", p->id,
						 direction_word[direction], i);
	}
	return 0;
}

/* From policy, direction and place; what the rule says may change. Never 0. */
static uint32_t rule_id(const char *policy, uint32_t direction, size_t place)
{
	char text[32];
	uint64_t hash = manx_fnv64(MANX_FNV64_START, policy);
	uint32_t id;

	snprintf(text, sizeof(text), "%s/%zu", direction_word[direction], place);
	hash = manx_fnv64(hash, text);
	id = (uint32_t)(hash ^ hash >> 32);
	return id ? id : 1;
}

/* Ids that met by chance: the later rule takes the next free number. */
static int make_ids_unique(struct manx_dp_table *table)
{
	size_t mask = 1;
	uint32_t *seen;

	while (mask < 2 * table->n_rules)
		mask = 2 * mask + 1;
	seen = calloc(mask + 1, sizeof(*seen));
	if (!seen)
		return -ENOMEM;
	for (size_t i = 0; i < table->n_rules; i++) {
		uint32_t id = table->rule[i].id;
		size_t at = id & mask;

		while (seen[at]) {
			if (seen[at] == id) {
				id = id == UINT32_MAX ? 1 : id + 1;
				at = id & mask;
			} else {
				at = (at + 1) & mask;
			}
		}
		seen[at] = id;
		table->rule[i].id = id;
	}
	free(seen);
	return 0;
}

static int write_policy(struct manx_ranked_policy *p, struct manx_dp_table *table,
			struct manx_error *err)
{
	const struct manx_policy_rule *rule;
	size_t n;
	int rc;

	rule = rules_of(p->policy, table->direction, &n);
	for (size_t i = 0; i < n; i++) {
		struct manx_dp_rule *to = &table->rule[table->n_rules++];

		rc = manx_rule_write(&rule[i], &p->sets[table->direction][i], to, err);
		if (rc < 0)
			return rc;
		if (!rc)
			table->n_rules--;
		to->id = rule_id(p->id, table->direction, i);
	}
	return 0;
}

static int write_rules(struct manx_tables *tables, const struct list *list,
		       struct manx_dp_table *table, struct manx_error *err)
{
	size_t total = 0, n;
	int rc;

	for (size_t i = 0; i < list->n; i++) {
		rules_of(tables->policy[list->policy[i]].policy, list->direction, &n);
		total += n;
	}
	table->rule = calloc(total + 1, sizeof(*table->rule));
	if (!table->rule)
		return manx_fail(err, -ENOMEM, "out of memory for %zu rules", total);
	for (size_t i = 0; i < list->n; i++) {
		struct manx_ranked_policy *p = &tables->policy[list->policy[i]];

		rc = resolve_rules(tables, p, list->direction, err);
		if (!rc)
			rc = write_policy(p, table, err);
		if (rc)
			return rc;
	}
	return make_ids_unique(table) ? manx_fail(err, -ENOMEM, "out of memory for rules") : 0;
}

/* What an endpoint's profile allows that no policy selects: everything. */
static int write_profile(struct manx_dp_table *table, struct manx_error *err)
{
	table->rule = calloc(1, sizeof(*table->rule));
	if (!table->rule)
		return manx_fail(err, -ENOMEM, "out of memory for a table");
	table->n_rules = 1;
	table->rule[0] = (struct manx_dp_rule){
		.id = 1,
		.action = MANX_ACTION_ALLOW,
		.protocol = { -1, -1 },
		.icmp_type = { -1, -1 },
		.icmp_code = { -1, -1 },
	};
	return 0;
}

static int write_table(struct manx_tables *tables, const struct list *list,
		       struct manx_error *err)
{
	struct manx_dp_state *out = tables->out;
	struct manx_dp_table *table;

	table = reallocarray(out->table, out->n_tables + 1, sizeof(*table));
	if (!table)
		return manx_fail(err, -ENOMEM, "out of memory for tables");
	out->table = table;
	table += out->n_tables++;
	*table = (struct manx_dp_table){
		.name = strdup(list->name),
		.direction = list->direction,
		.default_action = list->n && tables->policy[list->policy[0]].tier.pass ?
				  MANX_ACTION_PASS : MANX_ACTION_DENY,
	};
	if (!table->name)
		return manx_fail(err, -ENOMEM, "out of memory for a table");
	return list->n ? write_rules(tables, list, table, err) : write_profile(table, err);
}

static int make_table(struct manx_tables *tables, struct list *list, struct manx_error *err)
{
	int rc;

	if (list->n)
		rc = name_list(tables, list);
	else if (asprintf(&list->name, "profile/%s/allow-all",
			  direction_word[list->direction]) < 0)
		rc = -ENOMEM;
	else
		rc = 0;
	return rc ? manx_fail(err, rc, "out of memory for a table") :
		    write_table(tables, list, err);
}

int manx_table_get(struct manx_tables *tables, uint32_t direction, const size_t *policy, size_t n,
		   const char **name, struct manx_error *err)
{
	struct list *list = calloc(1, sizeof(*list) + n * sizeof(*policy));
	struct list **found;
	int rc = 0;

	if (!list)
		return manx_fail(err, -ENOMEM, "out of memory for a chain");
	list->direction = direction;
	list->n = n;
	if (n)
		memcpy(list->policy, policy, n * sizeof(*policy));
	found = tsearch(list, &tables->by_list, compare_list);
	if (!found) {
		free(list);
		return manx_fail(err, -ENOMEM, "out of memory for a chain");
	}
	if (*found == list)
		rc = make_table(tables, list, err);
	else
		free(list);
	*name = (*found)->name;
	return rc;
}
