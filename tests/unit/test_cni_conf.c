// SPDX-License-Identifier: GPL-2.0-only
/*
 * The CNI plugin's network configuration, also where it is hostile.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "cni_conf.h"
#include "cni_result.h"

#define N(array) (sizeof(array) / sizeof((array)[0]))

#define CONF(rest) "{\"cniVersion\":\"1.0.0\",\"name\":\"net\",\"type\":\"manx\"" rest "}"

static int read_conf(struct manx_cni_conf *conf, const char *text, struct manx_error *err)
{
	return manx_cni_conf_read(conf, text, strlen(text), err);
}

static void configuration(void **state)
{
	static const struct {
		const char *text;
		int code;
		const char *says;
	} cases[] = {
		{ CONF(""), 0, NULL },
		{ "{\"CNIVERSION\":\"0.3.1\",\"Name\":\"a.b-c_9\"}", 0, NULL },
		{ "{\"cniVersion\":\"0.3.0\",\"name\":\"a\"}", 0, NULL },
		{ "{\"cniVersion\":\"0.4.0\",\"name\":\"a\"}", 0, NULL },
		{ "", 6, "empty" },
		{ "nonsense", 6, "not JSON" },
		{ "[]", 6, "expected a JSON object" },
		{ CONF("") "x", 6, "after the end" },
		{ "{}", 7, "name: \"\"" },
		{ "{\"name\":7}", 7, "name: expected a string" },
		{ "{\"name\":\"a b\",\"cniVersion\":\"1.0.0\"}", 7, "name: \"a b\"" },
		{ "{\"name\":\"../x\",\"cniVersion\":\"9\"}", 7, "name" },	/* before the version */
		{ "{\"name\":\"a\"}", 1, "cniVersion is \"0.1.0\"" },
		{ "{\"name\":\"a\",\"cniVersion\":\"\"}", 1, "cniVersion is \"0.1.0\"" },
		{ "{\"name\":\"a\",\"cniVersion\":\"0.2.0\"}", 1, "supports 0.3.0, 0.3.1, 0.4.0, 1.0.0" },
		{ "{\"name\":\"a\",\"cniVersion\":\"1.1.0\"}", 1, "cniVersion is \"1.1.0\"" },
		{ "{\"name\":\"a\",\"cniVersion\":1}", 7, "cniVersion: expected a string" },
	};

	(void)state;
	for (size_t i = 0; i < N(cases); i++) {
		struct manx_error err = { 0 };
		struct manx_cni_conf conf;
		int code = read_conf(&conf, cases[i].text, &err);

		if (code != cases[i].code ||
		    (cases[i].says && !strstr(err.text, cases[i].says)))
			fail_msg("%s: code %d, said: %s", cases[i].text, code, err.text);
		manx_cni_conf_clear(&conf);
	}
}

static void version_for_version(void **state)
{
	static const struct {
		const char *text, *version;
	} cases[] = {
		{ "", "1.0.0" }, { "junk", "1.0.0" }, { "{}", "1.0.0" },
		{ "{\"cniVersion\":\"0.3.1\"}", "0.3.1" }, { "{\"cniversion\":\"0.4.0\"}", "0.4.0" },
		{ "{\"cniVersion\":\"1.1.0\"}", "1.0.0" }, { "{\"cniVersion\":[]}", "1.0.0" },
	};

	(void)state;
	for (size_t i = 0; i < N(cases); i++)
		assert_string_equal(manx_cni_conf_version(cases[i].text, strlen(cases[i].text)),
				    cases[i].version);
}

static int read_options(const char *text, struct manx_cni_conf *conf,
			struct manx_cni_options *opt, struct manx_error *err)
{
	assert_int_equal(read_conf(conf, text, err), 0);
	return manx_cni_options_read(opt, conf, err);
}

