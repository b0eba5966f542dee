/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _MANX_VERSION_H
#define _MANX_VERSION_H

/* THIS_MODULE->version would be this too, but not when built into a kernel */
#define MANX_VERSION "0.1.0"

#endif /* _MANX_VERSION_H */
