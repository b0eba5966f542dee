// SPDX-License-Identifier: GPL-2.0-only
#include "cni_result.h"

#include <errno.h>
#include <string.h>

#include "agent.h"
#include "mac.h"

/* A copy of what the chain made so far, or an empty array. */
static cJSON *inherit(cJSON *result, const struct manx_json *prev, const char *key)
{
	const cJSON *old = manx_json_get(prev, key).v;
	cJSON *copy = cJSON_IsArray(old) ? cJSON_Duplicate(old, true) : cJSON_CreateArray();

	if (cJSON_AddItemToObject(result, key, copy))
		return copy;
	cJSON_Delete(copy);
	return NULL;
}

static bool add_interface(cJSON *interfaces, const char *name, const uint8_t *mac,
			  const char *sandbox)
{
	cJSON *object = manx_json_add_object(interfaces);
	char text[MANX_MAC_STRLEN];

	return cJSON_AddStringToObject(object, "name", name) &&
	       cJSON_AddStringToObject(object, "mac", manx_mac_format(mac, text)) &&
	       (!sandbox || cJSON_AddStringToObject(object, "sandbox", sandbox));
}

/* Before 1.0.0 an address tells its family, although it shows. */
static bool add_address(cJSON *ips, const struct manx_addr *addr, int interface, bool tell_family)
{
	const struct manx_prefix host = manx_addr_host(addr);
	cJSON *object = manx_json_add_object(ips);
	char text[MANX_ADDR_STRLEN];

	if (tell_family &&
	    !cJSON_AddStringToObject(object, "version", addr->family == 4 ? "4" : "6"))
		return false;
	return cJSON_AddStringToObject(object, "address", manx_prefix_format(&host, text)) &&
	       cJSON_AddNumberToObject(object, "interface", interface);
}

static bool add_default_route(cJSON *routes, const struct manx_addr *addr)
{
	cJSON *object = manx_json_add_object(routes);
	bool v4 = addr->family == 4;

	return cJSON_AddStringToObject(object, "dst", v4 ? "0.0.0.0/0" : "::/0") &&
	       cJSON_AddStringToObject(object, "gw", v4 ? MANX_CNI_GATEWAY4 : MANX_CNI_GATEWAY6);
}

/* Copies @from of @source as @to; nothing if it is absent or empty. */
static bool copy_dns(cJSON *dns, const char *to, const struct manx_json *source, const char *from)
{
	const cJSON *v = manx_json_get(source, from).v;
	cJSON *copy;

	if (!v || (cJSON_IsArray(v) && !v->child) || (cJSON_IsString(v) && !*v->valuestring))
		return true;
	cJSON_DeleteItemFromObjectCaseSensitive(dns, to);
	copy = cJSON_Duplicate(v, true);
	if (cJSON_AddItemToObject(dns, to, copy))
		return true;
	cJSON_Delete(copy);
	return false;
}

/* "dns" of the configuration, and over it what the runtime asks for. */
static bool add_dns(cJSON *result, const struct manx_cni_conf *conf, const struct manx_json *prev)
{
	struct manx_json own = manx_json_get(&conf->top, "dns"), old = manx_json_get(prev, "dns");
	struct manx_json runtime = manx_json_get(&conf->top, "runtimeConfig");
	cJSON *dns = cJSON_AddObjectToObject(result, "dns");
	static const char *const keys[] = { "nameservers", "domain", "search", "options" };
	bool ok = dns;

	runtime = manx_json_get(&runtime, "dns");
	for (size_t i = 0; ok && i < sizeof(keys) / sizeof(keys[0]); i++)
		ok = copy_dns(dns, keys[i], &old, keys[i]) && copy_dns(dns, keys[i], &own, keys[i]);
	ok = ok && copy_dns(dns, "nameservers", &runtime, "servers") &&
	     copy_dns(dns, "search", &runtime, "searches") &&
	     copy_dns(dns, "options", &runtime, "options");
	if (ok && !dns->child)
		cJSON_DeleteItemFromObjectCaseSensitive(result, "dns");
	return ok;
}

static bool fill(cJSON *result, const struct manx_cni_conf *conf, const struct manx_cni_result *r)
{
	struct manx_json prev = manx_json_get(&conf->top, "prevResult");
	bool tell_family = strcmp(conf->version, "1.0.0") < 0;
	bool ok = cJSON_AddStringToObject(result, "cniVersion", conf->version);
	cJSON *interfaces = inherit(result, &prev, "interfaces");
	cJSON *ips = inherit(result, &prev, "ips");
	cJSON *routes = inherit(result, &prev, "routes");
	int interface = interfaces ? cJSON_GetArraySize(interfaces) + 1 : 0;

	ok = ok && interfaces && ips && routes &&
	     add_interface(interfaces, r->host, r->host_mac, NULL) &&
	     add_interface(interfaces, r->ifname, r->mac, r->sandbox);
	for (size_t i = 0; ok && i < r->n_addr; i++)
		ok = add_address(ips, &r->addr[i], interface, tell_family) &&
		     add_default_route(routes, &r->addr[i]);
	return ok && add_dns(result, conf, &prev);
}

