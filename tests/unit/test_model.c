// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
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

#define HEAD(kind) "apiVersion: projectcalico.org/v3\nkind: " kind "\nmetadata:\n  name: x\n"
#define POOL(fields) HEAD("IPPool") "spec:\n" fields
#define NODE(fields) HEAD("Node") "spec:\n" fields
#define WEP(fields) HEAD("WorkloadEndpoint") "spec:\n  node: n1\n" fields

static void test_examples(void **state)
{
	static const struct {
		const char *text, *canonical;
	} cases[] = {
		{ "apiVersion: projectcalico.org/v3\nkind: IPPool\nmetadata:\n  name: default-ipv4-ippool\n"
		  "spec:\n  allowedUses:\n  - Workload\n  - Tunnel\n  blockSize: 26\n  cidr: 10.244.0.0/16\n"
		  "  ipipMode: Always\n  natOutgoing: true\n  nodeSelector: all()\n  vxlanMode: Never\n",
		  "{\"apiVersion\":\"projectcalico.org/v3\",\"kind\":\"IPPool\","
		  "\"metadata\":{\"name\":\"default-ipv4-ippool\"},\"spec\":{\"cidr\":\"10.244.0.0/16\","
		  "\"blockSize\":26,\"ipipMode\":\"Always\",\"vxlanMode\":\"Never\",\"natOutgoing\":true,"
		  "\"nodeSelector\":\"all()\",\"allowedUses\":[\"Workload\",\"Tunnel\"],"
		  "\"assignmentMode\":\"Automatic\"}}" },
		{ POOL("  cidr: FD00:0::/48\n  allowedUses: []\n  disabled: true\n"),
		  "{\"apiVersion\":\"projectcalico.org/v3\",\"kind\":\"IPPool\",\"metadata\":{\"name\":\"x\"},"
		  "\"spec\":{\"cidr\":\"fd00::/48\",\"blockSize\":122,\"ipipMode\":\"Never\","
		  "\"vxlanMode\":\"Never\",\"natOutgoing\":false,\"disabled\":true,\"nodeSelector\":\"all()\","
		  "\"allowedUses\":[\"Workload\",\"Tunnel\"],\"assignmentMode\":\"Automatic\"}}" },
		{ NODE("  bgp:\n    ipv4Address: 10.0.1.1/24\n    asNumber: 64512.1\n    ipv6Address: FD00::1\n"),
		  "{\"apiVersion\":\"projectcalico.org/v3\",\"kind\":\"Node\",\"metadata\":{\"name\":\"x\"},"
		  "\"spec\":{\"bgp\":{\"asNumber\":4227858433,\"ipv4Address\":\"10.0.1.1/24\","
		  "\"ipv6Address\":\"fd00::1\"}}}" },
		{ WEP("  ipNetworks: [10.0.0.1, fd00::1/128]\n  mac: EE:ee:ee:EE:ee:0A\n"),
		  "{\"apiVersion\":\"projectcalico.org/v3\",\"kind\":\"WorkloadEndpoint\","
		  "\"metadata\":{\"name\":\"x\",\"namespace\":\"default\"},\"spec\":{\"node\":\"n1\","
		  "\"ipNetworks\":[\"10.0.0.1/32\",\"fd00::1/128\"],\"mac\":\"ee:ee:ee:ee:ee:0a\"}}" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct manx_resources rs = parse_ok(cases[i].text);
		char *value = manx_resource_to_store(&rs.r[0]);

		assert_int_equal(rs.n, 1);
		assert_string_equal(value, cases[i].canonical);
		free(value);
		manx_resources_clear(&rs);
	}
}

/* What a dump of Calico's own tool contains comes in, and its bookkeeping does not. */
static void test_dump(void **state)
{
	static const char text[] =
		"apiVersion: projectcalico.org/v3\n"
		"items:\n"
		"- apiVersion: projectcalico.org/v3\n"
		"  kind: Node\n"
		"  metadata:\n"
		"    annotations:\n"
		"      projectcalico.org/kube-labels: '{\"a\":\"b\"}'\n"
		"    creationTimestamp: 2024-01-01T00:00:00Z\n"
		"    generation: 3\n"
		"    labels:\n"
		"      beta.kubernetes.io/os: linux\n"
		"      rack: 0100\n"
		"      up: yes\n"
		"    managedFields: [{a: {b: c}}]\n"
		"    name: kind-worker\n"
		"    ownerReferences: null\n"
		"    resourceVersion: \"1234\"\n"
		"    uid: 4b3c7c1a-0000\n"
		"  spec:\n"
		"    addresses:\n"
		"    - address: 172.18.0.2/16\n"
		"      type: CalicoNodeIP\n"
		"    - address: 172.18.0.2\n"
		"      type: InternalIP\n"
		"    bgp:\n"
		"      asNumber: 64512\n"
		"      ipv4Address: 172.18.0.2/16\n"
		"      ipv4IPIPTunnelAddr: 192.168.162.128\n"
		"    orchRefs:\n"
		"    - nodeName: kind-worker\n"
		"      orchestrator: k8s\n"
		"  status:\n"
		"    podCIDRs:\n"
		"    - \"\"\n"
		"- apiVersion: projectcalico.org/v3\n"
		"  kind: Node\n"
		"  metadata: {name: other, creationTimestamp: null}\n"
		"  spec: {}\n"
		"kind: NodeList\n"
		"metadata:\n"
		"  resourceVersion: \"99\"\n";
	struct manx_resources rs = parse_ok(text);
	char *value;

	(void)state;
	assert_int_equal(rs.n, 2);
	assert_int_equal(rs.r[0].line, 3);
	assert_string_equal(rs.r[0].name, "kind-worker");
	assert_null(rs.r[0].ns);
	value = manx_resource_to_store(&rs.r[0]);
	assert_non_null(strstr(value, "\"labels\":{\"beta.kubernetes.io/os\":\"linux\",\"rack\":\"0100\",\"up\":\"yes\"}"));
	assert_null(strstr(value, "uid"));
	assert_null(strstr(value, "status"));
	assert_null(strstr(value, "managedFields"));
	free(value);
	assert_string_equal(warnings, "f:26: items[0].spec.bgp.asNumber|f:29: items[0].spec.orchRefs|f:20: items[0].spec.addresses|");
	manx_resources_clear(&rs);
}

static void test_refuse(void **state)
{
	static const struct {
		const char *text, *says;
	} cases[] = {
		{ "x", "f:1: an object with apiVersion, kind" }, { "- 1", "f:1: an object" },
		{ "{}", "f:1: kind: is missing" }, { "kind: [IPPool]", "f:1: kind: a word" },
		{ "\nkind: IPPool", "f:2: apiVersion: is missing: write projectcalico.org/v3" },
		{ "apiVersion: v1\nkind: IPPool", "f:1: apiVersion: \"v1\": allowed is projectcalico.org/v3" },
		{ "apiVersion: networking.k8s.io/v2\nkind: NetworkPolicy", "f:1: apiVersion: \"networking" },
		{ HEAD("IPool"), "f:2: kind: \"IPool\" is not supported by this version: allowed are IPPool, Node" },
		{ HEAD("IPool"), "did you mean \"IPPool\"?" }, { HEAD("ippool"), "did you mean \"IPPool\"?" },
		{ HEAD("BGPear"), "f:2: kind: \"BGPear\" is not" }, { HEAD("IPPool"), "f:1: spec: is missing" },
		{ HEAD("IPPool") "spec: null\n", "f:5: spec: is missing" },
		{ HEAD("IPPool") "spec: 10.0.0.0/8\n", "f:5: spec: a single value, where an object" },
		{ HEAD("IPPool") "specs: {}\n", "f:5: specs: unknown field: did you mean \"spec\"?" },
		{ POOL("  {}\n"), "f:5: spec.cidr: is missing" }, { POOL("  cidr:\n"), "f:6: spec.cidr: is missing" },
		{ POOL("  cidr: 10.0.0.1/8\n"), "f:6: spec.cidr: \"10.0.0.1/8\": bits beyond the prefix length are set: did you mean \"10.0.0.0/8\"?" },
		{ POOL("  cidr: 10.0.0/8\n"), "f:6: spec.cidr: \"10.0.0/8\": a network" },
		{ POOL("  cidr: [10.0.0.0/8]\n"), "f:6: spec.cidr: a list, where a single value" },
		{ POOL("  cidr: {a: b}\n"), "f:6: spec.cidr: an object, where a single value" },
		{ POOL("  Cidr: 10.0.0.0/8\n"), "f:6: spec.Cidr: unknown field: did you mean \"cidr\"?" },
		{ POOL("  cidr: 10.0.0.0/8\n  blocksize: 26\n"), "f:7: spec.blocksize: unknown field: did you mean \"blockSize\"?" },
		{ POOL("  cidr: 10.0.0.0/8\n  zzzzzzzzzzzz: 26\n"), "f:7: spec.zzzzzzzzzzzz: unknown field" },
		{ POOL("  cidr: 10.0.0.0/8\n  blockSize: 19\n"), "f:7: spec.blockSize: \"19\": allowed are 20 to 32" },
		{ POOL("  cidr: 10.0.0.0/8\n  blockSize: 33\n"), "allowed are 20 to 32 for an IPv4 pool" },
		{ POOL("  cidr: 10.0.0.0/8\n  blockSize: 2x\n"), "f:7: spec.blockSize: \"2x\": allowed are whole numbers" },
		{ POOL("  cidr: 10.0.0.0/8\n  blockSize: 0x1a\n"), "whole numbers" },
		{ POOL("  cidr: 10.0.0.0/8\n  blockSize: 026\n"), "whole numbers" },
		{ POOL("  cidr: 10.0.0.0/8\n  blockSize: -26\n"), "whole numbers" },
		{ POOL("  cidr: 10.0.0.0/8\n  blockSize: 26.0\n"), "whole numbers" },
		{ POOL("  cidr: 10.0.0.0/8\n  blockSize: 18446744073709551642\n"), "whole numbers" },
		{ POOL("  cidr: 10.0.0.0/8\n  blockSize: 1\n"), "allowed are 20 to 32" },
		{ POOL("  cidr: fd00::/48\n  blockSize: 115\n"), "allowed are 116 to 128 for an IPv6 pool" },
		{ POOL("  cidr: 10.0.0.0/28\n"), "f:6: spec.cidr: a pool of length /28 cannot hold blocks of /26: blockSize must be 28 to 32" },
		{ POOL("  cidr: 10.0.0.0/28\n  blockSize: 27\n"), "f:7: spec.blockSize: a pool of length /28" },
		{ POOL("  cidr: fd00::/123\n"), "blockSize must be 123 to 128" },
		{ POOL("  cidr: 169.254.1.0/24\n"), "f:6: spec.cidr: overlaps 169.254.0.0/16" },
		{ POOL("  cidr: 0.0.0.0/0\n"), "overlaps 169.254.0.0/16, the IPv4 link-local range" },
		{ POOL("  cidr: fe80::/64\n"), "overlaps fe80::/10" }, { POOL("  cidr: fe00::/8\n"), "overlaps fe80::/10" },
		{ POOL("  cidr: fd00::/48\n  ipipMode: Always\n"), "f:7: spec.ipipMode: \"Always\": an IPv6 pool allows Never only" },
		{ POOL("  cidr: 10.0.0.0/8\n  ipipMode: crossSubnet\n"), "f:7: spec.ipipMode: \"crossSubnet\": allowed are Never, Always, CrossSubnet: did you mean \"CrossSubnet\"?" },
		{ POOL("  cidr: 10.0.0.0/8\n  ipipMode: On\n"), "\"On\": allowed are Never, Always, CrossSubnet" },
		{ POOL("  cidr: 10.0.0.0/8\n  vxlanMode: Always\n"), "f:7: spec.vxlanMode: \"Always\" is not supported: use ipipMode" },
		{ POOL("  cidr: 10.0.0.0/8\n  vxlanMode: CrossSubnet\n"), "is not supported" },
		{ POOL("  cidr: 10.0.0.0/8\n  vxlanMode: never\n"), "did you mean \"Never\"?" },
		{ POOL("  cidr: 10.0.0.0/8\n  natOutgoing: yes\n"), "f:7: spec.natOutgoing: \"yes\": allowed are true and false" },
		{ POOL("  cidr: 10.0.0.0/8\n  disabled: True\n"), "allowed are true and false" },
		{ POOL("  cidr: 10.0.0.0/8\n  nodeSelector: rack = '0'\n"), "f:7: spec.nodeSelector: \"rack = '0'\": position 6: expected" },
		{ POOL("  cidr: 10.0.0.0/8\n  nodeSelector: global()\n"), "global() is allowed only in a rule's namespaceSelector" },
		{ POOL("  cidr: 10.0.0.0/8\n  namespaceSelector: a == 'b'\n"), "f:7: spec.namespaceSelector: \"a == 'b'\": tunnels lie in no namespace: needs allowedUses: [Workload]" },
		{ POOL("  cidr: 10.0.0.0/8\n  allowedUses: Workload\n"), "f:7: spec.allowedUses: a single value, where a list is expected" },
		{ POOL("  cidr: 10.0.0.0/8\n  allowedUses:\n  - Workload\n  - Tunel\n"), "f:9: spec.allowedUses[1]: \"Tunel\": allowed are Workload, Tunnel, LoadBalancer: did you mean \"Tunnel\"?" },
		{ POOL("  cidr: 10.0.0.0/8\n  allowedUses: [LoadBalancer]\n"), "f:7: spec.allowedUses: \"LoadBalancer\" is not supported" },
		{ POOL("  cidr: 10.0.0.0/8\n  allowedUses: [Tunnel, ]\n  ipip: {enabled: true}\n"), "f:8: spec.ipip: not supported: of Calico's API version 1: use ipipMode" },
		{ POOL("  cidr: 10.0.0.0/8\n  allowedUses:\n  -\n"), "f:8: spec.allowedUses[0]: nothing here" },
		{ POOL("  cidr: 10.0.0.0/8\n  nat-outgoing: true\n"), "f:7: spec.nat-outgoing: \"true\" is not supported" },
		{ NODE("  bgp:\n    ipv4Address: fd00::1\n"), "f:7: spec.bgp.ipv4Address: \"fd00::1\": an IPv4 address is expected" },
		{ NODE("  bgp:\n    ipv6Address: 10.0.0.1/24\n"), "an IPv6 address is expected, with the length of its subnet (fd00::1/64) or without" },
		{ NODE("  bgp: {ipv4IPIPTunnelAddr: 10.0.0.1/32}\n"), "f:6: spec.bgp.ipv4IPIPTunnelAddr: \"10.0.0.1/32\": an IPv4 address" },
		{ NODE("  bgp: {asNumber: 0}\n"), "spec.bgp.asNumber: \"0\": allowed are 1 to 4294967295" },
		{ NODE("  bgp: {asNumber: 4294967296}\n"), "allowed are 1 to" }, { NODE("  bgp: {asNumber: 1.65536}\n"), "allowed are 1 to" },
		{ NODE("  bgp: {asNumber: 111111.1}\n"), "allowed are 1 to" }, { NODE("  bgp: {ipv4adress: 10.0.0.1}\n"), "did you mean \"ipv4Address\"?" },
		{ NODE("  addresses: [{type: InternalIP}]\n"), "f:6: spec.addresses[0].address: is missing" },
		{ NODE("  addresses: [10.0.0.1]\n"), "f:6: spec.addresses[0]: a single value, where an object" },
		{ HEAD("WorkloadEndpoint") "spec: {}\n", "f:5: spec.node: is missing" },
		{ WEP("  ipNetworks: [10.0.0.0/24]\n"), "f:7: spec.ipNetworks[0]: \"10.0.0.0/24\": one address is expected" },
		{ WEP("  ipNetworks: [1::1,1::2,1::3,1::4,1::5,1::6,1::7,1::8,1::9]\n"), "f:7: spec.ipNetworks: more than 8 items" },
		{ WEP("  mac: 02:00\n"), "f:7: spec.mac: \"02:00\": an Ethernet address" },
		{ WEP("  ipNATs: [{internalIP: 10.0.0.1, externalIP: 1.1.1.1}]\n"), "f:7: spec.ipNATs: not supported: floating" },
		{ WEP("  allowSpoofedSourcePrefixes: [10.0.0.0/8]\n"), "f:7: spec.allowSpoofedSourcePrefixes: not supported" },
		{ WEP("  ports: [{name: http, protocol: TCP, port: 0}]\n"), "f:7: spec.ports[0].port: \"0\": allowed are whole numbers from 1 to 65535" },
		{ "apiVersion: projectcalico.org/v3\nkind: Node\nmetadata: {name: x, namespace: y}\nspec: {}\n", "f:3: metadata.namespace: \"y\" is not supported: this kind lies in no namespace" },
		{ "apiVersion: projectcalico.org/v3\nkind: Node\nmetadata: {}\nspec: {}\n", "f:3: metadata.name: is missing" },
		{ "apiVersion: projectcalico.org/v3\nkind: Node\nmetadata: {name: A_b}\nspec: {}\n", "f:3: metadata.name: \"A_b\": allowed are at most 253 lower-case" },
		{ "apiVersion: projectcalico.org/v3\nkind: Node\nmetadata:\n  name: a\n  labels:\n    a b: c\nspec: {}\n", "f:6: metadata.labels.a b: key \"a b\": allowed are" },
		{ "apiVersion: projectcalico.org/v3\nkind: Node\nmetadata:\n  name: a\n  labels:\n    a: [c]\nspec: {}\n", "f:6: metadata.labels.a: a list, where a single value" },
		{ "apiVersion: projectcalico.org/v3\nkind: Node\nmetadata:\n  name: a\n  labels: [c]\nspec: {}\n", "f:5: metadata.labels: a list, where keys with values" },
		{ "apiVersion: projectcalico.org/v3\nkind: Node\nmetadata:\n  name: a\n  annotations: {a: \"\\e[2J\"}\nspec: {}\n", "f:5: metadata.annotations.a: \"\\x1b[2J\": control characters" },
		{ "apiVersion: projectcalico.org/v3\nkind: Node\nmetadata:\n  name: a\n  annotations: {a: \"\\L\"}\nspec: {}\n", "control characters" },
		{ "apiVersion: projectcalico.org/v3\nkind: WorkloadEndpoint\nmetadata:\n  name: a\n  annotations: {manx.io/endpoint-id: 1}\nspec: {node: n}\n", "f:3: metadata: annotation manx.io/endpoint-id, \"1\": allowed are 2 to" },
		{ "kind: IPPoolList\nitems: 3\n", "f:2: items: a list is expected" }, { "kind: BGPearList\nitems: []\n", "f:1: kind: \"BGPearList\" is not" },
		{ "kind: List\nitems:\n- {}\n", "f:3: items[0].kind: is missing" }, { "kind: List\nitem: []\n", "f:2: item: unknown field of a list" },
		{ "kind: NodeList\nitems:\n- metadata: {name: a}\n  spec: {bgp: {ipv4Address: x}}\n", "f:4: items[0].spec.bgp.ipv4Address: \"x\"" },
		{ "kind: NodeList\nitems:\n- kind: IPPool\n", "f:3: items[0].kind: \"IPPool\" in a list of Node" },
		{ POOL("  cidr: 10.0.0.0/8\n") "---\n" POOL("  cidr: x\n"), "f:13: document 2: spec.cidr: \"x\"" },
		{ POOL("  cidr: 10.0.0.0/8\n  cidr: 10.0.0.0/8\n"), "f:7: \"cidr\" is given twice, first in line 6" },
		{ "{\"apiVersion\": \"projectcalico.org/v3\", \"kind\": \"IPPool\",\n\"metadata\": {\"name\": \"x\"},\n\"spec\": {\"CIDR\": \"10.0.0.0/8\"}}", "f:3: spec.CIDR: unknown field: did you mean \"cidr\"?" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		parse_fails(cases[i].text, cases[i].says);
}

static void test_warnings(void **state)
{
	static const struct {
		const char *text, *warns;
	} cases[] = {
		{ POOL("  cidr: 10.0.0.0/8\n"), "" }, { POOL("  cidr: 10.0.0.0/8\n  natOutgoing: false\n"), "" },
		{ POOL("  cidr: 10.0.0.0/8\n  natOutgoing: true\n"), "f:7: spec.natOutgoing|" },
		{ POOL("  cidr: 10.0.0.0/8\n  disableBGPExport: true\n"), "f:7: spec.disableBGPExport|" },
		{ NODE("  wireguard: {}\n  orchRefs: []\n"), "" },
		{ NODE("  wireguard: {interfaceIPv4Address: 10.0.0.1}\n"), "f:6: spec.wireguard|" },
		{ WEP("  profiles: [kns.default]\n  serviceAccountName: sa\n  ipNATs: []\n"),
		  "f:8: spec.serviceAccountName|f:7: spec.profiles|" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct manx_resources rs = parse_ok(cases[i].text);

		assert_string_equal(warnings, cases[i].warns);
		manx_resources_clear(&rs);
	}
}

/* Any change of letters that YAML 1.1 readers take for other types comes back as it was. */
static void test_output(void **state)
{
	static const char text[] =
		"kind: List\nitems:\n"
		"- apiVersion: projectcalico.org/v3\n"
		"  kind: NetworkPolicy\n"
		"  metadata:\n"
		"    name: '1e3'\n"
		"    namespace: 'true'\n"
		"    labels: {a: 'yes', b: '0x10', c: '1_000', d: '8080:9090', e: 'null', f: '', g: '~', h: '1.2.3.4',"
		" i: 'a: b', j: '- x', k: ' #', l: \"two\\nlines\", n: '\xc3\xa9', o: '2001-01-01', p: '='}\n"
		"  spec:\n"
		"    order: 12.5\n"
		"    selector: \"a == 'x\\\\n'\"\n"
		"    ingress: [{action: Allow, protocol: TCP, destination: {ports: ['80', '8080:9090']}}]\n"
		"- apiVersion: projectcalico.org/v3\n"
		"  kind: IPPool\n"
		"  metadata: {name: p}\n"
		"  spec: {cidr: 10.0.0.0/8}\n";
	struct manx_resources rs = parse_ok(text);

	(void)state;
	for (int form = 0; form < 4; form++) {
		char *out = NULL;
		size_t size;
		FILE *f = open_memstream(&out, &size);
		struct manx_resources again, *what = &rs, one = { rs.r, 1 };
		bool list = form & 1;

		if (!list)
			what = &one;
		assert_int_equal(form & 2 ? manx_resources_write_json(f, what, list) :
					    manx_resources_write_yaml(f, what, list), 0);
		fclose(f);
		again = parse_ok(out);
		assert_int_equal(again.n, what->n);
		for (size_t i = 0; i < again.n; i++)
			assert_true(cJSON_Compare(again.r[i].json, what->r[i].json, true));
		manx_resources_clear(&again);
		free(out);
	}
	manx_resources_clear(&rs);
}

static void test_kinds(void **state)
{
	(void)state;
	assert_ptr_equal(manx_kind_find("IPPOOLS"), manx_kind(MANX_KIND_IPPOOL));
	assert_ptr_equal(manx_kind_find("wep"), manx_kind(MANX_KIND_WORKLOADENDPOINT));
	assert_ptr_equal(manx_kind_find("node"), manx_kind(MANX_KIND_NODE));
	assert_ptr_equal(manx_kind_find("gnp"), manx_kind(MANX_KIND_GLOBALNETWORKPOLICY));
	assert_ptr_equal(manx_kind_find("policy"), manx_kind(MANX_KIND_NETWORKPOLICY));
	assert_null(manx_kind_find("ippol"));
	assert_string_equal(manx_kind_suggest("ippol"), "IPPool");
	assert_null(manx_kind_suggest("elephant"));
}

static void test_keys(void **state)
{
	static const struct {
		const char *text, *key, *title, *prefix;
	} cases[] = {
		{ POOL("  cidr: 10.0.0.0/8\n"), "r/ippools/x", "IPPool(x)", "r/ippools/" },
		{ HEAD("NetworkPolicy") "  namespace: ns\nspec: {}\n", "r/networkpolicies/ns/x",
		  "NetworkPolicy(ns/x)", "r/networkpolicies/ns/" },
		{ WEP(""), "e/n1/default/x", "WorkloadEndpoint(default/x)", "e/" },
	};
	char buf[80];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct manx_resources rs = parse_ok(cases[i].text);

		assert_int_equal(manx_resource_key(&rs.r[0], buf, sizeof(buf), NULL), 0);
		assert_string_equal(buf, cases[i].key);
		assert_int_equal(manx_resource_key(&rs.r[0], buf, strlen(cases[i].key), NULL), -ENAMETOOLONG);
		assert_string_equal(manx_resource_title(&rs.r[0], buf, sizeof(buf)), cases[i].title);
		assert_int_equal(manx_kind_prefix(rs.r[0].kind, rs.r[0].ns, buf, sizeof(buf)), 0);
		assert_string_equal(buf, cases[i].prefix);
		assert_int_equal(manx_kind_prefix(rs.r[0].kind, NULL, buf, 2), -ENAMETOOLONG);
		manx_resources_clear(&rs);
	}
}

static void test_changes(void **state)
{
	static const struct {
		const char *from, *to, *says;
	} cases[] = {
		{ POOL("  cidr: 10.0.0.0/8\n"), POOL("  cidr: 10.0.0.0/8\n  disabled: true\n"), NULL },
		{ POOL("  cidr: 10.0.0.0/8\n"), POOL("  cidr: 11.0.0.0/8\n"), "IPPool(x): spec.cidr: \"10.0.0.0/8\" cannot become \"11.0.0.0/8\"" },
		{ POOL("  cidr: 10.0.0.0/8\n"), POOL("  cidr: 10.0.0.0/8\n  blockSize: 27\n"), "spec.blockSize: 26 cannot become 27" },
		{ WEP(""), WEP("  pod: b\n"), "WorkloadEndpoint(default/x): spec: written by manxd" },
		{ WEP(""), HEAD("WorkloadEndpoint") "  labels: {a: b}\nspec:\n  node: n1\n", NULL },
		{ WEP(""), HEAD("WorkloadEndpoint") "  annotations: {manx.io/handle: b}\nspec:\n  node: n1\n", "manx.io/handle is written by manxd" },
		{ HEAD("Node") "spec: {}\n", NODE("  bgp: {ipv4Address: 10.0.0.1}\n"), NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct manx_resources from = parse_ok(cases[i].from), to = parse_ok(cases[i].to);
		struct manx_error err = { 0 };
		int rc = manx_resource_check_change(&from.r[0], &to.r[0], &err);

		assert_int_equal(rc, cases[i].says ? -EINVAL : 0);
		if (cases[i].says && !strstr(err.text, cases[i].says))
			fail_msg("\"%s\" does not say \"%s\"", err.text, cases[i].says);
		assert_int_equal(manx_resource_check_change(NULL, &to.r[0], &err), 0);
		manx_resources_clear(&from);
		manx_resources_clear(&to);
	}
}

static void test_decode_pool(void **state)
{
	struct manx_resources rs = parse_ok(POOL("  cidr: 10.0.0.0/8\n  blockSize: '28'\n  ipipMode: CrossSubnet\n"
						 "  natOutgoing: true\n  disabled: true\n  assignmentMode: Manual\n"
						 "  allowedUses: [Tunnel]\n  nodeSelector: rack == '0'\n"));
	struct manx_prefix want;
	struct manx_ippool p;

	(void)state;
	assert_int_equal(manx_ippool_decode(&rs.r[0], &p, NULL), 0);
	assert_string_equal(p.name, "x");
	assert_true(manx_prefix_parse("10.0.0.0/8", &want));
	assert_int_equal(manx_prefix_cmp(&p.cidr, &want), 0);
	assert_int_equal(p.block_size, 28);
	assert_int_equal(p.ipip, MANX_ENCAP_CROSS_SUBNET);
	assert_true(p.nat_outgoing && p.disabled && p.manual);
	assert_int_equal(p.uses, MANX_USE_TUNNEL);
	assert_string_equal(p.node_selector, "rack == '0'");
	manx_resources_clear(&rs);

	rs = parse_ok(POOL("  cidr: fd00::/64\n"));
	assert_int_equal(manx_ippool_decode(&rs.r[0], &p, NULL), 0);
	assert_int_equal(p.block_size, 122);
	assert_int_equal(p.ipip, MANX_ENCAP_NEVER);
	assert_false(p.nat_outgoing || p.disabled || p.manual);
	assert_int_equal(p.uses, MANX_USE_WORKLOAD | MANX_USE_TUNNEL);
	assert_string_equal(p.node_selector, "all()");
	manx_resources_clear(&rs);
}

static void test_decode_node(void **state)
{
	struct manx_resources rs = parse_ok(NODE("  bgp:\n    ipv4Address: 10.0.1.1/24\n    ipv6Address: fd00::1\n"
						 "    ipv4IPIPTunnelAddr: 10.244.0.1\n"));
	char buf[MANX_ADDR_STRLEN];
	struct manx_node n;

	(void)state;
	assert_int_equal(manx_node_decode(&rs.r[0], &n, NULL), 0);
	assert_string_equal(n.name, "x");
	assert_string_equal(manx_prefix_format(&n.ip4, buf), "10.0.1.1/24");
	assert_string_equal(manx_prefix_format(&n.ip6, buf), "fd00::1/128");
	assert_string_equal(manx_addr_format(&n.tunnel, buf), "10.244.0.1");
	assert_null(n.labels.json);
	manx_resources_clear(&rs);

	rs = parse_ok(HEAD("Node") "  labels: {a: b}\nspec: {}\n");
	assert_int_equal(manx_node_decode(&rs.r[0], &n, NULL), 0);
	assert_int_equal(n.ip4.addr.family + n.ip6.addr.family + n.tunnel.family, 0);
	assert_string_equal(cJSON_GetObjectItemCaseSensitive(n.labels.json, "a")->valuestring, "b");
	manx_resources_clear(&rs);
}

static void test_wep(void **state)
{
	cJSON *labels = cJSON_Parse("{\"b\": \"2\", \"a\": \"1\"}");
	struct manx_wep w = {
		.name = "n1-cni-abc-eth0", .ns = "prod", .labels = { labels }, .id = 7, .handle = "net.abc.eth0",
		.netns = "4026532000", .boot_id = "boot", .node = "n1", .orchestrator = "cni", .pod = "pod-1",
		.endpoint = "eth0", .container_id = "abc", .interface = "manx0123456789a", .n_addr = 2,
		.mac = { 2, 0, 0, 0, 0, 1 },
	}, got;
	struct manx_error err = { 0 };
	struct manx_resource r;
	char key[80];

	(void)state;
	assert_true(manx_addr_parse("10.0.0.1", &w.addr[0]) && manx_addr_parse("fd00::1", &w.addr[1]));
	assert_int_equal(manx_wep_encode(&w, &r, &err), 0);
	assert_int_equal(r.line, 0);
	assert_int_equal(manx_resource_key(&r, key, sizeof(key), &err), 0);
	assert_string_equal(key, "e/n1/prod/n1-cni-abc-eth0");
	assert_int_equal(manx_wep_decode(&r, &got, &err), 0);
	assert_int_equal(got.id, 7);
	assert_string_equal(got.handle, w.handle);
	assert_string_equal(got.netns, w.netns);
	assert_string_equal(got.boot_id, w.boot_id);
	assert_string_equal(got.node, w.node);
	assert_string_equal(got.orchestrator, w.orchestrator);
	assert_string_equal(got.pod, w.pod);
	assert_string_equal(got.endpoint, w.endpoint);
	assert_string_equal(got.container_id, w.container_id);
	assert_string_equal(got.interface, w.interface);
	assert_int_equal(got.n_addr, 2);
	assert_int_equal(manx_addr_cmp(&got.addr[1], &w.addr[1]), 0);
	assert_memory_equal(got.mac, w.mac, 6);
	assert_true(cJSON_Compare(got.labels.json, labels, true));
	manx_resource_clear(&r);

	w = (struct manx_wep){ .name = "a", .ns = "b", .node = "c" };
	assert_int_equal(manx_wep_encode(&w, &r, &err), 0);
	assert_int_equal(manx_wep_decode(&r, &got, &err), 0);
	assert_int_equal(got.id, 0);
	assert_string_equal(got.handle, "");
	assert_string_equal(got.pod, "");
	manx_resource_clear(&r);

	w.name = "Not A Name";
	assert_int_equal(manx_wep_encode(&w, &r, &err), -EINVAL);
	assert_non_null(strstr(err.text, "WorkloadEndpoint(b/Not A Name) in the store: metadata.name: \"Not A Name\""));
	cJSON_Delete(labels);
}

static void test_from_store(void **state)
{
	const struct manx_kind *node = manx_kind(MANX_KIND_NODE);
	struct manx_error err = { 0 };
	struct manx_resource r;

	(void)state;
	assert_int_equal(manx_resource_from_store(node, "r/nodes/n1", "{\"a\"", &r, &err), -EINVAL);
	assert_non_null(strstr(err.text, "Node(n1) in the store: neither YAML nor JSON"));
	assert_int_equal(manx_resource_from_store(node, "r/nodes/n1", "", &r, &err), -EINVAL);
	assert_non_null(strstr(err.text, "something else"));
	assert_int_equal(manx_resource_from_store(node, "r/nodes/n1", POOL("  cidr: 10.0.0.0/8\n"), &r, &err), -EINVAL);
	assert_non_null(strstr(err.text, "something else"));
	assert_int_equal(manx_resource_from_store(node, "r/nodes/n1", HEAD("Node") "spec: {}\n", &r, NULL), 0);
	manx_resource_clear(&r);
}

/* All digits that a number has, through the store and through a file. */
static void test_digits(void **state)
{
	static const char *const orders[] = { "9007199254740991", "0.30000000000000004", "12.5" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(orders); i++) {
		char text[200], *value;
		struct manx_resources rs;

		snprintf(text, sizeof(text), "apiVersion: projectcalico.org/v3\nkind: Tier\n"
			 "metadata: {name: t}\nspec: {order: %s}\n", orders[i]);
		rs = parse_ok(text);
		value = manx_resource_to_store(&rs.r[0]);
		assert_non_null(strstr(value, orders[i]));
		free(value);
		manx_resources_clear(&rs);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_decode_pool),
		cmocka_unit_test(test_decode_node),
		cmocka_unit_test(test_wep),
		cmocka_unit_test(test_from_store),
		cmocka_unit_test(test_examples),
		cmocka_unit_test(test_dump),
		cmocka_unit_test(test_refuse),
		cmocka_unit_test(test_warnings),
		cmocka_unit_test(test_output),
		cmocka_unit_test(test_digits),
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_changes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
