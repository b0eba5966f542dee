// SPDX-License-Identifier: GPL-2.0-only
/*
 * What must change to make one state another. Knows no module: the result is a
 * list, which dp_apply.c sends.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dp_impl.h"

/**
 * struct kind - a kind of object
 * @size: of an object
 * @cmp: order of objects by identity
 * @put: add what makes @have (NULL: there is none) equal @want
 * @del: command that deletes one
 * @title: "set \"x\"", for messages
 */
struct kind {
	size_t size;
	int (*cmp)(const void *a, const void *b);
	int (*put)(struct manx_dp_diff *d, const void *have, const void *want);
	uint8_t del;
	void (*title)(const void *object, char *buf, size_t size);
};

static int add(struct manx_dp_diff *d, uint8_t cmd, const void *object,
	       const struct manx_dp_prefixes *members)
{
	struct manx_dp_change *more = manx_more(d->change, d->n, sizeof(*more));

	if (!more)
		return -ENOMEM;
	d->change = more;
	more[d->n++] = (struct manx_dp_change){ cmd, object, *members };
	return 0;
}

static int add_object(struct manx_dp_diff *d, uint8_t cmd, const void *object)
{
	return add(d, cmd, object, &(struct manx_dp_prefixes){ 0 });
}

/* a - b, of sorted arrays without repetition; -ENOMEM */
static int subtract(const struct manx_dp_prefixes *a, const struct manx_dp_prefixes *b,
		    struct manx_dp_prefixes *out)
{
	size_t j = 0;

	for (size_t i = 0; i < a->n; i++) {
		while (j < b->n && manx_prefix_cmp(&b->p[j], &a->p[i]) < 0)
			j++;
		if (j < b->n && manx_prefix_cmp(&b->p[j], &a->p[i]) == 0)
			continue;
		if (!manx_dp_prefixes_add(out, &a->p[i]))
			return -ENOMEM;
	}
	return 0;
}

static int add_members(struct manx_dp_diff *d, uint8_t cmd, const struct manx_dp_set *set,
		       struct manx_dp_prefixes *members)
{
	int rc = members->n ? add(d, cmd, set, members) : 0;

	if (rc || !members->n)
		free(members->p);
	*members = (struct manx_dp_prefixes){ 0 };
	return rc;
}

/* The members that came and went, or, if that is shorter, the whole set. */
static int put_set(struct manx_dp_diff *d, const void *have_, const void *want_)
{
	const struct manx_dp_set *have = have_, *want = want_;
	struct manx_dp_prefixes came = { 0 }, went = { 0 };
	int rc;

	if (!have)
		return add_object(d, MANX_CMD_SET_NEW, want);
	rc = subtract(&want->members, &have->members, &came);
	if (!rc)
		rc = subtract(&have->members, &want->members, &went);
	if (!rc && came.n + went.n > want->members.n) {
		rc = add_object(d, MANX_CMD_SET_NEW, want);
		came.n = went.n = 0;
	}
	if (!rc)
		rc = add_members(d, MANX_CMD_MEMBER_DEL, want, &went);
	if (!rc)
		rc = add_members(d, MANX_CMD_MEMBER_ADD, want, &came);
	free(came.p);
	free(went.p);
	return rc;
}

static void set_title(const void *object, char *buf, size_t size)
{
	snprintf(buf, size, "set \"%s\"", ((const struct manx_dp_set *)object)->name);
}

static bool table_equal(const struct manx_dp_table *a, const struct manx_dp_table *b)
{
	if (a->direction != b->direction || a->default_action != b->default_action ||
	    a->n_rules != b->n_rules)
		return false;
	for (size_t i = 0; i < a->n_rules; i++)
		if (!manx_dp_rule_equal(&a->rule[i], &b->rule[i]))
			return false;
	return true;
}

static int put_table(struct manx_dp_diff *d, const void *have, const void *want)
{
	return have && table_equal(have, want) ? 0 : add_object(d, MANX_CMD_TABLE_NEW, want);
}

static void table_title(const void *object, char *buf, size_t size)
{
	snprintf(buf, size, "table \"%s\"", ((const struct manx_dp_table *)object)->name);
}

static bool endpoint_equal(const struct manx_dp_endpoint *a, const struct manx_dp_endpoint *b)
{
	return strcmp(a->name ? a->name : "", b->name ? b->name : "") == 0 &&
	       a->flags == b->flags && a->has_mac == b->has_mac &&
	       (!a->has_mac || memcmp(a->mac, b->mac, sizeof(a->mac)) == 0) &&
	       manx_dp_prefixes_same(&a->addr, &b->addr) &&
	       manx_dp_prefixes_same(&a->source, &b->source) &&
	       manx_dp_names_equal(&a->ingress, &b->ingress) &&
	       manx_dp_names_equal(&a->egress, &b->egress);
}

static int put_endpoint(struct manx_dp_diff *d, const void *have, const void *want)
{
	return have && endpoint_equal(have, want) ? 0 :
	       add_object(d, MANX_CMD_ENDPOINT_NEW, want);
}

