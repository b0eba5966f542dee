// SPDX-License-Identifier: GPL-2.0-only
#include "store_conf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conf.h"
#include "suggest.h"
#include "yaml_tree.h"

/* More than any settings need. */
#define FILE_MAX (1u << 20)

/**
 * struct setting - a word of the settings
 * @variable: in the environment; MANX_ may stand before it
 * @field: in the file, below spec
 * @offset: of the string in struct manx_store_conf
 * @refused: why it cannot be used, with the remedy; else NULL
 */
struct setting {
	const char *variable;
	const char *field;
	size_t offset;
	const char *refused;
};

#define IN_A_FILE "certificates and keys must be files: write it to one and name that in "

#define TAKEN(v, f, member) \
	{ .variable = v, .field = f, .offset = offsetof(struct manx_store_conf, member) }
#define REFUSED(v, f, words) { .variable = v, .field = f, .refused = words }

static const struct setting settings[] = {
	TAKEN("ETCD_ENDPOINTS", "etcdEndpoints", endpoints),
	TAKEN("ETCD_USERNAME", "etcdUsername", username),
	TAKEN("ETCD_PASSWORD", "etcdPassword", password),
	TAKEN("ETCD_CA_CERT_FILE", "etcdCACertFile", ca_file),
	TAKEN("ETCD_CERT_FILE", "etcdCertFile", cert_file),
	TAKEN("ETCD_KEY_FILE", "etcdKeyFile", key_file),
	REFUSED("ETCD_DISCOVERY_SRV", "etcdDiscoverySrv",
		"members are not looked up by DNS: name them in ETCD_ENDPOINTS"),
	REFUSED("ETCD_CA_CERT", "etcdCACert", IN_A_FILE "ETCD_CA_CERT_FILE"),
	REFUSED("ETCD_CERT", "etcdCert", IN_A_FILE "ETCD_CERT_FILE"),
	REFUSED("ETCD_KEY", "etcdKey", IN_A_FILE "ETCD_KEY_FILE"),
};

#define N_SETTINGS (sizeof(settings) / sizeof(settings[0]))

static char **string_at(struct manx_store_conf *conf, const struct setting *setting)
{
	return (char **)((char *)conf + setting->offset);
}

static int out_of_memory(struct manx_error *err)
{
	return manx_fail(err, -ENOMEM, "datastore settings: out of memory");
}

/* Value of MANX_<name>, else of <name>; empty is not set. @used: which one it was. */
static const char *variable(const char *name, char *used, size_t size)
{
	const char *value;

	snprintf(used, size, "MANX_%s", name);
	value = getenv(used);
	if (value && *value)
		return value;
	snprintf(used, size, "%s", name);
	value = getenv(used);
	return value && *value ? value : NULL;
}

static int set_string(char **string, const char *value, struct manx_error *err)
{
	free(*string);
	*string = strdup(value);
	return *string ? 0 : out_of_memory(err);
}

/* @where: what gave the word, for messages. */
static int set_type(struct manx_store_conf *conf, const char *where, const char *word,
		    struct manx_error *err)
{
	struct manx_suggest near = manx_suggest_begin(word);

	if (strcmp(word, "sqlite") == 0 || strcmp(word, "etcdv3") == 0) {
		conf->type = *word == 's' ? MANX_STORE_SQLITE : MANX_STORE_ETCDV3;
		return 0;
	}
	if (strcmp(word, "kubernetes") == 0)
		return manx_fail(err, -EINVAL,
				 "%s: manx keeps nothing in the Kubernetes API yet: set sqlite or etcdv3",
				 where);
	manx_suggest_offer(&near, "sqlite");
	manx_suggest_offer(&near, "etcdv3");
	if (near.best)
		return manx_fail(err, -EINVAL, "%s: \"%s\" is no datastore: did you mean \"%s\"?",
				 where, word, near.best);
	return manx_fail(err, -EINVAL, "%s: \"%s\" is no datastore: known are sqlite and etcdv3",
			 where, word);
}

static int unknown_field(const char *path, const struct manx_yaml *node, struct manx_error *err)
{
	struct manx_suggest near = manx_suggest_begin(node->key);

	manx_suggest_offer(&near, "datastoreType");
	manx_suggest_offer(&near, "sqlite");
	for (size_t i = 0; i < N_SETTINGS; i++)
		manx_suggest_offer(&near, settings[i].field);
	if (near.best)
		return manx_fail(err, -EINVAL, "%s:%d: spec.%s: no such setting: did you mean %s?",
				 path, node->line, node->key, near.best);
	return manx_fail(err, -EINVAL, "%s:%d: spec.%s: no such setting", path, node->line,
			 node->key);
}

