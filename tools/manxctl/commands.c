// SPDX-License-Identifier: GPL-2.0-only
/* The table of subcommands and their options. */
#include "command.h"

#include <string.h>

#include "manxctl.h"

#define FORMS "table wide yaml json custom-columns="

static const struct manxctl_option options[MANXCTL_OPTIONS] = {
	[MANXCTL_FILE] = {
		'f', 0, "filename", "FILE", "file, directory, or - for standard input; may be repeated", "FILE",
	},
	[MANXCTL_RECURSIVE] = { 'R', 0, "recursive", NULL, "also files in the directories of a directory", NULL },
	[MANXCTL_SKIP_EMPTY] = { 0, 0, "skip-empty", NULL, "pass over files and directories with nothing in them", NULL },
	[MANXCTL_SKIP_EXISTS] = { 0, 0, "skip-exists", NULL, "pass over what exists already", NULL },
	[MANXCTL_SKIP_NOT_EXISTS] = { 's', 0, "skip-not-exists", NULL, "pass over what does not exist", NULL },
	[MANXCTL_NAMESPACE] = {
		'n', 0, "namespace", "NAMESPACE", "of what lies in namespaces and does not say which; default: default", NULL,
	},
	[MANXCTL_ALL_NAMESPACES] = { 'A', 'a', "all-namespaces", NULL, "of every namespace", NULL },
	[MANXCTL_OUTPUT] = {
		'o', 0, "output", "FORM", "table (default), wide, yaml, json, or custom-columns=HEADING,...", FORMS,
	},
	[MANXCTL_OUTPUT_SHORT] = { 'o', 0, "output", "FORM", "table (default), json", "table json" },
	[MANXCTL_EXPORT] = { 0, 0, "export", NULL, "without resourceVersion, to be applied elsewhere", NULL },
	[MANXCTL_OVERWRITE] = { 0, 0, "overwrite", NULL, "also if the label has another value", NULL },
	[MANXCTL_REMOVE] = { 0, 0, "remove", NULL, "remove the labels, of which only keys are given", NULL },
	[MANXCTL_PATCH] = { 'p', 0, "patch", "PATCH", "what to change, as JSON", NULL },
	[MANXCTL_TYPE] = { 't', 0, "type", "TYPE", "strategic (default) or merge, which mean the same here", "strategic merge" },
	[MANXCTL_WAIT] = { 0, 0, "wait", NULL, "wait until no address of a pool is in use", NULL },
	[MANXCTL_FORCE] = { 0, 0, "force", NULL, "also if it is in use, or was made by another version", NULL },
	[MANXCTL_IP] = { 0, 0, "ip", "ADDRESS", "show, release: this address", NULL },
	[MANXCTL_SHOW_BLOCKS] = { 0, 0, "show-blocks", NULL, "show: also the blocks of each pool", NULL },
	[MANXCTL_SHOW_BORROWED] = { 0, 0, "show-borrowed", NULL, "show: addresses of other nodes' blocks", NULL },
	[MANXCTL_SHOW_CONFIGURATION] = { 0, 0, "show-configuration", NULL, "show: the IPAMConfiguration", NULL },
	[MANXCTL_REPORT] = { 'o', 0, "output", "FILE", "check: write a report for release", "FILE" },
	[MANXCTL_SHOW_ALL_IPS] = { 0, 0, "show-all-ips", NULL, "check: print every address", NULL },
	[MANXCTL_SHOW_PROBLEM_IPS] = { 0, 0, "show-problem-ips", NULL, "check: print what has a problem", NULL },
	[MANXCTL_REPAIR] = { 0, 0, "repair", NULL, "check: rebuild indexes that are wrong", NULL },
	[MANXCTL_FROM_REPORT] = { 0, 0, "from-report", "FILE", "release: what check found; may be repeated", "FILE" },
	[MANXCTL_STRICT_AFFINITY] = { 0, 0, "strictaffinity", "BOOL", "configure: nodes borrow no addresses", "true false" },
	[MANXCTL_MAX_BLOCKS] = { 0, 0, "max-blocks-per-host", "NUMBER", "configure: 0 is no limit", NULL },
	[MANXCTL_COOLDOWN] = { 0, 0, "ip-cooldown-seconds", "SECONDS", "configure: an address rests so long", NULL },
	[MANXCTL_AUTO_BLOCKS] = { 0, 0, "auto-allocate-blocks", "BOOL", "configure: nodes claim blocks", "true false" },
	[MANXCTL_CIDR] = { 0, 0, "cidr", "CIDR", "split: the pool of this network", NULL },
	[MANXCTL_EXPORT_FILE] = {
		'f', 0, "filename", "FILE", "export: write it there; import: read it, - for standard input", "FILE",
	},
	[MANXCTL_DISCARD] = { 0, 0, "discard", NULL, "import: delete what one that stopped half-way has written", NULL },
	[MANXCTL_CONFIG] = { 'c', 0, "config", "FILE", "settings of the datastore, instead of the environment", "FILE" },
	[MANXCTL_SELECTOR] = { 'l', 0, "selector", "SELECTOR", "only what has these labels", NULL },
	[MANXCTL_NODE] = { 0, 0, "node", "NODE", "roles: for this node alone", NULL },
	[MANXCTL_NAME] = { 0, 0, "name", "NAME", "split: the pool of this name", NULL },
};

