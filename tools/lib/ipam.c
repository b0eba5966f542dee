// SPDX-License-Identifier: GPL-2.0-only
/*
 * Giving addresses and taking them back, one at a time; and what is shared by those
 * who do it many at a time.
 */
#include "ipam.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "ipam_internal.h"

/* Each pause may be so many nanoseconds longer than the one before: about one commit. */
#define PAUSE_STEP 250000

uint64_t manx_ipam_random(uint64_t n)
{
	uint64_t r;

	/* so short a read is never interrupted; should it fail, there is no jitter */
	if (getrandom(&r, sizeof(r), 0) != sizeof(r))
		r = 0;
	return r % n;
}

void manx_ipam_pause(unsigned int try)
{
	struct timespec pause = { .tv_nsec = 0 };

	if (!try)
		return;
	pause.tv_nsec = (long)manx_ipam_random(try * PAUSE_STEP);
	nanosleep(&pause, NULL);
}

static bool handle_is_valid(const char *handle)
{
	size_t n = strlen(handle);

	if (n == 0 || n > MANX_HANDLE_MAX)
		return false;
	for (; *handle; handle++)
		if (*handle <= ' ' || *handle > '~' || *handle == '/')
			return false;
	return true;
}

int manx_ipam_check_handle(const char *handle, struct manx_error *err)
{
	if (handle_is_valid(handle))
		return 0;
	return manx_fail(err, -EINVAL,
			 "handle \"%s\": must be 1 to %d printable ASCII characters without blank and '/'",
			 handle, MANX_HANDLE_MAX);
}

int manx_ipam_fail_contended(const char *handle, struct manx_error *err)
{
	manx_error_prefix(err, "handle %s: gave up after %d tries, each met by a change of others",
			  handle, MANX_IPAM_TRIES);
	return -EAGAIN;
}

int manx_ipam_assign(struct manx_store *store, const struct manx_ipam_request *req,
		     struct manx_ipam_result *res, manx_ipam_fill_fn fill, void *ctx,
		     struct manx_error *err)
{
	struct manx_ipam_job job = { .req = req, .fill = fill, .ctx = ctx };

	manx_ipam_assign_batch(store, NULL, &job, 1);
	*res = job.res;
	if (job.ret && err)
		*err = job.err;
	return job.ret;
}

int manx_ipam_release(struct manx_store *store, const char *handle, const char *uid,
		      const char *endpoint_key, struct manx_error *err)
{
	struct manx_ipam_return ret = {
		.handle = handle, .uid = uid, .endpoint_key = endpoint_key,
	};

	manx_ipam_release_batch(store, NULL, &ret, 1);
	if (ret.ret && err)
		*err = ret.err;
	return ret.ret;
}
