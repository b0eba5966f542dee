/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of the single kinds give to model.c.
 */
#ifndef MANX_KINDS_H
#define MANX_KINDS_H

#include "schema.h"

extern const struct manx_schema manx_ippool_spec;
extern const struct manx_schema manx_node_spec;
extern const struct manx_schema manx_wep_spec;
extern const struct manx_schema manx_global_policy_spec;
extern const struct manx_schema manx_policy_spec;

/* Annotations that manxd writes on workload endpoints; see struct manx_wep. */
#define MANX_ANNOTATION_ENDPOINT_ID	"manx.io/endpoint-id"
#define MANX_ANNOTATION_HANDLE		"manx.io/handle"
#define MANX_ANNOTATION_NETNS_COOKIE	"manx.io/netns-cookie"
#define MANX_ANNOTATION_BOOT_ID		"manx.io/boot-id"

/* metadata.annotations of a WorkloadEndpoint; may be NULL. */
int manx_wep_check_annotations(const struct manx_at *at, const cJSON *annotations);

#endif /* MANX_KINDS_H */
