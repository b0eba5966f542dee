// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests for particular addresses, from all places where a runtime or a user of
 * Multus may write one.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent.h"
#include "cni_conf.h"

/* @where: for messages. */
static int take(struct manx_cni_ips *ips, const char *where, const char *text,
		struct manx_error *err)
{
	struct manx_prefix p;
	struct manx_addr *to;
	char had[MANX_ADDR_STRLEN];

	if (!manx_prefix_parse(text, &p))
		return manx_fail(err, -EINVAL, "%s: \"%.80s\" is no address", where, text);
	to = p.addr.family == 4 ? &ips->addr4 : &ips->addr6;
	if (to->family && manx_addr_cmp(to, &p.addr))
		return manx_fail(err, -EINVAL,
				 "%s: \"%.80s\": %s is asked for, too, but an interface has one address a family",
				 where, text, manx_addr_format(to, had));
	*to = p.addr;
	return 0;
}

static int take_item(const struct manx_json *at, void *ctx, struct manx_error *err)
{
	const char *text = "";
	int rc = manx_json_text(at, &text, err);

	return rc ? rc : take(ctx, at->path, text, err);
}

static int take_args(struct manx_cni_ips *ips, const struct manx_cni_args *args,
		     struct manx_error *err)
{
	char *copy = strdup(args->ip), *rest = copy, *text, where[300];
	int rc = copy ? 0 : manx_fail(err, -ENOMEM, "out of memory");

	snprintf(where, sizeof(where), "CNI_ARGS: IP=%s", args->ip);
	while (!rc && (text = strsep(&rest, ",")) != NULL)
		if (*text || rest)
			rc = take(ips, where, text, err);
	free(copy);
	return rc;
}

int manx_cni_ips_read(struct manx_cni_ips *ips, const struct manx_cni_conf *conf,
		      const struct manx_cni_args *args, struct manx_error *err)
{
	struct manx_json cni = manx_json_get(&conf->top, "args");
	struct manx_json runtime = manx_json_get(&conf->top, "runtimeConfig");
	int rc;

	*ips = (struct manx_cni_ips){ 0 };
	cni = manx_json_get(&cni, "cni");
	rc = take_args(ips, args, err);
	if (!rc)
		rc = manx_json_each(&cni, "ips", take_item, ips, err);
	if (!rc)
		rc = manx_json_each(&runtime, "ips", take_item, ips, err);
	return rc ? MANX_CNI_BAD_CONFIG : 0;
}