static void endpoint_title(const void *object, char *buf, size_t size)
{
	const struct manx_dp_endpoint *e = object;

	snprintf(buf, size, "endpoint %" PRIu32 " (%s)", e->id, e->name ? e->name : "no name");
}

static int put_peer(struct manx_dp_diff *d, const void *have, const void *want)
{
	return have ? 0 : add_object(d, MANX_CMD_PEER_NEW, want);
}

static void peer_title(const void *object, char *buf, size_t size)
{
	char text[MANX_ADDR_STRLEN];

	snprintf(buf, size, "peer %s", manx_addr_format(object, text));
}

static const struct kind sets = {
	sizeof(struct manx_dp_set), manx_dp_set_cmp, put_set, MANX_CMD_SET_DEL, set_title,
};
static const struct kind tables = {
	sizeof(struct manx_dp_table), manx_dp_table_cmp, put_table, MANX_CMD_TABLE_DEL,
	table_title,
};
static const struct kind endpoints = {
	sizeof(struct manx_dp_endpoint), manx_dp_endpoint_cmp, put_endpoint,
	MANX_CMD_ENDPOINT_DEL, endpoint_title,
};
static const struct kind peers = {
	sizeof(struct manx_addr), manx_dp_peer_cmp, put_peer, MANX_CMD_PEER_DEL, peer_title,
};

static const struct kind *kind_of(uint8_t cmd)
{
	switch (cmd) {
	case MANX_CMD_TABLE_NEW:
	case MANX_CMD_TABLE_DEL:
		return &tables;
	case MANX_CMD_ENDPOINT_NEW:
	case MANX_CMD_ENDPOINT_DEL:
		return &endpoints;
	case MANX_CMD_PEER_NEW:
	case MANX_CMD_PEER_DEL:
		return &peers;
	default:
		return &sets;
	}
}

/* Puts the object before the words of @err. */
static int blame(const struct kind *k, const void *object, struct manx_error *err)
{
	char title[192];

	k->title(object, title, sizeof(title));
	return manx_error_prefix(err, "%s", title);
}

int manx_dp_change_blame(const struct manx_dp_change *change, struct manx_error *err)
{
	return blame(kind_of(change->cmd), change->object, err);
}

static int check_unique(const struct kind *k, const char *want, size_t n, struct manx_error *err)
{
	for (size_t i = 1; i < n; i++)
		if (k->cmp(want + (i - 1) * k->size, want + i * k->size) == 0) {
			manx_fail(err, -EINVAL, "given twice");
			return blame(k, want + i * k->size, err);
		}
	return 0;
}

/* Both in order. */
static int merge(struct manx_dp_diff *d, const struct kind *k, const void *have_, size_t n_have,
		 const void *want_, size_t n_want, struct manx_error *err)
{
	const char *have = have_, *want = want_;
	int rc = check_unique(k, want, n_want, err);
	size_t i = 0, j = 0;

	if (rc)
		return rc;
	while (!rc && (i < n_have || j < n_want)) {
		const char *h = i < n_have ? have + i * k->size : NULL;
		const char *w = j < n_want ? want + j * k->size : NULL;
		int order = !h ? 1 : !w ? -1 : k->cmp(h, w);

		if (order < 0)
			rc = add_object(d, k->del, h);
		else
			rc = k->put(d, order == 0 ? h : NULL, w);
		i += order <= 0;
		j += order >= 0;
	}
	return rc ? manx_fail(err, rc, "out of memory") : 0;
}

static int merge_all(struct manx_dp_diff *d, const struct manx_dp_state *have,
		     const struct manx_dp_state *want, struct manx_error *err)
{
	int rc = merge(d, &sets, have->set, have->n_sets, want->set, want->n_sets, err);

	if (!rc)
		rc = merge(d, &tables, have->table, have->n_tables, want->table, want->n_tables,
			   err);
	if (!rc)
		rc = merge(d, &endpoints, have->endpoint, have->n_endpoints, want->endpoint,
			   want->n_endpoints, err);
	if (!rc)
		rc = merge(d, &peers, have->peer, have->n_peers, want->peer, want->n_peers, err);
	return rc;
}

int manx_dp_diff(const struct manx_dp_state *have, const struct manx_dp_state *want,
		 struct manx_dp_diff *d, struct manx_error *err)
{
	int rc;

	*d = (struct manx_dp_diff){
		.config = manx_dp_config_diff(&have->node.config, &want->node.config),
	};
	rc = merge_all(d, have, want, err);
	if (rc)
		manx_dp_diff_clear(d);
	return rc;
}

size_t manx_dp_diff_count(const struct manx_dp_diff *d)
{
	return d->n + (d->config.given != 0);
}

void manx_dp_diff_clear(struct manx_dp_diff *d)
{
	for (size_t i = 0; i < d->n; i++)
		free(d->change[i].members.p);
	free(d->change);
	*d = (struct manx_dp_diff){ 0 };
}
