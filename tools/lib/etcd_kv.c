// SPDX-License-Identifier: GPL-2.0-only
/*
 * etcd: keys and ranges.
 */
#include "etcd_kv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Of a list, should others compact all the time. */
#define TRIES 4

static const struct manx_etcd_method range_method = {
	"/etcdserverpb.KV/Range", &etcd__range_response__descriptor,
};

ProtobufCBinaryData manx_etcd_key(const char *key)
{
	size_t n = sizeof(MANX_ETCD_PREFIX) - 1, len = strlen(key);
	ProtobufCBinaryData data = { n + len, malloc(n + len + 1) };

	if (!data.data)
		return (ProtobufCBinaryData){ 0, NULL };
	memcpy(data.data, MANX_ETCD_PREFIX, n);
	memcpy(data.data + n, key, len + 1);
	return data;
}

/* A NUL-terminated copy; NULL without memory. */
static char *text_of(const uint8_t *data, size_t n)
{
	char *text = malloc(n + 1);

	if (!text)
		return NULL;
	if (n)
		memcpy(text, data, n);
	text[n] = '\0';
	return text;
}

static bool is_key(const ProtobufCBinaryData *key)
{
	size_t n = sizeof(MANX_ETCD_PREFIX) - 1;

	if (key->len <= n || key->len > n + MANX_KEY_MAX ||
	    memcmp(key->data, MANX_ETCD_PREFIX, n))
		return false;
	for (; n < key->len; n++)
		if (key->data[n] <= ' ' || key->data[n] > '~')
			return false;
	return true;
}

int manx_etcd_add(const struct manx_etcd *etcd, const Etcd__KeyValue *kv, bool is_deleted,
		  struct manx_kvs *kvs, struct manx_error *err)
{
	size_t n = sizeof(MANX_ETCD_PREFIX) - 1;
	struct manx_kv *out;

	if (!kv || !is_key(&kv->key) || kv->mod_revision <= 0 || kv->create_revision < 0)
		return manx_fail(err, -EUCLEAN, "%s: holds a key below %s that is none",
				 etcd->name, MANX_ETCD_PREFIX);
	if (kv->value.len && memchr(kv->value.data, 0, kv->value.len))
		return manx_fail(err, -EUCLEAN, "%s: %.*s is no text", etcd->name,
				 (int)(kv->key.len - n), (const char *)kv->key.data + n);
	out = manx_kvs_grow(kvs);
	if (!out)
		return manx_fail(err, -ENOMEM, "%s: out of memory", etcd->name);
	out->key = text_of(kv->key.data + n, kv->key.len - n);
	out->value = is_deleted ? NULL : text_of(kv->value.data, kv->value.len);
	out->create_rev = kv->create_revision;
	out->mod_rev = kv->mod_revision;
	if (out->key && (out->value || is_deleted))
		return 0;
	return manx_fail(err, -ENOMEM, "%s: out of memory", etcd->name);
}

/* Keys must come in order: the next page begins after the last of them. */
static int add_page(struct manx_etcd *etcd, const Etcd__RangeResponse *reply,
		    struct manx_kvs *kvs, struct manx_error *err)
{
	int ret = 0;

	if (!reply->header || reply->header->revision <= 0)
		return manx_fail(err, -EPROTO, "%s: answers without a revision", etcd->name);
	if (!kvs->rev)
		kvs->rev = reply->header->revision;
	for (size_t i = 0; i < reply->n_kvs && !ret; i++) {
		ret = manx_etcd_add(etcd, reply->kvs[i], false, kvs, err);
		if (!ret && kvs->n > 1 &&
		    strcmp(kvs->kv[kvs->n - 2].key, kvs->kv[kvs->n - 1].key) >= 0)
			ret = manx_fail(err, -EPROTO, "%s: answers out of order", etcd->name);
	}
	if (!ret && reply->more && !reply->n_kvs)
		ret = manx_fail(err, -EPROTO, "%s: answers with an empty page", etcd->name);
	return ret;
}

