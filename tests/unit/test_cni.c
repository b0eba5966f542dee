// SPDX-License-Identifier: GPL-2.0-only
/*
 * The CNI plugin's environment and results.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cni_conf.h"
#include "cni_env.h"
#include "cni_result.h"
#include "mac.h"

#define N(array) (sizeof(array) / sizeof((array)[0]))

/* --- environment --- */

static void set_env(const char *command, const char *id, const char *netns, const char *ifname)
{
	setenv("CNI_COMMAND", command, 1);
	setenv("CNI_CONTAINERID", id, 1);
	setenv("CNI_NETNS", netns, 1);
	setenv("CNI_IFNAME", ifname, 1);
	unsetenv("CNI_ARGS");
	unsetenv("CNI_NETNS_OVERRIDE");
}

static const char too_long_id[] =
	"0123456789012345678901234567890123456789012345678901234567890123456789"
	"0123456789012345678901234567890123456789012345678901234567890123456789"
	"0123456789012345678901234567890123456789012345678901234567890123456789";

static const struct {
	const char *command, *id, *netns, *ifname;
	int code;
	const char *says;
} environment_cases[] = {
	{ "ADD", "c1", "/run/netns/x", "eth0", 0, NULL },
	{ "CHECK", "A.b_c-1", "/proc/1/ns/net", "net1", 0, NULL },
	{ "DEL", "c1", "", "eth0", 0, NULL },
	{ "VERSION", "", "", "", 0, NULL },
	{ "VERSION", "///", "dummy", "dummy dummy", 0, NULL },
	{ "GC", "", "", "", 0, NULL },
	{ "STATUS", "", "", "", 0, NULL },
	{ "add", "", "", "", 0, NULL },		/* unknown: refused later */
	{ "", "c1", "/x", "eth0", 4, "CNI_COMMAND" },
	{ "ADD", "", "", "", 4, "of ADD: CNI_CONTAINERID, CNI_NETNS, CNI_IFNAME" },
	{ "DEL", "", "", "", 4, "of DEL: CNI_CONTAINERID, CNI_IFNAME" },
	{ "CHECK", "c1", "", "eth0", 4, "of CHECK: CNI_NETNS" },
	{ "ADD", "-c1", "/x", "eth0", 4, "CNI_CONTAINERID" },
	{ "ADD", "../../etc", "/x", "eth0", 4, "CNI_CONTAINERID" },
	{ "ADD", "a b", "/x", "eth0", 4, "CNI_CONTAINERID" },
	{ "ADD", "a\n", "/x", "eth0", 4, "CNI_CONTAINERID \"a\\x0a\"" },
	{ "ADD", too_long_id, "/x", "eth0", 4, "1 to 200" },
	{ "ADD", "c1", "/x", "0123456789012345", 4, "CNI_IFNAME" },
	{ "ADD", "c1", "/x", ".", 4, "CNI_IFNAME" },
	{ "ADD", "c1", "/x", "..", 4, "CNI_IFNAME" },
	{ "ADD", "c1", "/x", "a/b", 4, "CNI_IFNAME" },
	{ "ADD", "c1", "/x", "a:b", 4, "CNI_IFNAME" },
	{ "ADD", "c1", "/x", "a b", 4, "CNI_IFNAME" },
	{ "ADD", "c1", "/x", "eth%d", 4, "CNI_IFNAME" },
	{ "ADD", "c1", "/x", "\xc3\xa9", 4, "CNI_IFNAME" },
};

static void environment(void **state)
{
	(void)state;
	for (size_t i = 0; i < N(environment_cases); i++) {
		struct manx_error err = { 0 };
		struct manx_cni_env env;
		int code;

		set_env(environment_cases[i].command, environment_cases[i].id, environment_cases[i].netns, environment_cases[i].ifname);
		code = manx_cni_env_read(&env, &err);
		if (code != environment_cases[i].code ||
		    (environment_cases[i].says && !strstr(err.text, environment_cases[i].says)))
			fail_msg("case %zu: code %d, said: %s", i, code, err.text);
	}
}

