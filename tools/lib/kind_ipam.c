// SPDX-License-Identifier: GPL-2.0-only
/* IPReservation and IPAMConfiguration: what address management must heed. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fields.h"
#include "kinds.h"
#include "model.h"

static const struct manx_field reservation_fields[] = {
	MANX_DONE("reservedCIDRs", manx_scalar_net,
		  "addresses that nobody gets who does not ask for them", .list = true),
	MANX_END,
};
const struct manx_schema manx_ipreservation_spec = { reservation_fields, NULL };

static const struct manx_field config_fields[] = {
	MANX_DONE("strictAffinity", manx_scalar_bool, "nodes do not borrow addresses of others' blocks",
		  .preset = "false"),
	MANX_DONE("maxBlocksPerHost", manx_scalar_int, "of each family; 0 is no limit", .max = 1000000,
		  .preset = "0"),
	MANX_DONE("autoAllocateBlocks", manx_scalar_bool, "nodes claim blocks", .preset = "true"),
	MANX_KEPT("kubeVirtVMAddressPersistence", manx_scalar_word, "KubeVirt is not known to manx",
		  .harmless = "Disabled", MANX_WORDS("Enabled", "Disabled")),
	MANX_DONE("ipCooldownSeconds", manx_scalar_int,
		  "not before that does the owner of the block give a released address again", .max = 1200),
	MANX_END,
};

static int check_config(const struct manx_at *at, cJSON *spec)
{
	bool strict = manx_field_is_true(spec, "strictAffinity");

	if (manx_field_number(spec, "maxBlocksPerHost", 0) > 0 && !strict)
		return manx_at_fail_field(at, "maxBlocksPerHost", "needs strictAffinity: true");
	if (!strict && !manx_field_is_true(spec, "autoAllocateBlocks"))
		return manx_at_fail_field(at, "autoAllocateBlocks", "false needs strictAffinity: true");
	return 0;
}

const struct manx_schema manx_ipamconfig_spec = { config_fields, check_config };

int manx_ipamconfig_check(const struct manx_at *at, const cJSON *json)
{
	const char *name = manx_field_text(manx_field_at(json, "metadata"), "name");

	if (strcmp(name, "default"))
		return manx_at_fail(at, "metadata.name: \"%.80s\": allowed is default", name);
	return 0;
}

int manx_ipamconfig_decode(const struct manx_resource *r, struct manx_ipamconfig *c,
			   struct manx_error *err)
{
	const cJSON *spec = manx_field_at(r->json, "spec");

	(void)err;
	*c = (struct manx_ipamconfig){
		.strict_affinity = manx_field_is_true(spec, "strictAffinity"),
		.no_new_blocks = cJSON_IsFalse(manx_field_at(spec, "autoAllocateBlocks")),
		.max_blocks = (uint32_t)manx_field_number(spec, "maxBlocksPerHost", 0),
		.cooldown = (uint32_t)manx_field_number(spec, "ipCooldownSeconds", 0),
	};
	return 0;
}

int manx_ipreservation_decode(const struct manx_resource *r, struct manx_ipreservation *res,
			      struct manx_error *err)
{
	const cJSON *list = manx_field_at(manx_field_at(r->json, "spec"), "reservedCIDRs"), *net;

	*res = (struct manx_ipreservation){ .name = r->name };
	res->net = calloc((size_t)cJSON_GetArraySize(list) + 1, sizeof(*res->net));
	if (!res->net)
		return manx_fail(err, -ENOMEM, "out of memory for networks");
	cJSON_ArrayForEach(net, list)
		res->n_net += manx_prefix_parse(net->valuestring, &res->net[res->n_net]);
	return 0;
}

void manx_ipreservation_clear(struct manx_ipreservation *res)
{
	free(res->net);
	res->net = NULL;
	res->n_net = 0;
}
