// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dp_impl.h"

static const char *const actions[] = {
	[MANX_ACTION_ALLOW] = "allow",
	[MANX_ACTION_DENY] = "deny",
	[MANX_ACTION_REJECT] = "reject",
	[MANX_ACTION_PASS] = "pass",
	[MANX_ACTION_LOG] = "log",
};
const struct manx_dp_words manx_dp_actions = { actions, MANX_ACTION_MAX + 1 };

static const char *const directions[] = {
	[MANX_DIRECTION_INGRESS] = "ingress",
	[MANX_DIRECTION_EGRESS] = "egress",
};
const struct manx_dp_words manx_dp_directions = { directions, MANX_DIRECTION_MAX + 1 };

/* by bit number */
static const char *const flags[] = { "allow-encap", "allow-dhcp" };
_Static_assert(MANX_ENDPOINT_FLAGS_ALLOW_ENCAP == 1 << 0 &&
	       MANX_ENDPOINT_FLAGS_ALLOW_DHCP == 1 << 1 &&
	       MANX_ENDPOINT_FLAGS_MASK == 3, "names of flags");
const struct manx_dp_words manx_dp_flags = { flags, MNL_ARRAY_SIZE(flags) };

static const char *const reasons[] = {
	[MANX_DROP_REASON_CLOSED] = "closed",
	[MANX_DROP_REASON_POLICY_EGRESS] = "policy-egress",
	[MANX_DROP_REASON_POLICY_INGRESS] = "policy-ingress",
	[MANX_DROP_REASON_TO_NODE] = "to-node",
	[MANX_DROP_REASON_ETHERTYPE] = "ethertype",
	[MANX_DROP_REASON_DEST_MAC] = "dest-mac",
	[MANX_DROP_REASON_SOURCE_MAC] = "source-mac",
	[MANX_DROP_REASON_SOURCE_ADDRESS] = "source-address",
	[MANX_DROP_REASON_MALFORMED] = "malformed",
	[MANX_DROP_REASON_NEIGHBOUR] = "neighbour",
	[MANX_DROP_REASON_ENCAP] = "encap",
	[MANX_DROP_REASON_TOO_BIG] = "too-big",
	[MANX_DROP_REASON_LINK_DOWN] = "link-down",
	[MANX_DROP_REASON_BACKLOG] = "backlog",
	[MANX_DROP_REASON_NO_MEMORY] = "no-memory",
	[MANX_DROP_REASON_NO_PEER] = "no-peer",
	[MANX_DROP_REASON_NO_ROUTE] = "no-route",
	[MANX_DROP_REASON_INNER_SOURCE] = "inner-source",
	[MANX_DROP_REASON_FLOW_LIMIT] = "flow-limit",
	[MANX_DROP_REASON_FRAGMENT_RATE] = "fragment-rate",
	[MANX_DROP_REASON_NOT_SYN] = "not-syn",
};
_Static_assert(MNL_ARRAY_SIZE(reasons) == MANX_DROP_REASON_MAX + 1, "names of drop reasons");
static const struct manx_dp_words drop_reasons = { reasons, MNL_ARRAY_SIZE(reasons) };

static const char *const events[] = {
	[MANX_EVENT_TYPE_GENERATION] = "generation",
	[MANX_EVENT_TYPE_ENDPOINT_BOUND] = "endpoint-bound",
	[MANX_EVENT_TYPE_ENDPOINT_UNBOUND] = "endpoint-unbound",
	[MANX_EVENT_TYPE_LOG] = "log",
	[MANX_EVENT_TYPE_DROP] = "drop",
	[MANX_EVENT_TYPE_LOST] = "lost",
	[MANX_EVENT_TYPE_AUDIT] = "audit",
};
_Static_assert(MNL_ARRAY_SIZE(events) == MANX_EVENT_TYPE_MAX + 1, "names of events");
static const struct manx_dp_words event_types = { events, MNL_ARRAY_SIZE(events) };

static const char *const forms[] = {
	[MANX_TABLE_FORM_CELLS] = "cells",
	[MANX_TABLE_FORM_BIT_VECTORS] = "bit-vectors",
};
_Static_assert(MNL_ARRAY_SIZE(forms) == MANX_TABLE_FORM_MAX + 1, "names of table forms");
static const struct manx_dp_words table_forms = { forms, MNL_ARRAY_SIZE(forms) };

static const char *const flow_states[] = {
	[MANX_FLOW_STATE_NEW] = "new",
	[MANX_FLOW_STATE_REPLIED] = "replied",
	[MANX_FLOW_STATE_ESTABLISHED] = "established",
	[MANX_FLOW_STATE_CLOSING] = "closing",
	[MANX_FLOW_STATE_CLOSED] = "closed",
};
_Static_assert(MNL_ARRAY_SIZE(flow_states) == MANX_FLOW_STATE_MAX + 1, "names of flow states");
const struct manx_dp_words manx_dp_flow_states = { flow_states, MNL_ARRAY_SIZE(flow_states) };

