// SPDX-License-Identifier: GPL-2.0-only
#include "cni_keys.h"

#include <errno.h>
#include <string.h>

#include "agent.h"

/*
 * Where a key stands: in the top object, or in one or two objects below it.
 */
struct key {
	const char *object, *inner, *name;
};

/* What the remedy of a refusal is. */
enum reason {
	LATER,		/* manx does not have this feature */
	MANXD,		/* manxd decides this for the whole node */
};

/**
 * struct choice - a key of which only some values are supported
 * @allowed: strings, NULL-terminated; an absent or empty value always is
 */
struct choice {
	struct key key;
	const char *const *allowed;
	enum reason reason;
};

static const char *const nothing[] = { NULL };
static const char *const ipam_types[] = { "calico-ipam", "manx-ipam", NULL };
static const char *const datastores[] = { "sqlite", NULL };
static const char *const devices[] = { "veth", "manx", NULL };	/* veth: Calico's default */
static const char *const dataplanes[] = { "linux", "manx", NULL };
static const char *const modes[] = { "none", NULL };

static const struct choice choices[] = {
	{ { NULL, NULL, "datastore_type" }, datastores, MANXD },
	{ { "policy", NULL, "type" }, nothing, LATER },
	{ { "ipam", NULL, "type" }, ipam_types, LATER },
	{ { "ipam", NULL, "subnet" }, nothing, LATER },
	{ { "ipam", NULL, "ranges" }, nothing, LATER },
	{ { "ipam", NULL, "routes" }, nothing, LATER },
	{ { NULL, NULL, "mode" }, modes, LATER },
	{ { NULL, NULL, "device_type" }, devices, LATER },
	{ { "dataplane_options", NULL, "type" }, dataplanes, LATER },
	{ { "feature_control", NULL, "ip_addrs_no_ipam" }, nothing, LATER },
	{ { "feature_control", NULL, "floating_ips" }, nothing, LATER },
	{ { NULL, NULL, "readiness_gates" }, nothing, LATER },
	{ { "runtimeConfig", NULL, "portMappings" }, nothing, LATER },
	{ { "runtimeConfig", NULL, "ipRanges" }, nothing, LATER },
	{ { "runtimeConfig", NULL, "bandwidth" }, nothing, LATER },
	{ { "runtimeConfig", NULL, "mac" }, nothing, LATER },
	{ { "runtimeConfig", NULL, "infinibandGUID" }, nothing, LATER },
	{ { "runtimeConfig", NULL, "deviceID" }, nothing, LATER },
	{ { "runtimeConfig", NULL, "io.kubernetes.cri.pod-annotations" }, nothing, LATER },
};

/*
 * Files, sockets, hosts and credentials. With Multus a tenant writes the
 * configuration, so these belong to manxd; a file below manx's own directories
 * is harmless. Their values may be secret and are never repeated.
 */
static const struct key guarded[] = {
	{ NULL, NULL, "nodename_file" },
	{ NULL, NULL, "ipam_lock_file" },
	{ NULL, NULL, "endpoint_status_dir" },
	{ NULL, NULL, "etcd_endpoints" },
	{ NULL, NULL, "etcd_discovery_srv" },
	{ NULL, NULL, "etcd_authority" },
	{ NULL, NULL, "etcd_key_file" },
	{ NULL, NULL, "etcd_cert_file" },
	{ NULL, NULL, "etcd_ca_cert_file" },
	{ "kubernetes", NULL, "kubeconfig" },
	{ "kubernetes", NULL, "k8s_api_root" },
	{ "policy", NULL, "k8s_api_root" },
	{ "policy", NULL, "k8s_auth_token" },
	{ "policy", NULL, "k8s_client_certificate" },
	{ "policy", NULL, "k8s_client_key" },
	{ "policy", NULL, "k8s_certificate_authority" },
	{ "dataplane_options", NULL, "socket" },
};

static struct manx_json find(const struct manx_cni_conf *conf, const struct key *key)
{
	struct manx_json at = conf->top;

	if (key->object)
		at = manx_json_get(&at, key->object);
	if (key->inner)
		at = manx_json_get(&at, key->inner);
	return manx_json_get(&at, key->name);
}

/* What every decoder of Go writes for "not set". */
static bool is_empty(const cJSON *v)
{
	return !v || cJSON_IsFalse(v) || (cJSON_IsString(v) && !*v->valuestring) ||
	       ((cJSON_IsArray(v) || cJSON_IsObject(v)) && !v->child) ||
	       (cJSON_IsNumber(v) && v->valuedouble == 0);
}

static bool is_allowed(const cJSON *v, const char *const *allowed)
{
	for (; cJSON_IsString(v) && *allowed; allowed++)
		if (strcasecmp(v->valuestring, *allowed) == 0)
			return true;
	return false;
}

static int refuse(const struct manx_json *at, const struct choice *c, struct manx_error *err)
{
	char *value = cJSON_PrintUnformatted(at->v);

	manx_fail(err, -EINVAL, "%s: %.200s is not supported by this version%s: %s%s", at->path,
		  value ? value : "this",
		  c->reason == MANXD ? ", and manxd holds this setting" : "",
		  c->allowed[0] ? "remove the key, or say " : "remove the key",
		  c->allowed[0] ? c->allowed[0] : "");
	cJSON_free(value);
	return MANX_CNI_UNSUPPORTED;
}

static int check_guarded(const struct manx_json *at, struct manx_error *err)
{
	if (is_empty(at->v))
		return 0;
	if (cJSON_IsString(at->v) && manx_cni_path_is_own(at->v->valuestring))
		return 0;
	manx_fail(err, -EINVAL,
		  "%s: a network configuration may not name files, hosts or credentials outside manx's own directories: remove the key, manxd has its own settings",
		  at->path);
	return MANX_CNI_BAD_CONFIG;
}

int manx_cni_keys_check(const struct manx_cni_conf *conf, struct manx_error *err)
{
	for (size_t i = 0; i < sizeof(choices) / sizeof(choices[0]); i++) {
		struct manx_json at = find(conf, &choices[i].key);

		if (!is_empty(at.v) && !is_allowed(at.v, choices[i].allowed))
			return refuse(&at, &choices[i], err);
	}
	for (size_t i = 0; i < sizeof(guarded) / sizeof(guarded[0]); i++) {
		struct manx_json at = find(conf, &guarded[i]);
		int code = check_guarded(&at, err);

		if (code)
			return code;
	}
	return 0;
}
