// SPDX-License-Identifier: GPL-2.0-only
#include "dp.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "dp_impl.h"

int manx_dp_resolve(struct manx_dp *dp, struct manx_error *err)
{
	struct manx_nl_group groups[] = {
		{ .name = MANX_MCGRP_EVENTS }, { .name = MANX_MCGRP_FLOWS },
	};
	int rc = manx_nl_genl_family(dp->nl, MANX_FAMILY_NAME, &dp->family, groups,
				     MNL_ARRAY_SIZE(groups), err);

	dp->events = groups[0].id;
	dp->flows = groups[1].id;
	if (rc == -ENOENT)
		manx_fail(err, rc, "the manx kernel module is not loaded: run `modprobe manx`");
	return rc;
}

int manx_dp_open(struct manx_dp **out, struct manx_error *err)
{
	struct manx_dp *dp = calloc(1, sizeof(*dp));
	int rc;

	if (!dp)
		return manx_fail(err, -ENOMEM, "out of memory");
	rc = manx_nl_open(&dp->nl, NETLINK_GENERIC, err);
	if (!rc)
		rc = manx_dp_resolve(dp, err);
	if (rc)
		manx_dp_close(dp);
	else
		*out = dp;
	return rc;
}

void manx_dp_close(struct manx_dp *dp)
{
	if (!dp)
		return;
	manx_nl_close(dp->nl);
	manx_dp_state_clear(&dp->known);
	free(dp);
}

struct nlmsghdr *manx_dp_request(struct manx_dp *dp, uint8_t cmd, uint16_t flags)
{
	return manx_nl_genl_request(dp->nl, dp->family, cmd, flags);
}

int manx_dp_no_permission(struct manx_error *err)
{
	return manx_fail(err, -EPERM,
			 "the dataplane is open to those who have CAP_NET_ADMIN in this network namespace: run this as root");
}

int manx_dp_subscribe(struct manx_dp *dp, bool flows, struct manx_error *err)
{
	int rc = manx_nl_join(dp->nl, dp->events, err);

	if (rc || !flows)
		return rc;
	if (!dp->flows)
		return manx_fail(err, -EOPNOTSUPP,
				 "the manx kernel module that is loaded tells nothing of flows: load the one of version "
				 MANX_VERSION);
	return manx_nl_join(dp->nl, dp->flows, err);
}
