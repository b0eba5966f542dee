// SPDX-License-Identifier: GPL-2.0-only
/*
 * Dataplane states to JSON and back, and what is refused on the way.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dp_impl.h"
#include "json.h"

/* Every member there is, in canonical order and form. */
static const char full[] =
	"{\"node\":{\"markMask\":\"0xffff0000\",\"endpointToNode\":\"deny\","
	"\"maxMembers\":1048576,\"maxRules\":1048576,\"maxClasses\":65535,"
	"\"maxMemory\":1073741824,\"maxFlows\":262144,\"maxFlowsFrom\":16384,"
	"\"maxFlowsTo\":16384,\"fragmentRate\":1000,\"keepEstablished\":false,"
	"\"refusePickup\":false,\"audit\":true,\"fast\":\"direct\",\"markStay\":\"0x00000100\","
	"\"queuePackets\":64,\"timeouts\":{\"tcpOpening\":120,"
	"\"tcpEstablished\":432000,\"tcpClosing\":120,\"udp\":60,\"udpReplied\":180,"
	"\"icmp\":30,\"other\":600}},"
	"\"sets\":[{\"name\":\"a\",\"members\":[\"10.0.0.0/8\",\"10.1.2.3\",\"fd00::/8\",\"fd00::1\"]},"
	"{\"name\":\"b\",\"members\":[]}],"
	"\"tables\":[{\"name\":\"in\",\"direction\":\"ingress\",\"defaultAction\":\"deny\",\"rules\":["
	"{\"id\":0,\"action\":\"allow\"},"
	"{\"id\":4294967295,\"action\":\"reject\",\"ipVersion\":4,"
	"\"source\":{\"nets\":[\"10.0.0.0/8\",\"192.0.2.1/32\"],\"notNets\":[\"10.1.0.0/16\"],"
	"\"sets\":[\"a\",\"b\"],\"notSets\":[\"b\"],\"ports\":[80,\"8000:8080\"],\"notPorts\":[8001]},"
	"\"destination\":{\"nets\":[\"0.0.0.0/0\"],\"notNets\":[\"192.0.2.0/24\"],"
	"\"sets\":[\"b\"],\"notSets\":[\"a\"],\"ports\":[\"0:65535\"],\"notPorts\":[22]},"
	"\"protocol\":\"tcp\"},"
	"{\"id\":2,\"action\":\"log\",\"ipVersion\":6,\"protocol\":\"icmpv6\","
	"\"icmp\":{\"type\":128,\"code\":0},\"notICMP\":{\"type\":1,\"code\":2}},"
	"{\"id\":3,\"action\":\"pass\",\"notProtocol\":47}]},"
	"{\"name\":\"out\",\"direction\":\"egress\",\"defaultAction\":\"pass\",\"rules\":[]}],"
	"\"endpoints\":[{\"id\":2,\"name\":\"net.c1.eth0\",\"addresses\":[\"10.1.2.3\",\"fd00::1\"],"
	"\"sourcePrefixes\":[\"10.9.0.0/24\"],\"mac\":\"02:00:00:00:00:0a\","
	"\"flags\":[\"allow-encap\",\"allow-dhcp\"],\"ingress\":[\"in\"],\"egress\":[\"out\"]},"
	"{\"id\":7,\"addresses\":[],\"ingress\":[],\"egress\":[]}],"
	"\"peers\":[\"192.0.2.9\",\"192.0.2.10\"]}";

static int load(const char *text, struct manx_dp_state *st, struct manx_error *err)
{
	cJSON *json;
	int rc = manx_json_parse(text, strlen(text), &json, err);

	if (rc)
		return rc;
	rc = manx_dp_state_from_json(json, st, err);
	cJSON_Delete(json);
	return rc;
}

/* malloc'ed */
static char *print(const struct manx_dp_state *st, bool counters)
{
	cJSON *json = manx_dp_state_to_json(st, counters);
	char *text;

	assert_non_null(json);
	text = cJSON_PrintUnformatted(json);
	assert_non_null(text);
	cJSON_Delete(json);
	return text;
}

