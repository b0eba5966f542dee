// SPDX-License-Identifier: GPL-2.0-only
/* Resources and the store: keys, values, and what a change may not do. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "json.h"
#include "kinds.h"
#include "model.h"

int manx_resource_key(const struct manx_resource *r, char *buf, size_t size,
		      struct manx_error *err)
{
	const char *node = manx_field_text(manx_field_at(r->json, "spec"), "node");
	int n;

	if (r->kind->id == MANX_KIND_WORKLOADENDPOINT)
		n = snprintf(buf, size, "e/%s/%s/%s", node, r->ns, r->name);
	else if (r->kind->namespaced)
		n = snprintf(buf, size, "r/%s/%s/%s", r->kind->plural, r->ns, r->name);
	else
		n = snprintf(buf, size, "r/%s/%s", r->kind->plural, r->name);
	if (n < 0 || (size_t)n >= size)
		return manx_fail(err, -ENAMETOOLONG, "%s: \"%s\": key is longer than %zu octets",
				 r->kind->kind, r->name, size - 1);
	return 0;
}

int manx_kind_prefix(const struct manx_kind *kind, const char *ns, char *buf, size_t size)
{
	int n;

	if (kind->id == MANX_KIND_WORKLOADENDPOINT)
		n = snprintf(buf, size, "e/");
	else if (ns && kind->namespaced)
		n = snprintf(buf, size, "r/%s/%s/", kind->plural, ns);
	else
		n = snprintf(buf, size, "r/%s/", kind->plural);
	return n < 0 || (size_t)n >= size ? -ENAMETOOLONG : 0;
}

const char *manx_resource_title(const struct manx_resource *r, char *buf, size_t size)
{
	snprintf(buf, size, "%s(%s%s%s)", r->kind->kind, r->ns ? r->ns : "", r->ns ? "/" : "", r->name);
	return buf;
}

char *manx_resource_to_store(const struct manx_resource *r)
{
	return manx_json_print(r->json, false);
}

static int check_ippool(const struct manx_resource *old, const struct manx_resource *new_,
			struct manx_error *err)
{
	char from[MANX_ADDR_STRLEN], to[MANX_ADDR_STRLEN];
	struct manx_ippool a, b;
	int rc = manx_ippool_decode(old, &a, err);

	if (!rc)
		rc = manx_ippool_decode(new_, &b, err);
	if (rc)
		return rc;
	if (manx_prefix_cmp(&a.cidr, &b.cidr))
		return manx_fail(err, -EINVAL, "IPPool(%s): spec.cidr: \"%s\" cannot become \"%s\": make a new pool, and disable this one",
				 b.name, manx_prefix_format(&a.cidr, from), manx_prefix_format(&b.cidr, to));
	if (a.block_size != b.block_size)
		return manx_fail(err, -EINVAL, "IPPool(%s): spec.blockSize: %u cannot become %u: make a new pool, and disable this one",
				 b.name, a.block_size, b.block_size);
	return 0;
}

static bool same_annotation(const struct manx_resource *a, const struct manx_resource *b,
			    const char *name)
{
	const cJSON *x = manx_field_at(manx_field_at(a->json, "metadata"), "annotations");
	const cJSON *y = manx_field_at(manx_field_at(b->json, "metadata"), "annotations");
	const char *s = manx_field_text(x, name), *t = manx_field_text(y, name);

	return s && t ? !strcmp(s, t) : s == t;
}

/* Labels and other people's annotations may change; the rest is the kernel's state. */
static int check_wep(const struct manx_resource *old, const struct manx_resource *new_,
		     struct manx_error *err)
{
	static const char *const ours[] = {
		MANX_ANNOTATION_ENDPOINT_ID, MANX_ANNOTATION_HANDLE,
		MANX_ANNOTATION_NETNS_COOKIE, MANX_ANNOTATION_BOOT_ID,
	};

	if (!cJSON_Compare(manx_field_at(old->json, "spec"), manx_field_at(new_->json, "spec"), true))
		return manx_fail(err, -EINVAL, "WorkloadEndpoint(%s/%s): spec: written by manxd, only labels can be changed",
				 new_->ns, new_->name);
	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		if (!same_annotation(old, new_, ours[i]))
			return manx_fail(err, -EINVAL, "WorkloadEndpoint(%s/%s): metadata.annotations: %s is written by manxd",
					 new_->ns, new_->name, ours[i]);
	return 0;
}

int manx_resource_check_change(const struct manx_resource *old, const struct manx_resource *new_,
			       struct manx_error *err)
{
	if (!old)
		return 0;
	switch (new_->kind->id) {
	case MANX_KIND_IPPOOL:
		return check_ippool(old, new_, err);
	case MANX_KIND_WORKLOADENDPOINT:
		return check_wep(old, new_, err);
	default:
		return 0;
	}
}
