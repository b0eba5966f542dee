// SPDX-License-Identifier: GPL-2.0-only
/*
 * Addresses that the kernel has another use for: not given, noted, and free again;
 * with a real datastore and a kernel that says what it is told to.
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

#include "../../tools/manxd/manxd.h"
#include "../../tools/manxd/quarantine.h"
#include "../../tools/manxd/routes.h"
#include "ipam_fixture.h"
#include "ipam_view.h"

/* --- the kernel --- */

static struct {
	const char *dst;
	bool is_local;
	uint8_t protocol;
} route[4];

static int lookups;

int manx_route_lookup(struct manx_rtnl *rt, const struct manx_addr *addr, struct manx_match *way,
		      struct manx_error *err)
{
	(void)rt;
	lookups++;
	*way = (struct manx_match){ .index = 7 };
	for (size_t i = 0; i < sizeof(route) / sizeof(route[0]); i++) {
		struct manx_prefix dst;

		if (!route[i].dst || !manx_prefix_parse(route[i].dst, &dst) ||
		    !manx_prefix_contains(&dst, addr))
			continue;
		way->dst = dst;
		way->is_local = route[i].is_local;
		way->protocol = route[i].protocol;
		return 0;
	}
	return manx_fail(err, -ENETUNREACH, "no route");
}

void manxd_log(int priority, const char *fmt, ...)
{
	(void)priority, (void)fmt;
}

/* --- a node --- */

struct node {
	struct fixture *f;
	struct manxd d;
};

static void start(struct node *n)
{
	struct manx_error err = { 0 };

	n->d = (struct manxd){ .store = n->f->store, .state.store = n->f->store };
	strcpy(n->d.node, "n1");
	n->d.ipam = n->d.state.ipam = manx_ipam_cache_new(n->f->store, "n1");
	manxd_quarantine_start(&n->d);
	if (manxd_state_sync(&n->d.state, &err))
		fail_msg("%s", err.text);
}

static void stop(struct node *n)
{
	manxd_state_clear(&n->d.state);
	manx_ipam_cache_free(n->d.ipam);
	manxd_quarantine_stop(&n->d);
}

static int set_up(void **state)
{
	struct node *n = calloc(1, sizeof(*n));

	if (!n || fixture_setup((void **)&n->f))
		return -1;
	memset(route, 0, sizeof(route));
	ipam_pool(n->f->store, "p", "10.0.0.0/28", 28, "");
	start(n);
	*state = n;
	return 0;
}

static int tear_down(void **state)
{
	struct node *n = *state;

	stop(n);
	fixture_teardown((void **)&n->f);
	free(n);
	return 0;
}

/* An address for @handle; @want NULL: any. */
static int give(struct node *n, const char *handle, const char *want, struct manx_ipam_job *job)
{
	char uid[MANX_UID_LEN + 1];
	struct manx_ipam_request req = {
		.node = "n1", .handle = handle, .uid = uid, .use = MANX_USE_WORKLOAD, .want4 = true,
	};

	assert_int_equal(manx_uid_new(uid, NULL), 0);
	if (want)
		manx_addr_parse(want, &req.addr4);
	*job = (struct manx_ipam_job){ .req = &req };
	manx_ipam_assign_batch(n->d.store, n->d.ipam, job, 1);
	return job->ret;
}

static void apply(struct node *n)
{
	struct manx_error err = { 0 };

	if (manxd_state_follow(&n->d.state, &(unsigned int){ 0 }, &err) ||
	    manxd_quarantine_apply(&n->d, &err))
		fail_msg("%s", err.text);
}

/* All that are left are given, but for those of @not. */
static void give_all(struct node *n, size_t count, const char *const *not)
{
	struct manx_ipam_job job;
	char handle[16], text[MANX_ADDR_STRLEN];

	for (size_t i = 0; i <= count; i++) {
		snprintf(handle, sizeof(handle), "h%zu", i);
		if (i == count) {
			assert_int_equal(give(n, handle, NULL, &job), -ENOSPC);
			return;
		}
		if (give(n, handle, NULL, &job))
			fail_msg("%zu: %s", i, job.err.text);
		for (size_t k = 0; not[k]; k++)
			assert_string_not_equal(manx_addr_format(&job.res.addr[0], text), not[k]);
	}
}

static void take_all(struct node *n, size_t count)
{
	char handle[16];

	for (size_t i = 0; i < count; i++) {
		struct manx_ipam_return ret = { .handle = handle };

		snprintf(handle, sizeof(handle), "h%zu", i);
		manx_ipam_release_batch(n->d.store, n->d.ipam, &ret, 1);
		assert_int_equal(ret.ret, 0);
	}
}

