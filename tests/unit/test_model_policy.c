// SPDX-License-Identifier: GPL-2.0-only
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

#define HEAD(kind) "apiVersion: projectcalico.org/v3\nkind: " kind "\nmetadata:\n  name: x\n"
#define GNP(fields) HEAD("GlobalNetworkPolicy") "spec:\n" fields
#define NP(fields) HEAD("NetworkPolicy") "spec:\n" fields
/* one ingress rule, line 7 */
#define RULE(fields) NP("  ingress:\n") "  - {action: Allow, " fields "}\n"

static void test_refuse(void **state)
{
	static const struct {
		const char *text, *says;
	} cases[] = {
		{ GNP("  tier: Platform\n"), "f:6: spec.tier: \"Platform\": allowed are at most 253" },
		{ GNP("  order: first\n"), "f:6: spec.order: \"first\": allowed are numbers" },
		{ GNP("  order: 0x10\n"), "allowed are numbers" }, { GNP("  order: nan\n"), "allowed are numbers" },
		{ GNP("  order: 1e999\n"), "allowed are numbers" }, { GNP("  order: 1-2\n"), "allowed are numbers" },
		{ GNP("  order: ''\n"), "allowed are numbers" }, { GNP("  order: ' 1'\n"), "allowed are numbers" },
		{ GNP("  selector: a in b\n"), "f:6: spec.selector: \"a in b\": position 6: expected '{'" },
		{ GNP("  selector: global()\n"), "global() is allowed only in" },
		{ GNP("  namespaceSelector: global()\n"), "f:6: spec.namespaceSelector: \"global()\": global() is allowed only in" },
		{ GNP("  doNotTrack: true\n"), "f:6: spec.doNotTrack: \"true\" is not supported: host endpoints" },
		{ GNP("  preDNAT: true\n"), "f:6: spec.preDNAT: \"true\" is not supported" },
		{ GNP("  applyOnForward: true\n"), "f:6: spec.applyOnForward: \"true\" is not supported" },
		{ GNP("  doNotTrack: 1\n"), "allowed are true and false" },
		{ GNP("  serviceAccountSelector: a == 'b'\n"), "f:6: spec.serviceAccountSelector: \"a == 'b'\" is not supported" },
		{ GNP("  types: [Ingress, Ingress]\n"), "f:6: spec.types: \"Ingress\" is given twice" },
		{ GNP("  types: [ingress]\n"), "f:6: spec.types[0]: \"ingress\": allowed are Ingress, Egress: did you mean \"Ingress\"?" },
		{ GNP("  types: [Ingress, Egress, Ingress]\n"), "f:6: spec.types: more than 2 items" },
		{ GNP("  performanceHints: [x]\n"), "allowed are AssumeNeededOnEveryNode" },
		{ NP("  preDNAT: true\n"), "f:6: spec.preDNAT: unknown field" },
		{ NP("  egresss: []\n"), "unknown field: did you mean \"egress\"?" },
		{ NP("  ingress:\n  - {}\n"), "f:7: spec.ingress[0].action: is missing" },
		{ NP("  ingress:\n  - action: allow\n"), "f:7: spec.ingress[0].action: \"allow\": allowed are Allow, Deny, Pass, Log: did you mean \"Allow\"?" },
		{ NP("  egress:\n  - action: Deny\n  - action: Deny\n    protokol: TCP\n"), "f:9: spec.egress[1].protokol: unknown field: did you mean \"protocol\"?" },
		{ RULE("protocol: tpc"), "f:7: spec.ingress[0].protocol: \"tpc\": allowed are TCP, UDP, ICMP, ICMPv6, SCTP, UDPLite and 1 to 255" },
		{ RULE("protocol: 0"), "and 1 to 255" }, { RULE("protocol: 256"), "and 1 to 255" },
		{ RULE("ipVersion: 5"), "f:7: spec.ingress[0].ipVersion: \"5\": allowed are 4 and 6" },
		{ RULE("icmp: {type: 8}"), "spec.ingress[0].protocol: icmp needs ICMP or ICMPv6 here" },
		{ RULE("protocol: TCP, icmp: {type: 8}"), "icmp needs ICMP" },
		{ RULE("protocol: TCP, notICMP: {type: 8}"), "notICMP needs ICMP" },
		{ RULE("protocol: ICMP, icmp: {code: 8}"), "spec.ingress[0].icmp.code: needs type beside it" },
		{ RULE("protocol: ICMP, icmp: {type: 255}"), "spec.ingress[0].icmp.type: \"255\": allowed are whole numbers from 0 to 254" },
		{ RULE("protocol: ICMP, icmp: {type: 1, code: 256}"), "from 0 to 255" },
		{ RULE("protocol: ICMP, ipVersion: 6"), "spec.ingress[0].ipVersion: \"6\": protocol ICMP allows 4 only" },
		{ RULE("protocol: 58, ipVersion: 4"), "protocol ICMPv6 allows 6 only" },
		{ RULE("notProtocol: ICMPv6, ipVersion: 4"), "notProtocol ICMPv6 allows 6 only" },
		{ RULE("destination: {ports: [80]}"), "spec.ingress[0].protocol: destination.ports needs TCP, UDP or SCTP here" },
		{ RULE("protocol: UDPLite, source: {notPorts: [80]}"), "source.notPorts needs TCP" },
		{ RULE("protocol: TCP, destination: {ports: [http]}"), "spec.ingress[0].destination.ports[0]: \"http\": named ports are not supported: write the number" },
		{ RULE("protocol: TCP, destination: {ports: [65536]}"), "\"65536\": allowed are 0 to 65535, or a rising range" },
		{ RULE("protocol: TCP, destination: {ports: ['90:80']}"), "a rising range" },
		{ RULE("protocol: TCP, destination: {ports: ['80:']}"), "a rising range" },
		{ RULE("protocol: TCP, destination: {ports: [':80']}"), "a rising range" },
		{ RULE("protocol: TCP, destination: {ports: ['1:2:3']}"), "a rising range" },
		{ RULE("protocol: TCP, destination: {ports: [080]}"), "a rising range" },
		{ RULE("protocol: TCP, destination: {ports: 80}"), "destination.ports: a single value, where a list" },
		{ RULE("source: {nets: [10.0.0.0/33]}"), "spec.ingress[0].source.nets[0]: \"10.0.0.0/33\": a network" },
		{ RULE("source: {nets: [10.0.0.0/8, 'fd00::/8']}"), "spec.ingress[0].source: nets: \"fd00::/8\" in a rule for IPv4: write a rule for each family" },
		{ RULE("source: {nets: [10.0.0.0/8]}, destination: {notNets: ['fd00::/8']}"), "spec.ingress[0].destination: notNets: \"fd00::/8\" in a rule for IPv4" },
		{ RULE("ipVersion: 6, source: {nets: [10.0.0.0/8]}"), "\"10.0.0.0/8\" in a rule for IPv6" },
		{ RULE("protocol: ICMPv6, source: {nets: [10.0.0.0/8]}"), "\"10.0.0.0/8\" in a rule for IPv6" },
		{ RULE("source: {notNets: [10.0.0.0/0]}"), "spec.ingress[0].source.notNets: \"0.0.0.0/0\" leaves no address" },
		{ RULE("source: {notNets: ['::/0']}"), "leaves no address" },
		{ RULE("source: {selector: global()}"), "global() is allowed only in a rule's namespaceSelector" },
		{ RULE("source: {namespaceSelector: global() || all()}"), "global() is allowed only alone" },
		{ RULE("source: {services: {name: a}}"), "spec.ingress[0].source.services: not supported: Kubernetes services" },
		{ RULE("source: {serviceAccounts: {names: [a]}}"), "spec.ingress[0].source.serviceAccounts: not supported" },
		{ RULE("http: {methods: [GET]}"), "spec.ingress[0].http: not supported: manx does not look into HTTP" },
		{ RULE("metadata: {annotations: {a: [b]}}"), "spec.ingress[0].metadata.annotations.a: a list" },
		{ RULE("source: {net: [10.0.0.0/8]}"), "unknown field: did you mean \"nets\"?" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		parse_fails(cases[i].text, cases[i].says);
}

/* @n times @item, joined by commas, between @begin and @end. */
static char *listing(const char *begin, const char *item, int n, const char *end)
{
	char *out = NULL;
	size_t size;
	FILE *f = open_memstream(&out, &size);

	assert_non_null(f);
	fputs(begin, f);
	while (n--)
		fprintf(f, "%s%s", item, n ? "," : "");
	fputs(end, f);
	fclose(f);
	return out;
}

static void test_limits(void **state)
{
	static const struct {
		const char *begin, *item;
		int max;
		const char *end, *says;
	} cases[] = {
		{ NP("  ingress: ["), "{action: Deny}", 1024, "]\n", "spec.ingress: more than 1024 items" },
		{ NP("  ingress: [{action: Allow, source: {nets: ["), "10.0.0.0/8", 256, "]}}]\n", "source.nets: more than 256" },
		{ NP("  ingress: [{action: Allow, protocol: TCP, source: {ports: ["), "80", 50, "]}}]\n", "source.ports: more than 50" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char *most = listing(cases[i].begin, cases[i].item, cases[i].max, cases[i].end);
		char *more = listing(cases[i].begin, cases[i].item, cases[i].max + 1, cases[i].end);
		struct manx_resources rs = parse_ok(most);

		parse_fails(more, cases[i].says);
		manx_resources_clear(&rs);
		free(most);
		free(more);
	}
}

static void test_types(void **state)
{
	static const struct {
		const char *text;
		bool ingress, egress;
	} cases[] = {
		{ GNP("  order: 1\n"), true, false }, { GNP("  ingress: [{action: Deny}]\n"), true, false },
		{ GNP("  egress: [{action: Deny}]\n"), false, true },
		{ GNP("  egress: [{action: Deny}]\n  ingress: [{action: Deny}]\n"), true, true },
		{ GNP("  egress: [{action: Deny}]\n  ingress: []\n"), false, true },
		{ GNP("  types: [Egress]\n"), false, true }, { GNP("  types: [Egress, Ingress]\n"), true, true },
		{ GNP("  types: []\n  egress: [{action: Deny}]\n"), false, true },
		{ NP("  egress: [{action: Deny}]\n  types: [Ingress]\n"), true, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct manx_resources rs = parse_ok(cases[i].text);
		struct manx_policy p;

		assert_int_equal(manx_policy_decode(&rs.r[0], &p, NULL), 0);
		assert_int_equal(p.ingress_applies, cases[i].ingress);
		assert_int_equal(p.egress_applies, cases[i].egress);
		manx_policy_clear(&p);
		manx_resources_clear(&rs);
	}
}

static void check_prefix(const struct manx_prefix *p, const char *want)
{
	char buf[MANX_ADDR_STRLEN];

	assert_string_equal(manx_prefix_format(p, buf), want);
}

static void check_first_rule(const struct manx_policy_rule *r)
{
	assert_int_equal(r->action, MANX_POLICY_ALLOW);
	assert_int_equal(r->protocol, 6);
	assert_int_equal(r->not_protocol, -1);
	assert_int_equal(r->ip_version, 0);
	assert_int_equal(r->icmp_type, -1);
	assert_string_equal(r->src.selector, "app == 'a'");
	assert_string_equal(r->src.not_selector, "has(b)");
	assert_string_equal(r->src.ns_selector, "global()");
	assert_int_equal(r->src.n_net, 2);
	check_prefix(&r->src.net[0], "10.0.0.0/8");
	check_prefix(&r->src.net[1], "10.1.2.3/32");
	assert_int_equal(r->src.n_not_net, 1);
	check_prefix(&r->src.not_net[0], "10.2.0.0/16");
	assert_int_equal(r->src.n_port, 0);
	assert_string_equal(r->dst.selector, "");
	assert_int_equal(r->dst.n_port, 3);
	assert_int_equal(r->dst.port[0].first, 80);
	assert_int_equal(r->dst.port[0].last, 80);
	assert_int_equal(r->dst.port[1].first, 8080);
	assert_int_equal(r->dst.port[1].last, 9090);
	assert_int_equal(r->dst.port[2].last, 65535);
	assert_int_equal(r->dst.n_not_port, 1);
	assert_int_equal(r->dst.not_port[0].first, 8443);
}

static void test_decode(void **state)
{
	static const char text[] = NP(
		"  order: 10.5\n  selector: role == 'db'\n  tier: default\n"
		"  ingress:\n"
		"  - action: Allow\n    protocol: tcp\n"
		"    source:\n      selector: app == 'a'\n      notSelector: has(b)\n      namespaceSelector: global( )\n"
		"      nets: [10.9.9.9/8, 10.1.2.3]\n      notNets: [10.2.0.0/16]\n"
		"    destination: {ports: [80, 8080:9090, '0:65535'], notPorts: ['8443']}\n"
		"  - {action: Deny, protocol: icmpv6, icmp: {type: 128, code: 0}}\n"
		"  - {action: Pass, notProtocol: 47, ipVersion: 4}\n"
		"  - {action: Log, protocol: '1', notICMP: {type: 8}}\n"
		"  egress: [{action: Deny, metadata: {annotations: {why: because}}}]\n");
	struct manx_resources rs = parse_ok(text);
	struct manx_policy p;

	(void)state;
	assert_int_equal(manx_policy_decode(&rs.r[0], &p, NULL), 0);
	assert_string_equal(p.name, "x");
	assert_string_equal(p.ns, "default");
	assert_true(p.order == 10.5);
	assert_string_equal(p.selector, "role == 'db'");
	assert_string_equal(p.ns_selector, "");
	assert_true(p.ingress_applies && p.egress_applies);
	assert_int_equal(p.n_ingress, 4);
	assert_int_equal(p.n_egress, 1);
	check_first_rule(&p.ingress[0]);
	assert_int_equal(p.ingress[1].action, MANX_POLICY_DENY);
	assert_int_equal(p.ingress[1].protocol, 58);
	assert_int_equal(p.ingress[1].ip_version, 6);
	assert_int_equal(p.ingress[1].icmp_type, 128);
	assert_int_equal(p.ingress[1].icmp_code, 0);
	assert_int_equal(p.ingress[2].action, MANX_POLICY_PASS);
	assert_int_equal(p.ingress[2].protocol, -1);
	assert_int_equal(p.ingress[2].not_protocol, 47);
	assert_int_equal(p.ingress[2].ip_version, 4);
	assert_int_equal(p.ingress[3].action, MANX_POLICY_LOG);
	assert_int_equal(p.ingress[3].ip_version, 4);
	assert_int_equal(p.ingress[3].not_icmp_type, 8);
	assert_int_equal(p.ingress[3].not_icmp_code, -1);
	manx_policy_clear(&p);
	assert_null(p.ingress);
	manx_resources_clear(&rs);
}

static void test_decode_global(void **state)
{
	struct manx_resources rs = parse_ok(GNP("  namespaceSelector: a == 'b'\n  doNotTrack: false\n"
						"  performanceHints: [AssumeNeededOnEveryNode]\n"));
	struct manx_policy p;

	(void)state;
	assert_string_equal(warnings, "f:8: spec.performanceHints|");
	assert_int_equal(manx_policy_decode(&rs.r[0], &p, NULL), 0);
	assert_null(p.ns);
	assert_true(isinf(p.order) && p.order > 0);
	assert_string_equal(p.selector, "");
	assert_string_equal(p.ns_selector, "a == 'b'");
	manx_policy_clear(&p);
	manx_resources_clear(&rs);
}

/* What a policy says does not depend on what was written out and what was left to defaults. */
static void test_canonical(void **state)
{
	struct manx_resources terse = parse_ok(NP("  egress: [{action: Deny, protocol: '6'}]\n"));
	struct manx_resources full = parse_ok("{\"kind\": \"NetworkPolicy\", \"spec\": {\"egress\": "
		"[{\"protocol\": 6, \"action\": \"Deny\"}], \"types\": [\"Egress\"], \"tier\": \"default\"},"
		"\"metadata\": {\"namespace\": \"default\", \"name\": \"x\"},"
		"\"apiVersion\": \"projectcalico.org/v3\"}");
	char *a = manx_resource_to_store(&terse.r[0]), *b = manx_resource_to_store(&full.r[0]);

	(void)state;
	assert_string_equal(a, b);
	free(a);
	free(b);
	manx_resources_clear(&terse);
	manx_resources_clear(&full);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refuse),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_types),
		cmocka_unit_test(test_decode),
		cmocka_unit_test(test_decode_global),
		cmocka_unit_test(test_canonical),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
