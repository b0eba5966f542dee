// SPDX-License-Identifier: GPL-2.0-only
/*
 * gRPC: one call. A message is framed by five octets: a flag (compressed, which we
 * do not accept) and its length; how the call went stands in the trailers.
 *
 * libcurl before 8.0 fails if told on a connection that already speaks HTTP/2 that it
 * should (curl/curl#10643). So it is told to ask for HTTP/2 instead, which it need not
 * do then; and should it open a new connection all the same, it is kept from doing
 * so, and the call begins anew as the first one of a connection does.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "grpc_internal.h"

#define FRAME 5

/* What may wait to be taken: the longest message and what came along with it. */
#define IN_MAX (MANX_GRPC_MESSAGE_MAX + (32u << 20))
/* What may wait to be sent on a stream: its messages are small. */
#define OUT_MAX (1u << 20)

int manx_octets_add(struct manx_octets *queue, const void *data, size_t n)
{
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

static size_t waiting(const struct manx_octets *queue)
{
	return queue->tail - queue->head;
}

static int add_message(struct manx_octets *queue, const void *message, size_t size)
{
	uint8_t frame[FRAME] = { 0 };
	uint32_t length = htonl((uint32_t)size);

	memcpy(frame + 1, &length, sizeof(length));
	return manx_octets_add(queue, frame, FRAME) || manx_octets_add(queue, message, size)
	       ? -ENOMEM : 0;
}

/* Length of the message that @in begins with; false while its frame is not there. */
static bool peek(const struct manx_octets *in, uint32_t *length)
{
	if (waiting(in) < FRAME)
		return false;
	memcpy(length, in->data + in->head + 1, sizeof(*length));
	*length = ntohl(*length);
	return true;
}

static size_t blame(struct manx_grpc_call *call, const char *fault)
{
	call->fault = fault;
	return 0;	/* which is not what libcurl asked to be taken, so that it ends the call */
}

/* Body of the answer. Each frame is looked at as soon as it can be. */
static size_t on_body(char *data, size_t size, size_t n, void *ctx)
{
	struct manx_grpc_call *call = ctx;
	uint32_t length;

	n *= size;
	if (!call->is_grpc)
		return blame(call, "does not speak gRPC");
	if (waiting(&call->in) + n > IN_MAX)
		return blame(call, "sends faster than it can be read");
	if (manx_octets_add(&call->in, data, n))
		return blame(call, "answers more than fits into memory");
	if (!peek(&call->in, &length))
		return n;
	if (call->in.data[call->in.head])
		return blame(call, "sends compressed messages");
	if (length <= MANX_GRPC_MESSAGE_MAX)
		return n;
	call->is_too_long = true;
	return blame(call, "sends a message that is too long");
}

static int hex(char c)
{
	return isdigit((unsigned char)c) ? c - '0' :
	       isxdigit((unsigned char)c) ? tolower((unsigned char)c) - 'a' + 10 : -1;
}

/* grpc-message is percent-encoded; what is not printable becomes "?". */
static void set_words(struct manx_grpc_call *call, const char *text, size_t n)
{
	size_t out = 0;

	for (size_t i = 0; i < n && out + 1 < sizeof(call->words); i++) {
		int c = (unsigned char)text[i];

		if (c == '%' && n - i > 2 && hex(text[i + 1]) >= 0 && hex(text[i + 2]) >= 0) {
			c = hex(text[i + 1]) * 16 + hex(text[i + 2]);
			i += 2;
		}
		call->words[out++] = (char)(c >= ' ' && c <= '~' ? c : '?');
	}
	call->words[out] = '\0';
}

/* The value of header @name if @line is one; *n octets of it, without blanks around. */
static const char *value_of(const char *line, size_t size, const char *name, size_t *n)
{
	size_t len = strlen(name);

	if (size <= len || strncasecmp(line, name, len) || line[len] != ':')
		return NULL;
	line += len + 1;
	size -= len + 1;
	for (; size && (*line == ' ' || *line == '\t'); line++)
		size--;
	while (size && isspace((unsigned char)line[size - 1]))
		size--;
	*n = size;
	return line;
}

/* At most three digits, else the call is one of an unknown outcome. */
static int number(const char *text, size_t n)
{
	int value = 0;

	if (!n || n > 3)
		return MANX_GRPC_UNKNOWN;
	for (size_t i = 0; i < n; i++) {
		if (!isdigit((unsigned char)text[i]))
			return MANX_GRPC_UNKNOWN;
		value = 10 * value + text[i] - '0';
	}
	return value;
}

/* Headers and trailers. */
static size_t on_header(char *data, size_t size, size_t n, void *ctx)
{
	static const char type[] = "application/grpc";
	struct manx_grpc_call *call = ctx;
	const char *value;
	size_t len;

	n *= size;
	value = value_of(data, n, "content-type", &len);
	if (value)
		call->is_grpc = len >= sizeof(type) - 1 && !strncmp(value, type, sizeof(type) - 1);
	value = value_of(data, n, "grpc-message", &len);
	if (value)
		set_words(call, value, len);
	value = value_of(data, n, "grpc-status", &len);
	if (value) {
		call->status = number(value, len);
		call->has_status = true;
	}
	return n;
}

/* What is to be sent on a stream. */
static size_t on_send(char *data, size_t size, size_t n, void *ctx)
{
	struct manx_grpc_call *call = ctx;

	n *= size;
	if (n > waiting(&call->out))
		n = waiting(&call->out);
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
	curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)waiting(&call->out));
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
	curl_easy_setopt(call->easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(call->easy, CURLOPT_WRITEDATA, call);
	curl_easy_setopt(call->easy, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(call->easy, CURLOPT_HEADERDATA, call);
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
	if (waiting(&call->out) + size > OUT_MAX)
		return -ENOBUFS;
	if (add_message(&call->out, message, size))
		return -ENOMEM;
	if (call->is_paused) {
		call->is_paused = false;
		curl_easy_pause(call->easy, CURLPAUSE_CONT);
	}
	return 0;
}

const uint8_t *manx_grpc_receive(struct manx_grpc_call *call, size_t *size)
{
	struct manx_octets *in = &call->in;
	const uint8_t *message;
	uint32_t length;

	if (call->fault || !peek(in, &length))
		return NULL;
	if (in->data[in->head] || length > MANX_GRPC_MESSAGE_MAX) {
		/* behind another one, so it was not seen when it came */
		call->is_too_long = length > MANX_GRPC_MESSAGE_MAX;
		call->fault = "sends a message that cannot be read";
		call->is_over = true;
		return NULL;
	}
	if (waiting(in) - FRAME < length)
		return NULL;
	message = in->data + in->head + FRAME;
	in->head += FRAME + length;
	*size = length;
	return message;
}

static void set_status(struct manx_grpc_status *status, int code, const char *text)
{
	status->code = code;
	snprintf(status->text, sizeof(status->text), "%s", text);
}

/* TLS 1.3 tells that our certificate is not wanted only in answer to the request. */
static bool is_hopeless(const struct manx_grpc_call *call)
{
	CURLcode result = call->result;

	return (result == CURLE_RECV_ERROR && strstr(call->detail, "alert")) ||
	       result == CURLE_PEER_FAILED_VERIFICATION || result == CURLE_SSL_CERTPROBLEM ||
	       result == CURLE_SSL_CACERT_BADFILE || result == CURLE_SSL_ISSUER_ERROR;
}

static int code_of_http(long http)
{
	return http == 401 ? MANX_GRPC_UNAUTHENTICATED : http == 403 ? MANX_GRPC_PERMISSION :
	       http == 404 ? MANX_GRPC_UNIMPLEMENTED : MANX_GRPC_UNAVAILABLE;
}

/* No status came: what libcurl, or HTTP, says instead. */
static void guess(const struct manx_grpc_call *call, struct manx_grpc_status *status)
{
	char text[64];
	long http = 0;

	curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &http);
	status->hopeless = is_hopeless(call);
	status->sent &= !status->hopeless;
	if (call->result == CURLE_OPERATION_TIMEDOUT)
		set_status(status, MANX_GRPC_DEADLINE, "no answer in time");
	else if (call->result != CURLE_OK)
		set_status(status, MANX_GRPC_UNAVAILABLE,
			   *call->detail ? call->detail : curl_easy_strerror(call->result));
	else if (http && http != 200) {
		snprintf(text, sizeof(text), "HTTP status %ld", http);
		set_status(status, code_of_http(http), text);
	} else {
		set_status(status, MANX_GRPC_UNAVAILABLE, "the answer broke off");
	}
}

bool manx_grpc_is_over(struct manx_grpc_call *call, struct manx_grpc_status *status)
{
	curl_off_t began = 0;

	if (!call->is_over)
		return false;
	*status = (struct manx_grpc_status){ .too_long = call->is_too_long };
	curl_easy_getinfo(call->easy, CURLINFO_PRETRANSFER_TIME_T, &began);
	status->sent = began > 0;
	if (call->fault) {
		set_status(status, MANX_GRPC_INTERNAL, call->fault);
	} else if (call->has_status) {
		status->answered = true;
		set_status(status, call->status, call->words);
	} else {
		guess(call, status);
	}
	return true;
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
