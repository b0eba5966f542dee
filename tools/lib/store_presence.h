/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A node is there: the key n/<node>, under a lease, with the id of the machine's boot.
 * Two machines of one name would release each other's endpoints; the second one does
 * not get the key. Only for a store in etcd: who shares a database is on one machine,
 * where a lock on a file does.
 */
#ifndef MANX_STORE_PRESENCE_H
#define MANX_STORE_PRESENCE_H

#include "store_internal.h"

/* It is to be kept so often, and ends when it was not kept for so long. */
#define MANX_PRESENCE_KEEP_MS	10000
#define MANX_PRESENCE_SECONDS	30

/**
 * struct manx_presence - of this node
 * @store: any; nothing is done for one that is not in etcd
 * @key: "n/<node>"
 * @value: {"bootId":, "host":}
 * @boot_id: of @value
 * @lease: 0: there is none
 */
struct manx_presence {
	struct manx_store *store;
	char *key, *value;
	char boot_id[64];
	int64_t lease;
};

/*
 * Fills @presence, which is cleared by manx_presence_close() also on failure.
 * -EEXIST: another machine has this name.
 */
int manx_presence_open(struct manx_presence *presence, struct manx_store *store,
		       const char *node, const char *boot_id, struct manx_error *err);
/* Stay there, or come back. -EEXIST: another machine came meanwhile. Takes 2 s at most. */
int manx_presence_keep(struct manx_presence *presence, struct manx_error *err);
/* Leave at once. */
void manx_presence_close(struct manx_presence *presence);

#endif /* MANX_STORE_PRESENCE_H */
