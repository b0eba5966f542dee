/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Unique ids of attempts: who asks for addresses twice under one uid means one
 * and the same attachment.
 */
#ifndef MANX_UID_H
#define MANX_UID_H

#include "error.h"

#define MANX_UID_LEN 32		/* hex digits of a random 128-bit number */

/* A fresh uid into @buf (MANX_UID_LEN + 1). */
int manx_uid_new(char *buf, struct manx_error *err);

#endif /* MANX_UID_H */
