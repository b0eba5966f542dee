// SPDX-License-Identifier: GPL-2.0-only
/*
 * gRPC: what a call sends. What comes back is grpc_answer.c's.
 *
 * libcurl before 8.0 fails if told on a connection that already speaks HTTP/2 that it
 * should (curl/curl#10643). So it is told to ask for HTTP/2 instead, which it need not
 * do then; and should it open a new connection all the same, it is kept from doing
 * so, and the call begins anew as the first one of a connection does.
 *
 * Nor may libcurl send a request again by itself, as it does when a connection that it
 * uses again breaks: who asked must know that the first copy may have been carried out.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "grpc_internal.h"

/*
 * What libcurl hands over at once. It reads 32 KiB from a connection; what of them does not
 * fit in here, libcurl before 8.1 keeps to itself until something else wakes it.
 */
#define BUFFER 65536L

/* What may wait to be sent on a stream: its messages are small. */
#define OUT_MAX (1u << 20)

int manx_octets_add(struct manx_octets *queue, const void *data, size_t n)
{
	if (!n)
		return 0;
	if (queue->head == queue->tail)
		queue->head = queue->tail = 0;
	if (queue->size - queue->tail < n) {
		size_t used = queue->tail - queue->head;
		size_t size = 2 * (used + n) > 4096 ? 2 * (used + n) : 4096;
		uint8_t *more = malloc(size);

		if (!more)
			return -ENOMEM;
		if (used)
			memcpy(more, queue->data + queue->head, used);
		free(queue->data);
		*queue = (struct manx_octets){ more, 0, used, size };
	}
	memcpy(queue->data + queue->tail, data, n);
	queue->tail += n;
	return 0;
}

static int add_message(struct manx_octets *queue, const void *message, size_t size)
{
	uint8_t frame[MANX_GRPC_FRAME] = { 0 };
	uint32_t length = htonl((uint32_t)size);

	memcpy(frame + 1, &length, sizeof(length));
	return manx_octets_add(queue, frame, MANX_GRPC_FRAME) || manx_octets_add(queue, message, size)
	       ? -ENOMEM : 0;
}

/* What is to be sent on a stream. */
static size_t on_send(char *data, size_t size, size_t n, void *ctx)
{
	struct manx_grpc_call *call = ctx;

	n *= size;
	if (n > manx_octets_waiting(&call->out))
		n = manx_octets_waiting(&call->out);
	if (!n) {
		call->is_paused = true;
		return CURL_READFUNC_PAUSE;
	}
	memcpy(data, call->out.data + call->out.head, n);
	call->out.head += n;
	return n;
}

static void add_header(struct manx_grpc_call *call, bool *ok, const char *text)
{
	struct curl_slist *more = curl_slist_append(call->header, text);

	if (more)
		call->header = more;
	else
		*ok = false;
}

static bool set_headers(struct manx_grpc_call *call, const struct manx_grpc_request *request)
{
	char timeout[48], *token = NULL;
	bool ok = true;

	add_header(call, &ok, "Content-Type: application/grpc+proto");
	add_header(call, &ok, "TE: trailers");
	add_header(call, &ok, "User-Agent: manx/" MANX_VERSION);
	add_header(call, &ok, "Accept:");
	add_header(call, &ok, "Expect:");
	/* else a member without a leader takes a stream and keeps silent */
	add_header(call, &ok, "hasleader: true");
	if (!request->is_stream) {
		snprintf(timeout, sizeof(timeout), "grpc-timeout: %ldm", request->timeout_ms);
		add_header(call, &ok, timeout);
	}
	if (request->token) {
		if (asprintf(&token, "token: %s", request->token) < 0)
			return false;
		add_header(call, &ok, token);
		free(token);
	}
	curl_easy_setopt(call->easy, CURLOPT_HTTPHEADER, call->header);
	return ok;
}

static curl_socket_t refuse_socket(void *ctx, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct manx_grpc_call *call = ctx;

	(void)purpose, (void)address;
	call->is_unbound = true;
	return CURL_SOCKET_BAD;
}

static int before_request(void *ctx, char *their_ip, char *our_ip, int their_port, int our_port)
{
	struct manx_grpc_call *call = ctx;
	bool again = call->is_begun;

	(void)their_ip, (void)our_ip, (void)their_port, (void)our_port;
	call->is_begun = true;
	return again ? CURL_PREREQFUNC_ABORT : CURL_PREREQFUNC_OK;
}

static void set_version(struct manx_grpc_call *call)
{
	CURL *easy = call->easy;

	if (!call->is_plain) {
		curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_2TLS);
		return;
	}
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION,
			 call->is_bound ? CURL_HTTP_VERSION_2_0
					: CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE);
	curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, call->is_bound ? refuse_socket : NULL);
	curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, call);
}

