// SPDX-License-Identifier: GPL-2.0-only
/*
 * etcd: what its refusals mean, with the remedy. They are told apart by their words,
 * where the code is one for many.
 */
#include <errno.h>
#include <string.h>

#include "etcd_client.h"

int manx_etcd_too_big(const struct manx_etcd *etcd, const char *what, struct manx_error *err)
{
	return manx_fail(err, -E2BIG,
			 "%s: %s: a transaction may have 128 operations and 1.5 MiB, unless --max-txn-ops and --max-request-bytes of etcd say otherwise",
			 etcd->name, what);
}

static int refused_invalid(const struct manx_etcd *etcd, const struct manx_grpc_status *status,
			   struct manx_error *err)
{
	if (strstr(status->text, "request is too large") || strstr(status->text, "too many operations"))
		return manx_etcd_too_big(etcd, status->text, err);
	if (strstr(status->text, "user name is empty"))
		return manx_fail(err, -EACCES,
				 "%s: wants to know who we are: set ETCD_USERNAME and ETCD_PASSWORD, or ETCD_CERT_FILE and ETCD_KEY_FILE",
				 etcd->name);
	if (strstr(status->text, "authentication failed"))
		return manx_fail(err, -EACCES,
				 "%s: user or password is wrong: see ETCD_USERNAME and ETCD_PASSWORD",
				 etcd->name);
	return manx_fail(err, -EPROTO, "%s: %s", etcd->name, status->text);
}

static int refused_exhausted(const struct manx_etcd *etcd, const struct manx_grpc_status *status,
			     struct manx_error *err)
{
	if (strstr(status->text, "database space exceeded"))
		return manx_fail(err, -ENOSPC,
				 "%s: its database is full (NOSPACE): compact and defragment it or raise --quota-backend-bytes, then etcdctl alarm disarm; what is in use can still be released",
				 etcd->name);
	if (strstr(status->text, "larger than max"))
		return manx_fail(err, -E2BIG, "%s: %s", etcd->name, status->text);
	return manx_fail(err, -EPROTO, "%s: %s", etcd->name, status->text);
}

int manx_etcd_refused(const struct manx_etcd *etcd, const struct manx_grpc_status *status,
		      struct manx_error *err)
{
	if (status->too_long)
		return manx_fail(err, -EMSGSIZE, "%s: %s", etcd->name, status->text);
	switch (status->code) {
	case MANX_GRPC_INVALID:
		return refused_invalid(etcd, status, err);
	case MANX_GRPC_EXHAUSTED:
		return refused_exhausted(etcd, status, err);
	case MANX_GRPC_PERMISSION:
		return manx_fail(err, -EACCES,
				 "%s: the user's role does not allow this (%s): manxctl datastore roles says what is needed",
				 etcd->name, status->text);
	case MANX_GRPC_UNAUTHENTICATED:
		return manx_fail(err, -EACCES, "%s: does not know us: %s", etcd->name,
				 status->text);
	case MANX_GRPC_OUT_OF_RANGE:
		return manx_fail(err, -ESTALE, "%s: %s", etcd->name, status->text);
	case MANX_GRPC_NOT_FOUND:
		return manx_fail(err, -ENOENT, "%s: %s", etcd->name, status->text);
	default:
		return manx_fail(err, -EPROTO, "%s: %s (code %d)", etcd->name, status->text,
				 status->code);
	}
}
