// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kinds of which this version makes little: Profile, HostEndpoint,
 * ClusterInformation.
 */
#include <string.h>

#include "fields.h"
#include "kind_rule.h"
#include "kinds.h"

/*
 * Endpoints have the profile of their namespace and no other, so a Profile
 * would be a policy that is never asked.
 */
#define NO_PROFILE "no endpoint has profiles of its own in this version: use GlobalNetworkPolicy with selector, and labels of the pods"

static const struct manx_field profile_fields[] = {
	{ .name = "ingress", .class = MANX_FIELD_REFUSED, .list = true, .max_items = MANX_RULES_MAX,
	  .object = &manx_rule, .note = NO_PROFILE },
	{ .name = "egress", .class = MANX_FIELD_REFUSED, .list = true, .max_items = MANX_RULES_MAX,
	  .object = &manx_rule, .note = NO_PROFILE },
	{ .name = "labelsToApply", .class = MANX_FIELD_REFUSED, .map = true, .scalar = manx_scalar_text,
	  .note = NO_PROFILE },
	MANX_END,
};
const struct manx_schema manx_profile_spec = { profile_fields, NULL };

int manx_profile_check(const struct manx_at *at, const cJSON *json)
{
	const char *name = manx_field_text(manx_field_at(json, "metadata"), "name");

	if (strncmp(name, "kns.", 4) && strncmp(name, "ksa.", 4))
		return 0;
	return manx_at_fail(at, "metadata.name: \"%.80s\": profiles of namespaces and service accounts are made by manx: label the Namespace",
			    name);
}

#define NO_HOST "host endpoints are not enforced by this version: use the host's own firewall"

static const struct manx_field port_fields[] = {
	MANX_DONE("name", manx_scalar_port_name, NULL, .required = true),
	MANX_DONE("protocol", manx_scalar_protocol, NULL, .required = true),
	MANX_DONE("port", manx_scalar_int, NULL, .required = true, .min = 1, .max = 65535),
	MANX_END,
};
static const struct manx_schema port = { port_fields, NULL };

/* A host that its owner believes to be closed must not be open. */
static const struct manx_field host_fields[] = {
	MANX_REFUSED("node", manx_scalar_name, NULL, NO_HOST, .required = true),
	MANX_REFUSED("interfaceName", manx_scalar_interface_pattern, NULL, NO_HOST),
	MANX_REFUSED("expectedIPs", manx_scalar_addr, NULL, NO_HOST, .list = true),
	MANX_KEPT("profiles", manx_scalar_text, NO_HOST, .list = true),
	MANX_KEPT_OBJECT("ports", port, NO_HOST, .list = true),
	MANX_END,
};
const struct manx_schema manx_hostendpoint_spec = { host_fields, NULL };

/* What manxctl shows of the cluster; nobody can write it. */
static const struct manx_field cluster_fields[] = {
	MANX_DONE("clusterGUID", manx_scalar_text, "of the datastore"),
	MANX_DONE("clusterType", manx_scalar_text, "manx"),
	MANX_DONE("calicoVersion", manx_scalar_text, "version of manxctl"),
	MANX_DONE("datastoreReady", manx_scalar_bool, "false while the datastore is locked"),
	MANX_DONE("variant", manx_scalar_text, NULL),
	MANX_END,
};
const struct manx_schema manx_cluster_spec = { cluster_fields, NULL };
