// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whom a selector means: selectors of policies and of rules, with their
 * namespace limits, evaluated once over all endpoints, and for the sets of rules
 * over the network sets.
 */
#include <errno.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy_internal.h"
#include "selector.h"

/* before the keys of labels that are inherited from the namespace */
#define INHERITED "pcns."

static int compare_text(const void *a, const void *b)
{
	return strcmp(((const struct manx_scope *)a)->text, ((const struct manx_scope *)b)->text);
}

static int compare_set(const void *a, const void *b)
{
	return strcmp(((const struct manx_scope *)a)->set, ((const struct manx_scope *)b)->set);
}

static void scope_free(struct manx_scope *scope)
{
	if (!scope)
		return;
	free(scope->text);
	free(scope->set);
	manx_selector_free(scope->selector);
	manx_selector_free(scope->ns_selector);
	free(scope->member);
	free(scope);
}

static void keep(void *node)
{
	(void)node;
}

void manx_tree_free(void *root)
{
	tdestroy(root, keep);
}

void manx_scopes_clear(struct manx_scopes *scopes)
{
	manx_tree_free(scopes->by_text);
	manx_tree_free(scopes->by_set);
	for (size_t i = 0; i < scopes->n; i++)
		scope_free(scopes->scope[i]);
	free(scopes->scope);
	free(scopes->space);
	memset(scopes, 0, sizeof(*scopes));
}

static int compare_space(const void *a, const void *b)
{
	return strcmp((*(const struct manx_namespace *const *)a)->name,
		      (*(const struct manx_namespace *const *)b)->name);
}

int manx_scopes_begin(struct manx_scopes *scopes, const struct manx_policy_input *in,
		      struct manx_error *err)
{
	scopes->netset = in->netset;
	scopes->n_netsets = in->n_netsets;
	scopes->space = calloc(in->n_spaces + 1, sizeof(*scopes->space));
	if (!scopes->space)
		return manx_fail(err, -ENOMEM, "out of memory for namespaces");
	for (size_t i = 0; i < in->n_spaces; i++)
		scopes->space[i] = &in->space[i];
	scopes->n_spaces = in->n_spaces;
	qsort(scopes->space, scopes->n_spaces, sizeof(*scopes->space), compare_space);
	return 0;
}

/* What labels are asked of: an endpoint, a network set, or a namespace alone. */
struct owner {
	const struct manx_scopes *scopes;
	const char *ns;			/* NULL for what lies in none */
	const char *orchestrator;	/* NULL for what is no endpoint */
	const cJSON *labels;
};

/* A namespace's own labels, and its name, which it has also without a resource. */
static const char *namespace_label(const void *ctx, const char *key)
{
	const struct owner *o = ctx;
	const struct manx_namespace want = { .name = o->ns }, *key_of_search = &want, **found;
	const char *value = NULL;
	const cJSON *item;

	if (!o->ns)
		return NULL;
	if (!strcmp(key, "projectcalico.org/name"))
		return o->ns;
	found = bsearch(&key_of_search, o->scopes->space, o->scopes->n_spaces,
			sizeof(*o->scopes->space), compare_space);
	if (found) {
		item = cJSON_GetObjectItemCaseSensitive((*found)->labels.json, key);
		value = cJSON_GetStringValue(item);
	}
	if (!value && !strcmp(key, "kubernetes.io/metadata.name"))
		return o->ns;
	return value;
}

/*
 * Where it belongs, then its own labels, then those that it inherits from its
 * namespace, which have a prefix to their keys.
 */
static const char *owner_label(const void *ctx, const char *key)
{
	const struct owner *o = ctx;
	const cJSON *item;

	if (o->ns && !strcmp(key, "projectcalico.org/namespace"))
		return o->ns;
	if (o->orchestrator && !strcmp(key, "projectcalico.org/orchestrator"))
		return o->orchestrator;
	item = cJSON_GetObjectItemCaseSensitive(o->labels, key);
	if (item)
		return cJSON_GetStringValue(item);
	return strncmp(key, INHERITED, strlen(INHERITED)) ? NULL :
	       namespace_label(o, key + strlen(INHERITED));
}

/*
 * A namespaceSelector asks the labels of the namespace; alone, all() means any
 * namespace, and global() none.
 */
