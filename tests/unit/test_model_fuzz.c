// SPDX-License-Identifier: GPL-2.0-only
/*
 * Resources that are nearly right: examples, changed at random but the same in
 * every run. Nothing may crash, what is refused must say where, and what is
 * accepted must survive the store and the way through a file.
 */
#include <ctype.h>
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

#define ROUNDS 20000
#define TEXT_MAX 4096

static const char *const seeds[] = {
	"apiVersion: projectcalico.org/v3\nkind: IPPool\nmetadata:\n  name: p\n"
	"spec:\n  blockSize: 26\n  cidr: 10.244.0.0/16\n  ipipMode: Always\n  natOutgoing: true\n"
	"  nodeSelector: rack == \"0\"\n  allowedUses: [Workload, Tunnel]\n---\n"
	"apiVersion: projectcalico.org/v3\nkind: IPPool\nmetadata: {name: q}\nspec: {cidr: 'fd00::/64'}\n",
	"apiVersion: projectcalico.org/v3\nkind: NodeList\nitems:\n- metadata:\n    name: n\n"
	"    labels: &l {rack: 0100, up: yes}\n    annotations: *l\n  spec:\n    bgp:\n"
	"      ipv4Address: 10.0.0.1/24\n      asNumber: 64512\n    addresses:\n    - address: 10.0.0.1\n",
	"{\"apiVersion\": \"projectcalico.org/v3\", \"kind\": \"WorkloadEndpoint\", \"metadata\": {\"name\": \"w\",\n"
	"\"annotations\": {\"manx.io/endpoint-id\": \"7\"}}, \"spec\": {\"node\": \"n\", \"ipNetworks\":\n"
	"[\"10.0.0.1/32\", \"fd00::1/128\"], \"mac\": \"02:00:00:00:00:01\"}}",
	"apiVersion: projectcalico.org/v3\nkind: NetworkPolicy\nmetadata: {name: np, namespace: ns}\n"
	"spec:\n  order: 10.5\n  selector: app == 'a' && tier not in {'x', 'y'}\n  ingress:\n"
	"  - action: Allow\n    protocol: TCP\n    source:\n      selector: has(a) || !(b starts with 'c')\n"
	"      namespaceSelector: global()\n      nets: [10.0.0.0/8]\n"
	"    destination: {ports: [80, 8080:9090]}\n"
	"  egress:\n  - {action: Deny, protocol: ICMPv6, icmp: {type: 128, code: 0}}\n",
	"apiVersion: projectcalico.org/v3\nkind: GlobalNetworkPolicy\nmetadata: {name: g}\n"
	"spec: {types: [Ingress, Egress], namespaceSelector: \"a == 'b'\", preDNAT: false}\n",
	"apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: k, resourceVersion: '7'}\n"
	"spec:\n  podSelector: {matchLabels: {a: b}, matchExpressions: [{key: c, operator: In, values: [d]}]}\n"
	"  ingress:\n  - from:\n    - ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16]}\n"
	"    - namespaceSelector: {}\n    ports: [{port: 80, endPort: 90}, {protocol: UDP}]\n",
	"apiVersion: projectcalico.org/v3\nkind: FelixConfiguration\nmetadata: {name: default}\n"
	"spec: {logSeverityScreen: info, routeRefreshInterval: 1m30s, goGCThreshold: -1, wireguardEnabled: false,\n"
	"  failsafeInboundHostPorts: [{protocol: tcp, port: 22, net: 10.0.0.0/8}], bpfLogFilters: {a: b}}\n---\n"
	"apiVersion: projectcalico.org/v3\nkind: BGPPeer\nmetadata: {name: p}\n"
	"spec: {peerIP: '[fd00::1]:179', asNumber: 65000.1, password: {secretKeyRef: {name: a, key: b}}}\n",
};

static const char *const pieces[] = {
	"\n", "\n  ", ": ", "- ", "&a ", "*a", "{", "}", "[", "]", "'", "\"", "!!str ", "|\n", "---\n", "#",
	"null", "~", "true", "0", "65536", "-1", "1e9", "::", "/33", "\xff", "\xc2\x85", "\xe2\x80\xa8", "\t",
	"\\u0000", "\\x1b", "global()", "kind: List\nitems:\n- ", "!", "%", "@", "\r", "\x7f", "<<: *a",
};

static uint32_t state_of_random = 1;

static uint32_t below(size_t n)
{
	state_of_random ^= state_of_random << 13;
	state_of_random ^= state_of_random >> 17;
	state_of_random ^= state_of_random << 5;
	return (uint32_t)(state_of_random % n);
}

