// SPDX-License-Identifier: GPL-2.0-only
/*
 * Entries of the module's flow table: what is asked for, what comes back.
 */
#include <errno.h>
#include <inttypes.h>
#include <linux/genetlink.h>
#include <stdlib.h>
#include <string.h>

#include "dp_impl.h"
#include "json.h"

/* --- filters --- */

/* A number that a filter may ask for. */
static const struct number {
	const char *key;
	size_t offset;
	uint16_t attr;
	uint32_t max;
	enum { ENDPOINT, PROTOCOL, STATE, WAY, PORT } type;
} numbers[] = {
	{ "from", offsetof(struct manx_dp_flow_filter, from), MANX_A_FLOW_FROM, UINT32_MAX,
	  ENDPOINT },
	{ "to", offsetof(struct manx_dp_flow_filter, to), MANX_A_FLOW_TO, UINT32_MAX, ENDPOINT },
	{ "endpoint", offsetof(struct manx_dp_flow_filter, endpoint), MANX_A_FLOW_ENDPOINT,
	  UINT32_MAX, ENDPOINT },
	{ "protocol", offsetof(struct manx_dp_flow_filter, protocol), MANX_A_FLOW_PROTOCOL, 255,
	  PROTOCOL },
	{ "sport", offsetof(struct manx_dp_flow_filter, source_port), MANX_A_FLOW_SOURCE_PORT,
	  65535, PORT },
	{ "dport", offsetof(struct manx_dp_flow_filter, destination_port),
	  MANX_A_FLOW_DESTINATION_PORT, 65535, PORT },
	{ "state", offsetof(struct manx_dp_flow_filter, state), MANX_A_FLOW_STATE, 0, STATE },
	{ "way", offsetof(struct manx_dp_flow_filter, way), MANX_A_FLOW_WAY, 0, WAY },
};

static const int64_t *value(const struct manx_dp_flow_filter *filter, const struct number *n)
{
	return (const int64_t *)((const char *)filter + n->offset);
}

static int64_t parse_decimal(const char *text, uint32_t max)
{
	char *end;
	unsigned long long v = strtoull(text, &end, 10);

	return *text >= '0' && *text <= '9' && !*end && v <= max ? (int64_t)v : -1;
}

static int parse_number(const struct number *n, const char *text, int64_t *out,
			struct manx_error *err)
{
	switch (n->type) {
	case STATE:
	case WAY:
		*out = manx_dp_word(n->type == STATE ? &manx_dp_flow_states : &manx_dp_ways, text,
				    err);
		return *out < 0 ? manx_error_prefix(err, "%s", n->key) : 0;
	case PROTOCOL:
		*out = manx_dp_protocol(text);
		return *out < 0 ? manx_fail(err, -EINVAL,
					    "%s \"%s\": expected a number from 0 to 255 or a name like tcp",
					    n->key, text) : 0;
	case ENDPOINT:
		*out = !strcmp(text, "outside") ? 0 : !strcmp(text, "node") ? 1 :
		       parse_decimal(text, n->max);
		return *out < 0 ? manx_fail(err, -EINVAL,
					    "%s \"%s\": expected the id of an endpoint, outside or node",
					    n->key, text) : 0;
	default:
		*out = parse_decimal(text, n->max);
		return *out < 0 ? manx_fail(err, -EINVAL,
					    "%s \"%s\": expected a number from 0 to %" PRIu32,
					    n->key, text, n->max) : 0;
	}
}

static int set_number(struct manx_dp_flow_filter *filter, const struct number *n,
		      const char *text, struct manx_error *err)
{
	int64_t *out = (int64_t *)((char *)filter + n->offset);

	if (*out >= 0)
		return manx_fail(err, -EINVAL, "%s: given twice", n->key);
	return parse_number(n, text, out, err);
}

static int set_addr(struct manx_dp_flow_filter *filter, const char *key, const char *text,
		    struct manx_error *err)
{
	bool is_source = strcmp(key, "source") == 0;
	struct manx_addr *addr = is_source ? &filter->source : &filter->destination;
	const struct manx_addr *other = is_source ? &filter->destination : &filter->source;

	if (addr->family)
		return manx_fail(err, -EINVAL, "%s: given twice", key);
	if (!manx_addr_parse(text, addr)) {
		addr->family = 0;
		return manx_fail(err, -EINVAL, "%s \"%s\": expected an address", key, text);
	}
	if (other->family && other->family != addr->family)
		return manx_fail(err, -EINVAL,
				 "%s \"%s\": source and destination are of different families: leave one away",
				 key, text);
	return 0;
}

