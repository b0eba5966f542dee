// SPDX-License-Identifier: GPL-2.0-only
/*
 * Rules and their parts as netlink attributes.
 */
#include <errno.h>
#include <string.h>

#include "dp_impl.h"

bool manx_dp_prefix_put(struct nlmsghdr *nlh, uint16_t type, const struct manx_prefix *p)
{
	size_t len = p->addr.family == 4 ? 4 : 16;
	uint8_t octets[17];

	memcpy(octets, p->addr.b, len);
	octets[len] = p->len;
	return mnl_attr_put_check(nlh, MANX_NL_REQUEST_MAX, type, len + 1, octets);
}

bool manx_dp_prefixes_put(struct nlmsghdr *nlh, uint16_t type, const struct manx_dp_prefixes *p)
{
	for (size_t i = 0; i < p->n; i++)
		if (!manx_dp_prefix_put(nlh, type, &p->p[i]))
			return false;
	return true;
}

bool manx_dp_names_put(struct nlmsghdr *nlh, uint16_t type, const struct manx_dp_names *names)
{
	for (size_t i = 0; i < names->n; i++)
		if (!mnl_attr_put_strz_check(nlh, MANX_NL_REQUEST_MAX, type, names->s[i]))
			return false;
	return true;
}

static bool put_u32(struct nlmsghdr *nlh, uint16_t type, uint32_t value)
{
	return mnl_attr_put_u32_check(nlh, MANX_NL_REQUEST_MAX, type, value);
}

static bool put_ports(struct nlmsghdr *nlh, uint16_t type, const struct manx_dp_ranges *ports)
{
	for (size_t i = 0; i < ports->n; i++)
		if (!put_u32(nlh, type, (uint32_t)ports->r[i].first << 16 | ports->r[i].last))
			return false;
	return true;
}

static bool put_field(struct nlmsghdr *nlh, const struct manx_dp_field *f, const void *match)
{
	switch (f->type) {
	case MANX_DP_NETS:
		return manx_dp_prefixes_put(nlh, f->attr, match);
	case MANX_DP_SETS:
		return manx_dp_names_put(nlh, f->attr, match);
	case MANX_DP_PORTS:
		return put_ports(nlh, f->attr, match);
	default:
		return *(const int *)match < 0 ||
		       put_u32(nlh, f->attr, (uint32_t)*(const int *)match);
	}
}

static bool put_matches(struct nlmsghdr *nlh, const struct manx_dp_rule *r)
{
	bool ok = put_u32(nlh, MANX_A_RULE_ID, r->id) &&
		  put_u32(nlh, MANX_A_RULE_ACTION, r->action) &&
		  (!r->ip_version ||
		   put_u32(nlh, MANX_A_RULE_IP_VERSION, (uint32_t)r->ip_version));

	for (size_t i = 0; ok && i < MANX_DP_FIELDS; i++)
		ok = put_field(nlh, &manx_dp_fields[i],
			       manx_dp_field_const(r, &manx_dp_fields[i]));
	return ok;
}

bool manx_dp_rule_put(struct nlmsghdr *nlh, uint16_t type, const struct manx_dp_rule *r)
{
	struct nlattr *nest = mnl_attr_nest_start_check(nlh, MANX_NL_REQUEST_MAX, type);

	if (!nest)
		return false;
	if (!put_matches(nlh, r)) {
		mnl_attr_nest_cancel(nlh, nest);
		return false;
	}
	mnl_attr_nest_end(nlh, nest);
	return true;
}

int manx_dp_bad_answer(const struct nlattr *attr, struct manx_error *err)
{
	return manx_fail(err, -EBADMSG,
			 "the manx kernel module sent attribute %u of %u octets, which this program does not understand: are they of the same version?",
			 mnl_attr_get_type(attr), mnl_attr_get_payload_len(attr));
}

static int no_memory(struct manx_error *err)
{
	return manx_fail(err, -ENOMEM, "out of memory");
}

