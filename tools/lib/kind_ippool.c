// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>

#include "kinds.h"
#include "model.h"
#include "scalar.h"

/* Block sizes as prefix lengths: Calico's limits, [0] for IPv4, [1] for IPv6. */
static const struct {
	int min, max, preset;
} block_sizes[] = { { 20, 32, 26 }, { 116, 128, 122 } };

static const char *const encap_modes[] = { "Never", "Always", "CrossSubnet", NULL };
static const char *const assignment_modes[] = { "Automatic", "Manual", NULL };
static const char *const uses[] = { "Workload", "Tunnel", "LoadBalancer", NULL };

/* Ranges that a host must never route. */
static const struct {
	const char *cidr, *what;
} link_local[] = { { "169.254.0.0/16", "IPv4" }, { "fe80::/10", "IPv6" } };

static const struct manx_field fields[] = {
	{ .name = "cidr", .required = true, .scalar = manx_scalar_cidr },
	{ .name = "blockSize", .scalar = manx_scalar_int, .min = 0, .max = 128 },
	{ .name = "ipipMode", .scalar = manx_scalar_word, .words = encap_modes, .preset = "Never" },
	{ .name = "vxlanMode", .class = MANX_FIELD_REFUSED, .scalar = manx_scalar_word,
	  .words = encap_modes, .preset = "Never", .harmless = "Never",
	  .note = "use ipipMode, or Never" },
	{ .name = "natOutgoing", .class = MANX_FIELD_KEPT, .scalar = manx_scalar_bool,
	  .preset = "false", .harmless = "false",
	  .note = "masquerading is not done by this version" },
	{ .name = "disabled", .scalar = manx_scalar_bool },
	{ .name = "disableBGPExport", .class = MANX_FIELD_KEPT, .scalar = manx_scalar_bool,
	  .harmless = "false", .note = "BGP is not done by this version" },
	{ .name = "nodeSelector", .scalar = manx_scalar_selector, .preset = "all()" },
	{ .name = "namespaceSelector", .scalar = manx_scalar_selector,
	  .note = "asks the labels of the pod's Namespace; not for pools of which allowedUses has Tunnel" },
	{ .name = "allowedUses", .list = true, .max_items = 3, .scalar = manx_scalar_word,
	  .words = uses, .preset = "Workload,Tunnel" },
	{ .name = "assignmentMode", .scalar = manx_scalar_word, .words = assignment_modes,
	  .preset = "Automatic" },
	{ .name = "ipip", .class = MANX_FIELD_REFUSED, .note = "of Calico's API version 1: use ipipMode" },
	{ .name = "nat-outgoing", .class = MANX_FIELD_REFUSED, .scalar = manx_scalar_bool,
	  .harmless = "false", .note = "of Calico's API version 1: use natOutgoing" },
	{ .name = NULL },
};

static int check_range(const struct manx_at *at, const struct manx_prefix *cidr)
{
	struct manx_prefix reserved;

	for (size_t i = 0; i < sizeof(link_local) / sizeof(link_local[0]); i++)
		if (manx_prefix_parse(link_local[i].cidr, &reserved) &&
		    manx_prefix_overlaps(cidr, &reserved))
			return manx_at_fail_field(at, "cidr", "overlaps %s, the %s link-local range: choose another",
						  link_local[i].cidr, link_local[i].what);
	return 0;
}

static int check_block_size(const struct manx_at *at, cJSON *spec, const struct manx_prefix *cidr)
{
	size_t family = cidr->addr.family == 6;
	int min = block_sizes[family].min, max = block_sizes[family].max;
	int size = (int)manx_field_number(spec, "blockSize", 0);
	bool given = size > 0;

	if (!given)
		size = block_sizes[family].preset;
	if (size < min || size > max)
		return manx_at_fail_field(at, "blockSize", "\"%d\": allowed are %d to %d for an IPv%d pool",
					  size, min, max, cidr->addr.family);
	/* a disabled pool gives no address, so what does not fit may stay */
	if (cidr->len > size && !manx_field_is_true(spec, "disabled"))
		return manx_at_fail_field(at, given ? "blockSize" : "cidr",
					  "a pool of length /%d cannot hold blocks of /%d: blockSize must be %d to %d",
					  cidr->len, size, cidr->len > min ? cidr->len : min, max);
	if (given)
		return 0;
	/* to write 0 is to write nothing */
	cJSON_DeleteItemFromObjectCaseSensitive(spec, "blockSize");
	return manx_schema_put(at, &manx_ippool_spec, spec, "blockSize",
					   cJSON_CreateNumber(size));
}

