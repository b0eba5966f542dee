// SPDX-License-Identifier: GPL-2.0-only
/*
 * Make the module's state equal another: find what differs, and send that in
 * one transaction. The order of changes within it means nothing to the module,
 * which judges the result as a whole when it ends.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "dp_impl.h"

/* Patience with other writers: what a large commit of theirs may take. */
#define BUSY_MS		5000
#define BUSY_PAUSE_MS	20
/* Commits of others that may come between reading and the transaction. */
#define STALE_TRIES	20

/**
 * struct change - a comparison in progress
 * @dry: count what differs instead of sending it
 * @n: differences found
 */
struct change {
	struct manx_dp *dp;
	bool dry;
	size_t n;
};

/* Counts a difference; true if it shall be sent too. */
static bool differs(struct change *c)
{
	c->n++;
	return !c->dry;
}

/**
 * struct kind - a kind of object
 * @size: of an object
 * @cmp: order of objects by identity
 * @put: make the module's @have (NULL: it has none) equal @want
 * @del: delete @have
 * @title: "set \"x\"", for messages
 */
struct kind {
	size_t size;
	int (*cmp)(const void *a, const void *b);
	int (*put)(struct change *c, const void *have, const void *want, struct manx_error *err);
	int (*del)(struct change *c, const void *have, struct manx_error *err);
	void (*title)(const void *object, char *buf, size_t size);
};

/* a - b, of sorted arrays without repetition; room in @out for all of a. */
static void subtract(const struct manx_dp_prefixes *a, const struct manx_dp_prefixes *b,
		     struct manx_dp_prefixes *out)
{
	size_t j = 0;

	for (size_t i = 0; i < a->n; i++) {
		while (j < b->n && manx_prefix_cmp(&b->p[j], &a->p[i]) < 0)
			j++;
		if (j == b->n || manx_prefix_cmp(&b->p[j], &a->p[i]) != 0)
			out->p[out->n++] = a->p[i];
	}
}

/* Sends the members that came and went, or, if that is shorter, the whole set. */
static int send_members(struct change *c, const struct manx_dp_set *have,
			const struct manx_dp_set *want, struct manx_error *err)
{
	struct manx_dp_prefixes add = { 0 }, del = { 0 };
	int rc = 0;

	add.p = calloc(want->members.n + 1, sizeof(*add.p));
	del.p = calloc(have->members.n + 1, sizeof(*del.p));
	if (!add.p || !del.p) {
		rc = manx_fail(err, -ENOMEM, "out of memory");
		goto out;
	}
	subtract(&want->members, &have->members, &add);
	subtract(&have->members, &want->members, &del);
	if (add.n + del.n > want->members.n) {
		rc = manx_dp_put_set(c->dp, want->name, &want->members, err);
		goto out;
	}
	if (del.n)
		rc = manx_dp_put_members(c->dp, MANX_CMD_MEMBER_DEL, want->name, &del, err);
	if (!rc && add.n)
		rc = manx_dp_put_members(c->dp, MANX_CMD_MEMBER_ADD, want->name, &add, err);
out:
	free(add.p);
	free(del.p);
	return rc;
}

static int compare_set(struct change *c, const struct manx_dp_set *have,
		       const struct manx_dp_set *want, struct manx_error *err)
{
	if (!have)
		return differs(c) ? manx_dp_put_set(c->dp, want->name, &want->members, err) : 0;
	if (manx_dp_prefixes_equal(&have->members, &want->members))
		return 0;
	return differs(c) ? send_members(c, have, want, err) : 0;
}

/* The members of @want may be in any order and repeat. */
static int put_set(struct change *c, const void *have, const void *want_, struct manx_error *err)
{
	struct manx_dp_set want = *(const struct manx_dp_set *)want_;
	struct manx_prefix *p = calloc(want.members.n + 1, sizeof(*p));
	int rc;

	if (!p)
		return manx_fail(err, -ENOMEM, "out of memory");
	if (want.members.n)
		memcpy(p, want.members.p, want.members.n * sizeof(*p));
	want.members.p = p;
	manx_dp_prefixes_sort(&want.members);
	rc = compare_set(c, have, &want, err);
	free(p);
	return rc;
}

