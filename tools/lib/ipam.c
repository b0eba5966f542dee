// SPDX-License-Identifier: GPL-2.0-only
/*
 * Giving addresses and taking them back.
 */
#include "ipam.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "ipam_internal.h"
#include "json.h"

/* Each pause may be so many nanoseconds longer than the one before: about one commit. */
#define PAUSE_STEP 250000

uint64_t manx_ipam_random(uint64_t n)
{
	uint64_t r;

	/* so short a read is never interrupted; should it fail, there is no jitter */
	if (getrandom(&r, sizeof(r), 0) != sizeof(r))
		r = 0;
	return r % n;
}

void manx_ipam_pause(unsigned int try)
{
	struct timespec pause = { .tv_nsec = 0 };

	if (!try)
		return;
	pause.tv_nsec = (long)manx_ipam_random(try * PAUSE_STEP);
	nanosleep(&pause, NULL);
}

static bool handle_is_valid(const char *handle)
{
	size_t n = strlen(handle);

	if (n == 0 || n > MANX_HANDLE_MAX)
		return false;
	for (; *handle; handle++)
		if (*handle <= ' ' || *handle > '~' || *handle == '/')
			return false;
	return true;
}

static int check_handle(const char *handle, struct manx_error *err)
{
	if (handle_is_valid(handle))
		return 0;
	return manx_fail(err, -EINVAL,
			 "handle \"%s\": must be 1 to %d printable ASCII characters without blank and '/'",
			 handle, MANX_HANDLE_MAX);
}

static int check_request(const struct manx_ipam_request *req, struct manx_error *err)
{
	int ret = check_handle(req->handle, err);

	if (ret)
		return ret;
	if (!manx_name_is_valid(req->node))
		return manx_fail(err, -EINVAL, "node \"%s\" is no name of a node", req->node);
	if (strlen(req->uid) != MANX_UID_LEN ||
	    strspn(req->uid, "0123456789abcdef") != MANX_UID_LEN)
		return manx_fail(err, -EINVAL, "uid \"%s\": must be %d hexadecimal digits",
				 req->uid, MANX_UID_LEN);
	return 0;
}

/**
 * struct attempt - one try of an assignment
 * @req, @res: of the caller
 * @pools: all
 * @pick: what was chosen, one for each address in @res
 * @spread: others are at it too
 */
struct attempt {
	struct manx_store *store;
	const struct manx_ipam_request *req;
	struct manx_ipam_result *res;
	struct manx_pools pools;
	struct manx_pick pick[2];
	bool spread;
};

/* 1: this very attempt has succeeded before, and @res is what it got. */
static int check_repeated(struct attempt *a, struct manx_error *err)
{
	struct manx_handle h;
	int ret = manx_handle_read(a->store, a->req->handle, &h, err);

	if (ret)
		return ret == -ENOENT ? 0 : ret;
	if (strcmp(h.uid, a->req->uid) == 0) {
		*a->res = h.addr;
		ret = 1;
	} else {
		ret = manx_fail(err, -EEXIST,
				"handle %s has addresses already: release it first (CNI DEL)",
				a->req->handle);
	}
	manx_handle_clear(&h);
	return ret;
}

static int pick_family(struct attempt *a, uint8_t family, struct manx_error *err)
{
	struct manx_pick *pick = &a->pick[a->res->n];
	struct manx_pool_choice choice;
	int ret = manx_pools_choose(a->store, &a->pools, a->req, family, &choice, err);

	if (!ret)
		ret = manx_pick_addr(a->store, a->req->node, &choice, family, a->spread, pick, err);
	if (ret == 1)
		a->res->addr[a->res->n++] = pick->addr;
	else if (!ret)
		ret = manx_pool_choice_exhausted(&choice, family, a->req->node, err);
	manx_pool_choice_clear(&choice);
	return ret < 0 ? ret : 0;
}

static int pick_all(struct attempt *a, struct manx_error *err)
{
	int ret = manx_pools_read(a->store, &a->pools, err);

	a->res->n = 0;
	if (!ret && a->req->want4)
		ret = pick_family(a, 4, err);
	if (!ret && a->req->want6)
		ret = pick_family(a, 6, err);
	return ret;
}

static int take_all(struct attempt *a, manx_ipam_fill_fn fill, void *ctx, struct manx_error *err)
{
	struct manx_txn *txn = manx_txn_new();
	const char *endpoint = NULL;
	char key[MANX_IPAM_KEY];
	int ret = 0;

	manx_txn_guard_absent(txn, manx_handle_key(a->req->handle, key));
	for (size_t i = 0; i < a->res->n; i++)
		manx_pick_take(txn, &a->pick[i], a->req);
	if (txn && fill)
		ret = fill(ctx, a->res, txn, &endpoint, err);
	if (!ret) {
		manx_handle_put(txn, a->req, a->res, endpoint);
		ret = manx_store_commit(a->store, txn, NULL, err);
	}
	manx_txn_free(txn);
	return ret;
}

