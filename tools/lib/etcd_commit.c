// SPDX-License-Identifier: GPL-2.0-only
/*
 * etcd: a transaction. Guards become compares; the branch for those that do not
 * hold reads what they are about, so that it can be told which one it was.
 *
 * If the answer is lost, the same transaction is sent again (etcd_call.c). If then
 * its guards do not hold, that may be its own doing: so what it writes is read, and
 * if all of it stands there (values carry uids; of a deletion: nothing), it was done.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "etcd_kv.h"
#include "grow.h"

static const struct manx_etcd_method txn_method = {
	"/etcdserverpb.KV/Txn", &etcd__txn_response__descriptor,
};

/**
 * struct request - a transaction as etcd wants it
 * @txn: points to all the others
 * @compare, @look: as many as guards
 * @write: as many as writes
 * @key: what was allocated
 * @out_of_memory: while it was built
 */
struct request {
	Etcd__TxnRequest txn;
	Etcd__Compare *compare, **compares;
	Etcd__RequestOp *look, **looks;
	Etcd__RangeRequest *range;
	Etcd__RequestOp *write, **writes;
	Etcd__PutRequest *put;
	Etcd__DeleteRangeRequest *del;
	void **key;
	size_t n_keys;
	bool out_of_memory;
};

static ProtobufCBinaryData add_key(struct request *r, const char *key)
{
	ProtobufCBinaryData data = manx_etcd_key(key);
	void **more = data.data ? manx_more(r->key, r->n_keys, sizeof(*more)) : NULL;

	if (!more) {
		free(data.data);
		r->out_of_memory = true;
		return (ProtobufCBinaryData){ 0, NULL };
	}
	r->key = more;
	r->key[r->n_keys++] = data.data;
	return data;
}

static ProtobufCBinaryData text(const char *s)
{
	return (ProtobufCBinaryData){ strlen(s), (uint8_t *)s };
}

/* A compare of @key, up to @end if that is not NULL; and a look at it for the other branch. */
static Etcd__Compare *add_compare(struct request *r, const char *key, const char *end,
				  Etcd__RangeRequest **range)
{
	size_t n = r->txn.n_compare++;
	Etcd__Compare *c = r->compares[n] = &r->compare[n];
	Etcd__RequestOp *look = r->looks[n] = &r->look[n];

	etcd__compare__init(c);
	c->key = add_key(r, key);
	if (end)
		c->range_end = add_key(r, end);
	etcd__request_op__init(look);
	*range = &r->range[n];
	etcd__range_request__init(*range);
	(*range)->key = c->key;
	(*range)->range_end = c->range_end;
	(*range)->limit = 1;
	look->request_case = ETCD__REQUEST_OP__REQUEST_REQUEST_RANGE;
	look->request_range = *range;
	r->txn.n_failure++;
	return c;
}

static void compare_created(Etcd__Compare *c)
{
	c->target = ETCD__COMPARE__COMPARE_TARGET__CREATE;
	c->target_union_case = ETCD__COMPARE__TARGET_UNION_CREATE_REVISION;
	c->create_revision = 0;
}

static void add_standing(struct request *r, const struct manx_standing *s)
{
	Etcd__RangeRequest *range;
	Etcd__Compare *c = add_compare(r, s->key, NULL, &range);

	if (!s->value) {
		compare_created(c);
		return;
	}
	c->target = ETCD__COMPARE__COMPARE_TARGET__VALUE;
	c->target_union_case = ETCD__COMPARE__TARGET_UNION_VALUE;
	c->value = text(s->value);
}

static void add_guard(struct request *r, const struct manx_guard *guard)
{
	Etcd__RangeRequest *range;
	Etcd__Compare *c = add_compare(r, guard->key, guard->end, &range);

	range->keys_only = true;
	switch (guard->kind) {
	case MANX_GUARD_ABSENT:
	case MANX_GUARD_EMPTY:
		compare_created(c);
		return;
	case MANX_GUARD_REV:
		c->mod_revision = guard->rev;
		break;
	case MANX_GUARD_UNCHANGED:
		c->result = ETCD__COMPARE__COMPARE_RESULT__LESS;
		c->mod_revision = guard->rev + 1;
		range->min_mod_revision = guard->rev + 1;
		break;
	}
	c->target = ETCD__COMPARE__COMPARE_TARGET__MOD;
	c->target_union_case = ETCD__COMPARE__TARGET_UNION_MOD_REVISION;
}

