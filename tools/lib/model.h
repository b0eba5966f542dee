/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Resources: Calico's v3 kinds, from text to checked values.
 *
 * Text (YAML or JSON, several documents, Lists) is read against the schema of
 * its kind; types come from the schema, never from the look of a scalar. What
 * comes out is canonical JSON with defaults filled in, which is also what the
 * store holds; the decode functions below turn that into structs.
 */
#ifndef MANX_MODEL_H
#define MANX_MODEL_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "addr.h"
#include "error.h"

#define MANX_API_VERSION "projectcalico.org/v3"

enum manx_kind_id {
	MANX_KIND_IPPOOL,
	MANX_KIND_NODE,
	MANX_KIND_WORKLOADENDPOINT,
	MANX_KIND_GLOBALNETWORKPOLICY,
	MANX_KIND_NETWORKPOLICY,
	MANX_KIND_NETWORKSET,
	MANX_KIND_GLOBALNETWORKSET,
	MANX_KIND_TIER,
	MANX_KIND_PROFILE,
	MANX_KIND_HOSTENDPOINT,
	MANX_KIND_IPRESERVATION,
	MANX_KIND_IPAMCONFIGURATION,
	MANX_KIND_BGPCONFIGURATION,
	MANX_KIND_BGPPEER,
	MANX_KIND_BGPFILTER,
	MANX_KIND_FELIXCONFIGURATION,
	MANX_KIND_CLUSTERINFORMATION,
	MANX_KIND_NAMESPACE,
	MANX_KINDS,
};

struct manx_schema;
struct manx_at;

/**
 * struct manx_kind - a kind of resource; instances are constant
 * @id: which
 * @kind: "IPPool"
 * @plural: "ippools", used in keys
 * @names: other words that mean it on a command line, NULL-terminated; the first
 *	is the short form that manuals name
 * @about: one sentence for manuals, without its full stop
 * @namespaced: metadata.namespace applies (default "default")
 * @read_only: shown, but never written by anybody
 * @api: apiVersion
 * @spec: fields of .spec, which may be absent if it has none that is required;
 *	NULL for a kind whose spec means nothing to manx
 * @check: what holds of the resource as a whole, after the schema; NULL for nothing
 */
struct manx_kind {
	enum manx_kind_id id;
	const char *kind;
	const char *plural;
	const char *const *names;
	const char *about;
	bool namespaced;
	bool read_only;
	const char *api;
	const struct manx_schema *spec;
	int (*check)(const struct manx_at *at, const cJSON *json);
};

const struct manx_kind *manx_kind(enum manx_kind_id id);
/* By kind, plural, singular or short name, in any case; NULL if unknown. */
const struct manx_kind *manx_kind_find(const char *word);
/* The nearest known word, for "did you mean"; NULL if none is near. */
const char *manx_kind_suggest(const char *word);

/**
 * struct manx_resource - one resource that passed the schema
 * @kind: its kind
 * @name: metadata.name; points into @json
 * @ns: metadata.namespace, NULL for global kinds; points into @json
 * @json: the whole object, canonical, owned
 * @line: where it began in its file, 1 and above; 0 if it came from the store
 * @version: metadata.resourceVersion that was given, 0 if none; not in @json
 * @ns_is_default: metadata.namespace was not given
 */
struct manx_resource {
	const struct manx_kind *kind;
	const char *name;
	const char *ns;
	cJSON *json;
	int line;
	int64_t version;
	bool ns_is_default;
};

/**
 * struct manx_resources - what a file held, in its order
 * @r: array, owned
 * @n: number
 */
struct manx_resources {
	struct manx_resource *r;
	size_t n;
};

/*
 * Parse and check @len octets at @text. @file names the source in messages
 * ("<file>:<line>: <path of field>: ...", with "document N: " before the path from
 * the second document on). All or nothing.
 * @warn (may be NULL) is called for each field of class "kept".
 */
int manx_resources_parse(const char *text, size_t len, const char *file,
			 struct manx_resources *out,
			 void (*warn)(void *ctx, const char *text), void *ctx,
			 struct manx_error *err);
void manx_resources_clear(struct manx_resources *rs);

/*
 * A resource from the value that the store has under @key; checked again, so that
 * it can be trusted.
 */
int manx_resource_from_store(const struct manx_kind *kind, const char *key, const char *value,
			     struct manx_resource *r, struct manx_error *err);