static const char *const ways[] = {
	[MANX_WAY_STACK] = "stack",
	[MANX_WAY_ESTABLISHED] = "established",
	[MANX_WAY_DIRECT] = "direct",
};
_Static_assert(MNL_ARRAY_SIZE(ways) == MANX_WAY_MAX + 1, "names of ways");
const struct manx_dp_words manx_dp_ways = { ways, MNL_ARRAY_SIZE(ways) };

static const char *const whys[] = {
	[MANX_WHY_OFF] = "off",
	[MANX_WHY_NEW] = "new",
	[MANX_WHY_TRANSLATED] = "translated",
	[MANX_WHY_HELPER] = "helper",
	[MANX_WHY_UNTRACKED] = "untracked",
	[MANX_WHY_STAY] = "stay",
	[MANX_WHY_CLOSING] = "closing",
	[MANX_WHY_ROUTE] = "route",
	[MANX_WHY_DEVICE] = "device",
	[MANX_WHY_IPSEC] = "ipsec",
};
_Static_assert(MNL_ARRAY_SIZE(whys) == MANX_WHY_MAX + 1, "names of what keeps flows in the stack");
static const struct manx_dp_words stack_whys = { whys, MNL_ARRAY_SIZE(whys) };

/* by bit number */
static const char *const flow_flags[] = { "picked-up", "translated", "untracked" };
_Static_assert(MANX_FLOW_FLAGS_PICKED_UP == 1 << 0 && MANX_FLOW_FLAGS_TRANSLATED == 1 << 1 &&
	       MANX_FLOW_FLAGS_UNTRACKED == 1 << 2 && MANX_FLOW_FLAGS_MASK == 7,
	       "names of flow flags");

static const struct {
	const char *name;
	int number;
} protocols[] = {
	{ "icmp", IPPROTO_ICMP }, { "tcp", IPPROTO_TCP }, { "udp", IPPROTO_UDP },
	{ "icmpv6", IPPROTO_ICMPV6 }, { "sctp", IPPROTO_SCTP }, { "udplite", IPPROTO_UDPLITE },
};

static const char *name(const struct manx_dp_words *words, uint32_t i)
{
	return i < words->n ? words->word[i] : "?";
}

const char *manx_dp_action_name(uint32_t action)
{
	return name(&manx_dp_actions, action);
}

const char *manx_dp_direction_name(uint32_t direction)
{
	return name(&manx_dp_directions, direction);
}

const char *manx_dp_reason_name(uint32_t reason)
{
	return name(&drop_reasons, reason);
}

const char *manx_dp_event_name(uint32_t type)
{
	return name(&event_types, type);
}

const char *manx_dp_form_name(uint32_t form)
{
	return name(&table_forms, form);
}

const char *manx_dp_flow_state_name(uint32_t state)
{
	return name(&manx_dp_flow_states, state);
}

const char *manx_dp_way_name(uint32_t way)
{
	return name(&manx_dp_ways, way);
}

const char *manx_dp_why_name(uint32_t why)
{
	return name(&stack_whys, why);
}

const char *manx_dp_flow_flag_name(uint32_t bit)
{
	return bit < MNL_ARRAY_SIZE(flow_flags) ? flow_flags[bit] : NULL;
}

const char *manx_dp_protocol_name(int protocol)
{
	for (size_t i = 0; i < MNL_ARRAY_SIZE(protocols); i++)
		if (protocols[i].number == protocol)
			return protocols[i].name;
	return NULL;
}

int manx_dp_word(const struct manx_dp_words *words, const char *word, struct manx_error *err)
{
	char list[128] = "";

	for (uint32_t i = 0; i < words->n; i++) {
		size_t at = strlen(list);

		if (strcmp(words->word[i], word) == 0)
			return (int)i;
		snprintf(list + at, sizeof(list) - at, "%s%s", i ? ", " : "", words->word[i]);
	}
	return manx_fail(err, -EINVAL, "\"%s\" is none of: %s", word, list);
}

int manx_dp_protocol(const char *word)
{
	char *end;
	long n;

	for (size_t i = 0; i < MNL_ARRAY_SIZE(protocols); i++)
		if (strcasecmp(protocols[i].name, word) == 0)
			return protocols[i].number;
	n = strtol(word, &end, 10);
	return *word >= '0' && *word <= '9' && *end == '\0' && n <= 255 ? (int)n : -1;
}