static void override(void **state)
{
	static const struct {
		const char *value;
		bool is;
	} cases[] = { { "1", true }, { "TRUE", true }, { "true", true }, { "0", false }, { "", false } };
	struct manx_cni_env env;
	struct manx_error err;

	(void)state;
	set_env("ADD", "c1", "/x", "eth0");
	for (size_t i = 0; i < N(cases); i++) {
		setenv("CNI_NETNS_OVERRIDE", cases[i].value, 1);
		assert_int_equal(manx_cni_env_read(&env, &err), 0);
		assert_int_equal(env.netns_override, cases[i].is);
	}
}

#define TEN "0123456789"
#define FIFTY TEN TEN TEN TEN TEN
#define LONG_NAME FIFTY FIFTY FIFTY FIFTY FIFTY "abc"	/* as long as a pod's may be: 253 */

static void arguments(void **state)
{
	static const struct {
		const char *args;
		int code;
		const char *ns, *pod;
		bool k8s;
	} cases[] = {
		{ "", 0, "", "", false },
		{ ";;", 0, "", "", false },
		{ "IgnoreUnknown=1;K8S_POD_NAMESPACE=ns;K8S_POD_NAME=p-0;", 0, "ns", "p-0", true },
		{ "K8S_POD_NAME=box;IgnoreUnknown=1;MAC=;IP=", 0, "", "box", false },
		{ "Foo=bar=baz;Other=", 0, "", "", false },
		{ "K8S_POD_NAME=" LONG_NAME, 0, "", LONG_NAME, false },
		{ "K8S_POD_NAME=x" LONG_NAME, 4, "", "", false },
		{ "K8S_POD_NAME", 4, "", "", false },
		{ "K8S_POD_NAME=a/b", 4, "", "", false },
		{ "K8S_POD_NAMESPACE=..", 4, "", "", false },
		{ "IP=10.0.0.1;K8S_POD_NAME=p", 0, "", "p", false },
		{ "GATEWAY=10.0.0.1", 2, "", "", false },
		{ "MAC=02:00:00:00:00:01", 2, "", "", false },
	};

	(void)state;
	for (size_t i = 0; i < N(cases); i++) {
		struct manx_error err = { 0 };
		struct manx_cni_args args;
		struct manx_cni_env env = { .args = cases[i].args };
		int code = manx_cni_args_read(&env, &args, &err);

		if (code != cases[i].code)
			fail_msg("%s: code %d, said: %s", cases[i].args, code, err.text);
		if (code)
			continue;
		assert_string_equal(args.ns, cases[i].ns);
		assert_string_equal(args.pod, cases[i].pod);
		assert_int_equal(args.k8s, cases[i].k8s);
	}
}

/* --- results --- */

#define CONF(rest) "{\"cniVersion\":\"1.0.0\",\"name\":\"net\",\"type\":\"manx\"" rest "}"

static int read_conf(struct manx_cni_conf *conf, const char *text, struct manx_error *err)
{
	return manx_cni_conf_read(conf, text, strlen(text), err);
}

/* The result of an ADD under @conf, as text; malloc'ed. */
static char *result_of(const char *text)
{
	static const uint8_t host_mac[6] = { 0xee, 0xee, 0xee, 0xee, 0xee, 0xee };
	static const uint8_t mac[6] = { 2, 0, 0, 0, 0, 0xa };
	struct manx_addr addr[2];
	const struct manx_cni_result r = {
		.host = "manx0123456789a", .host_mac = host_mac, .ifname = "eth0", .mac = mac,
		.sandbox = "/run/netns/x", .addr = addr, .n_addr = 2,
	};
	struct manx_cni_conf conf;
	struct manx_error err;
	char *printed;
	cJSON *json;

	assert_true(manx_addr_parse("10.1.2.3", &addr[0]) && manx_addr_parse("fd00::5", &addr[1]));
	assert_int_equal(read_conf(&conf, text, &err), 0);
	json = manx_cni_result_json(&conf, &r);
	assert_non_null(json);
	printed = cJSON_PrintUnformatted(json);
	cJSON_Delete(json);
	manx_cni_conf_clear(&conf);
	return printed;
}