bool manx_grpc_unbind(struct manx_grpc_call *call)
{
	if (call->is_begun)
		return false;
	curl_multi_remove_handle(call->grpc->multi, call->easy);
	call->is_bound = call->is_unbound = false;
	set_version(call);
	return curl_multi_add_handle(call->grpc->multi, call->easy) == CURLM_OK;
}

/* Neither the environment nor a file in a home directory has a say. */
static void set_transport(CURL *easy, const struct manx_grpc_request *request)
{
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(easy, CURLOPT_PROXY, "");
	curl_easy_setopt(easy, CURLOPT_NETRC, CURL_NETRC_IGNORED);
	curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
	if (request->ca_file) {
		curl_easy_setopt(easy, CURLOPT_CAINFO, request->ca_file);
		curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
	}
	if (request->cert_file) {
		curl_easy_setopt(easy, CURLOPT_SSLCERT, request->cert_file);
		curl_easy_setopt(easy, CURLOPT_SSLKEY, request->key_file);
	}
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, request->timeout_ms);
	curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, request->is_stream ? 0L : request->timeout_ms);
}

static bool set_body(struct manx_grpc_call *call, const struct manx_grpc_request *request)
{
	CURL *easy = call->easy;

	if (add_message(&call->out, request->message, request->size))
		return false;
	curl_easy_setopt(easy, CURLOPT_POST, 1L);
	if (request->is_stream) {
		curl_easy_setopt(easy, CURLOPT_READFUNCTION, on_send);
		curl_easy_setopt(easy, CURLOPT_READDATA, call);
		return true;
	}
	curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)manx_octets_waiting(&call->out));
	curl_easy_setopt(easy, CURLOPT_POSTFIELDS, call->out.data + call->out.head);
	return true;
}

static bool set_up(struct manx_grpc_call *call, const struct manx_grpc_request *request)
{
	char *url;

	if (asprintf(&url, "%s%s", request->base, request->method) < 0)
		return false;
	curl_easy_setopt(call->easy, CURLOPT_URL, url);
	free(url);
	curl_easy_setopt(call->easy, CURLOPT_PRIVATE, call);
	curl_easy_setopt(call->easy, CURLOPT_ERRORBUFFER, call->detail);
	curl_easy_setopt(call->easy, CURLOPT_BUFFERSIZE, BUFFER);
	curl_easy_setopt(call->easy, CURLOPT_WRITEFUNCTION, manx_grpc_on_body);
	curl_easy_setopt(call->easy, CURLOPT_WRITEDATA, call);
	curl_easy_setopt(call->easy, CURLOPT_HEADERFUNCTION, manx_grpc_on_header);
	curl_easy_setopt(call->easy, CURLOPT_HEADERDATA, call);
	curl_easy_setopt(call->easy, CURLOPT_PREREQFUNCTION, before_request);
	curl_easy_setopt(call->easy, CURLOPT_PREREQDATA, call);
	set_version(call);
	set_transport(call->easy, request);
	return set_headers(call, request) && set_body(call, request) &&
	       curl_multi_add_handle(call->grpc->multi, call->easy) == CURLM_OK;
}

struct manx_grpc_call *manx_grpc_begin(struct manx_grpc *grpc,
				       const struct manx_grpc_request *request)
{
	struct manx_grpc_call *call = calloc(1, sizeof(*call));

	if (!call)
		return NULL;
	call->grpc = grpc;
	call->is_stream = request->is_stream;
	call->is_plain = strncmp(request->base, "https:", 6);
	call->is_bound = call->is_plain && grpc->has_plain &&
			 curl_version_info(CURLVERSION_NOW)->version_num < 0x080000;
	call->easy = curl_easy_init();
	if (call->easy && set_up(call, request))
		return call;
	manx_grpc_end(call);
	return NULL;
}

int manx_grpc_send(struct manx_grpc_call *call, const void *message, size_t size)
{
	if (manx_octets_waiting(&call->out) + size > OUT_MAX)
		return -ENOBUFS;
	if (add_message(&call->out, message, size))
		return -ENOMEM;
	if (call->is_paused) {
		call->is_paused = false;
		curl_easy_pause(call->easy, CURLPAUSE_CONT);
	}
	return 0;
}

void manx_grpc_end(struct manx_grpc_call *call)
{
	if (!call)
		return;
	if (call->easy) {
		curl_multi_remove_handle(call->grpc->multi, call->easy);
		curl_easy_cleanup(call->easy);
	}
	curl_slist_free_all(call->header);
	free(call->in.data);
	free(call->out.data);
	free(call);
}
