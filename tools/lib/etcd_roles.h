/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The least roles that etcd must give to those who use a datastore in it.
 */
#ifndef MANX_ETCD_ROLES_H
#define MANX_ETCD_ROLES_H

#include <stdio.h>

/*
 * The commands that make them, for a shell. @node: the role of manxd is for this node
 * alone, whose name it must be; NULL: for all.
 */
void manx_etcd_roles(FILE *f, const char *node);

#endif /* MANX_ETCD_ROLES_H */
