// SPDX-License-Identifier: GPL-2.0-only
/* manxctl dp flows, dp flush: the module's flow table. */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "dp_cmd.h"
#include "output.h"
#include "table.h"

/* @words: pairs of words. An exit status. */
static int read_filter(char **words, struct manx_dp_flow_filter *filter)
{
	struct manx_error err = { 0 };

	for (; *words; words += 2) {
		if (!words[1])
			return manxctl_usage("dp", "%s: its value is missing", words[0]);
		if (manx_dp_flow_filter_set(filter, words[0], words[1], &err))
			return manxctl_usage("dp", "%s", err.text);
	}
	return MANXCTL_OK;
}

static const char *end_name(uint32_t id, char buf[16])
{
	static const char *const names[] = { "outside", "node" };

	if (id < 2)
		return names[id];
	snprintf(buf, 16, "%" PRIu32, id);
	return buf;
}

static bool is_icmp(const struct manx_dp_flow *flow)
{
	return flow->protocol == IPPROTO_ICMP || flow->protocol == IPPROTO_ICMPV6;
}

/* "tcp", "icmp 8/0 id 77", "47" */
void manxctl_dp_write_protocol(FILE *f, const struct manx_dp_flow *flow)
{
	const char *name = manx_dp_protocol_name(flow->protocol);

	if (name)
		fputs(name, f);
	else
		fprintf(f, "%d", flow->protocol);
	if (is_icmp(flow))
		fprintf(f, " %" PRIu32 "/%" PRIu32, flow->source_port, flow->destination_port);
	if (flow->icmp_id >= 0)
		fprintf(f, " id %" PRId64, flow->icmp_id);
}

/* "10.0.0.1:80", "[fd00::1]:80"; without the port where there is none. */
void manxctl_dp_write_peer(FILE *f, const struct manx_dp_flow *flow, const struct manx_addr *addr,
			   uint32_t port)
{
	char text[MANX_ADDR_STRLEN];
	bool has_port = !is_icmp(flow) && (flow->source_port || flow->destination_port);

	manx_addr_format(addr, text);
	if (!has_port)
		fputs(text, f);
	else if (addr->family == 6)
		fprintf(f, "[%s]:%" PRIu32, text, port);
	else
		fprintf(f, "%s:%" PRIu32, text, port);
}

/* "picked-up, translated, vrf 7" */
static void write_flags(FILE *f, const struct manx_dp_flow *flow)
{
	const char *separator = "";

	for (uint32_t i = 0; manx_dp_flow_flag_name(i); i++)
		if (flow->flags & 1u << i) {
			fprintf(f, "%s%s", separator, manx_dp_flow_flag_name(i));
			separator = ", ";
		}
	if (flow->domain)
		fprintf(f, "%svrf %" PRIu32, separator, flow->domain);
}

static void write_way(FILE *f, uint32_t way, uint32_t why)
{
	fputs(manx_dp_way_name(way), f);
	if (way == MANX_WAY_STACK)
		fprintf(f, " (%s)", manx_dp_why_name(why));
}

/* "established", "stack (new)"; of both directions if they differ: "direct/stack (new)" */
static void write_ways(FILE *f, const struct manx_dp_flow *flow)
{
	write_way(f, flow->way, flow->why);
	if (flow->way == flow->reply_way &&
	    (flow->way != MANX_WAY_STACK || flow->why == flow->reply_why))
		return;
	putc('/', f);
	write_way(f, flow->reply_way, flow->reply_why);
}

static void cell_flow(struct manxctl_table *t, const struct manx_dp_flow *flow, int column)
{
	struct manxctl_cell c;

	if (!manxctl_cell_open(&c, t))
		return;
	if (column == 0)
		manxctl_dp_write_protocol(c.f, flow);
	else if (column == 1)
		manxctl_dp_write_peer(c.f, flow, &flow->source, flow->source_port);
	else if (column == 2)
		manxctl_dp_write_peer(c.f, flow, &flow->destination, flow->destination_port);
	else if (column == 3)
		write_ways(c.f, flow);
	else
		write_flags(c.f, flow);
	manxctl_cell_close(&c, t);
}

