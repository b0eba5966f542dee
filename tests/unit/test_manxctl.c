// SPDX-License-Identifier: GPL-2.0-only
/*
 * The commands of manxctl that are about resources, as they are typed, on a datastore
 * of their own.
 */
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../tools/manxctl/args.h"
#include "../../tools/manxctl/command.h"
#include "../../tools/manxctl/edit.h"
#include "../../tools/manxctl/progress.h"
#include "ipam_fixture.h"

#define V3 "apiVersion: projectcalico.org/v3\n"
#define WORDS_MAX 24

static char dir[64], out[1 << 16];

static int setup(void **state)
{
	char path[128];

	(void)state;
	strcpy(dir, "/tmp/manxctl.XXXXXX");
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/manx.db", dir);
	setenv("MANX_SQLITE", path, 1);
	setenv("MANX_CONF_DIR", dir, 1);
	setenv("DATASTORE_TYPE", "sqlite", 1);
	return 0;
}

static int teardown(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -r %s", dir);
	return system(command);
}

/* A file of the test's own directory. */
static void write_file(const char *name, const char *text)
{
	char path[160];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

/*
 * Run a line as a shell would split it: words, perhaps in single quotes, "@" in front
 * of a file of the directory. Its output and errors go to @out.
 */
static int run(const char *line)
{
	char *word[WORDS_MAX + 1], path[160];
	int n = 0, saved[2] = { dup(1), dup(2) }, status;
	FILE *f = tmpfile();

	while (*line) {
		char quote = *line == '\'' ? *line++ : ' ';
		size_t len = strcspn(line, (char[]){ quote, '\0' });

		snprintf(path, sizeof(path), "%s/%.*s", dir, (int)len - 1, line + 1);
		word[n++] = *line == '@' ? strdup(path) : strndup(line, len);
		line += len + (line[len] && quote == '\'');
		line += strspn(line, " ");
	}
	word[n] = NULL;
	fflush(NULL);
	dup2(fileno(f), 1);
	dup2(fileno(f), 2);
	optind = 0;	/* as in a process of its own */
	status = manxctl_find_command(word[0])->run(n, word);
	fflush(NULL);
	rewind(f);
	out[fread(out, 1, sizeof(out) - 1, f)] = '\0';
	fclose(f);
	for (int i = 0; i < 2; i++) {
		dup2(saved[i], i + 1);
		close(saved[i]);
	}
	/* getopt moves them about */
	for (int i = 0; i < n; i++)
		free(word[i]);
	return status;
}

/* Each row: a line, its exit status, and what it says. */
struct step {
	const char *line;
	int status;
	const char *says, *says_too;
};

static void run_steps(const struct step *step, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		int status = run(step[i].line);

		if (status != step[i].status)
			fail_msg("%s: status %d:\n%s", step[i].line, status, out);
		if (step[i].says && !strstr(out, step[i].says))
			fail_msg("%s: does not say \"%s\":\n%s", step[i].line, step[i].says, out);
		if (step[i].says_too && !strstr(out, step[i].says_too))
			fail_msg("%s: does not say \"%s\":\n%s", step[i].line, step[i].says_too, out);
	}
}

#pragma GCC diagnostic ignored "-Wmissing-field-initializers"
#define RUN(...) do { \
	static const struct step steps_[] = { __VA_ARGS__ }; \
	run_steps(steps_, sizeof(steps_) / sizeof(steps_[0])); \
} while (0)

static void test_create_apply_replace(void **state)
{
	(void)state;
	write_file("a.yaml", V3 "kind: IPPool\nmetadata: {name: a}\nspec: {cidr: 10.0.0.0/16}\n");
	write_file("a2.yaml", V3 "kind: IPPool\nmetadata: {name: a}\nspec: {cidr: 10.0.0.0/16, disabled: true}\n");
	write_file("ab.yaml", V3 "kind: IPPool\nmetadata: {name: a}\nspec: {cidr: 10.0.0.0/16}\n---\n"
		   V3 "kind: Tier\nmetadata: {name: b}\n");
	RUN({ "replace -f @a.yaml", 1, "does not exist" },
	    { "create -f @a.yaml", 0, "IPPool(a) created\n", "Successfully created 1 'IPPool' resource(s)\n" },
	    { "create -f @a.yaml", 1, "Failed to create 'IPPool' resource: IPPool(a): exists already\n" },
	    { "create -f @a.yaml --skip-exists", 0, "IPPool(a) unchanged\nSuccessfully created 1 'IPPool' resource(s)\n" },
	    { "apply -f @a.yaml", 0, "IPPool(a) unchanged\nSuccessfully applied 1 'IPPool' resource(s)\n" },
	    { "apply -f @a2.yaml", 0, "IPPool(a) configured\n" },
	    { "replace -f @ab.yaml", 1, "IPPool(a) configured\n", "Partial success: replaced 1 out of 2 resources\n" },
	    { "replace -f @ab.yaml", 1, "Failed to replace 'Tier' resource: Tier(b): not found" },
	    { "apply -f @ab.yaml -f @a2.yaml", 0, "Successfully applied 3 resource(s)\n" },
	    { "validate -f @ab.yaml", 0, "Successfully validated 2 resource(s)\n" },
	    { "apply", 2, "-f FILE is missing" }, { "apply -f @a.yaml x", 2, "files are named by -f" },
	    { "apply -f @none.yaml", 1, "none.yaml: No such file" },
	    { "apply -q", 2, "-q: unknown option" }, { "apply --fil", 2, "its value is missing" });
}

