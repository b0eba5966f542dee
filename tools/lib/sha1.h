/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SHA-1 (RFC 3174), because names of links are made from it, as with Calico.
 * Nothing relies on its strength, so a library of ciphers would be a dependency
 * for thirty lines.
 */
#ifndef MANX_SHA1_H
#define MANX_SHA1_H

#define MANX_SHA1_HEX 41	/* 40 digits and the NUL */

/* Lower-case hex of the hash of the text @s into @hex. */
void manx_sha1(const char *s, char hex[MANX_SHA1_HEX]);

#endif /* MANX_SHA1_H */
