// SPDX-License-Identifier: GPL-2.0-only
/*
 * Messages of the module's multicast groups.
 */
#include <errno.h>
#include <linux/genetlink.h>
#include <stdio.h>
#include <string.h>

#include "dp_impl.h"

/* Where a number of the event goes; NULL if it is none. */
static uint32_t *number(struct manx_dp_event *ev, uint16_t type)
{
	switch (type) {
	case MANX_A_EVENT_TYPE:
		return &ev->type;
	case MANX_A_EVENT_GENERATION:
		return &ev->generation;
	case MANX_A_EVENT_ENDPOINT:
		return &ev->endpoint;
	case MANX_A_EVENT_IFINDEX:
		return &ev->ifindex;
	case MANX_A_EVENT_DIRECTION:
		return &ev->direction;
	case MANX_A_EVENT_REASON:
		return &ev->reason;
	case MANX_A_EVENT_SOURCE_PORT:
		return &ev->source_port;
	case MANX_A_EVENT_DESTINATION_PORT:
		return &ev->destination_port;
	case MANX_A_EVENT_LOST:
		return &ev->lost;
	default:
		return NULL;
	}
}

static int read_attr(const struct nlattr *attr, struct manx_dp_event *ev, struct manx_error *err)
{
	uint16_t type = mnl_attr_get_type(attr);
	uint32_t *n = number(ev, type), other = 0;
	struct manx_addr *addr = type == MANX_A_EVENT_SOURCE ? &ev->source : &ev->destination;

	if (n)
		return manx_dp_u32_parse(attr, n, err);
	switch (type) {
	case MANX_A_EVENT_PROTOCOL:
		if (manx_dp_u32_parse(attr, &other, err))
			return -EBADMSG;
		ev->protocol = (int)other;
		return 0;
	case MANX_A_EVENT_RULE:
		if (manx_dp_u32_parse(attr, &other, err))
			return -EBADMSG;
		ev->rule = other;
		return 0;
	case MANX_A_EVENT_TABLE:
		snprintf(ev->table, sizeof(ev->table), "%.*s",
			 (int)mnl_attr_get_payload_len(attr),
			 (const char *)mnl_attr_get_payload(attr));
		return 0;
	case MANX_A_EVENT_SOURCE:
	case MANX_A_EVENT_DESTINATION:
		return manx_nl_get_addr(attr, addr) ? 0 : manx_dp_bad_answer(attr, err);
	default:
		return 0;
	}
}

static int on_flow(const struct nlmsghdr *nlh, const struct manx_dp_listener *l, bool ended,
		   struct manx_error *err)
{
	struct manx_dp_flow flow;
	int rc = l->flow ? manx_dp_flow_parse(nlh, &flow, err) : 0;

	if (!rc && l->flow)
		l->flow(l->ctx, &flow, ended);
	return rc;
}

int manx_dp_on_event(const struct nlmsghdr *nlh, void *listener, struct manx_error *err)
{
	const struct genlmsghdr *genl = mnl_nlmsg_get_payload(nlh);
	struct manx_dp_event ev = { .protocol = -1, .rule = -1 };
	const struct manx_dp_listener *l = listener;
	const struct nlattr *attr;

	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(*genl))
		return 0;
	if (genl->cmd == MANX_CMD_FLOW_NEW_NTF || genl->cmd == MANX_CMD_FLOW_END_NTF)
		return on_flow(nlh, l, genl->cmd == MANX_CMD_FLOW_END_NTF, err);
	if (genl->cmd != MANX_CMD_EVENT_NTF)
		return 0;
	mnl_attr_for_each(attr, nlh, sizeof(*genl)) {
		int rc = read_attr(attr, &ev, err);

		if (rc)
			return rc;
	}
	l->event(l->ctx, &ev);
	return 0;
}

int manx_dp_events(struct manx_dp *dp, int timeout_ms, const struct manx_dp_listener *listener,
		   struct manx_error *err)
{
	return manx_nl_listen(dp->nl, timeout_ms, manx_dp_on_event, (void *)listener, err);
}
