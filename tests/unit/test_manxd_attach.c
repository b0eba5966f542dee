// SPDX-License-Identifier: GPL-2.0-only
/*
 * manxd's ADD and DEL from message to answer, with a real datastore and a kernel
 * that does what it is told: many at a time, and those that end before they began.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../tools/manxd/attach.h"
#include "../../tools/manxd/attachment.h"
#include "../../tools/manxd/conn.h"
#include "../../tools/manxd/manxd.h"
#include "ipam_fixture.h"

/* More than are done at a time. */
#define MANY 100

/* --- the kernel: links.c, wire.c, tunnel.c --- */

static struct manx_link links[2000];	/* of each endpoint; index 0: none */
static int unwired;

int manxd_links_follow(struct manxd_links *l, unsigned int *changed, struct manx_error *err)
{
	(void)l, (void)changed, (void)err;
	return 0;
}

const struct manx_link *manxd_links_endpoint(const struct manxd_links *l, uint32_t id)
{
	(void)l;
	return links[id].index ? &links[id] : NULL;
}

const struct manx_link *manxd_links_name(const struct manxd_links *l, const char *name)
{
	(void)l, (void)name;
	return NULL;
}

int manxd_wire(struct manxd *d, const struct manx_wep *wep, const struct manx_link *link,
	       struct manx_error *err)
{
	(void)d, (void)wep, (void)link, (void)err;
	return 0;
}

int manxd_unwire(struct manxd *d, uint32_t id, struct manx_error *err)
{
	(void)d, (void)err;
	unwired += links[id].index != 0;
	links[id].index = 0;
	return 0;
}

uint32_t manxd_tunnel_endpoint_mtu(const struct manxd *d)
{
	(void)d;
	return 1480;
}

void manxd_log(int priority, const char *fmt, ...)
{
	(void)priority, (void)fmt;
}

/* --- one node --- */

/**
 * struct node - manxd without its loop
 * @peer: the plugins' ends of the connections
 */
struct node {
	struct fixture *f;
	struct manxd d;
	struct manxd_conn conn[MANY];
	int peer[MANY];
};

static int set_up(void **state)
{
	struct node *n = calloc(1, sizeof(*n));
	struct manx_error err = { 0 };

	if (!n || fixture_setup((void **)&n->f))
		return -1;
	memset(links, 0, sizeof(links));
	strcpy(n->d.node, "n1");
	strcpy(n->d.boot_id, "boot");
	n->d.store = n->d.state.store = n->f->store;
	n->d.ipam = n->d.state.ipam = manx_ipam_cache_new(n->f->store, "n1");
	ipam_pool(n->f->store, "p", "10.0.0.0/16", 26, "");
	if (manxd_state_sync(&n->d.state, &err))
		fail_msg("%s", err.text);
	for (int i = 0; i < MANY; i++) {
		int fd[2];

		assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fd), 0);
		n->conn[i].io.fd = fd[0];
		n->peer[i] = fd[1];
	}
	*state = n;
	return 0;
}

static int tear_down(void **state)
{
	struct node *n = *state;

	for (int i = 0; i < MANY; i++) {
		manxd_attach_close(&n->d, &n->conn[i]);
		cJSON_Delete(n->conn[i].waiting);
		close(n->conn[i].io.fd);
		close(n->peer[i]);
	}
	manxd_attach_run(&n->d);
	manxd_state_clear(&n->d.state);
	manx_ipam_cache_free(n->d.ipam);
	fixture_teardown((void **)&n->f);
	free(n);
	return 0;
}

/* Of the next ADDs: text after the other members. */
static const char *more = "";

/* @op of container @id on connection @i, from pod @pod. */
static void ask(struct node *n, int i, const char *op, int id, const char *pod)
{
	char text[600], uid[MANX_UID_LEN + 1];
	cJSON *msg;

	assert_int_equal(manx_uid_new(uid, NULL), 0);
	snprintf(text, sizeof(text),
		 "{\"network\":\"net\",\"containerID\":\"c%d\",\"ifname\":\"eth0\",\"uid\":\"%s\","
		 "\"netnsCookie\":\"%d\",\"namespace\":\"ns\",\"pod\":\"%s\",\"orchestrator\":\"k8s\","
		 "\"ipv4\":true,\"mtu\":0%s}", id, uid, id + 1, pod, more);
	msg = cJSON_Parse(text);
	if (!strcmp(op, "add"))
		manxd_attach_add(&n->d, &n->conn[i], msg);
	else
		manxd_attach_del(&n->d, &n->conn[i], msg);
	cJSON_Delete(msg);
}

