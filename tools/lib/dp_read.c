// SPDX-License-Identifier: GPL-2.0-only
/*
 * States as the module tells them. A dump goes on in the next message under
 * the same name when one is full.
 */
#include <errno.h>
#include <linux/genetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "dp_impl.h"

/* Commits that may come between before reading is given up, and the pause after each. */
#define READ_TRIES	50
#define READ_PAUSE_NS	(10 * 1000 * 1000)

static int no_memory(struct manx_error *err)
{
	return manx_fail(err, -ENOMEM, "out of memory");
}

/* MANX_A_ENDPOINT_DROPS, MANX_A_NODE_DROPS */
static int read_drops(const struct nlattr *nest, struct manx_dp_drop **drop, size_t *n,
		      struct manx_error *err)
{
	struct manx_dp_drop *more = manx_more(*drop, *n, sizeof(*more));
	struct manx_dp_drop d = { 0 };
	const struct nlattr *attr;
	int rc = 0;

	if (!more)
		return no_memory(err);
	*drop = more;
	mnl_attr_for_each_nested(attr, nest) {
		if (mnl_attr_get_type(attr) == MANX_A_DROPS_REASON)
			rc = manx_dp_u32_parse(attr, &d.reason, err);
		else if (mnl_attr_get_type(attr) == MANX_A_DROPS_PACKETS)
			rc = manx_dp_u64_parse(attr, &d.packets, err);
		if (rc)
			return rc;
	}
	more[(*n)++] = d;
	return 0;
}

static int read_node_attr(const struct nlattr *attr, struct manx_dp_node *node,
			  struct manx_error *err)
{
	switch (mnl_attr_get_type(attr)) {
	case MANX_A_NODE_GENERATION:
		return manx_dp_u32_parse(attr, &node->generation, err);
	case MANX_A_NODE_MEMBERS:
		return manx_dp_u32_parse(attr, &node->members, err);
	case MANX_A_NODE_RULES:
		return manx_dp_u32_parse(attr, &node->rules, err);
	case MANX_A_NODE_CLASSES:
		return manx_dp_u32_parse(attr, &node->classes, err);
	case MANX_A_NODE_FLOWS:
		return manx_dp_u32_parse(attr, &node->flows, err);
	case MANX_A_NODE_MEMORY:
		return manx_dp_u64_parse(attr, &node->memory, err);
	case MANX_A_NODE_VERSION:
		snprintf(node->version, sizeof(node->version), "%.*s",
			 (int)mnl_attr_get_payload_len(attr),
			 (const char *)mnl_attr_get_payload(attr));
		return 0;
	case MANX_A_NODE_DROPS:
		return read_drops(attr, &node->drop, &node->n_drops, err);
	default:
		return manx_dp_config_read(attr, &node->config, err);
	}
}

int manx_dp_on_node(const struct nlmsghdr *nlh, void *ctx, struct manx_error *err)
{
	const struct nlattr *attr;

	mnl_attr_for_each(attr, nlh, sizeof(struct genlmsghdr)) {
		int rc = read_node_attr(attr, ctx, err);

		if (rc)
			return rc;
	}
	return 0;
}

static int read_node(struct manx_dp *dp, struct manx_dp_node *node, struct manx_error *err)
{
	manx_dp_request(dp, MANX_CMD_NODE_GET, 0);
	return manx_nl_talk(dp->nl, manx_dp_on_node, node, err);
}

int manx_dp_check_generation(struct manx_dp *dp, uint32_t generation, struct manx_error *err)
{
	struct nlmsghdr *nlh = manx_dp_request(dp, MANX_CMD_NODE_GET, 0);

	mnl_attr_put_u32(nlh, MANX_A_NODE_GENERATION, generation);
	return manx_nl_talk(dp->nl, NULL, NULL, err);
}

/* Sets and tables have their names in attributes of the same number. */
static const struct nlattr *name_attr(const struct nlmsghdr *nlh)
{
	const struct nlattr *attr;

	mnl_attr_for_each(attr, nlh, sizeof(struct genlmsghdr))
		if (mnl_attr_get_type(attr) == MANX_A_SET_NAME &&
		    mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) == 0)
			return attr;
	return NULL;
}

