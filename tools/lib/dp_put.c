// SPDX-License-Identifier: GPL-2.0-only
/*
 * Changes as requests to the module. What is too large for one message goes on
 * in further ones, which only add.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "dp_impl.h"

static int too_large(struct manx_error *err, const char *what)
{
	return manx_fail(err, -EMSGSIZE,
			 "%s does not fit into one message of %d octets: use sets for long lists",
			 what, MANX_NL_REQUEST_MAX);
}

/* Sets and tables: the name is attribute 1, what they hold repeats behind it. */
_Static_assert((int)MANX_A_SET_NAME == (int)MANX_A_TABLE_NAME, "request_named() serves both");

static struct nlmsghdr *request_named(struct manx_dp *dp, uint8_t cmd, const char *name)
{
	struct nlmsghdr *nlh = manx_dp_request(dp, cmd, 0);

	/* a name beyond MANX_NAME_MAX, or one that did not even fit, is refused there */
	mnl_attr_put_strz_check(nlh, MANX_NL_REQUEST_MAX, MANX_A_SET_NAME, name);
	return nlh;
}

int manx_dp_put_members(struct manx_dp *dp, uint8_t cmd, const char *name,
			const struct manx_dp_prefixes *members, struct manx_error *err)
{
	struct nlmsghdr *nlh = request_named(dp, cmd, name);
	uint8_t more = cmd == MANX_CMD_SET_NEW ? MANX_CMD_MEMBER_ADD : cmd;

	for (size_t i = 0; i < members->n; i++) {
		int rc;

		if (manx_dp_prefix_put(nlh, MANX_A_SET_MEMBER, &members->p[i]))
			continue;
		rc = manx_nl_talk(dp->nl, NULL, NULL, err);
		if (rc)
			return rc;
		nlh = request_named(dp, more, name);
		manx_dp_prefix_put(nlh, MANX_A_SET_MEMBER, &members->p[i]);
	}
	return manx_nl_talk(dp->nl, NULL, NULL, err);
}

int manx_dp_put_table(struct manx_dp *dp, const struct manx_dp_table *t, struct manx_error *err)
{
	struct nlmsghdr *nlh = request_named(dp, MANX_CMD_TABLE_NEW, t->name);
	char what[32];

	mnl_attr_put_u32(nlh, MANX_A_TABLE_DIRECTION, t->direction);
	mnl_attr_put_u32(nlh, MANX_A_TABLE_DEFAULT_ACTION, t->default_action);
	for (size_t i = 0; i < t->n_rules; i++) {
		int rc;

		if (manx_dp_rule_put(nlh, MANX_A_TABLE_RULE, &t->rule[i]))
			continue;
		rc = manx_nl_talk(dp->nl, NULL, NULL, err);
		if (rc)
			return rc;
		nlh = request_named(dp, MANX_CMD_RULE_ADD, t->name);
		if (!manx_dp_rule_put(nlh, MANX_A_TABLE_RULE, &t->rule[i])) {
			snprintf(what, sizeof(what), "rule %" PRIu32, t->rule[i].id);
			return too_large(err, what);
		}
	}
	return manx_nl_talk(dp->nl, NULL, NULL, err);
}

int manx_dp_put_endpoint(struct manx_dp *dp, const struct manx_dp_endpoint *e,
			 struct manx_error *err)
{
	struct nlmsghdr *nlh = manx_dp_request(dp, MANX_CMD_ENDPOINT_NEW, 0);
	bool fits;

	mnl_attr_put_u32(nlh, MANX_A_ENDPOINT_ID, e->id);
	mnl_attr_put_u32(nlh, MANX_A_ENDPOINT_FLAGS, e->flags);
	if (e->has_mac)
		mnl_attr_put(nlh, MANX_A_ENDPOINT_MAC, sizeof(e->mac), e->mac);
	fits = (!e->name || mnl_attr_put_strz_check(nlh, MANX_NL_REQUEST_MAX,
						    MANX_A_ENDPOINT_NAME, e->name)) &&
	       manx_dp_prefixes_put(nlh, MANX_A_ENDPOINT_ADDRESS, &e->addr) &&
	       manx_dp_prefixes_put(nlh, MANX_A_ENDPOINT_SOURCE_PREFIX, &e->source) &&
	       manx_dp_names_put(nlh, MANX_A_ENDPOINT_INGRESS, &e->ingress) &&
	       manx_dp_names_put(nlh, MANX_A_ENDPOINT_EGRESS, &e->egress);
	return fits ? manx_nl_talk(dp->nl, NULL, NULL, err) : too_large(err, "the endpoint");
}

int manx_dp_put_peer(struct manx_dp *dp, uint8_t cmd, const struct manx_addr *peer,
		     struct manx_error *err)
{
	struct nlmsghdr *nlh = manx_dp_request(dp, cmd, 0);

	if (peer->family != 4)
		return manx_fail(err, -EINVAL, "a peer has an IPv4 address");
	manx_nl_put_addr(nlh, MANX_A_PEER_ADDRESS, peer);
	return manx_nl_talk(dp->nl, NULL, NULL, err);
}

/* Puts the names of the options before the words of @err: one of them it was. */
static int blame_options(const struct manx_dp_config *config, struct manx_error *err)
{
	char names[512] = "";

	for (enum manx_dp_option i = 0; i < MANX_DP_OPTIONS; i++) {
		size_t at = strlen(names);

		if (manx_dp_config_has(config, i))
			snprintf(names + at, sizeof(names) - at, "%s%s", at ? ", " : "",
				 manx_dp_option_name(i));
	}
	return manx_error_prefix(err, "%s", names);
}

int manx_dp_put_config(struct manx_dp *dp, const struct manx_dp_config *config,
		       struct manx_error *err)
{
	struct nlmsghdr *nlh = manx_dp_request(dp, MANX_CMD_NODE_SET, 0);
	int rc;

	manx_dp_config_write(nlh, config);
	rc = manx_nl_talk(dp->nl, NULL, NULL, err);
	return rc ? blame_options(config, err) : 0;
}

int manx_dp_del_name(struct manx_dp *dp, uint8_t cmd, const char *name, struct manx_error *err)
{
	request_named(dp, cmd, name);
	return manx_nl_talk(dp->nl, NULL, NULL, err);
}

int manx_dp_del_endpoint(struct manx_dp *dp, uint32_t id, struct manx_error *err)
{
	struct nlmsghdr *nlh = manx_dp_request(dp, MANX_CMD_ENDPOINT_DEL, 0);

	mnl_attr_put_u32(nlh, MANX_A_ENDPOINT_ID, id);
	return manx_nl_talk(dp->nl, NULL, NULL, err);
}
