// SPDX-License-Identifier: GPL-2.0-only
#include "attach.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "attachment.h"
#include "detach.h"
#include "follow.h"
#include "log.h"
#include "mac.h"
#include "names.h"
#include "request.h"
#include "tunnel.h"
#include "wire.h"

/* What CNI calls the kind of failure that an errno is. */
static int cni_code(int rc)
{
	switch (rc) {
	case -EINVAL:		/* the request, or the configuration behind it */
	case -ENOENT:		/* a pool that was asked for */
	case -ENAMETOOLONG:
	case -EEXIST:
		return MANX_CNI_BAD_CONFIG;
	case -ENODEV:
		return MANX_CNI_INTERNAL;
	default:		/* the store, the module, or all addresses in use */
		return MANX_CNI_TRY_LATER;
	}
}

static void fail(struct manxd_conn *conn, int rc, const struct manx_error *err)
{
	manxd_conn_fail(conn, cni_code(rc), err->text);
}

/* False, with an answer, while the copy of the store is not what the store has. */
static bool is_in_sync(const struct manxd *d, struct manxd_conn *conn)
{
	if (d->state.watch)
		return true;
	manxd_conn_fail(conn, MANX_CNI_TRY_LATER,
			"manxd is not in sync with the datastore; see manxctl status");
	return false;
}

/* The endpoint of @handle on this node, NULL if there is none. */
static const struct manxd_entry *find_entry(const struct manxd *d, const char *handle)
{
	struct manxd_entry *const *wep;
	size_t n = manxd_state_weps(&d->state, d->node, &wep);

	for (size_t i = 0; i < n; i++)
		if (!strcmp(wep[i]->wep.handle, handle))
			return wep[i];
	return NULL;
}

