/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the parts of "manxctl ipam" share.
 */
#ifndef MANXCTL_IPAM_CMD_H
#define MANXCTL_IPAM_CMD_H

#include "args.h"
#include "ipam_view.h"

/* The subcommands; args->words[0] is their name. Exit statuses. */
int manxctl_ipam_show(const struct manxctl_args *args);
int manxctl_ipam_check(const struct manxctl_args *args);
int manxctl_ipam_release(const struct manxctl_args *args);
int manxctl_ipam_configure(const struct manxctl_args *args);
int manxctl_ipam_split(const struct manxctl_args *args);

/* All addresses, or say why not: an exit status. *store is open if it is MANXCTL_OK. */
int manxctl_ipam_open(struct manx_store **store, struct manx_ipam_view **view);

/* Exit status after saying that the value of @id is not what it should be. */
int manxctl_ipam_bad_value(const struct manxctl_args *args, enum manxctl_option_id id,
			   const char *allowed);

#endif /* MANXCTL_IPAM_CMD_H */
