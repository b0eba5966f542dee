/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The option -l: resources by their labels.
 */
#ifndef MANXCTL_SELECT_H
#define MANXCTL_SELECT_H

#include "model.h"
#include "selector.h"

/*
 * What @text means, in Calico's words or kubectl's ("a=b,c!=d,e,!f"): an exit status.
 * Free with manx_selector_free().
 */
int manxctl_selector(const char *command, const char *text, struct manx_selector **selector);
/* Leave in @rs what it matches. */
void manxctl_select(const struct manx_selector *selector, struct manx_resources *rs);

#endif /* MANXCTL_SELECT_H */
