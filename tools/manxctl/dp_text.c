// SPDX-License-Identifier: GPL-2.0-only
/* Parts of the dataplane's state as words for people. */
#include <inttypes.h>
#include <stdlib.h>

#include "dp_cmd.h"

/* Long lists are cut; -o json has everything. */
#define RULE_LIST_MAX 8

/* Separator in front of item @i of @n, of which @max are shown; false: stop here. */
static bool more(FILE *f, size_t i, size_t n, size_t max)
{
	if (i < max) {
		fputs(i ? ", " : "", f);
		return true;
	}
	fprintf(f, " and %zu more", n - max);
	return false;
}

void manxctl_dp_write_prefixes(FILE *f, const struct manx_dp_prefixes *p, size_t max)
{
	char text[MANX_ADDR_STRLEN];

	for (size_t i = 0; i < p->n && more(f, i, p->n, max); i++) {
		const struct manx_prefix *q = &p->p[i];

		fputs(q->len == manx_addr_bits(&q->addr) ? manx_addr_format(&q->addr, text) :
							   manx_prefix_format(q, text), f);
	}
}

void manxctl_dp_write_names(FILE *f, const struct manx_dp_names *names, size_t max)
{
	for (size_t i = 0; i < names->n && more(f, i, names->n, max); i++)
		fputs(names->s[i], f);
}

void manxctl_dp_write_drops(FILE *f, const struct manx_dp_drop *drop, size_t n)
{
	for (size_t i = 0; i < n && more(f, i, n, n); i++)
		fprintf(f, "%s %" PRIu64, manx_dp_reason_name(drop[i].reason), drop[i].packets);
}

const char *manxctl_octets(uint64_t n, char buf[MANXCTL_OCTETS_STRLEN])
{
	static const char *const units[] = { "octets", "KiB", "MiB", "GiB", "TiB" };
	size_t unit = 0;
	double value = (double)n;

	while (value >= 1024 && unit + 1 < sizeof(units) / sizeof(units[0])) {
		value /= 1024;
		unit++;
	}
	/* whole numbers where they are exact: a limit is "1 GiB" */
	snprintf(buf, MANXCTL_OCTETS_STRLEN, "%.*f %s", value == (double)(uint64_t)value ? 0 : 1,
		 value, units[unit]);
	return buf;
}

static void write_ports(FILE *f, const struct manx_dp_ranges *ports)
{
	for (size_t i = 0; i < ports->n && more(f, i, ports->n, RULE_LIST_MAX); i++) {
		const struct manx_dp_range *r = &ports->r[i];

		if (r->first == r->last)
			fprintf(f, "%u", r->first);
		else
			fprintf(f, "%u:%u", r->first, r->last);
	}
}

/* "and" in front of every piece but the first, "not" where it must not match. */
static void begin_piece(FILE *f, size_t *pieces, int not)
{
	fprintf(f, "%s%s", (*pieces)++ ? " and " : " ", not ? "not " : "");
}

/* "from 10.0.0.0/8 and set a and not 10.1.0.0/16 and port 80" */
static void write_side(FILE *f, const char *word, const struct manx_dp_side *side)
{
	size_t pieces = 0;
	bool any = false;

	for (int i = 0; i < 2; i++)
		any |= side->net[i].n || side->set[i].n || side->port[i].n;
	if (!any)
		return;
	fprintf(f, " %s", word);
	for (int not = 0; not < 2; not++) {
		if (side->net[not].n) {
			begin_piece(f, &pieces, not);
			manxctl_dp_write_prefixes(f, &side->net[not], RULE_LIST_MAX);
		}
		if (side->set[not].n) {
			begin_piece(f, &pieces, not);
			fputs("set ", f);
			manxctl_dp_write_names(f, &side->set[not], RULE_LIST_MAX);
		}
		if (side->port[not].n) {
			begin_piece(f, &pieces, not);
			fputs("port ", f);
			write_ports(f, &side->port[not]);
		}
	}
}

static void write_protocol(FILE *f, const char *negation, int protocol)
{
	const char *name = manx_dp_protocol_name(protocol);

	if (protocol < 0)
		return;
	if (name)
		fprintf(f, " %s%s", negation, name);
	else
		fprintf(f, " %sprotocol %d", negation, protocol);
}

static void write_icmp(FILE *f, const char *negation, int type, int code)
{
	if (type >= 0)
		fprintf(f, " %stype %d", negation, type);
	if (code >= 0)
		fprintf(f, "%s code %d", type >= 0 ? "" : negation, code);
}

char *manxctl_dp_rule_words(const struct manx_dp_rule *r)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	if (!f)
		return NULL;
	fputs(manx_dp_action_name(r->action), f);
	if (r->ip_version)
		fprintf(f, " ipv%d", r->ip_version);
	write_protocol(f, "", r->protocol[0]);
	write_protocol(f, "not ", r->protocol[1]);
	write_icmp(f, "", r->icmp_type[0], r->icmp_code[0]);
	write_icmp(f, "not ", r->icmp_type[1], r->icmp_code[1]);
	write_side(f, "from", &r->src);
	write_side(f, "to", &r->dst);
	if (fclose(f)) {
		free(text);
		return NULL;
	}
	return text;
}
