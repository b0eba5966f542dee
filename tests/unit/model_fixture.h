/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the tests of the model share.
 */
#ifndef MODEL_FIXTURE_H
#define MODEL_FIXTURE_H

#include "model.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* Places of the warnings of the last parse_ok(), each followed by "|". */
extern char warnings[1024];

/* @text as file "f"; the test fails unless it passes. */
struct manx_resources parse_ok(const char *text);
/* The test fails unless @text is refused with words that contain @says. */
void parse_fails(const char *text, const char *says);

#endif /* MODEL_FIXTURE_H */