static void test_files(void **state)
{
	char path[160];

	(void)state;
	snprintf(path, sizeof(path), "%s/d", dir);
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/d/e", dir);
	mkdir(path, 0700);
	write_file("d/2.yml", V3 "kind: Tier\nmetadata: {name: two}\n");
	write_file("d/1.json", "{\"apiVersion\": \"projectcalico.org/v3\", \"kind\": \"Tier\", \"metadata\": {\"name\": \"one\"}}");
	write_file("d/0.txt", "not read");
	write_file("d/.x.yaml", "not: read");
	write_file("d/e/3.yaml", V3 "kind: Tier\nmetadata: {name: three}\n---\n");
	write_file("empty.yaml", "---\n");
	write_file("bad.yaml", V3 "kind: Tier\nmetadata: {name: one}\nspec: {ordr: 1}\n");
	RUN({ "validate -f @d", 0, "validated 2 'Tier'" }, { "validate -f @d -R", 0, "validated 3 'Tier'" },
	    { "validate -f @empty.yaml", 1, "empty.yaml: no resource in it" },
	    { "validate -f @empty.yaml --skip-empty", 0, "validated 0 resource(s)" },
	    { "apply -f @d -f @bad.yaml", 1, "bad.yaml:4: spec.ordr: unknown field: did you mean \"order\"?" },
	    { "apply -f @d", 0, "Tier(one) created\nTier(two) created\n" },
	    { "delete -f @d -R", 1, "Tier(three): not found", "Partial success: deleted 2 out of 3 'Tier' resources" },
	    { "delete -f @d -R -s", 0, "Successfully deleted 3 'Tier'" });
}

static void test_namespaces(void **state)
{
	(void)state;
	write_file("n.yaml", V3 "kind: NetworkSet\nmetadata: {name: a}\n---\n"
		   V3 "kind: NetworkSet\nmetadata: {name: a, namespace: own}\nspec: {nets: [10.0.0.0/8]}\n");
	RUN({ "apply -f @n.yaml -n given", 0, "NetworkSet(given/a) created\nNetworkSet(own/a) created\n" },
	    { "apply -f @n.yaml", 0, "NetworkSet(default/a) created\nNetworkSet(own/a) unchanged\n" },
	    { "get netsets a", 0, "NAME\na\n" }, { "get netsets a -n nix", 1, "NetworkSet(nix/a): not found" },
	    { "get netset -A -o wide", 0, "NAMESPACE  NAME  NETS\ndefault    a     -\ngiven      a     -\nown        a     10.0.0.0/8\n" },
	    { "get netset a -a", 0, "NAMESPACE  NAME\ndefault    a\ngiven      a\nown        a\n" },
	    { "delete netset a -n given", 0, "NetworkSet(given/a) deleted" },
	    { "delete netset a -n given", 1, "Failed to delete 'NetworkSet' resource: NetworkSet(given/a): not found" },
	    { "get netset -n B", 2, "\"B\" is no name of a namespace" });
}

