/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How far something long is: a bar on standard error, if that is a terminal.
 */
#ifndef MANXCTL_PROGRESS_H
#define MANXCTL_PROGRESS_H

#include <stddef.h>

/* The bar of @done of @total; nothing where no bar is shown, or where it was just now. */
void manxctl_progress(size_t done, size_t total);
/* Take the bar away before other words are printed. */
void manxctl_progress_end(void);

#endif /* MANXCTL_PROGRESS_H */