int manx_dp_prefix_parse(const struct nlattr *attr, struct manx_dp_prefixes *p,
			 struct manx_error *err)
{
	const uint8_t *octets = mnl_attr_get_payload(attr);
	size_t len = mnl_attr_get_payload_len(attr);
	struct manx_prefix prefix = { .addr.family = len == 5 ? 4 : 6 };

	if (len != 5 && len != 17)
		return manx_dp_bad_answer(attr, err);
	memcpy(prefix.addr.b, octets, len - 1);
	prefix.len = octets[len - 1];
	if (prefix.len > manx_addr_bits(&prefix.addr))
		return manx_dp_bad_answer(attr, err);
	return manx_dp_prefixes_add(p, &prefix) ? 0 : no_memory(err);
}

int manx_dp_name_parse(const struct nlattr *attr, struct manx_dp_names *names,
		       struct manx_error *err)
{
	return manx_dp_names_add(names, mnl_attr_get_payload(attr),
				 mnl_attr_get_payload_len(attr)) ? 0 : no_memory(err);
}

int manx_dp_u32_parse(const struct nlattr *attr, uint32_t *out, struct manx_error *err)
{
	if (mnl_attr_validate(attr, MNL_TYPE_U32) < 0)
		return manx_dp_bad_answer(attr, err);
	*out = mnl_attr_get_u32(attr);
	return 0;
}

int manx_dp_u64_parse(const struct nlattr *attr, uint64_t *out, struct manx_error *err)
{
	if (mnl_attr_validate(attr, MNL_TYPE_U64) < 0)
		return manx_dp_bad_answer(attr, err);
	*out = mnl_attr_get_u64(attr);
	return 0;
}

static int parse_number(const struct nlattr *attr, int *out, struct manx_error *err)
{
	uint32_t value = 0;
	int rc = manx_dp_u32_parse(attr, &value, err);

	if (rc)
		return rc;
	if (value > 255)
		return manx_dp_bad_answer(attr, err);
	*out = (int)value;
	return 0;
}

static int parse_port(const struct nlattr *attr, struct manx_dp_ranges *ports,
		      struct manx_error *err)
{
	uint32_t value = 0;
	int rc = manx_dp_u32_parse(attr, &value, err);

	if (rc)
		return rc;
	return manx_dp_ranges_add(ports, (uint16_t)(value >> 16), (uint16_t)value) ?
	       0 : no_memory(err);
}

static int parse_field(const struct nlattr *attr, const struct manx_dp_field *f, void *match,
		       struct manx_error *err)
{
	switch (f->type) {
	case MANX_DP_NETS:
		return manx_dp_prefix_parse(attr, match, err);
	case MANX_DP_SETS:
		return manx_dp_name_parse(attr, match, err);
	case MANX_DP_PORTS:
		return parse_port(attr, match, err);
	default:
		return parse_number(attr, match, err);
	}
}

static int parse_attr(const struct nlattr *attr, struct manx_dp_rule *r, struct manx_error *err)
{
	uint16_t type = mnl_attr_get_type(attr);

	switch (type) {
	case MANX_A_RULE_ID:
		return manx_dp_u32_parse(attr, &r->id, err);
	case MANX_A_RULE_ACTION:
		return manx_dp_u32_parse(attr, &r->action, err);
	case MANX_A_RULE_IP_VERSION:
		return parse_number(attr, &r->ip_version, err);
	case MANX_A_RULE_PACKETS:
		return manx_dp_u64_parse(attr, &r->packets, err);
	}
	for (size_t i = 0; i < MANX_DP_FIELDS; i++)
		if (manx_dp_fields[i].attr == type)
			return parse_field(attr, &manx_dp_fields[i],
					   manx_dp_field(r, &manx_dp_fields[i]), err);
	return 0;	/* a newer module's attribute */
}

int manx_dp_rule_parse(const struct nlattr *nest, struct manx_dp_rule *r,
		       struct manx_error *err)
{
	const struct nlattr *attr;
	int rc = 0;

	manx_dp_rule_init(r);
	mnl_attr_for_each_nested(attr, nest) {
		rc = parse_attr(attr, r, err);
		if (rc)
			break;
	}
	if (rc)
		manx_dp_rule_clear(r);
	return rc;
}