static void settle(struct node *n)
{
	manxd_attach_run(&n->d);
	for (int i = 0; i < MANY; i++)
		manxd_conn_release(&n->conn[i], NULL);
}

/* The answer on connection @i: code 0 and *address (may be NULL), or its error. */
static int answer(struct node *n, int i, char *address)
{
	char text[2000];
	ssize_t size = recv(n->peer[i], text, sizeof(text) - 1, MSG_DONTWAIT);
	cJSON *msg;
	int code = 0;

	if (size <= 0)
		return -1;
	text[size] = '\0';
	msg = cJSON_Parse(text);
	if (cJSON_GetObjectItem(msg, "error"))
		code = cJSON_GetObjectItem(cJSON_GetObjectItem(msg, "error"), "code")->valueint;
	else if (address)
		strcpy(address, cJSON_GetObjectItem(cJSON_GetObjectItem(msg, "ok"),
						    "addresses")->child->valuestring);
	cJSON_Delete(msg);
	return code;
}

/* What the plugin does then; the ADD is done. */
static void finish(struct node *n, int i)
{
	links[n->conn[i].attachment->id].index = 1;
	manxd_attach_done(&n->d, &n->conn[i], NULL);
	assert_int_equal(answer(n, i, NULL), 0);
	assert_null(n->conn[i].attachment);
}

static void test_many(void **state)
{
	struct node *n = *state;
	const struct manx_ipam_counts *counts = manx_ipam_cache_counts(n->d.ipam);
	char pod[16], address[64];

	for (int i = 0; i < MANY; i++) {
		snprintf(pod, sizeof(pod), "pod-%d", i);
		ask(n, i, "add", i, pod);
		assert_int_equal(answer(n, i, NULL), -1);
	}
	settle(n);
	assert_int_equal(counts->commits, 3);
	assert_int_equal(counts->conflicts, 0);
	for (int i = 0; i < MANY; i++) {
		assert_int_equal(answer(n, i, address), 0);
		finish(n, i);
	}
	assert_int_equal(fixture_count(n->f->store, "e/n1/ns/"), MANY);
	ipam_assert_sound(n->f->store);
	unwired = 0;
	for (int i = 0; i < MANY; i++)
		ask(n, i, "del", i, "");
	settle(n);
	for (int i = 0; i < MANY; i++)
		assert_int_equal(answer(n, i, NULL), 0);
	assert_int_equal(counts->commits, 7);
	assert_int_equal(unwired, MANY);
	assert_int_equal(fixture_count(n->f->store, "e/"), 0);
	assert_int_equal(fixture_count(n->f->store, "a/"), 0);
}

/* One handle twice, one pod twice, ADD after DEL, DEL after ADD: all in one round. */
static void test_same(void **state)
{
	struct node *n = *state;

	ask(n, 0, "add", 0, "pod");
	ask(n, 1, "add", 0, "pod");
	assert_int_equal(answer(n, 1, NULL), MANX_CNI_TRY_LATER);
	ask(n, 2, "add", 2, "pod");
	settle(n);
	assert_int_equal(answer(n, 0, NULL), 0);
	assert_int_equal(answer(n, 2, NULL), 0);
	finish(n, 0);
	finish(n, 2);
	assert_int_equal(fixture_count(n->f->store, "e/n1/ns/"), 2);

	ask(n, 3, "del", 0, "");
	ask(n, 4, "add", 0, "pod");
	settle(n);
	assert_int_equal(answer(n, 3, NULL), 0);
	assert_int_equal(answer(n, 4, NULL), 0);
	finish(n, 4);

	ask(n, 5, "add", 5, "other");
	ask(n, 6, "del", 5, "");
	settle(n);
	assert_int_equal(answer(n, 6, NULL), 0);
	assert_int_equal(answer(n, 5, NULL), -1);
	assert_int_equal(fixture_count(n->f->store, "h/"), 2);
	ipam_assert_sound(n->f->store);
}

