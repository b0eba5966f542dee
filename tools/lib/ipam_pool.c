// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pools: reading them, and which of them may serve a request.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ipam_internal.h"
#include "selector.h"

const char *manx_pool_key(const char *name, char *buf)
{
	snprintf(buf, MANX_IPAM_KEY, "r/%s/%s", manx_kind(MANX_KIND_IPPOOL)->plural, name);
	return buf;
}

static int read_pool(const struct manx_kv *kv, struct manx_pool *pool, struct manx_error *err)
{
	int ret = manx_resource_from_store(manx_kind(MANX_KIND_IPPOOL), kv->key, kv->value,
					   &pool->resource, err);

	if (ret)
		return ret;
	pool->rev = kv->mod_rev;
	return manx_ippool_decode(&pool->resource, &pool->pool, err);
}

int manx_pools_decode(const struct manx_kv *kv, size_t n, int64_t rev, struct manx_pools *pools,
		      struct manx_error *err)
{
	int ret = 0;

	*pools = (struct manx_pools){ .rev = rev };
	pools->pool = calloc(n + 1, sizeof(*pools->pool));
	if (!pools->pool)
		ret = manx_fail(err, -ENOMEM, "pools: out of memory");
	for (size_t i = 0; i < n && !ret; i++)
		ret = read_pool(&kv[i], &pools->pool[pools->n++], err);
	if (ret)
		manx_pools_clear(pools);
	return ret;
}

int manx_pools_read(struct manx_store *store, struct manx_pools *pools, struct manx_error *err)
{
	struct manx_kvs kvs;
	char prefix[64];
	int ret;

	*pools = (struct manx_pools){ .pool = NULL };
	manx_kind_prefix(manx_kind(MANX_KIND_IPPOOL), NULL, prefix, sizeof(prefix));
	ret = manx_store_list(store, prefix, &kvs, err);
	if (ret)
		return ret;
	ret = manx_pools_decode(kvs.kv, kvs.n, kvs.rev, pools, err);
	manx_kvs_clear(&kvs);
	return ret;
}

void manx_pools_clear(struct manx_pools *pools)
{
	for (size_t i = 0; i < pools->n; i++)
		manx_resource_clear(&pools->pool[i].resource);
	free(pools->pool);
	*pools = (struct manx_pools){ .pool = NULL };
}

const struct manx_pool *manx_pools_find(const struct manx_pools *pools, const char *name)
{
	for (size_t i = 0; i < pools->n; i++)
		if (strcmp(pools->pool[i].pool.name, name) == 0)
			return &pools->pool[i];
	return NULL;
}

/**
 * struct asked - labels that a selector is asked about
 * @labels: may be none
 * @known: the object has a record
 * @missed: a selector asked for a label and there was no record
 */
struct asked {
	struct manx_labels labels;
	bool known, missed;
};

static const char *label_of(const void *ctx, const char *key)
{
	struct asked *asked = (struct asked *)ctx;

	asked->missed |= !asked->known;
	return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(asked->labels.json, key));
}

static int selects(const struct manx_ippool *pool, const char *field, const char *text,
		   struct asked *asked, bool *yes, struct manx_error *err)
{
	struct manx_selector *selector;
	int ret = manx_selector_parse(text ? text : "", &selector, err);

	if (ret)
		return manx_error_prefix(err, "IPPool(%s): spec.%s", pool->name, field);
	*yes = manx_selector_match(selector, label_of, asked);
	manx_selector_free(selector);
	return 0;
}

/* Whether the namespaceSelector lets a pod of @ns in; one without a Namespace has no labels. */
static int selects_namespace(const struct manx_ask *ask, const struct manx_ippool *pool,
			     const char *ns, bool *yes, struct manx_error *err)
{
	const struct manx_kind *kind = manx_kind(MANX_KIND_NAMESPACE);
	struct asked asked = { .known = true };
	struct manx_resource r = { .json = NULL };
	struct manx_namespace decoded;
	char key[MANX_IPAM_KEY];
	struct manx_kv kv;
	int ret = 0;

	*yes = true;
	if (!pool->ns_selector || !*pool->ns_selector || !strcmp(pool->ns_selector, "all()"))
		return 0;
	snprintf(key, sizeof(key), "r/%s/%.253s", kind->plural, ns ? ns : "");
	if (ns)
		ret = manx_store_get(ask->store, key, &kv, err);
	if (ns && !ret) {
		ret = manx_resource_from_store(kind, key, kv.value, &r, err);
		manx_kv_clear(&kv);
		if (!ret)
			ret = manx_namespace_decode(&r, &decoded, err);
		if (!ret)
			asked.labels = decoded.labels;
	}
	if (!ret || ret == -ENOENT)
		ret = selects(pool, "namespaceSelector", pool->ns_selector, &asked, yes, err);
	if (r.json)
		manx_resource_clear(&r);
	return ret;
}

bool manx_pool_selects(const struct manx_ask *ask, const struct manx_ippool *pool)
{
	struct asked asked = { .labels = ask->node.labels, .known = ask->node_known };
	bool yes;

	return selects(pool, "nodeSelector", pool->node_selector, &asked, &yes, NULL) ||
	       asked.missed || yes;
}

__attribute__((format(printf, 2, 3)))
static void pass_over(struct manx_pool_choice *choice, const char *fmt, ...)
{
	size_t at = strlen(choice->passed_over);
	va_list ap;

	if (at)
		at += (size_t)snprintf(choice->passed_over + at,
				       sizeof(choice->passed_over) - at, ", ");
	if (at >= sizeof(choice->passed_over))
		return;
	va_start(ap, fmt);
	vsnprintf(choice->passed_over + at, sizeof(choice->passed_over) - at, fmt, ap);
	va_end(ap);
}