static int set_field(struct manx_store_conf *conf, const char *path,
		     const struct manx_yaml *node, struct manx_error *err)
{
	char where[4200];

	snprintf(where, sizeof(where), "%s:%d: spec.%s", path, node->line, node->key);
	if (node->type != MANX_YAML_SCALAR)
		return manx_fail(err, -EINVAL, "%s: must be a text", where);
	if (manx_yaml_is_null(node) || !*node->text)
		return 0;
	if (strcmp(node->key, "datastoreType") == 0)
		return set_type(conf, where, node->text, err);
	if (strcmp(node->key, "sqlite") == 0)
		return set_string(&conf->sqlite, node->text, err);
	for (size_t i = 0; i < N_SETTINGS; i++) {
		if (strcmp(node->key, settings[i].field))
			continue;
		if (settings[i].refused)
			return manx_fail(err, -EINVAL, "%s: %s", where, settings[i].refused);
		return set_string(string_at(conf, &settings[i]), node->text, err);
	}
	return unknown_field(path, node, err);
}

static int set_fields(struct manx_store_conf *conf, const char *path,
		      const struct manx_yaml *doc, struct manx_error *err)
{
	const struct manx_yaml *kind = NULL, *spec = NULL;
	int ret = 0;

	if (doc->type == MANX_YAML_MAP) {
		kind = manx_yaml_get(doc, "kind");
		spec = manx_yaml_get(doc, "spec");
	}
	if (!kind || kind->type != MANX_YAML_SCALAR || strcmp(kind->text, "CalicoAPIConfig"))
		return manx_fail(err, -EINVAL, "%s:%d: kind must be CalicoAPIConfig", path, doc->line);
	if (!spec || manx_yaml_is_null(spec))
		return 0;
	if (spec->type != MANX_YAML_MAP)
		return manx_fail(err, -EINVAL, "%s:%d: spec: must be a map", path, spec->line);
	for (const struct manx_yaml *c = spec->child; c && !ret; c = c->next)
		ret = set_field(conf, path, c, err);
	return ret;
}

static int parse_file(struct manx_store_conf *conf, const char *path, const char *text, size_t n,
		      struct manx_error *err)
{
	struct manx_yaml_reader *reader;
	struct manx_yaml *doc;
	int ret = manx_yaml_open(&reader, text, n, path, err);

	if (ret)
		return ret;
	while ((ret = manx_yaml_next(reader, &doc, err)) > 0) {
		ret = manx_yaml_is_null(doc) ? 0 : set_fields(conf, path, doc, err);
		manx_yaml_free(doc);
		if (ret)
			break;
	}
	manx_yaml_close(reader);
	return ret;
}

/* A file with a secret: nobody but its owner and group may read it. */
static int check_closed(const char *path, const struct stat *st, struct manx_error *err)
{
	if (!(st->st_mode & S_IRWXO))
		return 0;
	return manx_fail(err, -EACCES,
			 "%s holds a secret and is open to all (mode %03o): chmod 600 %s", path,
			 (unsigned int)st->st_mode & 0777, path);
}

/* All of the file, NUL-terminated, and what it is. */
static char *read_text(int fd, const char *path, struct stat *st, size_t *n,
		       struct manx_error *err)
{
	char *text;
	ssize_t got;

	if (fstat(fd, st)) {
		manx_fail_errno(err, -errno, "%s", path);
		return NULL;
	}
	if (!S_ISREG(st->st_mode) || st->st_size > FILE_MAX) {
		manx_fail(err, -EINVAL, "%s: must be a file of at most %u octets", path, FILE_MAX);
		return NULL;
	}
	text = calloc(1, (size_t)st->st_size + 1);
	got = text ? read(fd, text, (size_t)st->st_size) : 0;
	if (text && got >= 0) {
		*n = (size_t)got;
		return text;
	}
	if (text)
		manx_fail_errno(err, -errno, "%s", path);
	else
		out_of_memory(err);
	free(text);
	return NULL;
}

