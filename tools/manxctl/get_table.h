/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MANXCTL_GET_TABLE_H
#define MANXCTL_GET_TABLE_H

#include "model.h"

/*
 * Print resources of one kind as a table. @namespaces: with a column for the
 * namespace, if the kind has any; @wide: with the less asked-for columns, too.
 * -ENOMEM, -EIO, or -EINVAL for a resource that cannot be decoded.
 */
int manxctl_get_table(const struct manx_kind *kind, const struct manx_resources *rs,
		      bool namespaces, bool wide);

#endif /* MANXCTL_GET_TABLE_H */
