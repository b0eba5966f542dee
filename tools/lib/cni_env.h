/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The environment of a CNI plugin: CNI_* variables, checked.
 *
 * Functions of cni_*.h that can fail return 0 or the CNI error code that the
 * plugin prints (MANX_CNI_*, agent.h), with the words in @err.
 */
#ifndef MANX_CNI_ENV_H
#define MANX_CNI_ENV_H

#include <stdbool.h>

#include "error.h"

/* What a network's name and a container's id may be long, so that handles and keys fit. */
#define MANX_CNI_WORD_MAX 200

enum manx_cni_verb {
	MANX_CNI_ADD, MANX_CNI_DEL, MANX_CNI_CHECK, MANX_CNI_GC, MANX_CNI_STATUS,
	MANX_CNI_VERSION, MANX_CNI_UNKNOWN,
};

/**
 * struct manx_cni_env - the environment; strings live as long as the environment
 * @command: CNI_COMMAND, never empty
 * @container_id, @netns, @ifname, @args: CNI_*, "" if unset or empty
 * @netns_override: CNI_NETNS_OVERRIDE, allows the plugin's own namespace
 */
struct manx_cni_env {
	enum manx_cni_verb verb;
	const char *command;
	const char *container_id;
	const char *netns;
	const char *ifname;
	const char *args;
	bool netns_override;
};

/*
 * Read and check what the verb needs: first that it is there, then its syntax.
 * An unknown verb is no error here. MANX_CNI_BAD_ENV, naming the variables.
 */
int manx_cni_env_read(struct manx_cni_env *env, struct manx_error *err);

/**
 * struct manx_cni_args - what CNI_ARGS says
 * @k8s: namespace and pod are both there
 * @ns, @pod: K8S_POD_NAMESPACE, K8S_POD_NAME, "" if absent
 * @ip: IP, addresses with commas between, as they came; "" if absent
 */
struct manx_cni_args {
	bool k8s;
	char ns[254];
	char pod[254];
	char ip[254];
};

/*
 * Unknown keys are ignored. MANX_CNI_BAD_ENV for what is not "K=V;K=V" or no
 * name; MANX_CNI_UNSUPPORTED for a request that would be ignored (MAC, GATEWAY).
 */
int manx_cni_args_read(const struct manx_cni_env *env, struct manx_cni_args *args,
		       struct manx_error *err);

/* CNI's grammar of network names and container ids, at most MANX_CNI_WORD_MAX octets. */
bool manx_cni_is_word(const char *s);
/*
 * A name of a link, in printable ASCII, that the kernel takes as it is: a percent
 * sign would ask it to choose a number.
 */
bool manx_cni_is_ifname(const char *s);

#endif /* MANX_CNI_ENV_H */
