// SPDX-License-Identifier: GPL-2.0-only
/*
 * ADD: those that one round of events brought get their addresses together, in one
 * transaction for many, and are answered when the module has their chains.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/random.h>

#include "attach_internal.h"
#include "detach.h"
#include "follow.h"
#include "ipam.h"
#include "log.h"
#include "names.h"
#include "request.h"
#include "tunnel.h"

/* Those that wait for one answer of the store's watch: two transactions. */
#define TOGETHER 64

/**
 * struct filling - an ADD that waits for addresses
 * @msg: what @add borrows from; owned
 * @a: its attachment, whose connection waits
 * @name: of the endpoint that goes into the transaction of the addresses
 */
struct filling {
	STAILQ_ENTRY(filling) entry;
	const struct manxd *d;
	cJSON *msg;
	struct manxd_add add;
	struct manxd_attachment *a;
	char name[MANXD_WEP_NAME_SIZE];
	uint8_t mac[6];
};

static STAILQ_HEAD(, filling) queue = STAILQ_HEAD_INITIALIZER(queue);

static void free_filling(struct filling *f)
{
	if (!f)
		return;
	manxd_add_clear(&f->add);
	cJSON_Delete(f->msg);
	free(f);
}

void manxd_add_forget(struct manxd_attachment *a)
{
	struct filling *f;

	STAILQ_FOREACH(f, &queue, entry)
		if (f->a == a)
			break;
	if (!f)
		return;
	STAILQ_REMOVE(&queue, f, filling, entry);
	a->conn->queued = false;
	free_filling(f);
}

static void describe_wep(const struct filling *f, const struct manx_ipam_result *res,
			 struct manx_wep *wep)
{
	*wep = (struct manx_wep){
		.name = f->name, .ns = f->add.ns, .labels.json = f->add.labels,
		.id = f->a->id, .handle = f->a->handle, .netns = f->add.netns,
		.boot_id = f->d->boot_id, .node = f->d->node,
		.orchestrator = f->add.orchestrator, .pod = f->add.pod,
		.endpoint = f->add.target.ifname, .container_id = f->add.target.container_id,
		.interface = f->a->link, .n_addr = res->n,
	};
	memcpy(wep->addr, res->addr, res->n * sizeof(*res->addr));
	memcpy(wep->mac, f->mac, sizeof(wep->mac));
}

static int fill_wep(void *ctx, const struct manx_ipam_result *res, struct manx_txn *txn,
		    const char **endpoint_key, struct manx_error *err)
{
	struct filling *f = ctx;
	struct manx_resource r;
	struct manx_wep wep;
	char *value;
	int rc;

	describe_wep(f, res, &wep);
	rc = manx_wep_encode(&wep, &r, err);
	if (rc)
		return rc;
	value = manx_resource_to_store(&r);
	manx_resource_clear(&r);
	if (!value)
		return manx_fail(err, -ENOMEM, "out of memory for the endpoint");
	manx_txn_guard_absent(txn, f->a->wep_key);
	manx_txn_put(txn, f->a->wep_key, value);
	free(value);
	*endpoint_key = f->a->wep_key;
	return 0;
}

/* A random unicast address of the locally administered kind. */
static int new_mac(uint8_t mac[6], struct manx_error *err)
{
	if (getrandom(mac, 6, 0) != 6)
		return manx_fail_errno(err, -errno, "cannot choose a MAC address");
	mac[0] = (mac[0] & 0xfc) | 0x02;
	return 0;
}

/* @entry may be NULL: then only what @handle holds. */
static int detach(struct manxd *d, const struct manxd_entry *entry, const char *handle,
		  struct manx_error *err)
{
	const struct manxd_detachment what = {
		.id = entry ? entry->wep.id : 0,
		.handle = handle,
		.wep_key = entry ? entry->key : NULL,
	};

	return manxd_detach(d, &what, err);
}

