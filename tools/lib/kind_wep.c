// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kinds.h"
#include "mac.h"
#include "model.h"
#include "scalar.h"

/* 0 means "none" to the kernel, 1 is the node itself. */
#define FIRST_ENDPOINT_ID 2

static const struct manx_field port_fields[] = {
	{ .name = "name", .scalar = manx_scalar_text },
	{ .name = "protocol", .required = true, .scalar = manx_scalar_protocol },
	{ .name = "port", .required = true, .scalar = manx_scalar_int, .min = 1, .max = 65535 },
	{ .name = "hostPort", .scalar = manx_scalar_int, .min = 0, .max = 65535 },
	{ .name = "hostIP", .scalar = manx_scalar_text },
	{ .name = NULL },
};
static const struct manx_schema port = { port_fields, NULL };

/* Rates in bits a second, sizes in bits or octets, counts; Calico's ceilings. */
#define QOS(field, ceiling) { .name = field, .scalar = manx_scalar_int, .max = ceiling }
static const struct manx_field qos_fields[] = {
	QOS("ingressBandwidth", 1000000000000000), QOS("ingressBurst", 34359738360),
	QOS("ingressPeakrate", 1010000000000000), QOS("ingressMinburst", 100000000),
	QOS("egressBandwidth", 1000000000000000), QOS("egressBurst", 34359738360),
	QOS("egressPeakrate", 1010000000000000), QOS("egressMinburst", 100000000),
	QOS("ingressPacketRate", 10000), QOS("ingressPacketBurst", 10000),
	QOS("egressPacketRate", 10000), QOS("egressPacketBurst", 10000),
	QOS("ingressMaxConnections", 4294967295), QOS("egressMaxConnections", 4294967295),
	{ .name = "dscp", .scalar = manx_scalar_text },
	{ .name = NULL },
};
static const struct manx_schema qos = { qos_fields, NULL };

static const struct manx_field fields[] = {
	{ .name = "orchestrator", .scalar = manx_scalar_name },
	{ .name = "workload", .scalar = manx_scalar_text },
	{ .name = "node", .required = true, .scalar = manx_scalar_name },
	{ .name = "containerID", .scalar = manx_scalar_text },
	{ .name = "pod", .scalar = manx_scalar_text },
	{ .name = "endpoint", .scalar = manx_scalar_text },
	{ .name = "serviceAccountName", .class = MANX_FIELD_KEPT, .scalar = manx_scalar_name,
	  .note = "service accounts are not known to this version" },
	{ .name = "ipNetworks", .list = true, .max_items = MANX_WEP_MAX_ADDRS,
	  .scalar = manx_scalar_host },
	{ .name = "ipNATs", .class = MANX_FIELD_REFUSED, .list = true,
	  .note = "floating addresses are not done by this version" },
	{ .name = "ipv4Gateway", .class = MANX_FIELD_KEPT, .scalar = manx_scalar_addr, .min = 4,
	  .note = "the gateway of a pod is chosen by manx" },
	{ .name = "ipv6Gateway", .class = MANX_FIELD_KEPT, .scalar = manx_scalar_addr, .min = 6,
	  .note = "the gateway of a pod is chosen by manx" },
	{ .name = "profiles", .class = MANX_FIELD_KEPT, .list = true, .scalar = manx_scalar_text,
	  .note = "every endpoint has the profile that allows" },
	{ .name = "interfaceName", .scalar = manx_scalar_text },
	{ .name = "mac", .scalar = manx_scalar_mac },
	{ .name = "ports", .class = MANX_FIELD_KEPT, .list = true, .object = &port,
	  .note = "named ports are not known to this version" },
	{ .name = "allowSpoofedSourcePrefixes", .class = MANX_FIELD_REFUSED, .list = true,
	  .note = "an endpoint may send from its own addresses only" },
	{ .name = "qosControls", .class = MANX_FIELD_KEPT, .object = &qos,
	  .note = "rates are not limited by this version" },
	{ .name = NULL },
};

const struct manx_schema manx_wep_spec = { fields, NULL };

static bool parse_id(const char *text, uint32_t *id)
{
	uint64_t value;

	if (!manx_parse_decimal(text, UINT32_MAX, &value) || value < FIRST_ENDPOINT_ID)
		return false;
	*id = (uint32_t)value;
	return true;
}

int manx_wep_check(const struct manx_at *at, const cJSON *json)
{
	const cJSON *metadata = manx_field_at(json, "metadata");
	const cJSON *annotations = manx_field_at(metadata, "annotations");
	const char *text = manx_field_text(annotations, MANX_ANNOTATION_ENDPOINT_ID);
	struct manx_at place = {
		.up = at, .source = at->source, .name = "metadata",
		.node = manx_yaml_get(at->node, "metadata"),
	};
	uint32_t id;

	if (text && !parse_id(text, &id))
		return manx_at_fail(&place, "annotation %s, \"%.80s\": allowed are %d to %u",
				    MANX_ANNOTATION_ENDPOINT_ID, text, FIRST_ENDPOINT_ID, UINT32_MAX);
	return 0;
}

static const char *text_or_empty(const cJSON *object, const char *name)
{
	const char *text = manx_field_text(object, name);

	return text ? text : "";
}

