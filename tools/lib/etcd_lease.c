// SPDX-License-Identifier: GPL-2.0-only
/*
 * etcd: leases. Keeping alive is a stream in etcd's API; one message each is enough.
 */
#include "etcd_lease.h"

#include <errno.h>

int manx_etcd_lease_grant(struct manx_etcd *etcd, int seconds, int64_t *lease,
			  struct manx_error *err)
{
	static const struct manx_etcd_method grant = {
		"/etcdserverpb.Lease/LeaseGrant", &etcd__lease_grant_response__descriptor,
	};
	Etcd__LeaseGrantRequest request = ETCD__LEASE_GRANT_REQUEST__INIT;
	Etcd__LeaseGrantResponse *reply;
	int ret;

	request.ttl = seconds;
	ret = manx_etcd_call(etcd, &grant, &request.base, &reply, NULL, err);
	if (ret)
		return ret;
	*lease = reply->id;
	if (!reply->id)
		ret = manx_fail(err, -EPROTO, "%s: grants a lease without id", etcd->name);
	manx_etcd_free(reply);
	return ret;
}

int manx_etcd_lease_keep(struct manx_etcd *etcd, int64_t lease, struct manx_error *err)
{
	static const struct manx_etcd_method keep = {
		"/etcdserverpb.Lease/LeaseKeepAlive", &etcd__lease_keep_alive_response__descriptor,
	};
	Etcd__LeaseRequest request = ETCD__LEASE_REQUEST__INIT;
	Etcd__LeaseKeepAliveResponse *reply;
	int ret;

	request.id = lease;
	ret = manx_etcd_call(etcd, &keep, &request.base, &reply, NULL, err);
	if (ret)
		return ret;
	if (reply->ttl <= 0)
		ret = manx_fail(err, -ENOENT, "%s: the lease has ended", etcd->name);
	manx_etcd_free(reply);
	return ret;
}

int manx_etcd_lease_revoke(struct manx_etcd *etcd, int64_t lease, struct manx_error *err)
{
	static const struct manx_etcd_method revoke = {
		"/etcdserverpb.Lease/LeaseRevoke", &etcd__any_response__descriptor,
	};
	Etcd__LeaseRequest request = ETCD__LEASE_REQUEST__INIT;
	void *reply;
	int ret;

	request.id = lease;
	ret = manx_etcd_call(etcd, &revoke, &request.base, &reply, NULL, err);
	manx_etcd_free(reply);
	return ret == -ENOENT ? 0 : ret;
}