/* 1: there is none. */
static int read_file(struct manx_store_conf *conf, const char *path, struct manx_error *err)
{
	struct manx_error why = { 0 };
	struct stat st;
	char *text;
	size_t n;
	int ret, fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return errno == ENOENT ? 1 : manx_fail_errno(err, -errno, "%s", path);
	text = read_text(fd, path, &st, &n, &why);
	close(fd);
	if (!text)
		return manx_fail(err, why.code, "%s", why.text);
	ret = parse_file(conf, path, text, n, err);
	explicit_bzero(text, n);
	free(text);
	return ret || !conf->password ? ret : check_closed(path, &st, err);
}

static int read_environment(struct manx_store_conf *conf, struct manx_error *err)
{
	char name[64];
	const char *value = variable("DATASTORE_TYPE", name, sizeof(name));
	int ret = value ? set_type(conf, name, value, err) : 0;

	if (conf->type != MANX_STORE_ETCDV3)
		return ret;	/* what others told calicoctl about etcd is not our business */
	for (size_t i = 0; i < N_SETTINGS && !ret; i++) {
		value = variable(settings[i].variable, name, sizeof(name));
		if (value && settings[i].refused)
			ret = manx_fail(err, -EINVAL, "%s: %s", name, settings[i].refused);
		else if (value)
			ret = set_string(string_at(conf, &settings[i]), value, err);
	}
	return ret;
}

static int check_key_file(const char *path, struct manx_error *err)
{
	struct stat st;

	if (stat(path, &st))
		return manx_fail_errno(err, -errno, "ETCD_KEY_FILE: %s", path);
	return check_closed(path, &st, err);
}

static int check_etcd(const struct manx_store_conf *conf, struct manx_error *err)
{
	if (!conf->endpoints)
		return manx_fail(err, -EINVAL,
				 "ETCD_ENDPOINTS: must be set when the datastore is etcdv3: https://host:2379, with commas between several");
	if (!conf->username != !conf->password)
		return manx_fail(err, -EINVAL,
				 "ETCD_USERNAME and ETCD_PASSWORD: set both, or neither");
	if (!conf->cert_file != !conf->key_file)
		return manx_fail(err, -EINVAL,
				 "ETCD_CERT_FILE and ETCD_KEY_FILE: set both, or neither");
	return conf->key_file ? check_key_file(conf->key_file, err) : 0;
}

static int set_sqlite(struct manx_store_conf *conf, struct manx_error *err)
{
	char path[4096];
	int ret;

	if (conf->sqlite)
		return 0;
	ret = manx_state_path(path, sizeof(path), "manx.db", err);
	return ret ? ret : set_string(&conf->sqlite, path, err);
}

static int check(struct manx_store_conf *conf, struct manx_error *err)
{
	return conf->type == MANX_STORE_ETCDV3 ? check_etcd(conf, err) : set_sqlite(conf, err);
}

int manx_store_conf_read(struct manx_store_conf *conf, struct manx_error *err)
{
	const char *sqlite = getenv("MANX_SQLITE");
	char path[4096];
	int ret;

	*conf = (struct manx_store_conf){ .type = MANX_STORE_SQLITE };
	ret = manx_conf_path(path, sizeof(path), "manx.yaml", err);
	if (!ret)
		ret = read_file(conf, path, err);
	if (ret >= 0)
		ret = read_environment(conf, err);
	if (!ret && sqlite && *sqlite)
		ret = set_string(&conf->sqlite, sqlite, err);
	return ret ? ret : check(conf, err);
}

int manx_store_conf_read_file(struct manx_store_conf *conf, const char *path,
			      struct manx_error *err)
{
	int ret;

	*conf = (struct manx_store_conf){ .type = MANX_STORE_SQLITE };
	ret = read_file(conf, path, err);
	/* never -ENOENT, which is for resources */
	if (ret > 0)
		return manx_fail(err, -EIO, "%s does not exist", path);
	return ret ? ret : check(conf, err);
}

void manx_store_conf_clear(struct manx_store_conf *conf)
{
	if (conf->password)
		explicit_bzero(conf->password, strlen(conf->password));
	for (size_t i = 0; i < N_SETTINGS; i++)
		if (!settings[i].refused)
			free(*string_at(conf, &settings[i]));
	free(conf->sqlite);
	*conf = (struct manx_store_conf){ 0 };
}

const char *manx_store_conf_place(const struct manx_store_conf *conf)
{
	const char *place = conf->type == MANX_STORE_ETCDV3 ? conf->endpoints : conf->sqlite;

	return place ? place : "";
}