/* One page; *left: keys after it. The next is made smaller if the answer was too long. */
static int read_page(struct manx_etcd *etcd, Etcd__RangeRequest *request, struct manx_kvs *kvs,
		     size_t *left, struct manx_error *err)
{
	Etcd__RangeResponse *reply;
	int ret;

	for (;;) {
		ret = manx_etcd_call(etcd, &range_method, &request->base, &reply, NULL, err);
		if (ret != -EMSGSIZE || request->limit == 1)
			break;
		request->limit = (request->limit + 3) / 4;
	}
	if (ret)
		return ret;
	ret = add_page(etcd, reply, kvs, err);
	*left = 0;
	if (reply->more)
		*left = reply->count > (int64_t)reply->n_kvs ? (size_t)reply->count - reply->n_kvs : 1;
	manx_etcd_free(reply);
	return ret;
}

/* The next key after @key in the order of keys is @key and a NUL. */
static int begin_after(Etcd__RangeRequest *request, const char *key)
{
	ProtobufCBinaryData next = manx_etcd_key(key);

	if (!next.data)
		return -ENOMEM;
	free(request->key.data);
	request->key = next;
	request->key.len++;
	return 0;
}

static int read_pages(struct manx_etcd *etcd, Etcd__RangeRequest *request, size_t limit,
		      struct manx_kvs *kvs, struct manx_error *err)
{
	size_t left = 1;
	int ret = 0;

	while (!ret && left && (!limit || kvs->n < limit)) {
		if (limit && limit - kvs->n < (size_t)request->limit)
			request->limit = (int64_t)(limit - kvs->n);
		ret = read_page(etcd, request, kvs, &left, err);
		request->revision = kvs->rev;
		if (!ret && left && begin_after(request, kvs->kv[kvs->n - 1].key))
			ret = manx_fail(err, -ENOMEM, "%s: out of memory", etcd->name);
	}
	return ret;
}

/* Free its keys, also on failure. */
static int begin(struct manx_etcd *etcd, Etcd__RangeRequest *request, const char *from,
		 const char *to, struct manx_error *err)
{
	etcd__range_request__init(request);
	request->key = manx_etcd_key(from);
	if (to)
		request->range_end = manx_etcd_key(to);
	request->limit = MANX_STORE_PAGE;
	if (request->key.data && (!to || request->range_end.data))
		return 0;
	return manx_fail(err, -ENOMEM, "%s: out of memory", etcd->name);
}

static int read_once(struct manx_etcd *etcd, const char *from, const char *to, size_t limit,
		     struct manx_kvs *kvs, struct manx_error *err)
{
	Etcd__RangeRequest request;
	int ret = begin(etcd, &request, from, to, err);

	if (!ret)
		ret = read_pages(etcd, &request, limit, kvs, err);
	free(request.key.data);
	free(request.range_end.data);
	return ret;
}

int manx_etcd_range(struct manx_etcd *etcd, const char *from, const char *to, size_t limit,
		    struct manx_kvs *kvs, struct manx_error *err)
{
	int ret = -ESTALE;

	/* the revision of the first page may be compacted before the last one is read */
	for (int i = 0; i < TRIES && ret == -ESTALE; i++) {
		manx_kvs_clear(kvs);
		ret = read_once(etcd, from, to, limit, kvs, err);
	}
	return ret;
}

static int scan_pages(struct manx_etcd *etcd, Etcd__RangeRequest *request, manx_page_fn page,
		      void *ctx, struct manx_error *err)
{
	size_t left = 1, done = 0;
	int ret = 0;

	while (!ret && left) {
		struct manx_kvs kvs = { .rev = request->revision };

		ret = read_page(etcd, request, &kvs, &left, err);
		request->revision = kvs.rev;
		done += kvs.n;
		if (!ret && left && begin_after(request, kvs.kv[kvs.n - 1].key))
			ret = manx_fail(err, -ENOMEM, "%s: out of memory", etcd->name);
		if (!ret)
			ret = page(ctx, &kvs, done + left, err);
		manx_kvs_clear(&kvs);
	}
	return ret;
}

int manx_etcd_scan(struct manx_etcd *etcd, const char *from, const char *to, manx_page_fn page,
		   void *ctx, struct manx_error *err)
{
	Etcd__RangeRequest request;
	int ret = begin(etcd, &request, from, to, err);

	if (!ret)
		ret = scan_pages(etcd, &request, page, ctx, err);
	free(request.key.data);
	free(request.range_end.data);
	return ret;
}