static void decode_spec(const cJSON *spec, struct manx_wep *w)
{
	const char *mac = manx_field_text(spec, "mac");
	const cJSON *net;

	w->node = text_or_empty(spec, "node");
	w->orchestrator = text_or_empty(spec, "orchestrator");
	w->pod = text_or_empty(spec, "pod");
	w->endpoint = text_or_empty(spec, "endpoint");
	w->container_id = text_or_empty(spec, "containerID");
	w->interface = text_or_empty(spec, "interfaceName");
	if (mac)
		manx_mac_parse(mac, w->mac);
	cJSON_ArrayForEach(net, manx_field_at(spec, "ipNetworks")) {
		struct manx_prefix p;

		if (w->n_addr < MANX_WEP_MAX_ADDRS && manx_prefix_parse(net->valuestring, &p))
			w->addr[w->n_addr++] = p.addr;
	}
}

int manx_wep_decode(const struct manx_resource *r, struct manx_wep *w, struct manx_error *err)
{
	const cJSON *metadata = manx_field_at(r->json, "metadata");
	const cJSON *annotations = manx_field_at(metadata, "annotations");
	const char *id = manx_field_text(annotations, MANX_ANNOTATION_ENDPOINT_ID);

	*w = (struct manx_wep){ .name = r->name, .ns = r->ns };
	w->labels.json = manx_field_at(metadata, "labels");
	if (id && !parse_id(id, &w->id))
		return manx_fail(err, -EINVAL, "WorkloadEndpoint(%s/%s): annotation %s: \"%s\"",
				 r->ns, r->name, MANX_ANNOTATION_ENDPOINT_ID, id);
	w->handle = text_or_empty(annotations, MANX_ANNOTATION_HANDLE);
	w->netns = text_or_empty(annotations, MANX_ANNOTATION_NETNS_COOKIE);
	w->boot_id = text_or_empty(annotations, MANX_ANNOTATION_BOOT_ID);
	decode_spec(manx_field_at(r->json, "spec"), w);
	return 0;
}

/* True if @text is absent, or was added. */
static bool put_text(cJSON *object, const char *name, const char *text)
{
	return !text || !*text || cJSON_AddStringToObject(object, name, text);
}

static bool put_labels(cJSON *metadata, const struct manx_labels *labels)
{
	cJSON *copy;

	if (!labels->json)
		return true;
	copy = cJSON_Duplicate(labels->json, true);
	if (copy && cJSON_AddItemToObject(metadata, "labels", copy))
		return true;
	cJSON_Delete(copy);
	return false;
}

static bool encode_metadata(const struct manx_wep *w, cJSON *metadata)
{
	cJSON *annotations;
	char id[12];

	if (!put_text(metadata, "name", w->name) || !put_text(metadata, "namespace", w->ns) ||
	    !put_labels(metadata, &w->labels))
		return false;
	annotations = cJSON_AddObjectToObject(metadata, "annotations");
	snprintf(id, sizeof(id), "%" PRIu32, w->id);
	return annotations &&
	       put_text(annotations, MANX_ANNOTATION_ENDPOINT_ID, w->id ? id : NULL) &&
	       put_text(annotations, MANX_ANNOTATION_HANDLE, w->handle) &&
	       put_text(annotations, MANX_ANNOTATION_NETNS_COOKIE, w->netns) &&
	       put_text(annotations, MANX_ANNOTATION_BOOT_ID, w->boot_id);
}

static bool encode_addresses(const struct manx_wep *w, cJSON *spec)
{
	cJSON *list = cJSON_AddArrayToObject(spec, "ipNetworks");

	for (size_t i = 0; list && i < w->n_addr; i++) {
		struct manx_prefix host = manx_addr_host(&w->addr[i]);
		char buf[MANX_ADDR_STRLEN];
		cJSON *item = cJSON_CreateString(manx_prefix_format(&host, buf));

		if (!item)
			return false;
		cJSON_AddItemToArray(list, item);
	}
	return list;
}

static bool encode_spec(const struct manx_wep *w, cJSON *spec)
{
	static const uint8_t none[6];
	char mac[MANX_MAC_STRLEN];

	return put_text(spec, "node", w->node) && put_text(spec, "orchestrator", w->orchestrator) &&
	       put_text(spec, "pod", w->pod) && put_text(spec, "endpoint", w->endpoint) &&
	       put_text(spec, "containerID", w->container_id) &&
	       put_text(spec, "interfaceName", w->interface) &&
	       (!memcmp(w->mac, none, sizeof(none)) ||
		put_text(spec, "mac", manx_mac_format(w->mac, mac))) &&
	       encode_addresses(w, spec);
}

static char *encode(const struct manx_wep *w)
{
	cJSON *json = cJSON_CreateObject(), *metadata, *spec;
	char *text = NULL;
	bool ok = put_text(json, "apiVersion", MANX_API_VERSION) &&
		  put_text(json, "kind", "WorkloadEndpoint");

	metadata = cJSON_AddObjectToObject(json, "metadata");
	spec = cJSON_AddObjectToObject(json, "spec");
	if (ok && metadata && spec && encode_metadata(w, metadata) && encode_spec(w, spec))
		text = cJSON_PrintUnformatted(json);
	cJSON_Delete(json);
	return text;
}

/* By way of text and schema, so that what is stored can be read again. */
int manx_wep_encode(const struct manx_wep *w, struct manx_resource *r, struct manx_error *err)
{
	char *text = encode(w), key[1024];
	int rc;

	if (!text)
		return manx_fail(err, -ENOMEM, "out of memory");
	snprintf(key, sizeof(key), "e/%s/%s/%s", w->node, w->ns, w->name);
	rc = manx_resource_from_store(manx_kind(MANX_KIND_WORKLOADENDPOINT), key, text, r, err);
	free(text);
	return rc;
}