static void options(void **state)
{
	static const char text[] = CONF(
		",\"MTU\":1400,\"nodename\":\"n1\",\"log_level\":\"debug\",\"device_type\":\"veth\","
		"\"ipam\":{\"type\":\"calico-ipam\",\"assign_ipv4\":\"True\",\"assign_ipv6\":true,"
		"\"ipv4_pools\":[\"10.0.0.0/16\",\"pool\"],\"IPV6_POOLS\":[\"p6\"]},"
		"\"container_settings\":{\"allow_ip_forwarding\":true},"
		"\"include_default_routes\":false,\"policy\":{},\"kubernetes\":{\"kubeconfig\":\"\"},"
		"\"feature_control\":{\"floating_ips\":false},\"readiness_gates\":[],"
		"\"runtimeConfig\":{\"dns\":{\"Servers\":[\"9.9.9.9\"]},\"portMappings\":[]},"
		"\"args\":{\"cni\":{\"labels\":[{\"key\":\"app\",\"value\":\"web\"},{\"key\":\"x\"}]},"
		"\"org.apache.mesos\":{\"a\":1}},\"unknown\":{\"anything\":[1]}");
	struct manx_cni_options opt;
	struct manx_cni_conf conf;
	struct manx_error err;

	(void)state;
	assert_int_equal(read_options(text, &conf, &opt, &err), 0);
	assert_true(opt.ipv4 && opt.ipv6 && opt.ip_forward);
	assert_int_equal(opt.mtu, 1400);
	assert_string_equal(opt.nodename, "n1");
	assert_int_equal(cJSON_GetArraySize(opt.pools4), 2);
	assert_int_equal(cJSON_GetArraySize(opt.pools6), 1);
	assert_string_equal(cJSON_GetObjectItem(opt.labels, "app")->valuestring, "web");
	assert_string_equal(cJSON_GetObjectItem(opt.labels, "x")->valuestring, "");
	manx_cni_options_clear(&opt);
	manx_cni_conf_clear(&conf);

	assert_int_equal(read_options(CONF(""), &conf, &opt, &err), 0);
	assert_true(opt.ipv4 && !opt.ipv6 && !opt.ip_forward && !opt.mtu && !opt.nodename);
	manx_cni_options_clear(&opt);
	manx_cni_conf_clear(&conf);
}

/* Messages name the key as the file has it. */
static void node_is_named(void **state)
{
	static const struct {
		const char *text, *name, *key;
	} cases[] = {
		{ CONF(",\"nodename\":\"a\",\"hostname\":\"b\""), "a", "nodename" },
		{ CONF(",\"kubernetes\":{\"node_name\":\"a\"},\"hostname\":\"b\""), "a",
		  "kubernetes.node_name" },
		{ CONF(",\"hostname\":\"b\""), "b", "hostname" },
	};

	(void)state;
	for (size_t i = 0; i < N(cases); i++) {
		struct manx_cni_options opt;
		struct manx_cni_conf conf;
		struct manx_error err;

		assert_int_equal(read_options(cases[i].text, &conf, &opt, &err), 0);
		assert_string_equal(opt.nodename, cases[i].name);
		assert_string_equal(opt.nodename_key, cases[i].key);
		manx_cni_options_clear(&opt);
		manx_cni_conf_clear(&conf);
	}
}

