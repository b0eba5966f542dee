// SPDX-License-Identifier: GPL-2.0-only
/*
 * DEL: links go one by one, then what those held that one round of events brought
 * is given back together. Who asked may be gone by then; it is done all the same.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "attach_internal.h"
#include "follow.h"
#include "ipam.h"
#include "log.h"
#include "request.h"
#include "wire.h"

/* Those that wait for one answer of the store's watch. */
#define TOGETHER 64

/**
 * struct leaving - a DEL whose link is gone
 * @conn: who waits; NULL: nobody any more
 * @wep_key: of its endpoint; owned, may be NULL
 */
struct leaving {
	STAILQ_ENTRY(leaving) entry;
	struct manxd_conn *conn;
	char handle[MANXD_HANDLE_SIZE];
	char *wep_key;
};

static STAILQ_HEAD(, leaving) queue = STAILQ_HEAD_INITIALIZER(queue);

bool manxd_del_is_queued(const struct manxd *d, const char *handle)
{
	const struct leaving *l;

	(void)d;
	STAILQ_FOREACH(l, &queue, entry)
		if (!strcmp(l->handle, handle))
			return true;
	return false;
}

void manxd_del_forget(struct manxd *d, const struct manxd_conn *conn)
{
	struct leaving *l;

	(void)d;
	STAILQ_FOREACH(l, &queue, entry)
		if (l->conn == conn)
			l->conn = NULL;
}

/* An ADD that is not done ends first; *entry: the endpoint, NULL if there is none. */
static int clear_way(struct manxd *d, const char *handle, const struct manxd_entry **entry,
		     struct manx_error *err)
{
	struct manxd_attachment *open = manxd_attachment_by_handle(d, handle);
	int rc;

	if (open) {
		struct manxd_conn *conn = open->conn;

		manxd_attach_undo(d, conn);
		manxd_conn_shut(conn);
	}
	rc = manxd_follow_links(d, err);
	*entry = manxd_attach_entry(d, handle);
	if (!rc && *entry && (*entry)->wep.id)
		rc = manxd_unwire(d, (*entry)->wep.id, err);
	return rc;
}

static int begin(struct manxd *d, struct manxd_conn *conn, const struct manxd_target *target,
		 struct manx_error *err)
{
	const struct manxd_entry *entry;
	struct leaving *l;
	int rc = clear_way(d, target->handle, &entry, err);

	if (rc) {
		d->todo |= MANXD_WORK_REAP;
		return rc;
	}
	/* without one: addresses whose endpoint was deleted by hand, but never another node's */
	if (!entry && manxd_attach_node(d, target->handle)) {
		manxd_conn_ok_when_loaded(conn, cJSON_CreateObject());
		return 0;
	}
	l = calloc(1, sizeof(*l));
	if (l && entry)
		l->wep_key = strdup(entry->key);
	if (!l || (entry && !l->wep_key)) {
		free(l);
		d->todo |= MANXD_WORK_REAP;
		return manx_fail(err, -ENOMEM, "out of memory");
	}
	l->conn = conn;
	conn->queued = true;
	snprintf(l->handle, sizeof(l->handle), "%s", target->handle);
	STAILQ_INSERT_TAIL(&queue, l, entry);
	return 0;
}

void manxd_attach_del(struct manxd *d, struct manxd_conn *conn, const cJSON *msg)
{
	struct manx_error err = { 0 };
	struct manxd_target target;
	int rc;

	if (!manxd_attach_in_sync(d, conn))
		return;
	rc = manxd_target_decode(msg, &target, &err);
	if (!rc)
		rc = begin(d, conn, &target, &err);
	if (rc)
		manxd_attach_fail(conn, rc, &err);
}

static void finish_del(struct manxd *d, struct leaving *l, int rc, const struct manx_error *err)
{
	if (rc)
		d->todo |= MANXD_WORK_REAP;
	else
		manxd_log(LOG_INFO, "detached %s", l->handle);
	if (l->conn) {
		l->conn->queued = false;
		if (rc)
			manxd_attach_fail(l->conn, rc, err);
		else
			manxd_conn_ok_when_loaded(l->conn, cJSON_CreateObject());
	}
	free(l->wep_key);
	free(l);
}

/* Without a copy of the store: the reaper does it later. */
static int refuse(const struct manxd *d, struct manx_error *err)
{
	if (d->state.watch)
		return 0;
	return manx_fail(err, -EAGAIN, "%s", MANXD_NOT_IN_SYNC);
}

static void run_some(struct manxd *d)
{
	static struct manx_ipam_return ret[TOGETHER];
	struct manx_error err = { 0 };
	int rc = refuse(d, &err);
	struct leaving *l;
	size_t n = 0;

	STAILQ_FOREACH(l, &queue, entry) {
		if (n == TOGETHER)
			break;
		ret[n++] = (struct manx_ipam_return){
			.handle = l->handle, .endpoint_key = l->wep_key,
		};
	}
	if (!rc) {
		manx_ipam_release_batch(d->store, d->ipam, ret, n);
		rc = manxd_follow_store(d, &err);
	}
	for (size_t i = 0; i < n; i++) {
		l = STAILQ_FIRST(&queue);
		STAILQ_REMOVE_HEAD(&queue, entry);
		finish_del(d, l, ret[i].ret ? ret[i].ret : rc, ret[i].ret ? &ret[i].err : &err);
	}
}

void manxd_del_run(struct manxd *d)
{
	while (!STAILQ_EMPTY(&queue))
		run_some(d);
}
