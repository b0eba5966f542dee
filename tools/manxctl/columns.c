// SPDX-License-Identifier: GPL-2.0-only
#include "columns.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "schema.h"
#include "table.h"

/* Longest text of lists that may be long. */
#define CELL_MAX 80

enum shown { ALWAYS, WIDE, ASKED };

/**
 * struct column - a column
 * @heading: as calicoctl has it
 * @value: where it comes from: ways into the resource with '|' between, of which the
 *	first counts that leads to something; "=TEXT" is that text, "@" the AS number of
 *	the cluster. In front of a way, '#' is the number of items, '~' cuts a long text.
 * @shown: when
 */
struct column {
	const char *heading, *value;
	enum shown shown;
};

#define COLUMNS(...) (const struct column[]){ __VA_ARGS__, { NULL, NULL, ALWAYS } }
#define NAME { "NAME", "metadata.name", ALWAYS }
#define NAME_WIDE { "NAME", "metadata.name", WIDE }
#define POLICY_COLUMNS COLUMNS(NAME, { "TIER", "spec.tier", ALWAYS }, \
	{ "ORDER", "spec.order", WIDE }, { "SELECTOR", "spec.selector", WIDE }, \
	{ "TYPES", "spec.types", ASKED })
#define SET_COLUMNS COLUMNS(NAME, { "NETS", "~spec.nets", WIDE })

static const struct column *const columns[MANX_KINDS] = {
	[MANX_KIND_IPPOOL] = COLUMNS(NAME, { "CIDR", "spec.cidr", ALWAYS }, { "NAT", "spec.natOutgoing", WIDE },
		{ "IPIPMODE", "spec.ipipMode", WIDE }, { "VXLANMODE", "spec.vxlanMode", WIDE },
		{ "DISABLED", "spec.disabled|=false", WIDE },
		{ "DISABLEBGPEXPORT", "spec.disableBGPExport|=false", WIDE },
		{ "SELECTOR", "spec.nodeSelector", ALWAYS }, { "ASSIGNMENTMODE", "spec.assignmentMode", WIDE },
		{ "BLOCKSIZE", "spec.blockSize", ASKED }, { "USES", "spec.allowedUses", ASKED }),
	[MANX_KIND_NODE] = COLUMNS(NAME, { "ASN", "spec.bgp.asNumber|@", WIDE },
		{ "IPV4", "spec.bgp.ipv4Address", WIDE }, { "IPV6", "spec.bgp.ipv6Address", WIDE },
		{ "TUNNEL", "spec.bgp.ipv4IPIPTunnelAddr", ASKED }, { "LABELS", "metadata.labels", ASKED }),
	[MANX_KIND_WORKLOADENDPOINT] = COLUMNS(NAME_WIDE,
		{ "WORKLOAD", "spec.workload|spec.pod|spec.containerID", ALWAYS }, { "NODE", "spec.node", ALWAYS },
		{ "NETWORKS", "spec.ipNetworks", ALWAYS }, { "INTERFACE", "spec.interfaceName", ALWAYS },
		{ "PROFILES", "spec.profiles", WIDE }, { "NATS", "spec.ipNATs", WIDE },
		{ "ORCHESTRATOR", "spec.orchestrator", ASKED }, { "CONTAINER", "spec.containerID", ASKED },
		{ "ID", "metadata.annotations.manx:io/endpoint-id", ASKED }),
	[MANX_KIND_GLOBALNETWORKPOLICY] = POLICY_COLUMNS,
	[MANX_KIND_NETWORKPOLICY] = POLICY_COLUMNS,
	[MANX_KIND_NETWORKSET] = SET_COLUMNS,
	[MANX_KIND_GLOBALNETWORKSET] = SET_COLUMNS,
	[MANX_KIND_TIER] = COLUMNS(NAME, { "ORDER", "spec.order", ALWAYS },
		{ "DEFAULTACTION", "spec.defaultAction", ASKED }),
	[MANX_KIND_PROFILE] = COLUMNS(NAME, { "LABELS", "spec.labelsToApply", WIDE }),
	[MANX_KIND_HOSTENDPOINT] = COLUMNS(NAME, { "NODE", "spec.node", ALWAYS },
		{ "INTERFACE", "spec.interfaceName", WIDE }, { "IPS", "spec.expectedIPs", WIDE },
		{ "PROFILES", "spec.profiles", WIDE }),
	[MANX_KIND_IPRESERVATION] = COLUMNS(NAME, { "CIDRS", "~spec.reservedCIDRs", WIDE }),
	[MANX_KIND_IPAMCONFIGURATION] = COLUMNS(NAME, { "STRICTAFFINITY", "spec.strictAffinity", ALWAYS },
		{ "AUTOALLOCATEBLOCKS", "spec.autoAllocateBlocks", ALWAYS },
		{ "MAXBLOCKSPERHOST", "spec.maxBlocksPerHost", WIDE }),
	[MANX_KIND_BGPCONFIGURATION] = COLUMNS(NAME, { "LOGSEVERITY", "spec.logSeverityScreen", ALWAYS },
		{ "MESHENABLED", "spec.nodeToNodeMeshEnabled", ALWAYS }, { "ASNUMBER", "spec.asNumber", ALWAYS }),
	[MANX_KIND_BGPPEER] = COLUMNS(NAME, { "PEERIP", "spec.peerIP", ALWAYS },
		{ "NODE", "spec.node|spec.nodeSelector|=(global)", ALWAYS }, { "ASN", "spec.asNumber|=0", ALWAYS }),
	[MANX_KIND_BGPFILTER] = COLUMNS(NAME, { "NUMEXPORTV4", "#spec.exportV4", ALWAYS },
		{ "NUMIMPORTV4", "#spec.importV4", ALWAYS }, { "NUMEXPORTV6", "#spec.exportV6", ALWAYS },
		{ "NUMIMPORTV6", "#spec.importV6", ALWAYS }),
	[MANX_KIND_FELIXCONFIGURATION] = COLUMNS(NAME, { "SELECTOR", "spec.nodeSelector", ASKED }),
	[MANX_KIND_CLUSTERINFORMATION] = COLUMNS(NAME, { "CLUSTERGUID", "spec.clusterGUID", ALWAYS },
		{ "CLUSTERTYPE", "spec.clusterType", ALWAYS }, { "CALICOVERSION", "spec.calicoVersion", ALWAYS },
		{ "DATASTOREREADY", "spec.datastoreReady", ALWAYS }),
	[MANX_KIND_NAMESPACE] = COLUMNS(NAME, { "LABELS", "metadata.labels", WIDE }),
};

