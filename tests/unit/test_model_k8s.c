// SPDX-License-Identifier: GPL-2.0-only
/* Kubernetes' NetworkPolicy becomes one of Calico's that means the same. */
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

#define K8S(spec) "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n" \
	"metadata: {name: x, namespace: shop, labels: {a: b}, annotations: {c: d}}\nspec: {" spec "}\n"
#define PODS "has(projectcalico.org/orchestrator)"
/* what every policy begins with */
#define HEAD "\"tier\":\"default\",\"order\":1000,"

static void test_convert(void **state)
{
	static const struct {
		const char *spec, *calico;
	} cases[] = {
		/* nothing may come in; egress stays open without rules for it */
		{ K8S("podSelector: {}, egress: []"),
		  "{" HEAD "\"selector\":\"all()\",\"types\":[\"Ingress\"],\"ingress\":[],\"egress\":[]}" },
		{ K8S("podSelector: {matchLabels: {app: web, t: ''}}, egress: [{}]"),
		  "{" HEAD "\"selector\":\"app == 'web' && t == ''\",\"types\":[\"Ingress\",\"Egress\"],"
		  "\"ingress\":[],\"egress\":[{\"action\":\"Allow\"}]}" },
		{ K8S("podSelector: {matchExpressions: [{key: a, operator: In, values: [x, 'y']}, {key: b, operator: NotIn, values: [z]},"
		      " {key: c/d, operator: Exists}, {key: e, operator: DoesNotExist}]}, policyTypes: [Egress], ingress: [{}]"),
		  "{" HEAD "\"selector\":\"a in {'x', 'y'} && b not in {'z'} && has(c/d) && !has(e)\",\"types\":[\"Egress\"],"
		  "\"ingress\":[{\"action\":\"Allow\"}],\"egress\":[]}" },
		/* peers and ports: each with each; a port without protocol is of TCP, one without number is any */
		{ K8S("podSelector: {}, ingress: [{from: [{podSelector: {matchLabels: {a: b}}}, {namespaceSelector: {}}],"
		      " ports: [{port: 80}, {port: 8080, endPort: 8090}, {protocol: UDP}]}]"),
		  "{" HEAD "\"selector\":\"all()\",\"types\":[\"Ingress\"],\"ingress\":["
		  "{\"action\":\"Allow\",\"protocol\":\"TCP\",\"source\":{\"selector\":\"" PODS " && a == 'b'\"},\"destination\":{\"ports\":[80,\"8080:8090\"]}},"
		  "{\"action\":\"Allow\",\"protocol\":\"UDP\",\"source\":{\"selector\":\"" PODS " && a == 'b'\"}},"
		  "{\"action\":\"Allow\",\"protocol\":\"TCP\",\"source\":{\"selector\":\"" PODS "\",\"namespaceSelector\":\"all()\"},\"destination\":{\"ports\":[80,\"8080:8090\"]}},"
		  "{\"action\":\"Allow\",\"protocol\":\"UDP\",\"source\":{\"selector\":\"" PODS "\",\"namespaceSelector\":\"all()\"}}],\"egress\":[]}" },
		{ K8S("podSelector: {}, ingress: [{from: [{podSelector: {}}]}]"),
		  "{" HEAD "\"selector\":\"all()\",\"types\":[\"Ingress\"],\"ingress\":["
		  "{\"action\":\"Allow\",\"source\":{\"selector\":\"" PODS "\"}}],\"egress\":[]}" },
		{ K8S("podSelector: {}, ingress: [{from: [], ports: []}]"),
		  "{" HEAD "\"selector\":\"all()\",\"types\":[\"Ingress\"],\"ingress\":[{\"action\":\"Allow\"}],\"egress\":[]}" },
		{ K8S("podSelector: {}, egress: [{to: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16]}},"
		      " {namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: z}}, podSelector: {matchLabels: {k: v}}}],"
		      " ports: [{port: 53, protocol: UDP}]}]"),
		  "{" HEAD "\"selector\":\"all()\",\"types\":[\"Ingress\",\"Egress\"],\"ingress\":[],\"egress\":["
		  "{\"action\":\"Allow\",\"protocol\":\"UDP\",\"destination\":{\"nets\":[\"10.0.0.0/8\"],\"notNets\":[\"10.1.0.0/16\"],\"ports\":[53]}},"
		  "{\"action\":\"Allow\",\"protocol\":\"UDP\",\"destination\":{\"selector\":\"" PODS " && k == 'v'\","
		  "\"namespaceSelector\":\"kubernetes.io/metadata.name == 'z'\",\"ports\":[53]}}]}" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct manx_resources rs = parse_ok(cases[i].spec);
		char *spec = cJSON_PrintUnformatted(cJSON_GetObjectItem(rs.r[0].json, "spec"));

		assert_int_equal(rs.n, 1);
		assert_string_equal(spec, cases[i].calico);
		assert_string_equal(rs.r[0].name, "knp.default.x");
		assert_string_equal(rs.r[0].ns, "shop");
		assert_ptr_equal(rs.r[0].kind, manx_kind(MANX_KIND_NETWORKPOLICY));
		assert_int_equal(rs.r[0].line, 1);
		free(spec);
		manx_resources_clear(&rs);
	}
}

/* As kubectl and the API server list them. */
static void test_lists(void **state)
{
	struct manx_resources rs = parse_ok(
		"apiVersion: v1\nkind: List\nitems:\n"
		"- apiVersion: networking.k8s.io/v1\n  kind: NetworkPolicy\n  metadata: {name: a}\n  spec: {podSelector: {}}\n"
		"- apiVersion: v1\n  kind: Namespace\n  metadata: {name: b}\n---\n"
		"apiVersion: networking.k8s.io/v1\nkind: NetworkPolicyList\nitems:\n- metadata: {name: c}\n  spec: {}\n---\n"
		"apiVersion: projectcalico.org/v3\nkind: NetworkPolicyList\nitems:\n- metadata: {name: d}\n");

	(void)state;
	assert_int_equal(rs.n, 4);
	assert_string_equal(rs.r[0].name, "knp.default.a");
	assert_string_equal(rs.r[1].name, "b");
	assert_string_equal(rs.r[2].name, "knp.default.c");
	assert_string_equal(rs.r[3].name, "d");
	manx_resources_clear(&rs);
}

static void test_many_ports(void **state)
{
	struct manx_resources rs;
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	(void)state;
	fputs("apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: x}\nspec: {ingress: [{ports: [", f);
	for (int i = 1; i <= 120; i++)
		fprintf(f, "{port: %d},", i);
	fputs("]}]}\n", f);
	fclose(f);
	rs = parse_ok(text);
	assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(cJSON_GetObjectItem(rs.r[0].json, "spec"), "ingress")), 3);
	manx_resources_clear(&rs);
	free(text);
}

