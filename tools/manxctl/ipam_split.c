// SPDX-License-Identifier: GPL-2.0-only
/* manxctl ipam split: make several pools of one. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ipam_cmd.h"

/**
 * struct wanted - which pool
 * @cidr: of it
 * @name: that was found
 */
struct wanted {
	struct manx_prefix cidr;
	char name[256];
};

static void match(void *ctx, const struct manx_ipam_usage *u)
{
	struct wanted *w = ctx;

	if (!manx_prefix_cmp(&u->cidr, &w->cidr))
		snprintf(w->name, sizeof(w->name), "%s", u->name);
}

static int find(const char *text, struct wanted *w)
{
	struct manx_ipam_view *view;
	struct manx_store *store;
	int status = manxctl_ipam_open(&store, &view);

	if (status)
		return status;
	manx_ipam_view_usage(view, false, match, w);
	if (!*w->name) {
		fprintf(stderr, "manxctl: no pool has the CIDR %s\n", text);
		status = MANXCTL_FAILURE;
	}
	manx_ipam_view_free(view);
	manx_store_close(store);
	return status;
}

struct splitting {
	struct manx_store *store;
	const char *name;
	unsigned int parts;
};

static int split_once(void *ctx, struct manx_error *err)
{
	const struct splitting *s = ctx;

	return manx_ipam_split(s->store, s->name, s->parts, err);
}

static int split(const char *name, unsigned int parts)
{
	struct splitting s = { .name = name, .parts = parts };
	struct manx_error err = { 0 };
	int status = manxctl_open_store(&s.store, false);

	if (status)
		return status;
	if (manxctl_retry(split_once, &s, &err))
		status = manxctl_fail(&err);
	else
		printf("Successfully split IPPool(%s) into %u: split-%s-0 to split-%s-%u\n", name, parts,
		       name, name, parts - 1);
	manx_store_close(s.store);
	return status;
}

int manxctl_ipam_split(const struct manxctl_args *args)
{
	const char *cidr = args->value[MANXCTL_CIDR], *name = args->value[MANXCTL_NAME];
	struct wanted w = { .name = "" };
	unsigned long parts;
	char *end;
	int status;

	if (args->n_words != 2)
		return manxctl_usage("ipam", "split needs the number of parts, a power of two");
	parts = strtoul(args->words[1], &end, 10);
	if (*end || !*args->words[1] || parts > 1024)
		return manxctl_usage("ipam", "\"%s\" is no number of parts", args->words[1]);
	if (!cidr == !name)
		return manxctl_usage("ipam", "split needs either --name or --cidr");
	if (cidr && !manx_prefix_parse(cidr, &w.cidr))
		return manxctl_ipam_bad_value(args, MANXCTL_CIDR, "is no network");
	status = cidr ? find(cidr, &w) : MANXCTL_OK;
	return status ? status : split(cidr ? w.name : name, (unsigned int)parts);
}