/* Replace @del octets at @at by @n octets of @with, as far as there is room. */
static size_t splice(char *text, size_t len, size_t at, size_t del, const char *with, size_t n)
{
	if (del > len - at)
		del = len - at;
	if (len - del + n > TEXT_MAX)
		return len;
	memmove(text + at + n, text + at + del, len - at - del);
	memcpy(text + at, with, n);
	return len - del + n;
}

static size_t mutate(char *text, size_t len)
{
	const char *piece = pieces[below(ARRAY_SIZE(pieces))];
	const char *seed = seeds[below(ARRAY_SIZE(seeds))];
	size_t at = below(len + 1), from = below(strlen(seed)), n = 1 + below(40);
	char octet = (char)below(256);

	switch (below(10)) {
	case 0:
		return splice(text, len, at, 1, &octet, 1);
	case 1:
		return splice(text, len, at, n, "", 0);
	case 2:
		return splice(text, len, at, 0, seed + from, n < strlen(seed + from) ? n : strlen(seed + from));
	case 3:
		return splice(text, len, at, n, piece, strlen(piece));
	case 4:
		return splice(text, len, at, 0, piece, strlen(piece));
	default:
		/* a nearby digit or letter: values at the edge of what is allowed */
		if (at < len && isalnum((unsigned char)text[at]))
			text[at] ^= (char)(1 << below(3));
		return len;
	}
}

static void decode(const struct manx_resource *r)
{
	struct manx_error err = { 0 };
	struct manx_ippool pool;
	struct manx_policy policy;
	struct manx_node node;
	struct manx_wep wep;

	switch (r->kind->id) {
	case MANX_KIND_IPPOOL:
		assert_int_equal(manx_ippool_decode(r, &pool, &err), 0);
		break;
	case MANX_KIND_NODE:
		assert_int_equal(manx_node_decode(r, &node, &err), 0);
		break;
	case MANX_KIND_WORKLOADENDPOINT:
		assert_int_equal(manx_wep_decode(r, &wep, &err), 0);
		break;
	default:
		assert_int_equal(manx_policy_decode(r, &policy, &err), 0);
		manx_policy_clear(&policy);
	}
}

static void through_store(const struct manx_resource *r)
{
	char *value = manx_resource_to_store(r), *again;
	struct manx_error err = { 0 };
	struct manx_resource back;

	assert_non_null(value);
	if (manx_resource_from_store(r->kind, "r/x/y", value, &back, &err))
		fail_msg("%s\n%s", err.text, value);
	again = manx_resource_to_store(&back);
	assert_string_equal(again, value);
	free(again);
	free(value);
	manx_resource_clear(&back);
}

static void through_file(const struct manx_resources *rs, bool yaml)
{
	char *out = NULL;
	size_t size;
	FILE *f = open_memstream(&out, &size);
	struct manx_resources again;

	assert_non_null(f);
	assert_int_equal(yaml ? manx_resources_write_yaml(f, rs, true) :
				manx_resources_write_json(f, rs, true), 0);
	fclose(f);
	again = parse_ok(out);
	assert_int_equal(again.n, rs->n);
	for (size_t i = 0; i < rs->n; i++)
		assert_true(cJSON_Compare(again.r[i].json, rs->r[i].json, true));
	free(out);
	manx_resources_clear(&again);
}

static void test_mutations(void **state)
{
	size_t accepted = 0, refused = 0;

	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		const char *seed = seeds[below(ARRAY_SIZE(seeds))];
		struct manx_error err = { 0 };
		struct manx_resources rs;
		size_t len = strlen(seed);
		/* exactly as long as the text: a read beyond it is seen */
		char text[TEXT_MAX], *exact;

		memcpy(text, seed, len);
		for (int n = round % 4; n >= 0; n--)
			len = mutate(text, len);
		exact = malloc(len ? len : 1);
		assert_non_null(exact);
		memcpy(exact, text, len);
		if (manx_resources_parse(exact, len, "f", &rs, NULL, NULL, &err)) {
			refused++;
			assert_int_equal(err.code, -EINVAL);
			if (strncmp(err.text, "f:", 2) || err.text[2] < '1' || err.text[2] > '9')
				fail_msg("no line: %s", err.text);
		} else {
			accepted++;
			through_file(&rs, true);
			through_file(&rs, false);
			for (size_t i = 0; i < rs.n; i++) {
				decode(&rs.r[i]);
				through_store(&rs.r[i]);
			}
			manx_resources_clear(&rs);
		}
		free(exact);
	}
	assert_true(accepted > ROUNDS / 50);
	assert_true(refused > ROUNDS / 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mutations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