/* Every kind: made, shown in each form, changed, deleted, by its short name. */
static void test_every_kind(void **state)
{
	static const struct {
		const char *yaml, *word, *wide;
	} kinds[] = {
		{ "kind: IPPool\nmetadata: {name: default}\nspec: {cidr: 10.0.0.0/16}\n", "pool",
		  "NAME     CIDR         NAT    IPIPMODE  VXLANMODE  DISABLED  DISABLEBGPEXPORT  SELECTOR  ASSIGNMENTMODE\n"
		  "default  10.0.0.0/16  false  Never     Never      false     false             all()     Automatic\n" },
		{ "kind: Node\nmetadata: {name: default}\nspec: {bgp: {ipv4Address: 192.0.2.1/24}}\n", "no",
		  "NAME     ASN      IPV4          IPV6\ndefault  (64512)  192.0.2.1/24  -\n" },
		{ "kind: GlobalNetworkPolicy\nmetadata: {name: default}\nspec: {order: 1.5, selector: has(a)}\n", "gnp",
		  "NAME     TIER     ORDER  SELECTOR\ndefault  default  1.5    has(a)\n" },
		{ "kind: NetworkPolicy\nmetadata: {name: default}\n", "np", "NAME     TIER     ORDER  SELECTOR\ndefault  default  -      -\n" },
		{ "kind: GlobalNetworkSet\nmetadata: {name: default}\nspec: {nets: [10.10.10.1/32, 10.10.10.2/32, 10.10.10.3/32,"
		  " 10.10.10.4/32, 10.10.10.5/32, 10.10.10.6/32]}\n", "gnetsets",
		  "NAME     NETS\ndefault  10.10.10.1/32,10.10.10.2/32,10.10.10.3/32,10.10.10.4/32,10.10.10.5/32,10.10.1...\n" },
		{ "kind: Tier\nmetadata: {name: other}\nspec: {order: 5}\n", "tiers", "NAME   ORDER\nother  5\n" },
		{ "kind: Profile\nmetadata: {name: default}\n", "pro", "NAME     LABELS\ndefault  -\n" },
		{ "kind: IPReservation\nmetadata: {name: default}\n", "reservation", "NAME     CIDRS\ndefault  -\n" },
		{ "kind: IPAMConfiguration\nmetadata: {name: default}\n", "ipamconfig",
		  "NAME     STRICTAFFINITY  AUTOALLOCATEBLOCKS  MAXBLOCKSPERHOST\ndefault  false           true                0\n" },
		{ "kind: BGPConfiguration\nmetadata: {name: default}\nspec: {asNumber: 63400}\n", "bgpconfig",
		  "NAME     LOGSEVERITY  MESHENABLED  ASNUMBER\ndefault  Info         -            63400\n" },
		{ "kind: BGPPeer\nmetadata: {name: default}\nspec: {peerIP: 10.0.0.1, asNumber: 1}\n", "bp",
		  "NAME     PEERIP    NODE      ASN\ndefault  10.0.0.1  (global)  1\n" },
		{ "kind: BGPFilter\nmetadata: {name: default}\nspec: {importV6: [{action: Accept}, {action: Reject}]}\n", "bf",
		  "NAME     NUMEXPORTV4  NUMIMPORTV4  NUMEXPORTV6  NUMIMPORTV6\ndefault  0            0            0            2\n" },
		{ "kind: FelixConfiguration\nmetadata: {name: default}\n", "felixconfig", "NAME\ndefault\n" },
	};
	char line[200], name[20];

	(void)state;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		char text[1024];

		snprintf(text, sizeof(text), "%s%s", V3, kinds[i].yaml);
		write_file("k.yaml", text);
		sscanf(strstr(kinds[i].yaml, "name: ") + 6, "%19[a-z]", name);
		snprintf(line, sizeof(line), "get %s %s -o yaml", kinds[i].word, name);
		run_steps((struct step[]){
			{ "create -f @k.yaml", 0, "Successfully created 1", NULL }, { line, 0, "resourceVersion:", name },
		}, 2);
		write_file("k2.yaml", out);
		snprintf(line, sizeof(line), "get %s -o wide", kinds[i].word);
		run_steps((struct step[]){ { line, 0, kinds[i].wide, NULL }, { "get -f @k.yaml -o json --export", 0, name, NULL } }, 2);
		assert_null(strstr(out, "resourceVersion"));
		snprintf(line, sizeof(line), "label %s %s a=b", kinds[i].word, name);
		run_steps((struct step[]){
			{ "apply -f @k2.yaml", 0, " unchanged\n", NULL }, { "replace -f @k2.yaml", 0, " unchanged\n", NULL },
			{ line, 0, "Successfully set label a on ", name },
			/* it was read before that */
			{ "apply -f @k2.yaml", 1, "conflict: metadata.resourceVersion:", NULL },
			{ "replace -f @k2.yaml", 1, "is not the present one", NULL },
			{ "delete -f @k2.yaml", 1, "conflict: metadata.resourceVersion:", NULL },
		}, 6);
		snprintf(line, sizeof(line), "patch %s %s -p '{\"metadata\": {\"labels\": {\"a\": null}}}'", kinds[i].word, name);
		run_steps((struct step[]){ { line, 0, "Successfully patched 1", NULL }, { "delete -f @k.yaml", 0, "Successfully deleted 1", NULL } }, 2);
	}
}

static void test_read_only(void **state)
{
	(void)state;
	write_file("t.yaml", V3 "kind: Tier\nmetadata: {name: t}\n---\n" V3 "kind: GlobalNetworkPolicy\nmetadata: {name: p}\nspec: {tier: t}\n");
	write_file("p.yaml", V3 "kind: GlobalNetworkPolicy\nmetadata: {name: p}\nspec: {tier: t}\n");
	write_file("c.yaml", V3 "kind: ClusterInformation\nmetadata: {name: default}\n");
	write_file("w.yaml", V3 "kind: WorkloadEndpoint\nmetadata: {name: w}\nspec: {node: n}\n");
	RUN({ "apply -f @p.yaml", 1, "GlobalNetworkPolicy(p): spec.tier: \"t\" does not exist: create the Tier first" },
	    { "apply -f @t.yaml", 0, "Successfully applied 2 resource(s)" },
	    { "delete tier t", 1, "Tier(t): has GlobalNetworkPolicy(p): delete its policies first" },
	    { "delete tier default", 1, "Tier(default): is always there" },
	    { "delete gnp p", 0 }, { "delete tier t", 0, "Tier(t) deleted" },
	    { "apply -f @c.yaml", 1, "ClusterInformation(default): is only shown, nobody writes it" },
	    { "patch clusterinfo default -p {}", 1, "is only shown" }, { "delete clusterinfo default", 1, "nobody deletes it" },
	    { "get clusterinfo", 0, "CLUSTERGUID", "manx" }, { "get clusterinfo other", 1, "not found" },
	    { "apply -f @w.yaml", 1, "made by the container runtime" }, { "delete wep w", 1, "stop its pod" });
}