/* The node where @handle has an endpoint, NULL if nowhere. */
static const char *find_node(const struct manxd *d, const char *handle)
{
	struct manxd_entry *const *wep;
	size_t n = manxd_state_kind(&d->state, MANX_KIND_WORKLOADENDPOINT, &wep);

	for (size_t i = 0; i < n; i++)
		if (!strcmp(wep[i]->wep.handle, handle))
			return wep[i]->wep.node;
	return NULL;
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

/* --- answers --- */

static bool add_addresses(cJSON *ok, const struct manx_wep *wep)
{
	cJSON *list = cJSON_AddArrayToObject(ok, "addresses");
	char text[MANX_ADDR_STRLEN];

	for (size_t i = 0; list && i < wep->n_addr; i++) {
		struct manx_prefix host = manx_addr_host(&wep->addr[i]);

		if (!cJSON_AddItemToArray(list, cJSON_CreateString(manx_prefix_format(&host, text))))
			return false;
	}
	return list;
}

/* What ADD and CHECK answer; NULL without memory. */
static cJSON *describe(const struct manx_wep *wep, uint32_t mtu)
{
	cJSON *ok = cJSON_CreateObject();
	char alt[MANXD_ALT_NAME_SIZE], mac[MANX_MAC_STRLEN];

	manxd_name_alt(wep->interface, wep->ns, wep->pod, wep->endpoint, wep->handle, alt);
	if (cJSON_AddNumberToObject(ok, "endpointID", wep->id) &&
	    cJSON_AddStringToObject(ok, "linkName", wep->interface) &&
	    cJSON_AddStringToObject(ok, "altName", alt) &&
	    cJSON_AddStringToObject(ok, "mac", manx_mac_format(wep->mac, mac)) &&
	    cJSON_AddNumberToObject(ok, "mtu", mtu) && add_addresses(ok, wep))
		return ok;
	cJSON_Delete(ok);
	return NULL;
}

/* --- ADD --- */

/* While addresses are chosen: the endpoint that goes into their transaction. */
struct filling {
	const struct manxd *d;
	const struct manxd_add *add;
	struct manxd_attachment *a;
	char name[MANXD_WEP_NAME_SIZE];
	uint8_t mac[6];
};

static void describe_wep(const struct filling *f, const struct manx_ipam_result *res,
			 struct manx_wep *wep)
{
	*wep = (struct manx_wep){
		.name = f->name, .ns = f->add->ns, .labels.json = f->add->labels,
		.id = f->a->id, .handle = f->a->handle, .netns = f->add->netns,
		.boot_id = f->d->boot_id, .node = f->d->node,
		.orchestrator = f->add->orchestrator, .pod = f->add->pod,
		.endpoint = f->add->target.ifname, .container_id = f->add->target.container_id,
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

static int assign(struct manxd *d, const struct manxd_add *add, struct filling *f,
		  struct manx_error *err)
{
	const struct manx_ipam_request req = {
		.node = d->node, .handle = add->target.handle, .uid = add->uid,
		.use = MANX_USE_WORKLOAD, .want4 = add->ipv4, .want6 = add->ipv6,
		.pools4 = add->pools4, .pools6 = add->pools6,
	};
	struct manx_ipam_result res;
	const char *node;
	int rc = manx_ipam_assign(d->store, &req, &res, fill_wep, f, err);

	if (rc != -EEXIST)
		return rc;
	/* not on this node, so: on another one, or its endpoint was deleted by hand */
	rc = manxd_follow_store(d, err);
	node = find_node(d, add->target.handle);
	if (!rc && node)
		return manx_fail(err, -EEXIST, "container %s, interface %s, is attached on node %s",
				 add->target.container_id, add->target.ifname, node);
	if (!rc)
		rc = detach(d, NULL, add->target.handle, err);
	return rc ? rc : manx_ipam_assign(d->store, &req, &res, fill_wep, f, err);
}

/* The same attachment once more: refused while it lives, else its rest is removed. */
static int clear_way(struct manxd *d, const struct manxd_add *add, struct manx_error *err)
{
	const struct manxd_entry *entry = find_entry(d, add->target.handle);
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
	snprintf(a->handle, sizeof(a->handle), "%s", f->add->target.handle);
	snprintf(a->uid, sizeof(a->uid), "%s", f->add->uid);
	snprintf(a->wep_key, sizeof(a->wep_key), "e/%s/%s/%s", d->node, f->add->ns, f->name);
	manxd_name_link(d, f->add, a->link);
	LIST_INSERT_HEAD(&d->attachments.open, a, entry);
	conn->attachment = a;
	return a;
}

static int begin(struct manxd *d, struct manxd_conn *conn, const struct manxd_add *add,
		 struct manx_error *err)
{
	struct filling f = { .d = d, .add = add };
	const struct manxd_entry *entry;
	int rc = clear_way(d, add, err);

	if (!rc)
		rc = new_mac(f.mac, err);
	if (rc)
		return rc;
	manxd_name_wep(d, add, f.name);
	f.a = new_attachment(d, conn, &f);
	if (!f.a)
		return manx_fail(err, -ENOMEM, "out of memory");
	rc = assign(d, add, &f, err);
	if (!rc)
		rc = manxd_follow_store(d, err);
	if (rc)
		return rc;
	entry = find_entry(d, add->target.handle);
	if (!entry)
		return manx_fail(err, -EAGAIN, "endpoint %s vanished from the datastore", f.name);
	manxd_conn_ok_when_loaded(conn, describe(&entry->wep, add->mtu ? add->mtu :
						 manxd_tunnel_endpoint_mtu(d)));
	return 0;
}

void manxd_attach_add(struct manxd *d, struct manxd_conn *conn, const cJSON *msg)
{
	struct manx_error err = { 0 };
	struct manxd_add add;
	int rc;

	if (!is_in_sync(d, conn))
		return;
	rc = manxd_add_decode(msg, &add, &err);
	if (!rc && conn->attachment)
		rc = manx_fail(&err, -EINVAL, "one ADD a connection");
	else if (!rc)
		rc = begin(d, conn, &add, &err);
	if (rc) {
		fail(conn, rc, &err);
		manxd_attach_undo(d, conn);
	}
	manxd_add_clear(&add);
}

/* --- done, undo --- */

static void forget(struct manxd_attachment *a)
{
	a->conn->attachment = NULL;
	LIST_REMOVE(a, entry);
	free(a);
}

static int finish(struct manxd *d, const struct manxd_attachment *a, struct manx_error *err)
{
	const struct manxd_entry *entry = find_entry(d, a->handle);
	const struct manx_link *link;
	int rc = manxd_follow_links(d, err);

	if (rc)
		return rc;
	if (!entry)
		return manx_fail(err, -ENODEV, "endpoint %s was deleted during ADD", a->wep_key);
	link = manxd_links_endpoint(&d->links, a->id);
	if (!link)
		return manx_fail(err, -ENODEV, "no link carries endpoint %u", a->id);
	return manxd_wire(d, &entry->wep, link, err);
}

void manxd_attach_done(struct manxd *d, struct manxd_conn *conn, const cJSON *msg)
{
	struct manx_error err = { 0 };
	int rc;

	(void)msg;
	if (!is_in_sync(d, conn))
		return;
	if (!conn->attachment || conn->waiting) {
		manxd_conn_fail(conn, MANX_CNI_BAD_CONFIG, "done without an ADD that was answered");
		return;
	}
	rc = finish(d, conn->attachment, &err);
	if (rc) {
		fail(conn, rc, &err);
		manxd_attach_undo(d, conn);
		return;
	}
	manxd_log(LOG_INFO, "attached %s as endpoint %u", conn->attachment->handle,
		  conn->attachment->id);
	forget(conn->attachment);
	manxd_conn_ok(conn, cJSON_CreateObject());
}

void manxd_attach_undo(struct manxd *d, struct manxd_conn *conn)
{
	struct manxd_attachment *a = conn->attachment;
	struct manx_error err;

	if (!a)
		return;
	manxd_log(LOG_NOTICE, "ADD of %s was not finished: undoing it", a->handle);
	if (manxd_detach(d, &(struct manxd_detachment){ a->id, a->handle, a->uid, a->wep_key },
			 &err))
		manxd_log(LOG_WARNING, "cannot undo ADD of %s yet: %s", a->handle, err.text);
	forget(a);
}

/* --- DEL, CHECK --- */

static int delete(struct manxd *d, const struct manxd_target *target, struct manx_error *err)
{
	struct manxd_attachment *open = manxd_attachment_by_handle(d, target->handle);
	const struct manxd_entry *entry;

	if (open) {
		struct manxd_conn *conn = open->conn;

		manxd_attach_undo(d, conn);
		manxd_conn_shut(conn);
	}
	entry = find_entry(d, target->handle);
	/* without one: addresses whose endpoint was deleted by hand, but never another node's */
	if (!entry && find_node(d, target->handle))
		return 0;
	return detach(d, entry, target->handle, err);
}

void manxd_attach_del(struct manxd *d, struct manxd_conn *conn, const cJSON *msg)
{
	struct manx_error err = { 0 };
	struct manxd_target target;
	int rc;

	if (!is_in_sync(d, conn))
		return;
	rc = manxd_target_decode(msg, &target, &err);
	if (!rc)
		rc = delete(d, &target, &err);
	if (rc) {
		fail(conn, rc, &err);
		return;
	}
	manxd_log(LOG_INFO, "detached %s", target.handle);
	manxd_conn_ok_when_loaded(conn, cJSON_CreateObject());
}

/* The kernel's part of an endpoint: a link that is up, and a chain behind it. */
static int check_kernel(struct manxd *d, const struct manx_wep *wep,
			const struct manx_link **link, struct manx_error *err)
{
	struct manx_dp_endpoint *ep;
	size_t n;
	int rc = manxd_follow_links(d, err);

	if (!rc && !d->dp)
		rc = manx_fail(err, -EAGAIN, "%s", d->last_error.text);
	if (!rc)
		rc = manx_dp_read_endpoints(d->dp, wep->id, &ep, &n, err);
	if (rc)
		return rc;
	manx_dp_endpoints_free(ep, n);
	*link = manxd_links_endpoint(&d->links, wep->id);
	if (!*link)
		return manx_fail(err, -ENODEV, "no link carries endpoint %u", wep->id);
	if (!(*link)->up)
		return manx_fail(err, -ENODEV, "link %s is down", (*link)->name);
	if (!n)
		return manx_fail(err, -ENODEV, "the module does not know endpoint %u", wep->id);
	return 0;
}

void manxd_attach_check(struct manxd *d, struct manxd_conn *conn, const cJSON *msg)
{
	struct manx_error err = { 0 };
	struct manxd_target target;
	const struct manx_link *link;
	const struct manxd_entry *entry;
	cJSON *ok;
	int rc;

	if (!is_in_sync(d, conn))
		return;
	rc = manxd_target_decode(msg, &target, &err);
	entry = rc ? NULL : find_entry(d, target.handle);
	if (!rc && !entry) {
		manxd_conn_fail(conn, MANX_CNI_UNKNOWN_CONTAINER, "there is no such attachment");
		return;
	}
	if (!rc)
		rc = check_kernel(d, &entry->wep, &link, &err);
	if (rc) {
		fail(conn, rc, &err);
		return;
	}
	ok = describe(&entry->wep, link->mtu);
	if (!cJSON_AddStringToObject(ok, "netnsCookie", entry->wep.netns)) {
		cJSON_Delete(ok);
		ok = NULL;
	}
	manxd_conn_ok(conn, ok);
}
