// SPDX-License-Identifier: GPL-2.0-only
#include "status.h"

#include <string.h>

static bool add_blocks(const struct manxd *d, cJSON *ok)
{
	struct manxd_entry *const *entry;
	size_t n = manxd_state_range(&d->state, "b/", &entry);
	cJSON *list = cJSON_AddArrayToObject(ok, "blocks");
	char text[MANX_ADDR_STRLEN];

	for (size_t i = 0; list && i < n; i++) {
		const struct manx_block *b = &entry[i]->block;

		if (!strcmp(b->node, d->node) &&
		    !cJSON_AddItemToArray(list,
					  cJSON_CreateString(manx_prefix_format(&b->cidr, text))))
			return false;
	}
	return list;
}

/* Of the transactions that gave addresses and took them back, since the start. */
static bool add_addresses(const struct manxd *d, cJSON *ok)
{
	const struct manx_ipam_counts *counts = manx_ipam_cache_counts(d->ipam);
	cJSON *object = cJSON_AddObjectToObject(ok, "ipam");

	return cJSON_AddNumberToObject(object, "commits", (double)counts->commits) &&
	       cJSON_AddNumberToObject(object, "conflicts", (double)counts->conflicts) &&
	       cJSON_AddNumberToObject(object, "addresses", (double)counts->addresses) &&
	       cJSON_AddNumberToObject(object, "released", (double)counts->released);
}

void manxd_status(struct manxd *d, struct manxd_conn *conn, const cJSON *msg)
{
	cJSON *ok = cJSON_CreateObject();

	(void)msg;
	if (cJSON_AddStringToObject(ok, "node", d->node) &&
	    cJSON_AddBoolToObject(ok, "inSync", d->state.watch && !d->todo && !d->failed) &&
	    cJSON_AddNumberToObject(ok, "generation", d->generation) &&
	    cJSON_AddNumberToObject(ok, "endpoints", (double)d->n_endpoints) &&
	    cJSON_AddNumberToObject(ok, "peers", (double)d->n_peers) &&
	    cJSON_AddNumberToObject(ok, "changes", (double)d->n_changes) &&
	    cJSON_AddNumberToObject(ok, "requests", (double)d->n_requests) && add_blocks(d, ok) &&
	    add_addresses(d, ok) && cJSON_AddStringToObject(ok, "lastError", d->last_error.text)) {
		manxd_conn_ok(conn, ok);
		return;
	}
	cJSON_Delete(ok);
	manxd_conn_ok(conn, NULL);
}
