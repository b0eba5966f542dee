// SPDX-License-Identifier: GPL-2.0-only
/*
 * BGPConfiguration and BGPPeer. BGP is not done by this version: what they say
 * is checked and kept.
 */
#include <string.h>

#include "fields.h"
#include "kinds.h"

#define NO_BGP		"BGP is not done by this version"
#define PRIORITY_MAX	2147483646
#define KEPT(field, type, ...)	MANX_KEPT(field, type, NO_BGP, __VA_ARGS__)
#define WORD(field, ...)	KEPT(field, manx_scalar_word, MANX_WORDS(__VA_ARGS__))
#define DONE(field, type, ...)	MANX_DONE(field, type, NULL, __VA_ARGS__)

static const struct manx_field secret_fields[] = {
	DONE("name", manx_scalar_text, .required = true),
	DONE("key", manx_scalar_text, .required = true),
	DONE("optional", manx_scalar_bool),
	MANX_END,
};
static const struct manx_schema secret = { secret_fields, NULL };

static const struct manx_field password_fields[] = {
	MANX_DONE_OBJECT("secretKeyRef", secret, NULL),
	MANX_END,
};
static const struct manx_schema password = { password_fields, NULL };

static const struct manx_field service_fields[] = {
	DONE("cidr", manx_scalar_net),
	MANX_END,
};
static const struct manx_schema service = { service_fields, NULL };

static const struct manx_field community_fields[] = {
	DONE("name", manx_scalar_name, .required = true),
	DONE("value", manx_scalar_community, .required = true),
	MANX_END,
};
static const struct manx_schema community = { community_fields, NULL };

static const struct manx_field advertisement_fields[] = {
	DONE("cidr", manx_scalar_net, .required = true),
	DONE("communities", manx_scalar_text, .required = true, .list = true, .max_items = 50),
	MANX_END,
};
static const struct manx_schema advertisement = { advertisement_fields, NULL };

static const struct manx_field config_fields[] = {
	KEPT("logSeverityScreen", manx_scalar_word_any_case, .preset = "Info", .harmless = "Info",
	     MANX_WORDS("Trace", "Debug", "Info", "Warning", "Error", "Fatal")),
	KEPT("nodeToNodeMeshEnabled", manx_scalar_bool),
	KEPT("asNumber", manx_scalar_as_number),
	MANX_KEPT_OBJECT("serviceLoadBalancerIPs", service, NO_BGP, .list = true),
	MANX_KEPT_OBJECT("serviceExternalIPs", service, NO_BGP, .list = true),
	MANX_KEPT_OBJECT("serviceClusterIPs", service, NO_BGP, .list = true),
	WORD("serviceLoadBalancerAggregation", "Enabled", "Disabled"),
	MANX_KEPT_OBJECT("communities", community, NO_BGP, .list = true, .max_items = 500),
	MANX_KEPT_OBJECT("prefixAdvertisements", advertisement, NO_BGP, .list = true, .max_items = 500),
	KEPT("listenPort", manx_scalar_int, .min = 1, .max = 65535),
	MANX_KEPT_OBJECT("nodeMeshPassword", password, NO_BGP),
	KEPT("nodeMeshMaxRestartTime", manx_scalar_duration),
	WORD("bindMode", "None", "NodeIP"),
	KEPT("ignoredInterfaces", manx_scalar_text, .list = true),
	KEPT("localWorkloadPeeringIPV4", manx_scalar_addr, .min = 4),
	KEPT("localWorkloadPeeringIPV6", manx_scalar_addr, .min = 6),
	WORD("programClusterRoutes", "Enabled", "Disabled", "EnabledIPIPOnly", "EnabledNoEncapOnly"),
	KEPT("ipv4NormalRoutePriority", manx_scalar_int, .min = 1, .max = PRIORITY_MAX),
	KEPT("ipv6NormalRoutePriority", manx_scalar_int, .min = 1, .max = PRIORITY_MAX),
	MANX_END,
};

static bool is_given(const cJSON *spec, const char *name)
{
	const cJSON *item = manx_field_at(spec, name);

	return item && (cJSON_IsString(item) ? *item->valuestring != '\0' :
			!cJSON_IsArray(item) || item->child);
}

