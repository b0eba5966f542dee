// SPDX-License-Identifier: GPL-2.0-only
/*
 * Messages of the module, made by hand, and requests to it: options, use,
 * flows, events; and what the command line says of them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <errno.h>
#include <linux/genetlink.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "dp_impl.h"
#include "json.h"

static union {
	struct nlmsghdr nlh;
	char octets[4096];
} buf;

static struct nlmsghdr *message(uint8_t cmd)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf.octets);
	struct genlmsghdr *genl = mnl_nlmsg_put_extra_header(nlh, sizeof(*genl));

	genl->cmd = cmd;
	return nlh;
}

/* Attribute @type of a message that was built; NULL if it has none. */
static const struct nlattr *find(const struct nlmsghdr *nlh, uint16_t type)
{
	const struct nlattr *attr;

	mnl_attr_for_each(attr, nlh, sizeof(struct genlmsghdr))
		if (mnl_attr_get_type(attr) == type)
			return attr;
	return NULL;
}

static size_t count(const struct nlmsghdr *nlh)
{
	const struct nlattr *attr;
	size_t n = 0;

	mnl_attr_for_each(attr, nlh, sizeof(struct genlmsghdr))
		n++;
	return n;
}

/* --- options --- */

/* Every option goes out and comes back; each has attributes of its own. */
static void options_round_trip(void **state)
{
	(void)state;
	for (enum manx_dp_option i = 0; i < MANX_DP_OPTIONS; i++) {
		struct nlmsghdr *nlh = message(MANX_CMD_NODE_SET);
		struct manx_dp_config config = { 0 };
		struct manx_dp_node node = { 0 };
		struct manx_error err;

		manx_dp_config_put(&config, i, manx_dp_options[i].min + 1 > manx_dp_options[i].max ?
				   manx_dp_options[i].max : manx_dp_options[i].min + 1);
		manx_dp_config_write(nlh, &config);
		assert_int_equal(count(nlh), 1);
		assert_int_equal(manx_dp_on_node(nlh, &node, &err), 0);
		assert_int_equal(node.config.given, config.given);
		assert_int_equal(node.config.value[i], config.value[i]);
	}
}

static void all_options_in_one_message(void **state)
{
	struct nlmsghdr *nlh = message(MANX_CMD_NODE_SET);
	struct manx_dp_config config = { 0 };
	struct manx_dp_node node = { 0 };
	struct manx_error err;

	(void)state;
	for (enum manx_dp_option i = 0; i < MANX_DP_OPTIONS; i++)
		manx_dp_config_put(&config, i, manx_dp_options[i].max);
	manx_dp_config_write(nlh, &config);
	/* the timeouts share a nest */
	assert_int_equal(count(nlh), MANX_DP_OPTIONS - 7 + 1);
	assert_int_equal(manx_dp_on_node(nlh, &node, &err), 0);
	assert_memory_equal(&node.config, &config, sizeof(config));
	/* nothing asked, nothing sent */
	nlh = message(MANX_CMD_NODE_SET);
	manx_dp_config_write(nlh, &(struct manx_dp_config){ 0 });
	assert_int_equal(count(nlh), 0);
}