static int del_set(struct change *c, const void *have, struct manx_error *err)
{
	const struct manx_dp_set *set = have;

	return differs(c) ? manx_dp_del_name(c->dp, MANX_CMD_SET_DEL, set->name, err) : 0;
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

static int put_table(struct change *c, const void *have, const void *want, struct manx_error *err)
{
	if (have && table_equal(have, want))
		return 0;
	return differs(c) ? manx_dp_put_table(c->dp, want, err) : 0;
}

static int del_table(struct change *c, const void *have, struct manx_error *err)
{
	const struct manx_dp_table *table = have;

	return differs(c) ? manx_dp_del_name(c->dp, MANX_CMD_TABLE_DEL, table->name, err) : 0;
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

static int put_endpoint(struct change *c, const void *have, const void *want,
			struct manx_error *err)
{
	if (have && endpoint_equal(have, want))
		return 0;
	return differs(c) ? manx_dp_put_endpoint(c->dp, want, err) : 0;
}

static int del_endpoint(struct change *c, const void *have, struct manx_error *err)
{
	const struct manx_dp_endpoint *e = have;

	return differs(c) ? manx_dp_del_endpoint(c->dp, e->id, err) : 0;
}

static void endpoint_title(const void *object, char *buf, size_t size)
{
	const struct manx_dp_endpoint *e = object;

	snprintf(buf, size, "endpoint %" PRIu32 " (%s)", e->id, e->name ? e->name : "no name");
}

static int put_peer(struct change *c, const void *have, const void *want, struct manx_error *err)
{
	if (have)
		return 0;
	return differs(c) ? manx_dp_put_peer(c->dp, MANX_CMD_PEER_NEW, want, err) : 0;
}

static int del_peer(struct change *c, const void *have, struct manx_error *err)
{
	return differs(c) ? manx_dp_put_peer(c->dp, MANX_CMD_PEER_DEL, have, err) : 0;
}

static void peer_title(const void *object, char *buf, size_t size)
{
	char text[MANX_ADDR_STRLEN];

	snprintf(buf, size, "peer %s", manx_addr_format(object, text));
}

static const struct kind sets = {
	sizeof(struct manx_dp_set), manx_dp_set_cmp, put_set, del_set, set_title,
};
static const struct kind tables = {
	sizeof(struct manx_dp_table), manx_dp_table_cmp, put_table, del_table, table_title,
};
static const struct kind endpoints = {
	sizeof(struct manx_dp_endpoint), manx_dp_endpoint_cmp, put_endpoint, del_endpoint,
	endpoint_title,
};
static const struct kind peers = {
	sizeof(struct manx_addr), manx_dp_peer_cmp, put_peer, del_peer, peer_title,
};

static int cmp_indirect(const void *a, const void *b, void *kind)
{
	const struct kind *k = kind;

	return k->cmp(*(const void *const *)a, *(const void *const *)b);
}

/* Pointers to @n objects at @array in order; malloc'ed, NULL without memory. */
static const void **in_order(const struct kind *k, const void *array, size_t n)
{
	const void **p = calloc(n + 1, sizeof(*p));

	if (!p)
		return NULL;
	for (size_t i = 0; i < n; i++)
		p[i] = (const char *)array + i * k->size;
	if (n > 1)
		qsort_r(p, n, sizeof(*p), cmp_indirect, (void *)k);
	return p;
}

/* Puts the object before the words of @err. */
static int blame(const struct kind *k, const void *object, struct manx_error *err)
{
	char title[192];

	k->title(object, title, sizeof(title));
	return manx_error_prefix(err, "%s", title);
}

static int check_unique(const struct kind *k, const void *const *want, size_t n,
			struct manx_error *err)
{
	for (size_t i = 1; i < n; i++)
		if (k->cmp(want[i - 1], want[i]) == 0) {
			manx_fail(err, -EINVAL, "given twice");
			return blame(k, want[i], err);
		}
	return 0;
}

/* Both in order. */
static int merge(struct change *c, const struct kind *k, const char *have, size_t n_have,
		 const void *const *want, size_t n_want, struct manx_error *err)
{
	size_t i = 0, j = 0;

	while (i < n_have || j < n_want) {
		const void *h = have + i * k->size;
		int order = i == n_have ? 1 : j == n_want ? -1 : k->cmp(h, want[j]);
		int rc;

		if (order < 0)
			rc = k->del(c, h, err);
		else
			rc = k->put(c, order == 0 ? h : NULL, want[j], err);
		if (rc)
			return blame(k, order < 0 ? h : want[j], err);
		i += order <= 0;
		j += order >= 0;
	}
	return 0;
}

static int compare_kind(struct change *c, const struct kind *k, const void *have, size_t n_have,
			const void *want, size_t n_want, struct manx_error *err)
{
	const void **ordered = in_order(k, want, n_want);
	int rc;

	if (!ordered)
		return manx_fail(err, -ENOMEM, "out of memory");
	rc = check_unique(k, ordered, n_want, err);
	if (!rc)
		rc = merge(c, k, have, n_have, ordered, n_want, err);
	free(ordered);
	return rc;
}

static int compare_node(struct change *c, const struct manx_dp_node *have,
			const struct manx_dp_node *want, struct manx_error *err)
{
	if ((!want->mark_mask || want->mark_mask == have->mark_mask) &&
	    want->endpoint_to_node == have->endpoint_to_node)
		return 0;
	return differs(c) ? manx_dp_put_node(c->dp, want, err) : 0;
}

static int compare(struct change *c, const struct manx_dp_state *have,
		   const struct manx_dp_state *want, struct manx_error *err)
{
	int rc = compare_node(c, &have->node, &want->node, err);

	if (!rc)
		rc = compare_kind(c, &sets, have->set, have->n_sets, want->set, want->n_sets, err);
	if (!rc)
		rc = compare_kind(c, &tables, have->table, have->n_tables,
				  want->table, want->n_tables, err);
	if (!rc)
		rc = compare_kind(c, &endpoints, have->endpoint, have->n_endpoints,
				  want->endpoint, want->n_endpoints, err);
	if (!rc)
		rc = compare_kind(c, &peers, have->peer, have->n_peers,
				  want->peer, want->n_peers, err);
	return rc;
}

/* -ESTALE if the state is no longer of @generation. Waits while another writer is at work. */
static int begin(struct manx_dp *dp, uint32_t generation, struct manx_error *err)
{
	static const struct timespec pause = { .tv_nsec = BUSY_PAUSE_MS * 1000000L };
	int rc = -EBUSY;

	for (int ms = 0; rc == -EBUSY && ms < BUSY_MS; ms += BUSY_PAUSE_MS) {
		struct nlmsghdr *nlh;

		if (ms)
			nanosleep(&pause, NULL);
		nlh = manx_dp_request(dp, MANX_CMD_TXN_BEGIN, 0);
		mnl_attr_put_u32(nlh, MANX_A_NODE_GENERATION, generation);
		rc = manx_nl_talk(dp->nl, NULL, NULL, err);
	}
	return rc;
}

static int on_end(const struct nlmsghdr *nlh, void *ctx, struct manx_error *err)
{
	const struct nlattr *attr;
	int rc = 0;

	mnl_attr_for_each(attr, nlh, sizeof(uint32_t))
		if (mnl_attr_get_type(attr) == MANX_A_NODE_GENERATION)
			rc = manx_dp_u32_parse(attr, ctx, err);
	return rc;
}

static int end(struct manx_dp *dp, bool commit, uint32_t *generation, struct manx_error *err)
{
	struct nlmsghdr *nlh = manx_dp_request(dp, MANX_CMD_TXN_END, 0);

	if (commit)
		mnl_attr_put(nlh, MANX_A_NODE_COMMIT, 0, NULL);
	return manx_nl_talk(dp->nl, on_end, generation, err);
}

static int transact(struct manx_dp *dp, const struct manx_dp_state *have,
		    const struct manx_dp_state *want, uint32_t *generation,
		    struct manx_error *err)
{
	struct change c = { .dp = dp };
	int rc = begin(dp, have->node.generation, err);

	if (rc)
		return rc;
	rc = compare(&c, have, want, err);
	if (!rc)
		rc = end(dp, true, generation, err);
	if (rc)
		end(dp, false, generation, NULL);
	return rc;
}

/* One try. -ESTALE: the state changed since it was read. */
static int apply(struct manx_dp *dp, const struct manx_dp_state *want, uint32_t *generation,
		 struct manx_error *err)
{
	struct change dry = { .dp = dp, .dry = true };
	struct manx_dp_state have;
	int rc = manx_dp_read(dp, &have, err);

	if (rc)
		return rc;
	*generation = have.node.generation;
	rc = compare(&dry, &have, want, err);
	if (!rc && dry.n)
		rc = transact(dp, &have, want, generation, err);
	manx_dp_state_clear(&have);
	return rc;
}

int manx_dp_apply(struct manx_dp *dp, const struct manx_dp_state *want, uint32_t *generation,
		  struct manx_error *err)
{
	uint32_t reached = 0;
	int rc = -ESTALE;

	for (int i = 0; rc == -ESTALE && i < STALE_TRIES; i++)
		rc = apply(dp, want, &reached, err);
	if (generation)
		*generation = reached;
	return rc == -EPERM ? manx_dp_no_permission(err) : rc;
}
