// SPDX-License-Identifier: GPL-2.0-only
/*
 * Many addresses at a time, what a node knows, and what the settings ask; each on
 * both engines.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "etcd_fixture.h"
#include "ipam_fixture.h"
#include "ipam_internal.h"

#define UID "00000000000000000000000000000001"
#define OTHER_UID "00000000000000000000000000000002"
#define MANY 64

static struct manx_store_conf *engine;

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	if (!f)
		return -1;
	fixture_make(f, fixture_memory());
	f->conf = engine;
	fixture_open(f);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	if (engine)
		fixture_wipe(f);
	return fixture_teardown(state);
}

/**
 * struct many - jobs for handles "h0", "h1", ... of node n1
 */
struct many {
	struct manx_ipam_job job[MANY];
	struct manx_ipam_request req[MANY];
	struct manx_ipam_return ret[MANY];
	char handle[MANY][16], uid[MANY][MANX_UID_LEN + 1];
};

static void make_many(struct many *m)
{
	memset(m, 0, sizeof(*m));
	for (int i = 0; i < MANY; i++) {
		snprintf(m->handle[i], sizeof(m->handle[i]), "h%d", i);
		assert_int_equal(manx_uid_new(m->uid[i], NULL), 0);
		m->req[i] = (struct manx_ipam_request){
			.node = "n1", .handle = m->handle[i], .uid = m->uid[i],
			.use = MANX_USE_WORKLOAD, .want4 = true,
		};
		m->job[i].req = &m->req[i];
		m->ret[i].handle = m->handle[i];
	}
}

static void assign(struct manx_store *store, struct manx_ipam_cache *cache, struct many *m,
		   size_t n)
{
	manx_ipam_assign_batch(store, cache, m->job, n);
	for (size_t i = 0; i < n; i++)
		if (m->job[i].ret)
			fail_msg("%s: %s", m->handle[i], m->job[i].err.text);
	ipam_assert_sound(store);
}

static void release(struct manx_store *store, struct manx_ipam_cache *cache, struct many *m,
		    size_t n)
{
	manx_ipam_release_batch(store, cache, m->ret, n);
	for (size_t i = 0; i < n; i++)
		if (m->ret[i].ret)
			fail_msg("%s: %s", m->handle[i], m->ret[i].err.text);
}

static void put_config(struct manx_store *store, const char *spec)
{
	char value[400];

	snprintf(value, sizeof(value),
		 "{\"apiVersion\":\"projectcalico.org/v3\",\"kind\":\"IPAMConfiguration\","
		 "\"metadata\":{\"name\":\"default\"},\"spec\":{%s}}", spec);
	fixture_put(store, "r/ipamconfigurations/default", value);
}

/* What an address for a new handle of @node fails with. */
static void assert_refused(struct manx_store *store, const struct manx_ipam_request *req, int code,
			   const char *words)
{
	struct manx_error err = { 0 };
	struct manx_ipam_result res;

	assert_int_equal(manx_ipam_assign(store, req, &res, NULL, NULL, &err), code);
	if (!strstr(err.text, words))
		fail_msg("\"%s\" does not say \"%s\"", err.text, words);
	assert_int_equal(res.n, 0);
}

static void test_many(void **state)
{
	struct manx_store *store = ((struct fixture *)*state)->store;
	struct manx_ipam_cache *cache = manx_ipam_cache_new(store, "n1");
	const struct manx_ipam_counts *counts = manx_ipam_cache_counts(cache);
	double before, one = 1e9, all = 1e9;
	struct many m;

	make_many(&m);
	ipam_pool(store, "p", "10.0.0.0/16", 26, "");
	for (int round = 0; round < 5; round++) {
		uint64_t commits = counts->commits;

		before = fixture_ms();
		manx_ipam_assign_batch(store, cache, m.job, MANY);
		all = fixture_ms() - before < all ? fixture_ms() - before : all;
		assert_int_equal(counts->commits - commits, 2);
		assert_int_equal(fixture_count(store, "a/"), MANY);
		ipam_assert_sound(store);
		commits = counts->commits;
		release(store, cache, &m, MANY);
		assert_int_equal(counts->commits - commits, 2);
		assert_int_equal(fixture_count(store, "a/") + fixture_count(store, "h/"), 0);
		before = fixture_ms();
		manx_ipam_assign_batch(store, cache, m.job, 1);
		one = fixture_ms() - before < one ? fixture_ms() - before : one;
		release(store, cache, &m, 1);
	}
	assert_int_equal(counts->conflicts, 0);
	assert_int_equal(fixture_count(store, "b/"), 1);
	print_message("one address: %.2f ms; %d addresses: %.2f ms\n", one, MANY, all);
	manx_ipam_cache_free(cache);
}