/* The same attachment once more: refused while it lives, else its rest is removed. */
static int clear_way(struct manxd *d, const struct manxd_add *add, struct manx_error *err)
{
	const struct manxd_entry *entry = manxd_attach_entry(d, add->target.handle);
	int rc;

	if (manxd_attachment_by_handle(d, add->target.handle))
		return manx_fail(err, -EBUSY, "another ADD of container %s, interface %s, is going on",
				 add->target.container_id, add->target.ifname);
	if (!entry)
		return 0;
	rc = manxd_follow_links(d, err);
	if (rc)
		return rc;
	if (manxd_links_endpoint(&d->links, entry->wep.id) &&
	    !strcmp(entry->wep.netns, add->netns))
		return manx_fail(err, -EEXIST,
				 "container %s, interface %s, is attached already: DEL it first",
				 add->target.container_id, add->target.ifname);
	return detach(d, entry, add->target.handle, err);
}

static struct manxd_attachment *new_attachment(struct manxd *d, struct manxd_conn *conn,
					       const struct filling *f)
{
	struct manxd_attachment *a = calloc(1, sizeof(*a));

	if (!a)
		return NULL;
	a->conn = conn;
	a->id = manxd_attachment_new_id(d);
	snprintf(a->handle, sizeof(a->handle), "%s", f->add.target.handle);
	snprintf(a->uid, sizeof(a->uid), "%s", f->add.uid);
	snprintf(a->wep_key, sizeof(a->wep_key), "e/%s/%s/%s", d->node, f->add.ns, f->name);
	manxd_name_link(d, &f->add, a->link);
	LIST_INSERT_HEAD(&d->attachments.open, a, entry);
	conn->attachment = a;
	return a;
}

/* Everything that can be refused without asking for addresses is. */
static int prepare(struct manxd *d, struct manxd_conn *conn, struct filling *f,
		   struct manx_error *err)
{
	int rc = manxd_add_decode(f->msg, &f->add, err);

	if (!rc && conn->attachment)
		rc = manx_fail(err, -EINVAL, "one ADD a connection");
	if (rc)
		return rc;
	/* what was asked for first is done first */
	if (manxd_del_is_queued(d, f->add.target.handle))
		manxd_del_run(d);
	rc = clear_way(d, &f->add, err);
	if (!rc)
		rc = new_mac(f->mac, err);
	if (rc)
		return rc;
	manxd_name_wep(d, &f->add, f->name);
	f->a = new_attachment(d, conn, f);
	return f->a ? 0 : manx_fail(err, -ENOMEM, "out of memory");
}

void manxd_attach_add(struct manxd *d, struct manxd_conn *conn, const cJSON *msg)
{
	struct manx_error err = { 0 };
	struct filling *f;
	int rc;

	if (!manxd_attach_in_sync(d, conn))
		return;
	f = calloc(1, sizeof(*f));
	if (f)
		f->msg = cJSON_Duplicate(msg, true);
	if (f && f->msg) {
		f->d = d;
		rc = prepare(d, conn, f, &err);
	} else {
		rc = manx_fail(&err, -ENOMEM, "out of memory");
	}
	if (rc) {
		manxd_attach_fail(conn, rc, &err);
		free_filling(f);
		return;
	}
	f->a->queued = true;
	conn->queued = true;
	STAILQ_INSERT_TAIL(&queue, f, entry);
}

/*
 * Somebody has the address that is asked for: see struct manx_ipam_request. Whether an
 * endpoint of another node lives is for that node to say, which releases it if not.
 */
static int judge_holder(void *ctx, const struct manx_kv *endpoint)
{
	const struct filling *f = ctx;
	struct manx_resource r;
	struct manx_wep wep;
	int verdict = -1;

	if (!*f->add.pod || manx_resource_from_store(manx_kind(MANX_KIND_WORKLOADENDPOINT), endpoint->key,
						     endpoint->value, &r, NULL))
		return -1;
	if (!manx_wep_decode(&r, &wep, NULL) && !strcmp(wep.ns, f->add.ns) &&
	    !strcmp(wep.pod, f->add.pod) && !strcmp(wep.orchestrator, f->add.orchestrator))
		verdict = !strcmp(wep.node, f->d->node) && manxd_detach_is_dead(f->d, &wep);
	manx_resource_clear(&r);
	return verdict;
}

