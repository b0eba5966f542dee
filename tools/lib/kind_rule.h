/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Rules of policies.
 */
#ifndef MANX_KIND_RULE_H
#define MANX_KIND_RULE_H

#include "model.h"
#include "schema.h"

/* of one direction of one policy; Calico's limit */
#define MANX_RULES_MAX 1024

extern const struct manx_schema manx_rule;

/* Rules of canonical JSON, @list may be NULL; *rules and *n are set also on failure. */
int manx_rules_decode(const cJSON *list, struct manx_policy_rule **rules, size_t *n,
		      struct manx_error *err);
void manx_rules_free(struct manx_policy_rule *rules, size_t n);

#endif /* MANX_KIND_RULE_H */