static void test_refuse(void **state)
{
	static const struct {
		const char *text, *says;
	} cases[] = {
		{ K8S("podSelecter: {}"), "f:4: spec.podSelecter: unknown field: did you mean \"podSelector\"?" },
		{ K8S("ingress: [{from: [{}]}]"), "spec.ingress[0].from[0]: one of podSelector, namespaceSelector, ipBlock is missing" },
		{ K8S("ingress: [{from: [{podSelector: {}, ipBlock: {cidr: 10.0.0.0/8}}]}]"), "ipBlock stands alone" },
		{ K8S("ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8, except: [11.0.0.0/16]}}]}]"), "ipBlock.except: \"11.0.0.0/16\" is no smaller part of 10.0.0.0/8" },
		{ K8S("ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.0.0.0/8]}}]}]"), "is no smaller part" },
		{ K8S("ingress: [{ports: [{port: http}]}]"), "ports[0].port: \"http\": named ports are not supported" },
		{ K8S("ingress: [{ports: [{port: '80:90'}]}]"), "one number is expected" },
		{ K8S("ingress: [{ports: [{endPort: 90}]}]"), "endPort: needs port" },
		{ K8S("ingress: [{ports: [{port: 90, endPort: 80}]}]"), "may not be less" },
		{ K8S("ingress: [{ports: [{port: 80, protocol: ICMP}]}]"), "allowed are TCP, UDP, SCTP" },
		{ K8S("podSelector: {matchExpressions: [{key: a, operator: In}]}"), "values: is missing: In and NotIn need it" },
		{ K8S("podSelector: {matchExpressions: [{key: a, operator: Exists, values: [b]}]}"), "allowed with In and NotIn only" },
		{ K8S("podSelector: {matchExpressions: [{key: 'a b', operator: Exists}]}"), "\"a b\": allowed are" },
		{ K8S("podSelector: {matchExpressions: [{key: a, operator: In, values: [\"b'\"]}]}"), "allowed are 0 to 63" },
		{ K8S("podSelector: {matchLabels: {a: \"'} || all()\"}}"), "is no value of a label" },
		{ K8S("policyTypes: [ingress]"), "did you mean \"Ingress\"?" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		parse_fails(cases[i].text, cases[i].says);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_convert),
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_many_ports),
		cmocka_unit_test(test_refuse),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
