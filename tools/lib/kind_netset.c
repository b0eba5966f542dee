// SPDX-License-Identifier: GPL-2.0-only
/* NetworkSet and GlobalNetworkSet: networks with labels, which rules select. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fields.h"
#include "kinds.h"
#include "model.h"

static const struct manx_field fields[] = {
	MANX_DONE("nets", manx_scalar_net, "what rules whose selector matches the labels mean", .list = true),
	MANX_END,
};

const struct manx_schema manx_netset_spec = { fields, NULL };

/* Where a set lies is said by its namespace, not by a label of anybody's. */
int manx_netset_check(const struct manx_at *at, const cJSON *json)
{
	if (manx_field_at(manx_field_at(manx_field_at(json, "metadata"), "labels"), MANX_LABEL_NAMESPACE))
		return manx_at_fail(at, "metadata.labels: " MANX_LABEL_NAMESPACE " is set by manx: remove it");
	return 0;
}

int manx_netset_decode(const struct manx_resource *r, struct manx_netset *s, struct manx_error *err)
{
	const cJSON *nets = manx_field_at(manx_field_at(r->json, "spec"), "nets"), *net;

	*s = (struct manx_netset){ .name = r->name, .ns = r->ns };
	s->labels.json = manx_field_at(manx_field_at(r->json, "metadata"), "labels");
	s->net = calloc((size_t)cJSON_GetArraySize(nets) + 1, sizeof(*s->net));
	if (!s->net)
		return manx_fail(err, -ENOMEM, "out of memory for networks");
	cJSON_ArrayForEach(net, nets)
		s->n_net += manx_prefix_parse(net->valuestring, &s->net[s->n_net]);
	return 0;
}

void manx_netset_clear(struct manx_netset *s)
{
	free(s->net);
	s->net = NULL;
	s->n_net = 0;
}