const struct manxctl_option *manxctl_option(enum manxctl_option_id id)
{
	return &options[id];
}

#define FILES \
	(MANXCTL_HAS(FILE) | MANXCTL_HAS(RECURSIVE) | MANXCTL_HAS(SKIP_EMPTY) | \
	 MANXCTL_HAS(NAMESPACE) | MANXCTL_HAS(CONFIG))

/* Of the help of dp; manxctl(8) has a section of its own. */
static const char dp_more[] =
	"\nload replaces options, sets, tables, endpoints and peers by those of FILE, in\n"
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
	"  endpoint-to-node                        allow, deny\n";

const struct manxctl_command manxctl_commands[] = {
	{ "create", cmd_create, "create resources",
	  "create -f FILE [-f FILE]...",
	  "Create the resources of files, of which none may exist yet. All files are read and "
	  "checked before anything is changed; then each resource is written by one transaction, "
	  "and one line tells what was done.",
	  NULL, FILES | MANXCTL_HAS(SKIP_EXISTS), NULL },
	{ "apply", cmd_apply, "create or change resources",
	  "apply -f FILE [-f FILE]...",
	  "Create the resources of files, or change those that exist to what the files say. A "
	  "resource is replaced as a whole: what the file leaves out goes back to its default. One "
	  "whose resourceVersion is given and is not the present one any more is left as it is: "
	  "somebody else has changed it.",
	  NULL, FILES, NULL },
	{ "replace", cmd_replace, "change resources",
	  "replace -f FILE [-f FILE]...",
	  "Change resources, which must exist, to what the files say.",
	  NULL, FILES, NULL },
	{ "delete", cmd_delete, "delete resources",
	  "delete KIND NAME... [-n NAMESPACE]\ndelete -f FILE [-f FILE]...",
	  "Delete resources by name, or those that files name. A pool of which addresses are in use "
	  "is disabled and stays; delete it again when they are released, or let --wait do so. A node "
	  "whose manxd is there (which is known of a datastore in etcd) or that has endpoints stays; "
	  "with one that goes, its addresses and its blocks are given back, which a second call goes on "
	  "with if the first one was interrupted. A tier with policies stays. Workload endpoints cannot be deleted, nor made: "
	  "the container runtime does both through the CNI plugin.",
	  NULL, FILES | MANXCTL_HAS(SKIP_NOT_EXISTS) | MANXCTL_HAS(WAIT) | MANXCTL_HAS(FORCE), "KIND" },
	{ "get", cmd_get, "show resources",
	  "get KIND [NAME]... [-n NAMESPACE | -A] [-o FORM] [-l SELECTOR]\nget -f FILE [-f FILE]... [-o FORM]",
	  "Show resources: those of the names, of the files, or all of a kind. What the forms yaml "
	  "and json print can be applied again. HEADING is one of the form wide, or NAMESPACE. SELECTOR is "
	  "one of Calico's (rack == '0' && !has(spare)), or rack=0,!spare, where a comma is an and.",
	  NULL, FILES | MANXCTL_HAS(ALL_NAMESPACES) | MANXCTL_HAS(OUTPUT) | MANXCTL_HAS(EXPORT) |
	  MANXCTL_HAS(SELECTOR), "KIND" },
	{ "patch", cmd_patch, "change fields of a resource",
	  "patch KIND NAME -p PATCH [-n NAMESPACE]",
	  "Change the fields of a resource that the patch has: objects are merged, lists and values "
	  "replaced, and null removes a field.",
	  NULL, MANXCTL_HAS(PATCH) | MANXCTL_HAS(TYPE) | MANXCTL_HAS(NAMESPACE) |
	  MANXCTL_HAS(CONFIG), "KIND" },
	{ "label", cmd_label, "set and remove labels of a resource",
	  "label KIND NAME KEY=VALUE... [-n NAMESPACE]\nlabel KIND NAME KEY-... [-n NAMESPACE]\n"
	  "label KIND NAME KEY... --remove [-n NAMESPACE]",
	  "Set labels, or remove those with a dash behind their keys.",
	  NULL, MANXCTL_HAS(OVERWRITE) | MANXCTL_HAS(REMOVE) | MANXCTL_HAS(NAMESPACE) |
	  MANXCTL_HAS(CONFIG), "KIND" },
	{ "validate", cmd_validate, "check files",
	  "validate -f FILE [-f FILE]...",
	  "Check files as apply does, without a datastore.",
	  NULL, FILES, NULL },
	{ "ipam", cmd_ipam, "show and mend what is known of addresses",
	  "ipam show [--ip ADDRESS | --show-blocks | --show-borrowed | --show-configuration]\n"
	  "ipam check [--show-all-ips] [--show-problem-ips] [--repair] [-o FILE]\n"
	  "ipam release --ip ADDRESS | --from-report FILE [--from-report FILE]... [--force]\n"
	  "ipam configure [--strictaffinity BOOL] [--max-blocks-per-host NUMBER] ...\n"
	  "ipam split NUMBER --cidr CIDR | --name NAME",
	  "show tells how full pools and blocks are, or who has an address; reserved are those of an "
	  "IPReservation, and those that a node has another use for. check looks at all records "
	  "at one revision, tells what does not fit together, and fails if something does not; release "
	  "gives back what its reports agree on, but for what has changed since, so that neither needs "
	  "anything to be stopped or locked. Releasing a single address takes it from whoever has it. "
	  "configure changes the IPAMConfiguration. split makes of a pool NUMBER of equal size, named "
	  "split-NAME-0 and so on, at once; blocks and addresses stay.",
	  NULL, MANXCTL_HAS(IP) | MANXCTL_HAS(SHOW_BLOCKS) | MANXCTL_HAS(SHOW_BORROWED) |
	  MANXCTL_HAS(SHOW_CONFIGURATION) | MANXCTL_HAS(REPORT) | MANXCTL_HAS(SHOW_ALL_IPS) |
	  MANXCTL_HAS(SHOW_PROBLEM_IPS) | MANXCTL_HAS(REPAIR) | MANXCTL_HAS(FROM_REPORT) |
	  MANXCTL_HAS(FORCE) | MANXCTL_HAS(STRICT_AFFINITY) | MANXCTL_HAS(MAX_BLOCKS) |
	  MANXCTL_HAS(COOLDOWN) | MANXCTL_HAS(AUTO_BLOCKS) | MANXCTL_HAS(CIDR) | MANXCTL_HAS(NAME) |
	  MANXCTL_HAS(CONFIG),
	  "show check release configure split" },
	{ "datastore", cmd_datastore, "export, import and lock the datastore",
	  "datastore export [-f FILE]\n"
	  "datastore import -f FILE | --discard\n"
	  "datastore lock\n"
	  "datastore unlock\n"
	  "datastore roles [--node NODE]",
	  "export writes all that the datastore holds at one moment, one JSON object a line, to FILE or "
	  "standard output; nothing need be stopped. import fills a datastore that is empty with it; one in "
	  "etcd from one in a file, or the other way round. A file that is damaged, not complete or of a "
	  "newer manx is refused before anything is written. While it is filled the datastore is locked; if "
	  "that stops half-way it stays so, and the same command again goes on, or --discard empties it. To "
	  "move to another datastore: lock the old one, export, import into the new one, and have every manxd "
	  "use that. While a datastore is locked nobody writes to it: no pod can be added or removed, those "
	  "that run go on. roles prints the commands that make the least roles in etcd for manxd, for "
	  "manxctl, and for one that only reads; with NODE, a role that can write no other node's records.",
	  NULL, MANXCTL_HAS(EXPORT_FILE) | MANXCTL_HAS(DISCARD) | MANXCTL_HAS(NODE) |
	  MANXCTL_HAS(CONFIG),
	  "export import lock unlock roles" },
	{ "status", cmd_status, "show the state of this node",
	  "status [-o FORM]",
	  "Show whether the module, manxd and the datastore of this node are well, and what to do "
	  "where they are not; exit status 0 only if all of them are.",
	  NULL, MANXCTL_HAS(OUTPUT_SHORT), NULL },
	{ "node", cmd_node, "the same, as calicoctl has it",
	  "node status [-o FORM]",
	  "The same, as calicoctl has it.",
	  NULL, MANXCTL_HAS(OUTPUT_SHORT), "status" },
	{ "dp", cmd_dp, "show and change the dataplane in the kernel",
	  "dp show [sets|tables|endpoints|peers|node] [-o table|json]\n"
	  "dp load [--sync] FILE\n"
	  "dp set OPTION VALUE [OPTION VALUE]...\n"
	  "dp [show] flows [FILTER VALUE]... [-o table|json]\n"
	  "dp flush FILTER VALUE [FILTER VALUE]... | all\n"
	  "dp link add NAME [peer NAME] [netns NAME|PATH] [endpoint ID] [mtu N]\n"
	  "dp tunnel add NAME local ADDRESS [ttl N] [mtu N]\n"
	  "dp monitor [--flows] [-o table|json]",
	  "Use the module without a datastore, as appliances do. Where manxd runs, it will undo what "
	  "others change.",
	  dp_more, 0, NULL },
	{ "version", cmd_version, "show the version of manxctl", "version",
	  "Show the version of manxctl.", NULL, 0, NULL },
	{ .name = NULL },
};

const struct manxctl_command *manxctl_find_command(const char *name)
{
	for (const struct manxctl_command *c = manxctl_commands; c->name; c++)
		if (!strcmp(name, c->name))
			return c;
	return NULL;
}
