// SPDX-License-Identifier: GPL-2.0-only
#include "uid.h"

#include <errno.h>
#include <stdio.h>
#include <sys/random.h>

int manx_uid_new(char *buf, struct manx_error *err)
{
	unsigned char random[MANX_UID_LEN / 2];

	if (getrandom(random, sizeof(random), 0) != sizeof(random))
		return manx_fail_errno(err, -errno, "random number");
	for (size_t i = 0; i < sizeof(random); i++)
		snprintf(buf + 2 * i, 3, "%02x", random[i]);
	return 0;
}
