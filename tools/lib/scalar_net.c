// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "addr.h"
#include "mac.h"
#include "scalar.h"

static int text_result(const struct manx_at *at, const char *text, cJSON **out)
{
	*out = cJSON_CreateString(text);
	return *out ? 0 : manx_at_no_memory(at);
}

static int number_result(const struct manx_at *at, double number, cJSON **out)
{
	*out = cJSON_CreateNumber(number);
	return *out ? 0 : manx_at_no_memory(at);
}

static int prefix_result(const struct manx_at *at, const struct manx_prefix *p, cJSON **out)
{
	char buf[MANX_ADDR_STRLEN];

	return text_result(at, manx_prefix_format(p, buf), out);
}

/* For messages: "IPv4 ", "IPv6 " or nothing for any. */
static const char *family_name(const struct manx_field *f)
{
	return f->min == 4 ? "IPv4 " : f->min == 6 ? "IPv6 " : "";
}

static bool family_is(const struct manx_field *f, const struct manx_addr *a)
{
	return !f->min || f->min == a->family;
}

int manx_scalar_addr(const struct manx_at *at, const struct manx_field *f, const char *text,
		     cJSON **out)
{
	char buf[MANX_ADDR_STRLEN];
	struct manx_addr a;

	if (!manx_addr_parse(text, &a) || !family_is(f, &a))
		return manx_at_fail(at, "\"%.80s\": an %saddress is expected", text, family_name(f));
	return text_result(at, manx_addr_format(&a, buf), out);
}

int manx_scalar_interface_addr(const struct manx_at *at, const struct manx_field *f,
			       const char *text, cJSON **out)
{
	struct manx_prefix p;

	if (!manx_prefix_parse(text, &p) || !family_is(f, &p.addr))
		return manx_at_fail(at, "\"%.80s\": an %saddress is expected, with the length of its subnet (%s) or without",
				    text, family_name(f), f->min == 6 ? "fd00::1/64" : "10.0.0.1/24");
	return strchr(text, '/') ? prefix_result(at, &p, out) : manx_scalar_addr(at, f, text, out);
}

static int parse_net(const struct manx_at *at, const struct manx_field *f, const char *text,
		     struct manx_prefix *p)
{
	if (!manx_prefix_parse(text, p))
		return manx_at_fail(at, "\"%.80s\": a network (10.0.0.0/8, fd00::/8) or an address is expected",
				    text);
	if (!family_is(f, &p->addr))
		return manx_at_fail(at, "\"%.80s\": an %snetwork is expected", text, family_name(f));
	return 0;
}

int manx_scalar_net(const struct manx_at *at, const struct manx_field *f, const char *text,
		    cJSON **out)
{
	struct manx_prefix p;
	int rc = parse_net(at, f, text, &p);

	if (rc)
		return rc;
	p = manx_prefix_mask(&p);
	return prefix_result(at, &p, out);
}

int manx_scalar_cidr(const struct manx_at *at, const struct manx_field *f, const char *text,
		     cJSON **out)
{
	char buf[MANX_ADDR_STRLEN];
	struct manx_prefix p, masked;
	int rc = parse_net(at, f, text, &p);

	if (rc)
		return rc;
	masked = manx_prefix_mask(&p);
	if (manx_prefix_cmp(&p, &masked))
		return manx_at_fail(at, "\"%.80s\": bits beyond the prefix length are set: did you mean \"%s\"?",
				    text, manx_prefix_format(&masked, buf));
	return prefix_result(at, &p, out);
}

int manx_scalar_host(const struct manx_at *at, const struct manx_field *f, const char *text,
		     cJSON **out)
{
	struct manx_prefix p;

	(void)f;
	if (!manx_prefix_parse(text, &p) || p.len != manx_addr_bits(&p.addr))
		return manx_at_fail(at, "\"%.80s\": one address is expected (10.0.0.1/32, fd00::1/128)",
				    text);
	return prefix_result(at, &p, out);
}

int manx_scalar_mac(const struct manx_at *at, const struct manx_field *f, const char *text,
		    cJSON **out)
{
	char buf[MANX_MAC_STRLEN];
	uint8_t mac[6];

	(void)f;
	if (!manx_mac_parse(text, mac))
		return manx_at_fail(at, "\"%.80s\": an Ethernet address is expected (02:00:00:00:00:01)",
				    text);
	return text_result(at, manx_mac_format(mac, buf), out);
}

/* Numbers: IANA's registry of protocol numbers. */
static const struct {
	const char *name;
	int number;
} protocols[] = {
	{ "TCP", 6 }, { "UDP", 17 }, { "ICMP", 1 }, { "ICMPv6", 58 }, { "SCTP", 132 }, { "UDPLite", 136 },
};

#define N_PROTOCOLS (sizeof(protocols) / sizeof(protocols[0]))

int manx_scalar_protocol(const struct manx_at *at, const struct manx_field *f,
			 const char *text, cJSON **out)
{
	uint64_t number;

	(void)f;
	for (size_t i = 0; i < N_PROTOCOLS; i++)
		if (!strcasecmp(text, protocols[i].name))
			return text_result(at, protocols[i].name, out);
	if (!manx_parse_decimal(text, 255, &number) || !number)
		return manx_at_fail(at, "\"%.80s\": allowed are TCP, UDP, ICMP, ICMPv6, SCTP, UDPLite and 1 to 255",
				    text);
	return number_result(at, (double)number, out);
}