/* Each for itself: one that has addresses, one twice, one that is nonsense. */
static void test_mixed(void **state)
{
	struct manx_store *store = ((struct fixture *)*state)->store;
	struct manx_ipam_cache *cache = manx_ipam_cache_new(store, "n1");
	struct many m;

	make_many(&m);
	ipam_pool(store, "p", "10.0.0.0/26", 28, "");
	ipam_assign(store, "n1", "h3", 4);
	m.req[5].handle = "h4";
	m.req[6].handle = "a/b";
	m.req[7].node = "n2";
	m.req[8].pools4 = (const char *const[]){ "none", NULL };
	manx_ipam_assign_batch(store, cache, m.job, 20);
	for (int i = 0; i < 20; i++) {
		int expected = i == 3 || i == 5 ? -EEXIST : i == 6 || i == 7 ? -EINVAL :
			       i == 8 ? -ENOENT : 0;

		assert_int_equal(m.job[i].ret, expected);
		assert_int_equal(m.job[i].res.n, !expected);
		assert_int_equal(!m.job[i].err.text[0], !expected);
	}
	ipam_assert_sound(store);
	assert_int_equal(fixture_count(store, "a/"), 16);
	/* the same attempts once more get what they got */
	manx_ipam_assign_batch(store, cache, m.job, 3);
	for (int i = 0; i < 3; i++)
		assert_int_equal(m.job[i].ret, 0);
	assert_int_equal(fixture_count(store, "a/"), 16);
	manx_ipam_cache_free(cache);
}

struct guarded {
	const char *key;
	int calls;
};

static int fill(void *ctx, const struct manx_ipam_result *res, struct manx_txn *txn,
		const char **endpoint_key, struct manx_error *err)
{
	struct guarded *g = ctx;

	(void)res, (void)err;
	g->calls++;
	manx_txn_guard_absent(txn, g->key);
	manx_txn_put(txn, g->key, "{}");
	*endpoint_key = g->key;
	return 0;
}

/* What one caller guards does not hold: the others are not held up. */
static void test_fill(void **state)
{
	struct manx_store *store = ((struct fixture *)*state)->store;
	struct manx_ipam_cache *cache = manx_ipam_cache_new(store, "n1");
	struct guarded g[6] = {
		{ "e/n1/ns/a", 0 }, { "e/n1/ns/there", 0 }, { "e/n1/ns/b", 0 }, { "e/n1/ns/b", 0 },
	};
	struct many m;

	make_many(&m);
	ipam_pool(store, "p", "10.0.0.0/26", 28, "");
	fixture_put(store, "e/n1/ns/there", "{}");
	for (int i = 0; i < 4; i++) {
		m.job[i].fill = fill;
		m.job[i].ctx = &g[i];
	}
	manx_ipam_assign_batch(store, cache, m.job, 5);
	assert_int_equal(m.job[0].ret, 0);
	assert_int_equal(m.job[1].ret, -EAGAIN);
	assert_non_null(strstr(m.job[1].err.text, "e/n1/ns/there"));
	assert_int_equal(m.job[2].ret, 0);
	assert_int_equal(m.job[3].ret, -EAGAIN);
	assert_int_equal(m.job[4].ret, 0);
	assert_true(g[0].calls < 4);
	ipam_assert_sound(store);
	assert_int_equal(fixture_count(store, "a/"), 3);
	manx_ipam_cache_free(cache);
}

