// SPDX-License-Identifier: GPL-2.0-only
/*
 * Options of a namespace: one table for all that is done to each alike, on the
 * wire, on the command line and in JSON (dp_json.c, dp_parse.c).
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dp_impl.h"
#include "json.h"
#include "suggest.h"

#define OPTION(id, name, object, key, attr, type, min, max, std) \
	[MANX_DP_##id] = { name, object, key, MANX_A_##attr, MANX_DP_##type, min, max, std }
#define LIMIT(id, name, key, min, max, std) \
	OPTION(id, name, NULL, key, NODE_##id, COUNT, min, max, std)
#define SWITCH(id, name, key) OPTION(id, name, NULL, key, NODE_##id, SWITCH, 0, 1, 0)
#define TIMEOUT(id, name, key, std) \
	OPTION(id, "timeout." name, "timeouts", key, TIMEOUTS_##id, SECONDS, 1, 1 << 24, std)

/* Ranges are the module's, which does not say whose range it is that it says. */
const struct manx_dp_option_info manx_dp_options[MANX_DP_OPTIONS] = {
	OPTION(MARK_MASK, "mark-mask", NULL, "markMask", NODE_MARK_MASK, MASK,
	       1, UINT32_MAX, 0xffff0000),
	OPTION(ENDPOINT_TO_NODE, "endpoint-to-node", NULL, "endpointToNode",
	       NODE_ENDPOINT_TO_NODE, ACTION, MANX_ACTION_ALLOW, MANX_ACTION_DENY,
	       MANX_ACTION_DENY),
	LIMIT(MAX_MEMBERS, "max-members", "maxMembers", 0, 1 << 28, 1 << 20),
	LIMIT(MAX_RULES, "max-rules", "maxRules", 0, 1 << 22, 1 << 20),
	LIMIT(MAX_CLASSES, "max-classes", "maxClasses", 0, 65535, 65535),
	OPTION(MAX_MEMORY, "max-memory", NULL, "maxMemory", NODE_MAX_MEMORY, OCTETS,
	       0, MANX_JSON_MAX, 1 << 30),
	LIMIT(MAX_FLOWS, "max-flows", "maxFlows", 1, 1 << 26, 1 << 18),
	LIMIT(MAX_FLOWS_FROM, "max-flows-from", "maxFlowsFrom", 1, 1 << 26, 1 << 14),
	LIMIT(MAX_FLOWS_TO, "max-flows-to", "maxFlowsTo", 1, 1 << 26, 1 << 14),
	LIMIT(FRAGMENT_RATE, "fragment-rate", "fragmentRate", 0, 1 << 30, 1000),
	SWITCH(KEEP_ESTABLISHED, "keep-established", "keepEstablished"),
	SWITCH(REFUSE_PICKUP, "refuse-pickup", "refusePickup"),
	SWITCH(AUDIT, "audit", "audit"),
	OPTION(FAST, "fast", NULL, "fast", NODE_FAST, FASTNESS, MANX_FAST_OFF, MANX_FAST_MAX,
	       MANX_FAST_ESTABLISHED),
	OPTION(MARK_STAY, "mark-stay", NULL, "markStay", NODE_MARK_STAY, MASK, 0, UINT32_MAX, 0),
	LIMIT(QUEUE_PACKETS, "queue-packets", "queuePackets", 0, 1 << 16, 256),
	TIMEOUT(TCP_OPENING, "tcp-opening", "tcpOpening", 120),
	TIMEOUT(TCP_ESTABLISHED, "tcp-established", "tcpEstablished", 432000),
	TIMEOUT(TCP_CLOSING, "tcp-closing", "tcpClosing", 120),
	TIMEOUT(UDP, "udp", "udp", 30),
	TIMEOUT(UDP_REPLIED, "udp-replied", "udpReplied", 180),
	TIMEOUT(ICMP, "icmp", "icmp", 30),
	TIMEOUT(OTHER, "other", "other", 600),
};
_Static_assert(MANX_DP_OPTIONS <= 32, "bits of struct manx_dp_config.given");

/* Of options whose values are words; the last word is for o->max. */
static const char *const words[][MANX_FAST_MAX + 1] = {
	[MANX_DP_SWITCH] = { "off", "on" },
	[MANX_DP_ACTION] = { [MANX_ACTION_ALLOW] = "allow", [MANX_ACTION_DENY] = "deny" },
	[MANX_DP_FASTNESS] = {
		[MANX_FAST_OFF] = "off", [MANX_FAST_ESTABLISHED] = "established",
		[MANX_FAST_DIRECT] = "direct",
	},
	[MANX_DP_MASK] = { NULL },
};

