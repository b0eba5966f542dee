/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Keys of a network configuration that would change what happens if manx
 * supported them. Those that change nothing are ignored and stand nowhere.
 */
#ifndef MANX_CNI_KEYS_H
#define MANX_CNI_KEYS_H

#include "cni_conf.h"

/* Check all of them; see manx_cni_options_read(). */
int manx_cni_keys_check(const struct manx_cni_conf *conf, struct manx_error *err);

#endif /* MANX_CNI_KEYS_H */