static void see(void *ctx, const struct manx_ipam_usage *u)
{
	*(struct manx_ipam_usage *)ctx = *u;
}

static void test_kept(void **state)
{
	static const char *const kept[] = { "10.0.0.3", "10.0.0.5", NULL };
	struct node *n = *state;
	struct manx_ipam_usage usage;
	struct manx_ipam_view *view;
	struct manx_ipam_job job;
	struct manx_ipam_use use;
	struct manx_addr addr;

	route[0].dst = "10.0.0.3/32";
	route[0].protocol = 4;
	route[1].dst = "10.0.0.5/32";
	route[1].is_local = true;
	/* its own routes, and one that is no longer than the block, are no other use */
	route[2].dst = "10.0.0.7/32";
	route[2].protocol = MANXD_ROUTE_PROTOCOL;
	route[3].dst = "10.0.0.0/28";
	route[3].protocol = 2;
	give_all(n, 14, kept);
	assert_true(n->d.todo & MANXD_WORK_QUARANTINE);
	apply(n);
	assert_int_equal(fixture_count(n->f->store, "h/quarantine-n1-10.0.0."), 2);
	ipam_assert_sound(n->f->store);
	assert_int_equal(manx_ipam_view_read(n->f->store, &view, NULL), 0);
	manx_ipam_view_usage(view, false, see, &usage);
	assert_int_equal(usage.used, 14);
	assert_true(usage.reserved == 2);
	manx_addr_parse("10.0.0.3", &addr);
	assert_true(manx_ipam_view_find(view, &addr, &use));
	assert_string_equal(use.note, "node n1 has a route to 10.0.0.3/32 by another way");
	manx_ipam_view_free(view);
	/* who asks for one does not get it either */
	assert_int_equal(give(n, "asks", "10.0.0.5", &job), -EADDRINUSE);
	take_all(n, 14);
	/* what is noted is not asked for again at each ADD */
	lookups = 0;
	give_all(n, 14, kept);
	assert_int_equal(lookups, 14);
}

/* Before it is noted, too. */
static void test_asked_for(void **state)
{
	struct node *n = *state;
	struct manx_ipam_job job;

	route[0].dst = "10.0.0.0/29";
	route[0].protocol = 4;
	assert_int_equal(give(n, "asks", "10.0.0.5", &job), -EADDRINUSE);
	assert_non_null(strstr(job.err.text, "routes it elsewhere"));
	assert_int_equal(give(n, "asks", "10.0.0.9", &job), 0);
}

/* It has a life of its own: over when the route is, also after a restart. */
static void test_over(void **state)
{
	static const char *const none[] = { NULL };
	struct node *n = *state;
	struct manx_ipam_job job;

	route[0].dst = "10.0.0.0/31";
	route[0].protocol = 4;
	give_all(n, 14, none);
	apply(n);
	assert_int_equal(fixture_count(n->f->store, "h/quarantine-n1-"), 2);
	apply(n);
	stop(n);
	start(n);
	apply(n);
	assert_int_equal(fixture_count(n->f->store, "h/quarantine-n1-"), 2);
	route[0].dst = "10.0.0.1/32";
	apply(n);
	assert_int_equal(fixture_count(n->f->store, "h/quarantine-n1-"), 1);
	route[0].dst = NULL;
	apply(n);
	assert_int_equal(fixture_count(n->f->store, "h/quarantine-"), 0);
	assert_int_equal(n->d.n_quarantine, 0);
	ipam_assert_sound(n->f->store);
	assert_int_equal(give(n, "x", NULL, &job), 0);
	assert_int_equal(give(n, "y", NULL, &job), 0);
	assert_int_equal(give(n, "z", NULL, &job), -ENOSPC);
}

/* Somebody got it, because the kernel had no other use for a moment. */
static void test_taken(void **state)
{
	static const char *const none[] = { NULL };
	struct node *n = *state;
	struct manx_ipam_job job;

	route[0].dst = "10.0.0.3/32";
	route[0].protocol = 4;
	give_all(n, 15, none);
	route[0].dst = NULL;
	assert_int_equal(give(n, "late", NULL, &job), 0);
	route[0].dst = "10.0.0.3/32";
	apply(n);
	assert_int_equal(fixture_count(n->f->store, "h/quarantine-"), 0);
	assert_int_equal(n->d.n_quarantine, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_kept), TEST(test_asked_for), TEST(test_over), TEST(test_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