static void round_trip(void **state)
{
	struct manx_dp_state st;
	struct manx_error err;
	char *text;

	(void)state;
	assert_int_equal(load(full, &st, &err), 0);
	assert_int_equal(st.n_sets, 2);
	assert_int_equal(st.table[0].rule[1].src.port[0].r[1].last, 8080);
	assert_int_equal(st.table[0].rule[1].protocol[0], 6);
	assert_int_equal(st.table[0].rule[1].protocol[1], -1);
	assert_int_equal(st.endpoint[0].flags, MANX_ENDPOINT_FLAGS_MASK);
	text = print(&st, false);
	assert_string_equal(text, full);
	cJSON_free(text);
	manx_dp_state_clear(&st);
}

/* What `dp show` prints, `dp load` reads. */
static void counters_are_skipped(void **state)
{
	struct manx_dp_state st, again;
	struct manx_error err;
	char *text, *bare;

	(void)state;
	assert_int_equal(load(full, &st, &err), 0);
	st.node.generation = 7;
	strcpy(st.node.version, "0.1.0");
	st.node.memory = 1ULL << 40;
	st.table[0].rule[0].packets = UINT64_MAX;
	st.table[0].form = MANX_TABLE_FORM_BIT_VECTORS;
	st.table[0].memory = 4096;
	st.endpoint[0].flows_to = 9;
	st.endpoint[0].ifindex = 12;
	st.endpoint[0].drop = calloc(1, sizeof(*st.endpoint[0].drop));
	assert_non_null(st.endpoint[0].drop);
	st.endpoint[0].drop[0] = (struct manx_dp_drop){ MANX_DROP_REASON_SOURCE_MAC, 3 };
	st.endpoint[0].n_drops = 1;
	text = print(&st, true);
	assert_non_null(strstr(text, "\"packets\":18446744073709551615"));
	assert_non_null(strstr(text, "\"drops\":{\"source-mac\":3}"));
	assert_non_null(strstr(text, "\"generation\":7"));
	assert_non_null(strstr(text, "\"memory\":1099511627776}"));
	assert_non_null(strstr(text, "\"form\":\"bit-vectors\",\"memory\":4096"));
	assert_non_null(strstr(text, "\"flowsFrom\":0,\"flowsTo\":9"));

	assert_int_equal(load(text, &again, &err), 0);
	bare = print(&again, false);
	assert_string_equal(bare, full);
	cJSON_free(text);
	cJSON_free(bare);
	manx_dp_state_clear(&st);
	manx_dp_state_clear(&again);
}

static void defaults(void **state)
{
	struct manx_dp_state st;
	struct manx_error err;

	(void)state;
	assert_int_equal(load("{}", &st, &err), 0);
	assert_int_equal(st.node.config.given, (1u << MANX_DP_OPTIONS) - 1);
	assert_int_equal(st.node.config.value[MANX_DP_MARK_MASK], 0xffff0000);
	assert_int_equal(st.node.config.value[MANX_DP_ENDPOINT_TO_NODE], MANX_ACTION_DENY);
	assert_int_equal(st.node.config.value[MANX_DP_MAX_MEMORY], 1 << 30);
	assert_int_equal(st.node.config.value[MANX_DP_AUDIT], 0);
	assert_int_equal(st.node.config.value[MANX_DP_FAST], MANX_FAST_ESTABLISHED);
	assert_int_equal(st.node.config.value[MANX_DP_MARK_STAY], 0);
	assert_int_equal(st.node.config.value[MANX_DP_QUEUE_PACKETS], 256);
	assert_int_equal(st.node.config.value[MANX_DP_TCP_ESTABLISHED], 432000);
	assert_int_equal(st.n_sets + st.n_tables + st.n_endpoints + st.n_peers, 0);
	manx_dp_state_clear(&st);
}

