/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The agent socket: how plugins and manxctl talk to manxd.
 *
 * SOCK_SEQPACKET on <run>/agent.sock, mode 0600, peer must be root. A message
 * is one JSON object of at most MANX_AGENT_MSG_MAX octets. Every request has
 * "version": 1 and "op"; every answer has either "ok" (an object) or "error"
 * {"code": CNI error code, "msg": ..., "details": ...}.
 *
 *   add     network, containerID, ifname, uid, netnsCookie (text), namespace,
 *           pod, orchestrator, labels {}, ipv4, ipv6 (booleans), pools4, pools6 [],
 *           addresses ["a"] (these very ones, at most one a family), mtu (0: manxd
 *           chooses)
 *        -> endpointID, linkName, altName, mac (of the peer), addresses ["a/32"],
 *           mtu. The endpoint's chain is loaded before this is sent. The
 *           connection is the ADD's lifetime: if it ends before "done", manxd
 *           undoes everything.
 *   done    on the same connection, after the pair was made with that id and
 *           the container's side was addressed -> {} once this node's routes
 *           and neighbours are in place
 *   del     network, containerID, ifname -> {}; removes link, endpoint,
 *           addresses; nothing there is success
 *   check   network, containerID, ifname -> what add answered, and netnsCookie;
 *           error code 3 (unknown container) if there is none
 *   status  -> node, inSync, generation, endpoints, peers, changes, requests (made
 *	of the module's state, and sent to it, since the start), blocks [],
 *	ipam {commits, conflicts, addresses, released}, lastError
 */
#ifndef MANX_AGENT_H
#define MANX_AGENT_H

#include <cjson/cJSON.h>

#include "error.h"

#define MANX_AGENT_VERSION	1
#define MANX_AGENT_MSG_MAX	65536

/* CNI error codes that cross the socket (CNI 1.1.0, section "Error") */
enum manx_cni_code {
	MANX_CNI_INCOMPATIBLE = 1,
	MANX_CNI_UNSUPPORTED = 2,
	MANX_CNI_UNKNOWN_CONTAINER = 3,
	MANX_CNI_BAD_ENV = 4,
	MANX_CNI_IO = 5,
	MANX_CNI_DECODE = 6,
	MANX_CNI_BAD_CONFIG = 7,
	MANX_CNI_TRY_LATER = 11,
	MANX_CNI_NOT_AVAILABLE = 50,
	MANX_CNI_INTERNAL = 100,	/* first code that the specification leaves free */
};

/*
 * Connect, waiting at most @timeout_ms for manxd to appear. Returns the
 * descriptor (close-on-exec), or -ENOENT / -ECONNREFUSED / -EAGAIN (its queue is
 * full) with the remedy in @err, -EINTR if a signal handler ran.
 */
int manx_agent_connect(int timeout_ms, struct manx_error *err);

/* {"version": 1, "op": @op}; NULL without memory */
cJSON *manx_agent_request(const char *op);

/*
 * One message each way; -ETIMEDOUT (a message that does not go out within 5 s
 * too), -ECONNRESET on EOF, -EMSGSIZE, -EBADMSG (not a JSON object), -EINTR if
 * a signal handler ran. @timeout_ms 0 does not wait, -1 waits for ever.
 */
int manx_agent_send(int fd, const cJSON *msg, struct manx_error *err);
int manx_agent_recv(int fd, int timeout_ms, cJSON **msg, struct manx_error *err);

/*
 * Send @req and receive; on "ok" *ok is that object (owned by the caller).
 * On "error" returns -EREMOTEIO, err->text is its msg, and its details after
 * ": " if there are any, and *code its code (MANX_CNI_*); on a failure of the
 * socket *code is MANX_CNI_TRY_LATER. @ok and @code may be NULL.
 */
int manx_agent_call(int fd, const cJSON *req, int timeout_ms, cJSON **ok, int *code,
		    struct manx_error *err);

#endif /* MANX_AGENT_H */