#define INTERFACES \
	"{\"name\":\"manx0123456789a\",\"mac\":\"ee:ee:ee:ee:ee:ee\"}," \
	"{\"name\":\"eth0\",\"mac\":\"02:00:00:00:00:0a\",\"sandbox\":\"/run/netns/x\"}"
#define ROUTES \
	"{\"dst\":\"0.0.0.0/0\",\"gw\":\"169.254.1.1\"}," \
	"{\"dst\":\"::/0\",\"gw\":\"fe80::ecee:eeff:feee:eeee\"}"

static void result_by_version(void **state)
{
	static const char *const old[] = { "0.3.0", "0.3.1", "0.4.0" };
	char conf[100], expected[1000];
	char *text = result_of(CONF(""));

	(void)state;
	assert_string_equal(text, "{\"cniVersion\":\"1.0.0\",\"interfaces\":[" INTERFACES "],\"ips\":["
		"{\"address\":\"10.1.2.3/32\",\"interface\":1},"
		"{\"address\":\"fd00::5/128\",\"interface\":1}],\"routes\":[" ROUTES "]}");
	free(text);
	for (size_t i = 0; i < N(old); i++) {
		snprintf(conf, sizeof(conf), "{\"name\":\"a\",\"cniVersion\":\"%s\"}", old[i]);
		snprintf(expected, sizeof(expected),
			 "{\"cniVersion\":\"%s\",\"interfaces\":[" INTERFACES "],\"ips\":["
			 "{\"version\":\"4\",\"address\":\"10.1.2.3/32\",\"interface\":1},"
			 "{\"version\":\"6\",\"address\":\"fd00::5/128\",\"interface\":1}],"
			 "\"routes\":[" ROUTES "]}", old[i]);
		text = result_of(conf);
		assert_string_equal(text, expected);
		free(text);
	}
}

static void result_repeats_dns(void **state)
{
	char *text = result_of(CONF(",\"dns\":{\"nameservers\":[\"1.1.1.1\"],\"domain\":\"d\"}"));

	(void)state;
	assert_non_null(strstr(text, "\"dns\":{\"nameservers\":[\"1.1.1.1\"],\"domain\":\"d\"}"));
	free(text);
	text = result_of(CONF(",\"dns\":{\"nameservers\":[\"1.1.1.1\"]},\"runtimeConfig\":{\"dns\":"
			      "{\"Servers\":[\"9.9.9.9\"],\"Searches\":[\"s\"],\"Options\":[]}}"));
	assert_non_null(strstr(text, "\"dns\":{\"nameservers\":[\"9.9.9.9\"],\"search\":[\"s\"]}"));
	free(text);
}

/* In a chain, what was there comes first and indexes keep their meaning. */
static void result_follows_the_previous_one(void **state)
{
	char *text = result_of(CONF(",\"prevResult\":{\"cniVersion\":\"1.0.0\",\"interfaces\":"
		"[{\"name\":\"br0\"}],\"ips\":[{\"address\":\"10.9.9.9/24\",\"interface\":0}],"
		"\"dns\":{\"search\":[\"old\"]}}"));

	(void)state;
	assert_non_null(strstr(text, "\"interfaces\":[{\"name\":\"br0\"}," INTERFACES "]"));
	assert_non_null(strstr(text, "{\"address\":\"10.9.9.9/24\",\"interface\":0},"
			       "{\"address\":\"10.1.2.3/32\",\"interface\":2}"));
	assert_non_null(strstr(text, "\"dns\":{\"search\":[\"old\"]}"));
	free(text);
}