void manx_resource_clear(struct manx_resource *r);

/*
 * Key in the store. WorkloadEndpoints: e/<node>/<ns>/<name>. -ENAMETOOLONG.
 */
int manx_resource_key(const struct manx_resource *r, char *buf, size_t size,
		      struct manx_error *err);
/*
 * Prefix of all keys of a kind, of one namespace if @ns is not NULL; those of
 * WorkloadEndpoints begin with their nodes, so for them @ns is not heeded.
 */
int manx_kind_prefix(const struct manx_kind *kind, const char *ns, char *buf, size_t size);
/* "IPPool(my-ippool)" or "NetworkPolicy(ns/name)", for messages. */
const char *manx_resource_title(const struct manx_resource *r, char *buf, size_t size);

/* Put a resource of a namespaced kind into namespace @ns; -ENOMEM. */
int manx_resource_set_namespace(struct manx_resource *r, const char *ns);

/* Value for the store: compact JSON, malloc'ed; NULL without memory. */
char *manx_resource_to_store(const struct manx_resource *r);
/* For people and programs. @list: wrap several in "<Kind>List" / "List". */
int manx_resources_write_json(FILE *f, const struct manx_resources *rs, bool list);
int manx_resources_write_yaml(FILE *f, const struct manx_resources *rs, bool list);

/* DNS subdomain, at most 253 octets. Namespaces and node names too. */
bool manx_name_is_valid(const char *s);

/*
 * What a change from @old (NULL: create) to @new_ may not do: -EINVAL if it
 * touches a field that is fixed once and for all.
 */
int manx_resource_check_change(const struct manx_resource *old, const struct manx_resource *new_,
			       struct manx_error *err);

/*
 * --- decoded forms; strings point into the cJSON they came from, and are ""
 * where nothing is given ---
 */

/**
 * struct manx_labels - labels of one object
 * @json: object of strings, may be NULL for none; not owned
 */
struct manx_labels {
	const cJSON *json;
};

enum manx_encap_mode { MANX_ENCAP_NEVER, MANX_ENCAP_ALWAYS, MANX_ENCAP_CROSS_SUBNET };

#define MANX_USE_WORKLOAD	1u
#define MANX_USE_TUNNEL		2u

struct manx_ippool {
	const char *name;
	struct manx_prefix cidr;
	uint8_t block_size;
	enum manx_encap_mode ipip;
	bool nat_outgoing;
	bool disabled;
	bool manual;			/* assignmentMode: Manual */
	unsigned int uses;		/* MANX_USE_* */
	const char *node_selector;
	const char *ns_selector;	/* "" is all() */
};

/**
 * struct manx_node - a node
 * @ip4: spec.bgp.ipv4Address with the length of its subnet; family 0 if none
 * @ip6: the same for IPv6
 * @tunnel: spec.bgp.ipv4IPIPTunnelAddr; family 0 if none
 */
struct manx_node {
	const char *name;
	struct manx_labels labels;
	struct manx_prefix ip4;
	struct manx_prefix ip6;
	struct manx_addr tunnel;
};

#define MANX_WEP_MAX_ADDRS 8

/**
 * struct manx_wep - a workload endpoint
 * @id: annotation manx.io/endpoint-id, the id in the kernel of its node, >= 2;
 *	0 if absent
 * @handle: annotation manx.io/handle
 * @netns: annotation manx.io/netns-cookie
 * @boot_id: annotation manx.io/boot-id
 * @addr: spec.ipNetworks, host addresses
 * @mac: spec.mac, six octets; all zero if absent
 */
struct manx_wep {
	const char *name;
	const char *ns;
	struct manx_labels labels;
	uint32_t id;
	const char *handle;
	const char *netns;
	const char *boot_id;
	const char *node;
	const char *orchestrator;
	const char *pod;
	const char *endpoint;
	const char *container_id;
	const char *interface;
	struct manx_addr addr[MANX_WEP_MAX_ADDRS];
	size_t n_addr;
	uint8_t mac[6];
};

struct manx_port_range {
	uint16_t first, last;	/* host byte order, inclusive */
};

/**
 * struct manx_entity - one side of a rule; arrays owned by the policy
 * @selector, @not_selector, @ns_selector: "" if absent
 */
struct manx_entity {
	const char *selector, *not_selector, *ns_selector;
	struct manx_prefix *net, *not_net;
	size_t n_net, n_not_net;
	struct manx_port_range *port, *not_port;
	size_t n_port, n_not_port;
};