static void add_write(struct request *r, const struct manx_write *write, int64_t lease)
{
	size_t n = r->txn.n_success++;
	Etcd__RequestOp *op = r->writes[n] = &r->write[n];

	etcd__request_op__init(op);
	if (write->value) {
		etcd__put_request__init(&r->put[n]);
		r->put[n].key = add_key(r, write->key);
		r->put[n].value = text(write->value);
		r->put[n].lease = lease;
		op->request_case = ETCD__REQUEST_OP__REQUEST_REQUEST_PUT;
		op->request_put = &r->put[n];
		return;
	}
	etcd__delete_range_request__init(&r->del[n]);
	r->del[n].key = add_key(r, write->key);
	op->request_case = ETCD__REQUEST_OP__REQUEST_REQUEST_DELETE_RANGE;
	op->request_delete_range = &r->del[n];
}

static void clear(struct request *r)
{
	for (size_t i = 0; i < r->n_keys; i++)
		free(r->key[i]);
	free(r->key);
	free(r->compare);
	free(r->compares);
	free(r->look);
	free(r->looks);
	free(r->range);
	free(r->write);
	free(r->writes);
	free(r->put);
	free(r->del);
}

static bool make_room(struct request *r, size_t guards, size_t writes)
{
	*r = (struct request){ .txn = ETCD__TXN_REQUEST__INIT };
	guards++;	/* calloc(0) may be NULL */
	writes++;
	r->txn.compare = r->compares = calloc(guards, sizeof(*r->compares));
	r->txn.failure = r->looks = calloc(guards, sizeof(*r->looks));
	r->txn.success = r->writes = calloc(writes, sizeof(*r->writes));
	r->compare = calloc(guards, sizeof(*r->compare));
	r->look = calloc(guards, sizeof(*r->look));
	r->range = calloc(guards, sizeof(*r->range));
	r->write = calloc(writes, sizeof(*r->write));
	r->put = calloc(writes, sizeof(*r->put));
	r->del = calloc(writes, sizeof(*r->del));
	return r->compares && r->looks && r->writes && r->compare && r->look && r->range &&
	       r->write && r->put && r->del;
}

/* The compares are those of @standing and then of @txn, in this order. */
static bool build(struct request *r, const struct manx_standing *standing, size_t n,
		  const struct manx_txn *txn, int64_t lease)
{
	if (!make_room(r, n + txn->n_guards, txn->n_writes))
		return false;
	for (size_t i = 0; i < n; i++)
		add_standing(r, &standing[i]);
	for (size_t i = 0; i < txn->n_guards; i++)
		add_guard(r, &txn->guard[i]);
	for (size_t i = 0; i < txn->n_writes; i++)
		add_write(r, &txn->write[i], lease);
	return !r->out_of_memory;
}

/* What the look @i found: NULL nothing. */
static const Etcd__KeyValue *found(const Etcd__TxnResponse *reply, size_t i)
{
	const Etcd__RangeResponse *range = reply->responses[i]->response_range;

	return range && range->n_kvs ? range->kvs[0] : NULL;
}

static int refuse_guard(const struct manx_guard *guard, const Etcd__KeyValue *kv,
			struct manx_error *err)
{
	switch (guard->kind) {
	case MANX_GUARD_ABSENT:
		return kv ? manx_fail(err, -EAGAIN, "%s exists", guard->key) : 0;
	case MANX_GUARD_REV:
		if (!kv)
			return manx_fail(err, -EAGAIN, "%s does not exist any more", guard->key);
		return kv->mod_revision == guard->rev ? 0 :
		       manx_fail(err, -EAGAIN, "%s was changed", guard->key);
	case MANX_GUARD_EMPTY:
		return kv ? manx_fail(err, -EAGAIN, "something lies between %s and %s", guard->key,
				      guard->end) : 0;
	case MANX_GUARD_UNCHANGED:
		return kv ? manx_fail(err, -EAGAIN, "something was changed beneath %s", guard->key)
			  : 0;
	}
	return 0;
}

static int refuse_standing(struct manx_store *store, const struct manx_standing *s,
			   const Etcd__KeyValue *kv, struct manx_error *err)
{
	char *value;
	int ret;

	if (!kv)
		return s->value ? manx_store_refuse(store, s, NULL, err) : 0;
	value = strndup(kv->value.len ? (const char *)kv->value.data : "", kv->value.len);
	if (!value)
		return manx_fail(err, -ENOMEM, "%s: out of memory", store->name);
	ret = s->value && !strcmp(value, s->value) ? 0 : manx_store_refuse(store, s, value, err);
	free(value);
	return ret;
}

/* Which guard it was. */
static int refuse(struct manx_store *store, const struct manx_standing *standing, size_t n,
		  const struct manx_txn *txn, const Etcd__TxnResponse *reply,
		  struct manx_error *err)
{
	size_t at = 0;
	int ret = 0;