static const struct column namespace_column = { "NAMESPACE", "metadata.namespace", ASKED };

/* The value at the first @n octets of @way; ':' in it stands for '.'. */
static const cJSON *find(const cJSON *json, const char *way, size_t n)
{
	while (json && n) {
		size_t word = strcspn(way, ".");
		char name[64];

		if (word > n)
			word = n;
		snprintf(name, sizeof(name), "%.*s", (int)word, way);
		for (char *c = name; *c; c++)
			if (*c == ':')
				*c = '.';
		json = manx_field_at(json, name);
		n -= word + (word < n);
		way += word + (way[word] == '.');
	}
	return json;
}

/* A value as a person reads it; malloc'ed, NULL without memory. */
static char *text_of(const cJSON *value)
{
	const cJSON *item;
	char *text = NULL;
	size_t size = 0;
	FILE *f;

	if (cJSON_IsString(value))
		return strdup(value->valuestring);
	if (!cJSON_IsArray(value) && !cJSON_IsObject(value))
		return cJSON_PrintUnformatted(value);
	f = open_memstream(&text, &size);
	if (!f)
		return NULL;
	cJSON_ArrayForEach(item, value) {
		char *part = text_of(item);

		fprintf(f, "%s%s%s%s", item == value->child ? "" : ",", item->string ? item->string : "",
			item->string ? "=" : "", part ? part : "");
		free(part);
	}
	fclose(f);
	return text;
}

/* As calicoctl cuts: what stays and the dots are CELL_MAX long. */
static void cut(char *text)
{
	if (strlen(text) > CELL_MAX)
		strcpy(text + CELL_MAX - 3, "...");
}