static void node_tells_use(void **state)
{
	struct nlmsghdr *nlh = message(MANX_CMD_NODE_GET);
	struct manx_dp_node node = { 0 };
	struct manx_error err;

	(void)state;
	mnl_attr_put_u32(nlh, MANX_A_NODE_GENERATION, 9);
	mnl_attr_put_u32(nlh, MANX_A_NODE_MEMBERS, 1);
	mnl_attr_put_u32(nlh, MANX_A_NODE_RULES, 2);
	mnl_attr_put_u32(nlh, MANX_A_NODE_CLASSES, 3);
	mnl_attr_put_u32(nlh, MANX_A_NODE_FLOWS, 4);
	mnl_attr_put_u64(nlh, MANX_A_NODE_MEMORY, 5ULL << 32);
	mnl_attr_put_u64(nlh, MANX_A_NODE_MAX_MEMORY, 6ULL << 32);
	mnl_attr_put_u32(nlh, MANX_A_NODE_MAX + 1, 0);
	assert_int_equal(manx_dp_on_node(nlh, &node, &err), 0);
	assert_int_equal(node.generation, 9);
	assert_int_equal(node.members, 1);
	assert_int_equal(node.rules, 2);
	assert_int_equal(node.classes, 3);
	assert_int_equal(node.flows, 4);
	assert_true(node.memory == 5ULL << 32);
	assert_true(node.config.value[MANX_DP_MAX_MEMORY] == 6ULL << 32);
	/* an attribute of another size than agreed is told, not guessed at */
	nlh = message(MANX_CMD_NODE_GET);
	mnl_attr_put_u32(nlh, MANX_A_NODE_MAX_MEMORY, 1);
	assert_int_equal(manx_dp_on_node(nlh, &node, &err), -EBADMSG);
	nlh = message(MANX_CMD_NODE_GET);
	mnl_attr_put_u64(nlh, MANX_A_NODE_MAX_FLOWS, 1);
	assert_int_equal(manx_dp_on_node(nlh, &node, &err), -EBADMSG);
}

static void options_of_the_command_line(void **state)
{
	static const struct {
		const char *name, *text;
		enum manx_dp_option option;
		uint64_t value;
		const char *shown;
	} good[] = {
		{ "max-flows", "100000", MANX_DP_MAX_FLOWS, 100000, "100000" },
		{ "max-memory", "512M", MANX_DP_MAX_MEMORY, 512 << 20, "512M" },
		{ "max-memory", "1536M", MANX_DP_MAX_MEMORY, 1536ULL << 20, "1536M" },
		{ "max-memory", "1000", MANX_DP_MAX_MEMORY, 1000, "1000" },
		{ "max-memory", "2T", MANX_DP_MAX_MEMORY, 2ULL << 40, "2T" },
		{ "max-memory", "0", MANX_DP_MAX_MEMORY, 0, "0" },
		{ "audit", "on", MANX_DP_AUDIT, 1, "on" },
		{ "keep-established", "off", MANX_DP_KEEP_ESTABLISHED, 0, "off" },
		{ "timeout.udp", "60", MANX_DP_UDP, 60, "60" },
		{ "timeout.tcp-established", "16777216", MANX_DP_TCP_ESTABLISHED, 1 << 24,
		  "16777216" },
		{ "mark-mask", "0xff00", MANX_DP_MARK_MASK, 0xff00, "0x0000ff00" },
		{ "endpoint-to-node", "allow", MANX_DP_ENDPOINT_TO_NODE, MANX_ACTION_ALLOW,
		  "allow" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct manx_dp_config config = { 0 };
		struct manx_error err = { 0 };
		char text[MANX_DP_VALUE_STRLEN];

		if (manx_dp_config_set(&config, good[i].name, good[i].text, &err))
			fail_msg("%s %s: %s", good[i].name, good[i].text, err.text);
		assert_int_equal(config.given, 1u << good[i].option);
		assert_true(config.value[good[i].option] == good[i].value);
		assert_string_equal(manx_dp_config_text(&config, good[i].option, text),
				    good[i].shown);
	}
}

static void options_that_are_refused(void **state)
{
	static const struct {
		const char *name, *text, *says;
	} bad[] = {
		{ "max-flow", "1", "\"max-flow\": unknown option: did you mean \"max-flows\"?" },
		{ "elephants", "1", "\"elephants\": unknown option" },
		{ "timeouts.udp", "1", "did you mean \"timeout.udp\"?" },
		{ "max-flows", "", "max-flows: \"\": expected a number from 1 to 67108864" },
		{ "max-flows", "-1", "max-flows: \"-1\": expected a number" },
		{ "max-flows", "1k", "expected a number" },
		{ "max-flows", "4294967296", "expected a number" },
		{ "max-flows", "99999999999999999999", "expected a number" },
		{ "max-classes", "65536", "from 0 to 65535" },
		{ "max-memory", "1X", "expected octets, perhaps with K, M, G or T," },
		{ "max-memory", "1GB", "expected octets" },
		{ "max-memory", "18014398509481984K", "expected octets" },
		{ "max-memory", "99999999T", "expected octets" },
		{ "audit", "1", "audit: \"1\": expected on or off" },
		{ "timeout.udp", "0", "expected seconds from 1 to" },
		{ "mark-mask", "0", "expected a mask" },
		{ "endpoint-to-node", "reject", "expected allow or deny" },
		{ "fast", "on", "fast: \"on\": expected off, established or direct" },
	};
	struct manx_dp_config config = { 0 };
	struct manx_error err = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(manx_dp_config_set(&config, bad[i].name, bad[i].text, &err),
				 -EINVAL);
		if (!strstr(err.text, bad[i].says))
			fail_msg("%s %s: %s", bad[i].name, bad[i].text, err.text);
		assert_int_equal(config.given, 0);
	}
	assert_int_equal(manx_dp_config_set(&config, "audit", "on", &err), 0);
	assert_int_equal(manx_dp_config_set(&config, "audit", "off", &err), -EINVAL);
	assert_string_equal(err.text, "audit: given twice");
}