static const struct {
	const char *text;
	int code;
	const char *says;
} options_refused_cases[] = {
	{ CONF(",\"ipam\":{\"type\":\"host-local\"}"), 2, "ipam.type: \"host-local\"" },
	{ CONF(",\"ipam\":{\"type\":7}"), 2, "ipam.type: 7" },
	{ CONF(",\"ipam\":{\"subnet\":\"usePodCidr\"}"), 2, "ipam.subnet: \"usePodCidr\"" },
	{ CONF(",\"ipam\":{\"ranges\":[[{}]]}"), 2, "ipam.ranges" },
	{ CONF(",\"datastore_type\":\"kubernetes\""), 2, "datastore_type: \"kubernetes\"" },
	{ CONF(",\"policy\":{\"type\":\"k8s\"}"), 2, "policy.type: \"k8s\"" },
	{ CONF(",\"feature_control\":{\"ip_addrs_no_ipam\":true}"), 2, "ip_addrs_no_ipam: true" },
	{ CONF(",\"device_type\":\"netkit\""), 2, "device_type: \"netkit\"" },
	{ CONF(",\"dataplane_options\":{\"type\":\"grpc\"}"), 2, "dataplane_options.type" },
	{ CONF(",\"readiness_gates\":[\"http://169.254.169.254/\"]"), 2, "readiness_gates" },
	{ CONF(",\"runtimeConfig\":{\"mac\":\"02:00:00:00:00:01\"}"), 2, "runtimeConfig.mac" },
	{ CONF(",\"runtimeConfig\":{\"PortMappings\":[{}]}"), 2, "portMappings" },
	{ CONF(",\"kubernetes\":{\"kubeconfig\":\"/etc/shadow\"}"), 7, "kubernetes.kubeconfig" },
	{ CONF(",\"etcd_endpoints\":\"http://10.0.0.1:2379\""), 7, "etcd_endpoints" },
	{ CONF(",\"policy\":{\"k8s_auth_token\":\"hush\"}"), 7, "policy.k8s_auth_token" },
	{ CONF(",\"nodename_file\":\"/run/manx/../../etc/shadow\""), 7, "nodename_file" },
	{ CONF(",\"mtu\":-1"), 7, "mtu: expected" },
	{ CONF(",\"mtu\":67"), 7, "mtu: 67 is less than 68" },
	{ CONF(",\"mtu\":65536"), 7, "mtu: expected" },
	{ CONF(",\"mtu\":\"1500\""), 7, "mtu: expected" },
	{ CONF(",\"mtu\":1279,\"ipam\":{\"assign_ipv6\":\"true\"}"), 7, "less than 1280" },
	{ CONF(",\"ipam\":[]"), 7, "ipam: expected an object" },
	{ CONF(",\"ipam\":{\"assign_ipv4\":\"yes\"}"), 7, "ipam.assign_ipv4: expected" },
	{ CONF(",\"ipam\":{\"assign_ipv4\":\"false\"}"), 7, "are both" },
	{ CONF(",\"ipam\":{\"ipv4_pools\":\"p\"}"), 7, "ipam.ipv4_pools: expected an array" },
	{ CONF(",\"ipam\":{\"ipv4_pools\":[\"p\",\"\"]}"), 7, "ipv4_pools[1]: empty" },
	{ CONF(",\"nodename\":[]"), 7, "nodename: expected a string" },
	{ CONF(",\"container_settings\":{\"allow_ip_forwarding\":\"x\"}"), 7, "allow_ip_forwarding" },
	{ CONF(",\"args\":{\"cni\":{\"labels\":{}}}"), 7, "args.cni.labels: expected an array" },
	{ CONF(",\"args\":{\"cni\":{\"labels\":[1]}}"), 7, "args.cni.labels[0]" },
	{ CONF(",\"args\":{\"cni\":{\"labels\":[{\"key\":\"a\",\"value\":1}]}}"), 7, "labels[0].value" },
	{ CONF(",\"args\":{\"cni\":{\"labels\":[{\"key\":\"a\"},{\"key\":\"a\"}]}}"), 7, "twice" },
	{ CONF(",\"dns\":{\"nameservers\":[1]}"), 7, "dns.nameservers[0]" },
};

static void options_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < N(options_refused_cases); i++) {
		struct manx_cni_options opt;
		struct manx_cni_conf conf;
		struct manx_error err = { 0 };
		int code = read_options(options_refused_cases[i].text, &conf, &opt, &err);

		if (code != options_refused_cases[i].code || !strstr(err.text, options_refused_cases[i].says) ||
		    strstr(err.text, "hush") || strstr(err.text, "shadow"))
			fail_msg("%s: code %d, said: %s", options_refused_cases[i].text, code, err.text);
		manx_cni_options_clear(&opt);
		manx_cni_conf_clear(&conf);
	}
}

