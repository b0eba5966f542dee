/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A client of etcd, version 3: members, tokens, failing over.
 */
#ifndef MANX_ETCD_CLIENT_H
#define MANX_ETCD_CLIENT_H

#include <stdint.h>

#include "etcd_rpc.pb-c.h"
#include "grpc.h"
#include "store_conf.h"

/**
 * struct manx_etcd_times - how long what may take, in ms
 * @try: one answer, or one connection; then another member is asked
 * @total: all tries of one call
 * @refused: all tries of one call while no member takes a connection
 * @progress: between two requests of a watch for a sign of life
 * @silence: of a watch, after which its connection is dropped
 */
struct manx_etcd_times {
	int try, total, refused;
	int progress, silence;
};

/**
 * struct manx_etcd - a client
 * @endpoint: members
 * @at: the one that is asked first
 * @patience: how long the next try may take, ms
 * @token: of a user with a password; NULL: none yet, or none needed
 * @is_open: etcd said that it wants no token
 * @cluster: id of the cluster that answered last, 0: none did
 * @name: "etcd <endpoints>", for messages
 */
struct manx_etcd {
	struct manx_grpc *grpc;
	char **endpoint;
	size_t n_endpoints, at;
	int patience;
	struct manx_store_conf conf;
	char *token;
	bool is_open;
	uint64_t cluster;
	char *name;
	struct manx_etcd_times times;
};

/* Nothing is sent yet. -EINVAL: an endpoint is none. */
int manx_etcd_open(struct manx_etcd **etcd, const struct manx_store_conf *conf,
		   struct manx_error *err);
void manx_etcd_close(struct manx_etcd *etcd);

/**
 * struct manx_etcd_method - a call of etcd's API
 * @path: "/etcdserverpb.KV/Range"
 * @reply: type of the answer, whose first field is the header
 */
struct manx_etcd_method {
	const char *path;
	const ProtobufCMessageDescriptor *reply;
};

/*
 * Ask a member, then others, until one answers or the time is over; the same
 * octets each time. *reply is freed with manx_etcd_free(). *repeated (may be
 * NULL): an earlier copy may have been carried out, too.
 * Errors: -EHOSTUNREACH nobody was asked; -ETIMEDOUT somebody was, and what came
 * of it is unknown; those of manx_etcd_refused().
 */
int manx_etcd_call(struct manx_etcd *etcd, const struct manx_etcd_method *method,
		   const ProtobufCMessage *request, void *reply, bool *repeated,
		   struct manx_error *err);
void manx_etcd_free(void *message);

/*
 * A message from etcd, NULL if it is none. All of it has no more than so many octets
 * in memory as are good for the longest message: small parts take more than they send.
 */
void *manx_etcd_unpack(const ProtobufCMessageDescriptor *type, const uint8_t *data, size_t size);
/* *size octets, the caller's; NULL without memory. */
uint8_t *manx_etcd_pack(const ProtobufCMessage *message, size_t *size);

/* A call to member @at, with our token and certificates. */
struct manx_grpc_call *manx_etcd_begin(struct manx_etcd *etcd, struct manx_grpc *grpc, size_t at,
				       const char *path, const uint8_t *message, size_t size,
				       bool is_stream);
/* Ask another one first. */
void manx_etcd_next_member(struct manx_etcd *etcd);
/* Forget the token, which etcd does not take (any more). */
void manx_etcd_drop_token(struct manx_etcd *etcd);
/* Have a token if we have a user. 0, or a negative errno with words. */
int manx_etcd_have_token(struct manx_etcd *etcd, struct manx_error *err);

/*
 * A status that another member would give as well: -EACCES user or role; -ENOSPC
 * the database is full; -E2BIG too large; -ESTALE compacted, or a revision to come;
 * -ENOENT; -EMSGSIZE the answer is too long; -EPROTO anything else.
 */
int manx_etcd_refused(const struct manx_etcd *etcd, const struct manx_grpc_status *status,
		      struct manx_error *err);

/* -E2BIG with words: @what. */
int manx_etcd_too_big(const struct manx_etcd *etcd, const char *what, struct manx_error *err);

/* Milliseconds of the monotonic clock. */
int64_t manx_etcd_now(void);

#endif /* MANX_ETCD_CLIENT_H */
