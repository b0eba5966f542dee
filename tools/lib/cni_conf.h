/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The network configuration that a CNI plugin reads from its standard input.
 * Keys match in any case, as the decoders of every runtime do; keys with
 * Calico's names mean what they mean there.
 */
#ifndef MANX_CNI_CONF_H
#define MANX_CNI_CONF_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "addr.h"
#include "cni_env.h"
#include "error.h"
#include "json.h"

/* Specification versions that are understood, NULL-terminated, oldest first. */
extern const char *const manx_cni_versions[];
/* The newest of them. */
#define MANX_CNI_NEWEST "1.0.0"

/**
 * struct manx_cni_conf - a configuration; strings live as long as it does
 * @json: the document; owned
 * @top: its top
 * @version: cniVersion, a supported one; MANX_CNI_NEWEST before it is known
 * @name: of the network
 */
struct manx_cni_conf {
	cJSON *json;
	struct manx_json top;
	const char *version;
	const char *name;
};

/*
 * Read JSON, name and version, in this order, as runtimes expect of errors:
 * MANX_CNI_DECODE, _BAD_CONFIG, _INCOMPATIBLE. @text has a NUL behind its @len
 * octets. Must be cleared in any case.
 */
int manx_cni_conf_read(struct manx_cni_conf *conf, const char *text, size_t len,
		       struct manx_error *err);
void manx_cni_conf_clear(struct manx_cni_conf *conf);

/* For VERSION: cniVersion of @text, MANX_CNI_NEWEST if it has none that is known. */
const char *manx_cni_conf_version(const char *text, size_t len);

/* Where log files go, besides the directories of conf.h. */
#define MANX_CNI_LOG_DIR "/var/log/manx"

enum manx_cni_level { MANX_CNI_ERROR, MANX_CNI_WARNING, MANX_CNI_INFO, MANX_CNI_DEBUG };

/**
 * struct manx_cni_options - what the keys of an ADD say
 * @ipv4, @ipv6: at least one is true
 * @pools4, @pools6: arrays of non-empty strings, or NULL; they belong to the
 *	configuration
 * @mtu: 0: manxd chooses
 * @ip_forward: the container may forward
 * @nodename: what the node must be called, NULL for anything; @nodename_key:
 *	which key says so
 * @labels: object of strings; owned
 */
struct manx_cni_options {
	bool ipv4, ipv6;
	const cJSON *pools4, *pools6;
	uint32_t mtu;
	bool ip_forward;
	const char *nodename, *nodename_key;
	cJSON *labels;
};

/*
 * MANX_CNI_BAD_CONFIG, or MANX_CNI_UNSUPPORTED for a key that would change what
 * happens and is not supported; key and value are named, but no credentials.
 * Must be cleared in any case.
 */
int manx_cni_options_read(struct manx_cni_options *opt, const struct manx_cni_conf *conf,
			  struct manx_error *err);
void manx_cni_options_clear(struct manx_cni_options *opt);

/**
 * struct manx_cni_ips - the very addresses that are asked for
 * @addr4, @addr6: family 0: none of this family
 */
struct manx_cni_ips {
	struct manx_addr addr4, addr6;
};

/*
 * From IP of CNI_ARGS, args.cni.ips and runtimeConfig.ips. Each may have a prefix length,
 * which changes nothing. MANX_CNI_BAD_CONFIG for what is no address, and for two
 * different ones of a family: each is to be used, and an interface has one a family.
 */
int manx_cni_ips_read(struct manx_cni_ips *ips, const struct manx_cni_conf *conf,
		      const struct manx_cni_args *args, struct manx_error *err);

/*
 * log_level, log_file_path (*file "" if absent). The path is checked: absolute,
 * without "..", below manx's own directories, ending in ".log", because tenants
 * may have written the configuration.
 */
int manx_cni_log_read(const struct manx_cni_conf *conf, enum manx_cni_level *level,
		      const char **file, struct manx_error *err);

/* Is @path absolute, without "..", and below one of manx's own directories? */
bool manx_cni_path_is_own(const char *path);

#endif /* MANX_CNI_CONF_H */