static void test_get(void **state)
{
	(void)state;
	write_file("g.yaml", V3 "kind: NodeList\nitems:\n- metadata: {name: a, labels: {x: y, z: ''}}\n- metadata: {name: b}\n");
	RUN({ "get nodes", 1, "does not exist: set it to the path" }, { "apply -f @g.yaml", 0 },
	    { "get node", 0, "NAME\na\nb\n" }, { "get NODES b a", 0, "NAME\nb\na\n" },
	    { "get no a nix", 1, "Node(nix): not found", "NAME\na\n" },
	    { "get nodes -o custom-columns=LABELS,name", 0, "LABELS  NAME\nx=y,z=  a\n-       b\n" },
	    { "get nodes -o custom-columns=", 1, "columns of a Node are NAME, ASN, IPV4, IPV6, TUNNEL, LABELS" },
	    { "get nodes -o custom-columns=NAME,X", 1, "custom-columns: \"X\"" },
	    { "get nodes -o xml", 2, "allowed are table, wide, json, yaml, custom-columns=" },
	    { "get nods", 2, "did you mean \"Node\"?" }, { "get", 2, "KIND is missing" },
	    { "get nodes A", 2, "\"A\" is no name" }, { "get ippools", 0, "NAME  CIDR  SELECTOR\n" },
	    { "get nodes -o yaml", 0, "kind: NodeList", "resourceVersion" },
	    { "get bgppeers -o yaml", 0, "apiVersion: projectcalico.org/v3\nkind: BGPPeerList\nitems: []\n" },
	    { "get ns -o json", 0, "\"apiVersion\":\t\"v1\",\n\t\"kind\":\t\"NamespaceList\"" },
	    { "get node a -o json", 0, "\"kind\":\t\"Node\"" });
}

static void test_patch(void **state)
{
	(void)state;
	write_file("p.yaml", V3 "kind: Node\nmetadata: {name: node-1}\nspec: {bgp: {ipv4Address: 192.0.2.1/24}}\n---\n"
		   V3 "kind: IPPool\nmetadata: {name: pool}\nspec: {cidr: 10.244.0.0/16, natOutgoing: true}\n");
	RUN({ "apply -f @p.yaml", 0 },
	    { "patch node node-1 -p '{\"spec\": {\"bgp\": {\"asNumber\": \"64514\"}}}'", 0, "spec.bgp.asNumber: has no effect",
	      "Node(node-1) patched\nSuccessfully patched 1 'Node' resource(s)\n" },
	    { "get node node-1 -o yaml", 0, "asNumber: 64514", "ipv4Address: 192.0.2.1/24" },
	    { "patch node node-1 -p '{\"spec\": {\"bgp\": {\"asNumber\": null}}}' --type=merge", 0 },
	    { "get node node-1 -o custom-columns=ASN", 0, "ASN\n(64512)\n" },
	    { "patch ippool pool -p '{\"spec\": {\"disabled\": true}}'", 0, "IPPool(pool) patched" },
	    { "patch ippool pool -p '{\"spec\": {\"disabled\": true}}'", 0, "IPPool(pool) unchanged" },
	    { "get pool -o custom-columns=DISABLED,NAT", 0, "DISABLED  NAT\ntrue      true\n" },
	    { "patch ippool pool -p '{\"spec\": {\"disable\": true}}'", 1, "patch:1: spec.disable: unknown field: did you mean \"disabled\"?" },
	    { "patch ippool pool -p '{\"spec\": {\"Disabled\": true}}'", 1, "unknown field" },
	    { "patch ippool pool -p '{\"spec\": {\"cidr\": \"10.0.0.0/8\"}}'", 1, "cannot become \"10.0.0.0/8\"" },
	    { "patch ippool pool -p '{\"metadata\": {\"name\": \"x\"}}'", 1, "kind, name and namespace cannot change" },
	    { "patch ippool pool -p '{\"metadata\": {\"resourceVersion\": \"1\"}}'", 1, "conflict:" },
	    { "patch ippool pool -p '{\"spec\": 1'", 1, "patch" }, { "patch ippool pool -p []", 1, "an object is expected" },
	    { "patch ippool pool -p '{\"spec\": {}, \"spec\": {}}'", 1, "\"spec\" is given twice" },
	    { "patch ippool nix -p {}", 1, "Failed to patch 'IPPool' resource: IPPool(nix): not found" },
	    { "patch ippool pool", 2, "-p PATCH is missing" }, { "patch ippool", 2, "name of the IPPool is missing" },
	    { "patch ippool pool -p {} -t json", 2, "allowed are strategic, merge" });
	/* what the resource had said before is not said again */
	assert_int_equal(run("patch ippool pool -p '{\"spec\": {\"disabled\": false}}'"), 0);
	assert_null(strstr(out, "natOutgoing"));
}