/* A cache that nobody tells what changes does no harm. */
static void test_wrong_cache(void **state)
{
	struct manx_store *store = ((struct fixture *)*state)->store;
	struct manx_ipam_cache *cache = manx_ipam_cache_new(store, "n1");
	const struct manx_ipam_counts *counts = manx_ipam_cache_counts(cache);
	struct many m;

	make_many(&m);
	ipam_pool(store, "p", "10.0.0.0/28", 29, "");
	assign(store, cache, &m, 1);
	/* another writer of the same node takes the next three */
	for (int i = 10; i < 13; i++)
		ipam_assign(store, "n1", m.handle[i], 4);
	assign(store, cache, &m, 4);
	/* h0 is there, and two of what h1 to h3 pick is taken */
	assert_int_equal(counts->conflicts, 3);
	/* the block changes hands, and its addresses are borrowed from then on */
	fixture_put(store, "b/4/0a000000-29", "{\"owner\":\"n2\",\"pool\":\"p\"}");
	fixture_put(store, "b/4/0a000008-29", "{\"owner\":\"n2\",\"pool\":\"p\"}");
	manx_ipam_assign_batch(store, cache, m.job, 6);
	assert_int_equal(m.job[5].ret, 0);
	assert_int_equal(fixture_count(store, "x/"), 2);
	/* so is the pool that is disabled */
	assert_int_equal(ipam_put_pool(store, "p", "10.0.0.0/28", 29, "  disabled: true\n",
				       ipam_rev(store, "r/ippools/p"), NULL), 0);
	manx_ipam_assign_batch(store, cache, m.job, 7);
	assert_int_equal(m.job[6].ret, -ENOSPC);
	manx_ipam_cache_free(cache);
}

/* What the watch tells. */
static void test_told_cache(void **state)
{
	struct manx_store *store = ((struct fixture *)*state)->store;
	struct manx_ipam_cache *cache = manx_ipam_cache_new(store, "n1");
	const struct manx_ipam_counts *counts = manx_ipam_cache_counts(cache);
	struct manx_kv kv = { .value = "{}" };
	struct many m;

	make_many(&m);
	ipam_pool(store, "p", "10.0.0.0/28", 29, "");
	assign(store, cache, &m, 1);
	assert_int_equal(ipam_put_pool(store, "p", "10.0.0.0/28", 29, "  disabled: true\n",
				       ipam_rev(store, "r/ippools/p"), NULL), 0);
	kv.key = "r/ippools/p";
	manx_ipam_cache_change(cache, &kv);
	manx_ipam_assign_batch(store, cache, m.job + 1, 1);
	assert_int_equal(m.job[1].ret, -ENOSPC);
	ipam_pool(store, "q", "10.0.1.0/28", 29, "");
	manx_ipam_cache_change(cache, &kv);
	manx_ipam_assign_batch(store, cache, m.job + 1, 1);
	assert_int_equal(m.job[1].ret, 0);
	assert_int_equal(counts->conflicts, 0);
	manx_ipam_cache_forget(cache);
	assign(store, cache, &m, 3);
	assert_int_equal(counts->addresses, 3);
	manx_ipam_cache_free(cache);
}

/* Endpoints that were changed, and one that is another's by now. */
static void test_release_changed(void **state)
{
	struct manx_store *store = ((struct fixture *)*state)->store;
	struct manx_ipam_cache *cache = manx_ipam_cache_new(store, "n1");
	const struct manx_ipam_counts *counts = manx_ipam_cache_counts(cache);
	struct guarded g[4] = {
		{ "e/n1/ns/a", 0 }, { "e/n1/ns/b", 0 }, { "e/n1/ns/c", 0 }, { "e/n1/ns/d", 0 },
	};
	struct many m;

	make_many(&m);
	ipam_pool(store, "p", "10.0.0.0/26", 28, "");
	for (int i = 0; i < 4; i++) {
		m.job[i].fill = fill;
		m.job[i].ctx = &g[i];
		m.ret[i].endpoint_key = g[i].key;
	}
	assign(store, cache, &m, 4);
	fixture_put(store, "e/n1/ns/a", "{\"labelled\":true}");
	fixture_put(store, "e/n1/ns/b", "{\"labelled\":true}");
	fixture_put(store, "e/n1/ns/c", "{\"metadata\":{\"annotations\":{\"manx.io/handle\":\"x\"}}}");
	release(store, cache, &m, 4);
	assert_int_equal(counts->conflicts, 1);
	assert_int_equal(fixture_count(store, "a/") + fixture_count(store, "h/"), 0);
	assert_int_equal(fixture_count(store, "e/"), 1);
	assert_non_null(fixture_value(store, "e/n1/ns/c"));
	/* what somebody else has released, and what is of another attempt by now */
	m.job[2].fill = NULL;
	assign(store, cache, &m, 4);
	ipam_release(store, "h0");
	ipam_release(store, "h1");
	ipam_assign(store, "n1", "h1", 4);
	m.ret[1].uid = m.uid[1];
	release(store, cache, &m, 4);
	assert_int_equal(fixture_count(store, "h/"), 1);
	ipam_assert_sound(store);
	manx_ipam_cache_free(cache);
}

