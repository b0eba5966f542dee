// SPDX-License-Identifier: GPL-2.0-only
/* The kinds of which nothing else depends on the order of their fields. */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "model.h"
#include "model_fixture.h"

#define NAMED(kind, name) "apiVersion: projectcalico.org/v3\nkind: " kind "\nmetadata: {name: " name "}\n"
/* fields begin in line 5 */
#define X(kind, fields) NAMED(kind, "x") "spec:\n" fields
#define DEFAULT(kind, fields) NAMED(kind, "default") "spec:\n" fields

/* Canonical spec, or metadata where there is none, of what is written; and warnings. */
static void test_accept(void **state)
{
	static const struct {
		const char *text, *spec, *warns;
	} cases[] = {
		{ X("NetworkSet", "  nets: [10.0.0.9/8, FD00::1, 0.0.0.0/0]\n"),
		  "{\"nets\":[\"10.0.0.0/8\",\"fd00::1/128\",\"0.0.0.0/0\"]}", "" },
		{ NAMED("GlobalNetworkSet", "x"), "{}", "" },
		{ X("Tier", "  order: 0\n"), "{\"order\":0,\"defaultAction\":\"Deny\"}", "" },
		{ NAMED("Tier", "x"), "{\"defaultAction\":\"Deny\"}", "" },
		{ NAMED("Tier", "kube-admin") "spec: {order: 1000, defaultAction: Pass}\n",
		  "{\"order\":1000,\"defaultAction\":\"Pass\"}", "" },
		{ NAMED("Profile", "x") "spec: {ingress: [], egress: [], labelsToApply: {}}\n",
		  "{\"ingress\":[],\"egress\":[],\"labelsToApply\":{}}", "" },
		{ NAMED("IPReservation", "x") "spec: {reservedCIDRs: []}\n", "{\"reservedCIDRs\":[]}", "" },
		{ X("IPReservation", "  reservedCIDRs: [10.0.0.1/32]\n"), "{\"reservedCIDRs\":[\"10.0.0.1/32\"]}", "" },
		{ DEFAULT("IPAMConfiguration", "  strictAffinity: true\n  maxBlocksPerHost: 4\n  ipCooldownSeconds: 30\n"),
		  "{\"strictAffinity\":true,\"maxBlocksPerHost\":4,\"autoAllocateBlocks\":true,\"ipCooldownSeconds\":30}", "" },
		{ X("IPPool", "  cidr: 10.0.0.0/8\n  namespaceSelector: a == 'b'\n  allowedUses: [Workload]\n"),
		  "{\"cidr\":\"10.0.0.0/8\",\"blockSize\":26,\"ipipMode\":\"Never\",\"vxlanMode\":\"Never\",\"natOutgoing\":false,"
		  "\"nodeSelector\":\"all()\",\"namespaceSelector\":\"a == 'b'\",\"allowedUses\":[\"Workload\"],\"assignmentMode\":\"Automatic\"}", "" },
		{ DEFAULT("IPAMConfiguration", "  strictAffinity: false\n  autoAllocateBlocks: true\n  maxBlocksPerHost: 0\n"),
		  "{\"strictAffinity\":false,\"maxBlocksPerHost\":0,\"autoAllocateBlocks\":true}", "" },
		{ NAMED("IPAMConfiguration", "default"),
		  "{\"strictAffinity\":false,\"maxBlocksPerHost\":0,\"autoAllocateBlocks\":true}", "" },
		{ DEFAULT("BGPConfiguration", "  logSeverityScreen: info\n  nodeToNodeMeshEnabled: false\n  asNumber: 63400\n"),
		  "{\"logSeverityScreen\":\"Info\",\"nodeToNodeMeshEnabled\":false,\"asNumber\":63400}",
		  "f:6: spec.nodeToNodeMeshEnabled|f:7: spec.asNumber|" },
		{ DEFAULT("BGPConfiguration", "  asNumber: '65000.1'\n"),
		  "{\"logSeverityScreen\":\"Info\",\"asNumber\":4259840001}", "f:5: spec.asNumber|" },
		{ X("BGPPeer", "  nodeSelector: all()\n  peerSelector: rr == 'true'\n"),
		  "{\"nodeSelector\":\"all()\",\"peerSelector\":\"rr == 'true'\"}",
		  "f:5: spec.nodeSelector|f:6: spec.peerSelector|" },
		{ X("BGPPeer", "  peerIP: '[fd00::1]:1179'\n  asNumber: 1\n  keepOriginalNextHop: false\n"),
		  "{\"peerIP\":\"[fd00::1]:1179\",\"asNumber\":1,\"keepOriginalNextHop\":false}",
		  "f:5: spec.peerIP|f:6: spec.asNumber|" },
		{ X("BGPFilter", "  exportV4: [{action: Reject, cidr: 10.0.0.0/8, matchOperator: In, prefixLength: {min: 9, max: 32}}]\n"),
		  "{\"exportV4\":[{\"cidr\":\"10.0.0.0/8\",\"prefixLength\":{\"min\":9,\"max\":32},\"matchOperator\":\"In\",\"action\":\"Reject\"}]}",
		  "f:5: spec.exportV4|" },
		{ X("BGPFilter", "  importV6: [{action: Accept, interface: 'eth*', operations: [{prependASPath: {prefix: [65000.1]}}]}]\n"),
		  "{\"importV6\":[{\"interface\":\"eth*\",\"action\":\"Accept\",\"operations\":[{\"prependASPath\":{\"prefix\":[4259840001]}}]}]}",
		  "f:5: spec.importV6|" },
		{ DEFAULT("FelixConfiguration", "  defaultEndpointToHostAction: drop\n  ipipEnabled: true\n  healthEnabled: false\n"
		  "  programClusterRoutes: EnabledIPIPOnly\n  ipipMTU: 0\n  wireguardEnabled: false\n  floatingIPs: Disabled\n"),
		  "{\"defaultEndpointToHostAction\":\"Drop\",\"ipipEnabled\":true,\"ipipMTU\":0,\"healthEnabled\":false,"
		  "\"programClusterRoutes\":\"EnabledIPIPOnly\",\"wireguardEnabled\":false,\"floatingIPs\":\"Disabled\"}", "" },
		{ DEFAULT("FelixConfiguration", "  routeRefreshInterval: 1m30s\n  goGCThreshold: -1\n  iptablesMarkMask: 4294901760\n"
		  "  failsafeInboundHostPorts: [{protocol: tcp, port: 22}]\n"),
		  "{\"routeRefreshInterval\":\"1m30s\",\"iptablesMarkMask\":4294901760,"
		  "\"failsafeInboundHostPorts\":[{\"protocol\":\"TCP\",\"port\":22}],\"goGCThreshold\":-1}",
		  "f:5: spec.routeRefreshInterval|f:7: spec.iptablesMarkMask|f:8: spec.failsafeInboundHostPorts|f:6: spec.goGCThreshold|" },
		/* as operators of Calico write it */
		{ DEFAULT("FelixConfiguration", "  bpfLogLevel: ''\n  reportingInterval: 0s\n"),
		  "{\"reportingInterval\":\"0s\"}", "f:6: spec.reportingInterval|" },
		{ X("IPPool", "  cidr: 10.0.0.0/8\n  ipipMode: ''\n  vxlanMode: ''\n  assignmentMode: ''\n"),
		  "{\"cidr\":\"10.0.0.0/8\",\"blockSize\":26,\"ipipMode\":\"Never\",\"vxlanMode\":\"Never\",\"natOutgoing\":false,"
		  "\"nodeSelector\":\"all()\",\"allowedUses\":[\"Workload\",\"Tunnel\"],\"assignmentMode\":\"Automatic\"}", "" },
		{ DEFAULT("ClusterInformation", "  clusterGUID: a\n  datastoreReady: true\n"),
		  "{\"clusterGUID\":\"a\",\"datastoreReady\":true}", "" },
		{ "apiVersion: v1\nkind: Namespace\nmetadata: {name: x, labels: {a: b}}\nspec: {finalizers: [kubernetes]}\nstatus: {phase: Active}\n",
		  NULL, "" },
		{ X("IPPool", "  cidr: 10.0.0.0/8\n  blockSize: 0\n"),
		  "{\"cidr\":\"10.0.0.0/8\",\"blockSize\":26,\"ipipMode\":\"Never\",\"vxlanMode\":\"Never\",\"natOutgoing\":false,"
		  "\"nodeSelector\":\"all()\",\"allowedUses\":[\"Workload\",\"Tunnel\"],\"assignmentMode\":\"Automatic\"}", "" },
		{ X("GlobalNetworkPolicy", "  tier: platform\n"),
		  "{\"tier\":\"platform\",\"types\":[\"Ingress\"]}", "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct manx_resources rs = parse_ok(cases[i].text);
		char *spec;

		spec = cJSON_PrintUnformatted(cJSON_GetObjectItemCaseSensitive(rs.r[0].json, "spec"));
		if (cases[i].spec)
			assert_string_equal(spec, cases[i].spec);
		else
			assert_null(spec);
		assert_string_equal(warnings, cases[i].warns);
		free(spec);
		manx_resources_clear(&rs);
	}
}

static void test_refuse(void **state)
{
	static const struct {
		const char *text, *says;
	} cases[] = {
		{ X("NetworkSet", "  nets: [x]\n"), "f:5: spec.nets[0]: \"x\": a network" },
		{ "apiVersion: projectcalico.org/v3\nkind: NetworkSet\nmetadata: {name: x, labels: {projectcalico.org/namespace: a}}\n",
		  "metadata.labels: projectcalico.org/namespace is set by manx" },
		{ "apiVersion: projectcalico.org/v3\nkind: GlobalNetworkSet\nmetadata: {name: x, namespace: y}\n",
		  "f:3: metadata.namespace: \"y\" is not supported: this kind lies in no namespace" },
		{ NAMED("Tier", "a.b"), "metadata.name: \"a.b\": the name of a tier has no dot" },
		{ NAMED("Tier", "default"), "spec.order: tier default has 1000000 always" },
		{ NAMED("Tier", "default") "spec: {order: 1000000, defaultAction: Pass}\n", "spec.defaultAction: tier default has Deny always" },
		{ X("Tier", "  defaultAction: Allow\n"), "allowed are Deny, Pass" },
		{ X("Profile", "  ingress: [{action: Allow}]\n"), "f:5: spec.ingress: not supported: no endpoint has profiles of its own" },
		{ X("Profile", "  ingress: [{action: Alow}]\n"), "did you mean \"Allow\"?" },
		{ X("Profile", "  labelsToApply: {a: b}\n"), "f:5: spec.labelsToApply: not supported" },
		{ NAMED("Profile", "kns.default"), "metadata.name: \"kns.default\": profiles of namespaces" },
		{ X("HostEndpoint", "  interfaceName: eth0\n"), "spec.node: is missing" },
		{ X("HostEndpoint", "  node: n1\n  interfaceName: eth0\n"), "f:5: spec.node: \"n1\" is not supported: host endpoints are not enforced by this version: use the host's own firewall" },
		{ X("IPAMConfiguration", "  {}\n"), "metadata.name: \"x\": allowed is default" },
		{ DEFAULT("IPAMConfiguration", "  maxBlocksPerHost: 1000001\n"), "whole numbers from 0 to 1000000" },
		{ DEFAULT("IPAMConfiguration", "  maxBlocksPerHost: 1\n"), "spec.maxBlocksPerHost: needs strictAffinity: true" },
		{ DEFAULT("IPAMConfiguration", "  ipCooldownSeconds: 1201\n"), "1200" },
		{ DEFAULT("BGPConfiguration", "  asNumber: 65000.65536\n"), "spec.asNumber: \"65000.65536\": allowed are" },
		{ DEFAULT("BGPConfiguration", "  nodeToNodeMeshEnabled: false\n  nodeMeshMaxRestartTime: 9s\n"), "f:6: spec.nodeMeshMaxRestartTime: needs nodeToNodeMeshEnabled: true" },
		{ DEFAULT("BGPConfiguration", "  communities: [{name: a, value: '1:2'}]\n"), "spec.communities: no prefixAdvertisements use them" },
		{ DEFAULT("BGPConfiguration", "  communities: [{name: a, value: '1:65536'}]\n"), "spec.communities[0].value: \"1:65536\": a community" },
		{ DEFAULT("BGPConfiguration", "  communities: [{name: a, value: '1:2:3:4'}]\n"), "a community" },
		{ DEFAULT("BGPConfiguration", "  communities: [{name: a, value: '1:'}]\n"), "a community" },
		{ DEFAULT("BGPConfiguration", "  listenPort: 0\n"), "from 1 to 65535" },
		{ X("BGPConfiguration", "  nodeToNodeMeshEnabled: true\n"), "spec.nodeToNodeMeshEnabled: allowed in \"default\" only" },
		{ X("BGPPeer", "  node: a\n  nodeSelector: all()\n"), "f:6: spec.nodeSelector: cannot stand beside node" },
		{ X("BGPPeer", "  peerIP: 10.0.0.1\n  peerSelector: all()\n"), "cannot stand beside peerIP" },
		{ X("BGPPeer", "  peerSelector: all()\n  asNumber: 1\n"), "spec.asNumber: cannot stand beside peerSelector" },
		{ X("BGPPeer", "  nextHopMode: Keep\n  keepOriginalNextHop: true\n"), "cannot stand beside nextHopMode" },
		{ X("BGPPeer", "  localWorkloadSelector: all()\n"), "spec.asNumber: is missing: localWorkloadSelector" },
		{ X("BGPPeer", "  reachableBy: 10.0.0.1\n"), "spec.reachableBy: needs peerIP" },
		{ X("BGPPeer", "  peerIP: 10.0.0.1:0\n"), "an address is expected, with a port" },
		{ X("BGPPeer", "  peerIP: '[10.0.0.1]:1'\n"), "an address is expected, with a port" },
		{ X("BGPPeer", "  peerIP: '[fd00::1'\n"), "an address is expected, with a port" },
		{ X("BGPPeer", "  peerIP: 10.0.0.1:65536\n"), "an address is expected, with a port" },
		{ X("BGPPeer", "  nodeSelecter: all()\n"), "did you mean \"nodeSelector\"?" },
		{ X("BGPFilter", "  exportV4: [{action: Accept, cidr: 10.0.0.0/8}]\n"), "spec.exportV4[0].matchOperator: is missing" },
		{ X("BGPFilter", "  exportV4: [{action: ''}]\n"), "spec.exportV4[0].action: is missing" },
		{ X("BGPFilter", "  exportV4: [{action: Accept, matchOperator: In}]\n"), "spec.exportV4[0].cidr: is missing" },
		{ X("BGPFilter", "  exportV4: [{action: Accept, cidr: 'fd00::/8', matchOperator: In}]\n"), "an IPv4 network is expected" },
		{ X("BGPFilter", "  exportV6: [{action: Accept, prefixLength: {min: 1}}]\n"), "cidr: is missing: prefixLength needs it" },
		{ X("BGPFilter", "  exportV4: [{action: Accept, prefixLength: {min: 33}}]\n"), "from 0 to 32" },
		{ X("BGPFilter", "  exportV4: [{action: Reject, operations: [{setPriority: {value: 1}}]}]\n"), "operations: allowed with action Accept only" },
		{ X("BGPFilter", "  exportV4: [{action: Accept, operations: [{}]}]\n"), "one of addCommunity" },
		{ DEFAULT("FelixConfiguration", "  routeRefreshInterval: 90\n"), "f:5: spec.routeRefreshInterval: \"90\": a time is expected, like 90s" },
		{ DEFAULT("FelixConfiguration", "  routeRefreshInterval: 1.s\n"), "a time is expected" },
		{ DEFAULT("FelixConfiguration", "  wireguardEnabled: true\n"), "f:5: spec.wireguardEnabled: \"true\" is not supported: WireGuard" },
		{ DEFAULT("FelixConfiguration", "  defaultEndpointToHostAction: Accept\n"), "set MANX_DEFAULT_ENDPOINT_TO_HOST_ACTION" },
		{ DEFAULT("FelixConfiguration", "  programClusterRoutes: Disabled\n"), "manxd writes the routes" },
		{ DEFAULT("FelixConfiguration", "  goGCThreshold: -2\n"), "from -1 to" },
		{ DEFAULT("FelixConfiguration", "  routeTableRange: {min: 3, max: 2}\n"), "routeTableRange.max: is less than min" },
		{ DEFAULT("FelixConfiguration", "  logSeverityScren: Info\n"), "did you mean \"logSeverityScreen\"?" },
		{ DEFAULT("FelixConfiguration", "  nodeSelector: all()\n"), "spec.nodeSelector: not in \"default\"" },
		{ "apiVersion: projectcalico.org/v3\nkind: Namespace\nmetadata: {name: x}\n", "f:1: apiVersion: \"projectcalico.org/v3\": allowed is v1" },
		{ "kind: Namespace\nmetadata: {name: x}\n", "apiVersion: is missing: write v1" },
		{ "apiVersion: v1\nkind: Namespace\nmetadata: {name: x, namespace: y}\n", "this kind lies in no namespace" },
		{ X("IPPool", "  cidr: 10.0.0.0/8\n") "---\n---\n" X("IPPool", "  cidr: x\n"), "f:12: document 3: spec.cidr: \"x\"" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		parse_fails(cases[i].text, cases[i].says);
}

static void test_decode(void **state)
{
	struct manx_resources rs = parse_ok(
		NAMED("GlobalNetworkSet", "g") "spec: {nets: [10.0.0.0/8, 'fd00::/8']}\n---\n"
		NAMED("Tier", "t") "spec: {defaultAction: Pass}\n---\n"
		"apiVersion: v1\nkind: Namespace\nmetadata: {name: n, labels: {a: b}}\n---\n"
		NAMED("IPAMConfiguration", "default") "---\n"
		NAMED("IPReservation", "r"));
	struct manx_netset set;
	struct manx_tier tier;
	struct manx_namespace space;
	struct manx_ipamconfig config;
	struct manx_ipreservation reserved;

	(void)state;
	assert_int_equal(rs.n, 5);
	assert_int_equal(manx_netset_decode(&rs.r[0], &set, NULL), 0);
	assert_string_equal(set.name, "g");
	assert_null(set.ns);
	assert_int_equal(set.n_net, 2);
	assert_int_equal(set.net[1].addr.family, 6);
	manx_netset_clear(&set);
	assert_int_equal(manx_tier_decode(&rs.r[1], &tier, NULL), 0);
	assert_true(isinf(tier.order) && tier.pass);
	assert_int_equal(manx_namespace_decode(&rs.r[2], &space, NULL), 0);
	assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(space.labels.json, "a")), "b");
	assert_int_equal(manx_ipamconfig_decode(&rs.r[3], &config, NULL), 0);
	assert_false(config.strict_affinity || config.no_new_blocks || config.max_blocks || config.cooldown);
	assert_int_equal(manx_ipreservation_decode(&rs.r[4], &reserved, NULL), 0);
	assert_int_equal(reserved.n_net, 0);
	manx_ipreservation_clear(&reserved);
	manx_resources_clear(&rs);
}

static void test_words(void **state)
{
	static const struct {
		const char *word;
		enum manx_kind_id id;
	} cases[] = {
		{ "bgpconfig", MANX_KIND_BGPCONFIGURATION }, { "bf", MANX_KIND_BGPFILTER }, { "bp", MANX_KIND_BGPPEER },
		{ "clusterinfo", MANX_KIND_CLUSTERINFORMATION }, { "felixconfig", MANX_KIND_FELIXCONFIGURATION },
		{ "gnetsets", MANX_KIND_GLOBALNETWORKSET }, { "hep", MANX_KIND_HOSTENDPOINT },
		{ "ipamconfig", MANX_KIND_IPAMCONFIGURATION }, { "reservation", MANX_KIND_IPRESERVATION },
		{ "netsets", MANX_KIND_NETWORKSET }, { "pro", MANX_KIND_PROFILE }, { "tier", MANX_KIND_TIER },
		{ "ns", MANX_KIND_NAMESPACE }, { "no", MANX_KIND_NODE }, { "pol", MANX_KIND_NETWORKPOLICY },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_ptr_equal(manx_kind_find(cases[i].word), manx_kind(cases[i].id));
	/* no word means two kinds */
	for (int id = 0; id < MANX_KINDS; id++) {
		const struct manx_kind *kind = manx_kind((enum manx_kind_id)id);

		assert_ptr_equal(manx_kind_find(kind->kind), kind);
		assert_ptr_equal(manx_kind_find(kind->plural), kind);
		for (const char *const *name = kind->names; *name; name++)
			assert_ptr_equal(manx_kind_find(*name), kind);
	}
}

/* It is known who reads it, and is no part of what is stored. */
static void test_version(void **state)
{
	struct manx_resources rs = parse_ok(
		"apiVersion: projectcalico.org/v3\nkind: NodeList\nitems:\n"
		"- metadata: {name: a, resourceVersion: '9223372036854775807'}\n  spec: {}\n"
		"- metadata: {name: b, resourceVersion: 12/34}\n"
		"- metadata: {name: c, resourceVersion: 9223372036854775808}\n");
	char *text = manx_resource_to_store(&rs.r[0]);

	(void)state;
	assert_true(rs.r[0].version == INT64_MAX);
	assert_int_equal(rs.r[1].version, 0);
	assert_int_equal(rs.r[2].version, 0);
	assert_null(strstr(text, "resourceVersion"));
	free(text);
	manx_resources_clear(&rs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_accept),
		cmocka_unit_test(test_refuse),
		cmocka_unit_test(test_decode),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_version),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