static void order_and_repetition_do_not_matter(void **state)
{
	struct manx_dp_state st;
	struct manx_error err;
	char *text;

	(void)state;
	assert_int_equal(load("{\"sets\":[{\"name\":\"b\",\"members\":[\"fd00::1/128\",\"10.0.0.2\","
			      "\"10.0.0.1/32\",\"10.0.0.2/32\"]},{\"name\":\"a\"}],"
			      "\"peers\":[\"192.0.2.2\",\"192.0.2.1\"]}", &st, &err), 0);
	text = print(&st, false);
	assert_non_null(strstr(text, "\"sets\":[{\"name\":\"a\",\"members\":[]},{\"name\":\"b\","
			       "\"members\":[\"10.0.0.1\",\"10.0.0.2\",\"fd00::1\"]}]"));
	assert_non_null(strstr(text, "\"peers\":[\"192.0.2.1\",\"192.0.2.2\"]"));
	cJSON_free(text);
	manx_dp_state_clear(&st);
}

/* The module does not keep the order of nets, so it must not count as a change. */
static void nets_of_rules_compare_in_any_order(void **state)
{
	static const char *const nets[] = {
		"\"10.0.0.0/8\",\"fd00::/8\",\"192.0.2.1\"",
		"\"192.0.2.1/32\",\"10.0.0.0/8\",\"fd00::/8\",\"10.0.0.0/8\"",
		"\"10.0.0.0/8\",\"fd00::/8\",\"192.0.2.2\"",
	};
	struct manx_dp_state st[3];
	struct manx_error err;
	char text[400];

	(void)state;
	for (int i = 0; i < 3; i++) {
		snprintf(text, sizeof(text), "{\"tables\":[{\"name\":\"t\",\"direction\":\"ingress\","
			 "\"defaultAction\":\"deny\",\"rules\":[{\"id\":1,\"action\":\"allow\","
			 "\"destination\":{\"nets\":[%s]}}]}]}", nets[i]);
		assert_int_equal(load(text, &st[i], &err), 0);
	}
	assert_true(manx_dp_rule_equal(st[0].table[0].rule, st[1].table[0].rule));
	assert_false(manx_dp_rule_equal(st[0].table[0].rule, st[2].table[0].rule));
	for (int i = 0; i < 3; i++)
		manx_dp_state_clear(&st[i]);
}

#define RULE(members) \
	"{\"tables\":[{\"name\":\"t\",\"direction\":\"ingress\",\"defaultAction\":\"deny\"," \
	"\"rules\":[{\"id\":1,\"action\":\"allow\"},{" members "}]}]}"
#define ENDPOINT(members) "{\"endpoints\":[{" members "}]}"

