/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * MAC addresses as text.
 */
#ifndef MANX_MAC_H
#define MANX_MAC_H

#include <stdbool.h>
#include <stdint.h>

/* "xx:xx:xx:xx:xx:xx" and the NUL */
#define MANX_MAC_STRLEN 18

/* Six octets of two hex digits, joined by colons; false and @mac untouched otherwise. */
bool manx_mac_parse(const char *s, uint8_t mac[6]);
/* Into @buf of MANX_MAC_STRLEN; returns @buf. */
const char *manx_mac_format(const uint8_t mac[6], char *buf);

#endif /* MANX_MAC_H */