	for (size_t i = 0; i < n && !ret && at < reply->n_responses; i++)
		ret = refuse_standing(store, &standing[i], found(reply, at++), err);
	for (size_t i = 0; i < txn->n_guards && !ret && at < reply->n_responses; i++) {
		ret = refuse_guard(&txn->guard[i], found(reply, at++), err);
		if (ret)
			store->failed = &txn->guard[i];
	}
	return ret ? ret : manx_fail(err, -EPROTO, "%s: refuses guards that hold", store->name);
}

/* True if @kv is what @write leaves behind. */
static bool stands(const struct manx_write *write, const Etcd__KeyValue *kv)
{
	if (!write->value || !kv)
		return !write->value && !kv;
	return kv->value.len == strlen(write->value) &&
	       !memcmp(kv->value.data, write->value, kv->value.len);
}

/* One read of all keys that @txn writes. */
static bool build_look(struct request *r, const struct manx_txn *txn)
{
	Etcd__RangeRequest *range;

	if (!make_room(r, txn->n_writes, 0))
		return false;
	for (size_t i = 0; i < txn->n_writes; i++)
		add_compare(r, txn->write[i].key, NULL, &range);
	/* no compares, so the first branch it is */
	r->txn.n_compare = r->txn.n_failure = 0;
	r->txn.n_success = txn->n_writes;
	r->txn.success = r->looks;
	return !r->out_of_memory;
}

/* 1 and *rev: what @txn writes stands there. 0: not all of it does. */
static int was_done(struct manx_etcd *etcd, const struct manx_txn *txn, int64_t *rev,
		    struct manx_error *err)
{
	Etcd__TxnResponse *reply = NULL;
	struct request r;
	int ret;

	if (build_look(&r, txn))
		ret = manx_etcd_call(etcd, &txn_method, &r.txn.base, &reply, NULL, err);
	else
		ret = manx_fail(err, -ENOMEM, "%s: out of memory", etcd->name);
	clear(&r);
	if (ret)
		return ret;
	if (!reply->header || reply->n_responses != txn->n_writes)
		ret = manx_fail(err, -EPROTO, "%s: answers something else", etcd->name);
	else
		ret = txn->n_writes > 0;
	for (size_t i = 0; i < txn->n_writes && ret == 1; i++) {
		const Etcd__KeyValue *kv = found(reply, i);

		ret = stands(&txn->write[i], kv);
		*rev = kv ? kv->mod_revision : *rev ? *rev : reply->header->revision;
	}
	manx_etcd_free(reply);
	return ret;
}

/* Of a transaction whose answer was lost only the keys that it put are known to be told. */
static void find_changes(const struct manx_txn *txn, const Etcd__TxnResponse *reply, bool *changed)
{
	for (size_t i = 0; i < txn->n_writes; i++) {
		const Etcd__DeleteRangeResponse *del = NULL;

		if (reply->succeeded && i < reply->n_responses)
			del = reply->responses[i]->response_delete_range;
		changed[i] = txn->write[i].value || (del && del->deleted > 0);
	}
}

/* A revision that no key can have: etcd would take 0 for "does not exist". */
static int check_revisions(struct manx_store *store, const struct manx_txn *txn,
			   struct manx_error *err)
{
	for (size_t i = 0; i < txn->n_guards; i++) {
		if (txn->guard[i].kind != MANX_GUARD_REV || txn->guard[i].rev > 0)
			continue;
		store->failed = &txn->guard[i];
		return manx_fail(err, -EAGAIN, "%s does not exist any more", txn->guard[i].key);
	}
	return 0;
}

int manx_etcd_commit(struct manx_etcd *etcd, struct manx_store *store,
		     const struct manx_txn *txn, int64_t lease, int64_t *rev, bool *changed,
		     struct manx_error *err)
{
	struct manx_standing standing[MANX_STANDING_MAX];
	size_t n = manx_store_standing(store, txn, standing);
	Etcd__TxnResponse *reply = NULL;
	bool repeated = false;
	struct request r;
	int ret = check_revisions(store, txn, err);

	if (ret)
		return ret;
	if (build(&r, standing, n, txn, lease))
		ret = manx_etcd_call(etcd, &txn_method, &r.txn.base, &reply, &repeated, err);
	else
		ret = manx_fail(err, -ENOMEM, "%s: out of memory", etcd->name);
	clear(&r);
	if (ret)
		return ret;
	*rev = 0;
	if (!reply->header)
		ret = manx_fail(err, -EPROTO, "%s: answers without a revision", etcd->name);
	else if (reply->succeeded)
		*rev = reply->header->revision;
	else if (!repeated || !(ret = was_done(etcd, txn, rev, err)))
		ret = refuse(store, standing, n, txn, reply, err);
	else if (ret > 0)
		ret = 0;
	if (!ret && changed)
		find_changes(txn, reply, changed);
	manx_etcd_free(reply);
	return ret;
}
