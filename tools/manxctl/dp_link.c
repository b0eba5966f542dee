// SPDX-License-Identifier: GPL-2.0-only
/* manxctl dp link add, dp tunnel add: what `ip link` has no words for. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dp_cmd.h"
#include "netns.h"
#include "rtnl.h"

/**
 * struct word - "KEY VALUE" on the command line
 * @value: where VALUE goes; NULL until it was given
 */
struct word {
	const char *key;
	const char *value;
};

/* @argv: pairs of words. False after saying what is wrong. */
static bool read_words(char **argv, struct word *words, size_t n)
{
	for (; *argv; argv += 2) {
		size_t i = 0;

		while (i < n && strcmp(words[i].key, argv[0]) != 0)
			i++;
		if (i == n) {
			manxctl_usage("dp", "\"%s\": unknown word", argv[0]);
			return false;
		}
		if (!argv[1] || words[i].value) {
			manxctl_usage("dp", "%s: %s", argv[0],
				      argv[1] ? "given twice" : "its value is missing");
			return false;
		}
		words[i].value = argv[1];
	}
	return true;
}

/* A number from @min to @max; absent leaves *out alone. False after saying what is wrong. */
static bool read_number(const struct word *w, uint32_t min, uint32_t max, uint32_t *out)
{
	unsigned long n;
	char *end;

	if (!w->value)
		return true;
	errno = 0;
	n = strtoul(w->value, &end, 10);
	if (*w->value < '0' || *w->value > '9' || *end || errno || n < min || n > max) {
		manxctl_usage("dp", "%s \"%s\": expected a number from %u to %u", w->key,
			      w->value, min, max);
		return false;
	}
	*out = (uint32_t)n;
	return true;
}

/* A path, or a name that `ip netns` knows. */
static int open_netns(const char *name, int *fd, struct manx_error *err)
{
	char path[4096];

	if (strchr(name, '/'))
		return manx_netns_open(name, fd, err);
	if ((size_t)snprintf(path, sizeof(path), "/run/netns/%s", name) >= sizeof(path))
		return manx_fail(err, -ENAMETOOLONG, "netns \"%.80s...\": too long", name);
	return manx_netns_open(path, fd, err);
}

static int add_pair(struct manx_pair *pair, const char *netns)
{
	struct manx_error err = { 0 };
	struct manx_rtnl *rt = NULL;
	int rc = netns ? open_netns(netns, &pair->peer_netns, &err) : 0;

	if (!rc)
		rc = manx_rtnl_open(&rt, -1, &err);
	if (!rc)
		rc = manx_link_add_pair(rt, pair, &err);
	manx_rtnl_close(rt);
	if (pair->peer_netns >= 0)
		close(pair->peer_netns);
	return rc ? manxctl_fail(&err) : MANXCTL_OK;
}

int manxctl_dp_link(int argc, char **argv)
{
	enum { PEER, NETNS, ENDPOINT, MTU, WORDS };
	struct word words[WORDS] = {
		[PEER] = { .key = "peer" }, [NETNS] = { .key = "netns" },
		[ENDPOINT] = { .key = "endpoint" }, [MTU] = { .key = "mtu" },
	};
	struct manx_pair pair = { .peer_netns = -1 };

	if (argc < 3 || strcmp(argv[1], "add") != 0)
		return manxctl_usage("dp", "dp link: expected add NAME");
	if (!read_words(argv + 3, words, WORDS) ||
	    !read_number(&words[ENDPOINT], 2, UINT32_MAX - 1, &pair.endpoint) ||
	    !read_number(&words[MTU], 68, 65535, &pair.mtu))
		return MANXCTL_USAGE;
	pair.name = argv[2];
	pair.peer_name = words[PEER].value;
	return add_pair(&pair, words[NETNS].value);
}

static int add_tunnel(const char *name, const struct manx_addr *local, uint32_t ttl, uint32_t mtu)
{
	struct manx_error err = { 0 };
	struct manx_rtnl *rt;
	int rc = manx_rtnl_open(&rt, -1, &err);

	if (rc)
		return manxctl_fail(&err);
	rc = manx_link_add_tunnel(rt, name, local, ttl, mtu, &err);
	manx_rtnl_close(rt);
	return rc ? manxctl_fail(&err) : MANXCTL_OK;
}

int manxctl_dp_tunnel(int argc, char **argv)
{
	enum { LOCAL, TTL, MTU, WORDS };
	struct word words[WORDS] = {
		[LOCAL] = { .key = "local" }, [TTL] = { .key = "ttl" }, [MTU] = { .key = "mtu" },
	};
	uint32_t ttl = 0, mtu = 0;
	struct manx_addr local;

	if (argc < 3 || strcmp(argv[1], "add") != 0)
		return manxctl_usage("dp", "dp tunnel: expected add NAME local ADDRESS");
	if (!read_words(argv + 3, words, WORDS) || !read_number(&words[TTL], 1, 255, &ttl) ||
	    !read_number(&words[MTU], 68, 65535, &mtu))
		return MANXCTL_USAGE;
	if (!words[LOCAL].value)
		return manxctl_usage("dp", "dp tunnel add: local ADDRESS is missing");
	if (!manx_addr_parse(words[LOCAL].value, &local) || local.family != 4)
		return manxctl_usage("dp", "local \"%s\": expected an IPv4 address",
				     words[LOCAL].value);
	return add_tunnel(argv[2], &local, ttl, mtu);
}