static int check_uses(const struct manx_at *at, cJSON *spec)
{
	const cJSON *list = manx_field_at(spec, "allowedUses"), *use;
	cJSON *preset;

	cJSON_ArrayForEach(use, list)
		if (!strcmp(use->valuestring, "LoadBalancer"))
			return manx_at_fail_field(at, "allowedUses", "\"LoadBalancer\" is not supported: use Workload, Tunnel");
	if (list->child)
		return 0;
	preset = cJSON_CreateStringArray(uses, 2);
	if (!preset)
		return manx_at_no_memory(at);
	cJSON_ReplaceItemInObjectCaseSensitive(spec, "allowedUses", preset);
	return 0;
}

/* A tunnel lies in no namespace. */
static int check_namespaces(const struct manx_at *at, cJSON *spec)
{
	const char *selector = manx_field_text(spec, "namespaceSelector");
	const cJSON *use;

	if (!selector || !*selector || !strcmp(selector, "all()"))
		return 0;
	cJSON_ArrayForEach(use, manx_field_at(spec, "allowedUses"))
		if (!strcmp(use->valuestring, "Tunnel"))
			return manx_at_fail_field(at, "namespaceSelector",
						  "\"%s\": tunnels lie in no namespace: needs allowedUses: [Workload]",
						  selector);
	return 0;
}

static int check(const struct manx_at *at, cJSON *spec)
{
	const char *ipip = manx_field_text(spec, "ipipMode");
	struct manx_prefix cidr;
	int rc;

	if (!manx_prefix_parse(manx_field_text(spec, "cidr"), &cidr))
		return -EINVAL;
	if (cidr.addr.family == 6 && strcmp(ipip, "Never"))
		return manx_at_fail_field(at, "ipipMode", "\"%s\": an IPv6 pool allows Never only", ipip);
	rc = check_range(at, &cidr);
	if (!rc)
		rc = check_block_size(at, spec, &cidr);
	if (!rc)
		rc = check_uses(at, spec);
	return rc ? rc : check_namespaces(at, spec);
}

const struct manx_schema manx_ippool_spec = { fields, check };

static enum manx_encap_mode encap_mode(const char *word)
{
	if (word && !strcmp(word, "Always"))
		return MANX_ENCAP_ALWAYS;
	return word && !strcmp(word, "CrossSubnet") ? MANX_ENCAP_CROSS_SUBNET : MANX_ENCAP_NEVER;
}

int manx_ippool_decode(const struct manx_resource *r, struct manx_ippool *p,
		       struct manx_error *err)
{
	const cJSON *spec = manx_field_at(r->json, "spec"), *use;
	const char *cidr = manx_field_text(spec, "cidr");
	const char *mode = manx_field_text(spec, "assignmentMode");

	*p = (struct manx_ippool){ .name = r->name };
	if (!cidr || !manx_prefix_parse(cidr, &p->cidr))
		return manx_fail(err, -EINVAL, "IPPool(%s): spec.cidr is missing", r->name);
	p->block_size = (uint8_t)manx_field_number(spec, "blockSize", 0);
	p->ipip = encap_mode(manx_field_text(spec, "ipipMode"));
	p->nat_outgoing = manx_field_is_true(spec, "natOutgoing");
	p->disabled = manx_field_is_true(spec, "disabled");
	p->manual = mode && !strcmp(mode, "Manual");
	p->node_selector = manx_field_text(spec, "nodeSelector");
	p->ns_selector = manx_field_text(spec, "namespaceSelector");
	cJSON_ArrayForEach(use, manx_field_at(spec, "allowedUses"))
		p->uses |= !strcmp(use->valuestring, "Tunnel") ? MANX_USE_TUNNEL : MANX_USE_WORKLOAD;
	return 0;
}