/* One of the ways of a column; NULL if it leads to nothing. */
static char *follow(const cJSON *json, const char *way, size_t n, const struct manxctl_view *view)
{
	char sign = *way, *text = NULL;
	const cJSON *value;

	if (sign == '=')
		return strndup(way + 1, n - 1);
	if (sign == '@') {
		if (asprintf(&text, "(%s)", view->as_number ? view->as_number : "64512") < 0)
			return NULL;
		return text;
	}
	if (sign == '#' || sign == '~') {
		way++;
		n--;
	}
	value = find(json, way, n);
	if (sign == '#')
		return asprintf(&text, "%d", cJSON_GetArraySize(value)) < 0 ? NULL : text;
	if (!value || (cJSON_IsString(value) && !*value->valuestring))
		return NULL;
	text = text_of(value);
	if (text && sign == '~')
		cut(text);
	return text;
}

static void put_cell(struct manxctl_table *t, const struct column *c, const cJSON *json,
		     const struct manxctl_view *view)
{
	const char *way = c->value;
	char *text = NULL;

	while (!text && *way) {
		size_t n = strcspn(way, "|");

		text = follow(json, way, n, view);
		way += n + (way[n] == '|');
	}
	manxctl_table_cell(t, "%s", text ? text : "");
	free(text);
}

static const struct column *find_column(const struct manx_kind *kind, const char *heading, size_t n)
{
	const struct column *c = columns[kind->id];

	if (kind->namespaced && n == strlen(namespace_column.heading) &&
	    !strncasecmp(heading, namespace_column.heading, n))
		return &namespace_column;
	while (c->heading && (strlen(c->heading) != n || strncasecmp(heading, c->heading, n)))
		c++;
	return c->heading ? c : NULL;
}

static int unknown_column(const struct manx_kind *kind, const char *heading, size_t n,
			  struct manx_error *err)
{
	char known[300] = "";

	for (const struct column *c = columns[kind->id]; c->heading; c++) {
		size_t len = strlen(known);

		snprintf(known + len, sizeof(known) - len, "%s%s", len ? ", " : "", c->heading);
	}
	return manx_fail(err, -EINVAL, "custom-columns: \"%.*s\": columns of a %s are %s%s", (int)n, heading,
			 kind->kind, known, kind->namespaced ? ", NAMESPACE" : "");
}

/* The columns of @view into @chosen, NULL-terminated. */
static int choose(const struct manx_kind *kind, const struct manxctl_view *view,
		  const struct column *chosen[MANXCTL_TABLE_COLUMNS + 1], struct manx_error *err)
{
	size_t n = 0;

	if (!view->custom) {
		if (view->namespaces && kind->namespaced)
			chosen[n++] = &namespace_column;
		for (const struct column *c = columns[kind->id]; c->heading; c++)
			if (c->shown == ALWAYS || (view->wide && c->shown == WIDE))
				chosen[n++] = c;
	} else {
		for (const char *word = view->custom; *word;) {
			size_t len = strcspn(word, ",");

			if (n == MANXCTL_TABLE_COLUMNS)
				return manx_fail(err, -EINVAL, "custom-columns: more than %d columns", MANXCTL_TABLE_COLUMNS);
			chosen[n] = find_column(kind, word, len);
			if (!chosen[n++])
				return unknown_column(kind, word, len, err);
			word += len + (word[len] == ',');
		}
	}
	chosen[n] = NULL;
	return n ? 0 : unknown_column(kind, "", 0, err);
}

int manxctl_print_table(const struct manx_kind *kind, const struct manx_resource *r, size_t n,
			const struct manxctl_view *view, struct manx_error *err)
{
	const struct column *chosen[MANXCTL_TABLE_COLUMNS + 1];
	struct manxctl_table t = { 0 };
	int rc = choose(kind, view, chosen, err);

	if (rc)
		return rc;
	for (const struct column **c = chosen; *c; c++)
		manxctl_table_head(&t, (*c)->heading);
	for (size_t i = 0; i < n; i++)
		for (const struct column **c = chosen; *c; c++)
			put_cell(&t, *c, r[i].json, view);
	rc = manxctl_table_print(&t, stdout);
	return rc ? manx_fail_errno(err, rc, "output") : 0;
}
