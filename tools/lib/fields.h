/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Short forms for the tables of fields in kind_*.c. What follows the named
 * arguments are further members of struct manx_field.
 */
#ifndef MANX_FIELDS_H
#define MANX_FIELDS_H

#include "scalar.h"
#include "schema.h"

#define MANX_DONE(field, type, does, ...) \
	{ .name = field, .scalar = type, .note = does, __VA_ARGS__ }
#define MANX_DONE_OBJECT(field, of, does, ...) \
	{ .name = field, .object = &(of), .note = does, __VA_ARGS__ }
#define MANX_KEPT(field, type, why, ...) \
	{ .name = field, .class = MANX_FIELD_KEPT, .scalar = type, .note = why, __VA_ARGS__ }
#define MANX_KEPT_OBJECT(field, of, why, ...) \
	{ .name = field, .class = MANX_FIELD_KEPT, .object = &(of), .note = why, __VA_ARGS__ }
/* @safe: the values that may be given all the same, see struct manx_field.harmless */
#define MANX_REFUSED(field, type, safe, remedy, ...) \
	{ .name = field, .class = MANX_FIELD_REFUSED, .scalar = type, .harmless = safe, \
	  .note = remedy, __VA_ARGS__ }
#define MANX_END { .name = NULL }

/* Words that a field allows, ended as .words wants it. */
#define MANX_WORDS(...) .words = (const char *const[]){ __VA_ARGS__, NULL }

#endif /* MANX_FIELDS_H */