static const char units[] = "KMGT";

const char *manx_dp_option_name(enum manx_dp_option option)
{
	return manx_dp_options[option].name;
}

bool manx_dp_config_has(const struct manx_dp_config *config, enum manx_dp_option option)
{
	return config->given & 1u << option;
}

void manx_dp_config_put(struct manx_dp_config *config, enum manx_dp_option option,
			uint64_t value)
{
	config->given |= 1u << option;
	config->value[option] = value;
}

/* What the module does not tell it does not know, and does as it always did. */
struct manx_dp_config manx_dp_config_diff(const struct manx_dp_config *have,
					  const struct manx_dp_config *want)
{
	struct manx_dp_config diff = { 0 };

	for (enum manx_dp_option i = 0; i < MANX_DP_OPTIONS; i++) {
		uint64_t is = manx_dp_config_has(have, i) ? have->value[i] :
							    manx_dp_options[i].standard;

		if (manx_dp_config_has(want, i) && want->value[i] != is)
			manx_dp_config_put(&diff, i, want->value[i]);
	}
	return diff;
}

void manx_dp_config_merge(struct manx_dp_config *config, const struct manx_dp_config *over)
{
	for (enum manx_dp_option i = 0; i < MANX_DP_OPTIONS; i++)
		if (manx_dp_config_has(over, i))
			manx_dp_config_put(config, i, over->value[i]);
}

/* --- on the wire --- */

static bool is_timeout(const struct manx_dp_option_info *o)
{
	return o->type == MANX_DP_SECONDS;
}

static void put_one(struct nlmsghdr *nlh, const struct manx_dp_option_info *o, uint64_t value)
{
	if (o->type == MANX_DP_OCTETS)
		mnl_attr_put_u64(nlh, o->attr, value);
	else
		mnl_attr_put_u32(nlh, o->attr, (uint32_t)value);
}

static bool has_timeouts(const struct manx_dp_config *config)
{
	for (enum manx_dp_option i = 0; i < MANX_DP_OPTIONS; i++)
		if (manx_dp_config_has(config, i) && is_timeout(&manx_dp_options[i]))
			return true;
	return false;
}

void manx_dp_config_write(struct nlmsghdr *nlh, const struct manx_dp_config *config)
{
	struct nlattr *nest;

	for (enum manx_dp_option i = 0; i < MANX_DP_OPTIONS; i++)
		if (manx_dp_config_has(config, i) && !is_timeout(&manx_dp_options[i]))
			put_one(nlh, &manx_dp_options[i], config->value[i]);
	if (!has_timeouts(config))
		return;
	nest = mnl_attr_nest_start(nlh, MANX_A_NODE_TIMEOUTS);
	for (enum manx_dp_option i = 0; i < MANX_DP_OPTIONS; i++)
		if (manx_dp_config_has(config, i) && is_timeout(&manx_dp_options[i]))
			put_one(nlh, &manx_dp_options[i], config->value[i]);
	mnl_attr_nest_end(nlh, nest);
}

/* One of the options that are, or are not, timeouts. */
static int read_one(const struct nlattr *attr, bool timeouts, struct manx_dp_config *config,
		    struct manx_error *err)
{
	for (enum manx_dp_option i = 0; i < MANX_DP_OPTIONS; i++) {
		const struct manx_dp_option_info *o = &manx_dp_options[i];
		uint64_t octets = 0;
		uint32_t number = 0;
		int rc;

		if (o->attr != mnl_attr_get_type(attr) || is_timeout(o) != timeouts)
			continue;
		rc = o->type == MANX_DP_OCTETS ? manx_dp_u64_parse(attr, &octets, err) :
						 manx_dp_u32_parse(attr, &number, err);
		if (!rc)
			manx_dp_config_put(config, i, o->type == MANX_DP_OCTETS ? octets : number);
		return rc;
	}
	return 0;
}

int manx_dp_config_read(const struct nlattr *attr, struct manx_dp_config *config,
			struct manx_error *err)
{
	const struct nlattr *sub;

	if (mnl_attr_get_type(attr) != MANX_A_NODE_TIMEOUTS)
		return read_one(attr, false, config, err);
	mnl_attr_for_each_nested(sub, attr) {
		int rc = read_one(sub, true, config, err);

		if (rc)
			return rc;
	}
	return 0;
}

/* --- as text --- */

/* How many times 1024 the letter at @unit stands for; -1 if it is no unit. */
static int power(const char *unit)
{
	const char *at = *unit ? strchr(units, *unit) : NULL;

	return at && !unit[1] ? (int)(at - units) + 1 : -1;
}