static int assign_once(struct attempt *a, manx_ipam_fill_fn fill, void *ctx,
		       struct manx_error *err)
{
	int ret = check_repeated(a, err);

	if (ret)
		return ret < 0 ? ret : 0;
	ret = pick_all(a, err);
	if (!ret)
		ret = take_all(a, fill, ctx, err);
	manx_pools_clear(&a->pools);
	return ret;
}

/* After the last try, with what the last one met in @err. */
static int fail_contended(const char *handle, struct manx_error *err)
{
	manx_error_prefix(err, "handle %s: gave up after %d tries, each met by a change of others",
			  handle, MANX_IPAM_TRIES);
	return -EAGAIN;
}

int manx_ipam_assign(struct manx_store *store, const struct manx_ipam_request *req,
		     struct manx_ipam_result *res, manx_ipam_fill_fn fill, void *ctx,
		     struct manx_error *err)
{
	struct attempt a = { .store = store, .req = req, .res = res };
	int ret = check_request(req, err);

	*res = (struct manx_ipam_result){ .n = 0 };
	if (ret)
		return ret;
	for (unsigned int try = 0; try < MANX_IPAM_TRIES; try++) {
		manx_ipam_pause(try);
		a.spread = try > 0;
		ret = assign_once(&a, fill, ctx, err);
		if (ret != -EAGAIN)
			break;
	}
	if (ret)
		*res = (struct manx_ipam_result){ .n = 0 };
	return ret == -EAGAIN ? fail_contended(req->handle, err) : ret;
}

/* False if the endpoint in @kv says that it belongs to another handle. */
static bool belongs_to(const struct manx_kv *kv, const char *handle)
{
	cJSON *json = cJSON_Parse(kv->value);
	const cJSON *at = cJSON_GetObjectItemCaseSensitive(json, "metadata");
	const char *owner;
	bool ours;

	at = cJSON_GetObjectItemCaseSensitive(at, "annotations");
	owner = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(at, "manx.io/handle"));
	ours = !owner || strcmp(owner, handle) == 0;
	cJSON_Delete(json);
	return ours;
}

/*
 * Endpoints are named after the pod: a pod that was made again has put its own
 * in the place of the one that is released here.
 */
static int release_endpoint(struct manx_store *store, struct manx_txn *txn, const char *key,
			    const char *handle, struct manx_error *err)
{
	struct manx_kv kv;
	int ret;

	if (!key)
		return 0;
	ret = manx_store_get(store, key, &kv, err);
	if (ret)
		return ret == -ENOENT ? 0 : ret;
	if (belongs_to(&kv, handle)) {
		manx_txn_guard_rev(txn, key, kv.mod_rev);
		manx_txn_del(txn, key);
	}
	manx_kv_clear(&kv);
	return 0;
}

static void release_addresses(struct manx_txn *txn, const char *handle,
			      const struct manx_handle *h)
{
	char key[MANX_IPAM_KEY];

	manx_txn_guard_rev(txn, manx_handle_key(handle, key), h->rev);
	manx_txn_del(txn, key);
	for (size_t i = 0; i < h->addr.n; i++) {
		manx_txn_del(txn, manx_used_key(&h->addr.addr[i], key));
		manx_txn_del(txn, manx_borrowed_key(&h->addr.addr[i], key));
	}
}

static int release_once(struct manx_store *store, const char *handle, const char *uid,
			const char *endpoint, struct manx_error *err)
{
	struct manx_handle h;
	struct manx_txn *txn;
	char key[MANX_IPAM_KEY];
	int ret = manx_handle_read(store, handle, &h, err);
	bool known = ret == 0;

	if (ret && ret != -ENOENT)
		return ret;
	if (known && uid && strcmp(h.uid, uid)) {
		manx_handle_clear(&h);
		return 0;
	}
	txn = manx_txn_new();
	if (known)
		release_addresses(txn, handle, &h);
	else
		manx_txn_guard_absent(txn, manx_handle_key(handle, key));
	ret = release_endpoint(store, txn, endpoint ? endpoint : h.endpoint, handle, err);
	if (!ret)
		ret = manx_store_commit(store, txn, NULL, err);
	manx_txn_free(txn);
	manx_handle_clear(&h);
	return ret;
}

int manx_ipam_release(struct manx_store *store, const char *handle, const char *uid,
		      const char *endpoint_key, struct manx_error *err)
{
	int ret = check_handle(handle, err);

	if (ret)
		return ret;
	for (unsigned int try = 0; try < MANX_IPAM_TRIES; try++) {
		manx_ipam_pause(try);
		ret = release_once(store, handle, uid, endpoint_key, err);
		if (ret != -EAGAIN)
			return ret;
	}
	return fail_contended(handle, err);
}