/* Does the message go on with what bears @name? */
static bool goes_on(const struct nlmsghdr *nlh, const char *name)
{
	const struct nlattr *attr = name_attr(nlh);

	return attr && strcmp(mnl_attr_get_str(attr), name) == 0;
}

static char *copy_name(const struct nlmsghdr *nlh)
{
	const struct nlattr *attr = name_attr(nlh);

	return strdup(attr ? mnl_attr_get_str(attr) : "");
}

/* The set that a message tells of; NULL without memory. */
static struct manx_dp_set *set_of(struct manx_dp_state *st, const struct nlmsghdr *nlh)
{
	struct manx_dp_set *set = st->set;

	if (st->n_sets && goes_on(nlh, set[st->n_sets - 1].name))
		return &set[st->n_sets - 1];
	set = manx_more(set, st->n_sets, sizeof(*set));
	if (!set)
		return NULL;
	st->set = set;
	set += st->n_sets;
	*set = (struct manx_dp_set){ .name = copy_name(nlh) };
	st->n_sets += set->name != NULL;
	return set->name ? set : NULL;
}

static int on_set(const struct nlmsghdr *nlh, void *ctx, struct manx_error *err)
{
	struct manx_dp_set *set = set_of(ctx, nlh);
	const struct nlattr *attr;

	if (!set)
		return no_memory(err);
	mnl_attr_for_each(attr, nlh, sizeof(struct genlmsghdr))
		if (mnl_attr_get_type(attr) == MANX_A_SET_MEMBER) {
			int rc = manx_dp_prefix_parse(attr, &set->members, err);

			if (rc)
				return rc;
		}
	return 0;
}

static struct manx_dp_table *table_of(struct manx_dp_state *st, const struct nlmsghdr *nlh)
{
	struct manx_dp_table *table = st->table;

	if (st->n_tables && goes_on(nlh, table[st->n_tables - 1].name))
		return &table[st->n_tables - 1];
	table = manx_more(table, st->n_tables, sizeof(*table));
	if (!table)
		return NULL;
	st->table = table;
	table += st->n_tables;
	*table = (struct manx_dp_table){ .name = copy_name(nlh) };
	st->n_tables += table->name != NULL;
	return table->name ? table : NULL;
}

static int read_rule(const struct nlattr *nest, struct manx_dp_table *table,
		     struct manx_error *err)
{
	struct manx_dp_rule *more = manx_more(table->rule, table->n_rules, sizeof(*more));
	int rc;

	if (!more)
		return no_memory(err);
	table->rule = more;
	rc = manx_dp_rule_parse(nest, &more[table->n_rules], err);
	if (!rc)
		table->n_rules++;
	return rc;
}

static int read_table_attr(const struct nlattr *attr, struct manx_dp_table *table,
			   struct manx_error *err)
{
	switch (mnl_attr_get_type(attr)) {
	case MANX_A_TABLE_DIRECTION:
		return manx_dp_u32_parse(attr, &table->direction, err);
	case MANX_A_TABLE_DEFAULT_ACTION:
		return manx_dp_u32_parse(attr, &table->default_action, err);
	case MANX_A_TABLE_DEFAULT_PACKETS:
		return manx_dp_u64_parse(attr, &table->default_packets, err);
	case MANX_A_TABLE_FORM:
		return manx_dp_u32_parse(attr, &table->form, err);
	case MANX_A_TABLE_MEMORY:
		return manx_dp_u64_parse(attr, &table->memory, err);
	case MANX_A_TABLE_RULE:
		return read_rule(attr, table, err);
	default:
		return 0;
	}
}

int manx_dp_on_table(const struct nlmsghdr *nlh, void *ctx, struct manx_error *err)
{
	struct manx_dp_table *table = table_of(ctx, nlh);
	const struct nlattr *attr;

	if (!table)
		return no_memory(err);
	mnl_attr_for_each(attr, nlh, sizeof(struct genlmsghdr)) {
		int rc = read_table_attr(attr, table, err);

		if (rc)
			return rc;
	}
	return 0;
}

