/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Changing a part of a resource that is in the datastore: what patch and label share.
 */
#ifndef MANXCTL_EDIT_H
#define MANXCTL_EDIT_H

#include <cjson/cJSON.h>

#include "args.h"
#include "error.h"
#include "model.h"

/* Change @json, a whole resource; an errno with words ends the edit. */
typedef int (*manxctl_edit_fn)(cJSON *json, void *ctx, struct manx_error *err);

/*
 * The second word of @args is a name of @kind: read that resource, change it by @edit,
 * check it and write it back; again from the beginning if somebody else was quicker.
 * Warnings are printed for what the change brought. *changed: it was not so before.
 */
int manxctl_edit(const struct manxctl_args *args, const struct manx_kind *kind,
		 manxctl_edit_fn edit, void *ctx, bool *changed, struct manx_error *err);

/*
 * Merge @patch into @json as calicoctl's strategic merge does for these kinds: objects
 * are merged, lists and scalars replaced, null removes; "$patch": "replace" or "delete"
 * in an object does that to it. -EINVAL for other directives; -ENOMEM.
 */
int manxctl_merge(cJSON *json, const cJSON *patch, struct manx_error *err);

/*
 * Begin of patch and label: the command line, which has KIND and NAME. An exit
 * status; on MANXCTL_OK free with manxctl_args_clear().
 */
int manxctl_edit_args(int argc, char **argv, struct manxctl_args *args,
		      const struct manx_kind **kind);

#endif /* MANXCTL_EDIT_H */
