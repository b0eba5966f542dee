// SPDX-License-Identifier: GPL-2.0-only
/* manxctl dp monitor: events of the module, one line each, until interrupted. */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <time.h>

#include <cjson/cJSON.h>

#include "dp_cmd.h"
#include "output.h"

static volatile sig_atomic_t stopped;

static void on_signal(int sig)
{
	(void)sig;
	stopped = 1;
}

static void write_packet(const struct manx_dp_event *ev)
{
	const char *name = manx_dp_protocol_name(ev->protocol);
	char src[MANX_ADDR_STRLEN], dst[MANX_ADDR_STRLEN];

	if (!ev->source.family || !ev->destination.family)
		return;
	if (name)
		printf(" %s", name);
	else
		printf(" protocol %d", ev->protocol);
	printf(" %s %u > %s %u", manx_addr_format(&ev->source, src), ev->source_port,
	       manx_addr_format(&ev->destination, dst), ev->destination_port);
}

/* What decided; a table that has no such rule did by its default. */
static void write_rule(const struct manx_dp_event *ev)
{
	if (!*ev->table)
		return;
	printf(" table %s", ev->table);
	if (ev->rule >= 0)
		printf(" rule %" PRId64, ev->rule);
	else
		printf(" default");
}

static void write_stamp(void)
{
	char stamp[32];
	time_t now = time(NULL);
	struct tm tm;

	localtime_r(&now, &tm);
	strftime(stamp, sizeof(stamp), "%H:%M:%S", &tm);
	printf("%s ", stamp);
}

static void print_line(const struct manx_dp_event *ev)
{
	write_stamp();
	fputs(manx_dp_event_name(ev->type), stdout);
	switch (ev->type) {
	case MANX_EVENT_TYPE_GENERATION:
		printf(" %u", ev->generation);
		break;
	case MANX_EVENT_TYPE_ENDPOINT_BOUND:
	case MANX_EVENT_TYPE_ENDPOINT_UNBOUND:
		printf(" %u ifindex %u", ev->endpoint, ev->ifindex);
		break;
	case MANX_EVENT_TYPE_LOG:
		printf(" endpoint %u %s", ev->endpoint, manx_dp_direction_name(ev->direction));
		write_rule(ev);
		write_packet(ev);
		break;
	case MANX_EVENT_TYPE_DROP:
	case MANX_EVENT_TYPE_AUDIT:
		printf(" %s endpoint %u", manx_dp_reason_name(ev->reason), ev->endpoint);
		write_rule(ev);
		write_packet(ev);
		break;
	case MANX_EVENT_TYPE_LOST:
		printf(" %u", ev->lost);
		break;
	}
	putchar('\n');
}

static bool add_packet(cJSON *json, const struct manx_dp_event *ev)
{
	char text[MANX_ADDR_STRLEN];

	if (!ev->source.family || !ev->destination.family)
		return true;
	return cJSON_AddNumberToObject(json, "protocol", ev->protocol) &&
	       cJSON_AddStringToObject(json, "source", manx_addr_format(&ev->source, text)) &&
	       cJSON_AddStringToObject(json, "destination",
				       manx_addr_format(&ev->destination, text)) &&
	       cJSON_AddNumberToObject(json, "sourcePort", ev->source_port) &&
	       cJSON_AddNumberToObject(json, "destinationPort", ev->destination_port);
}

static bool add_rule(cJSON *json, const struct manx_dp_event *ev)
{
	return !*ev->table ||
	       (cJSON_AddStringToObject(json, "table", ev->table) &&
		(ev->rule < 0 || cJSON_AddNumberToObject(json, "rule", (double)ev->rule)));
}

static bool add_details(cJSON *json, const struct manx_dp_event *ev)
{
	switch (ev->type) {
	case MANX_EVENT_TYPE_GENERATION:
		return cJSON_AddNumberToObject(json, "generation", ev->generation);
	case MANX_EVENT_TYPE_LOST:
		return cJSON_AddNumberToObject(json, "lost", ev->lost);
	case MANX_EVENT_TYPE_LOG:
		return cJSON_AddNumberToObject(json, "endpoint", ev->endpoint) &&
		       cJSON_AddStringToObject(json, "direction",
					       manx_dp_direction_name(ev->direction)) &&
		       add_rule(json, ev) && add_packet(json, ev);
	case MANX_EVENT_TYPE_DROP:
	case MANX_EVENT_TYPE_AUDIT:
		return cJSON_AddStringToObject(json, "reason", manx_dp_reason_name(ev->reason)) &&
		       cJSON_AddNumberToObject(json, "endpoint", ev->endpoint) &&
		       add_rule(json, ev) && add_packet(json, ev);
	default:
		return cJSON_AddNumberToObject(json, "endpoint", ev->endpoint) &&
		       cJSON_AddNumberToObject(json, "ifindex", ev->ifindex);
	}
}

