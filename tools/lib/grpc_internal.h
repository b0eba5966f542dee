/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Inside of gRPC: connections and calls.
 */
#ifndef MANX_GRPC_INTERNAL_H
#define MANX_GRPC_INTERNAL_H

#include <curl/curl.h>

#include "grpc.h"

/**
 * struct manx_grpc - connections
 * @multi: libcurl's
 * @epoll: the sockets that libcurl waits for, and @timer
 * @timer: when libcurl wants to be called next
 * @has_plain: there may be a connection without TLS
 */
struct manx_grpc {
	CURLM *multi;
	int epoll, timer;
	bool has_plain;
};

/**
 * struct manx_octets - a queue of octets
 * @data: room for @size, of which those from @head to @tail are in use
 */
struct manx_octets {
	uint8_t *data;
	size_t head, tail, size;
};

/* Append; -ENOMEM. */
int manx_octets_add(struct manx_octets *queue, const void *data, size_t n);

static inline size_t manx_octets_waiting(const struct manx_octets *queue)
{
	return queue->tail - queue->head;
}

/* Octets before each message. */
#define MANX_GRPC_FRAME 5

/**
 * struct manx_grpc_call - a call
 * @easy: libcurl's
 * @header: of the request
 * @in, @out: what came and was not taken; what was not sent yet (streams)
 * @is_stream: see struct manx_grpc_request
 * @is_paused: libcurl waits until there is something to send
 * @is_plain: without TLS
 * @is_bound: may only use a connection that is there already, see grpc_call.c
 * @is_unbound: there was none
 * @is_begun: the request may have left
 * @is_over: @result is how
 * @is_grpc: the answer's type says so
 * @has_status: @status and @words came from the other end
 * @fault: what it did wrong, NULL: nothing
 * @detail: libcurl's words
 */
struct manx_grpc_call {
	struct manx_grpc *grpc;
	CURL *easy;
	struct curl_slist *header;
	struct manx_octets in, out;
	bool is_stream, is_paused, is_over, is_grpc, has_status, is_too_long;
	bool is_plain, is_bound, is_unbound, is_begun;
	CURLcode result;
	int status;
	char words[200];
	const char *fault;
	char detail[CURL_ERROR_SIZE];
};

/* libcurl hands over the body of the answer, its headers and trailers. */
size_t manx_grpc_on_body(char *data, size_t size, size_t n, void *call);
size_t manx_grpc_on_header(char *data, size_t size, size_t n, void *call);

/* Begin anew, with a connection of its own. False: it cannot. */
bool manx_grpc_unbind(struct manx_grpc_call *call);

#endif /* MANX_GRPC_INTERNAL_H */
