// SPDX-License-Identifier: GPL-2.0-only
/*
 * Text of formatted extended acknowledgements, for kernels without room for it
 * in struct netlink_ext_ack.
 *
 * The core reads the text when it builds the answer, right after the handler
 * returned, on the same task: twice, for its length and for its octets. A buffer
 * is used again after 32 further refusals; a task that is delayed that long
 * reads another refusal's text. Every text has the same length, so that what
 * was measured is what is copied; libmanx cuts the blanks at its end.
 */
#include "compat.h"

#ifndef MANX_HAVE_EXTACK_FMT
#include <linux/atomic.h>
#include <linux/kernel.h>
#include <linux/string.h>

const char *manx_extack_format(const char *fmt, ...)
{
	static char ring[32][128];
	static atomic_t next;
	char *text = ring[(u32)atomic_inc_return(&next) % ARRAY_SIZE(ring)];
	char fresh[sizeof(ring[0])];
	va_list args;
	int len;

	va_start(args, fmt);
	len = vscnprintf(fresh, sizeof(fresh), fmt, args);
	va_end(args);
	memset(fresh + len, ' ', sizeof(fresh) - 1 - len);
	/* never a NUL before the last octet, which is one from the beginning */
	memcpy(text, fresh, sizeof(fresh) - 1);
	return text;
}
#endif
