// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>

#include "kinds.h"
#include "model.h"
#include "scalar.h"

#define NO_BGP		"BGP is not done by this version"
#define NO_VXLAN	"VXLAN is not done by this version"
#define NOT_READ	"nothing reads it"

static const struct manx_field bgp_fields[] = {
	{ .name = "asNumber", .class = MANX_FIELD_KEPT, .scalar = manx_scalar_as_number, .note = NO_BGP },
	{ .name = "ipv4Address", .scalar = manx_scalar_interface_addr, .min = 4 },
	{ .name = "ipv6Address", .scalar = manx_scalar_interface_addr, .min = 6 },
	{ .name = "ipv4IPIPTunnelAddr", .scalar = manx_scalar_addr, .min = 4 },
	{ .name = "routeReflectorClusterID", .class = MANX_FIELD_KEPT, .scalar = manx_scalar_addr,
	  .min = 4, .note = NO_BGP },
	{ .name = NULL },
};
static const struct manx_schema bgp = { bgp_fields, NULL };

static const struct manx_field orch_fields[] = {
	{ .name = "nodeName", .scalar = manx_scalar_text },
	{ .name = "orchestrator", .required = true, .scalar = manx_scalar_text },
	{ .name = NULL },
};
static const struct manx_schema orch_ref = { orch_fields, NULL };

static const struct manx_field wireguard_fields[] = {
	{ .name = "interfaceIPv4Address", .scalar = manx_scalar_addr, .min = 4 },
	{ .name = "interfaceIPv6Address", .scalar = manx_scalar_addr, .min = 6 },
	{ .name = NULL },
};
static const struct manx_schema wireguard = { wireguard_fields, NULL };

static const char *const address_types[] = { "CalicoNodeIP", "InternalIP", "ExternalIP", NULL };

static const struct manx_field address_fields[] = {
	{ .name = "address", .required = true, .scalar = manx_scalar_interface_addr },
	{ .name = "type", .scalar = manx_scalar_word, .words = address_types },
	{ .name = NULL },
};
static const struct manx_schema address = { address_fields, NULL };

static const struct manx_field interface_fields[] = {
	{ .name = "name", .scalar = manx_scalar_text },
	{ .name = "addresses", .list = true, .scalar = manx_scalar_interface_addr },
	{ .name = NULL },
};
static const struct manx_schema interface = { interface_fields, NULL };

static const struct manx_field fields[] = {
	{ .name = "bgp", .object = &bgp },
	{ .name = "ipv4VXLANTunnelAddr", .class = MANX_FIELD_KEPT, .scalar = manx_scalar_addr,
	  .min = 4, .note = NO_VXLAN },
	{ .name = "vxlanTunnelMACAddr", .class = MANX_FIELD_KEPT, .scalar = manx_scalar_mac,
	  .note = NO_VXLAN },
	{ .name = "ipv6VXLANTunnelAddr", .class = MANX_FIELD_KEPT, .scalar = manx_scalar_addr,
	  .min = 6, .note = NO_VXLAN },
	{ .name = "vxlanTunnelMACAddrV6", .class = MANX_FIELD_KEPT, .scalar = manx_scalar_mac,
	  .note = NO_VXLAN },
	{ .name = "orchRefs", .class = MANX_FIELD_KEPT, .list = true, .object = &orch_ref,
	  .note = NOT_READ },
	{ .name = "wireguard", .class = MANX_FIELD_KEPT, .object = &wireguard,
	  .note = "traffic between nodes is not encrypted by this version" },
	{ .name = "addresses", .class = MANX_FIELD_KEPT, .list = true, .object = &address,
	  .note = NOT_READ },
	{ .name = "interfaces", .class = MANX_FIELD_KEPT, .list = true, .object = &interface,
	  .note = NOT_READ },
	{ .name = NULL },
};

const struct manx_schema manx_node_spec = { fields, NULL };

static void decode_prefix(const cJSON *object, const char *name, struct manx_prefix *p)
{
	const char *text = manx_field_text(object, name);

	if (text)
		manx_prefix_parse(text, p);
}

int manx_node_decode(const struct manx_resource *r, struct manx_node *n, struct manx_error *err)
{
	const cJSON *node_bgp = manx_field_at(manx_field_at(r->json, "spec"), "bgp");
	const char *tunnel = manx_field_text(node_bgp, "ipv4IPIPTunnelAddr");

	(void)err;
	*n = (struct manx_node){ .name = r->name };
	n->labels.json = manx_field_at(manx_field_at(r->json, "metadata"), "labels");
	decode_prefix(node_bgp, "ipv4Address", &n->ip4);
	decode_prefix(node_bgp, "ipv6Address", &n->ip6);
	if (tunnel)
		manx_addr_parse(tunnel, &n->tunnel);
	return 0;
}
