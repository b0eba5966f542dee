// SPDX-License-Identifier: GPL-2.0-only
/* manxctl get: show resources. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "args.h"
#include "columns.h"
#include "grow.h"
#include "lookup.h"
#include "schema.h"
#include "select.h"

#define CUSTOM "custom-columns="

/**
 * struct query - what is asked for
 * @kind: NULL where files say it
 * @ns: NULL for every namespace
 * @form: of the output
 * @one: what is found is printed without a list around it
 * @selector: of what is shown; NULL for all
 */
struct query {
	const struct manxctl_args *args;
	const struct manx_kind *kind;
	const char *ns;
	const char *form;
	bool one;
	struct manx_selector *selector;
};

/* Add the resource of that name; in every namespace where there is one, if @ns is NULL. */
static int add_named(struct manx_store *store, const struct manx_kind *kind, const char *ns,
		     const char *name, struct manx_resources *out, struct manx_error *err)
{
	struct manx_resources all = { 0 };
	struct manx_resource r, *grown;
	size_t before = out->n;
	int rc;

	if (ns || !kind->namespaced) {
		rc = manxctl_lookup(store, kind, ns, name, &r, NULL, err);
		all = (struct manx_resources){ &r, !rc };
	} else {
		rc = manxctl_lookup_all(store, kind, NULL, &all, err);
	}
	for (size_t i = 0; i < all.n; i++) {
		grown = NULL;
		if (!strcmp(all.r[i].name, name))
			grown = manx_more(out->r, out->n, sizeof(*grown));
		if (!grown) {
			manx_resource_clear(&all.r[i]);
			continue;
		}
		out->r = grown;
		out->r[out->n++] = all.r[i];
	}
	if (all.r != &r)
		free(all.r);
	if (!rc && out->n == before)
		rc = manx_fail(err, -ENOENT, "%s(%s): not found", kind->kind, name);
	return rc;
}

/* Each that is not there is told of; the others are shown. An exit status. */
static int find_names(struct manx_store *store, const struct query *q, struct manx_resources *out)
{
	int status = MANXCTL_OK;

	for (char **name = q->args->words + 1; *name; name++) {
		struct manx_error err = { 0 };

		if (add_named(store, q->kind, q->ns, *name, out, &err))
			status = manxctl_fail(&err);
	}
	return status;
}

static int find_files(struct manx_store *store, const struct query *q, struct manx_resources *out)
{
	struct manx_resources named;
	int status = manxctl_read_files(q->args, false, &named);

	for (size_t i = 0; !status && i < named.n; i++) {
		struct manx_error err = { 0 };
		const struct manx_resource *r = &named.r[i];

		if (add_named(store, r->kind, r->ns, r->name, out, &err))
			status = manxctl_fail(&err);
	}
	manx_resources_clear(&named);
	return status;
}

static int find_all(struct manx_store *store, const struct query *q, struct manx_resources *out)
{
	struct manx_error err = { 0 };
	int rc = manxctl_lookup_all(store, q->kind, q->ns, out, &err);

	return rc ? manxctl_fail(&err) : MANXCTL_OK;
}

/* What is applied again with it is refused if somebody else was quicker. */
static int put_versions(struct manx_resources *rs)
{
	for (size_t i = 0; i < rs->n; i++) {
		cJSON *metadata = cJSON_GetObjectItemCaseSensitive(rs->r[i].json, "metadata");
		char text[24];

		snprintf(text, sizeof(text), "%" PRId64, rs->r[i].version);
		if (rs->r[i].version && !cJSON_AddStringToObject(metadata, "resourceVersion", text))
			return -ENOMEM;
	}
	return 0;
}

/* The AS number of nodes without one of their own; malloc'ed, NULL for calicoctl's default. */
static char *read_as_number(struct manx_store *store)
{
	struct manx_resource r;
	char *text = NULL;

	if (manxctl_lookup(store, manx_kind(MANX_KIND_BGPCONFIGURATION), NULL, "default", &r, NULL, NULL))
		return NULL;
	if (manx_field_at(manx_field_at(r.json, "spec"), "asNumber"))
		text = cJSON_PrintUnformatted(manx_field_at(manx_field_at(r.json, "spec"), "asNumber"));
	manx_resource_clear(&r);
	return text;
}

/* A table for each run of resources of one kind. */
static int show_tables(struct manx_store *store, const struct query *q,
		       const struct manx_resources *rs, struct manx_error *err)
{
	char *as_number = read_as_number(store);
	bool custom = !strncmp(q->form, CUSTOM, strlen(CUSTOM));
	const struct manxctl_view view = {
		.wide = !strcmp(q->form, "wide"), .namespaces = !q->ns, .as_number = as_number,
		.custom = custom ? q->form + strlen(CUSTOM) : NULL,
	};
	size_t from = 0;
	int rc = 0;

	if (q->kind && !rs->n)
		rc = manxctl_print_table(q->kind, NULL, 0, &view, err);
	for (size_t i = 1; !rc && i <= rs->n; i++) {
		if (i < rs->n && rs->r[i].kind == rs->r[from].kind)
			continue;
		rc = manxctl_print_table(rs->r[from].kind, &rs->r[from], i - from, &view, err);
		from = i;
		if (!rc && i < rs->n)
			puts("");
	}
	free(as_number);
	return rc;
}

