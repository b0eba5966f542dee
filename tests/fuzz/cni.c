// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a runtime gives to the plugin: CNI_ARGS up to the first line feed, then the
 * configuration.
 */
#include "cni_conf.h"
#include "cni_env.h"
#include "cni_result.h"
#include "fuzz.h"

static void read_conf(const char *text)
{
	struct manx_cni_options options = { .ipv4 = false };
	struct manx_cni_previous previous;
	enum manx_cni_level level;
	struct manx_cni_conf conf;
	struct manx_error err = { 0 };
	const char *file = "";

	manx_cni_conf_version(text, strlen(text));
	if (!manx_cni_conf_read(&conf, text, strlen(text), &err)) {
		if (!manx_cni_options_read(&options, &conf, &err))
			expect(options.ipv4 || options.ipv6);
		manx_cni_options_clear(&options);
		if (!manx_cni_log_read(&conf, &level, &file, &err))
			expect(!*file || manx_cni_path_is_own(file));
		if (!manx_cni_previous_read(&conf, "/run/netns/a", "eth0", &previous, &err))
			expect(previous.n_addr <= MANX_CNI_ADDRS);
		manx_cni_previous_has_host(&conf, "veth0");
	} else {
		expect(*err.text);
	}
	manx_cni_conf_clear(&conf);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size), *conf = strchr(text, '\n');
	struct manx_cni_env env = { .args = text };
	struct manx_cni_args args;
	struct manx_error err = { 0 };

	if (conf) {
		*conf++ = '\0';
		read_conf(conf);
	}
	if (!manx_cni_args_read(&env, &args, &err) && args.k8s)
		expect(*args.ns && *args.pod);
	free(text);
	return 0;
}
