/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * manx-resources(5), made from the tables of the kinds.
 */
#ifndef MANX_MANUAL_H
#define MANX_MANUAL_H

#include <stdio.h>

/* Write the whole page; errors show in ferror(@f). */
void manx_manual_resources(FILE *f);

#endif /* MANX_MANUAL_H */