/* --- tables and endpoints --- */

static void table_tells_form_and_memory(void **state)
{
	struct nlmsghdr *nlh = message(MANX_CMD_TABLE_GET);
	struct manx_dp_state st = { 0 };
	struct manx_error err;

	(void)state;
	mnl_attr_put_strz(nlh, MANX_A_TABLE_NAME, "t");
	mnl_attr_put_u32(nlh, MANX_A_TABLE_FORM, MANX_TABLE_FORM_BIT_VECTORS);
	mnl_attr_put_u64(nlh, MANX_A_TABLE_MEMORY, 3ULL << 33);
	assert_int_equal(manx_dp_on_table(nlh, &st, &err), 0);
	assert_int_equal(st.n_tables, 1);
	assert_string_equal(manx_dp_form_name(st.table[0].form), "bit-vectors");
	assert_true(st.table[0].memory == 3ULL << 33);
	manx_dp_state_clear(&st);
}

static void endpoint_tells_flows(void **state)
{
	struct nlmsghdr *nlh = message(MANX_CMD_ENDPOINT_GET);
	struct manx_dp_state st = { 0 };
	struct manx_error err;

	(void)state;
	mnl_attr_put_u32(nlh, MANX_A_ENDPOINT_ID, 2);
	mnl_attr_put_u32(nlh, MANX_A_ENDPOINT_FLOWS_FROM, 7);
	mnl_attr_put_u32(nlh, MANX_A_ENDPOINT_FLOWS_TO, 8);
	assert_int_equal(manx_dp_on_endpoint(nlh, &st, &err), 0);
	assert_int_equal(st.endpoint[0].flows_from, 7);
	assert_int_equal(st.endpoint[0].flows_to, 8);
	manx_dp_state_clear(&st);
}

/* --- flows --- */

static struct nlmsghdr *flow_message(uint8_t cmd)
{
	struct nlmsghdr *nlh = message(cmd);
	struct manx_addr source, destination;

