// SPDX-License-Identifier: GPL-2.0-only
#include "lookup.h"

#include <errno.h>
#include <string.h>

#include "grow.h"
#include "json.h"
#include "manxctl.h"
#include "schema.h"

static int append(struct manx_resources *out, struct manx_resource *r, struct manx_error *err)
{
	struct manx_resource *grown = manx_more(out->r, out->n, sizeof(*grown));

	if (!grown) {
		manx_resource_clear(r);
		return manx_fail(err, -ENOMEM, "out of memory");
	}
	out->r = grown;
	out->r[out->n++] = *r;
	return 0;
}

static int not_found(const struct manx_kind *kind, const char *ns, const char *name,
		     struct manx_error *err)
{
	const struct manx_resource r = {
		.kind = kind, .name = name, .ns = kind->namespaced ? ns : NULL,
	};
	char title[600];

	return manx_fail(err, -ENOENT, "%s: not found", manx_resource_title(&r, title, sizeof(title)));
}

static int read_kv(const struct manx_kind *kind, const struct manx_kv *kv, struct manx_resource *r,
		   struct manx_error *err)
{
	int rc = manx_resource_from_store(kind, kv->key, kv->value, r, err);

	if (!rc)
		r->version = kv->mod_rev;
	return rc;
}

/* What the datastore knows of itself, as a resource that stands under no key. */
static int read_cluster(struct manx_store *store, struct manx_resource *r, struct manx_error *err)
{
	struct manx_kv guid = { 0 }, lock;
	const char *text = "";
	char value[300];
	cJSON *json = NULL;
	bool locked;
	int rc = manx_store_get(store, "m/guid", &guid, err);

	if (rc && rc != -ENOENT)
		return rc;
	if (!rc && !manx_json_parse(guid.value, strlen(guid.value), &json, NULL) &&
	    manx_field_text(json, "guid"))
		text = manx_field_text(json, "guid");
	rc = manx_store_get(store, "m/lock", &lock, err);
	locked = !rc;
	if (locked)
		manx_kv_clear(&lock);
	snprintf(value, sizeof(value),
		 "{\"apiVersion\":\"" MANX_API_VERSION "\",\"kind\":\"ClusterInformation\",\"metadata\":{\"name\":\"default\"},"
		 "\"spec\":{\"clusterGUID\":\"%.64s\",\"clusterType\":\"manx\",\"calicoVersion\":\"manx " MANX_VERSION "\","
		 "\"datastoreReady\":%s}}", text, locked ? "false" : "true");
	cJSON_Delete(json);
	manx_kv_clear(&guid);
	if (rc && rc != -ENOENT)
		return rc;
	return manx_resource_from_store(manx_kind(MANX_KIND_CLUSTERINFORMATION), "", value, r, err);
}

int manxctl_lookup_all(struct manx_store *store, const struct manx_kind *kind, const char *ns,
		       struct manx_resources *out, struct manx_error *err)
{
	struct manx_resource r;
	struct manx_kvs kvs;
	char prefix[600];
	int rc;

	if (kind->id == MANX_KIND_CLUSTERINFORMATION) {
		rc = read_cluster(store, &r, err);
		return rc ? rc : append(out, &r, err);
	}
	if (manx_kind_prefix(kind, ns, prefix, sizeof(prefix)))
		return manx_fail(err, -ENAMETOOLONG, "namespace \"%s\" is too long", ns);
	rc = manx_store_list(store, prefix, &kvs, err);
	if (rc)
		return rc;
	for (size_t i = 0; i < kvs.n && !rc; i++) {
		rc = read_kv(kind, &kvs.kv[i], &r, err);
		if (!rc && ns && r.ns && strcmp(ns, r.ns))
			manx_resource_clear(&r);
		else if (!rc)
			rc = append(out, &r, err);
	}
	manx_kvs_clear(&kvs);
	return rc;
}

/* Keys of endpoints begin with their node, which nobody says: all of them are looked at. */
static int find_endpoint_key(struct manx_store *store, const char *ns, const char *name,
			     char *key, size_t size, struct manx_error *err)
{
	const struct manx_kind *kind = manx_kind(MANX_KIND_WORKLOADENDPOINT);
	struct manx_resources all = { 0 };
	int rc = manxctl_lookup_all(store, kind, ns, &all, err);
	size_t i = 0;

	while (!rc && i < all.n && strcmp(all.r[i].name, name))
		i++;
	if (!rc)
		rc = i < all.n ? manx_resource_key(&all.r[i], key, size, err) :
				 not_found(kind, ns, name, err);
	manx_resources_clear(&all);
	return rc;
}

int manxctl_lookup(struct manx_store *store, const struct manx_kind *kind, const char *ns,
		   const char *name, struct manx_resource *r, struct manx_kv *kv,
		   struct manx_error *err)
{
	struct manx_kv here;
	char key[1024];
	int rc;

	if (kind->id == MANX_KIND_CLUSTERINFORMATION) {
		if (kv)
			*kv = (struct manx_kv){ 0 };
		return strcmp(name, "default") ? not_found(kind, ns, name, err) : read_cluster(store, r, err);
	}
	if (kind->id == MANX_KIND_WORKLOADENDPOINT)
		rc = find_endpoint_key(store, ns, name, key, sizeof(key), err);
	else
		rc = manxctl_key(kind, kind->namespaced ? ns : NULL, name, key, sizeof(key), err);
	if (!rc) {
		rc = manx_store_get(store, key, &here, err);
		if (rc == -ENOENT)
			return not_found(kind, ns, name, err);
	}
	if (rc)
		return rc;
	rc = read_kv(kind, &here, r, err);
	if (!rc && kv)
		*kv = here;
	else
		manx_kv_clear(&here);
	return rc;
}
