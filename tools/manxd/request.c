// SPDX-License-Identifier: GPL-2.0-only
#include "request.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cni_env.h"
#include "ipam.h"
#include "json.h"
#include "model.h"

#define DIGITS	"0123456789"

/* What an MTU can be: IPv4's least, and the largest packet. */
#define MTU_MIN		68
#define MTU_MAX		65535

static bool is_uid(const char *s)
{
	return strlen(s) == MANX_UID_LEN && strspn(s, DIGITS "abcdef") == MANX_UID_LEN;
}

/* A 64-bit number; cookies are compared as text. */
static bool is_cookie(const char *s)
{
	size_t n = strlen(s);

	return n && n <= 20 && strspn(s, DIGITS) == n;
}

/* Mandatory: absent is like "". */
static int get_text(const struct manx_json *top, const char *key, const char **out,
		    struct manx_error *err)
{
	*out = "";
	return manx_json_string(top, key, out, err);
}

static int refuse(const char *key, const char *value, const char *allowed, struct manx_error *err)
{
	return manx_fail(err, -EINVAL, "%s: \"%.80s\" is not %s", key, value, allowed);
}

static int decode_target(const struct manx_json *top, struct manxd_target *t,
			 struct manx_error *err)
{
	static const char word[] = "1 to 200 letters, digits, '_', '.' and '-'";

	if (get_text(top, "network", &t->network, err) ||
	    get_text(top, "containerID", &t->container_id, err) ||
	    get_text(top, "ifname", &t->ifname, err))
		return -EINVAL;
	if (!manx_cni_is_word(t->network))
		return refuse("network", t->network, word, err);
	if (!manx_cni_is_word(t->container_id))
		return refuse("containerID", t->container_id, word, err);
	if (!manx_cni_is_ifname(t->ifname))
		return refuse("ifname", t->ifname, "the name of an interface", err);
	snprintf(t->handle, sizeof(t->handle), "%s.%s.%s", t->network, t->container_id,
		 t->ifname);
	return 0;
}

int manxd_target_decode(const cJSON *msg, struct manxd_target *target, struct manx_error *err)
{
	struct manx_json top = manx_json_top(msg);

	return decode_target(&top, target, err);
}

static int decode_pod(const struct manx_json *top, struct manxd_add *add, struct manx_error *err)
{
	add->ns = "default";
	add->orchestrator = "cni";
	if (manx_json_string(top, "namespace", &add->ns, err) ||
	    manx_json_string(top, "orchestrator", &add->orchestrator, err) ||
	    get_text(top, "pod", &add->pod, err))
		return -EINVAL;
	if (!manx_name_is_valid(add->ns))
		return refuse("namespace", add->ns, "the name of a namespace", err);
	if (!manx_name_is_valid(add->orchestrator))
		return refuse("orchestrator", add->orchestrator, "a name", err);
	if (*add->pod && !manx_name_is_valid(add->pod))
		return refuse("pod", add->pod, "the name of a pod", err);
	if (!*add->pod && !strcmp(add->orchestrator, "k8s"))
		return manx_fail(err, -EINVAL, "pod is missing");
	return 0;
}

static int decode_attempt(const struct manx_json *top, struct manxd_add *add,
			  struct manx_error *err)
{
	if (get_text(top, "uid", &add->uid, err) ||
	    get_text(top, "netnsCookie", &add->netns, err) ||
	    manx_json_u32(top, "mtu", 0, MTU_MAX, &add->mtu, err) ||
	    manx_json_bool(top, "ipv4", &add->ipv4, err) ||
	    manx_json_bool(top, "ipv6", &add->ipv6, err))
		return -EINVAL;
	if (!is_uid(add->uid))
		return refuse("uid", add->uid, "32 hexadecimal digits", err);
	if (!is_cookie(add->netns))
		return refuse("netnsCookie", add->netns, "a number", err);
	if (add->mtu && add->mtu < MTU_MIN)
		return manx_fail(err, -EINVAL, "mtu: %u is less than %d", add->mtu, MTU_MIN);
	if (!add->ipv4 && !add->ipv6)
		return manx_fail(err, -EINVAL, "neither an IPv4 nor an IPv6 address is asked for");
	return 0;
}

/* Names or CIDRs; which ones exist is IPAM's business. */
static int decode_pools(const struct manx_json *top, const char *key, const char ***out,
			struct manx_error *err)
{
	struct manx_json list;
	const cJSON *item;
	size_t n = 0;
	int rc = manx_json_array(top, key, &list, err);

	if (rc || !list.v)
		return rc;
	*out = calloc((size_t)cJSON_GetArraySize(list.v) + 1, sizeof(**out));
	if (!*out)
		return manx_fail(err, -ENOMEM, "out of memory");
	cJSON_ArrayForEach(item, list.v) {
		struct manx_json at = manx_json_item(&list, n, item);

		rc = manx_json_text(&at, &(*out)[n++], err);
		if (rc)
			return rc;
	}
	return 0;
}

static int decode_address(const struct manx_json *at, void *ctx, struct manx_error *err)
{
	struct manxd_add *add = ctx;
	struct manx_addr addr, *to;
	const char *text;
	int rc = manx_json_text(at, &text, err);

	if (rc)
		return rc;
	if (!manx_addr_parse(text, &addr))
		return refuse(at->path, text, "an address", err);
	to = addr.family == 4 ? &add->addr4 : &add->addr6;
	if (to->family)
		return refuse(at->path, text, "the only one of its family", err);
	if (!(addr.family == 4 ? add->ipv4 : add->ipv6))
		return refuse(at->path, text, "of a family that is asked for", err);
	*to = addr;
	return 0;
}

/* The schema of WorkloadEndpoint judges what is in them. */
static int decode_labels(const struct manx_json *top, struct manxd_add *add,
			 struct manx_error *err)
{
	struct manx_json labels;
	int rc = manx_json_object(top, "labels", &labels, err);

	if (!rc)
		add->labels = labels.v;
	return rc;
}

int manxd_add_decode(const cJSON *msg, struct manxd_add *add, struct manx_error *err)
{
	struct manx_json top = manx_json_top(msg);
	int rc;

	memset(add, 0, sizeof(*add));
	rc = decode_target(&top, &add->target, err);
	if (!rc)
		rc = decode_attempt(&top, add, err);
	if (!rc)
		rc = decode_pod(&top, add, err);
	if (!rc)
		rc = decode_labels(&top, add, err);
	if (!rc)
		rc = decode_pools(&top, "pools4", &add->pools4, err);
	if (!rc)
		rc = decode_pools(&top, "pools6", &add->pools6, err);
	if (!rc)
		rc = manx_json_each(&top, "addresses", decode_address, add, err);
	return rc;
}

void manxd_add_clear(struct manxd_add *add)
{
	free(add->pools4);
	free(add->pools6);
}
