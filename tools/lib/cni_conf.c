// SPDX-License-Identifier: GPL-2.0-only
#include "cni_conf.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "agent.h"
#include "cni_keys.h"
#include "conf.h"

const char *const manx_cni_versions[] = { "0.3.0", "0.3.1", "0.4.0", MANX_CNI_NEWEST, NULL };

/* What an MTU may be: IPv4's least and IPv6's, and the largest packet. */
#define MTU_MIN4	68
#define MTU_MIN6	1280
#define MTU_MAX		65535

static const char *supported(const char *version)
{
	for (const char *const *v = manx_cni_versions; *v; v++)
		if (strcmp(*v, version) == 0)
			return *v;
	return NULL;
}

/* The words of a failed getter become an error of the configuration. */
static int bad(int rc)
{
	return !rc ? 0 : rc == -ENOMEM ? MANX_CNI_TRY_LATER : MANX_CNI_BAD_CONFIG;
}

static int read_name(struct manx_cni_conf *conf, struct manx_error *err)
{
	const char *name = "";

	if (manx_json_string(&conf->top, "name", &name, err))
		return MANX_CNI_BAD_CONFIG;
	if (!manx_cni_is_word(name)) {
		manx_fail(err, -EINVAL,
			  "name: \"%.80s\": expected 1 to %d letters, digits, '_', '.' and '-', a letter or digit first",
			  name, MANX_CNI_WORD_MAX);
		return MANX_CNI_BAD_CONFIG;
	}
	conf->name = name;
	return 0;
}

static int read_version(struct manx_cni_conf *conf, struct manx_error *err)
{
	const char *version = "";
	char all[64] = "";

	if (manx_json_string(&conf->top, "cniVersion", &version, err))
		return MANX_CNI_BAD_CONFIG;
	if (!*version)
		version = "0.1.0";	/* the specification says so */
	if (supported(version)) {
		conf->version = supported(version);
		return 0;
	}
	for (const char *const *v = manx_cni_versions; *v; v++) {
		size_t at = strlen(all);

		snprintf(all + at, sizeof(all) - at, "%s%s", at ? ", " : "", *v);
	}
	manx_fail(err, -EINVAL, "incompatible CNI versions: cniVersion is \"%.40s\", this plugin supports %s",
		  version, all);
	return MANX_CNI_INCOMPATIBLE;
}

int manx_cni_conf_read(struct manx_cni_conf *conf, const char *text, size_t len,
		       struct manx_error *err)
{
	int rc, code;

	*conf = (struct manx_cni_conf){ .version = MANX_CNI_NEWEST };
	rc = manx_json_parse(text, len, &conf->json, err);
	if (!rc && !cJSON_IsObject(conf->json))
		rc = manx_fail(err, -EBADMSG, "expected a JSON object");
	if (rc) {
		manx_error_prefix(err, "network configuration");
		return MANX_CNI_DECODE;
	}
	conf->top = manx_json_top(conf->json);
	conf->top.nocase = true;
	code = read_name(conf, err);
	return code ? code : read_version(conf, err);
}

void manx_cni_conf_clear(struct manx_cni_conf *conf)
{
	cJSON_Delete(conf->json);
	conf->json = NULL;
}

const char *manx_cni_conf_version(const char *text, size_t len)
{
	const char *version = "", *known;
	cJSON *json = NULL;
	struct manx_json top;

	if (manx_json_parse(text, len, &json, NULL))
		return MANX_CNI_NEWEST;
	top = manx_json_top(json);
	top.nocase = true;
	manx_json_string(&top, "cniVersion", &version, NULL);
	known = supported(version);
	cJSON_Delete(json);
	return known ? known : MANX_CNI_NEWEST;
}

/* true, false, "true" or "false": Calico's are strings. */
static int read_switch(const struct manx_json *at, const char *key, bool *out,
		       struct manx_error *err)
{
	struct manx_json v = manx_json_get(at, key);

	if (cJSON_IsString(v.v) && strcasecmp(v.v->valuestring, "true") == 0)
		*out = true;
	else if (cJSON_IsString(v.v) && strcasecmp(v.v->valuestring, "false") == 0)
		*out = false;
	else if (cJSON_IsBool(v.v))
		*out = cJSON_IsTrue(v.v);
	else if (v.v)
		return manx_fail(err, -EINVAL, "%s: expected \"true\" or \"false\"", v.path);
	return 0;
}

