// SPDX-License-Identifier: GPL-2.0-only
#include "etcd_compact.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "etcd_kv.h"
#include "etcd_lease.h"
#include "store_etcd.h"

/* Who holds the lease. */
#define KEY_TURN "m/compactor"

/* Longer than two rounds, so that who does it goes on doing it. */
#define LEASE_SECONDS (3 * MANX_COMPACT_MS / 1000)

/* 0: the key is ours now; -EAGAIN: somebody else's. */
static int take_turn(struct manx_compactor *c, struct manx_etcd *etcd, struct manx_error *err)
{
	struct manx_txn *txn;
	char *value = NULL;
	int64_t lease, rev;
	int ret = manx_etcd_lease_grant(etcd, LEASE_SECONDS, &lease, err);

	if (ret)
		return ret;
	txn = manx_txn_new();
	if (asprintf(&value, "{\"node\":\"%s\"}", c->node) < 0)
		value = NULL;
	manx_txn_guard_absent(txn, KEY_TURN);
	manx_txn_put(txn, KEY_TURN, value);
	free(value);
	ret = manx_txn_check(txn, err);
	if (!ret)
		ret = manx_etcd_commit(etcd, c->store, txn, lease, &rev, NULL, err);
	manx_txn_free(txn);
	if (!ret)
		c->lease = lease;
	else
		manx_etcd_lease_revoke(etcd, lease, NULL);
	return ret;
}

/* 1: it is our turn. *rev: the store's revision now. */
static int ask_turn(struct manx_compactor *c, struct manx_etcd *etcd, int64_t *rev,
		    struct manx_error *err)
{
	struct manx_kvs kvs = { 0 };
	int ret = 0;

	if (c->lease)
		ret = manx_etcd_lease_keep(etcd, c->lease, err);
	if (ret == -ENOENT)
		c->lease = 0;
	else if (ret)
		return ret;
	ret = manx_etcd_range(etcd, KEY_TURN, NULL, 1, &kvs, err);
	*rev = kvs.rev;
	if (!ret && !kvs.n) {
		ret = take_turn(c, etcd, err);
		ret = ret == -EAGAIN ? 0 : ret;
	}
	manx_kvs_clear(&kvs);
	return ret ? ret : c->lease != 0;
}

/* 1: history reaches back to @rev. */
static int reaches(struct manx_etcd *etcd, int64_t rev, struct manx_error *err)
{
	static const struct manx_etcd_method range = {
		"/etcdserverpb.KV/Range", &etcd__any_response__descriptor,
	};
	Etcd__RangeRequest request = ETCD__RANGE_REQUEST__INIT;
	void *reply;
	int ret;

	request.key = manx_etcd_key(KEY_TURN);
	request.revision = rev;
	request.keys_only = true;
	if (!request.key.data)
		return manx_fail(err, -ENOMEM, "%s: out of memory", etcd->name);
	ret = manx_etcd_call(etcd, &range, &request.base, &reply, NULL, err);
	manx_etcd_free(reply);
	free(request.key.data);
	return ret == -ESTALE ? 0 : ret ? ret : 1;
}

static int compact(struct manx_compactor *c, struct manx_etcd *etcd, int64_t rev,
		   struct manx_error *err)
{
	static const struct manx_etcd_method method = {
		"/etcdserverpb.KV/Compact", &etcd__any_response__descriptor,
	};
	Etcd__CompactionRequest request = ETCD__COMPACTION_REQUEST__INIT;
	void *reply;
	int ret;

	request.revision = rev;
	ret = manx_etcd_call(etcd, &method, &request.base, &reply, NULL, err);
	manx_etcd_free(reply);
	if (!ret)
		c->compacted = rev;
	/* somebody else was faster, or our first copy was */
	return ret == -ESTALE ? 0 : ret;
}

int manx_compact(struct manx_compactor *c, struct manx_error *err)
{
	struct manx_etcd *etcd = manx_store_etcd(c->store);
	int64_t rev = 0, old = c->rev[0];
	int ret;

	if (!etcd)
		return 0;
	ret = ask_turn(c, etcd, &rev, err);
	if (ret < 0)
		return ret;
	c->rev[0] = c->rev[1];
	c->rev[1] = rev;
	/* a lower one than before is another history */
	if (!ret || !old || old > rev || old <= c->compacted)
		return 0;
	ret = reaches(etcd, old, err);
	return ret == 1 ? compact(c, etcd, old, err) : ret;
}

void manx_compact_stop(struct manx_compactor *c)
{
	if (c->lease)
		manx_etcd_lease_revoke(manx_store_etcd(c->store), c->lease, NULL);
	c->lease = 0;
}
