// SPDX-License-Identifier: GPL-2.0-only
/* manxctl status: is this node well. */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent.h"
#include "conf.h"
#include "dp.h"
#include "json.h"
#include "manxctl.h"
#include "output.h"

/* manxd answers from memory; one that does not is not well. */
#define WAIT_MS 2000

/**
 * struct part - a part of the node
 * @well: it is as it should be
 * @trouble: why not, with the remedy; "" if it is
 */
struct part {
	bool well;
	char trouble[1024];
};

/**
 * struct status - what was found out
 * @node, @generation, @kernel_endpoints, @kernel_peers: as the module says
 * @agent: manxd's answer, NULL if there is none; owned
 * @pools: in the datastore
 */
struct status {
	struct part module, manxd, store;
	struct manx_dp_state kernel;
	cJSON *agent;
	struct manx_store_conf store_conf;
	char agent_path[PATH_MAX];
	size_t pools;
};

static void in_trouble(struct part *part, const struct manx_error *err)
{
	part->well = false;
	snprintf(part->trouble, sizeof(part->trouble), "%s", err->text);
}

static void ask_module(struct status *s)
{
	struct manx_error err = { 0 };
	struct manx_dp *dp;
	int rc = manx_dp_open(&dp, &err);

	if (!rc) {
		rc = manx_dp_read(dp, &s->kernel, &err);
		manx_dp_close(dp);
	}
	s->module.well = !rc;
	if (rc)
		in_trouble(&s->module, &err);
}

static int call_manxd(cJSON **answer, struct manx_error *err)
{
	cJSON *req = manx_agent_request("status");
	int fd = manx_agent_connect(WAIT_MS, err), rc;

	if (fd < 0) {
		cJSON_Delete(req);
		return fd;
	}
	rc = req ? manx_agent_call(fd, req, WAIT_MS, answer, NULL, err) :
		   manx_fail(err, -ENOMEM, "out of memory");
	close(fd);
	cJSON_Delete(req);
	return rc;
}

static void ask_manxd(struct status *s)
{
	const char *last = "";
	struct manx_error err = { 0 };
	struct manx_json at;

	manx_agent_path(s->agent_path, sizeof(s->agent_path), NULL);
	if (call_manxd(&s->agent, &err)) {
		in_trouble(&s->manxd, &err);
		return;
	}
	at = manx_json_top(s->agent);
	manx_json_bool(&at, "inSync", &s->manxd.well, NULL);
	manx_json_string(&at, "lastError", &last, NULL);
	if (!s->manxd.well)
		snprintf(s->manxd.trouble, sizeof(s->manxd.trouble), "not in sync%s%s",
			 *last ? ": " : "", last);
}

/* Looking must not create what is not there. */
static int count_pools(const struct manx_store_conf *conf, size_t *n, struct manx_error *err)
{
	struct manx_store *store;
	struct manx_kvs kvs;
	char prefix[64];
	int rc;

	if (conf->type == MANX_STORE_SQLITE && access(conf->sqlite, F_OK))
		return manx_fail_errno(err, -errno, "%s", conf->sqlite);
	rc = manx_store_open(&store, conf, err);
	if (rc)
		return rc;
	rc = manx_kind_prefix(manx_kind(MANX_KIND_IPPOOL), NULL, prefix, sizeof(prefix));
	if (!rc)
		rc = manx_store_list(store, prefix, &kvs, err);
	if (!rc) {
		*n = kvs.n;
		manx_kvs_clear(&kvs);
	}
	manx_store_close(store);
	return rc;
}

static void ask_store(struct status *s)
{
	struct manx_error err = { 0 };
	int rc = manx_store_conf_read(&s->store_conf, &err);

	if (!rc)
		rc = count_pools(&s->store_conf, &s->pools, &err);
	s->store.well = !rc;
	if (rc)
		in_trouble(&s->store, &err);
}

static bool is_well(const struct status *s)
{
	return s->module.well && s->manxd.well && s->store.well;
}

static const char *node_name(const struct status *s)
{
	const char *name = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(s->agent, "node"));

	return name ? name : "";
}

static void print_part(const char *name, const struct part *part, const char *where)
{
	if (part->well)
		printf("%-10s ok, %s\n", name, where);
	else
		printf("%-10s NOT OK: %s\n", name, part->trouble);
}