static void documents(void **state)
{
	cJSON *json = manx_cni_error_json("0.4.0", 7, "mtu: \"x\": wrong");
	char *text = cJSON_PrintUnformatted(json);

	(void)state;
	assert_string_equal(text, "{\"cniVersion\":\"0.4.0\",\"code\":7,\"msg\":\"mtu: \\\"x\\\": wrong\"}");
	free(text);
	cJSON_Delete(json);
	json = manx_cni_error_json("1.0.0", 1, "incompatible: config is 2, plugin: 1");
	text = cJSON_PrintUnformatted(json);
	assert_string_equal(text, "{\"cniVersion\":\"1.0.0\",\"code\":1,\"msg\":\"incompatible\","
			    "\"details\":\"config is 2, plugin: 1\"}");
	free(text);
	cJSON_Delete(json);
	json = manx_cni_version_json("0.3.1");
	text = cJSON_PrintUnformatted(json);
	assert_string_equal(text, "{\"cniVersion\":\"0.3.1\",\"supportedVersions\":"
			    "[\"0.3.0\",\"0.3.1\",\"0.4.0\",\"1.0.0\"]}");
	free(text);
	cJSON_Delete(json);
}

static void previous_result(void **state)
{
	static const char text[] = CONF(",\"prevResult\":{\"Interfaces\":[{\"name\":\"hostif\"},"
		"{\"name\":\"eth0\",\"sandbox\":\"/other\"},"
		"{\"Name\":\"eth0\",\"Mac\":\"02:00:00:00:00:0B\",\"Sandbox\":\"/run/netns/x\"}],"
		"\"ips\":[{\"address\":\"10.0.0.1/32\",\"interface\":2},"
		"{\"address\":\"10.0.0.2/32\",\"interface\":1},{\"address\":\"fd00::1/128\"}]}");
	struct manx_cni_previous prev;
	struct manx_cni_conf conf;
	struct manx_error err;
	char buf[MANX_ADDR_STRLEN], mac[MANX_MAC_STRLEN];

	(void)state;
	assert_int_equal(read_conf(&conf, text, &err), 0);
	assert_int_equal(manx_cni_previous_read(&conf, "/run/netns/x", "eth0", &prev, &err), 0);
	assert_true(prev.has_mac);
	assert_string_equal(manx_mac_format(prev.mac, mac), "02:00:00:00:00:0b");
	assert_int_equal(prev.n_addr, 2);
	assert_string_equal(manx_addr_format(&prev.addr[0], buf), "10.0.0.1");
	assert_string_equal(manx_addr_format(&prev.addr[1], buf), "fd00::1");
	assert_true(manx_cni_previous_has_host(&conf, "hostif"));
	assert_false(manx_cni_previous_has_host(&conf, "eth0"));
	manx_cni_conf_clear(&conf);
}

static void previous_result_refused(void **state)
{
	static const char *const cases[] = {
		CONF(""), CONF(",\"prevResult\":null"), CONF(",\"prevResult\":[]"),
		CONF(",\"prevResult\":{}"), CONF(",\"prevResult\":{\"interfaces\":{}}"),
		CONF(",\"prevResult\":{\"interfaces\":[{\"name\":\"eth0\"}]}"),
		CONF(",\"prevResult\":{\"interfaces\":[{\"name\":\"eth0\",\"sandbox\":\"/s\"}],\"ips\":1}"),
		CONF(",\"prevResult\":{\"interfaces\":[{\"name\":\"eth0\",\"sandbox\":\"/s\"}],"
		     "\"ips\":[{\"address\":\"x\"}]}"),
	};

	(void)state;
	for (size_t i = 0; i < N(cases); i++) {
		struct manx_cni_previous prev;
		struct manx_cni_conf conf;
		struct manx_error err = { 0 };

		assert_int_equal(read_conf(&conf, cases[i], &err), 0);
		assert_int_equal(manx_cni_previous_read(&conf, "/s", "eth0", &prev, &err), 7);
		assert_non_null(strstr(err.text, "prevResult"));
		manx_cni_conf_clear(&conf);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(environment),
		cmocka_unit_test(override),
		cmocka_unit_test(arguments),
		cmocka_unit_test(result_by_version),
		cmocka_unit_test(result_repeats_dns),
		cmocka_unit_test(result_follows_the_previous_one),
		cmocka_unit_test(documents),
		cmocka_unit_test(previous_result),
		cmocka_unit_test(previous_result_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