static void test_label(void **state)
{
	(void)state;
	write_file("n.yaml", V3 "kind: Node\nmetadata: {name: n}\n");
	RUN({ "apply -f @n.yaml", 0 },
	    { "label nodes n rack=0", 0, "Successfully set label rack on nodes n\n" },
	    { "label nodes n rack=0", 0, "Successfully updated label rack on nodes n\n" },
	    { "label nodes n rack=1", 1, "failed to update label of nodes n: key rack is already present", "--overwrite" },
	    { "label node n rack=1 --overwrite", 0, "Successfully updated label rack on node n\n" },
	    { "label node n a=b c=d=e f=", 0, "Successfully set label c on node n\n" },
	    { "get node n -o custom-columns=LABELS", 0, "a=b,c=d=e,f=,rack=1" },
	    { "label node n a- c-", 0, "Successfully removed label a from node n\n" },
	    { "label node n rack f --remove", 0, "Successfully removed label f from node n\n" },
	    { "get node n -o custom-columns=LABELS", 0, "LABELS\n-\n" },
	    { "label node n a-", 1, "key a does not exist" }, { "label node n 'a b=c'", 1, "key \"a b\": allowed are" },
	    { "label node n a", 2, "\"a\": expected KEY=VALUE or KEY-" }, { "label node n =b", 2, "expected KEY=VALUE" },
	    { "label node n a=b --remove", 2, "expected KEY" }, { "label node n", 2, "KEY=VALUE is missing" },
	    { "label node nix a=b", 1, "Node(nix): not found" });
}