int manx_protocol_number(const cJSON *value)
{
	const char *name = cJSON_GetStringValue(value);

	if (cJSON_IsNumber(value))
		return value->valueint;
	for (size_t i = 0; name && i < N_PROTOCOLS; i++)
		if (!strcmp(name, protocols[i].name))
			return protocols[i].number;
	return -1;
}

bool manx_parse_ports(const char *text, uint16_t *first, uint16_t *last)
{
	const char *colon = strchr(text, ':');
	char low[6];
	uint64_t a, b;

	if (snprintf(low, sizeof(low), "%.*s", (int)strcspn(text, ":"), text) >= (int)sizeof(low))
		return false;
	if (!manx_parse_decimal(low, UINT16_MAX, &a))
		return false;
	b = a;
	if (colon && !manx_parse_decimal(colon + 1, UINT16_MAX, &b))
		return false;
	*first = (uint16_t)a;
	*last = (uint16_t)b;
	return a <= b;
}

/* [A-Za-z0-9_.-], at most 128: what Calico allows as the name of a port. */
static bool is_port_name(const char *text)
{
	size_t n = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-");

	return n && n <= 128 && !text[n] && strspn(text, "0123456789") != n;
}

int manx_scalar_port(const struct manx_at *at, const struct manx_field *f, const char *text,
		     cJSON **out)
{
	char range[12];
	uint16_t first, last;

	(void)f;
	if (!manx_parse_ports(text, &first, &last)) {
		if (is_port_name(text))
			return manx_at_fail(at, "\"%.80s\": named ports are not supported: write the number",
					    text);
		return manx_at_fail(at, "\"%.80s\": allowed are 0 to 65535, or a rising range of them (8080:8090)",
				    text);
	}
	if (first == last)
		return number_result(at, first, out);
	snprintf(range, sizeof(range), "%u:%u", first, last);
	return text_result(at, range, out);
}

int manx_scalar_as_number(const struct manx_at *at, const struct manx_field *f,
			  const char *text, cJSON **out)
{
	const char *dot = strchr(text, '.');
	uint64_t number, low = 0;
	char high[6];
	bool valid;

	(void)f;
	if (dot) {
		int n = snprintf(high, sizeof(high), "%.*s", (int)(dot - text), text);

		valid = n < (int)sizeof(high) && manx_parse_decimal(high, UINT16_MAX, &number) &&
			manx_parse_decimal(dot + 1, UINT16_MAX, &low);
		number = valid ? number << 16 | low : 0;
	} else {
		valid = manx_parse_decimal(text, UINT32_MAX, &number);
	}
	if (!valid || !number)
		return manx_at_fail(at, "\"%.80s\": allowed are 1 to 4294967295, also as \"64512.1\"",
				    text);
	return number_result(at, (double)number, out);
}

int manx_scalar_community(const struct manx_at *at, const struct manx_field *f,
			  const char *text, cJSON **out)
{
	const char *rest = text;
	size_t parts = 1;
	bool valid = true;
	uint64_t max;

	(void)f;
	for (const char *c = text; *c; c++)
		parts += *c == ':';
	max = parts == 2 ? UINT16_MAX : UINT32_MAX;
	for (size_t i = 0; valid && i < parts; i++) {
		char part[12];
		uint64_t number;
		size_t n = strcspn(rest, ":");

		valid = n < sizeof(part);
		snprintf(part, sizeof(part), "%.*s", (int)(valid ? n : 0), rest);
		valid = valid && manx_parse_decimal(part, max, &number);
		rest += n + (i + 1 < parts);
	}
	if (!valid || parts < 2 || parts > 3)
		return manx_at_fail(at, "\"%.80s\": a community is expected (64512:1, or 64512:1:2)", text);
	return text_result(at, text, out);
}

/* The address of "a:port" or "[a]:port" into @host; what is behind it, NULL if it is too long. */
static const char *split_peer(const char *text, char host[MANX_ADDR_STRLEN])
{
	bool brackets = *text == '[';
	const char *colon = strchr(text, ':');
	size_t n = strlen(text);

	if (brackets)
		n = strcspn(++text, "]");
	else if (colon && !strchr(colon + 1, ':'))
		n = (size_t)(colon - text);
	if (n >= MANX_ADDR_STRLEN || (brackets && !text[n]))
		return NULL;
	snprintf(host, MANX_ADDR_STRLEN, "%.*s", (int)n, text);
	return text + n + brackets;
}

int manx_scalar_peer(const struct manx_at *at, const struct manx_field *f, const char *text,
		     cJSON **out)
{
	char host[MANX_ADDR_STRLEN];
	const char *rest = split_peer(text, host);
	struct manx_addr a;
	uint64_t port = 1;

	(void)f;
	if (!rest || !manx_addr_parse(host, &a) || (*text == '[' && a.family != 6) ||
	    (*rest && (*rest != ':' || !manx_parse_decimal(rest + 1, UINT16_MAX, &port))) || !port)
		return manx_at_fail(at, "\"%.80s\": an address is expected, with a port (10.0.0.1:179, [fd00::1]:179) or without",
				    text);
	return text_result(at, text, out);
}