static int add_row(void *ctx, const struct manx_dp_flow *flow)
{
	struct manxctl_table *t = ctx;
	char text[16];

	manxctl_table_cell(t, "%s", end_name(flow->from, text));
	manxctl_table_cell(t, "%s", end_name(flow->to, text));
	for (int i = 0; i < 3; i++)
		cell_flow(t, flow, i);
	manxctl_table_cell(t, "%s", manx_dp_flow_state_name(flow->state));
	manxctl_table_cell(t, "%" PRIu32 " s", flow->expires / 1000);
	manxctl_table_cell(t, "%" PRIu64, flow->packets);
	manxctl_table_cell(t, "%" PRIu64, flow->bytes);
	manxctl_table_cell(t, "%" PRIu64, flow->reply_packets);
	manxctl_table_cell(t, "%" PRIu64, flow->reply_bytes);
	cell_flow(t, flow, 3);
	cell_flow(t, flow, 4);
	return t->failed ? -ENOMEM : 0;
}

static int show_table(struct manx_dp *dp, const struct manx_dp_flow_filter *filter,
		      struct manx_error *err)
{
	struct manxctl_table t = { 0 };
	int rc, printed;

	manxctl_table_head(&t, "FROM TO PROTOCOL SOURCE DESTINATION STATE EXPIRES PACKETS BYTES REPLIES REPLY-BYTES WAY FLAGS");
	rc = manx_dp_flows(dp, filter, add_row, &t, err);
	if (rc > 0 || rc == -ENOMEM)
		rc = manx_fail(err, -ENOMEM, "out of memory");
	/* what was read is printed, or freed, in any case */
	printed = manxctl_table_print(&t, stdout);
	return !rc && printed ? manx_fail_errno(err, printed, "printing") : rc;
}

/* One flow a line of one array, written as they come: there may be many. */
static int print_item(void *ctx, const struct manx_dp_flow *flow)
{
	size_t *n = ctx;
	cJSON *json = manx_dp_flow_to_json(flow);
	char *text = json ? cJSON_PrintUnformatted(json) : NULL;

	if (text)
		printf("%s\n%s", (*n)++ ? "," : "", text);
	cJSON_free(text);
	cJSON_Delete(json);
	return text ? 0 : -ENOMEM;
}

static int show_json(struct manx_dp *dp, const struct manx_dp_flow_filter *filter,
		     struct manx_error *err)
{
	size_t n = 0;
	int rc;

	fputs("{\"flows\":[", stdout);
	rc = manx_dp_flows(dp, filter, print_item, &n, err);
	if (rc == -ENOMEM)
		return manx_fail(err, rc, "out of memory");
	puts(n ? "\n]}" : "]}");
	return rc;
}

int manxctl_dp_flows(int argc, char **argv)
{
	struct manx_dp_flow_filter filter = MANX_DP_FLOW_ANY;
	struct manx_error err = { 0 };
	struct manx_dp *dp;
	bool json = false;
	int status;

	if (!manxctl_output("dp", argc, argv, &json))
		return MANXCTL_USAGE;
	status = read_filter(argv + optind, &filter);
	if (!status)
		status = manxctl_dp_open(&dp);
	if (status)
		return status;
	if ((json ? show_json : show_table)(dp, &filter, &err))
		status = manxctl_fail(&err);
	manx_dp_close(dp);
	return status;
}

int manxctl_dp_flush(int argc, char **argv)
{
	struct manx_dp_flow_filter filter = MANX_DP_FLOW_ANY;
	bool all = argc == 2 && strcmp(argv[1], "all") == 0;
	struct manx_error err = { 0 };
	uint32_t ended;
	struct manx_dp *dp;
	int status;

	if (argc < 2)
		return manxctl_usage("dp", "dp flush: expected all, or what the flows have");
	status = all ? MANXCTL_OK : read_filter(argv + 1, &filter);
	if (!status)
		status = manxctl_dp_open(&dp);
	if (status)
		return status;
	if (manx_dp_flush(dp, &filter, &ended, &err))
		status = manxctl_fail(&err);
	else
		printf("%" PRIu32 " flow%s ended\n", ended, ended == 1 ? "" : "s");
	manx_dp_close(dp);
	return status;
}