static const struct {
	const char *text;
	const char *says;
} refused[] = {
	{ "[]", "document: expected an object" },
	{ "{\"set\":[]}", "set: unknown field" },
	{ "{\"sets\":{}}", "sets: expected an array" },
	{ "{\"sets\":[],\"sets\":[]}", "sets: given twice" },
	{ "{\"sets\":[3]}", "sets[0]: expected an object, not 3" },
	{ "{\"sets\":[{}]}", "sets[0].name: missing" },
	{ "{\"sets\":[{\"name\":\"\"}]}", "sets[0].name: \"\" has 0 octets" },
	{ "{\"sets\":[{\"name\":1}]}", "sets[0].name: expected a string" },
	{ "{\"sets\":[{\"name\":\"a\",\"members\":[\"x\"]}]}", "sets[0].members[0]: \"x\" is no address" },
	{ "{\"sets\":[{\"name\":\"a\",\"members\":[\"10.0.0.1/8\"]}]}", "bits beyond" },
	{ "{\"sets\":[{\"name\":\"a\",\"members\":[\"10.0.0.1/33\"]}]}", "no address or prefix" },
	{ "{\"tables\":[{\"name\":\"t\"}]}", "tables[0].direction: missing" },
	{ "{\"tables\":[{\"name\":\"t\",\"direction\":\"in\"}]}",
	  "tables[0].direction: \"in\" is none of: ingress, egress" },
	{ "{\"tables\":[{\"name\":\"t\",\"direction\":\"egress\",\"defaultAction\":\"allow\"}]}",
	  "tables[0].defaultAction: expected deny or pass" },
	{ RULE(""), "tables[0].rules[1].id: missing" },
	{ RULE("\"id\":-1"), "rules[1].id: expected a whole number from 0 to 4294967295, not -1" },
	{ RULE("\"id\":1.5"), "rules[1].id: expected a whole number" },
	{ RULE("\"id\":1e999"), "rules[1].id: expected a whole number" },
	{ RULE("\"id\":2"), "rules[1].action: missing" },
	{ RULE("\"id\":2,\"action\":\"drop\""),
	  "rules[1].action: \"drop\" is none of: allow, deny, reject, pass, log" },
	{ RULE("\"id\":2,\"action\":\"deny\",\"ipVersion\":5"), "ipVersion: expected 4 or 6" },
	{ RULE("\"id\":2,\"action\":\"deny\",\"protocol\":\"tpc\""), "\"tpc\" is no protocol" },
	{ RULE("\"id\":2,\"action\":\"deny\",\"protocol\":256"), "from 0 to 255" },
	{ RULE("\"id\":2,\"action\":\"deny\",\"source\":[]"), "rules[1].source: expected an object" },
	{ RULE("\"id\":2,\"action\":\"deny\",\"source\":{\"port\":1}"),
	  "tables[0].rules[1].source.port: unknown field" },
	{ RULE("\"id\":2,\"action\":\"deny\",\"source\":{\"ports\":[\"9:8\"]}"),
	  "source.ports[0]: expected a port" },
	{ RULE("\"id\":2,\"action\":\"deny\",\"source\":{\"ports\":[65536]}"), "expected a port" },
	{ RULE("\"id\":2,\"action\":\"deny\",\"source\":{\"ports\":[\"80x\"]}"), "expected a port" },
	{ RULE("\"id\":2,\"action\":\"deny\",\"source\":{\"ports\":[\"1:2:3\"]}"), "expected a port" },
	{ RULE("\"id\":2,\"action\":\"deny\",\"source\":{\"ports\":[null]}"), "expected a port" },
	{ RULE("\"id\":2,\"action\":\"deny\",\"icmp\":{\"type\":300}"), "icmp.type: expected" },
	{ ENDPOINT(""), "endpoints[0].id: missing" },
	{ ENDPOINT("\"id\":1"), "endpoints[0].id: expected a whole number from 2" },
	{ ENDPOINT("\"id\":2,\"addresses\":[\"10.0.0.0/24\"]"), "addresses[0]: \"10.0.0.0/24\" is not the" },
	{ ENDPOINT("\"id\":2,\"addresses\":\"10.0.0.1\""), "addresses: expected an array" },
	{ ENDPOINT("\"id\":2,\"mac\":\"02:00:00:00:00\""), "is no MAC address" },
	{ ENDPOINT("\"id\":2,\"mac\":\"02:00:00:00:00:0g\""), "is no MAC address" },
	{ ENDPOINT("\"id\":2,\"flags\":[\"spoof\"]"), "flags[0]: \"spoof\" is none of" },
	{ "{\"peers\":[\"::1\"]}", "peers[0]: \"::1\" is no IPv4 address" },
	{ "{\"peers\":[[]]}", "peers[0]: expected a string" },
	{ "{\"node\":{\"markMask\":\"0\"}}", "node.markMask: \"0\": expected a mask" },
	{ "{\"node\":{\"markMask\":\"0x1ffffffff\"}}", "expected a mask" },
	{ "{\"node\":{\"markMask\":-1}}", "node.markMask: expected a string" },
	{ "{\"node\":{\"endpointToNode\":\"reject\"}}",
	  "node.endpointToNode: \"reject\": expected allow or deny" },
	{ "{\"node\":{\"audit\":1}}", "node.audit: expected true or false, not 1" },
	{ "{\"node\":{\"maxClasses\":65536}}", "node.maxClasses: expected a whole number from 0 to 65535" },
	{ "{\"node\":{\"maxMemory\":\"1G\"}}", "node.maxMemory: expected a whole number" },
	{ "{\"node\":{\"fast\":\"on\"}}",
	  "node.fast: \"on\": expected off, established or direct" },
	{ "{\"node\":{\"fast\":1}}", "node.fast: expected a string" },
	{ "{\"node\":{\"markStay\":\"0x1ffffffff\"}}", "node.markStay: \"0x1ffffffff\": expected a mask" },
	{ "{\"node\":{\"queuePackets\":65537}}",
	  "node.queuePackets: expected a whole number from 0 to 65536" },
	{ "{\"node\":{\"maxFlow\":1}}", "node.maxFlow: unknown field" },
	{ "{\"node\":{\"timeouts\":1}}", "node.timeouts: expected an object" },
	{ "{\"node\":{\"timeouts\":{\"udp\":0}}}", "node.timeouts.udp: expected a whole number from 1" },
	{ "{\"node\":{\"timeouts\":{\"tcp\":9}}}", "node.timeouts.tcp: unknown field" },
	{ "{\"node\":{\"udp\":9}}", "node.udp: unknown field" },
};

