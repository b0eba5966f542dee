/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ADDs between their beginning and "done". Each belongs to one connection of
 * the agent socket and does not outlive it.
 */
#ifndef MANXD_ATTACHMENT_H
#define MANXD_ATTACHMENT_H

#include <net/if.h>

#include "manxd.h"
#include "request.h"

struct manxd_conn;

/**
 * struct manxd_attachment - an ADD that is not done
 * @conn: whose it is
 * @handle, @uid: of its addresses
 * @wep_key: of its endpoint in the store
 * @id: of its endpoint in the kernel
 * @link: name that its link gets
 * @queued: nothing was done for it yet
 */
struct manxd_attachment {
	LIST_ENTRY(manxd_attachment) entry;
	struct manxd_conn *conn;
	char handle[MANXD_HANDLE_SIZE];
	char uid[MANX_UID_LEN + 1];
	char wep_key[1024];
	uint32_t id;
	char link[IFNAMSIZ];
	bool queued;
};

/* NULL if there is none. */
struct manxd_attachment *manxd_attachment_by_handle(const struct manxd *d, const char *handle);
struct manxd_attachment *manxd_attachment_by_id(const struct manxd *d, uint32_t id);
struct manxd_attachment *manxd_attachment_by_wep(const struct manxd *d, const char *key);
struct manxd_attachment *manxd_attachment_by_link(const struct manxd *d, const char *link);

/* An id that no endpoint, link or ADD of this node has; not one that was free just now. */
uint32_t manxd_attachment_new_id(struct manxd *d);

#endif /* MANXD_ATTACHMENT_H */
