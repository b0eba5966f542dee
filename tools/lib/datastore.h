/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A datastore as a whole: written to a file and restored from it, locked.
 *
 * An export is text, a JSON object a line, so that neither side has more of it in
 * memory than a page, and ordinary tools read it:
 *
 *	{"kind":"ManxDatastore","format":1,"manx":"0.1","guid":"...","revision":17}
 *	{"key":"b/4/0a000000-26","value":{...}}
 *	...
 *	{"records":1,"sum":"..."}
 *
 * The values are the octets that the store holds, which neither YAML nor one large
 * document of JSON would promise; what is not one line of JSON (nothing that manx
 * writes) stands as "text". All are of one revision, in the order of their keys. Not
 * in it is what hangs on leases (who is there, who compacts) and the lock.
 */
#ifndef MANX_DATASTORE_H
#define MANX_DATASTORE_H

#include <stdio.h>

#include "store.h"

/* Called now and then with what is done of @total records; may be NULL. */
typedef void (*manx_progress_fn)(size_t done, size_t total);

/*
 * Write all of @store to @out, as of one revision. *n: records. -EUCLEAN: it holds
 * what cannot be text; -EIO: @out does not take it; -ESTALE: it was compacted meanwhile.
 */
int manx_datastore_export(struct manx_store *store, FILE *out, manx_progress_fn progress,
			  size_t *n, struct manx_error *err);

/*
 * Fill @store, which must hold nothing, with the export that @in has from its present
 * position to its end; @in is read twice. Nothing is written before all of it was
 * checked. The store is locked meanwhile, and what was written so far stands in the
 * lock, so that the same export again goes on where an import stopped, exactly. *n:
 * records in it. The store has the export's guid afterwards, and is locked if it was
 * locked before.
 * -EBADMSG: damaged, not complete, or no export; -EPROTO: of a newer manx; -ENOTEMPTY;
 * -EBUSY: an import of another export stopped half-way; what commits and reads fail with.
 */
int manx_datastore_import(struct manx_store *store, FILE *in, manx_progress_fn progress,
			  size_t *n, struct manx_error *err);

/*
 * Delete what an import that stopped half-way has written. -ENOENT: there was none.
 * May be called again if it stops half-way, too.
 */
int manx_datastore_discard(struct manx_store *store, manx_progress_fn progress,
			   struct manx_error *err);

/*
 * 1: done; 0: it was so already. While a store is locked, nobody writes to it.
 * -EBUSY: an import holds the lock.
 */
int manx_datastore_lock(struct manx_store *store, struct manx_error *err);
int manx_datastore_unlock(struct manx_store *store, struct manx_error *err);

#endif /* MANX_DATASTORE_H */