static bool matches(const struct manx_scope *scope, const struct owner *o)
{
	const char *text = scope->ns_selector ? manx_selector_canonical(scope->ns_selector) : "";

	if (scope->ns && (!o->ns || strcmp(scope->ns, o->ns)))
		return false;
	if (!strcmp(text, "all()") && !o->ns)
		return false;
	if (!strcmp(text, "global()") && o->ns)
		return false;
	if (scope->ns_selector && !manx_selector_match(scope->ns_selector, namespace_label, o))
		return false;
	return manx_selector_match(scope->selector, owner_label, o);
}

static bool has_wep(const struct manx_scopes *scopes, const struct manx_scope *scope,
		    const struct manx_wep *wep)
{
	const struct owner o = { scopes, wep->ns, wep->orchestrator, wep->labels.json };

	return matches(scope, &o);
}

static bool has_netset(const struct manx_scopes *scopes, const struct manx_scope *scope,
		       const struct manx_netset *set)
{
	const struct owner o = { scopes, set->ns, NULL, set->labels.json };

	return matches(scope, &o);
}

bool manx_scope_has(const struct manx_scopes *scopes, struct manx_scope *scope, size_t wep)
{
	size_t end = wep < scopes->n_local ? scopes->n_local : scopes->n_weps;

	for (size_t i = scope->evaluated; i < end; i++)
		if (has_wep(scopes, scope, scopes->wep[i]))
			scope->member[i / 8] |= 1u << i % 8;
	if (scope->evaluated < end)
		scope->evaluated = end;
	return scope->member[wep / 8] & 1u << wep % 8;
}

/*
 * A newline stands in a canonical selector only between quotes, and in no name
 * of a namespace, so different scopes have different texts.
 */
static char *make_text(const struct manx_scope *scope)
{
	char *text;

	if (asprintf(&text, "%s\n%s\n%s", scope->ns ? scope->ns : "",
		     scope->ns_selector ? manx_selector_canonical(scope->ns_selector) : "",
		     manx_selector_canonical(scope->selector)) < 0)
		return NULL;
	return text;
}

static int parse(struct manx_scope *scope, const char *selector, const char *ns_selector,
		 struct manx_error *err)
{
	int rc = manx_selector_parse(selector, &scope->selector, err);

	if (rc)
		return manx_error_prefix(err, "selector \"%s\"", selector);
	if (!*ns_selector)
		return 0;
	rc = manx_selector_parse(ns_selector, &scope->ns_selector, err);
	return rc ? manx_error_prefix(err, "namespaceSelector \"%s\"", ns_selector) : 0;
}

/* A scope that is not in the trees; to be freed if it stays outside. */
static int new_scope(const struct manx_scopes *scopes, const char *selector,
		     const char *ns_selector, const char *ns, struct manx_scope **out,
		     struct manx_error *err)
{
	struct manx_scope *scope = calloc(1, sizeof(*scope));
	int rc;

	if (!scope)
		return manx_fail(err, -ENOMEM, "out of memory for a selector");
	scope->ns = ns;
	scope->member = calloc(scopes->n_weps / 8 + 1, 1);
	rc = parse(scope, selector, ns_selector, err);
	if (!rc) {
		scope->text = make_text(scope);
		if (!scope->text || !scope->member)
			rc = manx_fail(err, -ENOMEM, "out of memory for a selector");
	}
	if (rc)
		scope_free(scope);
	else
		*out = scope;
	return rc;
}

/* *scope becomes the one with its text that is there already, or is added. */
static int find_or_add(struct manx_scopes *scopes, struct manx_scope **scope)
{
	struct manx_scope **more, **found;

	if (scopes->n == scopes->size) {
		size_t size = scopes->size ? 2 * scopes->size : 64;

		more = reallocarray(scopes->scope, size, sizeof(*more));
		if (!more)
			return -ENOMEM;
		scopes->scope = more;
		scopes->size = size;
	}
	found = tsearch(*scope, &scopes->by_text, compare_text);
	if (!found)
		return -ENOMEM;
	if (*found == *scope) {
		scopes->scope[scopes->n++] = *scope;
		return 0;
	}
	scope_free(*scope);
	*scope = *found;
	return 0;
}