static int read_endpoint_name(const struct nlattr *attr, struct manx_dp_endpoint *e,
			      struct manx_error *err)
{
	free(e->name);
	e->name = strndup(mnl_attr_get_payload(attr), mnl_attr_get_payload_len(attr));
	return e->name ? 0 : no_memory(err);
}

static int read_mac(const struct nlattr *attr, struct manx_dp_endpoint *e, struct manx_error *err)
{
	if (mnl_attr_get_payload_len(attr) != sizeof(e->mac))
		return manx_dp_bad_answer(attr, err);
	memcpy(e->mac, mnl_attr_get_payload(attr), sizeof(e->mac));
	e->has_mac = true;
	return 0;
}

static int read_endpoint_attr(const struct nlattr *attr, struct manx_dp_endpoint *e,
			      struct manx_error *err)
{
	switch (mnl_attr_get_type(attr)) {
	case MANX_A_ENDPOINT_ID:
		return manx_dp_u32_parse(attr, &e->id, err);
	case MANX_A_ENDPOINT_NAME:
		return read_endpoint_name(attr, e, err);
	case MANX_A_ENDPOINT_ADDRESS:
		return manx_dp_prefix_parse(attr, &e->addr, err);
	case MANX_A_ENDPOINT_SOURCE_PREFIX:
		return manx_dp_prefix_parse(attr, &e->source, err);
	case MANX_A_ENDPOINT_MAC:
		return read_mac(attr, e, err);
	case MANX_A_ENDPOINT_FLAGS:
		return manx_dp_u32_parse(attr, &e->flags, err);
	case MANX_A_ENDPOINT_INGRESS:
		return manx_dp_name_parse(attr, &e->ingress, err);
	case MANX_A_ENDPOINT_EGRESS:
		return manx_dp_name_parse(attr, &e->egress, err);
	case MANX_A_ENDPOINT_IFINDEX:
		return manx_dp_u32_parse(attr, &e->ifindex, err);
	case MANX_A_ENDPOINT_RX_PACKETS:
		return manx_dp_u64_parse(attr, &e->rx_packets, err);
	case MANX_A_ENDPOINT_RX_BYTES:
		return manx_dp_u64_parse(attr, &e->rx_bytes, err);
	case MANX_A_ENDPOINT_TX_PACKETS:
		return manx_dp_u64_parse(attr, &e->tx_packets, err);
	case MANX_A_ENDPOINT_TX_BYTES:
		return manx_dp_u64_parse(attr, &e->tx_bytes, err);
	case MANX_A_ENDPOINT_FLOWS_FROM:
		return manx_dp_u32_parse(attr, &e->flows_from, err);
	case MANX_A_ENDPOINT_FLOWS_TO:
		return manx_dp_u32_parse(attr, &e->flows_to, err);
	case MANX_A_ENDPOINT_DROPS:
		return read_drops(attr, &e->drop, &e->n_drops, err);
	default:
		return 0;
	}
}

int manx_dp_on_endpoint(const struct nlmsghdr *nlh, void *ctx, struct manx_error *err)
{
	struct manx_dp_endpoint e = { 0 }, *more;
	struct manx_dp_state *st = ctx;
	const struct nlattr *attr;
	int rc = 0;

	mnl_attr_for_each(attr, nlh, sizeof(struct genlmsghdr)) {
		rc = read_endpoint_attr(attr, &e, err);
		if (rc)
			break;
	}
	more = rc ? NULL : manx_more(st->endpoint, st->n_endpoints, sizeof(*more));
	if (!more) {
		manx_dp_endpoint_clear(&e);
		return rc ? rc : no_memory(err);
	}
	st->endpoint = more;
	more[st->n_endpoints++] = e;
	return 0;
}