int manx_dp_flow_filter_set(struct manx_dp_flow_filter *filter, const char *key,
			    const char *text, struct manx_error *err)
{
	for (size_t i = 0; i < MNL_ARRAY_SIZE(numbers); i++)
		if (strcmp(numbers[i].key, key) == 0)
			return set_number(filter, &numbers[i], text, err);
	if (strcmp(key, "source") == 0 || strcmp(key, "destination") == 0)
		return set_addr(filter, key, text, err);
	return manx_fail(err, -EINVAL,
			 "\"%s\": expected from, to, endpoint, protocol, source, destination, sport, dport, state or way",
			 key);
}

void manx_dp_flow_filter_write(struct nlmsghdr *nlh, const struct manx_dp_flow_filter *filter)
{
	for (size_t i = 0; i < MNL_ARRAY_SIZE(numbers); i++)
		if (*value(filter, &numbers[i]) >= 0)
			mnl_attr_put_u32(nlh, numbers[i].attr,
					 (uint32_t)*value(filter, &numbers[i]));
	if (filter->source.family)
		manx_nl_put_addr(nlh, MANX_A_FLOW_SOURCE, &filter->source);
	if (filter->destination.family)
		manx_nl_put_addr(nlh, MANX_A_FLOW_DESTINATION, &filter->destination);
}

/* --- flows --- */

/* Where a number of 32 bits goes; NULL if it is none. */
static uint32_t *number32(struct manx_dp_flow *flow, uint16_t type)
{
	switch (type) {
	case MANX_A_FLOW_FROM:
		return &flow->from;
	case MANX_A_FLOW_TO:
		return &flow->to;
	case MANX_A_FLOW_SOURCE_PORT:
		return &flow->source_port;
	case MANX_A_FLOW_DESTINATION_PORT:
		return &flow->destination_port;
	case MANX_A_FLOW_DOMAIN:
		return &flow->domain;
	case MANX_A_FLOW_STATE:
		return &flow->state;
	case MANX_A_FLOW_FLAGS:
		return &flow->flags;
	case MANX_A_FLOW_EXPIRES:
		return &flow->expires;
	case MANX_A_FLOW_JUDGED:
		return &flow->judged;
	case MANX_A_FLOW_WAY:
		return &flow->way;
	case MANX_A_FLOW_REPLY_WAY:
		return &flow->reply_way;
	case MANX_A_FLOW_WHY:
		return &flow->why;
	case MANX_A_FLOW_REPLY_WHY:
		return &flow->reply_why;
	default:
		return NULL;
	}
}

static uint64_t *number64(struct manx_dp_flow *flow, uint16_t type)
{
	switch (type) {
	case MANX_A_FLOW_PACKETS:
		return &flow->packets;
	case MANX_A_FLOW_BYTES:
		return &flow->bytes;
	case MANX_A_FLOW_REPLY_PACKETS:
		return &flow->reply_packets;
	case MANX_A_FLOW_REPLY_BYTES:
		return &flow->reply_bytes;
	default:
		return NULL;
	}
}

static int read_attr(const struct nlattr *attr, struct manx_dp_flow *flow, struct manx_error *err)
{
	uint16_t type = mnl_attr_get_type(attr);
	uint32_t *n32 = number32(flow, type), other = 0;
	uint64_t *n64 = number64(flow, type);
	struct manx_addr *addr = type == MANX_A_FLOW_SOURCE ? &flow->source : &flow->destination;
	int rc;

	if (n32)
		return manx_dp_u32_parse(attr, n32, err);
	if (n64)
		return manx_dp_u64_parse(attr, n64, err);
	switch (type) {
	case MANX_A_FLOW_PROTOCOL:
		rc = manx_dp_u32_parse(attr, &other, err);
		flow->protocol = (int)other;
		return rc;
	case MANX_A_FLOW_ICMP_ID:
		rc = manx_dp_u32_parse(attr, &other, err);
		flow->icmp_id = other;
		return rc;
	case MANX_A_FLOW_SOURCE:
	case MANX_A_FLOW_DESTINATION:
		return manx_nl_get_addr(attr, addr) ? 0 : manx_dp_bad_answer(attr, err);
	default:
		return 0;
	}
}

int manx_dp_flow_parse(const struct nlmsghdr *nlh, struct manx_dp_flow *flow,
		       struct manx_error *err)
{
	const struct nlattr *attr;

	*flow = (struct manx_dp_flow){ .icmp_id = -1 };
	mnl_attr_for_each(attr, nlh, sizeof(struct genlmsghdr)) {
		int rc = read_attr(attr, flow, err);

		if (rc)
			return rc;
	}
	return 0;
}

/* Who takes the flows of a dump; @stopped: what it returned. */
struct taker {
	int (*fn)(void *ctx, const struct manx_dp_flow *flow);
	void *ctx;
	int stopped;
};

static int on_flow(const struct nlmsghdr *nlh, void *ctx, struct manx_error *err)
{
	struct taker *t = ctx;
	struct manx_dp_flow flow;
	int rc = t->stopped ? 0 : manx_dp_flow_parse(nlh, &flow, err);

	if (!rc && !t->stopped)
		t->stopped = t->fn(t->ctx, &flow);
	return rc;
}

