// SPDX-License-Identifier: GPL-2.0-only
#include "store_presence.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "etcd_kv.h"
#include "etcd_lease.h"
#include "json.h"
#include "store_etcd.h"

/* One who keeps has other things to do. */
#define KEEP_TRY_MS	1000
#define KEEP_TOTAL_MS	2000

/* Somebody else may come and go between reading and writing. */
#define TRIES 5

/* 0: @kv is ours, from before. */
static int compare(const struct manx_presence *p, const struct manx_kv *kv,
		   struct manx_error *err)
{
	const char *boot_id = "", *host = "";
	cJSON *json = NULL;
	int ret = manx_json_parse(kv->value, strlen(kv->value), &json, err);

	if (!ret) {
		struct manx_json top = manx_json_top(json);

		ret = manx_json_string(&top, "bootId", &boot_id, err);
		manx_json_string(&top, "host", &host, NULL);
	}
	if (!ret && strcmp(boot_id, p->boot_id))
		ret = manx_fail(err, -EEXIST,
				"%s: another machine (host name \"%s\") is node %s: give this one another name (MANX_NODENAME), or wait %d s if that one is gone",
				p->store->name, host, p->key + 2, MANX_PRESENCE_SECONDS);
	cJSON_Delete(json);
	return ret;
}

static int put(struct manx_presence *p, struct manx_etcd *etcd, int64_t mod_rev,
	       struct manx_error *err)
{
	struct manx_txn *txn = manx_txn_new();
	int64_t rev;
	int ret;

	if (mod_rev)
		manx_txn_guard_rev(txn, p->key, mod_rev);
	else
		manx_txn_guard_absent(txn, p->key);
	manx_txn_put(txn, p->key, p->value);
	ret = manx_txn_check(txn, err);
	if (!ret)
		ret = manx_etcd_commit(etcd, p->store, txn, p->lease, &rev, NULL, err);
	manx_txn_free(txn);
	return ret;
}

static int take_key(struct manx_presence *p, struct manx_etcd *etcd, struct manx_error *err)
{
	int ret = -EAGAIN;

	for (int i = 0; i < TRIES && ret == -EAGAIN; i++) {
		struct manx_kv kv;

		ret = manx_store_get(p->store, p->key, &kv, err);
		if (!ret)
			ret = compare(p, &kv, err);
		if (!ret || ret == -ENOENT)
			ret = put(p, etcd, kv.mod_rev, err);
		manx_kv_clear(&kv);
	}
	return ret;
}

/* The key under a fresh lease. */
static int come(struct manx_presence *p, struct manx_etcd *etcd, struct manx_error *err)
{
	int ret = manx_etcd_lease_grant(etcd, MANX_PRESENCE_SECONDS, &p->lease, err);

	if (ret)
		return ret;
	ret = take_key(p, etcd, err);
	if (ret) {
		manx_etcd_lease_revoke(etcd, p->lease, NULL);
		p->lease = 0;
	}
	return ret;
}

static char *make_value(const char *boot_id)
{
	char host[256] = "", *text = NULL;
	cJSON *json = cJSON_CreateObject();

	if (gethostname(host, sizeof(host) - 1))
		*host = '\0';
	if (cJSON_AddStringToObject(json, "bootId", boot_id) &&
	    cJSON_AddStringToObject(json, "host", host))
		text = cJSON_PrintUnformatted(json);
	cJSON_Delete(json);
	return text;
}

int manx_presence_open(struct manx_presence *p, struct manx_store *store, const char *node,
		       const char *boot_id, struct manx_error *err)
{
	struct manx_etcd *etcd = manx_store_etcd(store);

	*p = (struct manx_presence){ .store = store };
	if (!etcd)
		return 0;
	snprintf(p->boot_id, sizeof(p->boot_id), "%s", boot_id);
	p->value = make_value(p->boot_id);
	if (asprintf(&p->key, "n/%s", node) < 0)
		p->key = NULL;
	if (!p->key || !p->value)
		return manx_fail(err, -ENOMEM, "%s: out of memory", store->name);
	return come(p, etcd, err);
}

int manx_presence_keep(struct manx_presence *p, struct manx_error *err)
{
	struct manx_etcd *etcd = manx_store_etcd(p->store);
	struct manx_etcd_times usual;
	int ret = -ENOENT;

	if (!etcd)
		return 0;
	if (!p->key || !p->value)
		return -ENOMEM;
	usual = etcd->times;
	etcd->times.try = KEEP_TRY_MS;
	etcd->times.total = etcd->times.refused = KEEP_TOTAL_MS;
	if (p->lease)
		ret = manx_etcd_lease_keep(etcd, p->lease, err);
	if (ret == -ENOENT) {
		p->lease = 0;
		ret = come(p, etcd, err);
	}
	etcd->times = usual;
	return ret;
}

void manx_presence_close(struct manx_presence *p)
{
	struct manx_etcd *etcd = p->store ? manx_store_etcd(p->store) : NULL;

	if (etcd && p->lease) {
		etcd->times.total = etcd->times.refused = KEEP_TOTAL_MS;
		manx_etcd_lease_revoke(etcd, p->lease, NULL);
	}
	free(p->key);
	cJSON_free(p->value);
	*p = (struct manx_presence){ 0 };
}
