// SPDX-License-Identifier: GPL-2.0-only
/*
 * load FILE: what "manxctl dp load FILE" does, and how long its parts took: prints, as
 * JSON, nanoseconds from TXN_BEGIN to the answer to TXN_END, and of these from TXN_END on.
 *
 * It is linked with --wrap for libmnl's send and receive functions, so that libmanx is
 * measured as it is.
 */
#include <linux/genetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "dp.h"
#include "json.h"
#include "netlink.h"

static long long begun, ending, ended;

ssize_t __real_mnl_socket_sendto(const struct mnl_socket *nl, const void *buf, size_t len);
ssize_t __wrap_mnl_socket_sendto(const struct mnl_socket *nl, const void *buf, size_t len);
ssize_t __real_mnl_socket_recvfrom(const struct mnl_socket *nl, void *buf, size_t size);
ssize_t __wrap_mnl_socket_recvfrom(const struct mnl_socket *nl, void *buf, size_t size);

static long long now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

/* A command of the controller's family may have the same number: it comes before any. */
ssize_t __wrap_mnl_socket_sendto(const struct mnl_socket *nl, const void *buf, size_t len)
{
	const struct nlmsghdr *nlh = buf;
	const struct genlmsghdr *genl = mnl_nlmsg_get_payload(nlh);

	if (nlh->nlmsg_type != GENL_ID_CTRL && genl->cmd == MANX_CMD_TXN_BEGIN)
		begun = now();
	if (nlh->nlmsg_type != GENL_ID_CTRL && genl->cmd == MANX_CMD_TXN_END)
		ending = now();
	return __real_mnl_socket_sendto(nl, buf, len);
}

ssize_t __wrap_mnl_socket_recvfrom(const struct mnl_socket *nl, void *buf, size_t size)
{
	ssize_t n = __real_mnl_socket_recvfrom(nl, buf, size);

	if (ending && !ended)
		ended = now();
	return n;
}

static char *read_file(const char *path, size_t *len)
{
	FILE *file = fopen(path, "r");
	char *text;

	if (!file)
		return NULL;
	fseek(file, 0, SEEK_END);
	*len = ftell(file);
	rewind(file);
	text = malloc(*len + 1);
	if (text && fread(text, 1, *len, file) != *len) {
		free(text);
		text = NULL;
	}
	fclose(file);
	return text;
}

static int load(const char *path, struct manx_error *err)
{
	struct manx_dp_applied applied;
	struct manx_dp_state st;
	struct manx_dp *dp;
	size_t len = 0;
	char *text = read_file(path, &len);
	cJSON *json;
	int rc;

	if (!text)
		return manx_fail(err, -1, "cannot read %s", path);
	rc = manx_json_parse(text, len, &json, err);
	if (rc)
		return rc;
	rc = manx_dp_state_from_json(json, &st, err);
	cJSON_Delete(json);
	free(text);
	if (!rc)
		rc = manx_dp_open(&dp, err);
	if (!rc)
		rc = manx_dp_apply(dp, &st, false, &applied, err);
	return rc;
}

int main(int argc, char **argv)
{
	struct manx_error err = { 0 };

	if (argc != 2)
		return 2;
	if (load(argv[1], &err)) {
		fprintf(stderr, "load: %s\n", err.text);
		return 1;
	}
	printf("{\"transaction\":%lld,\"txn_end\":%lld}\n", ended - begun, ended - ending);
	return 0;
}