/* Addresses from everywhere, of which each is to be used. */
static void addresses(void **state)
{
	static const struct {
		const char *args, *text;
		int code;
		const char *a4, *a6, *says;
	} cases[] = {
		{ "", CONF(""), 0, NULL, NULL, NULL },
		{ "10.0.0.9", CONF(""), 0, "10.0.0.9", NULL, NULL },
		{ "fd00::9,10.0.0.9/24", CONF(""), 0, "10.0.0.9", "fd00::9", NULL },
		{ "", CONF(",\"args\":{\"cni\":{\"ips\":[\"10.0.0.9\",\"fd00::9/64\"]}}"), 0, "10.0.0.9", "fd00::9", NULL },
		{ "10.0.0.9", CONF(",\"runtimeConfig\":{\"ips\":[\"10.0.0.9/16\"]}"), 0, "10.0.0.9", NULL, NULL },
		{ "", CONF(",\"runtimeConfig\":{\"ips\":[]}"), 0, NULL, NULL, NULL },
		{ "10.0.0", CONF(""), 7, NULL, NULL, "CNI_ARGS: IP=10.0.0: \"10.0.0\" is no address" },
		{ "10.0.0.9,,10.0.0.9", CONF(""), 7, NULL, NULL, "\"\" is no address" },
		{ "10.0.0.9,10.0.0.8", CONF(""), 7, NULL, NULL, "10.0.0.9 is asked for, too" },
		{ "10.0.0.9", CONF(",\"args\":{\"cni\":{\"ips\":[\"10.0.0.8\"]}}"), 7, NULL, NULL, "args.cni.ips[0]: \"10.0.0.8\"" },
		{ "", CONF(",\"runtimeConfig\":{\"ips\":[7]}"), 7, NULL, NULL, "runtimeConfig.ips[0]" },
		{ "", CONF(",\"runtimeConfig\":{\"ips\":\"10.0.0.9\"}"), 7, NULL, NULL, "expected an array" },
	};

	(void)state;
	for (size_t i = 0; i < N(cases); i++) {
		struct manx_cni_args args = { .k8s = false };
		struct manx_error err = { 0 };
		struct manx_cni_conf conf;
		struct manx_cni_ips ips;
		struct manx_addr want4 = { 0 }, want6 = { 0 };
		int code;

		strcpy(args.ip, cases[i].args);
		assert_int_equal(read_conf(&conf, cases[i].text, &err), 0);
		code = manx_cni_ips_read(&ips, &conf, &args, &err);
		if (code != cases[i].code || (code && !strstr(err.text, cases[i].says)))
			fail_msg("%zu: code %d, said: %s", i, code, err.text);
		if (cases[i].a4)
			manx_addr_parse(cases[i].a4, &want4);
		if (cases[i].a6)
			manx_addr_parse(cases[i].a6, &want6);
		if (!code) {
			assert_int_equal(ips.addr4.family, want4.family);
			assert_int_equal(ips.addr6.family, want6.family);
			assert_true(!want4.family || !manx_addr_cmp(&ips.addr4, &want4));
			assert_true(!want6.family || !manx_addr_cmp(&ips.addr6, &want6));
		}
		manx_cni_conf_clear(&conf);
	}
}

