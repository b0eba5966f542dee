/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * IPIP between nodes (RFC 2003, RFC 4213): what encapsulation and
 * decapsulation share.
 */
#ifndef _MANX_TUNNEL_H
#define _MANX_TUNNEL_H

int manx_decap_init(void);
void manx_decap_exit(void);

#endif /* _MANX_TUNNEL_H */