	assert_true(manx_addr_parse("10.0.0.2", &source));
	assert_true(manx_addr_parse("192.0.2.9", &destination));
	mnl_attr_put_u32(nlh, MANX_A_FLOW_FROM, 5);
	mnl_attr_put_u32(nlh, MANX_A_FLOW_TO, 0);
	mnl_attr_put_u32(nlh, MANX_A_FLOW_PROTOCOL, IPPROTO_TCP);
	manx_nl_put_addr(nlh, MANX_A_FLOW_SOURCE, &source);
	manx_nl_put_addr(nlh, MANX_A_FLOW_DESTINATION, &destination);
	mnl_attr_put_u32(nlh, MANX_A_FLOW_SOURCE_PORT, 40000);
	mnl_attr_put_u32(nlh, MANX_A_FLOW_DESTINATION_PORT, 443);
	mnl_attr_put_u32(nlh, MANX_A_FLOW_STATE, MANX_FLOW_STATE_ESTABLISHED);
	mnl_attr_put_u32(nlh, MANX_A_FLOW_FLAGS,
			 MANX_FLOW_FLAGS_PICKED_UP | MANX_FLOW_FLAGS_UNTRACKED);
	mnl_attr_put_u32(nlh, MANX_A_FLOW_EXPIRES, 431999000);
	mnl_attr_put_u64(nlh, MANX_A_FLOW_PACKETS, 11);
	mnl_attr_put_u64(nlh, MANX_A_FLOW_BYTES, 12);
	mnl_attr_put_u64(nlh, MANX_A_FLOW_REPLY_PACKETS, 13);
	mnl_attr_put_u64(nlh, MANX_A_FLOW_REPLY_BYTES, 1ULL << 60);
	mnl_attr_put_u32(nlh, MANX_A_FLOW_JUDGED, 14);
	mnl_attr_put_u32(nlh, MANX_A_FLOW_WAY, MANX_WAY_DIRECT);
	mnl_attr_put_u32(nlh, MANX_A_FLOW_REPLY_WAY, MANX_WAY_STACK);
	mnl_attr_put_u32(nlh, MANX_A_FLOW_REPLY_WHY, MANX_WHY_IPSEC);
	return nlh;
}

static void flow_as_json(void **state)
{
	static const char expected[] =
		"{\"from\":5,\"to\":0,\"protocol\":\"tcp\",\"source\":\"10.0.0.2\","
		"\"destination\":\"192.0.2.9\",\"sourcePort\":40000,\"destinationPort\":443,"
		"\"state\":\"established\",\"flags\":[\"picked-up\",\"untracked\"],"
		"\"expires\":431999000,\"packets\":11,\"bytes\":12,\"replyPackets\":13,"
		"\"replyBytes\":1152921504606846976,\"judged\":14,"
		"\"way\":\"direct\",\"replyWay\":\"stack\",\"replyWhy\":\"ipsec\"}";
	struct manx_dp_flow flow;
	struct manx_error err;
	cJSON *json;
	char *text;

	(void)state;
	assert_int_equal(manx_dp_flow_parse(flow_message(MANX_CMD_FLOW_GET), &flow, &err), 0);
	json = manx_dp_flow_to_json(&flow);
	text = cJSON_PrintUnformatted(json);
	assert_string_equal(text, expected);
	cJSON_free(text);
	cJSON_Delete(json);
}

static void flow_of_icmp_in_a_vrf(void **state)
{
	struct nlmsghdr *nlh = message(MANX_CMD_FLOW_GET);
	struct manx_dp_flow flow;
	struct manx_error err;

	(void)state;
	mnl_attr_put_u32(nlh, MANX_A_FLOW_PROTOCOL, IPPROTO_ICMP);
	mnl_attr_put_u32(nlh, MANX_A_FLOW_ICMP_ID, 65535);
	mnl_attr_put_u32(nlh, MANX_A_FLOW_DOMAIN, 12);
	assert_int_equal(manx_dp_flow_parse(nlh, &flow, &err), 0);
	assert_int_equal(flow.icmp_id, 65535);
	assert_int_equal(flow.domain, 12);
	assert_int_equal(manx_dp_flow_parse(flow_message(MANX_CMD_FLOW_GET), &flow, &err), 0);
	assert_int_equal(flow.icmp_id, -1);
	assert_int_equal(flow.domain, 0);
	nlh = message(MANX_CMD_FLOW_GET);
	mnl_attr_put(nlh, MANX_A_FLOW_SOURCE, 5, "12345");
	assert_int_equal(manx_dp_flow_parse(nlh, &flow, &err), -EBADMSG);
}