static int check_config(const struct manx_at *at, cJSON *spec)
{
	static const char *const of_mesh[] = { "nodeMeshPassword", "nodeMeshMaxRestartTime" };
	bool no_mesh = cJSON_IsFalse(manx_field_at(spec, "nodeToNodeMeshEnabled"));

	for (size_t i = 0; no_mesh && i < 2; i++)
		if (is_given(spec, of_mesh[i]))
			return manx_at_fail_field(at, of_mesh[i], "needs nodeToNodeMeshEnabled: true");
	if (is_given(spec, "communities") && !is_given(spec, "prefixAdvertisements"))
		return manx_at_fail_field(at, "communities", "no prefixAdvertisements use them: add these, or remove it");
	return 0;
}

const struct manx_schema manx_bgp_config_spec = { config_fields, check_config };

/* What belongs to the mesh, or to all nodes, cannot be one node's. */
int manx_bgp_config_check(const struct manx_at *at, const cJSON *json)
{
	static const char *const of_all[] = { "nodeMeshPassword", "nodeMeshMaxRestartTime", "nodeToNodeMeshEnabled" };
	const char *name = manx_field_text(manx_field_at(json, "metadata"), "name");

	for (size_t i = 0; strcmp(name, "default") && i < 3; i++)
		if (is_given(manx_field_at(json, "spec"), of_all[i]))
			return manx_at_fail(at, "spec.%s: allowed in \"default\" only, not in \"%.80s\"",
					    of_all[i], name);
	return 0;
}

static const struct manx_field peer_fields[] = {
	KEPT("node", manx_scalar_name),
	KEPT("nodeSelector", manx_scalar_selector),
	KEPT("peerIP", manx_scalar_peer),
	KEPT("asNumber", manx_scalar_as_number),
	KEPT("localASNumber", manx_scalar_as_number),
	KEPT("peerSelector", manx_scalar_selector),
	KEPT("keepOriginalNextHop", manx_scalar_bool, .harmless = "false"),
	WORD("nextHopMode", "Auto", "Self", "Keep"),
	MANX_KEPT_OBJECT("password", password, NO_BGP),
	WORD("sourceAddress", "UseNodeIP", "None"),
	KEPT("maxRestartTime", manx_scalar_duration),
	KEPT("keepaliveTime", manx_scalar_duration),
	KEPT("numAllowedLocalASNumbers", manx_scalar_int, .max = 2147483647),
	KEPT("ttlSecurity", manx_scalar_int, .max = 255),
	KEPT("reachableBy", manx_scalar_addr),
	KEPT("filters", manx_scalar_name, .list = true),
	KEPT("localWorkloadSelector", manx_scalar_selector),
	WORD("reversePeering", "Auto", "Manual"),
	MANX_END,
};

/* Fields of which only the first, or only the second, may be given. */
static const struct {
	const char *field, *excludes;
} peer_pairs[] = {
	{ "node", "nodeSelector" }, { "peerIP", "peerSelector" }, { "peerSelector", "asNumber" },
	{ "localWorkloadSelector", "peerIP" }, { "localWorkloadSelector", "peerSelector" },
	{ "nextHopMode", "keepOriginalNextHop" },
};

static int check_peer(const struct manx_at *at, cJSON *spec)
{
	for (size_t i = 0; i < sizeof(peer_pairs) / sizeof(peer_pairs[0]); i++)
		if (is_given(spec, peer_pairs[i].field) && is_given(spec, peer_pairs[i].excludes) &&
		    !cJSON_IsFalse(manx_field_at(spec, peer_pairs[i].excludes)))
			return manx_at_fail_field(at, peer_pairs[i].excludes, "cannot stand beside %s: remove one of them",
						  peer_pairs[i].field);
	if (is_given(spec, "localWorkloadSelector") && !is_given(spec, "asNumber"))
		return manx_at_fail_field(at, "asNumber", "is missing: localWorkloadSelector needs it");
	if (is_given(spec, "reachableBy") && !is_given(spec, "peerIP"))
		return manx_at_fail_field(at, "reachableBy", "needs peerIP");
	return 0;
}

const struct manx_schema manx_bgp_peer_spec = { peer_fields, check_peer };