enum manx_policy_action {
	MANX_POLICY_ALLOW, MANX_POLICY_DENY, MANX_POLICY_PASS, MANX_POLICY_LOG,
};

/**
 * struct manx_policy_rule - one rule
 * @ip_version: 0 (both), 4, 6
 * @protocol, @not_protocol: IP protocol number, -1 if absent
 * @icmp_type, @icmp_code, @not_icmp_type, @not_icmp_code: -1 if absent
 */
struct manx_policy_rule {
	enum manx_policy_action action;
	int ip_version;
	int protocol, not_protocol;
	int icmp_type, icmp_code, not_icmp_type, not_icmp_code;
	struct manx_entity src, dst;
};

/**
 * struct manx_policy - a GlobalNetworkPolicy or NetworkPolicy
 * @ns: NULL for a global one
 * @tier: "default" if absent
 * @order: +infinity if absent
 * @selector: "" selects all
 * @ns_selector: of a global one, "" if absent
 * @ingress_applies, @egress_applies: spec.types, or what its absence means
 */
struct manx_policy {
	const char *name;
	const char *ns;
	const char *tier;
	double order;
	const char *selector;
	const char *ns_selector;
	bool ingress_applies, egress_applies;
	struct manx_policy_rule *ingress, *egress;
	size_t n_ingress, n_egress;
};

/**
 * struct manx_netset - a NetworkSet or GlobalNetworkSet
 * @ns: NULL for a global one
 * @net: owned
 */
struct manx_netset {
	const char *name;
	const char *ns;
	struct manx_labels labels;
	struct manx_prefix *net;
	size_t n_net;
};

/**
 * struct manx_tier - policies that are asked together
 * @order: +infinity if absent
 * @pass: what no rule decides goes to the next tier; else it is denied
 */
struct manx_tier {
	const char *name;
	double order;
	bool pass;
};

/**
 * struct manx_namespace - a Namespace, of which manx knows the labels
 */
struct manx_namespace {
	const char *name;
	struct manx_labels labels;
};

/**
 * struct manx_ipreservation - addresses that are never given out by themselves
 * @net: owned
 */
struct manx_ipreservation {
	const char *name;
	struct manx_prefix *net;
	size_t n_net;
};

/**
 * struct manx_ipamconfig - the IPAMConfiguration; all zero where there is none
 * @strict_affinity: no borrowing
 * @no_new_blocks: autoAllocateBlocks: false
 * @max_blocks: of a node, 0 for no limit
 * @cooldown: seconds before an address is given again
 */
struct manx_ipamconfig {
	bool strict_affinity;
	bool no_new_blocks;
	uint32_t max_blocks;
	uint32_t cooldown;
};

/* The resource must be of the kind, and outlive the struct. */
int manx_netset_decode(const struct manx_resource *r, struct manx_netset *s,
		       struct manx_error *err);
void manx_netset_clear(struct manx_netset *s);
int manx_tier_decode(const struct manx_resource *r, struct manx_tier *t, struct manx_error *err);
/* default, kube-admin or kube-baseline, which every cluster has; else NULL. */
const struct manx_tier *manx_tier_built_in(const char *name);
int manx_namespace_decode(const struct manx_resource *r, struct manx_namespace *n,
			  struct manx_error *err);
int manx_ipreservation_decode(const struct manx_resource *r, struct manx_ipreservation *res,
			      struct manx_error *err);
void manx_ipreservation_clear(struct manx_ipreservation *res);
int manx_ipamconfig_decode(const struct manx_resource *r, struct manx_ipamconfig *c,
			   struct manx_error *err);
int manx_ippool_decode(const struct manx_resource *r, struct manx_ippool *p,
		       struct manx_error *err);
int manx_node_decode(const struct manx_resource *r, struct manx_node *n, struct manx_error *err);
int manx_wep_decode(const struct manx_resource *r, struct manx_wep *w, struct manx_error *err);
int manx_policy_decode(const struct manx_resource *r, struct manx_policy *p,
		       struct manx_error *err);
void manx_policy_clear(struct manx_policy *p);

/*
 * A WorkloadEndpoint resource from @w (labels.json copied); json owned by *r.
 * The result passes the schema.
 */
int manx_wep_encode(const struct manx_wep *w, struct manx_resource *r, struct manx_error *err);

#endif /* MANX_MODEL_H */
