/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Types of scalars for the tables of schema.h. How a scalar is written (with
 * quotes or without) plays no part: the field decides what it is.
 */
#ifndef MANX_SCALAR_H
#define MANX_SCALAR_H

#include "schema.h"

/* Any text. */
int manx_scalar_text(const struct manx_at *at, const struct manx_field *f, const char *text,
		     cJSON **out);
/* "true" or "false", nothing else. */
int manx_scalar_bool(const struct manx_at *at, const struct manx_field *f, const char *text,
		     cJSON **out);
/* A whole decimal number of f->min to f->max (within 2^53), without leading zeros. */
int manx_scalar_int(const struct manx_at *at, const struct manx_field *f, const char *text,
		    cJSON **out);
/* A finite decimal number. */
int manx_scalar_number(const struct manx_at *at, const struct manx_field *f, const char *text,
		       cJSON **out);
/* One of f->words. */
int manx_scalar_word(const struct manx_at *at, const struct manx_field *f, const char *text,
		     cJSON **out);
/* The same in any case; what comes out is spelt as in f->words. */
int manx_scalar_word_any_case(const struct manx_at *at, const struct manx_field *f,
			      const char *text, cJSON **out);
/* A time as Go writes it: "1m30s", "100ms", "1.5h". */
int manx_scalar_duration(const struct manx_at *at, const struct manx_field *f, const char *text,
			 cJSON **out);
/* The key of a label, as selectors have it. */
int manx_scalar_label_key(const struct manx_at *at, const struct manx_field *f, const char *text,
			  cJSON **out);
/* The value of a label in Kubernetes: at most 63 letters, digits, '-', '_', '.'. */
int manx_scalar_label_value(const struct manx_at *at, const struct manx_field *f,
			    const char *text, cJSON **out);
/* The name of a device: at most 15 letters, digits, '-', '_', '.'. */
int manx_scalar_interface(const struct manx_at *at, const struct manx_field *f, const char *text,
			  cJSON **out);
/* The same, in which "*" stands for anything. */
int manx_scalar_interface_pattern(const struct manx_at *at, const struct manx_field *f,
				  const char *text, cJSON **out);
/* The name of a port: at most 128 letters, digits, '-', '_', '.'. */
int manx_scalar_port_name(const struct manx_at *at, const struct manx_field *f, const char *text,
			  cJSON **out);
/* manx_name_is_valid() */
int manx_scalar_name(const struct manx_at *at, const struct manx_field *f, const char *text,
		     cJSON **out);
/* A selector without global(). */
int manx_scalar_selector(const struct manx_at *at, const struct manx_field *f,
			 const char *text, cJSON **out);
/* A selector, or global() alone. */
int manx_scalar_namespace_selector(const struct manx_at *at, const struct manx_field *f,
				   const char *text, cJSON **out);

/* An address; canonical text. f->min: 4 or 6 for one family, 0 for any. */
int manx_scalar_addr(const struct manx_at *at, const struct manx_field *f, const char *text,
		     cJSON **out);
/* An interface's address with or without its length, of family f->min as above. */
int manx_scalar_interface_addr(const struct manx_at *at, const struct manx_field *f,
			       const char *text, cJSON **out);
/* A network of family f->min as above; bits beyond its length are cleared, a bare
 * address is one host. */
int manx_scalar_net(const struct manx_at *at, const struct manx_field *f, const char *text,
		    cJSON **out);
/* A network that has no bit set beyond its length. */
int manx_scalar_cidr(const struct manx_at *at, const struct manx_field *f, const char *text,
		     cJSON **out);
/* One address as a network ("10.0.0.1/32"). */
int manx_scalar_host(const struct manx_at *at, const struct manx_field *f, const char *text,
		     cJSON **out);
/* An Ethernet address. */
int manx_scalar_mac(const struct manx_at *at, const struct manx_field *f, const char *text,
		    cJSON **out);
/* TCP, UDP, ICMP, ICMPv6, SCTP, UDPLite in any case, or 1 to 255. */
int manx_scalar_protocol(const struct manx_at *at, const struct manx_field *f,
			 const char *text, cJSON **out);
/* A port, or "first:last". */
int manx_scalar_port(const struct manx_at *at, const struct manx_field *f, const char *text,
		     cJSON **out);
/* An AS number, plain or "high.low". */
int manx_scalar_as_number(const struct manx_at *at, const struct manx_field *f,
			  const char *text, cJSON **out);

/* A BGP community: "first:second", 16 bits each, or "first:second:third", 32 bits each. */
int manx_scalar_community(const struct manx_at *at, const struct manx_field *f,
			  const char *text, cJSON **out);
/* An address with or without a port: "10.0.0.1:179", "[fd00::1]:179". */
int manx_scalar_peer(const struct manx_at *at, const struct manx_field *f, const char *text,
		     cJSON **out);

/* Number of the protocol in canonical JSON, -1 for none. */
int manx_protocol_number(const cJSON *value);

/* A whole decimal number without sign or leading zero, followed by nothing. @max < 2^60. */
bool manx_parse_decimal(const char *text, uint64_t max, uint64_t *value);
/* "first" or "first:last", 0 to 65535, rising. */
bool manx_parse_ports(const char *text, uint16_t *first, uint16_t *last);

#endif /* MANX_SCALAR_H */