/* Who asked is gone before, and after, it was done. */
static void test_gone(void **state)
{
	struct node *n = *state;

	ask(n, 0, "add", 0, "pod");
	manxd_attach_close(&n->d, &n->conn[0]);
	settle(n);
	assert_int_equal(fixture_count(n->f->store, "h/"), 0);
	ask(n, 1, "add", 1, "pod");
	settle(n);
	assert_int_equal(answer(n, 1, NULL), 0);
	assert_int_equal(fixture_count(n->f->store, "h/"), 1);
	manxd_attach_close(&n->d, &n->conn[1]);
	assert_int_equal(fixture_count(n->f->store, "h/"), 0);
	ask(n, 2, "add", 2, "pod");
	settle(n);
	assert_int_equal(answer(n, 2, NULL), 0);
	finish(n, 2);
	ask(n, 3, "del", 2, "");
	manxd_attach_close(&n->d, &n->conn[3]);
	settle(n);
	assert_int_equal(fixture_count(n->f->store, "h/"), 0);
}

/* The copy of the store is lost when they are queued: they are answered, and not done. */
static void test_lost(void **state)
{
	struct node *n = *state;

	ask(n, 0, "add", 0, "pod");
	settle(n);
	assert_int_equal(answer(n, 0, NULL), 0);
	finish(n, 0);
	ask(n, 1, "del", 0, "");
	ask(n, 2, "add", 2, "pod");
	n->d.todo = 0;
	manx_watch_close(n->d.state.watch);
	n->d.state.watch = NULL;
	settle(n);
	assert_int_equal(answer(n, 1, NULL), MANX_CNI_TRY_LATER);
	assert_int_equal(answer(n, 2, NULL), MANX_CNI_TRY_LATER);
	assert_int_equal(n->d.todo, MANXD_WORK_REAP);
	assert_null(n->conn[2].attachment);
	assert_int_equal(fixture_count(n->f->store, "h/"), 1);
}

/* Each is answered for itself. */
static void test_refused(void **state)
{
	struct node *n = *state;

	ipam_assign(n->f->store, "n2", "net.c1.eth0", 4);
	fixture_put(n->f->store, "e/n2/ns/x",
		    "{\"apiVersion\":\"projectcalico.org/v3\",\"kind\":\"WorkloadEndpoint\",\"metadata\":"
		    "{\"name\":\"x\",\"namespace\":\"ns\",\"annotations\":{\"manx.io/handle\":\"net.c1.eth0\"}},"
		    "\"spec\":{\"node\":\"n2\",\"orchestrator\":\"cni\",\"endpoint\":\"eth0\","
		    "\"containerID\":\"c1\",\"interfaceName\":\"x\",\"ipNetworks\":[\"10.0.0.1/32\"]}}");
	for (int i = 0; i < 4; i++) {
		char pod[16];

		snprintf(pod, sizeof(pod), "pod-%d", i);
		ask(n, i, "add", i, pod);
	}
	settle(n);
	for (int i = 0; i < 4; i++)
		assert_int_equal(answer(n, i, NULL), i == 1 ? MANX_CNI_BAD_CONFIG : 0);
	assert_int_equal(fixture_count(n->f->store, "e/n1/"), 3);
	/* addresses whose endpoint was deleted by hand are given back, and given anew */
	ipam_assign(n->f->store, "n1", "net.c9.eth0", 4);
	ask(n, 9, "add", 9, "pod-9");
	settle(n);
	assert_int_equal(answer(n, 9, NULL), 0);
	assert_int_equal(fixture_count(n->f->store, "e/n1/"), 4);
}

