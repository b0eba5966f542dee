// SPDX-License-Identifier: GPL-2.0-only
/* manxctl: the operator's tool. One subcommand a file; this is their table. */
#include <stdio.h>
#include <string.h>

#include "manxctl.h"
#include "suggest.h"

static int cmd_version(int argc, char **argv);

static const struct command {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *summary;
	const char *usage;
} commands[] = {
	{ "apply", cmd_apply, "create or change resources",
	  "manxctl apply -f FILE [-f FILE]...\n\n"
	  "Reads resources as YAML or JSON, checks all of them, then creates or changes\n"
	  "each in the datastore. FILE \"-\" is standard input.\n\n"
	  "  -f, --filename FILE   file with one or more resources\n" },
	{ "get", cmd_get, "show resources",
	  "manxctl get KIND [NAME] [-n NAMESPACE | -A] [-o table|wide|json|yaml]\n\n"
	  "KIND: ippool, node, workloadendpoint (wep), globalnetworkpolicy (gnp),\n"
	  "networkpolicy (np). What -o yaml and -o json print can be applied again.\n\n"
	  "  -n, --namespace NAMESPACE   of what lies in namespaces; default: default\n"
	  "  -A, --all-namespaces        of every namespace\n"
	  "  -o, --output FORM           table (default), wide, json, yaml\n" },
	{ "delete", cmd_delete, "delete resources",
	  "manxctl delete KIND NAME... [-n NAMESPACE]\n"
	  "manxctl delete -f FILE [-f FILE]...\n\n"
	  "A pool with addresses in use is disabled and stays; a node with endpoints stays.\n\n"
	  "  -f, --filename FILE         delete the resources that the file names\n"
	  "  -n, --namespace NAMESPACE   of what lies in namespaces; default: default\n" },
	{ "status", cmd_status, "show the state of this node",
	  "manxctl status [-o table|json]\n\n"
	  "  -o, --output FORM   table (default), json\n" },
	{ "dp", cmd_dp, "show and change the dataplane in the kernel",
	  "manxctl dp show [sets|tables|endpoints|peers|node] [-o table|json]\n"
	  "manxctl dp load [--sync] FILE\n"
	  "manxctl dp set OPTION VALUE [OPTION VALUE]...\n"
	  "manxctl dp [show] flows [FILTER VALUE]... [-o table|json]\n"
	  "manxctl dp flush FILTER VALUE [FILTER VALUE]... | all\n"
	  "manxctl dp link add NAME [peer NAME] [netns NAME|PATH] [endpoint ID] [mtu N]\n"
	  "manxctl dp tunnel add NAME local ADDRESS [ttl N] [mtu N]\n"
	  "manxctl dp monitor [--flows] [-o table|json]\n\n"
	  "load replaces options, sets, tables, endpoints and peers by those of FILE, in\n"
	  "the form that show -o json prints, in one transaction; FILE \"-\" is standard\n"
	  "input. flows lists the flow table, flush ends flows. monitor prints the module's\n"
	  "events, one a line, until it is interrupted. manxctl(8) tells the form of FILE.\n\n"
	  "  -o, --output FORM   table (default), json\n"
	  "      --flows         also tell when flows begin and end\n"
	  "      --sync          return when no packet is judged by the old policy any more\n\n"
	  "FILTER: from, to, endpoint (an id, outside, node), protocol (name or number),\n"
	  "source, destination (address), sport, dport (port; ICMP type, code), state (new,\n"
	  "replied, established, closing, closed), way (stack, established, direct). A flow\n"
	  "has all that is given.\n\n"
	  "OPTION:\n"
	  "  max-members, max-rules, max-classes     number, of all sets and tables\n"
	  "  max-memory                              octets, or with K, M, G, T: 512M\n"
	  "  max-flows                               number\n"
	  "  max-flows-from, max-flows-to            number, of each endpoint\n"
	  "  fragment-rate                           fragments a second, of each endpoint\n"
	  "  audit, keep-established, refuse-pickup  on, off\n"
	  "  timeout.tcp-opening, .tcp-established, .tcp-closing, .udp, .udp-replied, .icmp,\n"
	  "  timeout.other                           seconds\n"
	  "  fast                                    off, established, direct\n"
	  "  queue-packets                           packets, of each endpoint and CPU\n"
	  "  mark-mask, mark-stay                    mask, like 0xffff0000\n"
	  "  endpoint-to-node                        allow, deny\n" },
	{ "version", cmd_version, "show the version of manxctl", "manxctl version\n" },
};

#define N_COMMANDS (sizeof(commands) / sizeof(commands[0]))

static int cmd_version(int argc, char **argv)
{
	if (argc > 1)
		return manxctl_usage("version", "\"%s\": no argument is expected", argv[1]);
	puts("manxctl " MANX_VERSION);
	return MANXCTL_OK;
}

static void help(void)
{
	puts("manxctl: shows and changes what manx knows\n\nusage: manxctl COMMAND [ARGUMENT]...\n");
	for (size_t i = 0; i < N_COMMANDS; i++)
		printf("  %-10s%s\n", commands[i].name, commands[i].summary);
	puts("\n\"manxctl COMMAND --help\" tells more about each, manxctl(8) all.");
}

static const struct command *find(const char *name)
{
	for (size_t i = 0; i < N_COMMANDS; i++)
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	return NULL;
}

static int unknown(const char *name)
{
	struct manx_suggest near = manx_suggest_begin(name);

	for (size_t i = 0; i < N_COMMANDS; i++)
		manx_suggest_offer(&near, commands[i].name);
	if (near.best)
		return manxctl_usage("", "\"%s\": unknown command: did you mean \"%s\"?", name, near.best);
	return manxctl_usage("", "\"%s\": unknown command", name);
}

static bool is_help(const char *word)
{
	return !strcmp(word, "--help") || !strcmp(word, "-h");
}

static int run(int argc, char **argv)
{
	const struct command *command = find(argv[0]);

	if (!command)
		return unknown(argv[0]);
	for (int i = 1; i < argc && strcmp(argv[i], "--"); i++) {
		if (is_help(argv[i])) {
			printf("usage: %s", command->usage);
			return MANXCTL_OK;
		}
	}
	return command->run(argc, argv);
}

int main(int argc, char **argv)
{
	int status = MANXCTL_OK;

	if (argc < 2)
		return manxctl_usage("", "a command is missing");
	if (is_help(argv[1]) || !strcmp(argv[1], "help"))
		help();
	else if (!strcmp(argv[1], "--version"))
		status = cmd_version(1, argv + 1);
	else
		status = run(argc - 1, argv + 1);
	/* a full disk or closed pipe must not pass for success */
	if ((fflush(stdout) || ferror(stdout)) && !status) {
		perror("manxctl: output");
		status = MANXCTL_FAILURE;
	}
	return status;
}