static void log_settings(void **state)
{
	static const struct {
		const char *text;
		int code;
	} cases[] = {
		{ CONF(""), 0 },
		{ CONF(",\"log_level\":\"\",\"log_file_path\":\"\""), 0 },
		{ CONF(",\"log_level\":\"Error\",\"log_file_path\":\"/var/log/manx/cni.log\""), 0 },
		{ CONF(",\"log_file_path\":\"/state/x..y/cni.log\""), 0 },
		{ CONF(",\"log_level\":\"loud\""), 7 },
		{ CONF(",\"log_level\":1"), 7 },
		{ CONF(",\"log_file_path\":\"/var/log/calico/cni.log\""), 7 },
		{ CONF(",\"log_file_path\":\"/var/log/manxy/cni.log\""), 7 },
		{ CONF(",\"log_file_path\":\"/var/log/manx/../../../etc/x.log\""), 7 },
		{ CONF(",\"log_file_path\":\"/var/log/manx/..\""), 7 },
		{ CONF(",\"log_file_path\":\"cni.log\""), 7 },
		{ CONF(",\"log_file_path\":\"/state/manx.db\""), 7 },
		{ CONF(",\"log_file_path\":[]"), 7 },
	};

	(void)state;
	setenv("MANX_STATE_DIR", "/state", 1);
	for (size_t i = 0; i < N(cases); i++) {
		struct manx_error err = { 0 };
		enum manx_cni_level level;
		struct manx_cni_conf conf;
		const char *file;
		int code;

		assert_int_equal(read_conf(&conf, cases[i].text, &err), 0);
		code = manx_cni_log_read(&conf, &level, &file, &err);
		if (code != cases[i].code)
			fail_msg("%s: code %d, said: %s", cases[i].text, code, err.text);
		manx_cni_conf_clear(&conf);
	}
	unsetenv("MANX_STATE_DIR");
}

/* --- hostile input --- */

/* Everything that reads a configuration, on one text. */
static void read_everything(const char *text, size_t len)
{
	struct manx_cni_previous prev;
	struct manx_cni_options opt;
	struct manx_cni_conf conf;
	enum manx_cni_level level;
	struct manx_error err;
	const char *file;

	manx_cni_conf_version(text, len);
	if (manx_cni_conf_read(&conf, text, len, &err) == 0) {
		manx_cni_log_read(&conf, &level, &file, &err);
		manx_cni_options_read(&opt, &conf, &err);
		manx_cni_options_clear(&opt);
		manx_cni_previous_read(&conf, "/s", "eth0", &prev, &err);
	}
	manx_cni_conf_clear(&conf);
}

static void damaged_input(void **state)
{
	static const char good[] = CONF(",\"mtu\":1400,\"ipam\":{\"type\":\"manx-ipam\","
		"\"assign_ipv4\":\"true\",\"ipv4_pools\":[\"p\"]},\"args\":{\"cni\":{\"labels\":"
		"[{\"key\":\"a\",\"value\":\"b\"}]}},\"dns\":{\"nameservers\":[\"1.1.1.1\"]},"
		"\"prevResult\":{\"interfaces\":[{\"name\":\"eth0\",\"sandbox\":\"/s\"}],"
		"\"ips\":[{\"address\":\"10.0.0.1/32\",\"interface\":0}]}");
	uint32_t random = 7;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		char text[sizeof(good)];

		memcpy(text, good, sizeof(good));
		for (int j = 0; j < 1 + i % 3; j++) {
			random = random * 1664525 + 1013904223;
			text[(random >> 8) % (sizeof(good) - 1)] =
				"{}[]\",:0n-1e.\\t\xe2"[random >> 28];
		}
		read_everything(text, strlen(text));
	}
	for (size_t len = 0; len < sizeof(good); len++) {
		char text[sizeof(good)];

		memcpy(text, good, len);
		text[len] = '\0';
		read_everything(text, len);
	}
}

static void huge_input(void **state)
{
	size_t len = 4 << 20;
	char *text = malloc(len + 1);

	(void)state;
	assert_non_null(text);
	/* deeper than any parser should go */
	memset(text, '[', len);
	text[len] = '\0';
	read_everything(text, len);
	/* one name that fills it */
	memset(text, 'a', len);
	memcpy(text, "{\"name\":\"", 9);
	memcpy(text + len - 2, "\"}", 2);
	read_everything(text, len);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(configuration),
		cmocka_unit_test(version_for_version),
		cmocka_unit_test(options),
		cmocka_unit_test(node_is_named),
		cmocka_unit_test(options_refused),
		cmocka_unit_test(addresses),
		cmocka_unit_test(log_settings),
		cmocka_unit_test(damaged_input),
		cmocka_unit_test(huge_input),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