/* Take @pool, which is of the family and enabled, if it is meant for the request. */
static void take_if_usable(struct manx_pool_choice *choice, const struct manx_pool *pool,
			   unsigned int use)
{
	if (pool->pool.uses & use)
		choice->pool[choice->n++] = pool;
	else
		pass_over(choice, "%s (allowedUses lacks %s)", pool->pool.name,
			  use == MANX_USE_TUNNEL ? "Tunnel" : "Workload");
}

/* A pool that nobody asked for by name. */
static int consider(struct manx_pool_choice *choice, const struct manx_pool *pool,
		    const struct manx_ask *ask, const struct manx_ipam_request *req,
		    struct manx_error *err)
{
	struct asked node = { .labels = ask->node.labels, .known = true };
	const struct manx_ippool *p = &pool->pool;
	bool selected = false, in_space = false;
	int ret;

	if (p->disabled || p->manual) {
		pass_over(choice, "%s (%s)", p->name,
			  p->disabled ? "disabled" : "assignmentMode Manual");
		return 0;
	}
	ret = selects(p, "nodeSelector", p->node_selector, &node, &selected, err);
	if (ret)
		return ret;
	ret = selected ? selects_namespace(ask, p, req->ns, &in_space, err) : 0;
	if (ret)
		return ret;
	if (selected && in_space)
		take_if_usable(choice, pool, req->use);
	else if (selected)
		pass_over(choice, "%s (namespaceSelector %s)", p->name, p->ns_selector);
	else
		pass_over(choice, "%s (nodeSelector %s)", p->name, p->node_selector);
	return 0;
}

static int choose_automatic(const struct manx_ask *ask, const struct manx_ipam_request *req,
			    uint8_t family, struct manx_pool_choice *choice,
			    struct manx_error *err)
{
	const struct manx_pools *pools = ask->pools;
	int ret = 0;

	for (size_t i = 0; i < pools->n && !ret; i++)
		if (pools->pool[i].pool.cidr.addr.family == family)
			ret = consider(choice, &pools->pool[i], ask, req, err);
	return ret;
}

/* By name or CIDR. */
static const struct manx_pool *find_wanted(const struct manx_pools *pools, const char *wanted)
{
	struct manx_prefix cidr;

	if (!strchr(wanted, '/') || !manx_prefix_parse(wanted, &cidr))
		return manx_pools_find(pools, wanted);
	for (size_t i = 0; i < pools->n; i++)
		if (manx_prefix_cmp(&pools->pool[i].pool.cidr, &cidr) == 0)
			return &pools->pool[i];
	return NULL;
}

/* Who asks for a pool by name gets it whatever its selector and mode. */
static int choose_wanted(const struct manx_pools *pools, const struct manx_ipam_request *req,
			 uint8_t family, struct manx_pool_choice *choice, struct manx_error *err)
{
	const char *const *wanted = family == 4 ? req->pools4 : req->pools6;

	for (; *wanted; wanted++) {
		const struct manx_pool *pool = find_wanted(pools, *wanted);

		if (!pool)
			return manx_fail(err, -ENOENT, "the given pool (%s) does not exist", *wanted);
		if (pool->pool.disabled)
			return manx_fail(err, -ENOENT, "the given pool (%s) is not enabled", *wanted);
		if (pool->pool.cidr.addr.family != family)
			return manx_fail(err, -ENOENT, "the given pool (%s) is no IPv%d pool",
					 *wanted, family);
		take_if_usable(choice, pool, req->use);
	}
	return 0;
}

static size_t count(const char *const *words)
{
	size_t n = 0;

	while (words && words[n])
		n++;
	return n;
}

int manx_pools_choose(const struct manx_ask *ask, const struct manx_ipam_request *req,
		      uint8_t family, struct manx_pool_choice *choice, struct manx_error *err)
{
	size_t wanted = count(family == 4 ? req->pools4 : req->pools6);

	*choice = (struct manx_pool_choice){ .n = 0 };
	choice->pool = calloc(ask->pools->n + wanted + 1, sizeof(*choice->pool));
	if (!choice->pool)
		return manx_fail(err, -ENOMEM, "pools: out of memory");
	if (wanted)
		return choose_wanted(ask->pools, req, family, choice, err);
	return choose_automatic(ask, req, family, choice, err);
}

void manx_pool_choice_clear(struct manx_pool_choice *choice)
{
	free(choice->pool);
	*choice = (struct manx_pool_choice){ .n = 0 };
}

int manx_pool_choice_exhausted(const struct manx_pool_choice *choice, uint8_t family,
			       const char *node, const char *why, struct manx_error *err)
{
	char full[512] = "", cidr[MANX_ADDR_STRLEN];
	const char *others = choice->passed_over;
	size_t at = 0;

	for (size_t i = 0; i < choice->n && at < sizeof(full); i++)
		at += (size_t)snprintf(full + at, sizeof(full) - at, "%s%s (%s)", i ? ", " : "",
				       choice->pool[i]->pool.name,
				       manx_prefix_format(&choice->pool[i]->pool.cidr, cidr));
	if (choice->n)
		return manx_fail(err, -ENOSPC,
				 "assigned 0 out of 1 requested IPv%d addresses: no free address in pools: %s%s%s%s: add a pool or delete what holds addresses",
				 family, full, why, *others ? "; passed over: " : "", others);
	if (*others)
		return manx_fail(err, -ENOSPC,
				 "assigned 0 out of 1 requested IPv%d addresses: no pool may serve node %s: %s",
				 family, node, others);
	return manx_fail(err, -ENOSPC,
			 "assigned 0 out of 1 requested IPv%d addresses: no IPv%d pool is configured: apply an IPPool",
			 family, family);
}
