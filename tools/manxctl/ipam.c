// SPDX-License-Identifier: GPL-2.0-only
/* manxctl ipam: what is beneath that word. */
#include <string.h>

#include "ipam_cmd.h"

static const struct {
	const char *name;
	int (*run)(const struct manxctl_args *args);
	uint64_t options;
} commands[] = {
	{ "show", manxctl_ipam_show, MANXCTL_HAS(IP) | MANXCTL_HAS(SHOW_BLOCKS) |
	  MANXCTL_HAS(SHOW_BORROWED) | MANXCTL_HAS(SHOW_CONFIGURATION) },
	{ "check", manxctl_ipam_check, MANXCTL_HAS(REPORT) | MANXCTL_HAS(SHOW_ALL_IPS) |
	  MANXCTL_HAS(SHOW_PROBLEM_IPS) | MANXCTL_HAS(REPAIR) },
	{ "release", manxctl_ipam_release, MANXCTL_HAS(IP) | MANXCTL_HAS(FROM_REPORT) |
	  MANXCTL_HAS(FORCE) },
	{ "configure", manxctl_ipam_configure, MANXCTL_HAS(STRICT_AFFINITY) |
	  MANXCTL_HAS(MAX_BLOCKS) | MANXCTL_HAS(COOLDOWN) | MANXCTL_HAS(AUTO_BLOCKS) },
	{ "split", manxctl_ipam_split, MANXCTL_HAS(CIDR) | MANXCTL_HAS(NAME) },
};

int manxctl_ipam_open(struct manx_store **store, struct manx_ipam_view **view)
{
	struct manx_error err = { 0 };
	int status = manxctl_open_store(store, false);

	if (status)
		return status;
	if (!manx_ipam_view_read(*store, view, &err))
		return MANXCTL_OK;
	manx_store_close(*store);
	return manxctl_fail(&err);
}

int manxctl_ipam_bad_value(const struct manxctl_args *args, enum manxctl_option_id id,
			   const char *allowed)
{
	return manxctl_usage("ipam", "--%s \"%s\": %s", manxctl_option(id)->name, args->value[id],
			     allowed);
}

static int refuse(const char *name, enum manxctl_option_id id)
{
	return manxctl_usage("ipam", "%s knows no option --%s", name, manxctl_option(id)->name);
}

static int run(const struct manxctl_args *args)
{
	const char *name = args->n_words ? args->words[0] : "";

	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		uint64_t more = args->given & ~(commands[i].options | MANXCTL_HAS(CONFIG));

		if (strcmp(name, commands[i].name))
			continue;
		for (int id = 0; id < MANXCTL_OPTIONS; id++)
			if (more & 1ull << id)
				return refuse(name, (enum manxctl_option_id)id);
		return commands[i].run(args);
	}
	return manxctl_usage("ipam", "expected show, check, release, configure or split");
}

int cmd_ipam(int argc, char **argv)
{
	struct manxctl_args args;
	int status = manxctl_args_read(argc, argv, &args);

	if (status)
		return status;
	status = run(&args);
	manxctl_args_clear(&args);
	return status;
}