int manx_scope_get(struct manx_scopes *scopes, const char *selector, const char *ns_selector,
		   const char *ns, struct manx_scope **out, struct manx_error *err)
{
	int rc = new_scope(scopes, selector, ns_selector, ns, out, err);

	if (rc)
		return rc;
	if (find_or_add(scopes, out)) {
		scope_free(*out);
		return manx_fail(err, -ENOMEM, "out of memory for a selector");
	}
	return 0;
}

/*
 * Selectors are written by many, perhaps so that two of them have one hash:
 * then the later one gets a longer hash chain, never the other's name.
 */
int manx_scope_set(struct manx_scopes *scopes, struct manx_scope *scope, struct manx_error *err)
{
	uint64_t hash = MANX_FNV64_START;
	struct manx_scope **found;

	if (scope->set)
		return 0;
	do {
		free(scope->set);
		hash = manx_fnv64(hash, scope->text);
		if (asprintf(&scope->set, "s:%016llx", (unsigned long long)hash) < 0)
			scope->set = NULL;
		found = scope->set ? tsearch(scope, &scopes->by_set, compare_set) : NULL;
		if (!found)
			return manx_fail(err, -ENOMEM, "out of memory for a set");
	} while (*found != scope);
	return 0;
}

static int compare_prefix(const void *a, const void *b)
{
	return manx_prefix_cmp(a, b);
}

void manx_prefixes_sort(struct manx_dp_prefixes *list)
{
	size_t kept = 0;

	if (!list->n)
		return;
	qsort(list->p, list->n, sizeof(*list->p), compare_prefix);
	for (size_t i = 1; i < list->n; i++)
		if (manx_prefix_cmp(&list->p[kept], &list->p[i]))
			list->p[++kept] = list->p[i];
	list->n = kept + 1;
}

/* The number of prefixes of @scope; they go into @out if it is there. */
static size_t collect(const struct manx_scopes *scopes, struct manx_scope *scope,
		      struct manx_prefix *out)
{
	size_t n = 0;

	for (size_t i = 0; i < scopes->n_weps; i++) {
		const struct manx_wep *wep = scopes->wep[i];

		for (size_t a = 0; manx_scope_has(scopes, scope, i) && a < wep->n_addr; a++, n++)
			if (out)
				out[n] = manx_addr_host(&wep->addr[a]);
	}
	for (size_t i = 0; i < scopes->n_netsets; i++) {
		const struct manx_netset *set = &scopes->netset[i];

		if (!has_netset(scopes, scope, set))
			continue;
		if (out && set->n_net)
			memcpy(&out[n], set->net, set->n_net * sizeof(*out));
		n += set->n_net;
	}
	return n;
}

static int write_members(const struct manx_scopes *scopes, struct manx_scope *scope,
			 struct manx_dp_prefixes *out)
{
	size_t n = collect(scopes, scope, NULL);

	if (!n)
		return 0;
	out->p = calloc(n, sizeof(*out->p));
	if (!out->p)
		return -ENOMEM;
	out->n = collect(scopes, scope, out->p);
	manx_prefixes_sort(out);
	return 0;
}

static int compare_dp_set(const void *a, const void *b)
{
	return strcmp(((const struct manx_dp_set *)a)->name, ((const struct manx_dp_set *)b)->name);
}

int manx_scopes_write(struct manx_scopes *scopes, struct manx_dp_state *out,
		      struct manx_error *err)
{
	/* one more, because an array of none looks like a failure */
	out->set = calloc(scopes->n + 1, sizeof(*out->set));
	if (!out->set)
		return manx_fail(err, -ENOMEM, "out of memory for sets");
	for (size_t i = 0; i < scopes->n; i++) {
		struct manx_dp_set *set = &out->set[out->n_sets];

		if (!scopes->scope[i]->set)
			continue;
		out->n_sets++;
		set->name = strdup(scopes->scope[i]->set);
		if (!set->name || write_members(scopes, scopes->scope[i], &set->members))
			return manx_fail(err, -ENOMEM, "out of memory for a set");
	}
	qsort(out->set, out->n_sets, sizeof(*out->set), compare_dp_set);
	return 0;
}