static void test_strict(void **state)
{
	struct manx_store *store = ((struct fixture *)*state)->store;
	struct manx_ipam_request req = {
		.node = "n2", .handle = "h", .uid = UID, .use = MANX_USE_WORKLOAD, .want4 = true,
	};

	ipam_pool(store, "p", "10.0.0.0/30", 31, "");
	ipam_assign(store, "n1", "a", 4);
	ipam_assign(store, "n1", "b", 4);
	ipam_assign(store, "n1", "c", 4);
	put_config(store, "\"strictAffinity\":true");
	assert_refused(store, &req, -ENOSPC, "strictAffinity forbids");
	put_config(store, "\"strictAffinity\":true,\"maxBlocksPerHost\":1");
	req.node = "n1";
	req.handle = "a2";
	manx_ipam_release(store, "c", NULL, NULL, NULL);
	fixture_put(store, "b/4/0a000002-31", NULL);
	fixture_put(store, "i/n1/4/0a000002-31", NULL);
	if (fixture_count(store, "i/n1/") == 1)
		assert_refused(store, &req, -ENOSPC, "maxBlocksPerHost");
	put_config(store, "\"strictAffinity\":true,\"autoAllocateBlocks\":false");
	req.node = "n3";
	assert_refused(store, &req, -ENOSPC, "autoAllocateBlocks");
}

/* Two writers of one node, each with room for one block, do not get two. */
static void test_budget(void **state)
{
	struct manx_store *store = ((struct fixture *)*state)->store;
	struct manx_ipam_cache *cache = manx_ipam_cache_new(store, "n1");
	struct many m;

	make_many(&m);
	ipam_pool(store, "p", "10.0.0.0/24", 31, "");
	put_config(store, "\"strictAffinity\":true,\"maxBlocksPerHost\":1");
	assert_int_equal(manx_cache_refresh(cache, NULL), 0);
	ipam_assign(store, "n1", "other", 4);
	manx_ipam_assign_batch(store, cache, m.job, 3);
	assert_int_equal(fixture_count(store, "i/n1/"), 1);
	assert_int_equal(fixture_count(store, "a/"), 2);
	assert_int_equal(m.job[0].ret, 0);
	assert_int_equal(m.job[1].ret, -ENOSPC);
	assert_int_equal(m.job[2].ret, -ENOSPC);
	manx_ipam_cache_free(cache);
}

static void put_reservation(struct manx_store *store, const char *cidrs)
{
	char value[300];

	snprintf(value, sizeof(value),
		 "{\"apiVersion\":\"projectcalico.org/v3\",\"kind\":\"IPReservation\","
		 "\"metadata\":{\"name\":\"r\"},\"spec\":{\"reservedCIDRs\":[%s]}}", cidrs);
	fixture_put(store, "r/ipreservations/r", value);
}