cJSON *manx_cni_result_json(const struct manx_cni_conf *conf, const struct manx_cni_result *r)
{
	cJSON *result = cJSON_CreateObject();

	if (result && fill(result, conf, r))
		return result;
	cJSON_Delete(result);
	return NULL;
}

static bool add_words(cJSON *error, int code, const char *text)
{
	const char *details = code == MANX_CNI_INCOMPATIBLE ? strstr(text, ": ") : NULL;
	char msg[sizeof(((struct manx_error *)NULL)->text)] = "";

	strncat(msg, text, details ? (size_t)(details - text) : sizeof(msg) - 1);
	return cJSON_AddStringToObject(error, "msg", msg) &&
	       (!details || cJSON_AddStringToObject(error, "details", details + 2));
}

cJSON *manx_cni_error_json(const char *version, int code, const char *text)
{
	cJSON *error = cJSON_CreateObject();

	if (cJSON_AddStringToObject(error, "cniVersion", version) &&
	    cJSON_AddNumberToObject(error, "code", code) && add_words(error, code, text))
		return error;
	cJSON_Delete(error);
	return NULL;
}

cJSON *manx_cni_version_json(const char *version)
{
	cJSON *json = cJSON_CreateObject(), *all;

	if (!cJSON_AddStringToObject(json, "cniVersion", version))
		goto fail;
	all = cJSON_AddArrayToObject(json, "supportedVersions");
	if (!all)
		goto fail;
	for (const char *const *v = manx_cni_versions; *v; v++)
		if (!cJSON_AddItemToArray(all, cJSON_CreateString(*v)))
			goto fail;
	return json;
fail:
	cJSON_Delete(json);
	return NULL;
}

/* A string member of an object that need not be there: "" then. */
static const char *text_of(const struct manx_json *at, const char *key)
{
	const char *text = "";

	manx_json_string(at, key, &text, NULL);
	return text;
}

/* Index of the interface; -1 if there is none. */
static int find_interface(const struct manx_json *interfaces, const char *sandbox,
			  const char *ifname, struct manx_json *found)
{
	const cJSON *v;
	int i = 0;

	cJSON_ArrayForEach(v, interfaces->v) {
		*found = manx_json_item(interfaces, (size_t)i, v);
		if (strcmp(text_of(found, "name"), ifname) == 0 &&
		    strcmp(text_of(found, "sandbox"), sandbox) == 0)
			return i;
		i++;
	}
	return -1;
}

static int take_address(const struct manx_json *at, int interface, struct manx_cni_previous *prev,
			struct manx_error *err)
{
	const cJSON *index = manx_json_get(at, "interface").v;
	const char *text = text_of(at, "address");
	struct manx_prefix p;

	/* without an index it belongs to the sandbox as a whole, so to us too */
	if (index && (!cJSON_IsNumber(index) || index->valueint != interface))
		return 0;
	if (!manx_prefix_parse(text, &p)) {
		manx_fail(err, -EINVAL, "%s.address: \"%.60s\" is no address", at->path, text);
		return MANX_CNI_BAD_CONFIG;
	}
	if (prev->n_addr < MANX_CNI_ADDRS)
		prev->addr[prev->n_addr++] = p.addr;
	return 0;
}

int manx_cni_previous_read(const struct manx_cni_conf *conf, const char *sandbox,
			   const char *ifname, struct manx_cni_previous *prev,
			   struct manx_error *err)
{
	struct manx_json result, interfaces, ips, at;
	const cJSON *v;
	size_t i = 0;
	int index, code = 0;

	*prev = (struct manx_cni_previous){ 0 };
	if (manx_json_object(&conf->top, "prevResult", &result, err) ||
	    manx_json_array(&result, "interfaces", &interfaces, err) ||
	    manx_json_array(&result, "ips", &ips, err))
		return MANX_CNI_BAD_CONFIG;
	if (!result.v) {
		manx_fail(err, -EINVAL, "prevResult: missing from the network configuration of CHECK");
		return MANX_CNI_BAD_CONFIG;
	}
	index = find_interface(&interfaces, sandbox, ifname, &at);
	if (index < 0) {
		manx_fail(err, -EINVAL, "prevResult: no interface \"%s\" in sandbox \"%.200s\"",
			  ifname, sandbox);
		return MANX_CNI_BAD_CONFIG;
	}
	prev->has_mac = manx_mac_parse(text_of(&at, "mac"), prev->mac);
	cJSON_ArrayForEach(v, ips.v) {
		at = manx_json_item(&ips, i++, v);
		code = take_address(&at, index, prev, err);
		if (code)
			break;
	}
	return code;
}

bool manx_cni_previous_has_host(const struct manx_cni_conf *conf, const char *host)
{
	struct manx_json result = manx_json_get(&conf->top, "prevResult"), at;
	struct manx_json interfaces = manx_json_get(&result, "interfaces");

	return find_interface(&interfaces, "", host, &at) >= 0;
}