static int on_peer(const struct nlmsghdr *nlh, void *ctx, struct manx_error *err)
{
	struct manx_dp_state *st = ctx;
	struct manx_addr *more = manx_more(st->peer, st->n_peers, sizeof(*more));
	const struct nlattr *attr;

	if (!more)
		return no_memory(err);
	st->peer = more;
	mnl_attr_for_each(attr, nlh, sizeof(struct genlmsghdr)) {
		if (mnl_attr_get_type(attr) != MANX_A_PEER_ADDRESS)
			continue;
		if (!manx_nl_get_addr(attr, &more[st->n_peers]))
			return manx_dp_bad_answer(attr, err);
		st->n_peers++;
		break;
	}
	return 0;
}

static int dump(struct manx_dp *dp, uint8_t cmd, manx_nl_fn fn, struct manx_dp_state *st,
		struct manx_error *err)
{
	manx_dp_request(dp, cmd, NLM_F_DUMP);
	return manx_nl_talk(dp->nl, fn, st, err);
}

static int read_all(struct manx_dp *dp, uint32_t id, struct manx_dp_state *st,
		    struct manx_error *err)
{
	static const struct {
		uint8_t cmd;
		manx_nl_fn fn;
	} lists[] = {
		{ MANX_CMD_SET_GET, on_set }, { MANX_CMD_TABLE_GET, manx_dp_on_table },
		{ MANX_CMD_ENDPOINT_GET, manx_dp_on_endpoint }, { MANX_CMD_PEER_GET, on_peer },
	};
	int rc = read_node(dp, &st->node, err);

	(void)id;
	for (size_t i = 0; !rc && i < MNL_ARRAY_SIZE(lists); i++)
		rc = dump(dp, lists[i].cmd, lists[i].fn, st, err);
	return rc ? rc : manx_dp_check_generation(dp, st->node.generation, err);
}

/* Whether a failure of reading passes: 0, or what to return. */
static int passes(struct manx_dp *dp, int rc, struct manx_error *err)
{
	switch (rc) {
	case -ESTALE:
	case -EINTR:
		return 0;
	case -ENOENT:		/* the family: the module is gone, or was loaded anew */
		return manx_dp_resolve(dp, err);
	case -EPERM:
		return manx_dp_no_permission(err);
	default:
		return manx_error_prefix(err, "reading the dataplane");
	}
}

/*
 * Read with @once until nothing came between. *@st is empty after a failure.
 */
static int read_again(struct manx_dp *dp, uint32_t id, struct manx_dp_state *st,
		      int (*once)(struct manx_dp *, uint32_t, struct manx_dp_state *,
				  struct manx_error *),
		      struct manx_error *err)
{
	static const struct timespec pause = { .tv_nsec = READ_PAUSE_NS };

	for (int i = 0; i < READ_TRIES; i++) {
		int rc;

		memset(st, 0, sizeof(*st));
		rc = once(dp, id, st, err);
		if (!rc) {
			manx_dp_state_sort(st);
			return 0;
		}
		manx_dp_state_clear(st);
		rc = passes(dp, rc, err);
		if (rc)
			return rc;
		nanosleep(&pause, NULL);
	}
	return manx_fail(err, -EAGAIN, "the dataplane changed %d times while it was read",
			 READ_TRIES);
}

int manx_dp_read(struct manx_dp *dp, struct manx_dp_state *st, struct manx_error *err)
{
	return read_again(dp, 0, st, read_all, err);
}

static int read_endpoints(struct manx_dp *dp, uint32_t id, struct manx_dp_state *st,
			  struct manx_error *err)
{
	struct nlmsghdr *nlh = manx_dp_request(dp, MANX_CMD_ENDPOINT_GET, id ? 0 : NLM_F_DUMP);
	int rc;

	if (id)
		mnl_attr_put_u32(nlh, MANX_A_ENDPOINT_ID, id);
	rc = manx_nl_talk(dp->nl, manx_dp_on_endpoint, st, err);
	return rc == -ENOENT ? 0 : rc;
}

int manx_dp_read_endpoints(struct manx_dp *dp, uint32_t id, struct manx_dp_endpoint **ep,
			   size_t *n, struct manx_error *err)
{
	struct manx_dp_state st;
	int rc = read_again(dp, id, &st, read_endpoints, err);

	if (rc)
		return rc;
	*ep = st.endpoint;
	*n = st.n_endpoints;
	return 0;
}