/* "65536" or "64K"; false if it is no number within the option's range. */
static bool parse_number(const struct manx_dp_option_info *o, const char *text, uint64_t *out)
{
	char *end;
	uint64_t n;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	n = strtoull(text, &end, o->type == MANX_DP_MASK ? 0 : 10);
	if (*end && o->type == MANX_DP_OCTETS && power(end) > 0) {
		if (n > UINT64_MAX >> 10 * power(end))
			return false;
		n <<= 10 * power(end);
		end++;
	}
	*out = n;
	return !errno && !*end && n >= o->min && n <= o->max;
}

static bool parse(const struct manx_dp_option_info *o, const char *text, uint64_t *out)
{
	if (!words[o->type][0])
		return parse_number(o, text, out);
	for (*out = 0; *out <= o->max; ++*out)
		if (strcmp(text, words[o->type][*out]) == 0)
			return true;
	return false;
}

static int bad_value(const struct manx_dp_option_info *o, const char *text,
		     struct manx_error *err)
{
	static const char *const expected[] = {
		[MANX_DP_COUNT] = "a number", [MANX_DP_SECONDS] = "seconds",
		[MANX_DP_OCTETS] = "octets, perhaps with K, M, G or T,",
	};

	switch (o->type) {
	case MANX_DP_SWITCH:
		return manx_fail(err, -EINVAL, "\"%s\": expected on or off", text);
	case MANX_DP_ACTION:
		return manx_fail(err, -EINVAL, "\"%s\": expected allow or deny", text);
	case MANX_DP_FASTNESS:
		return manx_fail(err, -EINVAL, "\"%s\": expected off, established or direct",
				 text);
	case MANX_DP_MASK:
		return manx_fail(err, -EINVAL, "\"%s\": expected a mask like \"0xffff0000\"",
				 text);
	default:
		return manx_fail(err, -EINVAL, "\"%s\": expected %s from %" PRIu64 " to %" PRIu64,
				 text, expected[o->type], o->min, o->max);
	}
}

int manx_dp_option_parse(enum manx_dp_option option, const char *text, uint64_t *value,
			 struct manx_error *err)
{
	const struct manx_dp_option_info *o = &manx_dp_options[option];

	return parse(o, text, value) ? 0 : bad_value(o, text, err);
}

static int unknown(const char *name, struct manx_error *err)
{
	struct manx_suggest near = manx_suggest_begin(name);

	for (enum manx_dp_option i = 0; i < MANX_DP_OPTIONS; i++)
		manx_suggest_offer(&near, manx_dp_options[i].name);
	if (near.best)
		return manx_fail(err, -EINVAL, "\"%s\": unknown option: did you mean \"%s\"?",
				 name, near.best);
	return manx_fail(err, -EINVAL, "\"%s\": unknown option", name);
}

int manx_dp_config_set(struct manx_dp_config *config, const char *name, const char *text,
		       struct manx_error *err)
{
	uint64_t value;

	for (enum manx_dp_option i = 0; i < MANX_DP_OPTIONS; i++) {
		if (strcmp(manx_dp_options[i].name, name) != 0)
			continue;
		if (manx_dp_config_has(config, i))
			return manx_fail(err, -EINVAL, "%s: given twice", name);
		if (manx_dp_option_parse(i, text, &value, err))
			return manx_error_prefix(err, "%s", name);
		manx_dp_config_put(config, i, value);
		return 0;
	}
	return unknown(name, err);
}

static void write_octets(uint64_t n, char buf[MANX_DP_VALUE_STRLEN])
{
	size_t unit = 0;

	while (n && n % 1024 == 0 && units[unit]) {
		n /= 1024;
		unit++;
	}
	snprintf(buf, MANX_DP_VALUE_STRLEN, "%" PRIu64 "%.1s", n, unit ? &units[unit - 1] : "");
}

const char *manx_dp_config_text(const struct manx_dp_config *config, enum manx_dp_option option,
				char buf[MANX_DP_VALUE_STRLEN])
{
	const struct manx_dp_option_info *o = &manx_dp_options[option];
	uint64_t value = config->value[option];

	if (words[o->type][0])
		return value <= o->max ? words[o->type][value] : "?";
	switch (o->type) {
	case MANX_DP_MASK:
		snprintf(buf, MANX_DP_VALUE_STRLEN, "0x%08" PRIx32, (uint32_t)value);
		break;
	case MANX_DP_OCTETS:
		write_octets(value, buf);
		break;
	default:
		snprintf(buf, MANX_DP_VALUE_STRLEN, "%" PRIu64, value);
	}
	return buf;
}
