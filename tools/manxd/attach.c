// SPDX-License-Identifier: GPL-2.0-only
/*
 * What requests about attachments share; done, undo and CHECK. For ADD and DEL, of
 * which many are done together, see attach_add.c and attach_del.c.
 */
#include "attach.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "attach_internal.h"
#include "attachment.h"
#include "detach.h"
#include "follow.h"
#include "log.h"
#include "mac.h"
#include "names.h"
#include "request.h"
#include "wire.h"

/* What CNI calls the kind of failure that an errno is. */
static int cni_code(int rc)
{
	switch (rc) {
	case -EINVAL:		/* the request, or the configuration behind it */
	case -ENOENT:		/* a pool that was asked for */
	case -ENAMETOOLONG:
	case -EEXIST:
	case -EADDRINUSE:	/* an address that was asked for */
	case -EADDRNOTAVAIL:
		return MANX_CNI_BAD_CONFIG;
	case -ENODEV:
		return MANX_CNI_INTERNAL;
	default:		/* the store, the module, or all addresses in use */
		return MANX_CNI_TRY_LATER;
	}
}

void manxd_attach_fail(struct manxd_conn *conn, int rc, const struct manx_error *err)
{
	manxd_conn_fail(conn, cni_code(rc), err->text);
}

bool manxd_attach_in_sync(const struct manxd *d, struct manxd_conn *conn)
{
	if (d->state.watch)
		return true;
	manxd_conn_fail(conn, MANX_CNI_TRY_LATER,
			MANXD_NOT_IN_SYNC);
	return false;
}

const struct manxd_entry *manxd_attach_entry(const struct manxd *d, const char *handle)
{
	struct manxd_entry *const *wep;
	size_t n = manxd_state_weps(&d->state, d->node, &wep);

	for (size_t i = 0; i < n; i++)
		if (!strcmp(wep[i]->wep.handle, handle))
			return wep[i];
	return NULL;
}

const char *manxd_attach_node(const struct manxd *d, const char *handle)
{
	struct manxd_entry *const *wep;
	size_t n = manxd_state_kind(&d->state, MANX_KIND_WORKLOADENDPOINT, &wep);

	for (size_t i = 0; i < n; i++)
		if (!strcmp(wep[i]->wep.handle, handle))
			return wep[i]->wep.node;
	return NULL;
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

cJSON *manxd_attach_describe(const struct manx_wep *wep, uint32_t mtu)
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

/* --- done, undo --- */

static void forget(struct manxd_attachment *a)
{
	a->conn->attachment = NULL;
	LIST_REMOVE(a, entry);
	free(a);
}

static int finish(struct manxd *d, const struct manxd_attachment *a, struct manx_error *err)
{
	const struct manxd_entry *entry = manxd_attach_entry(d, a->handle);
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
	if (!manxd_attach_in_sync(d, conn))
		return;
	if (!conn->attachment || conn->waiting) {
		manxd_conn_fail(conn, MANX_CNI_BAD_CONFIG, "done without an ADD that was answered");
		return;
	}
	rc = finish(d, conn->attachment, &err);
	if (rc) {
		manxd_attach_fail(conn, rc, &err);
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
	if (a->queued) {
		manxd_log(LOG_NOTICE, "ADD of %s was not finished: it had not begun", a->handle);
		manxd_add_forget(a);
		forget(a);
		return;
	}
	manxd_log(LOG_NOTICE, "ADD of %s was not finished: undoing it", a->handle);
	if (manxd_detach(d, &(struct manxd_detachment){ a->id, a->handle, a->uid, a->wep_key },
			 &err))
		manxd_log(LOG_WARNING, "cannot undo ADD of %s yet: %s", a->handle, err.text);
	forget(a);
}

void manxd_attach_close(struct manxd *d, struct manxd_conn *conn)
{
	manxd_del_forget(d, conn);
	manxd_attach_undo(d, conn);
}

void manxd_attach_run(struct manxd *d)
{
	manxd_del_run(d);
	manxd_add_run(d);
}

/* --- CHECK --- */

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

	if (!manxd_attach_in_sync(d, conn))
		return;
	rc = manxd_target_decode(msg, &target, &err);
	entry = rc ? NULL : manxd_attach_entry(d, target.handle);
	if (!rc && !entry) {
		manxd_conn_fail(conn, MANX_CNI_UNKNOWN_CONTAINER, "there is no such attachment");
		return;
	}
	if (!rc)
		rc = check_kernel(d, &entry->wep, &link, &err);
	if (rc) {
		manxd_attach_fail(conn, rc, &err);
		return;
	}
	ok = manxd_attach_describe(&entry->wep, link->mtu);
	if (!cJSON_AddStringToObject(ok, "netnsCookie", entry->wep.netns)) {
		cJSON_Delete(ok);
		ok = NULL;
	}
	manxd_conn_ok(conn, ok);
}
