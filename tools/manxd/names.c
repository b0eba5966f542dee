// SPDX-License-Identifier: GPL-2.0-only
#include "names.h"

#include <stdio.h>
#include <string.h>

#include "attachment.h"
#include "sha1.h"

/* Appends @part with its dashes doubled; false if it does not fit. */
static bool append_part(char *buf, size_t size, const char *part)
{
	size_t at = strlen(buf);

	for (; *part; part++) {
		if (at + 3 > size)
			return false;
		buf[at++] = *part;
		if (*part == '-')
			buf[at++] = '-';
	}
	buf[at] = '\0';
	return true;
}

static bool join(char *buf, const char *const part[4])
{
	buf[0] = '\0';
	for (int i = 0; i < 4; i++) {
		size_t at = strlen(buf);

		if (i && at + 2 > MANXD_WEP_NAME_SIZE)
			return false;
		if (i)
			strcpy(buf + at, "-");
		if (!append_part(buf, MANXD_WEP_NAME_SIZE, part[i]))
			return false;
	}
	return manx_name_is_valid(buf);
}

static bool wep_name_is_free(const struct manxd *d, const char *ns, const char *name)
{
	char key[1024];

	snprintf(key, sizeof(key), "e/%s/%s/%s", d->node, ns, name);
	return !manxd_state_get(&d->state, key) && !manxd_attachment_by_wep(d, key);
}

void manxd_name_wep(const struct manxd *d, const struct manxd_add *add, char *buf)
{
	bool k8s = !strcmp(add->orchestrator, "k8s");
	const char *const by_pod[4] = { d->node, "k8s", add->pod, add->target.ifname };
	const char *const by_id[4] = { d->node, "cni", add->target.container_id,
				       add->target.ifname };
	char hex[MANX_SHA1_HEX];

	if (k8s && join(buf, by_pod) && wep_name_is_free(d, add->ns, buf))
		return;
	if (join(buf, by_id) && wep_name_is_free(d, add->ns, buf))
		return;
	manx_sha1(add->target.handle, hex);
	snprintf(buf, MANXD_WEP_NAME_SIZE, "cni-%s", hex);
}

static void hash_name(const char *text, char buf[IFNAMSIZ])
{
	char hex[MANX_SHA1_HEX];

	manx_sha1(text, hex);
	snprintf(buf, IFNAMSIZ, "manx%.11s", hex);
}

static void pod_name(const char *ns, const char *pod, char buf[IFNAMSIZ])
{
	char text[2 * MANXD_WEP_NAME_SIZE];

	snprintf(text, sizeof(text), "%s.%s", ns, pod);
	hash_name(text, buf);
}

void manxd_name_link(const struct manxd *d, const struct manxd_add *add, char buf[IFNAMSIZ])
{
	if (!strcmp(add->orchestrator, "k8s") && !strcmp(add->target.ifname, "eth0")) {
		pod_name(add->ns, add->pod, buf);
		if (!manxd_links_name(&d->links, buf) && !manxd_attachment_by_link(d, buf))
			return;
	}
	hash_name(add->target.handle, buf);
}

void manxd_name_alt(const char *name, const char *ns, const char *pod, const char *ifname,
		    const char *handle, char buf[MANXD_ALT_NAME_SIZE])
{
	char expected[IFNAMSIZ], hex[MANX_SHA1_HEX];
	int n = MANXD_ALT_NAME_SIZE;

	pod_name(ns, pod, expected);
	if (*pod && !strcmp(name, expected))
		n = snprintf(buf, MANXD_ALT_NAME_SIZE, "%s.%s.%s", ns, pod, ifname);
	if (n >= MANXD_ALT_NAME_SIZE)
		n = snprintf(buf, MANXD_ALT_NAME_SIZE, "%s", handle);
	if (n >= MANXD_ALT_NAME_SIZE) {
		manx_sha1(handle, hex);
		snprintf(buf, MANXD_ALT_NAME_SIZE, "manx-%s", hex);
	}
}
