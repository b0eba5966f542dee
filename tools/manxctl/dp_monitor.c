// SPDX-License-Identifier: GPL-2.0-only
/* manxctl dp monitor: events of the module, one line each, until interrupted. */
#include <errno.h>
#include <getopt.h>
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

static void print_line(const struct manx_dp_event *ev)
{
	char stamp[32];
	time_t now = time(NULL);
	struct tm tm;

	localtime_r(&now, &tm);
	strftime(stamp, sizeof(stamp), "%H:%M:%S", &tm);
	printf("%s %s", stamp, manx_dp_event_name(ev->type));
	switch (ev->type) {
	case MANX_EVENT_TYPE_GENERATION:
		printf(" %u", ev->generation);
		break;
	case MANX_EVENT_TYPE_ENDPOINT_BOUND:
	case MANX_EVENT_TYPE_ENDPOINT_UNBOUND:
		printf(" %u ifindex %u", ev->endpoint, ev->ifindex);
		break;
	case MANX_EVENT_TYPE_LOG:
		printf(" endpoint %u %s table %s rule %u", ev->endpoint,
		       manx_dp_direction_name(ev->direction), ev->table, ev->rule);
		write_packet(ev);
		break;
	case MANX_EVENT_TYPE_DROP:
		printf(" %s endpoint %u", manx_dp_reason_name(ev->reason), ev->endpoint);
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
		       cJSON_AddStringToObject(json, "table", ev->table) &&
		       cJSON_AddNumberToObject(json, "rule", ev->rule) && add_packet(json, ev);
	case MANX_EVENT_TYPE_DROP:
		return cJSON_AddStringToObject(json, "reason", manx_dp_reason_name(ev->reason)) &&
		       cJSON_AddNumberToObject(json, "endpoint", ev->endpoint) &&
		       add_packet(json, ev);
	default:
		return cJSON_AddNumberToObject(json, "endpoint", ev->endpoint) &&
		       cJSON_AddNumberToObject(json, "ifindex", ev->ifindex);
	}
}

static void print_json(const struct manx_dp_event *ev)
{
	cJSON *json = cJSON_CreateObject();
	char *text = NULL;

	if (cJSON_AddStringToObject(json, "event", manx_dp_event_name(ev->type)) &&
	    add_details(json, ev))
		text = cJSON_PrintUnformatted(json);
	if (text)
		puts(text);
	else
		manxctl_no_memory();
	cJSON_free(text);
	cJSON_Delete(json);
}

static void print(void *ctx, const struct manx_dp_event *ev)
{
	const bool *json = ctx;

	if (*json)
		print_json(ev);
	else
		print_line(ev);
	/* whoever reads a pipe wants to see it now; if nobody does, there is no point */
	if (fflush(stdout))
		stopped = 1;
}

static int follow(struct manx_dp *dp, bool json, struct manx_error *err)
{
	int rc = manx_dp_subscribe(dp, err);

	while (!rc && !stopped) {
		rc = manx_dp_events(dp, -1, print, &json, err);
		if (rc == -ENOBUFS)
			fputs("manxctl: events came faster than they could be printed, some are missing\n",
			      stderr);
		if (rc == -ENOBUFS || rc == -EINTR)
			rc = 0;
	}
	return rc;
}

int manxctl_dp_monitor(int argc, char **argv)
{
	const struct sigaction stop = { .sa_handler = on_signal };
	struct manx_error err = { 0 };
	struct manx_dp *dp;
	bool json = false;
	int status;

	if (!manxctl_output("dp", argc, argv, &json))
		return MANXCTL_USAGE;
	if (optind < argc)
		return manxctl_usage("dp", "dp monitor: \"%s\" is one word too many", argv[optind]);
	status = manxctl_dp_open(&dp);
	if (status)
		return status;
	sigaction(SIGINT, &stop, NULL);
	sigaction(SIGTERM, &stop, NULL);
	if (follow(dp, json, &err))
		status = manxctl_fail(&err);
	manx_dp_close(dp);
	return status;
}
