/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of the single kinds give to model.c.
 */
#ifndef MANX_KINDS_H
#define MANX_KINDS_H

#include "model.h"
#include "schema.h"

extern const struct manx_schema manx_ippool_spec;
extern const struct manx_schema manx_node_spec;
extern const struct manx_schema manx_wep_spec;
extern const struct manx_schema manx_global_policy_spec;
extern const struct manx_schema manx_policy_spec;
extern const struct manx_schema manx_netset_spec;
extern const struct manx_schema manx_tier_spec;
extern const struct manx_schema manx_profile_spec;
extern const struct manx_schema manx_hostendpoint_spec;
extern const struct manx_schema manx_ipreservation_spec;
extern const struct manx_schema manx_ipamconfig_spec;
extern const struct manx_schema manx_bgp_config_spec;
extern const struct manx_schema manx_bgp_peer_spec;
extern const struct manx_schema manx_bgp_filter_spec;
extern const struct manx_schema manx_felix_spec;
extern const struct manx_schema manx_cluster_spec;
/* of networking.k8s.io/v1 NetworkPolicy, see manx_k8s_policy_convert() */
extern const struct manx_schema manx_k8s_policy_spec;

/*
 * What holds of a resource as a whole, after its schema: see struct manx_kind.
 */
int manx_wep_check(const struct manx_at *at, const cJSON *json);
int manx_netset_check(const struct manx_at *at, const cJSON *json);
int manx_tier_check(const struct manx_at *at, const cJSON *json);
int manx_profile_check(const struct manx_at *at, const cJSON *json);
int manx_ipamconfig_check(const struct manx_at *at, const cJSON *json);
int manx_bgp_config_check(const struct manx_at *at, const cJSON *json);
int manx_felix_check(const struct manx_at *at, const cJSON *json);

/*
 * The NetworkPolicy of Calico's that means what @json, read by the schema above,
 * means to Kubernetes. The caller's; not canonical yet.
 */
cJSON *manx_k8s_policy_convert(const cJSON *json);

/* Kind of the word in files, where it is spelt in one way only; NULL if unknown. */
const struct manx_kind *manx_kind_exactly(const char *kind, size_t len);

#define MANX_K8S_POLICY_API	"networking.k8s.io/v1"
#define MANX_LABEL_NAMESPACE	"projectcalico.org/namespace"

/* Annotations that manxd writes on workload endpoints; see struct manx_wep. */
#define MANX_ANNOTATION_ENDPOINT_ID	"manx.io/endpoint-id"
#define MANX_ANNOTATION_HANDLE		"manx.io/handle"
#define MANX_ANNOTATION_NETNS_COOKIE	"manx.io/netns-cookie"
#define MANX_ANNOTATION_BOOT_ID		"manx.io/boot-id"

#endif /* MANX_KINDS_H */
