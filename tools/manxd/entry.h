/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Keys of the store as entries of the copy: which ones matter to a node, what
 * they decode to, and what depends on them.
 */
#ifndef MANXD_ENTRY_H
#define MANXD_ENTRY_H

#include "state.h"

/* Resources, blocks and borrowed addresses; not what only IPAM reads. */
bool manxd_entry_is_known(const char *key);
/* MANXD_CHANGED_* of a change of a known key. */
unsigned int manxd_entry_changes(const struct manx_kv *kv);

/* Of a known key with a value. *out is the caller's; -EINVAL and such if it is nonsense. */
int manxd_entry_decode(const struct manx_kv *kv, struct manxd_entry **out,
		       struct manx_error *err);
void manxd_entry_free(struct manxd_entry *entry);

#endif /* MANXD_ENTRY_H */
