// SPDX-License-Identifier: GPL-2.0-only
/*
 * What comes over the agent socket, to manxd and from it.
 */
#include <sys/socket.h>
#include <unistd.h>

#include "../../tools/manxd/request.h"
#include "agent.h"
#include "fuzz.h"

static void decode(const cJSON *msg)
{
	struct manxd_target target;
	struct manx_error err = { 0 };
	struct manxd_add add;

	if (!manxd_target_decode(msg, &target, &err))
		for (const char *s = target.handle; *s; s++)
			expect(*s > ' ' && *s <= '~' && *s != '/');
	else
		expect(*err.text);
	if (!manxd_add_decode(msg, &add, &err))
		expect(add.uid && add.ns && add.pod && (add.ipv4 || add.ipv6));
	manxd_add_clear(&add);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct manx_error err = { 0 };
	cJSON *msg = NULL;
	int fd[2];

	expect(!socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fd));
	if (send(fd[0], data, size, MSG_DONTWAIT) == (ssize_t)size &&
	    !manx_agent_recv(fd[1], 0, &msg, &err)) {
		expect(cJSON_IsObject(msg));
		decode(msg);
		cJSON_Delete(msg);
	}
	/* the same as an answer */
	if (send(fd[0], data, size, MSG_DONTWAIT) == (ssize_t)size) {
		cJSON *req = manx_agent_request("status"), *ok = NULL;
		int code = 0;

		if (!manx_agent_call(fd[1], req, 0, &ok, &code, &err))
			expect(cJSON_IsObject(ok));
		else
			expect(code > 0);
		cJSON_Delete(ok);
		cJSON_Delete(req);
	}
	close(fd[0]);
	close(fd[1]);
	return 0;
}
