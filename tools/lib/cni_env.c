// SPDX-License-Identifier: GPL-2.0-only
#include "cni_env.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent.h"

#define LETTERS_DIGITS \
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

/* Of Kubernetes' namespaces and pods; what struct manx_cni_args has room for. */
#define K8S_NAME_MAX 253

static const char *const verbs[] = {
	[MANX_CNI_ADD] = "ADD", [MANX_CNI_DEL] = "DEL", [MANX_CNI_CHECK] = "CHECK",
	[MANX_CNI_GC] = "GC", [MANX_CNI_STATUS] = "STATUS", [MANX_CNI_VERSION] = "VERSION",
};

static bool is_word(const char *s, size_t max)
{
	size_t n = strlen(s);

	return n && n <= max && strspn(s, LETTERS_DIGITS "_.-") == n && strspn(s, LETTERS_DIGITS);
}

bool manx_cni_is_word(const char *s)
{
	return is_word(s, MANX_CNI_WORD_MAX);
}

bool manx_cni_is_ifname(const char *s)
{
	size_t n = strlen(s);

	if (!n || n >= IFNAMSIZ || strcmp(s, ".") == 0 || strcmp(s, "..") == 0)
		return false;
	for (; *s; s++)
		if (*s <= ' ' || *s > '~' || *s == '/' || *s == ':' || *s == '%')
			return false;
	return true;
}

/* libcni sets what it does not use to the empty string. */
static const char *variable(const char *name)
{
	const char *value = getenv(name);

	return value ? value : "";
}

static enum manx_cni_verb verb_of(const char *command)
{
	for (int i = 0; i < MANX_CNI_UNKNOWN; i++)
		if (strcmp(verbs[i], command) == 0)
			return (enum manx_cni_verb)i;
	return MANX_CNI_UNKNOWN;
}

static bool about_container(enum manx_cni_verb verb)
{
	return verb == MANX_CNI_ADD || verb == MANX_CNI_DEL || verb == MANX_CNI_CHECK;
}

static int check_presence(const struct manx_cni_env *env, struct manx_error *err)
{
	const struct {
		const char *name, *value;
		bool needed;
	} all[] = {
		{ "CNI_CONTAINERID", env->container_id, true },
		{ "CNI_NETNS", env->netns, env->verb != MANX_CNI_DEL },
		{ "CNI_IFNAME", env->ifname, true },
	};
	char missing[64] = "";

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		size_t at = strlen(missing);

		if (all[i].needed && !*all[i].value)
			snprintf(missing + at, sizeof(missing) - at, "%s%s", at ? ", " : "",
				 all[i].name);
	}
	if (!*missing)
		return 0;
	manx_fail(err, -EINVAL, "missing from the environment of %s: %s", env->command, missing);
	return MANX_CNI_BAD_ENV;
}

static int check_syntax(const struct manx_cni_env *env, struct manx_error *err)
{
	if (!manx_cni_is_word(env->container_id)) {
		manx_fail(err, -EINVAL,
			  "CNI_CONTAINERID \"%.80s\": expected 1 to %d letters, digits, '_', '.' and '-', a letter or digit first",
			  env->container_id, MANX_CNI_WORD_MAX);
		return MANX_CNI_BAD_ENV;
	}
	if (!manx_cni_is_ifname(env->ifname)) {
		manx_fail(err, -EINVAL, "CNI_IFNAME \"%.80s\": not the name of an interface",
			  env->ifname);
		return MANX_CNI_BAD_ENV;
	}
	return 0;
}

int manx_cni_env_read(struct manx_cni_env *env, struct manx_error *err)
{
	const char *override = variable("CNI_NETNS_OVERRIDE");
	int code;

	*env = (struct manx_cni_env){
		.command = variable("CNI_COMMAND"),
		.container_id = variable("CNI_CONTAINERID"),
		.netns = variable("CNI_NETNS"),
		.ifname = variable("CNI_IFNAME"),
		.args = variable("CNI_ARGS"),
		.netns_override = strcmp(override, "1") == 0 || strcasecmp(override, "true") == 0,
	};
	env->verb = verb_of(env->command);
	if (!*env->command) {
		manx_fail(err, -EINVAL, "missing from the environment: CNI_COMMAND");
		return MANX_CNI_BAD_ENV;
	}
	if (!about_container(env->verb))
		return 0;
	code = check_presence(env, err);
	return code ? code : check_syntax(env, err);
}

/* The value of a pair goes here; NULL if nobody asks for it. */
static char *wanted(struct manx_cni_args *args, const char *key)
{
	if (strcmp(key, "K8S_POD_NAMESPACE") == 0)
		return args->ns;
	if (strcmp(key, "K8S_POD_NAME") == 0)
		return args->pod;
	return NULL;
}

static int take_pair(struct manx_cni_args *args, const char *key, const char *value,
		     struct manx_error *err)
{
	static const char *const requests[] = { "MAC", "GATEWAY" };
	char *to = wanted(args, key);

	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++)
		if (*value && strcmp(key, requests[i]) == 0) {
			manx_fail(err, -EINVAL, "CNI_ARGS: %s=%.80s: manx does not support this request",
				  key, value);
			return MANX_CNI_UNSUPPORTED;
		}
	if (*value && !strcmp(key, "IP")) {
		/* what is too long is no address; manx_cni_ips_read() says so */
		snprintf(args->ip, sizeof(args->ip), "%s", value);
		return 0;
	}
	if (!to || !*value)
		return 0;
	if (!is_word(value, K8S_NAME_MAX)) {
		manx_fail(err, -EINVAL, "CNI_ARGS: %s=%.80s: not a name", key, value);
		return MANX_CNI_BAD_ENV;
	}
	strcpy(to, value);
	return 0;
}

static int take_pairs(struct manx_cni_args *args, char *text, struct manx_error *err)
{
	char *rest = text, *pair;
	int code = 0;

	while (!code && (pair = strsep(&rest, ";")) != NULL) {
		char *equals = strchr(pair, '=');

		if (!*pair)
			continue;
		if (!equals) {
			manx_fail(err, -EINVAL, "CNI_ARGS: \"%.80s\": expected KEY=VALUE", pair);
			return MANX_CNI_BAD_ENV;
		}
		*equals = '\0';
		code = take_pair(args, pair, equals + 1, err);
	}
	return code;
}

int manx_cni_args_read(const struct manx_cni_env *env, struct manx_cni_args *args,
		       struct manx_error *err)
{
	char *copy = strdup(env->args);
	int code;

	*args = (struct manx_cni_args){ 0 };
	if (!copy) {
		manx_fail(err, -EINVAL, "out of memory");
		return MANX_CNI_TRY_LATER;
	}
	code = take_pairs(args, copy, err);
	free(copy);
	args->k8s = *args->ns && *args->pod;
	return code;
}
