/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Requests of the agent socket (agent.h), checked: every component of what
 * becomes a key, a name or a log line matches its grammar.
 */
#ifndef MANXD_REQUEST_H
#define MANXD_REQUEST_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdint.h>

#include "addr.h"
#include "error.h"

#define MANXD_HANDLE_SIZE 512

/**
 * struct manxd_target - which attachment a request is about; strings borrowed
 * @handle: "<network>.<container id>.<interface>"
 */
struct manxd_target {
	const char *network, *container_id, *ifname;
	char handle[MANXD_HANDLE_SIZE];
};

/**
 * struct manxd_add - an ADD; strings and @labels borrowed from the message
 * @ns: namespace, "default" if the message has none
 * @pod: "" if there is none
 * @orchestrator: "k8s" or another word
 * @labels: object of strings, or NULL
 * @pools4, @pools6: NULL-terminated; owned arrays of borrowed strings, may be NULL
 * @addr4, @addr6: the very address that is wanted; family 0: any
 * @mtu: 0 if manxd is to choose
 */
struct manxd_add {
	struct manxd_target target;
	const char *uid, *netns, *ns, *pod, *orchestrator;
	const cJSON *labels;
	bool ipv4, ipv6;
	const char **pools4, **pools6;
	struct manx_addr addr4, addr6;
	uint32_t mtu;
};

int manxd_target_decode(const cJSON *msg, struct manxd_target *target, struct manx_error *err);

/* *add must be cleared with manxd_add_clear() in any case. */
int manxd_add_decode(const cJSON *msg, struct manxd_add *add, struct manx_error *err);
void manxd_add_clear(struct manxd_add *add);

#endif /* MANXD_REQUEST_H */