static int check_pool(const struct manx_json *at, void *ctx, struct manx_error *err)
{
	const char *pool = "";
	int rc = manx_json_text(at, &pool, err);

	(void)ctx;
	if (!rc && !*pool)
		rc = manx_fail(err, -EINVAL, "%s: empty, expected the name or CIDR of a pool",
			       at->path);
	return rc;
}

static int read_pools(const struct manx_json *ipam, const char *key, const cJSON **out,
		      struct manx_error *err)
{
	int rc = manx_json_each(ipam, key, check_pool, NULL, err);

	*out = manx_json_get(ipam, key).v;
	return rc;
}

static int read_ipam(struct manx_cni_options *opt, const struct manx_cni_conf *conf,
		     struct manx_error *err)
{
	struct manx_json ipam;
	int rc = manx_json_object(&conf->top, "ipam", &ipam, err);

	opt->ipv4 = true;
	if (!rc)
		rc = read_switch(&ipam, "assign_ipv4", &opt->ipv4, err);
	if (!rc)
		rc = read_switch(&ipam, "assign_ipv6", &opt->ipv6, err);
	if (!rc && !opt->ipv4 && !opt->ipv6)
		rc = manx_fail(err, -EINVAL,
			       "ipam.assign_ipv4 and ipam.assign_ipv6 are both \"false\"");
	if (!rc)
		rc = read_pools(&ipam, "ipv4_pools", &opt->pools4, err);
	return rc ? rc : read_pools(&ipam, "ipv6_pools", &opt->pools6, err);
}

static int read_mtu(struct manx_cni_options *opt, const struct manx_cni_conf *conf,
		    struct manx_error *err)
{
	uint32_t least = opt->ipv6 ? MTU_MIN6 : MTU_MIN4;
	int rc = manx_json_u32(&conf->top, "mtu", 0, MTU_MAX, &opt->mtu, err);

	if (!rc && opt->mtu && opt->mtu < least)
		rc = manx_fail(err, -EINVAL, "mtu: %u is less than %u", opt->mtu, least);
	return rc;
}

/* Where Calico lets a configuration name the node, highest precedence first. */
static int read_nodename(struct manx_cni_options *opt, const struct manx_cni_conf *conf,
			 struct manx_error *err)
{
	static const struct {
		const char *object, *key, *path;
	} places[] = {
		{ NULL, "nodename", "nodename" },
		{ "kubernetes", "node_name", "kubernetes.node_name" },
		{ NULL, "hostname", "hostname" },
	};

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		struct manx_json at = conf->top;
		const char *name = "";
		int rc;

		if (places[i].object)
			at = manx_json_get(&at, places[i].object);
		rc = manx_json_string(&at, places[i].key, &name, err);
		if (rc)
			return rc;
		if (*name && !opt->nodename) {
			opt->nodename = name;
			opt->nodename_key = places[i].path;
		}
	}
	return 0;
}

static int take_label(const struct manx_json *at, void *labels, struct manx_error *err)
{
	const char *key = "", *value = "";
	int rc = manx_json_string(at, "key", &key, err);

	if (!rc)
		rc = manx_json_string(at, "value", &value, err);
	if (rc)
		return rc;
	if (!*key)
		return manx_fail(err, -EINVAL, "%s: expected an object with \"key\" and \"value\"",
				 at->path);
	if (cJSON_GetObjectItemCaseSensitive(labels, key))
		return manx_fail(err, -EINVAL, "%s: label \"%.80s\" is given twice", at->path, key);
	return cJSON_AddStringToObject(labels, key, value) ? 0 :
	       manx_fail(err, -ENOMEM, "out of memory");
}

/* args.cni.labels; whatever else "args" holds is others' business. */
static int read_labels(struct manx_cni_options *opt, const struct manx_cni_conf *conf,
		       struct manx_error *err)
{
	struct manx_json args = manx_json_get(&conf->top, "args");
	struct manx_json cni = manx_json_get(&args, "cni");

	opt->labels = cJSON_CreateObject();
	if (!opt->labels)
		return manx_fail(err, -ENOMEM, "out of memory");
	return manx_json_each(&cni, "labels", take_label, opt->labels, err);
}

static int read_container(struct manx_cni_options *opt, const struct manx_cni_conf *conf,
			  struct manx_error *err)
{
	bool default_routes = true;	/* manx always sets them, so this changes nothing */
	struct manx_json settings;
	int rc = manx_json_object(&conf->top, "container_settings", &settings, err);

	if (!rc)
		rc = manx_json_bool(&settings, "allow_ip_forwarding", &opt->ip_forward, err);
	return rc ? rc : manx_json_bool(&conf->top, "include_default_routes", &default_routes, err);
}

