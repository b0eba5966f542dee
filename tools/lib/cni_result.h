/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a CNI plugin prints, and what an earlier one printed.
 */
#ifndef MANX_CNI_RESULT_H
#define MANX_CNI_RESULT_H

#include <cjson/cJSON.h>
#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "addr.h"
#include "cni_conf.h"
#include "error.h"

/* The next hops of every container, answered for by the node's end of its pair. */
#define MANX_CNI_GATEWAY4 "169.254.1.1"
#define MANX_CNI_GATEWAY6 "fe80::ecee:eeff:feee:eeee"

/* One address a family is what IPAM gives; a chain may add some. */
#define MANX_CNI_ADDRS 8

/**
 * struct manx_cni_result - one attachment
 * @host, @host_mac: the node's end
 * @ifname, @mac, @sandbox: the container's end; @sandbox is CNI_NETNS verbatim
 * @addr: of the container's end
 */
struct manx_cni_result {
	const char *host;
	const uint8_t *host_mac;
	const char *ifname;
	const uint8_t *mac;
	const char *sandbox;
	const struct manx_addr *addr;
	size_t n_addr;
};

/*
 * The document of a successful ADD in the version of @conf, which follows what
 * prevResult, if there is one, holds. NULL without memory.
 */
cJSON *manx_cni_result_json(const struct manx_cni_conf *conf, const struct manx_cni_result *r);

/*
 * An error. The part of @text behind the first ": " becomes the details where
 * @code is MANX_CNI_INCOMPATIBLE. NULL without memory.
 */
cJSON *manx_cni_error_json(const char *version, int code, const char *text);

/* The answer to VERSION. NULL without memory. */
cJSON *manx_cni_version_json(const char *version);

/**
 * struct manx_cni_previous - what prevResult says of one interface
 * @mac, @has_mac: as it is after all plugins of the chain
 * @addr, @n_addr: its addresses
 */
struct manx_cni_previous {
	bool has_mac;
	uint8_t mac[6];
	struct manx_addr addr[MANX_CNI_ADDRS];
	size_t n_addr;
};

/*
 * Find @ifname of @sandbox in prevResult. MANX_CNI_BAD_CONFIG if there is no
 * prevResult, it is malformed, or does not have the interface.
 */
int manx_cni_previous_read(const struct manx_cni_conf *conf, const char *sandbox,
			   const char *ifname, struct manx_cni_previous *prev,
			   struct manx_error *err);
/* Does prevResult name @host as an interface of the node? */
bool manx_cni_previous_has_host(const struct manx_cni_conf *conf, const char *host);

#endif /* MANX_CNI_RESULT_H */