static uint32_t u32_of(const struct nlmsghdr *nlh, uint16_t type)
{
	const struct nlattr *attr = find(nlh, type);

	assert_non_null(attr);
	return mnl_attr_get_u32(attr);
}

static void filter_of_everything(void **state)
{
	static const char *const words[][2] = {
		{ "from", "7" }, { "to", "node" }, { "endpoint", "7" }, { "protocol", "udp" },
		{ "source", "fd00::1" }, { "destination", "fd00::2" }, { "sport", "0" },
		{ "dport", "65535" }, { "state", "closing" }, { "way", "direct" },
	};
	struct manx_dp_flow_filter filter = MANX_DP_FLOW_ANY;
	struct nlmsghdr *nlh = message(MANX_CMD_FLOW_GET);
	struct manx_error err = { 0 };

	(void)state;
	manx_dp_flow_filter_write(nlh, &filter);
	assert_int_equal(count(nlh), 0);
	for (size_t i = 0; i < 10; i++) {
		if (manx_dp_flow_filter_set(&filter, words[i][0], words[i][1], &err))
			fail_msg("%s", err.text);
		assert_int_equal(manx_dp_flow_filter_set(&filter, words[i][0], words[i][1], &err),
				 -EINVAL);
		assert_non_null(strstr(err.text, "given twice"));
	}
	manx_dp_flow_filter_write(nlh, &filter);
	assert_int_equal(count(nlh), 10);
	assert_int_equal(u32_of(nlh, MANX_A_FLOW_FROM), 7);
	assert_int_equal(u32_of(nlh, MANX_A_FLOW_TO), 1);
	assert_int_equal(u32_of(nlh, MANX_A_FLOW_ENDPOINT), 7);
	assert_int_equal(u32_of(nlh, MANX_A_FLOW_PROTOCOL), IPPROTO_UDP);
	assert_int_equal(u32_of(nlh, MANX_A_FLOW_SOURCE_PORT), 0);
	assert_int_equal(u32_of(nlh, MANX_A_FLOW_DESTINATION_PORT), 65535);
	assert_int_equal(u32_of(nlh, MANX_A_FLOW_STATE), MANX_FLOW_STATE_CLOSING);
	assert_int_equal(u32_of(nlh, MANX_A_FLOW_WAY), MANX_WAY_DIRECT);
	assert_int_equal(mnl_attr_get_payload_len(find(nlh, MANX_A_FLOW_SOURCE)), 16);
	assert_int_equal(mnl_attr_get_payload_len(find(nlh, MANX_A_FLOW_DESTINATION)), 16);
}

