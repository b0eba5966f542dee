// SPDX-License-Identifier: GPL-2.0-only
/*
 * etcd: making a client, its members, messages.
 */
#include "etcd_client.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "grow.h"

/* Memory of one message that came; its octets are at most MANX_GRPC_MESSAGE_MAX. */
#define UNPACKED_MAX (4 * (size_t)MANX_GRPC_MESSAGE_MAX)

static const struct manx_etcd_times usual = {
	.try = 2000, .total = 10000, .refused = 3000, .progress = 10000, .silence = 30000,
};

static int copy(char **to, const char *from)
{
	*to = from ? strdup(from) : NULL;
	return from && !*to ? -ENOMEM : 0;
}

static int copy_conf(struct manx_store_conf *to, const struct manx_store_conf *from)
{
	to->type = from->type;
	return copy(&to->endpoints, from->endpoints) || copy(&to->username, from->username) ||
	       copy(&to->password, from->password) || copy(&to->ca_file, from->ca_file) ||
	       copy(&to->cert_file, from->cert_file) || copy(&to->key_file, from->key_file)
	       ? -ENOMEM : 0;
}

/* "http://host:port" or "https://host:port"; a host may be an IPv6 address in brackets. */
static bool is_endpoint(const char *text)
{
	const char *host, *port;

	if (strncmp(text, "http://", 7) == 0)
		host = text + 7;
	else if (strncmp(text, "https://", 8) == 0)
		host = text + 8;
	else
		return false;
	port = strrchr(host, ':');
	if (!port || port == host || strspn(port + 1, "0123456789") != strlen(port + 1) ||
	    !port[1] || strtoul(port + 1, NULL, 10) > 65535)
		return false;
	for (const char *c = host; c < port; c++)
		if (*c <= ' ' || *c > '~' || strchr("/?#@\\", *c))
			return false;
	return *host == '[' ? port[-1] == ']' : !memchr(host, ':', (size_t)(port - host));
}

static int add_endpoint(struct manx_etcd *etcd, const char *text, size_t n,
			struct manx_error *err)
{
	char **more = manx_more(etcd->endpoint, etcd->n_endpoints, sizeof(*more));
	char *one;

	if (!more)
		return manx_fail(err, -ENOMEM, "etcd: out of memory");
	etcd->endpoint = more;
	while (n && text[n - 1] == '/')
		n--;
	one = strndup(text, n);
	if (!one)
		return manx_fail(err, -ENOMEM, "etcd: out of memory");
	etcd->endpoint[etcd->n_endpoints++] = one;
	if (is_endpoint(one))
		return 0;
	return manx_fail(err, -EINVAL,
			 "ETCD_ENDPOINTS: \"%s\": must be http://host:port or https://host:port",
			 one);
}

static int read_endpoints(struct manx_etcd *etcd, struct manx_error *err)
{
	const char *text = etcd->conf.endpoints;
	int ret = 0;

	do {
		size_t n;

		text += strspn(text, ", ");
		n = strcspn(text, ", ");
		if (n)
			ret = add_endpoint(etcd, text, n, err);
		text += n;
	} while (*text && !ret);
	if (!ret && !etcd->n_endpoints)
		ret = manx_fail(err, -EINVAL, "ETCD_ENDPOINTS: names no member");
	return ret;
}

int manx_etcd_open(struct manx_etcd **etcd, const struct manx_store_conf *conf,
		   struct manx_error *err)
{
	struct manx_etcd *e = calloc(1, sizeof(*e));
	int ret;

	*etcd = NULL;
	if (!e)
		return manx_fail(err, -ENOMEM, "etcd: out of memory");
	e->times = usual;
	ret = copy_conf(&e->conf, conf);
	if (ret || asprintf(&e->name, "etcd %s", conf->endpoints) < 0)
		ret = manx_fail(err, -ENOMEM, "etcd: out of memory");
	if (!ret)
		ret = read_endpoints(e, err);
	if (!ret)
		ret = manx_grpc_open(&e->grpc, err);
	if (ret)
		manx_etcd_close(e);
	else
		*etcd = e;
	return ret;
}

void manx_etcd_close(struct manx_etcd *etcd)
{
	if (!etcd)
		return;
	manx_grpc_close(etcd->grpc);
	for (size_t i = 0; i < etcd->n_endpoints; i++)
		free(etcd->endpoint[i]);
	free(etcd->endpoint);
	manx_etcd_drop_token(etcd);
	manx_store_conf_clear(&etcd->conf);
	free(etcd->name);
	free(etcd);
}

void manx_etcd_next_member(struct manx_etcd *etcd)
{
	etcd->at = (etcd->at + 1) % etcd->n_endpoints;
}

void manx_etcd_drop_token(struct manx_etcd *etcd)
{
	if (etcd->token)
		explicit_bzero(etcd->token, strlen(etcd->token));
	free(etcd->token);
	etcd->token = NULL;
	etcd->is_open = false;
}

struct manx_grpc_call *manx_etcd_begin(struct manx_etcd *etcd, struct manx_grpc *grpc, size_t at,
				       const char *path, const uint8_t *message, size_t size,
				       bool is_stream)
{
	const struct manx_grpc_request request = {
		.base = etcd->endpoint[at], .method = path,
		.message = message, .size = size,
		.is_stream = is_stream, .token = etcd->token,
		.timeout_ms = is_stream ? etcd->times.try : etcd->patience,
		.ca_file = etcd->conf.ca_file, .cert_file = etcd->conf.cert_file,
		.key_file = etcd->conf.key_file,
	};

	return manx_grpc_begin(grpc, &request);
}

static void *take(void *left, size_t size)
{
	size_t *budget = left;

	if (size > *budget)
		return NULL;
	*budget -= size;
	return malloc(size);
}

static void give(void *left, void *memory)
{
	(void)left;
	free(memory);
}

void *manx_etcd_unpack(const ProtobufCMessageDescriptor *type, const uint8_t *data, size_t size)
{
	size_t budget = UNPACKED_MAX;
	ProtobufCAllocator allocator = { take, give, &budget };

	return protobuf_c_message_unpack(type, &allocator, size, data);
}

void manx_etcd_free(void *message)
{
	if (message)
		protobuf_c_message_free_unpacked(message, NULL);
}

uint8_t *manx_etcd_pack(const ProtobufCMessage *message, size_t *size)
{
	uint8_t *data;

	*size = protobuf_c_message_get_packed_size(message);
	data = malloc(*size + 1);	/* a message may have no octets */
	if (data)
		protobuf_c_message_pack(message, data);
	return data;
}

int64_t manx_etcd_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}
