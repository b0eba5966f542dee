/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Resources on their way into the datastore: what create, apply, replace, patch and
 * label share.
 */
#ifndef MANXCTL_WRITE_H
#define MANXCTL_WRITE_H

#include <stdbool.h>
#include <stdint.h>

#include "args.h"
#include "model.h"
#include "store.h"

enum manxctl_mode { MANXCTL_CREATE, MANXCTL_APPLY, MANXCTL_REPLACE };

/**
 * struct manxctl_change - one resource to be written
 * @store, @r: borrowed
 * @skip: MANXCTL_CREATE passes over what exists
 * @what: what has happened, once it has
 */
struct manxctl_change {
	struct manx_store *store;
	const struct manx_resource *r;
	enum manxctl_mode mode;
	bool skip;
	const char *what;
};

/*
 * Write it once, or find that there is nothing to do. -EAGAIN: somebody else was
 * quicker, call it again; -EEXIST, -ENOENT as the mode says; -ESTALE: r->version is
 * not the present one.
 */
int manxctl_write(struct manxctl_change *c, struct manx_error *err);

/* Write @r over @kv, which is @old decoded, if nobody has changed that since: -EAGAIN. */
int manxctl_overwrite(struct manx_store *store, const struct manx_resource *old,
		      const struct manx_kv *kv, const struct manx_resource *r,
		      struct manx_error *err);

/* -ESTALE if @r says that it was read at another revision than @mod_rev. */
int manxctl_check_version(const struct manx_resource *r, int64_t mod_rev, struct manx_error *err);

/* All of create, apply and replace. */
int manxctl_write_command(int argc, char **argv, enum manxctl_mode mode);

#endif /* MANXCTL_WRITE_H */
