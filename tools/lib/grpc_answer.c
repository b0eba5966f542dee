// SPDX-License-Identifier: GPL-2.0-only
/*
 * gRPC: what comes back of a call. A message is framed by five octets: a flag
 * (compressed, which we do not accept) and its length; how the call went stands in the
 * trailers, which libcurl hands over as it does headers.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "grpc_internal.h"

/* What may wait to be taken: the longest message and what came along with it. */
#define IN_MAX (MANX_GRPC_MESSAGE_MAX + (32u << 20))
/* Length of the message that @in begins with; false while its frame is not there. */
static bool peek(const struct manx_octets *in, uint32_t *length)
{
	if (manx_octets_waiting(in) < MANX_GRPC_FRAME)
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
size_t manx_grpc_on_body(char *data, size_t size, size_t n, void *ctx)
{
	struct manx_grpc_call *call = ctx;
	uint32_t length;

	n *= size;
	if (!call->is_grpc)
		return blame(call, "does not speak gRPC");
	if (manx_octets_waiting(&call->in) + n > IN_MAX)
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
size_t manx_grpc_on_header(char *data, size_t size, size_t n, void *ctx)
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
	if (manx_octets_waiting(in) - MANX_GRPC_FRAME < length)
		return NULL;
	message = in->data + in->head + MANX_GRPC_FRAME;
	in->head += MANX_GRPC_FRAME + length;
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
	if (!call->is_over)
		return false;
	*status = (struct manx_grpc_status){ .too_long = call->is_too_long };
	status->sent = call->is_begun;
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
