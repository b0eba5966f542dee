// SPDX-License-Identifier: GPL-2.0-only
/* Namespace: Kubernetes' own, of which manx knows the labels. */
#include "model.h"
#include "schema.h"

int manx_namespace_decode(const struct manx_resource *r, struct manx_namespace *n,
			  struct manx_error *err)
{
	(void)err;
	*n = (struct manx_namespace){ .name = r->name };
	n->labels.json = manx_field_at(manx_field_at(r->json, "metadata"), "labels");
	return 0;
}