static struct manx_ipam_request request(struct filling *f)
{
	return (struct manx_ipam_request){
		.node = f->d->node, .handle = f->add.target.handle, .uid = f->add.uid,
		.use = MANX_USE_WORKLOAD, .want4 = f->add.ipv4, .want6 = f->add.ipv6,
		.pools4 = f->add.pools4, .pools6 = f->add.pools6, .ns = f->add.ns,
		.addr4 = f->add.addr4, .addr6 = f->add.addr6, .is_dead = judge_holder, .ctx = f,
	};
}

/*
 * The handle has addresses, but no endpoint on this node: it is on another one, or
 * its endpoint was deleted by hand.
 */
static void assign_again(struct manxd *d, struct manx_ipam_job *job, const struct filling *f)
{
	const struct manxd_target *target = &f->add.target;
	const char *node;

	job->ret = manxd_follow_store(d, &job->err);
	node = manxd_attach_node(d, target->handle);
	if (!job->ret && node)
		job->ret = manx_fail(&job->err, -EEXIST,
				     "container %s, interface %s, is attached on node %s",
				     target->container_id, target->ifname, node);
	if (!job->ret)
		job->ret = detach(d, NULL, target->handle, &job->err);
	if (!job->ret)
		manx_ipam_assign_batch(d->store, d->ipam, job, 1);
}

static int answer(struct manxd *d, const struct filling *f, struct manx_error *err)
{
	const struct manxd_entry *entry = manxd_attach_entry(d, f->add.target.handle);
	uint32_t mtu = f->add.mtu ? f->add.mtu : manxd_tunnel_endpoint_mtu(d);

	if (!entry)
		return manx_fail(err, -EAGAIN, "endpoint %s vanished from the datastore", f->name);
	manxd_conn_ok_when_loaded(f->a->conn, manxd_attach_describe(&entry->wep, mtu));
	return 0;
}

/* @job is over; the store was followed since, with @followed. */
static void finish_add(struct manxd *d, struct filling *f, struct manx_ipam_job *job, int followed,
		       const struct manx_error *err)
{
	struct manxd_conn *conn = f->a->conn;
	int rc = job->ret;

	f->a->queued = false;
	conn->queued = false;
	if (!rc && followed) {
		rc = followed;
		job->err = *err;
	}
	if (!rc)
		rc = answer(d, f, &job->err);
	if (rc) {
		manxd_attach_fail(conn, rc, &job->err);
		manxd_attach_undo(d, conn);
	}
	free_filling(f);
}

static void run_jobs(struct manxd *d, struct filling **f, size_t n)
{
	static struct manx_ipam_request req[TOGETHER];
	static struct manx_ipam_job job[TOGETHER];
	struct manx_error err = { 0 };
	int followed;

	for (size_t i = 0; i < n; i++) {
		req[i] = request(f[i]);
		job[i] = (struct manx_ipam_job){ .req = &req[i], .fill = fill_wep, .ctx = f[i] };
	}
	manx_ipam_assign_batch(d->store, d->ipam, job, n);
	for (size_t i = 0; i < n; i++)
		if (job[i].ret == -EEXIST)
			assign_again(d, &job[i], f[i]);
	d->ahead = true;
	followed = manxd_follow_store(d, &err);
	for (size_t i = 0; i < n; i++)
		finish_add(d, f[i], &job[i], followed, &err);
}

void manxd_add_run(struct manxd *d)
{
	struct filling *next;

	while ((next = STAILQ_FIRST(&queue))) {
		struct filling *f[TOGETHER];
		size_t n = 0;

		if (!manxd_attach_in_sync(d, next->a->conn)) {
			manxd_attach_undo(d, next->a->conn);
			continue;
		}
		for (; n < TOGETHER && (next = STAILQ_FIRST(&queue)); n++) {
			STAILQ_REMOVE_HEAD(&queue, entry);
			f[n] = next;
		}
		run_jobs(d, f, n);
	}
}
