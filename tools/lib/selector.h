/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Calico's label selectors: parser, canonical form, evaluation.
 */
#ifndef MANX_SELECTOR_H
#define MANX_SELECTOR_H

#include <stdbool.h>

#include "error.h"

/* longest selector text that is accepted, octets */
#define MANX_SELECTOR_MAX 1024

struct manx_selector;

/*
 * Parse @text ("" and blanks mean all()). Linear time; nesting is bounded.
 * -EINVAL with position and what was expected.
 */
int manx_selector_parse(const char *text, struct manx_selector **sel, struct manx_error *err);
void manx_selector_free(struct manx_selector *sel);

/*
 * Canonical text, owned by @sel: selectors with equal canonical texts match
 * the same labels.
 */
const char *manx_selector_canonical(const struct manx_selector *sel);

/* Value of label @key, or NULL if the object does not have it. */
typedef const char *(*manx_label_fn)(const void *ctx, const char *key);

bool manx_selector_match(const struct manx_selector *sel, manx_label_fn label, const void *ctx);

#endif /* MANX_SELECTOR_H */