/* A list of none says of which kind there is none. */
static void show_empty(const struct query *q, bool json)
{
	printf(json ? "{\n\t\"apiVersion\":\t\"%s\",\n\t\"kind\":\t\"%sList\",\n\t\"items\":\t[]\n}\n" :
		      "apiVersion: %s\nkind: %sList\nitems: []\n",
	       q->kind->api, q->kind->kind);
}

static int show(struct manx_store *store, const struct query *q, struct manx_resources *rs)
{
	bool json = !strcmp(q->form, "json"), yaml = !strcmp(q->form, "yaml");
	bool one = q->one && rs->n == 1;
	struct manx_error err = { 0 };
	int rc = 0;

	if (!json && !yaml)
		return show_tables(store, q, rs, &err) ? manxctl_fail(&err) : MANXCTL_OK;
	if (q->kind && !rs->n) {
		show_empty(q, json);
		return MANXCTL_OK;
	}
	if (!(q->args->given & MANXCTL_HAS(EXPORT)))
		rc = put_versions(rs);
	if (!rc && json)
		rc = manx_resources_write_json(stdout, rs, !one);
	else if (!rc)
		rc = manx_resources_write_yaml(stdout, rs, !one);
	if (!rc)
		return MANXCTL_OK;
	manx_fail_errno(&err, rc, "output");
	return manxctl_fail(&err);
}

static int run(const struct query *q)
{
	struct manx_resources rs = { 0 };
	struct manx_store *store;
	int status = manxctl_open_store(&store, false), shown = MANXCTL_OK;

	if (status)
		return status;
	if (q->args->files.n)
		status = find_files(store, q, &rs);
	else if (q->args->n_words > 1)
		status = find_names(store, q, &rs);
	else
		status = find_all(store, q, &rs);
	if (!status && q->selector)
		manxctl_select(q->selector, &rs);
	/* of what was asked for by name, what there is */
	if (!status || rs.n)
		shown = show(store, q, &rs);
	manx_resources_clear(&rs);
	manx_store_close(store);
	return manxctl_worse(status, shown);
}

static int check_form(const char *form)
{
	static const char *const forms[] = { "table", "ps", "wide", "json", "yaml" };

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		if (!strcmp(form, forms[i]))
			return MANXCTL_OK;
	if (!strncmp(form, CUSTOM, strlen(CUSTOM)))
		return MANXCTL_OK;
	if (!strncmp(form, "go-template", strlen("go-template")))
		return manxctl_usage("get", "-o go-template is not supported, for manxctl is not written in Go: use -o " CUSTOM "HEADING,..., or -o json and jq");
	return manxctl_usage("get", "-o \"%s\": allowed are table, wide, json, yaml, " CUSTOM "HEADING,...", form);
}

static int check(struct query *q)
{
	const struct manxctl_args *args = q->args;
	int status = check_form(q->form);

	if (status)
		return status;
	if (args->files.n && args->n_words)
		return manxctl_usage("get", "\"%s\": either -f FILE or KIND", args->words[0]);
	if (args->value[MANXCTL_SELECTOR] && (args->files.n || args->n_words > 1))
		return manxctl_usage("get", "-l: either a selector, or names and files");
	if (args->files.n)
		return MANXCTL_OK;
	q->kind = manxctl_args_kind("get", args);
	if (!q->kind)
		return MANXCTL_USAGE;
	for (char **name = args->words + 1; *name; name++)
		if (!manx_name_is_valid(*name))
			return manxctl_usage("get", "\"%s\" is no name of a resource", *name);
	return MANXCTL_OK;
}

int cmd_get(int argc, char **argv)
{
	struct manxctl_args args;
	struct query q = { .args = &args };
	int status = manxctl_args_read(argc, argv, &args);

	if (status)
		return status;
	q.ns = args.given & MANXCTL_HAS(ALL_NAMESPACES) ? NULL : args.ns;
	q.form = args.value[MANXCTL_OUTPUT] ? args.value[MANXCTL_OUTPUT] : "table";
	q.one = args.n_words == 2 && q.ns;
	status = check(&q);
	if (!status && q.kind && !q.kind->namespaced) {
		q.ns = "";
		q.one = args.n_words == 2;
	}
	if (!status && args.value[MANXCTL_SELECTOR])
		status = manxctl_selector("get", args.value[MANXCTL_SELECTOR], &q.selector);
	if (!status)
		status = run(&q);
	manx_selector_free(q.selector);
	manxctl_args_clear(&args);
	return status;
}