static void refusals_name_the_place(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		struct manx_dp_state st;
		struct manx_error err = { 0 };
		int rc = load(refused[i].text, &st, &err);

		if (rc != -EINVAL || !strstr(err.text, refused[i].says))
			fail_msg("%s: rc %d, said: %s", refused[i].text, rc, err.text);
		assert_null(st.set);
		assert_null(st.table);
		assert_null(st.endpoint);
	}
}

static void what_is_not_json(void **state)
{
	static const struct {
		const char *text;
		size_t len;
		const char *says;
	} cases[] = {
		{ "", 0, "empty" },
		{ " \n\t", 3, "empty" },
		{ "{\n\"sets\": x}", 12, "line 2: not JSON" },
		{ "{} {}", 5, "line 1: \"{}\" after the end" },
		{ "{\"a\":\"\xff\"}", 9, "octet 6 (0xff) is not UTF-8" },
		{ "{\"a\":\"\xed\xa0\x80\"}", 11, "is not UTF-8" },
		{ "{\"a\":\"\xc3\"}", 9, "is not UTF-8" },
		{ "{}\0{}", 5, "octet 2 (0x00)" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct manx_error err = { 0 };
		cJSON *json = NULL;

		assert_int_equal(manx_json_parse(cases[i].text, cases[i].len, &json, &err),
				 -EBADMSG);
		if (!strstr(err.text, cases[i].says))
			fail_msg("case %zu said: %s", i, err.text);
	}
}

/* No text, however damaged, does harm; the sanitizers watch. */
static void damaged_text_is_harmless(void **state)
{
	uint32_t random = 1;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		char text[sizeof(full)];
		struct manx_dp_state st;
		struct manx_error err;

		memcpy(text, full, sizeof(full));
		for (int j = 0; j < 1 + i % 3; j++) {
			random = random * 1664525 + 1013904223;
			text[(random >> 8) % (sizeof(full) - 1)] =
				"{}[]\",:0x-1e.\\n\xc3"[random >> 28];
		}
		if (load(text, &st, &err) == 0)
			manx_dp_state_clear(&st);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(round_trip),
		cmocka_unit_test(counters_are_skipped),
		cmocka_unit_test(defaults),
		cmocka_unit_test(order_and_repetition_do_not_matter),
		cmocka_unit_test(nets_of_rules_compare_in_any_order),
		cmocka_unit_test(refusals_name_the_place),
		cmocka_unit_test(what_is_not_json),
		cmocka_unit_test(damaged_text_is_harmless),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