static void test_reserved(void **state)
{
	struct manx_store *store = ((struct fixture *)*state)->store;
	struct manx_ipam_request req = {
		.node = "n1", .handle = "h", .uid = UID, .use = MANX_USE_WORKLOAD, .want4 = true,
	};
	struct manx_ipam_result res;
	struct many m;

	make_many(&m);
	ipam_pool(store, "p", "10.0.0.0/28", 30, "");
	put_reservation(store, "\"10.0.0.0/29\",\"10.0.0.8/31\",\"10.0.0.10/31\",\"10.0.0.13/32\"");
	assign(store, NULL, &m, 3);
	for (int i = 0; i < 3; i++)
		assert_in_set(m.job[i].res.addr[0].b[3], ((uintmax_t[]){ 12, 14, 15 }), 3);
	assert_int_equal(fixture_count(store, "b/"), 1);
	assert_refused(store, &req, -ENOSPC, "no free address");
	/* who asks for it gets it */
	assert_true(manx_addr_parse("10.0.0.1", &req.addr4));
	assert_int_equal(manx_ipam_assign(store, &req, &res, NULL, NULL, NULL), 0);
	assert_int_equal(manx_addr_cmp(&res.addr[0], &req.addr4), 0);
	ipam_assert_sound(store);
	put_reservation(store, "\"10.0.0.0/8\"");
	req = (struct manx_ipam_request){
		.node = "n1", .handle = "h9", .uid = UID, .use = MANX_USE_WORKLOAD, .want4 = true,
	};
	assert_refused(store, &req, -ENOSPC, "no free address");
}

static int verdict;

static int is_dead(void *ctx, const struct manx_kv *endpoint)
{
	(void)ctx;
	assert_string_equal(endpoint->key, "e/n1/ns/old");
	return verdict;
}

static void test_requested(void **state)
{
	struct manx_store *store = ((struct fixture *)*state)->store;
	struct guarded old = { "e/n1/ns/old", 0 }, new = { "e/n1/ns/new", 0 };
	struct manx_ipam_request req = {
		.node = "n1", .handle = "old", .uid = UID, .use = MANX_USE_WORKLOAD, .want4 = true,
		.want6 = true, .is_dead = is_dead,
	};
	struct manx_ipam_result res;

	ipam_pool(store, "p", "10.0.0.0/24", 26, "  nodeSelector: \"!all()\"\n");
	ipam_pool(store, "six", "fd00::/120", 122, "");
	assert_true(manx_addr_parse("10.0.0.77", &req.addr4));
	assert_int_equal(manx_ipam_assign(store, &req, &res, fill, &old, NULL), 0);
	assert_int_equal(res.n, 2);
	assert_int_equal(res.addr[0].b[3], 77);
	ipam_assert_sound(store);
	req.handle = "new";
	req.uid = OTHER_UID;
	req.want6 = false;
	verdict = -1;
	assert_refused(store, &req, -EADDRINUSE, "old on node n1 has it");
	verdict = 0;
	assert_refused(store, &req, -EBUSY, "same pod and lives");
	verdict = 1;
	assert_int_equal(manx_ipam_assign(store, &req, &res, fill, &new, NULL), 0);
	assert_int_equal(res.addr[0].b[3], 77);
	assert_null(fixture_value(store, "h/old"));
	assert_null(fixture_value(store, "e/n1/ns/old"));
	assert_non_null(fixture_value(store, "e/n1/ns/new"));
	assert_int_equal(fixture_count(store, "a/"), 1);
	ipam_assert_sound(store);
}

static void test_requested_elsewhere(void **state)
{
	struct manx_store *store = ((struct fixture *)*state)->store;
	struct manx_ipam_request req = {
		.node = "n1", .handle = "h", .uid = UID, .use = MANX_USE_WORKLOAD, .want4 = true,
	};
	struct manx_ipam_result res;

	ipam_pool(store, "p", "10.0.0.0/24", 26, "");
	ipam_pool(store, "off", "10.0.1.0/24", 26, "  disabled: true\n");
	ipam_pool(store, "tunnels", "10.0.2.0/24", 26, "  allowedUses: [Tunnel]\n");
	assert_true(manx_addr_parse("10.0.0.77", &req.addr4));
	assert_int_equal(manx_ipam_assign(store, &req, &res, NULL, NULL, NULL), 0);
	req.handle = "more";
	assert_true(manx_addr_parse("10.0.1.1", &req.addr4));
	assert_refused(store, &req, -EADDRNOTAVAIL, "pool off is not enabled");
	assert_true(manx_addr_parse("10.0.2.1", &req.addr4));
	assert_refused(store, &req, -EADDRNOTAVAIL, "allowedUses of pool tunnels lacks");
	assert_true(manx_addr_parse("10.9.0.1", &req.addr4));
	assert_refused(store, &req, -EADDRNOTAVAIL, "lies in no pool");
	/* of another node's block: borrowed, unless that is forbidden */
	assert_true(manx_addr_parse("10.0.0.78", &req.addr4));
	req.node = "n2";
	put_config(store, "\"strictAffinity\":true");
	assert_refused(store, &req, -EADDRNOTAVAIL, "node n1's");
	put_config(store, "\"strictAffinity\":false");
	assert_int_equal(manx_ipam_assign(store, &req, &res, NULL, NULL, NULL), 0);
	assert_int_equal(fixture_count(store, "x/"), 1);
	ipam_assert_sound(store);
}

