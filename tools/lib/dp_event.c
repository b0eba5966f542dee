// SPDX-License-Identifier: GPL-2.0-only
/*
 * Events of the module's multicast group.
 */
#include <errno.h>
#include <linux/genetlink.h>
#include <stdio.h>
#include <string.h>

#include "dp_impl.h"

struct listener {
	void (*fn)(void *ctx, const struct manx_dp_event *ev);
	void *ctx;
};

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
	case MANX_A_EVENT_RULE:
		return &ev->rule;
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
	uint32_t *n = number(ev, type), protocol = 0;
	struct manx_addr *addr = type == MANX_A_EVENT_SOURCE ? &ev->source : &ev->destination;

	if (n)
		return manx_dp_u32_parse(attr, n, err);
	switch (type) {
	case MANX_A_EVENT_PROTOCOL:
		if (manx_dp_u32_parse(attr, &protocol, err))
			return -EBADMSG;
		ev->protocol = (int)protocol;
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

static int on_event(const struct nlmsghdr *nlh, void *ctx, struct manx_error *err)
{
	const struct genlmsghdr *genl = mnl_nlmsg_get_payload(nlh);
	struct manx_dp_event ev = { .protocol = -1 };
	const struct listener *l = ctx;
	const struct nlattr *attr;

	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(*genl) || genl->cmd != MANX_CMD_EVENT_NTF)
		return 0;
	mnl_attr_for_each(attr, nlh, sizeof(*genl)) {
		int rc = read_attr(attr, &ev, err);

		if (rc)
			return rc;
	}
	l->fn(l->ctx, &ev);
	return 0;
}

int manx_dp_events(struct manx_dp *dp, int timeout_ms,
		   void (*fn)(void *ctx, const struct manx_dp_event *ev), void *ctx,
		   struct manx_error *err)
{
	struct listener l = { fn, ctx };

	return manx_nl_listen(dp->nl, timeout_ms, on_event, &l, err);
}