/* The address of a sandbox of the same pod, alive and dead, here and elsewhere. */
static void test_requested(void **state)
{
	struct node *n = *state;
	char address[64];

	more = ",\"addresses\":[\"10.0.3.9\"]";
	ask(n, 0, "add", 0, "pod");
	settle(n);
	assert_int_equal(answer(n, 0, address), 0);
	assert_string_equal(address, "10.0.3.9/32");
	/* its ADD is going on */
	ask(n, 1, "add", 1, "pod");
	ask(n, 2, "add", 2, "other");
	settle(n);
	assert_int_equal(answer(n, 1, NULL), MANX_CNI_TRY_LATER);
	assert_int_equal(answer(n, 2, NULL), MANX_CNI_BAD_CONFIG);
	finish(n, 0);
	/* it lives */
	ask(n, 3, "add", 3, "pod");
	settle(n);
	assert_int_equal(answer(n, 3, NULL), MANX_CNI_TRY_LATER);
	/* its link is gone: it moves */
	memset(links, 0, sizeof(links));
	ask(n, 4, "add", 4, "other");
	ask(n, 5, "add", 5, "pod");
	settle(n);
	assert_int_equal(answer(n, 4, NULL), MANX_CNI_BAD_CONFIG);
	assert_int_equal(answer(n, 5, address), 0);
	assert_string_equal(address, "10.0.3.9/32");
	finish(n, 5);
	assert_int_equal(fixture_count(n->f->store, "e/"), 1);
	assert_int_equal(fixture_count(n->f->store, "h/"), 1);
	ipam_assert_sound(n->f->store);
	ask(n, 6, "del", 5, "");
	settle(n);
	more = "";
}

/* One of another node is that node's to release. */
static void test_requested_elsewhere(void **state)
{
	struct node *n = *state;
	char address[64], want[200];

	snprintf(address, sizeof(address), "%s", ipam_assign(n->f->store, "n2", "net.c7.eth0", 4));
	fixture_put(n->f->store, "e/n2/ns/x",
		    "{\"apiVersion\":\"projectcalico.org/v3\",\"kind\":\"WorkloadEndpoint\",\"metadata\":"
		    "{\"name\":\"x\",\"namespace\":\"ns\",\"annotations\":{\"manx.io/handle\":\"net.c7.eth0\","
		    "\"manx.io/endpoint-id\":\"7\"}},"
		    "\"spec\":{\"node\":\"n2\",\"orchestrator\":\"k8s\",\"endpoint\":\"eth0\",\"pod\":\"pod\","
		    "\"containerID\":\"c7\",\"interfaceName\":\"x\",\"ipNetworks\":[\"10.0.0.1/32\"]}}");
	fixture_put(n->f->store, "h/net.c7.eth0", NULL);
	snprintf(want, sizeof(want), "{\"uid\":\"0123456789abcdef0123456789abcdef\",\"node\":\"n2\","
		 "\"addresses\":[\"%s\"],\"endpoint\":\"e/n2/ns/x\"}", address);
	fixture_put(n->f->store, "h/net.c7.eth0", want);
	snprintf(want, sizeof(want), ",\"addresses\":[\"%s\"]", address);
	more = want;
	ask(n, 0, "add", 0, "pod");
	ask(n, 1, "add", 1, "other");
	settle(n);
	assert_int_equal(answer(n, 0, NULL), MANX_CNI_TRY_LATER);
	assert_int_equal(answer(n, 1, NULL), MANX_CNI_BAD_CONFIG);
	more = "";
}

/* What is no address, of no family that is asked for, or one too many. */
static void test_requested_wrong(void **state)
{
	static const char *const wrong[] = {
		",\"addresses\":[\"10.0.0\"]", ",\"addresses\":[\"10.0.0.1\",\"10.0.0.2\"]",
		",\"addresses\":[\"fd00::1\"]", ",\"addresses\":\"10.0.0.1\"",
		",\"addresses\":[\"192.0.2.1\"]",
	};
	struct node *n = *state;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		more = wrong[i];
		ask(n, (int)i, "add", (int)i, "pod");
		settle(n);
		assert_int_equal(answer(n, (int)i, NULL), MANX_CNI_BAD_CONFIG);
	}
	more = "";
	assert_int_equal(fixture_count(n->f->store, "h/"), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_many),
		TEST(test_same),
		TEST(test_gone),
		TEST(test_lost),
		TEST(test_refused),
		TEST(test_requested),
		TEST(test_requested_elsewhere),
		TEST(test_requested_wrong),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