static void test_namespaces(void **state)
{
	struct manx_store *store = ((struct fixture *)*state)->store;
	struct manx_ipam_request req = {
		.node = "n1", .handle = "h", .uid = UID, .use = MANX_USE_WORKLOAD, .want4 = true,
	};
	struct manx_ipam_result res;

	ipam_pool(store, "p", "10.0.0.0/24", 26,
		  "  namespaceSelector: team == 'a'\n  allowedUses: [Workload]\n");
	assert_refused(store, &req, -ENOSPC, "p (namespaceSelector team ==");
	req.ns = "b";
	assert_refused(store, &req, -ENOSPC, "namespaceSelector");
	fixture_put(store, "r/namespaces/b", "{\"apiVersion\":\"v1\",\"kind\":\"Namespace\","
		    "\"metadata\":{\"name\":\"b\",\"labels\":{\"team\":\"a\"}}}");
	assert_int_equal(manx_ipam_assign(store, &req, &res, NULL, NULL, NULL), 0);
}

/* An address that was released is not given before its time, not even when none else is left. */
static void test_cooldown(void **state)
{
	struct manx_store *store = ((struct fixture *)*state)->store;
	struct manx_ipam_cache *cache = manx_ipam_cache_new(store, "n1");
	struct many m;

	make_many(&m);
	ipam_pool(store, "p", "10.0.0.0/31", 31, "");
	put_config(store, "\"ipCooldownSeconds\":30");
	assign(store, cache, &m, 2);
	release(store, cache, &m, 1);
	manx_ipam_assign_batch(store, cache, m.job, 1);
	assert_int_equal(m.job[0].ret, -ENOSPC);
	for (int i = 0; i < 2; i++)
		if (cache->held[0]->freed[i])
			cache->held[0]->freed[i] -= 30000;
	assign(store, cache, &m, 1);
	manx_ipam_cache_free(cache);
}

/* Another's block that was empty for long is taken over, and one that is in use is not. */
static void test_take_over(void **state)
{
	struct manx_store *store = ((struct fixture *)*state)->store;
	struct manx_ipam_cache *cache = manx_ipam_cache_new(store, "n1");
	struct many m;

	make_many(&m);
	ipam_pool(store, "p", "10.0.0.0/30", 31, "");
	ipam_assign(store, "n2", "a", 4);
	ipam_assign(store, "n2", "b", 4);
	ipam_assign(store, "n2", "c", 4);
	ipam_release(store, "c");
	put_config(store, "\"strictAffinity\":true");
	manx_ipam_assign_batch(store, cache, m.job, 1);
	assert_int_equal(m.job[0].ret, -ENOSPC);
	assert_int_equal(cache->n_seen, 1);
	cache->seen[0].since -= 60001;
	/* it was emptied twice, but was not empty all the time: nobody is robbed */
	ipam_assign(store, "n2", "c", 4);
	manx_ipam_assign_batch(store, cache, m.job, 1);
	assert_int_equal(m.job[0].ret, -ENOSPC);
	ipam_release(store, "c");
	manx_ipam_assign_batch(store, cache, m.job, 1);
	assert_int_equal(m.job[0].ret, -ENOSPC);
	for (size_t i = 0; i < cache->n_seen; i++)
		cache->seen[i].since -= 60001;
	manx_ipam_assign_batch(store, cache, m.job, 1);
	assign(store, cache, &m, 2);
	assert_int_equal(fixture_count(store, "i/n1/"), 1);
	assert_int_equal(fixture_count(store, "i/n2/"), 1);
	assert_int_equal(fixture_count(store, "x/"), 0);
	manx_ipam_cache_free(cache);
}

