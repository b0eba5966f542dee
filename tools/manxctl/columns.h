/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tables of resources: columns by kind, calicoctl's headings.
 */
#ifndef MANXCTL_COLUMNS_H
#define MANXCTL_COLUMNS_H

#include <stdbool.h>

#include "model.h"

/**
 * struct manxctl_view - what of a table is shown
 * @wide: all columns
 * @namespaces: with a column for the namespace, if the kind has any
 * @custom: headings with commas between that are shown instead; NULL for none
 * @as_number: AS number of nodes that have none of their own; NULL for "64512"
 */
struct manxctl_view {
	bool wide;
	bool namespaces;
	const char *custom;
	const char *as_number;
};

/*
 * Print resources of one kind as a table. -ENOMEM, -EIO, or -EINVAL for a custom
 * column that the kind does not have; the text of @err says which it has.
 */
int manxctl_print_table(const struct manx_kind *kind, const struct manx_resource *r, size_t n,
			const struct manxctl_view *view, struct manx_error *err);

#endif /* MANXCTL_COLUMNS_H */