static int check_text(const struct manx_json *at, void *ctx, struct manx_error *err)
{
	const char *text;

	(void)ctx;
	return manx_json_text(at, &text, err);
}

static int check_lists(const struct manx_json *dns, const char *const *lists,
		       struct manx_error *err)
{
	int rc = 0;

	for (; !rc && *lists; lists++)
		rc = manx_json_each(dns, *lists, check_text, NULL, err);
	return rc;
}

/* What the result repeats. */
static int check_dns(const struct manx_cni_conf *conf, struct manx_error *err)
{
	static const char *const own[] = { "nameservers", "search", "options", NULL };
	static const char *const runtime[] = { "servers", "searches", "options", NULL };
	struct manx_json at;
	const char *domain;
	int rc = manx_json_object(&conf->top, "dns", &at, err);

	if (!rc)
		rc = manx_json_string(&at, "domain", &domain, err);
	if (!rc)
		rc = check_lists(&at, own, err);
	at = manx_json_get(&conf->top, "runtimeConfig");
	if (!rc)
		rc = manx_json_object(&at, "dns", &at, err);
	return rc ? rc : check_lists(&at, runtime, err);
}

int manx_cni_options_read(struct manx_cni_options *opt, const struct manx_cni_conf *conf,
			  struct manx_error *err)
{
	int code = manx_cni_keys_check(conf, err), rc;

	*opt = (struct manx_cni_options){ 0 };
	if (code)
		return code;
	rc = read_ipam(opt, conf, err);
	if (!rc)
		rc = read_mtu(opt, conf, err);
	if (!rc)
		rc = read_nodename(opt, conf, err);
	if (!rc)
		rc = read_labels(opt, conf, err);
	if (!rc)
		rc = check_dns(conf, err);
	return bad(rc ? rc : read_container(opt, conf, err));
}

void manx_cni_options_clear(struct manx_cni_options *opt)
{
	cJSON_Delete(opt->labels);
	opt->labels = NULL;
}

/* Is @path @dir and a slash and something without ".." behind it? */
static bool is_below(const char *path, const char *dir)
{
	size_t n = strlen(dir);
	const char *s;

	if (*dir != '/' || strncmp(path, dir, n) != 0 || path[n] != '/' || !path[n + 1])
		return false;
	for (s = path + n; (s = strstr(s, "..")) != NULL; s += 2)
		if (s[-1] == '/' && (s[2] == '/' || !s[2]))
			return false;
	return true;
}

bool manx_cni_path_is_own(const char *path)
{
	return is_below(path, MANX_CNI_LOG_DIR) || is_below(path, manx_run_dir()) ||
	       is_below(path, manx_state_dir());
}

static int read_level(const struct manx_cni_conf *conf, enum manx_cni_level *level,
		      struct manx_error *err)
{
	static const struct {
		const char *word;
		enum manx_cni_level level;
	} words[] = {
		{ "error", MANX_CNI_ERROR }, { "warning", MANX_CNI_WARNING },
		{ "warn", MANX_CNI_WARNING }, { "info", MANX_CNI_INFO }, { "debug", MANX_CNI_DEBUG },
	};
	const char *word = "info";
	int rc = manx_json_string(&conf->top, "log_level", &word, err);

	if (rc)
		return rc;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcasecmp(words[i].word, *word ? word : "info") == 0) {
			*level = words[i].level;
			return 0;
		}
	return manx_fail(err, -EINVAL,
			 "log_level: \"%.40s\": expected debug, info, warning or error", word);
}

int manx_cni_log_read(const struct manx_cni_conf *conf, enum manx_cni_level *level,
		      const char **file, struct manx_error *err)
{
	const char *path = "";
	size_t len;
	int rc = read_level(conf, level, err);

	if (!rc)
		rc = manx_json_string(&conf->top, "log_file_path", &path, err);
	if (rc)
		return bad(rc);
	len = strlen(path);
	*file = path;
	/* ".log": what else lies there, a database for one, must not be written to */
	if (!len || (manx_cni_path_is_own(path) && len > 4 && strcmp(path + len - 4, ".log") == 0))
		return 0;
	manx_fail(err, -EINVAL,
		  "log_file_path: \"%.200s\": expected a path that ends in \".log\" below %s, %s or %s",
		  path, MANX_CNI_LOG_DIR, manx_run_dir(), manx_state_dir());
	return MANX_CNI_BAD_CONFIG;
}