static void test_ahead(void **state)
{
	struct manx_store *store = ((struct fixture *)*state)->store;
	struct manx_ipam_cache *cache = manx_ipam_cache_new(store, "n1");
	struct many m;

	make_many(&m);
	ipam_pool(store, "p", "10.0.0.0/27", 29, "");
	ipam_pool(store, "unused", "10.1.0.0/27", 29, "");
	assert_int_equal(manx_ipam_claim_ahead(store, cache, NULL), 0);
	assert_int_equal(fixture_count(store, "b/"), 0);
	assign(store, cache, &m, 6);
	assert_int_equal(manx_ipam_claim_ahead(store, cache, NULL), 0);
	assert_int_equal(fixture_count(store, "b/"), 1);
	manx_ipam_assign_batch(store, cache, m.job + 6, 1);
	assert_int_equal(manx_ipam_claim_ahead(store, cache, NULL), 0);
	assert_int_equal(fixture_count(store, "b/4/0a00"), 2);
	assert_int_equal(manx_ipam_claim_ahead(store, cache, NULL), 0);
	assert_int_equal(fixture_count(store, "b/"), 2);
	ipam_assert_sound(store);
	manx_ipam_assign_batch(store, cache, m.job + 7, 3);
	assert_int_equal(fixture_count(store, "b/"), 2);
	assert_int_equal(manx_ipam_cache_counts(cache)->conflicts, 0);
	manx_ipam_cache_free(cache);
}

/* Empty blocks go when their pool selects the node no more. */
static void test_not_selected(void **state)
{
	struct manx_store *store = ((struct fixture *)*state)->store;

	ipam_pool(store, "p", "10.0.0.0/30", 31, "  nodeSelector: rack == '1'\n");
	ipam_node(store, "n1", "{ rack: '1' }");
	ipam_assign(store, "n1", "a", 4);
	ipam_assign(store, "n1", "b", 4);
	ipam_assign(store, "n1", "c", 4);
	ipam_release(store, "c");
	assert_int_equal(manx_ipam_release_blocks(store, "n1", NULL), 0);
	assert_int_equal(fixture_count(store, "b/"), 2);
	ipam_node(store, "n1", "{ rack: '2' }");
	assert_int_equal(manx_ipam_release_blocks(store, "n1", NULL), 0);
	assert_int_equal(fixture_count(store, "b/"), 1);
	ipam_assert_sound(store);
}

static void test_fenced(void **state)
{
	struct manx_store *store = ((struct fixture *)*state)->store;
	struct manx_ipam_request req = {
		.node = "n1", .handle = "h", .uid = UID, .use = MANX_USE_WORKLOAD, .want4 = true,
	};

	ipam_pool(store, "p", "10.0.0.0/30", 31, "");
	fixture_put(store, "m/gone/n1", "{}");
	assert_refused(store, &req, -ESHUTDOWN, "m/gone/n1");
	assert_int_equal(fixture_count(store, "a/") + fixture_count(store, "b/"), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_many),
		TEST(test_mixed),
		TEST(test_fill),
		TEST(test_wrong_cache),
		TEST(test_told_cache),
		TEST(test_release_changed),
		TEST(test_strict),
		TEST(test_budget),
		TEST(test_reserved),
		TEST(test_requested),
		TEST(test_requested_elsewhere),
		TEST(test_namespaces),
		TEST(test_cooldown),
		TEST(test_take_over),
		TEST(test_ahead),
		TEST(test_not_selected),
		TEST(test_fenced),
	};
	struct manx_store_conf conf;
	struct etcd etcd = { 0 };
	int failed;

	failed = cmocka_run_group_tests_name("sqlite", tests, NULL, NULL);
	etcd_start(&etcd, 1);
	conf = etcd_conf(&etcd);
	engine = &conf;
	failed += cmocka_run_group_tests_name("etcd", tests, NULL, NULL);
	etcd_stop(&etcd);
	return failed;
}
