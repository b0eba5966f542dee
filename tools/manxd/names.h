/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Names that an endpoint gets: of its resource and of its link. Each has a form
 * that people know from Calico, used when it is free, and one that is unique.
 */
#ifndef MANXD_NAMES_H
#define MANXD_NAMES_H

#include <net/if.h>

#include "manxd.h"
#include "request.h"

#define MANXD_WEP_NAME_SIZE	254
#define MANXD_ALT_NAME_SIZE	128	/* ALTIFNAMSIZ */

/*
 * "<node>-k8s-<pod>-<interface>" or "<node>-cni-<container id>-<interface>",
 * with dashes inside the parts doubled, as Calico does; from a hash of the
 * handle where that is no name or taken. Into @buf of MANXD_WEP_NAME_SIZE.
 */
void manxd_name_wep(const struct manxd *d, const struct manxd_add *add, char *buf);

/*
 * "manx" and eleven digits of a hash: of "<namespace>.<pod>" for the eth0 of a
 * Kubernetes pod when no link has that name, else of the handle.
 */
void manxd_name_link(const struct manxd *d, const struct manxd_add *add, char buf[IFNAMSIZ]);

/*
 * The alternative name of link @name, in words: "<namespace>.<pod>.<interface>"
 * if the name was made from these, else the handle; a hash of it if neither
 * fits, because two names that are cut can become one.
 */
void manxd_name_alt(const char *name, const char *ns, const char *pod, const char *ifname,
		    const char *handle, char buf[MANXD_ALT_NAME_SIZE]);

#endif /* MANXD_NAMES_H */
