/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The CNI plugin "manx": it checks the request, asks manxd, makes the pair and
 * addresses the container's end. Everything that lasts is manxd's.
 */
#ifndef MANX_PLUGIN_H
#define MANX_PLUGIN_H

#include <signal.h>

#include "agent.h"
#include "cni_conf.h"
#include "cni_env.h"
#include "cni_log.h"
#include "error.h"
#include "rtnl.h"

/**
 * struct manx_plugin - one call of the plugin
 * @handle: "<network>.<container id>.<interface>", which names the attachment
 */
struct manx_plugin {
	struct manx_cni_env env;
	struct manx_cni_conf conf;
	struct manx_cni_log log;
	char handle[2 * MANX_CNI_WORD_MAX + IFNAMSIZ + 3];
};

/* Number of the signal that wants this process to end, 0 if none came. */
extern volatile sig_atomic_t manx_plugin_signal;

/*
 * The verbs. 0, or a CNI error code with @err filled. An ADD that fails leaves
 * nothing behind; DEL succeeds when there is nothing to delete.
 */
int manx_plugin_add(struct manx_plugin *p, struct manx_error *err);
int manx_plugin_del(struct manx_plugin *p, struct manx_error *err);
int manx_plugin_check(struct manx_plugin *p, struct manx_error *err);

/* Print @json and a newline on standard output. Consumes it; NULL means no memory. */
int manx_plugin_print(cJSON *json, struct manx_error *err);

/* A request to manxd about this attachment; NULL without memory. */
cJSON *manx_plugin_request(const struct manx_plugin *p, const char *op);

/**
 * struct manx_plugin_link - what manxd says of an attachment
 * @endpoint: id in the kernel
 * @name, @altname: of the node's end; @altname "" for none
 * @mtu: 0 for the kernel's default
 */
struct manx_plugin_link {
	uint32_t endpoint;
	char name[IFNAMSIZ];
	char altname[128];
	bool has_mac;
	uint8_t mac[6];
	struct manx_addr addr[8];
	size_t n_addr;
	uint32_t mtu;
};
/* From manxd's answer to add or check; MANX_CNI_INTERNAL if it makes no sense. */
int manx_plugin_link_read(const cJSON *answer, struct manx_plugin_link *link,
			  struct manx_error *err);

/**
 * struct manx_plugin_netns - the container's namespace, opened once
 * @fd: it; -1 if not open
 * @rt: rtnetlink there
 * @cookie: its SO_NETNS_COOKIE
 */
struct manx_plugin_netns {
	int fd;
	struct manx_rtnl *rt;
	uint64_t cookie;
};

/*
 * Open CNI_NETNS: MANX_CNI_BAD_ENV if it is no network namespace or, unless
 * CNI_NETNS_OVERRIDE allows it, the plugin's own. Must be closed in any case.
 */
int manx_plugin_netns_open(struct manx_plugin_netns *ns, const struct manx_cni_env *env,
			   struct manx_error *err);
void manx_plugin_netns_close(struct manx_plugin_netns *ns);

/*
 * Give the container's end its addresses, routes and neighbours. @ip_forward:
 * what the namespace's setting becomes.
 */
int manx_plugin_wire(const struct manx_plugin_netns *ns, const char *ifname,
		     const struct manx_plugin_link *link, bool ip_forward,
		     struct manx_error *err);

#endif /* MANX_PLUGIN_H */
