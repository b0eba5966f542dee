/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Between the files of the policy compiler: scopes (whom a selector means),
 * rules, and what is in policy.c itself, tables and chains.
 */
#ifndef MANX_POLICY_INTERNAL_H
#define MANX_POLICY_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dp.h"
#include "error.h"
#include "model.h"
#include "policy.h"

/*
 * FNV-1a, for names and rule ids: they must be the same on every node and in
 * every run, and may collide (whoever uses it checks), but not often.
 */
#define MANX_FNV64_START 0xcbf29ce484222325ULL

/* @hash continued over @s and its NUL, so that "ab","c" is not "a","bc". */
static inline uint64_t manx_fnv64(uint64_t hash, const char *s)
{
	do {
		hash ^= (unsigned char)*s;
		hash *= 0x100000001b3ULL;
	} while (*s++);
	return hash;
}

struct manx_selector;

/* Free a search tree (tsearch), but not what it refers to. */
void manx_tree_free(void *root);

/**
 * struct manx_scope - the endpoints and networks that a selector means within its limits
 * @text: canonical form of selector and limits, the identity
 * @set: name of the set of their addresses; NULL while no rule refers to it
 * @selector: what they match
 * @ns_selector: what their namespace matches, NULL for anything
 * @ns: the namespace where they are, NULL for any; borrowed
 * @evaluated: for so many of the endpoints @member is known
 * @member: a bit for each endpoint
 */
struct manx_scope {
	char *text;
	char *set;
	struct manx_selector *selector, *ns_selector;
	const char *ns;
	size_t evaluated;
	uint8_t *member;
};

/**
 * struct manx_scopes - the scopes of one compilation
 * @wep: all endpoints, first those that get chains; borrowed
 * @n_local: number of those that do
 * @n_weps: number of all
 * @netset: all network sets; borrowed
 * @space: namespaces, sorted by name; owned
 * @scope: in the order of their creation
 * @by_text, @by_set: search trees (tsearch) over @scope
 */
struct manx_scopes {
	const struct manx_wep *const *wep;
	size_t n_local, n_weps;
	const struct manx_netset *netset;
	size_t n_netsets;
	const struct manx_namespace **space;
	size_t n_spaces;
	struct manx_scope **scope;
	size_t n, size;
	void *by_text, *by_set;
};

/* Take network sets and namespaces of @in; -ENOMEM. */
int manx_scopes_begin(struct manx_scopes *scopes, const struct manx_policy_input *in,
		      struct manx_error *err);
void manx_scopes_clear(struct manx_scopes *scopes);

/*
 * The endpoints that match @selector and @ns_selector ("" is everything) and
 * lie in namespace @ns (NULL: any). The scope belongs to @scopes.
 */
int manx_scope_get(struct manx_scopes *scopes, const char *selector, const char *ns_selector,
		   const char *ns, struct manx_scope **out, struct manx_error *err);
/* Give it a set, which @out of manx_scopes_write() will then contain. */
int manx_scope_set(struct manx_scopes *scopes, struct manx_scope *scope, struct manx_error *err);
/*
 * Whether endpoint number @wep is in it. Each endpoint is looked at once, and
 * others than local ones only if they are asked for: most policies select none
 * of this node's endpoints.
 */
bool manx_scope_has(const struct manx_scopes *scopes, struct manx_scope *scope, size_t wep);

/* Fill the sets of @out, sorted by name. */
int manx_scopes_write(struct manx_scopes *scopes, struct manx_dp_state *out,
		      struct manx_error *err);

/**
 * struct manx_rule_sets - names of the sets of a rule, NULL for none; borrowed
 */
struct manx_rule_sets {
	const char *src[2], *dst[2];	/* [0] must match, [1] must not */
};

/* Find or make the scopes that @rule of a policy in namespace @ns refers to. */
int manx_rule_resolve(struct manx_scopes *scopes, const char *ns,
		      const struct manx_policy_rule *rule, struct manx_rule_sets *sets,
		      struct manx_error *err);
/*
 * Fill *out (zero before) except its id. Returns 1, or 0 if no packet of any
 * family can match, or -ENOMEM; *out is always the caller's to clear.
 */
int manx_rule_write(const struct manx_policy_rule *rule, const struct manx_rule_sets *sets,
		    struct manx_dp_rule *out, struct manx_error *err);

/* Sorted, each once. */
void manx_prefixes_sort(struct manx_dp_prefixes *p);

/**
 * struct manx_ranked_policy - a policy in its place among all
 * @policy: borrowed
 * @tier: its tier, also if it does not exist
 * @no_tier: the tier does not exist: it comes after all that do
 * @id: "<name>/<namespace>/<kind>"; orders policies of one spec.order and is
 *	what names and rule ids are made from
 * @subject: the endpoints it selects
 * @sets: of its rules, a direction (MANX_DIRECTION_*) each; NULL until needed
 */
struct manx_ranked_policy {
	const struct manx_policy *policy;
	struct manx_tier tier;
	bool no_tier;
	char *id;
	struct manx_scope *subject;
	struct manx_rule_sets *sets[2];
};

/**
 * struct manx_tables - the tables of one compilation
 * @scopes: for sets that rules need; borrowed
 * @policy: all @n_policies policies in order; borrowed
 * @out: receives the tables, in the order of their creation; borrowed
 * @by_list, @by_name: search trees of what was made
 */
struct manx_tables {
	struct manx_scopes *scopes;
	struct manx_ranked_policy *policy;
	size_t n_policies;
	struct manx_dp_state *out;
	void *by_list, *by_name;
};

void manx_tables_clear(struct manx_tables *tables);

/*
 * Name of the table with the rules of the policies @list (@n indices into
 * tables->policy, in order, all of one tier) in @direction, made if there is none yet; with
 * @n 0 the table of the profile. *name lives as long as @tables.
 */
int manx_table_get(struct manx_tables *tables, uint32_t direction, const size_t *list, size_t n,
		   const char **name, struct manx_error *err);

#endif /* MANX_POLICY_INTERNAL_H */
