// SPDX-License-Identifier: GPL-2.0-only
/* The kinds of resources, and how they are called. */
#include "kinds.h"

#include <string.h>
#include <strings.h>

#include "suggest.h"

#define NAMES(...) .names = (const char *const[]){ __VA_ARGS__, NULL }
#define KIND(id_, kind_, plural_, about_, ...) \
	[MANX_KIND_##id_] = { \
		.id = MANX_KIND_##id_, .kind = kind_, .plural = plural_, .about = about_, \
		.api = MANX_API_VERSION, __VA_ARGS__ \
	}
#pragma GCC diagnostic ignored "-Woverride-init"

static const struct manx_kind kinds[MANX_KINDS] = {
	KIND(IPPOOL, "IPPool", "ippools",
	     "A range of addresses for pods and tunnels, and how packets to it travel",
	     NAMES("ipp", "ipps", "pool", "pools"), .spec = &manx_ippool_spec),
	KIND(NODE, "Node", "nodes", "A node, its addresses and labels",
	     NAMES("no", "nos"), .spec = &manx_node_spec),
	KIND(WORKLOADENDPOINT, "WorkloadEndpoint", "workloadendpoints",
	     "A pod's interface; written by manxd, only labels and annotations can be applied",
	     NAMES("wep", "weps", "endpoint", "endpoints"), .namespaced = true, .spec = &manx_wep_spec,
	     .check = manx_wep_check),
	KIND(GLOBALNETWORKPOLICY, "GlobalNetworkPolicy", "globalnetworkpolicies",
	     "Policy for pods of every namespace",
	     NAMES("gnp", "gnps"), .spec = &manx_global_policy_spec),
	KIND(NETWORKPOLICY, "NetworkPolicy", "networkpolicies",
	     "Policy for pods of its namespace; Kubernetes' own is accepted, too, and becomes knp.default.NAME",
	     NAMES("np", "nps", "pol", "pols", "policy", "policies"), .namespaced = true,
	     .spec = &manx_policy_spec),
	KIND(NETWORKSET, "NetworkSet", "networksets",
	     "Networks with labels, which selectors of rules match as pods of its namespace",
	     NAMES("netset", "netsets"), .namespaced = true, .spec = &manx_netset_spec,
	     .check = manx_netset_check),
	KIND(GLOBALNETWORKSET, "GlobalNetworkSet", "globalnetworksets",
	     "Networks with labels, which selectors of rules match",
	     NAMES("gnetset", "gnetsets"), .spec = &manx_netset_spec, .check = manx_netset_check),
	KIND(TIER, "Tier", "tiers", "Policies that are asked together; there are default, kube-admin and kube-baseline always",
	     NAMES("tier"), .spec = &manx_tier_spec, .check = manx_tier_check),
	KIND(PROFILE, "Profile", "profiles", "Rules and labels for the endpoints that name it",
	     NAMES("pro", "pros"), .spec = &manx_profile_spec, .check = manx_profile_check),
	KIND(HOSTENDPOINT, "HostEndpoint", "hostendpoints", "An interface of a node, for policy",
	     NAMES("hep", "heps"), .spec = &manx_hostendpoint_spec),
	KIND(IPRESERVATION, "IPReservation", "ipreservations",
	     "Addresses that are not given to pods unless they ask for them",
	     NAMES("reservation", "reservations"), .spec = &manx_ipreservation_spec),
	KIND(IPAMCONFIGURATION, "IPAMConfiguration", "ipamconfigurations",
	     "How addresses are managed; its name is default",
	     NAMES("ipamconfig", "ipamconfigs"), .spec = &manx_ipamconfig_spec,
	     .check = manx_ipamconfig_check),
	KIND(BGPCONFIGURATION, "BGPConfiguration", "bgpconfigurations",
	     "How nodes speak BGP; default is for all, node.NAME for one",
	     NAMES("bgpconfig", "bgpconfigs"), .spec = &manx_bgp_config_spec,
	     .check = manx_bgp_config_check),
	KIND(BGPPEER, "BGPPeer", "bgppeers", "With whom nodes speak BGP",
	     NAMES("bgpp", "bgpps", "bp", "bps"), .spec = &manx_bgp_peer_spec),
	KIND(BGPFILTER, "BGPFilter", "bgpfilters", "Which routes BGP peers exchange",
	     NAMES("bgpf", "bgpfs", "bf", "bfs"), .spec = &manx_bgp_filter_spec),
	KIND(FELIXCONFIGURATION, "FelixConfiguration", "felixconfigurations",
	     "How Calico's agent works; default is for all nodes, node.NAME for one",
	     NAMES("felixconfig", "felixconfigs"), .spec = &manx_felix_spec, .check = manx_felix_check),
	KIND(CLUSTERINFORMATION, "ClusterInformation", "clusterinformations",
	     "What the datastore knows of itself; cannot be written",
	     NAMES("clusterinfo", "clusterinfos"), .read_only = true, .spec = &manx_cluster_spec),
	KIND(NAMESPACE, "Namespace", "namespaces",
	     "Kubernetes' own; endpoints inherit its labels, which namespaceSelector matches",
	     NAMES("ns"), .api = "v1"),
};

const struct manx_kind *manx_kind(enum manx_kind_id id)
{
	return &kinds[id];
}

const struct manx_kind *manx_kind_find(const char *word)
{
	for (size_t i = 0; i < MANX_KINDS; i++) {
		if (!strcasecmp(word, kinds[i].kind) || !strcasecmp(word, kinds[i].plural))
			return &kinds[i];
		for (const char *const *name = kinds[i].names; *name; name++)
			if (!strcasecmp(word, *name))
				return &kinds[i];
	}
	return NULL;
}

const char *manx_kind_suggest(const char *word)
{
	struct manx_suggest near = manx_suggest_begin(word);

	for (size_t i = 0; i < MANX_KINDS; i++) {
		manx_suggest_offer(&near, kinds[i].kind);
		manx_suggest_offer(&near, kinds[i].plural);
	}
	return near.best;
}

const struct manx_kind *manx_kind_exactly(const char *kind, size_t len)
{
	for (size_t i = 0; i < MANX_KINDS; i++)
		if (strlen(kinds[i].kind) == len && !strncmp(kind, kinds[i].kind, len))
			return &kinds[i];
	return NULL;
}
