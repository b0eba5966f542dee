/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * gRPC over HTTP/2 by libcurl: calls with one message to send and one to get,
 * and streams that stay open.
 * https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md
 *
 * What the other end sends is not trusted: a message, what waits, and a status
 * text have an upper size, and what breaks the protocol ends the call.
 */
#ifndef MANX_GRPC_H
#define MANX_GRPC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"

/* Longest message that is taken from the other end, octets. */
#define MANX_GRPC_MESSAGE_MAX (32u << 20)

/* Of the status codes of gRPC, those that are told apart. */
enum manx_grpc_code {
	MANX_GRPC_OK = 0,
	MANX_GRPC_UNKNOWN = 2,
	MANX_GRPC_INVALID = 3,
	MANX_GRPC_DEADLINE = 4,
	MANX_GRPC_NOT_FOUND = 5,
	MANX_GRPC_PERMISSION = 7,
	MANX_GRPC_EXHAUSTED = 8,
	MANX_GRPC_PRECONDITION = 9,
	MANX_GRPC_OUT_OF_RANGE = 11,
	MANX_GRPC_UNIMPLEMENTED = 12,
	MANX_GRPC_INTERNAL = 13,
	MANX_GRPC_UNAVAILABLE = 14,
	MANX_GRPC_UNAUTHENTICATED = 16,
};

/**
 * struct manx_grpc_status - how a call ended
 * @code: enum manx_grpc_code, or another number that came
 * @answered: the other end said so; else it is a guess of ours
 * @sent: the request, or a part of it, may have arrived there
 * @hopeless: trying again cannot help: our or their certificate is wrong
 * @too_long: the answer is longer than MANX_GRPC_MESSAGE_MAX
 * @text: why; printable
 */
struct manx_grpc_status {
	int code;
	bool answered, sent, hopeless, too_long;
	char text[256];
};

/**
 * struct manx_grpc_request - a call; all of it is copied
 * @base: "http://host:port" or "https://host:port"
 * @method: "/package.Service/Method"
 * @message, @size: what is sent at once
 * @is_stream: more may be sent; the call does not end by itself
 * @timeout_ms: of the whole call; of connecting alone for a stream
 * @token: for the metadata of that name, may be NULL
 * @ca_file, @cert_file, @key_file: of struct manx_store_conf
 */
struct manx_grpc_request {
	const char *base, *method;
	const void *message;
	size_t size;
	bool is_stream;
	long timeout_ms;
	const char *token;
	const char *ca_file, *cert_file, *key_file;
};

struct manx_grpc;
struct manx_grpc_call;

/* Connections, and a descriptor that is readable when manx_grpc_run() has something to do. */
int manx_grpc_open(struct manx_grpc **grpc, struct manx_error *err);
/* Every call must have been ended. */
void manx_grpc_close(struct manx_grpc *grpc);
int manx_grpc_fd(const struct manx_grpc *grpc);
/* Wait at most @timeout_ms for something to do, and do it. 0 or -errno. */
int manx_grpc_run(struct manx_grpc *grpc, int timeout_ms);

/* Begin a call; NULL without memory. */
struct manx_grpc_call *manx_grpc_begin(struct manx_grpc *grpc,
				       const struct manx_grpc_request *request);
/* Send one more message on a stream. -ENOMEM; -ENOBUFS if too much waits already. */
int manx_grpc_send(struct manx_grpc_call *call, const void *message, size_t size);
/* The next message that came, valid until the next manx_grpc_run(); NULL: none yet. */
const uint8_t *manx_grpc_receive(struct manx_grpc_call *call, size_t *size);
/* True if it is over, with no message left; *status tells how. */
bool manx_grpc_is_over(struct manx_grpc_call *call, struct manx_grpc_status *status);
/* Break it off if it is not over, and free it. */
void manx_grpc_end(struct manx_grpc_call *call);

#endif /* MANX_GRPC_H */