/* Objects merge, all else replaces; what is said of an object in it. */
static void test_merge(void **state)
{
	static const struct {
		const char *json, *patch, *result;
	} cases[] = {
		{ "{\"a\":1}", "{\"b\":2}", "{\"a\":1,\"b\":2}" }, { "{\"a\":{\"b\":1,\"c\":2}}", "{\"a\":{\"b\":3}}", "{\"a\":{\"c\":2,\"b\":3}}" },
		{ "{\"a\":[1,2]}", "{\"a\":[3]}", "{\"a\":[3]}" }, { "{\"a\":1,\"b\":2}", "{\"a\":null,\"x\":null}", "{\"b\":2}" },
		{ "{\"a\":1}", "{\"a\":{\"b\":{\"c\":null,\"d\":1}}}", "{\"a\":{\"b\":{\"d\":1}}}" },
		{ "{\"a\":{\"b\":1}}", "{\"a\":2}", "{\"a\":2}" }, { "{\"A\":1}", "{\"a\":2}", "{\"A\":1,\"a\":2}" },
		{ "{\"a\":{\"b\":1,\"c\":2}}", "{\"a\":{\"$patch\":\"replace\",\"d\":3}}", "{\"a\":{\"d\":3}}" },
		{ "{\"a\":{\"b\":1},\"c\":2}", "{\"a\":{\"$patch\":\"delete\"}}", "{\"c\":2}" },
		{ "{\"a\":{\"b\":1}}", "{\"a\":{\"$patch\":\"merge\",\"c\":2}}", "{\"a\":{\"b\":1,\"c\":2}}" },
		{ "{}", "{\"a\":{\"$patch\":\"x\"}}", NULL }, { "{}", "{\"$setElementOrder/a\":[]}", NULL },
		{ "{}", "{\"a\":{\"$retainKeys\":[]}}", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		cJSON *json = cJSON_Parse(cases[i].json), *patch = cJSON_Parse(cases[i].patch);
		struct manx_error err = { 0 };
		int rc = manxctl_merge(json, patch, &err);
		char *text = cJSON_PrintUnformatted(json);

		assert_int_equal(!rc, !!cases[i].result);
		if (cases[i].result)
			assert_string_equal(text, cases[i].result);
		free(text);
		cJSON_Delete(json);
		cJSON_Delete(patch);
	}
}

static void with_store(void (*fn)(struct manx_store *store))
{
	struct manx_store *store;

	assert_int_equal(fixture_sqlite(&store, getenv("MANX_SQLITE"), NULL), 0);
	fn(store);
	manx_store_close(store);
}

#define HANDLE(n, of) "{\"uid\":\"0000000000000000000000000000000" n "\",\"node\":\"n1\"," \
	"\"endpoint\":\"e/n1/ns/" of "\",\"addresses\":[\"10.0.0.1" n "\"]}"

/* Two pods, one of which is gone, an address without its handle, an index that lies. */
static void spoil(struct manx_store *store)
{
	ipam_pool(store, "pool", "10.0.0.0/24", 28, "");
	ipam_assign(store, "n1", "first", 4);
	fixture_put(store, "b/4/0a000000-28", "{\"owner\":\"n1\",\"pool\":\"pool\"}");
	fixture_put(store, "i/n1/4/0a000000-28", "{}");
	fixture_put(store, "i/n2/4/0a000000-28", "{}");
	fixture_put(store, "h/lives", HANDLE("1", "lives"));
	fixture_put(store, "a/4/0a00000b", "{\"handle\":\"lives\",\"node\":\"n1\"}");
	fixture_put(store, "e/n1/ns/lives", "{\"metadata\":{\"annotations\":{\"manx.io/handle\":\"lives\"}},"
		    "\"spec\":{\"ipNetworks\":[\"10.0.0.11/32\"]}}");
	fixture_put(store, "h/gone", HANDLE("2", "gone"));
	fixture_put(store, "a/4/0a00000c", "{\"handle\":\"gone\",\"node\":\"n1\"}");
	fixture_put(store, "a/4/0a00000d", "{\"handle\":\"nobody\",\"node\":\"n1\"}");
}

static void leak_again(struct manx_store *store)
{
	fixture_put(store, "h/gone", HANDLE("2", "gone"));
	fixture_put(store, "a/4/0a00000c", "{\"handle\":\"gone\",\"node\":\"n1\"}");
}

static void test_ipam(void **state)
{
	(void)state;
	write_file("none.yaml", V3 "kind: Tier\nmetadata: {name: t}\n");
	run("apply -f @none.yaml");
	with_store(spoil);
	RUN({ "ipam show", 0, "IP Pool   10.0.0.0/24  256    4 (1%)  0         252 (98%)", "pool" },
	    { "ipam show --show-blocks", 0, "Block     10.0.0.0/28", "n1" },
	    { "ipam show --ip 10.0.0.11", 0, "IP 10.0.0.11 is in use", "Endpoint:  n1/ns/lives" },
	    { "ipam show --ip 10.0.0.200", 0, "IP 10.0.0.200 is not in use" },
	    { "ipam show --ip x", 2, "--ip \"x\": is no address" },
	    { "ipam show --repair", 2, "show knows no option --repair" }, { "ipam", 2, "expected show" },
	    { "ipam check --show-problem-ips -o @r.json", 1, "h/gone is of endpoint e/n1/ns/gone, which is gone",
	      "Found 3 problems among 4 addresses" },
	    { "ipam check --repair", 1, "Repaired 1 entries" },
	    { "ipam check -o @r2.json", 1, "Found 2 problems among 4 addresses" });
	with_store(leak_again);	/* changed since the reports: left alone */
	RUN({ "ipam release --from-report @r.json --from-report @r2.json", 0,
	      "Released 1 handles; 1 skipped; 0 errors" },
	    { "ipam check -o @r.json", 1, "Found 1 problems among 3 addresses" },
	    { "ipam release --from-report @r.json", 0, "Released 1 handles; 0 skipped; 0 errors" },
	    { "ipam check", 0, "Found 0 problems among 2 addresses" },
	    { "ipam release --from-report @none.yaml", 1, "none.yaml" },
	    { "ipam release --ip 10.0.0.12", 1, "10.0.0.12 is not in use" }, { "ipam release", 2, "needs either" },
	    { "ipam release --ip 10.0.0.11", 0, "Successfully released IP address 10.0.0.11" },
	    { "ipam check --show-problem-ips", 1, "e/n1/ns/lives uses 10.0.0.11/32, which is not given" });
	RUN({ "ipam show --show-configuration", 0, "StrictAffinity      false" },
	    { "ipam configure --strictaffinity true --max-blocks-per-host 4", 0, "Successfully set" },
	    { "ipam configure --max-blocks-per-host -1 --ip-cooldown-seconds 30", 0, "Successfully set" },
	    { "ipam show --show-configuration", 0, "StrictAffinity      true", "MaxBlocksPerHost    4" },
	    { "ipam configure --strictaffinity false", 1, "maxBlocksPerHost: needs strictAffinity" },
	    { "ipam configure --strictaffinity yes", 2, "allowed are true, false" }, { "ipam configure", 2, "configure what" },
	    { "ipam split 3 --name pool", 1, "allowed are 2, 4" }, { "ipam split 32 --name pool", 1, "smaller than its blocks" },
	    { "ipam split 2 --cidr 10.9.0.0/24", 1, "no pool has the CIDR" },
	    { "ipam split 2 --cidr 10.0.0.0/24", 0, "split-pool-0 to split-pool-1" },
	    { "ipam show", 0, "IP Pool   10.0.0.128/25", "split-pool-1" }, { "get pool pool", 1, "not found" });
}

static void test_datastore(void **state)
{
	char path[160];
	struct stat st;

	(void)state;
	write_file("t.yaml", V3 "kind: Tier\nmetadata: {name: t}\nspec: {order: 7}\n");
	write_file("u.yaml", V3 "kind: Tier\nmetadata: {name: u}\n");
	RUN({ "datastore export", 1, "does not exist" }, { "apply -f @t.yaml", 0 },
	    { "datastore export", 0, "{\"kind\":\"ManxDatastore\",\"format\":1,", "{\"key\":\"r/tiers/t\",\"value\":{" },
	    { "datastore export -f @all", 0, "Successfully exported 1 records to " },
	    { "datastore export -f @no/where", 1, "No such file" },
	    { "datastore lock", 0, "Datastore locked\n" }, { "datastore lock", 0, "was locked already" },
	    { "apply -f @u.yaml", 1, "is locked, nothing can be written: manxctl datastore unlock" },
	    { "get tier t", 0, "t " }, { "get clusterinfo -o yaml", 0, "datastoreReady: false" },
	    { "datastore migrate unlock", 0, "Datastore unlocked\n" }, { "datastore unlock", 0, "was unlocked already" },
	    { "apply -f @u.yaml", 0 },
	    { "datastore import -f @all", 1, "is not empty (it has r/tiers/t): import into a new one" },
	    { "datastore import -f @t.yaml", 1, "t.yaml: line 1" }, { "datastore import -f @none", 1, "No such file" },
	    { "datastore import --discard", 1, "no import that is not done" });
	RUN({ "datastore", 2, "expected export, import" }, { "datastore import", 2, "needs either -f" },
	    { "datastore lock now", 2, "one word too many" }, { "datastore lock -f x", 2, "knows no option --filename" },
	    { "datastore import --node x -f y", 2, "knows no option --node" },
	    { "datastore roles --node A_B", 2, "no name of a node" },
	    { "datastore roles --node n1", 0, "write /manx/v1/n/n1\n", "--prefix=true /manx/v1/e/n1/\n" });
	snprintf(path, sizeof(path), "%s/all", dir);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	snprintf(path, sizeof(path), "%s/other.db", dir);
	setenv("MANX_SQLITE", path, 1);
	RUN({ "datastore import -f @all", 0, "Successfully imported 1 records\n" }, { "get tiers", 0, "t     7" },
	    { "get tier u", 1, "not found" });
}

/* Whether the file with an export is one, or a pipe. */
static void test_datastore_pipe(void **state)
{
	char path[160];
	int saved = dup(0), p[2];

	(void)state;
	write_file("t.yaml", V3 "kind: Tier\nmetadata: {name: t}\n");
	RUN({ "apply -f @t.yaml", 0 }, { "datastore export", 0 });
	snprintf(path, sizeof(path), "%s/other.db", dir);
	setenv("MANX_SQLITE", path, 1);
	assert_int_equal(pipe(p), 0);
	assert_int_equal(write(p[1], out, strlen(out)), strlen(out));
	close(p[1]);
	dup2(p[0], 0);
	close(p[0]);
	RUN({ "datastore import -f -", 0, "Successfully imported 1 records\n" }, { "get tier t", 0, "t " });
	dup2(saved, 0);
	close(saved);
}

/* A bar where somebody looks, and nothing anywhere else. */
static void test_progress(void **state)
{
	int saved = dup(2), fd = posix_openpt(O_RDWR | O_NOCTTY), terminal;
	ssize_t n;

	(void)state;
	*out = '\0';
	assert_true(fd >= 0 && !grantpt(fd) && !unlockpt(fd));
	terminal = open(ptsname(fd), O_RDWR | O_NOCTTY);
	assert_true(terminal >= 0);
	dup2(terminal, 2);
	manxctl_progress(250, 1000);
	manxctl_progress(251, 1000);	/* so soon that nobody could read it */
	manxctl_progress_end();
	dup2(saved, 2);
	/* a terminal hands it on in pieces */
	for (size_t at = 0; !strchr(out, 'K'); at += (size_t)n) {
		struct pollfd readable = { .fd = fd, .events = POLLIN };

		assert_int_equal(poll(&readable, 1, 10000), 1);
		n = read(fd, out + at, sizeof(out) - 1 - at);
		assert_true(n > 0);
		out[at + (size_t)n] = '\0';
	}
	assert_string_equal(out, "\r[##########                              ] 250/1000\r\033[K");
	close(terminal);
	close(fd);
	write_file("t.yaml", V3 "kind: Tier\nmetadata: {name: t}\n");
	RUN({ "apply -f @t.yaml", 0 }, { "datastore export -f @x", 0 });
	assert_null(strpbrk(out, "\r#"));
	dup2(saved, 2);
	close(saved);
}

/* What calicoctl and kubectl have taught people to type. */
static void test_habits(void **state)
{
	char text[400], path[160];

	(void)state;
	write_file("n.yaml", V3 "kind: NodeList\nitems:\n"
		   "- metadata: {name: a, labels: {rack: '0', role: x}}\n"
		   "- metadata: {name: b, labels: {rack: '1'}}\n- metadata: {name: c}\n");
	RUN({ "apply -f @n.yaml --allow-version-mismatch", 0 },
	    { "get nodes -l rack=0", 0, "NAME\na\n" }, { "get nodes -l rack==1", 0, "NAME\nb\n" },
	    { "get nodes -l rack!=0", 0, "NAME\nb\nc\n" }, { "get nodes -l !rack", 0, "NAME\nc\n" },
	    { "get nodes -l rack,!role", 0, "NAME\nb\n" }, { "get nodes --selector role=x,rack=1", 0, "NAME\n" },
	    { "get nodes -l 'rack in {\"0\", \"1\"} && !has(role)'", 0, "NAME\nb\n" },
	    { "get nodes -l 'all()' -o wide", 0, "\na ", "\nc " },
	    { "get nodes -l rack=2 -o yaml", 0, "items: []" }, { "get nodes -l rack=0 -o yaml", 0, "kind: NodeList" },
	    { "get nodes -l rack=", 0, "NAME\n" },
	    { "get nodes -l 'rack ='", 2, "-l \"rack =\"" }, { "get nodes -l ,", 2, "-l \",\"" },
	    { "get nodes a -l rack=0", 2, "either a selector" },
	    { "get nodes -o go-template={{.}}", 2, "go-template is not supported", "custom-columns=" },
	    { "get nodes -o go-template-file=x", 2, "go-template is not supported" },
	    { "get nodes --context prod", 2, "no context to choose" },
	    { "apply --context=prod -f @n.yaml", 2, "no context to choose" });
	assert_null(strstr(out, "unknown option"));
	snprintf(path, sizeof(path), "%s/other.db", dir);
	snprintf(text, sizeof(text), V3 "kind: CalicoAPIConfig\nmetadata:\nspec:\n  datastoreType: sqlite\n  sqlite: %s\n", path);
	write_file("cfg", text);
	write_file("bad", "apiVersion: v1\n");
	write_file("t.yaml", V3 "kind: Tier\nmetadata: {name: t}\n");
	RUN({ "get nodes -c @cfg", 1, "cfg: the datastore ", "other.db does not exist" },
	    { "apply -f @t.yaml --config=@none", 1, "does not exist" }, { "get tiers -c @bad", 1, "kind must be CalicoAPIConfig" },
	    { "apply -c @cfg -f @t.yaml", 0 }, { "get tiers -c @cfg", 0, "t " }, { "get tier t", 1, "not found" },
	    { "ipam show -c @cfg", 0 }, { "datastore lock -c @cfg", 0 }, { "apply -c @cfg -f @n.yaml", 1, "other.db is locked" },
	    { "apply -f @n.yaml", 0 }, { "label nodes a x=y -c @cfg", 1, "not found" });
}

/* What stands before the command. */
static void test_before(void **state)
{
	static const struct {
		const char *word[6];
		int skipped;
	} cases[] = {
		{ { "manxctl" }, 0 }, { { "manxctl", "get", "-l", "x" }, 0 },
		{ { "manxctl", "--allow-version-mismatch", "get", "nodes" }, 1 },
		{ { "manxctl", "-l", "debug", "get", "-A" }, 2 }, { { "manxctl", "--log-level=info", "get" }, 1 },
		{ { "manxctl", "--context", "x", "get" }, -1 }, { { "manxctl", "--kontext", "get" }, -1 },
		{ { "manxctl", "-l" }, -1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *argv[7] = { NULL };
		int argc = 0;

		for (; argc < 6 && cases[i].word[argc]; argc++)
			argv[argc] = strdup(cases[i].word[argc]);
		assert_int_equal(manxctl_args_before(argc, argv), cases[i].skipped);
		for (int k = 0; k < argc; k++)
			free(argv[k]);
	}
}

/* What operators type. */
static void test_typed(void **state)
{
	(void)state;
	write_file("all.yaml", V3 "kind: IPPool\nmetadata: {name: default-ipv4-ippool}\nspec: {cidr: 10.0.0.0/16}\n---\n"
		   V3 "kind: Node\nmetadata: {name: node4}\n---\n" V3 "kind: Node\nmetadata: {name: node-1}\n---\n"
		   V3 "kind: Node\nmetadata: {name: kube-node-0}\n---\n" V3 "kind: Node\nmetadata: {name: kube-node-1}\n");
	RUN({ "apply -f @all.yaml", 0 },
	    { "patch node node4 -p '{\"spec\": {\"bgp\": {\"routeReflectorClusterID\": \"244.0.0.1\"}}}'", 0,
	      "Successfully patched 1 'Node' resource" },
	    { "patch node node-1 -p '{\"spec\": {\"bgp\": {\"asNumber\": \"64514\"}}}'", 0,
	      "Successfully patched 1 'Node' resource" },
	    { "patch ippool default-ipv4-ippool -p '{\"spec\": {\"disabled\": true}}'", 0,
	      "Successfully patched 1 'IPPool' resource" },
	    { "label nodes kube-node-0 rack=0", 0, "Successfully set label rack on nodes kube-node-0" },
	    { "label nodes kube-node-1 rack=1", 0, "Successfully set label rack on nodes kube-node-1" },
	    { "label nodes node4 route-reflector=true", 0, "Successfully set label route-reflector on nodes node4" },
	    { "get ippool -o yaml", 0, "kind: IPPoolList\n", "disabled: true\n" },
	    { "get node node4 -o yaml", 0, "routeReflectorClusterID: '244.0.0.1'\n", "route-reflector: 'true'\n" },
	    { "get node kube-node-1 -o yaml", 0, "rack: '1'" },
	    { "get nodes -o wide", 0, "node-1       64514" });
	/* there is no manxd here, and it says so */
	assert_int_equal(run("node status"), 1);
	assert_non_null(strstr(out, "manxd"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_create_apply_replace, setup, teardown),
		cmocka_unit_test_setup_teardown(test_files, setup, teardown),
		cmocka_unit_test_setup_teardown(test_namespaces, setup, teardown),
		cmocka_unit_test_setup_teardown(test_every_kind, setup, teardown),
		cmocka_unit_test_setup_teardown(test_read_only, setup, teardown),
		cmocka_unit_test_setup_teardown(test_get, setup, teardown),
		cmocka_unit_test_setup_teardown(test_patch, setup, teardown),
		cmocka_unit_test_setup_teardown(test_label, setup, teardown),
		cmocka_unit_test_setup_teardown(test_ipam, setup, teardown),
		cmocka_unit_test_setup_teardown(test_datastore, setup, teardown),
		cmocka_unit_test_setup_teardown(test_datastore_pipe, setup, teardown),
		cmocka_unit_test_setup_teardown(test_progress, setup, teardown),
		cmocka_unit_test_setup_teardown(test_habits, setup, teardown),
		cmocka_unit_test(test_before),
		cmocka_unit_test_setup_teardown(test_typed, setup, teardown),
		cmocka_unit_test(test_merge),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