static int explain(int rc, struct manx_error *err)
{
	if (rc == -EPERM)
		return manx_dp_no_permission(err);
	return rc ? manx_error_prefix(err, "the flow table") : 0;
}

int manx_dp_flows(struct manx_dp *dp, const struct manx_dp_flow_filter *filter,
		  int (*fn)(void *ctx, const struct manx_dp_flow *flow), void *ctx,
		  struct manx_error *err)
{
	struct taker t = { fn, ctx, 0 };
	int rc;

	manx_dp_flow_filter_write(manx_dp_request(dp, MANX_CMD_FLOW_GET, NLM_F_DUMP), filter);
	rc = manx_nl_talk(dp->nl, on_flow, &t, err);
	/* flows come and go while they are listed */
	if (rc == -EINTR)
		rc = 0;
	return rc ? explain(rc, err) : t.stopped;
}

static int on_flush(const struct nlmsghdr *nlh, void *ctx, struct manx_error *err)
{
	const struct nlattr *attr;
	int rc = 0;

	mnl_attr_for_each(attr, nlh, sizeof(struct genlmsghdr))
		if (mnl_attr_get_type(attr) == MANX_A_FLOW_ENDED)
			rc = manx_dp_u32_parse(attr, ctx, err);
	return rc;
}

int manx_dp_flush(struct manx_dp *dp, const struct manx_dp_flow_filter *filter,
		  uint32_t *ended, struct manx_error *err)
{
	*ended = 0;
	manx_dp_flow_filter_write(manx_dp_request(dp, MANX_CMD_FLOW_DEL, 0), filter);
	return explain(manx_nl_talk(dp->nl, on_flush, ended, err), err);
}

/* --- JSON --- */

static bool add_ends(cJSON *json, const struct manx_dp_flow *flow)
{
	const char *name = manx_dp_protocol_name(flow->protocol);
	char text[MANX_ADDR_STRLEN];

	return cJSON_AddNumberToObject(json, "from", flow->from) &&
	       cJSON_AddNumberToObject(json, "to", flow->to) &&
	       (name ? cJSON_AddStringToObject(json, "protocol", name) :
		       cJSON_AddNumberToObject(json, "protocol", flow->protocol)) &&
	       cJSON_AddStringToObject(json, "source", manx_addr_format(&flow->source, text)) &&
	       cJSON_AddStringToObject(json, "destination",
				       manx_addr_format(&flow->destination, text)) &&
	       cJSON_AddNumberToObject(json, "sourcePort", flow->source_port) &&
	       cJSON_AddNumberToObject(json, "destinationPort", flow->destination_port) &&
	       (flow->icmp_id < 0 ||
		cJSON_AddNumberToObject(json, "icmpId", (double)flow->icmp_id)) &&
	       (!flow->domain || cJSON_AddNumberToObject(json, "domain", flow->domain));
}

static bool add_flags(cJSON *json, uint32_t flags)
{
	cJSON *array = cJSON_AddArrayToObject(json, "flags");

	for (uint32_t i = 0; array && manx_dp_flow_flag_name(i); i++)
		if ((flags & 1u << i) &&
		    !cJSON_AddItemToArray(array, cJSON_CreateString(manx_dp_flow_flag_name(i))))
			return false;
	return array;
}

static bool add_ways(cJSON *json, const struct manx_dp_flow *flow)
{
	return cJSON_AddStringToObject(json, "way", manx_dp_way_name(flow->way)) &&
	       (flow->way != MANX_WAY_STACK ||
		cJSON_AddStringToObject(json, "why", manx_dp_why_name(flow->why))) &&
	       cJSON_AddStringToObject(json, "replyWay", manx_dp_way_name(flow->reply_way)) &&
	       (flow->reply_way != MANX_WAY_STACK ||
		cJSON_AddStringToObject(json, "replyWhy", manx_dp_why_name(flow->reply_why)));
}

cJSON *manx_dp_flow_to_json(const struct manx_dp_flow *flow)
{
	cJSON *json = cJSON_CreateObject();

	if (add_ends(json, flow) &&
	    cJSON_AddStringToObject(json, "state", manx_dp_flow_state_name(flow->state)) &&
	    add_flags(json, flow->flags) &&
	    cJSON_AddNumberToObject(json, "expires", flow->expires) &&
	    manx_json_add_u64(json, "packets", flow->packets) &&
	    manx_json_add_u64(json, "bytes", flow->bytes) &&
	    manx_json_add_u64(json, "replyPackets", flow->reply_packets) &&
	    manx_json_add_u64(json, "replyBytes", flow->reply_bytes) &&
	    cJSON_AddNumberToObject(json, "judged", flow->judged) && add_ways(json, flow))
		return json;
	cJSON_Delete(json);
	return NULL;
}
