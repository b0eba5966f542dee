// SPDX-License-Identifier: GPL-2.0-only
#include "output.h"

#include <getopt.h>
#include <string.h>

#include "manxctl.h"

bool manxctl_output_form(const char *command, const char *word, bool *json)
{
	*json = strcmp(word, "json") == 0;
	if (*json || strcmp(word, "table") == 0)
		return true;
	manxctl_usage(command, "-o %s: expected table or json", word);
	return false;
}

bool manxctl_output(const char *command, int argc, char **argv, bool *json)
{
	static const struct option options[] = {
		{ "output", required_argument, NULL, 'o' }, { 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, ":o:", options, NULL)) != -1) {
		if (c != 'o') {
			manxctl_bad_option(command, c, argv);
			return false;
		}
		if (!manxctl_output_form(command, optarg, json))
			return false;
	}
	return true;
}
