// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which datastore: environment, file, and what is refused of them.
 */
#include <errno.h>
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

#include "store_conf.h"
#include "store_fixture.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

static char dir[64];

static const char *const variables[] = {
	"DATASTORE_TYPE", "ETCD_ENDPOINTS", "ETCD_DISCOVERY_SRV", "ETCD_USERNAME",
	"ETCD_PASSWORD", "ETCD_CA_CERT_FILE", "ETCD_CERT_FILE", "ETCD_KEY_FILE", "ETCD_KEY",
	"SQLITE",
};

static const char *in_dir(const char *name)
{
	static char path[80];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static void write_file(const char *name, const char *text, mode_t mode)
{
	FILE *file;

	unlink(in_dir(name));
	file = fopen(in_dir(name), "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
	assert_int_equal(chmod(in_dir(name), mode), 0);
}

static int set_up(void **state)
{
	char with[64];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(variables); i++) {
		snprintf(with, sizeof(with), "MANX_%s", variables[i]);
		unsetenv(with);
		unsetenv(variables[i]);
	}
	unlink(in_dir("manx.yaml"));
	setenv("MANX_CONF_DIR", dir, 1);
	setenv("MANX_STATE_DIR", dir, 1);
	return 0;
}

static int make_dir(void **state)
{
	(void)state;
	fixture_dir(dir, "/tmp", "unit");
	return 0;
}

static int remove_dir(void **state)
{
	set_up(state);
	unlink(in_dir("key"));
	return rmdir(dir);
}

static void assert_refused(int code, const char *words)
{
	struct manx_store_conf conf;
	struct manx_error err = { 0 };
	int ret = manx_store_conf_read(&conf, &err);

	manx_store_conf_clear(&conf);
	assert_int_equal(ret, code);
	if (!strstr(err.text, words))
		fail_msg("\"%s\" does not say \"%s\"", err.text, words);
	assert_null(strstr(err.text, "s3cret"));
}

static struct manx_store_conf taken(void)
{
	struct manx_store_conf conf;
	struct manx_error err = { 0 };

	if (manx_store_conf_read(&conf, &err))
		fail_msg("%s", err.text);
	return conf;
}

static void test_sqlite(void **state)
{
	struct manx_store_conf conf = taken();

	(void)state;
	assert_int_equal(conf.type, MANX_STORE_SQLITE);
	assert_string_equal(conf.sqlite, in_dir("manx.db"));
	manx_store_conf_clear(&conf);
	write_file("manx.yaml", "kind: CalicoAPIConfig\nspec: {sqlite: /a.db}\n", 0644);
	/* what calicoctl is told about etcd does not matter then */
	setenv("ETCD_DISCOVERY_SRV", "x", 1);
	conf = taken();
	assert_string_equal(conf.sqlite, "/a.db");
	assert_string_equal(manx_store_conf_place(&conf), "/a.db");
	manx_store_conf_clear(&conf);
	setenv("SQLITE", "/no.db", 1);
	setenv("MANX_SQLITE", "/b.db", 1);
	setenv("MANX_DATASTORE_TYPE", "sqlite", 1);
	setenv("DATASTORE_TYPE", "etcdv3", 1);
	conf = taken();
	assert_string_equal(conf.sqlite, "/b.db");
	manx_store_conf_clear(&conf);
}

static void test_environment(void **state)
{
	struct manx_store_conf conf;

	(void)state;
	write_file("key", "", 0600);
	setenv("DATASTORE_TYPE", "etcdv3", 1);
	setenv("ETCD_ENDPOINTS", "http://a:1", 1);
	setenv("MANX_ETCD_ENDPOINTS", "https://b:2,https://c:3", 1);
	setenv("ETCD_USERNAME", "u", 1);
	setenv("ETCD_PASSWORD", "p", 1);
	setenv("ETCD_CA_CERT_FILE", "/ca", 1);
	setenv("ETCD_CERT_FILE", "/cert", 1);
	setenv("ETCD_KEY_FILE", in_dir("key"), 1);
	conf = taken();
	assert_int_equal(conf.type, MANX_STORE_ETCDV3);
	assert_string_equal(conf.endpoints, "https://b:2,https://c:3");
	assert_string_equal(manx_store_conf_place(&conf), conf.endpoints);
	assert_string_equal(conf.username, "u");
	assert_string_equal(conf.password, "p");
	assert_string_equal(conf.ca_file, "/ca");
	assert_string_equal(conf.cert_file, "/cert");
	assert_string_equal(conf.key_file, in_dir("key"));
	manx_store_conf_clear(&conf);
}

#define HEAD "apiVersion: projectcalico.org/v3\nkind: CalicoAPIConfig\nmetadata:\nspec:\n"

static void test_file(void **state)
{
	struct manx_store_conf conf;

	(void)state;
	write_file("manx.yaml", HEAD "  datastoreType: \"etcdv3\"\n  etcdEndpoints: http://a:1\n"
		   "  etcdUsername: u\n  etcdPassword: 0100\n  etcdKeyFile: \"\"\n", 0640);
	setenv("ETCD_USERNAME", "v", 1);
	conf = taken();
	assert_int_equal(conf.type, MANX_STORE_ETCDV3);
	assert_string_equal(conf.endpoints, "http://a:1");
	assert_string_equal(conf.username, "v");
	assert_string_equal(conf.password, "0100");
	assert_null(conf.key_file);
	manx_store_conf_clear(&conf);
}

static void test_bad_file(void **state)
{
	static const struct {
		const char *text, *words;
	} cases[] = {
		{ "kind: NodeList\n", "manx.yaml:1: kind must be CalicoAPIConfig" },
		{ "- 1\n", "kind must be CalicoAPIConfig" },
		{ "kind: CalicoAPIConfig\nspec: 1\n", "spec: must be a map" },
		{ HEAD "  etcdEndpoint: x\n", "manx.yaml:5: spec.etcdEndpoint: no such setting: did you mean etcdEndpoints?" },
		{ HEAD "  kubeconfig: x\n", "spec.kubeconfig: no such setting" },
		{ HEAD "  etcdEndpoints: [x]\n", "must be a text" },
		{ HEAD "  datastoreType: etcd3\n", "did you mean \"etcdv3\"?" },
		{ HEAD "  datastoreType: kubernetes\n", "Kubernetes API" },
		{ HEAD "  etcdDiscoverySrv: x\n", "name them in ETCD_ENDPOINTS" },
		{ HEAD "  etcdKey: s3cret\n", "ETCD_KEY_FILE" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		write_file("manx.yaml", cases[i].text, 0600);
		assert_refused(-EINVAL, cases[i].words);
	}
	write_file("manx.yaml", HEAD "  etcdPassword: s3cret\n", 0644);
	assert_refused(-EACCES, "chmod 600");
}

static void test_bad_environment(void **state)
{
	(void)state;
	setenv("DATASTORE_TYPE", "postgres", 1);
	assert_refused(-EINVAL, "DATASTORE_TYPE: \"postgres\" is no datastore: known are sqlite and etcdv3");
	setenv("MANX_DATASTORE_TYPE", "ectdv3", 1);
	assert_refused(-EINVAL, "MANX_DATASTORE_TYPE: \"ectdv3\" is no datastore: did you mean \"etcdv3\"?");
	setenv("MANX_DATASTORE_TYPE", "etcdv3", 1);
	assert_refused(-EINVAL, "ETCD_ENDPOINTS");
	setenv("ETCD_ENDPOINTS", "https://a:1", 1);
	setenv("ETCD_PASSWORD", "s3cret", 1);
	assert_refused(-EINVAL, "ETCD_USERNAME and ETCD_PASSWORD");
	setenv("ETCD_USERNAME", "u", 1);
	setenv("ETCD_CERT_FILE", "/cert", 1);
	assert_refused(-EINVAL, "ETCD_CERT_FILE and ETCD_KEY_FILE");
	write_file("key", "s3cret", 0644);
	setenv("ETCD_KEY_FILE", in_dir("key"), 1);
	assert_refused(-EACCES, "chmod 600");
	setenv("MANX_ETCD_KEY_FILE", "/nowhere", 1);
	assert_refused(-ENOENT, "/nowhere");
	setenv("MANX_ETCD_DISCOVERY_SRV", "example.org", 1);
	assert_refused(-EINVAL, "MANX_ETCD_DISCOVERY_SRV");
}

/* One file, and not a word of the environment. */
static void test_one_file(void **state)
{
	struct manx_error err = { 0 };
	struct manx_store_conf conf;

	(void)state;
	write_file("manx.yaml", "kind: CalicoAPIConfig\nspec:\n  datastoreType: etcdv3\n  etcdEndpoints: http://a:1\n", 0600);
	write_file("other", "kind: CalicoAPIConfig\nspec:\n  sqlite: /x.db\n", 0600);
	setenv("MANX_SQLITE", "/b.db", 1);
	setenv("DATASTORE_TYPE", "etcdv3", 1);
	assert_int_equal(manx_store_conf_read_file(&conf, in_dir("other"), &err), 0);
	assert_int_equal(conf.type, MANX_STORE_SQLITE);
	assert_string_equal(conf.sqlite, "/x.db");
	manx_store_conf_clear(&conf);
	assert_int_equal(manx_store_conf_read_file(&conf, in_dir("absent"), &err), -EIO);
	assert_non_null(strstr(err.text, "absent does not exist"));
	manx_store_conf_clear(&conf);
	write_file("other", "kind: CalicoAPIConfig\nspec:\n  datastoreType: etcdv3\n", 0600);
	assert_int_equal(manx_store_conf_read_file(&conf, in_dir("other"), &err), -EINVAL);
	manx_store_conf_clear(&conf);
	unlink(in_dir("other"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_sqlite, set_up),
		cmocka_unit_test_setup(test_environment, set_up),
		cmocka_unit_test_setup(test_file, set_up),
		cmocka_unit_test_setup(test_bad_file, set_up),
		cmocka_unit_test_setup(test_bad_environment, set_up),
		cmocka_unit_test_setup(test_one_file, set_up),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