static void print_json(cJSON *json, bool ok)
{
	char *text = ok ? cJSON_PrintUnformatted(json) : NULL;

	if (text)
		puts(text);
	else
		manxctl_no_memory();
	cJSON_free(text);
	cJSON_Delete(json);
}

/* Whoever reads a pipe wants to see it now; if nobody does, there is no point. */
static void flush(void)
{
	if (fflush(stdout))
		stopped = 1;
}

static void print_event(void *ctx, const struct manx_dp_event *ev)
{
	const bool *json = ctx;
	cJSON *object;

	if (*json) {
		object = cJSON_CreateObject();
		print_json(object, cJSON_AddStringToObject(object, "event",
							   manx_dp_event_name(ev->type)) &&
				   add_details(object, ev));
	} else {
		print_line(ev);
	}
	flush();
}

static void print_flow_line(const struct manx_dp_flow *flow, const char *event)
{
	write_stamp();
	printf("%s from %" PRIu32 " to %" PRIu32 " ", event, flow->from, flow->to);
	manxctl_dp_write_protocol(stdout, flow);
	putchar(' ');
	manxctl_dp_write_peer(stdout, flow, &flow->source, flow->source_port);
	fputs(" > ", stdout);
	manxctl_dp_write_peer(stdout, flow, &flow->destination, flow->destination_port);
	printf(" %s packets %" PRIu64 " replies %" PRIu64 "\n",
	       manx_dp_flow_state_name(flow->state), flow->packets, flow->reply_packets);
}

static void print_flow(void *ctx, const struct manx_dp_flow *flow, bool ended)
{
	const char *event = ended ? "flow-end" : "flow-new";
	const bool *json = ctx;
	cJSON *object;

	if (*json) {
		object = manx_dp_flow_to_json(flow);
		print_json(object, cJSON_AddStringToObject(object, "event", event));
	} else {
		print_flow_line(flow, event);
	}
	flush();
}

static int follow(struct manx_dp *dp, bool json, bool flows, struct manx_error *err)
{
	const struct manx_dp_listener listener = { print_event, print_flow, &json };
	int rc = manx_dp_subscribe(dp, flows, err);

	while (!rc && !stopped) {
		rc = manx_dp_events(dp, -1, &listener, err);
		if (rc == -ENOBUFS)
			fputs("manxctl: events came faster than they could be printed, some are missing\n",
			      stderr);
		if (rc == -ENOBUFS || rc == -EINTR)
			rc = 0;
	}
	return rc;
}

/* False after saying what is wrong. */
static bool read_options(int argc, char **argv, bool *json, bool *flows)
{
	static const struct option options[] = {
		{ "output", required_argument, NULL, 'o' }, { "flows", no_argument, NULL, 'f' },
		{ 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, ":o:", options, NULL)) != -1) {
		if (c == 'f') {
			*flows = true;
		} else if (c != 'o') {
			manxctl_bad_option("dp", c, argv);
			return false;
		} else if (!manxctl_output_form("dp", optarg, json)) {
			return false;
		}
	}
	if (optind < argc)
		manxctl_usage("dp", "dp monitor: \"%s\" is one word too many", argv[optind]);
	return optind == argc;
}

int manxctl_dp_monitor(int argc, char **argv)
{
	const struct sigaction stop = { .sa_handler = on_signal };
	struct manx_error err = { 0 };
	bool json = false, flows = false;
	struct manx_dp *dp;
	int status;

	if (!read_options(argc, argv, &json, &flows))
		return MANXCTL_USAGE;
	status = manxctl_dp_open(&dp);
	if (status)
		return status;
	sigaction(SIGINT, &stop, NULL);
	sigaction(SIGTERM, &stop, NULL);
	if (follow(dp, json, flows, &err))
		status = manxctl_fail(&err);
	manx_dp_close(dp);
	return status;
}
