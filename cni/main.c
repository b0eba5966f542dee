// SPDX-License-Identifier: GPL-2.0-only
/*
 * One call of the plugin: environment and configuration in, one document out.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cni_result.h"
#include "plugin.h"

/* A configuration with a large prevResult is a few KiB. */
#define STDIN_MAX	(4 << 20)
#define STDIN_SECONDS	30

volatile sig_atomic_t manx_plugin_signal;

static void on_signal(int sig)
{
	manx_plugin_signal = sig;
}

/* No SA_RESTART: a wait that a signal ends is how the undoing begins. */
static void catch_signals(void)
{
	const struct sigaction stop = { .sa_handler = on_signal };
	const struct sigaction ignore = { .sa_handler = SIG_IGN };

	sigaction(SIGTERM, &stop, NULL);
	sigaction(SIGINT, &stop, NULL);
	sigaction(SIGHUP, &stop, NULL);
	sigaction(SIGPIPE, &ignore, NULL);
}

static int about(void)
{
	fputs("manx " MANX_VERSION ": CNI plugin that connects containers through the manx kernel module;\n"
	      "a container runtime calls it with CNI_COMMAND set. CNI versions:", stderr);
	for (const char *const *v = manx_cni_versions; *v; v++)
		fprintf(stderr, " %s", *v);
	fputs("\nSee manx(8).\n", stderr);
	return 0;
}

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Octets of one read, 0 at the end, or a negative errno. */
static ssize_t read_some(char *buf, size_t size, int64_t deadline)
{
	struct pollfd pfd = { .fd = STDIN_FILENO, .events = POLLIN };
	int64_t left = deadline - now_ms();
	int rc = left > 0 ? poll(&pfd, 1, (int)left) : 0;
	ssize_t n;

	if (rc == 0)
		return -ETIMEDOUT;
	n = rc < 0 ? rc : read(STDIN_FILENO, buf, size);
	return n < 0 ? -errno : n;
}

/*
 * Standard input to its end, also when it is too long: the runtime must not
 * find the pipe closed. *text has a NUL behind it and is the caller's.
 */
static int read_stdin(char **text, size_t *len, struct manx_error *err)
{
	int64_t deadline = now_ms() + STDIN_SECONDS * 1000;
	char *buf = malloc(STDIN_MAX + 1), rest[4096];
	ssize_t n = 1;

	*text = buf;
	*len = 0;
	if (!buf) {
		manx_fail(err, -ENOMEM, "out of memory");
		return MANX_CNI_TRY_LATER;
	}
	while (n > 0 && *len < STDIN_MAX) {
		n = read_some(buf + *len, STDIN_MAX - *len, deadline);
		*len += n > 0 ? (size_t)n : 0;
	}
	buf[*len] = '\0';
	if (n == 0)
		return 0;
	while (n > 0)
		n = read_some(rest, sizeof(rest), deadline);
	if (n < 0)
		manx_fail_errno(err, (int)n, "reading the network configuration");
	else
		manx_fail(err, -EFBIG, "the network configuration is longer than %d octets",
			  STDIN_MAX);
	return n < 0 ? MANX_CNI_IO : MANX_CNI_DECODE;
}

int manx_plugin_print(cJSON *json, struct manx_error *err)
{
	char *text = json ? cJSON_PrintUnformatted(json) : NULL;
	bool ok = text && puts(text) >= 0 && fflush(stdout) == 0;
	int code = text ? MANX_CNI_IO : MANX_CNI_TRY_LATER;

	cJSON_free(text);
	cJSON_Delete(json);
	if (ok)
		return 0;
	manx_fail_errno(err, code == MANX_CNI_IO ? -EIO : -ENOMEM, "printing the result");
	return code;
}

/* Verbs that are answered by the configuration's version alone. */
static int refuse_verb(const struct manx_plugin *p, struct manx_error *err)
{
	enum manx_cni_verb verb = p->env.verb;

	if (verb == MANX_CNI_UNKNOWN) {
		manx_fail(err, -EINVAL, "CNI_COMMAND \"%.40s\": expected ADD, DEL, CHECK or VERSION",
			  p->env.command);
		return MANX_CNI_BAD_ENV;
	}
	if (verb == MANX_CNI_GC || verb == MANX_CNI_STATUS) {
		manx_fail(err, -EINVAL, "incompatible CNI versions: cniVersion is %s, %s needs 1.1.0",
			  p->conf.version, p->env.command);
		return MANX_CNI_INCOMPATIBLE;
	}
	if (verb == MANX_CNI_CHECK && strcmp(p->conf.version, "0.4.0") < 0) {
		manx_fail(err, -EINVAL, "incompatible CNI versions: cniVersion is %s, CHECK needs 0.4.0",
			  p->conf.version);
		return MANX_CNI_INCOMPATIBLE;
	}
	return 0;
}

static int run_verb(struct manx_plugin *p, struct manx_error *err)
{
	int code = manx_cni_log_open(&p->log, &p->conf, err);

	/* what the log shall be must not keep a container from being deleted */
	if (p->env.verb == MANX_CNI_DEL)
		return manx_plugin_del(p, err);
	if (code)
		return code;
	return p->env.verb == MANX_CNI_ADD ? manx_plugin_add(p, err) : manx_plugin_check(p, err);
}

static int run(struct manx_plugin *p, const char *text, size_t len, struct manx_error *err)
{
	int64_t start = now_ms();
	int code = manx_cni_env_read(&p->env, err);

	snprintf(p->log.subject, sizeof(p->log.subject), "%.40s", p->env.command);
	if (code)
		return code;
	if (p->env.verb == MANX_CNI_VERSION)
		return manx_plugin_print(manx_cni_version_json(manx_cni_conf_version(text, len)),
					 err);
	code = manx_cni_conf_read(&p->conf, text, len, err);
	if (!code)
		code = refuse_verb(p, err);
	if (code)
		return code;
	snprintf(p->handle, sizeof(p->handle), "%s.%s.%s", p->conf.name, p->env.container_id,
		 p->env.ifname);
	snprintf(p->log.subject, sizeof(p->log.subject), "%s %s", p->env.command, p->handle);
	code = run_verb(p, err);
	if (!code)
		manx_cni_log(&p->log, MANX_CNI_INFO, "done in %d ms", (int)(now_ms() - start));
	return code;
}

int main(void)
{
	const char *command = getenv("CNI_COMMAND");
	struct manx_plugin p = { .conf.version = MANX_CNI_NEWEST };
	struct manx_error err = { 0 };
	size_t len;
	char *text;
	int code;

	if (!command || !*command)
		return about();
	catch_signals();
	strcpy(p.log.subject, "start");
	code = read_stdin(&text, &len, &err);
	if (!code)
		code = run(&p, text, len, &err);
	if (code) {
		manx_cni_log(&p.log, MANX_CNI_ERROR, "%s (code %d)", err.text, code);
		manx_plugin_print(manx_cni_error_json(p.conf.version, code, err.text), NULL);
	}
	manx_cni_log_close(&p.log);
	manx_cni_conf_clear(&p.conf);
	free(text);
	return code ? 1 : 0;
}