static void print_blocks(const struct status *s)
{
	const cJSON *v, *blocks = cJSON_GetObjectItemCaseSensitive(s->agent, "blocks");
	size_t n = 0;

	printf("%-10s ", "blocks");
	cJSON_ArrayForEach(v, blocks)
		if (cJSON_IsString(v))
			printf("%s%s", n++ ? ", " : "", v->valuestring);
	puts(n ? "" : "none");
}

static void print_text(const struct status *s)
{
	char version[64] = "";

	if (s->module.well)
		snprintf(version, sizeof(version), "%s, generation %u", s->kernel.node.version,
			 s->kernel.node.generation);
	printf("%-10s %s\n", "node", *node_name(s) ? node_name(s) : "unknown: manxd knows it");
	print_part("module", &s->module, version);
	print_part("manxd", &s->manxd, s->agent_path);
	print_part("datastore", &s->store, manx_store_conf_place(&s->store_conf));
	if (s->module.well)
		printf("%-10s %zu endpoints, %zu tables, %zu sets, %zu peers\n", "kernel",
		       s->kernel.n_endpoints, s->kernel.n_tables, s->kernel.n_sets,
		       s->kernel.n_peers);
	if (s->store.well)
		printf("%-10s %zu\n", "pools", s->pools);
	if (s->agent)
		print_blocks(s);
}

static cJSON *add_part(cJSON *json, const char *key, const struct part *part)
{
	cJSON *object = cJSON_AddObjectToObject(json, key);

	if (cJSON_AddBoolToObject(object, "ok", part->well) &&
	    (part->well || cJSON_AddStringToObject(object, "error", part->trouble)))
		return object;
	return NULL;
}

static bool add_module(cJSON *json, const struct status *s)
{
	cJSON *object = add_part(json, "module", &s->module);

	return object && (!s->module.well ||
	       (cJSON_AddStringToObject(object, "version", s->kernel.node.version) &&
		cJSON_AddNumberToObject(object, "generation", s->kernel.node.generation) &&
		cJSON_AddNumberToObject(object, "endpoints", (double)s->kernel.n_endpoints) &&
		cJSON_AddNumberToObject(object, "tables", (double)s->kernel.n_tables) &&
		cJSON_AddNumberToObject(object, "sets", (double)s->kernel.n_sets) &&
		cJSON_AddNumberToObject(object, "peers", (double)s->kernel.n_peers)));
}

static bool add_manxd(cJSON *json, const struct status *s)
{
	cJSON *object = add_part(json, "manxd", &s->manxd), *answer;

	if (!cJSON_AddStringToObject(object, "socket", s->agent_path))
		return false;
	answer = s->agent ? cJSON_Duplicate(s->agent, true) : NULL;
	if (!s->agent || cJSON_AddItemToObject(object, "status", answer))
		return true;
	cJSON_Delete(answer);
	return false;
}

static bool add_store(cJSON *json, const struct status *s)
{
	cJSON *object = add_part(json, "datastore", &s->store);

	return cJSON_AddStringToObject(object, "path", manx_store_conf_place(&s->store_conf)) &&
	       (!s->store.well || cJSON_AddNumberToObject(object, "pools", (double)s->pools));
}

static int print_json(const struct status *s)
{
	cJSON *json = cJSON_CreateObject();
	char *text = NULL;

	if (cJSON_AddBoolToObject(json, "ok", is_well(s)) &&
	    cJSON_AddStringToObject(json, "node", node_name(s)) && add_module(json, s) &&
	    add_manxd(json, s) && add_store(json, s))
		text = cJSON_Print(json);
	cJSON_Delete(json);
	if (!text)
		return manxctl_no_memory();
	puts(text);
	cJSON_free(text);
	return MANXCTL_OK;
}

int cmd_status(int argc, char **argv)
{
	struct status *s;
	int status = MANXCTL_OK;
	bool json = false;

	if (!manxctl_output("status", argc, argv, &json))
		return MANXCTL_USAGE;
	if (optind < argc)
		return manxctl_usage("status", "\"%s\" is one word too many", argv[optind]);
	s = calloc(1, sizeof(*s));
	if (!s)
		return manxctl_no_memory();
	ask_module(s);
	ask_manxd(s);
	ask_store(s);
	if (json)
		status = print_json(s);
	else
		print_text(s);
	if (!status && !is_well(s))
		status = MANXCTL_FAILURE;
	manx_dp_state_clear(&s->kernel);
	cJSON_Delete(s->agent);
	manx_store_conf_clear(&s->store_conf);
	free(s);
	return status;
}
