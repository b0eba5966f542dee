/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Settings below /proc/sys/net of the current network namespace.
 */
#ifndef MANX_PROCSYS_H
#define MANX_PROCSYS_H

#include "error.h"

/*
 * Write @value to /proc/sys/net/<@name>; "%s" in @name stands for the link
 * @link, which may be NULL if there is none.
 */
int manx_procsys_write(const char *name, const char *link, const char *value,
		       struct manx_error *err);

#endif /* MANX_PROCSYS_H */
