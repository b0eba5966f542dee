// SPDX-License-Identifier: GPL-2.0-only
/*
 * Text of formatted extended acknowledgements, for kernels without room for it
 * in struct netlink_ext_ack.
 *
 * The core reads the text when it builds the answer, right after the handler
 * returned, on the same task. A buffer is used again after 32 further refusals;
 * a task that is delayed that long reads another refusal's text, always
 * terminated.
 */
#include "compat.h"

#ifndef MANX_HAVE_EXTACK_FMT
#include <linux/atomic.h>
#include <linux/kernel.h>

const char *manx_extack_format(const char *fmt, ...)
{
	static char ring[32][160];
	static atomic_t next;
	char *text = ring[(u32)atomic_inc_return(&next) % ARRAY_SIZE(ring)];
	va_list args;

	va_start(args, fmt);
	vscnprintf(text, sizeof(ring[0]), fmt, args);
	va_end(args);
	return text;
}
#endif