static void filters_that_are_refused(void **state)
{
	static const struct {
		const char *key, *text, *says;
	} bad[] = {
		{ "src", "10.0.0.1", "\"src\": expected from, to, endpoint," },
		{ "from", "x", "from \"x\": expected the id of an endpoint, outside or node" },
		{ "from", "-1", "expected the id" },
		{ "from", "4294967296", "expected the id" },
		{ "protocol", "tpc", "protocol \"tpc\": expected a number" },
		{ "protocol", "256", "expected a number" },
		{ "sport", "65536", "sport \"65536\": expected a number from 0 to 65535" },
		{ "sport", "80x", "expected a number" },
		{ "state", "open", "state: \"open\" is none of: new, replied, established" },
		{ "way", "fast", "way: \"fast\" is none of: stack, established, direct" },
		{ "source", "10.0.0.0/8", "source \"10.0.0.0/8\": expected an address" },
		{ "destination", "fd00::1", "of different families" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct manx_dp_flow_filter filter = MANX_DP_FLOW_ANY;
		struct manx_error err = { 0 };

		if (strcmp(bad[i].key, "source") != 0)
			assert_int_equal(manx_dp_flow_filter_set(&filter, "source", "10.0.0.1", &err),
					 0);
		assert_int_equal(manx_dp_flow_filter_set(&filter, bad[i].key, bad[i].text, &err),
				 -EINVAL);
		if (!strstr(err.text, bad[i].says))
			fail_msg("%s %s: %s", bad[i].key, bad[i].text, err.text);
	}
}

/* --- events --- */

struct seen {
	int events, begun, ended;
	struct manx_dp_event event;
	struct manx_dp_flow flow;
};

static void see_event(void *ctx, const struct manx_dp_event *ev)
{
	struct seen *seen = ctx;

	seen->events++;
	seen->event = *ev;
}

static void see_flow(void *ctx, const struct manx_dp_flow *flow, bool ended)
{
	struct seen *seen = ctx;

	seen->begun += !ended;
	seen->ended += ended;
	seen->flow = *flow;
}

static void events_of_both_groups(void **state)
{
	struct seen seen = { 0 };
	struct manx_dp_listener listener = { see_event, see_flow, &seen };
	struct nlmsghdr *nlh;
	struct manx_error err;

	(void)state;
	assert_int_equal(manx_dp_on_event(flow_message(MANX_CMD_FLOW_NEW_NTF), &listener, &err), 0);
	assert_int_equal(manx_dp_on_event(flow_message(MANX_CMD_FLOW_END_NTF), &listener, &err), 0);
	assert_int_equal(seen.begun, 1);
	assert_int_equal(seen.ended, 1);
	assert_int_equal(seen.flow.from, 5);

	nlh = message(MANX_CMD_EVENT_NTF);
	mnl_attr_put_u32(nlh, MANX_A_EVENT_TYPE, MANX_EVENT_TYPE_AUDIT);
	mnl_attr_put_u32(nlh, MANX_A_EVENT_REASON, MANX_DROP_REASON_POLICY_INGRESS);
	mnl_attr_put_strz(nlh, MANX_A_EVENT_TABLE, "t");
	mnl_attr_put_u32(nlh, MANX_A_EVENT_RULE, UINT32_MAX);
	assert_int_equal(manx_dp_on_event(nlh, &listener, &err), 0);
	assert_int_equal(seen.events, 1);
	assert_int_equal(seen.event.type, MANX_EVENT_TYPE_AUDIT);
	assert_string_equal(manx_dp_event_name(seen.event.type), "audit");
	assert_string_equal(seen.event.table, "t");
	assert_true(seen.event.rule == UINT32_MAX);

	/* decided by the table's default: there is no rule to name */
	nlh = message(MANX_CMD_EVENT_NTF);
	mnl_attr_put_u32(nlh, MANX_A_EVENT_TYPE, MANX_EVENT_TYPE_DROP);
	mnl_attr_put_strz(nlh, MANX_A_EVENT_TABLE, "t");
	assert_int_equal(manx_dp_on_event(nlh, &listener, &err), 0);
	assert_true(seen.event.rule == -1);

	/* who did not ask for flows is not given any */
	listener.flow = NULL;
	assert_int_equal(manx_dp_on_event(flow_message(MANX_CMD_FLOW_NEW_NTF), &listener, &err), 0);
	assert_int_equal(seen.begun, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options_round_trip),
		cmocka_unit_test(all_options_in_one_message),
		cmocka_unit_test(node_tells_use),
		cmocka_unit_test(options_of_the_command_line),
		cmocka_unit_test(options_that_are_refused),
		cmocka_unit_test(table_tells_form_and_memory),
		cmocka_unit_test(endpoint_tells_flows),
		cmocka_unit_test(flow_as_json),
		cmocka_unit_test(flow_of_icmp_in_a_vrf),
		cmocka_unit_test(filter_of_everything),
		cmocka_unit_test(filters_that_are_refused),
		cmocka_unit_test(events_of_both_groups),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
